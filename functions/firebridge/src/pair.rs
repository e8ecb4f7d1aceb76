//! `/api/firebridge/devices/pair`
//!
//! Attempts are counted for each address, as sign-ins are, and failed ones shut
//! it out; and they are counted over all callers together, so that many
//! addresses cannot guess what one cannot.

use axum::extract::State;
use axum::response::Response;
use garde::Validate;
use kernel::Error;
use kernel::id::DeviceId;
use platform::rate_limit::Limit;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::CarriesSecret;
use web::audit::Audited;
use web::caller::Client;
use web::extract::{CurrentRequest, Json, created};
use web::fields::called;
use web::problem::ProblemBody;

use crate::App;

/// Attempts of everybody together in the life of a code. A code has 60 bits:
/// with a thousand codes open at once, so many attempts find one of them in
/// one of 380 thousand million windows.
const ATTEMPTS: Limit = Limit::exact(3_000, 300);
/// What failed attempts are counted as, beside their address.
const ACCOUNT: &str = "pairing";

/// A terminal that has a code.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct PairBody {
    /// The code; small letters and missing hyphens do not matter.
    #[garde(skip)]
    #[schema(value_type = String)]
    pairing_code: SecretString,
    /// What the terminal calls itself, 1 to 100 characters.
    #[garde(custom(called))]
    terminal_id: String,
}

/// A paired terminal's token.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PairedAnswer {
    /// The bearer token of all its calls; told once.
    device_token: String,
    device_id: DeviceId,
    /// Whose the terminal is: `userId` of its calls.
    user_id: String,
}

/// Pairs a terminal by a code, once.
#[utoipa::path(
    post,
    path = "/api/firebridge/devices/pair",
    tag = "firebridge",
    request_body = PairBody,
    responses(
        (status = 201, description = "The token, which is told once", body = PairedAnswer),
        (status = 400, description = "The code is not good, or not any more", body = ProblemBody),
        (status = 409, description = "The person has as many terminals as one can have", body = ProblemBody),
        (status = 429, description = "Too many attempts", body = ProblemBody),
    )
)]
pub(crate) async fn pair(
    State(app): State<App>,
    client: Client,
    CurrentRequest(id): CurrentRequest,
    Json(body): Json<PairBody>,
) -> web::Result<Response> {
    let request = app.platform.request(&id);
    let limiter = app.platform.limiter();
    let decision = limiter.admit("pairing", ATTEMPTS, request.now).await?;
    if !decision.admitted {
        tracing::warn!(
            alarm = "pairing_attempts",
            "no terminal is paired for a while"
        );
        return Err(Error::RateLimited {
            retry_after_s: decision.reset_s,
        }
        .into());
    }
    let paired = app
        .trading
        .pair(&body.pairing_code, &body.terminal_id, request)
        .await?;
    let Some(paired) = paired else {
        app.platform
            .doorkeeper()
            .failed(&client.address, ACCOUNT, request.now)
            .await?;
        return Err(Error::field("pairing_code", "is not good, or not any more").into());
    };
    let device = paired.device;
    let mut response = created(PairedAnswer {
        device_token: paired.token.expose_secret().to_owned(),
        device_id: device.id.clone(),
        user_id: device.user.to_string(),
    });
    let extensions = response.extensions_mut();
    extensions.insert(CarriesSecret);
    extensions.insert(Audited {
        action: "terminal.paired",
        target: Some(device.id.to_string()),
        actor: Some((device.user.to_string(), device.org)),
        ..Audited::default()
    });
    Ok(response)
}
