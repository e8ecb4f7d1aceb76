//! Working on a batch of messages of which a part may fail; what each function
//! is for, [`super::Intake`] says.

use std::future::Future;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use futures::StreamExt;
use serde::Deserialize;

use super::RECEIVES_ATTRIBUTE;

/// Where SQS says in which group a message is.
const GROUP_ATTRIBUTE: &str = "MessageGroupId";
/// Messages of one batch that are worked on at once.
const CONCURRENCY: usize = 10;

/// Each message by itself.
pub(super) async fn consume<M, F, Fut>(event: SqsEvent, handle: F) -> SqsBatchResponse
where
    M: for<'de> Deserialize<'de>,
    F: Fn(M) -> Fut,
    Fut: Future<Output = kernel::Result<()>>,
{
    consume_grouped(event, |_| None, handle).await
}

/// Each message by itself, with the number of its deliveries.
pub(super) async fn consume_counted<M, F, Fut>(event: SqsEvent, handle: F) -> SqsBatchResponse
where
    M: for<'de> Deserialize<'de>,
    F: Fn(M, u32) -> Fut,
    Fut: Future<Output = kernel::Result<()>>,
{
    let mut response = SqsBatchResponse::default();
    let mut groups: Vec<Group<(M, u32)>> = Vec::new();
    for record in event.records {
        let receives = receives(&record);
        match read::<M>(record) {
            Ok((id, message)) => groups.push(Group {
                key: None,
                ids: vec![id],
                message: (message, receives),
            }),
            Err(id) => response.add_failure(id),
        }
    }
    let handle = |(message, receives)| handle(message, receives);
    side_by_side(groups, |group| run(group, &handle), &mut response).await;
    response
}

/// Messages of one key as one.
pub(super) async fn consume_grouped<M, F, Fut>(
    event: SqsEvent,
    key: impl Fn(&M) -> Option<String>,
    handle: F,
) -> SqsBatchResponse
where
    M: for<'de> Deserialize<'de>,
    F: Fn(M) -> Fut,
    Fut: Future<Output = kernel::Result<()>>,
{
    let mut response = SqsBatchResponse::default();
    let mut groups: Vec<Group<M>> = Vec::new();
    for record in event.records {
        match read::<M>(record) {
            Ok((id, message)) => gather(&mut groups, id, message, &key),
            Err(id) => response.add_failure(id),
        }
    }
    side_by_side(groups, |group| run(group, &handle), &mut response).await;
    response
}

/// Messages of one group together and in their order.
pub(super) async fn consume_in_order<M, F, Fut>(event: SqsEvent, handle: F) -> SqsBatchResponse
where
    M: for<'de> Deserialize<'de>,
    F: Fn(Vec<M>) -> Fut,
    Fut: Future<Output = kernel::Result<()>>,
{
    let mut groups: Vec<(String, Vec<SqsMessage>)> = Vec::new();
    for record in event.records {
        let group = record.attributes.get(GROUP_ATTRIBUTE).cloned();
        let group = group.unwrap_or_default();
        match groups.iter_mut().find(|(known, _)| *known == group) {
            Some((_, records)) => records.push(record),
            None => groups.push((group, vec![record])),
        }
    }
    let mut response = SqsBatchResponse::default();
    let work = |(_, records)| run_in_order(records, &handle);
    side_by_side(groups, work, &mut response).await;
    response
}

/// Works on some groups at a time and adds the messages that have failed.
async fn side_by_side<G, Fut>(
    groups: Vec<G>,
    work: impl Fn(G) -> Fut,
    response: &mut SqsBatchResponse,
) where
    Fut: Future<Output = Vec<String>>,
{
    let failed: Vec<Vec<String>> = futures::stream::iter(groups)
        .map(work)
        .buffer_unordered(CONCURRENCY)
        .collect()
        .await;
    for id in failed.into_iter().flatten() {
        response.add_failure(id);
    }
}

/// Answers the messages of a group that have failed. One that cannot be read
/// holds up those behind it, until it is set aside.
async fn run_in_order<M, F, Fut>(records: Vec<SqsMessage>, handle: &F) -> Vec<String>
where
    M: for<'de> Deserialize<'de>,
    F: Fn(Vec<M>) -> Fut,
    Fut: Future<Output = kernel::Result<()>>,
{
    let mut ids = Vec::new();
    let mut messages = Vec::new();
    let mut behind = Vec::new();
    for record in records {
        if !behind.is_empty() {
            behind.push(record.message_id.unwrap_or_default());
            continue;
        }
        match read::<M>(record) {
            Ok((id, message)) => {
                ids.push(id);
                messages.push(message);
            }
            Err(id) => behind.push(id),
        }
    }
    let mut failed = match messages.is_empty() {
        true => Vec::new(),
        false => {
            let key = None;
            let message = messages;
            run(Group { key, ids, message }, handle).await
        }
    };
    failed.append(&mut behind);
    failed
}

/// Returns how often SQS has delivered a message; 1 if it does not say.
fn receives(record: &SqsMessage) -> u32 {
    let count = record.attributes.get(RECEIVES_ATTRIBUTE);
    count.and_then(|count| count.parse().ok()).unwrap_or(1)
}

/// Messages that ask for the same.
struct Group<M> {
    key: Option<String>,
    ids: Vec<String>,
    message: M,
}

fn read<M: for<'de> Deserialize<'de>>(record: SqsMessage) -> Result<(String, M), String> {
    let id = record.message_id.unwrap_or_default();
    let body = record.body.unwrap_or_default();
    match serde_json::from_str(&body) {
        Ok(message) => Ok((id, message)),
        Err(error) => {
            tracing::error!(message_id = id, %error, "message is not of the expected form");
            Err(id)
        }
    }
}

fn gather<M>(
    groups: &mut Vec<Group<M>>,
    id: String,
    message: M,
    key: &impl Fn(&M) -> Option<String>,
) {
    let key = key(&message);
    let same = |group: &&mut Group<M>| key.is_some() && group.key == key;
    match groups.iter_mut().find(same) {
        Some(group) => group.ids.push(id),
        None => groups.push(Group {
            key,
            ids: vec![id],
            message,
        }),
    }
}

/// Answers the messages that have failed.
async fn run<M, F, Fut>(group: Group<M>, handle: &F) -> Vec<String>
where
    F: Fn(M) -> Fut,
    Fut: Future<Output = kernel::Result<()>>,
{
    match handle(group.message).await {
        Ok(()) => Vec::new(),
        Err(error) => {
            tracing::error!(
                message_id = group.ids[0],
                error = kernel::error::chain(&error),
                "message failed; it will come again"
            );
            group.ids
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    fn batch(bodies: &[&str]) -> SqsEvent {
        let mut event = SqsEvent::default();
        for (index, body) in bodies.iter().enumerate() {
            let mut message = SqsMessage::default();
            message.message_id = Some(index.to_string());
            message.body = Some((*body).to_owned());
            event.records.push(message);
        }
        event
    }

    fn failed(response: &SqsBatchResponse) -> Vec<&str> {
        let failures = response.batch_item_failures.iter();
        let mut ids: Vec<&str> = failures.map(|one| one.item_identifier.as_str()).collect();
        ids.sort_unstable();
        ids
    }

    #[tokio::test]
    async fn messages_of_one_key_are_one_work_and_fail_together() {
        let done = Mutex::new(Vec::new());
        let event = batch(&[r#""a""#, r#""b""#, r#""a""#, "{", r#""a""#]);
        let key = |message: &String| Some(message.clone());
        let response = consume_grouped(event, key, async |message: String| {
            done.lock().expect("not poisoned").push(message.clone());
            match message.as_str() {
                "a" => Err(kernel::Error::internal("no")),
                _ => Ok(()),
            }
        })
        .await;
        done.lock().expect("not poisoned").sort();
        assert_eq!(*done.lock().expect("not poisoned"), ["a", "b"]);
        assert_eq!(failed(&response), ["0", "2", "3", "4"]);
    }

    #[tokio::test]
    async fn groups_keep_their_order_and_fail_alone() {
        let mut event = batch(&["1", "2", "3", "4", "{", "5", "6"]);
        let groups = ["a", "b", "a", "c", "c", "b", "c"];
        for (record, group) in event.records.iter_mut().zip(groups) {
            let name = GROUP_ATTRIBUTE.to_owned();
            record.attributes.insert(name, group.to_owned());
        }
        let done = Mutex::new(Vec::new());
        let response = consume_in_order(event, async |messages: Vec<u32>| {
            let is_good = !messages.contains(&3);
            done.lock().expect("not poisoned").push(messages);
            match is_good {
                true => Ok(()),
                false => Err(kernel::Error::internal("no")),
            }
        })
        .await;
        let mut done = done.into_inner().expect("not poisoned");
        done.sort_unstable();
        assert_eq!(done, [vec![1, 3], vec![2, 5], vec![4]]);
        // What cannot be read fails with what is behind it.
        assert_eq!(failed(&response), ["0", "2", "4", "6"]);
    }

    #[tokio::test]
    async fn a_message_comes_with_its_receive_count() {
        let mut event = batch(&["1", "2", "{"]);
        let attributes = &mut event.records[1].attributes;
        attributes.insert(RECEIVES_ATTRIBUTE.to_owned(), "3".to_owned());
        let done = Mutex::new(Vec::new());
        let response = consume_counted(event, async |message: u32, receives| {
            done.lock().expect("not poisoned").push((message, receives));
            match receives {
                3 => Err(kernel::Error::internal("no")),
                _ => Ok(()),
            }
        })
        .await;
        done.lock().expect("not poisoned").sort_unstable();
        assert_eq!(*done.lock().expect("not poisoned"), [(1, 1), (2, 3)]);
        assert_eq!(failed(&response), ["1", "2"]);
    }

    #[tokio::test]
    async fn messages_without_a_key_are_each_worked_on() {
        let done = Mutex::new(0);
        let response = consume(batch(&["1", "1", "1"]), async |_: u32| {
            *done.lock().expect("not poisoned") += 1;
            Ok(())
        })
        .await;
        assert_eq!(*done.lock().expect("not poisoned"), 3);
        assert!(failed(&response).is_empty());
    }
}
