//! How a person's trading is switched, and what signals said.

use chrono::TimeDelta;
use kernel::time::Timestamp;
use platform::dynamo::{Condition, StoreError, Transaction};
use rust_decimal::Decimal;

use super::{Store, keys, unchanged};
use crate::model::{Control, Owner, SignalNote};

/// Label of the control's write: where it is refused, somebody else issued a
/// command or used a switch meanwhile.
pub(crate) const CONTROL: &str = "control";
/// Label of a signal's note: where it is refused, the signal was acted on.
pub(crate) const SIGNAL: &str = "signal";
/// How long a trade can follow a signal.
const SIGNAL_KEPT_FOR: TimeDelta = TimeDelta::days(90);

impl Store {
    /// How trading is switched, as of every write that was answered.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn control(&self, owner: &Owner) -> Result<Control, StoreError> {
        let control = self.table.get(&keys::switches(owner), true).await?;
        Ok(control.unwrap_or_default())
    }

    /// Writes it where it is still the one that was read.
    pub(crate) fn put_control(
        &self,
        transaction: &mut Transaction,
        owner: &Owner,
        before: &Control,
        after: &Control,
    ) -> Result<(), StoreError> {
        let after = Control {
            revision: before.revision + 1,
            ..after.clone()
        };
        let key = keys::switches(owner);
        let still = Some(unchanged(before.revision));
        transaction.put(CONTROL, &self.table, &key, &after, still)?;
        Ok(())
    }

    /// What a signal said.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn signal(
        &self,
        owner: &Owner,
        signal: &str,
    ) -> Result<Option<SignalNote>, StoreError> {
        self.table.get(&keys::signal(owner, signal), true).await
    }

    /// Adds what a signal said, once.
    pub(crate) fn add_signal(
        &self,
        transaction: &mut Transaction,
        owner: &Owner,
        signal: &str,
        (provider, stop_loss): (Option<&str>, Option<Decimal>),
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let note = SignalNote {
            provider: provider.map(str::to_owned),
            stop_loss,
            ttl: (now + SIGNAL_KEPT_FOR).timestamp(),
        };
        let key = keys::signal(owner, signal);
        let absent = Some(Condition::absent());
        transaction.put(SIGNAL, &self.table, &key, &note, absent)?;
        Ok(())
    }
}
