//! Terminals paired by a code, listed and revoked.

use http::Method;
use kernel::id::UserId;
use platform::devices::DeviceTokens;
use serde_json::{Value, json};

use crate::desk::{Desk, now};

#[tokio::test]
async fn a_code_pairs_one_terminal_once_and_its_token_is_told_once() {
    let desk = Desk::open().await;
    let code = desk.code(" Office ").await;
    let shape: Vec<usize> = code.split('-').map(str::len).collect();
    assert_eq!(shape, [4, 4, 4], "{code}");
    let typed = code.to_lowercase().replace('-', "");
    let paired = desk.try_pair(&typed, "192.0.2.1").await.expect(201);
    let token = paired["device_token"].as_str().expect("a token");
    assert_eq!(token.len(), 47);
    let again = desk.try_pair(&code, "192.0.2.1").await;
    assert_eq!(again.status, 400, "{}", again.text());
    assert_eq!(again.json()["details"][0]["field"], "pairing_code");

    let listed = desk.get("/api/firebridge/devices").await.expect(200);
    let device = &listed["items"][0];
    assert_eq!(device["id"], paired["device_id"]);
    assert_eq!(device["name"], "Office");
    assert_eq!(device["terminal_id"], "MT5-1");
    assert_eq!(device["online"], false);
    assert_eq!(device["last_seen_at"], Value::Null);
    assert!(!listed.to_string().contains(token));
    let told = desk.told().await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].kind, "notification");
    let data: Value = serde_json::from_str(&told[0].data).expect("JSON");
    assert_eq!(data["message"], "Office can trade for you now.");
}

#[tokio::test]
async fn neither_code_nor_token_is_kept_in_the_clear() {
    let desk = Desk::open().await;
    let open = desk.code("Not used").await;
    let paired = desk.pair("Office").await;
    for table in [&desk.stack.cloud.trading, &desk.stack.cloud.platform] {
        let dump = desk.stack.cloud.dump(table).await;
        assert!(!dump.contains(&paired.token));
        assert!(!dump.contains(&open) && !dump.contains(&open.replace('-', "")));
    }
}

#[tokio::test]
async fn of_many_that_send_one_code_at_once_one_is_paired() {
    let desk = Desk::open().await;
    let code = desk.code("Office").await;
    let addresses: Vec<String> = (1..=8).map(|host| format!("192.0.2.{host}")).collect();
    let calls = addresses
        .iter()
        .map(|address| desk.try_pair(&code, address));
    let answers = futures::future::join_all(calls).await;
    let paired = answers.iter().filter(|answer| answer.status == 201).count();
    let refused = answers.iter().filter(|answer| answer.status == 400).count();
    assert_eq!((paired, refused), (1, 7));
    let roster = desk
        .trading
        .store
        .roster(&desk.owner())
        .await
        .expect("reads");
    assert_eq!(roster.terminals, 1);
}

#[tokio::test]
async fn five_wrong_codes_shut_an_address_out_and_nobody_else() {
    let desk = Desk::open().await;
    let code = desk.code("Office").await;
    for _ in 0..5 {
        let answer = desk.try_pair("0000-0000-0000", "198.51.100.1").await;
        assert_eq!(answer.status, 400, "{}", answer.text());
    }
    let shut_out = desk.try_pair(&code, "198.51.100.1").await;
    assert_eq!(shut_out.status, 429, "{}", shut_out.text());
    let other = desk.try_pair(&code, "198.51.100.2").await;
    assert_eq!(other.status, 201, "{}", other.text());
}

#[tokio::test]
async fn attempts_are_limited_over_all_addresses() {
    use platform::rate_limit::{Limit, RateLimiter};
    let desk = Desk::open().await;
    let code = desk.code("Office").await;
    let limiter = RateLimiter::new(desk.stack.cloud.platform.clone());
    let mut last = 0;
    // As other instances would have counted them.
    for _ in 0..3_000 {
        let decision = limiter
            .admit("pairing", Limit::exact(3_000, 300), now())
            .await
            .expect("counts");
        last = decision.remaining;
    }
    // The window may have turned meanwhile; then it is another one's turn.
    if last == 0 {
        let answer = desk.try_pair(&code, "198.51.100.9").await;
        assert_eq!(answer.status, 429, "{}", answer.text());
        assert!(!answer.header("retry-after").is_empty());
    }
}

#[tokio::test]
async fn an_expired_code_pairs_nothing() {
    let desk = Desk::open().await;
    let code = desk.code("Office").await;
    let hash = trading::domain::pairing::hash(&code.as_str().into()).expect("a code");
    let later = now() + trading::domain::pairing::GOOD_FOR;
    let kept = desk
        .trading
        .store
        .pairing(&hash, later)
        .await
        .expect("reads");
    assert_eq!(kept, None);
    let sooner = later - chrono::TimeDelta::seconds(10);
    let kept = desk
        .trading
        .store
        .pairing(&hash, sooner)
        .await
        .expect("reads");
    assert_eq!(kept.map(|kept| kept.name).as_deref(), Some("Office"));
}

#[tokio::test]
async fn a_revoked_terminal_is_refused_at_once() {
    let desk = Desk::open().await;
    let (office, home) = (desk.pair("Office").await, desk.pair("Home").await);
    let tokens = DeviceTokens::new(desk.stack.cloud.platform.clone());
    let found = tokens.find(&office.token).await.expect("reads");
    assert_eq!(found.map(|device| device.user), Some(desk.user.clone()));
    let path = format!("/api/firebridge/devices/{}", office.id);
    let revoke = async || {
        let token = desk.token();
        desk.ask(&token, Method::DELETE, &path, &Value::Null).await
    };
    assert_eq!(revoke().await.status, 204);
    assert_eq!(tokens.find(&office.token).await.expect("reads"), None);
    assert!(tokens.find(&home.token).await.expect("reads").is_some());
    assert_eq!(revoke().await.status, 404);
    let refused = desk
        .ask(
            &office.token,
            Method::GET,
            "/api/firebridge/devices",
            &Value::Null,
        )
        .await;
    assert_eq!(refused.status, 401, "{}", refused.text());
    let listed = desk.get("/api/firebridge/devices").await.expect(200);
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn nobody_sees_or_revokes_another_ones_terminal() {
    let desk = Desk::open().await;
    let paired = desk.pair("Office").await;
    let stranger = UserId::generate(now());
    let path = format!("/api/firebridge/devices/{}", paired.id);
    let tenant = "org_01jd7bz8v6m3t9q2x4w7y0c1df";
    for token in [
        desk.token_of(&stranger, stranger.as_str()),
        // The same person in another tenant.
        desk.token_of(&desk.user, tenant),
    ] {
        let listed = desk
            .ask(&token, Method::GET, "/api/firebridge/devices", &Value::Null)
            .await
            .expect(200);
        assert_eq!(listed, json!({"items": [], "next_cursor": null}));
        let answer = desk.ask(&token, Method::DELETE, &path, &Value::Null).await;
        assert_eq!(answer.status, 404, "{}", answer.text());
    }
}

#[tokio::test]
async fn a_person_has_at_most_twenty_terminals() {
    let desk = Desk::open().await;
    let spare = desk.code("Spare").await;
    for number in 0..20 {
        desk.pair(&format!("Terminal {number}")).await;
    }
    let answer = desk
        .post("/api/firebridge/devices", &json!({"name": "One more"}))
        .await;
    assert_eq!(answer.status, 409, "{}", answer.text());
    let answer = desk.try_pair(&spare, "192.0.2.1").await;
    assert_eq!(answer.status, 409, "{}", answer.text());
}

#[tokio::test]
async fn a_terminals_token_opens_no_door_of_people() {
    let desk = Desk::open().await;
    let paired = desk.pair("Office").await;
    let answer = desk
        .ask(
            &paired.token,
            Method::GET,
            "/api/firebridge/devices",
            &Value::Null,
        )
        .await;
    assert_eq!(answer.status, 403, "{}", answer.text());
    for made_up in ["tbd_", "tbd_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        let answer = desk
            .ask(
                made_up,
                Method::GET,
                "/api/firebridge/devices",
                &Value::Null,
            )
            .await;
        assert_eq!(answer.status, 401, "{}", answer.text());
    }
}
