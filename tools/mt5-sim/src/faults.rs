//! Faults on demand: which calls fail, and how. Counters decide, not chance,
//! so that a test sees the same failures each time.

use std::time::Duration;

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::TimeDelta;
use futures::stream;
use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::errors::{GatewayError, Refusal};

/// The most rules that hold at once.
const RULES_MAX: usize = 100;
/// The longest wait, in milliseconds.
const SLOW_MS_MAX: u32 = 120_000;
/// The largest answer, in MiB.
const SIZE_MIB_MAX: u32 = 64;

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
    /// 404.
    NotFound,
    /// 401.
    Unauthorized,
    /// 400 with `E_AUTH`.
    WrongPassword,
    /// 400 with `E_SRV_NOT_FOUND`.
    ServerNotFound,
    /// 400 with `E_SERVER_TIMEZONE`.
    ServerTimezone,
    /// 400 with `E_RESOURCE_SLOTS`.
    ResourceSlots,
    /// The right answer after `slow_ms`.
    Slow,
    /// 200 with a body that is no JSON.
    Malformed,
    /// 200 with an empty body.
    Empty,
    /// 200 with `null`.
    Null,
    /// The right answer, followed by white space up to `size_mib`.
    Oversized,
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
            Self::NotFound => "not_found",
            Self::Unauthorized => "unauthorized",
            Self::WrongPassword => "wrong_password",
            Self::ServerNotFound => "server_not_found",
            Self::ServerTimezone => "server_timezone",
            Self::ResourceSlots => "resource_slots",
            Self::Slow => "slow",
            Self::Malformed => "malformed",
            Self::Empty => "empty",
            Self::Null => "null",
            Self::Oversized => "oversized",
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
    /// The simulated moment at which the rule begins; at once where left out.
    #[serde(default)]
    pub from: Option<Timestamp>,
    /// The simulated moment at which the rule ends.
    #[serde(default)]
    pub until: Option<Timestamp>,
    /// Simulated seconds after which the rule ends; in place of `until`.
    #[serde(default)]
    pub for_s: Option<u32>,
    /// Milliseconds that `slow` waits.
    #[serde(default = "second")]
    pub slow_ms: u32,
    /// Seconds after which `too_many_requests` recommends a retry.
    #[serde(default = "two")]
    pub retry_after_s: u32,
    /// Size of an `oversized` answer, in MiB.
    #[serde(default = "nine")]
    pub size_mib: u32,
}

impl Rule {
    fn check(&self) -> Result<(), String> {
        if self.one_in == 0 || self.times == Some(0) {
            return Err("one_in and times must be at least 1".to_owned());
        }
        if self.slow_ms > SLOW_MS_MAX || self.retry_after_s > 86_400 {
            return Err(format!(
                "slow_ms is at most {SLOW_MS_MAX}, retry_after_s 86400"
            ));
        }
        if !(1..=SIZE_MIB_MAX).contains(&self.size_mib) {
            return Err(format!("size_mib is 1 to {SIZE_MIB_MAX}"));
        }
        if self.until.is_some() && self.for_s.is_some() {
            return Err("give until or for_s, not both".to_owned());
        }
        if self.login.as_ref().is_some_and(|login| login.len() > 12) {
            return Err("a login is at most 12 digits".to_owned());
        }
        Ok(())
    }

    fn covers(&self, call: Call, login: Option<&str>, now: Timestamp) -> bool {
        let begun = self.from.is_none_or(|from| from <= now);
        let over = self.until.is_some_and(|until| until <= now);
        let named = self.login.is_none() || self.login.as_deref() == login;
        begun && !over && named && self.path.covers(call)
    }
}

fn nine() -> u32 {
    9
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
    id: u64,
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
    size_mib: u32,
}

/// The way of a handler's answer to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// It does.
    Whole,
    /// The answer is lost on the way.
    Lost,
}

/// The rules that hold.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    rules: Vec<Counted>,
    added: u64,
}

impl Faults {
    /// Adds a rule and returns its id.
    ///
    /// # Errors
    /// Returns a sentence if the rule makes no sense.
    pub(crate) fn add(&mut self, mut rule: Rule, now: Timestamp) -> Result<u64, String> {
        self.rules
            .retain(|counted| counted.rule.until.is_none_or(|until| until > now));
        if self.rules.len() >= RULES_MAX {
            return Err(format!("at most {RULES_MAX} rules hold at once"));
        }
        rule.check()?;
        if let Some(for_s) = rule.for_s.take() {
            let from = rule.from.unwrap_or(now);
            rule.until = Some(from + TimeDelta::seconds(i64::from(for_s)));
        }
        self.added += 1;
        self.rules.push(Counted {
            id: self.added,
            rule,
            calls: 0,
            failed: 0,
        });
        Ok(self.added)
    }

    /// Ends a rule; `false` where there is none of that id.
    pub(crate) fn remove(&mut self, id: u64) -> bool {
        let before = self.rules.len();
        self.rules.retain(|counted| counted.id != id);
        self.rules.len() < before
    }

    pub(crate) fn clear(&mut self) {
        self.rules.clear();
    }

    pub(crate) fn rules(&self) -> Vec<Counted> {
        self.rules.clone()
    }

    /// Counts a call in every rule that covers it; the first whose turn it is
    /// makes it fail.
    pub(crate) fn draw(
        &mut self,
        call: Call,
        login: Option<&str>,
        now: Timestamp,
    ) -> Option<Fault> {
        let mut drawn = None;
        for counted in &mut self.rules {
            let rule = &counted.rule;
            if !rule.covers(call, login, now) {
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
                    size_mib: rule.size_mib,
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

    /// Returns `true` if the client gets the right answer all the same.
    pub(crate) fn is_delivered(self) -> bool {
        matches!(self.failure, Failure::Slow | Failure::Oversized)
    }

    /// The answer in place of the right one; `None` where that one is given.
    pub(crate) fn answer(self, now: Timestamp) -> Option<Response> {
        Some(match self.failure {
            Failure::Slow | Failure::Oversized => return None,
            Failure::TooManyRequests => {
                GatewayError::too_many_requests(now, self.retry_after_s).into_response()
            }
            Failure::Timeout => GatewayError::timeout().into_response(),
            Failure::Internal => GatewayError::internal("Injected fault").into_response(),
            Failure::NotFound => GatewayError::not_found("Injected fault").into_response(),
            Failure::Unauthorized => GatewayError::unauthorized().into_response(),
            Failure::WrongPassword => refused(Refusal::Auth),
            Failure::ServerNotFound => refused(Refusal::ServerNotFound),
            Failure::ServerTimezone => refused(Refusal::ServerTimezone),
            Failure::ResourceSlots => refused(Refusal::ResourceSlots),
            Failure::Malformed => text(r#"{"balance":1000"#),
            Failure::Empty => text(""),
            Failure::Null => text("null"),
            Failure::Drop => dropped(),
        })
    }

    /// Appends white space to an answer for the fault `oversized`.
    pub(crate) async fn padded(self, answer: Response) -> Response {
        if self.failure != Failure::Oversized {
            return answer;
        }
        let size = self.size_mib as usize * 1024 * 1024;
        let (mut head, body) = answer.into_parts();
        let Ok(bytes) = axum::body::to_bytes(body, size).await else {
            return GatewayError::internal("The answer is larger than size_mib").into_response();
        };
        let mut bytes = bytes.to_vec();
        bytes.resize(size, b' ');
        head.headers.remove(header::CONTENT_LENGTH);
        Response::from_parts(head, Body::from(bytes))
    }
}

fn refused(refusal: Refusal) -> Response {
    GatewayError::refused(refusal).into_response()
}

fn text(body: &'static str) -> Response {
    let json = [(header::CONTENT_TYPE, "application/json")];
    (StatusCode::OK, json, body).into_response()
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
