//! The rules of live connections, pure: no store, no clock.

pub mod channel;
pub mod frame;
pub mod grant;
pub mod life;
pub mod message;
pub mod replay;

mod refusal;

pub use refusal::Refusal;
