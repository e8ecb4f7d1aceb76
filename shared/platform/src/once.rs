//! Things that may happen once: a nonce that was used is remembered.

use kernel::time::Timestamp;
use serde::Serialize;

use crate::dynamo::{Key, StoreError, Table, to_item};

#[derive(Serialize)]
struct Used {
    ttl: i64,
}

/// Marks `name` in `scope` as used until `expires`. Answers whether this was
/// the first use.
///
/// # Errors
/// Where the store fails; the use then counts as not marked.
pub async fn use_once(
    platform_table: &Table,
    scope: &str,
    name: &str,
    now: Timestamp,
    expires: Timestamp,
) -> Result<bool, StoreError> {
    let key = Key::new(format!("ONCE#{scope}#{name}"), "USED");
    let used = Used {
        ttl: expires.timestamp(),
    };
    platform_table.put_new(to_item(&key, &used)?, now).await
}
