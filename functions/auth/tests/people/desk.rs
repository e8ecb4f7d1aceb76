use http::Method;
use identity::model::Person;
use kernel::id::OrganizationId;
use kernel::time::{Clock, Timestamp};
use platform::clock::SystemClock;
use platform::dynamo::Transaction;
use platform::tokens::{Claims, Verifier};
use serde_json::{Value, json};
use testkit::stack::ISSUER;

use crate::support::{EMAIL, PASSWORD, Scene, Tokens, cookie, fields, problem};

/// The resource of an older group's answer.
#[track_caller]
fn data(body: Value) -> Value {
    assert_eq!(body["success"], true, "{body}");
    let at: Option<Timestamp> = body["timestamp"].as_str().and_then(|at| at.parse().ok());
    assert!(at.is_some(), "{body}");
    body["data"].clone()
}

async fn claims(scene: &Scene, token: &str) -> Claims {
    let verifier = Verifier::new(scene.stack.cloud.platform.clone(), ISSUER);
    verifier
        .verify(token, SystemClock.now())
        .await
        .expect("verifies")
}

async fn login(scene: &Scene, body: Value) -> Value {
    data(scene.post("/api/auth/login", &body).await.expect(200))
}

/// Founds an organization of somebody's.
async fn found(scene: &Scene, person: &Person, name: &str) -> OrganizationId {
    let store = organizations::store::Store::new(scene.stack.cloud.organizations.clone());
    let mut transaction = Transaction::new();
    let org = organizations::app::found(
        &mut transaction,
        &store,
        name,
        &person.id,
        &person.email,
        SystemClock.now(),
    )
    .expect("items");
    transaction.commit().await.expect("writes");
    org
}

async fn ada(scene: &Scene) -> Person {
    let user = scene.verified(EMAIL, PASSWORD).await;
    let person = scene.store.person(&user).await.expect("reads");
    person.expect("a person")
}

#[tokio::test]
async fn an_organization_is_founded_with_its_owners_verification() {
    let scene = Scene::start().await;
    let body = json!({
        "email": EMAIL, "password": PASSWORD, "name": "Ada", "organization_name": " Desk One ",
    });
    let answer = scene.post("/api/auth/register", &body).await.expect(202);
    assert!(data(answer)["message"].is_string());
    let token = scene
        .verification_tokens(EMAIL)
        .await
        .pop()
        .expect("a mail");
    assert_eq!(scene.verify(&token).await.status, 204);

    let tokens = login(
        &scene,
        json!({"email": EMAIL, "password": PASSWORD, "transport": "body"}),
    );
    let tokens = tokens.await;
    let access = tokens["access_token"].as_str().expect("a token");
    let claims = claims(&scene, access).await;
    assert_eq!(claims.role, "owner");
    assert!(claims.org.starts_with("org_"));
    assert_eq!(tokens["organization_id"], claims.org);
    assert!(tokens["refresh_token"].is_string());
    let me = data(scene.get(access, "/api/auth/me").await.expect(200));
    assert_eq!(me["user"]["email"], EMAIL);
    assert_eq!(me["organization_id"], claims.org);
    assert_eq!(me["organizations"][0]["name"], "Desk One");
    assert_eq!(me["organizations"][0]["role"], "owner");
    assert_eq!(me["organizations"].as_array().map(Vec::len), Some(1));
    assert_eq!(me["role"], "owner");
    assert_eq!(me["permissions"].as_array().map(Vec::len), Some(6));
}

#[tokio::test]
async fn a_session_switches_among_ones_organizations_and_stays_there() {
    let scene = Scene::start().await;
    let person = ada(&scene).await;
    let one = found(&scene, &person, "One").await;
    let two = found(&scene, &person, "Two").await;
    let tokens = scene.signed_in(EMAIL, PASSWORD).await;
    assert_eq!(claims(&scene, &tokens.access).await.org, one.as_str());
    let switch = |token: String, to: String| {
        let body = json!({"organization_id": to});
        let scene = &scene;
        async move {
            let path = "/api/auth/switch-organization";
            scene.call(&token, Method::POST, path, &body).await
        }
    };
    let answer = switch(tokens.access.clone(), two.to_string()).await;
    assert_eq!(answer.header("set-cookie"), "");
    let moved = data(answer.expect(200));
    let access = moved["access_token"].as_str().expect("a token").to_owned();
    let there = claims(&scene, &access).await;
    let before = claims(&scene, &tokens.access).await;
    assert_eq!(there.org, two.as_str());
    assert_eq!(there.sid, before.sid);
    // A refresh stays there.
    let renewed = Tokens::of(&scene.refresh(&tokens.refresh).await.expect(200));
    assert_eq!(claims(&scene, &renewed.access).await.org, two.as_str());
    // And one's own id is home.
    let home = data(
        switch(access.clone(), person.id.to_string())
            .await
            .expect(200),
    );
    assert_eq!(home["organization_id"], json!(null));
    let home = home["access_token"].as_str().expect("a token").to_owned();
    assert_eq!(claims(&scene, &home).await.org, person.id.as_str());

    let strange = OrganizationId::generate(SystemClock.now());
    let refused = switch(access.clone(), strange.to_string()).await;
    assert_eq!(problem(refused, 404).0, "not-found");
    assert_eq!(
        fields(switch(access.clone(), "one".to_owned()).await),
        ["organization_id"]
    );
}

#[tokio::test]
async fn nobody_gets_into_an_organization_of_others() {
    let scene = Scene::start().await;
    let person = ada(&scene).await;
    let org = found(&scene, &person, "Ada's").await;
    scene.verified("eve@firm.example", PASSWORD).await;
    let body = json!({
        "email": "eve@firm.example", "password": PASSWORD, "organization_id": org,
    });
    let refused = scene.post("/api/auth/login", &body).await;
    assert_eq!(problem(refused, 404).0, "not-found");
    let eve = scene.signed_in("eve@firm.example", PASSWORD).await;
    let body = json!({"organization_id": org});
    let path = "/api/auth/switch-organization";
    let refused = scene.call(&eve.access, Method::POST, path, &body).await;
    assert_eq!(problem(refused, 404).0, "not-found");
    let me = data(scene.get(&eve.access, "/api/auth/me").await.expect(200));
    assert_eq!(me["organizations"], json!([]));
}

#[tokio::test]
async fn an_organization_that_asks_for_a_second_factor_takes_nobody_without() {
    let scene = Scene::start().await;
    let person = ada(&scene).await;
    let org = found(&scene, &person, "Strict").await;
    let inside = scene.signed_in(EMAIL, PASSWORD).await;
    assert_eq!(claims(&scene, &inside.access).await.org, org.as_str());
    scene
        .stack
        .cloud
        .organizations
        .client()
        .update_item()
        .table_name(scene.stack.cloud.organizations.name())
        .set_key(Some(
            organizations::store::keys::organization(&org).attributes(),
        ))
        .update_expression("SET require_second_factor = :yes")
        .expression_attribute_values(":yes", platform::dynamo::AttributeValue::Bool(true))
        .send()
        .await
        .expect("updates");
    // Who is inside goes home with the next refresh, and cannot come back.
    let home = Tokens::of(&scene.refresh(&inside.refresh).await.expect(200));
    assert_eq!(claims(&scene, &home.access).await.org, person.id.as_str());
    let body = json!({"organization_id": org});
    let path = "/api/auth/switch-organization";
    let refused = scene.call(&home.access, Method::POST, path, &body).await;
    assert_eq!(problem(refused, 403).0, "forbidden");
    let usual = scene.signed_in(EMAIL, PASSWORD).await;
    assert_eq!(claims(&scene, &usual.access).await.org, person.id.as_str());
    // With an authenticator they may.
    scene
        .change(&person.id, |person| person.has_totp = true)
        .await;
    let taken = scene.call(&home.access, Method::POST, path, &body).await;
    assert_eq!(taken.status, 200);
}

#[tokio::test]
async fn who_runs_the_platform_does_so_from_their_own_tenant() {
    let scene = Scene::start().await;
    let person = ada(&scene).await;
    let org = found(&scene, &person, "Firm").await;
    scene
        .change(&person.id, |person| person.platform_admin = true)
        .await;
    let tokens = scene.signed_in(EMAIL, PASSWORD).await;
    let home = claims(&scene, &tokens.access).await;
    assert_eq!(
        (home.role.as_str(), home.org.as_str()),
        ("platform_admin", person.id.as_str())
    );
    let body = json!({"organization_id": org});
    let path = "/api/auth/switch-organization";
    let moved = scene.call(&tokens.access, Method::POST, path, &body).await;
    let moved = data(moved.expect(200));
    let there = claims(&scene, moved["access_token"].as_str().expect("a token")).await;
    assert_eq!(
        (there.role.as_str(), there.org.as_str()),
        ("owner", org.as_str())
    );
}

#[tokio::test]
async fn the_desks_sign_in_has_the_cookie_and_its_sign_out_takes_it_away() {
    let scene = Scene::start().await;
    ada(&scene).await;
    let body = json!({"email": EMAIL, "password": PASSWORD});
    let answer = scene.post("/api/auth/login", &body).await;
    assert!(cookie(&answer).0.starts_with("tbr_"));
    let tokens = data(answer.expect(200));
    let access = tokens["access_token"].as_str().expect("a token");
    let path = "/api/auth/logout";
    let out = scene.call(access, Method::POST, path, &Value::Null).await;
    assert_eq!(cookie(&out).0, "");
    assert!(data(out.expect(200)).is_object());
    let wrong = json!({"email": EMAIL, "password": "a wrong password"});
    assert_eq!(scene.post("/api/auth/login", &wrong).await.status, 401);
}

#[tokio::test]
async fn saml_says_that_it_is_not_done() {
    let scene = Scene::start().await;
    let org = OrganizationId::generate(SystemClock.now());
    for (method, path) in [
        (Method::GET, "metadata"),
        (Method::GET, "login"),
        (Method::POST, "acs"),
    ] {
        let call = crate::support::bare(&method, &format!("/api/auth/saml/{org}/{path}"));
        let answer = testkit::http::send(&scene.router, call).await;
        let (word, body) = problem(answer, 501);
        assert_eq!(word, "not-implemented", "{path}");
        let detail = body["detail"].as_str().unwrap_or_default();
        assert!(detail.contains("/api/auth/oidc/{org}/login"), "{detail}");
    }
}
