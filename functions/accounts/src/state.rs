//! What the handlers have at hand.

use std::sync::Arc;

use accounts::gateway::mt5::{Mt5Gateway, Mt5Settings};
use accounts::gateway::webhook::allowed_hosts;
use accounts::store::Store;
use platform::aws::SdkConfig;
use platform::config::Env;
use platform::dynamo::Table;
use platform::keys::Vault;
use platform::objects::Bucket;
use platform::secrets::Secrets;
use web::Platform;

/// The function's state, shared by its requests.
#[derive(Clone, Debug)]
pub struct App {
    /// The platform.
    pub platform: Platform,
    /// The accounts' store.
    pub store: Store,
    /// The bucket that files of imports are sent to.
    pub imports: Bucket,
    /// The MT5 gateway.
    pub gateway: Mt5Gateway,
    /// Seals and opens.
    pub vault: Vault,
    /// Hosts that webhooks may reach although they are not public; the local
    /// stage's alone.
    pub webhook_hosts: Arc<Vec<String>>,
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
        let secrets = Arc::new(Secrets::new(aws_sdk_secretsmanager::Client::new(aws)));
        let vault = Vault::new(Arc::clone(&secrets), env.text("MASTER_KEY_SECRET")?);
        let platform_table = Table::new(dynamo.clone(), env.text("PLATFORM_TABLE")?);
        let gateway =
            Mt5Gateway::new(Mt5Settings::from_env(env)?, secrets, platform_table.clone())?;
        Ok(Self {
            platform: Platform::new(env, platform_table, Some(vault.clone()))?,
            imports: Bucket::from_env(env, "IMPORTS_BUCKET")?,
            store: Store::new(Table::new(dynamo, env.text("ACCOUNTS_TABLE")?)),
            gateway,
            vault,
            webhook_hosts: Arc::new(allowed_hosts(env)),
        })
    }
}
