//! Gives the deployment a new signing key, each week.

use kernel::time::Clock;
use kernel::{Error, Result};
use platform::aws::SdkConfig;
use platform::clock::SystemClock;
use platform::config::{ConfigError, Env};
use platform::dynamo::Table;
use platform::key_rotation::rotate_signing_keys;
use platform::runtime::Event;
use serde_json::{Value, json};

/// The job that the schedule starts.
pub const JOB: &str = "rotate-signing-keys";

/// An event that this function has no trigger for.
#[derive(Debug, thiserror::Error)]
#[error("not the job {JOB}")]
pub struct UnexpectedEvent;

/// The function's state.
#[derive(Debug)]
pub struct App {
    table: Table,
    secrets: aws_sdk_secretsmanager::Client,
    signing_keys_secret: String,
}

impl App {
    /// From the process's settings.
    ///
    /// # Errors
    /// Where a setting is missing.
    pub fn new(env: &Env, aws: &SdkConfig) -> std::result::Result<Self, ConfigError> {
        Ok(Self {
            table: Table::new(
                aws_sdk_dynamodb::Client::new(aws),
                env.text("PLATFORM_TABLE")?,
            ),
            secrets: aws_sdk_secretsmanager::Client::new(aws),
            signing_keys_secret: env.text("SIGNING_KEYS_SECRET")?,
        })
    }

    /// Handles the schedule's event. Keys go by real time, as tokens do.
    ///
    /// # Errors
    /// Where the rotation fails, or the event is of another kind.
    pub async fn handle(&self, event: Event) -> Result<Value> {
        match event {
            Event::Job(job) if job == JOB => {
                let now = SystemClock.now();
                let secret = &self.signing_keys_secret;
                let kid = rotate_signing_keys(&self.table, &self.secrets, secret, now).await?;
                tracing::info!(kid, "signing keys rotated");
                Ok(json!({ "kid": kid }))
            }
            _ => Err(Error::internal(UnexpectedEvent)),
        }
    }
}
