//! An account of which no snapshot has been judged for longer than its pace
//! explains: its status and an event tell, whatever the cause.

use chrono::TimeDelta;
use kernel::time::Timestamp;
use platform::dynamo::{StoreError, Transaction};

use crate::app::events::{Event, Publisher};
use crate::domain::judging::ChallengeState;
use crate::model::{Account, AccountState, Status};
use crate::store::{Stale, SyncState};

/// The longest time without a judged snapshot while there is something to
/// judge.
const ACTIVE_MAX: TimeDelta = TimeDelta::minutes(5);
/// The same of an idle account.
const IDLE_MAX: TimeDelta = TimeDelta::minutes(45);
/// An account is active this long after a trade.
const ACTIVE_AFTER_TRADE: TimeDelta = TimeDelta::hours(24);
/// The shop is told at most so often.
const TOLD_AGAIN_AFTER: TimeDelta = TimeDelta::minutes(30);
/// Snapshots judged in a row that end it.
const JUDGED_MIN: u8 = 2;

/// Why no snapshot has been judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StaleCause {
    /// The gateway brings nothing.
    Gateway,
    /// The deals do not explain the balance.
    History,
    /// Judging does not come to it.
    Judging,
}

impl StaleCause {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::History => "history",
            Self::Judging => "judging",
        }
    }

    fn detail(self) -> &'static str {
        match self {
            Self::Gateway => "the gateway brings no snapshot",
            Self::History => "the deals do not explain the balance yet",
            Self::Judging => "snapshots wait to be judged",
        }
    }
}

/// The time of the newest snapshot that counted: judged, or taken while the
/// challenge awaits funds.
fn newest(account: &Account, account_state: &AccountState) -> Timestamp {
    let judged = account_state.judged.as_ref();
    let state = account_state.challenge_state.as_ref();
    let begun = state.map_or(account.created_at, ChallengeState::begun_at);
    judged.map_or(begun, |snapshot| snapshot.recorded_at)
}

/// Returns since when an account is stale: no snapshot has been judged for too
/// long up to a moment.
fn stale_since(
    account: &Account,
    account_state: &AccountState,
    state: &SyncState,
    until: Timestamp,
) -> Option<Timestamp> {
    let since = newest(account, account_state);
    let positions = account_state.live.as_ref().and_then(|live| live.positions);
    let is_active = positions.is_some_and(|list| list.count > 0)
        || state
            .last_trade_at
            .is_some_and(|at| until - at < ACTIVE_AFTER_TRADE);
    let longest = if is_active { ACTIVE_MAX } else { IDLE_MAX };
    (until - since >= longest).then_some(since)
}

/// Adds to a transaction what there is to tell of an account that has become
/// stale, or has recovered: by the time up to `until`, which is that of the
/// newest snapshot taken before, or now where none can be. Returns the status
/// that it then has, where it changes, with its detail. Nothing is written
/// while all is well.
pub(super) fn note(
    transaction: &mut Transaction,
    publisher: &Publisher<'_>,
    (account_state, state): (&AccountState, &mut SyncState),
    (cause, until): (StaleCause, Timestamp),
) -> Result<Option<(Status, Option<&'static str>)>, StoreError> {
    let now = publisher.now;
    let since = stale_since(publisher.account, account_state, state, until);
    match (since, state.stale) {
        (Some(since), None) => {
            let is_told = state
                .stale_told_at
                .is_none_or(|at| now - at >= TOLD_AGAIN_AFTER);
            state.stale = Some(Stale {
                since,
                is_told,
                judged: 0,
            });
            if is_told {
                state.stale_told_at = Some(now);
                publisher.publish(transaction, &Event::Stale { since, cause })?;
            }
            return Ok(Some((Status::Stale, Some(cause.detail()))));
        }
        (Some(_), Some(stale)) => state.stale = Some(Stale { judged: 0, ..stale }),
        (None, Some(stale)) if stale.judged + 1 < JUDGED_MIN => {
            state.stale = Some(Stale {
                judged: stale.judged + 1,
                ..stale
            });
        }
        (None, Some(stale)) => {
            state.stale = None;
            if stale.is_told {
                let stale_s = (now - stale.since).num_seconds();
                publisher.publish(transaction, &Event::Recovered { stale_s })?;
            }
            return Ok(Some((Status::Active, None)));
        }
        (None, None) => {}
    }
    Ok(None)
}
