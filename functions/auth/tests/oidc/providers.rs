//! Providers that are away, lie about themselves, or lead inwards.

use serde_json::json;
use testkit::Provider;

use crate::scene::{Browser, Scene, path_of, problem};

/// The answer to whoever wants to start.
async fn start(scene: &Scene) -> (String, String) {
    let answer = Browser::default().get(scene, &scene.path("login")).await;
    problem(answer, 503)
}

#[tokio::test]
async fn a_provider_that_is_away_is_no_fault_of_ours() {
    let scene = Scene::start().await;
    scene.provider.set_body(500, "a trace of the provider");
    let (word, detail) = start(&scene).await;
    assert_eq!(word, "upstream-unavailable");
    assert_eq!(
        detail,
        "the organization's sign-in provider is not available at the moment"
    );
    // One that nobody listens for.
    scene
        .change(|set| "http://127.0.0.1:9".clone_into(&mut set.issuer))
        .await;
    assert_eq!(start(&scene).await.0, "upstream-unavailable");
}

#[tokio::test]
async fn a_provider_that_goes_away_in_between_costs_the_sign_in_alone() {
    let scene = Scene::start().await;
    let mut browser = Browser::default();
    let page = scene.begin(&mut browser, "/desk").await;
    let back = path_of(&scene.provider.sign_in(&page).await);
    scene.provider.set_body(502, "a trace of the provider");
    let answer = browser.get(&scene, &back).await;
    assert!(!answer.text().contains("trace"), "{}", answer.text());
    assert_eq!(problem(answer, 503).0, "upstream-unavailable");
}

#[tokio::test]
async fn an_answer_that_is_no_json_or_too_long_is_not_read() {
    for body in ["<html>", "[]", "{\"issuer\":", &"x".repeat(70_000)] {
        let scene = Scene::start().await;
        scene.provider.set_body(200, body);
        assert_eq!(start(&scene).await.0, "upstream-unavailable");
    }
}

#[tokio::test]
async fn a_wrong_secret_is_no_fault_of_whoever_signs_in() {
    let scene = Scene::start().await;
    let mut settings = scene.settings().await;
    scene.seal(&mut settings, "another").await;
    scene.set(&settings).await;
    let answer = scene.sign_in().await;
    assert!(!answer.text().contains("words of"), "{}", answer.text());
    assert_eq!(problem(answer, 503).0, "upstream-unavailable");
}

#[tokio::test]
async fn a_document_that_is_not_this_providers_is_refused() {
    for (field, value) in [
        ("issuer", json!("https://id.example")),
        ("response_types_supported", json!(["id_token"])),
        ("code_challenge_methods_supported", json!(["plain"])),
        (
            "id_token_signing_alg_values_supported",
            json!(["HS256", "none"]),
        ),
        (
            "token_endpoint_auth_methods_supported",
            json!(["private_key_jwt"]),
        ),
        ("token_endpoint", json!("http://10.0.0.1/token")),
        ("token_endpoint", json!("https://169.254.169.254/latest")),
        ("jwks_uri", json!("https://[::1]/keys")),
        ("jwks_uri", json!("file:///etc/passwd")),
        ("authorization_endpoint", json!("javascript:alert(1)")),
        ("authorization_endpoint", json!("")),
    ] {
        let scene = Scene::start().await;
        scene.provider.set_document(field, value.clone());
        let (word, _) = start(&scene).await;
        assert_eq!(word, "upstream-unavailable", "{field} {value}");
    }
}

#[tokio::test]
async fn no_inner_address_is_called() {
    let scene = Scene::start().await;
    for issuer in [
        "https://10.0.0.1",
        "https://169.254.169.254",
        "https://[::ffff:127.0.0.1]",
        "https://localhost",
        "http://id.example",
    ] {
        scene.change(|set| issuer.clone_into(&mut set.issuer)).await;
        assert_eq!(start(&scene).await.0, "upstream-unavailable", "{issuer}");
    }
}

#[tokio::test]
async fn what_a_provider_says_of_itself_is_asked_for_once() {
    let scene = Scene::start().await;
    for _ in 0..3 {
        assert_eq!(scene.sign_in().await.status, 303);
    }
    let asked = scene.provider.asked();
    assert_eq!((asked.discovery, asked.keys, asked.token), (1, 1, 3));
}

#[tokio::test]
async fn a_key_that_is_new_is_asked_for_and_made_up_ones_cost_little() {
    let scene = Scene::start().await;
    assert_eq!(scene.sign_in().await.status, 303);
    scene.provider.rotate_keys();
    assert_eq!(scene.sign_in().await.status, 303);
    assert_eq!(scene.provider.asked().keys, 2);
    // An instance that has just asked does not at once ask again.
    scene.provider.rotate_keys();
    assert_eq!(problem(scene.sign_in().await, 401).0, "unauthenticated");
    assert_eq!(scene.provider.asked().keys, 2);
}

#[tokio::test]
async fn two_firms_with_one_provider_have_people_of_their_own() {
    let provider = Provider::start().await;
    let mut scene = Scene::with(provider).await;
    let first = scene.claims(&scene.signed_in().await).await;
    let mut settings = scene.settings().await;
    scene.org = scene.found("Another firm").await;
    settings.organization = scene.org.clone();
    scene
        .seal(&mut settings, testkit::provider::CLIENT_SECRET)
        .await;
    scene.set(&settings).await;
    // They are known by their address, and no member there.
    let (word, detail) = problem(scene.sign_in().await, 403);
    assert_eq!(word, "forbidden");
    assert!(detail.contains("link the provider"), "{detail}");
    assert!(
        scene
            .member(&first.sub.parse().expect("an id"))
            .await
            .is_none()
    );
}
