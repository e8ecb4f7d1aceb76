//! A stack with a person whose terminals trade.

use axum::Router;
use fn_trading::App;
use http::Method;
use kernel::id::UserId;
use kernel::time::{Clock, Timestamp};
use platform::clock::SystemClock;
use platform::devices::Device;
use platform::dynamo::Transaction;
use platform::tokens::Claims;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use testkit::http::{bearer, send};
use testkit::{Answer, Stack};
use trading::app::{Said, Told};
use trading::domain::{OpenTrade, Report, Side, TradeStatus};
use trading::model::{Command, Position, Positions};
use trading::{Owner, Request, Trading};

pub(crate) struct Desk {
    pub(crate) stack: Stack,
    pub(crate) router: Router,
    pub(crate) trading: Trading,
    pub(crate) user: UserId,
}

pub(crate) fn now() -> Timestamp {
    SystemClock.now()
}

pub(crate) fn request() -> Request<'static> {
    Request {
        id: "test",
        now: now(),
    }
}

/// A decimal as people write it.
pub(crate) fn figure(text: &str) -> Decimal {
    text.parse().expect("a figure")
}

/// A result of a position.
pub(crate) fn report(ticket: &str, status: TradeStatus, profit: &str) -> Report {
    let ends = status == TradeStatus::Closed;
    Report {
        server: "Sim-Demo".to_owned(),
        login: "5000001".to_owned(),
        ticket: ticket.to_owned(),
        symbol: "EURUSD".to_owned(),
        side: Side::Buy,
        status,
        volume: figure("1"),
        open_price: figure("1.1000"),
        close_price: ends.then(|| figure("1.1100")),
        profit: ends.then(|| figure(profit)),
        opened_at: now(),
        closed_at: ends.then(now),
        signal_id: None,
        command: None,
        is_one_of_several: false,
    }
}

pub(crate) fn open(signal: &str) -> OpenTrade {
    OpenTrade {
        signal_id: Some(signal.to_owned()),
        provider: Some("Gold Room".to_owned()),
        stop_loss: Some(figure("1.0950")),
        ..OpenTrade::at_market("EURUSD", Side::Buy)
    }
}

impl Desk {
    pub(crate) async fn open() -> Self {
        let stack = Stack::start().await;
        let app = App::new(&stack.env(), stack.aws()).expect("starts");
        Self {
            trading: app.trading.clone(),
            router: fn_trading::router(app),
            user: UserId::generate(now()),
            stack,
        }
    }

    pub(crate) fn owner(&self) -> Owner {
        Owner {
            org: self.user.to_string(),
            user: self.user.clone(),
        }
    }

    /// A terminal of the person that calls itself so.
    pub(crate) async fn terminal(&self, terminal_id: &str) -> Device {
        let owner = self.owner();
        let code = self.trading.start_pairing(&owner, terminal_id, now()).await;
        let (code, _) = code.expect("a code");
        let paired = self.trading.pair(&code, terminal_id, request()).await;
        paired.expect("pairs").expect("a good code").device
    }

    pub(crate) async fn record(&self, device: &Device, result: &str, report: &Report) -> String {
        let recorded = self.trading.record(device, result, report, request()).await;
        recorded.expect("records").trade.to_string()
    }

    /// An open trade of a terminal.
    pub(crate) async fn open_trade(&self, device: &Device, ticket: &str) -> String {
        let report = report(ticket, TradeStatus::Open, "0");
        self.record(device, &format!("open {ticket}"), &report)
            .await
    }

    /// Has a terminal tell of a position.
    pub(crate) async fn tell_position(
        &self,
        device: &Device,
        ticket: &str,
        price: &str,
        profit: &str,
    ) {
        let position = Position {
            ticket: ticket.to_owned(),
            volume: Some(figure("1")),
            price: Some(figure(price)),
            profit: Some(figure(profit)),
            stop_loss: None,
            take_profit: None,
        };
        let told = Told {
            said: Said {
                is_connected: Some(true),
                ..Said::default()
            },
            positions: Some(Positions {
                positions: vec![position],
                told_at: Some(now()),
            }),
            ..Told::default()
        };
        self.trading
            .sync(device, &told, request())
            .await
            .expect("syncs");
    }

    pub(crate) async fn commands_for(&self, device: &Device) -> Vec<Command> {
        let synced = self.trading.sync(device, &Told::default(), request()).await;
        synced.expect("syncs").commands
    }

    pub(crate) async fn follow(&self, signal: &str) -> kernel::Result<Vec<Command>> {
        let nothing = Transaction::new();
        self.trading
            .open_trades(
                &self.owner(),
                &open(signal),
                None,
                (&nothing, &[]),
                request(),
            )
            .await
    }

    pub(crate) fn token(&self, role: &str, org: &str) -> String {
        self.stack.sign_token(&Claims {
            sub: self.user.to_string(),
            org: org.to_owned(),
            role: role.to_owned(),
            scope: "user".to_owned(),
            ..self.stack.claims(&self.stack.shop, 1)
        })
    }

    pub(crate) async fn ask(&self, method: Method, path: &str, body: &Value) -> Answer {
        let token = self.token("owner", self.user.as_str());
        self.ask_as(&token, method, path, body).await
    }

    pub(crate) async fn ask_as(
        &self,
        token: &str,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Answer {
        let body = match body {
            Value::Null => String::new(),
            body => body.to_string(),
        };
        send(&self.router, bearer(token, &method, path, body)).await
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        self.ask(Method::GET, path, &Value::Null).await.expect(200)
    }

    pub(crate) async fn post(&self, path: &str) -> Answer {
        self.ask(Method::POST, path, &json!({})).await
    }

    /// Kinds and data of what the person was told.
    pub(crate) async fn told(&self, kind: &str) -> Vec<Value> {
        let log = self.owner().log();
        let events = self
            .trading
            .live
            .after(&log, 0, 1_000)
            .await
            .expect("reads");
        let of_kind = events.into_iter().filter(|event| event.kind == kind);
        of_kind
            .map(|event| serde_json::from_str(&event.data).expect("JSON"))
            .collect()
    }
}
