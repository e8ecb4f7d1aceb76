//! Signals over HTTP, through the router.

mod channels;
mod creating;
mod deciding;
mod desk;
mod listing;
mod parsing;
mod publishing;
mod simulating;
mod strategies;
mod trading;

#[tokio::test]
async fn an_event_of_the_gateway_is_answered() {
    let desk = desk::Desk::open().await;
    let event = include_str!("../../../../events/signals.json");
    let answer = testkit::http::send(&desk.router, testkit::http::from_event(event)).await;
    assert_eq!(answer.status, 401, "{}", answer.text());
}
