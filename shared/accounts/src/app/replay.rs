//! A plan over an account's recorded history: what it would have done.

use chrono::TimeDelta;
use kernel::Error;
use kernel::currency::Currency;
use kernel::id::{AccountId, JobId, ShopId};
use kernel::time::Timestamp;
use platform::dynamo::{StoreError, Transaction, to_item};
use platform::outbox;
use platform::queue::Queue;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::messages::RulesMessage;
use crate::domain::deal::Deal;
use crate::domain::plan::Plan;
use crate::domain::simulate::{HistorySimulation, Simulation};
use crate::model::{AccountSnapshot, Kind};
use crate::store::{Store, keys};

/// How long a result is kept.
const KEPT_FOR: TimeDelta = TimeDelta::days(7);
/// Inputs read at a time, and at most: 90 days at one each five seconds.
const INPUTS_PAGE: u32 = 500;
const INPUTS_MAX: usize = 1_600_000;
/// Largest result that is kept in one item.
const RESULT_BYTES_MAX: usize = 380_000;

/// What became of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Not run yet.
    Queued,
    /// The result is there.
    Done,
    /// It could not be run; `error` says why.
    Failed,
}

/// A simulation over an account's history.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// The account.
    pub account: AccountId,
    /// The plan, as JSON.
    pub plan: String,
    /// From when.
    #[serde(default)]
    pub from: Option<Timestamp>,
    /// Until when.
    #[serde(default)]
    pub to: Option<Timestamp>,
    /// What became of it.
    pub state: JobState,
    /// The result, as the JSON it is answered with.
    #[serde(default)]
    pub result: Option<String>,
    /// Why it failed.
    #[serde(default)]
    pub error: Option<String>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it may go, in seconds since the epoch.
    pub ttl: i64,
}

/// Queues a simulation of a plan over an account's history.
///
/// # Errors
/// `NotFound` where the shop has no such judged account.
pub async fn request(
    store: &Store,
    shop: &ShopId,
    account: &AccountId,
    plan: &Plan,
    (from, to): (Option<Timestamp>, Option<Timestamp>),
    request_id: &str,
    now: Timestamp,
) -> kernel::Result<JobId> {
    let known = store.account(shop, account).await?;
    known
        .filter(|account| account.kind == Kind::Judged)
        .ok_or(Error::NotFound("account"))?;
    let job = Job {
        id: JobId::generate(now),
        account: account.clone(),
        plan: serde_json::to_string(plan).map_err(Error::internal)?,
        from,
        to,
        state: JobState::Queued,
        result: None,
        error: None,
        created_at: now,
        ttl: (now + KEPT_FOR).timestamp(),
    };
    let mut transaction = Transaction::new();
    let key = keys::job(shop, &job.id);
    transaction.put("job", store.table(), &key, &job, None)?;
    let message = RulesMessage::Simulate {
        shop: shop.clone(),
        job: job.id.clone(),
    };
    let table = store.table();
    outbox::enqueue(
        &mut transaction,
        table,
        Queue::Rules,
        &message,
        None,
        request_id,
        now,
    )?;
    transaction.commit().await?;
    Ok(job.id)
}

/// A job of a shop.
///
/// # Errors
/// Where the store fails.
pub async fn job(
    store: &Store,
    shop: &ShopId,
    id: &JobId,
    now: Timestamp,
) -> Result<Option<Job>, StoreError> {
    store.table().get_live(&keys::job(shop, id), now).await
}

/// Runs a job and keeps its result. One that has run is left as it is.
///
/// # Errors
/// Where the store fails; the message is to come again.
pub async fn run(store: &Store, shop: &ShopId, id: &JobId, now: Timestamp) -> kernel::Result<()> {
    let Some(mut job) = job(store, shop, id, now).await? else {
        return Ok(());
    };
    if job.state != JobState::Queued {
        return Ok(());
    }
    match simulate(store, shop, &job, now).await {
        Ok(simulation) => {
            let result = serde_json::to_string(&simulation).map_err(Error::internal)?;
            if result.len() > RESULT_BYTES_MAX {
                job.state = JobState::Failed;
                job.error = Some("the result is too long; ask for a shorter range".to_owned());
            } else {
                job.state = JobState::Done;
                job.result = Some(result);
            }
        }
        Err(Error::Conflict(reason)) => {
            job.state = JobState::Failed;
            job.error = Some(reason);
        }
        Err(error) => return Err(error),
    }
    let item = to_item(&keys::job(shop, id), &job)?;
    store.table().put(item).await?;
    Ok(())
}

async fn simulate(
    store: &Store,
    shop: &ShopId,
    job: &Job,
    now: Timestamp,
) -> kernel::Result<Simulation> {
    let plan: Plan = serde_json::from_str(&job.plan).map_err(Error::internal)?;
    let account_state = store
        .account_state(shop, &job.account, true)
        .await?
        .ok_or_else(|| Error::Conflict("the account is gone".to_owned()))?;
    let initial = account_state
        .initial_balance
        .clone()
        .ok_or_else(|| Error::Conflict("the account has not been synced yet".to_owned()))?;
    let until = job.to.unwrap_or(now).min(now);
    let mut run = Run {
        plan: &plan,
        currency: &account_state.currency,
        initial: initial.value,
        from: job.from,
        until,
        before: Vec::new(),
        course: None,
    };
    let mut number = 1;
    let mut count = 0;
    loop {
        let page = store
            .inputs_from(shop, &job.account, number, INPUTS_PAGE)
            .await?;
        let Some(last) = page.last() else { break };
        number = last.number + 1;
        count += page.len();
        for numbered in page {
            for deal in &numbered.input.deals {
                run.deal(deal);
            }
            if let Some(reading) = &numbered.input.reading {
                run.snapshot(reading);
            }
        }
        if count >= INPUTS_MAX {
            return Err(Error::Conflict("the range has too many inputs".to_owned()));
        }
    }
    run.course
        .map(|course| course.finish(until))
        .ok_or_else(|| Error::Conflict("the range has no snapshots".to_owned()))
}

/// Deals of a history before its first snapshot that are held for the start.
const DEALS_BEFORE_MAX: usize = 200_000;

struct Run<'a> {
    plan: &'a Plan,
    currency: &'a Currency,
    initial: Decimal,
    from: Option<Timestamp>,
    until: Timestamp,
    before: Vec<Deal>,
    course: Option<HistorySimulation<'a>>,
}

impl Run<'_> {
    fn deal(&mut self, deal: &Deal) {
        match &mut self.course {
            Some(course) if deal.time <= self.until => course.deal(deal),
            Some(_) => {}
            None if self.before.len() < DEALS_BEFORE_MAX => self.before.push(deal.clone()),
            None => {}
        }
    }

    fn snapshot(&mut self, snapshot: &AccountSnapshot) {
        let at = snapshot.recorded_at;
        if at > self.until || self.from.is_some_and(|from| at < from) {
            return;
        }
        if let Some(course) = &mut self.course {
            course.snapshot(snapshot);
            return;
        }
        self.before
            .sort_by(|one, other| (one.time, &one.id).cmp(&(other.time, &other.id)));
        let before = std::mem::take(&mut self.before);
        self.course = Some(HistorySimulation::start(
            self.plan,
            self.currency,
            self.initial,
            snapshot,
            &before,
        ));
    }
}
