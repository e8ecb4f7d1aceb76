//! The firebridge function: wiring.

use fn_firebridge::App;
use platform::config::Env;
use platform::{aws, runtime, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let env = Env::from_process();
    telemetry::start(&env);
    let app = App::new(&env, &aws::config(&env)?)?;
    runtime::serve_http(fn_firebridge::router(app)).await
}
