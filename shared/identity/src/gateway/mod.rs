//! Services outside.
//!
//! - [`passwords`]: whether a password is known to have leaked.
//! - [`mail`]: the services that carry mails.

pub mod mail;
pub mod passwords;
