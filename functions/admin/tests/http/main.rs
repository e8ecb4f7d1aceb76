//! The admin function through its router.

mod desk;
mod record;
mod refusals;
mod users;

#[tokio::test]
async fn an_event_of_the_gateway_is_answered() {
    let desk = desk::Desk::open().await;
    let event = include_str!("../../../../events/admin.json");
    let answer = testkit::http::send(&desk.router, testkit::http::from_event(event)).await;
    assert_eq!(answer.status, 401, "{}", answer.text());
}
