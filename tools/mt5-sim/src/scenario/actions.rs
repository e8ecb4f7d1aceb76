//! The actions of steps.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::symbols::Side;

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
    /// Many positions are opened by as many deals of one moment.
    OpenMany(OpenMany),
    /// All positions of a prefix are closed by as many deals of one moment.
    CloseMany(CloseMany),
    /// Stop loss and take profit of a position change.
    Modify(Modify),
    /// The broker cancels the deals of an earlier step.
    Cancel(Cancel),
    /// The trade server's clock runs ahead or behind from then on.
    ServerClock(ServerClock),
}

/// The origin of a deal or of a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// A desktop terminal.
    Client,
    /// A mobile terminal.
    Mobile,
    /// A web terminal.
    Web,
    /// An expert advisor.
    Expert,
    /// A stop loss.
    Sl,
    /// A take profit.
    Tp,
    /// A stop-out.
    So,
    /// A rollover.
    Rollover,
    /// A variation margin.
    Vmargin,
    /// A split of the instrument.
    Split,
    /// None of these.
    Unknown,
}

fn client() -> Option<Reason> {
    Some(Reason::Client)
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

/// Kinds of balance operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationKind {
    /// Money that comes in or goes out.
    Balance,
    /// Credit that is given or taken back.
    Credit,
    /// A charge.
    Charge,
    /// A correction.
    Correction,
    /// Interest.
    Interest,
    /// Commission that belongs to no deal.
    Commission,
    /// Commission charged once a day.
    CommissionDaily,
    /// Commission charged once a month.
    CommissionMonthly,
    /// An agent's commission, paid once a day.
    CommissionAgentDaily,
    /// An agent's commission, paid once a month.
    CommissionAgentMonthly,
    /// A bonus.
    Bonus,
    /// A dividend.
    Dividend,
    /// A franked dividend.
    DividendFranked,
    /// A tax.
    Tax,
    /// Compensation of a negative balance after a stop-out.
    SoCompensation,
    /// Compensation of a negative credit after a stop-out.
    SoCompensationCredit,
}

impl OperationKind {
    /// Returns `true` if the operation moves the credit, not the balance.
    #[must_use]
    pub fn is_credit(self) -> bool {
        matches!(self, Self::Credit | Self::SoCompensationCredit)
    }
}

/// A balance operation of any kind.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operation {
    /// The kind.
    pub kind: OperationKind,
    /// Signed, in the account's currency.
    #[serde(with = "kernel::number::json")]
    pub amount: Decimal,
    /// The deal's comment.
    #[serde(default)]
    pub comment: String,
    /// The deal's type as the gateway writes it, where another spelling than
    /// the usual one is wanted, or a type that no document names.
    #[serde(default)]
    pub r#type: Option<String>,
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
    /// Number of the expert advisor that opened the position.
    #[serde(default)]
    pub magic: u32,
    /// Reason of position and deal; `null` leaves the field out.
    #[serde(default = "client")]
    pub reason: Option<Reason>,
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

/// Sets the profit of the largest position, or of all like it, so that the
/// equity is as given.
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
    /// The deal's reason; `null` leaves the field out.
    #[serde(default = "client")]
    pub reason: Option<Reason>,
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

/// Opens many positions of one symbol at one moment.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenMany {
    /// Prefix of the positions' names: `p` makes `p-1`, `p-2` and so on.
    pub positions: String,
    /// The number of positions.
    pub count: u32,
    /// The symbol.
    pub symbol: String,
    /// Buy or sell.
    pub side: Side,
    /// Lots of each position.
    #[serde(with = "kernel::number::json")]
    pub volume: Decimal,
    /// The price of all; the market's where left out.
    #[serde(default, with = "kernel::number::json_option")]
    pub price: Option<Decimal>,
    /// Commission of each deal, signed.
    #[serde(default, with = "kernel::number::json_option")]
    pub commission: Option<Decimal>,
}

/// Closes all positions whose name has a prefix, at one moment.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CloseMany {
    /// The prefix, as in [`OpenMany::positions`].
    pub positions: String,
    /// The price of all; the market's where left out.
    #[serde(default, with = "kernel::number::json_option")]
    pub price: Option<Decimal>,
    /// Profit of each deal; by the price where left out.
    #[serde(default, with = "kernel::number::json_option")]
    pub profit: Option<Decimal>,
    /// Commission of each deal, signed.
    #[serde(default, with = "kernel::number::json_option")]
    pub commission: Option<Decimal>,
}

/// Changes stop loss and take profit of a position.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Modify {
    /// The position.
    pub position: String,
    /// Its stop loss from then on; none where left out.
    #[serde(default, with = "kernel::number::json_option")]
    pub stop_loss: Option<Decimal>,
    /// Its take profit from then on; none where left out.
    #[serde(default, with = "kernel::number::json_option")]
    pub take_profit: Option<Decimal>,
}

/// The way in which the amount of a cancelled deal leaves the account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Booking {
    /// By a balance operation of its own, as MT5 does it.
    #[default]
    Apart,
    /// Without a deal: the balance moves with the cancelled deal's profit.
    InPlace,
    /// Not at all: the balance keeps the profit.
    Kept,
}

/// Turns the trades of an earlier step into cancelled ones, in place.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cancel {
    /// Name of the step, or id of a deal, that is cancelled.
    pub deal: String,
    /// The way in which the amount is booked back.
    #[serde(default)]
    pub booked: Booking,
    /// Comment of the balance operation.
    #[serde(default)]
    pub comment: String,
}

/// Shifts the times of deals and positions that are made from then on.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerClock {
    /// Seconds ahead of the true time; negative behind it; at most 10 minutes.
    pub ahead_s: i32,
}
