//! Signing in through an organization's own provider, by OpenID Connect Core
//! 1.0 with the code flow, PKCE (RFC 7636) and the protections of RFC 9700.
//!
//! - [`domain`]: what a provider must be, what its tokens must say, and who is
//!   let in by them; pure.
//! - [`gateway`]: the provider over HTTP: discovery, keys and the token
//!   endpoint.
//! - [`store`]: sign-ins that are under way.

pub mod domain;
pub mod gateway;
pub mod store;
