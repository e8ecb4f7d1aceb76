//! The start of a challenge, and its initial balance.

use kernel::time::Timestamp;
use rust_decimal::Decimal;

use super::all_time;
use super::challenge::Begin;
use super::ledger::{Deal, Ledger, Point};
use super::moments::{Moment, Source};
use super::plan::{FirstDay, Plan};
use super::reference::Known;

/// The start of a challenge.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Start {
    pub(crate) at: Timestamp,
    pub(crate) initial: Decimal,
    /// Adjustments up to the start that are not part of the initial balance.
    pub(crate) adjusted: Decimal,
}

/// Finds the start among the moments of a challenge: where the conditions are
/// met, or the newest snapshot when the shop starts it without them.
pub(crate) fn find(
    plan: &Plan,
    known: Known<'_>,
    begin: &Begin,
    moments: &[Moment],
) -> Option<Start> {
    let met = by_conditions(plan, known, begin, moments);
    let forced = begin.starts.first().and_then(|at| {
        let mut seen = moments.iter().filter(|moment| moment.at <= *at);
        let moment = seen.rfind(|moment| moment.source == Source::Snapshot)?;
        Some(at_moment(known.ledger, begin, moment))
    });
    match (met, forced) {
        (Some(met), Some(forced)) if forced.at < met.at => Some(forced),
        (met, forced) => met.or(forced),
    }
}

fn by_conditions(
    plan: &Plan,
    known: Known<'_>,
    begin: &Begin,
    moments: &[Moment],
) -> Option<Start> {
    let last = funding(known.ledger, begin).last().map(|deal| deal.at);
    moments.iter().find_map(|moment| {
        let value = moment.value(plan.basis)?;
        // Each balance operation before the first trade starts it over.
        let is_early = begin.initial.is_none() && last.is_some_and(|last| moment.at < last);
        if is_early || moment.balance <= Decimal::ZERO || !is_funded(known, begin, moment) {
            return None;
        }
        let start = at_moment(known.ledger, begin, moment);
        is_above_floors(plan, known, begin, &start, value).then_some(start)
    })
}

/// Returns `true` if the initial balance is not given, or reached, or if the
/// account trades.
fn is_funded(known: Known<'_>, begin: &Begin, moment: &Moment) -> bool {
    let reached = begin.initial.is_none_or(|given| moment.balance >= given);
    reached || has_traded(known.ledger, known.points, begin, moment.at)
}

/// The start at a moment. An initial balance that is not given is that of the
/// deposits less withdrawals before the first trade, or the balance.
fn at_moment(ledger: &Ledger, begin: &Begin, moment: &Moment) -> Start {
    let funding = funding(ledger, begin).into_iter();
    let deposited: Decimal = funding.map(|deal| deal.amount).sum();
    let found = match begin.is_first && deposited > Decimal::ZERO {
        true => deposited,
        false => moment.balance,
    };
    let initial = begin.initial.unwrap_or(found);
    Start {
        at: moment.at,
        initial,
        adjusted: adjusted(ledger, begin, moment) - initial,
    }
}

/// The balance operations before the first trade, from a reset on where the
/// challenge began with one.
fn funding<'a>(ledger: &'a Ledger, begin: &Begin) -> Vec<&'a Deal> {
    let counted = |deal: &&Deal| begin.is_first || deal.at > begin.at;
    let deals = || ledger.deals.iter().filter(counted);
    let traded = deals().find(|deal| deal.fill.is_some());
    deals()
        .take_while(|deal| traded.is_none_or(|traded| deal.id != traded.id))
        .filter(|deal| deal.class.is_adjustment())
        .collect()
}

/// Returns `true` if a position is open, or has been opened: ever in the
/// first challenge, else since the reset.
fn has_traded(ledger: &Ledger, points: &[Point], begin: &Begin, at: Timestamp) -> bool {
    let opened = ledger
        .openings()
        .into_iter()
        .filter(|deal| begin.is_first || deal.at > begin.at)
        .any(|deal| deal.at <= at);
    opened || !Point::at(points, at).is_flat
}

fn is_above_floors(
    plan: &Plan,
    known: Known<'_>,
    begin: &Begin,
    start: &Start,
    value: Decimal,
) -> bool {
    let all_time = all_time::floor_at(plan, known, begin, start);
    // A first day that begins with the value itself has it above its floor.
    let daily = plan
        .daily
        .as_ref()
        .filter(|rule| rule.first_day == FirstDay::Initial)
        .map(|rule| start.initial - start.initial * rule.limit_pct / Decimal::ONE_HUNDRED);
    all_time.into_iter().chain(daily).all(|floor| value > floor)
}

/// All adjustments of the history up to the start; after a reset what the
/// balance is then.
fn adjusted(ledger: &Ledger, begin: &Begin, moment: &Moment) -> Decimal {
    if !begin.is_first {
        return moment.balance;
    }
    let from = Timestamp::MIN_UTC;
    let deals = ledger.adjustments(from, moment.at).map(|deal| deal.amount);
    deals.sum::<Decimal>() + ledger.canceled_apart(from, from, moment.at)
}
