//! What is known of an account's standing: the rule state, and the figures
//! that people read, in one item of at most one read unit.
//!
//! Three write it, each its own attributes: connecting writes the connection's
//! status, syncing the newest reading, and judging the rest, under a condition
//! on the number of the next input so that each input is judged once.

use kernel::currency::Currency;
use kernel::id::{AccountId, ChallengeId, ShopId};
use kernel::time::Timestamp;
use platform::dynamo::{Condition, StoreError, Transaction, Update};
use serde::{Deserialize, Serialize};

use super::sync_state::due_accounts;
use super::{Store, from_json, keys, to_json};
use crate::domain::ledger::Ledger;
use crate::domain::plan::Plan;
use crate::domain::rules::{PriorHistory, State};
use crate::model::{Account, InitialBalance, Kind, Reading, Status};

/// The kind of due work: a reset, or another deadline of a rule.
const DUE: &str = "reset";

/// An account's standing.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// Whose account it is.
    pub owner: String,
    /// What the account is for.
    pub kind: Kind,
    /// State of the connection.
    pub status: Status,
    /// Why the connection is in error, for a person.
    pub status_detail: Option<String>,
    /// The account's currency, once a snapshot has told.
    pub currency: Currency,
    /// The initial balance, once it is known.
    pub initial_balance: Option<InitialBalance>,
    /// The newest reading, judged or not.
    pub live: Option<Reading>,
    /// The newest reading that counted.
    pub judged: Option<Reading>,
    /// The challenge in force.
    pub challenge: Option<ChallengeId>,
    /// Version of its plan.
    pub plan_version: u64,
    /// Its plan.
    pub plan: Plan,
    /// The rule state, once there is a first snapshot.
    pub state: Option<State>,
    /// Trades listed, those of earlier challenges too: the newest's number.
    pub trades: u64,
    /// Closed positions of the challenge.
    pub closed: u64,
    /// Those of them that won.
    pub winners: u64,
    /// Reset-to-reset days with a position opened.
    pub trading_days: u32,
    /// Number of the next input to judge.
    pub next_input: u64,
    /// Rises with each change by judging.
    pub revision: u64,
}

impl Judgement {
    /// Of an account that nothing is known of yet.
    #[must_use]
    pub fn start(account: &Account, status: Status, plan_version: u64, plan: Plan) -> Self {
        Self {
            owner: account.owner.clone(),
            kind: account.kind,
            status,
            status_detail: None,
            currency: Currency::usd(),
            initial_balance: None,
            live: None,
            judged: None,
            challenge: account.challenge.clone(),
            plan_version,
            plan,
            state: None,
            trades: 0,
            closed: 0,
            winners: 0,
            trading_days: 0,
            next_input: 1,
            revision: 0,
        }
    }
}

/// What judging reads beside the judgement, and writes back where deals came.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// Open positions and statistics.
    pub ledger: Ledger,
    /// What the deals before the first snapshot leave to the challenge.
    pub prior: PriorHistory,
    /// Deposits less withdrawals before the first trade: the initial balance
    /// where nobody else tells it.
    pub deposited: rust_decimal::Decimal,
    /// Whether a trade has been seen.
    pub has_traded: bool,
}

impl Default for Judged {
    fn default() -> Self {
        Self {
            ledger: Ledger::default(),
            prior: PriorHistory::default(),
            deposited: rust_decimal::Decimal::ZERO,
            has_traded: false,
        }
    }
}

/// A change by judging.
#[derive(Debug)]
pub struct JudgementChange<'a> {
    /// As it was read.
    pub before: &'a Judgement,
    /// As it is to be.
    pub after: &'a Judgement,
    /// When the next reset or deadline is due.
    pub due: Option<Timestamp>,
}

#[derive(Serialize, Deserialize)]
struct Row {
    owner: String,
    kind: Kind,
    status: Status,
    #[serde(default)]
    status_detail: Option<String>,
    currency: Currency,
    #[serde(default)]
    initial_balance: Option<String>,
    #[serde(default)]
    live: Option<String>,
    #[serde(default)]
    judged: Option<String>,
    #[serde(default)]
    challenge: Option<ChallengeId>,
    plan_version: u64,
    plan: String,
    #[serde(default)]
    state: Option<String>,
    trades: u64,
    closed: u64,
    winners: u64,
    trading_days: u32,
    next_input: u64,
    revision: u64,
}

impl Row {
    fn of(judgement: &Judgement) -> Result<Self, StoreError> {
        let Judgement {
            owner,
            kind,
            status,
            status_detail,
            currency,
            ..
        } = judgement.clone();
        Ok(Self {
            owner,
            kind,
            status,
            status_detail,
            currency,
            initial_balance: judgement
                .initial_balance
                .as_ref()
                .map(to_json)
                .transpose()?,
            live: judgement.live.as_ref().map(to_json).transpose()?,
            judged: judgement.judged.as_ref().map(to_json).transpose()?,
            challenge: judgement.challenge.clone(),
            plan_version: judgement.plan_version,
            plan: to_json(&judgement.plan)?,
            state: judgement.state.as_ref().map(to_json).transpose()?,
            trades: judgement.trades,
            closed: judgement.closed,
            winners: judgement.winners,
            trading_days: judgement.trading_days,
            next_input: judgement.next_input,
            revision: judgement.revision,
        })
    }

    fn judgement(self) -> Result<Judgement, StoreError> {
        Ok(Judgement {
            initial_balance: self.initial_balance.as_deref().map(from_json).transpose()?,
            live: self.live.as_deref().map(from_json).transpose()?,
            judged: self.judged.as_deref().map(from_json).transpose()?,
            plan: from_json(&self.plan)?,
            state: self.state.as_deref().map(from_json).transpose()?,
            owner: self.owner,
            kind: self.kind,
            status: self.status,
            status_detail: self.status_detail,
            currency: self.currency,
            challenge: self.challenge,
            plan_version: self.plan_version,
            trades: self.trades,
            closed: self.closed,
            winners: self.winners,
            trading_days: self.trading_days,
            next_input: self.next_input,
            revision: self.revision,
        })
    }
}

#[derive(Serialize, Deserialize)]
struct LedgerRow {
    ledger: String,
}

impl Store {
    /// An account's standing. `consistent` sees every write answered before.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn judgement(
        &self,
        shop: &ShopId,
        account: &AccountId,
        consistent: bool,
    ) -> Result<Option<Judgement>, StoreError> {
        let key = keys::of_account(shop, account, "JUDGEMENT");
        let row: Option<Row> = self.table.get(&key, consistent).await?;
        row.map(Row::judgement).transpose()
    }

    /// The standing of many accounts, with their ids, in no order.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn judgements(
        &self,
        shop: &ShopId,
        ids: &[AccountId],
    ) -> Result<Vec<(AccountId, Judgement)>, StoreError> {
        let keys: Vec<_> = ids
            .iter()
            .map(|id| keys::of_account(shop, id, "JUDGEMENT"))
            .collect();
        let rows = self.table.get_many::<Row>(&keys).await?;
        rows.into_iter()
            .filter_map(|(key, row)| {
                let (_, id) = keys::parse_account(&key.pk)?;
                Some(row.judgement().map(|judgement| (id, judgement)))
            })
            .collect()
    }

    /// Adds the first judgement to a transaction.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn add_judgement(
        &self,
        transaction: &mut Transaction,
        shop: &ShopId,
        account: &AccountId,
        judgement: &Judgement,
    ) -> Result<(), StoreError> {
        let key = keys::of_account(shop, account, "JUDGEMENT");
        let row = Row::of(judgement)?;
        transaction.put(
            "judgement",
            &self.table,
            &key,
            &row,
            Some(Condition::absent()),
        )?;
        Ok(())
    }

    /// Adds a change by judging to a transaction, which is refused by
    /// `judgement` where somebody else has judged meanwhile.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn change_judgement(
        &self,
        transaction: &mut Transaction,
        shop: &ShopId,
        account: &AccountId,
        change: &JudgementChange<'_>,
    ) -> Result<(), StoreError> {
        let after = change.after;
        let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        let mut update = Update::new()
            .text("currency", after.currency.as_str())
            .number("plan_version", number(after.plan_version))
            .text("plan", to_json(&after.plan)?)
            .number("trades", number(after.trades))
            .number("closed", number(after.closed))
            .number("winners", number(after.winners))
            .number("trading_days", i64::from(after.trading_days))
            .number("next_input", number(after.next_input))
            .number("revision", number(change.before.revision + 1));
        update = match &after.initial_balance {
            Some(initial) => update.text("initial_balance", to_json(initial)?),
            None => update.remove("initial_balance"),
        };
        update = match &after.judged {
            Some(reading) => update.text("judged", to_json(reading)?),
            None => update.remove("judged"),
        };
        update = match &after.state {
            Some(state) => update.text("state", to_json(state)?),
            None => update.remove("state"),
        };
        if let Some(challenge) = &after.challenge {
            update = update.text("challenge", challenge.as_str());
        }
        update = match change.due {
            Some(at) => update
                .text("due_shard", keys::due_shard(DUE, account.as_str()))
                .number("due_at", at.timestamp_millis()),
            None => update.remove("due_shard").remove("due_at"),
        };
        let key = keys::of_account(shop, account, "JUDGEMENT");
        let unchanged = Condition::number("revision", change.before.revision);
        transaction.update("judgement", &self.table, &key, update, unchanged)?;
        Ok(())
    }

    /// Adds a change of the connection's status to a transaction.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn change_status(
        &self,
        transaction: &mut Transaction,
        shop: &ShopId,
        account: &AccountId,
        status: Status,
        detail: Option<&str>,
    ) -> Result<(), StoreError> {
        let update = Update::new().text("status", status.as_str());
        let update = match detail {
            Some(detail) => update.text("status_detail", detail),
            None => update.remove("status_detail"),
        };
        let key = keys::of_account(shop, account, "JUDGEMENT");
        transaction.update("status", &self.table, &key, update, Condition::present())?;
        Ok(())
    }

    /// Adds the newest reading and the connection's status to a transaction.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn change_live(
        &self,
        transaction: &mut Transaction,
        shop: &ShopId,
        account: &AccountId,
        reading: &Reading,
        currency: &Currency,
    ) -> Result<(), StoreError> {
        let update = Update::new()
            .text("live", to_json(reading)?)
            .text("currency", currency.as_str())
            .text("status", Status::Active.as_str())
            .remove("status_detail");
        let key = keys::of_account(shop, account, "JUDGEMENT");
        transaction.update("live", &self.table, &key, update, Condition::present())?;
        Ok(())
    }

    /// Accounts of which a reset or another deadline is due, in any zone.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn due_resets(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<(ShopId, AccountId)>, StoreError> {
        due_accounts(&self.table, DUE, now, limit).await
    }

    /// Open positions and statistics of an account.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn ledger(&self, shop: &ShopId, account: &AccountId) -> Result<Judged, StoreError> {
        let key = keys::of_account(shop, account, "LEDGER");
        let row: Option<LedgerRow> = self.table.get(&key, true).await?;
        row.map_or_else(|| Ok(Judged::default()), |row| from_json(&row.ledger))
    }

    /// Adds open positions and statistics to a transaction.
    ///
    /// # Errors
    /// Where they cannot be written.
    pub fn put_ledger(
        &self,
        transaction: &mut Transaction,
        shop: &ShopId,
        account: &AccountId,
        ledger: &Judged,
    ) -> Result<(), StoreError> {
        let row = LedgerRow {
            ledger: to_json(ledger)?,
        };
        let key = keys::of_account(shop, account, "LEDGER");
        transaction.put("ledger", &self.table, &key, &row, None)?;
        Ok(())
    }
}
