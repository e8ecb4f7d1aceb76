//! `GET /api/v1/user/sessions`, `DELETE /api/v1/user/sessions`,
//! `DELETE /api/v1/user/sessions/{id}`

use axum::extract::State;
use http::StatusCode;
use identity::app::sessions;
use identity::model::Session;
use kernel::id::{OrganizationId, SessionId};
use kernel::page::Page;
use kernel::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use web::caller::SignedIn;
use web::extract::{Json, Path, Query};
use web::page::{Paging, cursor};
use web::problem::ProblemBody;

use crate::App;

/// A session.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionAnswer {
    id: SessionId,
    /// Whether it is the one that asks.
    current: bool,
    /// What the client called itself.
    device: Option<String>,
    /// A fingerprint of the device.
    device_id: String,
    /// The network address that it was used from last.
    address: String,
    country: Option<String>,
    /// Whether it began with a second factor or a passkey.
    second_factor: bool,
    /// The organization that it is in; `null` in the personal tenant.
    organization_id: Option<OrganizationId>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    last_used_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

impl SessionAnswer {
    fn of(session: Session, caller: &SignedIn) -> Self {
        Self {
            current: session.id == caller.session,
            id: session.id,
            device: session.origin.user_agent,
            device_id: session.origin.device,
            address: session.origin.address,
            country: session.origin.country,
            second_factor: session.second_factor,
            organization_id: session.org,
            created_at: session.created_at,
            last_used_at: session.last_used_at,
            expires_at: session.lineage.expires_at,
        }
    }
}

/// The caller's sessions that have not ended, the oldest first.
#[utoipa::path(
    get,
    path = "/api/v1/user/sessions",
    tag = "user",
    security(("jwt" = [])),
    params(Paging),
    responses(
        (status = 200, description = "A page of sessions", body = Page<SessionAnswer>),
        (status = 401, description = "Nobody is signed in", body = ProblemBody),
    )
)]
pub(crate) async fn list(
    State(app): State<App>,
    caller: SignedIn,
    Query(paging): Query<Paging>,
) -> web::Result<Json<Page<SessionAnswer>>> {
    let query = format!("sessions {}", caller.user);
    let after = paging.position(&query)?;
    let limit = paging.limit().get();
    let store = &app.identity.store;
    let (sessions, next) = store
        .sessions(&caller.user, limit, after, app.now())
        .await?;
    let items = sessions
        .into_iter()
        .map(|session| SessionAnswer::of(session, &caller));
    Ok(Json(Page {
        items: items.collect(),
        next_cursor: next.map(|position| cursor(&position, &query)),
    }))
}

/// Ends a session of the caller. Its tokens are refused within five seconds.
#[utoipa::path(
    delete,
    path = "/api/v1/user/sessions/{id}",
    tag = "user",
    security(("jwt" = [])),
    params(("id" = String, Path, description = "The session")),
    responses(
        (status = 204, description = "It has ended"),
        (status = 404, description = "No such session of the caller", body = ProblemBody),
    )
)]
pub(crate) async fn end(
    State(app): State<App>,
    caller: SignedIn,
    Path(id): Path<SessionId>,
) -> web::Result<StatusCode> {
    sessions::end(&app.identity.store, &caller.user, &id, app.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends all sessions of the caller but the one that asks.
#[utoipa::path(
    delete,
    path = "/api/v1/user/sessions",
    tag = "user",
    security(("jwt" = [])),
    responses(
        (status = 204, description = "They have ended"),
        (status = 401, description = "Nobody is signed in", body = ProblemBody),
    )
)]
pub(crate) async fn end_others(
    State(app): State<App>,
    caller: SignedIn,
) -> web::Result<StatusCode> {
    let store = &app.identity.store;
    let but = Some(&caller.session);
    sessions::end_all(store, &caller.user, but, app.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}
