//! A few names, each with when it was last seen.

use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A name and when it was last seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The name.
    pub name: String,
    /// When.
    pub at: Timestamp,
}

/// The names seen last, at most [`Recent::MAX`]; the longest unseen goes first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Recent(Vec<Seen>);

impl Recent {
    /// Names that are remembered.
    pub const MAX: usize = 20;

    /// The names, the last seen last.
    #[must_use]
    pub fn names(&self) -> &[Seen] {
        &self.0
    }

    /// Whether a name is among them.
    #[must_use]
    pub fn knows(&self, name: &str) -> bool {
        self.0.iter().any(|seen| seen.name == name)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Remembers that a name was seen. Requests may come in another order than
    /// they were made; a name is never seen earlier than before.
    pub fn note(&mut self, name: &str, at: Timestamp) {
        let before = self.0.iter().position(|seen| seen.name == name);
        let at = match before {
            Some(index) => self.0.remove(index).at.max(at),
            None => at,
        };
        let place = self.0.partition_point(|seen| seen.at <= at);
        let name = name.to_owned();
        self.0.insert(place, Seen { name, at });
        let excess = self.0.len().saturating_sub(Self::MAX);
        self.0.drain(..excess);
    }
}
