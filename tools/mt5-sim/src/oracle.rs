//! A second judgement of the drawdown and account rules.
//!
//! It knows what the simulator knows: every deal at its true time, and
//! balance and equity as they were shown. From that it computes anew, from
//! the whole history and with no state kept between moments but what a rule
//! is made of, when each rule was truly broken or met. Tests hold the account
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

/// What is judged.
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
    let begins = begins(question);
    let ends = begins.iter().skip(1).map(|begin| begin.at);
    let ends = ends.chain(std::iter::once(question.until));
    begins
        .iter()
        .zip(ends)
        .map(|(begin, end)| {
            let ledger = ledger.with_late_costs(begin);
            let known = Known {
                ledger: &ledger,
                ..known
            };
            let own = own_moments(known, begin, end);
            challenge::judge(&question.plan, known, begin, &own, end)
        })
        .collect()
}

fn begins(question: &Question) -> Vec<Begin> {
    let first = Begin {
        at: question.connected_at,
        is_first: true,
        initial: question.initial_balance,
    };
    let resets = question.resets.iter().map(|reset| Begin {
        at: reset.at,
        is_first: false,
        initial: reset.initial_balance.map(Decimal::from),
    });
    let resets = resets.filter(|reset| reset.at <= question.until);
    std::iter::once(first).chain(resets).collect()
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
