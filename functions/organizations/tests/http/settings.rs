//! Founding, settings, use.

use http::{HeaderValue, Method};
use serde_json::{Value, json};
use testkit::Answer;
use testkit::http::{bearer, send};

use crate::desk::{Desk, Has, items, kind, now};

async fn patch(desk: &Desk, token: &str, path: &str, tag: Option<&str>, body: Value) -> Answer {
    let mut request = bearer(token, &Method::PATCH, path, body.to_string());
    if let Some(tag) = tag {
        let tag = HeaderValue::from_str(tag).expect("a header");
        request.headers_mut().insert("if-match", tag);
    }
    send(&desk.router, request).await
}

#[tokio::test]
async fn a_founder_owns_the_organization() {
    let desk = Desk::start().await;
    let olga = desk.person("olga").await;
    let body = json!({"name": "Olga's desk"});
    let answer = desk
        .call(
            &desk.personal(&olga),
            Method::POST,
            "/api/organizations",
            body,
        )
        .await;
    assert_eq!(answer.header("etag"), "\"1\"");
    let body = answer.expect(201);
    assert_eq!(body["success"], true);
    assert!(body["timestamp"].is_string());
    assert_eq!(body["data"]["name"], "Olga's desk");
    assert_eq!(body["data"]["plan"], "free");
    assert_eq!(body["data"]["version"], 1);
    assert_eq!(body["data"]["require_second_factor"], false);
    let org = body["data"]["id"]
        .as_str()
        .expect("an id")
        .parse()
        .expect("an id");
    let membership = desk.organizations.store.membership(&org, &olga.id).await;
    let membership = membership.expect("reads").expect("a membership");
    assert_eq!(membership.role, "owner");
    assert_eq!(membership.permissions.len(), 6);
    assert!(!membership.requires_second_factor);
    let (all, _) = desk
        .organizations
        .store
        .all_organizations(10, None)
        .await
        .expect("reads");
    assert_eq!(all.len(), 1);
}

#[tokio::test]
async fn the_same_founding_twice_is_one_organization() {
    let desk = Desk::start().await;
    let olga = desk.person("olga").await;
    let token = desk.personal(&olga);
    let mut ids = Vec::new();
    for name in ["Desk", "Desk"] {
        let body = json!({"name": name}).to_string();
        let mut request = bearer(&token, &Method::POST, "/api/organizations", body);
        let key = HeaderValue::from_static("once");
        request.headers_mut().insert("idempotency-key", key);
        ids.push(send(&desk.router, request).await.expect(201)["data"]["id"].clone());
    }
    assert_eq!(ids[0], ids[1]);
    let body = desk.get(&token, "/api/organizations").await.expect(200);
    assert_eq!(items(&body).len(), 1);
}

#[tokio::test]
async fn names_that_cannot_be_are_named_as_the_fault() {
    let desk = Desk::start().await;
    let olga = desk.person("olga").await;
    let org = desk.found(&olga, "Olga's").await;
    let token = desk.token(&olga, &org).await;
    let path = format!("/api/organizations/{org}");
    for name in ["", "   ", "two\nlines", &"x".repeat(101)] {
        let body = json!({"name": name});
        for (method, path) in [
            (Method::POST, "/api/organizations"),
            (Method::PATCH, path.as_str()),
        ] {
            let answer = desk.call(&token, method, path, body.clone()).await;
            assert_eq!(
                answer.expect(400)["details"][0]["field"],
                "name",
                "{name:?}"
            );
        }
    }
}

#[tokio::test]
async fn settings_change_only_on_the_version_that_the_caller_has_seen() {
    let desk = Desk::start().await;
    let olga = desk.person("olga").await;
    let org = desk.found(&olga, "Olga's").await;
    let token = desk.token(&olga, &org).await;
    let path = format!("/api/organizations/{org}");
    let answer = patch(&desk, &token, &path, Some("\"1\""), json!({"name": "B"})).await;
    assert_eq!(answer.header("etag"), "\"2\"");
    assert_eq!(answer.expect(200)["data"]["version"], 2);
    for stale in ["\"1\"", "\"3\"", "\"odd\""] {
        let answer = patch(&desk, &token, &path, Some(stale), json!({"name": "C"})).await;
        assert_eq!(answer.status, 412, "{stale}");
        assert_eq!(kind(&answer), "stale-version");
    }
    let answer = patch(&desk, &token, &path, None, json!({"name": "D"})).await;
    assert_eq!(answer.expect(200)["data"]["version"], 3);
    let shown = desk.get(&token, &path).await;
    assert_eq!(shown.header("etag"), "\"3\"");
    assert_eq!(shown.expect(200)["data"]["name"], "D");
}

#[tokio::test]
async fn demanding_a_second_factor_ends_all_running_tokens_and_is_in_memberships() {
    let desk = Desk::start().await;
    let (olga, ada) = (desk.person("olga").await, desk.person("ada").await);
    let org = desk.found(&olga, "Olga's").await;
    desk.join(&org, &olga, &ada, "viewer").await;
    let running = desk.running(&ada, &org, "viewer");
    let token = desk.token(&olga, &org).await;
    let path = format!("/api/organizations/{org}");
    patch(&desk, &token, &path, None, json!({"name": "Strict"}))
        .await
        .has(200);
    assert!(desk.accepts(&running).await, "a name ends nothing");
    let body = json!({"require_second_factor": true});
    let answer = patch(&desk, &token, &path, None, body).await.expect(200);
    assert_eq!(answer["data"]["require_second_factor"], true);
    assert_eq!(answer["data"]["name"], "Strict");
    assert!(!desk.accepts(&running).await);
    let store = &desk.organizations.store;
    let one = store.membership(&org, &ada.id).await.expect("reads");
    assert!(one.is_some_and(|one| one.requires_second_factor));
    let all = store.memberships_of(&ada.id, 10).await.expect("reads");
    assert!(all[0].requires_second_factor);
}

#[tokio::test]
async fn use_is_shown_beside_its_limits() {
    let desk = Desk::start().await;
    let (olga, ada) = (desk.person("olga").await, desk.person("ada").await);
    let org = desk.found(&olga, "Olga's").await;
    desk.join(&org, &olga, &ada, "viewer").await;
    desk.invite(&org, &olga, "new@example.com", "viewer", now())
        .await;
    let token = desk.token(&ada, &org).await;
    let path = format!("/api/organizations/{org}/usage");
    let body = desk.get(&token, &path).await.expect(200);
    assert_eq!(
        body["data"],
        json!({
            "plan": "free",
            "limits": {"members": 1000, "open_invitations": 200, "custom_roles": 50},
            "used": {"members": 2, "open_invitations": 1, "custom_roles": 0},
        })
    );
}
