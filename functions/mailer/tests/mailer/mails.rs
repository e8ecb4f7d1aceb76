//! The function from a message to the mail that its recipient reads.

use crate::support::{APP_URL, World, now, token_of};
use chrono::TimeDelta;
use identity::domain::one_time;
use identity::mail::{MailMessage, SignInChange};
use identity::model::{PersonStatus, Purpose};
use kernel::id::UserId;
use platform::runtime::Event;
use serde_json::json;

const ADA: &str = "ada@x.example";

async fn registration(world: &World, email: &str, token: &str) -> MailMessage {
    MailMessage::verify_address(&world.app.vault, email, &token.into(), now())
        .await
        .expect("seals")
}

fn reset(email: &str) -> MailMessage {
    MailMessage::reset_password(email, now())
}

#[tokio::test]
async fn a_new_address_gets_the_link_of_its_registration() {
    let world = World::new().await;
    let token = one_time::generate().expect("a token");
    let text = secrecy::ExposeSecret::expose_secret(&token).to_owned();
    let message = registration(&world, ADA, &text).await;
    world.deliver(&[&message]).await;
    let mail = world.the_mail();
    assert!(mail.contains("To: ada@x.example\r\n"), "{mail}");
    assert!(
        mail.contains(&format!("{APP_URL}/verify-email?token={text}\r\n")),
        "{mail}"
    );
    assert_eq!(token_of(&mail), text);
}

#[tokio::test]
async fn an_address_that_is_somebodys_gets_no_token() {
    let world = World::new().await;
    world.person(ADA, PersonStatus::Active).await;
    let message = registration(&world, ADA, "the-token").await;
    world.deliver(&[&message]).await;
    let mail = world.the_mail();
    assert!(
        mail.contains("Subject: You already have an account\r\n"),
        "{mail}"
    );
    assert!(!mail.contains("the-token"), "{mail}");
}

#[tokio::test]
async fn a_reset_is_good_for_its_person_for_an_hour_and_only_its_hash_is_kept() {
    let world = World::new().await;
    world.person(ADA, PersonStatus::Active).await;
    world.deliver(&[&reset(ADA)]).await;
    let mail = world.the_mail();
    let token = token_of(&mail);
    assert!(
        mail.contains(&format!("{APP_URL}/reset-password?token={token}\r\n")),
        "{mail}"
    );

    let hash = one_time::hash(&token.clone().into());
    let store = &world.app.store;
    let kept = |at| store.one_time(&hash, Purpose::ResetPassword, at);
    let found = kept(now()).await.expect("reads").expect("a token");
    assert_eq!(found.subject, ADA);
    let soon = now() + TimeDelta::minutes(59);
    assert!(kept(soon).await.expect("reads").is_some());
    let late = now() + TimeDelta::minutes(61);
    assert!(kept(late).await.expect("reads").is_none());
    let other = store.one_time(&hash, Purpose::VerifyAddress, now()).await;
    assert!(other.expect("reads").is_none());
    for table in [&world.cloud.identity, &world.cloud.platform] {
        assert!(!world.cloud.dump(table).await.contains(&token));
    }
}

#[tokio::test]
async fn who_is_unknown_or_blocked_gets_no_reset() {
    let world = World::new().await;
    world
        .person("blocked@x.example", PersonStatus::Blocked)
        .await;
    let messages = [reset(ADA), reset("blocked@x.example")];
    world.deliver(&[&messages[0], &messages[1]]).await;
    assert_eq!(world.mails(), Vec::<String>::new());
    assert!(!world.cloud.dump(&world.cloud.identity).await.contains("T#"));
}

#[tokio::test]
async fn an_address_gets_three_resets_an_hour_and_another_its_own() {
    let world = World::new().await;
    world.person(ADA, PersonStatus::Active).await;
    world.person("bob@x.example", PersonStatus::Active).await;
    for _ in 0..5 {
        world.deliver(&[&reset(ADA)]).await;
    }
    assert_eq!(world.mails().len(), 3);
    world.deliver(&[&reset("bob@x.example")]).await;
    assert_eq!(world.mails().len(), 4);
    // The platform's table has no address.
    assert!(!world.cloud.dump(&world.cloud.platform).await.contains(ADA));
}

#[tokio::test]
async fn registrations_do_not_fill_somebodys_mailbox() {
    let world = World::new().await;
    for _ in 0..12 {
        let message = registration(&world, ADA, "t").await;
        world.deliver(&[&message]).await;
    }
    assert_eq!(world.mails().len(), 10);
}

#[tokio::test]
async fn copies_of_a_message_are_one_mail() {
    let world = World::new().await;
    world.person(ADA, PersonStatus::Active).await;
    let message = reset(ADA);
    // Of copies at once, one is sent and the others wait for it.
    let failed = world.bring(&[&message, &message, &message]).await;
    assert!(failed.len() <= 2, "{failed:?}");
    let first = world.the_mail();
    world.deliver(&[&message, &message]).await;
    assert_eq!(world.the_mail(), first);
}

#[tokio::test]
async fn a_wanted_address_gets_the_link_where_it_is_nobodys_and_no_token_where_it_is_somebodys() {
    let world = World::new().await;
    world.person("bob@x.example", PersonStatus::Active).await;
    let vault = &world.app.vault;
    let token = "the-token".into();
    for email in [ADA, "bob@x.example"] {
        let message = MailMessage::confirm_address(vault, email, &token, now()).await;
        world.deliver(&[&message.expect("seals")]).await;
    }
    let mails = world.mails();
    assert_eq!(token_of(&mails[0]), "the-token");
    let link = format!("{APP_URL}/verify-email?token=the-token\r\n");
    assert!(mails[0].contains(&link), "{}", mails[0]);
    assert!(mails[1].contains("To: bob@x.example\r\n"), "{}", mails[1]);
    assert!(!mails[1].contains("token"), "{}", mails[1]);
    for _ in 0..8 {
        let message = MailMessage::confirm_address(vault, ADA, &token, now()).await;
        world.deliver(&[&message.expect("seals")]).await;
    }
    assert_eq!(world.mails().len(), 6, "five an hour to one address");
}

#[tokio::test]
async fn the_old_address_hears_of_a_change_whoever_has_it_by_then() {
    let world = World::new().await;
    let messages = [
        MailMessage::address_change_asked(ADA, "new@x.example", now()),
        MailMessage::address_changed(ADA, "new@x.example", now()),
    ];
    for message in &messages {
        world.deliver(&[message]).await;
    }
    let mails = world.mails();
    assert_eq!(mails.len(), 2);
    for says in ["forgot-password", "write to us"] {
        let mail = mails.iter().find(|mail| mail.contains(says));
        let mail = mail.expect("a mail that says what to do");
        assert!(mail.contains("To: ada@x.example\r\n"), "{mail}");
        assert!(mail.contains("new@x.example"), "{mail}");
        assert!(!mail.contains("token="), "{mail}");
    }
}

#[tokio::test]
async fn what_happened_is_told_to_its_person() {
    let world = World::new().await;
    let ada = world.person(ADA, PersonStatus::Active).await;
    let changed = |change| MailMessage::sign_in_changed(&ada, change, now());
    let name = || "The laptop".to_owned();
    let messages = [
        MailMessage::password_changed(&ada, now()),
        MailMessage::second_factor_reset(&ada, now()),
        MailMessage::new_device(&ada, "Firefox <140>", "192.0.2.7", now()),
        changed(SignInChange::PasskeyAdded { name: name() }),
        changed(SignInChange::PasskeyRemoved { name: name() }),
        changed(SignInChange::SecondFactorTurnedOn),
        changed(SignInChange::SecondFactorTurnedOff),
        changed(SignInChange::BackupCodesRenewed),
    ];
    let subjects = [
        "Your password was changed",
        "Your second factor was reset",
        "Sign-in on a new device",
        "A passkey was added",
        "A passkey was removed",
        "Your second factor was turned on",
        "Your second factor was turned off",
        "Your backup codes were renewed",
    ];
    for message in &messages {
        world.deliver(&[message]).await;
    }
    let mails = world.mails();
    assert_eq!(mails.len(), subjects.len());
    for subject in subjects {
        let header = format!("Subject: {subject}\r\n");
        let of_subject: Vec<&String> = mails.iter().filter(|mail| mail.contains(&header)).collect();
        assert_eq!(of_subject.len(), 1, "{subject}");
        assert!(of_subject[0].contains("To: ada@x.example\r\n"));
    }
    let device = mails.iter().find(|mail| mail.contains("192.0.2.7"));
    let device = device.expect("the mail of the device");
    assert!(device.contains("Device: Firefox <140>\r\n"), "{device}");
    assert!(
        device.contains("Device: Firefox &lt;140&gt;</p>"),
        "{device}"
    );
}

#[tokio::test]
async fn an_invitation_names_who_invites_and_carries_its_token() {
    let world = World::new().await;
    let vault = &world.app.vault;
    let message =
        MailMessage::invitation(vault, ADA, "Desk & Co", "Bob", &"Tok-en_9".into(), now()).await;
    world.deliver(&[&message.expect("seals")]).await;
    let mail = world.the_mail();
    assert!(
        mail.contains("Subject: Invitation to Desk & Co\r\n"),
        "{mail}"
    );
    assert!(
        mail.contains(&format!("{APP_URL}/invitations?token=Tok-en_9\r\n")),
        "{mail}"
    );
    assert!(mail.contains("Bob invites you"), "{mail}");
}

#[tokio::test]
async fn a_person_who_is_gone_gets_nothing_and_fails_nothing() {
    let world = World::new().await;
    let nobody = UserId::generate(now());
    let message = MailMessage::password_changed(&nobody, now());
    world.deliver(&[&message]).await;
    assert_eq!(world.mails(), Vec::<String>::new());
}

#[tokio::test]
async fn a_message_that_cannot_be_read_fails_alone() {
    let world = World::new().await;
    world.person(ADA, PersonStatus::Active).await;
    let good = serde_json::to_string(&reset(ADA)).expect("JSON");
    // Another address than its token is sealed for.
    let mut stolen =
        serde_json::to_value(registration(&world, "bob@x.example", "t").await).expect("JSON");
    stolen["mail"]["email"] = json!("eve@x.example");
    let mut odd_id = serde_json::to_value(registration(&world, ADA, "t").await).expect("JSON");
    odd_id["id"] = json!("../../etc/passwd");
    let bodies = [
        "{}".to_owned(),
        good,
        json!({"id": "x", "mail": {"kind": "advertisement"}}).to_string(),
        stolen.to_string(),
        odd_id.to_string(),
    ];
    assert_eq!(world.bring_bodies(&bodies).await, [0, 2, 3, 4]);
    assert!(world.the_mail().contains("To: ada@x.example\r\n"));
}

#[tokio::test]
async fn the_function_takes_no_other_event() {
    let world = World::new().await;
    let job = Event::Job("sweep".to_owned());
    assert!(fn_mailer::handle(&world.app, job).await.is_err());
}
