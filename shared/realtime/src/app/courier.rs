//! Sends to connections, and ends them.

use kernel::id::ulid_at;
use kernel::time::{Clock, Timestamp};
use platform::aws::SdkConfig;
use platform::clock::SystemClock;
use platform::config::{ConfigError, Env};
use platform::devices::DeviceTokens;
use platform::dynamo::{StoreError, Table};
use platform::live::{Live, Log, group};
use platform::queue::{Order, Queue, QueueError, Queues};
use platform::restrictions::{Bearer, Restrictions};

use crate::domain::frame;
use crate::domain::grant::Grant;
use crate::gateway::{Gateway, GatewayError};
use crate::messages::FanoutMessage;
use crate::store::Store;

/// What every use of connections works with.
#[derive(Debug)]
pub struct Courier {
    /// Connections and listeners.
    pub store: Store,
    /// The logs of events.
    pub live: Live,
    /// The other end of connections.
    pub gateway: Gateway,
    /// Tokens of terminals.
    pub devices: DeviceTokens,
    /// What stops running tokens.
    pub restrictions: Restrictions,
    /// The queues of this context.
    pub queues: Queues,
}

impl Courier {
    /// From settings, the clients' configuration and the queues at hand.
    ///
    /// # Errors
    /// Where a setting is missing.
    pub fn new(env: &Env, aws: &SdkConfig, queues: Queues) -> Result<Self, ConfigError> {
        let dynamo = aws_sdk_dynamodb::Client::new(aws);
        let table = Table::new(dynamo.clone(), env.text("REALTIME_TABLE")?);
        let platform_table = Table::new(dynamo, env.text("PLATFORM_TABLE")?);
        Ok(Self {
            store: Store::new(table.clone()),
            live: Live::new(table),
            gateway: Gateway::from_env(env, aws)?,
            devices: DeviceTokens::new(platform_table.clone()),
            restrictions: Restrictions::new(platform_table),
            queues,
        })
    }

    /// Whether a bearer is still to be served, by the copy of what is
    /// restricted; a terminal by the store's newest word.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn is_good(&self, grant: &Grant, now: Timestamp) -> Result<bool, StoreError> {
        if self.restrictions.refuses_bearer(bearer(grant), now) {
            return Ok(false);
        }
        match &grant.terminal {
            Some(terminal) => {
                let device = self.devices.of_hash(&terminal.token_sha256).await?;
                Ok(device.is_some())
            }
            None => Ok(!grant.is_over(now)),
        }
    }

    /// Sends a message to one connection that has asked for something. One
    /// that is gone is removed, and one that does not take it ended.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn tell(&self, connection: &str, message: &str) -> Result<(), StoreError> {
        match self.gateway.post(connection, message).await {
            Ok(()) => Ok(()),
            Err(GatewayError::Gone) => self.store.close(connection).await,
            Err(error) => {
                let error = kernel::error::chain(&error);
                tracing::warn!(connection, error, "{connection} does not take an answer");
                self.end(connection, None).await
            }
        }
    }

    /// Ends a connection, with a last message where there is one, and removes
    /// what belongs to it.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn end(&self, connection: &str, farewell: Option<&str>) -> Result<(), StoreError> {
        if let Some(message) = farewell {
            // It may be gone already; then nobody is there to be told.
            let _ = self.gateway.post(connection, message).await;
        }
        if let Err(error) = self.gateway.end(connection).await {
            // Forgotten, it is ended with its next message.
            let error = kernel::error::chain(&error);
            tracing::warn!(connection, error, "{connection} is forgotten and not ended");
        }
        self.store.close(connection).await
    }

    /// Ends the connection of somebody who is not to be served.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn refuse(&self, connection: &str, why: &str) -> Result<(), StoreError> {
        let farewell = frame::auth_failed(why, SystemClock.now());
        self.end(connection, Some(&farewell)).await
    }

    /// Hands a message on in its log's order.
    ///
    /// # Errors
    /// Where the queue does not take it.
    pub async fn hand_on(&self, message: &FanoutMessage) -> Result<(), QueueError> {
        let order = Order {
            group: &group(&message.log),
            id: &ulid_at(SystemClock.now()),
        };
        self.queues
            .send_in_order(Queue::Fanout, message, order)
            .await
    }

    /// Has new events of a log looked for once more.
    ///
    /// # Errors
    /// Where the queue does not take the message.
    pub async fn look_again(&self, log: &Log) -> Result<(), QueueError> {
        let log = log.clone();
        let release = None;
        self.hand_on(&FanoutMessage { log, release }).await
    }
}

fn bearer(grant: &Grant) -> Bearer<'_> {
    Bearer {
        org: &grant.org,
        sub: &grant.sub,
        sid: &grant.sid,
        iat: grant.iat_s,
    }
}
