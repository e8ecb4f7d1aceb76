//! The provisioning calls: register a trading account and forget it.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::errors::{Answer, GatewayError, Refusal};
use crate::registry::{Credentials, Standing};
use crate::world::{Shared, read_json};

/// The fields of a new account that the simulator acts on; the protocol has
/// more, which are ignored.
#[derive(Deserialize)]
struct NewAccount {
    login: String,
    password: SecretString,
    server: String,
    platform: String,
    name: String,
    magic: i64,
}

#[derive(Serialize)]
struct Registered<'a> {
    id: &'a str,
    state: &'static str,
}

#[derive(Serialize)]
struct Pending {
    message: String,
}

/// `POST /users/current/accounts`.
pub(crate) async fn create(
    State(sim): State<Shared>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Answer<Response> {
    let transaction_id = transaction_id(&headers)?;
    let account = valid(read_json(body)?)?;
    let now = sim.clock.real_now();
    let mut world = sim.world();
    let world = &mut *world;
    let takes_ms = world
        .accounts
        .get(&account.login)
        .and_then(|known| known.verification.takes_ms)
        .unwrap_or(sim.settings.verification_ms);
    let credentials = Credentials {
        login: account.login.clone(),
        server: account.server.clone(),
        password: account.password,
    };
    let registration = world
        .registry
        .register(transaction_id, credentials, now, takes_ms)
        .ok_or_else(|| GatewayError::refused(Refusal::ResourceSlots))?;
    let asked = (&account.login, &account.server);
    let registered = &registration.credentials;
    if asked != (&registered.login, &registered.server) {
        return Err(GatewayError::validation(
            "The transaction id has been used for another account",
        ));
    }
    match registration.settle(&world.accounts, now) {
        Standing::Verifying { retry_after_s } => Ok(pending(retry_after_s)),
        // The transaction was carried out, whatever became of the account.
        Standing::Deployed | Standing::Deleted => Ok((
            StatusCode::CREATED,
            Json(Registered {
                id: &registration.id,
                state: "DEPLOYED",
            }),
        )
            .into_response()),
        Standing::Refused(refusal) => Err(GatewayError::refused(refusal)),
    }
}

fn transaction_id(headers: &HeaderMap) -> Answer<&str> {
    headers
        .get("transaction-id")
        .and_then(|value| value.to_str().ok())
        .filter(|id| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        .ok_or_else(|| {
            GatewayError::validation("The transaction-id header must be 32 letters or digits")
        })
}

fn valid(account: NewAccount) -> Answer<NewAccount> {
    let fault = if account.login.is_empty() || account.login.bytes().any(|b| !b.is_ascii_digit()) {
        "login must be digits"
    } else if account.login.len() > 12 {
        "login is too long"
    } else if account.platform != "mt5" {
        "platform must be mt5"
    } else if !(1..=64).contains(&account.server.len()) {
        "server must be 1 to 64 bytes"
    } else if !(1..=128).contains(&account.name.len()) {
        "name must be 1 to 128 bytes"
    } else if account.magic < 0 {
        "magic must not be negative"
    } else {
        return Ok(account);
    };
    Err(GatewayError::validation(fault))
}

fn pending(retry_after_s: u64) -> Response {
    let message = format!(
        "Automatic broker settings detection is in progress, please retry in {retry_after_s} seconds"
    );
    let mut response = (StatusCode::ACCEPTED, Json(Pending { message })).into_response();
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from(retry_after_s));
    response
}

/// `DELETE /users/current/accounts/{id}`.
pub(crate) async fn delete(
    State(sim): State<Shared>,
    Path(id): Path<String>,
) -> Answer<StatusCode> {
    let now = sim.clock.real_now();
    let mut world = sim.world();
    let world = &mut *world;
    let registration = world
        .registry
        .find(&id)
        .ok_or_else(|| GatewayError::not_found(format!("Trading account {id} not found")))?;
    match registration.settle(&world.accounts, now) {
        Standing::Deployed => {
            registration.deleted_at = Some(now);
            Ok(StatusCode::NO_CONTENT)
        }
        Standing::Verifying { .. } | Standing::Refused(_) | Standing::Deleted => Err(
            GatewayError::not_found(format!("Trading account {id} not found")),
        ),
    }
}
