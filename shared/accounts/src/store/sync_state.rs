//! Where an account's sync chain stands.

use kernel::id::{AccountId, InstanceId, ShopId};
use kernel::time::Timestamp;
use platform::dynamo::{Condition, StoreError, Table, Transaction};
use serde::{Deserialize, Serialize};

use super::equity::Buckets;
use super::{Store, keys};

/// The kind of due work: a chain whose next step is overdue.
const DUE: &str = "sync";

/// A search for older deals, backwards in time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LookBack {
    /// Deals from here on have been read.
    pub next_to: Timestamp,
    /// How far back it goes.
    pub down_to: Timestamp,
    /// How often its windows were halved, since one had more deals than a step
    /// may read.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub halved: u32,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for a reference"
)]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// An account of which no snapshot has been judged for too long.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stale {
    /// The time of the newest judged snapshot.
    pub since: Timestamp,
    /// Whether the shop has been told.
    pub is_told: bool,
    /// Snapshots judged in a row since.
    pub judged: u8,
}

/// The chain's memory. Written by one step at a time: `generation` rises with
/// each step, and a step that finds another generation dies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SyncState {
    /// The connection that is synced; none while disconnected.
    #[serde(default)]
    pub instance: Option<InstanceId>,
    /// Rises with each step and each change of the connection.
    pub generation: u64,
    /// Rises with every write to the account's inputs.
    pub revision: u64,
    /// Number of the next input.
    pub next_input: u64,
    /// Time of the newest deal seen.
    #[serde(default)]
    pub deals_until: Option<Timestamp>,
    /// Time of the newest trade seen.
    #[serde(default)]
    pub last_trade_at: Option<Timestamp>,
    /// Whether the whole history has been fetched once.
    pub has_history: bool,
    /// A search for older deals that is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look_back: Option<LookBack>,
    /// How far back deals have been searched for the snapshots that are held:
    /// 0 not at all, 1 three days, 2 the whole challenge.
    #[serde(default)]
    pub searched: u8,
    /// When deals were last searched for a difference that stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub searched_at: Option<Timestamp>,
    /// The newest request to read the whole challenge again that has been
    /// begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whole_read: Option<Timestamp>,
    /// The newest reset after which three days were read again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reset_read: Option<Timestamp>,
    /// Deals that were set aside, the newest twenty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub set_aside: Vec<String>,
    /// Since when no snapshot has been judged, where that is too long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stale: Option<Stale>,
    /// When the shop was last told that the account is stale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stale_told_at: Option<Timestamp>,
    /// Since when the trade server cannot be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_unusable_since: Option<Timestamp>,
    /// Steps that have failed in a row.
    pub failures: u32,
    /// Open roll-ups of equity.
    #[serde(default)]
    pub buckets: Buckets,
    /// Where the due index finds an overdue chain; absent while none runs.
    #[serde(default)]
    pub due_shard: Option<String>,
    /// When the next step is due, in ms since the epoch.
    #[serde(default)]
    pub due_at: Option<i64>,
}

impl SyncState {
    /// Of a new account whose first step is due now.
    #[must_use]
    pub fn start(account: &AccountId, instance: &InstanceId, now: Timestamp) -> Self {
        Self {
            instance: Some(instance.clone()),
            ..Self::idle()
        }
        .due(account, now)
    }

    /// Of an account that nothing is synced to.
    #[must_use]
    pub fn idle() -> Self {
        Self {
            instance: None,
            generation: 1,
            revision: 0,
            next_input: 1,
            deals_until: None,
            last_trade_at: None,
            has_history: false,
            look_back: None,
            searched: 0,
            searched_at: None,
            whole_read: None,
            reset_read: None,
            set_aside: Vec::new(),
            stale: None,
            stale_told_at: None,
            server_unusable_since: None,
            failures: 0,
            buckets: Buckets::default(),
            due_shard: None,
            due_at: None,
        }
    }

    /// Sets when the next step is due.
    #[must_use]
    pub fn due(mut self, account: &AccountId, at: Timestamp) -> Self {
        self.due_shard = Some(keys::due_shard(DUE, account.as_str()));
        self.due_at = Some(at.timestamp_millis());
        self
    }

    /// Ends the chain: its messages find another generation and die.
    #[must_use]
    pub fn ended(mut self) -> Self {
        self.generation += 1;
        self.instance = None;
        self.due_shard = None;
        self.due_at = None;
        self
    }
}

impl Store {
    /// Where an account's chain stands.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn sync_state(
        &self,
        shop: &ShopId,
        account: &AccountId,
    ) -> Result<Option<SyncState>, StoreError> {
        let key = keys::of_account(shop, account, "SYNC");
        self.table.get(&key, true).await
    }

    /// Adds the first state to a transaction.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn add_sync_state(
        &self,
        transaction: &mut Transaction,
        shop: &ShopId,
        account: &AccountId,
        state: &SyncState,
    ) -> Result<(), StoreError> {
        let key = keys::of_account(shop, account, "SYNC");
        transaction.put("sync", &self.table, &key, state, Some(Condition::absent()))?;
        Ok(())
    }

    /// Adds a changed state to a transaction, which is refused by `sync` where
    /// another step or an import wrote meanwhile.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn change_sync_state(
        &self,
        transaction: &mut Transaction,
        shop: &ShopId,
        account: &AccountId,
        before: &SyncState,
        after: &mut SyncState,
    ) -> Result<(), StoreError> {
        after.revision = before.revision + 1;
        let key = keys::of_account(shop, account, "SYNC");
        let unchanged = Condition::number("revision", before.revision);
        transaction.put("sync", &self.table, &key, after, Some(unchanged))?;
        Ok(())
    }

    /// Accounts whose chain is overdue.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn overdue_chains(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<(ShopId, AccountId)>, StoreError> {
        due_accounts(&self.table, DUE, now, limit).await
    }
}

/// Accounts with due work of a kind, from all shards.
pub(super) async fn due_accounts(
    table: &Table,
    kind: &str,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<(ShopId, AccountId)>, StoreError> {
    let mut found = Vec::new();
    for shard in keys::due_shards(kind) {
        let keys = table.due(&shard, now, limit).await?;
        found.extend(keys.iter().filter_map(|key| keys::parse_account(&key.pk)));
    }
    Ok(found)
}
