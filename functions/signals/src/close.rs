//! `POST /api/signals/{id}/close`

use axum::extract::State;
use garde::Validate;
use kernel::id::SignalId;
use kernel::time::Timestamp;
use kernel::{Error, Number};
use rust_decimal::Decimal;
use serde::Deserialize;
use signals::domain::outcome::Verdict;
use signals::domain::setup::is_price;
use signals::domain::signal::Closing;
use signals::view::SignalView;
use utoipa::ToSchema;
use web::caller::{Acting, Writing};
use web::extract::{CurrentRequest, Json, Path};
use web::problem::ProblemBody;

use crate::App;

/// How a signal went: `exit_price`, or `result` alone.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct CloseBody {
    /// The price that it was left at.
    #[garde(custom(optional_price))]
    exit_price: Option<Number>,
    /// The price that it was entered at; the signal's own where left out.
    #[garde(custom(optional_price))]
    entry_price: Option<Number>,
    /// How it went, where no price says so; `void` counts in no statistics.
    #[garde(skip)]
    result: Option<Verdict>,
    /// When; now where left out.
    #[garde(skip)]
    #[schema(value_type = Option<String>, format = DateTime)]
    closed_at: Option<Timestamp>,
}

/// Gives a signal its result: the author one of their own, who publishes one
/// that is published.
#[utoipa::path(
    post,
    path = "/api/signals/{id}/close",
    tag = "signals",
    security(("jwt" = [])),
    params(("id" = String, Path, description = "The signal")),
    request_body = CloseBody,
    responses(
        (status = 200, description = "The signal with its result", body = SignalView),
        (status = 400, description = "The result cannot be", body = ProblemBody),
        (status = 403, description = "The caller may not", body = ProblemBody),
        (status = 404, description = "No such signal of the caller", body = ProblemBody),
        (status = 409, description = "It was never sent, or has a result", body = ProblemBody),
    )
)]
pub(crate) async fn close(
    State(app): State<App>,
    caller: Acting<Writing>,
    CurrentRequest(request): CurrentRequest,
    Path(id): Path<SignalId>,
    Json(body): Json<CloseBody>,
) -> web::Result<Json<SignalView>> {
    let closing = Closing {
        exit_price: body.exit_price.map(Decimal::from),
        entry_price: body.entry_price.map(Decimal::from),
        verdict: body.result,
        closed_at: body.closed_at,
    };
    let (owner, request) = (caller.owner(), app.platform.request(&request));
    let closed = match app.signals.close(&owner, &id, &closing, request).await {
        Err(Error::NotFound(_)) if caller.is_platform_admin => {
            app.signals.close_published(&id, &closing, request).await?
        }
        closed => closed?,
    };
    Ok(Json(closed.into()))
}

fn optional_price(value: &Option<Number>, (): &()) -> garde::Result {
    match value.is_none_or(|price| is_price(price.0)) {
        true => Ok(()),
        false => Err(garde::Error::new(
            "must be above 0, at most 1000000000, with 12 decimals at most",
        )),
    }
}
