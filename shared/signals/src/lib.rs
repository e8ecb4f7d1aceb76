//! Trading signals: read out of channel messages, as values.
//!
//! - [`domain`]: what a signal is, and the parser of messages; pure.

pub mod domain;
