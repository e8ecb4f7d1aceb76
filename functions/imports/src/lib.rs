//! Imports by upload: files are looked for in the bucket and read, one message
//! an invocation, so that a file that ends the process takes no other along.

use accounts::app::import::upload::{self, too_early_s};
use accounts::app::messages::{BucketEvent, ImportLook, ImportsMessage};
use accounts::store::{ImportKey, Store};
use kernel::time::Clock;
use platform::aws::SdkConfig;
use platform::clock::{BusinessClock, SystemClock};
use platform::config::Env;
use platform::dynamo::Table;
use platform::objects::Bucket;
use platform::queue::{Intake, Queue, Queues};
use platform::runtime::Event;
use serde_json::Value;

/// The function's state.
#[derive(Debug)]
pub struct App {
    store: Store,
    bucket: Bucket,
    queues: Queues,
    intake: Intake,
    clock: BusinessClock,
}

impl App {
    /// Builds the state from the process's settings.
    ///
    /// # Errors
    /// Returns an error if a setting is missing.
    pub fn new(
        env: &Env,
        aws: &SdkConfig,
    ) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let dynamo = aws_sdk_dynamodb::Client::new(aws);
        let sqs = aws_sdk_sqs::Client::new(aws);
        let platform_table = Table::new(dynamo.clone(), env.text("PLATFORM_TABLE")?);
        Ok(Self {
            store: Store::new(Table::new(dynamo, env.text("ACCOUNTS_TABLE")?)),
            bucket: Bucket::from_env(env, "IMPORTS_BUCKET")?,
            queues: Queues::from_env(sqs, env, &[Queue::Imports])?,
            clock: BusinessClock::of(env, platform_table.clone()),
            intake: Intake::new(platform_table, Queue::Imports),
        })
    }

    /// Handles an event of the queue.
    ///
    /// # Errors
    /// Returns an error if the event is of another kind.
    pub async fn handle(&self, event: Event) -> kernel::Result<Value> {
        self.clock.refresh().await;
        let Event::Queue(messages) = event else {
            return Err(kernel::Error::internal(
                "only its queue calls this function",
            ));
        };
        let carry_out = async |message| self.carry_out(message).await;
        let failed = self.intake.consume(messages, carry_out).await;
        serde_json::to_value(failed).map_err(kernel::Error::internal)
    }

    async fn carry_out(&self, message: ImportsMessage) -> kernel::Result<()> {
        match message {
            ImportsMessage::Look(look) => match too_early_s(&look, SystemClock.now()) {
                Some(delay_s) => self.send_on(look, delay_s).await,
                None => self.look(&look.import, Some(&look.request_id)).await,
            },
            ImportsMessage::Bucket(event) => self.take_event(event).await,
            ImportsMessage::BucketTest { .. } => Ok(()),
        }
    }

    async fn send_on(&self, look: ImportLook, delay_s: i64) -> kernel::Result<()> {
        let message = ImportsMessage::Look(look);
        self.queues.send(Queue::Imports, &message, delay_s).await?;
        Ok(())
    }

    async fn take_event(&self, event: BucketEvent) -> kernel::Result<()> {
        for record in event.records {
            let object = record.s3.object.key;
            match ImportKey::of_object(&object) {
                Some(import) => self.look(&import, None).await?,
                None => tracing::warn!(object, "an object that is no import's"),
            }
        }
        Ok(())
    }

    async fn look(&self, import: &ImportKey, request_id: Option<&str>) -> kernel::Result<()> {
        let places = (&self.store, &self.bucket);
        let now = self.clock.now();
        let outcome = upload::look(places, import, &SystemClock, now).await?;
        let (import, outcome) = (import.id.as_str(), outcome.as_str());
        tracing::info!(request_id, import, outcome, "{import}: {outcome}");
        Ok(())
    }
}
