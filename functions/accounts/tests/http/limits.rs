//! How often a caller may call, and the same call twice.

use axum::body::Body;
use http::Request;
use serde_json::json;

use crate::support::{LOGIN, PASSWORD, USER, World, connect_body, history, text};

#[tokio::test]
async fn beyond_the_limit_a_caller_waits_and_others_do_not() {
    let world = World::with(&[("REQUESTS_PER_MINUTE", "5")]).await;
    let first = world.get("/api/accounts").await;
    assert_eq!(first.status, 200);
    assert_eq!(first.header("ratelimit-limit"), "5");
    assert_eq!(first.header("ratelimit-remaining"), "4");
    let reset: u64 = first.header("ratelimit-reset").parse().expect("seconds");
    assert!((1..=60).contains(&reset));
    let mut refused = None;
    // The minute may turn once on the way; a limit of five holds in each.
    for _ in 0..11 {
        let answer = world.get("/api/accounts").await;
        if answer.status == 429 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("a refusal within two minutes' limits");
    let wait: u64 = refused.header("retry-after").parse().expect("seconds");
    assert!((1..=60).contains(&wait));
    assert_eq!(refused.header("ratelimit-remaining"), "0");
    let body = refused.json();
    assert!(text(&body["type"]).ends_with("/rate-limited"), "{body}");
    // Another person, another key and another address have limits of their own.
    let neighbour = world
        .send(world.stack.get_as(USER + 1, "/api/accounts"))
        .await;
    assert_eq!(neighbour.status, 200);
    assert_eq!(world.shop_get("/api/s2s/accounts").await.status, 200);
}

#[tokio::test]
async fn an_address_that_signs_in_nowhere_is_limited_too() {
    let world = World::with(&[("REQUESTS_PER_MINUTE", "3")]).await;
    let call = |peer: &'static str| {
        let mut call = testkit::http::request(&http::Method::GET, "/api/accounts", "");
        let peer = peer.parse().expect("a header");
        call.headers_mut().insert("x-tradebridge-peer", peer);
        call
    };
    let mut statuses = Vec::new();
    for _ in 0..7 {
        statuses.push(world.send(call("198.51.100.7")).await.status.as_u16());
    }
    assert_eq!(statuses[0], 401);
    assert!(statuses.contains(&429), "{statuses:?}");
    assert_eq!(world.send(call("198.51.100.8")).await.status, 401);
}

fn keyed(mut call: Request<Body>, key: &str) -> Request<Body> {
    let value = key.parse().expect("a header");
    call.headers_mut().insert("idempotency-key", value);
    call
}

#[tokio::test]
async fn the_same_key_and_body_give_the_first_answer_again() {
    let mut world = World::new().await;
    let history = history(world.stack.now());
    world
        .stack
        .gateway
        .add_account(LOGIN, PASSWORD, history)
        .await;
    let call = |world: &World| keyed(world.connect(&json!({})), "order-7001");
    let first = world.send(call(&world)).await;
    assert_eq!(first.status, 201);
    assert_eq!(first.header("idempotent-replayed"), "");
    let second = world.send(call(&world)).await;
    assert_eq!(second.status, 201);
    assert_eq!(second.header("idempotent-replayed"), "true");
    assert_eq!(second.body, first.body);
    assert_eq!(second.header("content-type"), "application/json");
    assert!(!second.header("x-request-id").is_empty());
    assert_ne!(second.header("x-request-id"), first.header("x-request-id"));

    let other = keyed(world.connect(&json!({"order_id": "7002"})), "order-7001");
    let mismatch = world.send(other).await.expect(422);
    assert!(text(&mismatch["type"]).ends_with("/validation-failed"));
    // The key is the caller's and the route's own.
    let body = connect_body(&json!({}));
    let theirs = keyed(
        world.stack.other_shop.post("/api/connect", &body),
        "order-7001",
    );
    let theirs = world.send(theirs).await;
    assert_eq!(theirs.header("idempotent-replayed"), "");
    let id = text(&first.json()["account_id"]);
    let elsewhere = world
        .stack
        .shop
        .post("/api/disconnect", &json!({"account_id": id}));
    assert_eq!(world.send(keyed(elsewhere, "order-7001")).await.status, 200);
    world.stack.pump().await;
}

#[tokio::test]
async fn a_refusal_is_repeated_and_a_failure_of_a_partner_is_tried_again() {
    let world = World::new().await;
    let history = history(world.stack.now());
    world
        .stack
        .gateway
        .add_account(LOGIN, PASSWORD, history)
        .await;
    let wrong = json!({"investor_pass": "wrong-password"});
    let call = |world: &World| keyed(world.connect(&wrong), "refused");
    let first = world.send(call(&world)).await;
    assert_eq!(first.status, 422);
    let second = world.send(call(&world)).await;
    assert_eq!(second.header("idempotent-replayed"), "true");
    assert_eq!(second.body, first.body);
    assert_eq!(second.header("content-type"), "application/problem+json");

    world
        .stack
        .gateway
        .fault(json!({"path": "create", "fault": "internal"}))
        .await;
    let call = |world: &World| keyed(world.connect(&json!({})), "later");
    let down = world.send(call(&world)).await.expect(503);
    assert!(text(&down["type"]).ends_with("/upstream-unavailable"));
    world.stack.gateway.clear_faults().await;
    let up = world.send(call(&world)).await;
    assert_eq!(up.status, 201, "{}", up.text());
    assert_eq!(up.header("idempotent-replayed"), "");
}

#[tokio::test]
async fn a_key_that_is_no_key_is_refused() {
    let world = World::new().await;
    let long = "k".repeat(201);
    let answer = world.send(keyed(world.connect(&json!({})), &long)).await;
    let problem = answer.expect(400);
    assert_eq!(crate::support::fields(&problem), ["Idempotency-Key"]);
}
