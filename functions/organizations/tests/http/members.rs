//! Changing, suspending and removing members.

use http::Method;
use organizations::Status;
use serde_json::{Value, json};

use crate::desk::{Desk, Has, kind};

#[tokio::test]
async fn a_changed_member_has_the_new_role_and_the_old_tokens_stop() {
    let desk = Desk::start().await;
    let (olga, ada) = (desk.person("olga").await, desk.person("ada").await);
    let org = desk.found(&olga, "Olga's").await;
    desk.join(&org, &olga, &ada, "admin").await;
    let running = desk.running(&ada, &org, "admin");
    let elsewhere = desk.running(&ada, &desk.found(&ada, "Ada's").await, "owner");
    assert!(desk.accepts(&running).await);

    let token = desk.token(&olga, &org).await;
    let path = format!("/api/users/{}", ada.id);
    let answer = desk
        .call(&token, Method::PATCH, &path, json!({"role": "viewer"}))
        .await;
    let body = answer.expect(200);
    assert_eq!(body["success"], true);
    assert_eq!(body["data"]["role"], "viewer");
    assert_eq!(body["data"]["status"], "active");
    assert!(!desk.accepts(&running).await);
    assert!(desk.accepts(&elsewhere).await, "another tenant's goes on");
    let next = desk.token(&ada, &org).await;
    assert!(desk.accepts(&next).await);
    desk.get(&next, "/api/users").await.has(403);
}

#[tokio::test]
async fn a_suspended_member_gets_no_membership_and_is_still_listed() {
    let desk = Desk::start().await;
    let (olga, ada) = (desk.person("olga").await, desk.person("ada").await);
    let org = desk.found(&olga, "Olga's").await;
    desk.join(&org, &olga, &ada, "member").await;
    let running = desk.running(&ada, &org, "member");
    let token = desk.token(&olga, &org).await;
    let path = format!("/api/users/{}", ada.id);
    let change = json!({"status": "suspended"});
    desk.call(&token, Method::PATCH, &path, change)
        .await
        .has(200);
    assert_eq!(desk.status_of(&org, &ada).await, Status::Suspended);
    assert!(!desk.accepts(&running).await);
    let store = &desk.organizations.store;
    assert_eq!(store.membership(&org, &ada.id).await.expect("reads"), None);
    assert_eq!(store.memberships_of(&ada.id, 10).await.expect("reads"), []);
    let body = desk.get(&token, &path).await.expect(200);
    assert_eq!(body["data"]["status"], "suspended");

    let change = json!({"status": "active"});
    desk.call(&token, Method::PATCH, &path, change)
        .await
        .has(200);
    let back = store.membership(&org, &ada.id).await.expect("reads");
    assert_eq!(
        back.map(|membership| membership.role),
        Some("member".to_owned())
    );
}

#[tokio::test]
async fn the_last_owner_cannot_leave_or_be_demoted_suspended_or_removed() {
    let desk = Desk::start().await;
    let (olga, ada) = (desk.person("olga").await, desk.person("ada").await);
    let org = desk.found(&olga, "Olga's").await;
    desk.join(&org, &olga, &ada, "admin").await;
    let token = desk.token(&olga, &org).await;
    let own = format!("/api/users/{}", olga.id);
    let leave = format!("/api/organizations/{org}/leave");
    for (method, path, body) in [
        (Method::PATCH, &own, json!({"role": "admin"})),
        (Method::PATCH, &own, json!({"status": "suspended"})),
        (Method::DELETE, &own, Value::Null),
        (Method::POST, &leave, Value::Null),
    ] {
        let answer = desk.call(&token, method.clone(), path, body.clone()).await;
        assert_eq!(kind(&answer), "conflict", "{method} {path} {body}");
        assert_eq!(answer.status, 409);
    }
    // With a second owner she may.
    let adas = format!("/api/users/{}", ada.id);
    desk.call(&token, Method::PATCH, &adas, json!({"role": "owner"}))
        .await
        .has(200);
    let running = desk.running(&olga, &org, "owner");
    desk.call(&token, Method::POST, &leave, Value::Null)
        .await
        .has(200);
    assert!(!desk.accepts(&running).await);
    let token = desk.token(&ada, &org).await;
    desk.get(&token, &own).await.has(404);
    desk.call(&token, Method::DELETE, &adas, Value::Null)
        .await
        .has(409);
}

#[tokio::test]
async fn two_owners_who_leave_at_once_do_not_leave_the_organization_without_one() {
    let desk = Desk::start().await;
    let (olga, ada) = (desk.person("olga").await, desk.person("ada").await);
    let org = desk.found(&olga, "Olga's").await;
    desk.join(&org, &olga, &ada, "owner").await;
    let leave = format!("/api/organizations/{org}/leave");
    let tokens = (desk.token(&olga, &org).await, desk.token(&ada, &org).await);
    let (one, other) = tokio::join!(
        desk.call(&tokens.0, Method::POST, &leave, Value::Null),
        desk.call(&tokens.1, Method::POST, &leave, Value::Null),
    );
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    let left = desk.organizations.store.all_members(&org).await;
    assert_eq!(left.expect("reads").len(), 1);
}

#[tokio::test]
async fn an_admin_reaches_no_owner_and_makes_none() {
    let desk = Desk::start().await;
    let (olga, ada, max) = (
        desk.person("olga").await,
        desk.person("ada").await,
        desk.person("max").await,
    );
    let org = desk.found(&olga, "Olga's").await;
    desk.join(&org, &olga, &ada, "admin").await;
    desk.join(&org, &olga, &max, "member").await;
    let token = desk.token(&ada, &org).await;
    let path = |id| format!("/api/users/{id}");
    for (method, path, body) in [
        (Method::PATCH, path(&olga.id), json!({"role": "viewer"})),
        (
            Method::PATCH,
            path(&olga.id),
            json!({"status": "suspended"}),
        ),
        (Method::DELETE, path(&olga.id), Value::Null),
        (Method::PATCH, path(&max.id), json!({"role": "owner"})),
        (Method::PATCH, path(&ada.id), json!({"role": "owner"})),
        (
            Method::POST,
            "/api/users".to_owned(),
            json!({"email": "new@example.com", "role": "owner"}),
        ),
    ] {
        let answer = desk.call(&token, method.clone(), &path, body.clone()).await;
        assert_eq!(
            answer.status,
            403,
            "{method} {path} {body}: {}",
            answer.text()
        );
    }
    let change = json!({"role": "admin"});
    desk.call(&token, Method::PATCH, &path(&max.id), change)
        .await
        .has(200);
}

#[tokio::test]
async fn a_demoted_admins_token_cannot_undo_the_demotion_while_it_still_runs() {
    let desk = Desk::start().await;
    let (olga, ada) = (desk.person("olga").await, desk.person("ada").await);
    let org = desk.found(&olga, "Olga's").await;
    desk.join(&org, &olga, &ada, "admin").await;
    let stale = desk.token(&ada, &org).await;
    let path = format!("/api/users/{}", ada.id);
    let token = desk.token(&olga, &org).await;
    desk.call(&token, Method::PATCH, &path, json!({"role": "viewer"}))
        .await
        .has(200);
    desk.call(&stale, Method::PATCH, &path, json!({"role": "admin"}))
        .await
        .has(403);
}

#[tokio::test]
async fn a_removed_member_is_out_and_may_be_invited_again() {
    let desk = Desk::start().await;
    let (olga, ada) = (desk.person("olga").await, desk.person("ada").await);
    let org = desk.found(&olga, "Olga's").await;
    desk.join(&org, &olga, &ada, "member").await;
    let running = desk.running(&ada, &org, "member");
    let token = desk.token(&olga, &org).await;
    let path = format!("/api/users/{}", ada.id);
    let answer = desk.call(&token, Method::DELETE, &path, Value::Null).await;
    assert_eq!(answer.expect(200)["data"]["id"], ada.id.as_str());
    assert!(!desk.accepts(&running).await);
    desk.get(&token, &path).await.has(404);
    desk.call(&token, Method::DELETE, &path, Value::Null)
        .await
        .has(404);
    desk.join(&org, &olga, &ada, "viewer").await;
    let body = desk.get(&token, &path).await.expect(200);
    assert_eq!(body["data"]["role"], "viewer");
}

#[tokio::test]
async fn a_role_that_is_none_is_named_as_the_fault() {
    let desk = Desk::start().await;
    let olga = desk.person("olga").await;
    let org = desk.found(&olga, "Olga's").await;
    let token = desk.token(&olga, &org).await;
    let path = format!("/api/users/{}", olga.id);
    for body in [json!({"role": "platform_admin"}), json!({"role": "Owner"})] {
        let answer = desk.call(&token, Method::PATCH, &path, body).await;
        assert_eq!(answer.clone().expect(400)["details"][0]["field"], "role");
    }
    let answer = desk
        .call(&token, Method::PATCH, &path, json!({"status": "gone"}))
        .await;
    assert_eq!(kind(&answer), "validation-failed");
}
