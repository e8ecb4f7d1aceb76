//! Sync: steps of the accounts' chains from their queue, and once a minute the
//! chains that are overdue and the registrations that are left over.

use std::sync::Arc;

use accounts::app::messages::SyncMessage;
use accounts::app::sync::{Handled, Syncer, forget_left_over, revive};
use accounts::gateway::mt5::{Mt5Gateway, Mt5Settings};
use accounts::store::Store;
use kernel::time::Clock;
use platform::aws::SdkConfig;
use platform::clock::BusinessClock;
use platform::config::Env;
use platform::dynamo::Table;
use platform::keys::Vault;
use platform::queue::{Intake, Queue, Queues};
use platform::runtime::Event;
use platform::secrets::Secrets;
use serde_json::{Value, json};

/// The function's state.
#[derive(Debug)]
pub struct App {
    syncer: Syncer,
    intake: Intake,
    queues: Queues,
    clock: BusinessClock,
}

impl App {
    /// From the process's settings.
    ///
    /// # Errors
    /// Where a setting is missing or makes no sense.
    pub fn new(
        env: &Env,
        aws: &SdkConfig,
    ) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let dynamo = aws_sdk_dynamodb::Client::new(aws);
        let secrets = Arc::new(Secrets::new(aws_sdk_secretsmanager::Client::new(aws)));
        let platform_table = Table::new(dynamo.clone(), env.text("PLATFORM_TABLE")?);
        let settings = Mt5Settings::from_env(env)?;
        let sqs = aws_sdk_sqs::Client::new(aws);
        Ok(Self {
            syncer: Syncer {
                store: Store::new(Table::new(dynamo, env.text("ACCOUNTS_TABLE")?)),
                vault: Vault::new(Arc::clone(&secrets), env.text("MASTER_KEY_SECRET")?),
                gateway: Mt5Gateway::new(settings, secrets, platform_table.clone())?,
            },
            intake: Intake::new(platform_table.clone(), Queue::Sync),
            queues: Queues::from_env(sqs, env, &[Queue::Sync])?,
            clock: BusinessClock::of(env, platform_table),
        })
    }

    /// Handles an event of the queue or of the schedule.
    ///
    /// # Errors
    /// Where the event is none of these, or the store fails.
    pub async fn handle(&self, event: Event) -> kernel::Result<Value> {
        self.clock.refresh().await;
        match event {
            Event::Queue(messages) => {
                let step = async |message| self.step(message).await;
                let failed = self.intake.consume(messages, step).await;
                serde_json::to_value(failed).map_err(kernel::Error::internal)
            }
            Event::Job(_) => {
                let now = self.clock.now();
                let revived = revive(&self.syncer.store, &self.queues, now).await?;
                let forgotten = forget_left_over(&self.syncer, now).await?;
                tracing::info!(revived, forgotten, "chains revived: {revived}");
                Ok(json!({"revived": revived, "forgotten": forgotten}))
            }
            Event::Stream(_) => Err(kernel::Error::internal("no stream is read here")),
        }
    }

    async fn step(&self, message: SyncMessage) -> kernel::Result<()> {
        match self.syncer.handle(&message, self.clock.now()).await? {
            Handled::Done => Ok(()),
            Handled::TooEarly { delay_s } => {
                self.queues.send(Queue::Sync, &message, delay_s).await?;
                Ok(())
            }
        }
    }
}
