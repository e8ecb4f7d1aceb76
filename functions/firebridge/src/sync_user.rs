//! `/api/firebridge/sync-user`

use axum::extract::State;
use garde::Validate;
use kernel::id::CommandId;
use kernel::time::Timestamp;
use kernel::{Error, Number};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use trading::app::{Done, Said, Told};
use trading::domain::{Kind, Mode, Switches};
use trading::model::{Command, Position, Positions, Strategy};
use utoipa::ToSchema;
use web::extract::{CurrentRequest, Json};
use web::problem::ProblemBody;

use crate::App;
use crate::fields::{
    CamelJson, Label, is_of, label, label_schema, optional_amount, optional_lots, optional_price,
    optional_sentence, word,
};
use crate::standing::Terminal;

/// What a terminal sees and did.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SyncBody {
    /// Whose terminal it is.
    #[garde(custom(word))]
    user_id: String,
    /// What it was paired as.
    #[garde(custom(word))]
    terminal_id: String,
    #[garde(dive)]
    #[schema(inline)]
    status: TerminalStatus,
    /// Commands that it has: they are not sent again.
    #[serde(default)]
    #[garde(length(max = 100))]
    #[schema(value_type = Vec<String>, max_items = 100)]
    acks: Vec<String>,
    /// What became of commands that no trade's result tells of.
    #[serde(default)]
    #[garde(length(max = 20), dive)]
    #[schema(max_items = 20)]
    outcomes: Vec<CommandOutcome>,
}

/// How a terminal's account is.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TerminalStatus {
    /// Whether the terminal has a connection to its broker.
    #[garde(skip)]
    is_connected: bool,
    #[garde(custom(optional_amount))]
    balance: Option<Number>,
    #[garde(custom(optional_amount))]
    equity: Option<Number>,
    /// All open positions; absent keeps those of the last time.
    #[garde(length(max = 500), dive)]
    #[schema(max_items = 500)]
    open_trades: Option<Vec<OpenPosition>>,
}

/// An open position.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OpenPosition {
    #[garde(custom(label))]
    #[schema(schema_with = label_schema)]
    ticket: Label,
    /// Lots.
    #[garde(custom(optional_lots))]
    volume: Option<Number>,
    /// The symbol's last price.
    #[garde(custom(optional_price))]
    price: Option<Number>,
    /// What closing it now would bring.
    #[garde(custom(optional_amount))]
    profit: Option<Number>,
    #[garde(custom(optional_price))]
    stop_loss: Option<Number>,
    #[garde(custom(optional_price))]
    take_profit: Option<Number>,
}

/// What became of a command.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CommandOutcome {
    /// The command.
    #[garde(custom(word))]
    command_id: String,
    /// Why it could not be done; absent where it was.
    #[garde(custom(optional_sentence))]
    error: Option<String>,
}

/// What a terminal is to do.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TerminalSyncAnswer)]
pub(crate) struct TerminalOrdersAnswer {
    /// The strategy to follow; its content is at `pull-strategy`.
    strategy: Option<StrategyVersion>,
    trading_state: TradingStateAnswer,
    /// The first issued first, at most 20. Those that are not acknowledged
    /// come again.
    commands: Vec<CommandMessage>,
    #[schema(value_type = String, format = DateTime)]
    server_time: Timestamp,
}

/// Which strategy is in force.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StrategyVersion {
    id: String,
    version: u64,
}

/// How trading is switched, as terminals read it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TerminalTradingState)]
pub(crate) struct TradingStateAnswer {
    /// A terminal that reads `stopped` holds nothing and opens nothing.
    mode: Mode,
    /// Whether stop loss and take profit are hidden from the broker.
    stealth: bool,
    version: u64,
    /// Emergency stops so far. An `open_trade` of an earlier one is void.
    epoch: u64,
}

impl From<Switches> for TradingStateAnswer {
    fn from(switches: Switches) -> Self {
        Self {
            mode: switches.mode,
            stealth: switches.is_stealth,
            version: switches.version,
            epoch: switches.epoch,
        }
    }
}

/// A command.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CommandMessage {
    /// Its id: to be acknowledged, and named by the results that come of it.
    id: CommandId,
    #[serde(rename = "type")]
    kind: Kind,
    /// What the type asks for: the figures of an `open_trade`, or which
    /// position is meant. An `open_trade` names `symbol`, `action`,
    /// `orderType`, `epoch` and, where the signal says them, `signalId`,
    /// `provider`, `entry` (the first one), `entries` (all of them),
    /// `entryWeights`, `entryZone` (`low` and `high`; entered as a whole),
    /// `stopLoss`, `takeProfits`, `takeProfitWeights`, `runner`, `volume` and
    /// `riskPercent`. Weights that are left out are equal.
    #[schema(value_type = Object)]
    payload: Box<RawValue>,
    /// After this it is not to be done any more.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

impl CommandMessage {
    fn of(command: Command) -> Result<Self, Error> {
        Ok(Self {
            id: command.id,
            kind: command.kind,
            payload: RawValue::from_string(command.payload).map_err(Error::internal)?,
            expires_at: command.expires_at,
        })
    }
}

/// Takes in what a terminal sees, and answers what it is to do.
#[utoipa::path(
    post,
    path = "/api/firebridge/sync-user",
    tag = "firebridge",
    security(("device" = [])),
    request_body = SyncBody,
    responses(
        (status = 200, description = "What to do", body = TerminalOrdersAnswer),
        (status = 400, description = "A figure cannot be", body = ProblemBody),
        (status = 401, description = "No good device token", body = ProblemBody),
        (status = 403, description = "The body names somebody else", body = ProblemBody),
    )
)]
pub(crate) async fn sync_user(
    State(app): State<App>,
    Terminal(device): Terminal,
    CurrentRequest(id): CurrentRequest,
    CamelJson(body): CamelJson<SyncBody>,
) -> web::Result<Json<TerminalOrdersAnswer>> {
    is_of(&device, Some(&body.user_id), Some(&body.terminal_id))?;
    let request = app.platform.request(&id);
    let told = told(body, request.now);
    let synced = app.trading.sync(&device, &told, request).await?;
    let commands = synced.commands.into_iter().map(CommandMessage::of);
    Ok(Json(TerminalOrdersAnswer {
        strategy: synced.strategy.map(|strategy: Strategy| StrategyVersion {
            id: strategy.id,
            version: strategy.version,
        }),
        trading_state: synced.switches.into(),
        commands: commands.collect::<Result<_, Error>>()?,
        server_time: request.now,
    }))
}

/// An id that cannot be a command's is none of the terminal's commands, and is
/// passed over like one that is not.
fn told(body: SyncBody, now: Timestamp) -> Told {
    let figure = |number: Option<Number>| number.map(|number| number.0);
    let position = |open: OpenPosition| Position {
        ticket: open.ticket.0,
        volume: figure(open.volume),
        price: figure(open.price),
        profit: figure(open.profit),
        stop_loss: figure(open.stop_loss),
        take_profit: figure(open.take_profit),
    };
    let done = |outcome: CommandOutcome| {
        Some(Done {
            command: outcome.command_id.parse().ok()?,
            error: outcome.error,
        })
    };
    Told {
        said: Said {
            is_connected: Some(body.status.is_connected),
            balance: figure(body.status.balance),
            equity: figure(body.status.equity),
        },
        positions: body.status.open_trades.map(|open| Positions {
            positions: open.into_iter().map(position).collect(),
            told_at: Some(now),
        }),
        acks: body.acks.iter().filter_map(|id| id.parse().ok()).collect(),
        done: body.outcomes.into_iter().filter_map(done).collect(),
    }
}
