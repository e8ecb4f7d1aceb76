//! Which sort keys a query wants.

/// Bytes of a sort key; DynamoDB's own bound.
const SORT_KEY_BYTES_MAX: usize = 1_024;

/// Which sort keys of a partition a query wants.
#[derive(Clone, Debug)]
pub enum Range {
    /// All of them.
    All,
    /// Those that start so.
    Prefix(String),
    /// From the first to the second, both included.
    Between(String, String),
}

impl Range {
    /// Whether a sort key can be one of them. Where a query is to go on comes
    /// back from clients, and DynamoDB fails a query that starts elsewhere.
    pub(super) fn may_have(&self, sk: &str) -> bool {
        let is_key = (1..=SORT_KEY_BYTES_MAX).contains(&sk.len());
        is_key
            && match self {
                Self::All => true,
                Self::Prefix(prefix) => sk.starts_with(prefix),
                Self::Between(from, to) => (from.as_str()..=to.as_str()).contains(&sk),
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_has_no_key_that_is_none_or_lies_outside() {
        let prefix = Range::Prefix("T#".to_owned());
        assert!(prefix.may_have("T#1") && prefix.may_have("T#"));
        assert!(!prefix.may_have("S#1") && !prefix.may_have(""));
        let between = Range::Between("T#1".to_owned(), "T#5".to_owned());
        assert!(between.may_have("T#1") && between.may_have("T#5"));
        assert!(!between.may_have("T#0") && !between.may_have("T#51"));
        assert!(Range::All.may_have("\0") && !Range::All.may_have(""));
        let long = "a".repeat(SORT_KEY_BYTES_MAX);
        assert!(Range::All.may_have(&long) && !Range::All.may_have(&format!("{long}a")));
    }
}
