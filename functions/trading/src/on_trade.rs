//! `/api/trades/{id}/close`, `partial-close`, `modify` and `trailing-stop`

use axum::extract::State;
use axum::response::Response;
use garde::Validate;
use kernel::id::TradeId;
use kernel::{Error, Number};
use rust_decimal::Decimal;
use serde::Deserialize;
use trading::app::{Amount, OnTrade};
use utoipa::ToSchema;
use web::caller::{Acting, Writing};
use web::extract::{CurrentRequest, Json, Path, accepted};
use web::problem::ProblemBody;

use crate::App;
use crate::commands::CommandAnswer;

/// How much is closed: exactly one of the two.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct PartialCloseBody {
    /// Lots, fewer than are open.
    #[garde(skip)]
    lots: Option<Number>,
    /// Percent of the open lots, above 0 and below 100; rounded down to
    /// hundredths of a lot.
    #[garde(skip)]
    percent: Option<Number>,
}

/// New levels; one that is left out stays, and 0 takes one away.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct ModifyBody {
    /// Where the trade is given up.
    #[serde(alias = "stopLoss")]
    #[garde(skip)]
    stop_loss: Option<Number>,
    /// Where its gain is taken.
    #[serde(alias = "takeProfit")]
    #[garde(skip)]
    take_profit: Option<Number>,
}

/// A stop that follows the price.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct TrailingStopBody {
    /// How far behind the price, in units of the price.
    #[garde(skip)]
    distance: Number,
    /// By how much it moves at least, in units of the price.
    #[garde(skip)]
    step: Number,
}

/// Has the terminal that holds a trade close it, or take it back where it still
/// waits for its price.
#[utoipa::path(
    post,
    path = "/api/trades/{id}/close",
    tag = "trading",
    security(("jwt" = [])),
    params(("id" = String, Path, description = "The trade")),
    responses(
        (status = 202, description = "The terminal is told", body = CommandAnswer),
        (status = 404, description = "The caller has no such trade", body = ProblemBody),
        (status = 409, description = "The trade has ended, or its terminal was revoked", body = ProblemBody),
    )
)]
pub(crate) async fn close(
    State(app): State<App>,
    caller: Acting<Writing>,
    Path(trade): Path<TradeId>,
    CurrentRequest(id): CurrentRequest,
) -> web::Result<Response> {
    tell(&app, &caller, &trade, OnTrade::Close, &id).await
}

/// Has the terminal that holds a trade close a part of it.
#[utoipa::path(
    post,
    path = "/api/trades/{id}/partial-close",
    tag = "trading",
    security(("jwt" = [])),
    params(("id" = String, Path, description = "The trade")),
    request_body = PartialCloseBody,
    responses(
        (status = 202, description = "The terminal is told", body = CommandAnswer),
        (status = 400, description = "Not less than is open, or not exactly one of the two", body = ProblemBody),
        (status = 404, description = "The caller has no such trade", body = ProblemBody),
        (status = 409, description = "The trade is not open, or its terminal was revoked", body = ProblemBody),
    )
)]
pub(crate) async fn partial_close(
    State(app): State<App>,
    caller: Acting<Writing>,
    Path(trade): Path<TradeId>,
    CurrentRequest(id): CurrentRequest,
    Json(body): Json<PartialCloseBody>,
) -> web::Result<Response> {
    let amount = amount(&body)?;
    tell(&app, &caller, &trade, OnTrade::PartialClose(amount), &id).await
}

/// Has the terminal that holds a trade set its stop loss and take profit.
#[utoipa::path(
    put,
    path = "/api/trades/{id}/modify",
    tag = "trading",
    security(("jwt" = [])),
    params(("id" = String, Path, description = "The trade")),
    request_body = ModifyBody,
    responses(
        (status = 202, description = "The terminal is told", body = CommandAnswer),
        (status = 400, description = "A level is on the wrong side of the price", body = ProblemBody),
        (status = 404, description = "The caller has no such trade", body = ProblemBody),
        (status = 409, description = "The trade is not open, or its terminal was revoked", body = ProblemBody),
    )
)]
pub(crate) async fn modify(
    State(app): State<App>,
    caller: Acting<Writing>,
    Path(trade): Path<TradeId>,
    CurrentRequest(id): CurrentRequest,
    Json(body): Json<ModifyBody>,
) -> web::Result<Response> {
    let what = OnTrade::Modify {
        stop_loss: body.stop_loss.map(|level| level.0),
        take_profit: body.take_profit.map(|level| level.0),
    };
    tell(&app, &caller, &trade, what, &id).await
}

/// Has the terminal that holds a trade let its stop follow the price.
#[utoipa::path(
    post,
    path = "/api/trades/{id}/trailing-stop",
    tag = "trading",
    security(("jwt" = [])),
    params(("id" = String, Path, description = "The trade")),
    request_body = TrailingStopBody,
    responses(
        (status = 202, description = "The terminal is told", body = CommandAnswer),
        (status = 400, description = "The distance or the step cannot be", body = ProblemBody),
        (status = 404, description = "The caller has no such trade", body = ProblemBody),
        (status = 409, description = "The trade is not open, or its terminal was revoked", body = ProblemBody),
    )
)]
pub(crate) async fn trailing_stop(
    State(app): State<App>,
    caller: Acting<Writing>,
    Path(trade): Path<TradeId>,
    CurrentRequest(id): CurrentRequest,
    Json(body): Json<TrailingStopBody>,
) -> web::Result<Response> {
    let what = OnTrade::TrailingStop {
        distance: body.distance.0,
        step: body.step.0,
    };
    tell(&app, &caller, &trade, what, &id).await
}

fn amount(body: &PartialCloseBody) -> Result<Amount, Error> {
    match (body.lots, body.percent) {
        (Some(lots), None) => Ok(Amount::Lots(lots.0)),
        (None, Some(percent)) => {
            let percent = percent.0;
            match Decimal::ZERO < percent && percent < Decimal::ONE_HUNDRED {
                true => Ok(Amount::Percent(percent)),
                false => Err(Error::field("percent", "must be above 0 and below 100")),
            }
        }
        _ => Err(Error::field(
            "lots",
            "exactly one of lots and percent is required",
        )),
    }
}

async fn tell(
    app: &App,
    caller: &Acting<Writing>,
    trade: &TradeId,
    what: OnTrade,
    request_id: &str,
) -> web::Result<Response> {
    let request = app.platform.request(request_id);
    let command = app
        .trading
        .do_with(&caller.owner(), trade, what, request)
        .await?;
    let epoch = command.epoch;
    Ok(accepted(CommandAnswer::of(command, epoch, request.now)?))
}
