//! Funded accounts over HTTP: the shops' side by signed calls, the traders' by
//! access tokens.

mod access;
mod accounts;
mod adjustments;
mod challenge;
mod connect;
mod deal_classes;
mod disconnect;
mod equity;
mod export;
mod import;
mod import_uploads;
mod initial_balance;
mod plans;
mod reconnect;
mod rule_states;
mod rules;
mod settings;
mod shop_account;
mod shop_accounts;
mod simulate;
mod state;
mod statistics;
mod summary;
mod sync;
mod sync_logs;
mod trades;
mod verdicts;
mod webhook;
mod webhook_replay;

pub use state::App;

use axum::Router;

web::contents! {
    App,
    // The shop's: connections.
    connect::connect,
    disconnect::disconnect,
    shop_accounts::list,
    shop_account::show,
    reconnect::reconnect,
    // The shop's: challenges and plans.
    initial_balance::set,
    challenge::reset,
    challenge::annul,
    challenge::move_plan,
    challenge::start,
    verdicts::list_for_shop,
    verdicts::decide,
    adjustments::announce,
    adjustments::list,
    adjustments::cancel,
    adjustments::explain,
    deal_classes::set,
    import::into_judged,
    import_uploads::request_into_judged,
    import_uploads::show_into_judged,
    plans::list,
    plans::put,
    deal_classes::show,
    deal_classes::put,
    simulate::simulate,
    simulate::result,
    // The shop's: webhooks.
    webhook::show,
    webhook::put,
    webhook::delete,
    webhook::deliveries,
    webhook_replay::replay_range,
    webhook_replay::replay,
    // The trader's.
    accounts::list,
    import::for_analysis,
    import_uploads::request_for_analysis,
    import_uploads::show_for_analysis,
    summary::show,
    trades::list,
    equity::show,
    equity::history,
    sync::sync,
    sync_logs::list,
    rules::show,
    verdicts::list_for_trader,
    statistics::show,
    export::workbook,
    settings::show,
    settings::put,
}

/// The function's router with its chain.
pub fn router(app: App) -> Router {
    let platform = app.platform.clone();
    web::app::serve(routes().with_state(app), &platform)
}
