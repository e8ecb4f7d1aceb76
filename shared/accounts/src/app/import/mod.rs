//! Histories out of files: MT5 reports and tables of deals.
//!
//! A trader's file becomes an account of its own, for analysis: written once,
//! trades packed, never judged. A shop's file adds deals to a judged account:
//! they are inputs like those of a sync, each once by its ticket. Files that
//! are too large for a request are uploaded first: see [`upload`].

mod analysis;
mod history;
mod judged;
pub mod upload;

pub use analysis::import_for_analysis;
pub use judged::import_into_judged;

use chrono_tz::Tz;
use kernel::Number;
use kernel::id::AccountId;
use serde::Serialize;
use utoipa::ToSchema;

/// Faults of rows that one answer names.
const ERRORS_MAX: usize = 200;

/// What a caller says of a file.
#[derive(Clone, Debug)]
pub struct ImportRequest {
    /// The zone that the trade server's times are in.
    pub server_zone: Tz,
    /// A name for the account.
    pub name: Option<String>,
    /// The initial balance, where the file does not show it.
    pub initial_balance: Option<rust_decimal::Decimal>,
}

/// What was imported.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Imported {
    /// The account.
    pub account_id: AccountId,
    /// How much.
    pub imported: Counts,
    /// Rows that were left out: faulty, or there already.
    pub skipped: u64,
    /// Faulty rows by line, the first 200.
    pub errors: Vec<RowError>,
    /// The file's own totals.
    pub totals: ImportTotals,
}

/// How much was imported.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct Counts {
    /// Closed positions.
    pub positions: u64,
    /// Deals that are trades.
    pub deals: u64,
    /// Deposits, withdrawals, credits, corrections and the like.
    pub balance_operations: u64,
}

/// A row that could not be read.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RowError {
    /// Line, or row of the sheet, from 1.
    pub line: u32,
    /// What is wrong with it.
    pub message: String,
}

/// Totals of a file.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct ImportTotals {
    /// Profit, commission, swap and fee of all trade deals.
    pub net_profit: Number,
    /// Balance after the last deal.
    pub balance: Number,
}
