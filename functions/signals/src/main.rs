//! The signals function: wiring.

use fn_signals::App;
use platform::config::Env;
use platform::{aws, runtime, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let env = Env::from_process();
    telemetry::start(&env);
    let app = App::new(&env, &aws::config(&env)?)?;
    runtime::serve_http(fn_signals::router(app)).await
}
