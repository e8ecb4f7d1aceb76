//! What the simulator holds while it runs.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use kernel::time::Timestamp;
use serde::de::DeserializeOwned;

use crate::account::{Account, Accounts};
use crate::calls::Calls;
use crate::clock::SimClock;
use crate::errors::{Answer, GatewayError};
use crate::faults::Faults;
use crate::migration::{Migration, OldServer};
use crate::registry::Registry;
use crate::settings::{Settings, StartError};

/// The most accounts that the trade servers know.
pub(crate) const ACCOUNTS_MAX: usize = 10_000;
/// The largest body of a request, in bytes.
pub(crate) const BODY_BYTES_MAX: usize = 1024 * 1024;

/// The simulator, as handlers share it.
pub(crate) type Shared = Arc<Sim>;

/// The figures of a running gateway that do not change.
pub(crate) struct Fixed {
    pub(crate) token: secrecy::SecretString,
    pub(crate) verification_ms: u32,
    pub(crate) connection_ms: u32,
    pub(crate) server_zone: chrono_tz::Tz,
}

/// The simulator.
pub(crate) struct Sim {
    pub(crate) settings: Fixed,
    pub(crate) clock: SimClock,
    world: Mutex<World>,
    faults: Mutex<Faults>,
    calls: Mutex<Calls>,
}

/// Accounts, and registrations of them.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) accounts: Accounts,
    pub(crate) registry: Registry,
    /// The answers of servers that accounts have left, by login and server.
    pub(crate) left: BTreeMap<(String, String), OldServer>,
}

impl World {
    /// Adds an account.
    pub(crate) fn add(&mut self, account: Account) -> Result<(), String> {
        if self.accounts.len() >= ACCOUNTS_MAX {
            return Err(format!("at most {ACCOUNTS_MAX} accounts are known"));
        }
        if self.accounts.contains_key(&account.login) {
            return Err(format!("the login {} is taken", account.login));
        }
        let place = (account.login.clone(), account.server.clone());
        self.left.remove(&place);
        self.accounts.insert(place.0, account);
        Ok(())
    }

    /// Moves an account to another server or login and returns the login.
    ///
    /// # Errors
    /// Returns a sentence if the account cannot be as the move says, or if
    /// the new login is taken.
    pub(crate) fn migrate(
        &mut self,
        login: &str,
        migration: Migration,
        now: Timestamp,
    ) -> Result<String, String> {
        let old = migration.old;
        let account = self.accounts.get_mut(login).ok_or("no such account")?;
        let place = (account.login.clone(), account.server.clone());
        let moved = migration.apply(account, now)?;
        let new = moved.login.clone();
        if new == login {
            self.accounts.remove(login);
        }
        self.add(moved)?;
        if old != OldServer::Keep {
            self.left.insert(place, old);
        }
        Ok(new)
    }
}

impl Sim {
    pub(crate) fn new(settings: Settings) -> Result<Self, StartError> {
        let clock = SimClock::new(settings.clock.clone());
        let fixed = Fixed {
            token: settings.token.clone(),
            verification_ms: settings.verification_ms,
            connection_ms: settings.connection_ms,
            server_zone: settings.server_zone,
        };
        let mut world = World::default();
        for account in settings.accounts(clock.now())? {
            let login = account.login.clone();
            world
                .add(account)
                .map_err(|reason| StartError::Account { login, reason })?;
        }
        Ok(Self {
            settings: fixed,
            clock,
            world: Mutex::new(world),
            faults: Mutex::default(),
            calls: Mutex::default(),
        })
    }

    /// Held for one request's look or change; never across an await.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        locked(&self.world)
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        locked(&self.faults)
    }

    pub(crate) fn calls(&self) -> MutexGuard<'_, Calls> {
        locked(&self.calls)
    }

    /// The login behind a gateway id.
    pub(crate) fn login_of(&self, id: &str) -> Option<String> {
        let mut world = self.world();
        let registration = world.registry.find(id)?;
        Some(registration.credentials.login.clone())
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Changes are made whole before they are put in place, so that what a
    // panic leaves behind is sound.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads a JSON body.
pub(crate) fn read_json<T: DeserializeOwned>(body: Result<Bytes, BytesRejection>) -> Answer<T> {
    let body = body.map_err(|rejection| {
        if rejection.into_response().status() == StatusCode::PAYLOAD_TOO_LARGE {
            GatewayError::too_large(format!("The body is larger than {BODY_BYTES_MAX} bytes"))
        } else {
            GatewayError::validation("The body could not be read")
        }
    })?;
    serde_json::from_slice(&body).map_err(|error| GatewayError::validation(error.to_string()))
}
