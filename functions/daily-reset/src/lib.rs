//! Resets: hands every account of which a reset is due, in whatever zone, to
//! the rules function. Called each minute, and by the zone's own schedule; to
//! be called twice, or late, does no harm.

use accounts::app::reset::fan_out;
use accounts::store::Store;
use kernel::time::Clock;
use platform::aws::SdkConfig;
use platform::clock::BusinessClock;
use platform::config::Env;
use platform::dynamo::Table;
use platform::queue::{Queue, Queues};
use platform::runtime::Event;
use serde_json::{Value, json};

/// The function's state.
#[derive(Debug)]
pub struct App {
    store: Store,
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
        let platform_table = Table::new(dynamo.clone(), env.text("PLATFORM_TABLE")?);
        let sqs = aws_sdk_sqs::Client::new(aws);
        Ok(Self {
            store: Store::new(Table::new(dynamo, env.text("ACCOUNTS_TABLE")?)),
            queues: Queues::from_env(sqs, env, &[Queue::Rules])?,
            clock: BusinessClock::of(env, platform_table),
        })
    }

    /// Handles a schedule's job.
    ///
    /// # Errors
    /// Where the event is of another kind, or the store fails.
    pub async fn handle(&self, event: Event) -> kernel::Result<Value> {
        self.clock.refresh().await;
        let Event::Job(_) = event else {
            return Err(kernel::Error::internal("only schedules call this function"));
        };
        let due = fan_out(&self.store, &self.queues, self.clock.now()).await?;
        tracing::info!(due, "accounts due: {due}");
        Ok(json!({"due": due}))
    }
}
