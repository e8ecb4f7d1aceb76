//! Two Tehran days of a funded account, through the whole stack, with messages
//! delivered twice, the sync function killed again and again, and the gateway
//! failing one call in five: what `rules.md` implies, nothing lost, nothing
//! double.

use std::collections::BTreeMap;
use std::time::Duration;

use accounts::app::messages::{RulesMessage, Step, SyncMessage};
use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Asia::Tehran;
use kernel::time::{Clock, Timestamp};
use platform::clock::SystemClock;
use platform::queue::Queue;
use reqwest::Method;
use serde_json::{Value, json};
use stack_tests::{Killer, Receiver, Stack, until};

const LOGIN: &str = "7100001";
const PASSWORD: &str = "scenario-investor-7Q";
const USER: u64 = 7100;

struct Scenario {
    stack: Stack,
    account: String,
    token: String,
}

impl Scenario {
    /// Lets something happen at a moment and waits until it is judged.
    async fn at(&self, at: Timestamp, steps: &[Value]) -> Value {
        // Planned ahead, so that no sync sees the moment without its event.
        self.stack.simulator.plan(LOGIN, at, steps).await;
        self.stack.set_clock(at).await;
        until("a judged snapshot", Duration::from_secs(150), async || {
            self.hurry_twice().await;
            tokio::time::sleep(Duration::from_millis(1_600)).await;
            let summary = self.summary().await;
            let as_of: Option<DateTime<Utc>> = serde_json::from_value(summary["as_of"].clone())
                .ok()
                .flatten();
            as_of.is_some_and(|as_of| as_of >= at).then_some(summary)
        })
        .await
    }

    /// Asks for a sync as the shop does, and sends copies of the messages that
    /// this causes, as SQS may.
    async fn hurry_twice(&self) {
        let path = format!("/api/s2s/accounts/{}/reconnect", self.account);
        let answer = self.stack.shop().post(&path, &json!({})).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let queues = self.stack.queues().await;
        let table = self.stack.accounts_table().await;
        let store = accounts::store::Store::new(table);
        let (shop, account) = self.ids();
        let state = store
            .sync_state(&shop, &account)
            .await
            .expect("the store")
            .expect("a chain");
        let step = SyncMessage::Step(Step {
            shop: shop.clone(),
            account: account.clone(),
            generation: state.generation,
            due_at_ms: 0,
            request_id: "copy".to_owned(),
        });
        let judge = RulesMessage::Judge {
            shop,
            account,
            request_id: "copy".to_owned(),
        };
        for _ in 0..2 {
            queues.send(Queue::Sync, &step, 0).await.expect("sent");
            queues.send(Queue::Rules, &judge, 0).await.expect("sent");
        }
    }

    fn ids(&self) -> (kernel::id::ShopId, kernel::id::AccountId) {
        (
            self.stack.shop().id.parse().expect("the default shop"),
            self.account.parse().expect("an account"),
        )
    }

    async fn summary(&self) -> Value {
        let path = format!("/api/account/{}/summary", self.account);
        let answer = self.stack.get(&path, &self.token).await;
        if answer.status == 429 {
            return Value::Null;
        }
        answer.expect(200)
    }
}

fn tehran(day: u32, hour: u32, minute: u32, first: DateTime<chrono_tz::Tz>) -> Timestamp {
    let date = first.date_naive() + chrono::Days::new(u64::from(day) - 1);
    let local = date.and_hms_opt(hour, minute, 0).expect("a time of day");
    Tehran
        .from_local_datetime(&local)
        .earliest()
        .expect("Tehran has every time of day")
        .to_utc()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_days_with_copies_kills_and_a_failing_gateway_end_in_exactly_what_the_rules_imply() {
    let stack = Stack::running();
    let receiver = Receiver::start().await;
    let hook = stack
        .shop()
        .call(
            Method::PUT,
            "/api/s2s/webhook",
            &json!({"url": receiver.url, "rotate_secret": true}),
        )
        .await
        .expect(200);
    let secret = hook["secret"].as_str().expect("shown once").to_owned();

    // Day 1 is tomorrow in Tehran, so that its 09:00 is ahead of real time.
    let first = (SystemClock.now() + TimeDelta::days(1)).with_timezone(&Tehran);
    let t = |day, hour, minute| tehran(day, hour, minute, first);
    stack.set_clock(t(1, 9, 0)).await;
    stack
        .simulator
        .add_account(&json!({
            "login": LOGIN, "password": PASSWORD, "server": "Sim-Demo", "currency": "USD",
            "start": t(1, 8, 0),
            "steps": [{"at": t(1, 8, 0), "do": {"deposit": {"amount": 100_000}}}]
        }))
        .await;
    let connected = stack
        .shop()
        .post(
            "/api/connect",
            &json!({"login": LOGIN, "investor_pass": PASSWORD, "server": "Sim-Demo",
                    "account_type": "scenario", "wp_user_id": USER}),
        )
        .await
        .expect(201);
    let scenario = Scenario {
        token: stack.shop().exchange(USER).await,
        account: connected["account_id"].as_str().expect("an id").to_owned(),
        stack,
    };
    let stack = &scenario.stack;
    let summary = scenario.at(t(1, 9, 1), &[]).await;
    assert_eq!(summary["initial_balance"], json!(100_000));
    assert_eq!(summary["dd_daily_reference_source"], json!("after"));

    stack
        .simulator
        .fail(&json!({"fault": "internal", "one_in": 5}))
        .await;
    let killer = Killer::of("sync", Duration::from_millis(2_300));

    let open = json!({"open": {"position": "a", "symbol": "EURUSD", "side": "buy", "volume": 1, "price": 1.1}});
    let equity = |value: i64| json!({"equity": {"equity": value}});
    let summary = scenario.at(t(1, 10, 0), &[open, equity(96_500)]).await;
    assert_eq!(summary["dd_daily_used"], json!(3_500));
    let close_half = json!({"close": {"position": "a", "volume": 0.5, "profit": -1_000}});
    let summary = scenario
        .at(t(1, 11, 0), &[close_half, equity(98_000)])
        .await;
    assert_eq!(summary["balance_current"], json!(99_000));
    let summary = scenario.at(t(1, 12, 0), &[equity(95_400)]).await;
    assert_eq!(summary["dd_daily_used"], json!(4_600));
    let deposit = json!({"deposit": {"amount": 10_000}});
    let summary = scenario.at(t(1, 13, 0), &[deposit, equity(105_400)]).await;
    assert_eq!(
        summary["dd_daily_reference"],
        json!(110_000),
        "moved by the deposit"
    );
    assert_eq!(
        summary["dd_daily_used"],
        json!(4_600),
        "a deposit is no gain"
    );

    // The reset passes with nobody syncing.
    // 12.5 of the 20 hours between the neighbours: 105,400 + 0.625 × 1,600.
    let summary = scenario.at(t(2, 9, 0), &[equity(107_000)]).await;
    assert_eq!(summary["dd_daily_reference_source"], json!("interpolated"));
    let reference = summary["dd_daily_reference"].as_f64().expect("a number");
    assert!((106_395.0..106_405.0).contains(&reference), "{reference}");
    assert_eq!(summary["dd_daily_used"], json!(0));
    let next: DateTime<Utc> =
        serde_json::from_value(summary["dd_daily_reset_at"].clone()).expect("a time");
    assert_eq!(next, t(3, 1, 30));

    // A drawdown of more than 5,000 from there breaches; the deepest all-time
    // use was day 1's: 100,000 less 95,400.
    let summary = scenario.at(t(2, 10, 0), &[equity(101_300)]).await;
    assert_eq!(summary["phase"], json!("breached"));
    let summary = scenario.at(t(2, 11, 0), &[equity(108_000)]).await;
    assert_eq!(
        summary["phase"],
        json!("breached"),
        "a recovery does not undo it"
    );
    assert_eq!(summary["dd_all_time_used"], json!(4_600));
    assert_eq!(summary["equity_current"], json!(108_000));

    drop(killer);
    stack.simulator.heal().await;
    let close = json!({"close": {"position": "a", "profit": 500}});
    let summary = scenario.at(t(2, 12, 0), &[close]).await;
    assert_eq!(
        summary["balance_current"],
        json!(109_500),
        "99,000 + 10,000 + 500"
    );
    assert_eq!(summary["trading_days"], json!(1));
    assert_eq!(
        summary["win_rate"],
        json!(0),
        "-1,000 + 500 is one position that lost"
    );

    let rules = stack
        .get(
            &format!("/api/account/{}/rules", scenario.account),
            &scenario.token,
        )
        .await
        .expect(200);
    let violations: Vec<(String, String)> = rules["violations"]
        .as_array()
        .expect("violations")
        .iter()
        .rev()
        .map(|row| {
            let text = |name: &str| row[name].as_str().expect("a text").to_owned();
            (text("rule"), text("severity"))
        })
        .collect();
    let daily = |severity: &str| ("daily_drawdown".to_owned(), severity.to_owned());
    let expected = [
        daily("warning"),
        daily("critical"),
        daily("warning"),
        daily("critical"),
        daily("breach"),
    ];
    let mut sorted = violations.clone();
    sorted.sort();
    let mut wanted = expected.to_vec();
    wanted.sort();
    assert_eq!(sorted, wanted, "{violations:?}");

    webhooks_told_each_once(&receiver, &secret, &scenario.account).await;
    let trades = stack
        .get(
            &format!("/api/account/{}/trades", scenario.account),
            &scenario.token,
        )
        .await
        .expect(200);
    assert_eq!(
        trades["total"],
        json!(1),
        "one position, its partial close with it"
    );
    assert_eq!(trades["trades"][0]["net_profit"], json!(-500));
    stack.reset_clock().await;
}

/// Each event reached the shop, signed; copies bear the same id.
async fn webhooks_told_each_once(receiver: &Receiver, secret: &str, account: &str) {
    let expected = BTreeMap::from([
        ("account.breached".to_owned(), 1),
        ("account.connected".to_owned(), 1),
        ("account.critical".to_owned(), 2),
        ("account.started".to_owned(), 1),
        ("account.warning".to_owned(), 2),
    ]);
    let told = until("the webhooks", Duration::from_secs(60), async || {
        let mut by_id = BTreeMap::new();
        for message in receiver.received() {
            if message.body["data"]["account_id"] == json!(account) {
                by_id.insert(message.id.clone(), message.body["type"].clone());
            }
        }
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        // Leaps of the clock and a failing gateway make an account stale.
        let is_of_time = |kind: &&Value| *kind == "account.stale" || *kind == "account.recovered";
        for kind in by_id.values().filter(|kind| !is_of_time(kind)) {
            *counts
                .entry(kind.as_str().unwrap_or_default().to_owned())
                .or_default() += 1;
        }
        (counts.values().sum::<usize>() >= 7).then_some(counts)
    })
    .await;
    assert_eq!(told, expected);
    let message = receiver.received().pop().expect("a message");
    let signed = format!("{}.{}.{}", message.id, message.timestamp, message.text);
    let key = base64_decode(
        secret
            .strip_prefix("whsec_")
            .expect("a Standard Webhooks secret"),
    );
    let expected = platform::tokens::hmac_sha256(&key, signed.as_bytes());
    let given: Vec<Vec<u8>> = message
        .signature
        .split(' ')
        .filter_map(|part| part.strip_prefix("v1,"))
        .map(base64_decode)
        .collect();
    assert!(given.contains(&expected), "{}", message.signature);
}

fn base64_decode(text: &str) -> Vec<u8> {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD
        .decode(text)
        .expect("base64")
}
