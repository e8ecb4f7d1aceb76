//! Who is calling: tokens, signatures, tenants.

use chrono::TimeDelta;
use http::{Method, Request};
use platform::tokens::SigningKeys;
use secrecy::ExposeSecret;
use serde_json::json;
use testkit::Answer;
use testkit::http::{bearer, from_event, request};

use crate::support::{USER, World, connect_body};

fn assert_unauthenticated(answer: &Answer, why: &str) {
    assert_eq!(answer.status, 401, "{why}: {}", answer.text());
    assert_eq!(
        answer.json()["detail"],
        "authentication is required",
        "{why}"
    );
}

fn unsigned_token(header: &str, payload: &str) -> String {
    // base64url by hand: the alphabet is all that is needed here.
    let encode = |text: &str| {
        const LETTERS: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let mut out = String::new();
        for chunk in text.as_bytes().chunks(3) {
            let bytes = [
                chunk[0],
                *chunk.get(1).unwrap_or(&0),
                *chunk.get(2).unwrap_or(&0),
            ];
            let bits = u32::from_be_bytes([0, bytes[0], bytes[1], bytes[2]]);
            for index in 0..=chunk.len() {
                let letter = (bits >> (18 - 6 * index)) & 63;
                out.push(char::from(LETTERS[letter as usize]));
            }
        }
        out
    };
    format!("{}.{}", encode(header), encode(payload))
}

#[tokio::test]
async fn a_token_that_is_not_good_is_refused_whatever_is_wrong() {
    let world = World::new().await;
    let stack = &world.stack;
    let good = stack.claims(&stack.shop, USER);
    let payload = serde_json::to_string(&good).expect("JSON");
    let kid = stack.signing_keys.public().keys[0].kid.clone();
    let signature = stack
        .sign_token(&good)
        .rsplit('.')
        .next()
        .expect("a part")
        .to_owned();

    let changed = |change: &dyn Fn(&mut platform::tokens::Claims)| {
        let mut claims = good.clone();
        change(&mut claims);
        stack.sign_token(&claims)
    };
    let stranger = SigningKeys::with_fresh_key(None, stack.now()).expect("a key");
    let stranger = SigningKeys::parse(&stranger).expect("reads");
    let header = |alg: &str| format!(r#"{{"typ":"JWT","alg":"{alg}","kid":"{kid}"}}"#);
    // HS256 under the public key, as if it were the secret.
    let public = stack.signing_keys.public().keys[0].x.clone();
    let hs256 = unsigned_token(&header("HS256"), &payload);
    let mac = platform::tokens::hmac_sha256(public.as_bytes(), hs256.as_bytes());
    let mac_hex: String = mac.iter().map(|byte| format!("{byte:02x}")).collect();
    let other_payload = payload.replace("wp:demo:42", "wp:demo:43");
    assert_ne!(other_payload, payload);
    let tokens = [
        (
            "alg none",
            format!("{}.", unsigned_token(&header("none"), &payload)),
        ),
        ("HS256", format!("{hs256}.{mac_hex}")),
        (
            "no kid",
            format!(
                "{}.{signature}",
                unsigned_token(r#"{"alg":"EdDSA"}"#, &payload)
            ),
        ),
        (
            "tampered",
            format!(
                "{}.{signature}",
                unsigned_token(&header("EdDSA"), &other_payload)
            ),
        ),
        ("expired", changed(&|claims| claims.exp -= 1000)),
        ("of the future", changed(&|claims| claims.iat += 600)),
        (
            "another audience",
            changed(&|claims| claims.aud = "another".to_owned()),
        ),
        (
            "another issuer",
            changed(&|claims| claims.iss = "https://evil".to_owned()),
        ),
        (
            "a stranger's key",
            stranger
                .sign(&good)
                .expect("signs")
                .expose_secret()
                .to_owned(),
        ),
        ("garbage", "a.b.c".to_owned()),
        ("empty", String::new()),
        ("long", "x".repeat(20_000)),
    ];
    for (why, token) in &tokens {
        let answer = world
            .send(bearer(token, &Method::GET, "/api/accounts", ""))
            .await;
        assert_unauthenticated(&answer, why);
        assert!(!answer.text().contains("alg"), "{why}: {}", answer.text());
    }
    let fine = world.send(stack.get_as(USER, "/api/accounts")).await;
    assert_eq!(fine.status, 200);
    let basic = {
        let mut call = request(&Method::GET, "/api/accounts", "");
        let value = "Basic dXNlcjpwYXNz".parse().expect("a header");
        call.headers_mut().insert("authorization", value);
        call
    };
    assert_unauthenticated(&world.send(basic).await, "another scheme");
}

#[tokio::test]
async fn the_sample_event_is_refused_for_its_token() {
    let world = World::new().await;
    let event = include_str!("../../../../events/accounts.json");
    assert_unauthenticated(&world.send(from_event(event)).await, "the sample");
}

#[tokio::test]
async fn a_token_opens_no_route_of_the_shop_and_a_signature_none_of_a_trader() {
    let (world, id) = World::connected().await;
    let token = world.stack.exchange(USER);
    let body = connect_body(&json!({})).to_string();
    for (method, path, body) in [
        (Method::POST, "/api/connect".to_owned(), body.as_str()),
        (Method::GET, "/api/s2s/accounts".to_owned(), ""),
        (Method::GET, "/api/s2s/plans".to_owned(), ""),
        (
            Method::POST,
            format!("/api/s2s/accounts/{id}/annul"),
            r#"{"reason":"please"}"#,
        ),
    ] {
        let call = bearer(&token, &method, &path, body.to_owned());
        assert_unauthenticated(&world.send(call).await, &path);
    }
    for path in [
        "/api/accounts".to_owned(),
        format!("/api/account/{id}/summary"),
    ] {
        assert_unauthenticated(&world.shop_get(&path).await, &path);
    }
}

#[tokio::test]
async fn an_account_of_another_tenant_or_person_is_not_found_on_every_route() {
    let (world, id) = World::connected().await;
    let stack = &world.stack;
    let stranger = stack.sign_token(&stack.claims(&stack.other_shop, USER));
    let neighbour = stack.exchange(USER + 1);
    let never = "acc_01jd7bz8v6m3t9q2x4w7y0c1df";
    let reads = [
        "summary",
        "trades",
        "equity",
        "equity/history",
        "sync-logs",
        "rules",
    ];
    let reads = reads
        .into_iter()
        .chain(["statistics", "export.xlsx", "settings"]);
    for route in reads {
        let get = |token: &str, account: &str| -> Request<axum::body::Body> {
            bearer(
                token,
                &Method::GET,
                &format!("/api/account/{account}/{route}"),
                "",
            )
        };
        let own = world.send(get(&stack.exchange(USER), &id)).await;
        assert_eq!(own.status, 200, "{route}");
        let mut bodies = Vec::new();
        for (who, call) in [
            ("another tenant", get(&stranger, &id)),
            ("another person", get(&neighbour, &id)),
            ("nobody's account", get(&neighbour, never)),
            ("no id at all", get(&neighbour, "1%27--")),
        ] {
            let answer = world.send(call).await;
            assert_eq!(answer.status, 404, "{who} {route}: {}", answer.text());
            bodies.push(answer.json()["detail"].clone());
        }
        assert!(
            bodies.iter().all(|body| *body == bodies[0]),
            "{route}: {bodies:?}"
        );
    }
    for (method, route) in [(Method::PUT, "settings"), (Method::POST, "sync")] {
        let path = format!("/api/account/{id}/{route}");
        for token in [&stranger, &neighbour] {
            let answer = world.send(bearer(token, &method, &path, "{}")).await;
            assert_eq!(answer.status, 404, "{route}");
        }
    }
}

#[tokio::test]
async fn a_call_is_signed_with_its_query_and_its_shops_key() {
    let world = World::new().await;
    let shop = &world.stack.shop;
    let get = |path: &str| shop.get(path);
    assert_eq!(
        world.send(get("/api/s2s/accounts?limit=5")).await.status,
        200
    );
    let mut moved = get("/api/s2s/accounts?limit=5");
    *moved.uri_mut() = "/api/s2s/accounts?limit=200".parse().expect("a path");
    assert_unauthenticated(&world.send(moved).await, "another query");
    let mut others = shop.signing();
    others.key = world.stack.other_shop.key.clone();
    let others = others.sign(&Method::GET, "/api/s2s/accounts", "");
    assert_unauthenticated(&world.send(others).await, "another shop's key");
    let mut stale = shop.signing();
    stale.at -= TimeDelta::seconds(301);
    let stale = stale.sign(&Method::GET, "/api/s2s/accounts", "");
    assert_unauthenticated(&world.send(stale).await, "stale");
    let once = shop.signing();
    let call = || once.sign(&Method::GET, "/api/s2s/accounts", "");
    assert_eq!(world.send(call()).await.status, 200);
    assert_unauthenticated(&world.send(call()).await, "the nonce again");
    // A good token beside a bad signature helps nobody.
    let mut both = shop.signing();
    both.key = "guess".into();
    let mut both = both.sign(&Method::GET, "/api/accounts", "");
    let value = format!("Bearer {}", world.stack.exchange(USER));
    both.headers_mut()
        .insert("authorization", value.parse().expect("a header"));
    assert_unauthenticated(&world.send(both).await, "both");
}
