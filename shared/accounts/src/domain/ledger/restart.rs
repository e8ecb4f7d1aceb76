//! A new challenge on the same account.

use super::{Days, Ledger, Statistics};

impl Ledger {
    /// The ledger of a challenge that begins now: positions that are open stay
    /// open, numbers of trades go on, and statistics and days begin anew.
    #[must_use]
    pub fn restarted(&self) -> Self {
        Self {
            days: Days::default(),
            statistics: Statistics::default(),
            ..self.clone()
        }
    }
}
