//! Histories in a few words, and verdicts in one line each.

use kernel::time::Timestamp;
use mt5_sim::oracle::ledger::{
    Cancellation, Class, Deal, Fill, FillEntry, Ledger, Snapshot, Withdrawn,
};
use mt5_sim::oracle::verdict::Challenge;
use mt5_sim::oracle::{ChallengeReset, Question, judge};
use rust_decimal::Decimal;

/// The default plan.
pub(crate) const DEFAULT: &str = "{}";

/// A time of November 2026 as `10T14:00` or `10T14:00:05`, in UTC; or a whole
/// one.
pub(crate) fn time(text: &str) -> Timestamp {
    let text = match text.len() {
        8 => format!("2026-11-{text}:00Z"),
        11 => format!("2026-11-{text}Z"),
        _ => text.to_owned(),
    };
    text.parse().expect("a time")
}

pub(crate) fn dec(text: &str) -> Decimal {
    text.parse().expect("a decimal")
}

/// A history and what is asked of it.
pub(crate) struct Case {
    ledger: Ledger,
    question: Question,
    deals: u64,
    positions: u64,
}

impl Case {
    /// A plan, and the time of the connection.
    pub(crate) fn new(plan: &str, connected_at: &str) -> Self {
        Self {
            ledger: Ledger::default(),
            question: Question {
                plan: serde_json::from_str(plan).expect("a plan"),
                initial_balance: None,
                connected_at: time(connected_at),
                resets: Vec::new(),
                starts: Vec::new(),
                until: time("2027-01-31T00:00:00Z"),
            },
            deals: 0,
            positions: 1_000,
        }
    }

    pub(crate) fn given(mut self, initial: &str) -> Self {
        self.question.initial_balance = Some(dec(initial));
        self
    }

    pub(crate) fn until(mut self, at: &str) -> Self {
        self.question.until = time(at);
        self
    }

    pub(crate) fn reset(mut self, at: &str, initial: &str) -> Self {
        self.question.resets.push(ChallengeReset {
            at: time(at),
            initial_balance: Some(dec(initial).into()),
        });
        self
    }

    /// A reset that gives no initial balance.
    pub(crate) fn plain_reset(mut self, at: &str) -> Self {
        self.question.resets.push(ChallengeReset {
            at: time(at),
            initial_balance: None,
        });
        self
    }

    /// The shop starts the challenge without conditions.
    pub(crate) fn start(mut self, at: &str) -> Self {
        self.question.starts.push(time(at));
        self
    }

    pub(crate) fn deal(mut self, at: &str, class: Class, amount: &str) -> Self {
        self.add(time(at), class, dec(amount), None);
        self
    }

    /// A deposit or a withdrawal.
    pub(crate) fn balance(self, at: &str, amount: &str) -> Self {
        self.deal(at, Class::Adjustment, amount)
    }

    pub(crate) fn credit(mut self, at: &str, amount: &str) -> Self {
        self.add(time(at), Class::Credit, Decimal::ZERO, None);
        if let Some(deal) = self.ledger.deals.last_mut() {
            deal.credit = dec(amount);
        }
        self
    }

    /// A position of one lot that is opened and closed.
    pub(crate) fn trade(mut self, opened: &str, closed: &str, profit: &str) -> Self {
        self.positions += 1;
        let position = self.positions;
        self.open(opened, position, "1")
            .close(closed, position, "1", profit)
    }

    pub(crate) fn open(mut self, at: &str, position: u64, lots: &str) -> Self {
        let fill = fill(position, FillEntry::In, lots);
        self.add(time(at), Class::Trading, Decimal::ZERO, Some(fill));
        self
    }

    pub(crate) fn close(mut self, at: &str, position: u64, lots: &str, profit: &str) -> Self {
        let fill = fill(position, FillEntry::Out, lots);
        self.add(time(at), Class::Trading, dec(profit), Some(fill));
        self
    }

    /// Makes the last deal a cost of the last position of `trade`.
    pub(crate) fn cost_of_last_trade(mut self) -> Self {
        if let Some(deal) = self.ledger.deals.last_mut() {
            deal.cost_of = Some(self.positions);
        }
        self
    }

    /// Cancels the last deal.
    pub(crate) fn cancel(mut self, at: &str, withdrawn: Withdrawn) -> Self {
        let deal = self.ledger.deals.last().expect("a deal");
        self.ledger.cancellations.push(Cancellation {
            at: time(at),
            deal: deal.id,
            deal_at: deal.at,
            profit: deal.amount,
            withdrawn,
        });
        self
    }

    pub(crate) fn seen(mut self, at: &str, balance: &str, equity: &str) -> Self {
        self.ledger.snapshots.push(Snapshot {
            at: time(at),
            balance: dec(balance),
            equity: dec(equity),
        });
        self
    }

    fn add(&mut self, at: Timestamp, class: Class, amount: Decimal, fill: Option<Fill>) {
        self.deals += 1;
        self.ledger.deals.push(Deal {
            id: self.deals,
            at,
            class,
            amount,
            credit: Decimal::ZERO,
            fill,
            cost_of: None,
        });
    }

    pub(crate) fn judge(self) -> Vec<Challenge> {
        judge(&self.question, self.ledger)
    }

    /// Judges a history of one challenge.
    pub(crate) fn only(self) -> Challenge {
        let mut challenges = self.judge();
        assert_eq!(challenges.len(), 1);
        challenges.remove(0)
    }

    /// Judges and returns the last challenge.
    pub(crate) fn last(self) -> Challenge {
        self.judge().pop().expect("a challenge")
    }
}

fn fill(position: u64, entry: FillEntry, lots: &str) -> Fill {
    Fill {
        position,
        entry,
        volume: dec(lots),
    }
}

/// Violations as `daily_drawdown breach 2026-11-10 10:05:00 6000/5000`: the
/// day's date, and the time in UTC.
pub(crate) fn violations(challenge: &Challenge) -> Vec<String> {
    let line = |violation: &mt5_sim::oracle::verdict::Violation| {
        format!(
            "{} {} {} {} {}/{}",
            word(&violation.rule),
            word(&violation.severity),
            violation.day,
            violation.at.format("%H:%M:%S"),
            violation.figure.0,
            violation.limit.0
        )
    };
    challenge.violations.iter().map(line).collect()
}

/// The end as `breached daily_drawdown 2026-11-10 10:05:00 6000/5000`.
pub(crate) fn end(challenge: &Challenge) -> Option<String> {
    let end = challenge.end.as_ref()?;
    Some(format!(
        "{} {} {} {} {}/{}",
        word(&end.phase),
        word(&end.rule),
        end.day,
        end.at.format("%H:%M:%S"),
        end.figure.0,
        end.limit.0
    ))
}

fn word(value: &impl serde::Serialize) -> String {
    let word = serde_json::to_value(value).expect("a word");
    word.as_str().expect("a word").to_owned()
}

/// Use of the daily and of the all-time limit at the last moment.
pub(crate) fn used(challenge: &Challenge) -> (String, String) {
    let figures = challenge.figures.as_ref().expect("figures");
    let daily = figures.daily.as_ref().map(|daily| daily.used.0.to_string());
    let all_time = figures.max.as_ref().map(|max| max.used.0.to_string());
    (daily.unwrap_or_default(), all_time.unwrap_or_default())
}

pub(crate) fn gain(challenge: &Challenge) -> String {
    let figures = challenge.figures.as_ref().expect("figures");
    figures.gain.0.to_string()
}

pub(crate) fn pair(daily: &str, all_time: &str) -> (String, String) {
    (daily.to_owned(), all_time.to_owned())
}
