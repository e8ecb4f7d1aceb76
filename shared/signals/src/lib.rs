//! Trading signals: read out of channel messages, kept, approved, sent to
//! terminals or published to tiers, and closed with a result.
//!
//! [`domain`] has the parser of messages, the life of a signal and what it
//! would have done on candles, pure; [`store`] keeps signals, channels and
//! strategies, and each of its signatures names whose they are; [`app`] has one
//! file for each use case; [`view`] is how clients see them.
//!
//! A signal is its author's own, and goes to their terminals; or the platform
//! publishes it to a tier and those above, and it goes to nobody's.

#![warn(missing_docs)]

pub mod app;
pub mod domain;
pub mod model;
pub mod store;
pub mod view;

pub use app::{Request, Signals};
pub use model::Owner;
pub use store::Store;
