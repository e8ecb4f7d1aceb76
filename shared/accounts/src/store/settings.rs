//! What a trader prefers for an account.

use kernel::id::{AccountId, ShopId};
use platform::dynamo::{CommitError, Condition, StoreError, Transaction};
use serde::{Deserialize, Serialize};

use super::{Store, keys};

fn default_true() -> bool {
    true
}

/// Alerts and preferences.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Tell the trader of warnings.
    #[serde(default = "default_true")]
    pub alert_warning: bool,
    /// Tell the trader of critical drawdown.
    #[serde(default = "default_true")]
    pub alert_critical: bool,
    /// Tell the trader of a breach.
    #[serde(default = "default_true")]
    pub alert_breach: bool,
    /// IANA zone that dashboards show times in.
    #[serde(default)]
    pub time_zone: Option<String>,
    /// A name for the account.
    #[serde(default)]
    pub display_name: Option<String>,
    /// Rises with each change.
    #[serde(default)]
    pub version: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            alert_warning: true,
            alert_critical: true,
            alert_breach: true,
            time_zone: None,
            display_name: None,
            version: 0,
        }
    }
}

impl Store {
    /// The settings of an account; the defaults where none were made.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn settings(
        &self,
        shop: &ShopId,
        account: &AccountId,
    ) -> Result<Settings, StoreError> {
        let key = keys::of_account(shop, account, "SETTINGS");
        Ok(self.table.get(&key, true).await?.unwrap_or_default())
    }

    /// Writes the settings of an account, where `before` is still the version
    /// that is there.
    ///
    /// # Errors
    /// [`CommitError::Refused`] where somebody else wrote meanwhile.
    pub async fn put_settings(
        &self,
        shop: &ShopId,
        account: &AccountId,
        before: u64,
        settings: &Settings,
    ) -> Result<(), CommitError> {
        let key = keys::of_account(shop, account, "SETTINGS");
        let unchanged = if before == 0 {
            Condition::absent()
        } else {
            Condition::number("version", before)
        };
        let mut transaction = Transaction::new();
        transaction.put("settings", &self.table, &key, settings, Some(unchanged))?;
        transaction.commit().await
    }
}
