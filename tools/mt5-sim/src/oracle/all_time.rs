//! All-time drawdown: used = the deepest of max(0, ref − V), its reference
//! static or trailing.

use kernel::time::Timestamp;
use rust_decimal::Decimal;

use super::challenge::Begin;
use super::ledger::{Class, Ledger, Point};
use super::moments::Moment;
use super::plan::{AllTime, Mode, Plan};
use super::reference::Known;
use super::start::Start;

/// The rule's figures at a moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AllTimeFigures {
    pub(crate) reference: Decimal,
    /// The deepest so far.
    pub(crate) used: Decimal,
    pub(crate) current: Decimal,
    pub(crate) limit: Decimal,
    /// Payments brought V to the floor: the rule waits for money.
    pub(crate) is_below_floor: bool,
}

/// The rule while it goes from moment to moment.
pub(crate) struct Tracker<'a> {
    plan: &'a Plan,
    rule: &'a AllTime,
    ledger: &'a Ledger,
    points: &'a [Point],
    start: Start,
    /// Moments at which the shop has started the challenge.
    starts: &'a [Timestamp],
    limit: Decimal,
    peak: Decimal,
    /// The reference that a lock has fixed.
    locked: Option<Decimal>,
    deepest: Decimal,
    is_below_floor: bool,
    /// The moment up to which money and peaks are accounted for.
    seen_until: Timestamp,
    /// The last judged moment.
    judged_at: Timestamp,
}

impl<'a> Tracker<'a> {
    /// Returns the rule at the start of a challenge.
    pub(crate) fn new(
        plan: &'a Plan,
        rule: &'a AllTime,
        known: Known<'a>,
        begin: &'a Begin,
        start: Start,
    ) -> Self {
        let peak = if begin.is_first {
            let past = past_peak(plan, rule, known.ledger, known.moments, &start);
            start.initial.max(past)
        } else {
            start.initial
        };
        let mut tracker = Self {
            plan,
            rule,
            ledger: known.ledger,
            points: known.points,
            start,
            starts: &begin.starts,
            limit: start.initial * rule.limit_pct / Decimal::ONE_HUNDRED,
            peak,
            locked: None,
            deepest: Decimal::ZERO,
            is_below_floor: false,
            seen_until: start.at,
            judged_at: start.at,
        };
        tracker.lock();
        tracker
    }

    /// Judges a moment.
    pub(crate) fn judge(&mut self, moment: &Moment) -> Option<AllTimeFigures> {
        self.resets_up_to(moment.at);
        self.move_to(moment.at);
        self.raise(moment);
        let value = moment.value(self.plan.basis)?;
        let reference = self.reference();
        let floor = reference - self.limit;
        if value <= floor {
            // A reference that payments move needs no such exception.
            let stays = !self.plan.shifts() || self.locked.is_some();
            let left = self.ledger.left(self.judged_at, moment.at);
            self.is_below_floor |= stays && !left.is_zero() && value + left > floor;
            let between = |start: &Timestamp| self.judged_at < *start && *start <= moment.at;
            self.is_below_floor &= !self.starts.iter().any(between);
        } else {
            self.is_below_floor = false;
        }
        let current = (reference - value).max(Decimal::ZERO);
        if !self.is_below_floor {
            self.deepest = self.deepest.max(current);
        }
        self.judged_at = moment.at;
        Some(AllTimeFigures {
            reference,
            used: self.deepest,
            current,
            limit: self.limit,
            is_below_floor: self.is_below_floor,
        })
    }

    fn reference(&self) -> Decimal {
        self.locked.unwrap_or(self.peak)
    }

    /// Takes the balance at each reset on the way.
    fn resets_up_to(&mut self, at: Timestamp) {
        for reset in self.plan.reset.between(self.seen_until, at) {
            self.move_to(reset);
            if self.rule.mode == Mode::TrailingEod {
                let balance = Point::at(self.points, reset).balance;
                self.peak = self.peak.max(balance);
                self.lock();
            }
        }
    }

    /// Lets money that came or went move the reference, and payouts lock it.
    fn move_to(&mut self, at: Timestamp) {
        if self.plan.shifts() {
            self.peak += self.ledger.movements(self.seen_until, at);
            self.lock();
        }
        let mut moved = self.ledger.adjustments(self.seen_until, at);
        let paid = moved.any(|deal| deal.class == Class::Payout);
        if let Some(cap) = self.cap().filter(|_| paid && self.rule.lock_on_payout) {
            self.locked.get_or_insert(cap);
        }
        self.seen_until = self.seen_until.max(at);
    }

    fn raise(&mut self, moment: &Moment) {
        let seen = match self.rule.mode {
            Mode::TrailingIntraday => moment.value(self.plan.basis),
            Mode::TrailingClosed => Some(moment.balance),
            Mode::TrailingEod | Mode::Static => None,
        };
        if let Some(seen) = seen {
            self.peak = self.peak.max(seen);
            self.lock();
        }
    }

    /// Fixes the reference once the peak has reached the cap.
    fn lock(&mut self) {
        if let Some(cap) = self.cap().filter(|cap| self.peak >= *cap) {
            self.locked.get_or_insert(cap);
        }
    }

    /// The reference at which the floor stops rising.
    fn cap(&self) -> Option<Decimal> {
        let lock_at = self.rule.lock_at?;
        Some(self.start.initial + lock_at + self.limit)
    }
}

/// Returns the floor at a start; `None` for a plan without the rule.
pub(crate) fn floor_at(
    plan: &Plan,
    known: Known<'_>,
    begin: &Begin,
    start: &Start,
) -> Option<Decimal> {
    let rule = plan.max.as_ref()?;
    let tracker = Tracker::new(plan, rule, known, begin, *start);
    Some(tracker.reference() - tracker.limit)
}

/// The balance peak of the history before a first challenge. Where payments
/// move the reference, the peak is that of the result of trading.
fn past_peak(
    plan: &Plan,
    rule: &AllTime,
    ledger: &Ledger,
    moments: &[Moment],
    start: &Start,
) -> Decimal {
    let past = || moments.iter().filter(|moment| moment.at <= start.at);
    let balances: Vec<(Timestamp, Decimal)> = match rule.mode {
        Mode::Static | Mode::TrailingIntraday => Vec::new(),
        Mode::TrailingClosed => past().map(|moment| (moment.at, moment.balance)).collect(),
        Mode::TrailingEod => {
            let first = past().next().map_or(start.at, |moment| moment.at);
            let resets = plan.reset.between(first, start.at).into_iter();
            let balance = |reset| past().rfind(|moment| moment.at <= reset).map(|m| m.balance);
            resets
                .map(|reset| (reset, balance(reset).unwrap_or_default()))
                .collect()
        }
    };
    let without_payments = |(at, balance): &(Timestamp, Decimal)| match plan.shifts() {
        true => *balance + ledger.movements(*at, start.at),
        false => *balance,
    };
    let peak = balances.iter().map(without_payments).max();
    peak.unwrap_or(start.initial)
}
