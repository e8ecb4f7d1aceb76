//! Further controls of one account: its history, its answers, its moves.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::{Body, account_state, unknown};
use crate::account::Account;
use crate::errors::{Answer, GatewayError};
use crate::migration::Migration;
use crate::release::Selection;
use crate::scenario::{ClosedTrades, Distortion, HistorySettings};
use crate::world::{Shared, Sim, read_json};

/// Changes an account and answers with its state.
fn change(
    sim: &Sim,
    login: &str,
    change: impl FnOnce(&mut Account) -> Result<(), String>,
) -> Answer<Response> {
    let mut world = sim.world();
    let account = world.accounts.get_mut(login).ok_or_else(unknown)?;
    change(account).map_err(GatewayError::validation)?;
    drop(world);
    Ok(Json(account_state(sim, login)?).into_response())
}

/// `POST /sim/accounts/{login}/history`.
pub(crate) async fn set_history(
    State(sim): State<Shared>,
    Path(login): Path<String>,
    body: Body,
) -> Answer<Response> {
    let settings: HistorySettings = read_json(body)?;
    change(&sim, &login, |account| {
        account.visibility.set(settings);
        Ok(())
    })
}

/// `GET /sim/accounts/{login}/history`.
pub(crate) async fn history(
    State(sim): State<Shared>,
    Path(login): Path<String>,
) -> Answer<Json<HistorySettings>> {
    let world = sim.world();
    let account = world.accounts.get(&login).ok_or_else(unknown)?;
    Ok(Json(account.visibility.settings()))
}

/// `POST /sim/accounts/{login}/release`.
pub(crate) async fn release(
    State(sim): State<Shared>,
    Path(login): Path<String>,
    body: Body,
) -> Answer<Response> {
    let selection: Selection = read_json(body)?;
    let now = sim.clock.now();
    change(&sim, &login, |account| account.release(&selection, now))
}

/// `POST /sim/accounts/{login}/hide`.
pub(crate) async fn hide(
    State(sim): State<Shared>,
    Path(login): Path<String>,
    body: Body,
) -> Answer<Response> {
    let selection: Selection = read_json(body)?;
    let now = sim.clock.now();
    change(&sim, &login, |account| account.hide(&selection, now))
}

/// `POST /sim/accounts/{login}/closed`.
pub(crate) async fn add_closed(
    State(sim): State<Shared>,
    Path(login): Path<String>,
    body: Body,
) -> Answer<Response> {
    let trades: ClosedTrades = read_json(body)?;
    change(&sim, &login, |account| account.add_closed(&trades))
}

#[derive(Serialize)]
pub(crate) struct Rules {
    distortions: Vec<Distortion>,
}

/// `GET /sim/accounts/{login}/distortions`.
pub(crate) async fn distortions(
    State(sim): State<Shared>,
    Path(login): Path<String>,
) -> Answer<Json<Rules>> {
    let world = sim.world();
    let account = world.accounts.get(&login).ok_or_else(unknown)?;
    let distortions = account.distortions.list();
    Ok(Json(Rules { distortions }))
}

/// `POST /sim/accounts/{login}/distortions`.
pub(crate) async fn add_distortion(
    State(sim): State<Shared>,
    Path(login): Path<String>,
    body: Body,
) -> Answer<Response> {
    let distortion: Distortion = read_json(body)?;
    {
        let mut world = sim.world();
        let account = world.accounts.get_mut(&login).ok_or_else(unknown)?;
        account
            .distortions
            .add(distortion)
            .map_err(GatewayError::validation)?;
    }
    let rules = distortions(State(sim), Path(login)).await?;
    Ok((StatusCode::CREATED, rules).into_response())
}

/// `DELETE /sim/accounts/{login}/distortions`.
pub(crate) async fn clear_distortions(
    State(sim): State<Shared>,
    Path(login): Path<String>,
) -> Answer<StatusCode> {
    let mut world = sim.world();
    let account = world.accounts.get_mut(&login).ok_or_else(unknown)?;
    account.distortions.clear();
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /sim/accounts/{login}/migrate`.
pub(crate) async fn migrate(
    State(sim): State<Shared>,
    Path(login): Path<String>,
    body: Body,
) -> Answer<Response> {
    let migration: Migration = read_json(body)?;
    let now = sim.clock.now();
    let moved = {
        let mut world = sim.world();
        if !world.accounts.contains_key(&login) {
            return Err(unknown());
        }
        world
            .migrate(&login, migration, now)
            .map_err(GatewayError::validation)?
    };
    let state = account_state(&sim, &moved)?;
    Ok((StatusCode::CREATED, Json(state)).into_response())
}
