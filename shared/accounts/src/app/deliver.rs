//! A message is sent to its shop, until the shop has taken it.
//!
//! Invariants:
//!
//! - An attempt is claimed by a conditional write before it is made, so of two
//!   copies of a queue message one sends.
//! - A claim is a lease: an attempt that is cut off anywhere leaves a message
//!   that is due again when the lease ends.
//! - A message that is not settled is on the due index, so one that the queue
//!   loses is found by [`Deliverer::retry_due`]. That is also how waits go that
//!   are longer than SQS holds a message back.
//! - A message is delivered at least once; `webhook-id` tells the shop which
//!   it has had.

use std::time::Instant;

use chrono::TimeDelta;
use kernel::time::{Clock, Timestamp};
use platform::clock::SystemClock;
use platform::keys::Vault;
use platform::queue::{DELAY_S_MAX, Outgoing, Queue, Queues};

use super::messages::WebhookMessage;
use crate::gateway::webhook::{ATTEMPTS_MAX, Answer, Post, Sender, sign, wait};
use crate::store::{Delivery, DeliveryState, Store, WebhookEndpoint, secret_identity};

/// A message that comes earlier than this before its time is not due; the
/// delayed message or the due index brings it again.
const EARLY_MS_MAX: i64 = 1_500;
/// How long a claimed attempt may take: longer than a function runs.
const LEASE: TimeDelta = TimeDelta::seconds(60);
/// Messages of one shard of the due index that one run sends.
const DUE_MAX: u32 = 100;
/// Messages in one SQS batch; its own bound.
const BATCH_MAX: usize = 10;

/// What is needed to deliver.
#[derive(Debug)]
pub struct Deliverer {
    /// The store.
    pub store: Store,
    /// Opens signing secrets.
    pub vault: Vault,
    /// Posts to shops.
    pub sender: Sender,
    /// Brings messages again.
    pub queues: Queues,
}

impl Deliverer {
    /// Handles a queue message: makes the next attempt at its delivery, if one
    /// is due. `now` is of the business clock.
    ///
    /// # Errors
    /// Where our own store fails; the message is to come again.
    pub async fn handle(&self, message: &WebhookMessage, now: Timestamp) -> kernel::Result<()> {
        let found = self
            .store
            .delivery(&message.shop, &message.delivery)
            .await?;
        let Some(delivery) = found.filter(|delivery| is_due(delivery, now)) else {
            return Ok(());
        };
        if delivery.attempts >= ATTEMPTS_MAX {
            // Its last attempt was cut off, so nobody has settled it.
            return self.give_up(&delivery, "cut off").await;
        }
        let endpoint = match self.store.webhook(&delivery.shop).await? {
            None => return self.set_aside(&delivery, "no endpoint").await,
            Some(endpoint) if endpoint.disabled => {
                return self.set_aside(&delivery, "endpoint disabled").await;
            }
            Some(endpoint) => endpoint,
        };
        let Some(claimed) = self.claim(&delivery, now).await? else {
            return Ok(());
        };
        let started = Instant::now();
        let answer = self.attempt(&claimed, &endpoint).await;
        let taken = TimeDelta::from_std(started.elapsed()).unwrap_or(LEASE);
        self.settle(&claimed, &endpoint, answer, now + taken).await
    }

    /// Sends the queue messages of deliveries whose next attempt is due.
    /// Answers how many.
    ///
    /// # Errors
    /// Where the store or the queue fails; what was not sent stays due.
    pub async fn retry_due(&self, now: Timestamp) -> kernel::Result<usize> {
        let bodies = self
            .store
            .due_deliveries(now, DUE_MAX)
            .await?
            .into_iter()
            .map(|delivery| {
                serde_json::to_string(&WebhookMessage {
                    shop: delivery.shop,
                    delivery: delivery.id,
                })
            })
            .collect::<Result<Vec<_>, _>>()
            .map_err(kernel::Error::internal)?;
        let mut count = 0;
        for chunk in bodies.chunks(BATCH_MAX) {
            let messages: Vec<Outgoing<'_>> =
                chunk.iter().map(|body| Outgoing::now(body)).collect();
            count += self
                .queues
                .send_batch(Queue::Webhooks, &messages)
                .await?
                .len();
        }
        Ok(count)
    }

    /// Takes the next attempt, unless another has.
    async fn claim(&self, delivery: &Delivery, now: Timestamp) -> kernel::Result<Option<Delivery>> {
        let mut claimed = delivery.clone().due(now + LEASE);
        claimed.attempts += 1;
        let is_ours = self.store.change_delivery(delivery, &claimed).await?;
        Ok(is_ours.then_some(claimed))
    }

    async fn attempt(&self, delivery: &Delivery, endpoint: &WebhookEndpoint) -> Answer {
        let timestamp_s = SystemClock.now().timestamp();
        let signatures = match self.signatures(delivery, endpoint, timestamp_s).await {
            Ok(signatures) => signatures,
            Err(error) => {
                // Counted as an attempt, so that what cannot be signed ends.
                tracing::error!(
                    delivery = delivery.id.as_str(),
                    shop = delivery.shop.as_str(),
                    error = kernel::error::chain(&error),
                    "{} could not be signed",
                    delivery.id,
                );
                return Answer::NotReached("could not be signed");
            }
        };
        self.sender
            .post(&Post {
                url: &endpoint.url,
                id: delivery.id.as_str(),
                timestamp_s,
                signatures: &signatures,
                body: &delivery.body,
            })
            .await
    }

    /// The signature, and during a rotation the one under the secret before.
    async fn signatures(
        &self,
        delivery: &Delivery,
        endpoint: &WebhookEndpoint,
        timestamp_s: i64,
    ) -> kernel::Result<String> {
        let identity = secret_identity(&delivery.shop);
        let sealed = std::iter::once(&endpoint.sealed_secret).chain(&endpoint.sealed_secret_before);
        let mut signatures = Vec::with_capacity(2);
        for sealed in sealed {
            let secret = self.vault.open(sealed, &identity).await?;
            let id = delivery.id.as_str();
            let signature =
                sign(&secret, id, timestamp_s, &delivery.body).map_err(kernel::Error::internal)?;
            signatures.push(signature);
        }
        Ok(signatures.join(" "))
    }

    async fn settle(
        &self,
        claimed: &Delivery,
        endpoint: &WebhookEndpoint,
        answer: Answer,
        now: Timestamp,
    ) -> kernel::Result<()> {
        match answer {
            Answer::Taken(status) => self.delivered(claimed, status, now).await,
            Answer::Gone => self.gone(claimed, endpoint, now).await,
            Answer::Refused {
                status,
                retry_after,
            } => {
                self.failed(claimed, &status.to_string(), retry_after, now)
                    .await
            }
            Answer::NotReached(what) => self.failed(claimed, what, None, now).await,
        }
    }

    async fn delivered(
        &self,
        claimed: &Delivery,
        status: u16,
        now: Timestamp,
    ) -> kernel::Result<()> {
        let mut delivered = claimed.clone().settled(DeliveryState::Delivered);
        delivered.last_outcome = Some(status.to_string());
        delivered.delivered_at = Some(now);
        self.write(claimed, &delivered).await?;
        tracing::info!(
            delivery = claimed.id.as_str(),
            shop = claimed.shop.as_str(),
            event_type = claimed.event,
            attempts = claimed.attempts,
            status,
            age_ms = (now - claimed.created_at).num_milliseconds(),
            "{} delivered",
            claimed.id,
        );
        Ok(())
    }

    /// The shop said 410. Where it has set another endpoint meanwhile, that
    /// one has not said so, and is tried next.
    async fn gone(
        &self,
        claimed: &Delivery,
        endpoint: &WebhookEndpoint,
        now: Timestamp,
    ) -> kernel::Result<()> {
        if !self.store.disable_webhook(&claimed.shop, endpoint).await? {
            return self.failed(claimed, "410", None, now).await;
        }
        tracing::error!(
            alarm = "webhook_disabled",
            shop = claimed.shop.as_str(),
            "the endpoint of {} answered 410 and is disabled",
            claimed.shop,
        );
        self.set_aside(claimed, "410").await
    }

    async fn failed(
        &self,
        claimed: &Delivery,
        outcome: &str,
        retry_after: Option<TimeDelta>,
        now: Timestamp,
    ) -> kernel::Result<()> {
        let Some(wait) = wait(claimed.attempts, retry_after) else {
            return self.give_up(claimed, outcome).await;
        };
        let mut again = claimed.clone().due(now + wait);
        again.last_outcome = Some(outcome.to_owned());
        if !self.write(claimed, &again).await? {
            return Ok(());
        }
        tracing::warn!(
            delivery = claimed.id.as_str(),
            shop = claimed.shop.as_str(),
            attempts = claimed.attempts,
            outcome,
            wait_ms = wait.num_milliseconds(),
            "{} was not taken; it is tried again",
            claimed.id,
        );
        self.bring_again(claimed, wait).await;
        Ok(())
    }

    /// Has the queue bring a message after a short wait. Without it, after a
    /// longer wait or where the queue fails, the due index does within a minute.
    async fn bring_again(&self, delivery: &Delivery, wait: TimeDelta) {
        let delay_s = (wait.num_milliseconds() + 999) / 1_000;
        if delay_s > DELAY_S_MAX {
            return;
        }
        let message = WebhookMessage {
            shop: delivery.shop.clone(),
            delivery: delivery.id.clone(),
        };
        let sent = self.queues.send(Queue::Webhooks, &message, delay_s).await;
        if let Err(error) = sent {
            tracing::warn!(
                delivery = delivery.id.as_str(),
                error = kernel::error::chain(&error),
                "the retry of {} was not queued; the due index has it",
                delivery.id,
            );
        }
    }

    /// All attempts have failed: kept for replay, and somebody has to look.
    async fn give_up(&self, delivery: &Delivery, outcome: &str) -> kernel::Result<()> {
        if self.bury(delivery, outcome).await? {
            tracing::error!(
                alarm = "webhook_dead",
                delivery = delivery.id.as_str(),
                shop = delivery.shop.as_str(),
                event_type = delivery.event,
                attempts = delivery.attempts,
                outcome,
                "{} was not taken in {} attempts",
                delivery.id,
                delivery.attempts,
            );
        }
        Ok(())
    }

    /// There is nowhere to send it, by the shop's own will: kept for replay.
    async fn set_aside(&self, delivery: &Delivery, outcome: &str) -> kernel::Result<()> {
        if self.bury(delivery, outcome).await? {
            tracing::info!(
                delivery = delivery.id.as_str(),
                shop = delivery.shop.as_str(),
                outcome,
                "{} is set aside",
                delivery.id,
            );
        }
        Ok(())
    }

    async fn bury(&self, delivery: &Delivery, outcome: &str) -> kernel::Result<bool> {
        let mut dead = delivery.clone().settled(DeliveryState::Dead);
        dead.last_outcome = Some(outcome.to_owned());
        self.write(delivery, &dead).await
    }

    /// Writes what became of an attempt, unless the message has moved on: a
    /// replay, or another attempt after the lease.
    async fn write(&self, before: &Delivery, after: &Delivery) -> kernel::Result<bool> {
        let written = self.store.change_delivery(before, after).await?;
        if !written {
            tracing::warn!(
                delivery = before.id.as_str(),
                "{} has moved on; this attempt's outcome is not kept",
                before.id,
            );
        }
        Ok(written)
    }
}

/// Whether an attempt is to be made now. The first is due when its message
/// comes; its place on the due index is for when the message is lost.
fn is_due(delivery: &Delivery, now: Timestamp) -> bool {
    let early_ms = delivery
        .due_at
        .map_or(0, |due_at| due_at - now.timestamp_millis());
    delivery.state == DeliveryState::Pending && (delivery.attempts == 0 || early_ms <= EARLY_MS_MAX)
}

#[cfg(test)]
mod tests {
    use kernel::id::DeliveryId;

    use super::*;

    fn now() -> Timestamp {
        chrono::DateTime::from_timestamp(1_700_000_000, 0).expect("a time")
    }

    fn pending(attempts: u32, due_in: TimeDelta) -> Delivery {
        let shop = "demo".parse().expect("a shop");
        let id = DeliveryId::generate(now());
        let mut delivery = Delivery::new(id, &shop, "account.breached", "{}".to_owned(), now());
        delivery.attempts = attempts;
        delivery.due(now() + due_in)
    }

    #[test]
    fn the_first_attempt_is_due_when_its_message_comes() {
        assert!(is_due(&pending(0, TimeDelta::minutes(2)), now()));
    }

    #[test]
    fn a_later_attempt_is_due_at_its_time_give_or_take() {
        assert!(is_due(&pending(1, TimeDelta::milliseconds(1_500)), now()));
        assert!(!is_due(&pending(1, TimeDelta::milliseconds(1_501)), now()));
        assert!(is_due(&pending(1, TimeDelta::hours(-1)), now()));
    }

    #[test]
    fn a_settled_message_is_never_due() {
        for state in [DeliveryState::Delivered, DeliveryState::Dead] {
            assert!(!is_due(
                &pending(0, TimeDelta::zero()).settled(state),
                now()
            ));
        }
    }
}
