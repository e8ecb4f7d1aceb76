//! Sign-ins, observed over the store.

use audit::app::{ALERT, Filter, SignIns, search};
use audit::domain::{About, Alert, Attempt, Reason};
use chrono::TimeDelta;
use kernel::id::UserId;
use kernel::page::Limit;
use kernel::time::Timestamp;
use platform::audit_log::AuditLog;
use platform::dynamo::{Query, Range};
use platform::outbox::Row;
use platform::queue::Queue;
use serde_json::{Value, json};
use testkit::Cloud;

struct Desk {
    cloud: Cloud,
    log: AuditLog,
    sign_ins: SignIns,
}

impl Desk {
    async fn open() -> Self {
        let cloud = Cloud::start().await;
        let log = AuditLog::new(cloud.audit.clone(), 400);
        Self {
            sign_ins: SignIns::new(log.clone()),
            cloud,
            log,
        }
    }

    async fn observe(&self, person: &UserId, attempt: &Attempt) -> Vec<Alert> {
        self.sign_ins
            .observe(person, attempt, mail)
            .await
            .expect("observes")
    }

    async fn failed(&self, account: &str, attempt: &Attempt) -> Vec<Alert> {
        self.sign_ins
            .failed(account, attempt, mail)
            .await
            .expect("observes")
    }

    /// The mails on their way, as JSON.
    async fn mails(&self) -> Vec<Value> {
        let mut mails = Vec::new();
        for shard in 0..8 {
            let query = Query::new(format!("OUTBOX#{shard}"), Range::All, 100);
            let page = self.cloud.audit.query::<Row>(&query).await.expect("reads");
            for (_, row) in page.rows {
                assert_eq!(row.queue, Queue::Mail);
                mails.push(serde_json::from_str(&row.body).expect("JSON"));
            }
        }
        mails
    }

    /// Who, what for and why of the alerts in the record.
    async fn recorded(&self) -> Vec<(String, Option<String>, String)> {
        let filter = Filter {
            action: Some(ALERT.to_owned()),
            ..Filter::default()
        };
        let end = start() + TimeDelta::hours(12);
        let found = search(&self.log, &filter, Limit::DEFAULT, None, end).await;
        let entries = found.expect("searches").entries.into_iter();
        entries
            .map(|entry| (entry.actor, entry.target, entry.detail.unwrap_or_default()))
            .collect()
    }
}

fn mail(alert: &Alert) -> Option<Value> {
    match &alert.about {
        About::Person(person) => Some(json!({"to": person, "reasons": alert.reasons})),
        About::Account(_) | About::Address(_) => None,
    }
}

fn start() -> Timestamp {
    "2026-11-21T10:00:00Z".parse().expect("a time")
}

fn attempt(minutes: i64, device: &str, address: &str) -> Attempt {
    Attempt {
        at: start() + TimeDelta::minutes(minutes),
        address: address.to_owned(),
        device: device.to_owned(),
        user_agent: Some("Mozilla/5.0".to_owned()),
        country: Some("DE".to_owned()),
        request_id: "req_1".to_owned(),
    }
}

#[tokio::test]
async fn a_new_device_is_an_alert_an_entry_and_a_mail_and_the_known_one_none() {
    let desk = Desk::open().await;
    let person = UserId::generate(start());
    assert_eq!(desk.observe(&person, &attempt(0, "phone", "a")).await, []);
    let odd = attempt(5, "laptop", "a");
    assert_eq!(
        desk.observe(&person, &odd).await,
        [Alert {
            about: About::Person(person.clone()),
            reasons: vec![Reason::NewDevice],
            attempt: odd.clone(),
        }]
    );
    for device in ["laptop", "phone"] {
        assert_eq!(desk.observe(&person, &attempt(6, device, "a")).await, []);
    }
    assert_eq!(
        desk.mails().await,
        [json!({"to": person, "reasons": [{"kind": "new_device"}]})]
    );
    assert_eq!(
        desk.recorded().await,
        [(person.to_string(), None, "new_device".to_owned())]
    );
}

#[tokio::test]
async fn another_persons_devices_are_not_this_ones() {
    let desk = Desk::open().await;
    let (one, other) = (UserId::generate(start()), UserId::generate(start()));
    let _ = desk.observe(&one, &attempt(0, "phone", "a")).await;
    let _ = desk.observe(&other, &attempt(0, "laptop", "a")).await;
    let alerts = desk.observe(&other, &attempt(1, "phone", "a")).await;
    assert_eq!(alerts.len(), 1);
    assert_eq!(alerts[0].about, About::Person(other));
}

#[tokio::test]
async fn sign_ins_at_the_same_moment_are_all_remembered() {
    let desk = Desk::open().await;
    let person = UserId::generate(start());
    let _ = desk.observe(&person, &attempt(0, "phone", "a")).await;
    let (one, two) = (attempt(1, "laptop", "a"), attempt(1, "tablet", "a"));
    let (first, second) = tokio::join!(desk.observe(&person, &one), desk.observe(&person, &two));
    assert_eq!((first.len(), second.len()), (1, 1));
    for device in ["phone", "laptop", "tablet"] {
        let again = desk.observe(&person, &attempt(2, device, "a")).await;
        assert_eq!(again, [], "{device}");
    }
    assert_eq!(desk.mails().await.len(), 2);
}

#[tokio::test]
async fn an_address_that_fails_at_five_accounts_is_one_alert_an_hour() {
    let desk = Desk::open().await;
    let mut told = Vec::new();
    for number in 0..30 {
        let account = format!("user{number}@example.com");
        let alerts = desk
            .failed(&account, &attempt(number / 10, "x", "127.0.0.2"))
            .await;
        told.extend(alerts.into_iter().map(|alert| (number, alert.reasons)));
    }
    assert_eq!(told, [(4, vec![Reason::Spray { accounts: 5 }])]);
    // The next hour is told anew; another address never was.
    for number in 0..5 {
        let account = format!("user{number}@example.com");
        let next = desk.failed(&account, &attempt(61, "x", "127.0.0.2")).await;
        assert_eq!(next.len(), usize::from(number == 4), "{number}");
    }
    let address = Some("127.0.0.2".to_owned());
    let entry = ("anonymous".to_owned(), address, "spray".to_owned());
    assert_eq!(desk.recorded().await, [entry.clone(), entry]);
    assert_eq!(desk.mails().await, Vec::<Value>::new());
}

#[tokio::test]
async fn one_account_failing_again_from_one_address_is_no_pattern() {
    let desk = Desk::open().await;
    for minute in 0..30 {
        let again = desk
            .failed("a@example.com", &attempt(minute, "x", "192.0.2.1"))
            .await;
        assert_eq!(again, [], "{minute}");
    }
}

#[tokio::test]
async fn an_account_that_five_addresses_fail_at_is_under_attack_and_not_named() {
    let desk = Desk::open().await;
    let mut told = Vec::new();
    for number in 0..8 {
        let from = attempt(number, "x", &format!("192.0.2.{number}"));
        told.extend(desk.failed("victim@example.com", &from).await);
    }
    assert_eq!(told.len(), 1);
    assert_eq!(
        told[0].reasons,
        [Reason::AccountUnderAttack { addresses: 5 }]
    );
    let kept = desk.cloud.dump(&desk.cloud.audit).await;
    assert!(kept.contains("account_under_attack"));
    assert!(!kept.contains("victim"), "the account's name is kept");
}

#[tokio::test]
async fn failures_at_the_same_moment_are_one_alert() {
    let desk = Desk::open().await;
    let attempts: Vec<Attempt> = (0..20)
        .map(|number| attempt(0, "x", &format!("192.0.2.{number}")))
        .collect();
    let together = attempts
        .iter()
        .map(|attempt| desk.failed("a@example.com", attempt));
    let told = futures::future::join_all(together).await;
    assert_eq!(told.into_iter().flatten().count(), 1);
}
