//! A new challenge on the same account.

use kernel::time::Timestamp;

use super::{Days, Ledger, Statistics};

impl Ledger {
    /// Returns the ledger of a challenge that begins at a moment: positions
    /// that are open stay open, numbers of trades go on, statistics and days
    /// begin again, and deals dated up to the moment count for neither.
    #[must_use]
    pub fn restarted(&self, at: Timestamp) -> Self {
        Self {
            counts_from: Some(at),
            days: Days::default(),
            statistics: Statistics {
                credit: self.statistics.credit,
                ..Statistics::default()
            },
            ..self.clone()
        }
    }
}
