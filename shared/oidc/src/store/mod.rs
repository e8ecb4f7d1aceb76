//! Sign-ins that are under way, in the platform's table: they are nobody's yet.
//! Each is kept under the hash of its state, and good once.

pub mod keys;

use kernel::time::Timestamp;
use platform::dynamo::{CommitError, Condition, StoreError, Table, Transaction, Update, to_item};
use serde::{Deserialize, Serialize};

use crate::domain::flow::{Flow, Secret};

/// Sign-ins that are under way.
#[derive(Clone, Debug)]
pub struct Flows {
    table: Table,
}

#[derive(Serialize, Deserialize)]
struct Row {
    flow: Flow,
    /// 0, then 1.
    used: u32,
    ttl: i64,
}

impl Flows {
    /// Over the platform's table.
    #[must_use]
    pub fn new(platform_table: Table) -> Self {
        Self {
            table: platform_table,
        }
    }

    /// Keeps a sign-in until the provider's answer.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn keep(&self, state: &Secret, flow: &Flow) -> Result<(), StoreError> {
        let row = Row {
            flow: flow.clone(),
            used: 0,
            ttl: flow.expires_at.timestamp(),
        };
        self.table
            .put(to_item(&keys::flow(&state.hash()), &row)?)
            .await
    }

    /// The sign-in of a state that was not answered yet.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn find(&self, state: &Secret, now: Timestamp) -> Result<Option<Flow>, StoreError> {
        let key = keys::flow(&state.hash());
        let row: Option<Row> = self.table.get_live(&key, now).await?;
        Ok(row.filter(|row| row.used == 0).map(|row| row.flow))
    }

    /// Uses a state up. Answers whether this was the first use: of many that
    /// present it at once, one is.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn take(&self, state: &Secret) -> Result<bool, StoreError> {
        let mut transaction = Transaction::new();
        transaction.update(
            "flow",
            &self.table,
            &keys::flow(&state.hash()),
            Update::new().number("used", 1),
            Condition::number("used", 0),
        )?;
        match transaction.commit().await {
            Ok(()) => Ok(true),
            Err(CommitError::Refused(_)) => Ok(false),
            Err(CommitError::Store(error)) => Err(error),
        }
    }
}
