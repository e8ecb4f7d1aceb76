//! Imports by upload: files that are too large for a request.
//!
//! - [`request`] creates an import and signs the request that sends its file.
//! - [`find`] answers its state and result.
//! - [`look`] looks for the file and reads it.
//!
//! The bucket's event and some delayed messages all lead to [`look`], and each
//! may come twice or late: an import that is being read holds a lease, and one
//! that has ended is left alone. A person and a shop have
//! [`OPEN_MAX`] slots each and an import that has not ended holds one of them.

use chrono::TimeDelta;
use chrono_tz::Tz;
use kernel::Error;
use kernel::id::{AccountId, ImportId, ShopId};
use kernel::time::{Clock, Timestamp};
use platform::dynamo::{CommitError, StoreError, Transaction};
use platform::objects::{Bucket, SignedRequest, Upload};
use platform::queue::Queue;
use platform::{outbox, retry};

use super::analysis::add_for_analysis;
use super::history::read_large;
use super::judged::{add_to_judged, judged_account};
use super::{ImportRequest, Imported};
use crate::app::messages::{ImportLook, ImportsMessage};
use crate::store::{Import, ImportFailure, ImportKey, ImportSlot, ImportState, Store};

/// Imports of a person, or of a shop, that may be open at once.
pub const OPEN_MAX: u8 = crate::store::OPEN_IMPORTS_MAX;
/// The largest file, in bytes.
pub const FILE_BYTES_MAX: u64 = mt5_history::FILE_BYTES_MAX as u64;
/// The type that a file is sent with.
const CONTENT_TYPE: &str = "application/octet-stream";
/// How long the file can be sent.
const UPLOAD_FOR: TimeDelta = TimeDelta::minutes(15);
/// An import without a file is expired then.
const EXPIRES_AFTER: TimeDelta = TimeDelta::hours(1);
/// An import that is still being read then has failed.
const ENDS_WITHIN: TimeDelta = TimeDelta::hours(2);
/// How long an import is kept.
const KEPT_FOR: TimeDelta = TimeDelta::days(7);
/// When the file is looked for, in seconds after the creation, whether or not
/// the bucket's event has come.
const LOOKS_S: [i64; 5] = [15, 60, 300, 1_800, 3_605];
/// How long a reading may take; longer than its function's timeout.
const LEASE: TimeDelta = TimeDelta::seconds(630);
/// Readings of a file. A file that ends its process twice is not read again.
const ATTEMPTS_MAX: u32 = 2;
/// New deals of one file in a judged account. They are written in transactions,
/// one after the other.
const NEW_DEALS_MAX: usize = 50_000;
/// Attempts to take a slot while other requests take them.
const SLOT_ATTEMPTS_MAX: u32 = 10;
/// How much earlier than due a message may come, in ms.
const EARLY_MS_MAX: i64 = 1_000;

/// The creation of an import.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The tenant.
    pub shop: &'a ShopId,
    /// The account that the file is for.
    pub target: Target<'a>,
    /// Length of the file in bytes.
    pub content_length: u64,
    /// SHA-256 of the file; S3 does not check it if absent.
    pub sha256: Option<&'a [u8]>,
    /// The rest.
    pub request: &'a ImportRequest,
}

/// The account that a file is for.
#[derive(Clone, Copy, Debug)]
pub enum Target<'a> {
    /// An account of its own, for analysis, of this person.
    Analysis(&'a str),
    /// A judged account of the shop.
    Judged(&'a AccountId),
}

/// An import with the request that sends its file.
#[derive(Clone, Debug)]
pub struct Requested {
    /// The import.
    pub import: Import,
    /// The request.
    pub upload: SignedRequest,
}

/// The outcome of a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The import is unknown, has ended, or is being read.
    Skipped,
    /// The file is not there yet.
    Waiting,
    /// The import has its result.
    Done,
    /// The import has failed.
    Failed,
    /// The import has expired.
    Expired,
}

impl Outcome {
    /// Returns its name in logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Skipped => "skipped",
            Self::Waiting => "waiting",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Expired => "expired",
        }
    }
}

/// Creates an import. `now` is of the business clock, which messages wait by.
///
/// # Errors
/// Returns [`Error::NotFound`] if the shop has no such account,
/// [`Error::Conflict`] if that account is not judged or [`OPEN_MAX`] imports
/// have not ended.
pub async fn request(
    (store, bucket): (&Store, &Bucket),
    asked: Asked<'_>,
    request_id: &str,
    (now, real_now): (Timestamp, Timestamp),
) -> kernel::Result<Requested> {
    let (owner, account) = match asked.target {
        Target::Analysis(owner) => (Some(owner.to_owned()), AccountId::generate(real_now)),
        Target::Judged(account) => {
            judged_account(store, (asked.shop, account)).await?;
            (None, account.clone())
        }
    };
    let key = ImportKey {
        shop: asked.shop.clone(),
        owner,
        id: ImportId::generate(real_now),
    };
    let upload = Upload {
        content_type: CONTENT_TYPE,
        size_bytes: asked.content_length,
        sha256: asked.sha256,
    };
    let upload = bucket.upload(&key.object(), upload, real_now, UPLOAD_FOR)?;
    let mut import = new_import(&key, account, asked, (request_id, real_now));
    for _ in 0..SLOT_ATTEMPTS_MAX {
        let mut free = store.free_import_slots(&key, real_now).await?;
        if free.is_empty() {
            break;
        }
        let choice = retry::random_below(free.len() as u64);
        let slot = free.swap_remove(usize::try_from(choice).unwrap_or(0));
        import.slot = slot.number;
        match create(store, &key, &import, slot, request_id, (now, real_now)).await {
            Ok(()) => return Ok(Requested { import, upload }),
            // Another request has taken the slot.
            Err(error) if error.refused("slot") => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::Conflict(format!(
        "at most {OPEN_MAX} imports may be open at once; wait until one has ended"
    )))
}

fn new_import(
    key: &ImportKey,
    account: AccountId,
    asked: Asked<'_>,
    (request_id, real_now): (&str, Timestamp),
) -> Import {
    let request = asked.request;
    Import {
        id: key.id.clone(),
        account,
        content_length: asked.content_length,
        server_zone: request.server_zone.name().to_owned(),
        name: request.name.clone(),
        initial_balance: request.initial_balance.map(|value| value.to_string()),
        state: ImportState::AwaitingUpload,
        rows_read: 0,
        result: None,
        failure: None,
        request_id: request_id.to_owned(),
        created_at_ms: real_now.timestamp_millis(),
        slot: 0,
        attempts: 0,
        revision: 0,
        lease_until_ms: 0,
        ends_by_ms: (real_now + ENDS_WITHIN).timestamp_millis(),
        ttl: (real_now + KEPT_FOR).timestamp(),
    }
}

/// Writes an import, its slot and its messages in one transaction.
async fn create(
    store: &Store,
    key: &ImportKey,
    import: &Import,
    slot: ImportSlot,
    request_id: &str,
    (now, real_now): (Timestamp, Timestamp),
) -> Result<(), CommitError> {
    let mut transaction = Transaction::new();
    store.put_import(&mut transaction, key, import, None)?;
    store.take_import_slot(&mut transaction, key, import, slot)?;
    for seconds in LOOKS_S {
        let after = TimeDelta::seconds(seconds);
        let message = ImportsMessage::Look(ImportLook {
            import: key.clone(),
            due_at_ms: (real_now + after).timestamp_millis(),
            request_id: request_id.to_owned(),
        });
        outbox::enqueue(
            &mut transaction,
            store.table(),
            Queue::Imports,
            &message,
            Some(now + after),
            request_id,
            now,
        )?;
    }
    transaction.commit().await
}

/// Returns an import. One that is overdue has expired or failed.
///
/// # Errors
/// Returns an error if the store fails.
pub async fn find(
    store: &Store,
    key: &ImportKey,
    real_now: Timestamp,
) -> Result<Option<Import>, StoreError> {
    let found = store.import(key, real_now).await?;
    let overdue = |import| ended_by_time(import, real_now);
    found.map(overdue).transpose()
}

/// Returns an import as its time has left it.
fn ended_by_time(import: Import, real_now: Timestamp) -> Result<Import, StoreError> {
    let now_ms = real_now.timestamp_millis();
    let age_ms = now_ms - import.created_at_ms;
    match import.state {
        ImportState::AwaitingUpload if age_ms >= EXPIRES_AFTER.num_milliseconds() => Ok(Import {
            state: ImportState::Expired,
            ..import
        }),
        ImportState::Reading if now_ms >= import.ends_by_ms => import.failed(&interrupted()),
        _ => Ok(import),
    }
}

fn interrupted() -> ImportFailure {
    ImportFailure::Unprocessable(
        "reading the file was interrupted; split it and import the parts".to_owned(),
    )
}

/// Returns for how many seconds a message that came early has to wait.
#[must_use]
pub fn too_early_s(look: &ImportLook, real_now: Timestamp) -> Option<i64> {
    let early_ms = look.due_at_ms - real_now.timestamp_millis();
    (early_ms > EARLY_MS_MAX).then_some((early_ms + 999) / 1000)
}

/// Looks for the file of an import, and reads it. `clock` is real time, `now`
/// of the business clock.
///
/// # Errors
/// Returns an error if the store or the bucket fails; the message is then
/// retried.
pub async fn look<C: Clock>(
    (store, bucket): (&Store, &Bucket),
    key: &ImportKey,
    clock: &C,
    now: Timestamp,
) -> kernel::Result<Outcome> {
    let real_now = clock.now();
    let Some(import) = store.import(key, real_now).await? else {
        return Ok(Outcome::Skipped);
    };
    if import.has_ended() {
        // A file that was sent again, or that could not be deleted before.
        bucket.delete(&key.object(), real_now).await?;
        return Ok(Outcome::Skipped);
    }
    if import.lease_until_ms > real_now.timestamp_millis() {
        return Ok(Outcome::Skipped);
    }
    let is_there = bucket.has(&key.object(), real_now).await?;
    if !is_there && import.state == ImportState::AwaitingUpload {
        let import = ended_by_time(import, real_now)?;
        return match import.has_ended() {
            true => end((store, bucket), key, import, clock).await,
            false => Ok(Outcome::Waiting),
        };
    }
    if !is_there || import.attempts >= ATTEMPTS_MAX {
        let failed = import.failed(&interrupted())?;
        return end((store, bucket), key, failed, clock).await;
    }
    let Some(mut import) = begin(store, key, import, real_now).await? else {
        return Ok(Outcome::Skipped);
    };
    let ended = match read((store, bucket), key, &mut import, (now, clock)).await {
        Ok(Some(imported)) => Import {
            state: ImportState::Done,
            result: Some(serde_json::to_string(&imported).map_err(Error::internal)?),
            ..import
        },
        // Another reading has taken over.
        Ok(None) => return Ok(Outcome::Skipped),
        Err(error) => import.failed(&ImportFailure::of(error)?)?,
    };
    end((store, bucket), key, ended, clock).await
}

/// Begins a reading. Returns `None` if another look was faster.
async fn begin(
    store: &Store,
    key: &ImportKey,
    import: Import,
    real_now: Timestamp,
) -> Result<Option<Import>, StoreError> {
    let begun = Import {
        state: ImportState::Reading,
        attempts: import.attempts + 1,
        lease_until_ms: (real_now + LEASE).timestamp_millis(),
        ..import
    };
    change(store, key, begun).await
}

/// Writes an import with the next revision. Returns `None` if it was changed
/// meanwhile.
async fn change(
    store: &Store,
    key: &ImportKey,
    mut import: Import,
) -> Result<Option<Import>, StoreError> {
    let expected = import.revision;
    import.revision += 1;
    let mut transaction = Transaction::new();
    store.put_import(&mut transaction, key, &import, Some(expected))?;
    match transaction.commit().await {
        Ok(()) => Ok(Some(import)),
        Err(CommitError::Refused(_)) => Ok(None),
        Err(CommitError::Store(error)) => Err(error),
    }
}

/// Reads the file and adds it to its account.
async fn read<C: Clock>(
    (store, bucket): (&Store, &Bucket),
    key: &ImportKey,
    import: &mut Import,
    (now, clock): (Timestamp, &C),
) -> kernel::Result<Option<Imported>> {
    let request = ImportRequest {
        server_zone: zone(&import.server_zone)?,
        name: import.name.clone(),
        initial_balance: match &import.initial_balance {
            Some(text) => Some(text.parse().map_err(Error::internal)?),
            None => None,
        },
    };
    let bytes_max = usize::try_from(import.content_length).map_err(Error::internal)?;
    let bytes = bucket.fetch(&key.object(), bytes_max, clock.now()).await?;
    let bytes = bytes.ok_or_else(|| Error::internal("the file has gone"))?;
    let read = read_large(&bytes, &request)?;
    drop(bytes);
    import.rows_read = read.rows();
    let Some(noted) = change(store, key, import.clone()).await? else {
        return Ok(None);
    };
    *import = noted;
    let account = &import.account;
    let imported = match &key.owner {
        Some(owner) => {
            let id = account.clone();
            add_for_analysis(store, (&key.shop, owner, id), &read, &request, now).await?
        }
        None => {
            let account = judged_account(store, (&key.shop, account)).await?;
            let request_id = &import.request_id;
            add_to_judged(store, &account, &read, NEW_DEALS_MAX, request_id, now).await?
        }
    };
    Ok(Some(imported))
}

fn zone(name: &str) -> kernel::Result<Tz> {
    let unknown = |error: chrono_tz::ParseError| Error::internal(error.to_string());
    name.parse().map_err(unknown)
}

/// Writes the end of an import, gives its slot back and deletes the file.
async fn end<C: Clock>(
    (store, bucket): (&Store, &Bucket),
    key: &ImportKey,
    mut ended: Import,
    clock: &C,
) -> kernel::Result<Outcome> {
    let expected = ended.revision;
    ended.revision += 1;
    for holds_slot in [true, false] {
        let mut transaction = Transaction::new();
        store.put_import(&mut transaction, key, &ended, Some(expected))?;
        if holds_slot {
            store.free_import_slot(&mut transaction, key, &ended)?;
        }
        match transaction.commit().await {
            Ok(()) => break,
            // It was overdue, and another import has its slot.
            Err(error) if error.refused("slot") && !error.refused("import") => {}
            Err(error) if error.refused("import") => return Ok(Outcome::Skipped),
            Err(error) => return Err(error.into()),
        }
    }
    bucket.delete(&key.object(), clock.now()).await?;
    Ok(match ended.state {
        ImportState::Done => Outcome::Done,
        ImportState::Expired => Outcome::Expired,
        _ => Outcome::Failed,
    })
}
