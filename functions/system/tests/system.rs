//! Health, metrics, documents, and every path that nobody has.

use fn_system::App;
use http::Method;
use platform::queue::Queue;
use serde_json::{Value, json};
use testkit::Stack;
use testkit::http::{bearer, from_event, request, send};

async fn start() -> (Stack, axum::Router) {
    let stack = Stack::start().await;
    let router = fn_system::router(App::new(&stack.env(), stack.aws()).expect("starts"));
    (stack, router)
}

#[tokio::test]
async fn the_sample_event_finds_it_alive() {
    let (_stack, router) = start().await;
    let event = include_str!("../../../events/system.json");
    let answer = send(&router, from_event(event)).await;
    assert!(answer.header("ratelimit-limit").is_empty());
    let body = answer.expect(200);
    assert_eq!(body["status"], "ok");
    assert_eq!(body["version"], env!("CARGO_PKG_VERSION"));
}

#[tokio::test]
async fn metrics_are_for_platform_admins_alone() {
    let (stack, router) = start().await;
    let get = |token: &str| bearer(token, &Method::GET, "/api/metrics", "");
    let anonymous = request(&Method::GET, "/api/metrics", "");
    assert_eq!(send(&router, anonymous).await.status, 401);
    assert_eq!(
        send(&router, stack.shop.get("/api/metrics")).await.status,
        401
    );
    assert_eq!(send(&router, get(&stack.exchange(42))).await.status, 403);
    // An exchanged token stays what it is, whatever role it claims.
    let mut claims = stack.claims(&stack.shop, 42);
    claims.role = web::caller::ROLE_PLATFORM_ADMIN.to_owned();
    assert_eq!(
        send(&router, get(&stack.sign_token(&claims))).await.status,
        403
    );
    claims.scope = "platform".to_owned();
    let queues = platform::queue::Queues::from_env(
        aws_sdk_sqs::Client::new(stack.aws()),
        &stack.env(),
        &Queue::ALL,
    )
    .expect("queues");
    queues
        .send(Queue::Sync, &json!({}), 0)
        .await
        .expect("sends");
    queues
        .send(Queue::Sync, &json!({}), 30)
        .await
        .expect("sends");
    queues
        .send(Queue::Rules, &json!({}), 0)
        .await
        .expect("sends");
    let body = send(&router, get(&stack.sign_token(&claims)))
        .await
        .expect(200);
    let counts = |index: usize| {
        let queue = &body["queues"][index];
        (
            queue["name"].clone(),
            queue["waiting"].clone(),
            queue["delayed"].clone(),
        )
    };
    assert_eq!(counts(0), (json!("sync"), json!(1), json!(1)));
    assert_eq!(counts(1), (json!("rules"), json!(1), json!(0)));
    assert_eq!(counts(2), (json!("webhooks"), json!(0), json!(0)));
}

#[tokio::test]
async fn the_document_is_served_and_readable() {
    let (_stack, router) = start().await;
    let answer = send(&router, request(&Method::GET, "/api/openapi.json", "")).await;
    let document: Value = answer.expect(200);
    assert!(
        document["openapi"]
            .as_str()
            .is_some_and(|version| version.starts_with("3.1"))
    );
    assert!(document["paths"]["/api/connect"]["post"].is_object());
    let page = send(&router, request(&Method::GET, "/api/docs", "")).await;
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(
        page.header("content-security-policy")
            .contains("default-src 'none'")
    );
}

#[tokio::test]
async fn a_path_that_nobody_has_answers_as_every_error_does() {
    let (_stack, router) = start().await;
    for (method, path) in [
        (Method::GET, "/"),
        (Method::GET, "/api/nothing"),
        (Method::POST, "/api/health"),
        (Method::GET, "/wp-login.php"),
        (Method::GET, "/api/%00"),
        (Method::DELETE, "/.env"),
    ] {
        let answer = send(&router, request(&method, path, "")).await;
        assert_eq!(answer.status, 404, "{method} {path}: {}", answer.text());
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(answer.json()["instance"], path);
    }
}
