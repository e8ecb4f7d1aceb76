//! Faults on demand: which calls fail, and how. Counters decide, not chance,
//! so that a test sees the same failures each time.

use std::time::Duration;

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::stream;
use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::errors::{GatewayError, Refusal};

/// The most rules that hold at once.
const RULES_MAX: usize = 100;
/// The longest wait, in milliseconds.
const SLOW_MS_MAX: u32 = 120_000;

/// The calls of the gateway protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Call {
    /// Register an account.
    Create,
    /// Forget an account.
    Delete,
    /// The snapshot.
    AccountInformation,
    /// Open positions.
    Positions,
    /// Deals.
    HistoryDeals,
}

/// The calls that a rule holds for.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Target {
    /// Each.
    #[default]
    All,
    /// Register an account.
    Create,
    /// Forget an account.
    Delete,
    /// The snapshot.
    AccountInformation,
    /// Open positions.
    Positions,
    /// Deals.
    HistoryDeals,
}

impl Target {
    fn covers(self, call: Call) -> bool {
        match self {
            Self::All => true,
            Self::Create => call == Call::Create,
            Self::Delete => call == Call::Delete,
            Self::AccountInformation => call == Call::AccountInformation,
            Self::Positions => call == Call::Positions,
            Self::HistoryDeals => call == Call::HistoryDeals,
        }
    }
}

/// How a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Failure {
    /// 429 with a recommended time for a retry.
    TooManyRequests,
    /// 504, as from a terminal that is not connected.
    Timeout,
    /// 500.
    Internal,
    /// 400 with `E_AUTH`.
    WrongPassword,
    /// The right answer after `slow_ms`.
    Slow,
    /// 200 with a body that is no JSON.
    Malformed,
    /// The connection ends without an answer.
    Drop,
}

impl Failure {
    /// The failure's name in logs and counts.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::TooManyRequests => "too_many_requests",
            Self::Timeout => "timeout",
            Self::Internal => "internal",
            Self::WrongPassword => "wrong_password",
            Self::Slow => "slow",
            Self::Malformed => "malformed",
            Self::Drop => "drop",
        }
    }
}

/// Whether a failing call is carried out all the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum When {
    /// It is not.
    #[default]
    Before,
    /// It is, and its answer is lost.
    After,
}

/// A rule as the control API takes it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    /// The calls it holds for.
    #[serde(default)]
    pub path: Target,
    /// Only calls for this login's registrations. Creations have no
    /// registration yet and are not covered by a rule with a login.
    #[serde(default)]
    pub login: Option<String>,
    /// Every how many of these calls fail: 5 is the 5th, the 10th …
    #[serde(default = "every")]
    pub one_in: u32,
    /// How.
    pub fault: Failure,
    /// Whether the call is carried out first.
    #[serde(default)]
    pub when: When,
    /// How many calls fail before the rule ends; no end where left out.
    #[serde(default)]
    pub times: Option<u32>,
    /// Milliseconds that `slow` waits.
    #[serde(default = "second")]
    pub slow_ms: u32,
    /// Seconds after which `too_many_requests` recommends a retry.
    #[serde(default = "two")]
    pub retry_after_s: u32,
}

fn every() -> u32 {
    1
}

fn second() -> u32 {
    1_000
}

fn two() -> u32 {
    2
}

/// A rule and how often it applied.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Counted {
    rule: Rule,
    calls: u64,
    failed: u64,
}

/// What happens to one call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fault {
    pub(crate) failure: Failure,
    pub(crate) when: When,
    slow_ms: u32,
    retry_after_s: u32,
}

/// The rules that hold.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    rules: Vec<Counted>,
}

impl Faults {
    pub(crate) fn add(&mut self, rule: Rule) -> Result<(), String> {
        if self.rules.len() >= RULES_MAX {
            return Err(format!("at most {RULES_MAX} rules hold at once"));
        }
        if rule.one_in == 0 || rule.times == Some(0) {
            return Err("one_in and times must be at least 1".to_owned());
        }
        if rule.slow_ms > SLOW_MS_MAX || rule.retry_after_s > 86_400 {
            return Err(format!(
                "slow_ms is at most {SLOW_MS_MAX}, retry_after_s 86400"
            ));
        }
        if rule.login.as_ref().is_some_and(|login| login.len() > 12) {
            return Err("a login is at most 12 digits".to_owned());
        }
        self.rules.push(Counted {
            rule,
            calls: 0,
            failed: 0,
        });
        Ok(())
    }

    pub(crate) fn clear(&mut self) {
        self.rules.clear();
    }

    pub(crate) fn rules(&self) -> Vec<Counted> {
        self.rules.clone()
    }

    /// Counts a call in every rule that covers it; the first whose turn it is
    /// makes it fail.
    pub(crate) fn draw(&mut self, call: Call, login: Option<&str>) -> Option<Fault> {
        let mut drawn = None;
        for counted in &mut self.rules {
            let rule = &counted.rule;
            let covered =
                rule.path.covers(call) && (rule.login.is_none() || rule.login.as_deref() == login);
            if !covered {
                continue;
            }
            counted.calls += 1;
            let due = counted.calls % u64::from(rule.one_in) == 0;
            let left = rule
                .times
                .is_none_or(|times| counted.failed < u64::from(times));
            if due && left && drawn.is_none() {
                counted.failed += 1;
                drawn = Some(Fault {
                    failure: rule.fault,
                    when: rule.when,
                    slow_ms: rule.slow_ms,
                    retry_after_s: rule.retry_after_s,
                });
            }
        }
        drawn
    }
}

impl Fault {
    /// How long the call waits.
    pub(crate) fn delay(self) -> Duration {
        match self.failure {
            Failure::Slow => Duration::from_millis(u64::from(self.slow_ms)),
            _ => Duration::ZERO,
        }
    }

    /// The answer in place of the right one; `None` where that one is given.
    pub(crate) fn answer(self, now: Timestamp) -> Option<Response> {
        Some(match self.failure {
            Failure::Slow => return None,
            Failure::TooManyRequests => {
                GatewayError::too_many_requests(now, self.retry_after_s).into_response()
            }
            Failure::Timeout => GatewayError::timeout().into_response(),
            Failure::Internal => GatewayError::internal("Injected fault").into_response(),
            Failure::WrongPassword => GatewayError::refused(Refusal::Auth).into_response(),
            Failure::Malformed => (
                StatusCode::OK,
                [(header::CONTENT_TYPE, "application/json")],
                r#"{"balance":1000"#,
            )
                .into_response(),
            Failure::Drop => dropped(),
        })
    }
}

/// A body that fails before it begins: the server can only close the
/// connection, short of the length it has announced.
fn dropped() -> Response {
    let broken = std::io::Error::new(std::io::ErrorKind::ConnectionReset, "injected drop");
    let body = Body::from_stream(stream::iter([Err::<&'static [u8], _>(broken)]));
    (
        StatusCode::OK,
        [
            (header::CONTENT_TYPE, "application/json"),
            (header::CONTENT_LENGTH, "64"),
        ],
        body,
    )
        .into_response()
}
