//! Judging against the rules' text, row by row: what is explained, what stands,
//! where a challenge starts, and what deals prove.

mod certainty;
mod differences;
mod moments;
mod starts;

use std::collections::{HashSet, VecDeque};

use chrono::Duration;
use kernel::currency::Currency;
use kernel::time::Timestamp;
use rust_decimal::Decimal;

use super::*;
use crate::domain::deal::{Deal, DealClass, DealKind, Entry};
use crate::domain::ledger::{Holdings, Ledger};
use crate::domain::plan::Plan;
use crate::domain::rules::{
    AllTimeFigures, DailyFigures, Figures, OpenPositions, Phase, Violation,
};
use crate::domain::snapshot::AccountSnapshot;

fn dec(text: &str) -> Decimal {
    text.parse().expect("a decimal")
}

/// Seconds after 10 November 2025, 08:00 UTC; the reset is at 22:00 UTC.
fn at(seconds: i64) -> Timestamp {
    "2025-11-10T08:00:00Z".parse::<Timestamp>().expect("a time") + Duration::seconds(seconds)
}

/// An account as its writers see it, without a store.
struct Account {
    plan: Plan,
    currency: Currency,
    initial_given: Option<Decimal>,
    state: ChallengeState,
    ledger: Ledger,
    holdings: Holdings,
    /// Deals that wait for a snapshot.
    waiting: Vec<Deal>,
    held: VecDeque<AccountSnapshot>,
    /// The kept state, the deals that it waits with and the snapshots that it
    /// holds.
    kept: Option<(ChallengeState, Vec<Deal>, Vec<NumberedSnapshot>)>,
    since_kept: Vec<NumberedSnapshot>,
    announced: Vec<Announced>,
    violations: Vec<Violation>,
    seen: Vec<String>,
    number: u64,
}

impl Account {
    /// An account connected at 0, with an initial balance where it is given.
    fn new(plan: &str, initial: Option<i64>) -> Self {
        let plan: Plan = serde_json::from_str(plan).expect("a plan");
        plan.validate().expect("a good plan");
        Self {
            plan,
            currency: Currency::usd(),
            initial_given: initial.map(Decimal::from),
            state: ChallengeState::connected(at(0)),
            ledger: Ledger::default(),
            holdings: Holdings::new(1_000),
            waiting: Vec::new(),
            held: VecDeque::new(),
            kept: None,
            since_kept: Vec::new(),
            announced: Vec::new(),
            violations: Vec::new(),
            seen: Vec::new(),
            number: 0,
        }
    }

    /// A funded account of 100,000 that was judged first at 0.
    fn funded(plan: &str) -> Self {
        let mut account = Self::new(plan, Some(100_000));
        account.money(-3_600, 100_000);
        account.snapshot(0, "100000", "100000");
        assert_eq!(account.phase(), Phase::Active);
        account
    }

    fn next_id(&mut self) -> String {
        self.number += 1;
        format!("{:04}", self.number)
    }

    /// A balance operation.
    fn money(&mut self, seconds: i64, amount: i64) {
        self.operation(seconds, DealKind::Balance, &amount.to_string());
    }

    fn operation(&mut self, seconds: i64, kind: DealKind, amount: &str) {
        let id = self.next_id();
        self.arrive(Deal {
            profit: dec(amount),
            ..Deal::empty(id, at(seconds), kind)
        });
    }

    /// A position of one lot, opened and closed.
    fn trade(&mut self, opened: i64, closed: i64, profit: &str) {
        let position = self.open(opened, "1");
        self.close(&position, closed, profit);
    }

    fn open(&mut self, seconds: i64, lots: &str) -> String {
        let id = self.next_id();
        self.arrive(Deal {
            entry: Some(Entry::In),
            symbol: Some("EURUSD".to_owned()),
            position_id: Some(id.clone()),
            volume: dec(lots),
            ..Deal::empty(id.clone(), at(seconds), DealKind::Buy)
        });
        id
    }

    fn close(&mut self, position: &str, seconds: i64, profit: &str) {
        let id = self.next_id();
        self.arrive(Deal {
            entry: Some(Entry::Out),
            symbol: Some("EURUSD".to_owned()),
            position_id: Some(position.to_owned()),
            volume: Decimal::ONE,
            profit: dec(profit),
            ..Deal::empty(id, at(seconds), DealKind::Sell)
        });
    }

    fn arrive(&mut self, deal: Deal) {
        let reset = self.plan.reset;
        self.holdings.apply(&mut self.ledger, &deal, &reset);
        self.state.reconciliation.deals_at += 1;
        self.waiting.push(deal.clone());
        self.waiting
            .sort_by(|one, other| (one.time, &one.id).cmp(&(other.time, &other.id)));
        if let Some((_, deals, _)) = &mut self.kept {
            deals.push(deal);
        }
    }

    fn announce(&mut self, amount: i64) {
        let id = self.next_id();
        self.announced.push(Announced {
            id,
            amount: amount.into(),
            class: DealClass::Adjustment,
        });
    }

    /// A snapshot of an account whose list shows no position.
    fn snapshot(&mut self, seconds: i64, balance: &str, equity: &str) -> Phase {
        self.shown(seconds, balance, equity, 0)
    }

    /// A snapshot whose list shows so many positions of one lot.
    fn shown(&mut self, seconds: i64, balance: &str, equity: &str, count: u32) -> Phase {
        self.number += 1;
        let positions = OpenPositions {
            count,
            lots: count.into(),
            oldest_at: (count > 0).then(|| at(seconds - 1)),
        };
        self.take(AccountSnapshot {
            positions: Some(positions),
            ..AccountSnapshot::of_balances(at(seconds), dec(balance), dec(equity))
        })
    }

    fn take(&mut self, snapshot: AccountSnapshot) -> Phase {
        let newest = NumberedSnapshot {
            number: self.number,
            snapshot,
        };
        let waiting = self.waiting.clone();
        let step = Waiting {
            plan: &self.plan,
            currency: &self.currency,
            initial_given: self.initial_given,
            state: self.state.clone(),
            held: self.held.clone(),
            deals: waiting.clone(),
            exposure: self.exposure(&waiting),
            closed_before: HashSet::new(),
            announced: self.announced.clone(),
            looks_back: false,
        }
        .step(&newest);
        let was_held: Vec<AccountSnapshot> = self.held.iter().cloned().collect();
        if self.kept.is_some() {
            self.since_kept.push(newest.clone());
        }
        if step.wants_rerun && self.again(&step.state, &[]) {
            return self.phase();
        }
        if let Some((kept, placed)) = step.kept {
            let mut snapshots = was_held;
            snapshots.push(newest.snapshot.clone());
            let of_kept = snapshots.len() - kept.reconciliation.held.len();
            let snapshots = snapshots.split_off(of_kept).into_iter();
            let numbered = snapshots.map(|snapshot| NumberedSnapshot {
                number: 0,
                snapshot,
            });
            self.kept = Some((kept, waiting[placed..].to_vec(), numbered.collect()));
            self.since_kept.clear();
        }
        self.waiting = waiting[step.placed..].to_vec();
        let left = step.state.reconciliation.held.len();
        self.held.push_back(newest.snapshot);
        while self.held.len() > left {
            self.held.pop_front();
        }
        self.state = step.state;
        self.violations.extend(step.findings.violations);
        self.announced.retain(|each| !step.seen.contains(&each.id));
        self.seen.extend(step.seen);
        self.phase()
    }

    fn exposure(&self, deals: &[Deal]) -> Exposure {
        let open: std::collections::HashMap<_, _> = self
            .holdings
            .open()
            .map(|position| (position.id.clone(), position.clone()))
            .collect();
        Exposure::before(&self.ledger, &open, deals, self.plan.reset)
    }

    /// Judges again what came after the kept state.
    fn again(&mut self, now: &ChallengeState, answers: &[StandIn]) -> bool {
        let Some((kept, deals, snapshots)) = self.kept.clone() else {
            return false;
        };
        let mut deals = deals;
        deals.sort_by(|one, other| (one.time, &one.id).cmp(&(other.time, &other.id)));
        let mut all = snapshots;
        all.extend(self.since_kept.clone());
        let mut stand_ins = now.reconciliation.stand_ins.clone();
        stand_ins.extend_from_slice(answers);
        let again = Rerun {
            plan: &self.plan,
            currency: &self.currency,
            initial_given: self.initial_given,
            kept: &kept,
            snapshots: &all,
            deals: &deals,
            exposure: &self.exposure(&deals),
            closed_before: &HashSet::new(),
        };
        let Some(reran) = rerun(&again, now, &stand_ins) else {
            return false;
        };
        self.waiting = deals[reran.placed..].to_vec();
        let left = reran.state.reconciliation.held.len();
        let held = all.iter().skip(all.len() - left);
        self.held = held.map(|numbered| numbered.snapshot.clone()).collect();
        self.violations = reran.findings.violations;
        self.state = reran.state;
        let reconciliation = &self.state.reconciliation;
        if !reconciliation.stands() && reconciliation.stand_ins.is_empty() {
            self.kept = None;
        }
        true
    }

    /// The shop's answer to what a standing difference was.
    fn answer(&mut self, adjustment: i64, trading: i64) -> bool {
        let now = self.state.clone();
        let at = now.reconciliation.shown_at.expect("a difference");
        let answers = [
            (adjustment, DealClass::Adjustment),
            (trading, DealClass::Trading),
        ]
        .map(|(amount, class)| StandIn {
            announcement: None,
            amount: amount.into(),
            class,
            at,
        });
        self.again(&now, &answers)
    }

    fn phase(&self) -> Phase {
        self.state.phase()
    }

    fn figures(&self) -> Figures {
        let rules = self.state.rules().expect("a start");
        rules.figures(&self.plan, rules.judged_at().expect("a judged moment"))
    }

    fn daily(&self) -> DailyFigures {
        self.figures().daily.expect("a daily rule")
    }

    fn max(&self) -> AllTimeFigures {
        self.figures().all_time.expect("an all-time rule")
    }

    fn gain(&self) -> Decimal {
        self.figures().gain.expect("a gain")
    }

    fn unexplained(&self) -> Decimal {
        self.state.reconciliation.standing
    }

    /// Rules and severities crossed, with the use that was found.
    fn crossed(&self) -> Vec<String> {
        self.violations
            .iter()
            .map(|violation| {
                let value = violation.current_value.normalize();
                let (rule, severity) = (violation.rule.as_str(), violation.severity.as_str());
                format!("{rule} {severity} {value}")
            })
            .collect()
    }
}
