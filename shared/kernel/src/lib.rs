//! What every context of Tradebridge shares: typed ids, time as a value, exact
//! numbers on the wire, pages and transport-neutral errors.
//!
//! The kernel knows no AWS, no HTTP and no business rule, and depends on
//! nothing of the house.

pub mod access;
pub mod currency;
pub mod digest;
pub mod error;
pub mod id;
pub mod number;
pub mod page;
pub mod random;
pub mod time;

pub use error::{Error, FieldError, Result};
pub use number::Number;
