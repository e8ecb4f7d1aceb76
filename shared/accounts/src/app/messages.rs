//! Messages between functions. Each may come twice and in any order.

use kernel::id::{AccountId, DeliveryId, JobId, ShopId};
use kernel::time::Timestamp;
use platform::dynamo::{StoreError, Table, Transaction};
use platform::outbox;
use platform::queue::Queue;
use serde::{Deserialize, Serialize};

use crate::store::ImportKey;

/// For the sync function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncMessage {
    /// The next step of an account's chain.
    Step(Step),
    /// A registration that is to be forgotten at the gateway.
    Forget {
        /// The tenant.
        shop: ShopId,
        /// The account it was of.
        account: AccountId,
        /// The gateway's id.
        gateway_id: String,
        /// The request that caused it.
        request_id: String,
    },
}

/// A step of a chain. It dies where the chain has another generation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The tenant.
    pub shop: ShopId,
    /// The account.
    pub account: AccountId,
    /// The chain's generation that this is the step of.
    pub generation: u64,
    /// Not before this, in ms since the epoch: SQS holds a message back for
    /// 15 minutes at most, so one may come early and is sent on.
    pub due_at_ms: i64,
    /// The request or step that caused it.
    pub request_id: String,
}

/// For the rules function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RulesMessage {
    /// An account has inputs to judge, or is due by time.
    Judge {
        /// The tenant.
        shop: ShopId,
        /// The account.
        account: AccountId,
        /// The request or step that caused it.
        request_id: String,
    },
}

/// For the backtests function: a backtest that is to run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BacktestMessage {
    /// The tenant.
    pub shop: ShopId,
    /// The backtest.
    pub job: JobId,
    /// The request that queued it.
    pub request_id: String,
}

/// For the imports function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ImportsMessage {
    /// The file of an import is to be looked for.
    Look(ImportLook),
    /// The bucket has new objects.
    Bucket(BucketEvent),
    /// The bucket's notifications were set up; nothing follows.
    BucketTest {
        /// `s3:TestEvent`.
        #[serde(rename = "Event")]
        event: String,
    },
}

/// A look for the file of an import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportLook {
    /// The import.
    #[serde(flatten)]
    pub import: ImportKey,
    /// Not before this, in ms since the epoch of real time: SQS holds a message
    /// back for 15 minutes at most, so one may come early and is sent on.
    pub due_at_ms: i64,
    /// The request that created the import.
    pub request_id: String,
}

/// An event of the bucket, as far as it is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketEvent {
    /// Each new object.
    #[serde(rename = "Records")]
    pub records: Vec<BucketRecord>,
}

/// A new object of the bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketRecord {
    /// The part about S3.
    pub s3: BucketRecordS3,
}

/// The part of a record about S3.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketRecordS3 {
    /// The object.
    pub object: BucketObject,
}

/// An object of the bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketObject {
    /// Its key.
    pub key: String,
}

/// For the webhooks function: a message to a shop is to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookMessage {
    /// The tenant.
    pub shop: ShopId,
    /// The message.
    pub delivery: DeliveryId,
}

/// Adds a step to a transaction.
///
/// # Errors
/// Where it cannot be written.
pub(crate) fn enqueue_step(
    transaction: &mut Transaction,
    table: &Table,
    step: Step,
    now: Timestamp,
) -> Result<(), StoreError> {
    let due = Timestamp::from_timestamp_millis(step.due_at_ms);
    let request_id = step.request_id.clone();
    let message = SyncMessage::Step(step);
    outbox::enqueue(
        transaction,
        table,
        Queue::Sync,
        &message,
        due,
        &request_id,
        now,
    )
}

/// Adds to a transaction that an account is to be judged.
///
/// # Errors
/// Where it cannot be written.
pub(crate) fn enqueue_judge(
    transaction: &mut Transaction,
    table: &Table,
    shop: &ShopId,
    account: &AccountId,
    request_id: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let message = RulesMessage::Judge {
        shop: shop.clone(),
        account: account.clone(),
        request_id: request_id.to_owned(),
    };
    outbox::enqueue(
        transaction,
        table,
        Queue::Rules,
        &message,
        None,
        request_id,
        now,
    )
}
