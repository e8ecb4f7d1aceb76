//! `GET /api/organizations/{id}/audit`

use audit::app::{Filter, search};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use garde::Validate;
use kernel::Error;
use kernel::id::AuditId;
use kernel::page::Page;
use kernel::time::Timestamp;
use platform::audit_log::Entry;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::audit::Audited;
use web::caller::ManagingMembers;
use web::extract::{Query, Success, success};
use web::page::{Paging, cursor};
use web::problem::ProblemBody;

use crate::App;
use crate::access::Own;

/// Which entries of the organization's record.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct OwnEntriesOf {
    /// Those of this member.
    #[garde(inner(length(chars, min = 1, max = 200)))]
    user: Option<String>,
    /// Those of this action.
    #[garde(inner(length(chars, min = 1, max = 160)))]
    action: Option<String>,
    /// Those at or after this time.
    #[garde(skip)]
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Those before this time.
    #[garde(skip)]
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
}

/// One action in the organization, by whom, from where, and how it ended.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OwnEntryAnswer {
    id: AuditId,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Who.
    actor: String,
    /// What: a word, or method and route.
    action: String,
    /// To what or whom.
    target: Option<String>,
    path: String,
    /// From where; of IPv6 the network.
    address: String,
    user_agent: Option<String>,
    /// The HTTP status of the answer.
    outcome: u16,
    request_id: String,
    detail: Option<String>,
}

impl From<Entry> for OwnEntryAnswer {
    fn from(entry: Entry) -> Self {
        Self {
            id: entry.id,
            at: entry.at,
            actor: entry.actor,
            action: entry.action,
            target: entry.target,
            path: entry.path,
            address: entry.address,
            user_agent: entry.user_agent,
            outcome: entry.outcome,
            request_id: entry.request_id,
            detail: entry.detail,
        }
    }
}

/// What was done with tokens for the organization, newest first. Of a user or
/// an action, a page may be short, or empty, and have a next.
#[utoipa::path(
    get,
    path = "/api/organizations/{id}/audit",
    tag = "organizations",
    security(("jwt" = [])),
    params(("id" = String, Path, description = "The organization"), OwnEntriesOf, Paging),
    responses(
        (status = 200, description = "A page of entries", body = Success<Page<OwnEntryAnswer>>),
        (status = 400, description = "The times cannot be", body = ProblemBody),
        (status = 403, description = "The caller may not", body = ProblemBody),
        (status = 404, description = "Not the token's organization", body = ProblemBody),
    )
)]
pub(crate) async fn list(
    State(app): State<App>,
    Own(caller): Own<ManagingMembers>,
    Query(of): Query<OwnEntriesOf>,
    Query(paging): Query<Paging>,
) -> web::Result<Response> {
    if let (Some(from), Some(to)) = (of.from, of.to)
        && from >= to
    {
        return Err(Error::field("to", "must be after from").into());
    }
    let query = format!(
        "audit of {} {:?} {:?} {:?} {:?}",
        caller.org, of.user, of.action, of.from, of.to
    );
    let after = paging.position(&query)?;
    let filter = Filter {
        tenant: Some(caller.org.to_string()),
        actor: of.user.clone(),
        action: of.action,
        from: of.from,
        to: of.to,
    };
    let now = app.platform.real_now();
    let found = search(&app.log, &filter, paging.limit(), after.as_deref(), now).await?;
    let page = Page {
        items: found
            .entries
            .into_iter()
            .map(OwnEntryAnswer::from)
            .collect(),
        next_cursor: found.next.map(|position| cursor(&position, &query)),
    };
    let audited = Audited {
        action: "audit.read",
        target: of.user,
        ..Audited::default()
    };
    Ok((audited, success(page)).into_response())
}
