//! `/api/firebridge/push-trade-result`

use axum::extract::State;
use garde::Validate;
use kernel::id::TradeId;
use kernel::time::Timestamp;
use kernel::{Error, Number};
use serde::{Deserialize, Serialize};
use trading::domain::{Report, Side, TradeStatus};
use utoipa::ToSchema;
use web::extract::{CurrentRequest, Json};
use web::problem::ProblemBody;

use crate::App;
use crate::fields::{
    CamelJson, Label, is_of, label, label_schema, lots, moment, optional_amount, optional_price,
    optional_word, price, word,
};
use crate::follow;
use crate::standing::Terminal;

/// What happened to a trade.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TradeResultBody {
    /// Whose terminal it is.
    #[garde(custom(word))]
    user_id: String,
    /// What it was paired as.
    #[garde(custom(word))]
    terminal_id: String,
    /// The terminal's own name of this result: sent again, it counts no more.
    #[garde(custom(word))]
    result_id: String,
    /// The signal that the trade follows.
    #[garde(custom(optional_word))]
    signal_id: Option<String>,
    /// The command that this comes of.
    #[garde(custom(optional_word))]
    command_id: Option<String>,
    /// Which of the command's orders it is of, from 1, where the command stands
    /// for several. It then ends by `outcomes`, and not by this.
    #[garde(inner(range(min = 1, max = 20)))]
    command_part: Option<u8>,
    /// The trade server.
    #[garde(custom(word))]
    server: String,
    #[garde(custom(label))]
    #[schema(schema_with = label_schema)]
    login: Label,
    /// The position's ticket.
    #[garde(custom(label))]
    #[schema(schema_with = label_schema)]
    ticket: Label,
    #[garde(custom(word))]
    symbol: String,
    /// `buy` or `sell`.
    #[garde(skip)]
    action: Side,
    /// Lots of the position; of a part or an end, the lots that were closed.
    #[garde(custom(lots))]
    volume: Number,
    #[garde(custom(price))]
    open_price: Number,
    /// Of a part and of an end.
    #[garde(custom(optional_price))]
    close_price: Option<Number>,
    /// What was closed brought, all costs included; of an open position what
    /// it stands at, which counts nowhere.
    #[garde(custom(optional_amount))]
    profit: Option<Number>,
    /// Moves forward only; an earlier one changes nothing.
    #[garde(skip)]
    status: TradeStatus,
    #[garde(skip)]
    #[schema(value_type = String, format = DateTime)]
    open_time: Timestamp,
    /// Of a part and of an end; now where it is absent.
    #[garde(skip)]
    #[schema(value_type = Option<String>, format = DateTime)]
    close_time: Option<Timestamp>,
}

/// What became of a result.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TradeResultAnswer {
    success: bool,
    /// The trade; the same for every result of its server, login and ticket.
    trade_id: TradeId,
    /// Whether it was counted before.
    duplicate: bool,
}

/// Counts what happened to a trade, once for each `resultId`.
#[utoipa::path(
    post,
    path = "/api/firebridge/push-trade-result",
    tag = "firebridge",
    security(("device" = [])),
    request_body = TradeResultBody,
    responses(
        (status = 200, description = "It is counted", body = TradeResultAnswer),
        (status = 400, description = "A figure or a time cannot be", body = ProblemBody),
        (status = 401, description = "No good device token", body = ProblemBody),
        (status = 403, description = "The body names somebody else", body = ProblemBody),
    )
)]
pub(crate) async fn push(
    State(app): State<App>,
    Terminal(device): Terminal,
    CurrentRequest(id): CurrentRequest,
    CamelJson(body): CamelJson<TradeResultBody>,
) -> web::Result<Json<TradeResultAnswer>> {
    is_of(&device, Some(&body.user_id), Some(&body.terminal_id))?;
    let request = app.platform.request(&id);
    let result_id = body.result_id.clone();
    let report = report(body, request.now)?;
    let recorded = app
        .trading
        .record(&device, &result_id, &report, request)
        .await?;
    follow::tell(&app, &device, &recorded.trade, request).await?;
    Ok(Json(TradeResultAnswer {
        success: true,
        trade_id: recorded.trade,
        duplicate: recorded.is_duplicate,
    }))
}

fn report(body: TradeResultBody, now: Timestamp) -> Result<Report, Error> {
    let opened_at = moment("openTime", body.open_time, now)?;
    let closes = matches!(
        body.status,
        TradeStatus::PartiallyClosed | TradeStatus::Closed
    );
    let closed_at = match body.close_time {
        None => closes.then_some(now.max(opened_at)),
        Some(at) if at < opened_at => {
            return Err(Error::field("closeTime", "is before openTime"));
        }
        Some(at) => Some(moment("closeTime", at, now)?).filter(|_| closes),
    };
    // One that cannot be a command's is of none.
    let command = body.command_id.and_then(|id| id.parse().ok());
    Ok(Report {
        server: body.server,
        login: body.login.0,
        ticket: body.ticket.0,
        symbol: body.symbol,
        side: body.action,
        status: body.status,
        volume: body.volume.0,
        open_price: body.open_price.0,
        close_price: body.close_price.map(|price| price.0),
        profit: body.profit.map(|profit| profit.0),
        opened_at,
        closed_at,
        signal_id: body.signal_id,
        command,
        is_one_of_several: body.command_part.is_some(),
    })
}
