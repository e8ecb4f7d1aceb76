//! What is known of an account: the challenge's state, and the figures that
//! people read, in one item of at most one read unit.
//!
//! Three write it, each its own attributes: connecting writes the connection's
//! status, syncing the newest snapshot and the currency, and judging the rest,
//! under a condition on its revision so that each input is judged once.

use kernel::currency::Currency;
use kernel::id::{AccountId, ChallengeId, ShopId, VerdictId};
use kernel::time::Timestamp;
use platform::dynamo::{Condition, StoreError, Transaction, Update};
use serde::{Deserialize, Serialize};

use super::sync_state::due_accounts;
use super::{Store, from_json, keys, to_json};
use crate::domain::judging::ChallengeState;
use crate::domain::ledger::Ledger;
use crate::model::{AccountSnapshot, AccountState, Attention, Kind, OpenVerdict, Status};

/// The kind of due work: a reset, or another deadline.
const DUE: &str = "reset";

/// A change by judging.
#[derive(Debug)]
pub struct AccountStateChange<'a> {
    /// As it was read.
    pub before: &'a AccountState,
    /// As it is to be.
    pub after: &'a AccountState,
    /// When the next reset or deadline is due.
    pub due: Option<Timestamp>,
    /// The connection's status, where it changes too.
    pub status: Option<Status>,
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
    #[serde(default)]
    more: Option<String>,
    trades: u64,
    closed: u64,
    winners: u64,
    trading_days: u32,
    next_input: u64,
    revision: u64,
}

/// What few accounts have.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct More {
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<OpenVerdict>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<VerdictId>,
    is_doubtful: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attention: Vec<Attention>,
    announced: u32,
    is_awaiting_told: bool,
}

impl More {
    fn of(state: &AccountState) -> Result<Option<String>, StoreError> {
        let more = Self {
            verdict: state.verdict.clone(),
            end: state.end.clone(),
            is_doubtful: state.is_doubtful,
            attention: state.attention.clone(),
            announced: state.announced,
            is_awaiting_told: state.is_awaiting_told,
        };
        (more != Self::default())
            .then(|| to_json(&more))
            .transpose()
    }
}

impl Row {
    fn of(account_state: &AccountState) -> Result<Self, StoreError> {
        let AccountState {
            owner,
            kind,
            status,
            status_detail,
            currency,
            ..
        } = account_state.clone();
        Ok(Self {
            owner,
            kind,
            status,
            status_detail,
            currency,
            initial_balance: account_state
                .initial_balance
                .as_ref()
                .map(to_json)
                .transpose()?,
            live: account_state.live.as_ref().map(to_json).transpose()?,
            judged: account_state.judged.as_ref().map(to_json).transpose()?,
            challenge: account_state.challenge.clone(),
            plan_version: account_state.plan_version,
            plan: to_json(&account_state.plan)?,
            state: account_state
                .challenge_state
                .as_ref()
                .map(to_json)
                .transpose()?,
            more: More::of(account_state)?,
            trades: account_state.trades,
            closed: account_state.closed,
            winners: account_state.winners,
            trading_days: account_state.trading_days,
            next_input: account_state.next_input,
            revision: account_state.revision,
        })
    }

    fn account_state(self) -> Result<AccountState, StoreError> {
        let more: More = self
            .more
            .as_deref()
            .map_or(Ok(More::default()), from_json)?;
        let state = self.state.as_deref();
        let challenge_state: Option<ChallengeState> = state.map(from_json).transpose()?;
        Ok(AccountState {
            verdict: more.verdict,
            end: more.end,
            is_doubtful: more.is_doubtful,
            attention: more.attention,
            announced: more.announced,
            is_awaiting_told: more.is_awaiting_told,
            challenge_state,
            initial_balance: self.initial_balance.as_deref().map(from_json).transpose()?,
            live: self.live.as_deref().map(from_json).transpose()?,
            judged: self.judged.as_deref().map(from_json).transpose()?,
            plan: from_json(&self.plan)?,
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
    pub async fn account_state(
        &self,
        shop: &ShopId,
        account: &AccountId,
        consistent: bool,
    ) -> Result<Option<AccountState>, StoreError> {
        let key = keys::of_account(shop, account, "JUDGEMENT");
        let row: Option<Row> = self.table.get(&key, consistent).await?;
        row.map(Row::account_state).transpose()
    }

    /// The standing of many accounts, with their ids, in no order.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn account_states(
        &self,
        shop: &ShopId,
        ids: &[AccountId],
    ) -> Result<Vec<(AccountId, AccountState)>, StoreError> {
        let keys: Vec<_> = ids
            .iter()
            .map(|id| keys::of_account(shop, id, "JUDGEMENT"))
            .collect();
        let rows = self.table.get_many::<Row>(&keys).await?;
        rows.into_iter()
            .filter_map(|(key, row)| {
                let (_, id) = keys::parse_account(&key.pk)?;
                Some(row.account_state().map(|account_state| (id, account_state)))
            })
            .collect()
    }

    /// Adds the first account_state to a transaction.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn add_account_state(
        &self,
        transaction: &mut Transaction,
        shop: &ShopId,
        account: &AccountId,
        account_state: &AccountState,
    ) -> Result<(), StoreError> {
        let key = keys::of_account(shop, account, "JUDGEMENT");
        let row = Row::of(account_state)?;
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
    /// `account_state` where somebody else has judged meanwhile.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn change_account_state(
        &self,
        transaction: &mut Transaction,
        shop: &ShopId,
        account: &AccountId,
        change: &AccountStateChange<'_>,
    ) -> Result<(), StoreError> {
        let after = change.after;
        let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        let mut update = Update::new()
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
        update = match &after.challenge_state {
            Some(state) => update.text("state", to_json(state)?),
            None => update.remove("state"),
        };
        update = match More::of(after)? {
            Some(more) => update.text("more", more),
            None => update.remove("more"),
        };
        if let Some(status) = change.status {
            update = update
                .text("status", status.as_str())
                .remove("status_detail");
        }
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

    /// Adds the newest snapshot to a transaction, and the connection's status
    /// where it changes.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn change_live(
        &self,
        transaction: &mut Transaction,
        shop: &ShopId,
        account: &AccountId,
        (snapshot, currency): (&AccountSnapshot, &Currency),
        status: Option<(Status, Option<&str>)>,
    ) -> Result<(), StoreError> {
        let update = Update::new()
            .text("live", to_json(snapshot)?)
            .text("currency", currency.as_str());
        let update = match status {
            Some((status, Some(detail))) => update
                .text("status", status.as_str())
                .text("status_detail", detail),
            Some((status, None)) => update
                .text("status", status.as_str())
                .remove("status_detail"),
            None => update,
        };
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

    /// Days and statistics of an account, and its open positions in sum.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn ledger(&self, shop: &ShopId, account: &AccountId) -> Result<Ledger, StoreError> {
        let key = keys::of_account(shop, account, "LEDGER");
        let row: Option<LedgerRow> = self.table.get(&key, true).await?;
        row.map_or_else(|| Ok(Ledger::default()), |row| from_json(&row.ledger))
    }

    /// Adds days and statistics to a transaction.
    ///
    /// # Errors
    /// Where they cannot be written.
    pub fn put_ledger(
        &self,
        transaction: &mut Transaction,
        shop: &ShopId,
        account: &AccountId,
        ledger: &Ledger,
    ) -> Result<(), StoreError> {
        let row = LedgerRow {
            ledger: to_json(ledger)?,
        };
        let key = keys::of_account(shop, account, "LEDGER");
        transaction.put("ledger", &self.table, &key, &row, None)?;
        Ok(())
    }
}
