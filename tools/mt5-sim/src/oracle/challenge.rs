//! One challenge from its begin to its end: every rule at every moment.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use kernel::Number;
use kernel::time::Timestamp;
use rust_decimal::Decimal;

use super::all_time::{AllTimeFigures, Tracker};
use super::daily::{self, DailyFigures, DayReference};
use super::inactivity::{self, Idle};
use super::lots::{self, TooLarge};
use super::moments::{Moment, Source};
use super::passing;
use super::plan::{Kind, Plan};
use super::reference::Known;
use super::start::{self, Start};
use super::verdict::{Challenge, Day, End, Figures, Phase, Rule, Severity, Violation};

/// The begin of a challenge: the connection, or a reset.
#[derive(Clone, Debug)]
pub(crate) struct Begin {
    pub(crate) at: Timestamp,
    pub(crate) is_first: bool,
    /// The initial balance that was given.
    pub(crate) initial: Option<Decimal>,
    /// Moments at which the shop has started the challenge.
    pub(crate) starts: Vec<Timestamp>,
}

impl Begin {
    /// Returns the moment after which deals count for days and profits: all
    /// of them in a first challenge.
    pub(crate) fn counts_from(&self) -> Timestamp {
        match self.is_first {
            true => Timestamp::MIN_UTC,
            false => self.at,
        }
    }
}

/// Something to judge, in order of time.
enum Event<'a> {
    Idle(Idle),
    Lots(TooLarge),
    Moment(&'a Moment),
}

impl Event<'_> {
    fn at(&self) -> Timestamp {
        match self {
            Self::Idle(idle) => idle.at,
            Self::Lots(lots) => lots.at,
            Self::Moment(moment) => moment.at,
        }
    }
}

/// Judges one challenge; `moments` are those from its begin to its end.
pub(crate) fn judge(
    plan: &Plan,
    known: Known<'_>,
    begin: &Begin,
    moments: &[Moment],
    until: Timestamp,
) -> Challenge {
    let found = start::find(plan, known, begin, moments);
    let Some(start) = found else {
        return Challenge::awaiting(begin.at);
    };
    let mut run = Run::new(plan, known, begin, start);
    for event in events(plan, known, begin, &start, moments, until) {
        run.judge(&event);
    }
    run.finish()
}

fn events<'a>(
    plan: &Plan,
    known: Known<'_>,
    begin: &Begin,
    start: &Start,
    moments: &'a [Moment],
    until: Timestamp,
) -> Vec<Event<'a>> {
    let idle = inactivity::idle(plan, known.ledger, known.points, start.at);
    let after = begin.counts_from();
    let lots = lots::too_large(plan, known.ledger, known.points, (start.at, after));
    let moments = moments.iter().filter(|moment| moment.at >= start.at);
    let mut events: Vec<Event<'a>> = idle.into_iter().map(Event::Idle).collect();
    events.extend(lots.into_iter().map(Event::Lots));
    events.extend(moments.map(Event::Moment));
    events.retain(|event| event.at() <= until);
    events.sort_by_key(Event::at);
    events
}

/// The rules on their way through a challenge.
struct Run<'a> {
    plan: &'a Plan,
    known: Known<'a>,
    begin: &'a Begin,
    start: Start,
    tracker: Option<Tracker<'a>>,
    day: Option<(Timestamp, DayReference)>,
    daily: Option<DailyFigures>,
    all_time: Option<AllTimeFigures>,
    last: Option<Moment>,
    days: Vec<Day>,
    violations: Vec<Violation>,
    /// Violations of a day, or of the challenge, that are there already.
    known_violations: BTreeSet<(Rule, Severity, Option<NaiveDate>)>,
    paused_until: Option<Timestamp>,
    end: Option<End>,
}

impl<'a> Run<'a> {
    fn new(plan: &'a Plan, known: Known<'a>, begin: &'a Begin, start: Start) -> Self {
        let rule = plan.max.as_ref();
        Self {
            plan,
            known,
            begin,
            start,
            tracker: rule.map(|rule| Tracker::new(plan, rule, known, begin, start)),
            day: None,
            daily: None,
            all_time: None,
            last: None,
            days: Vec::new(),
            violations: Vec::new(),
            known_violations: BTreeSet::new(),
            paused_until: None,
            end: None,
        }
    }

    fn judge(&mut self, event: &Event<'_>) {
        match event {
            Event::Idle(idle) => self.idle(*idle),
            Event::Lots(lots) => {
                let figures = (lots.lots, lots.limit);
                let key = (Rule::MaxLots, Severity::Breach, None);
                if !self.known_violations.insert(key) {
                    return;
                }
                self.violate(Rule::MaxLots, Severity::Breach, lots.at, figures);
                self.breach(Rule::MaxLots, lots.at, figures);
            }
            Event::Moment(moment) => self.moment(moment),
        }
    }

    fn idle(&mut self, idle: Idle) {
        let limit = self.plan.inactivity_days.unwrap_or_default();
        let figures = (Decimal::from(idle.days), Decimal::from(limit));
        if idle.is_breach {
            self.violate(Rule::Inactivity, Severity::Breach, idle.at, figures);
            self.breach(Rule::Inactivity, idle.at, figures);
        } else {
            self.violate(Rule::Inactivity, Severity::Warning, idle.at, figures);
        }
    }

    fn moment(&mut self, moment: &Moment) {
        if self.paused_until.is_some_and(|until| moment.at >= until) {
            self.paused_until = None;
        }
        let ended = self.end.is_some();
        self.judge_daily(moment);
        self.judge_all_time(moment);
        self.last = Some(*moment);
        if !ended && self.end.is_none() {
            self.pass(moment);
        }
    }

    fn judge_daily(&mut self, moment: &Moment) {
        let Some(rule) = &self.plan.daily else { return };
        let reset = self.plan.reset.last(moment.at);
        if self.day.as_ref().is_none_or(|(of, _)| *of != reset) {
            let day = daily::day_reference(self.plan, rule, self.known, &self.start, moment.at);
            self.day = day.map(|day| (reset, day));
            self.daily = None;
        }
        let Some((_, day)) = self.day else { return };
        let Some(figures) = daily::figures(self.plan, self.known, &day, moment) else {
            return;
        };
        self.daily = Some(figures);
        self.note_day(reset, &day, figures.used);
        let date = self.plan.reset.date(moment.at);
        let shown = (figures.used, figures.limit);
        if self.cross(Rule::DailyDrawdown, Some(date), moment.at, shown) {
            match rule.kind {
                Kind::Hard => self.breach(Rule::DailyDrawdown, moment.at, shown),
                Kind::Pause => self.paused_until = Some(self.plan.reset.next(moment.at)),
            }
        }
    }

    fn judge_all_time(&mut self, moment: &Moment) {
        let judged = self.tracker.as_mut().and_then(|rule| rule.judge(moment));
        let Some(figures) = judged else { return };
        self.all_time = Some(figures);
        let shown = (figures.used, figures.limit);
        if self.cross(Rule::MaxDrawdown, None, moment.at, shown) {
            self.breach(Rule::MaxDrawdown, moment.at, shown);
        }
    }

    fn note_day(&mut self, reset: Timestamp, day: &DayReference, used: Decimal) {
        if self.days.last().is_none_or(|last| last.reset_at != reset) {
            self.days.push(Day {
                day: self.plan.reset.date(reset),
                reset_at: reset,
                reference: Number::exact(day.value.amount),
                source: day.value.source,
                limit: Number::exact(day.limit),
                used: Number::exact(used),
                used_max: Number::exact(used),
            });
        }
        if let Some(last) = self.days.last_mut() {
            last.used = Number::exact(used);
            last.used_max = last.used_max.max(Number::exact(used));
        }
    }

    /// Records the thresholds of a limit that its use reaches, mildest first,
    /// and returns `true` if it is newly breached.
    fn cross(
        &mut self,
        rule: Rule,
        day: Option<NaiveDate>,
        at: Timestamp,
        (used, limit): (Decimal, Decimal),
    ) -> bool {
        let shares = [
            (Severity::Warning, self.plan.severity.warning_pct),
            (Severity::Critical, self.plan.severity.critical_pct),
            (Severity::Breach, Decimal::ONE_HUNDRED),
        ];
        let mut is_breached = false;
        for (severity, share) in shares {
            let reached = used * Decimal::ONE_HUNDRED >= limit * share;
            if reached && self.known_violations.insert((rule, severity, day)) {
                self.violate(rule, severity, at, (used, limit));
                is_breached = severity == Severity::Breach;
            }
        }
        is_breached
    }

    fn violate(
        &mut self,
        rule: Rule,
        severity: Severity,
        at: Timestamp,
        (figure, limit): (Decimal, Decimal),
    ) {
        // What ends the challenge lets other violations of its moment in.
        if self.end.as_ref().is_some_and(|end| end.at < at) {
            return;
        }
        self.violations.push(Violation {
            rule,
            severity,
            day: self.plan.reset.date(at),
            at,
            figure: Number::exact(figure),
            limit: Number::exact(limit),
        });
    }

    fn breach(&mut self, rule: Rule, at: Timestamp, figures: (Decimal, Decimal)) {
        self.close(Phase::Breached, rule, at, figures);
    }

    fn close(
        &mut self,
        phase: Phase,
        rule: Rule,
        at: Timestamp,
        (figure, limit): (Decimal, Decimal),
    ) {
        let day = self.plan.reset.date(at);
        self.end.get_or_insert(End {
            phase,
            rule,
            day,
            at,
            figure: Number::exact(figure),
            limit: Number::exact(limit),
        });
    }

    fn pass(&mut self, moment: &Moment) {
        let waits = self.all_time.is_some_and(|rule| rule.is_below_floor);
        if waits || self.paused_until.is_some() || moment.source != Source::Snapshot {
            return;
        }
        let (known, begin, start) = (self.known, self.begin, &self.start);
        if let Some(figures) = passing::passes(self.plan, known, begin, start, moment) {
            self.close(Phase::Passed, Rule::ProfitTarget, moment.at, figures);
        }
    }

    fn finish(self) -> Challenge {
        let phase = match &self.end {
            Some(end) => end.phase,
            None if self.all_time.is_some_and(|rule| rule.is_below_floor) => Phase::AwaitingFunds,
            None if self.paused_until.is_some() => Phase::Paused,
            None => Phase::Active,
        };
        Challenge {
            begun_at: self.begin.at,
            started_at: Some(self.start.at),
            initial_balance: Some(Number::exact(self.start.initial)),
            phase,
            figures: self.figures(),
            violations: self.violations,
            days: self.days,
            end: self.end,
        }
    }

    fn figures(&self) -> Option<Figures> {
        let moment = self.last?;
        let (plan, ledger, begin) = (self.plan, self.known.ledger, self.begin);
        let (best, total) = passing::profits(plan, ledger, begin, moment.at);
        let adjusted = passing::adjusted(ledger, begin, &self.start, moment.at);
        Some(Figures {
            at: moment.at,
            balance: Number::exact(moment.balance),
            gain: Number::exact(passing::gain(ledger, begin, &self.start, &moment)),
            adjusted: Number::exact(adjusted),
            trading_days: passing::trading_days(plan, ledger, begin, moment.at),
            best_day_profit: Number::exact(best),
            total_profit: Number::exact(total),
            daily: self.daily.map(Into::into),
            max: self.all_time.map(Into::into),
        })
    }
}
