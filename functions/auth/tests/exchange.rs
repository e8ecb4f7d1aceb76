//! Tokens for WordPress users, and the keys to check them by.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use fn_auth::App;
use http::Method;
use kernel::time::Clock;
use platform::clock::SystemClock;
use platform::tokens::Verifier;
use serde_json::{Value, json};
use testkit::http::{bearer, from_event, request, send};
use testkit::stack::ISSUER;
use testkit::{Answer, Stack};

const PATH: &str = "/api/auth/exchange";

async fn start() -> (Stack, axum::Router) {
    let stack = Stack::start().await;
    let router = fn_auth::router(App::new(&stack.env(), stack.aws()).expect("starts"));
    (stack, router)
}

fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).expect("a part");
    let bytes = URL_SAFE_NO_PAD.decode(part).expect("base64url");
    serde_json::from_slice(&bytes).expect("JSON")
}

fn assert_unauthenticated(answer: &Answer, why: &str) {
    assert_eq!(answer.status, 401, "{why}: {}", answer.text());
    let body = answer.json();
    assert_eq!(body["detail"], "authentication is required", "{why}");
    assert!(
        body["type"]
            .as_str()
            .is_some_and(|kind| kind.ends_with("/unauthenticated")),
        "{why}"
    );
}

#[tokio::test]
async fn a_signed_call_gets_a_token_of_fifteen_minutes_that_verifies() {
    let (stack, router) = start().await;
    let call = stack.shop.post(PATH, &json!({"wp_user_id": 42}));
    let body = send(&router, call).await.expect(200);
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["expires_in"], 900);
    let expires: DateTime<Utc> = body["expires_at"]
        .as_str()
        .and_then(|text| text.parse().ok())
        .expect("a time");
    assert!(
        (expires - SystemClock.now() - TimeDelta::seconds(900))
            .num_seconds()
            .abs()
            <= 2
    );

    let token = body["token"].as_str().expect("a token");
    let header = part(token, 0);
    assert_eq!(header["alg"], "EdDSA");
    let verifier = Verifier::new(stack.cloud.platform.clone(), ISSUER);
    let claims = verifier
        .verify(token, SystemClock.now())
        .await
        .expect("verifies");
    assert_eq!(claims.sub, "wp:demo:42");
    assert_eq!(claims.org, "demo");
    assert_eq!(claims.role, "trader");
    assert_eq!(claims.scope, "accounts");
    assert_eq!(claims.exp - claims.iat, 900);

    let keys = send(&router, request(&Method::GET, "/.well-known/jwks.json", "")).await;
    assert_eq!(keys.header("cache-control"), "public, max-age=300");
    let keys = keys.expect(200);
    assert_eq!(keys["keys"].as_array().map(Vec::len), Some(1));
    let key = &keys["keys"][0];
    assert_eq!(key["kid"], header["kid"]);
    assert_eq!(
        (&key["kty"], &key["crv"], &key["alg"], &key["use"]),
        (
            &json!("OKP"),
            &json!("Ed25519"),
            &json!("EdDSA"),
            &json!("sig")
        )
    );
    assert!(key.get("d").is_none());
}

#[tokio::test]
async fn another_shops_number_is_another_person() {
    let (stack, router) = start().await;
    let call = stack.other_shop.post(PATH, &json!({"wp_user_id": 42}));
    let body = send(&router, call).await.expect(200);
    let claims = part(body["token"].as_str().expect("a token"), 1);
    assert_eq!(claims["sub"], "wp:other:42");
    assert_eq!(claims["org"], "other");
}

#[tokio::test]
async fn whatever_is_wrong_with_a_signature_the_answer_is_the_same() {
    let (stack, router) = start().await;
    let shop = &stack.shop;
    let body = json!({"wp_user_id": 42}).to_string();
    let sign = |signing: testkit::shop::Signing| signing.sign(&Method::POST, PATH, body.clone());

    let mut wrong_key = shop.signing();
    wrong_key.key = "another-secret".into();
    let mut others_key = shop.signing();
    others_key.key = stack.other_shop.key.clone();
    let mut unknown_id = shop.signing();
    unknown_id.key_id = Some("nobodys-key".to_owned());
    let mut odd_id = shop.signing();
    odd_id.key_id = Some("../../etc".to_owned());
    let mut stale = shop.signing();
    stale.at -= TimeDelta::seconds(302);
    let mut early = shop.signing();
    early.at += TimeDelta::seconds(305);
    let mut short_nonce = shop.signing();
    short_nonce.nonce = "fifteen-letters".to_owned();
    let mut no_id_of_other = stack.other_shop.signing();
    no_id_of_other.key_id = None;

    let mut other_body = sign(shop.signing());
    *other_body.body_mut() = json!({"wp_user_id": 43}).to_string().into();
    let mut other_path = sign(shop.signing());
    *other_path.uri_mut() = format!("{PATH}?a=1").parse().expect("a path");
    let mut no_nonce = sign(shop.signing());
    no_nonce.headers_mut().remove("x-onefunders-nonce");
    let mut upper_case = sign(shop.signing());
    let upper = upper_case.headers()["x-onefunders-signature"]
        .to_str()
        .expect("text")
        .to_ascii_uppercase();
    upper_case
        .headers_mut()
        .insert("x-onefunders-signature", upper.parse().expect("a header"));

    let calls = [
        ("another key", sign(wrong_key)),
        ("another shop's key", sign(others_key)),
        ("a key id that nobody has", sign(unknown_id)),
        ("a key id that cannot be", sign(odd_id)),
        ("a stale timestamp", sign(stale)),
        ("a timestamp of the future", sign(early)),
        ("a short nonce", sign(short_nonce)),
        ("another shop without its key id", sign(no_id_of_other)),
        ("another body", other_body),
        ("another path", other_path),
        ("no nonce", no_nonce),
        ("upper case", upper_case),
        ("no signature", request(&Method::POST, PATH, body.clone())),
        (
            "a token",
            bearer(&stack.exchange(42), &Method::POST, PATH, body.clone()),
        ),
    ];
    for (why, call) in calls {
        assert_unauthenticated(&send(&router, call).await, why);
    }
}

#[tokio::test]
async fn a_nonce_is_good_once_and_a_forged_call_does_not_use_it_up() {
    let (stack, router) = start().await;
    let signing = stack.shop.signing();
    let body = json!({"wp_user_id": 42}).to_string();
    let mut forged = signing.clone();
    forged.key = "guessed".into();
    let forged = forged.sign(&Method::POST, PATH, body.clone());
    assert_unauthenticated(&send(&router, forged).await, "a guess");
    let good = || signing.sign(&Method::POST, PATH, body.clone());
    assert_eq!(send(&router, good()).await.status, 200);
    assert_unauthenticated(&send(&router, good()).await, "the nonce again");
    // The same nonce with another timestamp is the same nonce.
    let mut later = signing.clone();
    later.at += TimeDelta::seconds(1);
    let later = later.sign(&Method::POST, PATH, body);
    assert_unauthenticated(&send(&router, later).await, "the nonce, later");
}

#[tokio::test]
async fn the_older_plugin_signs_without_a_key_id_for_the_default_shop() {
    let (stack, router) = start().await;
    let mut signing = stack.shop.signing();
    signing.key_id = None;
    let body = json!({"wp_user_id": 7}).to_string();
    let answer = send(&router, signing.sign(&Method::POST, PATH, body)).await;
    let token = answer.expect(200)["token"].clone();
    assert_eq!(
        part(token.as_str().expect("a token"), 1)["sub"],
        "wp:demo:7"
    );
}

#[tokio::test]
async fn two_keys_are_active_in_a_rotation_and_a_retired_one_is_not() {
    let (stack, router) = start().await;
    let keys = platform::shops::ShopKeys::new(stack.cloud.platform.clone(), stack.vault.clone());
    let mut second = stack.shop.clone();
    second.key_id = "demo-key-2".to_owned();
    second.key = "the-second-secret".into();
    stack.add_shop(&second).await;
    for shop in [&stack.shop, &second] {
        let call = shop.post(PATH, &json!({"wp_user_id": 42}));
        assert_eq!(send(&router, call).await.status, 200);
    }
    let mut third = stack.shop.clone();
    third.key_id = "demo-key-3".to_owned();
    let refused = keys
        .add(&third.id, &third.key_id, &third.key, stack.now())
        .await;
    assert!(refused.is_err());
    keys.retire(&stack.shop.id, &stack.shop.key_id)
        .await
        .expect("retires");
    // An instance that starts now has never known it.
    let fresh = fn_auth::router(App::new(&stack.env(), stack.aws()).expect("starts"));
    let call = stack.shop.post(PATH, &json!({"wp_user_id": 42}));
    assert_unauthenticated(&send(&fresh, call).await, "retired");
    let call = second.post(PATH, &json!({"wp_user_id": 42}));
    assert_eq!(send(&fresh, call).await.status, 200);
}

#[tokio::test]
async fn a_body_that_is_not_right_names_its_field() {
    let (stack, router) = start().await;
    for (body, field) in [
        (json!({}), "wp_user_id"),
        (json!({"wp_user_id": "42"}), "wp_user_id"),
        (json!({"wp_user_id": 0}), "wp_user_id"),
        (json!({"wp_user_id": -1}), "wp_user_id"),
        (json!({"wp_user_id": 1.5}), "wp_user_id"),
        (json!({"wp_user_id": null}), "wp_user_id"),
    ] {
        let answer = send(&router, stack.shop.post(PATH, &body)).await;
        let problem = answer.expect(400);
        assert_eq!(problem["details"][0]["field"], field, "{body}: {problem}");
        assert_eq!(
            problem["details"].as_array().map(Vec::len),
            Some(1),
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_token_is_given_once_and_never_stored_for_a_repeat() {
    let (stack, router) = start().await;
    let call = || {
        let mut call = stack.shop.post(PATH, &json!({"wp_user_id": 42}));
        let key = "exchange-1".parse().expect("a header");
        call.headers_mut().insert("idempotency-key", key);
        call
    };
    let first = send(&router, call()).await.expect(200);
    let second = send(&router, call()).await;
    assert_eq!(second.header("idempotent-replayed"), "");
    assert_ne!(second.expect(200)["token"], first["token"]);
    let stored = stack.cloud.dump(&stack.cloud.platform).await;
    let token = first["token"].as_str().expect("a token");
    assert!(!stored.contains(token));
}

#[tokio::test]
async fn the_sample_event_is_refused_since_its_timestamp_is_of_the_past() {
    let (_stack, router) = start().await;
    let event = include_str!("../../../events/auth.json");
    assert_unauthenticated(&send(&router, from_event(event)).await, "the sample");
}
