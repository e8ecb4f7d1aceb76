//! Terminals: looks whether each is still there a minute after its last sign,
//! and once a minute takes up the looks that were lost.

use kernel::time::Clock;
use platform::aws::SdkConfig;
use platform::clock::SystemClock;
use platform::config::Env;
use platform::dynamo::Table;
use platform::live::Live;
use platform::queue::{Intake, Queue, Queues};
use platform::runtime::Event;
use serde_json::{Value, json};
use trading::app::Watch;
use trading::{Request, Trading};

/// The function's state.
#[derive(Debug)]
pub struct App {
    /// The use cases of trading.
    pub trading: Trading,
    intake: Intake,
    queues: Queues,
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
        let sqs = aws_sdk_sqs::Client::new(aws);
        let platform_table = Table::new(dynamo.clone(), env.text("PLATFORM_TABLE")?);
        let trading_table = Table::new(dynamo.clone(), env.text("TRADING_TABLE")?);
        let realtime_table = Table::new(dynamo, env.text("REALTIME_TABLE")?);
        Ok(Self {
            intake: Intake::new(platform_table.clone(), Queue::Terminals),
            trading: Trading::new(trading_table, platform_table, Live::new(realtime_table)),
            queues: Queues::from_env(sqs, env, &[Queue::Terminals])?,
        })
    }

    /// Handles looks that the queue brings, or the job that finds lost ones.
    ///
    /// # Errors
    /// Where the store fails, or the event is of another kind.
    pub async fn handle(&self, event: Event) -> kernel::Result<Value> {
        match event {
            Event::Queue(event) => {
                let look = async |watch: Watch| {
                    let id = format!("look:{}:{}", watch.device, watch.watch);
                    self.trading.look(&watch, &self.queues, request(&id)).await
                };
                let failed = self.intake.consume(event, look).await;
                serde_json::to_value(failed).map_err(kernel::Error::internal)
            }
            Event::Job(job) => {
                let looked = self
                    .trading
                    .look_after_lost(&self.queues, request(&job))
                    .await?;
                tracing::info!(looked, "terminals that nobody looked after: {looked}");
                Ok(json!({"looked": looked}))
            }
            Event::Stream(_) => Err(kernel::Error::internal("no stream calls this function")),
        }
    }
}

/// Signs of terminals go by real time.
fn request(id: &str) -> Request<'_> {
    Request {
        id,
        now: SystemClock.now(),
    }
}
