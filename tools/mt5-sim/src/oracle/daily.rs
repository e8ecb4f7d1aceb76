//! Daily drawdown: used = max(0, B − V) against a limit that holds from reset
//! to reset.

use kernel::time::Timestamp;
use rust_decimal::Decimal;

use super::moments::Moment;
use super::plan::{Daily, FirstDay, Of, Plan};
use super::reference::{Known, Value};
use super::start::Start;
use super::verdict::ValueSource;

/// A day's reference as fixed at its reset, or at the start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DayReference {
    /// The moment from which movements move it.
    pub(crate) from: Timestamp,
    pub(crate) value: Value,
    pub(crate) limit: Decimal,
}

/// The rule's figures at a moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DailyFigures {
    pub(crate) reference: Decimal,
    pub(crate) source: ValueSource,
    pub(crate) used: Decimal,
    pub(crate) limit: Decimal,
}

/// Returns the reference of the day of a moment; `None` where the equity at
/// its reset is not known.
pub(crate) fn day_reference(
    plan: &Plan,
    rule: &Daily,
    known: Known<'_>,
    start: &Start,
    at: Timestamp,
) -> Option<DayReference> {
    let reset = plan.reset.last(at);
    let is_first = reset <= start.at;
    let from = if is_first { start.at } else { reset };
    let value = if is_first && rule.first_day == FirstDay::Initial {
        Value {
            amount: start.initial,
            source: ValueSource::Initial,
        }
    } else {
        known.reference(plan.reference_of(rule), from)?
    };
    let of = match rule.of {
        Of::Initial => start.initial,
        Of::Reference => value.amount,
    };
    Some(DayReference {
        from,
        value,
        limit: of * rule.limit_pct / Decimal::ONE_HUNDRED,
    })
}

/// Returns the rule's figures at a moment of the reference's day.
pub(crate) fn figures(
    plan: &Plan,
    known: Known<'_>,
    day: &DayReference,
    moment: &Moment,
) -> Option<DailyFigures> {
    let value = moment.value(plan.basis)?;
    let moved = known.ledger.movements(day.from, moment.at);
    let reference = day.value.amount + moved;
    Some(DailyFigures {
        reference,
        source: day.value.source,
        used: (reference - value).max(Decimal::ZERO),
        limit: day.limit,
    })
}
