//! `POST /api/signals/simulate`

use axum::extract::State;
use garde::Validate;
use kernel::id::SignalId;
use kernel::time::Timestamp;
use kernel::{Error, Number};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use signals::domain::setup::Setup;
use signals::domain::simulate::{
    CANDLES_MAX, Candle, Exit, ExitReason, Management, Simulated, SimulationStatus, simulate as run,
};
use utoipa::ToSchema;
use web::caller::{Acting, Reading};
use web::extract::Json;
use web::problem::ProblemBody;

use crate::App;
use crate::signals::SignalBody;
use crate::state::sight;

/// What the price did in a span of time.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct CandleBody {
    /// When it begins.
    #[garde(skip)]
    #[schema(value_type = String, format = DateTime)]
    time: Timestamp,
    #[garde(skip)]
    open: Number,
    #[garde(skip)]
    high: Number,
    #[garde(skip)]
    low: Number,
    #[garde(skip)]
    close: Number,
}

/// A signal, and the candles that it is run on.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct SimulateSignalBody {
    /// The signal; or `signal_id`.
    #[garde(dive)]
    signal: Option<SignalBody>,
    /// A stored signal of the caller, or a published one; or `signal`.
    #[garde(skip)]
    #[schema(value_type = Option<String>)]
    signal_id: Option<SignalId>,
    /// At most 5,000, in order of time.
    #[garde(inner(length(max = CANDLES_MAX)))]
    candles: Option<Vec<CandleBody>>,
    /// The target after which the stop moves to the entry, 1 to 20.
    #[garde(inner(range(min = 1, max = 20)))]
    breakeven_after: Option<u8>,
}

/// A part that was closed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SimulatedExit {
    price: Number,
    /// The share of the position, from 0 to 1.
    weight: Number,
    reason: ExitReason,
    /// The target's number from 1, where one was reached.
    target: Option<u8>,
    #[schema(value_type = String, format = DateTime)]
    time: Timestamp,
}

impl From<Exit> for SimulatedExit {
    fn from(exit: Exit) -> Self {
        Self {
            price: Number::exact(exit.price),
            weight: Number::percent(exit.weight),
            reason: exit.reason,
            target: exit.target,
            time: exit.time,
        }
    }
}

/// What a signal would have done. A candle does not tell in which order its
/// prices came, so the order is taken that is worse for the signal: the stop
/// before a target, and no target in the candle of the entry.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SignalSimulation {
    status: SimulationStatus,
    /// The share of the planned size that was entered, from 0 to 1.
    filled: Number,
    /// The mean price of what was entered.
    entry_price: Option<Number>,
    /// The candle of the first entry.
    #[schema(value_type = Option<String>, format = DateTime)]
    filled_at: Option<Timestamp>,
    exits: Vec<SimulatedExit>,
    /// The share that is open after the last candle, counted at its close.
    open: Number,
    /// The result in percent of the entry price.
    pnl_percent: Option<Number>,
    /// The result in multiples of the risk from entry to stop.
    r_multiple: Option<Number>,
    /// The furthest that the price went against the entry, in percent of it.
    max_adverse_excursion: Option<Number>,
    /// The furthest that the price went with the entry, in percent of it.
    max_favourable_excursion: Option<Number>,
}

impl From<Simulated> for SignalSimulation {
    fn from(done: Simulated) -> Self {
        Self {
            status: done.status,
            filled: Number::percent(done.filled),
            entry_price: done.entry_price.map(price),
            filled_at: done.filled_at,
            exits: done.exits.into_iter().map(Into::into).collect(),
            open: Number::percent(done.open),
            pnl_percent: done.pnl_percent.map(Number::percent),
            r_multiple: done.r_multiple.map(Number::percent),
            max_adverse_excursion: done.adverse_percent.map(Number::percent),
            max_favourable_excursion: done.favourable_percent.map(Number::percent),
        }
    }
}

/// What a signal would have done on given candles.
#[utoipa::path(
    post,
    path = "/api/signals/simulate",
    tag = "signals",
    security(("jwt" = [])),
    request_body = SimulateSignalBody,
    responses(
        (status = 200, description = "What it would have done", body = SignalSimulation),
        (status = 400, description = "The signal is impossible, or the candles cannot be", body = ProblemBody),
        (status = 404, description = "No such signal of the caller", body = ProblemBody),
        (status = 422, description = "The message is no signal", body = ProblemBody),
    )
)]
pub(crate) async fn simulate(
    State(app): State<App>,
    caller: Acting<Reading>,
    Json(body): Json<SimulateSignalBody>,
) -> web::Result<Json<SignalSimulation>> {
    let setup = match (body.signal, body.signal_id) {
        (Some(signal), None) => signal.draft()?.setup,
        (None, Some(id)) => stored(&app, &caller, &id).await?,
        _ => return Err(Error::field("signal", "send either signal or signal_id").into()),
    };
    let candles = body.candles.ok_or_else(|| {
        let sentence = "are required: none are stored to run it on";
        Error::field("candles", sentence)
    })?;
    let candles: Vec<Candle> = candles.into_iter().map(candle).collect();
    let management = Management {
        breakeven_after: body.breakeven_after,
    };
    let done = run(&setup, management, &candles).map_err(Error::Invalid)?;
    Ok(Json(done.into()))
}

async fn stored(app: &App, caller: &Acting<Reading>, id: &SignalId) -> Result<Setup, Error> {
    let store = &app.signals.store;
    if let Some(signal) = store.signal(&caller.owner(), id).await? {
        return Ok(signal.setup);
    }
    let published = store.published(sight(caller), id).await?;
    Ok(published.ok_or(Error::NotFound("signal"))?.setup)
}

fn candle(body: CandleBody) -> Candle {
    Candle {
        time: body.time,
        open: body.open.0,
        high: body.high.0,
        low: body.low.0,
        close: body.close.0,
    }
}

/// A mean price, with the digits that prices have.
fn price(value: Decimal) -> Number {
    Number::exact(value.round_dp(signals::domain::setup::PRICE_SCALE_MAX))
}
