//! People over the deployed stack: registering, signing in, second factors,
//! refreshing, theft, resets and ends of sessions.

use std::time::Duration;

use kernel::time::Clock;
use platform::clock::SystemClock;
use reqwest::Method;
use serde_json::{Value, json};
use stack_tests::{Answer, Stack, Tokens, Visitor};
use testkit::authenticator::{Algorithm, Authenticator};
use totp_rs::Totp;

const PASSWORD: &str = "a horse with a battery";

fn email(name: &str) -> String {
    let id = kernel::id::ulid_at(SystemClock.now());
    format!("{name}-{id}@people.example")
}

fn assert_kind(answer: &Answer, status: u16, word: &str) {
    assert_eq!(answer.status, status, "{}", answer.body);
    let kind = answer.body["type"].as_str().unwrap_or_default();
    assert!(kind.ends_with(&format!("/{word}")), "{kind}");
}

async fn signed_in(visitor: &Visitor, email: &str) -> Tokens {
    let answer = visitor.sign_in(email, PASSWORD, None).await.expect(200);
    assert_eq!(answer["token_type"], "Bearer");
    assert_eq!(answer["expires_in"], 900);
    Tokens::of(&answer)
}

/// Asks until an access token is refused, for at most five seconds.
async fn assert_refused_soon(visitor: &Visitor, token: &str) {
    let began = std::time::Instant::now();
    loop {
        let answer = visitor.get_as("/api/v1/user/me", token).await;
        if answer.status == 401 {
            return;
        }
        assert!(
            began.elapsed() < Duration::from_millis(5_500),
            "{}",
            answer.body
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test]
async fn somebody_registers_verifies_signs_in_and_is_who_they_are() {
    let stack = Stack::running();
    let visitor = Visitor::at(&stack, 11);
    let email = email("ann");
    let body = json!({"email": email, "password": PASSWORD, "name": "Ann"});
    let told = visitor
        .post("/api/v1/auth/register", &body)
        .await
        .expect(202);
    let early = visitor.sign_in(&email, PASSWORD, None).await;
    assert_kind(&early, 403, "email-not-verified");
    let token = visitor.mailed_token(&email, "verify-email").await;
    let verify = json!({"token": token});
    let verified = visitor.post("/api/v1/auth/verify-email", &verify).await;
    assert_eq!(verified.status, 204, "{}", verified.body);
    let again = visitor.post("/api/v1/auth/verify-email", &verify).await;
    assert!(matches!(again.status, 400 | 409), "{}", again.body);

    let tokens = signed_in(&visitor, &email).await;
    let me = visitor
        .get_as("/api/v1/user/me", &tokens.access)
        .await
        .expect(200);
    assert_eq!((&me["email"], &me["name"]), (&json!(email), &json!("Ann")));
    let wrong = visitor.sign_in(&email, "another password", None).await;
    assert_kind(&wrong, 401, "unauthenticated");
    let unknown = visitor
        .sign_in("nobody@people.example", PASSWORD, None)
        .await;
    assert_kind(&unknown, 401, "unauthenticated");
    assert_eq!(wrong.body["detail"], unknown.body["detail"]);
    // Whether an address is taken is told to its owner alone.
    let taken = visitor
        .post("/api/v1/auth/register", &body)
        .await
        .expect(202);
    assert_eq!(taken, told);
}

#[tokio::test]
async fn a_second_factor_is_asked_for_and_no_code_is_good_twice() {
    let stack = Stack::running();
    let visitor = Visitor::at(&stack, 12);
    let email = email("bob");
    visitor.register(&email, PASSWORD).await;
    let tokens = signed_in(&visitor, &email).await;
    let setup = json!({"password": PASSWORD});
    let setup = visitor
        .post_as("/api/v1/auth/2fa/setup", &tokens.access, &setup)
        .await
        .expect(200);
    assert!(
        setup["qr_svg"]
            .as_str()
            .is_some_and(|svg| svg.starts_with("<svg"))
    );
    let uri = setup["otpauth_uri"].as_str().expect("a URI");
    let totp = Totp::from_url(uri).expect("an authenticator's URI");
    let code_at = |step: i64| {
        let at = SystemClock.now().timestamp() + 30 * step;
        totp.generate(u64::try_from(at).expect("after 1970"))
            .to_string()
    };
    let first = code_at(-1);
    let codes = visitor
        .post_as(
            "/api/v1/auth/2fa/verify",
            &tokens.access,
            &json!({"code": first}),
        )
        .await
        .expect(200);
    let codes = codes["backup_codes"].as_array().expect("codes").clone();
    assert_eq!(codes.len(), 10);

    let missing = visitor.sign_in(&email, PASSWORD, None).await;
    assert_kind(&missing, 401, "second-factor-required");
    let used = visitor.sign_in(&email, PASSWORD, Some(&first)).await;
    assert_eq!(used.status, 401, "{}", used.body);
    let fresh = code_at(0);
    let good = visitor.sign_in(&email, PASSWORD, Some(&fresh)).await;
    assert_eq!(good.status, 200, "{}", good.body);
    let again = visitor.sign_in(&email, PASSWORD, Some(&fresh)).await;
    assert_eq!(again.status, 401, "{}", again.body);

    // A backup code from another address, since the first has failed a while.
    let elsewhere = Visitor::at(&stack, 112);
    let backup = codes[3].as_str().expect("a code");
    let by_backup = elsewhere.sign_in(&email, PASSWORD, Some(backup)).await;
    assert_eq!(by_backup.status, 200, "{}", by_backup.body);
    let twice = elsewhere.sign_in(&email, PASSWORD, Some(backup)).await;
    assert_eq!(twice.status, 401, "{}", twice.body);
}

#[tokio::test]
async fn a_passkey_signs_in_by_itself() {
    let stack = Stack::running();
    let visitor = Visitor::at(&stack, 13);
    let email = email("cat");
    visitor.register(&email, PASSWORD).await;
    let tokens = signed_in(&visitor, &email).await;
    let start = "/api/v1/auth/passkeys/register/start";
    let options = visitor
        .post_as(start, &tokens.access, &json!({}))
        .await
        .expect(200);
    let mut authenticator = Authenticator::new(&stack.http, Algorithm::Es256);
    let mut made = authenticator.create(&options).expect("a passkey");
    made["name"] = json!("The laptop");
    let finish = "/api/v1/auth/passkeys/register/finish";
    let kept = visitor.post_as(finish, &tokens.access, &made).await;
    assert_eq!(kept.status, 201, "{}", kept.body);

    let start = "/api/v1/auth/passkeys/login/start";
    let options = visitor.post(start, &json!({})).await.expect(200);
    let mut shown = authenticator.get(&options).expect("an assertion");
    shown["transport"] = json!("body");
    let finish = "/api/v1/auth/passkeys/login/finish";
    let answer = visitor.post(finish, &shown).await.expect(200);
    let me = visitor
        .get_as("/api/v1/user/me", &Tokens::of(&answer).access)
        .await
        .expect(200);
    assert_eq!(me["email"], json!(email));
    let again = visitor.post(finish, &shown).await;
    assert_eq!(again.status, 401, "{}", again.body);
    let listed = visitor
        .get_as("/api/v1/auth/passkeys", &tokens.access)
        .await
        .expect(200);
    assert_eq!(listed["items"][0]["name"], "The laptop");
}

#[tokio::test]
async fn fifty_refreshes_of_one_token_at_once_make_one_generation_and_sign_nobody_out() {
    let stack = Stack::running();
    let visitor = Visitor::at(&stack, 14);
    let email = email("dan");
    visitor.register(&email, PASSWORD).await;
    let tokens = signed_in(&visitor, &email).await;
    let body = json!({"refresh_token": tokens.refresh});
    let calls = (0..50).map(|_| visitor.post("/api/v1/auth/refresh", &body));
    let answers = futures::future::join_all(calls).await;
    let mut successors = std::collections::BTreeSet::new();
    for answer in answers {
        successors.insert(Tokens::of(&answer.expect(200)).refresh);
    }
    assert_eq!(successors.len(), 1, "one successor");
    let next = successors.pop_first().expect("one");
    let body = json!({"refresh_token": next});
    let later = visitor
        .post("/api/v1/auth/refresh", &body)
        .await
        .expect(200);
    let access = Tokens::of(&later).access;
    assert_eq!(visitor.get_as("/api/v1/user/me", &access).await.status, 200);
}

#[tokio::test]
async fn a_stolen_refresh_token_ends_the_whole_session() {
    let stack = Stack::running();
    let visitor = Visitor::at(&stack, 15);
    let email = email("eve");
    visitor.register(&email, PASSWORD).await;
    let stolen = signed_in(&visitor, &email).await;
    let refresh = async |token: &str| {
        let body = json!({"refresh_token": token});
        visitor.post("/api/v1/auth/refresh", &body).await
    };
    let second = Tokens::of(&refresh(&stolen.refresh).await.expect(200));
    let third = Tokens::of(&refresh(&second.refresh).await.expect(200));
    let thief = refresh(&stolen.refresh).await;
    assert_kind(&thief, 401, "unauthenticated");
    assert_kind(&refresh(&third.refresh).await, 401, "unauthenticated");
    assert_refused_soon(&visitor, &third.access).await;
    // A token that was never given harms nobody.
    let other = signed_in(&visitor, &email).await;
    let mut forged = other.refresh.clone();
    let last = forged.pop().expect("a letter");
    forged.push(if last == 'A' { 'B' } else { 'A' });
    assert_eq!(refresh(&forged).await.status, 401);
    assert_eq!(refresh(&other.refresh).await.status, 200);
}

#[tokio::test]
async fn a_reset_by_mail_sets_the_password_and_ends_every_session() {
    let stack = Stack::running();
    let visitor = Visitor::at(&stack, 16);
    let email = email("fay");
    visitor.register(&email, PASSWORD).await;
    let before = signed_in(&visitor, &email).await;
    let path = "/api/v1/auth/password/reset";
    assert_eq!(
        visitor.post(path, &json!({"email": email})).await.status,
        202
    );
    let nobody = json!({"email": "nobody@people.example"});
    assert_eq!(visitor.post(path, &nobody).await.status, 202);
    let token = visitor.mailed_token(&email, "reset-password").await;
    let fresh = "another horse, another battery";
    let confirm = json!({"token": token, "new_password": fresh});
    assert_eq!(visitor.post(path, &confirm).await.status, 204);
    assert_refused_soon(&visitor, &before.access).await;
    let old = visitor.sign_in(&email, PASSWORD, None).await;
    assert_eq!(old.status, 401, "{}", old.body);
    let new = visitor.sign_in(&email, fresh, None).await;
    assert_eq!(new.status, 200, "{}", new.body);
    assert_eq!(visitor.post(path, &confirm).await.status, 400);
}

#[tokio::test]
async fn an_address_changes_by_its_mail_and_the_old_one_signs_in_no_more() {
    let stack = Stack::running();
    let visitor = Visitor::at(&stack, 19);
    let old = email("hal");
    let new = email("hal-at-home");
    visitor.register(&old, PASSWORD).await;
    let mine = signed_in(&visitor, &old).await;
    let other = signed_in(&visitor, &old).await;
    let path = "/api/v1/user/email";
    let ask = async |new_email: &str, password: &str| {
        let body = json!({"new_email": new_email, "password": password});
        visitor.post_as(path, &mine.access, &body).await
    };
    assert_kind(&ask(&new, "another password").await, 403, "forbidden");
    let taken = ask(&stack.demo.email, PASSWORD).await.expect(202);
    let free = ask(&new, PASSWORD).await.expect(202);
    assert_eq!(taken, free);
    let early = visitor.sign_in(&new, PASSWORD, None).await;
    assert_kind(&early, 401, "unauthenticated");

    let token = visitor.mailed_token(&new, "verify-email").await;
    let verify = json!({"token": token});
    let moved = visitor.post("/api/v1/auth/verify-email", &verify).await;
    assert_eq!(moved.status, 204, "{}", moved.body);
    let again = visitor.post("/api/v1/auth/verify-email", &verify).await;
    assert_kind(&again, 400, "validation-failed");
    assert_refused_soon(&visitor, &other.access).await;
    let me = visitor
        .get_as("/api/v1/user/me", &mine.access)
        .await
        .expect(200);
    assert_eq!(me["email"], json!(new));
    // From another address, since the first has failed a while.
    let elsewhere = Visitor::at(&stack, 120);
    let gone = elsewhere.sign_in(&old, PASSWORD, None).await;
    assert_kind(&gone, 401, "unauthenticated");
    signed_in(&elsewhere, &new).await;
}

#[tokio::test]
async fn sessions_are_listed_and_end_one_by_one_and_all_at_once() {
    let stack = Stack::running();
    let visitor = Visitor::at(&stack, 17);
    let email = email("gus");
    visitor.register(&email, PASSWORD).await;
    let mine = signed_in(&visitor, &email).await;
    let second = signed_in(&visitor, &email).await;
    let third = signed_in(&visitor, &email).await;
    let path = "/api/v1/user/sessions";
    let listed = visitor.get_as(path, &mine.access).await.expect(200);
    let sessions = listed["items"].as_array().expect("sessions").clone();
    assert_eq!(sessions.len(), 3);
    assert!(sessions.iter().all(|one| one["address"] == "127.0.1.17"));
    let is_current = |one: &&Value| one["current"] == true;
    assert_eq!(sessions.iter().filter(is_current).count(), 1);
    let claims = second.access.split('.').nth(1).expect("claims");
    let claims = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, claims);
    let claims: Value = serde_json::from_slice(&claims.expect("base64")).expect("JSON");
    let sid = claims["sid"].as_str().expect("a session");
    let one = format!("{path}/{sid}");
    let ended = visitor
        .call(Method::DELETE, &one, Some(&mine.access), &Value::Null)
        .await;
    assert_eq!(ended.status, 204, "{}", ended.body);
    assert_refused_soon(&visitor, &second.access).await;
    let ended = visitor
        .call(Method::DELETE, path, Some(&mine.access), &Value::Null)
        .await;
    assert_eq!(ended.status, 204, "{}", ended.body);
    assert_refused_soon(&visitor, &third.access).await;
    let listed = visitor.get_as(path, &mine.access).await.expect(200);
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_spray_over_many_accounts_is_stopped_and_another_address_signs_in() {
    let stack = Stack::running();
    let sprayer = Visitor::at(&stack, 18);
    let mut statuses = Vec::new();
    for number in 0..8 {
        let email = format!("victim-{number}@people.example");
        let answer = sprayer.sign_in(&email, "Password-1234", None).await;
        statuses.push(answer.status);
        if answer.status == 429 {
            assert_kind(&answer, 429, "rate-limited");
        }
    }
    assert_eq!(statuses, [401, 401, 401, 401, 401, 429, 429, 429]);
    let blocked = sprayer
        .sign_in(&stack.demo.email, &stack.demo.password, None)
        .await;
    assert_eq!(blocked.status, 429, "{}", blocked.body);
    let other = Visitor::at(&stack, 118);
    let good = other
        .sign_in(&stack.demo.email, &stack.demo.password, None)
        .await;
    assert_eq!(good.status, 200, "{}", good.body);

    // An admin sees the block and lifts it.
    let admin = Visitor::at(&stack, 119);
    let tokens = admin
        .sign_in(&stack.admin.email, &stack.admin.password, None)
        .await;
    let token = Tokens::of(&tokens.expect(200)).access;
    let path = "/api/admin/blocked-ips";
    let listed = admin.get_as(path, &token).await.expect(200);
    assert!(listed.to_string().contains("127.0.1.18"), "{listed}");
    let lifted = admin
        .call(
            Method::DELETE,
            &format!("{path}/127.0.1.18"),
            Some(&token),
            &Value::Null,
        )
        .await;
    assert!(matches!(lifted.status, 200 | 204), "{}", lifted.body);
    let again = sprayer
        .sign_in("victim-9@people.example", "Password-1234", None)
        .await;
    assert_eq!(again.status, 401, "{}", again.body);
}
