//! What terminals reported as wrong. The same fault within ten minutes is the
//! same alert, which counts it.

use kernel::id::AlertId;
use kernel::time::Timestamp;
use platform::dynamo::{AttributeValue, Query, Range, StoreError, Transaction, from_item};
use serde::{Deserialize, Serialize};

use super::{Store, keys};
use crate::model::{Alert, Owner};

/// Label of the note of a fault: where it is refused, another report of it
/// was first.
pub(crate) const SAME_FAULT: &str = "same fault";

/// Which alert counts a fault, and until when.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SameFault {
    pub(crate) alert: AlertId,
    pub(crate) until_ms: i64,
    pub(crate) revision: u64,
    pub(crate) ttl: i64,
}

impl Store {
    pub(crate) async fn same_fault(
        &self,
        owner: &Owner,
        fault_sha256: &str,
    ) -> Result<Option<SameFault>, StoreError> {
        let key = keys::same_fault(owner, fault_sha256);
        self.table.get(&key, true).await
    }

    /// Adds an alert, and that it counts its fault from now on.
    pub(crate) fn add_alert(
        &self,
        transaction: &mut Transaction,
        owner: &Owner,
        alert: &Alert,
        fault_sha256: &str,
        (before, after): (Option<&SameFault>, &SameFault),
    ) -> Result<(), StoreError> {
        let key = keys::alert(owner, &alert.id);
        transaction.put("alert", &self.table, &key, alert, None)?;
        let still = super::unchanged(before.map_or(0, |before| before.revision));
        let key = keys::same_fault(owner, fault_sha256);
        transaction.put(SAME_FAULT, &self.table, &key, after, Some(still))?;
        Ok(())
    }

    /// Counts one more report; none where the alert is gone.
    pub(crate) async fn count_alert(
        &self,
        owner: &Owner,
        id: &AlertId,
        now: Timestamp,
    ) -> Result<Option<Alert>, StoreError> {
        let key = keys::alert(owner, id);
        let counted = self
            .table
            .update_where("count an alert", &key, |update| {
                update
                    .update_expression("SET last_ms = :now ADD #count :one")
                    .condition_expression("attribute_exists(pk)")
                    .expression_attribute_names("#count", "count")
                    .expression_attribute_values(
                        ":now",
                        AttributeValue::N(now.timestamp_millis().to_string()),
                    )
                    .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
            })
            .await?;
        counted.map(from_item).transpose()
    }

    /// A page of a person's alerts, the newest first.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn alerts(
        &self,
        owner: &Owner,
        limit: u32,
        after: Option<String>,
    ) -> Result<(Vec<Alert>, Option<String>), StoreError> {
        let prefix = Range::Prefix(keys::ALERT_PREFIX.to_owned());
        let query = Query::new(keys::of(owner), prefix, limit).consistent();
        let page = self
            .table
            .query::<Alert>(&query.descending().after(after))
            .await?;
        let alerts = page.rows.into_iter().map(|(_, alert)| alert).collect();
        Ok((alerts, page.next))
    }
}
