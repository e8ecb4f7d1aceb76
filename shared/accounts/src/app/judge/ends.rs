//! Verdicts, and what else a change of phase means: found by comparing an
//! account before and after a change.

use kernel::id::VerdictId;
use kernel::time::Timestamp;
use platform::dynamo::StoreError;
use rust_decimal::Decimal;

use super::Judge;
use super::change::{Cause, Change, is_end};
use crate::app::events::Event;
use crate::domain::rules::{Pending, Phase, Rule, Severity, State, Violation};
use crate::model::{
    ConfirmedBy, End, Evidence, EvidenceSnapshot, OpenVerdict, Verdict, VerdictState,
};

impl Judge<'_> {
    /// Adds to a change what its ends and phases mean: verdicts and events.
    pub(super) async fn find_ends(&self, change: &mut Change) -> Result<(), StoreError> {
        self.find_crossings(change);
        let (before, after) = (change.before.phase(), change.after.phase());
        let is_restarted = change.before.challenge != change.after.challenge;
        let pending = change.after.rules().and_then(State::pending);
        if let Some(open) = change.before.verdict.clone() {
            if after == Some(Phase::Breached) && !is_restarted {
                self.confirm(change, &open).await?;
            } else if pending.is_none() || is_restarted {
                self.lift(change, &open).await?;
            }
        } else if after == Some(Phase::Breached) && before != after {
            self.end(change, End::Breach);
        } else if let Some(pending) = pending {
            self.suspend(change, pending);
        }
        if after == Some(Phase::Passed) && before != after {
            self.end(change, End::Pass);
        }
        if is_end(before) && !is_end(after) {
            self.undo(change, is_restarted).await?;
        }
        self.find_doubt(change).await?;
        self.find_phases(change, is_restarted);
        Ok(())
    }

    /// Tells warnings, critical violations and pauses.
    fn find_crossings(&self, change: &mut Change) {
        let paused_until = change.after.rules().and_then(State::paused_until);
        let was_paused = change.before.rules().and_then(State::paused_until);
        for violation in &change.findings.violations {
            if violation.severity == Severity::Breach {
                tracing::warn!(
                    account = self.account.id.as_str(),
                    request_id = self.request_id,
                    rule = violation.rule.as_str(),
                    "{} reached the limit of {}",
                    self.account.id,
                    violation.rule.as_str(),
                );
                continue;
            }
            change.events.push(Event::Crossed(violation.clone()));
        }
        if let Some(until) = paused_until
            && was_paused != paused_until
        {
            change.events.push(Event::Paused(until));
        }
    }

    /// Records an end that is final at once.
    fn end(&self, change: &mut Change, end: End) {
        let id = VerdictId::generate(self.now);
        let rule = match end {
            End::Pass => Rule::ProfitTarget,
            End::Breach => change
                .after
                .rules()
                .and_then(|rules| rules.breaches().next())
                .unwrap_or(Rule::DailyDrawdown),
        };
        let violation = breach_of(change, rule);
        let by = match change.cause {
            Cause::Explained => ConfirmedBy::Explained,
            _ => ConfirmedBy::Input,
        };
        let Some(verdict) = self.verdict(change, id.clone(), (end, rule), violation.as_ref())
        else {
            return;
        };
        change.verdicts.push(Verdict {
            state: VerdictState::Confirmed,
            decided_at: Some(self.now),
            confirmed_by: Some(by),
            ..verdict
        });
        change.after.end = Some(id.clone());
        change.after.is_doubtful = false;
        change.events.push(match end {
            End::Breach => Event::Breached { id, by, violation },
            End::Pass => Event::Passed {
                id,
                gain: gain(change),
            },
        });
    }

    /// Records a breach that is not certain yet.
    fn suspend(&self, change: &mut Change, pending: Pending) {
        let rule = pending.rules().next().unwrap_or(Rule::DailyDrawdown);
        let id = VerdictId::generate(self.now);
        let Some(violation) = breach_of(change, rule) else {
            return;
        };
        let Some(verdict) = self.verdict(change, id.clone(), (End::Breach, rule), Some(&violation))
        else {
            return;
        };
        change.verdicts.push(Verdict {
            confirm_at: Some(pending.confirm_at),
            ..verdict
        });
        change.after.verdict = Some(OpenVerdict {
            id: id.clone(),
            rule,
            since: pending.since,
            confirm_at: pending.confirm_at,
        });
        change.events.push(Event::Pending {
            id,
            violation,
            unexplained: change.after.unexplained(),
            confirm_at: pending.confirm_at,
        });
    }

    /// Records that a pending breach is final.
    async fn confirm(&self, change: &mut Change, open: &OpenVerdict) -> Result<(), StoreError> {
        let by = match &change.cause {
            Cause::Explained => ConfirmedBy::Explained,
            Cause::Shop { .. } => ConfirmedBy::Shop,
            Cause::Time => ConfirmedBy::Time,
            Cause::Input if self.is_by_time(change, open) => ConfirmedBy::Time,
            Cause::Input => ConfirmedBy::Input,
        };
        change.after.verdict = None;
        change.after.end = Some(open.id.clone());
        change.after.is_doubtful = false;
        let violation = breach_of(change, open.rule);
        if let Some(verdict) = self.stored(open, change).await? {
            change.verdicts.push(Verdict {
                state: VerdictState::Confirmed,
                confirmed_by: Some(by),
                ..verdict
            });
        }
        change.events.push(Event::Breached {
            id: open.id.clone(),
            by,
            violation,
        });
        Ok(())
    }

    fn is_by_time(&self, change: &Change, open: &OpenVerdict) -> bool {
        let judged = change.findings.judged.as_ref();
        let at = judged.map_or(self.now, |snapshot| snapshot.recorded_at);
        at >= open.confirm_at
    }

    /// Records that a pending breach is taken back.
    async fn lift(&self, change: &mut Change, open: &OpenVerdict) -> Result<(), StoreError> {
        let reason = match &change.cause {
            Cause::Shop { lifted_by, .. } => lifted_by,
            _ => "explained",
        };
        change.after.verdict = None;
        if let Some(verdict) = self.stored(open, change).await? {
            change.verdicts.push(Verdict {
                state: VerdictState::Lifted,
                ..verdict
            });
        }
        change.events.push(Event::Lifted {
            id: open.id.clone(),
            reason,
        });
        Ok(())
    }

    /// The record of a verdict, as the change decides it.
    async fn stored(
        &self,
        open: &OpenVerdict,
        change: &Change,
    ) -> Result<Option<Verdict>, StoreError> {
        let (shop, id) = (&self.account.shop, &self.account.id);
        let stored = self.store.verdict(shop, id, &open.id).await?;
        Ok(stored.map(|verdict| decided(verdict, change, self.now)))
    }

    /// Records that a final end was undone by the shop.
    async fn undo(&self, change: &mut Change, is_restarted: bool) -> Result<(), StoreError> {
        let Some(id) = change.after.end.take() else {
            return Ok(());
        };
        change.after.is_doubtful = false;
        // An earlier challenge's end stays its end.
        if is_restarted {
            return Ok(());
        }
        let (shop, account) = (&self.account.shop, &self.account.id);
        if let Some(verdict) = self.store.verdict(shop, account, &id).await? {
            let decided = decided(verdict, change, self.now);
            change.verdicts.push(Verdict {
                state: VerdictState::Annulled,
                doubtful: false,
                ..decided
            });
        }
        Ok(())
    }

    /// Marks a final end that deals contradict: it stays, and the shop decides.
    async fn find_doubt(&self, change: &mut Change) -> Result<(), StoreError> {
        let moved = contradiction(change);
        let reason = change.doubt.or(moved.map(|(reason, _)| reason));
        let (Some(reason), Some(id)) = (reason, change.after.end.clone()) else {
            return Ok(());
        };
        if change.after.is_doubtful {
            return Ok(());
        }
        let (shop, account) = (&self.account.shop, &self.account.id);
        if let Some(verdict) = self.store.verdict(shop, account, &id).await? {
            let still_holds = |(_, moved): (_, Decimal)| {
                verdict.end == End::Breach && verdict.holds_without(moved)
            };
            if change.doubt.is_none() && moved.is_some_and(still_holds) {
                return Ok(());
            }
            change.after.is_doubtful = true;
            change.events.push(Event::Doubtful {
                id,
                end: verdict.end,
                reason,
            });
            change.verdicts.push(Verdict {
                doubtful: true,
                ..verdict
            });
        }
        Ok(())
    }

    /// Tells starts, ends of pauses, and missing funds.
    fn find_phases(&self, change: &mut Change, is_restarted: bool) {
        let (before, after) = (change.before.phase(), change.after.phase());
        let was_running = change.before.rules().is_some() && !is_restarted;
        let started_at = change.after.rules().map(State::started_at);
        match (was_running, started_at) {
            (false, Some(started_at)) => {
                change.after.is_awaiting_told = false;
                change.events.push(Event::Started(started_at));
            }
            (true, Some(started_at)) if before != after => {
                if after == Some(Phase::AwaitingFunds) {
                    change.events.push(Event::AwaitingFunds("below_floor"));
                } else if before == Some(Phase::AwaitingFunds) {
                    change.events.push(Event::Started(started_at));
                }
            }
            _ => {}
        }
        let is_over = before == Some(Phase::Paused) && after != before;
        if is_over && !is_restarted && !is_end(after) {
            change.events.push(Event::Resumed);
        }
    }

    fn verdict(
        &self,
        change: &Change,
        id: VerdictId,
        (end, rule): (End, Rule),
        violation: Option<&Violation>,
    ) -> Option<Verdict> {
        Some(Verdict {
            id,
            challenge: change.after.challenge.clone()?,
            end,
            rule,
            state: VerdictState::Pending,
            doubtful: false,
            since: violation.map_or(self.now, |violation| violation.detected_at),
            confirm_at: None,
            decided_at: None,
            confirmed_by: None,
            decided_by: None,
            reason: None,
            evidence: evidence(change, rule, violation),
        })
    }
}

/// Returns a verdict with who decided it, when and why.
fn decided(verdict: Verdict, change: &Change, now: Timestamp) -> Verdict {
    let (decided_by, reason) = match &change.cause {
        Cause::Shop { actor, reason, .. } => (Some(actor.clone()), Some(reason.clone())),
        _ => (verdict.decided_by.clone(), verdict.reason.clone()),
    };
    Verdict {
        decided_at: Some(now),
        decided_by,
        reason,
        ..verdict
    }
}

/// Returns why changed deals may contradict a final end, and the money that
/// they move.
fn contradiction(change: &Change) -> Option<(&'static str, Decimal)> {
    let by = change.contradicted_by?;
    let rules = change.after.rules()?;
    let figures = rules.figures(&change.after.plan, rules.judged_at()?);
    let is_missed = figures
        .gain
        .zip(figures.gain_target)
        .is_some_and(|(gain, target)| gain < target);
    match rules.phase() {
        Phase::Passed if is_missed => Some(by),
        Phase::Breached => Some(by),
        _ => None,
    }
}

fn gain(change: &Change) -> Decimal {
    let rules = change.after.rules();
    let figures = rules.and_then(|rules| {
        let at = rules.judged_at()?;
        rules.figures(&change.after.plan, at).gain
    });
    figures.unwrap_or_default()
}

/// Returns the newest breach of a rule that a change has found.
fn breach_of(change: &Change, rule: Rule) -> Option<Violation> {
    let found = change
        .findings
        .violations
        .iter()
        .chain(&change.all_violations);
    found
        .rev()
        .find(|violation| violation.rule == rule && violation.severity == Severity::Breach)
        .cloned()
}

fn evidence(change: &Change, rule: Rule, violation: Option<&Violation>) -> Evidence {
    let after = &change.after;
    let rules = after.rules();
    let figures = rules.and_then(|rules| Some(rules.figures(&after.plan, rules.judged_at()?)));
    // Of a breach of an earlier day the present day's figures say nothing.
    let day = violation.and_then(|violation| violation.reset_at);
    let of_day = figures.as_ref();
    let of_day = of_day.filter(|figures| day.is_none_or(|day| day == figures.reset_at));
    let daily = of_day.and_then(|figures| figures.daily);
    let max = figures.as_ref().and_then(|figures| figures.all_time);
    let (reference, source, limit, floor) = match rule {
        Rule::DailyDrawdown => daily.map_or((None, None, None, None), |daily| {
            let source = daily.source.as_str().to_owned();
            (
                Some(daily.reference),
                Some(source),
                Some(daily.limit),
                Some(daily.floor),
            )
        }),
        Rule::MaxDrawdown => max.map_or((None, None, None, None), |max| {
            (Some(max.reference), None, Some(max.limit), Some(max.floor))
        }),
        Rule::ProfitTarget => {
            let target = figures.as_ref().and_then(|figures| figures.gain_target);
            (None, None, target, None)
        }
        _ => (None, None, None, None),
    };
    let at = change.findings.judged.as_ref();
    let gap_max_ms = violation.map_or_else(
        || figures.as_ref().map_or(0, |figures| figures.gap_max_ms),
        |violation| violation.gap_max_ms,
    );
    Evidence {
        plan_version: after.plan_version,
        basis: after.plan.basis,
        limit,
        threshold: violation.map(|violation| violation.threshold_value),
        used: violation
            .map(|violation| violation.current_value)
            .or_else(|| (rule == Rule::ProfitTarget).then(|| gain(change))),
        floor,
        reference,
        reference_source: source,
        reset_at: violation.and_then(|violation| violation.reset_at),
        before: change.before.judged.as_ref().map(EvidenceSnapshot::of),
        at: at.map(EvidenceSnapshot::of),
        detected_at: violation.map(|violation| violation.detected_at),
        unexplained: after.unexplained(),
        deals: change.findings.placed.clone(),
        deals_count: change.findings.placed_count,
        positions: at.and_then(|snapshot| snapshot.positions),
        gap_max_s: gap_max_ms / 1000,
        coverage_pct: violation.map_or_else(
            || {
                figures
                    .as_ref()
                    .map_or(Decimal::ONE_HUNDRED, |figures| figures.coverage_pct)
            },
            |violation| violation.coverage_pct,
        ),
    }
}
