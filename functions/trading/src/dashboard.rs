//! `/api/dashboard/stats`

use axum::extract::State;
use kernel::Number;
use serde::Serialize;
use signals::domain::signal::Status;
use signals::model::Counts;
use trading::domain::{Figures, Mode};
use utoipa::ToSchema;
use web::caller::{Acting, Reading};
use web::extract::Json;
use web::problem::ProblemBody;

use crate::App;

/// What the caller's trading came to so far.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StatsAnswer {
    /// The caller's own signals, all that were ever made: held, rejected and
    /// replayed ones too. What the platform publishes is nobody's own.
    signals: u64,
    /// The same by where they stand.
    signals_by_status: SignalCounts,
    /// Signals that a terminal was told to trade.
    signals_sent: u64,
    trades: TradeCounts,
    pnl: ProfitAndLoss,
    /// Percent of the closed trades that gained; `null` without any.
    win_rate: Option<Number>,
    terminals: TerminalCounts,
    trading_state: Mode,
}

/// How many signals stand where.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SignalCounts {
    /// Wait to be approved.
    held: u64,
    /// Sent; no trade follows them yet.
    released: u64,
    /// A trade of them is open.
    active: u64,
    /// Have their result.
    closed: u64,
    /// Refused by the caller.
    rejected: u64,
}

impl From<Counts> for SignalCounts {
    fn from(counts: Counts) -> Self {
        Self {
            held: counts.of(Status::Held),
            released: counts.of(Status::Released),
            active: counts.of(Status::Active),
            closed: counts.of(Status::Closed),
            rejected: counts.of(Status::Rejected),
        }
    }
}

/// How many trades.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TradeCounts {
    /// Ever opened.
    total: u64,
    open: u64,
    closed: u64,
    wins: u64,
    losses: u64,
}

/// What trades brought.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProfitAndLoss {
    /// By all closings, parts of open trades included.
    realized: Number,
    /// What closed trades that gained brought.
    gross_profit: Number,
    /// What closed trades that lost cost.
    gross_loss: Number,
    /// By trades that were closed today, in UTC.
    today: Number,
}

/// How many terminals.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TerminalCounts {
    paired: usize,
    online: usize,
}

/// Counts and totals of signals, trades, P&L and terminals.
#[utoipa::path(
    get,
    path = "/api/dashboard/stats",
    tag = "trading",
    security(("jwt" = [])),
    responses(
        (status = 200, description = "The totals", body = StatsAnswer),
        (status = 401, description = "No good token", body = ProblemBody),
    )
)]
pub(crate) async fn stats(
    State(app): State<App>,
    caller: Acting<Reading>,
) -> web::Result<Json<StatsAnswer>> {
    let owner = caller.owner();
    let now = app.platform.real_now();
    let store = &app.trading.store;
    let signals = app.signals.counts(&owner).await?;
    let totals = store.totals(&owner).await?;
    let today = store.day(&owner, now.date_naive()).await?;
    let terminals = store.terminals(&owner).await?;
    let control = store.control(&owner).await?;
    let closed: Figures = totals.closed;
    let is_there = |terminal: &&trading::Terminal| terminal.is_there(now);
    Ok(Json(StatsAnswer {
        signals: signals.all(),
        signals_by_status: signals.into(),
        signals_sent: totals.signals,
        trades: TradeCounts {
            total: totals.opened,
            open: totals.opened.saturating_sub(closed.trades),
            closed: closed.trades,
            wins: closed.wins,
            losses: closed.losses,
        },
        pnl: ProfitAndLoss {
            realized: Number::exact(totals.realized),
            gross_profit: Number::exact(closed.gross_profit),
            gross_loss: Number::exact(closed.gross_loss),
            today: Number::exact(today.path.net),
        },
        win_rate: closed.win_rate().map(Number::percent),
        terminals: TerminalCounts {
            paired: terminals.len(),
            online: terminals.iter().filter(is_there).count(),
        },
        trading_state: control.switches.mode,
    }))
}
