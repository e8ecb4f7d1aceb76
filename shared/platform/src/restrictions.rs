//! What must take effect on running tokens at once: sessions that ended,
//! people who are blocked, memberships that changed, addresses that are shut out.
//!
//! They are one list in the store, in the order in which they were written. An
//! instance reads what is new of it on a request when its copy is older than
//! four seconds, so a token costs no read of its own and what was written is
//! felt everywhere within five. An entry is kept as long as it can matter: a
//! token's life, or until an address is let in again.

use std::collections::HashMap;
use std::sync::Mutex;

use chrono::TimeDelta;
use kernel::id::ulid_at;
use kernel::time::{Clock, Timestamp};
use serde::{Deserialize, Serialize};

use crate::clock::SystemClock;
use crate::dynamo::{Key, Query, Range, StoreError, Table, Transaction, to_item};
use crate::tokens::{Claims, LIFE_S};

/// Age at which an instance's copy is read anew, in ms.
const AGE_MS_MAX: i64 = 4_000;
/// What is read again each time, in ms: entries of writers whose clock is
/// behind, or whose write took long.
const OVERLAP_MS: i64 = 10_000;
/// How long an entry about tokens is kept: their life and what clocks differ.
const TOKENS_FOR: TimeDelta = TimeDelta::seconds(LIFE_S + 60);
/// How far back an instance that has just started reads; no entry matters for
/// longer, whenever DynamoDB comes round to deleting it.
const MATTERS_FOR: TimeDelta = TimeDelta::minutes(20);
/// Entries read at once; beyond it another query follows.
const PAGE: u32 = 1_000;
/// Entries an instance holds. There are more only under an attack, which then
/// loses its oldest address blocks.
const ENTRIES_MAX: usize = 100_000;
const PARTITION: &str = "RESTRICTIONS";

/// What is restricted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "of")]
pub enum Subject {
    /// Tokens of this session are not good.
    Session(String),
    /// Tokens that name this person, issued up to the entry's time, are not.
    Person(String),
    /// Tokens of this person in this tenant, issued up to then, are not.
    Member {
        /// The tenant.
        org: String,
        /// The person.
        sub: String,
    },
    /// Tokens for this tenant, issued up to then, are not.
    Tenant(String),
    /// Nobody at this address is served who has not signed in.
    Address(String),
}

/// What of a token restrictions name.
#[derive(Clone, Copy, Debug)]
pub struct Bearer<'a> {
    /// The tenant.
    pub org: &'a str,
    /// The person.
    pub sub: &'a str,
    /// The session.
    pub sid: &'a str,
    /// When it was issued, in seconds since the epoch.
    pub iat: i64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Entry {
    subject: Subject,
    at_ms: i64,
    until_ms: i64,
    ttl: i64,
}

#[derive(Debug, Default)]
struct Copy {
    read_at_ms: i64,
    /// When each was written, and until when it holds.
    entries: HashMap<Subject, (i64, i64)>,
}

/// Reads the list for the requests of one instance.
#[derive(Debug)]
pub struct Restrictions {
    table: Table,
    copy: Mutex<Copy>,
}

impl Restrictions {
    /// Over the platform's table.
    #[must_use]
    pub fn new(platform_table: Table) -> Self {
        Self {
            table: platform_table,
            copy: Mutex::default(),
        }
    }

    /// Reads what is new where the copy is older than four seconds.
    ///
    /// # Errors
    /// Where the store fails: then nobody knows whether a token is still good.
    pub async fn refresh(&self) -> Result<(), StoreError> {
        let now_ms = SystemClock.now().timestamp_millis();
        let from_ms = {
            let copy = self.copy.lock().expect("not poisoned");
            if now_ms - copy.read_at_ms < AGE_MS_MAX {
                return Ok(());
            }
            let oldest_ms = now_ms - MATTERS_FOR.num_milliseconds();
            oldest_ms.max(copy.read_at_ms) - OVERLAP_MS
        };
        let mut fresh = Vec::new();
        let mut after = None;
        loop {
            let range = Range::Between(sort_key(from_ms, ""), "~".to_owned());
            let query = Query::new(PARTITION, range, PAGE).consistent().after(after);
            let page = self.table.query::<Entry>(&query).await?;
            fresh.extend(page.rows.into_iter().map(|(_, entry)| entry));
            after = page.next;
            if after.is_none() || fresh.len() >= ENTRIES_MAX {
                break;
            }
        }
        let mut copy = self.copy.lock().expect("not poisoned");
        copy.read_at_ms = now_ms;
        copy.entries.retain(|_, (_, until_ms)| *until_ms > now_ms);
        for entry in fresh {
            let known = copy.entries.entry(entry.subject).or_default();
            // The newest word counts: an address may have been let in again.
            if entry.at_ms >= known.0 {
                *known = (entry.at_ms, entry.until_ms);
            }
        }
        Ok(())
    }

    /// Whether a token that is otherwise good must not be accepted, by the
    /// copy at hand.
    #[must_use]
    pub fn refuses(&self, claims: &Claims, now: Timestamp) -> bool {
        let bearer = Bearer {
            org: &claims.org,
            sub: &claims.sub,
            sid: &claims.sid,
            iat: claims.iat,
        };
        self.refuses_bearer(bearer, now)
    }

    /// The same, of somebody whose token was checked before.
    #[must_use]
    pub fn refuses_bearer(&self, bearer: Bearer<'_>, now: Timestamp) -> bool {
        let copy = self.copy.lock().expect("not poisoned");
        if copy.entries.is_empty() {
            return false;
        }
        let holds = |subject: &Subject| {
            let entry = copy.entries.get(subject)?;
            (entry.1 > now.timestamp_millis()).then_some(entry.0)
        };
        let session = Subject::Session(bearer.sid.to_owned());
        let person = Subject::Person(bearer.sub.to_owned());
        let member = Subject::Member {
            org: bearer.org.to_owned(),
            sub: bearer.sub.to_owned(),
        };
        let tenant = Subject::Tenant(bearer.org.to_owned());
        // A token's time is in whole seconds.
        holds(&session).is_some()
            || [person, member, tenant]
                .iter()
                .filter_map(holds)
                .any(|at_ms| bearer.iat <= at_ms.div_euclid(1000))
    }

    /// Seconds until an address is served again, where it is shut out.
    #[must_use]
    pub fn shuts_out(&self, address: &str, now: Timestamp) -> Option<u64> {
        let copy = self.copy.lock().expect("not poisoned");
        let (_, until_ms) = copy.entries.get(&Subject::Address(address.to_owned()))?;
        let left_ms = until_ms - now.timestamp_millis();
        (left_ms > 0).then(|| u64::try_from((left_ms + 999) / 1000).unwrap_or(1))
    }
}

/// Adds an entry about tokens to a transaction, so that it is written with
/// what caused it.
///
/// # Errors
/// Where the entry cannot be an item.
pub fn restrict(
    transaction: &mut Transaction,
    platform_table: &Table,
    subject: Subject,
    now: Timestamp,
) -> Result<(), StoreError> {
    let entry = entry(subject, now, now + TOKENS_FOR);
    let key = Key::new(PARTITION, sort_key(entry.at_ms, &ulid_at(now)));
    transaction.put("restriction", platform_table, &key, &entry, None)?;
    Ok(())
}

/// Shuts an address out until a moment, at most 20 minutes away; one in the
/// past lets it in again.
///
/// # Errors
/// Where the store fails.
pub async fn shut_out(
    platform_table: &Table,
    address: &str,
    now: Timestamp,
    until: Timestamp,
) -> Result<(), StoreError> {
    let until = until.min(now + MATTERS_FOR);
    let entry = entry(Subject::Address(address.to_owned()), now, until);
    let key = Key::new(PARTITION, sort_key(entry.at_ms, &ulid_at(now)));
    platform_table.put(to_item(&key, &entry)?).await
}

fn entry(subject: Subject, now: Timestamp, until: Timestamp) -> Entry {
    // A lifted block must outlive the copies of the block itself.
    let kept_until = until.max(now + TOKENS_FOR);
    Entry {
        subject,
        at_ms: now.timestamp_millis(),
        until_ms: until.timestamp_millis(),
        ttl: kept_until.timestamp(),
    }
}

fn sort_key(at_ms: i64, id: &str) -> String {
    format!("{at_ms:013}#{id}")
}
