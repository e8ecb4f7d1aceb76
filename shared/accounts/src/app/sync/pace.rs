//! How soon an account is synced again.

use chrono::TimeDelta;
use kernel::id::AccountId;
use kernel::time::Timestamp;
use platform::retry::random_below;
use rust_decimal::Decimal;

use crate::domain::judging::{ChallengeState, Stage};
use crate::domain::rules::OpenPositions;
use crate::model::AccountState;
use crate::store::SyncState;

/// While the broker is verifying.
pub(super) const VERIFYING: TimeDelta = TimeDelta::seconds(5);
/// A limit used this much, in percent, is near.
const NEAR_PCT: i64 = 70;
/// An account is active this long after a trade.
const ACTIVE_AFTER_TRADE: TimeDelta = TimeDelta::hours(24);
/// A difference that stands is looked at at the fastest pace this long.
const STANDING_FAST_FOR: TimeDelta = TimeDelta::hours(1);
/// An account that awaits funds is looked at as an active one this long.
const AWAITING_FAST_FOR: TimeDelta = TimeDelta::days(1);
/// A step is due so long before a reset, in seconds; spread by id.
const BEFORE_RESET_S: (i64, i64) = (2, 20);

/// Bounds of a pace, in milliseconds. The time between is random, so that
/// accounts that were connected at once do not stay in step.
const NEAR_MS: (u64, u64) = (5_000, 15_000);
const ACTIVE_MS: (u64, u64) = (30_000, 60_000);
const IDLE_MS: (u64, u64) = (600_000, 1_800_000);

/// Returns when the next step is due: 5 to 15 s near a limit with open
/// positions or while a difference stands, 30 to 60 s while active, 10 to 30
/// minutes while idle; and just before a reset where positions are open.
pub(super) fn next(
    id: &AccountId,
    account_state: &AccountState,
    state: &SyncState,
    positions: Option<OpenPositions>,
    now: Timestamp,
) -> Timestamp {
    // An unknown list may hide any.
    let has_position = positions.is_none_or(|list| list.count > 0);
    let (from_ms, to_ms) = pace(account_state, state, has_position, now);
    let wait_ms = from_ms + random_below(to_ms - from_ms);
    let mut due = now + TimeDelta::milliseconds(i64::try_from(wait_ms).unwrap_or(i64::MAX));
    if has_position {
        let reset = account_state.plan.reset.next_after(now);
        let before = reset - TimeDelta::seconds(before_reset_s(id));
        if before > now {
            due = due.min(before);
        }
    }
    match &account_state.verdict {
        Some(verdict) if verdict.confirm_at > now => due.min(verdict.confirm_at),
        _ => due,
    }
}

fn pace(
    account_state: &AccountState,
    state: &SyncState,
    has_position: bool,
    now: Timestamp,
) -> (u64, u64) {
    let traded = state
        .last_trade_at
        .is_some_and(|at| now - at < ACTIVE_AFTER_TRADE);
    let challenge = account_state.challenge_state.as_ref();
    let is_deciding = challenge.is_some_and(|challenge| stands(challenge, now));
    if is_deciding || has_position && is_near(account_state, now) {
        NEAR_MS
    } else if has_position
        || traded
        || state.look_back.is_some()
        || challenge.is_some_and(|challenge| awaits(challenge, now))
    {
        ACTIVE_MS
    } else {
        IDLE_MS
    }
}

fn stands(challenge: &ChallengeState, now: Timestamp) -> bool {
    let kept_at = challenge.reconciliation.kept_at;
    kept_at.is_some_and(|at| now - at < STANDING_FAST_FOR)
}

fn awaits(challenge: &ChallengeState, now: Timestamp) -> bool {
    match &challenge.stage {
        Stage::Awaiting(awaiting) => now - awaiting.since < AWAITING_FAST_FOR,
        Stage::Running(_) => false,
    }
}

fn before_reset_s(id: &AccountId) -> i64 {
    let sum: i64 = id.as_str().bytes().map(i64::from).sum();
    let (from, to) = BEFORE_RESET_S;
    from + sum % (to - from)
}

/// Whether a drawdown limit is near, by what was judged last. An account
/// without open positions cannot come nearer to it.
fn is_near(account_state: &AccountState, now: Timestamp) -> bool {
    let Some(rules) = account_state.rules() else {
        return false;
    };
    let figures = rules.figures(&account_state.plan, now);
    let near = Decimal::from(NEAR_PCT);
    let daily = figures.daily.is_some_and(|daily| daily.use_pct >= near);
    let all_time = figures
        .all_time
        .is_some_and(|all_time| all_time.current * Decimal::ONE_HUNDRED >= all_time.limit * near);
    daily || all_time
}
