//! Balance and equity at a reset instant, and the daily reference they give.

use chrono::Duration;
use kernel::time::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::state::{Last, State};
use crate::domain::plan::Plan;

/// The age up to which a judged moment's equity stands for a reset's.
pub(super) const FRESH_MAX: Duration = Duration::minutes(30);

/// Digits that an interpolated equity is rounded to: far below any currency's,
/// and few enough to compute with quickly.
const INTERPOLATED_DIGITS: u32 = 8;

/// The source of a daily reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A moment judged at the reset itself, or the deals up to it.
    Exact,
    /// The last judged moment before the reset.
    Before,
    /// Interpolated between the judged moments on both sides of the reset.
    Interpolated,
    /// The first judged moment after the reset, where none is before it.
    After,
    /// Provisional: the last judged moment, too old to stand for the reset,
    /// until the next one allows an interpolation.
    Stale,
    /// The initial balance: of a first day that the plan measures from it, or
    /// provisional before the first judged moment.
    Initial,
}

impl Source {
    /// Returns the name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Before => "before",
            Self::Interpolated => "interpolated",
            Self::After => "after",
            Self::Stale => "stale",
            Self::Initial => "initial",
        }
    }
}

/// A balance or an equity at a reset.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Reference {
    /// As it stands after the movements since.
    pub(super) value: Decimal,
    /// As it was fixed at the reset.
    pub(super) fixed: Decimal,
    pub(super) source: Source,
}

impl Reference {
    pub(super) fn taken(value: Decimal, source: Source) -> Self {
        Self {
            value,
            fixed: value,
            source,
        }
    }

    pub(super) fn shift(&mut self, amount: Decimal) {
        self.value += amount;
    }
}

/// A reset that has been passed by deals, before a moment of its day has been
/// judged.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct PassedReset {
    pub(super) reset_at: Timestamp,
    pub(super) balance: Reference,
    /// Absent where a position was open at the reset: the next judged moment
    /// allows an interpolation.
    pub(super) equity: Option<Reference>,
    /// Movements of the equity since the last judged moment before the reset
    /// that are dated after the reset.
    pub(super) moved_since: Decimal,
}

/// A value at a moment.
#[derive(Clone, Copy)]
pub(super) struct Point {
    pub(super) at: Timestamp,
    pub(super) value: Decimal,
}

/// Returns the equity at a reset from the judged moments around it. `before`
/// stands as moved by all movements up to `after`, so that the line between
/// both leaves them out; `moved_since` is the part of them after the reset.
pub(super) fn equity_between(
    reset_at: Timestamp,
    before: Point,
    after: Point,
    moved_since: Decimal,
) -> Reference {
    let (value, source) = if before.at == reset_at {
        (before.value, Source::Exact)
    } else if reset_at - before.at <= FRESH_MAX {
        (before.value, Source::Before)
    } else {
        (interpolate(before, after, reset_at), Source::Interpolated)
    };
    Reference {
        value,
        fixed: value - moved_since,
        source,
    }
}

/// Returns the value at a moment on the line between two points.
fn interpolate(before: Point, after: Point, at: Timestamp) -> Decimal {
    let whole = Decimal::from((after.at - before.at).num_milliseconds());
    let part = Decimal::from((at - before.at).num_milliseconds());
    let rise = after.value - before.value;
    // Multiplied first to stay exact; amounts and times beyond all reason
    // would overflow there, and lose a digit instead.
    let risen = rise
        .checked_mul(part)
        .and_then(|product| product.checked_div(whole))
        .or_else(|| rise.checked_mul(part.checked_div(whole)?));
    let value = before.value + risen.unwrap_or_default();
    value.round_dp(INTERPOLATED_DIGITS).normalize()
}

/// What is known at the resets that an input passes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Known {
    /// All deals up to the input. `flat_credit` is the credit where no
    /// position was open, so that the equity is balance and credit.
    Deals {
        /// The credit of a flat account.
        flat_credit: Option<Decimal>,
    },
    /// Snapshots alone: the balance at a reset is the last one judged.
    Snapshots,
}

impl State {
    /// Passes every reset before a moment.
    pub(super) fn pass_resets(&mut self, plan: &Plan, until: Timestamp, known: Known) {
        while self.next_reset < until {
            let Some(last) = self.last else {
                self.next_reset = plan.reset.next_after(self.next_reset);
                continue;
            };
            let reset_at = self.next_reset;
            let (balance, source) = match known {
                Known::Deals { .. } => (last.balance + self.results_since, Source::Exact),
                Known::Snapshots => (last.balance, Source::Before),
            };
            let equity = match known {
                Known::Deals {
                    flat_credit: Some(credit),
                } => Some(Reference::taken(balance + credit, Source::Exact)),
                _ => None,
            };
            self.max.record_reset(balance);
            self.passed = Some(PassedReset {
                reset_at,
                balance: Reference::taken(balance, source),
                equity,
                moved_since: Decimal::ZERO,
            });
            self.next_reset = plan.reset.next_after(reset_at);
        }
    }

    /// Returns balance and equity at the reset that began a moment's day.
    pub(super) fn values_at_reset(
        &mut self,
        moment: Point,
        balance: Decimal,
        is_at_reset: bool,
    ) -> (Reference, Reference) {
        let passed = self.passed.take();
        let is_exact = |source| if is_at_reset { Source::Exact } else { source };
        let (Some(last), Some(passed)) = (self.last, passed.filter(|_| !is_at_reset)) else {
            let source = is_exact(Source::After);
            return (
                Reference::taken(balance, source),
                Reference::taken(moment.value, source),
            );
        };
        let before = Point {
            at: last.equity_at,
            value: last.equity,
        };
        let equity = passed
            .equity
            .unwrap_or_else(|| equity_between(passed.reset_at, before, moment, passed.moved_since));
        (passed.balance, equity)
    }

    /// Returns balance and equity at a reset that no judged moment follows
    /// yet, for display.
    pub(super) fn provisional_values(
        &self,
        reset_at: Timestamp,
        last: &Last,
    ) -> (Reference, Reference) {
        let passed = self.passed.filter(|passed| passed.reset_at == reset_at);
        let balance = passed.map_or(Reference::taken(last.balance, Source::Before), |passed| {
            passed.balance
        });
        let equity = passed.and_then(|passed| passed.equity).unwrap_or_else(|| {
            let source = if reset_at - last.equity_at <= FRESH_MAX {
                Source::Before
            } else {
                Source::Stale
            };
            let since = passed.map_or(Decimal::ZERO, |passed| passed.moved_since);
            Reference {
                value: last.equity,
                fixed: last.equity - since,
                source,
            }
        });
        (balance, equity)
    }
}
