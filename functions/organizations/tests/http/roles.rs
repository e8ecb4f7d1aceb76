//! Custom roles.

use http::Method;
use kernel::id::UserId;
use organizations::Member;
use organizations::store::keys;
use serde_json::{Value, json};

use crate::desk::{Desk, Has, Somebody, items, kind, now};

#[tokio::test]
async fn a_custom_roles_permissions_work_and_change_at_once() {
    let desk = Desk::start().await;
    let (olga, ada) = (desk.person("olga").await, desk.person("ada").await);
    let org = desk.found(&olga, "Olga's").await;
    let owner = desk.token(&olga, &org).await;
    let roles = format!("/api/organizations/{org}/roles");
    let body = json!({"name": "hr", "permissions": ["read", "manage_members", "read"]});
    let answer = desk.call(&owner, Method::POST, &roles, body).await;
    let made = answer.expect(201);
    assert_eq!(made["data"]["name"], "hr");
    assert_eq!(made["data"]["built_in"], false);
    assert_eq!(
        made["data"]["permissions"],
        json!(["read", "manage_members"])
    );

    desk.join(&org, &olga, &ada, "hr").await;
    let before = desk.token(&ada, &org).await;
    desk.get(&before, "/api/users").await.has(200);
    let running = {
        let mut claims = desk.claims(&ada, org.as_str());
        claims.role = "hr".to_owned();
        claims.iat -= 60;
        desk.stack.sign_token(&claims)
    };
    let owners = desk.running(&olga, &org, "owner");

    let body = json!({"permissions": ["read", "write"]});
    let path = format!("{roles}/hr");
    let answer = desk.call(&owner, Method::PATCH, &path, body).await;
    assert_eq!(
        answer.expect(200)["data"]["permissions"],
        json!(["read", "write"])
    );
    assert!(!desk.accepts(&running).await);
    assert!(desk.accepts(&owners).await, "only holders need new tokens");
    let after = desk.token(&ada, &org).await;
    desk.get(&after, "/api/users").await.has(403);
    desk.get(&after, &roles).await.has(200);
    // A token that still runs gives what the store no longer does to nobody.
    let stale = json!({"email": "new@example.com"});
    desk.call(&before, Method::POST, "/api/users", stale)
        .await
        .has(403);
}

#[tokio::test]
async fn every_holder_of_a_changed_role_needs_a_new_token_however_many_they_are() {
    let desk = Desk::start().await;
    let olga = desk.person("olga").await;
    let org = desk.found(&olga, "Olga's").await;
    let owner = desk.token(&olga, &org).await;
    let roles = format!("/api/organizations/{org}/roles");
    let body = json!({"name": "crowd", "permissions": ["read"]});
    desk.call(&owner, Method::POST, &roles, body).await.has(201);
    let first = desk.person("p").await;
    desk.join(&org, &olga, &first, "crowd").await;
    let member = desk.organizations.store.member(&org, &first.id).await;
    let member = member.expect("reads").expect("a member");
    let others: Vec<_> = (0..94)
        .map(|_| {
            let user = UserId::generate(now());
            (
                keys::member(&org, &user),
                Member {
                    user,
                    ..member.clone()
                },
            )
        })
        .collect();
    desk.seed(&others).await;
    let ids = others.into_iter().map(|(_, member)| member.user);
    let tokens: Vec<_> = ids
        .chain([first.id])
        .map(|id| {
            let email = String::new();
            desk.running(&Somebody { id, email }, &org, "crowd")
        })
        .collect();
    let path = format!("{roles}/crowd");
    let body = json!({"permissions": ["read", "write"]});
    desk.call(&owner, Method::PATCH, &path, body).await.has(200);
    let instance = desk.another_instance();
    for token in tokens {
        let request = testkit::http::bearer(&token, &Method::GET, "/api/organizations", "");
        assert_eq!(testkit::http::send(&instance, request).await.status, 401);
    }
}

#[tokio::test]
async fn no_custom_role_takes_a_name_that_means_something_else() {
    let desk = Desk::start().await;
    let olga = desk.person("olga").await;
    let org = desk.found(&olga, "Olga's").await;
    let token = desk.token(&olga, &org).await;
    let roles = format!("/api/organizations/{org}/roles");
    let names = [
        "owner",
        "admin",
        "member",
        "viewer",
        "platform_admin",
        "trader",
    ];
    for name in names.into_iter().chain(["Desk", "a", "1st", "risk#desk"]) {
        let body = json!({"name": name, "permissions": ["read"]});
        let answer = desk.call(&token, Method::POST, &roles, body).await;
        assert_eq!(answer.expect(400)["details"][0]["field"], "name", "{name}");
    }
    for (name, permissions) in [("desk", json!([])), ("desk", json!(["rule_all"]))] {
        let body = json!({"name": name, "permissions": permissions});
        let answer = desk.call(&token, Method::POST, &roles, body).await;
        assert_eq!(kind(&answer), "validation-failed");
    }
}

#[tokio::test]
async fn built_in_roles_are_listed_first_and_stay_as_they_are() {
    let desk = Desk::start().await;
    let olga = desk.person("olga").await;
    let org = desk.found(&olga, "Olga's").await;
    let token = desk.token(&olga, &org).await;
    let roles = format!("/api/organizations/{org}/roles");
    let body = json!({"name": "auditor", "permissions": ["read"]});
    desk.call(&token, Method::POST, &roles, body.clone())
        .await
        .has(201);
    desk.call(&token, Method::POST, &roles, body).await.has(409);
    let body = desk.get(&token, &roles).await.expect(200);
    let names: Vec<_> = items(&body).iter().map(|role| &role["name"]).collect();
    assert_eq!(names, ["owner", "admin", "member", "viewer", "auditor"]);
    assert_eq!(
        items(&body)[0]["permissions"].as_array().map(Vec::len),
        Some(6)
    );
    for name in ["owner", "viewer"] {
        let path = format!("{roles}/{name}");
        let body = json!({"permissions": ["read"]});
        desk.call(&token, Method::PATCH, &path, body).await.has(409);
        desk.call(&token, Method::DELETE, &path, Value::Null)
            .await
            .has(409);
    }
    let path = format!("{roles}/nobodys");
    desk.call(&token, Method::DELETE, &path, Value::Null)
        .await
        .has(404);
}

#[tokio::test]
async fn a_role_goes_when_nobody_has_it() {
    let desk = Desk::start().await;
    let (olga, ada) = (desk.person("olga").await, desk.person("ada").await);
    let org = desk.found(&olga, "Olga's").await;
    let token = desk.token(&olga, &org).await;
    let roles = format!("/api/organizations/{org}/roles");
    let body = json!({"name": "desk", "permissions": ["read"]});
    desk.call(&token, Method::POST, &roles, body).await.has(201);
    desk.join(&org, &olga, &ada, "desk").await;
    let path = format!("{roles}/desk");
    desk.call(&token, Method::DELETE, &path, Value::Null)
        .await
        .has(409);
    let adas = format!("/api/users/{}", ada.id);
    desk.call(&token, Method::PATCH, &adas, json!({"role": "viewer"}))
        .await
        .has(200);
    let answer = desk.call(&token, Method::DELETE, &path, Value::Null).await;
    assert_eq!(answer.expect(200)["data"]["name"], "desk");
    let body = desk.get(&token, &roles).await.expect(200);
    assert_eq!(items(&body).len(), 4);
}

#[tokio::test]
async fn who_manages_the_organization_by_a_custom_role_goes_no_further_than_it() {
    let desk = Desk::start().await;
    let (olga, ada, max) = (
        desk.person("olga").await,
        desk.person("ada").await,
        desk.person("max").await,
    );
    let org = desk.found(&olga, "Olga's").await;
    let owner = desk.token(&olga, &org).await;
    let roles = format!("/api/organizations/{org}/roles");
    let steward = json!(["read", "write", "manage_members", "manage_organization"]);
    for (name, permissions) in [
        ("steward", steward),
        ("cashier", json!(["manage_payments"])),
    ] {
        let body = json!({"name": name, "permissions": permissions});
        desk.call(&owner, Method::POST, &roles, body).await.has(201);
    }
    desk.join(&org, &olga, &ada, "steward").await;
    desk.join(&org, &olga, &max, "cashier").await;
    let token = desk.token(&ada, &org).await;
    let own = format!("{roles}/steward");
    let cashier = format!("{roles}/cashier");
    let maxs = format!("/api/users/{}", max.id);
    let more = json!({"permissions": ["read", "manage_payments"]});
    let less = json!({"permissions": ["read"]});
    for (method, path, body) in [
        (
            Method::POST,
            &roles,
            json!({"name": "more", "permissions": ["manage_payments"]}),
        ),
        (Method::PATCH, &own, more),
        (Method::PATCH, &cashier, less),
        (Method::DELETE, &cashier, Value::Null),
        (Method::PATCH, &maxs, json!({"role": "viewer"})),
        (Method::PATCH, &maxs, json!({"role": "admin"})),
        (Method::DELETE, &maxs, Value::Null),
    ] {
        let answer = desk.call(&token, method.clone(), path, body.clone()).await;
        assert_eq!(
            answer.status,
            403,
            "{method} {path} {body}: {}",
            answer.text()
        );
    }
    let body = json!({"name": "reader", "permissions": ["read", "write"]});
    desk.call(&token, Method::POST, &roles, body).await.has(201);
}
