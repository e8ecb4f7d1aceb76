//! A second judgement of the drawdown and account rules.
//!
//! It knows what the simulator knows: every deal at its true time, and
//! balance and equity as they were shown. From the whole history it computes
//! when each rule was truly broken or met. Tests hold the account
//! service against it; nothing of that service is used here.

mod all_time;
mod challenge;
mod daily;
mod days;
mod inactivity;
pub mod ledger;
mod lots;
mod moments;
mod passing;
pub mod plan;
mod reference;
pub(crate) mod source;
mod start;
pub mod verdict;

use kernel::Number;
use kernel::time::Timestamp;
use rust_decimal::Decimal;
use serde::Deserialize;

use self::challenge::Begin;
use self::ledger::{Ledger, Point};
use self::moments::{Moment, Source};
use self::plan::Plan;
use self::reference::Known;
use self::verdict::Challenge;

/// A reset of the account: the end of a challenge and the begin of another.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChallengeReset {
    /// The moment.
    pub at: Timestamp,
    /// The initial balance, where one is given.
    #[serde(default)]
    pub initial_balance: Option<Number>,
}

/// A plan, and the span that it is judged over.
#[derive(Clone, Debug)]
pub struct Question {
    /// The plan.
    pub plan: Plan,
    /// The initial balance that the shop has given.
    pub initial_balance: Option<Decimal>,
    /// The moment of the connection.
    pub connected_at: Timestamp,
    /// Resets, in order.
    pub resets: Vec<ChallengeReset>,
    /// Moments at which the shop has started a challenge that waited, in
    /// order.
    pub starts: Vec<Timestamp>,
    /// The moment up to which the history is known.
    pub until: Timestamp,
}

/// Judges an account's history: one answer for each challenge, in order.
#[must_use]
pub fn judge(question: &Question, ledger: Ledger) -> Vec<Challenge> {
    let ledger = ledger.until(question.until);
    let points = ledger.points();
    let moments = moments::all(&ledger, &points);
    let known = Known {
        ledger: &ledger,
        points: &points,
        moments: &moments,
        basis: question.plan.basis,
    };
    let mut challenges: Vec<Challenge> = Vec::new();
    for (begin, end) in spans(question) {
        let before = challenges.last().and_then(|before| before.initial_balance);
        let begin = Begin {
            // A reset keeps the initial balance unless it gives another.
            initial: begin.initial.or(before.map(Decimal::from)),
            ..begin
        };
        let ledger = ledger.with_late_costs(&begin);
        let known = Known {
            ledger: &ledger,
            ..known
        };
        let own = own_moments(known, &begin, end);
        let judged = challenge::judge(&question.plan, known, &begin, &own, end);
        challenges.push(judged);
    }
    challenges
}

/// The begin of each challenge, and the moment at which it ends at the latest.
fn spans(question: &Question) -> Vec<(Begin, Timestamp)> {
    let first = (question.connected_at, question.initial_balance);
    let resets = question.resets.iter();
    let resets = resets.filter(|reset| reset.at <= question.until);
    let resets = resets.map(|reset| (reset.at, reset.initial_balance.map(Decimal::from)));
    let begins: Vec<_> = std::iter::once(first).chain(resets).collect();
    let ends = begins.iter().skip(1).map(|(at, _)| *at);
    let ends = ends.chain(std::iter::once(question.until));
    let span = |(number, ((at, initial), end)): (usize, (&(Timestamp, _), Timestamp))| {
        let starts = question.starts.iter().copied();
        let begin = Begin {
            at: *at,
            is_first: number == 0,
            initial: *initial,
            starts: starts
                .filter(|start| at <= start && *start <= end)
                .collect(),
        };
        (begin, end)
    };
    begins.iter().zip(ends).enumerate().map(span).collect()
}

/// The moments of a challenge. Its reset is the first, with the values that
/// are known then.
fn own_moments(known: Known<'_>, begin: &Begin, end: Timestamp) -> Vec<Moment> {
    let begun = |moment: &&Moment| match begin.is_first {
        true => moment.at >= begin.at,
        false => moment.at > begin.at,
    };
    let reset = Moment {
        at: begin.at,
        source: Source::Reset,
        balance: Point::at(known.points, begin.at).balance,
        equity: known.equity(begin.at).map(|equity| equity.amount),
    };
    let own = known.moments.iter().filter(begun);
    let own = own.filter(|moment| moment.at <= end).copied();
    (!begin.is_first)
        .then_some(reset)
        .into_iter()
        .chain(own)
        .collect()
}
