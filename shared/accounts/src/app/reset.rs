//! What is due by time alone: resets, in whatever zone, and other deadlines.
//!
//! Which accounts are due is an index by the moment itself, so a run that is
//! late finds what an earlier one would have, and one that comes twice finds
//! what is left. The verdict is the rules function's.

use kernel::time::Timestamp;
use platform::queue::{Outgoing, Queue, Queues};

use super::messages::RulesMessage;
use crate::store::Store;

/// Accounts of one shard of the index that one run hands on; the next run, a
/// minute later, takes the rest.
const ACCOUNTS_MAX: u32 = 5_000;

/// Hands every account of which something is due to the rules function.
/// Answers how many.
///
/// # Errors
/// Where the store or the queue fails.
pub async fn fan_out(store: &Store, queues: &Queues, now: Timestamp) -> kernel::Result<usize> {
    let due = store.due_resets(now, ACCOUNTS_MAX).await?;
    let run = format!("reset-{}", kernel::id::ulid_at(now));
    for batch in due.chunks(10) {
        let bodies = batch
            .iter()
            .map(|(shop, account)| {
                serde_json::to_string(&RulesMessage::Judge {
                    shop: shop.clone(),
                    account: account.clone(),
                    request_id: run.clone(),
                })
            })
            .collect::<Result<Vec<_>, _>>()
            .map_err(kernel::Error::internal)?;
        let messages: Vec<Outgoing<'_>> = bodies.iter().map(|body| Outgoing::now(body)).collect();
        let taken = queues.send_batch(Queue::Rules, &messages).await?;
        if taken.len() < messages.len() {
            tracing::warn!(
                left = messages.len() - taken.len(),
                "accounts not handed on; the next run does"
            );
        }
    }
    Ok(due.len())
}
