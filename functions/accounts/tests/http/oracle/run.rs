//! Days of trading, and what disturbs them.

use std::collections::BTreeMap;

use accounts::model::Status;
use chrono::TimeDelta;
use fn_accounts::App;
use kernel::time::Timestamp;
use serde_json::{Value, json};

use super::compare::compare;
use super::plans;
use super::trader::{INITIAL, Trader, money};
use crate::support::{World, rfc3339, text};

/// Faults of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Faults {
    None,
    Lag,
    Money,
    All,
}

/// What a run is made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    seed: u64,
    accounts: usize,
    days: i64,
    faults: Faults,
    plan: Option<usize>,
}

#[expect(clippy::disallowed_methods, reason = "a test has no other settings")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn number(name: &str) -> Option<u64> {
    variable(name)?.parse().ok()
}

impl Settings {
    /// Returns those of the environment, or the usual ones.
    pub(super) fn from_env(accounts: usize, days: i64, faults: Faults) -> Self {
        let faults = match variable("ORACLE_FAULTS").as_deref() {
            Some("none") => Faults::None,
            Some("lag") => Faults::Lag,
            Some("money") => Faults::Money,
            Some("all") => Faults::All,
            _ => faults,
        };
        Self {
            seed: number("ORACLE_SEED").unwrap_or(7),
            accounts: number("ORACLE_ACCOUNTS")
                .and_then(|count| usize::try_from(count).ok())
                .unwrap_or(accounts),
            days: number("ORACLE_DAYS")
                .and_then(|days| i64::try_from(days).ok())
                .unwrap_or(days),
            faults,
            plan: number("ORACLE_PLAN").and_then(|plan| usize::try_from(plan).ok()),
        }
    }
}

/// A run under way.
pub(super) struct Run {
    pub(super) world: World,
    pub(super) settings: Settings,
    rng: fastrand::Rng,
    /// The next reset of each plan.
    resets: BTreeMap<&'static str, Timestamp>,
}

/// Lets traders trade for days, and compares every account with the oracle.
pub(super) async fn run(settings: Settings) {
    let begun = std::time::Instant::now();
    let mut run = Run {
        world: World::new().await,
        settings,
        rng: fastrand::Rng::with_seed(settings.seed),
        resets: BTreeMap::new(),
    };
    let mut traders = run.connect().await;
    if settings.faults == Faults::All {
        run.world.stack.deliver_each(2);
        for fault in ["timeout", "too_many_requests"] {
            let rule = json!({"path": "all", "one_in": 10, "fault": fault});
            run.world.stack.gateway.fault(rule).await;
        }
    }
    let end = run.world.stack.now() + TimeDelta::days(settings.days);
    while run.world.stack.now() < end {
        let burst = run.rng.u32(4..9);
        for _ in 0..burst {
            let stride_s = run.rng.i64(25..75);
            run.stride(&mut traders, stride_s, 40).await;
        }
        for _ in 0..run.rng.u32(3..6) {
            let stride_s = run.rng.i64(600..5400);
            run.stride(&mut traders, stride_s, 25).await;
        }
    }
    run.world.stack.gateway.clear_faults().await;
    for _ in 0..14 {
        run.pass(50).await;
    }
    assert_eq!(run.world.stack.dead_letters(), &[] as &[String]);
    let mut mismatches = Vec::new();
    let mut ends = BTreeMap::new();
    for trader in &traders {
        let found = compare(&run, trader).await;
        for end in found.ends {
            *ends.entry(end).or_insert(0) += 1;
        }
        if !found.mismatches.is_empty() {
            let log = trader.log.join("\n  ");
            mismatches.push(format!(
                "seed {} account {} plan {} {}\n{}\n  {log}",
                settings.seed,
                trader.login,
                trader.plan_name,
                trader.plan_body,
                found.mismatches.join("\n"),
            ));
        }
    }
    println!(
        "seed {}: {} accounts, {} days, {:?}, ends {ends:?}, {} differ, {:.0?}",
        settings.seed,
        traders.len(),
        settings.days,
        settings.faults,
        mismatches.len(),
        begun.elapsed(),
    );
    assert!(mismatches.is_empty(), "{}", mismatches.join("\n\n"));
}

impl Run {
    async fn connect(&mut self) -> Vec<Trader> {
        let rules = json!({"rules": [
            {"kinds": ["balance"], "match": "prefix", "text": "payout", "class": "payout"},
        ]});
        let table = self.world.put("/api/s2s/deal-classes", &rules).await;
        let _table = table.expect(200);
        let kinds = plans::all();
        for (name, body) in &kinds {
            let path = format!("/api/s2s/plans/{name}");
            let _plan = self.world.put(&path, body).await.expect(200);
        }
        let mut traders = Vec::new();
        for number in 0..self.settings.accounts {
            let kind = self.settings.plan.unwrap_or(number % kinds.len());
            let mut trader = Trader::new(number, kinds[kind].clone(), self.world.stack.now());
            let past = rfc3339(self.world.stack.now() - TimeDelta::hours(1));
            let steps = json!([{"at": past, "do": {"deposit": {"amount": money(INITIAL)}}}]);
            let gateway = &self.world.stack.gateway;
            gateway
                .add_account(&trader.login, &trader.password, steps)
                .await;
            let body = self.world.connect(&json!({
                "login": trader.login,
                "investor_pass": trader.password,
                "account_type": trader.plan_name,
                "wp_user_id": 100 + number,
                "initial_balance": money(INITIAL),
            }));
            let answer = self.world.send(body).await.expect(201);
            trader.id = text(&answer["account_id"]).parse().expect("an id");
            self.world.stack.pump().await;
            let shop = &self.world.stack.shop.id;
            let store = &self.world.stack.store;
            let account = store.account(shop, &trader.id).await.expect("reads");
            let account = account.expect("an account");
            trader.connected_at = account.created_at;
            trader
                .challenges
                .push(account.challenge.expect("one").to_string());
            let state = store.account_state(shop, &trader.id, true).await;
            let state = state.expect("reads").expect("a state");
            let next = state.plan.reset.next_after(self.world.stack.now());
            self.resets.insert(trader.plan_name, next);
            trader.plan = Some(state.plan);
            traders.push(trader);
        }
        traders
    }

    /// Lets time pass, and the reset function do its work where one is due.
    async fn pass(&mut self, stride_s: i64) {
        let end = self.world.stack.now() + TimeDelta::seconds(stride_s);
        let by = end - self.world.stack.now();
        self.world.stack.advance(by).await;
        let now = self.world.stack.now();
        self.world.stack.pump().await;
        let due = self.resets.values().any(|reset| *reset <= now);
        if due {
            self.world.stack.reset_due().await;
            for reset in self.resets.values_mut() {
                while *reset <= now {
                    *reset += TimeDelta::days(1);
                }
            }
        }
    }

    async fn stride(&mut self, traders: &mut [Trader], stride_s: i64, percent: u32) {
        let faults = self.settings.faults;
        let lag_s_max = if faults == Faults::None { 0 } else { 60 };
        let has_money = matches!(faults, Faults::Money | Faults::All);
        for trader in traders.iter_mut() {
            trader.strides_since += 1;
            if self.rng.u32(0..100) >= percent {
                continue;
            }
            if faults == Faults::All && self.rng.u32(0..100) < 6 && self.disturb(trader).await {
                continue;
            }
            let now = self.world.stack.now();
            let events = trader.act(&mut self.rng, stride_s, (lag_s_max, has_money), now);
            if events.steps.is_empty() {
                continue;
            }
            if let Some(announced) = events.announced {
                let path = format!("/api/s2s/accounts/{}/adjustments", trader.id);
                let body = json!({"amount": money(announced.cents), "kind": "payout"});
                self.fresh();
                let answer = self.world.post(&path, &body).await;
                assert!([201, 409].contains(&answer.status.as_u16()), "{answer:?}");
            }
            let gateway = &self.world.stack.gateway;
            gateway
                .steps(&trader.login, Value::from(events.steps))
                .await;
        }
        self.pass(stride_s).await;
    }

    /// Starts the function again, so that it has the present time.
    fn fresh(&mut self) {
        let stack = &self.world.stack;
        self.world.app = App::new(&stack.env(), stack.aws()).expect("starts");
        self.world.router = fn_accounts::router(self.world.app.clone());
    }

    /// Disturbs an account: an outage, a reset, or a move to another server.
    async fn disturb(&mut self, trader: &mut Trader) -> bool {
        let now = self.world.stack.now();
        let is_quiet = trader.strides_since >= 3 && now - trader.last_at > TimeDelta::minutes(3);
        match self.rng.u32(0..10) {
            0..6 => {
                let for_s = self.rng.i64(60..1500);
                trader.log.push(format!("{now} outage {for_s} s"));
                let rule = json!({"path": "all", "login": trader.login, "fault": "timeout",
                    "for_s": for_s});
                self.world.stack.gateway.fault(rule).await;
                true
            }
            6..8 if is_quiet => {
                self.reset(trader).await;
                true
            }
            8..10 if is_quiet && trader.is_flat() => {
                self.migrate(trader).await;
                true
            }
            _ => false,
        }
    }

    async fn reset(&mut self, trader: &mut Trader) {
        let initial = match self.rng.bool() {
            true => trader.balance().max(1_000_000),
            false => INITIAL,
        };
        let path = format!("/api/s2s/accounts/{}/reset", trader.id);
        self.fresh();
        let body = json!({"initial_balance": money(initial)});
        let answer = self.world.post(&path, &body).await.expect(200);
        let challenge = text(&answer["challenge_id"]);
        let shop = &self.world.stack.shop.id;
        let id = challenge.parse().expect("an id");
        let store = &self.world.stack.store;
        let known = store.challenge(shop, &trader.id, &id).await.expect("reads");
        let at = known.expect("a challenge").created_at;
        trader.log.push(format!("{at} reset to {}", money(initial)));
        trader.challenges.push(challenge);
        trader
            .resets
            .push(json!({"at": at, "initial_balance": money(initial)}));
        let missing = initial - trader.balance();
        if missing != 0 {
            let action = trader.movement(missing, "restored");
            let after_s = self.rng.i64(1..20);
            trader.last_at = at + TimeDelta::seconds(after_s);
            trader.log.push(format!("{} {action}", trader.last_at));
            let step = json!([{"after_s": after_s, "do": action}]);
            self.world.stack.gateway.steps(&trader.login, step).await;
        }
        trader.strides_since = 0;
    }

    async fn migrate(&mut self, trader: &mut Trader) {
        let stack = &self.world.stack;
        let state = stack
            .store
            .account_state(&stack.shop.id, &trader.id, true)
            .await;
        let state = state.expect("reads").expect("a state");
        if state.status == Status::Error {
            return;
        }
        let beyond = if self.rng.bool() {
            0
        } else {
            self.rng.i64(-50_000..=150_000)
        };
        let amount = trader.balance() + beyond;
        let server = format!("{}{}", testkit::gateway::SERVER, self.rng.u32(1000..9999));
        let now = stack.now();
        trader
            .log
            .push(format!("{now} moves to {server} with {}", money(amount)));
        let body = json!({"server": server, "password": trader.password,
            "history": "carry_over", "amount": money(amount)});
        stack.gateway.control(&trader.login, "migrate", body).await;
        trader.carried(amount);
        trader.server.clone_from(&server);
        trader.last_at = now;
        trader.strides_since = 0;
        self.fresh();
        let path = format!("/api/s2s/accounts/{}/reconnect", trader.id);
        let body = json!({"server": server, "investor_pass": trader.password});
        for _ in 0..6 {
            let answer = self.world.post(&path, &body).await;
            if answer.status.is_success() {
                return;
            }
        }
        panic!("{} did not reconnect", trader.login);
    }
}
