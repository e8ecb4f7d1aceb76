//! What a session that a provider began may do, and when it ends.

use http::Method;
use organizations::app::SettingsChange;
use platform::tokens::Claims;
use serde_json::json;

use crate::scene::{Scene, ada, at_once, problem};

#[tokio::test]
async fn such_a_session_reaches_nothing_that_is_the_persons_own() {
    let scene = Scene::start().await;
    let token = scene.signed_in().await;
    let switch = "/api/auth/switch-organization";
    for (method, path) in [
        (Method::POST, switch),
        (Method::POST, "/api/v1/auth/passkeys/register/start"),
        (Method::POST, "/api/v1/auth/password/change"),
        (Method::POST, "/api/v1/auth/2fa/setup"),
        (Method::POST, "/api/v1/user/links"),
        (Method::PATCH, "/api/v1/user/me"),
        (Method::GET, "/api/v1/user/sessions"),
        (Method::DELETE, "/api/v1/user/sessions"),
    ] {
        let refused = scene.call(&token, method.clone(), path).await;
        let (word, detail) = problem(refused, 403);
        assert_eq!(word, "forbidden", "{method} {path}");
        assert!(detail.contains("your own sign-in"), "{method} {path}");
    }
}

#[tokio::test]
async fn it_shows_who_is_there_and_the_firm_alone() {
    let scene = Scene::start().await;
    let member = scene.person("ada@firm.example").await;
    scene.join(&member).await;
    let founder = organizations::app::Guest {
        user: member.id.clone(),
        email: member.email.clone(),
        name: None,
    };
    let own = scene
        .organizations
        .found("Her own", &founder, at_once())
        .await;
    let own = own.expect("founds").id;
    let token = scene.signed_in().await;
    let me = scene.call(&token, Method::GET, "/api/auth/me").await;
    let text = me.text();
    assert!(!text.contains(own.as_str()), "{text}");
    let me = me.expect(200);
    assert_eq!(me["data"]["organization_id"], scene.org.as_str());
    assert_eq!(me["data"]["organizations"][0]["role"], "viewer");
    let left = scene.call(&token, Method::POST, "/api/auth/logout").await;
    assert_eq!(left.status, 200);
}

#[tokio::test]
async fn it_is_renewed_while_it_is_good_and_ends_with_the_membership() {
    let scene = Scene::start().await;
    let answer = scene.sign_in().await;
    let body = scene.refreshed(&answer).await.expect(200);
    let renewed = json!({"refresh_token": body["refresh_token"]});
    let body = scene
        .post("/api/v1/auth/refresh", &renewed)
        .await
        .expect(200);
    assert_eq!(body["organization_id"], scene.org.as_str());
    let user = scene
        .of_email("ada@firm.example")
        .await
        .expect("a person")
        .id;
    let removed = scene
        .organizations
        .remove_member(&scene.org, &scene.owner.id, &user, at_once());
    removed.await.expect("removes");
    let renewed = json!({"refresh_token": body["refresh_token"]});
    let refused = scene.post("/api/v1/auth/refresh", &renewed).await;
    assert_eq!(problem(refused, 401).0, "unauthenticated");
}

#[tokio::test]
async fn it_ends_where_the_provider_is_another_one_or_none() {
    let scene = Scene::start().await;
    let answer = scene.sign_in().await;
    // Another setting of the same provider changes nothing.
    scene.change(|set| set.provision = false).await;
    let body = scene.refreshed(&answer).await.expect(200);
    scene.change_provider().await;
    let renewed = json!({"refresh_token": body["refresh_token"]});
    let refused = scene.post("/api/v1/auth/refresh", &renewed).await;
    assert_eq!(problem(refused, 401).0, "unauthenticated");

    let answer = scene.sign_in().await;
    let (org, owner) = (&scene.org, &scene.owner.id);
    let removed = scene.organizations.remove_provider(org, owner, at_once());
    removed.await.expect("removes");
    let refused = scene.refreshed(&answer).await;
    assert_eq!(problem(refused, 401).0, "unauthenticated");
}

#[tokio::test]
async fn a_firm_that_asks_for_a_second_factor_believes_its_provider_and_not_our_own() {
    let scene = Scene::start().await;
    let change = SettingsChange {
        require_second_factor: Some(true),
        ..SettingsChange::default()
    };
    let changed =
        scene
            .organizations
            .change_settings(&scene.org, &scene.owner.id, &change, None, at_once());
    changed.await.expect("changes");
    for amr in [json!(null), json!(["pwd"]), json!(["otp", "sms"])] {
        let mut user = ada();
        user["amr"] = amr;
        scene.provider.set_user(user);
        let (word, detail) = problem(scene.sign_in().await, 403);
        assert_eq!(word, "forbidden");
        assert!(detail.contains("its provider does not say"), "{detail}");
    }
    for amr in [json!(["mfa"]), json!(["pwd", "otp"])] {
        let mut user = ada();
        user["amr"] = amr;
        scene.provider.set_user(user);
        assert_eq!(scene.sign_in().await.status, 303);
    }
}

#[tokio::test]
async fn a_provider_never_makes_a_platform_admin_of_anybody() {
    let scene = Scene::start().await;
    let mut admin = scene.person("ada@firm.example").await;
    scene.join(&admin).await;
    let before = admin.clone();
    admin.platform_admin = true;
    let mut transaction = platform::dynamo::Transaction::new();
    let changed = scene.store.change_person(&mut transaction, &before, admin);
    changed.expect("items");
    transaction.commit().await.expect("writes");
    let Claims {
        role, org, scope, ..
    } = scene.claims(&scene.signed_in().await).await;
    assert_eq!((role.as_str(), scope.as_str()), ("viewer", "member"));
    assert_eq!(org, scene.org.as_str());
}
