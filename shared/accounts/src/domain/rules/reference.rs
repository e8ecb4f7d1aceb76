//! The daily reference: balance and equity at the reset that began the day.

use chrono::Duration;
use kernel::time::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::state::{Last, State};
use super::{Severity, Snapshot};
use crate::domain::plan::{DailyRule, LimitOf, Plan, ReferenceKind};

/// How old a snapshot may be at a reset for its equity to stand for the
/// reset's.
const FRESH_MAX: Duration = Duration::minutes(30);

/// Digits an interpolated equity is rounded to: far below any currency's, and
/// few enough to compute with quickly.
const INTERPOLATED_DIGITS: u32 = 8;

/// Where a daily reference comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A snapshot at the reset itself.
    Exact,
    /// The last snapshot before the reset.
    Before,
    /// Between the snapshots on both sides of the reset.
    Interpolated,
    /// The first snapshot after the reset, as there is none before it.
    After,
    /// Provisional: the last snapshot, too old to stand for the reset, until
    /// the next one allows to interpolate.
    Stale,
    /// Provisional: the initial balance, as there is no snapshot yet.
    Initial,
}

impl Source {
    /// Whether a later snapshot gives a better one.
    #[must_use]
    pub fn is_provisional(self) -> bool {
        matches!(self, Self::Stale | Self::Initial)
    }

    /// The name on the wire.
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

/// Balance or equity at a reset.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Reference {
    /// As it stands after the adjustments since.
    pub(super) value: Decimal,
    /// As it was fixed at the reset.
    pub(super) fixed: Decimal,
    pub(super) source: Source,
    /// The time of the snapshot it was taken from.
    pub(super) origin: Timestamp,
}

/// A snapshot's balance or equity.
#[derive(Clone, Copy)]
pub(super) struct Point {
    pub(super) at: Timestamp,
    pub(super) value: Decimal,
}

impl Reference {
    /// The reference at a reset between two neighbours, `since` being the
    /// adjustments since the reset that have arrived. `before` stands as
    /// moved by all adjustments, and `after` contains them, so that the line
    /// between both leaves them out of the day's course.
    fn fix(
        reset_at: Timestamp,
        before: Option<Point>,
        after: Point,
        since: Decimal,
        interpolates: bool,
    ) -> Self {
        let taken = |point: Point, source| Self {
            value: point.value,
            fixed: point.value,
            source,
            origin: point.at,
        };
        let Some(before) = before.filter(|_| after.at > reset_at) else {
            let is_exact = after.at == reset_at;
            return taken(
                after,
                if is_exact {
                    Source::Exact
                } else {
                    Source::After
                },
            );
        };
        let reference = if before.at == reset_at {
            taken(before, Source::Exact)
        } else if !interpolates || reset_at - before.at <= FRESH_MAX {
            taken(before, Source::Before)
        } else {
            Self {
                value: between(before, after, reset_at),
                ..taken(before, Source::Interpolated)
            }
        };
        Self {
            fixed: reference.value - since,
            ..reference
        }
    }
}

/// The value at a moment on the line between two points.
fn between(before: Point, after: Point, at: Timestamp) -> Decimal {
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

/// Which of both a day is measured from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Takes {
    Equity,
    Balance,
}

/// The present day under the daily rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Daily {
    pub(super) reset_at: Timestamp,
    pub(super) equity: Reference,
    pub(super) balance: Reference,
    pub(super) takes: Takes,
    pub(super) limit: Decimal,
    pub(super) thresholds: [Decimal; 3],
    /// The deepest use of the day.
    pub(super) deepest: Decimal,
    /// Severities told today, as bits.
    pub(super) told: u8,
    /// The depth up to which an annulled breach is forgiven.
    pub(super) forgiven: Option<Decimal>,
    pub(super) gap_max_ms: i64,
}

impl Daily {
    pub(super) fn reference(&self) -> &Reference {
        match self.takes {
            Takes::Equity => &self.equity,
            Takes::Balance => &self.balance,
        }
    }

    /// Chooses what the day is measured from, once: credit that comes later
    /// moves the equity alone and must not change the choice.
    pub(super) fn choose(&mut self, rule: &DailyRule) {
        self.takes = takes(rule, self.equity.value, self.balance.value);
    }

    /// Sets what follows from the plan and the fixed references.
    pub(super) fn set_rule(&mut self, plan: &Plan, rule: &DailyRule, initial_balance: Decimal) {
        self.limit = limit(rule, initial_balance, self.reference().fixed);
        self.thresholds = thresholds(plan, self.limit);
    }
}

fn takes(rule: &DailyRule, equity: Decimal, balance: Decimal) -> Takes {
    match rule.reference {
        ReferenceKind::Equity => Takes::Equity,
        ReferenceKind::Balance => Takes::Balance,
        ReferenceKind::Max if equity >= balance => Takes::Equity,
        ReferenceKind::Max => Takes::Balance,
    }
}

fn limit(rule: &DailyRule, initial_balance: Decimal, fixed: Decimal) -> Decimal {
    let whole = match rule.of {
        LimitOf::Initial => initial_balance,
        LimitOf::Reference => fixed,
    };
    percent_of(whole, rule.limit_pct).max(Decimal::ZERO)
}

pub(super) fn percent_of(whole: Decimal, percent: Decimal) -> Decimal {
    whole * percent / Decimal::ONE_HUNDRED
}

/// The use from which on a violation is a warning, critical, a breach.
pub(super) fn thresholds(plan: &Plan, limit: Decimal) -> [Decimal; 3] {
    [
        percent_of(limit, plan.severity.warning_pct),
        percent_of(limit, plan.severity.critical_pct),
        limit,
    ]
}

/// The severities that a use reaches and that are not told yet.
pub(super) fn reached(
    thresholds: &[Decimal; 3],
    used: Decimal,
    told: u8,
) -> impl Iterator<Item = (Severity, Decimal)> {
    Severity::ALL
        .into_iter()
        .zip(*thresholds)
        .filter(move |(severity, threshold)| {
            used >= *threshold && used > Decimal::ZERO && told & severity.bit() == 0
        })
}

/// A day's reference as it can be told before its first snapshot.
#[derive(Clone, Copy)]
pub(super) struct Provisional {
    pub(super) value: Decimal,
    pub(super) source: Source,
    pub(super) limit: Decimal,
}

impl State {
    /// The day that a snapshot is the first of.
    pub(super) fn day_of(
        &self,
        plan: &Plan,
        rule: &DailyRule,
        reset_at: Timestamp,
        snapshot: &Snapshot,
    ) -> Daily {
        let point = |at, value| Point { at, value };
        let (adjusted, credited) = self.dated_since(reset_at);
        let equity = Reference::fix(
            reset_at,
            self.last.map(|last| point(last.at, last.equity)),
            point(snapshot.recorded_at, snapshot.equity),
            adjusted + credited,
            true,
        );
        let balance = Reference::fix(
            reset_at,
            self.last.map(|last| point(last.at, last.balance)),
            point(snapshot.recorded_at, snapshot.balance),
            adjusted,
            false,
        );
        let mut day = Daily {
            reset_at,
            equity,
            balance,
            takes: Takes::Equity,
            limit: Decimal::ZERO,
            thresholds: [Decimal::ZERO; 3],
            deepest: Decimal::ZERO,
            told: 0,
            forgiven: None,
            gap_max_ms: 0,
        };
        day.choose(rule);
        day.set_rule(plan, rule, self.initial_balance);
        day
    }

    /// The adjustments since the newest judged snapshot that are dated within
    /// the day of a reset.
    fn dated_since(&self, reset_at: Timestamp) -> (Decimal, Decimal) {
        self.dated
            .iter()
            .filter(|dated| dated.reset_at >= reset_at)
            .fold((Decimal::ZERO, Decimal::ZERO), |sums, dated| {
                (sums.0 + dated.adjusted, sums.1 + dated.credited)
            })
    }

    /// What stands in for the reference of a day without a snapshot.
    pub(super) fn provisional(&self, rule: &DailyRule, reset_at: Timestamp) -> Provisional {
        let (adjusted, credited) = self.dated_since(reset_at);
        let Some(Last {
            at,
            balance,
            equity,
            ..
        }) = self.last
        else {
            let value = self.initial_balance + self.adjusted;
            return Provisional {
                value,
                source: Source::Initial,
                limit: limit(rule, self.initial_balance, value - adjusted),
            };
        };
        let is_fresh = reset_at - at <= FRESH_MAX;
        let takes = takes(rule, equity, balance);
        let needs_equity = rule.reference != ReferenceKind::Balance;
        let source = if needs_equity && !is_fresh {
            Source::Stale
        } else {
            Source::Before
        };
        let (value, since) = match takes {
            Takes::Equity => (equity, adjusted + credited),
            Takes::Balance => (balance, adjusted),
        };
        Provisional {
            value,
            source,
            limit: limit(rule, self.initial_balance, value - since),
        }
    }
}
