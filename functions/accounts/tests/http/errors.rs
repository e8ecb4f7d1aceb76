//! The form of every error, and the headers of every answer.

use chrono::{DateTime, Utc};
use http::{Method, Request};
use serde_json::{Value, json};
use testkit::Answer;
use testkit::http::{bearer, request};

use crate::support::{USER, World, connect_body, fields, text};

fn assert_headers(answer: &Answer, what: &str) {
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        (
            "strict-transport-security",
            "max-age=63072000; includeSubDomains",
        ),
        ("cache-control", "no-store"),
        (
            "content-security-policy",
            "default-src 'none'; frame-ancestors 'none'",
        ),
    ] {
        assert_eq!(answer.header(name), value, "{name} of {what}");
    }
    assert!(answer.header("x-request-id").starts_with("req_"), "{what}");
}

fn assert_problem(answer: &Answer, status: u16, word: &str, what: &str) {
    assert_eq!(answer.status.as_u16(), status, "{what}: {}", answer.text());
    assert_headers(answer, what);
    assert_eq!(
        answer.header("content-type"),
        "application/problem+json",
        "{what}"
    );
    let body = answer.json();
    assert!(
        text(&body["type"]).ends_with(&format!("/{word}")),
        "{what}: {body}"
    );
    assert_eq!(body["status"], status, "{what}");
    assert_eq!(body["success"], false, "{what}");
    let sentence = text(&body["detail"]);
    assert!(!sentence.is_empty(), "{what}");
    assert_eq!(body["error"], sentence, "{what}");
    assert_eq!(body["message"], sentence, "{what}");
    assert!(!text(&body["title"]).is_empty(), "{what}");
    assert!(body["details"].is_array(), "{what}");
    assert_eq!(body["request_id"], answer.header("x-request-id"), "{what}");
    let at: Result<DateTime<Utc>, _> = text(&body["timestamp"]).parse();
    assert!(at.is_ok(), "{what}");
}

#[tokio::test]
async fn every_kind_of_error_has_the_same_form() {
    let (world, id) = World::connected().await;
    let shop = &world.stack.shop;
    let token = world.stack.exchange(USER);
    let settings = format!("/api/account/{id}/settings");
    let mut stale = bearer(&token, &Method::PUT, &settings, "{}");
    stale
        .headers_mut()
        .insert("if-match", "\"99\"".parse().expect("a header"));
    let huge = "x".repeat(1024 * 1024 + 1);
    let wrong = connect_body(&json!({"login": "5999999"}));
    let others = connect_body(&json!({"wp_user_id": 43}));
    let calls: Vec<(Request<axum::body::Body>, u16, &str)> = vec![
        (
            request(&Method::GET, "/api/accounts", ""),
            401,
            "unauthenticated",
        ),
        (request(&Method::GET, "/nowhere", ""), 404, "not-found"),
        (
            request(&Method::PATCH, "/api/accounts", ""),
            404,
            "not-found",
        ),
        (
            shop.post("/api/connect", &json!({})),
            400,
            "validation-failed",
        ),
        (shop.post("/api/connect", &others), 409, "conflict"),
        (shop.post("/api/connect", &wrong), 422, "validation-failed"),
        (
            shop.sign(&Method::POST, "/api/connect", huge),
            413,
            "payload-too-large",
        ),
        (stale, 412, "stale-version"),
    ];
    for (call, status, word) in calls {
        let what = format!("{} {}", call.method(), call.uri());
        assert_problem(&world.send(call).await, status, word, &what);
    }
    let fine = world.get("/api/accounts").await;
    assert_eq!(fine.status, 200);
    assert_headers(&fine, "an answer that is no error");
}

#[tokio::test]
async fn a_body_that_is_not_json_is_told_so_and_nothing_of_our_parser() {
    let world = World::new().await;
    for body in ["{", "[1,", "{\"login\": }", "\u{0}", "{}{}", "not json"] {
        let call = world.stack.shop.sign(&Method::POST, "/api/connect", body);
        let answer = world.send(call).await;
        assert_problem(&answer, 400, "validation-failed", body);
        let told = answer.text();
        for inner in ["serde", "line 1", "column", "EOF", "struct"] {
            assert!(!told.contains(inner), "{body:?}: {told}");
        }
    }
    let deep = "[".repeat(100_000);
    let call = world.stack.shop.sign(&Method::POST, "/api/connect", deep);
    assert_eq!(world.send(call).await.status, 400);
    for other in ["[]", "null", "42", "\"text\""] {
        let call = world.stack.shop.sign(&Method::POST, "/api/connect", other);
        assert_eq!(world.send(call).await.status, 400, "{other}");
    }
}

#[tokio::test]
async fn each_missing_field_is_named() {
    let world = World::new().await;
    let problem = world.post("/api/connect", &json!({})).await.expect(400);
    let mut named = fields(&problem);
    named.sort();
    assert_eq!(
        named,
        [
            "account_type",
            "investor_pass",
            "login",
            "server",
            "wp_user_id"
        ],
        "{problem}"
    );
    let whole = connect_body(&json!({}));
    for field in [
        "login",
        "investor_pass",
        "server",
        "account_type",
        "wp_user_id",
    ] {
        for absent in [true, false] {
            let mut body = whole.clone();
            match (absent, body.as_object_mut()) {
                (true, Some(object)) => {
                    object.remove(field);
                }
                _ => body[field] = Value::Null,
            }
            let problem = world.post("/api/connect", &body).await.expect(400);
            assert_eq!(fields(&problem), [field], "{problem}");
        }
    }
}

#[tokio::test]
async fn each_wrong_type_and_each_value_out_of_range_is_named() {
    let world = World::new().await;
    let many = connect_body(&json!({
        "login": true, "investor_pass": 5, "server": [], "account_type": {}, "wp_user_id": "x",
    }));
    let mut named = fields(&world.post("/api/connect", &many).await.expect(400));
    named.sort();
    assert_eq!(
        named,
        [
            "account_type",
            "investor_pass",
            "login",
            "server",
            "wp_user_id"
        ]
    );
    for (field, value) in [
        ("login", json!("12a")),
        ("login", json!("")),
        ("login", json!("1".repeat(21))),
        ("login", json!(-5)),
        ("login", json!(1.5)),
        ("investor_pass", json!("")),
        ("investor_pass", json!("x".repeat(129))),
        ("server", json!("")),
        ("server", json!("a\u{0}b")),
        ("server", json!("x".repeat(101))),
        ("account_type", json!("with space")),
        ("account_type", json!("../plans")),
        ("wp_user_id", json!(0)),
        ("wp_user_id", json!(-42)),
        ("initial_balance", json!(0)),
        ("initial_balance", json!(-1)),
        ("initial_balance", json!("100000")),
        ("order_id", json!("")),
        ("order_id", json!("x".repeat(65))),
    ] {
        let body = connect_body(&json!({field: value}));
        let problem = world.post("/api/connect", &body).await.expect(400);
        assert_eq!(fields(&problem), [field], "{value}: {problem}");
        if field == "investor_pass" && value.as_str().is_some_and(|text| text.len() > 5) {
            assert!(
                !problem.to_string().contains("xxxxx"),
                "the password is told"
            );
        }
    }
    let unknown = connect_body(&json!({"colour": "blue"}));
    // Unknown fields are ignored; the login is nobody's, which the broker says.
    assert_eq!(world.post("/api/connect", &unknown).await.status, 422);
}

#[tokio::test]
async fn a_browser_of_the_allow_list_is_answered_and_another_is_not() {
    let world = World::new().await;
    let preflight = |origin: &str| {
        let mut call = request(&Method::OPTIONS, "/api/accounts", "");
        for (name, value) in [
            ("origin", origin),
            ("access-control-request-method", "GET"),
            ("access-control-request-headers", "authorization"),
        ] {
            call.headers_mut().insert(
                http::HeaderName::from_bytes(name.as_bytes()).expect("a name"),
                value.parse().expect("a header"),
            );
        }
        call
    };
    let ours = world.send(preflight("https://shop.example")).await;
    assert_eq!(ours.status, 200);
    let allowed = "access-control-allow-origin";
    assert_eq!(ours.header(allowed), "https://shop.example");
    assert_eq!(ours.header("access-control-allow-credentials"), "true");
    assert!(ours.header("access-control-allow-methods").contains("PUT"));
    assert!(
        ours.header("access-control-allow-headers")
            .contains("authorization")
    );
    let theirs = world.send(preflight("https://evil.example")).await;
    assert_eq!(theirs.header(allowed), "");
    let mut call = world.stack.get_as(USER, "/api/accounts");
    let origin = "https://shop.example".parse().expect("a header");
    call.headers_mut().insert("origin", origin);
    let answer = world.send(call).await;
    assert_eq!(answer.header(allowed), "https://shop.example");
    assert!(
        answer
            .header("access-control-expose-headers")
            .contains("x-request-id")
    );
}

#[tokio::test]
async fn a_large_answer_is_compressed_for_who_asks() {
    let (world, _) = World::connected().await;
    let call = |encoding: Option<&'static str>| {
        let mut call = world.stack.get_as(USER, "/api/accounts");
        if let Some(encoding) = encoding {
            let value = encoding.parse().expect("a header");
            call.headers_mut().insert("accept-encoding", value);
        }
        call
    };
    let plain = world.send(call(None)).await;
    assert_eq!(plain.header("content-encoding"), "");
    let small = world.send(call(Some("gzip"))).await;
    assert_eq!(small.header("content-encoding"), "gzip");
    assert_eq!(&small.body[..2], b"\x1f\x8b");
    assert!(small.body.len() < plain.body.len());
}
