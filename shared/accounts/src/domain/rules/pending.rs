//! A breach that is not certain yet.

use chrono::Duration;
use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::Rule;
use super::state::{State, rules_of};
use crate::domain::plan::Plan;

/// Time after which a pending breach is confirmed without any step.
pub const CONFIRMED_AFTER: Duration = Duration::hours(24);

/// A breach whose snapshot is not certain: final only when it is confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pending {
    /// When it was first seen.
    pub since: Timestamp,
    /// The first step from this moment on confirms it.
    pub confirm_at: Timestamp,
    /// Its rules, as bits.
    pub(super) rules: u8,
}

impl Pending {
    /// Returns the rules that it would breach.
    pub fn rules(&self) -> impl Iterator<Item = Rule> + use<> {
        rules_of(self.rules)
    }
}

impl State {
    /// Returns the breach that is not certain yet.
    #[must_use]
    pub fn pending(&self) -> Option<Pending> {
        self.pending
    }

    /// Records a breach: final where it is certain, pending otherwise.
    pub(super) fn breach(&mut self, plan: &Plan, rule: Rule, at: Timestamp, is_certain: bool) {
        if is_certain {
            self.breaches |= rule.bit();
            self.pending = None;
            return;
        }
        let pending = self.pending.get_or_insert(Pending {
            since: at,
            confirm_at: at + Duration::minutes(i64::from(plan.confirm_after_min)),
            rules: 0,
        });
        pending.rules |= rule.bit();
    }

    /// Makes every pending breach final.
    pub fn confirm(&mut self) {
        if let Some(pending) = self.pending.take() {
            self.breaches |= pending.rules;
        }
        self.phase = self.phase_at(self.clock);
    }

    /// Makes one rule's pending breach final.
    pub(super) fn confirm_rule(&mut self, rule: Rule) {
        if self
            .pending
            .is_some_and(|pending| pending.rules & rule.bit() != 0)
        {
            self.breaches |= rule.bit();
            self.pending = None;
        }
    }

    /// Takes one rule's pending breach back.
    pub(super) fn lift_rule(&mut self, rule: Rule) {
        if let Some(pending) = &mut self.pending {
            pending.rules &= !rule.bit();
            if pending.rules == 0 {
                self.pending = None;
            }
        }
    }

    /// Keeps what a run again must not lose of a pending breach: since when it
    /// is pending, and when it is confirmed.
    pub fn keep_pending_times(&mut self, before: Pending) {
        if let Some(pending) = &mut self.pending {
            pending.since = before.since;
            pending.confirm_at = before.confirm_at;
        }
    }
}
