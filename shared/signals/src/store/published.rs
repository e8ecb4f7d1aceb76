//! Signals that the platform publishes, as each tier sees them, and what the
//! closed ones come to.

use kernel::access::Tier;
use kernel::id::SignalId;
use platform::dynamo::{Condition, Key, Query, Range, StoreError, Transaction, Update};

use super::signals::unchanged;
use super::{Filter, SIGNAL, SignalPage, Store, keys};
use crate::domain::signal::Signal;
use crate::domain::tally::Tally;

/// All tiers; the last sees everything.
const TIERS: [Tier; 4] = [Tier::Free, Tier::Pro, Tier::Premium, Tier::Vip];
/// Symbols whose tallies are read.
const SYMBOLS_MAX: u32 = 500;

/// What closed signals come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// All of them.
    pub all: Tally,
    /// By the tier that they are for.
    pub by_tier: Vec<(String, Tally)>,
    /// By symbol, in the symbols' order.
    pub by_symbol: Vec<(String, Tally)>,
}

impl Store {
    /// A published signal, where a tier sees it.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn published(&self, tier: Tier, id: &SignalId) -> Result<Option<Signal>, StoreError> {
        self.table.get(&keys::published(tier, id), false).await
    }

    /// A published signal as it was last written, for who publishes.
    pub(crate) async fn newest_published(
        &self,
        id: &SignalId,
    ) -> Result<Option<Signal>, StoreError> {
        self.table.get(&keys::published(Tier::Vip, id), true).await
    }

    /// A page of the published signals that a tier sees, the newest first.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn published_page(
        &self,
        tier: Tier,
        filter: &Filter,
        limit: u32,
        after: Option<String>,
    ) -> Result<SignalPage, StoreError> {
        let between = keys::made_between(filter.from, filter.to);
        let pk = keys::seen_by(tier);
        self.filtered(&pk, between, filter, limit, after, false)
            .await
    }

    /// A page of those of them that are closed, the last closed first.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn closed_page(
        &self,
        tier: Tier,
        filter: &Filter,
        limit: u32,
        after: Option<String>,
    ) -> Result<SignalPage, StoreError> {
        let between = keys::closed_between(filter.from, filter.to);
        let pk = keys::seen_by(tier);
        self.filtered(&pk, between, filter, limit, after, false)
            .await
    }

    /// What the closed signals come to that a tier sees.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn statistics(&self, tier: Tier) -> Result<Statistics, StoreError> {
        let mut statistics = Statistics::default();
        let limit = u32::try_from(1 + TIERS.len()).unwrap_or(u32::MAX) + SYMBOLS_MAX;
        let prefix = Range::Prefix(keys::TALLY.to_owned());
        // In one query, so that parts and whole are of one moment or nearly.
        let query = Query::new(keys::seen_by(tier), prefix, limit);
        let page = self.table.query::<Tally>(&query).await?;
        for (key, tally) in page.rows {
            if let Some(symbol) = key.sk.strip_prefix(keys::TALLY_OF_SYMBOL) {
                statistics.by_symbol.push((symbol.to_owned(), tally));
            } else if let Some(tier) = key.sk.strip_prefix(keys::TALLY_OF_TIER) {
                statistics.by_tier.push((tier.to_owned(), tally));
            } else {
                statistics.all = tally;
            }
        }
        Ok(statistics)
    }

    /// Adds a published signal to a transaction, for each tier that sees it:
    /// a new one, or the next state of `before` where that is still what is
    /// there. One that closes with it is counted.
    pub(crate) fn put_published(
        &self,
        transaction: &mut Transaction,
        before: Option<&Signal>,
        after: &Signal,
    ) -> Result<(), StoreError> {
        let least = after.min_tier.unwrap_or_default();
        let closed_at = match before {
            Some(before) if before.closed_at.is_some() => None,
            _ => after.closed_at,
        };
        let tally = after.outcome.as_ref().and_then(Tally::of);
        for tier in TIERS.into_iter().filter(|tier| *tier >= least) {
            // The highest tier sees all, so its copy is the one that counts.
            let (label, condition) = match tier {
                Tier::Vip => (SIGNAL, Some(unchanged(before))),
                _ => ("copy", None),
            };
            let key = keys::published(tier, &after.id);
            transaction.put(label, &self.table, &key, after, condition)?;
            let Some(closed_at) = closed_at else { continue };
            let key = keys::closed(tier, closed_at, &after.id);
            transaction.put("closed", &self.table, &key, after, None)?;
            if let Some(tally) = &tally {
                for key in [
                    keys::tally(tier),
                    keys::tally_of_tier(tier, least),
                    keys::tally_of_symbol(tier, &after.setup.symbol),
                ] {
                    self.add_up(transaction, &key, tally)?;
                }
            }
        }
        Ok(())
    }

    fn add_up(
        &self,
        transaction: &mut Transaction,
        key: &Key,
        tally: &Tally,
    ) -> Result<(), StoreError> {
        let figures = tally.figures().into_iter();
        let update = figures
            .filter(|(_, by)| *by != 0)
            .fold(Update::new(), |update, (name, by)| update.add(name, by));
        transaction.update("tally", &self.table, key, update, Condition::none())?;
        Ok(())
    }
}
