//! `POST /api/auth/exchange`

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use garde::Validate;
use identity::model::PersonStatus;
use kernel::Error;
use kernel::access::Tier;
use kernel::id::{WpUser, ulid_at};
use kernel::time::Timestamp;
use platform::tokens::{AUDIENCE, Claims, LIFE_S};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::CarriesSecret;
use web::caller::{SCOPE_ACCOUNTS, ShopCaller};
use web::extract::Json;
use web::problem::ProblemBody;

use crate::App;

/// Whose token.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct ExchangeBody {
    /// The number of the user in the shop's WordPress.
    #[garde(range(min = 1))]
    wp_user_id: u64,
}

/// An access token.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExchangeAnswer {
    token: String,
    /// `Bearer`.
    token_type: &'static str,
    /// Seconds that it is good for.
    expires_in: i64,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// A token for a WordPress user of the calling shop. A user that was not seen
/// before gets one with no accounts; one who is joined with a person that is
/// blocked gets none.
#[utoipa::path(
    post,
    path = "/api/auth/exchange",
    tag = "auth",
    security(("hmac" = [])),
    request_body = ExchangeBody,
    responses(
        (status = 200, description = "A token of 15 minutes", body = ExchangeAnswer),
        (status = 401, description = "The signature is not good", body = ProblemBody),
        (status = 403, description = "The user is joined with a person who is blocked", body = ProblemBody),
    )
)]
pub(crate) async fn exchange(
    State(app): State<App>,
    caller: ShopCaller,
    Json(body): Json<ExchangeBody>,
) -> web::Result<Response> {
    // Before the person is read: a block that is written after that refuses
    // tokens up to its own time.
    let now = app.now();
    let user = WpUser {
        shop: caller.shop.clone(),
        wp_user_id: body.wp_user_id,
    };
    let person = app.identity.store.person_of_word_press(&user).await?;
    if person.is_some_and(|person| person.status == PersonStatus::Blocked) {
        return Err(Error::Forbidden("this user is blocked").into());
    }
    let claims = Claims {
        iss: app.signer.issuer().to_owned(),
        aud: AUDIENCE.to_owned(),
        sub: user.to_string(),
        org: caller.shop.to_string(),
        role: "trader".to_owned(),
        permissions: Vec::new(),
        tier: Tier::Free,
        scope: SCOPE_ACCOUNTS.to_owned(),
        sid: format!("ses_{}", ulid_at(now)),
        iat: now.timestamp(),
        exp: now.timestamp() + LIFE_S,
    };
    let token = app.signer.keys().await?.sign(&claims)?;
    let answer = ExchangeAnswer {
        token: token.expose_secret().to_owned(),
        token_type: "Bearer",
        expires_in: LIFE_S,
        expires_at: Timestamp::from_timestamp(claims.exp, 0).unwrap_or(now),
    };
    let mut response = Json(answer).into_response();
    response.extensions_mut().insert(CarriesSecret);
    Ok(response)
}
