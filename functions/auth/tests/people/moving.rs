//! Moving to another address.

use chrono::TimeDelta;
use http::Method;
use identity::app::passwords::issue_reset;
use identity::mail::Mail;
use identity::model::PersonStatus;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use testkit::Answer;
use testkit::http::{bearer, send};
use totp_rs::Totp;

use crate::support::{EMAIL, PASSWORD, Scene, fields, problem};

const PATH: &str = "/api/v1/user/email";
const ME: &str = "/api/v1/user/me";
const NEW_EMAIL: &str = "ada@home.example";
const NEW_PASSWORD: &str = "an entirely new one";

async fn ask(scene: &Scene, access: &str, new_email: &str) -> Answer {
    let body = json!({"new_email": new_email, "password": PASSWORD});
    scene.call(access, Method::POST, PATH, &body).await
}

/// The tokens that were mailed to addresses that somebody wants, the oldest
/// first.
async fn tokens(scene: &Scene) -> Vec<String> {
    let mut tokens = Vec::new();
    for mail in scene.mails().await {
        if let Mail::ConfirmAddress {
            email,
            sealed_token,
        } = mail
        {
            let token = Mail::open_token(&scene.stack.vault, &email, &sealed_token).await;
            tokens.push(token.expect("opens").expose_secret().to_owned());
        }
    }
    tokens
}

/// The last of them.
async fn token(scene: &Scene) -> String {
    tokens(scene).await.pop().expect("a mail")
}

#[tokio::test]
async fn a_mailed_token_moves_a_person_and_ends_their_other_sessions() {
    let scene = Scene::start().await;
    let (user, other) = scene.ada().await;
    let own = scene.signed_in(EMAIL, PASSWORD).await;
    let answer = ask(&scene, &own.access, " Ada@Home.example").await;
    assert!(answer.expect(202)["message"].is_string());
    // Nothing has changed before the new address is shown to be theirs.
    assert_eq!(scene.login(NEW_EMAIL, PASSWORD).await.status, 401);
    let me = scene.get(&own.access, ME).await.expect(200);
    assert_eq!(me["email"], EMAIL);

    let token = token(&scene).await;
    assert_eq!(scene.verify(&token).await.status, 204);
    let fresh = scene.fresh();
    let me = |token: &str| bearer(token, &Method::GET, ME, "");
    let mine = send(&fresh, me(&own.access)).await.expect(200);
    assert_eq!(mine["email"], NEW_EMAIL);
    assert_eq!(mine["id"], json!(user));
    assert_eq!(scene.refresh(&own.refresh).await.status, 200);
    assert_eq!(send(&fresh, me(&other.access)).await.status, 401);
    assert_eq!(scene.refresh(&other.refresh).await.status, 401);
    assert_eq!(scene.login(EMAIL, PASSWORD).await.status, 401);
    assert_eq!(scene.login(NEW_EMAIL, PASSWORD).await.status, 200);
    assert_eq!(fields(scene.verify(&token).await), ["token"], "used");

    let listed = scene.store.directory("ada@", 10, None).await;
    assert_eq!(listed.expect("reads").0, [user]);
    let old = scene.store.directory(EMAIL, 10, None).await;
    assert_eq!(old.expect("reads").0, []);
    // The old address is free.
    let successor = scene.verified(EMAIL, NEW_PASSWORD).await;
    let signed_in = scene.signed_in(EMAIL, NEW_PASSWORD).await;
    let theirs = scene.get(&signed_in.access, ME).await.expect(200);
    assert_eq!(theirs["id"], json!(successor));
}

#[tokio::test]
async fn the_old_address_is_told_when_it_is_asked_and_when_it_is_done() {
    let scene = Scene::start().await;
    let (_, own) = scene.ada().await;
    assert_eq!(ask(&scene, &own.access, NEW_EMAIL).await.status, 202);
    let told = async || {
        let mails = scene.mails().await;
        let told = mails.into_iter().filter_map(|mail| match mail {
            Mail::AddressChangeAsked {
                email, new_email, ..
            } => Some(("asked", email, new_email)),
            Mail::AddressChanged {
                email, new_email, ..
            } => Some(("changed", email, new_email)),
            _ => None,
        });
        told.collect::<Vec<_>>()
    };
    let (old, new) = (EMAIL.to_owned(), NEW_EMAIL.to_owned());
    assert_eq!(told().await, [("asked", old.clone(), new.clone())]);
    assert_eq!(scene.verify(&token(&scene).await).await.status, 204);
    assert_eq!(told().await[1], ("changed", old, new));
    assert_eq!(told().await.len(), 2);
}

#[tokio::test]
async fn the_answer_is_the_same_for_an_address_that_is_somebodys_and_the_move_a_conflict() {
    let scene = Scene::start().await;
    let (_, own) = scene.ada().await;
    let free = ask(&scene, &own.access, NEW_EMAIL).await;
    scene.verified("bob@firm.example", PASSWORD).await;
    let taken = ask(&scene, &own.access, "bob@firm.example").await;
    assert_eq!((free.status, taken.status), (taken.status, free.status));
    assert_eq!(free.body, taken.body);
    // The mailer sends no token there; whoever had one would change nothing.
    let moved = scene.verify(&token(&scene).await).await;
    assert_eq!(problem(moved, 409).0, "conflict");
    assert_eq!(scene.login(EMAIL, PASSWORD).await.status, 200);
    let bob = scene.signed_in("bob@firm.example", PASSWORD).await;
    let me = scene.get(&bob.access, ME).await.expect(200);
    assert_eq!(me["email"], "bob@firm.example");
}

#[tokio::test]
async fn of_a_move_and_a_registration_the_first_that_is_shown_gets_the_address() {
    let scene = Scene::start().await;
    let (_, own) = scene.ada().await;
    // A registration waits, and another one; the move is faster than the one
    // and slower than the other.
    for (new_email, is_faster) in [(NEW_EMAIL, true), ("ada@other.example", false)] {
        assert_eq!(scene.register(new_email, NEW_PASSWORD).await.status, 202);
        assert_eq!(ask(&scene, &own.access, new_email).await.status, 202);
        let registered = scene.verification_tokens(new_email).await;
        let registered = registered.last().expect("a mail");
        let moves = token(&scene).await;
        let order = match is_faster {
            true => [&moves, registered],
            false => [registered, &moves],
        };
        assert_eq!(scene.verify(order[0]).await.status, 204);
        assert_eq!(problem(scene.verify(order[1]).await, 409).0, "conflict");
    }
    assert_eq!(scene.login(NEW_EMAIL, PASSWORD).await.status, 200);
    let other = scene.login("ada@other.example", NEW_PASSWORD).await;
    assert_eq!(other.status, 200);
}

#[tokio::test]
async fn two_who_want_one_address_at_once_get_it_once() {
    let scene = Scene::start().await;
    let (_, ada) = scene.ada().await;
    scene.verified("bob@firm.example", PASSWORD).await;
    let bob = scene.signed_in("bob@firm.example", PASSWORD).await;
    for access in [&ada.access, &bob.access] {
        assert_eq!(ask(&scene, access, NEW_EMAIL).await.status, 202);
    }
    let tokens = tokens(&scene).await;
    let answers = tokio::join!(scene.verify(&tokens[0]), scene.verify(&tokens[1]));
    let mut statuses = [answers.0.status.as_u16(), answers.1.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 409]);
}

#[tokio::test]
async fn only_who_knows_the_password_asks_and_not_without_bound() {
    let scene = Scene::start().await;
    let (_, own) = scene.ada().await;
    let call = async |body: Value| scene.call(&own.access, Method::POST, PATH, &body).await;
    let wrong = json!({"new_email": NEW_EMAIL, "password": "another password"});
    assert_eq!(problem(call(wrong.clone()).await, 403).0, "forbidden");
    for (body, field) in [
        (json!({"password": PASSWORD}), "new_email"),
        (json!({"new_email": NEW_EMAIL}), "password"),
        (
            json!({"new_email": "ada", "password": PASSWORD}),
            "new_email",
        ),
        (
            json!({"new_email": EMAIL, "password": PASSWORD}),
            "new_email",
        ),
    ] {
        assert_eq!(fields(call(body.clone()).await), [field], "{body}");
    }
    let anonymous = scene.post(PATH, &wrong).await;
    assert_eq!(anonymous.status, 401);
    assert_eq!(tokens(&scene).await, Vec::<String>::new());
    let mut statuses = Vec::new();
    for _ in 0..20 {
        statuses.push(call(wrong.clone()).await.status.as_u16());
    }
    assert_eq!(statuses.last(), Some(&429), "{statuses:?}");
}

#[tokio::test]
async fn with_a_second_factor_a_code_is_needed_too() {
    let scene = Scene::start().await;
    let (_, own) = scene.ada().await;
    let call = async |path: &str, body: Value| {
        let answer = scene.call(&own.access, Method::POST, path, &body).await;
        (answer.status.as_u16(), answer)
    };
    let setup = call("/api/v1/auth/2fa/setup", json!({"password": PASSWORD}));
    let setup = setup.await.1.expect(200);
    let uri = setup["otpauth_uri"].as_str().expect("a URI");
    let totp = Totp::from_url(uri).expect("an authenticator's URI");
    let at = kernel::time::Clock::now(&platform::clock::SystemClock).timestamp();
    let code = totp
        .generate(u64::try_from(at).expect("after 1970"))
        .to_string();
    let verify = call("/api/v1/auth/2fa/verify", json!({"code": code}));
    let codes = verify.await.1.expect(200)["backup_codes"].clone();

    let with = |code: &Value| match code {
        Value::Null => json!({"new_email": NEW_EMAIL, "password": PASSWORD}),
        code => json!({"new_email": NEW_EMAIL, "password": PASSWORD, "code": code}),
    };
    let missing = call(PATH, with(&Value::Null)).await.1;
    assert_eq!(problem(missing, 401).0, "second-factor-required");
    assert_eq!(call(PATH, with(&json!("zzzz-zzzz"))).await.0, 403);
    assert_eq!(tokens(&scene).await, Vec::<String>::new());
    assert_eq!(call(PATH, with(&codes[0])).await.0, 202);
    assert_eq!(call(PATH, with(&codes[0])).await.0, 403, "used");
    assert_eq!(scene.verify(&token(&scene).await).await.status, 204);
}

#[tokio::test]
async fn a_newer_wish_a_new_password_a_block_and_an_hour_void_a_token() {
    let scene = Scene::start().await;
    let (user, own) = scene.ada().await;
    assert_eq!(ask(&scene, &own.access, NEW_EMAIL).await.status, 202);
    let first = token(&scene).await;
    assert_eq!(ask(&scene, &own.access, NEW_EMAIL).await.status, 202);
    let second = token(&scene).await;
    assert_eq!(fields(scene.verify(&first).await), ["token"], "replaced");

    for status in [PersonStatus::Blocked, PersonStatus::Active] {
        scene.change(&user, |person| person.status = status).await;
        if status == PersonStatus::Blocked {
            assert_eq!(fields(scene.verify(&second).await), ["token"], "blocked");
        }
    }
    let body = json!({"current_password": PASSWORD, "new_password": NEW_PASSWORD});
    let change = "/api/v1/auth/password/change";
    let changed = scene.call(&own.access, Method::POST, change, &body).await;
    assert_eq!(changed.status, 204);
    assert_eq!(
        fields(scene.verify(&second).await),
        ["token"],
        "new password"
    );

    let body = json!({"new_email": NEW_EMAIL, "password": NEW_PASSWORD});
    let asked = scene.call(&own.access, Method::POST, PATH, &body).await;
    assert_eq!(asked.status, 202);
    let third = token(&scene).await;
    scene.advance(TimeDelta::minutes(60));
    assert_eq!(fields(scene.verify(&third).await), ["token"], "late");
    assert_eq!(scene.login(EMAIL, NEW_PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_reset_that_was_mailed_to_the_old_address_is_not_good_after_the_move() {
    let scene = Scene::start().await;
    let (_, own) = scene.ada().await;
    let reset = issue_reset(&scene.store, EMAIL, scene.now()).await;
    let reset = reset.expect("the store works").expect("a token");
    assert_eq!(ask(&scene, &own.access, NEW_EMAIL).await.status, 202);
    assert_eq!(scene.verify(&token(&scene).await).await.status, 204);
    let body = json!({"token": reset.expose_secret(), "new_password": NEW_PASSWORD});
    let answer = scene.post("/api/v1/auth/password/reset", &body).await;
    assert_eq!(fields(answer), ["token"]);
    assert_eq!(scene.login(NEW_EMAIL, PASSWORD).await.status, 200);
}
