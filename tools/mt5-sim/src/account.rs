//! A trading account over time: its state at any moment is a function of its
//! steps and of that moment alone.

use std::collections::BTreeMap;

use chrono::{DurationRound, TimeDelta};
use kernel::currency::Currency;
use kernel::time::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use crate::demo::Demo;
use crate::ledger::{Book, Deal, Event, Stamp, State};
use crate::scenario::{AccountSpec, Action, Expect, Step, Verification};

/// The most steps that an account is given by a scenario and by calls.
pub(crate) const STEPS_MAX: usize = 10_000;
/// The most symbols that an account describes.
const SYMBOLS_MAX: usize = 200;
/// How many steps are folded again to reach a moment.
const STRIDE: usize = 128;
/// Furthest offset of a step, in seconds: ten years.
const OFFSET_S_MAX: i64 = 3_660 * 86_400;
/// How far ahead of the asked moment the demo's trades are laid out.
const DEMO_AHEAD: TimeDelta = TimeDelta::days(2);

/// Something that happens on an account, with its place in time and in the
/// trade server's numbering.
#[derive(Clone, Debug)]
pub(crate) struct Happening {
    pub(crate) stamp: Stamp,
    pub(crate) event: Event,
}

/// Happenings in their order, with all deals they make and the state now and
/// then on the way.
#[derive(Debug, Default)]
struct Timeline {
    happenings: Vec<Happening>,
    deals: Vec<Deal>,
    /// The state before each `STRIDE`th happening.
    marks: Vec<State>,
}

impl Timeline {
    fn lay(book: &Book, mut happenings: Vec<Happening>) -> Result<Self, String> {
        // Stable: what happens at one moment happens in the order it was given.
        happenings.sort_by_key(|happening| happening.stamp.at);
        let mut state = State::default();
        let mut deals = Vec::new();
        let mut marks = Vec::with_capacity(happenings.len() / STRIDE + 1);
        for (number, happening) in happenings.iter().enumerate() {
            if number % STRIDE == 0 {
                marks.push(state.clone());
            }
            state
                .apply(book, happening.stamp, &happening.event, &mut deals)
                .map_err(|fault| {
                    let at = crate::errors::rfc3339(happening.stamp.at);
                    format!("step {} in order of time, at {at}: {fault}", number + 1)
                })?;
        }
        Ok(Self {
            happenings,
            deals,
            marks,
        })
    }

    fn state_at(&self, book: &Book, at: Timestamp) -> Result<State, String> {
        let done = self
            .happenings
            .partition_point(|happening| happening.stamp.at <= at);
        let mark = done / STRIDE;
        let (mut state, from) = match self.marks.get(mark) {
            Some(state) => (state.clone(), mark * STRIDE),
            // The last mark is behind when the count is a multiple of the stride.
            None => match self.marks.last() {
                Some(state) => (state.clone(), (self.marks.len() - 1) * STRIDE),
                None => (State::default(), 0),
            },
        };
        let mut made = Vec::new();
        for happening in self.happenings.get(from..done).unwrap_or_default() {
            state.apply(book, happening.stamp, &happening.event, &mut made)?;
        }
        Ok(state)
    }
}

/// One account of a trade server.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) login: String,
    pub(crate) server: String,
    pub(crate) name: String,
    pub(crate) verification: Verification,
    password: SecretString,
    book: Book,
    /// From a file or calls.
    given: Vec<Happening>,
    /// The account's first number of orders and deals.
    tickets: u64,
    steps: u64,
    demo: Option<Demo>,
    demo_until: Option<Timestamp>,
    timeline: Timeline,
}

impl Account {
    /// An account as a scenario describes it.
    ///
    /// # Errors
    /// A sentence: what is out of bounds, which step cannot happen, or which
    /// expected figure is not met.
    pub(crate) fn new(spec: AccountSpec, now: Timestamp) -> Result<Self, String> {
        let mut account = Self::empty(&spec)?;
        let start = spec.start.unwrap_or(now);
        account.append(&spec.steps, start)?;
        if let Some(expect) = spec.expect {
            account.check(expect)?;
        }
        account.verification = spec.verification;
        account.password = spec.password;
        Ok(account)
    }

    /// The account that trades by itself.
    ///
    /// # Errors
    /// As [`Account::new`].
    pub(crate) fn demo(spec: AccountSpec, demo: Demo) -> Result<Self, String> {
        let mut account = Self::new(spec, demo.start)?;
        account.book.walk = Some(demo.walk);
        account.demo = Some(demo);
        account.lay_out(demo.start)?;
        Ok(account)
    }

    /// An account with recorded deals.
    ///
    /// # Errors
    /// As [`Account::new`].
    pub(crate) fn replayed(
        spec: AccountSpec,
        now: Timestamp,
        happenings: Vec<Happening>,
    ) -> Result<Self, String> {
        let mut account = Self::new(spec, now)?;
        account.given = happenings;
        account.timeline = Timeline::lay(&account.book, account.given.clone())?;
        Ok(account)
    }

    fn empty(spec: &AccountSpec) -> Result<Self, String> {
        let digits = spec.login.bytes().all(|byte| byte.is_ascii_digit());
        if !digits || !(1..=12).contains(&spec.login.len()) {
            return Err("the login must be 1 to 12 digits".to_owned());
        }
        if !(1..=64).contains(&spec.server.len()) || spec.name.len() > 128 {
            return Err("server and name must be 1 to 64 and at most 128 bytes".to_owned());
        }
        if !(1..=128).contains(&spec.password.expose_secret().len()) {
            return Err("the password must be 1 to 128 bytes".to_owned());
        }
        if !(1..=3_000).contains(&spec.leverage) {
            return Err("the leverage must be 1 to 3000".to_owned());
        }
        if spec.symbols.len() > SYMBOLS_MAX {
            return Err(format!("at most {SYMBOLS_MAX} symbols can be described"));
        }
        let currency = Currency::parse(&spec.currency).ok_or("the currency is not a code")?;
        let login: u64 = spec.login.parse().map_err(|_| "the login is too large")?;
        Ok(Self {
            login: spec.login.clone(),
            server: spec.server.clone(),
            name: spec.name.clone(),
            verification: Verification::default(),
            password: SecretString::default(),
            book: Book {
                currency,
                leverage: spec.leverage,
                symbols: spec.symbols.clone(),
                walk: None,
            },
            given: Vec::new(),
            // Numbers are exact in JSON readers that know only doubles.
            tickets: (login % 10_000_000) * 100_000_000,
            steps: 0,
            demo: None,
            demo_until: None,
            timeline: Timeline::default(),
        })
    }

    /// Adds steps; those without a time happen at `origin`, and offsets count
    /// from it. All are added or, with an error, none.
    ///
    /// # Errors
    /// A sentence that names the step.
    pub(crate) fn append(&mut self, steps: &[Step], origin: Timestamp) -> Result<(), String> {
        let total = self.steps + steps.len() as u64;
        if total > STEPS_MAX as u64 {
            return Err(format!("an account has at most {STEPS_MAX} steps"));
        }
        let mut given = self.given.clone();
        for (number, step) in (self.steps..).zip(steps) {
            given.push(Happening {
                stamp: self.stamp(step, number, origin)?,
                event: Event::Action(step.action.clone()),
            });
        }
        let all = self.with_demo(&given);
        self.timeline = Timeline::lay(&self.book, all)?;
        self.given = given;
        self.steps = total;
        Ok(())
    }

    fn stamp(&self, step: &Step, number: u64, origin: Timestamp) -> Result<Stamp, String> {
        let at = match (step.at, step.after_s) {
            (Some(_), Some(_)) => {
                return Err(format!("step {}: give at or after_s, not both", number + 1));
            }
            (Some(at), None) => at,
            (None, None) => origin,
            (None, Some(offset)) if offset.abs() <= OFFSET_S_MAX => {
                origin + TimeDelta::seconds(offset)
            }
            (None, Some(_)) => return Err(format!("step {}: after_s is too far", number + 1)),
        };
        // What is sent has milliseconds; a finer moment would be sent as earlier.
        let at = at
            .duration_trunc(TimeDelta::milliseconds(1))
            .map_err(|_| format!("step {}: the moment is out of range", number + 1))?;
        Ok(Stamp {
            at,
            visible_at: at + TimeDelta::seconds(i64::from(step.history_lag_s)),
            ticket: self.tickets + (number + 1) * 8,
        })
    }

    fn check(&self, expect: Expect) -> Result<(), String> {
        let Some(end) = self.timeline.happenings.last().map(|last| last.stamp.at) else {
            return Ok(());
        };
        let state = self.timeline.state_at(&self.book, end)?;
        let equity = state.balance + state.credit + state.floating(&self.book, end)?;
        let figures = [
            ("balance", expect.balance, state.balance),
            ("equity", expect.equity, equity),
        ];
        for (figure, expected, reached) in figures {
            if let Some(expected) = expected.filter(|expected| *expected != reached) {
                return Err(format!(
                    "the expected {figure} is {expected} and the steps end in {reached}"
                ));
            }
        }
        Ok(())
    }

    fn with_demo(&self, given: &[Happening]) -> Vec<Happening> {
        let generated = self
            .demo
            .zip(self.demo_until)
            .map(|(demo, until)| demo.happenings(self.tickets, until));
        generated
            .into_iter()
            .flatten()
            .chain(given.iter().cloned())
            .collect()
    }

    /// Lays the demo's trades out up to beyond a moment.
    fn lay_out(&mut self, at: Timestamp) -> Result<(), String> {
        if self.demo.is_none() || self.demo_until.is_some_and(|until| at < until) {
            return Ok(());
        }
        self.demo_until = Some(at + DEMO_AHEAD);
        let all = self.with_demo(&self.given);
        self.timeline = Timeline::lay(&self.book, all)?;
        Ok(())
    }

    /// The account at a moment.
    ///
    /// # Errors
    /// A sentence, where figures cannot be held; steps that lead there are
    /// refused when they are added.
    pub(crate) fn at(&mut self, at: Timestamp) -> Result<View<'_>, String> {
        self.lay_out(at)?;
        let state = self.timeline.state_at(&self.book, at)?;
        Ok(View {
            account: self,
            state,
            at,
        })
    }

    /// Whether a password is the account's.
    #[must_use]
    pub(crate) fn knows(&self, password: &SecretString) -> bool {
        self.password.expose_secret() == password.expose_secret()
    }

    /// Changes the password.
    pub(crate) fn set_password(&mut self, password: SecretString) {
        self.password = password;
    }

    /// Steps given by a file and by calls.
    #[must_use]
    pub(crate) fn steps(&self) -> u64 {
        self.steps
    }
}

/// An account at a moment.
pub(crate) struct View<'a> {
    pub(crate) account: &'a Account,
    pub(crate) state: State,
    pub(crate) at: Timestamp,
}

impl View<'_> {
    pub(crate) fn book(&self) -> &Book {
        &self.account.book
    }

    /// Deals of a span, its end excluded, as far as the history shows them.
    pub(crate) fn deals(&self, from: Timestamp, to: Timestamp) -> impl Iterator<Item = &Deal> {
        let deals = &self.account.timeline.deals;
        let first = deals.partition_point(|deal| deal.at < from);
        let end = deals.partition_point(|deal| deal.at < to && deal.at <= self.at);
        let span = deals.get(first..end).unwrap_or_default();
        span.iter().filter(|deal| deal.visible_at <= self.at)
    }
}

/// The accounts of all trade servers, by login.
pub(crate) type Accounts = BTreeMap<String, Account>;

/// Events that the demo makes are actions like those of a scenario.
impl From<Action> for Event {
    fn from(action: Action) -> Self {
        Self::Action(action)
    }
}
