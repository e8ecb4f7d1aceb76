//! What a history file says.

use rust_decimal::Decimal;

use crate::limits::ISSUES_KEPT_MAX;
use crate::time::DealTime;

/// A trade history as read from a file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct History {
    /// The form the file had.
    pub format: Format,
    /// What the file says of the account; all absent in a table of deals or positions.
    pub account: AccountHeader,
    /// The deals, oldest first. None in a table of positions.
    pub deals: Vec<Deal>,
    /// The rows of a report's Positions section or of a table of positions (closed positions);
    /// `None` where the file has no such rows.
    pub positions: Option<Vec<Position>>,
    /// The number of rows in a report's Open Positions section.
    pub open_positions: usize,
    /// The number of rows in a report's Orders and Working Orders sections.
    pub orders: usize,
    /// The first [`crate::ISSUES_KEPT_MAX`] rows that could not be taken.
    pub issues: Vec<RowIssue>,
    /// How many rows could not be taken in all.
    pub issues_total: u32,
    /// The rows of deals and positions that were left out: unreadable or repeated.
    pub skipped: u32,
}

impl History {
    pub(crate) fn new(format: Format) -> Self {
        Self {
            format,
            account: AccountHeader::default(),
            deals: Vec::new(),
            positions: None,
            open_positions: 0,
            orders: 0,
            issues: Vec::new(),
            issues_total: 0,
            skipped: 0,
        }
    }

    pub(crate) fn report(&mut self, line: u32, message: String) {
        if self.issues.len() < ISSUES_KEPT_MAX {
            self.issues.push(RowIssue { line, message });
        }
        self.issues_total = self.issues_total.saturating_add(1);
        self.skipped = self.skipped.saturating_add(1);
    }
}

/// The form a history file had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// The terminal's report as HTML.
    HtmlReport,
    /// The terminal's report as XLSX.
    XlsxReport,
    /// The terminal's deals as delimited text.
    DealsCsv,
    /// Deals as the API gives them (`history_deals_get`), as delimited text or XLSX.
    DealsTable,
    /// Closed positions alone, as HTML, XLSX or delimited text: there are no deals.
    PositionsTable,
}

/// A row that could not be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowIssue {
    /// The line of the file (HTML, CSV) or the row of the sheet (XLSX), from 1.
    pub line: u32,
    /// What is wrong, in plain English.
    pub message: String,
}

/// What a report says of its account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AccountHeader {
    /// The account number.
    pub login: Option<String>,
    /// The holder's name.
    pub name: Option<String>,
    /// The deposit currency, such as `USD`.
    pub currency: Option<String>,
    /// The trade server's name.
    pub server: Option<String>,
    /// The broker's name.
    pub company: Option<String>,
    /// Demo, contest or real money.
    pub kind: Option<AccountKind>,
    /// How positions are kept.
    pub mode: Option<AccountMode>,
}

/// Whose money is traded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AccountKind {
    /// A demo account.
    Demo,
    /// A contest account.
    Contest,
    /// A real account.
    Real,
}

/// How an account keeps positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AccountMode {
    /// Any number of positions in a symbol, each on its own.
    Hedging,
    /// At most one position in a symbol.
    Netting,
}

/// A row of the deals: a trade, or an operation on the balance.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deal {
    /// The line or row of the file, from 1.
    pub line: u32,
    /// When it was done.
    pub time: DealTime,
    /// The deal's number; `row-<line>` where the file gives none.
    pub ticket: String,
    /// The number of the order that led to it.
    pub order: Option<String>,
    /// The position it belongs to: as the file says, or as [`crate::link`] found out.
    pub position_id: Option<String>,
    /// The symbol traded.
    pub symbol: Option<String>,
    /// What it is.
    pub kind: DealKind,
    /// Whether it opens or closes; always there for a trade, never for an operation.
    pub entry: Option<Entry>,
    /// The volume in lots.
    pub volume: Decimal,
    /// The price.
    pub price: Decimal,
    /// The stop loss, where the file shows it and one was set.
    pub stop_loss: Option<Decimal>,
    /// The take profit, where the file shows it and one was set.
    pub take_profit: Option<Decimal>,
    /// The commission (mostly negative), in the account's currency as all amounts.
    pub commission: Decimal,
    /// The fee (mostly negative).
    pub fee: Decimal,
    /// The swap.
    pub swap: Decimal,
    /// The profit; for an operation its amount.
    pub profit: Decimal,
    /// The balance after the deal, where the file says it.
    pub balance: Option<Decimal>,
    /// The comment.
    pub comment: Option<String>,
}

impl Deal {
    /// Profit, commission, swap and fee together.
    #[must_use]
    pub fn net(&self) -> Decimal {
        self.profit + self.commission + self.swap + self.fee
    }

    /// The side of a trade; `None` for an operation.
    #[must_use]
    pub fn side(&self) -> Option<Side> {
        match self.kind {
            DealKind::Buy => Some(Side::Buy),
            DealKind::Sell => Some(Side::Sell),
            _ => None,
        }
    }
}

/// What a deal is (`ENUM_DEAL_TYPE`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DealKind {
    /// A purchase.
    Buy,
    /// A sale.
    Sell,
    /// A deposit or withdrawal.
    Balance,
    /// Credit given or taken back; does not change the balance.
    Credit,
    /// An additional charge.
    Charge,
    /// A correction.
    Correction,
    /// A bonus.
    Bonus,
    /// A commission, booked at once, daily or monthly, also an agent's.
    Commission,
    /// Interest.
    Interest,
    /// A trade that was canceled after the fact; its result was taken back elsewhere.
    Canceled(Canceled),
    /// A dividend, franked or not.
    Dividend,
    /// A tax.
    Tax,
    /// Compensation of a negative balance after a stop out.
    StopOutCompensation,
    /// Compensation of negative credit after a stop out; does not change the balance.
    StopOutCompensationCredit,
}

impl DealKind {
    /// Whether it is a trade, not an operation on the balance.
    #[must_use]
    pub fn is_trade(self) -> bool {
        matches!(self, Self::Buy | Self::Sell)
    }

    /// Whether its amount is part of the balance.
    #[must_use]
    pub fn changes_balance(self) -> bool {
        !matches!(self, Self::Credit | Self::StopOutCompensationCredit)
    }
}

/// The trade that a canceled deal was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Canceled {
    /// A purchase.
    Buy,
    /// A sale.
    Sell,
}

/// What a trade does to its position (`ENUM_DEAL_ENTRY`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Entry {
    /// Opens or adds to it.
    In,
    /// Closes it, wholly or in part.
    Out,
    /// Reverses it (netting).
    InOut,
    /// Closes it by an opposite position (hedging).
    OutBy,
}

/// The side of a trade or position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// Bought.
    Buy,
    /// Sold.
    Sell,
}

impl Side {
    /// The other side.
    #[must_use]
    pub fn opposite(self) -> Self {
        match self {
            Self::Buy => Self::Sell,
            Self::Sell => Self::Buy,
        }
    }
}

/// A row of a report's Positions section: a closed position.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Position {
    /// The line or row of the file, from 1.
    pub line: u32,
    /// When it was opened.
    pub open_time: DealTime,
    /// The position's number.
    pub id: String,
    /// The symbol.
    pub symbol: String,
    /// The side.
    pub side: Side,
    /// The volume in lots.
    pub volume: Decimal,
    /// The opening price.
    pub open_price: Decimal,
    /// The stop loss, where set.
    pub stop_loss: Option<Decimal>,
    /// The take profit, where set.
    pub take_profit: Option<Decimal>,
    /// When it was closed.
    pub close_time: DealTime,
    /// The closing price.
    pub close_price: Decimal,
    /// The commission.
    pub commission: Decimal,
    /// The fee, where the file shows one.
    pub fee: Decimal,
    /// The swap.
    pub swap: Decimal,
    /// The profit.
    pub profit: Decimal,
    /// The comment, where the file shows one.
    pub comment: Option<String>,
}

impl Position {
    /// Profit, commission, swap and fee together.
    #[must_use]
    pub fn net(&self) -> Decimal {
        self.profit + self.commission + self.swap + self.fee
    }
}
