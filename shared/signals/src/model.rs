//! Whose signals they are, and what is counted for them.

use kernel::id::StrategyId;
pub use platform::owner::Owner;
use serde::{Deserialize, Serialize};

use crate::domain::signal::Status;

/// What a person has. Every change of how much it is passes it, and whatever
/// comes to depend on a strategy.
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

/// How many of a person's own signals stand where. Each is counted in the
/// transaction that makes it, and moved from one count to another in that of
/// each change of its status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Waiting to be approved.
    pub held: i64,
    /// Sent, and followed by no trade yet.
    pub released: i64,
    /// With a trade that is open.
    pub active: i64,
    /// With a result.
    pub closed: i64,
    /// Refused by their author.
    pub rejected: i64,
}

impl Counts {
    /// How many stand there.
    #[must_use]
    pub fn of(&self, status: Status) -> u64 {
        let count = match status {
            Status::Held => self.held,
            Status::Released => self.released,
            Status::Active => self.active,
            Status::Closed => self.closed,
            Status::Rejected => self.rejected,
        };
        u64::try_from(count).unwrap_or_default()
    }

    /// How many were ever made: they are all of them, since none is deleted.
    #[must_use]
    pub fn all(&self) -> u64 {
        Status::ALL.iter().map(|status| self.of(*status)).sum()
    }
}
