//! Commands: delivered until they are acknowledged, and what becomes of them.

use serde_json::{Value, json};
use trading::Request;
use trading::domain::switches::Switch;
use trading::domain::{OpenTrade, Side};

use crate::desk::{Desk, Paired, now};

fn open(signal: &str) -> OpenTrade {
    OpenTrade {
        signal_id: Some(signal.to_owned()),
        provider: Some("Gold Room".to_owned()),
        stop_loss: Some(2_290.into()),
        ..OpenTrade::at_market("XAUUSD", Side::Buy)
    }
}

impl Desk {
    fn request(&self) -> Request<'static> {
        Request {
            id: "test",
            now: now(),
        }
    }

    /// Has each terminal open a signal's trade.
    pub(crate) async fn issue(&self, signal: &str) -> kernel::Result<()> {
        let nothing = platform::dynamo::Transaction::new();
        let owner = self.owner();
        let open = open(signal);
        let issued = self
            .trading
            .open_trades(&owner, &open, None, (&nothing, &[]), self.request())
            .await;
        issued.map(|_| ())
    }

    async fn commands(&self, paired: &Paired, more: Value) -> Vec<Value> {
        let synced = self.sync(paired, more).await;
        synced["commands"].as_array().expect("commands").clone()
    }

    /// Statuses of all commands, the queue first.
    async fn statuses(&self) -> Vec<String> {
        let (commands, _) = self
            .trading
            .store
            .commands(&self.owner(), 200, None)
            .await
            .expect("reads");
        commands
            .iter()
            .map(|one| one.status.as_str().to_owned())
            .collect()
    }
}

fn id(command: &Value) -> &str {
    command["id"].as_str().expect("an id")
}

#[tokio::test]
async fn a_command_comes_until_it_is_acknowledged_and_ends_by_its_result() {
    let desk = Desk::open().await;
    let paired = desk.pair("Office").await;
    desk.issue("sig_1").await.expect("issues");
    let first = desk.commands(&paired, json!({})).await;
    assert_eq!(first.len(), 1);
    assert_eq!(first[0]["type"], "open_trade");
    assert_eq!(first[0]["payload"]["stopLoss"], 2_290);
    assert!(first[0]["expiresAt"].is_string());
    assert_eq!(desk.statuses().await, ["delivered"]);
    let again = desk.commands(&paired, json!({})).await;
    assert_eq!(again, first);
    let acked = desk
        .commands(&paired, json!({"acks": [id(&first[0])]}))
        .await;
    assert_eq!(acked, [json!(null); 0]);
    assert_eq!(desk.statuses().await, ["acknowledged"]);
    // The id needs no signal beside it: the command knows whose it follows.
    let result = desk.result("r1", "open", json!({"commandId": id(&first[0])}));
    assert_eq!(desk.push(&paired, &result).await.status, 200);
    assert_eq!(desk.statuses().await, ["executed"]);
    let (trades, _) = desk
        .trading
        .store
        .open_trades(&desk.owner(), 10, None)
        .await
        .expect("reads");
    assert_eq!(trades[0].provider.as_deref(), Some("Gold Room"));
    assert_eq!(trades[0].stop_loss, Some(2_290.into()));
}

#[tokio::test]
async fn one_of_several_orders_of_a_command_does_not_end_it_and_its_outcome_does() {
    let desk = Desk::open().await;
    let paired = desk.pair("Office").await;
    desk.issue("sig_1").await.expect("issues");
    let command = desk.commands(&paired, json!({})).await[0].clone();
    for part in [1, 2] {
        let of = json!({"commandId": id(&command), "commandPart": part, "ticket": 70 + part});
        let result = desk.result(&format!("r{part}"), "open", of);
        assert_eq!(desk.push(&paired, &result).await.status, 200);
    }
    // A terminal that is killed between two orders is told again.
    assert_eq!(desk.commands(&paired, json!({})).await.len(), 1);
    assert_eq!(desk.statuses().await, ["delivered"]);
    let (trades, _) = desk
        .trading
        .store
        .open_trades(&desk.owner(), 10, None)
        .await
        .expect("reads");
    let providers: Vec<_> = trades
        .iter()
        .map(|trade| trade.provider.as_deref())
        .collect();
    assert_eq!(providers, [Some("Gold Room"); 2]);
    let done = json!({"outcomes": [{"commandId": id(&command)}]});
    assert!(desk.commands(&paired, done).await.is_empty());
    assert_eq!(desk.statuses().await, ["executed"]);
    let wrong = json!({"commandId": id(&command), "commandPart": 0});
    let result = desk.result("r3", "open", wrong);
    assert_eq!(desk.push(&paired, &result).await.status, 400);
}

#[tokio::test]
async fn a_command_is_an_event_of_its_terminal_too() {
    let desk = Desk::open().await;
    let paired = desk.pair("Office").await;
    desk.issue("sig_1").await.expect("issues");
    let device = paired.id.parse().expect("an id");
    let log = desk.owner().log_of(&device);
    let events = desk.trading.live.after(&log, 0, 10).await.expect("reads");
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].kind, "command");
    let data: Value = serde_json::from_str(&events[0].data).expect("JSON");
    let commands = desk.commands(&paired, json!({})).await;
    assert_eq!(data, commands[0]);
}

#[tokio::test]
async fn what_failed_is_told_and_stays_failed() {
    let desk = Desk::open().await;
    let paired = desk.pair("Office").await;
    desk.issue("sig_1").await.expect("issues");
    let command = desk.commands(&paired, json!({})).await[0].clone();
    let failed = json!({"outcomes": [{"commandId": id(&command), "error": "no money"}]});
    assert!(desk.commands(&paired, failed).await.is_empty());
    let done = json!({"outcomes": [{"commandId": id(&command)}]});
    desk.commands(&paired, done).await;
    assert_eq!(desk.statuses().await, ["failed"]);
    let told = desk.told_of("notification").await;
    let failures: Vec<&Value> = told
        .iter()
        .filter(|one| one["type"] == "command_failed")
        .collect();
    assert_eq!(failures.len(), 1);
    assert_eq!(failures[0]["message"], "open_trade: no money");
}

#[tokio::test]
async fn another_terminals_commands_are_neither_seen_nor_ended() {
    let desk = Desk::open().await;
    let (office, home) = (desk.pair("Office").await, desk.pair("Home").await);
    desk.issue("sig_1").await.expect("issues");
    let of_office = desk.commands(&office, json!({})).await;
    let of_home = desk.commands(&home, json!({})).await;
    assert_eq!((of_office.len(), of_home.len()), (1, 1));
    assert_ne!(id(&of_office[0]), id(&of_home[0]));
    let acks = json!({
        "acks": [id(&of_office[0]), "cmd_01jd7bz8v6m3t9q2x4w7y0c1df", "nonsense"],
        "outcomes": [{"commandId": id(&of_office[0])}],
    });
    assert_eq!(desk.commands(&home, acks).await.len(), 1);
    assert_eq!(desk.commands(&office, json!({})).await.len(), 1);
}

#[tokio::test]
async fn no_order_to_open_is_delivered_after_a_stop_and_the_stop_is() {
    let desk = Desk::open().await;
    let paired = desk.pair("Office").await;
    for signal in ["sig_1", "sig_2"] {
        desk.issue(signal).await.expect("issues");
    }
    let owner = desk.owner();
    let stop = desk
        .trading
        .switch(&owner, Switch::EmergencyStop, desk.request());
    stop.await.expect("stops");
    let synced = desk.sync(&paired, json!({})).await;
    let commands = synced["commands"].as_array().expect("commands");
    assert_eq!(commands.len(), 1);
    assert_eq!(commands[0]["type"], "emergency_stop");
    assert_eq!(commands[0]["payload"], json!({"epoch": 1}));
    let state = json!({"mode": "stopped", "stealth": false, "version": 1, "epoch": 1});
    assert_eq!(synced["tradingState"], state);
    let refused = desk.issue("sig_3").await;
    assert!(
        matches!(refused, Err(kernel::Error::Conflict(_))),
        "{refused:?}"
    );
    let resume = desk.trading.switch(&owner, Switch::Resume, desk.request());
    resume.await.expect("resumes");
    // What the stop took back stays taken back.
    let done = json!({"acks": [id(&commands[0])]});
    assert!(desk.commands(&paired, done).await.is_empty());
    desk.issue("sig_4").await.expect("issues");
    let after = desk.commands(&paired, json!({})).await;
    assert_eq!(after.len(), 1);
    assert_eq!(after[0]["payload"]["signalId"], "sig_4");
    assert_eq!(after[0]["payload"]["epoch"], 1);
}

#[tokio::test]
async fn a_signal_is_acted_on_once() {
    let desk = Desk::open().await;
    let paired = desk.pair("Office").await;
    desk.issue("sig_1").await.expect("issues");
    let again = desk.issue("sig_1").await;
    assert!(
        matches!(again, Err(kernel::Error::Conflict(_))),
        "{again:?}"
    );
    assert_eq!(desk.commands(&paired, json!({})).await.len(), 1);
    let totals = desk
        .trading
        .store
        .totals(&desk.owner())
        .await
        .expect("reads");
    assert_eq!(totals.signals, 1);
}

#[tokio::test]
async fn terminals_are_asked_to_sync_once_until_they_hear_it() {
    let desk = Desk::open().await;
    let none = desk.post("/api/firebridge/force-sync", &Value::Null).await;
    assert_eq!(none.status, 409, "{}", none.text());
    let paired = desk.pair("Office").await;
    let ask = async || {
        let answer = desk.post("/api/firebridge/force-sync", &Value::Null).await;
        answer.expect(202)["commands"].clone()
    };
    let first = ask().await;
    assert_eq!(first[0]["device_id"], paired.id.as_str());
    assert_eq!(ask().await, first);
    let commands = desk.commands(&paired, json!({})).await;
    assert_eq!(commands[0]["type"], "sync");
    let acked = json!({"acks": [id(&commands[0])]});
    assert!(desk.commands(&paired, acked).await.is_empty());
    assert_eq!(desk.statuses().await, ["executed"]);
    assert_ne!(ask().await, first);
}
