//! The record, and the addresses that are shut out, as platform admins see
//! them.

use http::Method;
use kernel::id::AuditId;
use platform::audit_log::{AuditLog, Entry};
use platform::doorkeeper::Doorkeeper;
use serde_json::{Value, json};

use crate::desk::{Desk, now};

async fn append(desk: &Desk, time: &str, actor: &str, action: &str) {
    let at = time.parse().expect("a time");
    let entry = Entry {
        id: AuditId::generate(at),
        at,
        actor: actor.to_owned(),
        tenant: "org_1".to_owned(),
        action: action.to_owned(),
        target: None,
        path: "/x".to_owned(),
        address: "192.0.2.1".to_owned(),
        user_agent: None,
        device: "d".to_owned(),
        country: None,
        outcome: 200,
        request_id: "req_1".to_owned(),
        detail: None,
    };
    let log = AuditLog::new(desk.stack.cloud.audit.clone(), 400);
    log.append(&entry).await.expect("appends");
}

fn times(page: &Value) -> Vec<String> {
    let items = page["data"]["items"].as_array().expect("items");
    let time = |item: &Value| item["at"].as_str().unwrap_or_default().to_owned();
    items.iter().map(time).collect()
}

/// A moment of some days ago, at midnight and so many milliseconds.
fn moment(days: i64, ms: i64) -> String {
    let day = (now() - chrono::TimeDelta::days(days)).date_naive();
    let midnight = day.and_time(chrono::NaiveTime::MIN).and_utc();
    let at = midnight + chrono::TimeDelta::milliseconds(ms);
    at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
}

#[tokio::test]
async fn the_record_is_paged_over_the_borders_of_days_newest_first() {
    let desk = Desk::open().await;
    let (before, at, after) = (moment(2, -1), moment(2, 0), moment(2, 1));
    let today = moment(1, 0);
    for time in [&at, &today, &before, &after] {
        append(&desk, time, "usr_a", "role.changed").await;
        append(&desk, time, "usr_b", "role.read").await;
    }
    for filter in [
        "user=usr_a",
        "action=role.changed",
        "user=usr_a&action=role.changed",
    ] {
        let mut found = Vec::new();
        let mut cursor = String::new();
        for _ in 0..20 {
            let path = format!("/api/admin/audit?{filter}&limit=1{cursor}");
            let page = desk.get(&path).await.expect(200);
            found.extend(times(&page));
            match page["data"]["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        let wanted = [&today, &after, &at, &before];
        assert_eq!(found.iter().collect::<Vec<_>>(), wanted, "{filter}");
    }
    let path = format!("/api/admin/audit?user=usr_a&from={at}&to={today}");
    let page = desk.get(&path).await.expect(200);
    assert_eq!(times(&page), [after.clone(), at.clone()]);
    let path = format!("/api/admin/audit?from={at}&to={after}");
    let page = desk.get(&path).await.expect(200);
    assert_eq!(times(&page), [at.clone(), at]);
}

#[tokio::test]
async fn a_cursor_of_another_query_and_times_that_cannot_be_are_refused() {
    let desk = Desk::open().await;
    for ms in 0..3 {
        append(&desk, &moment(1, ms), "usr_a", "role.changed").await;
    }
    let page = desk.get("/api/admin/audit?user=usr_a&limit=1").await;
    let page = page.expect(200);
    let cursor = page["data"]["next_cursor"].as_str().expect("more");
    for path in [
        format!("/api/admin/audit?user=usr_b&limit=1&cursor={cursor}"),
        format!("/api/admin/audit?limit=1&cursor={cursor}"),
        format!("/api/admin/audit?from={}&to={}", moment(1, 0), moment(1, 0)),
        "/api/admin/audit?from=yesterday".to_owned(),
        "/api/admin/audit?user=".to_owned(),
    ] {
        assert_eq!(desk.get(&path).await.status, 400, "{path}");
    }
}

#[tokio::test]
async fn looking_into_the_record_is_recorded() {
    let desk = Desk::open().await;
    let _ = desk.get("/api/admin/audit?user=usr_a").await.expect(200);
    let entries = desk.recorded("audit.read").await;
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0]["actor"], json!(desk.admin));
    assert_eq!(entries[0]["target"], "usr_a");
    assert_eq!(entries[0]["detail"], "user usr_a");
    // That look is the next one's.
    assert_eq!(desk.recorded("audit.read").await.len(), 2);
}

async fn shut_out(desk: &Desk, address: &str) {
    let doorkeeper = Doorkeeper::new(desk.stack.cloud.platform.clone());
    for _ in 0..platform::doorkeeper::FAILURES_MAX {
        doorkeeper
            .failed(address, "ada@example.com", now())
            .await
            .expect("counts");
    }
}

#[tokio::test]
async fn addresses_that_are_shut_out_are_listed_and_let_in_again() {
    let desk = Desk::open().await;
    for address in ["127.0.0.2", "127.0.0.3", "2001:db8:1:2::"] {
        shut_out(&desk, address).await;
    }
    let list = async || {
        let page = desk.get("/api/admin/blocked-ips").await.expect(200);
        let items = page["data"]["items"].as_array().cloned().expect("items");
        let ip = |item: &Value| {
            assert_eq!(item["reason"], "failed_sign_ins");
            item["ip"].as_str().unwrap_or_default().to_owned()
        };
        items.iter().map(ip).collect::<Vec<_>>()
    };
    let all = ["127.0.0.2", "127.0.0.3", "2001:db8:1:2::"];
    assert_eq!(list().await, all);
    let page = desk.get("/api/admin/blocked-ips?limit=2").await.expect(200);
    assert_eq!(page["data"]["items"].as_array().map(Vec::len), Some(2));
    let next = page["data"]["next_cursor"].as_str().expect("more");
    let path = format!("/api/admin/blocked-ips?limit=2&cursor={next}");
    let page = desk.get(&path).await.expect(200);
    assert_eq!(page["data"]["items"][0]["ip"], "2001:db8:1:2::");

    let lift = async |ip: &str| {
        let path = format!("/api/admin/blocked-ips/{ip}");
        desk.ask(&Method::DELETE, &path, &Value::Null).await
    };
    let lifted = lift("127.0.0.2").await.expect(200);
    assert_eq!(lifted["data"], json!({"ip": "127.0.0.2"}));
    // Of IPv6 any address of the network will do.
    let _ = lift("2001:db8:1:2:3:4:5:6").await.expect(200);
    assert_eq!(list().await, ["127.0.0.3"]);
    let doorkeeper = Doorkeeper::new(desk.stack.cloud.platform.clone());
    let before = doorkeeper.before("127.0.0.2", "bob@example.com", now());
    assert!(before.await.is_ok());
    for gone in ["127.0.0.2", "127.0.0.9", "nowhere"] {
        assert_eq!(lift(gone).await.status, 404, "{gone}");
    }
    let entries = desk.recorded("blocked_address.lifted").await;
    let targets: Vec<&Value> = entries.iter().map(|entry| &entry["target"]).collect();
    assert_eq!(targets, ["2001:db8:1:2::", "127.0.0.2"]);
}
