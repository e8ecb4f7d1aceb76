//! The function before the services that carry its mails.

use std::sync::Arc;

use crate::smtp;
use crate::support::{World, now, token_of};
use identity::gateway::mail::Mailer;
use identity::mail::MailMessage;
use identity::model::PersonStatus;
use platform::config::Env;
use platform::secrets::Secrets;
use serde_json::{Value, json};
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const ADA: &str = "ada@x.example";

/// A world whose mails go to a stand-in for Resend.
async fn with_resend() -> (World, MockServer) {
    let server = MockServer::start().await;
    let settings = [("MAIL_TRANSPORT", "resend"), ("RESEND_URL", &server.uri())];
    let world = World::with(&settings).await;
    (world, server)
}

async fn answers(server: &MockServer, status: u16, body: Value) {
    server.reset().await;
    Mock::given(method("POST"))
        .and(path("/emails"))
        .and(header("Authorization", "Bearer re_secret"))
        .respond_with(ResponseTemplate::new(status).set_body_json(body))
        .mount(server)
        .await;
}

async fn received(server: &MockServer) -> Vec<wiremock::Request> {
    server.received_requests().await.expect("recorded")
}

#[tokio::test]
async fn resend_gets_the_mail_under_the_messages_id() {
    let (world, server) = with_resend().await;
    answers(&server, 200, json!({"id": "1"})).await;
    let ada = world.person(ADA, PersonStatus::Active).await;
    let message = MailMessage::password_changed(&ada, now());
    world.deliver(&[&message]).await;
    world.deliver(&[&message]).await;
    let requests = received(&server).await;
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].headers["idempotency-key"], message.id.as_str());
    let body: Value = requests[0].body_json().expect("JSON");
    assert_eq!(body["from"], "Tradebridge <no-reply@tradebridge.example>");
    assert_eq!(body["to"], json!([ADA]));
    assert_eq!(body["subject"], "Your password was changed");
    assert!(
        body["text"]
            .as_str()
            .is_some_and(|text| text.contains("was changed on"))
    );
    assert!(
        body["html"]
            .as_str()
            .is_some_and(|html| html.starts_with("<!doctype html>"))
    );
}

#[tokio::test]
async fn a_mail_that_was_not_taken_comes_again_and_counts_once() {
    let (world, server) = with_resend().await;
    world.person(ADA, PersonStatus::Active).await;
    let message = MailMessage::reset_password(ADA, now());
    answers(&server, 500, json!({})).await;
    for _ in 0..4 {
        assert_eq!(world.bring(&[&message]).await, [0]);
    }
    answers(&server, 200, json!({"id": "1"})).await;
    world.deliver(&[&message]).await;
    let requests = received(&server).await;
    assert_eq!(requests.len(), 1);
    let body: Value = requests[0].body_json().expect("JSON");
    assert_eq!(token_of(body["text"].as_str().expect("text")).len(), 43);
    // Its four failures took no other mail's place.
    for _ in 0..3 {
        let another = MailMessage::reset_password(ADA, now());
        world.deliver(&[&another]).await;
    }
    assert_eq!(received(&server).await.len(), 3);
}

#[tokio::test]
async fn a_mail_that_resend_has_taken_before_is_sent() {
    let (world, server) = with_resend().await;
    let ada = world.person(ADA, PersonStatus::Active).await;
    let message = MailMessage::password_changed(&ada, now());
    let conflict = |name: &str| json!({"statusCode": 409, "name": name, "message": "…"});
    answers(&server, 409, conflict("concurrent_idempotent_requests")).await;
    assert_eq!(world.bring(&[&message]).await, [0]);
    answers(&server, 409, conflict("invalid_idempotent_request")).await;
    world.deliver(&[&message]).await;
}

#[tokio::test]
async fn resends_own_limit_is_waited_for_and_then_left_to_the_queue() {
    let (world, server) = with_resend().await;
    let ada = world.person(ADA, PersonStatus::Active).await;
    let limited = || {
        Mock::given(path("/emails"))
            .respond_with(ResponseTemplate::new(429).set_body_json(json!({})))
    };
    limited().up_to_n_times(1).mount(&server).await;
    Mock::given(path("/emails"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"id": "1"})))
        .mount(&server)
        .await;
    let message = MailMessage::password_changed(&ada, now());
    world.deliver(&[&message]).await;
    assert_eq!(received(&server).await.len(), 2);

    server.reset().await;
    limited().mount(&server).await;
    let message = MailMessage::password_changed(&ada, now());
    assert_eq!(world.bring(&[&message]).await, [0]);
    assert_eq!(received(&server).await.len(), 4);
}

#[tokio::test]
async fn a_key_that_is_not_good_any_more_is_read_again() {
    let (world, server) = with_resend().await;
    let ada = world.person(ADA, PersonStatus::Active).await;
    let message = MailMessage::password_changed(&ada, now());
    answers(&server, 401, json!({"name": "validation_error"})).await;
    assert_eq!(world.bring(&[&message]).await, [0]);
    world.cloud.set_secret("resend-key", "re_rotated".into());
    server.reset().await;
    Mock::given(header("Authorization", "Bearer re_rotated"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"id": "1"})))
        .mount(&server)
        .await;
    world.deliver(&[&message]).await;
}

#[tokio::test]
async fn an_smtp_server_gets_the_mail_after_the_login() {
    let (port, told) = smtp::start(None).await;
    let url = format!("smtp://127.0.0.1:{port}?tls=none");
    let settings = [
        ("MAIL_TRANSPORT", "smtp"),
        ("SMTP_URL", &url),
        ("SMTP_LOGIN_SECRET", "smtp-login"),
    ];
    let world = World::with(&settings).await;
    world.person(ADA, PersonStatus::Active).await;
    let message = MailMessage::reset_password(ADA, now());
    world.deliver(&[&message]).await;
    world.deliver(&[&message]).await;
    let told = told.lock().expect("not poisoned");
    assert_eq!(told.mails.len(), 1, "{told:#?}");
    let mail = &told.mails[0];
    assert_eq!(token_of(mail).len(), 43);
    let id = format!("Message-ID: <{}@tradebridge.example>\r\n", message.id);
    assert!(mail.contains(&id), "{mail}");
    for command in [
        // base64 of NUL mailer NUL "pa55 word".
        "AUTH PLAIN AG1haWxlcgBwYTU1IHdvcmQ=",
        "RCPT TO:<ada@x.example>",
    ] {
        assert!(told.commands.iter().any(|it| it == command), "{told:#?}");
    }
}

#[tokio::test]
async fn one_mailbox_that_smtp_refuses_fails_alone() {
    let (port, told) = smtp::start(None).await;
    let url = format!("smtp://127.0.0.1:{port}?tls=none");
    let world = World::with(&[("MAIL_TRANSPORT", "smtp"), ("SMTP_URL", &url)]).await;
    let mut messages = Vec::new();
    for email in ["refused@x.example", ADA] {
        let user = world.person(email, PersonStatus::Active).await;
        messages.push(MailMessage::password_changed(&user, now()));
    }
    assert_eq!(world.bring(&[&messages[0], &messages[1]]).await, [0]);
    let told = told.lock().expect("not poisoned");
    assert_eq!(told.mails.len(), 1);
    assert!(
        told.commands
            .iter()
            .all(|command| !command.starts_with("AUTH"))
    );
}

#[tokio::test]
async fn nothing_is_said_to_an_smtp_server_that_offers_no_tls() {
    let (port, told) = smtp::start(None).await;
    let url = format!("smtp://127.0.0.1:{port}");
    let settings = [
        ("MAIL_TRANSPORT", "smtp"),
        ("SMTP_URL", &url),
        ("SMTP_LOGIN_SECRET", "smtp-login"),
    ];
    let world = World::with(&settings).await;
    let ada = world.person(ADA, PersonStatus::Active).await;
    let message = MailMessage::password_changed(&ada, now());
    assert_eq!(world.bring(&[&message]).await, [0]);
    let told = told.lock().expect("not poisoned");
    assert!(told.mails.is_empty());
    assert!(
        told.commands
            .iter()
            .all(|command| command.starts_with("EHLO") || command.starts_with("QUIT")),
        "{told:#?}"
    );
}

#[tokio::test]
async fn settings_that_make_no_sense_fail_the_start() {
    let cloud = testkit::Cloud::start().await;
    let client = aws_sdk_secretsmanager::Client::new(&cloud.aws);
    let secrets = Arc::new(Secrets::new(client));
    let fault = |pairs: &[(&str, &str)]| {
        let env = Env::from_pairs(pairs.iter().copied());
        let made = Mailer::from_env(&env, &secrets);
        made.err()
            .map(|error| error.to_string())
            .unwrap_or_default()
    };
    let from = ("MAIL_FROM", "no-reply@tradebridge.example");
    for (pairs, setting) in [
        (vec![("MAIL_TRANSPORT", "file")], "MAIL_FROM"),
        (vec![("MAIL_FROM", "nobody")], "MAIL_FROM"),
        (vec![from], "MAIL_TRANSPORT"),
        (vec![from, ("MAIL_TRANSPORT", "pigeon")], "MAIL_TRANSPORT"),
        // Whoever reads the directory could follow the links.
        (
            vec![from, ("MAIL_TRANSPORT", "file"), ("MAIL_DIR", "/tmp")],
            "MAIL_TRANSPORT",
        ),
        (vec![from, ("MAIL_TRANSPORT", "smtp")], "SMTP_URL"),
        (vec![from, ("MAIL_TRANSPORT", "resend")], "RESEND_URL"),
    ] {
        let text = fault(&pairs);
        assert!(text.contains(setting), "{pairs:?}: {text}");
    }
}
