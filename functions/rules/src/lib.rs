//! Rules: accounts with inputs to judge.

use accounts::app::judge::judge;
use accounts::app::messages::RulesMessage;
use accounts::store::Store;
use kernel::time::Clock;
use platform::aws::SdkConfig;
use platform::clock::BusinessClock;
use platform::config::Env;
use platform::dynamo::Table;
use platform::live::Live;
use platform::queue::{Intake, Queue};
use platform::runtime::Event;
use serde_json::Value;

/// The function's state.
#[derive(Debug)]
pub struct App {
    store: Store,
    live: Live,
    intake: Intake,
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
        Ok(Self {
            store: Store::new(Table::new(dynamo.clone(), env.text("ACCOUNTS_TABLE")?)),
            live: Live::new(Table::new(dynamo, env.text("REALTIME_TABLE")?)),
            intake: Intake::new(platform_table.clone(), Queue::Rules),
            clock: BusinessClock::of(env, platform_table),
        })
    }

    /// Handles an event of the queue.
    ///
    /// # Errors
    /// Where the event is of another kind.
    pub async fn handle(&self, event: Event) -> kernel::Result<Value> {
        self.clock.refresh().await;
        let Event::Queue(messages) = event else {
            return Err(kernel::Error::internal(
                "only its queue calls this function",
            ));
        };
        let carry_out = async |message| self.carry_out(message).await;
        let failed = self.intake.consume_grouped(messages, account, carry_out);
        let failed = failed.await;
        serde_json::to_value(failed).map_err(kernel::Error::internal)
    }

    async fn carry_out(&self, message: RulesMessage) -> kernel::Result<()> {
        let RulesMessage::Judge {
            shop,
            account,
            request_id,
        } = message;
        let stores = (&self.store, &self.live);
        let now = self.clock.now();
        let count = judge(stores, (&shop, &account), &request_id, now).await?;
        tracing::info!(
            request_id,
            account = account.as_str(),
            inputs = count,
            "{account}: {count} inputs judged"
        );
        Ok(())
    }
}

/// The account that a message says to look at: one look sees all that waits.
fn account(message: &RulesMessage) -> Option<String> {
    let RulesMessage::Judge { account, .. } = message;
    Some(account.to_string())
}
