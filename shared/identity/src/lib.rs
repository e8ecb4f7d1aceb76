//! Who people are: passwords, second factors, sessions, and the mails that
//! prove an address.
//!
//! - [`domain`]: passwords, refresh tokens and codes; pure.
//! - [`model`]: people and what belongs to them, as values.
//! - [`store`]: how they are kept in DynamoDB, one file per aggregate.
//! - [`gateway`]: services outside: the range API of leaked passwords, mail.
//! - [`mail`]: what is written to people, and who sends it.
//! - [`app`]: what is done with all of these, one file per use.

pub mod app;
pub mod domain;
pub mod gateway;
pub mod mail;
pub mod model;
pub mod settings;
pub mod store;
