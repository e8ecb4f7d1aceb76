//! The scenario format: accounts and what happens on them when.
//!
//! README.md describes it for those who write one.

use std::collections::BTreeMap;

use kernel::time::Timestamp;
use rust_decimal::Decimal;
use secrecy::SecretString;
use serde::Deserialize;

pub use self::actions::{
    Action, Amount, Booking, Cancel, Close, CloseBy, CloseMany, Modify, Open, OpenMany, Operation,
    OperationKind, Reason, Reverse, ServerClock, SetEquity, SetPrice, Swap,
};
pub use crate::closed::ClosedTrades;
pub use crate::distortion::Distortion;
use crate::errors::Refusal;
pub use crate::history::HistorySettings;
use crate::symbols::SymbolSpec;

mod actions;

/// A scenario file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// The accounts that the trade servers know.
    pub accounts: Vec<AccountSpec>,
}

impl Scenario {
    /// Reads a scenario.
    ///
    /// # Errors
    /// A sentence with line and column.
    pub fn parse(json: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(json).map_err(|error| error.to_string())
    }
}

/// One trading account.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountSpec {
    /// Account number: 1 to 12 digits.
    pub login: String,
    /// The investor password.
    pub password: SecretString,
    /// Name of the trade server.
    pub server: String,
    /// ISO code; US dollars where it is left out.
    #[serde(default = "usd")]
    pub currency: String,
    /// Leverage, 1 to 3,000.
    #[serde(default = "hundred")]
    pub leverage: u32,
    /// The owner's name.
    #[serde(default = "owner")]
    pub name: String,
    /// What the steps' `after_s` counts from; the present where left out.
    #[serde(default)]
    pub start: Option<Timestamp>,
    /// Contract sizes and rates where the defaults do not fit.
    #[serde(default)]
    pub symbols: BTreeMap<String, SymbolSpec>,
    /// What happens, in any order.
    #[serde(default)]
    pub steps: Vec<Step>,
    /// What the account must show after its last step.
    #[serde(default)]
    pub expect: Option<Expect>,
    /// How registering the account at the gateway goes.
    #[serde(default)]
    pub verification: Verification,
    /// The first number of orders and deals: each step then takes three.
    /// Derived from the login where left out.
    #[serde(default)]
    pub first_ticket: Option<u64>,
    /// Closed positions of before the steps.
    #[serde(default)]
    pub closed: Option<ClosedTrades>,
    /// When the history shows the account's deals.
    #[serde(default)]
    pub history: HistorySettings,
    /// Fields of answers that are not as they should be.
    #[serde(default)]
    pub distortions: Vec<Distortion>,
}

fn usd() -> String {
    "USD".to_owned()
}

fn hundred() -> u32 {
    100
}

fn owner() -> String {
    "Simulated Trader".to_owned()
}

/// How registering an account goes.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verification {
    /// Milliseconds until the credentials are verified; the gateway's setting
    /// where left out.
    #[serde(default)]
    pub takes_ms: Option<u32>,
    /// The refusal that right credentials end in.
    #[serde(default)]
    pub fails_with: Option<Refusal>,
}

/// Figures after the last step.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// The balance.
    #[serde(default, with = "kernel::number::json_option")]
    pub balance: Option<Decimal>,
    /// The equity.
    #[serde(default, with = "kernel::number::json_option")]
    pub equity: Option<Decimal>,
}

/// Something that happens at a moment.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The moment.
    #[serde(default)]
    pub at: Option<Timestamp>,
    /// Seconds after the account's start, or after the present for a step that
    /// is added while the account lives; may be negative.
    #[serde(default)]
    pub after_s: Option<i64>,
    /// Name by which controls and later steps refer to this step's deals.
    #[serde(default)]
    pub name: Option<String>,
    /// Seconds until the step's deals appear in the history, though balance
    /// and positions show it at once.
    #[serde(default, alias = "lag_s")]
    pub history_lag_s: u32,
    /// Keeps the step's deals out of the history until they are released.
    #[serde(default)]
    pub hidden: bool,
    /// Seconds until the list of positions shows the step, though balance,
    /// equity and history show it at once.
    #[serde(default)]
    pub list_lag_s: u32,
    /// Keeps a position that the step opens out of the list until it is
    /// released.
    #[serde(default)]
    pub unlisted: bool,
    /// What happens.
    #[serde(rename = "do")]
    pub action: Action,
}

impl AccountSpec {
    /// An account in US dollars on which nothing happens.
    #[must_use]
    pub fn plain(login: &str, password: &str, server: &str) -> Self {
        Self {
            login: login.to_owned(),
            password: SecretString::from(password),
            server: server.to_owned(),
            currency: usd(),
            leverage: hundred(),
            name: owner(),
            start: None,
            symbols: BTreeMap::new(),
            steps: Vec::new(),
            expect: None,
            verification: Verification::default(),
            first_ticket: None,
            closed: None,
            history: HistorySettings::default(),
            distortions: Vec::new(),
        }
    }
}
