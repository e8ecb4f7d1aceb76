//! `GET /api/account/{id}/sync-logs`

use axum::extract::State;
use kernel::page::Page;
use kernel::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use web::extract::{Json, Query};
use web::page::{Paging, cursor};
use web::problem::ProblemBody;

use crate::App;
use crate::access::OwnAccount;

/// An entry of the connection log.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SyncLogEntry {
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// One word: `synced`, `credentials_refused`, `gateway_failed` …
    event: String,
    /// A sentence.
    detail: String,
    /// The request or step it belongs to.
    request_id: String,
}

/// The connection log of an account, the newest first; kept 30 days.
#[utoipa::path(
    get,
    path = "/api/account/{id}/sync-logs",
    tag = "accounts",
    security(("jwt" = [])),
    params(("id" = String, Path, description = "The account"), Paging),
    responses(
        (status = 200, description = "A page of entries", body = Page<SyncLogEntry>),
        (status = 404, description = "No such account of the caller", body = ProblemBody),
    )
)]
pub(crate) async fn list(
    State(app): State<App>,
    account: OwnAccount,
    Query(paging): Query<Paging>,
) -> web::Result<Json<Page<SyncLogEntry>>> {
    let query = format!("sync logs {} {}", account.shop, account.id);
    let after = paging.position(&query)?;
    let limit = paging.limit().get();
    let page = app
        .store
        .logs(&account.shop, &account.id, limit, after)
        .await?;
    Ok(Json(Page {
        next_cursor: page.next.map(|position| cursor(&position, &query)),
        items: page
            .rows
            .into_iter()
            .map(|(_, entry)| SyncLogEntry {
                at: entry.at,
                event: entry.event,
                detail: entry.detail,
                request_id: entry.request_id,
            })
            .collect(),
    }))
}
