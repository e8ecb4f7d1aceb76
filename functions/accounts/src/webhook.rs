//! Where a shop hears of its accounts' events, and what was sent.

use accounts::gateway::webhook::{generate_secret, validate_url};
use accounts::store::{Delivery, DeliveryState, WebhookEndpoint, secret_identity};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use garde::Validate;
use http::StatusCode;
use kernel::Error;
use kernel::id::DeliveryId;
use kernel::page::Page;
use kernel::time::Timestamp;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::CarriesSecret;
use web::caller::ShopCaller;
use web::extract::{Json, Query};
use web::page::{Paging, cursor};
use web::problem::ProblemBody;

use crate::App;

/// The endpoint to set.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct WebhookBody {
    /// An `https` address of the public internet.
    #[garde(length(min = 1, max = 2000))]
    url: String,
    /// Whether to make a new signing secret. The one before it signs too until
    /// the next change, so that the shop can change over.
    #[serde(default)]
    #[garde(skip)]
    rotate_secret: bool,
}

/// The endpoint; the secret is shown when it is made, and not again.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WebhookAnswer {
    url: String,
    /// `whsec_…`, to check `webhook-signature` with.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    /// Whether the endpoint has said 410 since it was set.
    disabled: bool,
    #[schema(value_type = String, format = DateTime)]
    set_at: Timestamp,
}

impl WebhookAnswer {
    fn of(endpoint: &WebhookEndpoint, secret: Option<String>) -> Self {
        Self {
            url: endpoint.url.clone(),
            secret,
            disabled: endpoint.disabled,
            set_at: endpoint.set_at,
        }
    }
}

/// Returns the endpoint that receives the shop's events.
#[utoipa::path(
    get,
    path = "/api/s2s/webhook",
    tag = "webhooks",
    security(("hmac" = [])),
    responses(
        (status = 200, description = "The endpoint", body = WebhookAnswer),
        (status = 404, description = "None is set", body = ProblemBody),
    )
)]
pub(crate) async fn show(
    State(app): State<App>,
    caller: ShopCaller,
) -> web::Result<Json<WebhookAnswer>> {
    let endpoint = app
        .store
        .webhook(&caller.shop)
        .await?
        .ok_or(Error::NotFound("webhook endpoint"))?;
    Ok(Json(WebhookAnswer::of(&endpoint, None)))
}

/// Sets where the shop hears of events, by the Standard Webhooks
/// specification.
#[utoipa::path(
    put,
    path = "/api/s2s/webhook",
    tag = "webhooks",
    security(("hmac" = [])),
    request_body = WebhookBody,
    responses(
        (status = 200, description = "The endpoint, with its secret where that is new", body = WebhookAnswer),
        (status = 400, description = "The address cannot be used", body = ProblemBody),
    )
)]
pub(crate) async fn put(
    State(app): State<App>,
    caller: ShopCaller,
    Json(body): Json<WebhookBody>,
) -> web::Result<Response> {
    validate_url(&body.url, &app.webhook_hosts).map_err(|fault| Error::field("url", fault))?;
    let before = app.store.webhook(&caller.shop).await?;
    let now = app.platform.now();
    let is_new = body.rotate_secret || before.is_none();
    let (endpoint, secret) = if is_new {
        let secret = generate_secret();
        let identity = secret_identity(&caller.shop);
        let endpoint = WebhookEndpoint {
            url: body.url,
            sealed_secret: app.vault.seal(&secret, &identity).await?,
            sealed_secret_before: before.map(|before| before.sealed_secret),
            disabled: false,
            set_at: now,
        };
        (endpoint, Some(secret.expose_secret().to_owned()))
    } else {
        let before = before.ok_or(Error::NotFound("webhook endpoint"))?;
        let endpoint = WebhookEndpoint {
            url: body.url,
            sealed_secret_before: None,
            disabled: false,
            set_at: now,
            ..before
        };
        (endpoint, None)
    };
    app.store.put_webhook(&caller.shop, &endpoint).await?;
    let mut response = Json(WebhookAnswer::of(&endpoint, secret)).into_response();
    response.extensions_mut().insert(CarriesSecret);
    Ok(response)
}

/// Removes the endpoint.
#[utoipa::path(
    delete,
    path = "/api/s2s/webhook",
    tag = "webhooks",
    security(("hmac" = [])),
    responses((status = 204, description = "None is set"))
)]
pub(crate) async fn delete(State(app): State<App>, caller: ShopCaller) -> web::Result<StatusCode> {
    app.store.delete_webhook(&caller.shop).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A message to the shop.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeliveryAnswer {
    /// `webhook-id`, the same at every attempt and replay.
    id: DeliveryId,
    /// `account.breached` and the like.
    event: String,
    /// `pending`, `delivered` or `dead`.
    state: DeliveryState,
    attempts: u32,
    /// The last answer's status, or what failed.
    last_outcome: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    delivered_at: Option<Timestamp>,
}

impl From<Delivery> for DeliveryAnswer {
    fn from(delivery: Delivery) -> Self {
        Self {
            id: delivery.id,
            event: delivery.event,
            state: delivery.state,
            attempts: delivery.attempts,
            last_outcome: delivery.last_outcome,
            created_at: delivery.created_at,
            delivered_at: delivery.delivered_at,
        }
    }
}

/// Messages to the shop, the newest first; kept 30 days.
#[utoipa::path(
    get,
    path = "/api/s2s/webhook/deliveries",
    tag = "webhooks",
    security(("hmac" = [])),
    params(Paging),
    responses((status = 200, description = "A page of messages", body = Page<DeliveryAnswer>))
)]
pub(crate) async fn deliveries(
    State(app): State<App>,
    caller: ShopCaller,
    Query(paging): Query<Paging>,
) -> web::Result<Json<Page<DeliveryAnswer>>> {
    let query = format!("deliveries {}", caller.shop);
    let after = paging.position(&query)?;
    let page = app
        .store
        .deliveries(&caller.shop, paging.limit().get(), after)
        .await?;
    Ok(Json(Page {
        next_cursor: page.next.map(|position| cursor(&position, &query)),
        items: page
            .rows
            .into_iter()
            .map(|(_, delivery)| delivery.into())
            .collect(),
    }))
}
