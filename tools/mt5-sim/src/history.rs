//! The times at which the history and the list of positions show what has
//! happened.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ledger::{Canceled, Deal, NEVER, Position};

/// The times at which the history shows an account's deals.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct HistorySettings {
    /// Seconds by which each deal lags behind the balance.
    #[serde(default)]
    pub lag_s: u32,
    /// Shows no deal at all.
    #[serde(default)]
    pub withheld: bool,
    /// Shows no deal until so many seconds after the first answered call for
    /// the balance.
    #[serde(default)]
    pub after_first_balance_s: Option<u32>,
    /// Never shows a deal of before this moment.
    #[serde(default)]
    pub kept_from: Option<Timestamp>,
}

/// The times at which an account's deals and positions are shown.
#[derive(Clone, Debug, Default)]
pub(crate) struct Visibility {
    settings: HistorySettings,
    first_balance_at: Option<Timestamp>,
    /// Moments that a release or a hiding has set, by number of the deal.
    deals: BTreeMap<u64, Timestamp>,
    /// The same for positions in the list.
    positions: BTreeMap<u64, Timestamp>,
}

impl Visibility {
    /// Replaces the settings; a first balance is awaited again.
    pub(crate) fn set(&mut self, settings: HistorySettings) {
        self.settings = settings;
        self.first_balance_at = None;
    }

    pub(crate) fn settings(&self) -> HistorySettings {
        self.settings
    }

    /// Notes that the balance has been answered.
    pub(crate) fn note_balance(&mut self, at: Timestamp) {
        self.first_balance_at.get_or_insert(at);
    }

    /// Sets when a deal is shown.
    pub(crate) fn set_deal(&mut self, id: u64, at: Timestamp) {
        self.deals.insert(id, at);
    }

    /// Sets when the list shows a position.
    pub(crate) fn set_position(&mut self, ticket: u64, at: Timestamp) {
        self.positions.insert(ticket, at);
    }

    /// Returns the moment from which a deal is shown, whatever holds for the
    /// history as a whole.
    pub(crate) fn deal_visible_at(&self, deal: &Deal) -> Timestamp {
        let lag = TimeDelta::seconds(i64::from(self.settings.lag_s));
        self.deals
            .get(&deal.id)
            .copied()
            .unwrap_or_else(|| deal.visible_at.max(deal.at + lag))
    }

    /// Returns the moment from which a deal is shown as cancelled.
    pub(crate) fn canceled_visible_at(&self, canceled: Canceled) -> Timestamp {
        let set = self.deals.get(&canceled.ticket).copied();
        set.unwrap_or(canceled.visible_at)
    }

    /// Returns `true` if the history shows a deal at a moment.
    pub(crate) fn shows(&self, deal: &Deal, at: Timestamp) -> bool {
        let kept = self.settings.kept_from.is_none_or(|from| deal.at >= from);
        kept && self.is_open(at) && self.deal_visible_at(deal) <= at
    }

    fn is_open(&self, at: Timestamp) -> bool {
        let arrived = match self.settings.after_first_balance_s {
            None => true,
            Some(after_s) => self
                .first_balance_at
                .is_some_and(|first| first + TimeDelta::seconds(i64::from(after_s)) <= at),
        };
        arrived && !self.settings.withheld
    }

    /// Returns `true` if the list shows an open position at a moment.
    pub(crate) fn lists(&self, position: &Position, at: Timestamp) -> bool {
        let set = self.positions.get(&position.ticket).copied();
        set.unwrap_or(position.listed_at) <= at
    }

    /// Returns `true` if a deal waits for a release.
    pub(crate) fn is_hidden(&self, deal: &Deal) -> bool {
        self.deal_visible_at(deal) == NEVER
    }

    /// Returns `true` if a cancellation waits for a release.
    pub(crate) fn is_cancellation_hidden(&self, canceled: Canceled) -> bool {
        self.canceled_visible_at(canceled) == NEVER
    }

    /// Returns `true` if an open position waits for a release.
    pub(crate) fn is_unlisted(&self, position: &Position) -> bool {
        let set = self.positions.get(&position.ticket).copied();
        set.unwrap_or(position.listed_at) == NEVER
    }
}
