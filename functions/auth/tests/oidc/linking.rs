//! Linking oneself while signed in, and forgetting it.

use http::Method;
use identity::model::Person;
use serde_json::json;

use crate::scene::{Browser, Scene, ada, path_of, problem};

/// An access token of somebody who signs in with their password, in their own
/// tenant.
async fn own_token(scene: &Scene, person: &Person) -> String {
    let body = scene.login(person, json!("personal")).await.expect(200);
    let token = body["data"]["access_token"].as_str();
    token.expect("a token").to_owned()
}

/// Starts a link in a browser; answers the path that the provider sends it
/// back to.
async fn started(scene: &Scene, browser: &mut Browser, token: &str) -> String {
    let answer = browser
        .post(scene, token, json!({"return_to": "/profile"}))
        .await;
    let body = answer.expect(200);
    let page = body["data"]["authorization_url"].as_str().expect("a page");
    path_of(&scene.provider.sign_in(page).await)
}

#[tokio::test]
async fn somebody_who_is_signed_in_links_themselves_and_joins() {
    let scene = Scene::start().await;
    let person = scene.person("ada@elsewhere.example").await;
    let token = own_token(&scene, &person).await;
    let mut browser = Browser::default();
    let back = started(&scene, &mut browser, &token).await;
    let answer = browser.get(&scene, &back).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    assert_eq!(
        answer.header("location"),
        "https://app.tradebridge.example/profile"
    );
    // It begins no session.
    assert_eq!(answer.header("set-cookie"), "");
    assert_eq!(
        scene.member(&person.id).await.expect("a member").role,
        "member"
    );
    let claims = scene.claims(&scene.signed_in().await).await;
    assert_eq!(claims.sub, person.id.as_str());
    assert!(scene.of_email("ada@firm.example").await.is_none());
}

#[tokio::test]
async fn a_stranger_links_themselves_where_the_firm_takes_whom_its_provider_answers_for() {
    let scene = Scene::start().await;
    let person = scene.person("ada@elsewhere.example").await;
    let token = own_token(&scene, &person).await;
    let mut unverified = ada();
    unverified["email_verified"] = json!(false);
    let mut foreign = ada();
    foreign["email"] = json!("ada@foreign.example");
    for user in [unverified, foreign] {
        scene.provider.set_user(user);
        let mut browser = Browser::default();
        let back = started(&scene, &mut browser, &token).await;
        let refused = browser.get(&scene, &back).await;
        assert_eq!(problem(refused, 403).0, "forbidden");
    }
    assert!(scene.member(&person.id).await.is_none());
}

#[tokio::test]
async fn nobody_links_what_is_somebody_elses() {
    let scene = Scene::start().await;
    scene.signed_in().await;
    let other = scene.person("eve@firm.example").await;
    scene.join(&other).await;
    let token = own_token(&scene, &other).await;
    let mut browser = Browser::default();
    let back = started(&scene, &mut browser, &token).await;
    let (word, detail) = problem(browser.get(&scene, &back).await, 403);
    assert_eq!(word, "forbidden");
    assert!(detail.contains("linked with somebody else"), "{detail}");
    // And nobody has two names at one provider.
    let mut second = ada();
    for subject in ["eve-1", "eve-2"] {
        second["sub"] = json!(subject);
        scene.provider.set_user(second.clone());
        let back = started(&scene, &mut browser, &token).await;
        let status = browser.get(&scene, &back).await.status.as_u16();
        assert_eq!(status, if subject == "eve-1" { 303 } else { 409 });
    }
}

#[tokio::test]
async fn a_link_is_of_the_browser_and_of_the_session_that_began_it() {
    let scene = Scene::start().await;
    let person = scene.person("ada@elsewhere.example").await;
    let token = own_token(&scene, &person).await;
    let mut browser = Browser::default();
    let back = started(&scene, &mut browser, &token).await;
    // Sent to somebody else, who would link their account with Ada's.
    let refused = Browser::default().get(&scene, &back).await;
    assert_eq!(problem(refused, 400).0, "validation-failed");
    let left = scene
        .call(&token, Method::POST, "/api/v1/auth/logout")
        .await;
    assert_eq!(left.status, 204);
    let refused = browser.get(&scene, &back).await;
    assert!(problem(refused, 401).1.contains("has ended"));
    assert!(scene.member(&person.id).await.is_none());
}

#[tokio::test]
async fn nobody_starts_a_link_who_is_not_themselves_there() {
    let scene = Scene::start().await;
    let refused = scene.post(&scene.path("link"), &json!({})).await;
    assert_eq!(problem(refused, 401).0, "unauthenticated");
    let token = scene.signed_in().await;
    let refused = scene.call(&token, Method::POST, &scene.path("link")).await;
    let (word, detail) = problem(refused, 403);
    assert_eq!(word, "forbidden");
    assert!(detail.contains("your own sign-in"), "{detail}");
}

#[tokio::test]
async fn who_forgets_their_link_is_linked_no_more_and_their_sessions_through_it_end() {
    let scene = Scene::start().await;
    let person = scene.person("ada@elsewhere.example").await;
    let token = own_token(&scene, &person).await;
    let mut browser = Browser::default();
    let back = started(&scene, &mut browser, &token).await;
    assert_eq!(browser.get(&scene, &back).await.status, 303);
    let through = scene.sign_in().await;
    assert_eq!(through.status, 303);

    let path = scene.path("link");
    let gone = scene.call(&token, Method::DELETE, &path).await;
    assert_eq!(gone.status, 204);
    let again = scene.call(&token, Method::DELETE, &path).await;
    assert_eq!(problem(again, 404).0, "not-found");
    let refused = scene.refreshed(&through).await;
    assert_eq!(problem(refused, 401).0, "unauthenticated");
    // The address is nobody's: the next sign-in is another person's.
    let claims = scene.claims(&scene.signed_in().await).await;
    assert_ne!(claims.sub, person.id.as_str());
}
