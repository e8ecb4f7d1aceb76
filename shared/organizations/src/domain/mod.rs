//! The rules of organizations, pure: no store, no clock.

pub mod authority;
pub mod email_domain;
pub mod invitation;
pub mod kyc;
pub mod role;
pub mod roster;

mod refusal;

pub use refusal::Refusal;
