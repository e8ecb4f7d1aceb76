//! Whose signals they are, and what is counted for them.

use kernel::id::StrategyId;
pub use platform::owner::Owner;
use serde::{Deserialize, Serialize};

/// What a person has, which every change of how much it is passes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Desk {
    /// How many channels.
    pub channels: u32,
    /// How many strategies.
    pub strategies: u32,
    /// The one strategy that is active, where there are any.
    pub active: Option<StrategyId>,
    /// Rises with each change.
    pub revision: u64,
}
