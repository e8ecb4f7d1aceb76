//! What holds of passwords, tokens and codes, without a store or a clock.
//!
//! - [`email`], [`username`]: names that people sign in with.
//! - [`password`], [`common_passwords`]: what is taken as a password, and how
//!   it is kept; [`check`]: checking one in a time that tells nothing.
//! - [`one_time`]: tokens that mails carry.
//! - [`refresh`], [`session`]: refresh tokens, and what a session makes of one
//!   that is presented.
//! - [`totp`], [`backup_codes`]: the second factor.

pub mod backup_codes;
pub mod check;
pub mod common_passwords;
pub mod email;
pub mod one_time;
pub mod password;
pub mod refresh;
pub mod session;
pub mod totp;
pub mod username;
