//! Balance and equity as clients have seen them.

use std::collections::VecDeque;

use kernel::time::Timestamp;
use rust_decimal::Decimal;

/// The most observations that are kept; the oldest go first.
const OBSERVATIONS_MAX: usize = 200_000;

/// A snapshot that a client was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Observation {
    /// The simulated moment.
    pub(crate) at: Timestamp,
    /// The balance.
    pub(crate) balance: Decimal,
    /// The equity.
    pub(crate) equity: Decimal,
    /// The credit.
    pub(crate) credit: Decimal,
}

/// The snapshots that clients of an account were answered.
#[derive(Clone, Debug, Default)]
pub(crate) struct Observations(VecDeque<Observation>);

impl Observations {
    pub(crate) fn push(&mut self, observation: Observation) {
        if self.0.len() >= OBSERVATIONS_MAX {
            self.0.pop_front();
        }
        self.0.push_back(observation);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Observation> {
        self.0.iter()
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}
