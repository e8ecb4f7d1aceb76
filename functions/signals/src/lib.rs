//! Signals over HTTP: made, parsed, simulated, approved and published; the
//! channels they come through and the strategies they are traded by.

#![warn(missing_docs)]

mod channels;
mod close;
mod decisions;
mod fields;
mod parse;
mod prices;
mod published;
mod query;
mod replay;
mod signals;
mod simulate;
mod state;
mod statistics;
mod strategies;
mod strategy_bodies;
mod terminals;

pub use state::App;
pub use terminals::PairedTerminals;

use axum::Router;

web::contents! {
    App,
    signals::list,
    signals::create,
    signals::show,
    parse::parse,
    parse::formats,
    simulate::simulate,
    decisions::approve,
    decisions::reject,
    replay::replay,
    close::close,
    strategies::list,
    strategies::create,
    strategies::update,
    strategies::delete,
    channels::list,
    channels::create,
    channels::update,
    channels::delete,
    published::list,
    published::history,
    statistics::show,
    published::show,
}

/// The function's router with its chain.
pub fn router(app: App) -> Router {
    let platform = app.platform.clone();
    web::app::serve(routes().with_state(app), &platform)
}
