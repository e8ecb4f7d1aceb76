use http::Method;
use serde_json::{Value, json};
use testkit::http::{bearer, send};

use crate::support::{PASSWORD, Scene, add, fields, problem};

const ME: &str = "/api/v1/user/me";

#[tokio::test]
async fn absent_fields_stay_and_null_takes_one_away() {
    let scene = Scene::start().await;
    let (_, tokens) = scene.ada().await;
    let patch = |body: Value| {
        let (scene, token) = (&scene, tokens.access.clone());
        async move { scene.call(&token, Method::PATCH, ME, &body).await }
    };
    let body = patch(json!({"name": " Ada L. ", "username": "ada"}))
        .await
        .expect(200);
    assert_eq!(
        (&body["name"], &body["username"]),
        (&json!("Ada L."), &json!("ada"))
    );
    let body = patch(json!({"username": "lovelace"})).await.expect(200);
    assert_eq!(
        (&body["name"], &body["username"]),
        (&json!("Ada L."), &json!("lovelace"))
    );
    let body = patch(json!({"name": null})).await.expect(200);
    assert_eq!(
        (&body["name"], &body["username"]),
        (&json!(null), &json!("lovelace"))
    );
    for (body, field) in [
        (json!({"name": ""}), "name"),
        (json!({"name": 1}), "name"),
        (json!({"username": "a b"}), "username"),
        (json!({"username": "ada@x.org"}), "username"),
    ] {
        assert_eq!(fields(patch(body.clone()).await), [field], "{body}");
    }
    // What nobody may change of themselves is left alone.
    let body = json!({"email": "x@y.org", "tier": "vip", "platform_admin": true});
    let body = patch(body).await.expect(200);
    assert_eq!(
        (&body["tier"], &body["platform_admin"]),
        (&json!("free"), &json!(false))
    );
    assert_eq!(body["email"], "ada@firm.example");
}

#[tokio::test]
async fn a_user_name_is_one_persons_and_free_when_they_leave_it() {
    let scene = Scene::start().await;
    let (_, ada) = scene.ada().await;
    scene.verified("eve@firm.example", PASSWORD).await;
    let eve = scene.signed_in("eve@firm.example", PASSWORD).await;
    let take = |token: &str, name: Value| {
        let (scene, token) = (&scene, token.to_owned());
        let body = json!({"username": name});
        async move { scene.call(&token, Method::PATCH, ME, &body).await }
    };
    assert_eq!(take(&ada.access, json!("countess")).await.status, 200);
    let refused = take(&eve.access, json!("Countess")).await;
    assert_eq!(problem(refused, 409).0, "conflict");
    assert_eq!(take(&ada.access, json!(null)).await.status, 200);
    assert_eq!(take(&eve.access, json!("countess")).await.status, 200);
    let me = scene.login("countess", PASSWORD).await.expect(200);
    let me = scene
        .get(me["access_token"].as_str().expect("a token"), ME)
        .await;
    assert_eq!(me.expect(200)["email"], "eve@firm.example");
}

#[tokio::test]
async fn a_change_of_what_one_has_not_seen_is_refused() {
    let scene = Scene::start().await;
    let (_, tokens) = scene.ada().await;
    let seen = scene.get(&tokens.access, ME).await;
    let tag = seen.header("etag").to_owned();
    let revision = seen.expect(200)["revision"].to_string();
    assert_eq!(tag, format!("\"{revision}\""));
    let patch = |tag: String, name: &str| {
        let body = json!({"name": name}).to_string();
        let mut call = bearer(&tokens.access, &Method::PATCH, ME, body);
        add(call.headers_mut(), &[("if-match", &tag)]);
        call
    };
    let first = send(&scene.router, patch(tag.clone(), "First")).await;
    assert_ne!(first.header("etag"), tag);
    assert_eq!(first.status, 200);
    let second = send(&scene.router, patch(tag, "Second")).await;
    assert_eq!(problem(second, 412).0, "stale-version");
    let me = scene.get(&tokens.access, ME).await.expect(200);
    assert_eq!(me["name"], "First");
}

#[tokio::test]
async fn a_token_of_a_shop_is_no_persons() {
    let scene = Scene::start().await;
    let shops = scene.stack.exchange(42);
    for (method, path) in [
        (Method::GET, ME),
        (Method::PATCH, ME),
        (Method::GET, "/api/v1/user/sessions"),
        (Method::DELETE, "/api/v1/user/sessions"),
        (Method::POST, "/api/v1/user/links"),
        (Method::POST, "/api/v1/auth/logout"),
        (Method::POST, "/api/v1/auth/password/change"),
        (Method::GET, "/api/auth/me"),
        (Method::POST, "/api/auth/logout"),
        (Method::POST, "/api/auth/switch-organization"),
    ] {
        let answer = scene.call(&shops, method.clone(), path, &json!({})).await;
        assert_eq!(problem(answer, 403).0, "forbidden", "{method} {path}");
        let nobody = send(&scene.router, crate::support::bare(&method, path)).await;
        assert_eq!(problem(nobody, 401).0, "unauthenticated", "{method} {path}");
    }
}
