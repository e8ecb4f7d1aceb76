//! Whose organization is whose.

use http::Method;
use kernel::access::{BuiltInRole, Permission};
use serde_json::{Value, json};
use testkit::http::{request, send};

use crate::desk::{Desk, Has, items, kind};

const READ: Permission = Permission::Read;
const MEMBERS: Permission = Permission::ManageMembers;
const SETTINGS: Permission = Permission::ManageOrganization;

/// Every route of one organization, with what its caller needs. `{org}`,
/// `{usr}` and `{inv}` are filled in.
const ROUTES: [(Method, &str, Permission); 20] = [
    (Method::GET, "/api/organizations/{org}", READ),
    (Method::PATCH, "/api/organizations/{org}", SETTINGS),
    (Method::GET, "/api/organizations/{org}/usage", READ),
    (Method::GET, "/api/organizations/{org}/roles", READ),
    (Method::POST, "/api/organizations/{org}/roles", SETTINGS),
    (
        Method::PATCH,
        "/api/organizations/{org}/roles/desk",
        SETTINGS,
    ),
    (
        Method::DELETE,
        "/api/organizations/{org}/roles/desk",
        SETTINGS,
    ),
    (Method::GET, "/api/organizations/{org}/invitations", MEMBERS),
    (
        Method::POST,
        "/api/organizations/{org}/invitations",
        MEMBERS,
    ),
    (
        Method::DELETE,
        "/api/organizations/{org}/invitations/{inv}",
        MEMBERS,
    ),
    (Method::GET, "/api/users", MEMBERS),
    (Method::POST, "/api/users", MEMBERS),
    (Method::GET, "/api/users/{usr}", READ),
    (Method::PATCH, "/api/users/{usr}", MEMBERS),
    (Method::DELETE, "/api/users/{usr}", MEMBERS),
    (Method::POST, "/api/organizations/{org}/leave", READ),
    (Method::GET, "/api/organizations/{org}/audit", MEMBERS),
    (Method::DELETE, "/api/organizations/{org}", SETTINGS),
    (Method::GET, "/api/kyc", MEMBERS),
    (Method::POST, "/api/users/{usr}/kyc/decision", MEMBERS),
];

fn filled(path: &str, org: &str, user: &str) -> String {
    path.replace("{org}", org)
        .replace("{usr}", user)
        .replace("{inv}", "inv_01hf0000000000000000000000")
}

/// A body that each writing route takes.
fn body() -> Value {
    json!({
        "email": "new@example.com",
        "role": "viewer",
        "name": "desk",
        "permissions": ["read"],
        "decision": "approve",
    })
}

#[tokio::test]
async fn every_route_refuses_whoever_lacks_its_permission() {
    let desk = Desk::start().await;
    let owner = desk.person("olga").await;
    let org = desk.found(&owner, "Olga's").await;
    for role in BuiltInRole::ALL {
        let person = desk.person(role.as_str()).await;
        desk.join(&org, &owner, &person, role.as_str()).await;
        let token = desk.token(&person, &org).await;
        for (method, path, needed) in &ROUTES {
            let path = filled(path, org.as_str(), owner.id.as_str());
            // Who may is not let go on here: a body that cannot be, a role or
            // an invitation that is not there.
            let may = role.permissions().contains(needed);
            if may && (path.ends_with("/leave") || method == Method::DELETE) {
                continue;
            }
            let body = if may {
                json!({"name": 1, "email": 1, "role": 1, "permissions": 1})
            } else {
                body()
            };
            let body = if method == Method::GET {
                Value::Null
            } else {
                body
            };
            let answer = desk.call(&token, method.clone(), &path, body).await;
            let expected = match (may, method == Method::GET) {
                (true, true) => 200,
                (true, false) => 400,
                (false, _) => 403,
            };
            assert_eq!(
                answer.status,
                expected,
                "{role} {method} {path}: {}",
                answer.text()
            );
        }
    }
}

#[tokio::test]
async fn nobody_calls_a_route_without_a_token_for_the_organization() {
    let desk = Desk::start().await;
    let owner = desk.person("olga").await;
    let org = desk.found(&owner, "Olga's").await;
    let other = desk.person("otto").await;
    let other_org = desk.found(&other, "Otto's").await;
    let exchanged = desk.stack.exchange(42);
    let personal = desk.personal(&owner);
    let others = desk.token(&other, &other_org).await;
    for (method, path, _) in &ROUTES {
        let names_organization = path.contains("{org}");
        let names_user = path.contains("{usr}");
        let path = filled(path, org.as_str(), owner.id.as_str());
        let text = body().to_string();
        let answer = send(&desk.router, request(method, &path, text)).await;
        assert_eq!(answer.status, 401, "nobody: {method} {path}");
        for token in [&exchanged, &personal] {
            let answer = desk.call(token, method.clone(), &path, body()).await;
            assert_eq!(answer.status, 403, "{method} {path}: {}", answer.text());
        }
        if names_organization || names_user {
            let answer = desk.call(&others, method.clone(), &path, body()).await;
            assert_eq!(answer.status, 404, "others: {method} {path}");
            assert_eq!(kind(&answer), "not-found");
        }
    }
    let roster = desk.organizations.store.roster(&org).await;
    assert_eq!(roster.expect("reads").expect("there").revision, 1);
}

#[tokio::test]
async fn the_routes_without_an_organization_need_a_person_who_signed_in() {
    let desk = Desk::start().await;
    let exchanged = desk.stack.exchange(42);
    for (method, path) in [
        (Method::GET, "/api/organizations"),
        (Method::POST, "/api/organizations"),
        (Method::POST, "/api/organizations/invitations/abc/accept"),
    ] {
        let text = json!({"name": "x"}).to_string();
        let answer = send(&desk.router, request(&method, path, text)).await;
        assert_eq!(answer.status, 401, "{method} {path}");
        let answer = desk
            .call(&exchanged, method.clone(), path, json!({"name": "x"}))
            .await;
        assert_eq!(answer.status, 403, "{method} {path}");
    }
}

#[tokio::test]
async fn a_person_in_two_organizations_sees_each_only_through_its_token() {
    let desk = Desk::start().await;
    let (olga, otto, ada) = (
        desk.person("olga").await,
        desk.person("otto").await,
        desk.person("ada").await,
    );
    let first = desk.found(&olga, "First").await;
    let second = desk.found(&otto, "Second").await;
    desk.join(&first, &olga, &ada, "admin").await;
    desk.join(&second, &otto, &ada, "admin").await;
    let in_first = desk.token(&ada, &first).await;
    let in_second = desk.token(&ada, &second).await;

    let sees = async |token: &str| -> Vec<String> {
        let body = desk.get(token, "/api/users").await.expect(200);
        let emails = items(&body)
            .iter()
            .map(|item| item["email"].as_str().unwrap_or_default().to_owned());
        emails.collect()
    };
    assert_eq!(
        sees(&in_first).await,
        ["olga@example.com", "ada@example.com"]
    );
    assert_eq!(
        sees(&in_second).await,
        ["otto@example.com", "ada@example.com"]
    );

    let path = |org| format!("/api/organizations/{org}");
    desk.get(&in_first, &path(&first)).await.has(200);
    desk.get(&in_first, &path(&second)).await.has(404);
    desk.get(&in_second, &path(&second)).await.has(200);
    desk.get(&in_second, &path(&first)).await.has(404);
    let olgas = format!("/api/users/{}", olga.id);
    desk.get(&in_first, &olgas).await.has(200);
    desk.get(&in_second, &olgas).await.has(404);
    let change = json!({"role": "viewer"});
    desk.call(&in_second, Method::PATCH, &olgas, change)
        .await
        .has(404);

    // Her own list has both, whichever token she shows.
    for token in [in_first, in_second, desk.personal(&ada)] {
        let body = desk.get(&token, "/api/organizations").await.expect(200);
        let names: Vec<_> = items(&body).iter().map(|item| &item["name"]).collect();
        assert_eq!(names, ["First", "Second"]);
        assert_eq!(items(&body)[0]["role"], "admin");
        assert_eq!(
            items(&body)[0]["permissions"].as_array().map(Vec::len),
            Some(4)
        );
    }
}

#[tokio::test]
async fn lists_come_in_pages_whose_cursors_are_bound_to_them() {
    let desk = Desk::start().await;
    let olga = desk.person("olga").await;
    let org = desk.found(&olga, "Olga's").await;
    for name in ["a", "b", "c", "d"] {
        let person = desk.person(name).await;
        desk.join(&org, &olga, &person, "viewer").await;
    }
    let token = desk.token(&olga, &org).await;
    let mut seen = Vec::new();
    let mut path = "/api/users?limit=2".to_owned();
    let mut pages = 0;
    loop {
        let body = desk.get(&token, &path).await.expect(200);
        pages += 1;
        for item in items(&body) {
            seen.push(item["email"].as_str().unwrap_or_default().to_owned());
        }
        let Some(cursor) = body["data"]["next_cursor"].as_str() else {
            break;
        };
        path = format!("/api/users?limit=2&cursor={cursor}");
        let elsewhere = format!("/api/organizations?cursor={cursor}");
        desk.get(&token, &elsewhere).await.has(400);
    }
    seen.sort();
    let all = ["a", "b", "c", "d", "olga"].map(|name| format!("{name}@example.com"));
    assert_eq!((pages, seen), (3, all.to_vec()));
    desk.get(&token, "/api/users?limit=201").await.has(400);
}
