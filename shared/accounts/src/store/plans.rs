//! Plans of a shop, every version of them.

use kernel::id::ShopId;
use kernel::time::Timestamp;
use platform::dynamo::{CommitError, Condition, Key, Query, Range, StoreError, Transaction};
use serde::{Deserialize, Serialize};

use super::{Store, from_json, keys, to_json};
use crate::domain::plan::Plan;
use crate::model::PlanVersion;

#[derive(Serialize, Deserialize)]
struct PlanRow {
    account_type: String,
    version: u64,
    plan: String,
    created_at: Timestamp,
}

impl PlanRow {
    fn of(plan: &PlanVersion) -> Result<Self, StoreError> {
        Ok(Self {
            account_type: plan.account_type.clone(),
            version: plan.version,
            plan: to_json(&plan.plan)?,
            created_at: plan.created_at,
        })
    }

    fn plan(self) -> Result<PlanVersion, StoreError> {
        Ok(PlanVersion {
            plan: from_json(&self.plan)?,
            account_type: self.account_type,
            version: self.version,
            created_at: self.created_at,
        })
    }
}

fn newest(shop: &ShopId, account_type: &str) -> Key {
    Key::new(
        keys::shop(shop),
        format!("{}{account_type}", keys::PLAN_PREFIX),
    )
}

fn version_key(shop: &ShopId, account_type: &str, version: u64) -> Key {
    Key::new(
        format!("{}#PLANS#{account_type}", keys::shop(shop)),
        format!("V#{version:08}"),
    )
}

impl Store {
    /// The newest version of a plan; the default plan, as version 0, where
    /// the shop has written none of this type.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn newest_plan(
        &self,
        shop: &ShopId,
        account_type: &str,
    ) -> Result<PlanVersion, StoreError> {
        let row: Option<PlanRow> = self.table.get(&newest(shop, account_type), true).await?;
        match row {
            Some(row) => row.plan(),
            None => Ok(default_plan(account_type)),
        }
    }

    /// A version of a plan.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn plan(
        &self,
        shop: &ShopId,
        account_type: &str,
        version: u64,
    ) -> Result<Option<PlanVersion>, StoreError> {
        if version == 0 {
            return Ok(Some(default_plan(account_type)));
        }
        let key = version_key(shop, account_type, version);
        let row: Option<PlanRow> = self.table.get(&key, true).await?;
        row.map(PlanRow::plan).transpose()
    }

    /// The versions of a plan, the newest first, at most `limit`.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn plan_versions(
        &self,
        shop: &ShopId,
        account_type: &str,
        limit: u32,
    ) -> Result<Vec<PlanVersion>, StoreError> {
        let partition = version_key(shop, account_type, 0).pk;
        let query = Query::new(partition, Range::Prefix("V#".to_owned()), limit).descending();
        let page = self.table.query::<PlanRow>(&query).await?;
        page.rows.into_iter().map(|(_, row)| row.plan()).collect()
    }

    /// A page of a shop's plans, each at its newest version.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn plans(
        &self,
        shop: &ShopId,
        limit: u32,
        after: Option<String>,
    ) -> Result<(Vec<PlanVersion>, Option<String>), StoreError> {
        let prefix = Range::Prefix(keys::PLAN_PREFIX.to_owned());
        let query = Query::new(keys::shop(shop), prefix, limit)
            .consistent()
            .after(after);
        let page = self.table.query::<PlanRow>(&query).await?;
        let plans = page
            .rows
            .into_iter()
            .map(|(_, row)| row.plan())
            .collect::<Result<_, _>>()?;
        Ok((plans, page.next))
    }

    /// Writes the next version of a plan. `before` is the version that the
    /// writer has seen, and the write is refused where it is not the newest.
    ///
    /// # Errors
    /// [`CommitError::Refused`] where somebody else wrote meanwhile.
    pub async fn put_plan(
        &self,
        shop: &ShopId,
        before: u64,
        plan: &PlanVersion,
    ) -> Result<(), CommitError> {
        let row = PlanRow::of(plan)?;
        let unchanged = if before == 0 {
            Condition::absent()
        } else {
            Condition::number("version", before)
        };
        let mut transaction = Transaction::new();
        transaction.put(
            "newest",
            &self.table,
            &newest(shop, &plan.account_type),
            &row,
            Some(unchanged),
        )?;
        let version = version_key(shop, &plan.account_type, plan.version);
        transaction.put("version", &self.table, &version, &row, None)?;
        transaction.commit().await
    }
}

fn default_plan(account_type: &str) -> PlanVersion {
    PlanVersion {
        account_type: account_type.to_owned(),
        version: 0,
        plan: Plan::default(),
        created_at: Timestamp::UNIX_EPOCH,
    }
}
