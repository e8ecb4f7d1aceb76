//! What the handlers have at hand.

use platform::aws::SdkConfig;
use platform::config::Env;
use platform::dynamo::Table;
use platform::live::Live;
use signals::Signals;
use trading::Trading;
use web::Platform;

/// The function's state, shared by its requests.
#[derive(Clone, Debug)]
pub struct App {
    /// The platform.
    pub platform: Platform,
    /// The use cases of trading.
    pub trading: Trading,
    /// The signals that trades follow; what they send is no business of here.
    pub signals: Signals<()>,
    /// Who people are.
    pub people: identity::store::Store,
    /// To which tenants they belong.
    pub organizations: organizations::Store,
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
        let live = Live::new(Table::new(dynamo.clone(), env.text("REALTIME_TABLE")?));
        let identity_table = Table::new(dynamo.clone(), env.text("IDENTITY_TABLE")?);
        let organizations_table = Table::new(dynamo, env.text("ORGANIZATIONS_TABLE")?);
        Ok(Self {
            platform: Platform::new(env, platform_table.clone(), None)?,
            trading: Trading::new(trading_table, platform_table.clone(), live.clone()),
            signals: Signals {
                store: signals::Store::new(signals_table),
                live,
                terminals: (),
            },
            people: identity::store::Store::new(identity_table, platform_table),
            organizations: organizations::Store::new(organizations_table),
        })
    }
}
