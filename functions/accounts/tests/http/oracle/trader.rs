//! A trader's account as the test knows it, and what happens on it.

use accounts::domain::plan::Plan;
use chrono::TimeDelta;
use kernel::id::AccountId;
use kernel::time::Timestamp;
use serde_json::{Value, json};

/// What each account begins with, in cents.
pub(super) const INITIAL: i64 = 10_000_000;

/// Whether credit comes and goes: the two sides do not move references by it
/// alike, and a late deal of credit is not told from a loss.
const HAS_CREDIT: bool = false;

/// An account.
pub(super) struct Trader {
    pub(super) login: String,
    pub(super) server: String,
    pub(super) password: String,
    pub(super) id: AccountId,
    pub(super) plan_name: &'static str,
    pub(super) plan_body: Value,
    pub(super) plan: Option<Plan>,
    pub(super) connected_at: Timestamp,
    /// Challenges by id, with the resets that began all but the first.
    pub(super) challenges: Vec<String>,
    pub(super) resets: Vec<Value>,
    /// Whether it passes: then little happens at once.
    pub(super) has_target: bool,
    balance: i64,
    credit: i64,
    floating: i64,
    positions: Vec<(String, i64)>,
    opened: u64,
    /// The last moment at which anything happened.
    pub(super) last_at: Timestamp,
    pub(super) strides_since: u32,
    pub(super) log: Vec<String>,
}

/// A movement that the shop announces.
pub(super) struct Announcement {
    pub(super) cents: i64,
}

/// What is to happen in a stride.
#[derive(Default)]
pub(super) struct Events {
    pub(super) steps: Vec<Value>,
    pub(super) announced: Option<Announcement>,
}

pub(super) fn money(cents: i64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "cents of an account")]
    let cents = cents as f64;
    #[expect(clippy::float_arithmetic, reason = "the gateway's numbers are doubles")]
    let money = cents / 100.0;
    money
}

impl Trader {
    pub(super) fn new(number: usize, plan: (&'static str, Value), now: Timestamp) -> Self {
        Self {
            login: format!("{}", 6_000_000 + number),
            server: testkit::gateway::SERVER.to_owned(),
            password: format!("investor-{number}"),
            id: AccountId::generate(now),
            plan_name: plan.0,
            has_target: plan.1.get("profit_target_pct").is_some(),
            plan_body: plan.1,
            plan: None,
            connected_at: now,
            challenges: Vec::new(),
            resets: Vec::new(),
            balance: INITIAL,
            credit: 0,
            floating: 0,
            positions: Vec::new(),
            opened: 0,
            last_at: now,
            strides_since: 0,
            log: Vec::new(),
        }
    }

    pub(super) fn is_flat(&self) -> bool {
        self.positions.is_empty()
    }

    pub(super) fn balance(&self) -> i64 {
        self.balance
    }

    /// Notes a move to a server that has nothing but the balance.
    pub(super) fn carried(&mut self, amount: i64) {
        self.balance = amount;
        self.positions.clear();
        self.floating = 0;
    }

    fn equity(&self) -> Value {
        json!({"equity": {"equity": money(self.balance + self.credit + self.floating)}})
    }

    /// Returns a deposit, or a withdrawal where negative.
    pub(super) fn movement(&mut self, cents: i64, comment: &str) -> Value {
        self.balance += cents;
        let amount = json!({"amount": money(cents.abs()), "comment": comment});
        match cents > 0 {
            true => json!({"deposit": amount}),
            false => json!({"withdraw": amount}),
        }
    }

    fn open(&mut self, rng: &mut fastrand::Rng) -> Vec<Value> {
        self.opened += 1;
        let name = format!("p{}", self.opened);
        let lots = rng.i64(2..=8);
        let commission = -rng.i64(0..=20) * 100;
        self.balance += commission;
        self.positions.push((name.clone(), lots));
        let side = ["buy", "sell"][rng.usize(0..2)];
        let open = json!({"open": {"position": name, "symbol": "EURUSD", "side": side,
            "volume": lots, "price": 1.1, "commission": money(commission)}});
        vec![open, self.equity()]
    }

    fn level(&mut self, rng: &mut fastrand::Rng) -> Vec<Value> {
        let size = if rng.u32(0..12) == 0 {
            800_000
        } else {
            250_000
        };
        self.floating = rng.i64(-size..=size);
        vec![self.equity()]
    }

    fn close(&mut self, rng: &mut fastrand::Rng) -> Vec<Value> {
        let index = rng.usize(0..self.positions.len());
        let size = if rng.u32(0..10) == 0 {
            700_000
        } else {
            200_000
        };
        let profit = match rng.bool() {
            true => rng.i64(-size..=size),
            false => self.floating,
        };
        let (name, lots) = self.positions[index].clone();
        let is_partial = lots >= 2 && rng.u32(0..4) == 0;
        let mut close = json!({"close": {"position": name, "profit": money(profit)}});
        if is_partial {
            close["close"]["volume"] = json!(lots / 2);
            self.positions[index].1 -= lots / 2;
        } else {
            self.positions.remove(index);
        }
        self.balance += profit;
        self.floating = match self.positions.is_empty() {
            true => 0,
            false => rng.i64(-150_000..=150_000),
        };
        vec![close, self.equity()]
    }

    fn close_all(&mut self, rng: &mut fastrand::Rng) -> Vec<Value> {
        let mut steps = Vec::new();
        for (name, _) in std::mem::take(&mut self.positions) {
            let profit = rng.i64(-300_000..=300_000);
            self.balance += profit;
            steps.push(json!({"close": {"position": name, "profit": money(profit)}}));
        }
        self.floating = 0;
        steps
    }

    fn credit(&mut self, rng: &mut fastrand::Rng) -> Vec<Value> {
        let amount = match self.credit {
            0 => rng.i64(100..=2000) * 100,
            credit => -credit,
        };
        self.credit += amount;
        vec![json!({"credit": {"amount": money(amount)}}), self.equity()]
    }

    /// Returns what happens within a stride of so many seconds.
    pub(super) fn act(
        &mut self,
        rng: &mut fastrand::Rng,
        stride_s: i64,
        (lag_s_max, has_money): (i64, bool),
        now: Timestamp,
    ) -> Events {
        let mut events = Events::default();
        if self.has_target && self.strides_since < 3 {
            return events;
        }
        let count = if stride_s > 90 { rng.i64(1..=3) } else { 1 };
        let part = stride_s / count;
        for number in 0..count {
            let after_s = number * part + rng.i64(1..part.max(2));
            let actions = self.choose(rng, has_money, &mut events);
            self.last_at = now + TimeDelta::seconds(after_s);
            for action in actions {
                let lag_s = if rng.bool() {
                    0
                } else {
                    rng.i64(0..=lag_s_max)
                };
                self.log
                    .push(format!("{} {action} lag {lag_s}", self.last_at));
                events
                    .steps
                    .push(json!({"after_s": after_s, "history_lag_s": lag_s, "do": action}));
            }
        }
        self.strides_since = 0;
        events
    }

    fn choose(
        &mut self,
        rng: &mut fastrand::Rng,
        has_money: bool,
        events: &mut Events,
    ) -> Vec<Value> {
        let choice = rng.u32(0..100);
        if has_money && choice < 12 {
            let cents = rng.i64(200..=4000) * 100 + rng.i64(0..100);
            if choice < 5 {
                return vec![self.movement(cents, "deposit")];
            }
            if events.announced.is_none() && choice < 9 {
                events.announced = Some(Announcement { cents: -cents });
            }
            let comment = if rng.bool() { "payout" } else { "withdrawal" };
            return vec![self.movement(-cents, comment)];
        }
        if has_money && HAS_CREDIT && choice < 15 {
            return self.credit(rng);
        }
        match (self.positions.len(), choice) {
            (0, _) => self.open(rng),
            (1, 15..35) => self.open(rng),
            (_, 35..60) => self.close(rng),
            (_, 60..66) => self.close_all(rng),
            _ => self.level(rng),
        }
    }
}
