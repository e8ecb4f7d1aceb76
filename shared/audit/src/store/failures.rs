//! Names that sign-ins of one hour failed with.
//!
//! Adding one is a single update that neither reads nor waits for others: an
//! attack on one account comes from many places at once.

use std::collections::HashSet;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::ReturnValue;
use kernel::time::Timestamp;
use platform::dynamo::{AttributeValue, Condition, StoreError, TTL, Transaction, from_item};
use serde::{Deserialize, Serialize};

use super::{Store, keys};
use crate::domain::{Failures, NAMES_MAX};

#[derive(Deserialize)]
struct Names {
    names: HashSet<String>,
}

#[derive(Serialize)]
struct Told {
    ttl: i64,
}

impl Store {
    /// Remembers a name. Answers how many the window has now, where this one
    /// is new to it and it was not full.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn note_failure(
        &self,
        of: &Failures,
        name: &str,
        now: Timestamp,
    ) -> Result<Option<usize>, StoreError> {
        let (start_s, end_s) = Failures::window(now);
        let table = self.log.table();
        let answer = table
            .client()
            .update_item()
            .table_name(table.name())
            .set_key(Some(keys::failures(of, start_s).attributes()))
            .update_expression("ADD #names :one SET #ttl = :end")
            .condition_expression(
                "attribute_not_exists(pk) OR (size(#names) < :full AND NOT contains(#names, :name))",
            )
            .expression_attribute_names("#names", "names")
            .expression_attribute_names("#ttl", TTL)
            .expression_attribute_values(":one", AttributeValue::Ss(vec![name.to_owned()]))
            .expression_attribute_values(":name", AttributeValue::S(name.to_owned()))
            .expression_attribute_values(":full", AttributeValue::N(NAMES_MAX.to_string()))
            .expression_attribute_values(":end", AttributeValue::N(end_s.to_string()))
            .return_values(ReturnValue::AllNew)
            .send()
            .await;
        match answer {
            Ok(answer) => {
                let names: Names = from_item(answer.attributes.unwrap_or_default())?;
                Ok(Some(names.names.len()))
            }
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(UpdateItemError::is_conditional_check_failed_exception) =>
            {
                Ok(None)
            }
            Err(error) => Err(StoreError {
                operation: "note a failure",
                source: error.into(),
            }),
        }
    }

    /// Adds to a transaction that an alert of this window goes out; it is
    /// refused, by the label `told`, where one did.
    ///
    /// # Errors
    /// Where the SDK refuses the item.
    pub fn put_told(
        &self,
        transaction: &mut Transaction,
        of: &Failures,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (start_s, end_s) = Failures::window(now);
        let key = keys::told(of, start_s);
        let absent = Some(Condition::absent());
        transaction.put("told", self.log.table(), &key, &Told { ttl: end_s }, absent)?;
        Ok(())
    }
}
