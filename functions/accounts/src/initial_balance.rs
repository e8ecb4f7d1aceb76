//! `PUT /api/s2s/accounts/{id}/initial-balance`

use accounts::model::BalanceSource;
use axum::extract::State;
use garde::Validate;
use kernel::Number;
use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::extract::{CurrentRequest, Json};
use web::problem::ProblemBody;

use crate::App;
use crate::access::NamedAccount;
use crate::challenge::administration;

/// An initial balance and its source.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct InitialBalanceBody {
    #[garde(custom(positive))]
    value: Number,
    #[garde(skip)]
    source: BalanceSource,
    /// Whatever the shop keeps with it; up to 4 KB of JSON.
    #[garde(custom(small))]
    metadata: Option<serde_json::Value>,
}

/// The initial balance after the change.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InitialBalanceAnswer {
    initial_balance: Number,
    source: BalanceSource,
    #[schema(value_type = String, format = DateTime)]
    set_at: Timestamp,
}

/// Corrects an account's initial balance. Limits, references and gain follow it;
/// a breach that stands remains until it is annulled.
#[utoipa::path(
    put,
    path = "/api/s2s/accounts/{id}/initial-balance",
    tag = "challenges",
    security(("hmac" = [])),
    params(("id" = String, Path, description = "The account")),
    request_body = InitialBalanceBody,
    responses(
        (status = 200, description = "The initial balance after the change", body = InitialBalanceAnswer),
        (status = 404, description = "No such account", body = ProblemBody),
    )
)]
pub(crate) async fn set(
    State(app): State<App>,
    account: NamedAccount,
    CurrentRequest(request_id): CurrentRequest,
    Json(body): Json<InitialBalanceBody>,
) -> web::Result<Json<InitialBalanceAnswer>> {
    let metadata = body.metadata.map(|metadata| metadata.to_string());
    let initial = administration(&app, &account, &request_id)
        .set_initial_balance(body.value.0, body.source, metadata.as_deref())
        .await?;
    Ok(Json(InitialBalanceAnswer {
        initial_balance: Number::exact(initial.value),
        source: initial.source,
        set_at: initial.set_at,
    }))
}

fn positive(value: &Number, context: &()) -> garde::Result {
    crate::connect::positive(&Some(*value), context)
}

fn small(metadata: &Option<serde_json::Value>, _: &()) -> garde::Result {
    match metadata {
        Some(value) if value.to_string().len() > 4096 => {
            Err(garde::Error::new("must be at most 4 KB of JSON"))
        }
        _ => Ok(()),
    }
}
