//! Fan-out: new events of the logs to everybody who is connected and listens.

use chrono::TimeDelta;
use kernel::time::Clock;
use platform::aws::SdkConfig;
use platform::clock::SystemClock;
use platform::config::{ConfigError, Env};
use platform::dynamo::Table;
use platform::queue::{Intake, Queue, Queues};
use platform::runtime::Event;
use realtime::app::Courier;
use realtime::messages::FanoutMessage;
use serde_json::Value;

/// How long an invocation begins to send to more listeners. A page of them
/// that has begun takes at most twice the bound of the slowest, 10 s, so that
/// all ends before the function's own bound of 30 s.
const TURN: TimeDelta = TimeDelta::seconds(10);

/// The function's state.
#[derive(Debug)]
pub struct App {
    courier: Courier,
    intake: Intake,
}

impl App {
    /// From the process's settings.
    ///
    /// # Errors
    /// Where a setting is missing.
    pub fn new(env: &Env, aws: &SdkConfig) -> Result<Self, ConfigError> {
        let sqs = aws_sdk_sqs::Client::new(aws);
        let queues = Queues::from_env(sqs, env, &[Queue::Fanout])?;
        let dynamo = aws_sdk_dynamodb::Client::new(aws);
        let platform_table = Table::new(dynamo, env.text("PLATFORM_TABLE")?);
        Ok(Self {
            courier: Courier::new(env, aws, queues)?,
            intake: Intake::new(platform_table, Queue::Fanout),
        })
    }

    /// Handles messages of the queue.
    ///
    /// # Errors
    /// Where the event is of another kind.
    pub async fn handle(&self, event: Event) -> kernel::Result<Value> {
        let Event::Queue(messages) = event else {
            return Err(kernel::Error::internal(
                "only its queue calls this function",
            ));
        };
        let turn_ends = SystemClock.now() + TURN;
        let fan_out =
            async |of_log: Vec<FanoutMessage>| self.courier.fan_out(of_log, turn_ends).await;
        let failed = self.intake.consume_in_order(messages, fan_out).await;
        serde_json::to_value(failed).map_err(kernel::Error::internal)
    }
}
