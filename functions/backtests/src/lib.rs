//! Backtests: plans over the recorded histories of accounts, one message at a
//! time.

use accounts::app::backtest::{self, Limits};
use accounts::app::messages::BacktestMessage;
use accounts::store::Store;
use platform::aws::SdkConfig;
use platform::clock::SystemClock;
use platform::config::Env;
use platform::dynamo::Table;
use platform::queue::{Intake, Queue};
use platform::runtime::Event;
use serde_json::Value;

/// The function's state.
#[derive(Debug)]
pub struct App {
    store: Store,
    intake: Intake,
    limits: Limits,
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
        let platform_table = Table::new(dynamo.clone(), env.text("PLATFORM_TABLE")?);
        Ok(Self {
            store: Store::new(Table::new(dynamo, env.text("ACCOUNTS_TABLE")?)),
            intake: Intake::new(platform_table, Queue::Backtests),
            limits: Limits::default(),
        })
    }

    /// Sets the bounds of a run.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Handles an event of the queue.
    ///
    /// # Errors
    /// Returns an error if the event is of another kind.
    pub async fn handle(&self, event: Event) -> kernel::Result<Value> {
        let Event::Queue(messages) = event else {
            return Err(kernel::Error::internal(
                "only its queue calls this function",
            ));
        };
        let carry_out = async |message, receives| self.carry_out(message, receives).await;
        let failed = self.intake.consume_counted(messages, carry_out).await;
        serde_json::to_value(failed).map_err(kernel::Error::internal)
    }

    async fn carry_out(&self, message: BacktestMessage, receives: u32) -> kernel::Result<()> {
        let (store, limits) = (&self.store, &self.limits);
        let outcome = backtest::run(store, &message, receives, limits, &SystemClock).await?;
        let (job, outcome) = (message.job.as_str(), outcome.as_str());
        tracing::info!(
            request_id = message.request_id,
            job,
            outcome,
            receives,
            "{job}: {outcome}"
        );
        Ok(())
    }
}
