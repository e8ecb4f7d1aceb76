//! Connections, from their opening to their end.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use kernel::time::Timestamp;
use platform::dynamo::{
    AttributeMap, AttributeValue, CommitError, Condition, Key, Query, Range, StoreError,
    Transaction, Update, from_item,
};
use platform::live::Log;
use platform::retry;
use serde::{Deserialize, Serialize};

use super::keys::{self, Seat};
use super::listeners::to_item_alone;
use super::{Held, Listener, Store};
use crate::domain::grant::Grant;
use crate::domain::life::{CHANNELS_MAX, CONNECTIONS_MAX, Life};
use crate::logs;

/// Attempts to find a free slot while others take them.
const ATTEMPTS_MAX: u32 = 20;

/// What a connection is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Nobody has said who they are.
    Pending,
    /// It is served.
    Open,
    /// What belongs to it is being removed.
    Closing,
}

impl State {
    fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Open => "open",
            Self::Closing => "closing",
        }
    }
}

/// A connection.
#[derive(Clone, Debug)]
pub struct Connection {
    /// API Gateway's id.
    pub id: String,
    /// What it is doing.
    pub state: State,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// Whom it is good for, once they have said so.
    pub grant: Option<Grant>,
    /// Its place among the connections of the same bearer.
    pub slot: Option<u8>,
    /// The channels it listens to, by their public names.
    pub channels: BTreeSet<String>,
    /// Whether its client was told to make another.
    pub is_told: bool,
}

impl Connection {
    /// Where it stands in its life.
    #[must_use]
    pub fn life(&self) -> Life {
        Life {
            opened_at: self.opened_at,
            good_until: self.grant.as_ref().map(Grant::ends_at),
            is_told: self.is_told,
        }
    }

    /// Where it sits among those who listen to a log.
    #[must_use]
    pub fn seat(&self, log: &Log) -> Seat<'_> {
        match (log, self.slot) {
            (Log::Person { .. } | Log::Terminal { .. }, Some(slot)) => Seat::Slot(slot),
            _ => Seat::Connection(&self.id),
        }
    }

    /// The logs of its channels.
    #[must_use]
    pub fn channel_logs(&self) -> Vec<Log> {
        let Some(grant) = &self.grant else {
            return Vec::new();
        };
        let channels = self.channels.iter().filter_map(|name| name.parse().ok());
        channels
            .map(|channel| logs::of_channel(&channel, grant))
            .collect()
    }
}

#[derive(Serialize, Deserialize)]
struct Row {
    state: State,
    opened_at_ms: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    grant: Option<Grant>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    slot: Option<u8>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    channels: BTreeSet<String>,
    #[serde(default)]
    is_told: bool,
    ttl: i64,
}

#[derive(Serialize)]
struct Watch {
    due_shard: String,
    due_at: i64,
    ttl: i64,
}

/// Whether somebody who said who they are was let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission {
    /// They were.
    Admitted,
    /// They have as many connections as one may; these.
    Full(Vec<String>),
    /// The connection has ended meanwhile, or was let in before.
    Gone,
}

impl Store {
    /// Notes a connection of somebody who has not said yet who they are.
    ///
    /// # Errors
    /// Where the store fails, or has a connection of this id.
    pub async fn put_pending(&self, id: &str, now: Timestamp) -> Result<(), CommitError> {
        let connection = Connection {
            id: id.to_owned(),
            state: State::Pending,
            opened_at: now,
            grant: None,
            slot: None,
            channels: BTreeSet::new(),
            is_told: false,
        };
        let mut transaction = Transaction::default();
        self.put(&mut transaction, &connection, Condition::absent())?;
        transaction.commit().await
    }

    /// Lets somebody in who has said who they are, with a connection that is
    /// new or was pending. Its own events are held.
    ///
    /// A bearer has a fixed number of slots and a connection takes a free one,
    /// so that nobody ever has more than that.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn admit(
        &self,
        (id, opened_at): (&str, Timestamp),
        was_pending: bool,
        grant: &Grant,
        held: Held,
    ) -> Result<Admission, StoreError> {
        let log = logs::own(grant);
        let mut taken = Vec::new();
        for _ in 0..ATTEMPTS_MAX {
            taken = self.taken(&log).await?;
            let is_free = |slot: &u8| taken.iter().all(|(used, _)| used != slot);
            let free: Vec<u8> = (0..CONNECTIONS_MAX).filter(is_free).collect();
            let choice = retry::random_below(free.len() as u64);
            let Some(slot) = usize::try_from(choice).ok().and_then(|at| free.get(at)) else {
                break;
            };
            let connection = Connection {
                id: id.to_owned(),
                state: State::Open,
                opened_at,
                grant: Some(grant.clone()),
                slot: Some(*slot),
                channels: BTreeSet::new(),
                is_told: false,
            };
            match self.try_admit(&connection, was_pending, grant, held).await {
                Ok(()) => return Ok(Admission::Admitted),
                Err(error) if error.refused("connection") => return Ok(Admission::Gone),
                // Somebody else was faster.
                Err(CommitError::Refused(_)) => {}
                Err(CommitError::Store(error)) => return Err(error),
            }
        }
        let connections = taken.into_iter().map(|(_, id)| id).collect();
        Ok(Admission::Full(connections))
    }

    async fn try_admit(
        &self,
        connection: &Connection,
        was_pending: bool,
        grant: &Grant,
        held: Held,
    ) -> Result<(), CommitError> {
        let mut transaction = Transaction::default();
        let condition = match was_pending {
            true => Condition::text("state", State::Pending.as_str()),
            false => Condition::absent(),
        };
        self.put(&mut transaction, connection, condition)?;
        if was_pending {
            let pending = keys::watch(&connection.id, None);
            transaction.delete("watch", &self.table, &pending)?;
        }
        let listener = Listener {
            connection: connection.id.clone(),
            grant: grant.clone(),
            held: Some(held),
            ttl: connection.life().kept_until().timestamp(),
        };
        let log = logs::own(grant);
        let key = keys::listener(&log, connection.seat(&log));
        let absent = Some(Condition::absent());
        transaction.put("slot", &self.table, &key, &listener, absent)?;
        transaction.commit().await
    }

    fn put(
        &self,
        transaction: &mut Transaction,
        connection: &Connection,
        condition: Condition,
    ) -> Result<(), StoreError> {
        let ttl = connection.life().kept_until().timestamp();
        let row = Row {
            state: connection.state,
            opened_at_ms: connection.opened_at.timestamp_millis(),
            grant: connection.grant.clone(),
            slot: connection.slot,
            channels: connection.channels.clone(),
            is_told: connection.is_told,
            ttl,
        };
        let key = keys::connection(&connection.id);
        transaction.put("connection", &self.table, &key, &row, Some(condition))?;
        self.put_watch(transaction, connection)
    }

    fn put_watch(
        &self,
        transaction: &mut Transaction,
        connection: &Connection,
    ) -> Result<(), StoreError> {
        let watch = Watch {
            due_shard: keys::due_shard(&connection.id),
            due_at: connection.life().due_at().timestamp_millis(),
            ttl: connection.life().kept_until().timestamp(),
        };
        let key = keys::watch(&connection.id, connection.grant.as_ref());
        transaction.put("watch", &self.table, &key, &watch, None)?;
        Ok(())
    }

    /// The slots of a bearer that are taken, and by which connections.
    async fn taken(&self, log: &Log) -> Result<Vec<(u8, String)>, StoreError> {
        let query = Query::new(keys::listeners(log), Range::All, 100).consistent();
        let rows = self.table.query::<Listener>(&query).await?.rows;
        Ok(rows
            .into_iter()
            .filter_map(|(key, listener)| {
                let slot = key.sk.strip_prefix("SLOT#")?.parse().ok()?;
                Some((slot, listener.connection))
            })
            .collect())
    }

    /// A connection.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn connection(&self, id: &str) -> Result<Option<Connection>, StoreError> {
        let row: Option<Row> = self.table.get(&keys::connection(id), true).await?;
        row.map(|row| connection(id, row)).transpose()
    }

    /// Gives an open connection a new grant, of the same bearer. Answers
    /// whether it is still open.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn extend(&self, connection: &Connection, grant: &Grant) -> Result<bool, StoreError> {
        let mut extended = connection.clone();
        extended.grant = Some(grant.clone());
        let value = AttributeValue::M(to_item_alone(grant)?);
        let update = Update::new().set("grant", value);
        if !self.change_watched(connection, &extended, update).await? {
            return Ok(false);
        }
        let own = logs::own(grant);
        for log in connection.channel_logs().iter().chain([&own]) {
            self.regrant(log, connection.seat(log), &connection.id, grant)
                .await?;
        }
        Ok(true)
    }

    /// Notes that a connection's client was told to make another.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn set_told(&self, connection: &Connection) -> Result<(), StoreError> {
        let mut told = connection.clone();
        told.is_told = true;
        let update = Update::new().set("is_told", AttributeValue::Bool(true));
        self.change_watched(connection, &told, update).await?;
        Ok(())
    }

    /// Changes an open connection together with what is due with it.
    async fn change_watched(
        &self,
        before: &Connection,
        after: &Connection,
        update: Update,
    ) -> Result<bool, StoreError> {
        let mut transaction = Transaction::default();
        let key = keys::connection(&before.id);
        let open = Condition::text("state", State::Open.as_str());
        transaction.update("connection", &self.table, &key, update, open)?;
        let old = keys::watch(&before.id, before.grant.as_ref());
        if old != keys::watch(&after.id, after.grant.as_ref()) {
            transaction.delete("watch", &self.table, &old)?;
        }
        self.put_watch(&mut transaction, after)?;
        match transaction.commit().await {
            Ok(()) => Ok(true),
            Err(CommitError::Refused(_)) => Ok(false),
            Err(CommitError::Store(error)) => Err(error),
        }
    }

    /// Adds channels to an open connection's list, up to the bound. Answers
    /// whether they fit.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn add_channels(
        &self,
        connection: &Connection,
        names: &BTreeSet<String>,
    ) -> Result<bool, StoreError> {
        let fresh: Vec<String> = names.difference(&connection.channels).cloned().collect();
        if fresh.is_empty() {
            return Ok(true);
        }
        let Some(room) = CHANNELS_MAX.checked_sub(fresh.len()) else {
            return Ok(false);
        };
        let add = |update: UpdateItemFluentBuilder| {
            update
                .update_expression("ADD channels :fresh")
                .condition_expression(
                    "#state = :open AND (attribute_not_exists(channels) OR size(channels) <= :room)",
                )
                .expression_attribute_names("#state", "state")
                .expression_attribute_values(":fresh", AttributeValue::Ss(fresh))
                .expression_attribute_values(":open", open())
                .expression_attribute_values(":room", AttributeValue::N(room.to_string()))
        };
        let key = keys::connection(&connection.id);
        let changed = self.table.update_where("add channels", &key, add).await?;
        Ok(changed.is_some())
    }

    /// Takes channels off a connection's list.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn remove_channels(
        &self,
        id: &str,
        names: &BTreeSet<String>,
    ) -> Result<(), StoreError> {
        if names.is_empty() {
            return Ok(());
        }
        let names = names.iter().cloned().collect();
        let remove = |update: UpdateItemFluentBuilder| {
            update
                .update_expression("DELETE channels :names")
                .condition_expression("#state = :open")
                .expression_attribute_names("#state", "state")
                .expression_attribute_values(":names", AttributeValue::Ss(names))
                .expression_attribute_values(":open", open())
        };
        let key = keys::connection(id);
        self.table
            .update_where("remove channels", &key, remove)
            .await?;
        Ok(())
    }

    /// Removes a connection with all that belongs to it; nothing happens where
    /// there is none. It is marked first, so that nothing is added meanwhile,
    /// and goes last, so that whoever comes after a crash finds what is left.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn close(&self, id: &str) -> Result<(), StoreError> {
        let mark = |update: UpdateItemFluentBuilder| {
            update
                .update_expression("SET #state = :closing")
                .condition_expression("attribute_exists(pk)")
                .expression_attribute_names("#state", "state")
                .expression_attribute_values(
                    ":closing",
                    AttributeValue::S(State::Closing.as_str().to_owned()),
                )
        };
        let key = keys::connection(id);
        let marked = self.table.update_where("close", &key, mark).await?;
        let Some(item) = marked else { return Ok(()) };
        let connection = connection_of(id, item)?;
        self.unlisten(&connection.channel_logs(), id).await?;
        if let Some(grant) = &connection.grant {
            let log = logs::own(grant);
            let seat = connection.seat(&log).to_string();
            self.unseat(&log, &seat, id).await?;
        }
        let watch = keys::watch(id, connection.grant.as_ref());
        self.table.delete_many(&[key, watch]).await
    }

    /// Keys of what is due with connections, the longest overdue first.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn due(
        &self,
        shard: &str,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Key>, StoreError> {
        self.table.due(shard, until, limit).await
    }

    /// Removes a watch that is of no connection.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn forget(&self, watch: &Key) -> Result<(), StoreError> {
        self.table.delete(watch).await
    }
}

fn open() -> AttributeValue {
    AttributeValue::S(State::Open.as_str().to_owned())
}

fn connection_of(id: &str, item: AttributeMap) -> Result<Connection, StoreError> {
    connection(id, from_item(item)?)
}

fn connection(id: &str, row: Row) -> Result<Connection, StoreError> {
    let opened_at = Timestamp::from_timestamp_millis(row.opened_at_ms);
    Ok(Connection {
        id: id.to_owned(),
        state: row.state,
        opened_at: opened_at.ok_or_else(|| StoreError {
            operation: "read a connection",
            source: "its time is none".into(),
        })?,
        grant: row.grant,
        slot: row.slot,
        channels: row.channels,
        is_told: row.is_told,
    })
}
