//! Who listens to a log.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use kernel::time::Timestamp;
use platform::dynamo::{
    AttributeMap, AttributeValue, CommitError, Condition, Key, Query, Range, StoreError,
    Transaction, to_item,
};
use platform::live::Log;
use serde::{Deserialize, Serialize};

use super::keys::{self, Seat};
use super::{Connection, Store};
use crate::domain::grant::Grant;

/// A connection that listens to a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listener {
    /// The connection.
    pub connection: String,
    /// Whom it is good for.
    pub grant: Grant,
    /// Its events are held; they go to it at once where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Held>,
    /// When it is certainly gone, in seconds since the epoch.
    pub ttl: i64,
}

/// Events of a listener are held until it was sent those it has missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The number of the last event that it has seen.
    pub after: u64,
    /// Since when, in seconds since the epoch.
    pub since_s: i64,
}

/// A listener and where it sits.
#[derive(Clone, Debug)]
pub struct Seated {
    /// The sort key.
    pub seat: String,
    /// The listener.
    pub listener: Listener,
}

impl Store {
    /// A page of those who listen to a log, in order of their seats; and the
    /// seat to go on after, where there are more.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn listeners(
        &self,
        log: &Log,
        limit: u32,
        after: Option<String>,
        now: Timestamp,
    ) -> Result<(Vec<Seated>, Option<String>), StoreError> {
        let query = Query::new(keys::listeners(log), Range::All, limit)
            .consistent()
            .after(after);
        let page = self.table.query::<Listener>(&query).await?;
        let rows = page.rows.into_iter();
        let seated = rows
            .map(|(key, listener)| Seated {
                seat: key.sk,
                listener,
            })
            .filter(|seated| seated.listener.ttl > now.timestamp())
            .collect();
        Ok((seated, page.next))
    }

    /// A connection among those who listen to a log.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn listener(
        &self,
        log: &Log,
        connection: &Connection,
    ) -> Result<Option<Seated>, StoreError> {
        let seat = connection.seat(log);
        let found: Option<Listener> = self.table.get(&keys::listener(log, seat), true).await?;
        Ok(found
            .filter(|listener| listener.connection == connection.id)
            .map(|listener| Seated {
                seat: seat.to_string(),
                listener,
            }))
    }

    /// Has a connection listen to a channel, held or not; one that listens
    /// already is left as it is. Answers whether it is new.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn listen(
        &self,
        log: &Log,
        listener: &Listener,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let key = keys::listener(log, Seat::Connection(&listener.connection));
        self.table.put_new(to_item(&key, listener)?, now).await
    }

    /// Holds a listener's events, or has them sent to it at once from now on.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn hold(
        &self,
        log: &Log,
        seated: &Seated,
        held: Option<Held>,
    ) -> Result<(), StoreError> {
        let value = held.map(|held| to_item_alone(&held)).transpose()?;
        let change = |update: UpdateItemFluentBuilder| match value {
            Some(held) => update
                .update_expression("SET held = :held")
                .expression_attribute_values(":held", AttributeValue::M(held)),
            None => update.update_expression("REMOVE held"),
        };
        self.change(log, &seated.seat, &seated.listener.connection, change)
            .await
    }

    /// Gives a listener the grant that its connection has by now.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn regrant(
        &self,
        log: &Log,
        seat: Seat<'_>,
        connection: &str,
        grant: &Grant,
    ) -> Result<(), StoreError> {
        let grant = AttributeValue::M(to_item_alone(grant)?);
        let renew = |update: UpdateItemFluentBuilder| {
            update
                .update_expression("SET #grant = :grant")
                .expression_attribute_names("#grant", "grant")
                .expression_attribute_values(":grant", grant)
        };
        self.change(log, &seat.to_string(), connection, renew).await
    }

    /// Ends a connection's listening to a log, where the seat is still its.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn unseat(&self, log: &Log, seat: &str, connection: &str) -> Result<(), StoreError> {
        let key = Key::new(keys::listeners(log), seat);
        let its = Condition::text("connection", connection);
        let mut transaction = Transaction::default();
        transaction.delete_where("listener", &self.table, &key, its)?;
        match transaction.commit().await {
            Ok(()) | Err(CommitError::Refused(_)) => Ok(()),
            Err(CommitError::Store(error)) => Err(error),
        }
    }

    /// Ends a connection's listening to channels.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn unlisten(&self, logs: &[Log], connection: &str) -> Result<(), StoreError> {
        let seat = Seat::Connection(connection);
        let keys: Vec<_> = logs.iter().map(|log| keys::listener(log, seat)).collect();
        self.table.delete_many(&keys).await
    }

    async fn change(
        &self,
        log: &Log,
        seat: &str,
        connection: &str,
        build: impl FnOnce(UpdateItemFluentBuilder) -> UpdateItemFluentBuilder,
    ) -> Result<(), StoreError> {
        let key = Key::new(keys::listeners(log), seat);
        let its = |update: UpdateItemFluentBuilder| {
            build(update)
                .condition_expression("#connection = :connection")
                .expression_attribute_names("#connection", "connection")
                .expression_attribute_values(
                    ":connection",
                    AttributeValue::S(connection.to_owned()),
                )
        };
        self.table
            .update_where("change a listener", &key, its)
            .await?;
        Ok(())
    }
}

/// A value as the attributes of an item without a key.
pub(super) fn to_item_alone<T: Serialize>(value: &T) -> Result<AttributeMap, StoreError> {
    let key = Key::new("", "");
    let mut item = to_item(&key, value)?;
    item.retain(|name, _| name != "pk" && name != "sk");
    Ok(item)
}
