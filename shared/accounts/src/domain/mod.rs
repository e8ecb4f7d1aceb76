//! The pure domain of funded accounts: what a plan says, what deals and
//! snapshots mean under it, and nothing about where they are kept.
//!
//! - [`plan`]: the rules a shop sells an account with.
//! - [`reset`]: when a day begins, in any zone.
//! - [`deal`]: one entry of an account's history.
//! - [`deal_class`]: how a shop classifies deals.
//! - [`ledger`]: open positions, closed trades and statistics out of deals.
//! - [`rules`]: the evaluator, a challenge's state and its figures.
//! - [`snapshot`]: an account as the gateway showed it.
//! - [`judging`]: snapshots and deals on their way to the rules.
//! - [`simulate`]: what a plan would have done.
//!
//! Everything here is a function of its arguments: no clock, no store.

pub mod deal;
pub mod deal_class;
pub mod judging;
pub mod ledger;
pub mod plan;
pub mod reset;
pub mod rules;
pub mod simulate;
pub mod snapshot;

use rust_decimal::Decimal;

/// The largest amount that is computed with, either way of zero: one
/// quadrillion units. A figure beyond it is a fault of its source, and within
/// it no sum or product of a plan can overflow a decimal.
pub const AMOUNT_MAX: Decimal = Decimal::from_parts(2_764_472_320, 232_830, 0, false, 0);

/// Whether an amount can be computed with.
#[must_use]
pub fn is_in_range(amount: Decimal) -> bool {
    amount.abs() <= AMOUNT_MAX
}
