//! `POST /api/connect`

use accounts::app::connect::{ConnectRequest, connect as connect_account};
use accounts::gateway::mt5::Credentials;
use accounts::model::Status;
use axum::extract::State;
use axum::response::Response;
use garde::Validate;
use kernel::Number;
use kernel::id::AccountId;
use rust_decimal::Decimal;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use web::caller::ShopCaller;
use web::extract::{CurrentRequest, Json, created};
use web::problem::ProblemBody;

use crate::App;

/// An account to connect.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct ConnectBody {
    /// The account's number at the trade server: digits, as text or number.
    #[serde(deserialize_with = "text_or_number")]
    #[garde(length(chars, min = 1, max = 20), custom(digits))]
    #[schema(example = "5000001")]
    login: String,
    /// The investor password, which allows reading and no trading.
    #[garde(custom(password_length))]
    #[schema(value_type = String)]
    investor_pass: SecretString,
    /// The trade server's name.
    #[garde(length(chars, min = 1, max = 100), custom(printable))]
    #[schema(example = "Sim-Demo")]
    server: String,
    /// The account type: it names the plan.
    #[garde(custom(is_account_type))]
    #[schema(example = "evaluation-100k")]
    account_type: String,
    /// The WordPress user who owns the account.
    #[garde(range(min = 1))]
    wp_user_id: u64,
    /// The initial balance by the order; by the deposits if absent.
    #[garde(custom(positive))]
    initial_balance: Option<Number>,
    /// The id of the shop's order.
    #[garde(inner(length(chars, min = 1, max = 64)))]
    #[serde(default, deserialize_with = "optional_text_or_number")]
    order_id: Option<String>,
}

/// The result of a connect request.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConnectAnswer {
    pub(crate) success: bool,
    pub(crate) account_id: AccountId,
    pub(crate) message: &'static str,
    /// `active`, or `connecting` while the broker is still verifying.
    pub(crate) status: Status,
}

impl ConnectAnswer {
    pub(crate) fn of(account_id: AccountId, status: Status) -> Self {
        Self {
            success: true,
            account_id,
            message: match status {
                Status::Connecting => {
                    "the broker is still verifying; the account is not judged yet"
                }
                _ => "the account is connected",
            },
            status,
        }
    }
}

/// Verifies an account at its broker, and connects it.
#[utoipa::path(
    post,
    path = "/api/connect",
    tag = "accounts",
    security(("hmac" = [])),
    request_body = ConnectBody,
    responses(
        (status = 201, description = "Connected, or still being verified", body = ConnectAnswer),
        (status = 409, description = "The login is another user's, or was connected with other values", body = ProblemBody),
        (status = 422, description = "The broker refuses the credentials", body = ProblemBody),
        (status = 503, description = "The gateway is not available", body = ProblemBody),
    )
)]
pub(crate) async fn connect(
    State(app): State<App>,
    caller: ShopCaller,
    CurrentRequest(request_id): CurrentRequest,
    Json(body): Json<ConnectBody>,
) -> web::Result<Response> {
    let request = ConnectRequest {
        credentials: Credentials {
            login: body.login,
            password: body.investor_pass,
            server: body.server,
        },
        account_type: body.account_type,
        wp_user_id: body.wp_user_id,
        initial_balance: body.initial_balance.map(Decimal::from),
        order_id: body.order_id,
    };
    let connected = connect_account(
        &app.store,
        &app.gateway,
        &app.vault,
        &caller.shop,
        &request,
        &request_id,
        app.platform.now(),
    )
    .await?;
    Ok(created(ConnectAnswer::of(
        connected.account,
        connected.status,
    )))
}

/// Plugins send numbers as numbers or as text.
#[derive(Deserialize)]
#[serde(untagged)]
enum TextOrNumber {
    Text(String),
    Number(u64),
}

fn text_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(match TextOrNumber::deserialize(deserializer)? {
        TextOrNumber::Text(text) => text,
        TextOrNumber::Number(number) => number.to_string(),
    })
}

pub(crate) fn optional_text_or_number<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    Ok(
        Option::<TextOrNumber>::deserialize(deserializer)?.map(|value| match value {
            TextOrNumber::Text(text) => text,
            TextOrNumber::Number(number) => number.to_string(),
        }),
    )
}

pub(crate) fn password_length(password: &SecretString, _: &()) -> garde::Result {
    let chars = password.expose_secret().chars().count();
    if (1..=128).contains(&chars) {
        Ok(())
    } else {
        Err(garde::Error::new("must have 1 to 128 characters"))
    }
}

pub(crate) fn digits(text: &str, _: &()) -> garde::Result {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(())
    } else {
        Err(garde::Error::new("must be digits"))
    }
}

pub(crate) fn printable(text: &str, _: &()) -> garde::Result {
    if text.chars().any(char::is_control) {
        Err(garde::Error::new("must have no control characters"))
    } else {
        Ok(())
    }
}

/// Callers choose account types, and they are part of paths.
pub(crate) fn is_account_type(text: &str, _: &()) -> garde::Result {
    let fits = (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'));
    if fits {
        Ok(())
    } else {
        Err(garde::Error::new("must be 1 to 64 of A-Z a-z 0-9 . _ -"))
    }
}

pub(crate) fn positive(amount: &Option<Number>, _: &()) -> garde::Result {
    match amount {
        Some(Number(value))
            if value.is_sign_negative()
                || value.is_zero()
                || !accounts::domain::is_in_range(*value) =>
        {
            Err(garde::Error::new("must be above zero and within reason"))
        }
        _ => Ok(()),
    }
}
