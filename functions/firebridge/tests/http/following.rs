//! Signals live on with the trades that terminals make of them.

use kernel::id::SignalId;
use platform::dynamo::to_item;
use rust_decimal::Decimal;
use serde_json::json;
use signals::domain::setup::Setup;
use signals::domain::signal::{Signal, Status};
use signals::domain::values::{Direction, OrderType};
use signals::store::keys;

use crate::desk::{Desk, now};

impl Desk {
    fn signaller(&self) -> signals::Owner {
        signals::Owner {
            org: self.user.to_string(),
            user: self.user.clone(),
        }
    }

    /// A signal of the person's that was sent: buy at 1.1, the stop at 1.09.
    pub(crate) async fn sent_signal(&self) -> SignalId {
        let setup = Setup {
            symbol: "EURUSD".to_owned(),
            direction: Direction::Buy,
            order_type: OrderType::Market,
            entries: Vec::new(),
            entry_weights: None,
            is_zone: false,
            stop_loss: Some(Decimal::new(109, 2)),
            stop_loss_pips: None,
            take_profits: Vec::new(),
            take_profit_weights: None,
            take_profit_pips: Vec::new(),
            runner: false,
            leverage: None,
            risk_percent: None,
        };
        let signal = Signal {
            id: SignalId::generate(now()),
            setup,
            provider: None,
            channel: None,
            strategy: None,
            min_tier: None,
            raw_text: None,
            confidence: 100,
            reasons: Vec::new(),
            status: Status::Released,
            hold: None,
            rejection: None,
            replay_of: None,
            outcome: None,
            trades: Vec::new(),
            version: 1,
            created_at: now(),
            released_at: Some(now()),
            closed_at: None,
        };
        let key = keys::signal(&self.signaller(), &signal.id);
        let item = to_item(&key, &signal).expect("an item");
        self.stack.cloud.signals.put(item).await.expect("writes");
        signal.id
    }

    async fn signal(&self, id: &SignalId) -> Signal {
        let store = signals::Store::new(self.stack.cloud.signals.clone());
        let signal = store.signal(&self.signaller(), id).await;
        signal.expect("reads").expect("is there")
    }
}

#[tokio::test]
async fn a_signal_is_active_with_its_trade_and_closes_with_the_mean_of_its_parts() {
    let desk = Desk::open().await;
    let paired = desk.pair("Office").await;
    let id = desk.sent_signal().await;
    let open = desk.result("r1", "open", json!({"signalId": id}));
    let part = json!({
        "signalId": id, "volume": 0.4, "profit": 4, "closePrice": 1.115,
        "closeTime": "2026-03-02T11:00:00Z",
    });
    let rest = json!({
        "signalId": id, "volume": 0.6, "profit": 3, "closePrice": 1.105,
        "closeTime": "2026-03-02T12:00:00Z",
    });
    let results = [
        (open, Status::Active),
        (desk.result("r2", "partially_closed", part), Status::Active),
        (desk.result("r3", "closed", rest), Status::Closed),
    ];
    for (result, status) in &results {
        assert_eq!(desk.push(&paired, result).await.status, 200);
        assert_eq!(desk.signal(&id).await.status, *status);
    }
    let closed = desk.signal(&id).await;
    let outcome = closed.outcome.clone().expect("a result");
    // 0.4 × 1.115 + 0.6 × 1.105 = 1.109: nine tenths of the risk of 0.01.
    assert_eq!(outcome.exit_price, Some(Decimal::new(1_109, 3)));
    assert_eq!(outcome.r_multiple, Some(Decimal::new(9, 1)));
    let events: Vec<_> = desk.told_of("signal").await;
    let events: Vec<_> = events.iter().map(|told| &told["event"]).collect();
    assert_eq!(events, ["active", "closed"]);

    for (result, _) in &results {
        assert_eq!(desk.push(&paired, result).await.status, 200);
    }
    assert_eq!(desk.signal(&id).await, closed, "the same again is no news");
}

#[tokio::test]
async fn a_result_of_no_signal_of_the_person_changes_none() {
    let desk = Desk::open().await;
    let paired = desk.pair("Office").await;
    let id = desk.sent_signal().await;
    for (result, signal) in [
        ("r1", json!("sig_01jd7bz8v6m3t9q2x4w7y0c1df")),
        ("r2", json!("of another system")),
        ("r3", json!(null)),
    ] {
        let body = desk.result(result, "open", json!({"signalId": signal}));
        assert_eq!(desk.push(&paired, &body).await.status, 200);
    }
    assert_eq!(desk.signal(&id).await.status, Status::Released);
}
