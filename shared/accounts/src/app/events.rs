//! What shops are told: account events, written in the same transaction as
//! what they tell of.

use kernel::Number;
use kernel::currency::Currency;
use kernel::id::{DeliveryId, WpUser};
use kernel::time::Timestamp;
use platform::dynamo::{StoreError, Transaction};
use platform::outbox;
use platform::queue::Queue;
use serde::Serialize;

use super::messages::WebhookMessage;
use crate::domain::rules::{Phase, Severity, Violation};
use crate::model::{Account, Reading};
use crate::store::{Delivery, Store};

/// An event of an account.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The broker has accepted, and the first snapshot is there.
    Connected,
    /// The broker refuses the credentials; the account is no longer synced.
    Error(String),
    /// A threshold was crossed.
    Crossed(Violation),
    /// The challenge is passed.
    Passed,
    /// A breach was annulled, or a challenge begun anew.
    Phase(Phase, String),
}

impl Event {
    fn name(&self) -> &'static str {
        match self {
            Self::Connected => "account.connected",
            Self::Error(_) => "account.error",
            Self::Crossed(violation) => match violation.severity {
                Severity::Warning => "account.warning",
                Severity::Critical => "account.critical",
                Severity::Breach => "account.breached",
            },
            Self::Passed => "account.passed",
            Self::Phase(..) => "account.updated",
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
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    violation: Option<Crossed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    balance: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    equity: Option<Number>,
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
}

/// What an event tells of its account beside itself.
#[derive(Clone, Copy, Debug)]
pub struct Teller<'a> {
    /// The store.
    pub store: &'a Store,
    /// The account.
    pub account: &'a Account,
    /// Its currency.
    pub currency: &'a Currency,
    /// The reading that the event is about.
    pub reading: Option<&'a Reading>,
    /// The phase after it.
    pub phase: Option<Phase>,
    /// The request or step that caused it.
    pub request_id: &'a str,
    /// When it happened.
    pub now: Timestamp,
}

impl Teller<'_> {
    /// Adds an event to a transaction: the message and its way to the queue.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn tell(&self, transaction: &mut Transaction, event: &Event) -> Result<(), StoreError> {
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

    fn body<'a>(&'a self, event: &'a Event) -> Body<'a> {
        let account = self.account;
        let money = |amount| Number::money(amount, self.currency);
        let (reason, phase) = match event {
            Event::Error(reason) => (Some(reason.as_str()), self.phase),
            Event::Phase(phase, reason) => (Some(reason.as_str()), Some(*phase)),
            _ => (None, self.phase),
        };
        Body {
            kind: event.name(),
            timestamp: self.now,
            data: Data {
                account_id: account.id.as_str(),
                login: &account.login,
                server: &account.server,
                account_type: &account.account_type,
                wp_user_id: account
                    .owner
                    .parse::<WpUser>()
                    .ok()
                    .map(|user| user.wp_user_id),
                order_id: account.order_id.as_deref(),
                phase: phase.map(Phase::as_str),
                reason,
                violation: match event {
                    Event::Crossed(violation) => Some(Crossed {
                        rule: violation.rule.as_str(),
                        severity: violation.severity.as_str(),
                        threshold_value: money(violation.threshold_value),
                        current_value: money(violation.current_value),
                        detected_at: violation.detected_at,
                        snapshot_gap_max_s: violation.gap_max_ms / 1000,
                        flagged: violation.flagged,
                    }),
                    _ => None,
                },
                balance: self.reading.map(|reading| money(reading.balance)),
                equity: self.reading.map(|reading| money(reading.equity)),
            },
        }
    }
}
