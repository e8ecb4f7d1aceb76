//! Shops and the keys they sign with.
//!
//! A key belongs to a shop. Its secret is sealed under the master key for that
//! key's id; two keys of a shop may be active during a rotation.

use std::collections::HashMap;
use std::sync::Mutex;

use kernel::id::ShopId;
use kernel::time::{Clock, Timestamp};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::clock::SystemClock;
use crate::dynamo::{Key, Query, Range, StoreError, Table, Transaction};
use crate::keys::Vault;

/// How long an instance believes a key without reading it again, in ms: the
/// time within which a revoked key is refused everywhere.
const KEY_AGE_MS_MAX: i64 = 30_000;
/// Keys that an instance remembers.
const KEYS_MAX: usize = 1_000;
/// Partition of the list of shops.
const SHOPS: &str = "SHOPS";
/// Shops that the list shows.
const SHOPS_MAX: u32 = 10_000;
/// Active keys of one shop.
const ACTIVE_KEYS_MAX: u32 = 2;

/// A shop's key, ready to check signatures with.
#[derive(Clone, Debug)]
pub struct ShopKey {
    /// Its id, as `X-OneFunders-Key-Id` names it.
    pub key_id: String,
    /// Whose it is.
    pub shop: ShopId,
    /// The secret.
    pub secret: SecretString,
}

#[derive(Serialize, Deserialize)]
struct KeyRow {
    key_id: String,
    shop: ShopId,
    sealed: String,
    active: bool,
    created_at_ms: i64,
}

/// The directory of shops' keys.
#[derive(Debug)]
pub struct ShopKeys {
    table: Table,
    vault: Vault,
    known: Mutex<HashMap<String, (i64, Option<ShopKey>)>>,
}

impl ShopKeys {
    /// Over the platform's table.
    #[must_use]
    pub fn new(table: Table, vault: Vault) -> Self {
        Self {
            table,
            vault,
            known: Mutex::default(),
        }
    }

    /// The active key of this id.
    ///
    /// # Errors
    /// Where the store or the vault fails.
    pub async fn find(&self, key_id: &str) -> kernel::Result<Option<ShopKey>> {
        let now_ms = SystemClock.now().timestamp_millis();
        if let Ok(known) = self.known.lock()
            && let Some((read_at_ms, key)) = known.get(key_id)
            && now_ms - read_at_ms < KEY_AGE_MS_MAX
        {
            return Ok(key.clone());
        }
        let row: Option<KeyRow> = self.table.get(&key_row(key_id), false).await?;
        let key = match row {
            Some(row) if row.active => Some(self.unseal(row).await?),
            _ => None,
        };
        if let Ok(mut known) = self.known.lock() {
            if known.len() >= KEYS_MAX {
                known.clear();
            }
            known.insert(key_id.to_owned(), (now_ms, key.clone()));
        }
        Ok(key)
    }

    /// The active keys of a shop, for the plugin that names no key.
    ///
    /// # Errors
    /// Where the store or the vault fails.
    pub async fn of_shop(&self, shop: &ShopId) -> kernel::Result<Vec<ShopKey>> {
        let query = Query::new(shop_partition(shop), Range::All, 20);
        let page = self.table.query::<ShopKeyLink>(&query).await?;
        let mut keys = Vec::new();
        for (_, link) in page.rows {
            keys.extend(self.find(&link.key_id).await?);
        }
        Ok(keys)
    }

    /// Gives a shop one more key.
    ///
    /// # Errors
    /// [`kernel::Error::Conflict`] where it has two active ones, or where the
    /// store or the vault fails.
    pub async fn add(
        &self,
        shop: &ShopId,
        key_id: &str,
        secret: &SecretString,
        now: Timestamp,
    ) -> kernel::Result<()> {
        let active = self.of_shop(shop).await?.len();
        if active >= ACTIVE_KEYS_MAX as usize {
            return Err(kernel::Error::Conflict(format!(
                "the shop {shop} has {active} active keys; retire one first"
            )));
        }
        let row = KeyRow {
            key_id: key_id.to_owned(),
            shop: shop.clone(),
            sealed: self.vault.seal(secret, &identity(key_id)).await?,
            active: true,
            created_at_ms: now.timestamp_millis(),
        };
        let link = ShopKeyLink {
            key_id: key_id.to_owned(),
        };
        let mut transaction = Transaction::new();
        transaction.put("key", &self.table, &key_row(key_id), &row, None)?;
        let link_key = Key::new(shop_partition(shop), key_id);
        transaction.put("link", &self.table, &link_key, &link, None)?;
        let listed = Key::new(SHOPS, shop.as_str());
        transaction.put("shop", &self.table, &listed, &Listed {}, None)?;
        transaction.commit().await?;
        Ok(())
    }

    /// The shops that were ever given a key, at most 10,000.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn shops(&self) -> Result<Vec<ShopId>, StoreError> {
        let query = Query::new(SHOPS, Range::All, SHOPS_MAX).consistent();
        let page = self.table.query::<Listed>(&query).await?;
        Ok(page
            .rows
            .into_iter()
            .filter_map(|(key, _)| key.sk.parse().ok())
            .collect())
    }

    /// Ends a key. Instances that know it refuse it within half a minute.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn retire(&self, shop: &ShopId, key_id: &str) -> Result<(), StoreError> {
        self.table
            .delete_many(&[key_row(key_id), Key::new(shop_partition(shop), key_id)])
            .await
    }

    /// Seals every key anew under the newest master key. Answers how many
    /// were sealed under an older one.
    ///
    /// # Errors
    /// Where the store or the vault fails.
    pub async fn rewrap(&self, shop: &ShopId) -> kernel::Result<usize> {
        let keys = self.vault.keys().await?;
        let query = Query::new(shop_partition(shop), Range::All, 20);
        let mut count = 0;
        for (_, link) in self.table.query::<ShopKeyLink>(&query).await?.rows {
            let key = key_row(&link.key_id);
            let Some(mut row) = self.table.get::<KeyRow>(&key, true).await? else {
                continue;
            };
            row.sealed = keys
                .rewrap(&row.sealed, &identity(&row.key_id))
                .map_err(kernel::Error::internal)?;
            self.table.put(crate::dynamo::to_item(&key, &row)?).await?;
            count += 1;
        }
        Ok(count)
    }

    async fn unseal(&self, row: KeyRow) -> kernel::Result<ShopKey> {
        let secret = self.vault.open(&row.sealed, &identity(&row.key_id)).await?;
        Ok(ShopKey {
            key_id: row.key_id,
            shop: row.shop,
            secret,
        })
    }
}

/// A shop in the list: only its being there matters.
#[derive(Serialize, Deserialize)]
struct Listed {}

#[derive(Serialize, Deserialize)]
struct ShopKeyLink {
    key_id: String,
}

fn key_row(key_id: &str) -> Key {
    Key::new(format!("SHOPKEY#{key_id}"), "KEY")
}

fn shop_partition(shop: &ShopId) -> String {
    format!("SHOP#{shop}#KEYS")
}

fn identity(key_id: &str) -> String {
    format!("tradebridge/shop-key/{key_id}")
}
