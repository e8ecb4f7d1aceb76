//! Account events for shops, written in the same transaction as their cause.

use kernel::Number;
use kernel::id::{DeliveryId, VerdictId, WpUser};
use kernel::time::Timestamp;
use platform::dynamo::{StoreError, Transaction};
use platform::outbox;
use platform::queue::Queue;
use rust_decimal::Decimal;
use serde::Serialize;

use super::messages::WebhookMessage;
use super::sync::stale::StaleCause;
use crate::domain::rules::{Rule, Severity, Violation};
use crate::model::{Account, AccountSnapshot, AccountState, AttentionWord, ConfirmedBy, End};
use crate::store::{Delivery, Store};

/// An event of an account.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The broker has accepted, and the first snapshot is there.
    Connected,
    /// The broker refuses the credentials; the account is no longer synced.
    Error(String),
    /// The challenge has not the money that it needs: `unfunded`,
    /// `below_initial` or `below_floor`.
    AwaitingFunds(&'static str),
    /// The challenge has started, or its value is above the floor again.
    Started(Timestamp),
    /// A warning or critical threshold was crossed.
    Crossed(Violation),
    /// A breach that is not certain yet.
    Pending {
        /// Its record.
        id: VerdictId,
        /// What was crossed.
        violation: Violation,
        /// The difference that stands.
        unexplained: Decimal,
        /// The first step from this moment on confirms it.
        confirm_at: Timestamp,
    },
    /// A breach is final.
    Breached {
        /// Its record.
        id: VerdictId,
        /// What made it final.
        by: ConfirmedBy,
        /// What was crossed, where it is known.
        violation: Option<Violation>,
    },
    /// The challenge is passed.
    Passed {
        /// Its record.
        id: VerdictId,
        /// The gain.
        gain: Decimal,
    },
    /// A pending breach was taken back: `explained`, `shop` or `reset`.
    Lifted {
        /// Its record.
        id: VerdictId,
        /// Why.
        reason: &'static str,
    },
    /// A final end is contradicted: by `explained` inputs, a `deal_changed` or
    /// a `class_changed`. It stays until it is annulled.
    Doubtful {
        /// Its record.
        id: VerdictId,
        /// How the challenge ended.
        end: End,
        /// By what.
        reason: &'static str,
    },
    /// A `pause` rule was reached.
    Paused(Timestamp),
    /// The pause is over.
    Resumed,
    /// The shop changed the challenge: `reset`, `annulment`, `plan`,
    /// `initial_balance` or `class`.
    Updated(&'static str),
    /// No snapshot has been judged for too long.
    Stale {
        /// The newest judged one.
        since: Timestamp,
        /// Why.
        cause: StaleCause,
    },
    /// Snapshots are judged again.
    Recovered {
        /// How long none was, in whole seconds.
        stale_s: i64,
    },
    /// A person should look at something.
    Attention {
        /// Its subject.
        word: AttentionWord,
        /// What it is about.
        detail: String,
    },
}

impl Event {
    fn name(&self) -> &'static str {
        match self {
            Self::Connected => "account.connected",
            Self::Error(_) => "account.error",
            Self::AwaitingFunds(_) => "account.awaiting_funds",
            Self::Started(_) => "account.started",
            Self::Crossed(violation) => match violation.severity {
                Severity::Warning => "account.warning",
                Severity::Critical | Severity::Breach => "account.critical",
            },
            Self::Pending { .. } => "account.pending",
            Self::Breached { .. } => "account.breached",
            Self::Passed { .. } => "account.passed",
            Self::Lifted { .. } => "account.lifted",
            Self::Doubtful { .. } => "account.doubtful",
            Self::Paused(_) => "account.paused",
            Self::Resumed => "account.resumed",
            Self::Updated(_) => "account.updated",
            Self::Stale { .. } => "account.stale",
            Self::Recovered { .. } => "account.recovered",
            Self::Attention { .. } => "account.attention",
        }
    }
}

/// The body: `{type, timestamp, data}` as Standard Webhooks has it.
#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    timestamp: Timestamp,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    account_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    challenge_id: Option<&'a str>,
    login: &'a str,
    server: &'a str,
    account_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    wp_user_id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    order_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phase: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    balance: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    equity: Option<Number>,
    revision: u64,
    #[serde(flatten)]
    details: Details<'a>,
}

/// What an event of its kind has in addition.
#[derive(Default, Serialize)]
struct Details<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    initial_balance: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    started_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict_id: Option<&'a VerdictId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmed_by: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    violation: Option<Crossed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gain: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unexplained: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    confirm_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stale_s: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    word: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
}

#[derive(Serialize)]
struct Crossed {
    rule: &'static str,
    severity: &'static str,
    threshold_value: Number,
    current_value: Number,
    detected_at: Timestamp,
    snapshot_gap_max_s: i64,
    flagged: bool,
    coverage_pct: Number,
}

/// A figure of a violation: money is rounded to the currency's digits, lots
/// and days are exact.
#[must_use]
pub fn violation_value(
    rule: Rule,
    value: Decimal,
    currency: &kernel::currency::Currency,
) -> Number {
    match rule {
        Rule::MaxLots | Rule::Inactivity | Rule::MinTradingDays | Rule::Consistency => {
            Number::exact(value)
        }
        Rule::DailyDrawdown | Rule::MaxDrawdown | Rule::ProfitTarget => {
            Number::money(value, currency)
        }
    }
}

/// Publishes the events of one account.
#[derive(Clone, Copy, Debug)]
pub struct Publisher<'a> {
    /// The store.
    pub store: &'a Store,
    /// The account.
    pub account: &'a Account,
    /// Its state after what is told.
    pub account_state: &'a AccountState,
    /// The snapshot that it is about.
    pub snapshot: Option<&'a AccountSnapshot>,
    /// The request or step that caused it.
    pub request_id: &'a str,
    /// When it happened.
    pub now: Timestamp,
}

impl Publisher<'_> {
    /// Adds an event to a transaction: the message and its way to the queue.
    ///
    /// # Errors
    /// Returns an error if it cannot be written.
    pub fn publish(&self, transaction: &mut Transaction, event: &Event) -> Result<(), StoreError> {
        let id = DeliveryId::generate(self.now);
        let body = serde_json::to_string(&self.body(event)).map_err(|error| StoreError {
            operation: "write an event's body",
            source: error.into(),
        })?;
        let shop = &self.account.shop;
        let delivery = Delivery::new(id.clone(), shop, event.name(), body, self.now);
        self.store.add_delivery(transaction, &delivery)?;
        let message = WebhookMessage {
            shop: shop.clone(),
            delivery: id,
        };
        let table = self.store.table();
        outbox::enqueue(
            transaction,
            table,
            Queue::Webhooks,
            &message,
            None,
            self.request_id,
            self.now,
        )
    }

    fn money(&self, amount: Decimal) -> Number {
        Number::money(amount, &self.account_state.currency)
    }

    fn body<'a>(&'a self, event: &'a Event) -> Body<'a> {
        let account = self.account;
        let snapshot = self.snapshot.or(self.account_state.judged.as_ref());
        let challenge = account.challenge.as_ref();
        Body {
            kind: event.name(),
            timestamp: self.now,
            data: Data {
                account_id: account.id.as_str(),
                challenge_id: challenge.map(kernel::id::ChallengeId::as_str),
                login: &account.login,
                server: &account.server,
                account_type: &account.account_type,
                wp_user_id: account
                    .owner
                    .parse::<WpUser>()
                    .ok()
                    .map(|user| user.wp_user_id),
                order_id: account.order_id.as_deref(),
                phase: self.account_state.phase().map(|phase| phase.as_str()),
                balance: snapshot.map(|snapshot| self.money(snapshot.balance)),
                equity: snapshot.map(|snapshot| self.money(snapshot.equity)),
                revision: self.account_state.revision,
                details: self.details(event),
            },
        }
    }

    fn details<'a>(&self, event: &'a Event) -> Details<'a> {
        let initial = self.account_state.initial_balance.as_ref();
        let initial = || initial.map(|initial| self.money(initial.value));
        let none = Details::default();
        match event {
            Event::Connected | Event::Resumed => none,
            Event::Error(reason) => Details {
                reason: Some(reason),
                ..none
            },
            Event::AwaitingFunds(reason) => Details {
                reason: Some(reason),
                initial_balance: initial(),
                ..none
            },
            Event::Started(at) => Details {
                started_at: Some(*at),
                initial_balance: initial(),
                ..none
            },
            Event::Crossed(violation) => Details {
                violation: Some(self.crossed(violation)),
                ..none
            },
            Event::Pending {
                id,
                violation,
                unexplained,
                confirm_at,
            } => Details {
                verdict_id: Some(id),
                violation: Some(self.crossed(violation)),
                unexplained: Some(self.money(*unexplained)),
                confirm_at: Some(*confirm_at),
                ..none
            },
            Event::Breached { id, by, violation } => Details {
                verdict_id: Some(id),
                confirmed_by: Some(by.as_str()),
                violation: violation.as_ref().map(|violation| self.crossed(violation)),
                ..none
            },
            Event::Passed { id, gain } => Details {
                verdict_id: Some(id),
                confirmed_by: Some(ConfirmedBy::Input.as_str()),
                gain: Some(self.money(*gain)),
                ..none
            },
            Event::Lifted { id, reason } => Details {
                verdict_id: Some(id),
                end: Some(End::Breach.as_str()),
                reason: Some(reason),
                ..none
            },
            Event::Doubtful { id, end, reason } => Details {
                verdict_id: Some(id),
                end: Some(end.as_str()),
                reason: Some(reason),
                ..none
            },
            Event::Paused(until) => Details {
                until: Some(*until),
                ..none
            },
            Event::Updated(reason) => Details {
                reason: Some(reason),
                ..none
            },
            Event::Stale { since, cause } => Details {
                since: Some(*since),
                cause: Some(cause.as_str()),
                ..none
            },
            Event::Recovered { stale_s } => Details {
                stale_s: Some(*stale_s),
                ..none
            },
            Event::Attention { word, detail } => Details {
                word: Some(word.as_str()),
                detail: Some(detail),
                ..none
            },
        }
    }

    fn crossed(&self, violation: &Violation) -> Crossed {
        let value = |value| violation_value(violation.rule, value, &self.account_state.currency);
        Crossed {
            rule: violation.rule.as_str(),
            severity: violation.severity.as_str(),
            threshold_value: value(violation.threshold_value),
            current_value: value(violation.current_value),
            detected_at: violation.detected_at,
            snapshot_gap_max_s: violation.gap_max_ms / 1000,
            flagged: violation.flagged,
            coverage_pct: Number::percent(violation.coverage_pct),
        }
    }
}
