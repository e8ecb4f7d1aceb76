//! What clients have registered at the gateway.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use kernel::time::Timestamp;
use secrecy::SecretString;

use crate::account::Accounts;
use crate::demo::{hash, mix};
use crate::errors::Refusal;

/// The most registrations that are kept, deleted ones among them.
pub(crate) const REGISTRATIONS_MAX: usize = 20_000;
/// The most registrations that are alive.
pub(crate) const ALIVE_MAX: usize = 10_000;

/// What a client asks to register.
#[derive(Clone, Debug)]
pub(crate) struct Credentials {
    pub(crate) login: String,
    pub(crate) server: String,
    pub(crate) password: SecretString,
}

/// Where a registration stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The credentials are being verified.
    Verifying {
        /// Whole seconds until that is done, at least one.
        retry_after_s: u64,
    },
    /// The account runs, and costs.
    Deployed,
    /// It was refused, and does not exist.
    Refused(Refusal),
    /// It was deleted.
    Deleted,
}

/// One registration.
#[derive(Debug)]
pub(crate) struct Registration {
    pub(crate) id: String,
    pub(crate) credentials: Credentials,
    pub(crate) requested_at: Timestamp,
    pub(crate) ready_at: Timestamp,
    pub(crate) deleted_at: Option<Timestamp>,
    outcome: Option<Result<(), Refusal>>,
}

impl Registration {
    /// Where it stands at a real moment. Verification ends by itself, whether
    /// or not the client asks again: an account nobody knows of costs too.
    pub(crate) fn settle(&mut self, accounts: &Accounts, now: Timestamp) -> Standing {
        if self.deleted_at.is_some() {
            return Standing::Deleted;
        }
        if self.outcome.is_none() && now < self.ready_at {
            let left_ms = (self.ready_at - now).num_milliseconds();
            let retry_after_s = u64::try_from(left_ms).unwrap_or(0).div_ceil(1_000).max(1);
            return Standing::Verifying { retry_after_s };
        }
        match self
            .outcome
            .get_or_insert_with(|| verify(&self.credentials, accounts))
        {
            Ok(()) => Standing::Deployed,
            Err(refusal) => Standing::Refused(*refusal),
        }
    }

    /// Whether the terminal has reached its broker.
    pub(crate) fn is_connected(&self, now: Timestamp, connect_ms: u32) -> bool {
        now >= self.ready_at + TimeDelta::milliseconds(i64::from(connect_ms))
    }
}

fn verify(credentials: &Credentials, accounts: &Accounts) -> Result<(), Refusal> {
    if !accounts
        .values()
        .any(|account| account.server == credentials.server)
    {
        return Err(Refusal::ServerNotFound);
    }
    let account = accounts
        .get(&credentials.login)
        .filter(|account| account.server == credentials.server)
        .filter(|account| account.knows(&credentials.password))
        .ok_or(Refusal::Auth)?;
    account.verification.fails_with.map_or(Ok(()), Err)
}

/// All registrations, by transaction and by id.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    by_transaction: BTreeMap<String, Registration>,
    transactions: BTreeMap<String, String>,
}

impl Registry {
    /// The registration of a transaction; a new one where there is none.
    /// `None` where no more can be kept.
    pub(crate) fn register(
        &mut self,
        transaction_id: &str,
        credentials: Credentials,
        now: Timestamp,
        takes_ms: u32,
    ) -> Option<&mut Registration> {
        if !self.by_transaction.contains_key(transaction_id) {
            let alive = self
                .by_transaction
                .values()
                .filter(|registration| registration.deleted_at.is_none())
                .count();
            if alive >= ALIVE_MAX || self.by_transaction.len() >= REGISTRATIONS_MAX {
                return None;
            }
            let id = gateway_id(transaction_id);
            self.transactions
                .insert(id.clone(), transaction_id.to_owned());
            self.by_transaction.insert(
                transaction_id.to_owned(),
                Registration {
                    id,
                    credentials,
                    requested_at: now,
                    ready_at: now + TimeDelta::milliseconds(i64::from(takes_ms)),
                    deleted_at: None,
                    outcome: None,
                },
            );
        }
        self.by_transaction.get_mut(transaction_id)
    }

    /// The registration of an id, whatever its standing.
    pub(crate) fn find(&mut self, id: &str) -> Option<&mut Registration> {
        let transaction_id = self.transactions.get(id)?;
        self.by_transaction.get_mut(transaction_id)
    }

    /// All, by transaction.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (&String, &mut Registration)> {
        self.by_transaction.iter_mut()
    }
}

/// The id that a transaction's account gets: the same after a restart, so that
/// a client that asks again with its transaction finds its account.
fn gateway_id(transaction_id: &str) -> String {
    let high = mix(hash(transaction_id));
    let low = mix(high ^ hash("account"));
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xFFFF,
        high & 0x0FFF,
        0x8000 | ((low >> 48) & 0x3FFF),
        low & 0xFFFF_FFFF_FFFF
    )
}
