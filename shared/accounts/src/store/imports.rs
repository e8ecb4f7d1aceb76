//! Imports by upload, and the slots that those which have not ended hold.
//!
//! A shop's imports have a partition of their own, and so have a person's. Both
//! name the tenant first, and so does the key of the file in the bucket.

use kernel::id::{AccountId, ImportId, ShopId};
use kernel::time::Timestamp;
use kernel::{Error, FieldError};
use platform::dynamo::{Condition, Key, Query, Range, StoreError, Transaction};
use serde::{Deserialize, Serialize};

use super::{Store, keys};

/// Imports of a shop, or of a person, that may be open at once.
pub(crate) const OPEN_IMPORTS_MAX: u8 = 5;

const SLOT_PREFIX: &str = "SLOT#";
/// The first part of every object's key.
const OBJECT_PREFIX: &str = "imports";
/// The part of an object's key that stands for the shop itself.
const OF_SHOP: &str = "shop";

/// The tenant, the person and the id that an import is found by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportKey {
    /// The tenant.
    pub shop: ShopId,
    /// The person; absent if the shop itself imports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The import.
    pub id: ImportId,
}

impl ImportKey {
    fn partition(&self) -> String {
        keys::imports(&self.shop, self.owner.as_deref())
    }

    fn item(&self) -> Key {
        Key::new(self.partition(), format!("IMPORT#{}", self.id))
    }

    fn slot(&self, number: u8) -> Key {
        Key::new(self.partition(), format!("{SLOT_PREFIX}{number}"))
    }

    /// Returns the key of the file in the bucket:
    /// `imports/{shop}/{shop or hex of the owner}/{import}`.
    #[must_use]
    pub fn object(&self) -> String {
        let holder = match &self.owner {
            Some(owner) => hex::encode(owner),
            None => OF_SHOP.to_owned(),
        };
        format!("{OBJECT_PREFIX}/{}/{holder}/{}", self.shop, self.id)
    }

    /// Returns the import of an object's key.
    #[must_use]
    pub fn of_object(key: &str) -> Option<Self> {
        let mut parts = key.split('/');
        let (OBJECT_PREFIX, shop, holder, id, None) = (
            parts.next()?,
            parts.next()?,
            parts.next()?,
            parts.next()?,
            parts.next(),
        ) else {
            return None;
        };
        let owner = match holder {
            OF_SHOP => None,
            holder => Some(String::from_utf8(hex::decode(holder).ok()?).ok()?),
        };
        Some(Self {
            shop: shop.parse().ok()?,
            owner,
            id: id.parse().ok()?,
        })
    }
}

/// State of an import by upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImportState {
    /// The file is not there yet.
    AwaitingUpload,
    /// The file is being read.
    Reading,
    /// The import has its result.
    Done,
    /// The file could not be imported; `problem` has the reason.
    Failed,
    /// No file was sent within an hour.
    Expired,
}

/// The reason of a failed import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "detail", rename_all = "snake_case")]
pub enum ImportFailure {
    /// The file is no history.
    Invalid(Vec<FieldError>),
    /// The account is gone.
    NotFound,
    /// The account cannot take the file.
    Conflict(String),
    /// The file is another account's, or has too much in it.
    Unprocessable(String),
    /// Rows of the file have no ticket.
    TicketsMissing(String),
}

impl ImportFailure {
    /// Returns an error that no repetition can help as a failure.
    ///
    /// # Errors
    /// Returns the error itself if it is of another kind.
    pub fn of(error: Error) -> Result<Self, Error> {
        match error {
            Error::Invalid(fields) => Ok(Self::Invalid(fields)),
            Error::NotFound(_) => Ok(Self::NotFound),
            Error::Conflict(text) => Ok(Self::Conflict(text)),
            Error::Unprocessable(text) => Ok(Self::Unprocessable(text)),
            Error::TicketsMissing(text) => Ok(Self::TicketsMissing(text)),
            other => Err(other),
        }
    }
}

impl From<ImportFailure> for Error {
    fn from(failure: ImportFailure) -> Self {
        match failure {
            ImportFailure::Invalid(fields) => Self::Invalid(fields),
            ImportFailure::NotFound => Self::NotFound("account"),
            ImportFailure::Conflict(text) => Self::Conflict(text),
            ImportFailure::Unprocessable(text) => Self::Unprocessable(text),
            ImportFailure::TicketsMissing(text) => Self::TicketsMissing(text),
        }
    }
}

/// An import by upload.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Import {
    /// Its id.
    pub id: ImportId,
    /// The judged account, or the account that the file becomes.
    pub account: AccountId,
    /// Length of the file in bytes.
    pub content_length: u64,
    /// The zone of the trade server's times.
    pub server_zone: String,
    /// A name for the account.
    #[serde(default)]
    pub name: Option<String>,
    /// The initial balance, as text.
    #[serde(default)]
    pub initial_balance: Option<String>,
    /// Its state.
    pub state: ImportState,
    /// Rows of the file that were read.
    pub rows_read: u64,
    /// The result, as the JSON of the answer.
    #[serde(default)]
    pub result: Option<String>,
    /// The failure, as JSON.
    #[serde(default)]
    pub failure: Option<String>,
    /// The request that created it.
    pub request_id: String,
    /// When it was created, in ms since the epoch of real time.
    pub created_at_ms: i64,
    /// The slot that it holds.
    pub(crate) slot: u8,
    /// Readings that have begun.
    pub(crate) attempts: u32,
    /// Rises with each write, so that a reading that was given up writes
    /// nothing.
    pub(crate) revision: u64,
    /// When a reading counts as interrupted, in ms since the epoch of real time.
    pub(crate) lease_until_ms: i64,
    /// When it must have ended, in ms since the epoch of real time.
    pub(crate) ends_by_ms: i64,
    /// When it may be deleted, in seconds since the epoch.
    pub(crate) ttl: i64,
}

impl Import {
    /// Returns whether nothing changes it any more.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        !matches!(
            self.state,
            ImportState::AwaitingUpload | ImportState::Reading
        )
    }

    /// Returns why it failed.
    ///
    /// # Errors
    /// Returns an error if the record cannot be read.
    pub fn failure(&self) -> Result<Option<ImportFailure>, StoreError> {
        self.failure.as_deref().map(super::from_json).transpose()
    }

    /// Returns it as failed.
    ///
    /// # Errors
    /// Returns an error if the failure cannot be JSON.
    pub(crate) fn failed(self, failure: &ImportFailure) -> Result<Self, StoreError> {
        Ok(Self {
            state: ImportState::Failed,
            failure: Some(super::to_json(failure)?),
            ..self
        })
    }
}

/// A slot that an import can take.
#[derive(Clone, Debug)]
pub(crate) struct ImportSlot {
    /// Its number, from 0.
    pub(crate) number: u8,
    /// The overdue import that still holds it.
    overdue: Option<ImportId>,
}

/// The row of a slot that is held.
#[derive(Serialize, Deserialize)]
struct SlotRow {
    import: ImportId,
    ends_by_ms: i64,
    ttl: i64,
}

impl Store {
    /// Returns an import by upload that is still kept.
    ///
    /// # Errors
    /// Returns an error if the store fails.
    pub async fn import(
        &self,
        key: &ImportKey,
        real_now: Timestamp,
    ) -> Result<Option<Import>, StoreError> {
        self.table.get_live(&key.item(), real_now).await
    }

    /// Adds an import to a transaction, which `import` refuses if its revision
    /// is not the expected one.
    pub(crate) fn put_import(
        &self,
        transaction: &mut Transaction,
        key: &ImportKey,
        import: &Import,
        expected: Option<u64>,
    ) -> Result<(), StoreError> {
        let condition = match expected {
            Some(revision) => Condition::number("revision", revision),
            None => Condition::absent(),
        };
        transaction.put("import", &self.table, &key.item(), import, Some(condition))?;
        Ok(())
    }

    /// Returns the slots that no import holds, those of overdue ones included.
    pub(crate) async fn free_import_slots(
        &self,
        of: &ImportKey,
        real_now: Timestamp,
    ) -> Result<Vec<ImportSlot>, StoreError> {
        let range = Range::Prefix(SLOT_PREFIX.to_owned());
        let query = Query::new(of.partition(), range, u32::from(OPEN_IMPORTS_MAX)).consistent();
        let mut held = self.table.query::<SlotRow>(&query).await?.rows;
        let free = (0..OPEN_IMPORTS_MAX).filter_map(|number| {
            let key = of.slot(number);
            let index = held.iter().position(|(held, _)| held.sk == key.sk);
            let overdue = match index.map(|index| held.swap_remove(index).1) {
                Some(row) if row.ends_by_ms > real_now.timestamp_millis() => return None,
                row => row.map(|row| row.import),
            };
            Some(ImportSlot { number, overdue })
        });
        Ok(free.collect())
    }

    /// Adds to a transaction that an import takes a slot, which `slot` refuses
    /// if another one has taken it.
    pub(crate) fn take_import_slot(
        &self,
        transaction: &mut Transaction,
        key: &ImportKey,
        import: &Import,
        slot: ImportSlot,
    ) -> Result<(), StoreError> {
        let row = SlotRow {
            import: import.id.clone(),
            ends_by_ms: import.ends_by_ms,
            ttl: import.ttl,
        };
        let condition = match slot.overdue {
            Some(import) => Condition::text("import", import.as_str()),
            None => Condition::absent(),
        };
        let at = key.slot(slot.number);
        transaction.put("slot", &self.table, &at, &row, Some(condition))?;
        Ok(())
    }

    /// Adds to a transaction that an import gives its slot back, which `slot`
    /// refuses if it does not hold it any more.
    pub(crate) fn free_import_slot(
        &self,
        transaction: &mut Transaction,
        key: &ImportKey,
        import: &Import,
    ) -> Result<(), StoreError> {
        let held = Condition::text("import", import.id.as_str());
        transaction.delete_where("slot", &self.table, &key.slot(import.slot), held)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(owner: Option<&str>) -> ImportKey {
        let now = chrono::DateTime::from_timestamp(1_700_000_000, 0).expect("a time");
        ImportKey {
            shop: "demo".parse().expect("a shop"),
            owner: owner.map(str::to_owned),
            id: ImportId::generate(now),
        }
    }

    #[test]
    fn object_names_its_import() {
        for key in [key(None), key(Some("wp:demo:42"))] {
            let object = key.object();
            assert!(object.starts_with("imports/demo/"), "{object}");
            assert_eq!(ImportKey::of_object(&object), Some(key));
        }
        for other in ["", "imports/demo/shop", "kyc/demo/shop/imp_1", "a/b/c/d/e"] {
            assert_eq!(ImportKey::of_object(other), None, "{other}");
        }
    }
}
