//! Paging of lists: `limit`, and a cursor that is opaque and bound to its query.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use garde::Validate;
use kernel::page::Limit;
use kernel::{Error, FieldError};
use platform::tokens::sha256_hex;
use serde::Deserialize;
use utoipa::IntoParams;

/// The query of every list.
#[derive(Clone, Debug, Default, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// Items wanted, 1 to 200; 50 by default.
    #[garde(range(min = 1, max = 200))]
    pub limit: Option<u32>,
    /// Where to go on: the last answer's `next_cursor`.
    #[garde(length(max = 1000))]
    pub cursor: Option<String>,
}

impl Paging {
    /// The limit.
    #[must_use]
    pub fn limit(&self) -> Limit {
        self.limit.and_then(Limit::new).unwrap_or(Limit::DEFAULT)
    }

    /// The position that the cursor of the query `query` holds. `query` names
    /// the list, its tenant and its filters.
    ///
    /// # Errors
    /// Where the cursor is not of this query.
    pub fn position(&self, query: &str) -> Result<Option<String>, Error> {
        let Some(cursor) = &self.cursor else {
            return Ok(None);
        };
        read(cursor, query).map(Some).ok_or_else(|| {
            Error::Invalid(vec![FieldError::new(
                "cursor",
                "is not a cursor of this list and query",
            )])
        })
    }
}

/// The cursor for a position in the list of a query.
#[must_use]
pub fn cursor(position: &str, query: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}{position}", tag(query)))
}

fn read(cursor: &str, query: &str) -> Option<String> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    text.strip_prefix(tag(query).as_str()).map(str::to_owned)
}

fn tag(query: &str) -> String {
    sha256_hex(query.as_bytes())[..12].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_good_for_its_own_query_only() {
        let paging = Paging {
            limit: None,
            cursor: Some(cursor("A#acc_1", "accounts of demo")),
        };
        assert_eq!(
            paging.position("accounts of demo").expect("its own"),
            Some("A#acc_1".to_owned())
        );
        assert!(paging.position("accounts of another").is_err());
    }
}
