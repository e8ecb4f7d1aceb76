//! What is told of a sign-in that looks wrong.

use kernel::id::UserId;
use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A sign-in, or one that failed, as the door saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// When.
    pub at: Timestamp,
    /// From where, as the trusted hop saw it.
    pub address: String,
    /// Fingerprint of the device.
    pub device: String,
    /// What the client calls itself.
    pub user_agent: Option<String>,
    /// Country, where the edge says it.
    pub country: Option<String>,
    /// The request, as in the logs.
    pub request_id: String,
}

/// What looks wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Reason {
    /// A device that this person was not seen with.
    NewDevice,
    /// A country that this person was not seen in.
    NewCountry {
        /// The country.
        country: String,
    },
    /// Two countries sooner after each other than anybody travels.
    ImpossiblePace {
        /// The country before.
        from: String,
        /// The country now.
        to: String,
        /// Minutes between the two sign-ins.
        minutes: i64,
    },
    /// One person signs in from many addresses within minutes.
    ManyAddresses {
        /// How many.
        addresses: usize,
    },
    /// Sign-ins of one account fail from many addresses.
    AccountUnderAttack {
        /// How many.
        addresses: usize,
    },
    /// One address fails at many accounts.
    Spray {
        /// How many.
        accounts: usize,
    },
}

impl Reason {
    /// The reason in a word, for the record and the log.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::NewDevice => "new_device",
            Self::NewCountry { .. } => "new_country",
            Self::ImpossiblePace { .. } => "impossible_pace",
            Self::ManyAddresses { .. } => "many_addresses",
            Self::AccountUnderAttack { .. } => "account_under_attack",
            Self::Spray { .. } => "spray",
        }
    }
}

/// Whom an alert is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// A person who signed in.
    Person(UserId),
    /// An account that somebody tries, by the hash of its name: there may be
    /// none of that name.
    Account(String),
    /// An address.
    Address(String),
}

/// A sign-in that looks wrong, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Whom it is about.
    pub about: About,
    /// Why; at least one.
    pub reasons: Vec<Reason>,
    /// The sign-in.
    pub attempt: Attempt,
}

impl Alert {
    /// Its reasons in words.
    #[must_use]
    pub fn words(&self) -> String {
        let words: Vec<&str> = self.reasons.iter().map(Reason::as_str).collect();
        words.join(", ")
    }
}
