//! Inviting and accepting.

use chrono::TimeDelta;
use http::{HeaderValue, Method};
use organizations::app::Draft;
use organizations::store::keys;
use platform::rate_limit::{Limit, RateLimiter};
use serde_json::{Value, json};
use testkit::http::{bearer, send};

use crate::desk::{Desk, Has, at, items, kind, now};

fn accept_path(token: &str) -> String {
    format!("/api/organizations/invitations/{token}/accept")
}

#[tokio::test]
async fn an_invited_person_joins_by_the_mailed_token_once() {
    let desk = Desk::start().await;
    let (olga, ada) = (desk.person("olga").await, desk.person("ada").await);
    let org = desk.found(&olga, "Olga's").await;
    let owner = desk.token(&olga, &org).await;
    let path = format!("/api/organizations/{org}/invitations");
    let body = json!({"email": " Ada@Example.com", "role": "admin"});
    let answer = desk.call(&owner, Method::POST, &path, body).await;
    let shown = answer.text();
    let made = answer.expect(201);
    assert_eq!(made["data"]["email"], "ada@example.com");
    assert_eq!(made["data"]["role"], "admin");
    assert_eq!(made["data"]["invited_by"], olga.id.as_str());

    let [(email, token)] = &desk.mails().await[..] else {
        panic!("not one mail");
    };
    assert_eq!(email, "ada@example.com");
    assert_eq!(token.len(), 64);
    assert!(!shown.contains(token.as_str()));
    let kept = desk.stack.cloud.dump(&desk.stack.cloud.organizations).await;
    assert!(!kept.contains(token.as_str()), "the token is kept openly");

    let personal = desk.personal(&ada);
    let answer = desk
        .call(&personal, Method::POST, &accept_path(token), Value::Null)
        .await;
    let joined = answer.expect(200);
    assert_eq!(joined["data"]["organization_id"], org.as_str());
    assert_eq!(joined["data"]["role"], "admin");
    let adas = desk.token(&ada, &org).await;
    let body = desk.get(&adas, "/api/users").await.expect(200);
    assert_eq!(items(&body)[1]["name"], "ada");
    assert_eq!(items(&desk.get(&adas, &path).await.expect(200)).len(), 0);

    let answer = desk
        .call(&personal, Method::POST, &accept_path(token), Value::Null)
        .await;
    assert_eq!(kind(&answer), "not-found");
}

#[tokio::test]
async fn nobody_but_the_invited_person_can_accept() {
    let desk = Desk::start().await;
    let (olga, eve, ada) = (
        desk.person("olga").await,
        desk.person("eve").await,
        desk.person("ada").await,
    );
    let org = desk.found(&olga, "Olga's").await;
    let token = desk.invite(&org, &olga, &ada.email, "viewer", now()).await;
    let path = accept_path(&token);
    desk.call(&desk.personal(&eve), Method::POST, &path, Value::Null)
        .await
        .has(403);
    let eves = desk.organizations.store.member(&org, &eve.id).await;
    assert_eq!(eves.expect("reads"), None);
    // A wrong person does not use it up.
    desk.call(&desk.personal(&ada), Method::POST, &path, Value::Null)
        .await
        .has(200);
}

#[tokio::test]
async fn tokens_that_are_expired_revoked_replaced_or_invented_are_all_not_found() {
    let desk = Desk::start().await;
    let (olga, ada) = (desk.person("olga").await, desk.person("ada").await);
    let org = desk.found(&olga, "Olga's").await;
    let owner = desk.token(&olga, &org).await;
    let personal = desk.personal(&ada);
    let path = format!("/api/organizations/{org}/invitations");
    let accept = async |token: &str| {
        let path = accept_path(token);
        desk.call(&personal, Method::POST, &path, Value::Null).await
    };

    let long_ago = now() - TimeDelta::days(7) - TimeDelta::seconds(1);
    let expired = desk
        .invite(&org, &olga, &ada.email, "viewer", long_ago)
        .await;
    assert_eq!(accept(&expired).await.status, 404);
    assert_eq!(items(&desk.get(&owner, &path).await.expect(200)).len(), 0);

    let replaced = desk.invite(&org, &olga, &ada.email, "viewer", now()).await;
    let revoked = desk.invite(&org, &olga, &ada.email, "viewer", now()).await;
    assert_eq!(accept(&replaced).await.status, 404);
    let body = desk.get(&owner, &path).await.expect(200);
    assert_eq!(items(&body).len(), 1);
    let id = items(&body)[0]["id"].as_str().expect("an id");
    let one = format!("{path}/{id}");
    desk.call(&owner, Method::DELETE, &one, Value::Null)
        .await
        .has(200);
    assert_eq!(accept(&revoked).await.status, 404);
    desk.call(&owner, Method::DELETE, &one, Value::Null)
        .await
        .has(404);

    for token in ["abc", &"0".repeat(64), &"f".repeat(201), "..%2F..", "%00"] {
        assert_eq!(accept(token).await.status, 404, "{token}");
    }
    assert_eq!(desk.mails().await, []);
}

#[tokio::test]
async fn another_organizations_invitation_cannot_be_revoked() {
    let desk = Desk::start().await;
    let (olga, otto, ada) = (
        desk.person("olga").await,
        desk.person("otto").await,
        desk.person("ada").await,
    );
    let first = desk.found(&olga, "First").await;
    let second = desk.found(&otto, "Second").await;
    let token = desk
        .invite(&first, &olga, &ada.email, "viewer", now())
        .await;
    let (open, _) = desk
        .organizations
        .store
        .invitations(&first, now(), 10, None)
        .await
        .expect("reads");
    let id = &open[0].id;
    let ottos = desk.token(&otto, &second).await;
    for org in [&first, &second] {
        let path = format!("/api/organizations/{org}/invitations/{id}");
        desk.call(&ottos, Method::DELETE, &path, Value::Null)
            .await
            .has(404);
    }
    let path = format!("/api/organizations/{second}/invitations/nonsense");
    desk.call(&ottos, Method::DELETE, &path, Value::Null)
        .await
        .has(404);
    let path = accept_path(&token);
    desk.call(&desk.personal(&ada), Method::POST, &path, Value::Null)
        .await
        .has(200);
}

#[tokio::test]
async fn one_token_accepted_twice_at_once_makes_one_member() {
    let desk = Desk::start().await;
    let (olga, ada) = (desk.person("olga").await, desk.person("ada").await);
    let org = desk.found(&olga, "Olga's").await;
    let token = desk.invite(&org, &olga, &ada.email, "viewer", now()).await;
    let personal = desk.personal(&ada);
    let path = accept_path(&token);
    let (one, other) = tokio::join!(
        desk.call(&personal, Method::POST, &path, Value::Null),
        desk.call(&personal, Method::POST, &path, Value::Null),
    );
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 404]);
    let roster = desk.organizations.store.roster(&org).await;
    assert_eq!(roster.expect("reads").expect("there").members(), 2);
}

#[tokio::test]
async fn members_are_not_invited_and_a_gone_role_lets_nobody_in() {
    let desk = Desk::start().await;
    let (olga, ada, max) = (
        desk.person("olga").await,
        desk.person("ada").await,
        desk.person("max").await,
    );
    let org = desk.found(&olga, "Olga's").await;
    desk.join(&org, &olga, &ada, "viewer").await;
    let owner = desk.token(&olga, &org).await;
    for email in [&olga.email, &ada.email] {
        let body = json!({"email": email});
        desk.call(&owner, Method::POST, "/api/users", body)
            .await
            .has(409);
    }
    for (field, body) in [
        ("email", json!({"email": "no address"})),
        (
            "role",
            json!({"email": "new@example.com", "role": "nobodys"}),
        ),
    ] {
        let answer = desk.call(&owner, Method::POST, "/api/users", body).await;
        assert_eq!(answer.expect(400)["details"][0]["field"], field);
    }

    let roles = format!("/api/organizations/{org}/roles");
    let body = json!({"name": "desk", "permissions": ["read"]});
    desk.call(&owner, Method::POST, &roles, body).await.has(201);
    let token = desk.invite(&org, &olga, &max.email, "desk", now()).await;
    let path = format!("{roles}/desk");
    desk.call(&owner, Method::DELETE, &path, Value::Null)
        .await
        .has(200);
    let path = accept_path(&token);
    desk.call(&desk.personal(&max), Method::POST, &path, Value::Null)
        .await
        .has(409);
}

#[tokio::test]
async fn the_same_invitation_sent_twice_mails_once() {
    let desk = Desk::start().await;
    let olga = desk.person("olga").await;
    let org = desk.found(&olga, "Olga's").await;
    let token = desk.token(&olga, &org).await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        let body = json!({"email": "new@example.com"}).to_string();
        let mut request = bearer(&token, &Method::POST, "/api/users", body);
        let key = HeaderValue::from_static("once");
        request.headers_mut().insert("idempotency-key", key);
        let body = send(&desk.router, request).await.expect(201);
        assert_eq!(body["data"]["role"], "member");
        ids.push(body["data"]["id"].clone());
    }
    assert_eq!(ids[0], ids[1]);
    assert_eq!(desk.mails().await.len(), 1);
}

#[tokio::test]
async fn no_more_than_two_hundred_invitations_are_open() {
    let desk = Desk::start().await;
    let olga = desk.person("olga").await;
    let org = desk.found(&olga, "Olga's").await;
    let rows: Vec<_> = (0..200)
        .map(|number| {
            let email = format!("p{number}@example.com");
            let draft = Draft::new(&org, &olga.id, &email, "viewer", at(now()));
            let key = keys::invitation(&org, &draft.invitation.id);
            (key, draft.invitation)
        })
        .collect();
    desk.seed(&rows).await;
    let draft = Draft::new(&org, &olga.id, "one@example.com", "viewer", at(now()));
    let more = desk
        .organizations
        .invite(&draft, &json!({}), at(now()))
        .await;
    assert!(matches!(more, Err(kernel::Error::Conflict(_))), "{more:?}");
    // A second one of the same address takes no more room.
    desk.invite(&org, &olga, "p7@example.com", "viewer", now())
        .await;
}

#[tokio::test]
async fn one_person_sends_a_hundred_invitations_an_hour() {
    let desk = Desk::start().await;
    let olga = desk.person("olga").await;
    let org = desk.found(&olga, "Olga's").await;
    let token = desk.token(&olga, &org).await;
    let hour = || now().timestamp() / 3_600;
    let began = hour();
    let limiter = RateLimiter::new(desk.stack.cloud.platform.clone());
    let name = format!("invitations:{}", olga.id);
    for _ in 0..99 {
        let sent = limiter.admit(&name, Limit::exact(100, 3_600), now()).await;
        assert!(sent.expect("counts").admitted);
    }
    let invite = async |email: &str| {
        let body = json!({"email": email});
        desk.call(&token, Method::POST, "/api/users", body).await
    };
    invite("a@example.com").await.has(201);
    let answer = invite("b@example.com").await;
    // Another hour begins another count.
    if hour() == began {
        assert_eq!(kind(&answer), "rate-limited");
        assert!(!answer.header("retry-after").is_empty());
    }
}
