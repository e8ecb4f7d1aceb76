//! What the handlers have at hand.

use kernel::access::Tier;
use platform::aws::SdkConfig;
use platform::config::Env;
use platform::dynamo::Table;
use platform::live::Live;
use signals::{Signals, Store};
use trading::Trading;
use web::Platform;
use web::caller::Acting;

use crate::terminals::PairedTerminals;

/// The function's state, shared by its requests.
#[derive(Clone, Debug)]
pub struct App {
    /// The platform.
    pub platform: Platform,
    /// The use cases of signals.
    pub signals: Signals<PairedTerminals>,
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
        let signals_table = Table::new(dynamo.clone(), env.text("SIGNALS_TABLE")?);
        let trading_table = Table::new(dynamo.clone(), env.text("TRADING_TABLE")?);
        let live = Live::new(Table::new(dynamo, env.text("REALTIME_TABLE")?));
        let trading = Trading::new(trading_table, platform_table.clone(), live.clone());
        Ok(Self {
            platform: Platform::new(env, platform_table, None)?,
            signals: Signals {
                store: Store::new(signals_table),
                terminals: PairedTerminals {
                    trading,
                    live: live.clone(),
                },
                live,
            },
        })
    }
}

/// Up to which tier a caller sees what is published; who publishes sees all.
pub(crate) fn sight<N>(caller: &Acting<N>) -> Tier {
    match caller.is_platform_admin {
        true => Tier::Vip,
        false => caller.tier,
    }
}
