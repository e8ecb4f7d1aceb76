//! The control API under `/sim`: the clock, accounts, faults and counts.

pub(crate) mod accounts;
pub(crate) mod ledger;
pub(crate) mod oracle;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use kernel::Number;
use rust_decimal::Decimal;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::account::Account;
use crate::calls::Count;
use crate::clock::AHEAD_S_MAX;
use crate::errors::{Answer, GatewayError, Refusal, rfc3339};
use crate::faults::{Counted, Rule};
use crate::registry::Standing;
use crate::scenario::{AccountSpec, Step};
use crate::world::{Shared, Sim, read_json};

type Body = Result<Bytes, BytesRejection>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetClock {
    ahead_s: i64,
}

#[derive(Serialize)]
pub(crate) struct ClockState {
    ahead_s: i64,
    now: String,
    real_now: String,
}

/// `GET /sim/clock`.
pub(crate) async fn clock(State(sim): State<Shared>) -> Json<ClockState> {
    Json(ClockState {
        ahead_s: sim.clock.ahead_s(),
        now: rfc3339(sim.clock.now()),
        real_now: rfc3339(sim.clock.real_now()),
    })
}

/// `POST /sim/clock`.
pub(crate) async fn set_clock(State(sim): State<Shared>, body: Body) -> Answer<Json<ClockState>> {
    let SetClock { ahead_s } = read_json(body)?;
    if !sim.clock.set_ahead_s(ahead_s) {
        return Err(GatewayError::validation(format!(
            "ahead_s must be from -{AHEAD_S_MAX} to {AHEAD_S_MAX}"
        )));
    }
    Ok(clock(State(sim)).await)
}

#[derive(Serialize)]
struct RegistrationState {
    id: String,
    transaction_id: String,
    login: String,
    server: String,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<Refusal>,
    requested_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted_at: Option<String>,
}

#[derive(Serialize)]
struct Known {
    login: String,
    server: String,
    steps: u64,
}

#[derive(Serialize)]
pub(crate) struct Listing {
    /// Registrations that exist and would be paid for.
    alive: usize,
    registrations: Vec<RegistrationState>,
    accounts: Vec<Known>,
}

/// `GET /sim/accounts`.
pub(crate) async fn list_accounts(State(sim): State<Shared>) -> Json<Listing> {
    let now = sim.clock.real_now();
    let mut world = sim.world();
    let world = &mut *world;
    let mut alive = 0;
    let mut registrations = Vec::new();
    for (transaction_id, registration) in world.registry.iter_mut() {
        let standing = registration.settle(&world.accounts, now);
        let (state, refusal) = match standing {
            Standing::Verifying { .. } => ("verifying", None),
            Standing::Deployed => ("deployed", None),
            Standing::Refused(refusal) => ("refused", Some(refusal)),
            Standing::Deleted => ("deleted", None),
        };
        alive += usize::from(standing == Standing::Deployed);
        registrations.push(RegistrationState {
            id: registration.id.clone(),
            transaction_id: transaction_id.clone(),
            login: registration.credentials.login.clone(),
            server: registration.credentials.server.clone(),
            state,
            refusal,
            requested_at: rfc3339(registration.requested_at),
            deleted_at: registration.deleted_at.map(rfc3339),
        });
    }
    let known = |account: &Account| Known {
        login: account.login.clone(),
        server: account.server.clone(),
        steps: account.steps(),
    };
    Json(Listing {
        alive,
        registrations,
        accounts: world.accounts.values().map(known).collect(),
    })
}

#[derive(Serialize)]
struct AccountState {
    login: String,
    server: String,
    now: String,
    currency: String,
    balance: Number,
    credit: Number,
    equity: Number,
    positions: usize,
    deals: usize,
    steps: u64,
}

fn account_state(sim: &Sim, login: &str) -> Answer<AccountState> {
    let now = sim.clock.now();
    let mut world = sim.world();
    let account = world.accounts.get_mut(login).ok_or_else(unknown)?;
    let view = account.at(now).map_err(GatewayError::internal)?;
    let (book, state) = (view.book(), &view.state);
    let floating = state.floating(book, now).map_err(GatewayError::internal)?;
    let money = |amount: Decimal| Number::money(amount, &book.currency);
    Ok(AccountState {
        login: view.account.login.clone(),
        server: view.account.server.clone(),
        now: rfc3339(now),
        currency: book.currency.as_str().to_owned(),
        balance: money(state.balance),
        credit: money(state.credit),
        equity: money(state.balance + state.credit + floating),
        positions: state.positions.len(),
        deals: view
            .deals(DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC)
            .count(),
        steps: view.account.steps(),
    })
}

fn unknown() -> GatewayError {
    GatewayError::not_found("No account has this login")
}

/// `GET /sim/accounts/{login}`.
pub(crate) async fn account(
    State(sim): State<Shared>,
    Path(login): Path<String>,
) -> Answer<Response> {
    Ok(Json(account_state(&sim, &login)?).into_response())
}

/// `POST /sim/accounts`.
pub(crate) async fn add_account(State(sim): State<Shared>, body: Body) -> Answer<Response> {
    let spec: AccountSpec = read_json(body)?;
    let account = Account::new(spec, sim.clock.now()).map_err(GatewayError::validation)?;
    let login = account.login.clone();
    sim.world().add(account).map_err(GatewayError::conflict)?;
    let state = account_state(&sim, &login)?;
    Ok((StatusCode::CREATED, Json(state)).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MoreSteps {
    steps: Vec<Step>,
}

/// `POST /sim/accounts/{login}/steps`.
pub(crate) async fn add_steps(
    State(sim): State<Shared>,
    Path(login): Path<String>,
    body: Body,
) -> Answer<Response> {
    let MoreSteps { steps } = read_json(body)?;
    let now = sim.clock.now();
    sim.world()
        .accounts
        .get_mut(&login)
        .ok_or_else(unknown)?
        .append(&steps, now)
        .map_err(GatewayError::validation)?;
    Ok(Json(account_state(&sim, &login)?).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPassword {
    password: SecretString,
}

/// `POST /sim/accounts/{login}/password`.
pub(crate) async fn set_password(
    State(sim): State<Shared>,
    Path(login): Path<String>,
    body: Body,
) -> Answer<StatusCode> {
    let NewPassword { password } = read_json(body)?;
    if !(1..=128).contains(&password.expose_secret().len()) {
        return Err(GatewayError::validation(
            "the password must be 1 to 128 bytes",
        ));
    }
    sim.world()
        .accounts
        .get_mut(&login)
        .ok_or_else(unknown)?
        .set_password(password);
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Serialize)]
pub(crate) struct Rules {
    /// The rule that was added.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u64>,
    faults: Vec<Counted>,
}

/// `GET /sim/faults`.
pub(crate) async fn faults(State(sim): State<Shared>) -> Json<Rules> {
    let faults = sim.faults().rules();
    Json(Rules { id: None, faults })
}

/// `POST /sim/faults`.
pub(crate) async fn add_fault(State(sim): State<Shared>, body: Body) -> Answer<Response> {
    let rule: Rule = read_json(body)?;
    let now = sim.clock.now();
    let mut held = sim.faults();
    let id = held.add(rule, now).map_err(GatewayError::validation)?;
    let rules = Rules {
        id: Some(id),
        faults: held.rules(),
    };
    Ok((StatusCode::CREATED, Json(rules)).into_response())
}

/// `DELETE /sim/faults/{id}`.
pub(crate) async fn remove_fault(
    State(sim): State<Shared>,
    Path(id): Path<u64>,
) -> Answer<StatusCode> {
    if !sim.faults().remove(id) {
        return Err(GatewayError::not_found("No rule has this id"));
    }
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /sim/faults`.
pub(crate) async fn clear_faults(State(sim): State<Shared>) -> StatusCode {
    sim.faults().clear();
    StatusCode::NO_CONTENT
}

#[derive(Serialize)]
pub(crate) struct Counts {
    calls: Vec<Count>,
}

/// `GET /sim/calls`.
pub(crate) async fn calls(State(sim): State<Shared>) -> Json<Counts> {
    let calls = sim.calls().counts();
    Json(Counts { calls })
}

/// `DELETE /sim/calls`.
pub(crate) async fn clear_calls(State(sim): State<Shared>) -> StatusCode {
    sim.calls().clear();
    StatusCode::NO_CONTENT
}
