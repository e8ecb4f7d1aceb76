//! What the deployed stack refuses, each with the answer that clients rely on.

use chrono::TimeDelta;
use kernel::time::Clock;
use platform::clock::SystemClock;
use reqwest::Method;
use serde_json::{Value, json};
use stack_tests::{Answer, Shop, Stack};

const EXCHANGE: &str = "/api/auth/exchange";

fn assert_problem(answer: &Answer, status: u16, word: &str, why: &str) {
    assert_eq!(answer.status, status, "{why}: {}", answer.body);
    let kind = answer.body["type"].as_str().unwrap_or_default();
    assert!(kind.ends_with(&format!("/{word}")), "{why}: {kind}");
    assert_eq!(answer.body["success"], json!(false), "{why}");
    assert_eq!(answer.body["error"], answer.body["detail"], "{why}");
    assert!(answer.body["request_id"].is_string(), "{why}");
}

struct Call<'a> {
    shop: &'a Shop,
    age: TimeDelta,
    nonce: String,
    body: Vec<u8>,
    sent: Vec<u8>,
}

impl<'a> Call<'a> {
    fn new(shop: &'a Shop) -> Self {
        let body = json!({"wp_user_id": 42}).to_string().into_bytes();
        Self {
            shop,
            age: TimeDelta::zero(),
            nonce: kernel::id::ulid_at(SystemClock.now()),
            sent: body.clone(),
            body,
        }
    }

    async fn send(&self, stack: &Stack) -> Answer {
        let at = (SystemClock.now() - self.age).timestamp().to_string();
        let headers = self
            .shop
            .headers(&Method::POST, EXCHANGE, &at, &self.nonce, &self.body);
        stack.post_with(EXCHANGE, headers, self.sent.clone()).await
    }
}

#[tokio::test]
async fn a_signature_that_is_not_good_is_refused_whatever_is_wrong_with_it() {
    let stack = Stack::running();
    let (shop, other) = (stack.shop(), &stack.shops[1]);
    let mut wrong = shop.clone();
    wrong.key = "another-key".to_owned();
    assert_problem(
        &Call::new(&wrong).send(&stack).await,
        401,
        "unauthenticated",
        "a wrong key",
    );
    // The other shop's key under this shop's id.
    let mut mixed = shop.clone();
    mixed.key = other.key.clone();
    assert_problem(
        &Call::new(&mixed).send(&stack).await,
        401,
        "unauthenticated",
        "another shop's key",
    );
    for age_s in [301, -310] {
        let mut call = Call::new(shop);
        call.age = TimeDelta::seconds(age_s);
        let answer = call.send(&stack).await;
        assert_problem(&answer, 401, "unauthenticated", "a stale timestamp");
    }
    let mut call = Call::new(shop);
    call.sent = json!({"wp_user_id": 43}).to_string().into_bytes();
    let answer = call.send(&stack).await;
    assert_problem(&answer, 401, "unauthenticated", "another body");
    let call = Call::new(shop);
    assert_eq!(call.send(&stack).await.status, 200);
    let again = call.send(&stack).await;
    assert_problem(&again, 401, "unauthenticated", "the nonce again");
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_told_so_and_does_nothing() {
    let stack = Stack::running();
    let shop = stack.shop();
    let signed = async |body: Vec<u8>| shop.send(Method::POST, EXCHANGE, body).await;
    let malformed = signed(b"{\"wp_user_id\": 42".to_vec()).await;
    assert_problem(&malformed, 400, "validation-failed", "malformed JSON");
    let missing = signed(b"{}".to_vec()).await;
    assert_problem(&missing, 400, "validation-failed", "a missing field");
    assert_eq!(missing.body["details"][0]["field"], "wp_user_id");
    let typed = signed(br#"{"wp_user_id":"x"}"#.to_vec()).await;
    assert_problem(&typed, 400, "validation-failed", "a wrong type");
    assert_eq!(typed.body["details"][0]["field"], "wp_user_id");
    let large = format!(
        "{{\"wp_user_id\": 42, \"pad\": \"{}\"}}",
        "x".repeat(1 << 20)
    );
    let large = signed(large.into_bytes()).await;
    assert_problem(&large, 413, "payload-too-large", "more than a mebibyte");
}

#[tokio::test]
async fn nobody_learns_of_another_tenants_account() {
    let stack = Stack::running();
    let (shop, other) = (stack.shop(), &stack.shops[1]);
    let token = shop.exchange(42).await;
    let connect = json!({
        "login": "5000001", "investor_pass": "demo-investor", "server": "Sim-Demo",
        "account_type": "evaluation-100k", "wp_user_id": 42, "initial_balance": 100_000,
    });
    let connected = shop.post("/api/connect", &connect).await.expect(201);
    let id = connected["account_id"].as_str().expect("an id").to_owned();
    let summary = format!("/api/account/{id}/summary");
    assert_eq!(stack.get(&summary, &token).await.status, 200);
    // The same number in another shop, and another person of this shop.
    for stranger in [other.exchange(42).await, shop.exchange(43).await] {
        let answer = stack.get(&summary, &stranger).await;
        assert_problem(&answer, 404, "not-found", "a stranger's token");
    }
    let body = json!({"account_id": id});
    let answer = other.post("/api/disconnect", &body).await;
    assert_problem(&answer, 404, "not-found", "another shop's key");
    let nobody = stack.call(Method::GET, &summary, None).await;
    assert_problem(&nobody, 401, "unauthenticated", "no token");
    let unknown = "/api/account/acc_01jd7bz8v6m3t9q2x4w7y0c1df/summary";
    let unknown = stack.get(unknown, &token).await;
    assert_problem(&unknown, 404, "not-found", "an id that nobody has");
    let still: Value = stack.get(&summary, &token).await.expect(200);
    assert_eq!(still["account_id"], connected["account_id"]);
}
