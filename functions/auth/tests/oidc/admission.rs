//! Who is let in by what the provider says of them, and who is not taken over.

use identity::model::PersonStatus;
use organizations::Status;
use organizations::app::MemberChange;
use platform::dynamo::Transaction;
use serde_json::json;

use crate::scene::{Scene, ada, at_once, problem};

#[tokio::test]
async fn nobody_is_taken_over_by_their_address() {
    let scene = Scene::start().await;
    let before = scene.person("ada@firm.example").await;
    let refused = scene.sign_in().await;
    let (word, detail) = problem(refused, 403);
    assert_eq!(word, "forbidden");
    assert!(
        detail.contains("sign in with its password and link"),
        "{detail}"
    );
    assert_eq!(
        scene.of_email("ada@firm.example").await,
        Some(before.clone())
    );
    assert!(scene.member(&before.id).await.is_none());
    // Not the other way either: by another's name at the provider.
    let mut other = ada();
    other["sub"] = json!("another");
    scene.provider.set_user(other);
    assert_eq!(problem(scene.sign_in().await, 403).0, "forbidden");
}

#[tokio::test]
async fn a_member_is_linked_by_an_address_that_the_provider_answers_for() {
    let scene = Scene::start().await;
    let member = scene.person("ada@firm.example").await;
    scene.join(&member).await;
    let mut unverified = ada();
    unverified["email_verified"] = json!(false);
    scene.provider.set_user(unverified);
    let (word, detail) = problem(scene.sign_in().await, 403);
    assert_eq!(word, "forbidden");
    assert!(detail.contains("does not say that your email"), "{detail}");

    scene.provider.set_user(ada());
    let claims = scene.claims(&scene.signed_in().await).await;
    assert_eq!(claims.sub, member.id.as_str());
    assert_eq!(claims.role, "viewer");
    // Once linked, the address matters no more.
    scene.provider.set_user(json!({"sub": ada()["sub"]}));
    let again = scene.claims(&scene.signed_in().await).await;
    assert_eq!(again.sub, member.id.as_str());
}

#[tokio::test]
async fn nobody_is_made_whose_address_the_provider_does_not_answer_for() {
    let scene = Scene::start().await;
    for verified in [json!(false), json!("no"), json!(null)] {
        let mut user = ada();
        user["email_verified"] = verified.clone();
        scene.provider.set_user(user);
        let refused = scene.sign_in().await;
        assert_eq!(problem(refused, 403).0, "forbidden", "{verified}");
        assert!(scene.of_email("ada@firm.example").await.is_none());
    }
}

#[tokio::test]
async fn people_are_made_of_the_firms_domains_alone_and_where_it_wants_them() {
    let scene = Scene::start().await;
    for email in ["ada@elsewhere.example", "ada@sub.firm.example"] {
        let mut user = ada();
        user["email"] = json!(email);
        scene.provider.set_user(user);
        let (word, detail) = problem(scene.sign_in().await, 403);
        assert_eq!(word, "forbidden");
        assert!(detail.contains("not invited"), "{detail}");
        assert!(scene.of_email(email).await.is_none());
    }
    scene.provider.set_user(ada());
    scene.change(|set| set.provision = false).await;
    assert_eq!(problem(scene.sign_in().await, 403).0, "forbidden");
    assert!(scene.of_email("ada@firm.example").await.is_none());
}

#[tokio::test]
async fn two_at_once_make_one_person() {
    let scene = Scene::start().await;
    let (one, other) = tokio::join!(scene.sign_in(), scene.sign_in());
    assert_eq!(one.status, 303, "{}", one.text());
    assert_eq!(other.status, 303, "{}", other.text());
    let of = async |answer| {
        let body = scene.refreshed(&answer).await.expect(200);
        let token = body["access_token"].as_str().expect("a token").to_owned();
        scene.claims(&token).await.sub
    };
    assert_eq!(of(one).await, of(other).await);
    let members = scene.organizations.store.all_members(&scene.org).await;
    assert_eq!(members.expect("reads").len(), 2);
}

#[tokio::test]
async fn who_was_removed_or_suspended_is_not_let_in_again_by_the_provider() {
    let scene = Scene::start().await;
    scene.signed_in().await;
    let ada = scene.of_email("ada@firm.example").await.expect("a person");
    let suspended = MemberChange {
        status: Some(Status::Suspended),
        role: None,
    };
    let (org, owner) = (&scene.org, &scene.owner.id);
    let change = scene
        .organizations
        .change_member(org, owner, &ada.id, &suspended, at_once());
    change.await.expect("suspends");
    let (word, detail) = problem(scene.sign_in().await, 403);
    assert_eq!(word, "forbidden");
    assert!(detail.contains("no active member"), "{detail}");
    let removed = scene
        .organizations
        .remove_member(org, owner, &ada.id, at_once());
    removed.await.expect("removes");
    assert_eq!(problem(scene.sign_in().await, 403).0, "forbidden");
    assert!(scene.member(&ada.id).await.is_none());
}

#[tokio::test]
async fn somebody_who_is_blocked_is_not_let_in() {
    let scene = Scene::start().await;
    scene.signed_in().await;
    let before = scene.of_email("ada@firm.example").await.expect("a person");
    let mut blocked = before.clone();
    blocked.status = PersonStatus::Blocked;
    let mut transaction = Transaction::new();
    let changed = scene
        .store
        .change_person(&mut transaction, &before, blocked);
    changed.expect("items");
    transaction.commit().await.expect("writes");
    assert_eq!(problem(scene.sign_in().await, 401).0, "unauthenticated");
}

#[tokio::test]
async fn a_role_that_is_gone_makes_nobody() {
    let scene = Scene::start().await;
    let (org, owner) = (&scene.org, &scene.owner.id);
    let permissions = [kernel::access::Permission::Read].into();
    let made = scene
        .organizations
        .add_role(org, owner, "guest", &permissions, at_once());
    made.await.expect("a role");
    scene.change(|set| "guest".clone_into(&mut set.role)).await;
    let removed = scene.organizations.remove_role(org, owner, "guest");
    removed.await.expect("removes");
    let (word, detail) = problem(scene.sign_in().await, 409);
    assert_eq!(word, "conflict");
    assert!(detail.contains("role of new members is gone"), "{detail}");
    assert!(scene.of_email("ada@firm.example").await.is_none());
}
