//! What an account's history before its first challenge leaves to it.

use kernel::time::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::domain::deal::Deal;
use crate::domain::is_in_range;
use crate::domain::plan::Plan;

/// The highest balances of an account before its challenge, as they stand
/// after the adjustments that followed them. Fold the deals in order of time,
/// then hand it to `State::start`; the default is a challenge without a past.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PriorHistory {
    balance: Decimal,
    balance_peak: Option<Decimal>,
    balance_peak_eod: Option<Decimal>,
    reset_next: Option<Timestamp>,
}

impl PriorHistory {
    /// The history of these deals, which are in order of time.
    #[must_use]
    pub fn of<'a>(plan: &Plan, deals: impl IntoIterator<Item = &'a Deal>) -> Self {
        let mut history = Self::default();
        for deal in deals {
            history.add(plan, deal);
        }
        history
    }

    /// Takes the next deal.
    pub fn add(&mut self, plan: &Plan, deal: &Deal) {
        if !deal.is_in_range() {
            return;
        }
        if self.reset_next.is_none_or(|next| next <= deal.time) {
            // The balance at the resets since the deal before is that deal's.
            if self.reset_next.is_some() {
                let peak = self.balance_peak_eod.unwrap_or(self.balance);
                self.balance_peak_eod = Some(peak.max(self.balance));
            }
            self.reset_next = Some(plan.reset.next_after(deal.time));
        }
        self.balance += deal.balance_effect();
        if let Some(amount) = deal.adjustment() {
            self.balance_peak = Some(self.balance_peak.unwrap_or_default() + amount);
            self.balance_peak_eod = self.balance_peak_eod.map(|peak| peak + amount);
        }
        let peak = self.balance_peak.unwrap_or(self.balance);
        self.balance_peak = Some(peak.max(self.balance));
    }

    /// The highest balance, and the highest at a reset, until a moment.
    pub(super) fn peaks_until(&self, at: Timestamp) -> (Option<Decimal>, Option<Decimal>) {
        let reached = self.reset_next.filter(|next| *next <= at);
        let eod = match reached {
            Some(_) => Some(
                self.balance_peak_eod
                    .unwrap_or(self.balance)
                    .max(self.balance),
            ),
            None => self.balance_peak_eod,
        };
        let in_range = |peak: &Decimal| is_in_range(*peak);
        (self.balance_peak.filter(in_range), eod.filter(in_range))
    }
}
