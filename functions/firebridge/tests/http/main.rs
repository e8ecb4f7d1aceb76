//! The firebridge function through its router.

mod commands;
mod costs;
mod desk;
mod following;
mod pairing;
mod reports;
mod results;

#[tokio::test]
async fn an_event_of_the_gateway_is_answered() {
    let desk = desk::Desk::open().await;
    let event = include_str!("../../../../events/firebridge.json");
    let answer = testkit::http::send(&desk.router, testkit::http::from_event(event)).await;
    assert_eq!(answer.status, 401, "{}", answer.text());
}
