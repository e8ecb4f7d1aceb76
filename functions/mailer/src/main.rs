//! The mailer function: wiring.

use std::sync::Arc;

use fn_mailer::{App, Ledger, handle};
use identity::gateway::mail::Mailer;
use identity::store::Store;
use kernel::error::Cause;
use platform::config::Env;
use platform::dynamo::Table;
use platform::keys::Vault;
use platform::queue::{Intake, Queue};
use platform::secrets::Secrets;
use platform::{aws, runtime, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Cause> {
    let env = Env::from_process();
    telemetry::start(&env);
    let config = aws::config(&env)?;
    let dynamo = aws_sdk_dynamodb::Client::new(&config);
    let secrets = Arc::new(Secrets::new(aws_sdk_secretsmanager::Client::new(&config)));
    let identity_table = Table::new(dynamo.clone(), env.text("IDENTITY_TABLE")?);
    let platform_table = Table::new(dynamo, env.text("PLATFORM_TABLE")?);
    let app = App {
        mailer: Mailer::from_env(&env, &secrets)?,
        vault: Vault::new(secrets, env.text("MASTER_KEY_SECRET")?),
        ledger: Ledger::new(platform_table.clone()),
        intake: Intake::new(platform_table.clone(), Queue::Mail),
        store: Store::new(identity_table, platform_table),
        app_url: env.text("APP_URL")?,
    };
    runtime::serve_events(|event| handle(&app, event)).await
}
