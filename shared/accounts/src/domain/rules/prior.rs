//! What an account's history before its first challenge leaves to it.

use kernel::time::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::domain::deal::Deal;
use crate::domain::is_in_range;
use crate::domain::plan::{Payout, Plan};

/// The sums and the highest balances of an account's deals before its
/// challenge. Fold the deals in order of time, then start the challenge with
/// it; the default is a challenge without a past.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PriorHistory {
    balance: Decimal,
    credit: Decimal,
    adjusted: Decimal,
    /// Adjustments before the first trade.
    deposited: Decimal,
    last_trade_at: Option<Timestamp>,
    has_traded: bool,
    balance_peak: Option<Decimal>,
    balance_peak_at_reset: Option<Decimal>,
    reset_next: Option<Timestamp>,
}

impl PriorHistory {
    /// Returns the history of these deals, which are in order of time.
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
        self.pass_resets(plan, deal.time);
        self.balance += deal.balance_effect();
        self.credit += deal.credit().unwrap_or_default();
        if deal.kind.is_trade() {
            self.has_traded = true;
            self.last_trade_at = self.last_trade_at.max(Some(deal.time));
        }
        self.adjust_by(plan, deal.adjustment().unwrap_or_default());
        let peak = self.balance_peak.unwrap_or(self.balance);
        self.balance_peak = Some(peak.max(self.balance));
    }

    /// Takes money of before the history that no deal explains.
    pub fn add_unexplained(&mut self, amount: Decimal) {
        self.balance += amount;
        self.deposited += amount;
        self.adjusted += amount;
        if let Some(peak) = &mut self.balance_peak {
            *peak += amount;
        }
        if let Some(peak) = &mut self.balance_peak_at_reset {
            *peak += amount;
        }
    }

    fn adjust_by(&mut self, plan: &Plan, amount: Decimal) {
        self.adjusted += amount;
        if !self.has_traded {
            self.deposited += amount;
        }
        if plan.payout == Payout::Shift && self.has_traded {
            self.balance_peak = self.balance_peak.map(|peak| peak + amount);
            self.balance_peak_at_reset = self.balance_peak_at_reset.map(|peak| peak + amount);
        } else if !self.has_traded {
            // Before the first trade the balance is what was paid in.
            self.balance_peak = None;
            self.balance_peak_at_reset = None;
        }
    }

    /// Records the balance at the resets up to a moment: the one after the
    /// last deal before each.
    fn pass_resets(&mut self, plan: &Plan, until: Timestamp) {
        if self.reset_next.is_none_or(|next| next < until) {
            if self.reset_next.is_some() {
                let peak = self.balance_peak_at_reset.unwrap_or(self.balance);
                self.balance_peak_at_reset = Some(peak.max(self.balance));
            }
            self.reset_next = Some(plan.reset.next_after(until));
        }
    }

    /// Ends the history at the start of the challenge.
    pub fn end(&mut self, plan: &Plan, at: Timestamp) {
        if self.reset_next.is_some() {
            self.pass_resets(plan, at);
        }
    }

    /// Returns the balance after the newest deal.
    #[must_use]
    pub fn balance(&self) -> Decimal {
        self.balance
    }

    /// Returns the credit after the newest deal.
    #[must_use]
    pub fn credit(&self) -> Decimal {
        self.credit
    }

    /// Returns the sum of all adjustments.
    #[must_use]
    pub fn adjusted(&self) -> Decimal {
        self.adjusted
    }

    /// Returns deposits less withdrawals before the first trade.
    #[must_use]
    pub fn deposited(&self) -> Decimal {
        self.deposited
    }

    /// Returns whether a trade has been seen.
    #[must_use]
    pub fn has_traded(&self) -> bool {
        self.has_traded
    }

    /// Returns the time of the newest trade.
    #[must_use]
    pub fn last_trade_at(&self) -> Option<Timestamp> {
        self.last_trade_at
    }

    /// Returns the highest balance, and the highest at a reset.
    pub(super) fn peaks(&self) -> (Option<Decimal>, Option<Decimal>) {
        let in_range = |peak: &Decimal| is_in_range(*peak);
        (
            self.balance_peak.filter(in_range),
            self.balance_peak_at_reset.filter(in_range),
        )
    }
}
