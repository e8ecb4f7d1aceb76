//! The rules written a second time, from the contract and without memory: at
//! each snapshot everything is computed anew from all that has arrived.

use super::*;
use crate::domain::plan::{Basis, DailyKind, LimitOf, MaxMode, Payout, ReferenceKind};

/// What arrived; adjustments carry `(time, adjustment, credit)`.
#[derive(Clone, Debug)]
pub(super) enum Event {
    Snapshot(Snapshot),
    Adjustment(Timestamp, Decimal, Decimal),
}

#[derive(Debug, PartialEq)]
pub(super) struct Row {
    pub(super) daily: Option<(Decimal, Source, Decimal, Decimal)>,
    pub(super) max: Option<(Decimal, Decimal, Decimal)>,
    pub(super) crossed: Vec<(Rule, Severity)>,
    pub(super) phase: Phase,
}

pub(super) struct Naive<'a> {
    pub(super) plan: &'a Plan,
    pub(super) initial: Decimal,
    pub(super) started_at: Timestamp,
    pub(super) events: &'a [Event],
}

#[derive(Clone, Copy)]
struct Fixed {
    value: Decimal,
    as_fixed: Decimal,
    source: Source,
}

fn time_of(event: &Event) -> Timestamp {
    match event {
        Event::Snapshot(snapshot) => snapshot.recorded_at,
        Event::Adjustment(time, ..) => *time,
    }
}

impl Naive<'_> {
    /// The row of each event; `None` for what is no judged snapshot.
    pub(super) fn rows(&self) -> Vec<Option<Row>> {
        let mut told: Vec<(Rule, Severity, Option<Timestamp>)> = Vec::new();
        let mut is_breached = false;
        let mut paused_until: Option<Timestamp> = None;
        let mut rows = Vec::new();
        for index in 0..self.events.len() {
            let Some(snapshot) = self.judged(index) else {
                rows.push(None);
                continue;
            };
            let at = snapshot.recorded_at;
            let reset_at = self.plan.reset.latest_at_or_before(at);
            let daily = self.daily(index, snapshot, reset_at);
            let max = self.max(index, snapshot);
            let is_below_floor = self.below_floor(index);
            let mut uses = Vec::new();
            if let Some((_, _, used, limit)) = daily {
                uses.push((Rule::DailyDrawdown, used, limit, Some(reset_at)));
            }
            if let Some((_, _, deepest)) = max {
                let rule = self.plan.max.as_ref().expect("a rule");
                let limit = self.initial * rule.limit_pct / Decimal::ONE_HUNDRED;
                if !is_below_floor {
                    uses.push((Rule::MaxDrawdown, deepest, limit, None));
                }
            }
            let mut crossed = Vec::new();
            let was_breached = is_breached;
            for (rule, used, limit, day) in uses {
                for (severity, percent) in [
                    (Severity::Warning, self.plan.severity.warning_pct),
                    (Severity::Critical, self.plan.severity.critical_pct),
                    (Severity::Breach, Decimal::ONE_HUNDRED),
                ] {
                    let is_reached =
                        used > Decimal::ZERO && used * Decimal::ONE_HUNDRED >= limit * percent;
                    let key = (rule, severity, day);
                    if was_breached || !is_reached || told.contains(&key) {
                        continue;
                    }
                    told.push(key);
                    crossed.push((rule, severity));
                    if severity == Severity::Breach {
                        let pauses = rule == Rule::DailyDrawdown
                            && self.plan.daily.as_ref().map(|rule| rule.kind)
                                == Some(DailyKind::Pause);
                        if pauses {
                            paused_until = Some(self.plan.reset.next_after(at));
                        } else {
                            is_breached = true;
                        }
                    }
                }
            }
            let phase = if is_breached {
                Phase::Breached
            } else if is_below_floor {
                Phase::AwaitingFunds
            } else if paused_until.is_some_and(|until| at < until) {
                Phase::Paused
            } else {
                Phase::Active
            };
            rows.push(Some(Row {
                daily,
                max,
                crossed,
                phase,
            }));
        }
        rows
    }

    /// The snapshot of an index, unless it came too late.
    fn judged(&self, index: usize) -> Option<&Snapshot> {
        let Event::Snapshot(snapshot) = &self.events[index] else {
            return None;
        };
        let is_late = self.events[..index].iter().any(|event| {
            matches!(event, Event::Snapshot(before) if before.recorded_at > snapshot.recorded_at)
        });
        (!is_late && snapshot.recorded_at >= self.started_at).then_some(snapshot)
    }

    fn judged_until(&self, index: usize) -> impl DoubleEndedIterator<Item = (usize, &Snapshot)> {
        (0..=index).filter_map(|each| self.judged(each).map(|snapshot| (each, snapshot)))
    }

    /// Adjustments and credits that arrived after one event and before
    /// another, of those dated from a moment on.
    fn moved(&self, after: Option<usize>, until: usize, dated: Timestamp) -> (Decimal, Decimal) {
        let from = after.map_or(0, |after| after + 1).min(until);
        self.events[from..until]
            .iter()
            .fold((Decimal::ZERO, Decimal::ZERO), |sums, event| match event {
                Event::Adjustment(time, adjustment, credit) if *time > dated => {
                    (sums.0 + adjustment, sums.1 + credit)
                }
                _ => sums,
            })
    }

    fn all_moved(&self, after: Option<usize>, until: usize, of_equity: bool) -> Decimal {
        let (adjusted, credited) = self.moved(after, until, Timestamp::MIN_UTC);
        adjusted + if of_equity { credited } else { Decimal::ZERO }
    }

    fn fixed(&self, reset_at: Timestamp, index: usize, of_equity: bool) -> Fixed {
        let value_of = |snapshot: &Snapshot| {
            if of_equity {
                snapshot.equity
            } else {
                snapshot.balance
            }
        };
        let (first, first_after) = self
            .judged_until(index)
            .find(|(_, snapshot)| snapshot.recorded_at >= reset_at)
            .expect("this one at the latest");
        let before = self
            .judged_until(index)
            .rfind(|(_, snapshot)| snapshot.recorded_at < reset_at);
        let since_first = self.all_moved(Some(first), index, of_equity);
        let taken = |value, source| Fixed {
            value: value + since_first,
            as_fixed: value,
            source,
        };
        if first_after.recorded_at == reset_at {
            return taken(value_of(first_after), Source::Exact);
        }
        let Some((before, snapshot)) = before else {
            return taken(value_of(first_after), Source::After);
        };
        let (dated, dated_credit) = self.moved(Some(before), first, reset_at);
        let since_reset = dated
            + if of_equity {
                dated_credit
            } else {
                Decimal::ZERO
            };
        let between = self.all_moved(Some(before), first, of_equity);
        let age = reset_at - snapshot.recorded_at;
        let (course, source) = if !of_equity || age <= Duration::minutes(30) {
            (value_of(snapshot), Source::Before)
        } else {
            let span = first_after.recorded_at - snapshot.recorded_at;
            let rise = value_of(first_after) - between - value_of(snapshot);
            let risen = rise * Decimal::from(age.num_milliseconds())
                / Decimal::from(span.num_milliseconds());
            (
                (value_of(snapshot) + risen).round_dp(8),
                Source::Interpolated,
            )
        };
        Fixed {
            value: course + between + since_first,
            as_fixed: course + between - since_reset,
            source,
        }
    }

    fn value(&self, snapshot: &Snapshot) -> Decimal {
        match self.plan.basis {
            Basis::Floating => snapshot.equity,
            Basis::ClosedOnly => snapshot.balance,
        }
    }

    fn daily(
        &self,
        index: usize,
        snapshot: &Snapshot,
        reset_at: Timestamp,
    ) -> Option<(Decimal, Source, Decimal, Decimal)> {
        let rule = self.plan.daily.as_ref()?;
        let equity = self.fixed(reset_at, index, true);
        let balance = self.fixed(reset_at, index, false);
        let (first, _) = self
            .judged_until(index)
            .find(|(_, snapshot)| snapshot.recorded_at >= reset_at)?;
        let larger_is_equity = equity.value - self.all_moved(Some(first), index, true)
            >= balance.value - self.all_moved(Some(first), index, false);
        let fixed = match rule.reference {
            ReferenceKind::Equity => equity,
            ReferenceKind::Balance => balance,
            ReferenceKind::Max if larger_is_equity => equity,
            ReferenceKind::Max => balance,
        };
        let whole = match rule.of {
            LimitOf::Initial => self.initial,
            LimitOf::Reference => fixed.as_fixed,
        };
        let limit = (whole * rule.limit_pct / Decimal::ONE_HUNDRED).max(Decimal::ZERO);
        let used = (fixed.value - self.value(snapshot)).max(Decimal::ZERO);
        Some((fixed.value, fixed.source, used, limit))
    }

    fn max(&self, index: usize, snapshot: &Snapshot) -> Option<(Decimal, Decimal, Decimal)> {
        self.plan.max.as_ref()?;
        let reference = self.reference(index);
        let current = (reference - self.value(snapshot)).max(Decimal::ZERO);
        let deepest = self
            .judged_until(index)
            .filter(|(each, _)| !self.below_floor(*each))
            .map(|(each, snapshot)| self.reference(each) - self.value(snapshot))
            .fold(Decimal::ZERO, Decimal::max);
        Some((reference, current, deepest))
    }

    /// Whether money that left has taken the value to the floor, as of a
    /// judged snapshot.
    fn below_floor(&self, index: usize) -> bool {
        let Some(rule) = &self.plan.max else {
            return false;
        };
        let limit = self.initial * rule.limit_pct / Decimal::ONE_HUNDRED;
        let mut is_below = false;
        let mut before = None;
        for (each, snapshot) in self.judged_until(index) {
            let floor = self.reference(each) - limit;
            let value = self.value(snapshot);
            let outflow = self.outflow(before, each);
            if value > floor {
                is_below = false;
            } else if value + outflow > floor {
                is_below = true;
            }
            before = Some(each);
        }
        is_below
    }

    /// Money that left between two events.
    fn outflow(&self, after: Option<usize>, until: usize) -> Decimal {
        let from = after.map_or(0, |after| after + 1).min(until);
        self.events[from..until]
            .iter()
            .fold(Decimal::ZERO, |sum, event| match event {
                Event::Adjustment(_, adjustment, _) => (sum - adjustment).max(Decimal::ZERO),
                Event::Snapshot(_) => sum,
            })
    }

    /// What has moved the all-time reference after an event.
    fn moved_reference(&self, after: Option<usize>, until: usize, of_equity: bool) -> Decimal {
        let (adjusted, credited) = self.moved(after, until, Timestamp::MIN_UTC);
        let adjusted = match self.plan.payout {
            Payout::Keep => Decimal::ZERO,
            Payout::Shift => adjusted,
        };
        adjusted + if of_equity { credited } else { Decimal::ZERO }
    }

    /// The all-time reference at a snapshot.
    fn reference(&self, index: usize) -> Decimal {
        let rule = self.plan.max.as_ref().expect("a rule");
        let is_floating = self.plan.basis == Basis::Floating;
        let of_equity = is_floating && rule.mode == MaxMode::TrailingIntraday;
        let top = self.top(index, of_equity);
        let Some(lock_at) = rule.lock_at else {
            return top;
        };
        let limit = self.initial * rule.limit_pct / Decimal::ONE_HUNDRED;
        let cap = self.initial + lock_at + limit;
        let is_locked = self
            .judged_until(index)
            .any(|(each, _)| self.top(each, of_equity) >= cap);
        if is_locked { cap } else { top.min(cap) }
    }

    /// The all-time reference without its lock.
    fn top(&self, index: usize, of_equity: bool) -> Decimal {
        let rule = self.plan.max.as_ref().expect("a rule");
        let start = self.initial + self.moved_reference(None, index, of_equity);
        let later = |each| self.moved_reference(Some(each), index, of_equity);
        match rule.mode {
            MaxMode::Static => start,
            MaxMode::TrailingIntraday => self
                .judged_until(index)
                .map(|(each, snapshot)| self.value(snapshot) + later(each))
                .fold(start, Decimal::max),
            MaxMode::TrailingClosed => self
                .judged_until(index)
                .map(|(each, snapshot)| snapshot.balance + later(each))
                .fold(start, Decimal::max),
            MaxMode::TrailingEod => self.eod(index, start),
        }
    }

    fn eod(&self, index: usize, start: Decimal) -> Decimal {
        let at = self.judged(index).expect("a snapshot").recorded_at;
        let mut top = start;
        let mut reset_at = self.plan.reset.next_after(self.started_at);
        while reset_at <= at {
            let known = self
                .judged_until(index)
                .rfind(|(_, snapshot)| snapshot.recorded_at <= reset_at);
            if let Some((each, snapshot)) = known {
                // What came up to the reset is in its balance, whatever a
                // later movement does to the reference.
                let at_reset = (each + 1..index)
                    .find(|later| time_of(&self.events[*later]) > reset_at)
                    .unwrap_or(index);
                let balance = snapshot.balance + self.all_moved(Some(each), at_reset, false);
                let later = at_reset.checked_sub(1);
                top = top.max(balance + self.moved_reference(later, index, false));
            }
            reset_at = self.plan.reset.next_after(reset_at);
        }
        top
    }
}
