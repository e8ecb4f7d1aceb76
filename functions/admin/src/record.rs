//! `GET /api/admin/audit`

use audit::app::{Filter, search};
use axum::extract::State;
use axum::response::Response;
use garde::Validate;
use kernel::Error;
use kernel::id::AuditId;
use kernel::page::Page;
use kernel::time::Timestamp;
use platform::audit_log::Entry;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::audit::Audited;
use web::caller::PlatformAdmin;
use web::extract::{Query, Success};
use web::page::{Paging, cursor};
use web::problem::ProblemBody;

use crate::App;
use crate::state::recorded;

/// Which entries of the record.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct EntriesOf {
    /// Those of this actor: a person's id, a token's subject, `shop:` and a
    /// key's id, or `anonymous`.
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

impl EntriesOf {
    /// The query as a text, which its cursors are bound to.
    fn name(&self) -> String {
        format!(
            "audit {:?} {:?} {:?} {:?}",
            self.user, self.action, self.from, self.to
        )
    }

    /// The query as the record tells of it.
    fn said(&self) -> Option<String> {
        let time = |time: Option<Timestamp>| time.map(|time| time.to_rfc3339());
        let parts = [
            ("user", self.user.clone()),
            ("action", self.action.clone()),
            ("from", time(self.from)),
            ("to", time(self.to)),
        ];
        let said: Vec<String> = parts
            .into_iter()
            .filter_map(|(name, value)| Some(format!("{name} {}", value?)))
            .collect();
        (!said.is_empty()).then(|| said.join("; "))
    }
}

/// One action, by whom, from where, and how it ended.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EntryAnswer {
    id: AuditId,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Who.
    actor: String,
    /// In which tenant; empty where there was none.
    tenant: String,
    /// What: a word, or method and route.
    action: String,
    /// To what or whom.
    target: Option<String>,
    path: String,
    /// From where; of IPv6 the network.
    address: String,
    user_agent: Option<String>,
    /// Fingerprint of the device.
    device: String,
    country: Option<String>,
    /// The HTTP status of the answer.
    outcome: u16,
    request_id: String,
    detail: Option<String>,
}

impl From<Entry> for EntryAnswer {
    fn from(entry: Entry) -> Self {
        Self {
            id: entry.id,
            at: entry.at,
            actor: entry.actor,
            tenant: entry.tenant,
            action: entry.action,
            target: entry.target,
            path: entry.path,
            address: entry.address,
            user_agent: entry.user_agent,
            device: entry.device,
            country: entry.country,
            outcome: entry.outcome,
            request_id: entry.request_id,
            detail: entry.detail,
        }
    }
}

/// The record, newest first. A page looks back over 31 days, or over all
/// months of a user or an action; it may be short, or empty, and have a next.
#[utoipa::path(
    get,
    path = "/api/admin/audit",
    tag = "admin",
    security(("jwt" = [])),
    params(EntriesOf, Paging),
    responses(
        (status = 200, description = "A page of entries", body = Success<Page<EntryAnswer>>),
        (status = 400, description = "The times cannot be", body = ProblemBody),
        (status = 403, description = "Only for platform admins", body = ProblemBody),
    )
)]
pub(crate) async fn list(
    State(app): State<App>,
    _: PlatformAdmin,
    Query(of): Query<EntriesOf>,
    Query(paging): Query<Paging>,
) -> web::Result<Response> {
    if let (Some(from), Some(to)) = (of.from, of.to)
        && from >= to
    {
        return Err(Error::field("to", "must be after from").into());
    }
    let query = of.name();
    let after = paging.position(&query)?;
    let filter = Filter {
        tenant: None,
        actor: of.user.clone(),
        action: of.action.clone(),
        from: of.from,
        to: of.to,
    };
    let now = app.platform.real_now();
    let found = search(&app.log, &filter, paging.limit(), after.as_deref(), now).await?;
    let page = Page {
        items: found.entries.into_iter().map(EntryAnswer::from).collect(),
        next_cursor: found.next.map(|position| cursor(&position, &query)),
    };
    let audited = Audited {
        action: "audit.read",
        target: of.user.clone(),
        detail: of.said(),
        ..Audited::default()
    };
    Ok(recorded(page, audited))
}
