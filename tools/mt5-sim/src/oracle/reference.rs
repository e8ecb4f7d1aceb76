//! The values at an instant between two judged moments.

use chrono::TimeDelta;
use kernel::time::Timestamp;
use rust_decimal::Decimal;

use super::ledger::{Ledger, Point};
use super::moments::Moment;
use super::plan::{Basis, Reference};
use super::verdict::ValueSource;

/// The oldest that a moment before an instant may be.
const BEFORE_MAX: TimeDelta = TimeDelta::minutes(30);

/// A value at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Value {
    pub(crate) amount: Decimal,
    pub(crate) source: ValueSource,
}

/// The history that values are taken from.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    pub(crate) ledger: &'a Ledger,
    pub(crate) points: &'a [Point],
    /// The moments that count, in order.
    pub(crate) moments: &'a [Moment],
    pub(crate) basis: Basis,
}

impl Known<'_> {
    /// Returns the figure that a daily reference is taken from, at an
    /// instant; `None` where nothing is known of the equity.
    pub(crate) fn reference(self, which: Reference, at: Timestamp) -> Option<Value> {
        let balance = Value {
            amount: Point::at(self.points, at).balance,
            source: ValueSource::Exact,
        };
        match which {
            Reference::Balance => Some(balance),
            Reference::Equity => self.equity(at),
            Reference::Max => {
                let equity = self
                    .equity(at)
                    .filter(|equity| equity.amount > balance.amount);
                Some(equity.unwrap_or(balance))
            }
        }
    }

    /// Returns the equity at an instant.
    pub(crate) fn equity(self, at: Timestamp) -> Option<Value> {
        let judged = self
            .moments
            .iter()
            .filter(|moment| moment.value(self.basis).is_some());
        let known: Vec<(Timestamp, Decimal)> = judged
            .filter_map(|moment| Some((moment.at, moment.equity?)))
            .collect();
        let before = known.iter().rfind(|(moment, _)| *moment <= at).copied();
        let after = known.iter().find(|(moment, _)| *moment > at).copied();
        let here = Point::at(self.points, at);
        if let Some((_, equity)) = before.filter(|(moment, _)| *moment == at) {
            return Some(exact(equity));
        }
        if here.is_flat {
            return Some(exact(here.balance + here.credit));
        }
        let Some((moment, equity)) = before else {
            let (moment, equity) = after?;
            return Some(Value {
                amount: equity - self.ledger.movements(at, moment),
                source: ValueSource::After,
            });
        };
        // Money that moved since then is in the equity at the instant too.
        let moved = self.ledger.movements(moment, at);
        if at - moment <= BEFORE_MAX {
            return Some(Value {
                amount: equity + moved,
                source: ValueSource::Before,
            });
        }
        match after {
            None => Some(Value {
                amount: equity + moved,
                source: ValueSource::Stale,
            }),
            Some(later) => Some(Value {
                amount: self.between((moment, equity), later, at) + moved,
                source: ValueSource::Interpolated,
            }),
        }
    }

    /// The straight line between two moments, without the money that moved.
    fn between(
        self,
        (from, first): (Timestamp, Decimal),
        (to, last): (Timestamp, Decimal),
        at: Timestamp,
    ) -> Decimal {
        let last = last - self.ledger.movements(from, to);
        let part = Decimal::from((at - from).num_milliseconds());
        let whole = Decimal::from((to - from).num_milliseconds());
        first + (last - first) * part / whole
    }
}

fn exact(amount: Decimal) -> Value {
    Value {
        amount,
        source: ValueSource::Exact,
    }
}
