//! Messages to a shop, sent again: one, or those of a time range.

use accounts::app::messages::WebhookMessage;
use accounts::store::{Delivery, DeliveryState};
use axum::extract::State;
use axum::response::Response;
use chrono::TimeDelta;
use garde::Validate;
use kernel::Error;
use kernel::id::DeliveryId;
use kernel::time::Timestamp;
use platform::dynamo::Transaction;
use platform::outbox;
use platform::queue::Queue;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::caller::ShopCaller;
use web::extract::{CurrentRequest, Json, Path, accepted};
use web::problem::ProblemBody;

use crate::App;
use crate::webhook::DeliveryAnswer;

/// Messages that one call sends again.
const MESSAGES_MAX: u32 = 200;

/// The range of the events to send again, both ends included.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct ReplayBody {
    #[garde(skip)]
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    /// Now where left out.
    #[garde(skip)]
    #[schema(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
}

/// What is sent again.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReplayAnswer {
    /// Messages that are sent again by this call, at most 200.
    replayed: usize,
    /// Where there are more: `from` of the next call.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_from: Option<Timestamp>,
}

/// Sends the events of a time range again, under their own ids.
#[utoipa::path(
    post,
    path = "/api/s2s/webhook/replay",
    tag = "webhooks",
    security(("hmac" = [])),
    request_body = ReplayBody,
    responses(
        (status = 202, description = "To be sent", body = ReplayAnswer),
        (status = 400, description = "The range is not valid", body = ProblemBody),
    )
)]
pub(crate) async fn replay_range(
    State(app): State<App>,
    caller: ShopCaller,
    CurrentRequest(request_id): CurrentRequest,
    Json(body): Json<ReplayBody>,
) -> web::Result<Response> {
    let now = app.platform.now();
    let to = body.to.unwrap_or(now);
    if body.from > to {
        return Err(Error::field("from", "must not be after to").into());
    }
    let page = app
        .store
        .deliveries_between(&caller.shop, body.from, to, MESSAGES_MAX)
        .await?;
    let last = page.rows.last().map(|(_, delivery)| delivery.created_at);
    let replayed = page.rows.len();
    for (_, delivery) in page.rows {
        send_again(&app, &caller, delivery, &request_id, now).await?;
    }
    Ok(accepted(ReplayAnswer {
        replayed,
        next_from: page.next.and(last),
    }))
}

/// Sends one message again, under its own id.
#[utoipa::path(
    post,
    path = "/api/s2s/webhook/deliveries/{id}/replay",
    tag = "webhooks",
    security(("hmac" = [])),
    params(("id" = String, Path, description = "The message")),
    responses(
        (status = 202, description = "To be sent", body = DeliveryAnswer),
        (status = 404, description = "No such message", body = ProblemBody),
    )
)]
pub(crate) async fn replay(
    State(app): State<App>,
    caller: ShopCaller,
    Path(id): Path<DeliveryId>,
    CurrentRequest(request_id): CurrentRequest,
) -> web::Result<Response> {
    let delivery = app
        .store
        .delivery(&caller.shop, &id)
        .await?
        .ok_or(Error::NotFound("message"))?;
    let now = app.platform.now();
    let delivery = send_again(&app, &caller, delivery, &request_id, now).await?;
    Ok(accepted(DeliveryAnswer::from(delivery)))
}

async fn send_again(
    app: &App,
    caller: &ShopCaller,
    mut delivery: Delivery,
    request_id: &str,
    now: Timestamp,
) -> web::Result<Delivery> {
    delivery.state = DeliveryState::Pending;
    delivery.attempts = 0;
    delivery.delivered_at = None;
    let delivery = delivery.due(now + TimeDelta::minutes(2));
    let message = WebhookMessage {
        shop: caller.shop.clone(),
        delivery: delivery.id.clone(),
    };
    let mut transaction = Transaction::new();
    app.store.add_delivery(&mut transaction, &delivery)?;
    outbox::enqueue(
        &mut transaction,
        app.store.table(),
        Queue::Webhooks,
        &message,
        None,
        request_id,
        now,
    )?;
    transaction.commit().await?;
    Ok(delivery)
}
