//! A firm that keeps its members to its provider, and how far that reaches.

use serde_json::{Value, json};

use crate::scene::{Scene, problem};

#[tokio::test]
async fn members_of_its_domains_sign_in_through_the_provider_alone() {
    let scene = Scene::start().await;
    let member = scene.person("ada@firm.example").await;
    scene.join(&member).await;
    assert_eq!(scene.login(&member, Value::Null).await.status, 200);
    scene.change(|set| set.enforced = true).await;
    let way = format!(
        "your organization has its members sign in through its provider, at {}",
        scene.path("login")
    );
    let wanted = [Value::Null, json!(scene.org)];
    for wanted in wanted {
        let (word, detail) = problem(scene.login(&member, wanted).await, 403);
        assert_eq!(word, "provider-required");
        assert_eq!(detail, way);
    }
    let claims = scene.claims(&scene.signed_in().await).await;
    assert_eq!(claims.sub, member.id.as_str());
}

#[tokio::test]
async fn a_wrong_password_is_told_nothing_of_it() {
    let scene = Scene::start().await;
    let member = scene.person("ada@firm.example").await;
    scene.join(&member).await;
    scene.change(|set| set.enforced = true).await;
    let body = json!({"email": member.email, "password": "not their password"});
    let refused = scene.post("/api/v1/auth/login", &body).await;
    assert_eq!(problem(refused, 401).0, "unauthenticated");
}

#[tokio::test]
async fn what_is_a_members_own_stays_theirs() {
    let scene = Scene::start().await;
    let member = scene.person("ada@firm.example").await;
    scene.join(&member).await;
    scene.change(|set| set.enforced = true).await;
    let own = scene.login(&member, json!("personal")).await.expect(200);
    assert_eq!(own["data"]["organization_id"], Value::Null);
    // From there, too, the firm is entered through its provider.
    let token = own["data"]["access_token"].as_str().expect("a token");
    let switch = testkit::http::bearer(
        token,
        &http::Method::POST,
        "/api/auth/switch-organization",
        json!({"organization_id": scene.org}).to_string(),
    );
    let refused = testkit::http::send(&scene.router, switch).await;
    assert_eq!(problem(refused, 403).0, "provider-required");
}

#[tokio::test]
async fn others_sign_in_as_before() {
    let scene = Scene::start().await;
    let guest = scene.person("guest@elsewhere.example").await;
    scene.join(&guest).await;
    let stranger = scene.person("eve@firm.example").await;
    let mut admin = scene.person("root@firm.example").await;
    scene.join(&admin).await;
    let before = admin.clone();
    admin.platform_admin = true;
    let mut transaction = platform::dynamo::Transaction::new();
    let changed = scene.store.change_person(&mut transaction, &before, admin);
    let admin = changed.expect("items");
    transaction.commit().await.expect("writes");
    scene.change(|set| set.enforced = true).await;
    // Of another domain; of the domain and no member; and who runs the platform.
    let inside = scene.login(&guest, Value::Null).await.expect(200);
    assert_eq!(inside["data"]["organization_id"], scene.org.as_str());
    for person in [&stranger, &admin] {
        let own = scene.login(person, Value::Null).await.expect(200);
        assert_eq!(own["data"]["organization_id"], Value::Null);
    }
    let wanted = json!(scene.org);
    assert_eq!(scene.login(&admin, wanted).await.status, 200);
}

#[tokio::test]
async fn sessions_that_began_with_a_password_leave_the_firm() {
    let scene = Scene::start().await;
    let member = scene.person("ada@firm.example").await;
    scene.join(&member).await;
    let before = scene.login(&member, Value::Null).await.expect(200);
    assert_eq!(before["data"]["organization_id"], scene.org.as_str());
    scene.change(|set| set.enforced = true).await;
    let refresh = before["data"]["refresh_token"].clone();
    let body = json!({"refresh_token": refresh});
    let after = scene.post("/api/v1/auth/refresh", &body).await.expect(200);
    assert_eq!(after["organization_id"], Value::Null);
    let access = before["data"]["access_token"].as_str().expect("a token");
    let claims = scene.claims(access).await;
    let restrictions =
        platform::restrictions::Restrictions::new(scene.stack.cloud.platform.clone());
    restrictions.refresh().await.expect("reads");
    assert!(restrictions.refuses(
        &claims,
        kernel::time::Clock::now(&platform::clock::SystemClock)
    ));
}
