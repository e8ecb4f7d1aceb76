//! A desktop terminal as Firebridge knows it, with a simulated broker behind it.
//!
//! [`bridge`] speaks to the API; [`broker`] holds orders, positions and deals,
//! which outlive the terminal; [`terminal`] polls, carries commands out and
//! reports; [`split`] shares lots out among entries and targets.
//! A terminal that is started anew knows nothing but its token, and learns from
//! the broker's deals which commands it has carried out.

pub mod bridge;
pub mod broker;
pub mod split;
pub mod terminal;

mod plan;

pub use bridge::{Bridge, BridgeError, Identity};
pub use broker::Broker;
pub use terminal::Terminal;
