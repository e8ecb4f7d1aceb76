//! The scenario format: accounts and what happens on them when.
//!
//! README.md describes it for those who write one.

use std::collections::BTreeMap;

use kernel::time::Timestamp;
use rust_decimal::Decimal;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::errors::Refusal;
use crate::symbols::{Side, SymbolSpec};

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
    /// Seconds until the step's deals appear in the history, though balance
    /// and positions show it at once.
    #[serde(default)]
    pub history_lag_s: u32,
    /// What happens.
    #[serde(rename = "do")]
    pub action: Action,
}

/// What can happen on an account.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Money comes in.
    Deposit(Amount),
    /// Money goes out.
    Withdraw(Amount),
    /// Credit is given, or taken back with a negative amount.
    Credit(Amount),
    /// Another operation on the balance.
    Operation(Operation),
    /// A position is opened.
    Open(Open),
    /// The market moves.
    Price(SetPrice),
    /// The market moves so that the account shows this equity.
    Equity(SetEquity),
    /// A position is closed, wholly or in part.
    Close(Close),
    /// A position is closed by an opposite one.
    CloseBy(CloseBy),
    /// A position is turned to the other side by one deal (`INOUT`).
    Reverse(Reverse),
    /// Swap is charged to an open position.
    Swap(Swap),
}

/// An amount of money.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Amount {
    /// In the account's currency; above zero but for credit.
    #[serde(with = "kernel::number::json")]
    pub amount: Decimal,
    /// The deal's comment.
    #[serde(default)]
    pub comment: String,
}

/// Balance operations apart from deposits and withdrawals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationKind {
    /// A charge.
    Charge,
    /// A correction.
    Correction,
    /// Interest.
    Interest,
    /// Commission that belongs to no deal.
    Commission,
    /// A bonus.
    Bonus,
    /// A dividend.
    Dividend,
    /// A tax.
    Tax,
}

/// A balance operation of another kind.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operation {
    /// Which.
    pub kind: OperationKind,
    /// Signed, in the account's currency.
    #[serde(with = "kernel::number::json")]
    pub amount: Decimal,
    /// The deal's comment.
    #[serde(default)]
    pub comment: String,
}

/// Opens a position.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Open {
    /// What later steps call the position.
    pub position: String,
    /// The symbol.
    pub symbol: String,
    /// Buy or sell.
    pub side: Side,
    /// Lots.
    #[serde(with = "kernel::number::json")]
    pub volume: Decimal,
    /// The price, which is the market's from then on; the market's where left
    /// out.
    #[serde(default, with = "kernel::number::json_option")]
    pub price: Option<Decimal>,
    /// Stop loss.
    #[serde(default, with = "kernel::number::json_option")]
    pub stop_loss: Option<Decimal>,
    /// Take profit.
    #[serde(default, with = "kernel::number::json_option")]
    pub take_profit: Option<Decimal>,
    /// Commission of the deal, signed: a cost is negative.
    #[serde(default, with = "kernel::number::json_option")]
    pub commission: Option<Decimal>,
    /// Comment of position and deal.
    #[serde(default)]
    pub comment: String,
}

/// Moves a symbol's price.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetPrice {
    /// The symbol.
    pub symbol: String,
    /// Its price from then on.
    #[serde(with = "kernel::number::json")]
    pub price: Decimal,
}

/// Sets the profit of the largest position so that the equity is as given.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetEquity {
    /// The equity that the account then shows.
    #[serde(with = "kernel::number::json")]
    pub equity: Decimal,
}

/// Closes a position.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Close {
    /// The position.
    pub position: String,
    /// Lots to close; all of them where left out.
    #[serde(default, with = "kernel::number::json_option")]
    pub volume: Option<Decimal>,
    /// The price; that of `profit`, or the market's, where left out.
    #[serde(default, with = "kernel::number::json_option")]
    pub price: Option<Decimal>,
    /// The deal's profit; by the price where left out.
    #[serde(default, with = "kernel::number::json_option")]
    pub profit: Option<Decimal>,
    /// Commission of the deal, signed.
    #[serde(default, with = "kernel::number::json_option")]
    pub commission: Option<Decimal>,
    /// The deal's comment.
    #[serde(default)]
    pub comment: String,
}

/// Closes two opposite positions by each other; of the larger one the rest
/// stays open.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CloseBy {
    /// The position.
    pub position: String,
    /// The opposite one.
    pub by: String,
}

/// Turns a position round.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reverse {
    /// The position.
    pub position: String,
    /// Lots of the deal: those closed and those opened the other way.
    #[serde(with = "kernel::number::json")]
    pub volume: Decimal,
    /// The price; the market's where left out.
    #[serde(default, with = "kernel::number::json_option")]
    pub price: Option<Decimal>,
    /// Commission of the deal, signed.
    #[serde(default, with = "kernel::number::json_option")]
    pub commission: Option<Decimal>,
}

/// Charges swap to a position.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Swap {
    /// The position.
    pub position: String,
    /// Signed: a cost is negative.
    #[serde(with = "kernel::number::json")]
    pub amount: Decimal,
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
        }
    }
}
