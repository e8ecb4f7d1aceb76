//! Systems outside ours that this context speaks to.

pub mod mt5;
pub mod webhook;
