//! What terminals cost: units of all tables for a sync and for a result, the
//! chain around the handler included. Bounds, so that none of it creeps up;
//! `make bench` shows the figures.

use platform::dynamo::{Table, Units};
use serde_json::{Value, json};

use crate::desk::Desk;

/// Calls of one kind over which units are counted: what the chain does for
/// several calls at once is shared by them.
const CALLS: u64 = 20;

impl Desk {
    fn units(&self) -> Units {
        let app = &self.app;
        let tables: [&Table; 6] = [
            app.platform.table(),
            app.trading.store.table(),
            app.trading.live.table(),
            app.signals.store.table(),
            app.people.table(),
            app.organizations.table(),
        ];
        tables.into_iter().map(Table::units).sum()
    }

    /// Units that a call of a kind uses on average; `call` is given its number.
    async fn cost(&self, what: &str, call: impl AsyncFn(u64)) -> Units {
        call(0).await;
        let before = self.units();
        for number in 1..=CALLS {
            call(number).await;
        }
        let each = average(self.units().since(before));
        println!("{what}: {each:?}");
        each
    }
}

fn average(of_all: Units) -> Units {
    Units {
        read_tenths: of_all.read_tenths / CALLS,
        write_tenths: of_all.write_tenths / CALLS,
    }
}

fn at_most(used: Units, read_tenths: u64, write_tenths: u64) {
    let fits = used.read_tenths <= read_tenths && used.write_tenths <= write_tenths;
    assert!(fits, "{used:?}, at most {read_tenths} and {write_tenths}");
}

fn status(equity: u64, positions: u64) -> Value {
    let open: Vec<Value> = (0..positions)
        .map(|ticket| {
            json!({
                "ticket": 1_000 + ticket, "volume": 0.1, "price": 1.1023, "profit": 12.5,
                "stopLoss": 1.08, "takeProfit": 1.12,
            })
        })
        .collect();
    json!({"status": {
        "isConnected": true, "balance": 10_000, "equity": equity, "openTrades": open,
    }})
}

#[tokio::test]
async fn a_sync_at_rest_costs_six_reads_and_a_write() {
    let desk = Desk::open().await;
    let paired = desk.pair("Office").await;
    let rest = desk
        .cost("a sync at rest", async |_| {
            desk.sync(&paired, json!({})).await;
        })
        .await;
    at_most(rest, 66, 13);
    let holding = desk
        .cost("a sync with five positions", async |_| {
            desk.sync(&paired, status(10_000, 5)).await;
        })
        .await;
    at_most(holding, 66, 23);
    let moving = desk
        .cost("the same with another equity", async |number| {
            desk.sync(&paired, status(10_001 + number, 5)).await;
        })
        .await;
    at_most(moving, 76, 93);
}

/// A signal's way through its terminal, step by step: twenty of them, the
/// average of each step.
#[tokio::test]
async fn a_signal_costs_its_order_two_syncs_and_two_results() {
    let desk = Desk::open().await;
    let paired = desk.pair("Office").await;
    desk.sync(&paired, json!({})).await;
    let mut steps = [Units::default(); 5];
    for number in 0..=CALLS {
        let signal = desk.sent_signal().await;
        let mut marks = vec![desk.units()];
        desk.issue(signal.as_str()).await.expect("issues");
        marks.push(desk.units());
        let told = desk.sync(&paired, json!({})).await;
        let command = told["commands"][0]["id"].clone();
        marks.push(desk.units());
        let ticket = 100 + number;
        let named = json!({"ticket": ticket, "commandId": command, "signalId": signal});
        let open = desk.result(&format!("o{number}"), "open", named);
        assert_eq!(desk.push(&paired, &open).await.status, 200);
        marks.push(desk.units());
        let told = desk.sync(&paired, json!({"acks": [command]})).await;
        assert_eq!(told["commands"], json!([]));
        marks.push(desk.units());
        let end = json!({
            "ticket": ticket, "signalId": signal, "closePrice": 1.102, "profit": 200,
            "closeTime": "2026-03-02T12:00:00Z",
        });
        let closed = desk.result(&format!("c{number}"), "closed", end);
        assert_eq!(desk.push(&paired, &closed).await.status, 200);
        marks.push(desk.units());
        // The first makes what is there for all others.
        if number > 0 {
            for (step, pair) in steps.iter_mut().zip(marks.windows(2)) {
                *step = [*step, pair[1].since(pair[0])].into_iter().sum();
            }
        }
    }
    let bounds = [
        ("an order to open, issued", (65, 165)),
        ("a sync that is told it", (68, 24)),
        ("its result, and the signal active", (118, 290)),
        ("a sync that acknowledges it", (86, 14)),
        ("the trade's end, and the signal closed", (128, 310)),
    ];
    for (step, (what, (read_tenths, write_tenths))) in steps.into_iter().zip(bounds) {
        let each = average(step);
        println!("{what}: {each:?}");
        at_most(each, read_tenths, write_tenths);
    }
}
