//! Reads MetaTrader 5 trade histories: the terminal's "Trade History Report" (HTML, XLSX), exports
//! of its deals (CSV), tables of the API's `history_deals_get` (CSV, XLSX), and tables of closed
//! positions that were saved without deals.
//!
//! Pure: bytes in, a [`History`] or a [`ParseError`] out. No clock, no files, no network. Total:
//! whatever the bytes are, [`parse`] does not panic, and its memory and its steps are bounded.
//!
//! How a file is read, one module a step:
//!
//! 1. `detect` tells the container by content and decodes its text (`encoding`).
//! 2. `html`, `xlsx` and `delimited` turn each container into bounded rows (`row`).
//! 3. `survey` goes over the rows once for the file's habits (decimal mark, order of dates).
//! 4. `report` walks the rows, finds the sections (`sections`, with `words` as help) and reads
//!    their rows (`deal_row`, `position_row`, `account`, with `number` and `time`).
//! 5. [`link`] finds the position each deal belongs to, [`History::totals`] sums up, and
//!    [`deal_instants`] tells when each was done.

mod account;
mod columns;
mod deal_row;
mod delimited;
mod detect;
mod encoding;
mod errors;
mod html;
mod instants;
mod limits;
mod link;
mod link_exits;
mod model;
mod number;
mod order;
mod position_row;
mod report;
mod row;
mod sections;
mod steps;
mod survey;
mod time;
mod totals;
mod values;
mod words;
mod xlsx;

#[cfg(test)]
mod tests;

pub use errors::{NotHistory, ParseError};
pub use instants::{deal_instants, instants_in_order};
pub use limits::{
    FILE_BYTES_MAX, ISSUES_KEPT_MAX, LARGE_LINK_STEPS_MAX, LARGE_PARSE_STEPS_MAX, LINK_STEPS_MAX,
    PARSE_STEPS_MAX, ROWS_MAX,
};
pub use link::{LinkSummary, link, try_link, try_link_large};
pub use model::{
    AccountHeader, AccountKind, AccountMode, Canceled, Deal, DealKind, Entry, Format, History,
    Position, RowIssue, Side,
};
pub use time::DealTime;
pub use totals::Totals;

use steps::Steps;

/// Reads a history file, whatever of the supported forms it has.
///
/// The form is told by the content, never by a name or a content type. A row that cannot be read
/// is listed in [`History::issues`] and stops nothing.
///
/// # Errors
///
/// Returns [`ParseError`] if the file as a whole is no MetaTrader 5 history, is damaged, or is
/// beyond the bounds of this crate.
pub fn parse(bytes: &[u8]) -> Result<History, ParseError> {
    parse_within(bytes, &mut Steps::new(PARSE_STEPS_MAX))
}

/// Reads a history file as [`parse`] does, within [`LARGE_PARSE_STEPS_MAX`] steps: for callers that
/// have tens of seconds.
///
/// # Errors
///
/// Returns the errors of [`parse`].
pub fn parse_large(bytes: &[u8]) -> Result<History, ParseError> {
    parse_within(bytes, &mut Steps::new(LARGE_PARSE_STEPS_MAX))
}

/// Reads a history file within the given steps.
fn parse_within(bytes: &[u8], steps: &mut Steps) -> Result<History, ParseError> {
    let source = detect::open(bytes, steps)?;
    let habits = survey::survey(&source, steps)?;
    report::read(&source, habits, steps)
}
