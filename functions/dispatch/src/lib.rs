//! Dispatch: outbox rows from the table's stream to their queues, and once a
//! minute those that the stream missed.

use kernel::time::Clock;
use platform::aws::SdkConfig;
use platform::clock::{BusinessClock, SystemClock};
use platform::config::Env;
use platform::dynamo::Table;
use platform::outbox::{Dispatcher, row_of};
use platform::queue::{Queue, Queues};
use platform::runtime::Event;
use serde_json::{Value, json};

/// The function's state.
#[derive(Debug)]
pub struct App {
    dispatcher: Dispatcher,
    clock: BusinessClock,
}

impl App {
    /// From the process's settings.
    ///
    /// # Errors
    /// Where a setting is missing.
    pub fn new(
        env: &Env,
        aws: &SdkConfig,
    ) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let dynamo = aws_sdk_dynamodb::Client::new(aws);
        let platform_table = Table::new(dynamo.clone(), env.text("PLATFORM_TABLE")?);
        let queues = Queues::from_env(aws_sdk_sqs::Client::new(aws), env, &Queue::ALL)?;
        let table = Table::new(dynamo, env.text("ACCOUNTS_TABLE")?);
        Ok(Self {
            dispatcher: Dispatcher::new(table, queues),
            clock: BusinessClock::of(env, platform_table),
        })
    }

    /// Handles records of the stream, or the sweeper's job. Records never
    /// fail it: what is not handed on stays in the table, and a stream that
    /// stops would hold up everybody.
    ///
    /// # Errors
    /// Where the sweeper's read fails, or the event is of another kind.
    pub async fn handle(&self, event: Event) -> kernel::Result<Value> {
        self.clock.refresh().await;
        let now = self.clock.now();
        match event {
            Event::Stream(stream) => {
                let rows = stream
                    .records
                    .into_iter()
                    .filter(|record| record.event_name == "INSERT")
                    .filter_map(|record| match row_of(record.change.new_image) {
                        Ok(row) => Some(row),
                        Err(error) => {
                            let error = kernel::error::chain(&error);
                            tracing::error!(error, "a record is no event");
                            None
                        }
                    })
                    .collect();
                let sent = self.dispatcher.forward(rows, now).await;
                tracing::info!(sent, "events handed on: {sent}");
                Ok(json!({"batchItemFailures": []}))
            }
            Event::Job(_) => {
                let swept = self.dispatcher.sweep(now, SystemClock.now()).await?;
                tracing::info!(swept, "events swept: {swept}");
                Ok(json!({"swept": swept}))
            }
            Event::Queue(_) => Err(kernel::Error::internal("no queue calls this function")),
        }
    }
}
