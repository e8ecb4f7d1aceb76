//! The client calls: snapshot, open positions and deals of an account.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use chrono::DateTime;
use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::account::View;
use crate::errors::{Answer, GatewayError, Refusal};
use crate::faults::{Call, Delivery};
use crate::observations::Observation;
use crate::registry::Standing;
use crate::wire;
use crate::world::{Shared, Sim, World};

/// The most deals of one page.
const DEALS_MAX: usize = 1_000;

/// Answers with what `read` makes of the registered account as it is now.
fn with_account<T: Serialize>(
    sim: &Sim,
    (call, delivery): (Call, Delivery),
    id: &str,
    read: impl FnOnce(&View<'_>) -> Answer<T>,
) -> Answer<Response> {
    let now = sim.clock.now();
    let mut world = sim.world();
    let login = reached(sim, &mut world, id)?;
    let account = world.accounts.get_mut(&login).ok_or_else(|| missing(id))?;
    let view = account.at(now).map_err(GatewayError::internal)?;
    let seen = (call == Call::AccountInformation)
        .then(|| observation(&view))
        .transpose()?;
    let text = serde_json::to_string(&read(&view)?)
        .map_err(|error| GatewayError::internal(error.to_string()))?;
    if let Some(seen) = seen.filter(|_| delivery == Delivery::Whole) {
        account.visibility.note_balance(now);
        if !account.distortions.hide_snapshot() {
            account.observations.push(seen);
        }
    }
    let text = account.distortions.apply(call, text);
    Ok(([(header::CONTENT_TYPE, "application/json")], text).into_response())
}

fn missing(id: &str) -> GatewayError {
    GatewayError::not_found(format!("Trading account {id} not found"))
}

/// The login behind a registration whose terminal reaches its server.
fn reached(sim: &Sim, world: &mut World, id: &str) -> Answer<String> {
    let now = sim.clock.real_now();
    let registration = world.registry.find(id).ok_or_else(|| missing(id))?;
    if registration.settle(&world.accounts, now) != Standing::Deployed {
        return Err(missing(id));
    }
    let credentials = &registration.credentials;
    let left = (credentials.login.clone(), credentials.server.clone());
    if let Some(old) = world.left.get(&left) {
        return Err(old.answer());
    }
    let account = world.accounts.get(&left.0).ok_or_else(|| missing(id))?;
    if !account.knows(&credentials.password) {
        return Err(GatewayError::refused(Refusal::Auth));
    }
    if !registration.is_connected(now, sim.settings.connection_ms) {
        return Err(GatewayError::timeout());
    }
    Ok(left.0)
}

fn observation(view: &View<'_>) -> Answer<Observation> {
    let state = &view.state;
    let floating = state
        .floating(view.book(), view.at)
        .map_err(GatewayError::internal)?;
    Ok(Observation {
        at: view.at,
        balance: state.balance,
        equity: state.balance + state.credit + floating,
        credit: state.credit,
    })
}

/// `GET /users/current/accounts/{id}/account-information`.
pub(crate) async fn account_information(
    State(sim): State<Shared>,
    Extension(delivery): Extension<Delivery>,
    Path(id): Path<String>,
) -> Answer<Response> {
    let call = (Call::AccountInformation, delivery);
    with_account(&sim, call, &id, |view| {
        let information = wire::information::of(view)?;
        // Written at once: it borrows from the view.
        serde_json::value::to_raw_value(&information)
            .map_err(|error| GatewayError::internal(error.to_string()))
    })
}

/// `GET /users/current/accounts/{id}/positions`.
pub(crate) async fn positions(
    State(sim): State<Shared>,
    Extension(delivery): Extension<Delivery>,
    Path(id): Path<String>,
) -> Answer<Response> {
    let zone = sim.settings.server_zone;
    with_account(&sim, (Call::Positions, delivery), &id, |view| {
        view.listed()
            .map(|position| wire::position::of(view, position, zone))
            .collect::<Answer<Vec<_>>>()
    })
}

/// The part of a history that is asked for.
#[derive(Deserialize)]
pub(crate) struct Span {
    offset: Option<usize>,
    limit: Option<usize>,
}

/// `GET /users/current/accounts/{id}/history-deals/time/{from}/{to}`.
pub(crate) async fn history_deals(
    State(sim): State<Shared>,
    Extension(delivery): Extension<Delivery>,
    Path((id, from, to)): Path<(String, String, String)>,
    span: Result<Query<Span>, QueryRejection>,
) -> Answer<Response> {
    let (from, to) = (moment("startTime", &from)?, moment("endTime", &to)?);
    let Query(span) =
        span.map_err(|_| GatewayError::validation("offset and limit must be whole numbers"))?;
    let limit = span.limit.unwrap_or(DEALS_MAX);
    if !(1..=DEALS_MAX).contains(&limit) {
        return Err(GatewayError::validation("limit must be 1 to 1000"));
    }
    let zone = sim.settings.server_zone;
    with_account(&sim, (Call::HistoryDeals, delivery), &id, |view| {
        let page = view.deals(from, to).skip(span.offset.unwrap_or(0));
        Ok(page
            .take(limit)
            .map(|deal| wire::deal::of(view, deal, zone))
            .collect::<Vec<_>>())
    })
}

fn moment(name: &str, text: &str) -> Answer<Timestamp> {
    DateTime::parse_from_rfc3339(text)
        .map(|moment| moment.to_utc())
        .map_err(|_| GatewayError::validation(format!("{name} must be a time as in RFC 3339")))
}
