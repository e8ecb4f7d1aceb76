//! The webhooks function.

use std::sync::Arc;

use accounts::app::deliver::Deliverer;
use accounts::gateway::webhook::{Sender, allowed_hosts};
use accounts::store::Store;
use fn_webhooks::{App, handle};
use kernel::error::Cause;
use platform::clock::BusinessClock;
use platform::config::Env;
use platform::dynamo::Table;
use platform::keys::Vault;
use platform::queue::{Intake, Queue, Queues};
use platform::secrets::Secrets;
use platform::{aws, runtime, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Cause> {
    let env = Env::from_process();
    telemetry::start(&env);
    let config = aws::config(&env)?;
    let dynamo = aws_sdk_dynamodb::Client::new(&config);
    let secrets = Secrets::new(aws_sdk_secretsmanager::Client::new(&config));
    let sqs = aws_sdk_sqs::Client::new(&config);
    let deliverer = Deliverer {
        store: Store::new(Table::new(dynamo.clone(), env.text("ACCOUNTS_TABLE")?)),
        vault: Vault::new(Arc::new(secrets), env.text("MASTER_KEY_SECRET")?),
        sender: Sender::new(allowed_hosts(&env))?,
        queues: Queues::from_env(sqs, &env, &[Queue::Webhooks])?,
    };
    let platform_table = Table::new(dynamo, env.text("PLATFORM_TABLE")?);
    let app = App {
        deliverer,
        intake: Intake::new(platform_table.clone(), Queue::Webhooks),
        clock: BusinessClock::of(&env, platform_table),
    };
    runtime::serve_events(|event| handle(&app, event)).await
}
