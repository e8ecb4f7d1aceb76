//! What was done, and what looks wrong about it.
//!
//! - [`domain`]: when a sign-in is unlike those before it; pure.
//! - [`store`]: what is remembered of people's sign-ins, beside the record.
//! - [`app`]: sign-ins observed, and the record searched.
//!
//! The record itself is [`platform::audit_log`]: every function writes it.

pub mod app;
pub mod domain;
pub mod store;
