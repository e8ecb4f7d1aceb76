//! The pure domain of signals: their values, and how a message is read into them.
//!
//! - [`values`]: direction, order type, symbol.
//! - [`parser`]: the text of a channel's message to a structured signal.
//!
//! Everything here is a function of its arguments: no clock, no store.

pub mod parser;
pub mod values;
