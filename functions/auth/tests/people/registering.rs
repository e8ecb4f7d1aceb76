use chrono::TimeDelta;
use identity::mail::Mail;
use serde_json::json;

use crate::support::{EMAIL, PASSWORD, Scene, fields, problem};

#[tokio::test]
async fn an_address_that_is_shown_to_be_ones_own_becomes_a_person_who_signs_in() {
    let scene = Scene::start().await;
    let body = json!({"email": " Ada@Firm.example ", "password": PASSWORD, "name": " Ada "});
    let answer = scene.post("/api/v1/auth/register", &body).await.expect(202);
    assert!(answer["message"].is_string());
    let early = scene.login(EMAIL, PASSWORD).await;
    assert_eq!(problem(early, 403).0, "email-not-verified");
    let wrong = scene.login(EMAIL, "another password").await;
    assert_eq!(problem(wrong, 401).0, "unauthenticated");

    let token = scene
        .verification_tokens(EMAIL)
        .await
        .pop()
        .expect("a mail");
    assert_eq!(token.len(), 43);
    assert_eq!(scene.verify(&token).await.status, 204);
    let tokens = scene.signed_in(EMAIL, PASSWORD).await;
    let me = scene
        .get(&tokens.access, "/api/v1/user/me")
        .await
        .expect(200);
    assert_eq!(me["email"], EMAIL);
    assert_eq!(me["name"], "Ada");
    assert_eq!(me["tier"], "free");
    assert_eq!(me["role"], "owner");
    assert_eq!(me["organization_id"], json!(null));
}

#[tokio::test]
async fn the_answer_is_the_same_whether_or_not_the_address_is_taken() {
    let scene = Scene::start().await;
    scene.verified(EMAIL, PASSWORD).await;
    let taken = scene.register(EMAIL, "a password of somebody").await;
    let free = scene
        .register("b@firm.example", "a password of somebody")
        .await;
    assert_eq!(
        (taken.status, free.status),
        (http::StatusCode::ACCEPTED, http::StatusCode::ACCEPTED)
    );
    assert_eq!(taken.body, free.body);
    // What the mail says is decided when it is written.
    let asked = scene.mails().await;
    let to: Vec<&str> = asked
        .iter()
        .filter_map(|mail| match mail {
            Mail::VerifyAddress { email, .. } => Some(email.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(to, [EMAIL, EMAIL, "b@firm.example"]);
}

#[tokio::test]
async fn a_registration_of_a_taken_address_changes_nothing_and_does_not_tell() {
    let scene = Scene::start().await;
    scene.verified(EMAIL, PASSWORD).await;
    let theirs = "a password of somebody";
    scene.register(EMAIL, theirs).await;
    scene.register("b@firm.example", theirs).await;
    // Whoever registered knows their own password: it gets the same answer.
    let taken = scene.login(EMAIL, theirs).await;
    let free = scene.login("b@firm.example", theirs).await;
    assert_eq!(problem(taken, 403).0, "email-not-verified");
    assert_eq!(problem(free, 403).0, "email-not-verified");
    assert_eq!(scene.login(EMAIL, PASSWORD).await.status, 200);
    let late = scene
        .verification_tokens(EMAIL)
        .await
        .pop()
        .expect("a mail");
    assert_eq!(problem(scene.verify(&late).await, 409).0, "conflict");
    assert_eq!(scene.login(EMAIL, theirs).await.status, 403);
}

#[tokio::test]
async fn each_token_activates_its_own_registrations_password() {
    let scene = Scene::start().await;
    scene.register(EMAIL, "the first password").await;
    scene.register(EMAIL, "the second password").await;
    let tokens = scene.verification_tokens(EMAIL).await;
    assert_eq!(tokens.len(), 2);
    assert_eq!(scene.verify(&tokens[0]).await.status, 204);
    assert_eq!(scene.login(EMAIL, "the first password").await.status, 200);
    assert_eq!(scene.login(EMAIL, "the second password").await.status, 403);
}

#[tokio::test]
async fn a_mailed_token_is_good_once_and_for_a_day() {
    let scene = Scene::start().await;
    scene.register(EMAIL, PASSWORD).await;
    let token = scene
        .verification_tokens(EMAIL)
        .await
        .pop()
        .expect("a mail");
    let guess: String = token.chars().rev().collect();
    assert_eq!(fields(scene.verify(&guess).await), ["token"]);
    assert_eq!(scene.verify(&token).await.status, 204);
    assert_eq!(fields(scene.verify(&token).await), ["token"]);

    scene.register("b@firm.example", PASSWORD).await;
    let late = scene.verification_tokens("b@firm.example").await.pop();
    scene.advance(TimeDelta::hours(24));
    assert_eq!(
        fields(scene.verify(&late.expect("a mail")).await),
        ["token"]
    );
    // The registration is over as well.
    assert_eq!(scene.login("b@firm.example", PASSWORD).await.status, 401);
}

#[tokio::test]
async fn of_many_who_present_a_token_at_once_one_verifies() {
    let scene = Scene::start().await;
    scene.register(EMAIL, PASSWORD).await;
    let token = scene
        .verification_tokens(EMAIL)
        .await
        .pop()
        .expect("a mail");
    let answers = futures::future::join_all((0..10).map(|_| scene.verify(&token))).await;
    let good = answers.iter().filter(|answer| answer.status == 204).count();
    assert_eq!(good, 1);
}

#[tokio::test]
async fn nothing_that_is_kept_or_sent_shows_a_password_or_a_token() {
    let scene = Scene::start().await;
    let (_, tokens) = scene.ada().await;
    let mailed = scene
        .verification_tokens(EMAIL)
        .await
        .pop()
        .expect("a mail");
    let kept = scene.stack.cloud.dump(&scene.stack.cloud.identity).await;
    assert!(kept.contains("$argon2id$"), "the hash is kept");
    // The secret of a refresh token is what follows its names.
    let secret = &tokens.refresh[64..];
    for hidden in [PASSWORD, &mailed, secret, &tokens.access] {
        assert!(!kept.contains(hidden), "{hidden}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_registration_is_named() {
    let scene = Scene::start().await;
    for (body, field) in [
        (json!({"password": PASSWORD}), "email"),
        (json!({"email": EMAIL}), "password"),
        (json!({"email": "ada", "password": PASSWORD}), "email"),
        (json!({"email": 1, "password": PASSWORD}), "email"),
        (json!({"email": EMAIL, "password": "short"}), "password"),
        (
            json!({"email": EMAIL, "password": "x1".repeat(65)}),
            "password",
        ),
        (json!({"email": EMAIL, "password": "password1"}), "password"),
        (
            json!({"email": "lovelace@x.org", "password": "mylovelace99"}),
            "password",
        ),
        (
            json!({"email": EMAIL, "password": PASSWORD, "name": ""}),
            "name",
        ),
        (
            json!({"email": EMAIL, "password": PASSWORD, "name": "a\nb"}),
            "name",
        ),
    ] {
        let answer = scene.post("/api/v1/auth/register", &body).await;
        assert_eq!(fields(answer), [field], "{body}");
    }
    assert_eq!(scene.mails().await.len(), 0);
    let both = scene.post("/api/v1/auth/register", &json!({})).await;
    assert_eq!(fields(both), ["email", "password"]);
}
