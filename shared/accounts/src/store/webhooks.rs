//! Where a shop hears of events, and every message to it.

use chrono::TimeDelta;
use kernel::id::{DeliveryId, ShopId};
use kernel::time::Timestamp;
use platform::dynamo::{
    AttributeValue, CommitError, Condition, Key, Query, QueryPage, Range, StoreError, Transaction,
    Update, to_item,
};
use serde::{Deserialize, Serialize};

use super::{Store, keys};

/// The kind of due work: a delivery to be tried again.
const DUE: &str = "webhook";
/// How long a delivery is kept, so that the shop can replay it.
const KEPT_FOR: TimeDelta = TimeDelta::days(30);

/// A shop's endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookEndpoint {
    /// Where messages are posted.
    pub url: String,
    /// The signing secret, sealed.
    pub sealed_secret: String,
    /// The secret before it, sealed, during a rotation.
    #[serde(default)]
    pub sealed_secret_before: Option<String>,
    /// Whether the shop has said 410, or switched it off.
    #[serde(default)]
    pub disabled: bool,
    /// When it was set.
    pub set_at: Timestamp,
}

/// What a sealed webhook secret belongs to.
#[must_use]
pub fn secret_identity(shop: &ShopId) -> String {
    format!("tradebridge/webhook-secret/{shop}")
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// To be sent, for the first time or again.
    Pending,
    /// The shop took it.
    Delivered,
    /// All attempts failed, or there is nowhere to send it: kept for replay.
    Dead,
}

/// A message to a shop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Its id, `webhook-id`: the same at every attempt and replay.
    pub id: DeliveryId,
    /// The tenant.
    pub shop: ShopId,
    /// `account.breached` and the like.
    pub event: String,
    /// The body, signed and sent as it stands.
    pub body: String,
    /// What became of it.
    pub state: DeliveryState,
    /// Attempts made since it was written or replayed.
    pub attempts: u32,
    /// The last answer's status, or what failed.
    #[serde(default)]
    pub last_outcome: Option<String>,
    /// When the event happened.
    pub created_at: Timestamp,
    /// When the shop took it.
    #[serde(default)]
    pub delivered_at: Option<Timestamp>,
    /// Where the due index finds it, while it is pending.
    #[serde(default)]
    pub due_shard: Option<String>,
    /// When the next attempt is due, in ms since the epoch.
    #[serde(default)]
    pub due_at: Option<i64>,
    /// When it may go, in seconds since the epoch.
    pub ttl: i64,
}

impl Delivery {
    /// A message of an event, to be sent at once.
    #[must_use]
    pub fn new(id: DeliveryId, shop: &ShopId, event: &str, body: String, now: Timestamp) -> Self {
        Self {
            shop: shop.clone(),
            event: event.to_owned(),
            body,
            state: DeliveryState::Pending,
            attempts: 0,
            last_outcome: None,
            created_at: now,
            delivered_at: None,
            due_shard: None,
            due_at: None,
            ttl: (now + KEPT_FOR).timestamp(),
            id,
        }
        // The queue brings it at once; the index finds it if the queue loses it.
        .due(now + TimeDelta::minutes(2))
    }

    /// Sets when the next attempt is due.
    #[must_use]
    pub fn due(mut self, at: Timestamp) -> Self {
        self.due_shard = Some(keys::due_shard(DUE, self.id.as_str()));
        self.due_at = Some(at.timestamp_millis());
        self
    }

    /// Takes it off the due index.
    #[must_use]
    pub fn settled(mut self, state: DeliveryState) -> Self {
        self.state = state;
        self.due_shard = None;
        self.due_at = None;
        self
    }
}

fn endpoint_key(shop: &ShopId) -> Key {
    Key::new(keys::shop(shop), "WEBHOOK")
}

/// Whether a transaction happened; refused is a no.
fn happened(outcome: Result<(), CommitError>) -> Result<bool, StoreError> {
    match outcome {
        Ok(()) => Ok(true),
        Err(CommitError::Refused(_)) => Ok(false),
        Err(CommitError::Store(error)) => Err(error),
    }
}

impl Store {
    /// Where a shop hears of events.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn webhook(&self, shop: &ShopId) -> Result<Option<WebhookEndpoint>, StoreError> {
        self.table.get(&endpoint_key(shop), true).await
    }

    /// Sets where a shop hears of events.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn put_webhook(
        &self,
        shop: &ShopId,
        endpoint: &WebhookEndpoint,
    ) -> Result<(), StoreError> {
        self.table
            .put(to_item(&endpoint_key(shop), endpoint)?)
            .await
    }

    /// Disables an endpoint that wants no more messages, unless the shop has
    /// set another since it was read. Answers whether it was disabled.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn disable_webhook(
        &self,
        shop: &ShopId,
        endpoint: &WebhookEndpoint,
    ) -> Result<bool, StoreError> {
        let key = endpoint_key(shop);
        let item = to_item(&key, endpoint)?;
        let set_at = item.get("set_at").and_then(|value| value.as_s().ok());
        let unchanged = Condition::text("set_at", set_at.map_or("", String::as_str));
        let update = Update::new().set("disabled", AttributeValue::Bool(true));
        let mut transaction = Transaction::new();
        transaction.update("endpoint", &self.table, &key, update, unchanged)?;
        happened(transaction.commit().await)
    }

    /// Forgets where a shop hears of events.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn delete_webhook(&self, shop: &ShopId) -> Result<(), StoreError> {
        self.table.delete(&endpoint_key(shop)).await
    }

    /// Adds a message to a transaction.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn add_delivery(
        &self,
        transaction: &mut Transaction,
        delivery: &Delivery,
    ) -> Result<(), StoreError> {
        let key = keys::delivery(&delivery.shop, &delivery.id);
        transaction.put("delivery", &self.table, &key, delivery, None)?;
        Ok(())
    }

    /// A message.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn delivery(
        &self,
        shop: &ShopId,
        id: &DeliveryId,
    ) -> Result<Option<Delivery>, StoreError> {
        self.table.get(&keys::delivery(shop, id), true).await
    }

    /// Writes what became of a message.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn put_delivery(&self, delivery: &Delivery) -> Result<(), StoreError> {
        let key = keys::delivery(&delivery.shop, &delivery.id);
        self.table.put(to_item(&key, delivery)?).await
    }

    /// Writes what became of a message, unless its number of attempts is no
    /// longer what it was when it was read. Answers whether it was written.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn change_delivery(
        &self,
        before: &Delivery,
        after: &Delivery,
    ) -> Result<bool, StoreError> {
        let key = keys::delivery(&after.shop, &after.id);
        let unchanged = Condition::number("attempts", u64::from(before.attempts));
        let mut transaction = Transaction::new();
        transaction.put("delivery", &self.table, &key, after, Some(unchanged))?;
        happened(transaction.commit().await)
    }

    /// A page of a shop's messages, the newest first.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn deliveries(
        &self,
        shop: &ShopId,
        limit: u32,
        after: Option<String>,
    ) -> Result<QueryPage<Delivery>, StoreError> {
        let prefix = Range::Prefix(keys::DELIVERY_PREFIX.to_owned());
        let query = Query::new(keys::shop(shop), prefix, limit)
            .descending()
            .after(after);
        self.table.query(&query).await
    }

    /// The messages of a time range, the oldest first, at most `limit`.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn deliveries_between(
        &self,
        shop: &ShopId,
        from: Timestamp,
        to: Timestamp,
        limit: u32,
    ) -> Result<QueryPage<Delivery>, StoreError> {
        let bound = |at: Timestamp, rest: char| {
            let ulid = kernel::id::ulid_at(at);
            let rest: String = std::iter::repeat_n(rest, 16).collect();
            let prefix = DeliveryId::PREFIX;
            format!("{}{prefix}_{}{rest}", keys::DELIVERY_PREFIX, &ulid[..10])
        };
        let range = Range::Between(bound(from, '0'), bound(to, 'z'));
        let query = Query::new(keys::shop(shop), range, limit).consistent();
        self.table.query(&query).await
    }

    /// Messages whose next attempt is due.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn due_deliveries(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Delivery>, StoreError> {
        let mut found = Vec::new();
        for shard in keys::due_shards(DUE) {
            let due = self.table.due(&shard, now, limit).await?;
            let rows = self.table.get_many::<Delivery>(&due).await?;
            found.extend(
                rows.into_iter()
                    .map(|(_, delivery)| delivery)
                    .filter(|delivery| {
                        delivery
                            .due_at
                            .is_some_and(|due_at| due_at <= now.timestamp_millis())
                    }),
            );
        }
        Ok(found)
    }
}
