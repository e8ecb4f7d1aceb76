//! What is done with the record, one file per use.

mod search;
mod sign_ins;

pub use search::{Filter, Found, search};
pub use sign_ins::{ALERT, SignIns};
