//! The record of what was done: each action once, never changed, until its
//! time is over.
//!
//! An entry is one item, in the partition of its day (UTC), so that no
//! partition grows for ever. Three indexes carry it whole, by actor, by action
//! and by tenant of a month: an entry costs four write units, the item and its
//! place in each index, and no read ever has to fetch it a second time. A
//! day's partition takes a thousand entries a second; a deployment beyond that
//! spreads its days.

use std::fmt;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use chrono::{Datelike, NaiveDate, NaiveTime, TimeDelta};
use kernel::id::AuditId;
use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::config::{ConfigError, Env};
use crate::dynamo::{
    AttributeMap, Condition, Key, StoreError, Table, Transaction, from_item, to_item,
};

/// Name of the index by actor: hash key [`BY_ACTOR`], range key `sk`.
pub const ACTOR_INDEX: &str = "actor";
/// Name of the index by action: hash key [`BY_ACTION`], range key `sk`.
pub const ACTION_INDEX: &str = "action";
/// Name of the index by tenant: hash key [`BY_TENANT`], range key `sk`.
pub const TENANT_INDEX: &str = "tenant";
/// Hash key of the index by actor: `{actor}#{month}`.
pub const BY_ACTOR: &str = "by_actor";
/// Hash key of the index by action: `{action}#{month}`.
pub const BY_ACTION: &str = "by_action";
/// Hash key of the index by tenant: `{tenant}#{month}`; absent where there was
/// none.
pub const BY_TENANT: &str = "by_tenant";
/// The actor of what nobody signed in for.
pub const ANONYMOUS: &str = "anonymous";
/// Days that an entry is kept where the settings do not say.
pub const DAYS_DEFAULT: u32 = 400;
/// Days that may be set.
const DAYS: std::ops::RangeInclusive<u32> = 1..=4_000;

/// One action, by whom, from where, and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Names the entry.
    pub id: AuditId,
    /// When, to the millisecond.
    pub at: Timestamp,
    /// Who: a token's subject, a shop's key, or [`ANONYMOUS`].
    pub actor: String,
    /// In which tenant; empty where there was none.
    pub tenant: String,
    /// What: a word of the function's own, or method and route.
    pub action: String,
    /// To what or whom.
    pub target: Option<String>,
    /// The path that was asked for, without its query.
    pub path: String,
    /// From where, as the trusted hop saw it.
    pub address: String,
    /// What the client calls itself.
    pub user_agent: Option<String>,
    /// Fingerprint of the device.
    pub device: String,
    /// Country, where the edge says it.
    pub country: Option<String>,
    /// The HTTP status of the answer.
    pub outcome: u16,
    /// The request, as in the logs.
    pub request_id: String,
    /// More, for a person; never a secret.
    pub detail: Option<String>,
}

impl Entry {
    /// Where it stands among the others: sorts by time, and is nobody else's.
    #[must_use]
    pub fn position(&self) -> String {
        format!("{}#{}", sort_prefix(self.at), self.id)
    }

    fn row(&self, kept_for: TimeDelta) -> Row {
        let actor = bounded(&self.actor, 200);
        let action = bounded(&self.action, 160);
        let tenant = bounded(&self.tenant, 100);
        let month = month(self.at);
        let optional = |text: &Option<String>, chars| text.as_deref().map(|t| bounded(t, chars));
        Row {
            id: self.id.clone(),
            at_ms: self.at.timestamp_millis(),
            by_actor: format!("{actor}#{month}"),
            by_action: format!("{action}#{month}"),
            actor,
            by_tenant: (!tenant.is_empty()).then(|| format!("{tenant}#{month}")),
            tenant,
            action,
            target: optional(&self.target, 200),
            path: bounded(&self.path, 300),
            address: bounded(&self.address, 64),
            user_agent: optional(&self.user_agent, 300),
            device: bounded(&self.device, 64),
            country: optional(&self.country, 8),
            outcome: self.outcome,
            request_id: bounded(&self.request_id, 64),
            detail: optional(&self.detail, 1_000),
            ttl: (self.at + kept_for).timestamp(),
        }
    }
}

/// An entry as it is kept.
#[derive(Serialize, Deserialize)]
struct Row {
    id: AuditId,
    at_ms: i64,
    actor: String,
    by_actor: String,
    tenant: String,
    by_tenant: Option<String>,
    action: String,
    by_action: String,
    target: Option<String>,
    path: String,
    address: String,
    user_agent: Option<String>,
    device: String,
    country: Option<String>,
    outcome: u16,
    request_id: String,
    detail: Option<String>,
    ttl: i64,
}

impl From<Row> for Entry {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            at: Timestamp::from_timestamp_millis(row.at_ms).unwrap_or_default(),
            actor: row.actor,
            tenant: row.tenant,
            action: row.action,
            target: row.target,
            path: row.path,
            address: row.address,
            user_agent: row.user_agent,
            device: row.device,
            country: row.country,
            outcome: row.outcome,
            request_id: row.request_id,
            detail: row.detail,
        }
    }
}

/// Whose entries, or of what kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// All of them.
    Everything,
    /// Those of one actor.
    Actor(String),
    /// Those of one action.
    Action(String),
    /// Those of one tenant.
    Tenant(String),
}

impl Selection {
    /// When the partition begins that holds what happened at `at`: a day of
    /// the record itself, a month of its indexes.
    #[must_use]
    pub fn period_start(&self, at: Timestamp) -> Timestamp {
        let day = at.date_naive();
        let first = match self {
            Self::Everything => day,
            Self::Actor(_) | Self::Action(_) | Self::Tenant(_) => {
                NaiveDate::from_ymd_opt(day.year(), day.month(), 1).unwrap_or(day)
            }
        };
        first.and_time(NaiveTime::MIN).and_utc()
    }

    fn index(&self) -> Option<&'static str> {
        match self {
            Self::Everything => None,
            Self::Actor(_) => Some(ACTOR_INDEX),
            Self::Action(_) => Some(ACTION_INDEX),
            Self::Tenant(_) => Some(TENANT_INDEX),
        }
    }

    fn hash_key(&self) -> &'static str {
        match self {
            Self::Everything => "pk",
            Self::Actor(_) => BY_ACTOR,
            Self::Action(_) => BY_ACTION,
            Self::Tenant(_) => BY_TENANT,
        }
    }

    fn partition(&self, at: Timestamp) -> String {
        match self {
            Self::Everything => day_partition(at),
            Self::Actor(name) => format!("{}#{}", bounded(name, 200), month(at)),
            Self::Action(name) => format!("{}#{}", bounded(name, 160), month(at)),
            Self::Tenant(name) => format!("{}#{}", bounded(name, 100), month(at)),
        }
    }
}

/// The record, over its table.
#[derive(Clone, Debug)]
pub struct AuditLog {
    table: Table,
    kept_for: TimeDelta,
}

impl AuditLog {
    /// Over the table, whose entries are kept for so many days.
    #[must_use]
    pub fn new(table: Table, days: u32) -> Self {
        Self {
            table,
            kept_for: TimeDelta::days(i64::from(days)),
        }
    }

    /// As the settings have it: `AUDIT_TABLE`, and `AUDIT_RETENTION_DAYS` where
    /// it is set.
    ///
    /// # Errors
    /// Where a setting is missing or makes no sense.
    pub fn from_env(client: Client, env: &Env) -> Result<Self, ConfigError> {
        let days = match env.optional("AUDIT_RETENTION_DAYS") {
            None => DAYS_DEFAULT,
            Some(text) => text.parse().ok().filter(|days| DAYS.contains(days)).ok_or(
                ConfigError::Invalid {
                    name: "AUDIT_RETENTION_DAYS",
                    problem: "is no number of days from 1 to 4000",
                },
            )?,
        };
        Ok(Self::new(
            Table::new(client, env.text("AUDIT_TABLE")?),
            days,
        ))
    }

    /// The table, for what is kept beside the record.
    #[must_use]
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// How long an entry is kept.
    #[must_use]
    pub fn kept_for(&self) -> TimeDelta {
        self.kept_for
    }

    /// Writes an entry. One that is there already stays as it is: the same
    /// entry may be sent twice, and none is ever overwritten.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn append(&self, entry: &Entry) -> Result<(), StoreError> {
        let item = to_item(&key(entry), &entry.row(self.kept_for))?;
        self.table.put_new(item, entry.at).await?;
        Ok(())
    }

    /// Adds an entry to a transaction, so that it is written with what it
    /// tells of.
    ///
    /// # Errors
    /// Where the entry cannot be an item.
    pub fn add(&self, transaction: &mut Transaction, entry: &Entry) -> Result<(), StoreError> {
        let row = entry.row(self.kept_for);
        let absent = Some(Condition::absent());
        transaction.put("audit", &self.table, &key(entry), &row, absent)?;
        Ok(())
    }

    /// Entries of one period, newest first: those of the period that holds
    /// `within`, whose positions are from `from` to below `before`. Both may be
    /// [`sort_prefix`]es.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn read(
        &self,
        selection: &Selection,
        within: Timestamp,
        from: &str,
        before: &str,
        limit: u32,
    ) -> Result<Vec<Entry>, StoreError> {
        if from >= before {
            return Ok(Vec::new());
        }
        // Both ends of a range of sort keys belong to it: `before` is asked for
        // too, and left out here.
        let wanted = limit as usize + 1;
        let mut entries = Vec::new();
        let mut start = None;
        loop {
            let bounds = (selection.partition(within), from, before);
            let left = wanted.saturating_sub(entries.len());
            let (items, next) = self.read_once(selection, bounds, left, start).await?;
            for item in items {
                let entry = Entry::from(from_item::<Row>(item)?);
                if entry.position() != before {
                    entries.push(entry);
                }
            }
            if next.is_none() || entries.len() >= limit as usize {
                entries.truncate(limit as usize);
                return Ok(entries);
            }
            start = next;
        }
    }

    async fn read_once(
        &self,
        selection: &Selection,
        (partition, from, before): (String, &str, &str),
        limit: usize,
        start: Option<AttributeMap>,
    ) -> Result<(Vec<AttributeMap>, Option<AttributeMap>), StoreError> {
        let answer = self
            .table
            .client()
            .query()
            .table_name(self.table.name())
            .set_index_name(selection.index().map(str::to_owned))
            .key_condition_expression("#pk = :pk AND sk BETWEEN :a AND :b")
            .expression_attribute_names("#pk", selection.hash_key())
            .expression_attribute_values(":pk", AttributeValue::S(partition))
            .expression_attribute_values(":a", AttributeValue::S(from.to_owned()))
            .expression_attribute_values(":b", AttributeValue::S(before.to_owned()))
            .scan_index_forward(false)
            .limit(i32::try_from(limit.max(1)).unwrap_or(i32::MAX))
            .set_exclusive_start_key(start)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(|error| StoreError::new("read the audit record", error))?;
        self.table.count_read(answer.consumed_capacity());
        Ok((answer.items.unwrap_or_default(), answer.last_evaluated_key))
    }
}

/// What the positions of entries at that millisecond start with; sorts before
/// all of them.
#[must_use]
pub fn sort_prefix(at: Timestamp) -> String {
    format!("{:013}", at.timestamp_millis().max(0))
}

/// The time that a position or prefix names.
#[must_use]
pub fn time_of(position: &str) -> Option<Timestamp> {
    let ms = position.get(..13)?;
    let is_time = ms.bytes().all(|byte| byte.is_ascii_digit());
    let ms = ms.parse().ok().filter(|_| is_time)?;
    Timestamp::from_timestamp_millis(ms)
}

fn key(entry: &Entry) -> Key {
    Key::new(day_partition(entry.at), entry.position())
}

fn day_partition(at: Timestamp) -> String {
    format!("DAY#{}", at.date_naive())
}

fn month(at: Timestamp) -> impl fmt::Display {
    at.format("%Y-%m")
}

fn bounded(text: &str, chars_max: usize) -> String {
    text.chars().take(chars_max).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn a_day_is_a_partition_of_the_record_and_a_month_one_of_its_indexes() {
        let last = at("2026-11-30T23:59:59.999Z");
        let first = at("2026-12-01T00:00:00Z");
        let record = Selection::Everything;
        assert_eq!(record.partition(last), "DAY#2026-11-30");
        assert_eq!(record.partition(first), "DAY#2026-12-01");
        assert_eq!(record.period_start(last), at("2026-11-30T00:00:00Z"));
        let actor = Selection::Actor("usr_1".to_owned());
        assert_eq!(actor.partition(last), "usr_1#2026-11");
        assert_eq!(actor.partition(first), "usr_1#2026-12");
        assert_eq!(actor.period_start(last), at("2026-11-01T00:00:00Z"));
    }

    #[test]
    fn positions_name_their_time_and_nothing_else_does() {
        let moment = at("2026-11-30T23:59:59.999Z");
        assert_eq!(time_of(&sort_prefix(moment)), Some(moment));
        assert_eq!(
            time_of(&format!("{}#aud_x", sort_prefix(moment))),
            Some(moment)
        );
        for text in ["", "123", "-000000000001", "12345678901é", "+123456789012"] {
            assert_eq!(time_of(text), None, "{text}");
        }
    }

    #[test]
    fn retention_is_a_number_of_days() {
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version_latest()
            .build();
        let of = |days: &str| {
            let env = Env::from_pairs([("AUDIT_TABLE", "audit"), ("AUDIT_RETENTION_DAYS", days)]);
            let client = Client::from_conf(config.clone());
            AuditLog::from_env(client, &env).map(|log| log.kept_for().num_days())
        };
        assert_eq!(of("").ok(), Some(400));
        assert_eq!(of("30").ok(), Some(30));
        for text in ["0", "4001", "-1", "many"] {
            assert!(of(text).is_err(), "{text}");
        }
    }
}
