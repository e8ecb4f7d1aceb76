//! A shop's table of how deals are classified.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::deal::{Deal, DealClass, DealKind};

/// The most rules of a table.
pub const RULES_MAX: usize = 50;

/// How a rule's text is compared with a deal's comment, case ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CommentMatch {
    /// The comment is the text.
    Equals,
    /// The comment begins with it.
    Prefix,
    /// The comment contains it.
    Contains,
}

/// A rule of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DealClassRule {
    /// The kinds of deal that it looks at; purchases and sales are trading
    /// whatever a rule says.
    #[schema(value_type = Vec<String>)]
    pub kinds: Vec<DealKind>,
    /// How the text is compared.
    #[serde(rename = "match")]
    pub comparison: CommentMatch,
    /// The text.
    pub text: String,
    /// What such a deal counts as.
    pub class: DealClass,
}

/// The rules of a table, of which the first that fits counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DealClassRules(pub Vec<DealClassRule>);

impl DealClassRules {
    /// Returns a deal with the class that the first fitting rule gives it.
    #[must_use]
    pub fn classify(&self, mut deal: Deal) -> Deal {
        if !deal.kind.is_trade() && deal.class.is_none() {
            deal.class = self
                .0
                .iter()
                .find(|rule| rule.fits(&deal))
                .map(|rule| rule.class);
        }
        deal
    }
}

impl DealClassRule {
    fn fits(&self, deal: &Deal) -> bool {
        if !self.kinds.contains(&deal.kind) {
            return false;
        }
        let (comment, text) = (deal.comment.trim().to_lowercase(), self.text.to_lowercase());
        match self.comparison {
            CommentMatch::Equals => comment == text,
            CommentMatch::Prefix => comment.starts_with(&text),
            CommentMatch::Contains => comment.contains(&text),
        }
    }
}
