//! The way in: to the provider, back, and on to the application.

use http::Method;
use serde_json::json;
use testkit::Provider;
use testkit::provider::{ACCESS_TOKEN, CLIENT_SECRET};

use crate::scene::{Browser, PASSWORD, Scene, ada, parameter, path_of, problem, refresh_token};

#[tokio::test]
async fn somebody_of_the_firm_becomes_a_member_and_goes_on_to_the_application() {
    let scene = Scene::start().await;
    let mut browser = Browser::default();
    let page = scene.begin(&mut browser, "/desk?tab=1").await;
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", "tradebridge"),
        ("code_challenge_method", "S256"),
        ("scope", "openid+email+profile"),
    ] {
        assert_eq!(parameter(&page, name), value, "{name}");
    }
    assert_eq!(parameter(&page, "state").len(), 43);
    assert_eq!(parameter(&page, "nonce").len(), 43);
    assert_eq!(parameter(&page, "code_challenge").len(), 43);

    let back = scene.provider.sign_in(&page).await;
    let address = format!("https://test.tradebridge.example{}", scene.path("callback"));
    assert!(back.starts_with(&address), "{back}");
    let answer = browser.get(&scene, &path_of(&back)).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    let location = "https://app.tradebridge.example/desk?tab=1";
    assert_eq!(answer.header("location"), location);
    assert!(answer.body.is_empty());

    let body = scene.refreshed(&answer).await.expect(200);
    assert_eq!(body["organization_id"], scene.org.as_str());
    let token = body["access_token"].as_str().expect("a token");
    let claims = scene.claims(token).await;
    assert_eq!(claims.org, scene.org.as_str());
    assert_eq!(claims.role, "member");
    assert_eq!(claims.scope, "member");
    let person = scene.of_email("ada@firm.example").await.expect("a person");
    assert_eq!(claims.sub, person.id.as_str());
    assert_eq!(person.name.as_deref(), Some("Ada"));
    let member = scene.member(&person.id).await.expect("a member");
    assert_eq!(member.role, "member");
    assert_eq!(member.email, "ada@firm.example");
}

#[tokio::test]
async fn a_browser_is_known_by_a_cookie_that_no_script_and_no_other_host_touches() {
    let scene = Scene::start().await;
    let path = scene.path("login");
    let mut browser = Browser::default();
    let first = browser.get(&scene, &path).await;
    let cookie = first.header("set-cookie").to_owned();
    let (pair, attributes) = cookie.split_once("; ").expect("attributes");
    let value = pair.strip_prefix("__Host-tb_oidc=").expect("the cookie");
    assert_eq!(value.len(), 43);
    assert_eq!(
        attributes,
        "HttpOnly; Secure; SameSite=Lax; Path=/; Max-Age=600"
    );
    // A second page of the same browser does not put the first one out.
    let second = browser.get(&scene, &path).await;
    assert_eq!(second.header("set-cookie"), cookie);
    let back = scene.provider.sign_in(first.header("location")).await;
    assert_eq!(browser.get(&scene, &path_of(&back)).await.status, 303);
    let back = scene.provider.sign_in(second.header("location")).await;
    assert_eq!(browser.get(&scene, &path_of(&back)).await.status, 303);
}

#[tokio::test]
async fn every_algorithm_that_we_take_is_checked() {
    for algorithm in ["RS256", "ES256", "EdDSA"] {
        let scene = Scene::with(Provider::signing_by(algorithm).await).await;
        let answer = scene.sign_in().await;
        assert_eq!(answer.status, 303, "{algorithm}: {}", answer.text());
        // The second time they are the same person.
        let again = scene.sign_in().await;
        assert_eq!(again.status, 303, "{algorithm}: {}", again.text());
    }
}

#[tokio::test]
async fn the_secret_is_shown_as_the_provider_takes_it_or_not_at_all() {
    let scene = Scene::start().await;
    scene.provider.set_document(
        "token_endpoint_auth_methods_supported",
        json!(["client_secret_post"]),
    );
    assert_eq!(scene.sign_in().await.status, 303);

    let scene = Scene::start().await;
    scene.provider.set_public_client();
    scene.change(|set| set.sealed_client_secret = None).await;
    assert_eq!(scene.sign_in().await.status, 303);
}

#[tokio::test]
async fn who_signed_in_before_is_the_same_person_whatever_they_are_called_now() {
    let scene = Scene::start().await;
    let first = scene.claims(&scene.signed_in().await).await;
    let mut moved = ada();
    moved["email"] = json!("ada@elsewhere.example");
    moved["email_verified"] = json!(false);
    scene.provider.set_user(moved);
    let again = scene.claims(&scene.signed_in().await).await;
    assert_eq!(again.sub, first.sub);
    assert_ne!(again.sid, first.sid);
    assert!(scene.of_email("ada@elsewhere.example").await.is_none());
}

#[tokio::test]
async fn an_answer_returns_to_the_application_alone() {
    let scene = Scene::start().await;
    for other in [
        "https://evil.example",
        "//evil.example",
        "/%5Cevil.example",
        "%2F%2Fevil.example",
        "desk",
        "javascript:alert(1)",
        "/a%0d%0ab",
    ] {
        let path = format!("{}?return_to={other}", scene.path("login"));
        let refused = Browser::default().get(&scene, &path).await;
        assert_eq!(problem(refused, 400).0, "validation-failed", "{other}");
    }
    let mut browser = Browser::default();
    let page = scene.begin(&mut browser, "/").await;
    let back = scene.provider.sign_in(&page).await;
    let answer = browser.get(&scene, &path_of(&back)).await;
    assert_eq!(
        answer.header("location"),
        "https://app.tradebridge.example/"
    );
}

#[tokio::test]
async fn an_organization_without_a_provider_has_no_way_in() {
    let mut scene = Scene::start().await;
    scene.org = scene.found("Another firm").await;
    let refused = Browser::default().get(&scene, &scene.path("login")).await;
    assert_eq!(problem(refused, 404).0, "not-found");
    let path = "/api/auth/oidc/org_none/login";
    let refused = Browser::default().get(&scene, path).await;
    assert_eq!(problem(refused, 404).0, "not-found");
}

#[tokio::test]
async fn what_is_kept_of_a_sign_in_opens_nothing() {
    let scene = Scene::start().await;
    let mut browser = Browser::default();
    let page = scene.begin(&mut browser, "/desk").await;
    let platform = scene.stack.cloud.dump(&scene.stack.cloud.platform).await;
    assert!(platform.contains("OIDC#"));
    for secret in ["state", "nonce", "code_challenge"] {
        assert!(!platform.contains(&parameter(&page, secret)), "{secret}");
    }
    let back = scene.provider.sign_in(&page).await;
    let answer = browser.get(&scene, &path_of(&back)).await;
    let cloud = &scene.stack.cloud;
    for table in [
        &cloud.platform,
        &cloud.identity,
        &cloud.organizations,
        &cloud.audit,
    ] {
        let text = cloud.dump(table).await;
        for secret in [
            CLIENT_SECRET.to_owned(),
            ACCESS_TOKEN.to_owned(),
            parameter(&back, "code"),
            refresh_token(&answer),
        ] {
            assert!(!text.contains(&secret), "{} has {secret}", table.name());
        }
    }
}

#[tokio::test]
async fn sign_ins_and_refusals_are_recorded_with_who_and_where() {
    let scene = Scene::start().await;
    let claims = scene.claims(&scene.signed_in().await).await;
    scene.provider.set_user(json!({"sub": "another"}));
    assert_eq!(scene.sign_in().await.status, 403);
    let record = scene.stack.cloud.dump(&scene.stack.cloud.audit).await;
    let line = |action: &str| {
        let mut lines = record.lines().filter(|line| line.contains(action));
        lines
            .next()
            .unwrap_or_else(|| panic!("no {action}: {record}"))
            .to_owned()
    };
    let started = line("session.started");
    assert!(started.contains(&claims.sub) && started.contains(scene.org.as_str()));
    assert!(started.contains("made a person and a member"));
    let refused = line("session.refused");
    assert!(refused.contains("does not say that your email address is verified"));
}

#[tokio::test]
async fn a_person_whom_a_provider_made_has_no_password() {
    let scene = Scene::start().await;
    scene.signed_in().await;
    for password in ["", " ", PASSWORD, "nobody"] {
        let body = json!({"email": "ada@firm.example", "password": password});
        let status = scene.post("/api/v1/auth/login", &body).await.status;
        assert!(matches!(status.as_u16(), 400 | 401), "{password}: {status}");
    }
    let token = scene.signed_in().await;
    let refused = scene
        .call(&token, Method::GET, "/api/v1/user/sessions")
        .await;
    assert_eq!(problem(refused, 403).0, "forbidden");
}
