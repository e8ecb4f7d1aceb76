//! What the handlers have at hand.

use platform::aws::SdkConfig;
use platform::config::Env;
use platform::dynamo::Table;
use platform::live::Live;
use trading::Trading;
use web::Platform;

/// The function's state, shared by its requests.
#[derive(Clone, Debug)]
pub struct App {
    /// The platform.
    pub platform: Platform,
    /// The use cases of trading.
    pub trading: Trading,
    /// The signals, whose counts a dashboard shows.
    pub signals: signals::Store,
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
        let trading_table = Table::new(dynamo.clone(), env.text("TRADING_TABLE")?);
        let signals_table = Table::new(dynamo.clone(), env.text("SIGNALS_TABLE")?);
        let realtime_table = Table::new(dynamo, env.text("REALTIME_TABLE")?);
        Ok(Self {
            platform: Platform::new(env, platform_table.clone(), None)?,
            trading: Trading::new(trading_table, platform_table, Live::new(realtime_table)),
            signals: signals::Store::new(signals_table),
        })
    }
}
