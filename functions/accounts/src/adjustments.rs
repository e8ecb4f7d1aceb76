//! `/api/s2s/accounts/{id}/adjustments` and `…/unexplained`

use accounts::app::administer::Announce;
use accounts::app::summary::{Summary, summary};
use accounts::model::{Announcement, AnnouncementKind, AnnouncementState};
use axum::extract::State;
use axum::response::Response;
use garde::Validate;
use http::StatusCode;
use kernel::id::AdjustmentId;
use kernel::time::Timestamp;
use kernel::{Error, Number};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::extract::{CurrentRequest, Json, Path, created};
use web::problem::ProblemBody;

use crate::App;
use crate::access::NamedAccount;
use crate::challenge::administration;

/// Days until an announcement expires, by default.
const VALID_DAYS: u32 = 7;

/// A movement to announce.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct AdjustmentBody {
    /// Amount by which the balance will change; not 0.
    #[garde(custom(movement))]
    amount: Number,
    #[garde(skip)]
    kind: AnnouncementKind,
    #[garde(inner(length(chars, max = 200)))]
    note: Option<String>,
    /// Days until the announcement expires, 1 to 30; 7 if absent.
    #[garde(range(min = 1, max = 30))]
    valid_days: Option<u32>,
}

/// An announced movement.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AdjustmentAnswer {
    id: AdjustmentId,
    amount: Number,
    kind: AnnouncementKind,
    note: Option<String>,
    state: AnnouncementState,
    /// Ids of the deals that match it.
    deals: Vec<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

impl AdjustmentAnswer {
    pub(crate) fn of(announcement: Announcement, now: Timestamp) -> Self {
        Self {
            state: announcement.state_at(now),
            id: announcement.id,
            amount: Number::exact(announcement.amount),
            kind: announcement.kind,
            note: announcement.note,
            deals: announcement.deals,
            created_at: announcement.created_at,
            expires_at: announcement.expires_at,
        }
    }
}

/// Announces a money movement. A balance that shows it before its deal arrives
/// then counts as the movement and not as a loss.
#[utoipa::path(
    post,
    path = "/api/s2s/accounts/{id}/adjustments",
    tag = "challenges",
    security(("hmac" = [])),
    params(("id" = String, Path, description = "The account")),
    request_body = AdjustmentBody,
    responses(
        (status = 201, description = "The announced movement", body = AdjustmentAnswer),
        (status = 404, description = "No such account", body = ProblemBody),
        (status = 409, description = "Twenty movements are open", body = ProblemBody),
    )
)]
pub(crate) async fn announce(
    State(app): State<App>,
    account: NamedAccount,
    CurrentRequest(request_id): CurrentRequest,
    Json(body): Json<AdjustmentBody>,
) -> web::Result<Response> {
    let announcement = administration(&app, &account, &request_id)
        .announce(&Announce {
            amount: body.amount.0,
            kind: body.kind,
            note: body.note,
            valid_days: body.valid_days.unwrap_or(VALID_DAYS),
        })
        .await?;
    Ok(created(AdjustmentAnswer::of(
        announcement,
        app.platform.now(),
    )))
}

/// Announced movements of an account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AdjustmentList {
    /// The newest hundred, newest first.
    items: Vec<AdjustmentAnswer>,
}

/// Lists announced movements with their deals, newest first.
#[utoipa::path(
    get,
    path = "/api/s2s/accounts/{id}/adjustments",
    tag = "challenges",
    security(("hmac" = [])),
    params(("id" = String, Path, description = "The account")),
    responses(
        (status = 200, description = "Announced movements", body = AdjustmentList),
        (status = 404, description = "No such account", body = ProblemBody),
    )
)]
pub(crate) async fn list(
    State(app): State<App>,
    account: NamedAccount,
) -> web::Result<Json<AdjustmentList>> {
    let (shop, id) = (&account.caller.shop, &account.id);
    let known = app.store.account(shop, id).await?;
    known.ok_or(Error::NotFound("account"))?;
    let now = app.platform.now();
    let announcements = app.store.announcements(shop, id).await?;
    Ok(Json(AdjustmentList {
        items: announcements
            .into_iter()
            .map(|announcement| AdjustmentAnswer::of(announcement, now))
            .collect(),
    }))
}

/// The part of a path that names the movement.
#[derive(Debug, Deserialize)]
pub(crate) struct AdjustmentPath {
    adjustment: AdjustmentId,
}

/// Takes an announcement back while it is expected.
#[utoipa::path(
    delete,
    path = "/api/s2s/accounts/{id}/adjustments/{adjustment}",
    tag = "challenges",
    security(("hmac" = [])),
    params(
        ("id" = String, Path, description = "The account"),
        ("adjustment" = String, Path, description = "The announced movement"),
    ),
    responses(
        (status = 204, description = "The announcement is taken back"),
        (status = 404, description = "No such account or movement", body = ProblemBody),
        (status = 409, description = "The movement is not expected any more", body = ProblemBody),
    )
)]
pub(crate) async fn cancel(
    State(app): State<App>,
    account: NamedAccount,
    Path(path): Path<AdjustmentPath>,
    CurrentRequest(request_id): CurrentRequest,
) -> web::Result<StatusCode> {
    administration(&app, &account, &request_id)
        .cancel(&path.adjustment)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The cause of a standing difference, in two parts.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct UnexplainedBody {
    /// The part that was money moved without trading.
    #[garde(custom(amount))]
    adjustment: Number,
    /// The part that was a result of trading.
    #[garde(custom(amount))]
    trading: Number,
    #[garde(length(chars, min = 3, max = 500))]
    reason: String,
}

/// Explains a standing difference. All inputs since the difference are judged
/// again.
#[utoipa::path(
    post,
    path = "/api/s2s/accounts/{id}/unexplained",
    tag = "challenges",
    security(("hmac" = [])),
    params(("id" = String, Path, description = "The account")),
    request_body = UnexplainedBody,
    responses(
        (status = 200, description = "The summary after the explanation", body = Summary),
        (status = 404, description = "No such account", body = ProblemBody),
        (status = 409, description = "No difference stands, or both parts add up to another amount", body = ProblemBody),
    )
)]
pub(crate) async fn explain(
    State(app): State<App>,
    account: NamedAccount,
    CurrentRequest(request_id): CurrentRequest,
    Json(body): Json<UnexplainedBody>,
) -> web::Result<Json<Summary>> {
    let after = administration(&app, &account, &request_id)
        .explain(body.adjustment.0, body.trading.0, &body.reason)
        .await?;
    Ok(Json(summary(&account.id, &after, app.platform.now())))
}

fn amount(amount: &Number, _: &()) -> garde::Result {
    if accounts::domain::is_in_range(amount.0) {
        Ok(())
    } else {
        Err(garde::Error::new(
            "must be between -1000000000000000 and 1000000000000000",
        ))
    }
}

fn movement(value: &Number, context: &()) -> garde::Result {
    if value.0 == Decimal::ZERO {
        return Err(garde::Error::new("must not be 0"));
    }
    amount(value, context)
}
