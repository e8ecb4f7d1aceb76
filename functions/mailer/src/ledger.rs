//! What the function remembers of mails: which were sent, and how many of a
//! kind an address got in the last hour.

use chrono::TimeDelta;
use kernel::time::Timestamp;
use platform::dynamo::{Key, StoreError, Table, to_item};
use platform::tokens::sha256_hex;
use serde::{Deserialize, Serialize};

/// How long one attempt to send may take: longer than the function may run.
const ATTEMPT: TimeDelta = TimeDelta::seconds(90);
/// How long it is remembered that a mail was sent: longer than the queue
/// keeps a message.
const REMEMBERED: TimeDelta = TimeDelta::days(15);
/// The time in which an address's mails are counted.
const WINDOW: TimeDelta = TimeDelta::hours(1);

/// Remembers mails in the platform's table.
#[derive(Clone, Debug)]
pub struct Ledger {
    table: Table,
}

/// Whether a mail is to be sent now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    /// It is, by who asked.
    Granted,
    /// A copy of the message is being worked on.
    UnderWay,
    /// It was sent before.
    Sent,
}

/// How many mails of a kind an address gets in an hour.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bound {
    pub(crate) kind: &'static str,
    pub(crate) mails_max: u32,
}

#[derive(Serialize, Deserialize)]
struct MailRow {
    is_sent: bool,
    ttl: i64,
}

/// One of the mails that an address may get in an hour.
#[derive(Serialize, Deserialize)]
struct SlotRow {
    mail: String,
    ttl: i64,
}

fn mail_key(id: &str) -> Key {
    Key::new(format!("MAIL#{id}"), "MAIL")
}

/// The address is hashed: the platform's table holds none.
fn slot_key(kind: &str, email: &str, slot: u32) -> Key {
    let address = sha256_hex(email.as_bytes());
    Key::new(format!("MAILS#{kind}#{address}"), format!("{slot:02}"))
}

impl Ledger {
    /// Over the platform's table.
    #[must_use]
    pub fn new(platform_table: Table) -> Self {
        Self {
            table: platform_table,
        }
    }

    /// Claims a mail for one attempt to send it.
    pub(crate) async fn claim(&self, id: &str, now: Timestamp) -> Result<Claim, StoreError> {
        let row = MailRow {
            is_sent: false,
            ttl: (now + ATTEMPT).timestamp(),
        };
        let key = mail_key(id);
        if self.table.put_new(to_item(&key, &row)?, now).await? {
            return Ok(Claim::Granted);
        }
        let known: Option<MailRow> = self.table.get_live(&key, now).await?;
        Ok(match known {
            Some(row) if row.is_sent => Claim::Sent,
            _ => Claim::UnderWay,
        })
    }

    /// Remembers that a claimed mail was sent.
    pub(crate) async fn sent(&self, id: &str, now: Timestamp) -> Result<(), StoreError> {
        let row = MailRow {
            is_sent: true,
            ttl: (now + REMEMBERED).timestamp(),
        };
        self.table.put(to_item(&mail_key(id), &row)?).await
    }

    /// Gives a claim back after an attempt that failed, so that the next one
    /// does not wait.
    pub(crate) async fn release(&self, id: &str) -> Result<(), StoreError> {
        self.table.delete(&mail_key(id)).await
    }

    /// Whether an address may get this mail, which then counts for an hour. A
    /// mail that is tried again counts once.
    pub(crate) async fn admits(
        &self,
        bound: Bound,
        email: &str,
        id: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let row = SlotRow {
            mail: id.to_owned(),
            ttl: (now + WINDOW).timestamp(),
        };
        for slot in 0..bound.mails_max {
            let key = slot_key(bound.kind, email, slot);
            if self.table.put_new(to_item(&key, &row)?, now).await? {
                return Ok(true);
            }
            let taken: Option<SlotRow> = self.table.get_live(&key, now).await?;
            if taken.is_some_and(|taken| taken.mail == id) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
