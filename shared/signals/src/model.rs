//! Whose signals they are, and what is counted for them.

use kernel::id::{StrategyId, UserId};
use platform::live::Log;
use serde::{Deserialize, Serialize};

/// A person in a tenant: whose signals, channels and strategies they are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Owner {
    /// The tenant.
    pub org: String,
    /// The person.
    pub user: UserId,
}

impl Owner {
    /// The log of what the person is told.
    #[must_use]
    pub fn log(&self) -> Log {
        Log::Person {
            org: self.org.clone(),
            sub: self.user.to_string(),
        }
    }
}

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
