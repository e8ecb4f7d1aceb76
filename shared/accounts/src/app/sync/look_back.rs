//! The search for deals that are older than the newest known one.
//!
//! A trade server may book a deal late, show it late, or change it. Where a
//! balance is not explained, and at some other moments, older deals are read
//! again: in windows of six hours backwards over three days, and then in ever
//! longer ones over the whole challenge. A search goes on over several steps.

use chrono::TimeDelta;
use kernel::time::Timestamp;

use super::fetch::{Budget, FoundDeals, range};
use super::{Running, StepError, Syncer};
use crate::domain::judging::{ChallengeState, Stage};
use crate::store::LookBack;

/// The shortest window.
const WINDOW_MIN: TimeDelta = TimeDelta::hours(6);
/// The most halvings of a window: a day then takes less than 30 seconds.
const HALVED_MAX: u32 = 12;
/// How far the first search goes back.
const FIRST: TimeDelta = TimeDelta::days(3);
/// A difference that stands is searched for this often over three days.
const STANDING_AGAIN: TimeDelta = TimeDelta::minutes(10);
/// Every so many of these searches goes over the whole challenge.
const WHOLE_AGAIN: TimeDelta = TimeDelta::hours(1);

/// How far a search is to go.
struct Wanted {
    down_to: Timestamp,
}

/// Begins a search where one is due, and goes on with it.
pub(super) async fn search(
    syncer: &Syncer,
    running: &mut Running,
    gateway_id: &str,
    read_from: Timestamp,
    budget: &mut Budget,
) -> Result<FoundDeals, StepError> {
    if running.state.look_back.is_none()
        && let Some(wanted) = wanted(running)
        && wanted.down_to < read_from
    {
        running.state.look_back = Some(LookBack {
            next_to: read_from,
            down_to: wanted.down_to,
            halved: 0,
        });
    }
    let mut found = FoundDeals::default();
    while let Some(mut look_back) = running.state.look_back
        && budget.has_page()
    {
        let window = WINDOW_MIN.max((running.now - look_back.next_to) - FIRST);
        let window = window / (1 << look_back.halved.min(HALVED_MAX));
        let from = (look_back.next_to - window).max(look_back.down_to);
        let part = range(syncer, gateway_id, (from, look_back.next_to), budget).await?;
        found.deals.extend(part.deals);
        found.set_aside.extend(part.set_aside);
        if !part.is_whole && look_back.halved < HALVED_MAX {
            look_back.halved += 1;
            running.state.look_back = Some(look_back);
            break;
        }
        look_back.next_to = from;
        running.state.look_back = (from > look_back.down_to).then_some(look_back);
    }
    Ok(found)
}

/// How far older deals are to be read again now.
fn wanted(running: &mut Running) -> Option<Wanted> {
    let now = running.now;
    let challenge = running.account_state.challenge_state.clone()?;
    let whole = start_of(&challenge);
    let reconciliation = &challenge.reconciliation;
    let state = &mut running.state;
    if reconciliation.held.is_empty() {
        state.searched = 0;
    } else if state.searched < 2 {
        state.searched += 1;
        let down_to = if state.searched == 1 && reconciliation.has_balance {
            now - FIRST
        } else {
            state.searched = 2;
            whole
        };
        return Some(Wanted { down_to });
    }
    if reconciliation.stands() {
        let is_due = state
            .searched_at
            .is_none_or(|at| now - at >= STANDING_AGAIN);
        if is_due {
            let before = state.searched_at.replace(now);
            let is_whole = before.is_none_or(|at| hour(at) != hour(now));
            return Some(Wanted {
                down_to: if is_whole { whole } else { now - FIRST },
            });
        }
    }
    if let Some(asked_at) = reconciliation.reads_whole
        && state.whole_read != Some(asked_at)
    {
        state.whole_read = Some(asked_at);
        return Some(Wanted { down_to: whole });
    }
    let reset = running.account_state.plan.reset.latest_at_or_before(now);
    (state.reset_read.replace(reset) != Some(reset)).then_some(Wanted {
        down_to: now - FIRST,
    })
}

fn hour(at: Timestamp) -> i64 {
    at.timestamp().div_euclid(WHOLE_AGAIN.num_seconds())
}

/// The begin of what a challenge counts.
fn start_of(challenge: &ChallengeState) -> Timestamp {
    match &challenge.stage {
        Stage::Running(running) if !running.is_first => running.rules.started_at() - FIRST,
        Stage::Awaiting(awaiting) if !awaiting.is_first => awaiting.since - FIRST,
        _ => Timestamp::UNIX_EPOCH,
    }
}
