//! What every call of the gateway passes: the token, injected faults, the
//! count and the log line.

use std::collections::BTreeMap;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use secrecy::ExposeSecret;
use serde::Serialize;

use crate::errors::GatewayError;
use crate::faults::{Call, Delivery, Fault, When};
use crate::world::{Shared, Sim};

/// How often each call had each outcome. Bounded by the calls, statuses and
/// faults there are.
#[derive(Debug, Default)]
pub(crate) struct Calls(BTreeMap<(Call, String), u64>);

/// One line of the counts.
#[derive(Debug, Serialize)]
pub(crate) struct Count {
    path: Call,
    outcome: String,
    count: u64,
}

impl Calls {
    fn add(&mut self, call: Call, outcome: String) {
        *self.0.entry((call, outcome)).or_default() += 1;
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn counts(&self) -> Vec<Count> {
        let count = |((path, outcome), count): (&(Call, String), &u64)| Count {
            path: *path,
            outcome: outcome.clone(),
            count: *count,
        };
        self.0.iter().map(count).collect()
    }
}

/// The middleware of the gateway's own paths.
pub(crate) async fn gateway(
    State(sim): State<Shared>,
    path: MatchedPath,
    request: Request,
    next: Next,
) -> Response {
    let Some(call) = call(request.method(), path.as_str()) else {
        return GatewayError::method_not_allowed().into_response();
    };
    let begun = Instant::now();
    let id = request.uri().path().split('/').nth(4).map(str::to_owned);
    let login = id.as_deref().and_then(|id| sim.login_of(id));
    let mut fault = None;
    let response = if is_authorized(&sim, request.headers()) {
        let now = sim.clock.now();
        fault = sim.faults().draw(call, login.as_deref(), now);
        carry_out(&sim, fault, request, next).await
    } else {
        GatewayError::unauthorized().into_response()
    };
    let status = response.status().as_u16();
    let outcome = match fault {
        Some(fault) => format!("fault:{}", fault.failure.name()),
        None => status.to_string(),
    };
    tracing::info!(
        call = ?call,
        account = id.as_deref().unwrap_or_default(),
        status,
        outcome,
        ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        "gateway call"
    );
    sim.calls().add(call, outcome);
    response
}

async fn carry_out(sim: &Sim, fault: Option<Fault>, mut request: Request, next: Next) -> Response {
    let delivered = fault.is_none_or(Fault::is_delivered);
    request.extensions_mut().insert(match delivered {
        true => Delivery::Whole,
        false => Delivery::Lost,
    });
    let Some(fault) = fault else {
        return next.run(request).await;
    };
    let answer = fault.answer(sim.clock.real_now());
    if fault.when == When::Before {
        tokio::time::sleep(fault.delay()).await;
        return match answer {
            Some(answer) => answer,
            None => fault.padded(next.run(request).await).await,
        };
    }
    let right = next.run(request).await;
    tokio::time::sleep(fault.delay()).await;
    match answer {
        Some(answer) => answer,
        None => fault.padded(right).await,
    }
}

fn is_authorized(sim: &Sim, headers: &HeaderMap) -> bool {
    headers
        .get("auth-token")
        .is_some_and(|token| token.as_bytes() == sim.settings.token.expose_secret().as_bytes())
}

fn call(method: &Method, path: &str) -> Option<Call> {
    let last = path.trim_start_matches("/users/current/accounts");
    match (method.as_str(), last) {
        ("POST", "") => Some(Call::Create),
        ("DELETE", "/{id}") => Some(Call::Delete),
        ("GET" | "HEAD", "/{id}/account-information") => Some(Call::AccountInformation),
        ("GET" | "HEAD", "/{id}/positions") => Some(Call::Positions),
        ("GET" | "HEAD", _) if last.contains("/history-deals/") => Some(Call::HistoryDeals),
        _ => None,
    }
}
