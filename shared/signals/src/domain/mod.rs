//! The pure domain of signals: what they are, how they live, and how a message
//! is read into one.
//!
//! - [`values`]: direction, order type, symbol.
//! - [`parser`]: the text of a channel's message to a structured signal.
//! - [`setup`], [`levels`]: what a signal calls for, and whether it can be at all.
//! - [`signal`], [`outcome`], [`tally`]: a signal's life, how it went, and what
//!   many of them come to.
//! - [`channel`], [`strategy`]: where signals come from and how they are traded.
//! - [`simulate`]: what a signal would have done on candles.
//!
//! Everything here is a function of its arguments: no clock, no store.

pub mod channel;
pub mod levels;
pub mod outcome;
pub mod parser;
pub mod setup;
pub mod signal;
pub mod simulate;
pub mod strategy;
pub mod tally;
pub mod values;

mod refusal;

pub use refusal::Refusal;

#[cfg(test)]
pub(crate) fn dec(text: &str) -> rust_decimal::Decimal {
    text.parse().expect("a decimal")
}
