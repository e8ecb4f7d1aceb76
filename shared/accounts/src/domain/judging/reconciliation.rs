//! How an account's snapshots and deals stand to each other.

use chrono::Duration;
use kernel::time::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::domain::deal::{Deal, DealClass, DealKind};

/// The most snapshots held; then the newest replaces the last.
pub const HELD_MAX: usize = 20;
/// Steps after the oldest held snapshot before a difference stands.
pub const STEPS_MIN: u32 = 3;
/// Time after the oldest held snapshot before a difference stands.
pub const STANDS_AFTER: Duration = Duration::seconds(120);
/// The same for the first snapshot of an account, which is held against the
/// whole history.
pub const FIRST_STANDS_AFTER: Duration = Duration::minutes(10);
/// Time after which a kept state goes and what stands is settled.
pub const SETTLED_AFTER: Duration = Duration::hours(24);
/// The most settled differences that late deals can take the place of.
pub const ENTRIES_MAX: usize = 10;
/// The most stand-ins at once.
pub const STAND_INS_MAX: usize = 20;

/// Deals of inputs that no snapshot has placed yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WaitingRange {
    /// The first input.
    pub from: u64,
    /// The last input.
    pub to: u64,
    /// Deals up to this place, in order of time and id, are placed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placed: Option<(Timestamp, String)>,
}

/// A snapshot that no deals explain yet.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeldSnapshot {
    /// The number of its input.
    pub input: u64,
    /// When it was recorded.
    pub at: Timestamp,
}

/// A deal that stands in for a movement which is accounted for and whose own
/// deal is not there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StandIn {
    /// The announced movement; `None` for a shop's answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announcement: Option<String>,
    /// What it moves the balance by.
    pub amount: Decimal,
    /// What it counts as.
    pub class: DealClass,
    /// The time of the snapshot that showed it.
    pub at: Timestamp,
}

impl StandIn {
    /// Returns the deal that it stands in for.
    #[must_use]
    pub fn deal(&self) -> Deal {
        let name = self.announcement.as_deref().unwrap_or("answer");
        money(format!("~{name}"), self.amount, self.class, self.at)
    }
}

/// A difference that was never explained, as an entry of its own.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SettledEntry {
    /// What it moved the balance by.
    pub amount: Decimal,
    /// What it counts as.
    pub class: DealClass,
    /// When it was settled.
    pub at: Timestamp,
}

impl SettledEntry {
    /// Returns the deal that takes it back.
    #[must_use]
    pub fn taken_back(&self, at: Timestamp) -> Deal {
        money("~settled".to_owned(), -self.amount, self.class, at)
    }
}

/// Returns a deal of money alone.
fn money(id: String, amount: Decimal, class: DealClass, time: Timestamp) -> Deal {
    Deal {
        profit: amount,
        class: Some(class),
        ..Deal::empty(id, time, DealKind::Balance)
    }
}

/// What another trade server's deals carry over of the old server's balance:
/// those dated up to the old server's newest, and money before the first trade
/// after it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CarryOver {
    /// The old server's newest deal.
    pub until: Timestamp,
    /// What these deals add up to.
    pub sum: Decimal,
    /// Their number.
    pub deals: u64,
    /// Whether a trade of after it has been seen.
    pub has_ended: bool,
}

impl CarryOver {
    /// Returns a carry-over of no deals yet.
    #[must_use]
    pub fn until(until: Timestamp) -> Self {
        Self {
            until,
            sum: Decimal::ZERO,
            deals: 0,
            has_ended: false,
        }
    }

    /// Takes the next deal in order of time. Returns whether it only carries
    /// the old balance over.
    pub fn take(&mut self, deal: &Deal) -> bool {
        if deal.time > self.until && deal.kind.is_trade() {
            self.has_ended = true;
        }
        if self.has_ended {
            return false;
        }
        self.sum += deal.balance_effect();
        self.deals += 1;
        true
    }
}

/// What has been reconciled, and what waits for it: bounded in size.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reconciliation {
    /// The balance judged last; 0 before the first.
    pub balance: Decimal,
    /// Whether a snapshot has been judged or placed.
    pub has_balance: bool,
    /// The credit of the snapshot judged last that no deal tells of, where it
    /// has told its credit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit_beyond: Option<Decimal>,
    /// The newest unflagged snapshot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explained_at: Option<Timestamp>,
    /// Deals that wait for a snapshot.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<WaitingRange>,
    /// Snapshots that wait for deals, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<HeldSnapshot>,
    /// Steps since the oldest held snapshot.
    #[serde(default)]
    pub steps: u32,
    /// Differences of deals that changed after they were placed.
    #[serde(default)]
    pub revised: Decimal,
    /// The difference that stands unexplained.
    #[serde(default)]
    pub standing: Decimal,
    /// The part of it that was there at the start: an adjustment of before the
    /// history.
    #[serde(default)]
    pub at_start: Decimal,
    /// When the state before the difference was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_at: Option<Timestamp>,
    /// The time of the snapshot that showed the difference which stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown_at: Option<Timestamp>,
    /// What stands in for movements whose deals are not there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stand_ins: Vec<StandIn>,
    /// Differences that were never explained.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<SettledEntry>,
    /// The newest input that brought deals, or changes of some.
    #[serde(default)]
    pub deals_at: u64,
    /// What [`Self::deals_at`] was when a run again was last tried.
    #[serde(default)]
    pub deals_tried: u64,
    /// When it was asked for that all deals of the challenge are read again,
    /// since money moved that nobody had announced; until it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reads_whole: Option<Timestamp>,
    /// What another trade server carries over, until its first snapshot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carry: Option<CarryOver>,
    /// Whether a snapshot whose equity makes no sense was set aside: the next
    /// one counts.
    #[serde(default)]
    pub is_rechecking: bool,
}

impl Reconciliation {
    /// Returns whether a difference stands.
    #[must_use]
    pub fn stands(&self) -> bool {
        !self.standing.is_zero()
    }

    /// Returns the part of the standing difference that the gain leaves out.
    #[must_use]
    pub fn left_out(&self) -> Decimal {
        self.standing - self.at_start
    }

    /// Adds an input whose deals wait for a snapshot, those up to a place left
    /// out.
    pub fn wait(&mut self, input: u64, placed: Option<(Timestamp, String)>) {
        match self.waiting.last_mut() {
            Some(range) if range.to + 1 == input && range.placed.is_none() && placed.is_none() => {
                range.to = input;
            }
            _ => self.waiting.push(WaitingRange {
                from: input,
                to: input,
                placed,
            }),
        }
    }

    /// Holds a snapshot.
    pub fn hold(&mut self, snapshot: HeldSnapshot) {
        if !self.held.is_empty() {
            self.steps = self.steps.saturating_add(1);
        }
        if self.held.len() >= HELD_MAX {
            self.held.pop();
        }
        self.held.push(snapshot);
    }

    /// Returns whether the oldest held snapshot has waited long enough for its
    /// difference to stand, at the newest held one.
    #[must_use]
    pub fn has_waited(&self) -> bool {
        let (Some(oldest), Some(newest)) = (self.held.first(), self.held.last()) else {
            return false;
        };
        let after = if self.has_balance {
            STANDS_AFTER
        } else {
            FIRST_STANDS_AFTER
        };
        self.steps >= STEPS_MIN && newest.at - oldest.at >= after
    }

    /// Returns how long after the oldest held snapshot the next step is due.
    #[must_use]
    pub fn next_step_after(&self) -> Option<Duration> {
        let (oldest, newest) = (self.held.first()?, self.held.last()?);
        let age = newest.at - oldest.at;
        if !self.has_balance {
            return Some(age + Duration::seconds(if self.steps == 0 { 5 } else { 60 }));
        }
        let due = [2, 20, 100, 120].map(Duration::seconds);
        Some(
            due.into_iter()
                .find(|due| *due > age)
                .unwrap_or(age + Duration::seconds(5)),
        )
    }

    /// Adds an entry for a difference that nobody explained.
    pub fn settle(&mut self, entry: SettledEntry) {
        if self.entries.len() >= ENTRIES_MAX {
            self.entries.remove(0);
        }
        self.entries.push(entry);
    }

    /// Returns the entries, one to three, that add up to an amount.
    #[must_use]
    pub fn entries_of(&self, amount: Decimal) -> Option<Vec<usize>> {
        let amounts: Vec<_> = self.entries.iter().map(|entry| entry.amount).collect();
        add_up_to(&amounts, amount)
    }
}

/// Returns the indexes of one to three amounts that add up to a sum, the
/// earliest first; `None` where none do, or the sum is 0.
#[must_use]
pub fn add_up_to(amounts: &[Decimal], sum: Decimal) -> Option<Vec<usize>> {
    if sum.is_zero() {
        return None;
    }
    let found = |wanted: Decimal, from: usize| {
        amounts
            .iter()
            .enumerate()
            .skip(from)
            .find(|(_, amount)| **amount == wanted)
            .map(|(index, _)| index)
    };
    if let Some(one) = found(sum, 0) {
        return Some(vec![one]);
    }
    for (one, first) in amounts.iter().enumerate() {
        if let Some(other) = found(sum - first, one + 1) {
            return Some(vec![one, other]);
        }
    }
    for (one, first) in amounts.iter().enumerate() {
        for (two, second) in amounts.iter().enumerate().skip(one + 1) {
            if let Some(three) = found(sum - first - second, two + 1) {
                return Some(vec![one, two, three]);
            }
        }
    }
    None
}
