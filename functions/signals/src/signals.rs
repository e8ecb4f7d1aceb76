//! `/api/signals`, `/api/signals/{id}`

mod body;

pub(crate) use body::SignalBody;

use axum::extract::State;
use axum::response::Response;
use kernel::Error;
use kernel::id::SignalId;
use kernel::page::Page;
use signals::store::Filter;
use signals::view::SignalView;
use web::caller::{Acting, Reading, Writing};
use web::extract::{CurrentRequest, Json, Path, Query, created};
use web::page::Paging;
use web::problem::ProblemBody;

use crate::App;
use crate::query::{SignalsOf, page};

/// The caller's own signals, the newest first. Where few fit what is asked
/// for, a page may be short, or empty, and have a next one.
#[utoipa::path(
    get,
    path = "/api/signals",
    tag = "signals",
    security(("jwt" = [])),
    params(SignalsOf, Paging),
    responses(
        (status = 200, description = "A page of signals, without their messages", body = Page<SignalView>),
        (status = 400, description = "The filter or the cursor cannot be", body = ProblemBody),
        (status = 403, description = "The caller may not", body = ProblemBody),
    )
)]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Acting<Reading>,
    Query(of): Query<SignalsOf>,
    Query(paging): Query<Paging>,
) -> web::Result<Json<Page<SignalView>>> {
    let (owner, filter) = (caller.owner(), Filter::from(of));
    let query = format!("signals of {owner:?}: {filter:?}");
    let after = paging.position(&query)?;
    let limit = paging.limit().get();
    let found = app
        .signals
        .store
        .signals(&owner, &filter, limit, after)
        .await?;
    Ok(Json(page(found, &query)))
}

/// Makes a signal: of fields, or of a message alone, which is then read. It
/// is sent to the caller's terminals at once, or held where its channel asks
/// for that or trading rests (`released` is then `false`). What a platform
/// admin makes is published instead, to `min_tier` and the tiers above it.
#[utoipa::path(
    post,
    path = "/api/signals",
    tag = "signals",
    security(("jwt" = [])),
    request_body = SignalBody,
    responses(
        (status = 201, description = "The signal", body = SignalView),
        (status = 400, description = "A field is missing, or the setup is impossible", body = ProblemBody),
        (status = 403, description = "The caller may not, or names a tier and does not publish", body = ProblemBody),
        (status = 409, description = "The channel is switched off", body = ProblemBody),
        (status = 422, description = "The message is no signal", body = ProblemBody),
    )
)]
pub(crate) async fn create(
    State(app): State<App>,
    caller: Acting<Writing>,
    CurrentRequest(id): CurrentRequest,
    Json(body): Json<SignalBody>,
) -> web::Result<Response> {
    let min_tier = body.min_tier;
    if min_tier.is_some() && !caller.is_platform_admin {
        let sentence = "only who publishes signals names a tier for them";
        return Err(Error::Forbidden(sentence).into());
    }
    let draft = body.draft()?;
    let request = app.platform.request(&id);
    let signal = if caller.is_platform_admin {
        if draft.channel.is_some() {
            let sentence = "published signals come through no channel";
            return Err(Error::field("channel_id", sentence).into());
        }
        let min_tier = min_tier.unwrap_or_default();
        app.signals.publish(&draft, min_tier, request).await?
    } else {
        app.signals.create(&caller.owner(), &draft, request).await?
    };
    Ok(created(SignalView::from(signal)))
}

/// One of the caller's own signals, with the message it was read from.
#[utoipa::path(
    get,
    path = "/api/signals/{id}",
    tag = "signals",
    security(("jwt" = [])),
    params(("id" = String, Path, description = "The signal")),
    responses(
        (status = 200, description = "The signal", body = SignalView),
        (status = 404, description = "No such signal of the caller", body = ProblemBody),
    )
)]
pub(crate) async fn show(
    State(app): State<App>,
    caller: Acting<Reading>,
    Path(id): Path<SignalId>,
) -> web::Result<Json<SignalView>> {
    let signal = app.signals.store.signal(&caller.owner(), &id).await?;
    let signal = signal.ok_or(Error::NotFound("signal"))?;
    Ok(Json(signal.into()))
}
