//! A trading account over time: its state at any moment is a function of its
//! steps and of that moment alone.

use std::collections::BTreeMap;

use chrono::{DurationRound, TimeDelta};
use kernel::currency::Currency;
use kernel::time::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use crate::bulk;
use crate::cancellation::Cancellation;
use crate::closed::{self, ClosedTrades};
use crate::demo::Demo;
use crate::distortion::Distortions;
use crate::history::Visibility;
use crate::ledger::{Book, Deal, Event, NEVER, Position, Stamp, State};
use crate::migration::Former;
use crate::observations::Observations;
use crate::scenario::{AccountSpec, Action, Cancel, Expect, Step, Verification};
pub(crate) use crate::timeline::{Happening, Timeline};

/// The most steps that an account is given by a scenario and by calls.
pub(crate) const STEPS_MAX: usize = 10_000;
/// The most symbols that an account describes.
const SYMBOLS_MAX: usize = 200;
/// Furthest offset of a step, in seconds: ten years.
const OFFSET_S_MAX: i64 = 3_660 * 86_400;
/// How far ahead of the asked moment the demo's trades are laid out.
const DEMO_AHEAD: TimeDelta = TimeDelta::days(2);

/// The largest first number of an account that is given one.
const TICKET_MAX: u64 = 1_000_000_000_000_000;
/// The offset of the numbers that actions on many positions take.
const BULK_TICKETS: u64 = 40_000_000;
/// The most numbers that those actions take.
const BULK_TICKETS_MAX: u64 = 50_000_000;

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
    numbers: Numbers,
    /// The numbers that named steps take.
    names: BTreeMap<String, (u64, u64)>,
    steps: u64,
    closed: u64,
    demo: Option<Demo>,
    demo_until: Option<Timestamp>,
    timeline: Timeline,
    pub(crate) visibility: Visibility,
    pub(crate) distortions: Distortions,
    pub(crate) observations: Observations,
    /// The account at the server that it was moved from.
    pub(crate) former: Option<Former>,
}

/// The numbering of an account's orders and deals.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Numbers {
    /// The first number.
    first: u64,
    /// The numbers that a step takes.
    each: u64,
    bulk: u64,
}

impl Numbers {
    /// Numbers that follow from the login, exact in JSON readers that know
    /// only doubles.
    fn of_login(login: u64) -> Self {
        Self {
            first: (login % 10_000_000) * 100_000_000 + 8,
            each: 8,
            bulk: 0,
        }
    }

    /// Numbers from a given one on, close together.
    pub(crate) fn from(first: u64) -> Self {
        Self {
            first,
            each: 3,
            bulk: 0,
        }
    }

    /// Takes the numbers of a step, or those of an action on many positions.
    fn take(&mut self, step: u64, many: Option<u64>) -> Result<(u64, u64), String> {
        match many {
            None => Ok((self.first + step * self.each, self.each)),
            Some(count) => {
                let first = self.first + BULK_TICKETS + self.bulk;
                self.bulk += count;
                if self.bulk > BULK_TICKETS_MAX {
                    return Err("no numbers are left for so many positions".to_owned());
                }
                Ok((first, count))
            }
        }
    }

    /// The base of the demo's numbers.
    fn demo(self) -> u64 {
        self.first.saturating_sub(self.each)
    }
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
        if let Some(closed) = &spec.closed {
            account.add_closed(closed)?;
        }
        account.append(&spec.steps, start)?;
        if let Some(expect) = spec.expect {
            account.check(expect)?;
        }
        for distortion in spec.distortions {
            account.distortions.add(distortion)?;
        }
        account.visibility.set(spec.history);
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
        account.given.clone_from(&happenings);
        account.timeline.extend(&account.book, happenings)?;
        Ok(account)
    }

    /// An account over books that exist already.
    ///
    /// # Errors
    /// As [`Account::new`].
    pub(crate) fn over(
        spec: &AccountSpec,
        books: (State, Vec<Deal>),
        numbers: Numbers,
    ) -> Result<Self, String> {
        let mut account = Self::empty(spec)?;
        account.password = spec.password.clone();
        account.timeline = Timeline::starting(books.0, books.1);
        account.numbers = numbers;
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
        if !(1..=TICKET_MAX).contains(&spec.first_ticket.unwrap_or(1)) {
            return Err(format!("the first ticket is 1 to {TICKET_MAX}"));
        }
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
            numbers: spec
                .first_ticket
                .map_or_else(|| Numbers::of_login(login), Numbers::from),
            names: BTreeMap::new(),
            steps: 0,
            closed: 0,
            demo: None,
            demo_until: None,
            timeline: Timeline::default(),
            visibility: Visibility::default(),
            distortions: Distortions::default(),
            observations: Observations::default(),
            former: None,
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
        let mut numbers = self.numbers;
        let mut names = self.names.clone();
        let mut new = Vec::with_capacity(steps.len());
        for (number, step) in (self.steps..).zip(steps) {
            let tickets = numbers.take(number, bulk::tickets(&step.action))?;
            let event = event(&step.action, &names);
            new.push(Happening::new(
                stamp(step, number, origin, tickets.0)?,
                event,
            ));
            if let Some(name) = &step.name
                && names.insert(name.clone(), tickets).is_some()
            {
                return Err(format!("a step named {name} exists already"));
            }
        }
        self.happen(new)?;
        (self.numbers, self.names, self.steps) = (numbers, names, total);
        Ok(())
    }

    /// Adds closed positions in bulk.
    ///
    /// # Errors
    /// Returns a sentence if a figure is out of bounds.
    pub(crate) fn add_closed(&mut self, trades: &ClosedTrades) -> Result<(), String> {
        let total = self.closed + u64::from(trades.count);
        if total > closed::CLOSED_MAX {
            let most = closed::CLOSED_MAX;
            return Err(format!("an account has at most {most} positions in bulk"));
        }
        let mut numbers = self.numbers;
        let count = u64::from(trades.count) * closed::TICKETS_EACH;
        let (first, _) = numbers.take(0, Some(count))?;
        self.happen(trades.happenings(&self.book, first)?)?;
        (self.numbers, self.closed) = (numbers, total);
        Ok(())
    }

    /// Adds happenings, all or none.
    fn happen(&mut self, new: Vec<Happening>) -> Result<(), String> {
        self.timeline.extend(&self.book, new.clone())?;
        if self.demo.is_some() {
            self.given.extend(new);
        }
        Ok(())
    }

    fn check(&self, expect: Expect) -> Result<(), String> {
        let Some(end) = self.timeline.last_at() else {
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

    /// Lays the demo's trades out up to beyond a moment.
    fn lay_out(&mut self, at: Timestamp) -> Result<(), String> {
        let Some(demo) = self.demo else { return Ok(()) };
        if self.demo_until.is_some_and(|until| at < until) {
            return Ok(());
        }
        let until = at + DEMO_AHEAD;
        let mut all = demo.happenings(self.numbers.demo(), until);
        all.extend(self.given.iter().cloned());
        let mut timeline = Timeline::default();
        timeline.extend(&self.book, all)?;
        (self.timeline, self.demo_until) = (timeline, Some(until));
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

    /// Returns the books that hold for the account's whole life.
    pub(crate) fn book(&self) -> &Book {
        &self.book
    }

    /// Returns all deals, in the order of the times that they carry.
    pub(crate) fn deals(&self) -> &[Deal] {
        self.timeline.deals()
    }

    /// Returns the numbers that a named step takes.
    pub(crate) fn tickets_of(&self, name: &str) -> Option<(u64, u64)> {
        self.names.get(name).copied()
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
        let deals = self.account.deals();
        let first = deals.partition_point(|deal| deal.shown_at < from);
        let end = deals.partition_point(|deal| deal.shown_at < to);
        let span = deals.get(first..end).unwrap_or_default();
        span.iter()
            .filter(|deal| deal.at <= self.at)
            .filter(|deal| self.account.visibility.shows(deal, self.at))
    }

    /// Returns `true` if the history shows a deal as cancelled.
    pub(crate) fn is_canceled(&self, deal: &Deal) -> bool {
        deal.canceled.is_some_and(|canceled| {
            let visible_at = self.account.visibility.canceled_visible_at(canceled);
            visible_at <= self.at
        })
    }

    /// Returns the positions that the list shows, closed ones that linger
    /// among them.
    pub(crate) fn listed(&self) -> impl Iterator<Item = &Position> {
        let open = self.state.positions.values();
        let lingering = self.state.lingering.iter();
        open.filter(|position| self.account.visibility.lists(position, self.at))
            .chain(
                lingering
                    .filter(|gone| gone.until > self.at)
                    .map(|gone| &gone.position),
            )
    }
}

/// The event that a step's action is.
fn event(action: &Action, names: &BTreeMap<String, (u64, u64)>) -> Event {
    match action {
        Action::Cancel(cancel) => match target(cancel, names) {
            Some(tickets) => {
                let (booked, comment) = (cancel.booked, &cancel.comment);
                Event::Cancellation(Cancellation::new(tickets, booked, comment))
            }
            None => Event::Action(action.clone()),
        },
        _ => Event::Action(action.clone()),
    }
}

/// The numbers of the deals that a step or an id names.
fn target(cancel: &Cancel, names: &BTreeMap<String, (u64, u64)>) -> Option<(u64, u64)> {
    let named = names.get(&cancel.deal).copied();
    named.or_else(|| Some((cancel.deal.parse().ok()?, 1)))
}

/// The stamp of the `number`th step; offsets count from `origin`.
fn stamp(step: &Step, number: u64, origin: Timestamp, ticket: u64) -> Result<Stamp, String> {
    let at = match (step.at, step.after_s) {
        (Some(_), Some(_)) => {
            return Err(format!("step {}: give at or after_s, not both", number + 1));
        }
        (Some(at), None) => at,
        (None, None) => origin,
        (None, Some(offset)) if offset.abs() <= OFFSET_S_MAX => origin + TimeDelta::seconds(offset),
        (None, Some(_)) => return Err(format!("step {}: after_s is too far", number + 1)),
    };
    // What is sent has milliseconds; a finer moment would be sent as earlier.
    let at = at
        .duration_trunc(TimeDelta::milliseconds(1))
        .map_err(|_| format!("step {}: the moment is out of range", number + 1))?;
    let later = |hidden: bool, lag_s: u32| match hidden {
        true => NEVER,
        false => at + TimeDelta::seconds(i64::from(lag_s)),
    };
    Ok(Stamp {
        at,
        visible_at: later(step.hidden, step.history_lag_s),
        listed_at: later(step.unlisted, step.list_lag_s),
        ticket,
    })
}

/// The accounts of all trade servers, by login.
pub(crate) type Accounts = BTreeMap<String, Account>;

/// Events that the demo makes are actions like those of a scenario.
impl From<Action> for Event {
    fn from(action: Action) -> Self {
        Self::Action(action)
    }
}
