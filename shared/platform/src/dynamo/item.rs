//! Items and their keys.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::StoreError;

/// An item as the SDK has it.
pub type AttributeMap = HashMap<String, AttributeValue>;

/// Partition and sort key of an item.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// Partition: names the tenant first.
    pub pk: String,
    /// Sort key within the partition.
    pub sk: String,
}

impl Key {
    /// A key.
    pub fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self {
            pk: pk.into(),
            sk: sk.into(),
        }
    }

    /// The key as attributes.
    #[must_use]
    pub fn attributes(&self) -> AttributeMap {
        HashMap::from([
            ("pk".to_owned(), AttributeValue::S(self.pk.clone())),
            ("sk".to_owned(), AttributeValue::S(self.sk.clone())),
        ])
    }

    /// The key of an item that was read.
    #[must_use]
    pub fn of(item: &AttributeMap) -> Option<Self> {
        let part = |name: &str| item.get(name)?.as_s().ok().cloned();
        Some(Self {
            pk: part("pk")?,
            sk: part("sk")?,
        })
    }
}

/// Writes a value as an item under its key.
///
/// # Errors
/// Where the value is no map or holds what DynamoDB cannot.
pub fn to_item<T: Serialize>(key: &Key, value: &T) -> Result<AttributeMap, StoreError> {
    let mut item: AttributeMap = serde_dynamo::to_item::<_, serde_dynamo::Item>(value)
        .map_err(|error| StoreError::new("write an item", error))?
        .into();
    // A `None` field is left out: an index key refuses NULL, and an absent
    // attribute costs nothing.
    item.retain(|_, attribute| !attribute.is_null());
    item.extend(key.attributes());
    Ok(item)
}

/// Reads a value from an item; attributes it does not know are ignored.
///
/// # Errors
/// Where the item does not have the value's form.
pub fn from_item<T: DeserializeOwned>(item: AttributeMap) -> Result<T, StoreError> {
    serde_dynamo::from_item(serde_dynamo::Item::from(item))
        .map_err(|error| StoreError::new("read an item", error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::Decimal;
    use serde::Deserialize;

    #[derive(Serialize, Deserialize, Debug, PartialEq)]
    struct Row {
        amount: Decimal,
        note: Option<String>,
    }

    #[test]
    fn decimals_survive_and_nothing_is_written_for_none() {
        let row = Row {
            amount: Decimal::new(12_345_678_901_234, 6),
            note: None,
        };
        let item = to_item(&Key::new("S#demo", "R"), &row).expect("writes");
        assert_eq!(
            item.get("amount"),
            Some(&AttributeValue::S("12345678.901234".to_owned()))
        );
        assert!(!item.contains_key("note"));
        assert_eq!(from_item::<Row>(item).expect("reads"), row);
    }
}
