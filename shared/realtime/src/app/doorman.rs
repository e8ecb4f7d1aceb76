//! Who is let in, and for how long.

use futures::StreamExt;
use kernel::time::Timestamp;
use kernel::{Error, Result};
use platform::devices::{self, Device};
use platform::dynamo::StoreError;
use platform::queue::Queue;
use platform::tokens::{Claims, Verifier, sha256_hex};
use secrecy::{ExposeSecret, SecretString};

use super::courier::Courier;
use crate::domain::channel::Channel;
use crate::domain::grant::{Grant, Terminal};
use crate::domain::life::{AUTHENTICATE_WITHIN_S, CONNECTIONS_MAX, HELD_FOR_S};
use crate::logs;
use crate::messages::Check;
use crate::store::{Admission, Connection, Held};

/// How long a terminal is believed before its token is looked up again, in
/// seconds.
const TERMINAL_FOR_S: i64 = 300;

/// Lets people and terminals in.
#[derive(Debug)]
pub struct Doorman {
    /// Sends and ends.
    pub courier: Courier,
    /// Checks access tokens.
    pub verifier: Verifier,
}

impl Doorman {
    /// Whom a token names.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] where it is not good.
    pub async fn grant(&self, token: &SecretString, now: Timestamp) -> Result<Grant> {
        let token = token.expose_secret();
        self.courier.restrictions.refresh().await?;
        let grant = match devices::is_device_token(token) {
            true => {
                let device = self.courier.devices.find(token).await?;
                let device = device.ok_or(Error::Unauthenticated)?;
                of_terminal(device, token, now)
            }
            false => of_person(self.verifier.verify(token, now).await?),
        };
        match self.courier.is_good(&grant, now).await? {
            true => Ok(grant),
            false => Err(Error::Unauthenticated),
        }
    }

    /// Opens a connection for somebody whose token is good. Its own events
    /// are held for its `resume`.
    ///
    /// # Errors
    /// [`Error::Conflict`] where they have as many as one may.
    pub async fn open(&self, connection: &str, grant: &Grant, now: Timestamp) -> Result<()> {
        let held = self.held(grant, now).await?;
        self.admit((connection, now), false, grant, held).await?;
        let check = held_check(connection, grant, held);
        let sent = self
            .courier
            .queues
            .send(Queue::Realtime, &check, HELD_FOR_S);
        if let Err(error) = sent.await {
            // Nobody would end the hold.
            self.courier.store.close(connection).await?;
            return Err(error.into());
        }
        Ok(())
    }

    /// Opens a connection for somebody who has yet to say who they are.
    ///
    /// # Errors
    /// Where the store or the queue fails.
    pub async fn open_pending(&self, connection: &str, now: Timestamp) -> Result<()> {
        let check = Check::Authenticated {
            connection: connection.to_owned(),
        };
        let queues = &self.courier.queues;
        queues
            .send(Queue::Realtime, &check, AUTHENTICATE_WITHIN_S)
            .await?;
        self.courier.store.put_pending(connection, now).await?;
        Ok(())
    }

    /// Lets somebody in on a pending connection, or extends an open one for
    /// the same bearer.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] where the token is not good, is somebody
    /// else's or the connection has ended; [`Error::Conflict`] where they have
    /// as many connections as one may.
    pub async fn authenticate(
        &self,
        connection: &Connection,
        (token, subject): (&SecretString, &str),
        now: Timestamp,
    ) -> Result<()> {
        let grant = self.grant(token, now).await?;
        // Terminals bring their token in the address.
        if grant.sub != subject || grant.terminal.is_some() {
            return Err(Error::Unauthenticated);
        }
        if let Some(known) = &connection.grant {
            let is_extended = known.is_same_bearer(&grant)
                && self.courier.store.extend(connection, &grant).await?;
            if !is_extended {
                return Err(Error::Unauthenticated);
            }
            return self.courier.keep_watching(connection, &grant).await;
        }
        let held = self.held(&grant, now).await?;
        // Sent first: on a connection that is let in somebody ends the hold,
        // whatever happens here in between.
        let check = held_check(&connection.id, &grant, held);
        let queues = &self.courier.queues;
        queues.send(Queue::Realtime, &check, HELD_FOR_S).await?;
        let opened = (connection.id.as_str(), connection.opened_at);
        self.admit(opened, true, &grant, held).await
    }

    async fn held(&self, grant: &Grant, now: Timestamp) -> Result<Held> {
        Ok(Held {
            after: self.courier.live.last(&logs::own(grant)).await?,
            since_s: now.timestamp(),
        })
    }

    /// Takes one of the bearer's slots; where all are taken, those of
    /// connections that ended unheard are freed first.
    async fn admit(
        &self,
        opened: (&str, Timestamp),
        was_pending: bool,
        grant: &Grant,
        held: Held,
    ) -> Result<()> {
        let store = &self.courier.store;
        let mut admission = store.admit(opened, was_pending, grant, held).await?;
        if let Admission::Full(others) = &admission
            && self.free(others).await? > 0
        {
            admission = store.admit(opened, was_pending, grant, held).await?;
        }
        match admission {
            Admission::Admitted => Ok(()),
            Admission::Gone => Err(Error::Unauthenticated),
            Admission::Full(_) => Err(Error::Conflict(format!(
                "{CONNECTIONS_MAX} connections are open already"
            ))),
        }
    }

    /// Removes those of some connections that are gone. Answers how many.
    async fn free(&self, connections: &[String]) -> Result<usize, StoreError> {
        let courier = &self.courier;
        let freed: Vec<Result<bool, StoreError>> = futures::stream::iter(connections)
            .map(|connection| async move {
                match courier.gateway.is_open(connection).await {
                    Ok(false) => courier.store.close(connection).await.map(|()| true),
                    // Open, or nobody can tell.
                    Ok(true) | Err(_) => Ok(false),
                }
            })
            .buffer_unordered(usize::from(CONNECTIONS_MAX))
            .collect()
            .await;
        let freed = freed.into_iter().collect::<Result<Vec<_>, _>>()?;
        Ok(freed.into_iter().filter(|is_freed| *is_freed).count())
    }
}

impl Courier {
    /// Lets a terminal whose token is still good stay for some time more.
    ///
    /// # Errors
    /// Where the store fails.
    pub(super) async fn extend_terminal(
        &self,
        connection: &Connection,
        grant: &Grant,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let grant = Grant {
            exp_s: now.timestamp() + TERMINAL_FOR_S,
            ..grant.clone()
        };
        self.store.extend(connection, &grant).await?;
        Ok(())
    }

    /// Has what happens to the accounts that a connection listens to be
    /// written for as long as it is good.
    async fn keep_watching(&self, connection: &Connection, grant: &Grant) -> Result<()> {
        for name in &connection.channels {
            if let Ok(channel @ Channel::Account(_)) = name.parse::<Channel>() {
                self.watch(&channel, grant).await?;
            }
        }
        Ok(())
    }
}

fn held_check(connection: &str, grant: &Grant, held: Held) -> Check {
    Check::Held {
        log: logs::own(grant),
        connection: connection.to_owned(),
        after: held.after,
    }
}

fn of_person(claims: Claims) -> Grant {
    Grant {
        org: claims.org,
        sub: claims.sub,
        sid: claims.sid,
        iat_s: claims.iat,
        exp_s: claims.exp,
        tier: claims.tier,
        terminal: None,
    }
}

fn of_terminal(device: Device, token: &str, now: Timestamp) -> Grant {
    Grant {
        org: device.org,
        sub: device.user.to_string(),
        sid: device.id.to_string(),
        iat_s: now.timestamp(),
        exp_s: now.timestamp() + TERMINAL_FOR_S,
        tier: kernel::access::Tier::Free,
        terminal: Some(Terminal {
            id: device.id.to_string(),
            token_sha256: sha256_hex(token.as_bytes()),
        }),
    }
}
