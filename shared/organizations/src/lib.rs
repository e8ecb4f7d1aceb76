//! Organizations: who belongs to them, in which role, who is invited, and who
//! has shown who they are.
//!
//! [`domain`] has the rules, pure; [`store`] keeps them, and each of its
//! signatures names the organization or the person it is about; [`app`] has
//! one file for each use case.
//!
//! Everything that changes who may do what in an organization is written
//! together with the organization's roster, under the condition that the
//! roster is still the one that was read. So such changes come one after
//! another, and a rule that held when it was checked holds when it is written.

#![warn(missing_docs)]

pub mod app;
pub mod domain;
pub mod model;
pub mod store;

pub use model::{
    Invitation, KycApplication, KycDecision, KycDocument, Member, Membership, Organization, Role,
    SignInProvider, Status,
};
pub use store::Store;
