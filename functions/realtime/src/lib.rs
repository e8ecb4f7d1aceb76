//! Realtime: the routes of the WebSocket API, the checks that they put off,
//! and what is due with connections by the minute.
//!
//! Answers go through the management API, never as a route's response. The
//! query of an opening bears a token: no event is ever logged.

mod channels;
mod event;
mod message;
mod open;
mod terminals;

use accounts::store::Store as Accounts;
use kernel::error::Cause;
use kernel::time::Clock;
use kernel::{Error, Result};
use platform::aws::SdkConfig;
use platform::clock::SystemClock;
use platform::config::{ConfigError, Env};
use platform::dynamo::Table;
use platform::live::Live;
use platform::queue::{Intake, Queue, Queues};
use platform::rate_limit::{Limit, MINUTE_S, RateLimiter};
use platform::runtime::Event;
use platform::tokens::Verifier;
use realtime::app::{Courier, Doorman};
use serde_json::{Value, json};
use trading::Trading;

use crate::event::{Kind, SocketEvent};

/// The job that the minute's schedule starts.
pub const SWEEP_JOB: &str = "sweep-connections";
/// Messages a minute of one connection, and openings of one address or
/// person, where the settings do not say.
const REQUESTS_A_MINUTE: u32 = 100;

/// The function's state.
#[derive(Debug)]
pub struct App {
    doorman: Doorman,
    intake: Intake,
    accounts: Accounts,
    trading: Trading,
    people: identity::store::Store,
    organizations: organizations::Store,
    limiter: RateLimiter,
    limit: Limit,
    is_local: bool,
}

impl App {
    /// From the process's settings.
    ///
    /// # Errors
    /// Where a setting is missing or makes no sense.
    pub fn new(env: &Env, aws: &SdkConfig) -> Result<Self, Cause> {
        let dynamo = aws_sdk_dynamodb::Client::new(aws);
        let table = |name| Ok::<_, ConfigError>(Table::new(dynamo.clone(), env.text(name)?));
        let platform_table = table("PLATFORM_TABLE")?;
        let sqs = aws_sdk_sqs::Client::new(aws);
        let queues = Queues::from_env(sqs, env, &[Queue::Fanout, Queue::Realtime])?;
        let requests = match env.optional("REQUESTS_PER_MINUTE") {
            Some(text) => text.parse().map_err(|_| ConfigError::Invalid {
                name: "REQUESTS_PER_MINUTE",
                problem: "is no whole number",
            })?,
            None => REQUESTS_A_MINUTE,
        };
        Ok(Self {
            doorman: Doorman {
                courier: Courier::new(env, aws, queues)?,
                verifier: Verifier::new(platform_table.clone(), env.text("TOKEN_ISSUER")?),
            },
            intake: Intake::new(platform_table.clone(), Queue::Realtime),
            accounts: Accounts::new(table("ACCOUNTS_TABLE")?),
            trading: Trading::new(
                table("TRADING_TABLE")?,
                platform_table.clone(),
                Live::new(table("REALTIME_TABLE")?),
            ),
            people: identity::store::Store::new(table("IDENTITY_TABLE")?, platform_table.clone()),
            organizations: organizations::Store::new(table("ORGANIZATIONS_TABLE")?),
            limiter: RateLimiter::new(platform_table),
            limit: Limit::shared(requests, MINUTE_S),
            is_local: env.is_local(),
        })
    }

    /// Handles an event: a route's, the queue's or the schedule's.
    ///
    /// # Errors
    /// Where the job fails, or the event is of another kind.
    pub async fn handle(&self, event: Value) -> Result<Value> {
        if let Some(event) = SocketEvent::of(&event) {
            let status = self.route(event).await;
            return Ok(json!({ "statusCode": status }));
        }
        match Event::parse(event).map_err(Error::internal)? {
            Event::Queue(checks) => {
                let check = async |check| self.doorman.courier.check(check).await;
                let failed = self.intake.consume(checks, check).await;
                serde_json::to_value(failed).map_err(Error::internal)
            }
            Event::Job(job) if job == SWEEP_JOB => {
                let swept = self.doorman.courier.sweep(SystemClock.now()).await?;
                serde_json::to_value(swept).map_err(Error::internal)
            }
            Event::Job(_) | Event::Stream(_) => Err(Error::internal(
                "neither a route, a check nor the job sweep-connections",
            )),
        }
    }

    /// Serves a route of the WebSocket API. Answers the status.
    async fn route(&self, event: SocketEvent) -> u16 {
        let (connection, request_id) = (event.connection.clone(), event.request_id.clone());
        let (route, kind) = (event.route.clone(), event.kind);
        let done = match kind {
            Kind::Connect => self.open(event).await,
            Kind::Message => self.message(&event).await,
            Kind::Disconnect => self.close(&event.connection).await,
        };
        let status = match &done {
            Ok(()) => 200,
            Err(Error::RateLimited { .. } | Error::Conflict(_)) => 429,
            Err(error) if error.is_fault() => 500,
            Err(_) => 403,
        };
        if let Err(error) = done.as_ref()
            && error.is_fault()
        {
            let error = kernel::error::chain(error);
            tracing::error!(request_id, connection, route, error, "{route} failed");
        }
        tracing::info!(request_id, connection, route, status, "{route} {status}");
        status
    }

    async fn close(&self, connection: &str) -> Result<()> {
        self.doorman.courier.store.close(connection).await?;
        Ok(())
    }

    /// Counts one request of a name.
    ///
    /// # Errors
    /// [`Error::RateLimited`]. A store that cannot count lets it pass; what
    /// follows asks the store as well.
    async fn count(&self, name: &str) -> Result<()> {
        let decision = self
            .limiter
            .admit(name, self.limit, SystemClock.now())
            .await;
        match decision {
            Ok(decision) if !decision.admitted => Err(Error::RateLimited {
                retry_after_s: decision.reset_s,
            }),
            Ok(_) => Ok(()),
            Err(error) => {
                let error = kernel::error::chain(&error);
                tracing::warn!(error, "request not counted");
                Ok(())
            }
        }
    }
}
