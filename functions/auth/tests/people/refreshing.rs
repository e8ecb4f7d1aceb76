use std::time::Duration;

use chrono::TimeDelta;
use futures::future::join_all;
use http::Method;
use serde_json::{Value, json};
use testkit::http::{bearer, from_event, send};

use crate::support::{EMAIL, PASSWORD, Scene, Tokens, cookie, problem};

const REFRESH: &str = "/api/v1/auth/refresh";
const ME: &str = "/api/v1/user/me";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_refreshes_at_once_make_one_new_generation_and_sign_nobody_out() {
    let scene = Scene::start().await;
    let (user, tokens) = scene.ada().await;
    let answers = join_all((0..50).map(|_| scene.refresh(&tokens.refresh))).await;
    let mut successors: Vec<String> = answers
        .into_iter()
        .map(|answer| Tokens::of(&answer.expect(200)).refresh)
        .collect();
    successors.sort();
    successors.dedup();
    assert_eq!(successors.len(), 1, "all get the same one");
    let (sessions, _) = scene
        .store
        .sessions(&user, 10, None, scene.now())
        .await
        .expect("reads");
    let generations: Vec<u32> = sessions.iter().map(|one| one.lineage.generation).collect();
    assert_eq!(generations, [2]);
    assert_eq!(scene.refresh(&successors[0]).await.status, 200);
}

#[tokio::test]
async fn a_lost_answer_is_sent_again_for_twenty_seconds() {
    let scene = Scene::start().await;
    let (_, tokens) = scene.ada().await;
    let first = Tokens::of(&scene.refresh(&tokens.refresh).await.expect(200));
    scene.advance(TimeDelta::seconds(18));
    let again = Tokens::of(&scene.refresh(&tokens.refresh).await.expect(200));
    assert_eq!(again.refresh, first.refresh);
    assert_eq!(scene.get(&again.access, ME).await.status, 200);
}

#[tokio::test]
async fn a_used_token_that_comes_back_later_ends_the_family_and_its_access_tokens() {
    let scene = Scene::start().await;
    let (_, stolen) = scene.ada().await;
    let other = scene.signed_in(EMAIL, PASSWORD).await;
    let victim = Tokens::of(&scene.refresh(&stolen.refresh).await.expect(200));
    assert_eq!(scene.get(&victim.access, ME).await.status, 200);
    scene.advance(TimeDelta::seconds(21));
    let thief = scene.refresh(&stolen.refresh).await;
    assert_eq!(problem(thief, 401).0, "unauthenticated");
    // Both have lost it; no one knows which of them was the thief.
    assert_eq!(scene.refresh(&victim.refresh).await.status, 401);
    tokio::time::sleep(Duration::from_secs(5)).await;
    for token in [&victim.access, &stolen.access] {
        assert_eq!(scene.get(token, ME).await.status, 401);
    }
    // Another session of the same person goes on.
    assert_eq!(scene.get(&other.access, ME).await.status, 200);
    assert_eq!(scene.refresh(&other.refresh).await.status, 200);
    let recorded = scene.stack.cloud.dump(&scene.stack.cloud.audit).await;
    assert!(recorded.contains("session.token_reused"));
}

#[tokio::test]
async fn the_grace_ends_when_the_successor_is_used() {
    let scene = Scene::start().await;
    let (_, tokens) = scene.ada().await;
    let second = Tokens::of(&scene.refresh(&tokens.refresh).await.expect(200));
    let third = Tokens::of(&scene.refresh(&second.refresh).await.expect(200));
    assert_ne!(second.refresh, third.refresh);
    assert_eq!(scene.refresh(&tokens.refresh).await.status, 401);
    assert_eq!(scene.refresh(&third.refresh).await.status, 401);
}

#[tokio::test]
async fn a_token_that_nobody_was_given_ends_nothing() {
    let scene = Scene::start().await;
    let (_, tokens) = scene.ada().await;
    let other = scene.signed_in(EMAIL, PASSWORD).await;
    let mut flipped = tokens.refresh.clone();
    let last = if flipped.ends_with('A') { "B" } else { "A" };
    flipped.replace_range(flipped.len() - 30..flipped.len() - 29, last);
    let mut ahead = tokens.refresh.clone();
    ahead.replace_range(56..64, "00000000");
    // The names of one session with the secret of another.
    let mixed = format!("{}{}", &tokens.refresh[..64], &other.refresh[64..]);
    for forged in [
        &flipped,
        &ahead,
        &mixed,
        &"tbr_".to_owned(),
        &"x".repeat(500),
    ] {
        assert_eq!(scene.refresh(forged).await.status, 401, "{forged}");
    }
    assert_eq!(scene.refresh(&tokens.refresh).await.status, 200);
    assert_eq!(scene.refresh(&other.refresh).await.status, 200);
}

#[tokio::test]
async fn a_session_lives_seven_days_after_its_last_refresh() {
    let scene = Scene::start().await;
    let (_, tokens) = scene.ada().await;
    scene.advance(TimeDelta::days(6));
    let tokens = Tokens::of(&scene.refresh(&tokens.refresh).await.expect(200));
    scene.advance(TimeDelta::days(6));
    let tokens = Tokens::of(&scene.refresh(&tokens.refresh).await.expect(200));
    scene.advance(TimeDelta::days(7));
    assert_eq!(scene.refresh(&tokens.refresh).await.status, 401);
}

#[tokio::test]
async fn a_clock_set_ahead_for_rules_ends_no_session_and_no_mailed_token() {
    let scene = Scene::start().await;
    let (_, tokens) = scene.ada().await;
    scene.register("b@firm.example", PASSWORD).await;
    let mailed = scene.verification_tokens("b@firm.example").await.pop();
    scene.advance_business(TimeDelta::days(30)).await;
    let renewed = Tokens::of(&scene.refresh(&tokens.refresh).await.expect(200));
    assert_eq!(scene.get(&renewed.access, ME).await.status, 200);
    let verified = scene.verify(&mailed.expect("a mail")).await;
    assert_eq!(verified.status, 204);
}

#[tokio::test]
async fn a_token_is_answered_where_it_came() {
    let scene = Scene::start().await;
    scene.verified(EMAIL, PASSWORD).await;
    let body = json!({"email": EMAIL, "password": PASSWORD});
    let (first, _) = cookie(&scene.post("/api/v1/auth/login", &body).await);
    let sent = format!("theme=dark; tb_refresh={first}");
    let answer = scene
        .post_with(REFRESH, &json!({}), &[("cookie", &sent)])
        .await;
    let (second, attributes) = cookie(&answer);
    assert!(attributes.contains(&"HttpOnly".to_owned()));
    assert_ne!(first, second);
    let body = answer.expect(200);
    assert!(body.get("refresh_token").is_none());
    assert!(body["access_token"].is_string());
    // The same one in the body comes back in the body.
    let answer = scene.refresh(&second).await;
    assert_eq!(answer.header("set-cookie"), "");
    assert_ne!(Tokens::of(&answer.expect(200)).refresh, second);
}

#[tokio::test]
async fn a_cookie_is_found_in_an_event_of_api_gateway() {
    let scene = Scene::start().await;
    scene.verified(EMAIL, PASSWORD).await;
    let body = json!({"email": EMAIL, "password": PASSWORD});
    let (token, _) = cookie(&scene.post("/api/v1/auth/login", &body).await);
    let mut event: Value =
        serde_json::from_str(include_str!("../../../../events/auth.json")).expect("an event");
    event["rawPath"] = json!(REFRESH);
    event["requestContext"]["http"]["path"] = json!(REFRESH);
    event["requestContext"]["http"]["method"] = json!("POST");
    event["headers"] = json!({"content-type": "application/json"});
    event["cookies"] = json!(["theme=dark", format!("tb_refresh={token}")]);
    event["body"] = json!("{}");
    let answer = send(&scene.router, from_event(&event.to_string())).await;
    assert_ne!(cookie(&answer).0, token);
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn no_page_of_somebody_elses_has_the_cookie_used() {
    let scene = Scene::start().await;
    scene.verified(EMAIL, PASSWORD).await;
    let body = json!({"email": EMAIL, "password": PASSWORD});
    let (token, _) = cookie(&scene.post("/api/v1/auth/login", &body).await);
    let sent = format!("tb_refresh={token}");
    let from = |name: &'static str, value: &'static str| {
        let headers = [
            ("cookie", sent.as_str()),
            ("host", "api.example"),
            (name, value),
        ];
        let scene = &scene;
        async move { scene.post_with(REFRESH, &json!({}), &headers).await }
    };
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("origin", "https://api.example.evil.example"),
        ("sec-fetch-site", "cross-site"),
    ] {
        let answer = from(name, value).await;
        assert_eq!(problem(answer, 403).0, "forbidden", "{name}: {value}");
    }
    for (name, value) in [
        ("origin", "https://shop.example"),
        ("origin", "https://api.example"),
        ("sec-fetch-site", "same-origin"),
    ] {
        // The same parent, within the grace: refused calls have not used it.
        assert_eq!(from(name, value).await.status, 200, "{name}: {value}");
    }
}

#[tokio::test]
async fn without_a_token_there_is_no_session() {
    let scene = Scene::start().await;
    assert_eq!(scene.post(REFRESH, &json!({})).await.status, 401);
    let bare = testkit::http::request(&Method::POST, REFRESH, "");
    assert_eq!(send(&scene.router, bare).await.status, 401);
    let (_, tokens) = scene.ada().await;
    // An access token is none.
    assert_eq!(scene.refresh(&tokens.access).await.status, 401);
    let call = bearer(&tokens.access, &Method::POST, REFRESH, "{}");
    assert_eq!(send(&scene.router, call).await.status, 401);
}
