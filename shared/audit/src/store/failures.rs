//! Names that sign-ins of one hour failed with.
//!
//! Adding one is a single update that neither reads nor waits for others: an
//! attack on one account comes from many places at once.

use std::collections::HashSet;

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
        let key = keys::failures(of, start_s);
        let noted = self.log.table().update_where("note a failure", &key, |update| {
            update
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
        });
        let noted = noted.await?.map(from_item::<Names>).transpose()?;
        Ok(noted.map(|noted| noted.names.len()))
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
