//! What the handlers have at hand.

use platform::aws::SdkConfig;
use platform::config::{ConfigError, Env};
use platform::dynamo::Table;
use platform::queue::{Gauges, Paces};
use web::Platform;

/// The function's state, shared by its requests.
#[derive(Clone, Debug)]
pub struct App {
    /// The platform.
    pub platform: Platform,
    pub(crate) gauges: Gauges,
    pub(crate) paces: Paces,
    pub(crate) trading: trading::Store,
    pub(crate) connections: realtime::store::Store,
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
        let table = |name| Ok::<_, ConfigError>(Table::new(dynamo.clone(), env.text(name)?));
        let platform_table = table("PLATFORM_TABLE")?;
        Ok(Self {
            platform: Platform::new(env, platform_table.clone(), None)?,
            gauges: Gauges::from_env(aws_sdk_sqs::Client::new(aws), env)?,
            paces: Paces::new(platform_table),
            trading: trading::Store::new(table("TRADING_TABLE")?),
            connections: realtime::store::Store::new(table("REALTIME_TABLE")?),
        })
    }
}
