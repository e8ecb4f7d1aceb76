//! Terminals of a person, and the codes that pair them.

use kernel::id::DeviceId;
use kernel::time::Timestamp;
use platform::dynamo::{
    AttributeValue, Condition, Query, Range, StoreError, Transaction, Update, to_item,
};
use serde::{Deserialize, Serialize};

use super::{Store, keys};
use crate::domain::pairing::TERMINALS_MAX;
use crate::model::{Owner, Terminal};

/// Label of the roster's write: where it is refused, somebody else was first.
pub(crate) const ROSTER: &str = "roster";
/// Label of a pairing code's use: where it is refused, it was used.
pub(crate) const PAIRING: &str = "pairing";
/// Label of a terminal's write: where it is refused, it is gone, or came or
/// went meanwhile.
pub(crate) const TERMINAL: &str = "terminal";

/// How many terminals a person has. Every terminal comes and goes with a write
/// of it, so that their number holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roster {
    /// Terminals.
    pub terminals: u32,
    /// Rises with each write; 0 where there was none.
    pub revision: u64,
}

/// For whom a pairing code is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pairing {
    /// Whose the terminal will be.
    pub owner: Owner,
    /// How it will be called.
    pub name: String,
    /// Until when the code is good.
    pub expires_at: Timestamp,
    ttl: i64,
}

impl Pairing {
    /// A code that is good until then.
    #[must_use]
    pub fn new(owner: Owner, name: String, expires_at: Timestamp) -> Self {
        Self {
            owner,
            name,
            ttl: expires_at.timestamp(),
            expires_at,
        }
    }
}

impl Store {
    /// How many terminals a person has.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn roster(&self, owner: &Owner) -> Result<Roster, StoreError> {
        let roster = self.table.get(&keys::roster(owner), true).await?;
        Ok(roster.unwrap_or_default())
    }

    /// Writes a roster where it is still the one that was read.
    pub(crate) fn put_roster(
        &self,
        transaction: &mut Transaction,
        owner: &Owner,
        before: Roster,
        terminals: u32,
    ) -> Result<(), StoreError> {
        let unchanged = match before.revision {
            0 => Condition::absent(),
            revision => Condition::number("revision", revision),
        };
        let after = Roster {
            terminals,
            revision: before.revision + 1,
        };
        let key = keys::roster(owner);
        transaction.put(ROSTER, &self.table, &key, &after, Some(unchanged))?;
        Ok(())
    }

    /// A terminal of a person, as of every write that was answered.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn terminal(
        &self,
        owner: &Owner,
        id: &DeviceId,
    ) -> Result<Option<Terminal>, StoreError> {
        self.table.get(&keys::device(owner, id), true).await
    }

    /// All terminals of a person, the longest paired first; their number is
    /// bounded.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn terminals(&self, owner: &Owner) -> Result<Vec<Terminal>, StoreError> {
        let prefix = Range::Prefix(keys::DEVICE_PREFIX.to_owned());
        let query = Query::new(keys::of(owner), prefix, TERMINALS_MAX).consistent();
        let page = self.table.query::<Terminal>(&query).await?;
        Ok(page
            .rows
            .into_iter()
            .map(|(_, terminal)| terminal)
            .collect())
    }

    pub(crate) fn add_terminal(
        &self,
        transaction: &mut Transaction,
        owner: &Owner,
        terminal: &Terminal,
    ) -> Result<(), StoreError> {
        let key = keys::device(owner, &terminal.id);
        let absent = Some(Condition::absent());
        transaction.put(TERMINAL, &self.table, &key, terminal, absent)?;
        Ok(())
    }

    /// Notes a sign of a terminal, where it is still paired. Answers whether
    /// it is.
    pub(crate) async fn see_terminal(
        &self,
        owner: &Owner,
        id: &DeviceId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let seen_ms = AttributeValue::N(now.timestamp_millis().to_string());
        let seen = self
            .table
            .update_where("see a terminal", &keys::device(owner, id), |update| {
                update
                    .update_expression("SET last_seen_ms = :seen")
                    .condition_expression("attribute_exists(pk)")
                    .expression_attribute_values(":seen", seen_ms)
            })
            .await?;
        Ok(seen.is_some())
    }

    /// Writes what a terminal said and whether it is there, where it neither
    /// came nor went since it was read. Its last sign is written only where
    /// there is a new one.
    pub(crate) fn change_terminal(
        &self,
        transaction: &mut Transaction,
        owner: &Owner,
        before: &Terminal,
        after: &Terminal,
    ) -> Result<(), StoreError> {
        let number = |number: u64| AttributeValue::N(number.to_string());
        let mut update = Update::new()
            .set("is_online", AttributeValue::Bool(after.is_online))
            .set("watch", number(after.watch));
        if let Some(seen_ms) = after
            .last_seen_ms
            .filter(|_| after.last_seen_ms != before.last_seen_ms)
        {
            update = update.number("last_seen_ms", seen_ms);
        }
        if let Some(is_connected) = after.is_connected {
            update = update.set("is_connected", AttributeValue::Bool(is_connected));
        }
        for (name, amount) in [("balance", after.balance), ("equity", after.equity)] {
            if let Some(amount) = amount {
                update = update.text(name, amount.to_string());
            }
        }
        update = match (&after.due_shard, after.due_at) {
            (Some(shard), Some(at)) => update.text("due_shard", shard).number("due_at", at),
            _ => update.remove("due_shard").remove("due_at"),
        };
        let key = keys::device(owner, &after.id);
        let still = Condition::number("watch", before.watch);
        transaction.update(TERMINAL, &self.table, &key, update, still)?;
        Ok(())
    }

    /// Terminals of everybody that somebody is to look after by now.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn due_terminals(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<(Owner, DeviceId)>, StoreError> {
        let mut due = Vec::new();
        for shard in keys::due_shards() {
            let found = self.table.due(&shard, now, limit).await?;
            due.extend(found.iter().filter_map(keys::parse_device));
        }
        Ok(due)
    }

    pub(crate) fn delete_terminal(
        &self,
        transaction: &mut Transaction,
        owner: &Owner,
        id: &DeviceId,
    ) -> Result<(), StoreError> {
        transaction.delete(TERMINAL, &self.table, &keys::device(owner, id))?;
        Ok(())
    }

    /// Keeps for whom a code is, by the code's hash.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn put_pairing(
        &self,
        code_sha256: &str,
        pairing: &Pairing,
    ) -> Result<(), StoreError> {
        let item = to_item(&keys::pairing(code_sha256), pairing)?;
        self.table.put(item).await
    }

    /// For whom a code is that is still good.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn pairing(
        &self,
        code_sha256: &str,
        now: Timestamp,
    ) -> Result<Option<Pairing>, StoreError> {
        let pairing: Option<Pairing> = self.table.get(&keys::pairing(code_sha256), true).await?;
        Ok(pairing.filter(|pairing| now < pairing.expires_at))
    }

    /// Has a transaction use a code up; refused by its label where it was.
    pub(crate) fn use_pairing(
        &self,
        transaction: &mut Transaction,
        code_sha256: &str,
    ) -> Result<(), StoreError> {
        let key = keys::pairing(code_sha256);
        transaction.delete_where(PAIRING, &self.table, &key, Condition::present())?;
        Ok(())
    }
}
