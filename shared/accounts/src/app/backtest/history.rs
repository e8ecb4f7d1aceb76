//! The history of an account through a plan, page by page.

use std::time::Instant;

use kernel::Error;
use kernel::currency::Currency;
use kernel::time::{Clock, Timestamp};
use rust_decimal::Decimal;

use super::run::{Run, Stop};
use crate::domain::deal::Deal;
use crate::domain::plan::Plan;
use crate::domain::simulate::{HistorySimulation, Simulation};
use crate::model::AccountSnapshot;

impl<C: Clock> Run<'_, C> {
    /// Runs the plan over the inputs of the account, in the order of their
    /// arrival. Nothing dated after the request counts, so that a later run of
    /// the backtest covers the same range.
    pub(super) async fn history(&mut self) -> Result<Simulation, Stop> {
        let plan: Plan = serde_json::from_str(&self.backtest.plan)
            .map_err(|error| Stop::Fault(Error::internal(error)))?;
        let account = self.backtest.account.clone();
        let account_state = self.store.account_state(self.shop, &account, true);
        let account_state = account_state.await?;
        let account_state = account_state.ok_or_else(|| failed("the account is gone"))?;
        let initial = account_state.initial_balance.clone();
        let initial = initial.ok_or_else(|| failed("the account has not been synced yet"))?;
        let requested_at = self.backtest.created_at;
        let until = self.backtest.to.unwrap_or(requested_at).min(requested_at);
        let mut history = History {
            plan: &plan,
            currency: &account_state.currency,
            initial: initial.value,
            from: self.backtest.from,
            until,
            deals_before_max: self.limits.deals_before_max,
            before: Vec::new(),
            course: None,
        };
        let started = Instant::now();
        let mut noted: Option<Instant> = None;
        let mut number = 1;
        loop {
            let page_started = Instant::now();
            let inputs =
                self.store
                    .inputs_from(self.shop, &account, number, self.limits.inputs_page);
            let page = inputs.await?;
            let (Some(first), Some(last)) = (page.first(), page.last()) else {
                break;
            };
            let expected = account_state.next_input.saturating_sub(first.number);
            number = last.number + 1;
            self.count(page.len(), expected)?;
            for numbered in page {
                for deal in &numbered.input.deals {
                    history.deal(deal)?;
                }
                if let Some(snapshot) = &numbered.input.reading {
                    history.snapshot(snapshot);
                }
            }
            if started.elapsed() > self.limits.run_for {
                return Err(failed(format!(
                    "the backtest took longer than {} s",
                    self.limits.run_for.as_secs()
                )));
            }
            if noted.is_none_or(|noted| noted.elapsed() >= self.limits.note_every) {
                self.note().await?;
                noted = Some(Instant::now());
            }
            let rest = self
                .limits
                .page_every
                .saturating_sub(page_started.elapsed());
            tokio::time::sleep(rest).await;
        }
        self.backtest.inputs_total = Some(self.backtest.inputs_done);
        history.finish()
    }

    /// Counts a page. `expected` is how many inputs there are from its first
    /// one on, as far as they are judged.
    fn count(&mut self, page: usize, expected: u64) -> Result<(), Stop> {
        let before = self.backtest.inputs_done;
        let done = before + page as u64;
        let total = done.max(before + expected);
        self.backtest.inputs_done = done;
        self.backtest.inputs_total = Some(total);
        if total > self.limits.inputs_max {
            return Err(failed(format!(
                "the history has about {total} inputs; a backtest takes at most {}",
                self.limits.inputs_max
            )));
        }
        Ok(())
    }
}

fn failed(reason: impl Into<String>) -> Stop {
    Stop::Failed(reason.into())
}

struct History<'a> {
    plan: &'a Plan,
    currency: &'a Currency,
    initial: Decimal,
    from: Option<Timestamp>,
    until: Timestamp,
    deals_before_max: usize,
    /// Deals before the first snapshot of the range.
    before: Vec<Deal>,
    course: Option<HistorySimulation<'a>>,
}

impl History<'_> {
    fn deal(&mut self, deal: &Deal) -> Result<(), Stop> {
        if deal.time > self.until {
            return Ok(());
        }
        match &mut self.course {
            Some(course) => course.deal(deal),
            None if self.before.len() < self.deals_before_max => self.before.push(deal.clone()),
            None => {
                return Err(failed(format!(
                    "more than {} deals precede the start of the range",
                    self.deals_before_max
                )));
            }
        }
        Ok(())
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
        let mut before = std::mem::take(&mut self.before);
        before.sort_by(|one, other| (one.time, &one.id).cmp(&(other.time, &other.id)));
        self.course = Some(HistorySimulation::start(
            self.plan,
            self.currency,
            self.initial,
            snapshot,
            &before,
        ));
    }

    fn finish(self) -> Result<Simulation, Stop> {
        let course = self.course;
        let course = course.ok_or_else(|| failed("the range has no snapshots"))?;
        Ok(course.finish(self.until))
    }
}

#[cfg(test)]
mod tests {
    use super::super::run::Limits;
    use super::*;
    use crate::domain::deal::DealKind;

    fn deposit(second: i64) -> Deal {
        Deal {
            profit: Decimal::ONE,
            ..Deal::empty(
                second.to_string(),
                Timestamp::from_timestamp(1_760_000_000 + second, 0).expect("a time"),
                DealKind::Balance,
            )
        }
    }

    #[test]
    fn history_refuses_the_200001st_deal_before_its_start() {
        let mut history = History {
            plan: &Plan::default(),
            currency: &Currency::usd(),
            initial: Decimal::ONE_HUNDRED,
            from: None,
            until: deposit(300_000).time,
            deals_before_max: Limits::default().deals_before_max,
            before: Vec::new(),
            course: None,
        };
        for second in 0..200_000 {
            assert!(history.deal(&deposit(second)).is_ok(), "{second}");
        }
        let Err(Stop::Failed(reason)) = history.deal(&deposit(200_000)) else {
            panic!("the deal is dropped or held");
        };
        assert_eq!(
            reason,
            "more than 200000 deals precede the start of the range"
        );
    }
}
