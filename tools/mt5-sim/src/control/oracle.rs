//! The oracle's judgement of an account.

use axum::Json;
use axum::extract::{Path, State};
use kernel::Number;
use kernel::time::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Body, unknown};
use crate::errors::{Answer, GatewayError};
use crate::oracle::ledger::Snapshot;
use crate::oracle::plan::Plan;
use crate::oracle::source::{ClassRule, DealTimes, Reading};
use crate::oracle::verdict::Challenge;
use crate::oracle::{ChallengeReset, Question};
use crate::world::{Shared, read_json};

/// The most resets and starts of a question.
const RESETS_MAX: usize = 1_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    plan: Plan,
    #[serde(default)]
    initial_balance: Option<Number>,
    connected_at: Timestamp,
    #[serde(default)]
    resets: Vec<ChallengeReset>,
    #[serde(default)]
    starts: Vec<Timestamp>,
    /// The present where left out.
    #[serde(default)]
    until: Option<Timestamp>,
    #[serde(default)]
    classes: Vec<ClassRule>,
    #[serde(default)]
    deal_times: DealTimes,
    /// The snapshots that a client kept, in place of those it was answered.
    #[serde(default)]
    snapshots: Option<Vec<Kept>>,
}

/// A snapshot that a client kept: answers may be lost on their way to it.
#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    at: Timestamp,
    balance: Number,
    equity: Number,
}

impl From<Kept> for Snapshot {
    fn from(kept: Kept) -> Self {
        Self {
            at: kept.at,
            balance: kept.balance.into(),
            equity: kept.equity.into(),
        }
    }
}

#[derive(Serialize)]
pub(crate) struct Judged {
    challenges: Vec<Challenge>,
}

/// `POST /sim/accounts/{login}/oracle`.
pub(crate) async fn judge(
    State(sim): State<Shared>,
    Path(login): Path<String>,
    body: Body,
) -> Answer<Json<Judged>> {
    let asked: Asked = read_json(body)?;
    let ordered = asked.resets.is_sorted_by_key(|reset| reset.at) && asked.starts.is_sorted();
    if !ordered || asked.resets.len().max(asked.starts.len()) > RESETS_MAX {
        return Err(GatewayError::validation(format!(
            "resets and starts are in order of time, and at most {RESETS_MAX}"
        )));
    }
    let question = Question {
        plan: asked.plan,
        initial_balance: asked.initial_balance.map(Decimal::from),
        connected_at: asked.connected_at,
        resets: asked.resets,
        starts: asked.starts,
        until: asked.until.unwrap_or_else(|| sim.clock.now()),
    };
    let reading = Reading {
        classes: &asked.classes,
        times: asked.deal_times,
    };
    let mut ledger = {
        let mut world = sim.world();
        let account = world.accounts.get_mut(&login).ok_or_else(unknown)?;
        account.at(question.until).map_err(GatewayError::internal)?;
        reading.ledger(account)
    };
    if let Some(kept) = asked.snapshots {
        ledger.snapshots = kept.into_iter().map(Snapshot::from).collect();
    }
    let challenges = crate::oracle::judge(&question, ledger);
    Ok(Json(Judged { challenges }))
}
