//! The imports function: wiring.

use fn_imports::App;
use platform::config::Env;
use platform::{aws, runtime, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let env = Env::from_process();
    telemetry::start(&env);
    let app = &App::new(&env, &aws::config(&env)?)?;
    runtime::serve_events(async |event| app.handle(event).await).await
}
