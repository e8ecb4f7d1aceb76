//! What a step asks the gateway for: the snapshot first, then the positions,
//! then the deals, so that the deals contain what the balance contains unless
//! the history lags.

use std::time::Duration;

use chrono::TimeDelta;
use kernel::time::{Clock, Timestamp};
use platform::clock::SystemClock;

use super::look_back::search;
use super::{Running, StepError, Syncer};
use crate::domain::deal::Deal;
use crate::domain::rules::OpenPositions;
use crate::gateway::mt5::{AccountInformation, DEALS_PAGE, GatewayError};

/// Deals are fetched from the newest known less this: a trade server may book
/// one late, or change one.
const OVERLAP: TimeDelta = TimeDelta::minutes(10);
/// Trade servers' clocks run hours ahead of UTC, and deals bear their time.
const AHEAD: TimeDelta = TimeDelta::days(1);
/// Pages of deals that one step fetches.
const PAGES_MAX: usize = 20;
/// The longest time that one step fetches deals for.
const TIME_MAX: TimeDelta = TimeDelta::seconds(25);
/// The longest time that a list of positions may take.
const POSITIONS_TIMEOUT: Duration = Duration::from_secs(10);

/// What was fetched.
pub(super) struct Fetched {
    /// The account; absent where the history is not whole yet.
    pub(super) snapshot: Option<FetchedSnapshot>,
    /// Deals, those that are known already too.
    pub(super) deals: Vec<Deal>,
    /// Deals that cannot be computed with.
    pub(super) set_aside: Vec<String>,
}

/// A snapshot as it was fetched.
pub(super) struct FetchedSnapshot {
    /// The account.
    pub(super) information: AccountInformation,
    /// When that was, by the business clock.
    pub(super) recorded_at: Timestamp,
    /// Open positions in sum; absent where the list is unreadable or late.
    pub(super) positions: Option<OpenPositions>,
}

/// The pages and the time that a step has left for deals.
pub(super) struct Budget {
    pages: usize,
    until: Timestamp,
}

impl Budget {
    fn new() -> Self {
        Self {
            pages: PAGES_MAX,
            until: SystemClock.now() + TIME_MAX,
        }
    }

    pub(super) fn has_page(&self) -> bool {
        self.pages > 0 && SystemClock.now() < self.until
    }
}

/// Deals of a range.
#[derive(Default)]
pub(super) struct FoundDeals {
    pub(super) deals: Vec<Deal>,
    pub(super) set_aside: Vec<String>,
    /// Whether the last page was reached.
    pub(super) is_whole: bool,
}

pub(super) async fn fetch(
    syncer: &Syncer,
    running: &mut Running,
    gateway_id: &str,
) -> Result<Fetched, StepError> {
    let started = SystemClock.now();
    let information = syncer.gateway.account_information(gateway_id).await?;
    // As much after the step's start as the call took.
    let recorded_at = running.now + (SystemClock.now() - started);
    let positions = positions(syncer, gateway_id).await;
    let mut budget = Budget::new();
    let state = &running.state;
    let from = match state.deals_until {
        Some(until) if state.has_history => until - OVERLAP,
        // The newest deal of a part of a history: the rest follows it.
        Some(until) => until,
        None => Timestamp::UNIX_EPOCH,
    };
    let to = running.now + AHEAD;
    let mut found = range(syncer, gateway_id, (from, to), &mut budget).await?;
    if found.is_whole {
        running.state.has_history = true;
        let older = search(syncer, running, gateway_id, from, &mut budget).await?;
        found.deals.extend(older.deals);
        found.set_aside.extend(older.set_aside);
    }
    Ok(Fetched {
        snapshot: found.is_whole.then_some(FetchedSnapshot {
            information,
            recorded_at,
            positions,
        }),
        deals: found.deals,
        set_aside: found.set_aside,
    })
}

/// The list of positions; a fault of it stops nothing but passing.
async fn positions(syncer: &Syncer, gateway_id: &str) -> Option<OpenPositions> {
    let asked = tokio::time::timeout(POSITIONS_TIMEOUT, syncer.gateway.positions(gateway_id));
    match asked.await {
        Ok(Ok(positions)) => Some(positions),
        Ok(Err(error)) => {
            tracing::warn!(
                error = kernel::error::chain(&error),
                "the list of positions is unknown: {}",
                error.word(),
            );
            None
        }
        Err(_) => {
            tracing::warn!("the list of positions came too late");
            None
        }
    }
}

/// Fetches the deals of a range, page by page, within a budget.
pub(super) async fn range(
    syncer: &Syncer,
    gateway_id: &str,
    (from, to): (Timestamp, Timestamp),
    budget: &mut Budget,
) -> Result<FoundDeals, GatewayError> {
    let mut found = FoundDeals::default();
    let mut offset = 0;
    while budget.has_page() {
        budget.pages -= 1;
        let page = syncer.gateway.deals(gateway_id, from, to, offset).await?;
        found.deals.extend(page.deals);
        found.set_aside.extend(page.set_aside);
        offset += page.length;
        if page.length < DEALS_PAGE {
            found.is_whole = true;
            break;
        }
    }
    Ok(found)
}
