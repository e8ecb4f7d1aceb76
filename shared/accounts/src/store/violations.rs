//! Violations of an account, each stored once.

use kernel::id::{AccountId, ChallengeId, ShopId};
use platform::dynamo::{Query, Range, StoreError, Transaction};
use serde::{Deserialize, Serialize};

use super::{Store, from_json, keys, to_json};
use crate::domain::rules::Violation;

/// A violation as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredViolation {
    /// The challenge it is of.
    pub challenge: ChallengeId,
    /// What was crossed.
    pub violation: Violation,
    /// The number of the input that showed it.
    pub input: u64,
    /// Whether a run again with all deals does not have it.
    pub lifted: bool,
}

#[derive(Serialize, Deserialize)]
struct Row {
    challenge: ChallengeId,
    violation: String,
    #[serde(default)]
    input: u64,
    #[serde(default)]
    lifted: bool,
}

/// What makes a violation one: its rule, severity, day and round within its
/// challenge; the moment first, so that they sort by it.
fn sk(stored: &StoredViolation) -> String {
    let violation = &stored.violation;
    let day = violation.reset_at.map_or(0, |at| at.timestamp());
    format!(
        "{}{:015}#{}#{}#{}#{day}#{}",
        keys::VIOLATION_PREFIX,
        violation.detected_at.timestamp_millis(),
        stored.challenge,
        violation.rule.as_str(),
        violation.severity.as_str(),
        violation.round,
    )
}

impl Store {
    /// Adds a violation to a transaction.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn put_violation(
        &self,
        transaction: &mut Transaction,
        shop: &ShopId,
        account: &AccountId,
        stored: &StoredViolation,
    ) -> Result<(), StoreError> {
        let row = Row {
            challenge: stored.challenge.clone(),
            violation: to_json(&stored.violation)?,
            input: stored.input,
            lifted: stored.lifted,
        };
        let key = keys::of_account(shop, account, sk(stored));
        transaction.put("violation", &self.table, &key, &row, None)?;
        Ok(())
    }

    /// The violations of an account, the newest first, at most `limit`.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn violations(
        &self,
        shop: &ShopId,
        account: &AccountId,
        limit: u32,
    ) -> Result<Vec<StoredViolation>, StoreError> {
        let prefix = Range::Prefix(keys::VIOLATION_PREFIX.to_owned());
        let query = Query::new(keys::account(shop, account), prefix, limit)
            .consistent()
            .descending();
        let page = self.table.query::<Row>(&query).await?;
        page.rows
            .into_iter()
            .map(|(_, row)| {
                Ok(StoredViolation {
                    challenge: row.challenge,
                    violation: from_json(&row.violation)?,
                    input: row.input,
                    lifted: row.lifted,
                })
            })
            .collect()
    }
}
