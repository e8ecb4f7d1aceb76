//! The record, written and searched.

use audit::app::{Filter, Found, search};
use kernel::id::AuditId;
use kernel::page::Limit;
use kernel::time::Timestamp;
use platform::audit_log::{AuditLog, Entry};
use platform::dynamo::Transaction;
use testkit::Cloud;

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn now() -> Timestamp {
    at("2026-12-02T12:00:00Z")
}

/// The second person works in an organization of their own.
fn tenant_of(actor: &str) -> &'static str {
    match actor {
        "usr_2" => "org_2",
        _ => "org_1",
    }
}

fn entry(time: &str, actor: &str, action: &str) -> Entry {
    let at = at(time);
    Entry {
        id: AuditId::generate(at),
        at,
        actor: actor.to_owned(),
        tenant: tenant_of(actor).to_owned(),
        action: action.to_owned(),
        target: Some("usr_9".to_owned()),
        path: "/api/things/1".to_owned(),
        address: "192.0.2.1".to_owned(),
        user_agent: Some("Mozilla/5.0".to_owned()),
        device: "0123456789abcdef".to_owned(),
        country: None,
        outcome: 204,
        request_id: "req_1".to_owned(),
        detail: Some("why".to_owned()),
    }
}

/// A record with these entries, and they themselves, the newest first.
async fn record(entries: Vec<Entry>) -> (AuditLog, Vec<Entry>) {
    let log = AuditLog::new(Cloud::start().await.audit, 60);
    for some in entries.chunks(100) {
        let writes = some.iter().map(|entry| log.append(entry));
        let written = futures::future::try_join_all(writes).await;
        written.expect("appends");
    }
    let mut newest_first = entries;
    newest_first.sort_by_key(|entry| std::cmp::Reverse(entry.position()));
    (log, newest_first)
}

async fn page(log: &AuditLog, filter: &Filter, limit: u32, after: Option<&str>) -> Found {
    let limit = Limit::new(limit).expect("a limit");
    search(log, filter, limit, after, now())
        .await
        .expect("searches")
}

/// All pages, each with its length.
async fn pages(log: &AuditLog, filter: &Filter, limit: u32) -> (Vec<Entry>, Vec<usize>) {
    let (mut entries, mut lengths) = (Vec::new(), Vec::new());
    let mut after = None;
    for _ in 0..100 {
        let found = page(log, filter, limit, after.as_deref()).await;
        lengths.push(found.entries.len());
        entries.extend(found.entries);
        after = found.next;
        if after.is_none() {
            return (entries, lengths);
        }
    }
    panic!("the pages have no end");
}

fn over_borders() -> Vec<Entry> {
    vec![
        entry("2026-10-31T23:59:59.999Z", "usr_1", "member.invite"),
        entry("2026-11-01T00:00:00Z", "usr_2", "member.invite"),
        entry("2026-11-29T12:00:00Z", "usr_1", "role.change"),
        entry("2026-11-30T23:59:59.999Z", "usr_2", "member.invite"),
        entry("2026-12-01T00:00:00Z", "usr_1", "member.invite"),
        entry("2026-12-01T00:00:00Z", "usr_2", "role.change"),
        entry("2026-12-01T00:00:00.001Z", "usr_1", "member.invite"),
        entry("2026-12-02T11:59:59Z", "usr_1", "role.change"),
    ]
}

#[tokio::test]
async fn an_entry_reads_back_as_it_was_written_by_time_actor_and_action() {
    let (log, entries) = record(vec![entry("2026-12-02T11:00:00Z", "usr_1", "role.change")]).await;
    let filters = [
        Filter::default(),
        Filter {
            actor: Some("usr_1".to_owned()),
            ..Filter::default()
        },
        Filter {
            action: Some("role.change".to_owned()),
            ..Filter::default()
        },
        Filter {
            tenant: Some("org_1".to_owned()),
            ..Filter::default()
        },
    ];
    for filter in filters {
        let found = page(&log, &filter, 50, None).await;
        assert_eq!(found.entries, entries, "{filter:?}");
    }
    for (actor, action) in [
        ("usr_2", "role.change"),
        ("usr_1", "role"),
        ("usr_", "role.change"),
    ] {
        let filter = Filter {
            actor: Some(actor.to_owned()),
            action: Some(action.to_owned()),
            ..Filter::default()
        };
        assert_eq!(page(&log, &filter, 50, None).await.entries, []);
    }
}

#[tokio::test]
async fn pages_of_every_size_hold_each_entry_once_newest_first_over_days_and_months() {
    let (log, entries) = record(over_borders()).await;
    for limit in [1, 2, 3, 7, 8, 9] {
        let (found, _) = pages(&log, &Filter::default(), limit).await;
        assert_eq!(found, entries, "limit {limit}");
    }
    let of_one = Filter {
        actor: Some("usr_1".to_owned()),
        ..Filter::default()
    };
    for (limit, wanted) in [
        (2, vec![2, 2, 1]),
        (4, vec![4, 1]),
        (5, vec![5]),
        (6, vec![5]),
    ] {
        let (_, lengths) = pages(&log, &of_one, limit).await;
        assert_eq!(lengths, wanted, "limit {limit}");
    }
}

#[tokio::test]
async fn filters_select_exactly_theirs_on_every_page_size() {
    let (log, entries) = record(over_borders()).await;
    let times = [
        None,
        Some("2026-11-01T00:00:00Z"),
        Some("2026-12-01T00:00:00Z"),
        Some("2026-12-01T00:00:00.001Z"),
    ];
    let mut selections = Vec::new();
    for tenant in [None, Some("org_1"), Some("org_2"), Some("org_3")] {
        for actor in [None, Some("usr_1"), Some("usr_2"), Some("usr_3")] {
            selections.push((tenant, actor));
        }
    }
    for (tenant, actor) in selections {
        for action in [None, Some("member.invite"), Some("role.change")] {
            for from in times {
                for to in times {
                    let filter = Filter {
                        tenant: tenant.map(str::to_owned),
                        actor: actor.map(str::to_owned),
                        action: action.map(str::to_owned),
                        from: from.map(at),
                        to: to.map(at),
                    };
                    let wanted: Vec<Entry> = entries
                        .iter()
                        .filter(|entry| tenant.is_none_or(|tenant| entry.tenant == tenant))
                        .filter(|entry| actor.is_none_or(|actor| entry.actor == actor))
                        .filter(|entry| action.is_none_or(|action| entry.action == action))
                        .filter(|entry| from.is_none_or(|from| entry.at >= at(from)))
                        .filter(|entry| to.is_none_or(|to| entry.at < at(to)))
                        .cloned()
                        .collect();
                    let (found, _) = pages(&log, &filter, 2).await;
                    assert_eq!(found, wanted, "{filter:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_page_looks_back_a_month_of_days_and_says_where_to_go_on() {
    let old = entry("2026-10-20T08:00:00Z", "usr_1", "role.change");
    let (log, entries) = record(vec![old]).await;
    let first = page(&log, &Filter::default(), 50, None).await;
    assert_eq!(first.entries, []);
    let next = first.next.expect("there is more to look at");
    // From 2 December back, 31 days end with 2 November's.
    let start = at("2026-11-02T00:00:00Z").timestamp_millis();
    assert_eq!(next, start.to_string());
    let second = page(&log, &Filter::default(), 50, Some(&next)).await;
    assert_eq!(second.entries, entries);
    // An actor's months reach back over all of it at once.
    let filter = Filter {
        actor: Some("usr_1".to_owned()),
        ..Filter::default()
    };
    let found = page(&log, &filter, 50, None).await;
    assert_eq!((found.entries, found.next), (entries, None));
}

#[tokio::test]
async fn what_is_older_than_the_record_keeps_is_not_there_although_nothing_deleted_it() {
    let (log, entries) = record(vec![
        entry("2026-10-03T11:59:59Z", "usr_1", "role.change"),
        entry("2026-10-03T12:00:01Z", "usr_1", "role.change"),
    ])
    .await;
    let filter = Filter {
        actor: Some("usr_1".to_owned()),
        ..Filter::default()
    };
    let found = page(&log, &filter, 50, None).await;
    assert_eq!(
        (found.entries.as_slice(), found.next),
        (&entries[..1], None)
    );
}

#[tokio::test]
async fn a_busy_actors_rare_action_is_found_by_pages_that_look_at_a_bounded_number() {
    let mut all = vec![entry("2026-12-01T00:00:00Z", "usr_1", "role.change")];
    for second in 0..2_400 {
        let time = at("2026-12-01T06:00:00Z") + chrono::TimeDelta::seconds(second);
        all.push(entry(&time.to_rfc3339(), "usr_1", "POST /api/tasks"));
    }
    let rare = all[0].clone();
    let (log, _) = record(all).await;
    let filter = Filter {
        actor: Some("usr_1".to_owned()),
        action: Some("role.change".to_owned()),
        ..Filter::default()
    };
    let first = page(&log, &filter, 50, None).await;
    assert_eq!(first.entries, []);
    let second = page(&log, &filter, 50, first.next.as_deref()).await;
    assert_eq!(second.entries, [rare]);
}

#[tokio::test]
async fn an_entry_that_is_there_is_never_written_over() {
    let first = entry("2026-12-02T11:00:00Z", "usr_1", "role.change");
    let (log, entries) = record(vec![first.clone()]).await;
    let changed = Entry {
        outcome: 500,
        detail: None,
        ..first
    };
    log.append(&changed).await.expect("is no error");
    let mut transaction = Transaction::new();
    log.add(&mut transaction, &changed).expect("adds");
    let refused = transaction.commit().await.expect_err("is refused");
    assert!(refused.refused("audit"));
    assert_eq!(
        page(&log, &Filter::default(), 50, None).await.entries,
        entries
    );
}

#[tokio::test]
async fn whatever_a_caller_sends_an_entry_is_bounded_and_found_by_its_actor() {
    let long = "é".repeat(5_000);
    let huge = Entry {
        tenant: long.clone(),
        target: Some(long.clone()),
        path: long.clone(),
        address: long.clone(),
        user_agent: Some(long.clone()),
        device: long.clone(),
        country: Some(long.clone()),
        request_id: long.clone(),
        detail: Some(long.clone()),
        ..entry("2026-12-02T11:00:00Z", &long, &long)
    };
    let (log, _) = record(vec![huge]).await;
    for filter in [
        Filter {
            actor: Some(long.clone()),
            ..Filter::default()
        },
        Filter {
            action: Some(long.clone()),
            ..Filter::default()
        },
    ] {
        let found = page(&log, &filter, 50, None).await.entries;
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0]
                .user_agent
                .as_deref()
                .map(|text| text.chars().count()),
            Some(300)
        );
        assert_eq!(
            found[0].detail.as_deref().map(|text| text.chars().count()),
            Some(1_000)
        );
    }
}

#[tokio::test]
async fn a_position_that_is_none_is_refused() {
    let (log, _) = record(Vec::new()).await;
    for after in ["", "x", "12345", "aaaaaaaaaaaaa#aud"] {
        let limit = Limit::DEFAULT;
        let found = search(&log, &Filter::default(), limit, Some(after), now()).await;
        assert!(matches!(found, Err(kernel::Error::Invalid(_))), "{after}");
    }
}

#[tokio::test]
async fn an_entry_of_usual_size_costs_four_write_units() {
    let cloud = Cloud::start().await;
    let log = AuditLog::new(cloud.audit.clone(), 400);
    log.append(&entry("2026-12-02T11:00:00Z", "usr_1", "role.change"))
        .await
        .expect("appends");
    assert_eq!(cloud.audit.units_tenths(), 40);
}
