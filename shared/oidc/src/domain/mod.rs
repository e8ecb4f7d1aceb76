//! What holds of providers and their tokens, without a store, a network or a
//! clock.
//!
//! - [`discovery`]: what a provider's document must say of it.
//! - [`keys`], [`id_token`]: whose signature is believed, and which claims.
//! - [`factors`]: what a provider says of how somebody signed in.
//! - [`flow`]: a sign-in between its start and the provider's answer.
//! - [`admission`]: who is let in by what the provider says of them.

pub mod admission;
pub mod discovery;
pub mod factors;
pub mod flow;
pub mod id_token;
pub mod keys;
