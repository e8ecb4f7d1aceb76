//! Organizations over HTTP, through the router.

mod deleting;
mod desk;
mod invitations;
mod kyc;
mod members;
mod providers;
mod record;
mod roles;
mod settings;
mod tenants;

#[tokio::test]
async fn an_event_of_the_gateway_is_answered() {
    let desk = desk::Desk::start().await;
    let event = include_str!("../../../../events/organizations.json");
    let answer = testkit::http::send(&desk.router, testkit::http::from_event(event)).await;
    assert_eq!(answer.status, 401, "{}", answer.text());
}
