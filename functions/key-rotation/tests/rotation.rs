//! The schedule's event, and what it does to tokens.

use fn_key_rotation::App;
use kernel::time::Clock;
use platform::clock::SystemClock;
use platform::runtime::Event;
use platform::tokens::{SigningKeys, Verifier, read_keys};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use testkit::Stack;
use testkit::stack::ISSUER;

async fn rotate(stack: &Stack) -> Value {
    let app = App::new(&stack.env(), stack.aws()).expect("starts");
    let event = include_str!("../../../events/key-rotation.json");
    let event = serde_json::from_str(event).expect("JSON");
    let event = Event::parse(event).expect("an event");
    app.handle(event).await.expect("rotates")
}

#[tokio::test]
async fn tokens_of_the_old_key_stay_good_and_the_new_one_signs() {
    let stack = Stack::start().await;
    let old = stack.exchange(42);
    let kid = rotate(&stack).await["kid"].clone();
    let published = read_keys(&stack.cloud.platform).await.expect("keys").keys;
    assert_eq!(published.len(), 2);
    assert_eq!(json!(published[1].kid), kid);

    let verifier = Verifier::new(stack.cloud.platform.clone(), ISSUER);
    assert!(verifier.verify(&old, SystemClock.now()).await.is_ok());
    let text = stack.cloud.secret("signing-keys").expect("the secret");
    let keys = SigningKeys::parse(&text).expect("keys");
    let fresh = keys.sign(&stack.claims(&stack.shop, 42)).expect("signs");
    let claims = verifier
        .verify(fresh.expose_secret(), SystemClock.now())
        .await;
    assert_eq!(claims.expect("verifies").sub, "wp:demo:42");
}

#[tokio::test]
async fn a_second_run_within_the_hour_changes_nothing() {
    let stack = Stack::start().await;
    let first = rotate(&stack).await;
    assert!(first["kid"].is_string());
    let before = read_keys(&stack.cloud.platform).await.expect("keys");
    assert_eq!(rotate(&stack).await, json!({"kid": null}));
    assert_eq!(
        read_keys(&stack.cloud.platform).await.expect("keys"),
        before
    );
}
