//! Open positions and days of an account as they were at an earlier deal.
//!
//! The ledger takes each deal when it becomes known. Rules take it when a
//! snapshot places it, so what they go by is the ledger less the deals since.

use std::collections::HashMap;

use kernel::time::Timestamp;
use rust_decimal::Decimal;

use crate::domain::deal::{Deal, DealKind, Entry};
use crate::domain::ledger::{Days, Ledger, Position, Side, Standing, position_key};
use crate::domain::reset::ResetRule;

/// A position as far as rules go by it.
#[derive(Clone, Copy, Debug, Default)]
struct Held {
    /// Bought less sold lots.
    signed: Decimal,
    side: Option<Side>,
}

impl Held {
    /// Returns whether volume is left on the position's own side: what is on
    /// the other one has lost its opening.
    fn is_open(&self) -> bool {
        let is_sell = self.signed.is_sign_negative();
        !self.signed.is_zero()
            && self
                .side
                .is_some_and(|side| (side == Side::Sell) == is_sell)
    }
}

/// What a deal did to the open positions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traded {
    /// Whether it closed a position.
    pub closed: bool,
}

/// Open positions in sum, days, and credit, as of a deal.
#[derive(Clone, Debug)]
pub struct Exposure {
    standing: Standing,
    days: Days,
    credit: Decimal,
    positions: HashMap<String, Held>,
    counts_from: Option<Timestamp>,
    reset: ResetRule,
}

impl Exposure {
    /// Returns the exposure of a ledger less deals, which are in order of time
    /// and are all that the ledger has had since. `open` are the ledger's
    /// positions that these deals touch, where they are open now.
    #[must_use]
    pub fn before<'a>(
        ledger: &Ledger,
        open: impl IntoIterator<Item = (&'a String, &'a Position)>,
        deals: &[Deal],
        reset: ResetRule,
    ) -> Self {
        let mut exposure = Self {
            standing: ledger.standing(),
            days: ledger.days().clone(),
            credit: ledger.statistics().credit,
            positions: open
                .into_iter()
                .map(|(key, position)| {
                    let held = Held {
                        signed: position.signed_volume(),
                        side: Some(position.side()),
                    };
                    (key.clone(), held)
                })
                .collect(),
            counts_from: ledger.counts_from(),
            reset,
        };
        let is_whole_history =
            ledger.statistics().deals == deals.len() as u64 && ledger.counts_from().is_none();
        if is_whole_history {
            return Self::none(reset);
        }
        for deal in deals.iter().rev() {
            exposure.take_back(deal);
        }
        exposure.refresh();
        exposure
    }

    /// Returns the exposure of an account without a past.
    #[must_use]
    pub fn none(reset: ResetRule) -> Self {
        Self {
            standing: Standing::default(),
            days: Days::default(),
            credit: Decimal::ZERO,
            positions: HashMap::new(),
            counts_from: None,
            reset,
        }
    }

    /// Returns the figures that rules go by.
    #[must_use]
    pub fn standing(&self) -> Standing {
        self.standing
    }

    /// Returns the credit by deals.
    #[must_use]
    pub fn credit(&self) -> Decimal {
        self.credit
    }

    /// Returns whether no position is open by deals.
    #[must_use]
    pub fn is_flat(&self) -> bool {
        self.standing.open_positions == 0
    }

    /// Takes the next deal.
    pub fn apply(&mut self, deal: &Deal) -> Traded {
        self.credit += deal.credit().unwrap_or_default();
        if self.counts_at(deal.time) {
            self.days.add_result(&self.reset, deal.time, deal.result());
        }
        let traded = self.trade(deal, Decimal::ONE);
        self.refresh();
        traded
    }

    /// Takes a deal back that was the newest.
    fn take_back(&mut self, deal: &Deal) {
        self.credit -= deal.credit().unwrap_or_default();
        if self.counts_at(deal.time) {
            self.days.add_result(&self.reset, deal.time, -deal.result());
        }
        self.trade(deal, Decimal::NEGATIVE_ONE);
    }

    fn counts_at(&self, at: Timestamp) -> bool {
        self.counts_from.is_none_or(|from| at > from)
    }

    fn trade(&mut self, deal: &Deal, sign: Decimal) -> Traded {
        let is_forward = sign.is_sign_positive();
        let Some(key) = position_key(deal).filter(|_| deal.kind.is_trade() && deal.is_in_range())
        else {
            return Traded::default();
        };
        let counts = self.counts_at(deal.time);
        let held = self.positions.entry(key).or_default();
        let before = *held;
        let side = match deal.kind {
            DealKind::Sell => Side::Sell,
            _ => Side::Buy,
        };
        let other = match side {
            Side::Buy => Side::Sell,
            Side::Sell => Side::Buy,
        };
        let volume = match side {
            Side::Buy => deal.volume,
            Side::Sell => -deal.volume,
        };
        held.signed += sign * volume;
        let is_opening = match deal.entry {
            Some(Entry::In) => {
                held.side = Some(side);
                if is_forward {
                    before.signed.is_zero()
                } else {
                    held.signed.is_zero()
                }
            }
            Some(Entry::InOut) => {
                held.side = Some(if is_forward { side } else { other });
                true
            }
            Some(Entry::Out | Entry::OutBy) => {
                held.side = Some(other);
                false
            }
            None => {
                held.side = held.side.or(Some(side));
                is_forward && before.signed.is_zero()
            }
        };
        let after = *held;
        if is_opening && counts {
            if is_forward {
                self.days.add_opening(&self.reset, deal.time);
            } else {
                self.days.take_opening(&self.reset, deal.time);
            }
        }
        self.count(before, after);
        Traded {
            closed: before.is_open() && !after.is_open(),
        }
    }

    /// Counts a position as it was no more, and as it is.
    fn count(&mut self, before: Held, after: Held) {
        let standing = &mut self.standing;
        if before.is_open() {
            standing.open_positions = standing.open_positions.saturating_sub(1);
            standing.open_volume -= before.signed.abs();
        }
        if after.is_open() {
            standing.open_positions += 1;
            standing.open_volume += after.signed.abs();
        }
    }

    fn refresh(&mut self) {
        self.standing.trading_days = self.days.trading_days();
        self.standing.best_day_profit = self.days.best_profit();
        self.standing.total_profit = self.days.total_profit();
    }
}
