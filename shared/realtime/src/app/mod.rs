//! What is done with connections, one file per use.
//!
//! - [`doorman`]: who is let in, and for how long.
//! - [`listen`]: channels, and asking for what was missed.
//! - [`fan_out`]: new events to those who listen.
//! - [`release`]: what somebody has missed, before they hear what is new.
//! - [`checks`]: what is looked at a while after something was done.
//! - [`sweep`]: what is due with connections, by the minute.
//! - [`courier`]: what all of these share.

pub mod checks;
pub mod courier;
pub mod doorman;
pub mod fan_out;
pub mod listen;
pub mod release;
pub mod sweep;

pub use courier::Courier;
pub use doorman::Doorman;
