use chrono::TimeDelta;
use http::Method;
use identity::app::passwords::issue_reset;
use identity::mail::Mail;
use secrecy::ExposeSecret;
use serde_json::json;
use testkit::Answer;
use testkit::http::{bearer, send};

use crate::support::{EMAIL, PASSWORD, Scene, fields, problem};

const RESET: &str = "/api/v1/auth/password/reset";
const CHANGE: &str = "/api/v1/auth/password/change";
const ME: &str = "/api/v1/user/me";
const NEW: &str = "an entirely new one";

/// What the mailer does with a request.
async fn mailed(scene: &Scene, email: &str) -> Option<String> {
    let token = issue_reset(&scene.store, email, scene.now()).await;
    let token = token.expect("the store works");
    token.map(|token| token.expose_secret().to_owned())
}

async fn confirm(scene: &Scene, token: &str, password: &str) -> Answer {
    let body = json!({"token": token, "new_password": password});
    scene.post(RESET, &body).await
}

#[tokio::test]
async fn a_known_and_an_unknown_address_get_the_same_answer_and_a_mail_event() {
    let scene = Scene::start().await;
    scene.verified(EMAIL, PASSWORD).await;
    let known = scene
        .post(RESET, &json!({"email": " ADA@firm.example"}))
        .await;
    let unknown = scene
        .post(RESET, &json!({"email": "nobody@firm.example"}))
        .await;
    assert_eq!(known.status, 202);
    assert_eq!(unknown.status, 202);
    assert_eq!(known.body, unknown.body);
    let asked: Vec<String> = scene
        .mails()
        .await
        .into_iter()
        .filter_map(|mail| match mail {
            Mail::ResetPassword { email } => Some(email),
            _ => None,
        })
        .collect();
    assert_eq!(asked, [EMAIL, "nobody@firm.example"]);
    assert!(mailed(&scene, "nobody@firm.example").await.is_none());
}

#[tokio::test]
async fn a_mailed_token_gives_a_new_password_and_ends_every_session() {
    let scene = Scene::start().await;
    let (user, one) = scene.ada().await;
    let other = scene.signed_in(EMAIL, PASSWORD).await;
    let token = mailed(&scene, EMAIL).await.expect("a token");
    assert_eq!(confirm(&scene, &token, NEW).await.status, 204);
    // At once after it, and in the same second.
    let fresh_one = scene.signed_in(EMAIL, NEW).await;
    assert_eq!(scene.login(EMAIL, PASSWORD).await.status, 401);
    let fresh = scene.fresh();
    for tokens in [&one, &other] {
        assert_eq!(scene.refresh(&tokens.refresh).await.status, 401);
        let call = bearer(&tokens.access, &Method::GET, ME, "");
        assert_eq!(send(&fresh, call).await.status, 401);
    }
    let call = bearer(&fresh_one.access, &Method::GET, ME, "");
    assert_eq!(send(&fresh, call).await.status, 200);
    let told = scene.mails().await;
    let told = told
        .iter()
        .filter(|mail| matches!(mail, Mail::PasswordChanged { user: whose, .. } if *whose == user));
    assert_eq!(told.count(), 1);
}

#[tokio::test]
async fn a_token_is_good_once_for_an_hour_and_survives_a_bad_password() {
    let scene = Scene::start().await;
    scene.verified(EMAIL, PASSWORD).await;
    let token = mailed(&scene, EMAIL).await.expect("a token");
    assert_eq!(
        fields(confirm(&scene, &token, "password1").await),
        ["new_password"]
    );
    assert_eq!(confirm(&scene, &token, NEW).await.status, 204);
    assert_eq!(
        fields(confirm(&scene, &token, "another new one").await),
        ["token"]
    );
    let late = mailed(&scene, EMAIL).await.expect("a token");
    scene.advance(TimeDelta::minutes(60));
    assert_eq!(
        fields(confirm(&scene, &late, "another new one").await),
        ["token"]
    );
    assert_eq!(scene.login(EMAIL, NEW).await.status, 200);
}

#[tokio::test]
async fn a_token_for_one_thing_is_no_token_for_another() {
    let scene = Scene::start().await;
    scene.verified(EMAIL, PASSWORD).await;
    scene.register("b@firm.example", PASSWORD).await;
    let verifies = scene.verification_tokens("b@firm.example").await;
    assert_eq!(fields(confirm(&scene, &verifies[0], NEW).await), ["token"]);
    let resets = mailed(&scene, EMAIL).await.expect("a token");
    assert_eq!(fields(scene.verify(&resets).await), ["token"]);
    assert_eq!(scene.verify(&verifies[0]).await.status, 204);
    assert_eq!(confirm(&scene, &resets, NEW).await.status, 204);
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let scene = Scene::start().await;
    for (body, field) in [
        (json!({}), "email"),
        (json!({"email": "ada"}), "email"),
        (json!({"token": "x"}), "new_password"),
        (json!({"new_password": NEW}), "token"),
        (json!({"email": EMAIL, "new_password": NEW}), "token"),
        (json!({"token": "x", "new_password": NEW}), "token"),
    ] {
        assert_eq!(fields(scene.post(RESET, &body).await), [field], "{body}");
    }
}

#[tokio::test]
async fn a_change_by_the_old_password_ends_the_other_sessions() {
    let scene = Scene::start().await;
    let (_, other) = scene.ada().await;
    let own = scene.signed_in(EMAIL, PASSWORD).await;
    let change = |current: &str, new: &str| {
        let body = json!({"current_password": current, "new_password": new});
        let (scene, token) = (&scene, own.access.clone());
        async move { scene.call(&token, Method::POST, CHANGE, &body).await }
    };
    assert_eq!(
        problem(change("a wrong one", NEW).await, 403).0,
        "forbidden"
    );
    assert_eq!(fields(change(PASSWORD, "short").await), ["new_password"]);
    assert_eq!(change(PASSWORD, NEW).await.status, 204);
    let fresh = scene.fresh();
    let me = |token: &str| bearer(token, &Method::GET, ME, "");
    assert_eq!(send(&fresh, me(&other.access)).await.status, 401);
    assert_eq!(scene.refresh(&other.refresh).await.status, 401);
    assert_eq!(send(&fresh, me(&own.access)).await.status, 200);
    assert_eq!(scene.refresh(&own.refresh).await.status, 200);
    assert_eq!(scene.login(EMAIL, NEW).await.status, 200);
}

#[tokio::test]
async fn a_blocked_person_gets_no_token() {
    let scene = Scene::start().await;
    let user = scene.verified(EMAIL, PASSWORD).await;
    let block = |person: &mut identity::model::Person| {
        person.status = identity::model::PersonStatus::Blocked;
    };
    scene.change(&user, block).await;
    assert!(mailed(&scene, EMAIL).await.is_none());
}
