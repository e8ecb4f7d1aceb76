//! How soon an account is synced again.

use chrono::TimeDelta;
use kernel::time::Timestamp;
use platform::retry::random_below;
use rust_decimal::Decimal;

use crate::store::{Judgement, SyncState};

/// While the broker is verifying.
pub(super) const VERIFYING: TimeDelta = TimeDelta::seconds(5);
/// Where snapshot and deals did not fit.
pub(super) const AGAIN: TimeDelta = TimeDelta::seconds(2);
/// A limit used this much, in percent, is near.
const NEAR_PCT: i64 = 70;
/// An account is active this long after a trade.
const ACTIVE_AFTER_TRADE: TimeDelta = TimeDelta::hours(24);

/// Bounds of a pace, in milliseconds. The time between is random, so that
/// accounts that were connected at once do not stay in step.
const NEAR_MS: (u64, u64) = (5_000, 15_000);
const ACTIVE_MS: (u64, u64) = (30_000, 60_000);
const IDLE_MS: (u64, u64) = (600_000, 1_800_000);

/// Time until the next step: 5 to 15 s near a limit with open positions, 30 to
/// 60 s while active, 10 to 30 min while idle.
pub(super) fn next(
    judgement: &Judgement,
    state: &SyncState,
    open_positions: usize,
    now: Timestamp,
) -> TimeDelta {
    let traded = state
        .last_trade_at
        .is_some_and(|at| now - at < ACTIVE_AFTER_TRADE);
    let (from_ms, to_ms) = match (open_positions > 0, is_near(judgement, now), traded) {
        (true, true, _) => NEAR_MS,
        (true, false, _) | (false, _, true) => ACTIVE_MS,
        (false, _, false) => IDLE_MS,
    };
    let wait_ms = from_ms + random_below(to_ms - from_ms);
    TimeDelta::milliseconds(i64::try_from(wait_ms).unwrap_or(i64::MAX))
}

/// Whether a drawdown limit is near, by what was judged last. An account
/// without open positions cannot come nearer to it.
fn is_near(judgement: &Judgement, now: Timestamp) -> bool {
    let Some(state) = &judgement.state else {
        return false;
    };
    let figures = state.figures(&judgement.plan, now);
    let near = Decimal::from(NEAR_PCT);
    let daily = figures.daily.is_some_and(|daily| daily.use_pct >= near);
    let all_time = figures
        .all_time
        .is_some_and(|all_time| all_time.current * Decimal::ONE_HUNDRED >= all_time.limit * near);
    daily || all_time
}
