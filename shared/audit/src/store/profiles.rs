//! Profiles of people's sign-ins.

use kernel::id::UserId;
use kernel::time::Timestamp;
use platform::dynamo::{Condition, StoreError, Transaction};
use serde::{Deserialize, Serialize};

use super::{Store, keys};
use crate::domain::Profile;

/// A profile, and which write of it this is: 0 where there is none yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// The profile.
    pub profile: Profile,
    /// Counts the writes.
    pub revision: u64,
}

#[derive(Serialize, Deserialize)]
struct Row {
    /// As JSON: the domain's own form, in one attribute.
    profile: String,
    revision: u64,
    ttl: i64,
}

impl Store {
    /// A person's profile; an empty one where they were not seen for as long
    /// as the record reaches back.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn profile(&self, person: &UserId, now: Timestamp) -> Result<Kept, StoreError> {
        let key = keys::profile(person);
        let Some(row) = self.log.table().get::<Row>(&key, true).await? else {
            return Ok(Kept::default());
        };
        let profile = match row.ttl > now.timestamp() {
            true => serde_json::from_str(&row.profile).map_err(|error| StoreError {
                operation: "read a profile",
                source: error.into(),
            })?,
            // Its time is over; the row is still there to be written over.
            false => Profile::default(),
        };
        Ok(Kept {
            profile,
            revision: row.revision,
        })
    }

    /// Adds a profile to a transaction that is refused, by the label
    /// `profile`, where somebody else has written since `before`.
    ///
    /// # Errors
    /// Where the profile cannot be an item.
    pub fn put_profile(
        &self,
        transaction: &mut Transaction,
        person: &UserId,
        profile: &Profile,
        before: &Kept,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let row = Row {
            profile: serde_json::to_string(profile).map_err(|error| StoreError {
                operation: "write a profile",
                source: error.into(),
            })?,
            revision: before.revision + 1,
            ttl: (now + self.log.kept_for()).timestamp(),
        };
        let unchanged = match before.revision {
            0 => Condition::absent(),
            revision => Condition::number("revision", revision),
        };
        let key = keys::profile(person);
        transaction.put("profile", self.log.table(), &key, &row, Some(unchanged))?;
        Ok(())
    }
}
