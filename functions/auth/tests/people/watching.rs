use audit::app::{ALERT, Filter, search};
use identity::mail::{Mail, MailMessage};
use kernel::page::Limit;
use kernel::time::Clock;
use platform::audit_log::AuditLog;
use platform::clock::SystemClock;
use platform::dynamo::{Query, Range};
use platform::outbox::Row;
use serde_json::json;

use crate::support::{EMAIL, PASSWORD, Scene};

const LOGIN: &str = "/api/v1/auth/login";

impl Scene {
    async fn login_from(&self, agent: &str, address: &str, name: &str, password: &str) -> u16 {
        let body = json!({"email": name, "password": password, "transport": "body"});
        let headers = [("user-agent", agent), ("x-tradebridge-peer", address)];
        let answer = self.post_with(LOGIN, &body, &headers).await;
        answer.status.as_u16()
    }

    /// What the mailer is asked to tell of.
    async fn warnings(&self) -> Vec<Mail> {
        let mut mails = Vec::new();
        for shard in 0..8 {
            let query = Query::new(format!("OUTBOX#{shard}"), Range::All, 100).consistent();
            let page = self.stack.cloud.audit.query::<Row>(&query).await;
            for (_, row) in page.expect("reads").rows {
                let message: MailMessage = serde_json::from_str(&row.body).expect("a mail");
                mails.push(message.mail);
            }
        }
        mails
    }

    async fn alerts(&self) -> Vec<String> {
        let log = AuditLog::new(self.stack.cloud.audit.clone(), 30);
        let filter = Filter {
            action: Some(ALERT.to_owned()),
            ..Filter::default()
        };
        let now = SystemClock.now();
        let found = search(&log, &filter, Limit::DEFAULT, None, now).await;
        let entries = found.expect("searches").entries;
        let details = entries.into_iter().map(|entry| entry.detail);
        details.map(Option::unwrap_or_default).collect()
    }
}

#[tokio::test]
async fn a_new_device_is_told_to_its_person_and_a_known_one_is_not() {
    let scene = Scene::start().await;
    let user = scene.verified(EMAIL, PASSWORD).await;
    let at = "198.51.100.4";
    for _ in 0..3 {
        assert_eq!(scene.login_from("Laptop/1", at, EMAIL, PASSWORD).await, 200);
    }
    assert_eq!(scene.warnings().await.len(), 0);
    assert_eq!(scene.login_from("Phone/2", at, EMAIL, PASSWORD).await, 200);
    assert_eq!(scene.login_from("Phone/2", at, EMAIL, PASSWORD).await, 200);
    let warnings = scene.warnings().await;
    assert_eq!(warnings.len(), 1);
    let Mail::NewDevice {
        user: told,
        device,
        address,
        ..
    } = &warnings[0]
    else {
        panic!("{warnings:?}");
    };
    assert_eq!(told, &user);
    assert_eq!((device.as_str(), address.as_str()), ("Phone/2", at));
    assert_eq!(scene.alerts().await.len(), 1);
}

#[tokio::test]
async fn one_address_that_fails_over_many_accounts_is_an_alert() {
    let scene = Scene::start().await;
    for number in 0..5 {
        let name = format!("victim-{number}@people.example");
        let status = scene
            .login_from("Bot/1", "198.51.100.9", &name, "Password-1234")
            .await;
        assert_eq!(status, 401);
    }
    let alerts = scene.alerts().await;
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    assert!(scene.warnings().await.is_empty());
}
