use std::time::{Duration, Instant};

use bcrypt::Version;
use identity::app::import::{Imported, import, review};
use identity::model::PersonStatus;
use kernel::access::Tier;
use platform::tokens::Verifier;
use serde_json::json;
use testkit::stack::ISSUER;

use crate::support::{EMAIL, PASSWORD, Scene, Tokens, cookie, fields, problem};

const LOGIN: &str = "/api/v1/auth/login";

#[tokio::test]
async fn a_browser_gets_the_refresh_token_in_a_cookie_that_no_script_reads() {
    let scene = Scene::start().await;
    let user = scene.verified(EMAIL, PASSWORD).await;
    let body = json!({"email": EMAIL, "password": PASSWORD});
    let answer = scene.post(LOGIN, &body).await;
    let (token, attributes) = cookie(&answer);
    assert!(token.starts_with("tbr_"));
    assert_eq!(
        attributes,
        [
            "HttpOnly",
            "Secure",
            "SameSite=Strict",
            "Path=/api",
            "Max-Age=604800"
        ]
    );
    assert_eq!(answer.header("cache-control"), "no-store");
    let body = answer.expect(200);
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["expires_in"], 900);
    assert!(body.get("refresh_token").is_none());
    let access = body["access_token"].as_str().expect("a token");
    let verifier = Verifier::new(scene.stack.cloud.platform.clone(), ISSUER);
    let claims = verifier
        .verify(access, scene.now())
        .await
        .expect("verifies");
    assert_eq!(claims.sub, user.as_str());
    assert_eq!(claims.org, user.as_str());
    assert_eq!(claims.role, "owner");
    assert_eq!(claims.scope, "user");
    assert_eq!(claims.tier, Tier::Free);
    assert_eq!(claims.exp - claims.iat, 900);
    assert!(claims.sid.starts_with("ses_"));
}

#[tokio::test]
async fn another_client_gets_it_in_the_body_and_no_cookie() {
    let scene = Scene::start().await;
    scene.verified(EMAIL, PASSWORD).await;
    let answer = scene.login(EMAIL, PASSWORD).await;
    assert_eq!(answer.header("set-cookie"), "");
    assert!(Tokens::of(&answer.expect(200)).refresh.starts_with("tbr_"));
}

#[tokio::test]
async fn a_known_and_an_unknown_name_get_the_same_answer() {
    let scene = Scene::start().await;
    scene.verified(EMAIL, PASSWORD).await;
    let mut seen = Vec::new();
    for name in [EMAIL, "nobody@firm.example", "nobody", "not a name", "a@"] {
        let (word, mut body) = problem(scene.login(name, "a wrong password").await, 401);
        assert_eq!(word, "unauthenticated", "{name}");
        for differs in ["request_id", "timestamp"] {
            body[differs] = json!(null);
        }
        seen.push(body);
        // So that the address is not shut out before the last of them.
        let doorkeeper = platform::doorkeeper::Doorkeeper::new(scene.stack.cloud.platform.clone());
        let now = kernel::time::Clock::now(&platform::clock::SystemClock);
        doorkeeper.lift("unknown", now).await.expect("lifts");
    }
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "{seen:?}");
}

#[tokio::test]
async fn a_user_name_is_as_good_as_the_address() {
    let scene = Scene::start().await;
    let (_, tokens) = scene.ada().await;
    let body = json!({"username": "Ada.L"});
    let path = "/api/v1/user/me";
    let changed = scene.call(&tokens.access, http::Method::PATCH, path, &body);
    assert_eq!(changed.await.expect(200)["username"], "ada.l");
    assert_eq!(scene.login("ADA.L", PASSWORD).await.status, 200);
    assert_eq!(scene.login("ada.l", "a wrong password").await.status, 401);
    assert_eq!(scene.login(" Ada@Firm.Example", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn who_is_blocked_is_nobody() {
    let scene = Scene::start().await;
    let (user, tokens) = scene.ada().await;
    let block = |person: &mut identity::model::Person| person.status = PersonStatus::Blocked;
    scene.change(&user, block).await;
    assert_eq!(
        problem(scene.login(EMAIL, PASSWORD).await, 401).0,
        "unauthenticated"
    );
    assert_eq!(scene.refresh(&tokens.refresh).await.status, 401);
    // And the session is gone for good.
    let unblock = |person: &mut identity::model::Person| person.status = PersonStatus::Active;
    scene.change(&user, unblock).await;
    assert_eq!(scene.refresh(&tokens.refresh).await.status, 401);
    assert_eq!(scene.login(EMAIL, PASSWORD).await.status, 200);
}

#[tokio::test]
async fn bcrypt_of_an_older_system_verifies_once_and_becomes_argon2id() {
    let scene = Scene::start().await;
    for (version, email) in [
        (Version::TwoA, "a@old.example"),
        (Version::TwoB, "b@old.example"),
        (Version::TwoY, "y@old.example"),
    ] {
        let parts = bcrypt::hash_with_result(PASSWORD, 4).expect("hashes");
        let imported = Imported {
            email,
            username: None,
            name: Some("Of old"),
            password_hash: &parts.format_for_version(version),
        };
        let person = import(&scene.store, &imported, scene.now()).await;
        let person = person.expect("imports");
        assert_eq!(scene.login(email, "a wrong password").await.status, 401);
        let kept = || async { scene.store.person(&person.id).await.expect("reads") };
        let before = kept().await.expect("a person").password_hash;
        assert!(
            before.expose().starts_with("$2"),
            "a wrong one changes nothing"
        );
        assert_eq!(scene.login(email, PASSWORD).await.status, 200);
        let after = kept().await.expect("a person");
        assert!(
            after
                .password_hash
                .expose()
                .starts_with("$argon2id$v=19$m=64,t=1,p=1$")
        );
        assert_eq!(after.password_changed_at, person.password_changed_at);
        assert_eq!(scene.login(email, PASSWORD).await.status, 200);
        let again = kept().await.expect("a person");
        assert_eq!(again.password_hash, after.password_hash, "once");
    }
}

#[tokio::test]
async fn sign_ins_do_the_work_of_imported_hashes_until_nobody_has_one() {
    let scene = Scene::start().await;
    let cost = async || scene.store.imports().await.expect("reads").bcrypt_cost;
    assert_eq!(cost().await, None);
    for (email, of) in [("a@firm.example", 6), ("b@firm.example", 4)] {
        let person = Imported {
            email,
            username: None,
            name: None,
            password_hash: &bcrypt::hash(PASSWORD, of).expect("hashes"),
        };
        let made = import(&scene.store, &person, scene.now()).await;
        made.expect("imports");
        assert_eq!(cost().await, Some(6));
    }
    let left = async || {
        let left = review(&scene.store).await.expect("reviews");
        (left.people, left.bcrypt_cost)
    };
    assert_eq!(left().await, (2, Some(6)));
    for (email, still) in [
        ("a@firm.example", (1, Some(4))),
        ("b@firm.example", (0, None)),
    ] {
        assert_eq!(scene.login(email, PASSWORD).await.status, 200);
        assert_eq!(left().await, still);
        assert_eq!(cost().await, still.1);
    }
}

#[tokio::test]
async fn a_hash_of_weaker_parameters_is_replaced_when_they_rise() {
    let scene = Scene::with(&[("PASSWORD_MEMORY_KIB", "128")]).await;
    let hash = scene
        .parameters()
        .hash(&PASSWORD.to_owned().into())
        .expect("hashes");
    assert!(hash.expose().contains("m=64,"));
    let person = crate::support::person(EMAIL, hash);
    scene.put(&person).await;
    assert_eq!(scene.login(EMAIL, PASSWORD).await.status, 200);
    let after = scene
        .store
        .person(&person.id)
        .await
        .expect("reads")
        .expect("a person");
    assert!(after.password_hash.expose().contains("m=128,"));
}

#[tokio::test]
async fn five_failures_shut_the_address_out_and_not_another() {
    let scene = Scene::start().await;
    scene.verified(EMAIL, PASSWORD).await;
    let from = |address: &'static str, email: String, password: &'static str| {
        let body = json!({"email": email, "password": password, "transport": "body"});
        let scene = &scene;
        async move {
            let headers = [("x-tradebridge-peer", address)];
            scene.post_with(LOGIN, &body, &headers).await
        }
    };
    // A spray: each account once.
    for number in 0..5 {
        let email = format!("nobody{number}@firm.example");
        let answer = from("192.0.2.1", email, "a wrong password").await;
        assert_eq!(answer.status, 401, "{number}");
    }
    let blocked = from("192.0.2.1", EMAIL.to_owned(), PASSWORD).await;
    assert!(
        blocked
            .header("retry-after")
            .parse::<u64>()
            .is_ok_and(|s| (1..=900).contains(&s))
    );
    assert_eq!(problem(blocked, 429).0, "rate-limited");
    assert_eq!(
        from("192.0.2.2", EMAIL.to_owned(), PASSWORD).await.status,
        200
    );
}

#[tokio::test]
async fn guesses_from_many_addresses_slow_the_account_and_refuse_nobody() {
    let scene = Scene::start().await;
    scene.verified(EMAIL, PASSWORD).await;
    for number in 0..6 {
        let body = json!({"email": EMAIL, "password": "a wrong password"});
        let address = format!("192.0.2.{number}");
        let headers = [("x-tradebridge-peer", address.as_str())];
        assert_eq!(scene.post_with(LOGIN, &body, &headers).await.status, 401);
    }
    let started = Instant::now();
    let body = json!({"email": EMAIL, "password": PASSWORD});
    let headers = [("x-tradebridge-peer", "192.0.2.99")];
    assert_eq!(scene.post_with(LOGIN, &body, &headers).await.status, 200);
    let took = started.elapsed();
    assert!(took >= Duration::from_millis(1_000), "{took:?}");
    assert!(took < Duration::from_millis(3_500), "{took:?}");
}

#[tokio::test]
async fn a_page_of_somebody_elses_cannot_sign_a_browser_in() {
    let scene = Scene::start().await;
    scene.verified(EMAIL, PASSWORD).await;
    let body = json!({"email": EMAIL, "password": PASSWORD});
    let from = |origin: &'static str| {
        let (scene, body) = (&scene, &body);
        async move { scene.post_with(LOGIN, body, &[("origin", origin)]).await }
    };
    assert_eq!(
        problem(from("https://evil.example").await, 403).0,
        "forbidden"
    );
    assert_eq!(from("https://shop.example").await.status, 200);
}

#[tokio::test]
async fn what_is_wrong_with_a_sign_in_is_named() {
    let scene = Scene::start().await;
    for (body, field) in [
        (json!({"password": PASSWORD}), "email"),
        (json!({"email": EMAIL}), "password"),
        (json!({"email": EMAIL, "password": ""}), "password"),
        (
            json!({"email": EMAIL, "password": "x".repeat(513)}),
            "password",
        ),
        (
            json!({"email": EMAIL, "password": PASSWORD, "code": 123456}),
            "code",
        ),
        (
            json!({"email": EMAIL, "password": PASSWORD, "transport": "mail"}),
            "transport",
        ),
    ] {
        let answer = scene.post(LOGIN, &body).await;
        assert_eq!(fields(answer), [field], "{body}");
    }
}

#[tokio::test]
async fn the_twenty_first_session_ends_the_one_that_was_idle_longest() {
    let scene = Scene::start().await;
    let (user, first) = scene.ada().await;
    let second = scene.signed_in(EMAIL, PASSWORD).await;
    for _ in 0..18 {
        scene.signed_in(EMAIL, PASSWORD).await;
    }
    // The first is used, so the second is the idlest.
    let first = Tokens::of(&scene.refresh(&first.refresh).await.expect(200));
    scene.signed_in(EMAIL, PASSWORD).await;
    let (sessions, _) = scene
        .store
        .sessions(&user, 100, None, scene.now())
        .await
        .expect("reads");
    assert_eq!(sessions.len(), 20);
    assert_eq!(scene.refresh(&first.refresh).await.status, 200);
    assert_eq!(scene.refresh(&second.refresh).await.status, 401);
}
