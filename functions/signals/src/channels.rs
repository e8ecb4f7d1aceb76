//! `/api/channels`

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use garde::Validate;
use http::StatusCode;
use kernel::id::{SignalChannelId, StrategyId};
use kernel::page::Page;
use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};
use signals::domain::channel::{Approval, Channel, ChannelTerms};
use utoipa::ToSchema;
use web::caller::{Acting, Reading, Writing};
use web::extract::{CurrentRequest, IfMatch, Json, Path, Query, created, tagged};
use web::fields::called;
use web::page::{Paging, cursor};
use web::problem::ProblemBody;

use crate::App;
use crate::fields::optional_called;

/// A channel that signals come through.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct SignalChannelBody {
    /// What people call it.
    #[garde(custom(called))]
    #[schema(example = "Gold room")]
    name: String,
    /// Who its signals are by; its name where left out.
    #[garde(custom(optional_called))]
    provider: Option<String>,
    /// Where it is read, such as a Telegram channel's address.
    #[garde(inner(length(chars, min = 1, max = 500)))]
    source: Option<String>,
    /// How its signals are released; `automatic` where left out.
    #[garde(skip)]
    approval: Option<Approval>,
    /// The confidence from which an automatic channel releases: 0 to 100.
    #[garde(inner(range(max = 100)))]
    min_confidence: Option<u8>,
    /// Whether it takes signals; `true` where left out.
    #[garde(skip)]
    enabled: Option<bool>,
    /// The strategy that its signals are traded by; the active one where left
    /// out.
    #[garde(skip)]
    #[schema(value_type = Option<String>)]
    strategy_id: Option<StrategyId>,
}

impl From<SignalChannelBody> for ChannelTerms {
    fn from(body: SignalChannelBody) -> Self {
        let name = body.name.trim().to_owned();
        Self {
            provider: body
                .provider
                .map_or_else(|| name.clone(), |by| by.trim().to_owned()),
            name,
            source: body.source,
            approval: body.approval.unwrap_or(Approval::Automatic),
            min_confidence: body.min_confidence,
            enabled: body.enabled.unwrap_or(true),
            strategy: body.strategy_id,
        }
    }
}

/// A channel with its version.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SignalChannelAnswer {
    id: SignalChannelId,
    name: String,
    provider: String,
    source: Option<String>,
    approval: Approval,
    min_confidence: Option<u8>,
    enabled: bool,
    strategy_id: Option<StrategyId>,
    /// From 1, one more at each change.
    version: u64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<Channel> for SignalChannelAnswer {
    fn from(channel: Channel) -> Self {
        let terms = channel.terms;
        Self {
            id: channel.id,
            name: terms.name,
            provider: terms.provider,
            source: terms.source,
            approval: terms.approval,
            min_confidence: terms.min_confidence,
            enabled: terms.enabled,
            strategy_id: terms.strategy,
            version: channel.version,
            created_at: channel.created_at,
            updated_at: channel.updated_at,
        }
    }
}

/// The caller's channels, the oldest first.
#[utoipa::path(
    get,
    path = "/api/channels",
    tag = "signals",
    security(("jwt" = [])),
    params(Paging),
    responses((status = 200, description = "A page of channels", body = Page<SignalChannelAnswer>))
)]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Acting<Reading>,
    Query(paging): Query<Paging>,
) -> web::Result<Json<Page<SignalChannelAnswer>>> {
    let owner = caller.owner();
    let query = format!("channels of {owner:?}");
    let after = paging.position(&query)?;
    let limit = paging.limit().get();
    let (channels, next) = app.signals.store.channels(&owner, limit, after).await?;
    Ok(Json(Page {
        items: channels.into_iter().map(Into::into).collect(),
        next_cursor: next.map(|position| cursor(&position, &query)),
    }))
}

/// Makes a channel.
#[utoipa::path(
    post,
    path = "/api/channels",
    tag = "signals",
    security(("jwt" = [])),
    request_body = SignalChannelBody,
    responses(
        (status = 201, description = "The channel", body = SignalChannelAnswer),
        (status = 400, description = "A field cannot be, or there is no such strategy", body = ProblemBody),
        (status = 403, description = "The caller may not", body = ProblemBody),
        (status = 409, description = "There are a hundred", body = ProblemBody),
    )
)]
pub(crate) async fn create(
    State(app): State<App>,
    caller: Acting<Writing>,
    CurrentRequest(request): CurrentRequest,
    Json(body): Json<SignalChannelBody>,
) -> web::Result<Response> {
    let request = app.platform.request(&request);
    let channel = app
        .signals
        .add_channel(&caller.owner(), &body.into(), request)
        .await?;
    let version = channel.version;
    Ok(tagged(version, created(SignalChannelAnswer::from(channel))))
}

/// Writes a channel anew: what is left out is as in a new one.
#[utoipa::path(
    put,
    path = "/api/channels/{id}",
    tag = "signals",
    security(("jwt" = [])),
    params(
        ("id" = String, Path, description = "The channel"),
        ("If-Match" = Option<String>, Header, description = "The version that is to be replaced"),
    ),
    request_body = SignalChannelBody,
    responses(
        (status = 200, description = "The channel", body = SignalChannelAnswer),
        (status = 400, description = "A field cannot be, or there is no such strategy", body = ProblemBody),
        (status = 403, description = "The caller may not", body = ProblemBody),
        (status = 404, description = "No such channel of the caller", body = ProblemBody),
        (status = 412, description = "The channel has changed", body = ProblemBody),
    )
)]
pub(crate) async fn update(
    State(app): State<App>,
    caller: Acting<Writing>,
    CurrentRequest(request): CurrentRequest,
    Path(id): Path<SignalChannelId>,
    IfMatch(wanted): IfMatch,
    Json(body): Json<SignalChannelBody>,
) -> web::Result<Response> {
    let (owner, request) = (caller.owner(), app.platform.request(&request));
    let channel = app
        .signals
        .change_channel(&owner, &id, &body.into(), wanted, request)
        .await?;
    let version = channel.version;
    Ok(tagged(version, Json(SignalChannelAnswer::from(channel))))
}

/// Deletes a channel. Signals that came through it stay.
#[utoipa::path(
    delete,
    path = "/api/channels/{id}",
    tag = "signals",
    security(("jwt" = [])),
    params(("id" = String, Path, description = "The channel")),
    responses(
        (status = 204, description = "It is gone"),
        (status = 403, description = "The caller may not", body = ProblemBody),
        (status = 404, description = "No such channel of the caller", body = ProblemBody),
    )
)]
pub(crate) async fn delete(
    State(app): State<App>,
    caller: Acting<Writing>,
    CurrentRequest(request): CurrentRequest,
    Path(id): Path<SignalChannelId>,
) -> web::Result<Response> {
    let request = app.platform.request(&request);
    app.signals
        .delete_channel(&caller.owner(), &id, request)
        .await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
