//! What a step asks the gateway for.

use chrono::TimeDelta;
use kernel::time::{Clock, Timestamp};
use platform::clock::SystemClock;

use super::{Running, StepError, Syncer};
use crate::domain::deal::Deal;
use crate::gateway::mt5::{AccountInformation, DEALS_PAGE};

/// Deals are fetched from the newest seen less this: a trade server may book
/// one late.
const OVERLAP: TimeDelta = TimeDelta::minutes(10);
/// The overlap where the balance is not explained.
const OVERLAP_WIDE: TimeDelta = TimeDelta::days(3);
/// Trade servers' clocks run hours ahead of UTC, and deals bear their time.
const AHEAD: TimeDelta = TimeDelta::days(1);
/// Pages of deals that one step fetches; a longer history takes more steps.
const PAGES_MAX: usize = 3;

/// What was fetched.
pub(super) struct Fetched {
    /// Deals that are not stored yet, in order of time.
    pub(super) new_deals: Vec<Deal>,
    /// Whether there are more deals than one step takes.
    pub(super) has_more: bool,
    /// The account.
    pub(super) information: AccountInformation,
    /// When that was, by the business clock.
    pub(super) recorded_at: Timestamp,
    /// Positions open.
    pub(super) open_positions: usize,
}

pub(super) async fn fetch(
    syncer: &Syncer,
    running: &Running,
    gateway_id: &str,
) -> Result<Fetched, StepError> {
    let started = SystemClock.now();
    let (new_deals, has_more) = new_deals(syncer, running, gateway_id).await?;
    let information = syncer.gateway.account_information(gateway_id).await?;
    // As much after the step's start as the calls took.
    let since_start = SystemClock.now() - started;
    let positions = syncer.gateway.positions(gateway_id).await?;
    Ok(Fetched {
        new_deals,
        has_more,
        information,
        recorded_at: running.now + since_start,
        open_positions: positions.len(),
    })
}

async fn new_deals(
    syncer: &Syncer,
    running: &Running,
    gateway_id: &str,
) -> Result<(Vec<Deal>, bool), StepError> {
    let state = &running.state;
    let overlap = if state.mismatch_fetches > 0 {
        OVERLAP_WIDE
    } else {
        OVERLAP
    };
    let from = match state.deals_until {
        Some(until) if state.has_history => until - overlap,
        // The newest deal of a part of a history: the rest follows it.
        Some(until) => until,
        None => Timestamp::UNIX_EPOCH,
    };
    let to = running.now + AHEAD;
    let mut deals = Vec::new();
    let mut is_last = false;
    for page in 0..PAGES_MAX {
        let found = syncer
            .gateway
            .deals(gateway_id, from, to, page * DEALS_PAGE)
            .await?;
        is_last = found.len() < DEALS_PAGE;
        deals.extend(found);
        if is_last {
            break;
        }
    }
    let (shop, account) = (&running.account.shop, &running.account.id);
    let mut unknown = syncer.store.unknown_deals(shop, account, deals).await?;
    unknown.sort_by(|one, other| (one.time, &one.id).cmp(&(other.time, &other.id)));
    // A page full of what is known, at one moment, would never end.
    let has_more = !is_last && !unknown.is_empty();
    Ok((unknown, has_more))
}
