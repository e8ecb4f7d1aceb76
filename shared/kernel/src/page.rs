//! Lists in pages.

use serde::{Deserialize, Serialize};

/// How many items of a list are wanted: 1 to 200, by default 50.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(u32);

impl Limit {
    /// The most items one page holds.
    pub const MAX: u32 = 200;
    /// Items of a page where the caller does not say.
    pub const DEFAULT: Self = Self(50);

    /// A limit within its bounds, or `None`.
    #[must_use]
    pub fn new(items: u32) -> Option<Self> {
        (1..=Self::MAX).contains(&items).then_some(Self(items))
    }

    /// Items.
    #[must_use]
    pub fn get(self) -> u32 {
        self.0
    }
}

/// One page of a list, and where the next begins.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Page<T> {
    /// The items, in the list's order.
    pub items: Vec<T>,
    /// Opaque; send it as `cursor` for the next page. `null` at the end.
    pub next_cursor: Option<String>,
}
