//! Who is at the other end of a connection, and for how long that is believed.

use kernel::access::Tier;
use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Difference between two machines' clocks that is forgiven, in seconds.
pub const LEEWAY_S: i64 = 5;

/// What a connection's token said of its bearer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The tenant.
    pub org: String,
    /// The person.
    pub sub: String,
    /// The session that the token belongs to; of a terminal, its id.
    pub sid: String,
    /// When the token was issued, in seconds since the epoch; of a terminal,
    /// when its token was looked up.
    pub iat_s: i64,
    /// Until when it is good, in seconds since the epoch; of a terminal, when
    /// its token has to be looked up again.
    pub exp_s: i64,
    /// Level of service.
    #[serde(default)]
    pub tier: Tier,
    /// The terminal, where it is one and not the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terminal: Option<Terminal>,
}

/// A paired terminal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terminal {
    /// Its id.
    pub id: String,
    /// What is kept of its token, to look it up again.
    pub token_sha256: String,
}

impl Grant {
    /// The moment from which it is good no longer.
    #[must_use]
    pub fn ends_at(&self) -> Timestamp {
        Timestamp::from_timestamp(self.exp_s.saturating_add(LEEWAY_S), 0)
            .unwrap_or(Timestamp::MIN_UTC)
    }

    /// Whether its time is over.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        now >= self.ends_at()
    }

    /// Whether another is of the same person, or the same terminal, in the
    /// same tenant.
    #[must_use]
    pub fn is_same_bearer(&self, other: &Self) -> bool {
        let terminal = |grant: &Self| grant.terminal.as_ref().map(|one| one.id.clone());
        self.org == other.org && self.sub == other.sub && terminal(self) == terminal(other)
    }
}
