//! Logs: one JSON object a line, to standard output, where Lambda takes them.

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::Env;

/// Starts logging at the level that `LOG_LEVEL` names, `info` by default.
/// Libraries are heard from `warn` on.
pub fn start(env: &Env) {
    let level = env
        .optional("LOG_LEVEL")
        .and_then(|level| level.parse().ok())
        .unwrap_or(LevelFilter::INFO);
    let filter = Targets::new().with_default(LevelFilter::WARN).with_targets(
        [
            "accounts",
            "kernel",
            "platform",
            "realtime",
            "web",
            "fn_accounts",
            "fn_auth",
            "fn_backtests",
            "fn_imports",
            "fn_daily_reset",
            "fn_dispatch",
            "fn_fanout",
            "fn_realtime",
            "fn_rules",
            "fn_sync",
            "fn_system",
            "fn_webhooks",
            "operator",
        ]
        .map(|target| (target, level)),
    );
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false);
    // A second start, as tests do, keeps the first.
    let _ = tracing_subscriber::registry()
        .with(filter)
        .with(lines)
        .try_init();
}
