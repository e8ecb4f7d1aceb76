//! Dispatch: outbox rows from the tables' streams to their queues, and once a
//! minute those that a stream missed. The same job erases what is left of
//! deleted organizations, which finishes what others have begun as well, and
//! notes in which queues nothing waits.

use kernel::time::{Clock, Timestamp};
use organizations::Store;
use organizations::app::erase_deleted;
use platform::aws::SdkConfig;
use platform::clock::{BusinessClock, SystemClock};
use platform::config::Env;
use platform::dynamo::{Key, Table};
use platform::outbox::{Dispatcher, Row, row_of};
use platform::queue::{Paces, Queue, Queues};
use platform::runtime::{Event, EventRecord};
use serde_json::{Value, json};

/// The settings that name the tables with an outbox.
const TABLES: [&str; 6] = [
    "ACCOUNTS_TABLE",
    "IDENTITY_TABLE",
    "ORGANIZATIONS_TABLE",
    "AUDIT_TABLE",
    "REALTIME_TABLE",
    "TRADING_TABLE",
];

/// The function's state.
#[derive(Debug)]
pub struct App {
    /// By the name of the table.
    dispatchers: Vec<(String, Dispatcher)>,
    queues: Queues,
    paces: Paces,
    organizations: Store,
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
        let mut dispatchers = Vec::with_capacity(TABLES.len());
        for setting in TABLES {
            let name = env.text(setting)?;
            let table = Table::new(dynamo.clone(), name.as_str());
            dispatchers.push((name, Dispatcher::new(table, queues.clone())));
        }
        let organizations = Table::new(dynamo, env.text("ORGANIZATIONS_TABLE")?);
        Ok(Self {
            dispatchers,
            queues,
            paces: Paces::new(platform_table.clone()),
            organizations: Store::new(organizations),
            clock: BusinessClock::of(env, platform_table),
        })
    }

    /// Handles records of the stream, or the minute's job. Records never
    /// fail it: what is not handed on stays in the table, and a stream that
    /// stops would hold up everybody.
    ///
    /// # Errors
    /// Where the job's store fails, or the event is of another kind.
    pub async fn handle(&self, event: Event) -> kernel::Result<Value> {
        self.clock.refresh().await;
        let now = self.clock.now();
        match event {
            Event::Stream(stream) => {
                let mut sent = 0;
                for (table, dispatcher) in &self.dispatchers {
                    let records = stream.records.iter();
                    let of_table = records.filter(|record| is_of(record, table));
                    let rows = of_table.filter_map(row).collect();
                    sent += dispatcher.forward(rows, now).await;
                }
                tracing::info!(sent, "events handed on: {sent}");
                Ok(json!({"batchItemFailures": []}))
            }
            Event::Job(_) => {
                let noted = self.paces.note_empty(&self.queues, SystemClock.now());
                let (swept, ()) = tokio::join!(self.sweep(now), noted);
                let swept = swept?;
                let erased = erase_deleted(&self.organizations).await?;
                tracing::info!(swept, erased, "events swept: {swept}");
                Ok(json!({"swept": swept, "erased": erased}))
            }
            Event::Queue(_) => Err(kernel::Error::internal("no queue calls this function")),
        }
    }

    /// Hands on what the streams missed. Answers how many rows.
    async fn sweep(&self, now: Timestamp) -> kernel::Result<usize> {
        let mut swept = 0;
        for (_, dispatcher) in &self.dispatchers {
            swept += dispatcher.sweep(now, SystemClock.now()).await?;
        }
        Ok(swept)
    }
}

/// Whether a record is of the stream of a table: its ARN has the table's name
/// as a part of its own.
fn is_of(record: &EventRecord, table: &str) -> bool {
    record
        .event_source_arn
        .as_deref()
        .is_some_and(|arn| arn.split('/').nth(1) == Some(table))
}

/// The row that a record brought; what is none is told and left out.
fn row(record: &EventRecord) -> Option<(Key, Row)> {
    if record.event_name != "INSERT" {
        return None;
    }
    row_of(record.change.new_image.clone())
        .inspect_err(|error| {
            let error = kernel::error::chain(error);
            tracing::error!(error, "a record is no event");
        })
        .ok()
}
