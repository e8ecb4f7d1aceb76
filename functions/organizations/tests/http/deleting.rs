//! Deleting an organization.

use std::collections::BTreeSet;

use http::{HeaderValue, Method};
use kernel::access::Permission;
use kernel::id::{OrganizationId, UserId};
use organizations::app::erase_deleted;
use organizations::store::keys;
use organizations::{Member, Status};
use serde_json::{Value, json};
use testkit::Answer;
use testkit::http::{bearer, send};

use crate::desk::{Desk, Has, Somebody, at, items, kind, now};

async fn delete(desk: &Desk, token: &str, org: &OrganizationId, name: &str) -> Answer {
    let path = format!("/api/organizations/{org}?name={name}");
    desk.call(token, Method::DELETE, &path, Value::Null).await
}

async fn erased(desk: &Desk) -> usize {
    let erased = erase_deleted(&desk.organizations.store).await;
    erased.expect("erases")
}

#[tokio::test]
async fn a_deleted_organization_is_gone_for_everybody_at_once() {
    let desk = Desk::start().await;
    let (olga, ada) = (desk.person("olga").await, desk.person("ada").await);
    let org = desk.found(&olga, "Desk").await;
    let kept = desk.found(&olga, "Other").await;
    desk.join(&org, &olga, &ada, "member").await;
    desk.join(&kept, &olga, &ada, "member").await;
    let invited = desk.person("new").await;
    let invitation = desk
        .invite(&org, &olga, &invited.email, "viewer", now())
        .await;
    let running = [
        desk.running(&olga, &org, "owner"),
        desk.running(&ada, &org, "member"),
    ];
    let elsewhere = [desk.running(&ada, &kept, "member"), desk.personal(&ada)];
    let token = desk.token(&olga, &org).await;
    let answer = delete(&desk, &token, &org, "Desk").await;
    assert_eq!(answer.expect(200)["data"]["id"], org.as_str());

    for token in &running {
        assert!(!desk.accepts(token).await);
    }
    for token in &elsewhere {
        assert!(desk.accepts(token).await);
    }
    let store = &desk.organizations.store;
    for person in [&olga, &ada] {
        let membership = store.membership(&org, &person.id).await;
        assert_eq!(membership.expect("reads"), None);
        let body = desk
            .get(&desk.personal(person), "/api/organizations")
            .await
            .expect(200);
        let names: Vec<_> = items(&body).iter().map(|item| &item["name"]).collect();
        assert_eq!(names, ["Other"]);
    }
    let (all, _) = store.all_organizations(10, None).await.expect("reads");
    assert_eq!(all.len(), 1);
    // A token that was made in the same moment finds nothing to change.
    let path = format!("/api/organizations/{org}");
    desk.get(&token, &path).await.has(404);
    delete(&desk, &token, &org, "Desk").await.has(404);
    let path = format!("/api/organizations/invitations/{invitation}/accept");
    desk.call(&desk.personal(&invited), Method::POST, &path, Value::Null)
        .await
        .has(404);
}

#[tokio::test]
async fn only_an_owner_deletes_and_only_by_name_and_version() {
    let desk = Desk::start().await;
    let (olga, ada, max) = (
        desk.person("olga").await,
        desk.person("ada").await,
        desk.person("max").await,
    );
    let org = desk.found(&olga, "Desk").await;
    let all: BTreeSet<Permission> = Permission::ALL.into();
    let made = desk
        .organizations
        .add_role(&org, &olga.id, "deputy", &all, at(now()))
        .await;
    made.expect("a role");
    desk.join(&org, &olga, &ada, "deputy").await;
    desk.join(&org, &olga, &max, "admin").await;
    for (person, status) in [(&ada, 403), (&max, 403)] {
        let token = desk.token(person, &org).await;
        delete(&desk, &token, &org, "Desk").await.has(status);
    }
    let token = desk.token(&olga, &org).await;
    for name in ["desk", "Desk%20", ""] {
        let answer = delete(&desk, &token, &org, name).await;
        assert_eq!(kind(&answer), "validation-failed", "{name:?}");
    }
    let path = format!("/api/organizations/{org}?name=Desk");
    for (tag, status) in [("\"2\"", 412), ("\"1\"", 200)] {
        let mut request = bearer(&token, &Method::DELETE, &path, "");
        let tag = HeaderValue::from_static(tag);
        request.headers_mut().insert("if-match", tag);
        send(&desk.router, request).await.has(status);
    }
}

#[tokio::test]
async fn what_is_left_of_a_deleted_organization_is_erased_and_nothing_else() {
    let desk = Desk::start().await;
    let (olga, ada) = (desk.person("olga").await, desk.person("ada").await);
    let org = desk.found(&olga, "Desk").await;
    let kept = desk.found(&olga, "Other").await;
    desk.join(&org, &olga, &ada, "member").await;
    desk.join(&kept, &olga, &ada, "member").await;
    desk.invite(&org, &olga, "new@example.com", "viewer", now())
        .await;
    desk.invite(&kept, &olga, "new@example.com", "viewer", now())
        .await;
    seed_members(&desk, &org, 620).await;
    let cloud = &desk.stack.cloud;
    let of_kept = |text: &str| -> Vec<String> {
        let rows = text.lines().filter(|row| row.contains(kept.as_str()));
        let mut rows: Vec<String> = rows.map(sorted).collect();
        rows.sort_unstable();
        rows
    };
    let before = cloud.dump(&cloud.organizations).await;
    assert_eq!(erased(&desk).await, 0, "nothing is deleted yet");

    let token = desk.token(&olga, &org).await;
    delete(&desk, &token, &org, "Desk").await.has(200);
    assert_eq!(erased(&desk).await, 1);
    let after = cloud.dump(&cloud.organizations).await;
    let left: Vec<&str> = after
        .lines()
        .filter(|row| row.contains(org.as_str()) && !row.contains("OUTBOX#"))
        .collect();
    assert_eq!(left.len(), 1, "{left:#?}");
    assert!(left[0].contains("DIRECTORY"), "{left:?}");
    assert_eq!(of_kept(&before), of_kept(&after));
    assert_eq!(erased(&desk).await, 0, "nothing is left to do");
    let store = &desk.organizations.store;
    let count = store.count_memberships(&ada.id).await;
    assert_eq!(count.expect("reads"), 1);
}

#[tokio::test]
async fn checks_of_identities_outlast_their_organization() {
    let desk = Desk::start().await;
    let olga = desk.person("olga").await;
    let org = desk.found(&olga, "Desk").await;
    let running = desk.running(&olga, &org, "owner");
    let token = desk.token(&olga, &org).await;
    let path = format!("/api/users/{}/kyc", olga.id);
    let body = json!({
        "legal_name": "Olga", "date_of_birth": "1990-01-01", "country": "DE",
        "documents": [{
            "type": "passport", "content_type": "image/png", "size_bytes": 1,
            "sha256": "0".repeat(64),
        }],
    });
    desk.call(&token, Method::POST, &path, body).await.has(201);
    delete(&desk, &token, &org, "Desk").await.has(200);
    assert_eq!(erased(&desk).await, 1);
    let store = &desk.organizations.store;
    assert!(store.kyc(&org, &olga.id).await.expect("reads").is_some());
    // The key's rotation finds it.
    let (listed, _) = store.listed_organizations(10, None).await.expect("reads");
    assert_eq!(listed, [org]);
    // Nobody else does.
    assert!(!desk.accepts(&running).await);
}

#[tokio::test]
async fn who_joins_or_changes_something_while_it_is_deleted_is_refused_or_was_first() {
    let desk = Desk::start().await;
    let (olga, ada) = (desk.person("olga").await, desk.person("ada").await);
    let org = desk.found(&olga, "Desk").await;
    let invitation = desk.invite(&org, &olga, &ada.email, "viewer", now()).await;
    let token = desk.token(&olga, &org).await;
    let path = format!("/api/organizations/invitations/{invitation}/accept");
    let personal = desk.personal(&ada);
    let (deleted, joined) = tokio::join!(
        delete(&desk, &token, &org, "Desk"),
        desk.call(&personal, Method::POST, &path, Value::Null),
    );
    deleted.has(200);
    assert!(
        matches!(joined.status.as_u16(), 200 | 404),
        "{}",
        joined.text()
    );
    assert_eq!(erased(&desk).await, 1);
    let store = &desk.organizations.store;
    let member = store.member(&org, &ada.id).await.expect("reads");
    assert_eq!(member, None);
}

/// A row's letters in order: its attributes come in any.
fn sorted(row: &str) -> String {
    let mut letters: Vec<char> = row.chars().collect();
    letters.sort_unstable();
    letters.into_iter().collect()
}

async fn seed_members(desk: &Desk, org: &OrganizationId, count: usize) {
    let mut rows = Vec::new();
    for number in 0..count {
        let somebody = Somebody {
            id: UserId::generate(now()),
            email: format!("member-{number}@example.com"),
        };
        let member = Member {
            organization: org.clone(),
            user: somebody.id.clone(),
            role: "viewer".to_owned(),
            status: Status::Active,
            email: somebody.email,
            name: None,
            joined_at: now(),
        };
        rows.push((keys::member(org, &somebody.id), member.clone()));
        rows.push((keys::membership(&somebody.id, org), member));
    }
    desk.seed(&rows).await;
}
