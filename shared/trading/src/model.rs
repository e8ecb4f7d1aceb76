//! What the store keeps and the use cases pass around.

use kernel::id::{AlertId, CommandId, DeviceId, TradeId};
use kernel::time::Timestamp;
pub use platform::owner::Owner;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::domain::command::{self, Validity};
use crate::domain::switches::Switches;
use crate::domain::{Figures, Kind, Status, presence};

/// A terminal that was paired.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terminal {
    /// Its id.
    pub id: DeviceId,
    /// How its person calls it.
    pub name: String,
    /// What it called itself when it was paired.
    pub terminal_id: String,
    /// Hash of its token.
    pub token_sha256: String,
    /// When it was paired.
    pub paired_at: Timestamp,
    /// When it was last heard of, in ms since the epoch.
    #[serde(default)]
    pub last_seen_ms: Option<i64>,
    /// Whether the dashboard was told that it is there.
    pub is_online: bool,
    /// Whether it has a connection to its broker, as it last said.
    #[serde(default)]
    pub is_connected: Option<bool>,
    /// The balance it last told.
    #[serde(default)]
    pub balance: Option<Decimal>,
    /// The equity it last told.
    #[serde(default)]
    pub equity: Option<Decimal>,
    /// Rises whenever it comes or goes and with each look after it: a look
    /// that was asked for before is none any more.
    #[serde(default)]
    pub watch: u64,
    /// Where the due index finds it; absent while it is away.
    #[serde(default)]
    pub due_shard: Option<String>,
    /// When somebody is to look whether it is still there, in ms since the
    /// epoch.
    #[serde(default)]
    pub due_at: Option<i64>,
}

impl Terminal {
    /// When it was last heard of.
    #[must_use]
    pub fn last_seen_at(&self) -> Option<Timestamp> {
        Timestamp::from_timestamp_millis(self.last_seen_ms?)
    }

    /// Whether it is there now: what the dashboard was last told may be older.
    #[must_use]
    pub fn is_there(&self, now: Timestamp) -> bool {
        presence::is_there(self.last_seen_at(), now)
    }
}

/// An open position, as a terminal told of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Its ticket.
    pub ticket: String,
    /// Lots.
    #[serde(default)]
    pub volume: Option<Decimal>,
    /// The last price of its symbol.
    #[serde(default)]
    pub price: Option<Decimal>,
    /// What closing it now would bring.
    #[serde(default)]
    pub profit: Option<Decimal>,
    /// Its stop loss.
    #[serde(default)]
    pub stop_loss: Option<Decimal>,
    /// Its take profit.
    #[serde(default)]
    pub take_profit: Option<Decimal>,
}

/// All open positions of a terminal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Positions {
    /// The positions.
    pub positions: Vec<Position>,
    /// When they were told of.
    #[serde(default)]
    pub told_at: Option<Timestamp>,
}

impl Positions {
    /// The one with a ticket.
    #[must_use]
    pub fn with_ticket(&self, ticket: &str) -> Option<&Position> {
        self.positions
            .iter()
            .find(|position| position.ticket == ticket)
    }
}

/// How a person's trading is switched, and what orders its commands. Each
/// command and each switch is written with it, where it is still the one that
/// was read: so all of them have one order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Control {
    /// The switches.
    pub switches: Switches,
    /// Number of the last command.
    pub last_command: u64,
    /// Terminals that the emergency stop in force was sent to.
    #[serde(default)]
    pub stopped: Vec<DeviceId>,
    /// Rises with each write; 0 where there was none.
    pub revision: u64,
}

/// A command to a terminal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// Its id.
    pub id: CommandId,
    /// Its terminal.
    pub device: DeviceId,
    /// Its number among the person's commands.
    pub number: u64,
    /// What it is.
    pub kind: Kind,
    /// What it says, as JSON.
    pub payload: String,
    /// How far it had come when it was last written.
    pub status: Status,
    /// Emergency stops before it.
    pub epoch: u64,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it ends to be good.
    pub expires_at: Timestamp,
    /// The trade it is about.
    #[serde(default)]
    pub trade: Option<TradeId>,
    /// Why it failed, as the terminal said.
    #[serde(default)]
    pub error: Option<String>,
    /// When it was done.
    #[serde(default)]
    pub done_at: Option<Timestamp>,
    #[serde(default)]
    pub(crate) ttl: Option<i64>,
}

impl Command {
    /// How far it has come: what nobody wrote down yet, an end by time or by a
    /// stop, included.
    #[must_use]
    pub fn status_at(&self, epoch: u64, now: Timestamp) -> Status {
        let validity = Validity {
            kind: self.kind,
            epoch: self.epoch,
            expires_at: self.expires_at,
        };
        validity.status(self.status, epoch, now)
    }

    /// The same, done.
    #[must_use]
    pub(crate) fn done(&self, status: Status, error: Option<String>, now: Timestamp) -> Self {
        Self {
            status,
            error,
            done_at: Some(now),
            ttl: Some((now + command::KEPT_FOR).timestamp()),
            ..self.clone()
        }
    }
}

/// What a signal said, for the trades that follow it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignalNote {
    /// Who gave it.
    #[serde(default)]
    pub provider: Option<String>,
    /// Where it said to give up.
    #[serde(default)]
    pub stop_loss: Option<Decimal>,
    pub(crate) ttl: i64,
}

/// Figures of all that a person traded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Signals that a terminal was told to trade.
    pub signals: u64,
    /// Positions that were ever opened.
    pub opened: u64,
    /// Closed trades.
    pub closed: Figures,
    /// What all closings brought, parts of open trades included.
    pub realized: Decimal,
    /// Rises with each write; 0 where there was none.
    pub revision: u64,
}

/// Figures of a provider's signals.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provider {
    /// Its name.
    pub name: String,
    /// Signals that were acted on.
    pub signals: u64,
    /// Closed trades.
    pub closed: Figures,
    /// Sum of the multiples of their risk that trades brought.
    pub r_sum: Decimal,
    /// Trades of which that is known.
    pub r_count: u64,
    /// Rises with each write; 0 where there was none.
    pub revision: u64,
}

/// What a terminal reported as wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// Its id.
    pub id: AlertId,
    /// The terminal that reported it first.
    pub device: DeviceId,
    /// The terminal's word for it.
    pub code: String,
    /// What happened, for a person.
    pub message: String,
    /// How grave the terminal says it is.
    pub severity: Severity,
    /// Times that it was reported.
    pub count: u32,
    /// When it was first reported.
    pub first_at: Timestamp,
    /// When it was last reported, in ms since the epoch.
    pub last_ms: i64,
    pub(crate) ttl: i64,
}

impl Alert {
    /// When it was last reported.
    #[must_use]
    pub fn last_at(&self) -> Timestamp {
        Timestamp::from_timestamp_millis(self.last_ms).unwrap_or(self.first_at)
    }
}

/// How grave something is.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "lowercase")]
#[schema(as = AlertSeverity)]
pub enum Severity {
    /// To be known.
    Info,
    /// To be looked at.
    Warning,
    /// Something was not done.
    #[default]
    Error,
    /// Somebody has to act.
    Critical,
}

/// The strategy that a person's terminals follow. Whoever has strategies made
/// and chosen publishes the active one here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Strategy {
    /// Its id.
    pub id: String,
    /// How its person calls it.
    pub name: String,
    /// Rises with each publication.
    pub version: u64,
    /// What terminals read, as JSON.
    pub content: String,
    /// When it was published.
    pub published_at: Timestamp,
}

/// The largest strategy, in bytes of its JSON.
pub const STRATEGY_BYTES_MAX: usize = 100_000;
