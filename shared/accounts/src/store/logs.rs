//! The connection log of an account: what each sync step did and met.

use chrono::TimeDelta;
use kernel::id::{AccountId, ShopId, ulid_at};
use kernel::time::Timestamp;
use platform::dynamo::{Query, QueryPage, Range, StoreError, to_item};
use serde::{Deserialize, Serialize};

use super::{Store, keys};

/// How long an entry is kept.
const KEPT_FOR: TimeDelta = TimeDelta::days(30);

/// An entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogEntry {
    /// When.
    pub at: Timestamp,
    /// One word: `synced`, `credentials_refused`, `gateway_failed` …
    pub event: String,
    /// A sentence for a person; never a credential.
    pub detail: String,
    /// The request or step that it belongs to.
    pub request_id: String,
    /// When it may go, in seconds since the epoch.
    #[serde(default)]
    pub ttl: i64,
}

impl Store {
    /// Writes an entry. The log is for people: losing an entry is not worth
    /// failing a step for, so a failure is only told.
    pub async fn log(
        &self,
        shop: &ShopId,
        account: &AccountId,
        now: Timestamp,
        event: &str,
        detail: impl Into<String>,
        request_id: &str,
    ) {
        let entry = LogEntry {
            at: now,
            event: event.to_owned(),
            detail: detail.into(),
            request_id: request_id.to_owned(),
            ttl: (now + KEPT_FOR).timestamp(),
        };
        let sk = format!("{}{}", keys::LOG_PREFIX, ulid_at(now));
        let key = keys::of_account(shop, account, sk);
        let written = match to_item(&key, &entry) {
            Ok(item) => self.table.put(item).await,
            Err(error) => Err(error),
        };
        if let Err(error) = written {
            tracing::warn!(
                error = kernel::error::chain(&error),
                account = account.as_str(),
                "connection log entry lost"
            );
        }
    }

    /// A page of an account's log, the newest first.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn logs(
        &self,
        shop: &ShopId,
        account: &AccountId,
        limit: u32,
        after: Option<String>,
    ) -> Result<QueryPage<LogEntry>, StoreError> {
        let prefix = Range::Prefix(keys::LOG_PREFIX.to_owned());
        let query = Query::new(keys::account(shop, account), prefix, limit)
            .descending()
            .after(after);
        self.table.query(&query).await
    }
}
