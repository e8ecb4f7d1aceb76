//! What is done with organizations, one file for each use case.
//!
//! Whoever acts is looked up in the store and not believed from a token: a
//! demoted member's token may still run for some seconds, and must not be able
//! to undo the demotion.

mod accept;
mod admit;
mod delete;
mod found;
mod invite;
pub mod kyc;
mod members;
mod provider;
mod roles;
mod scene;
mod settings;

pub use accept::Guest;
pub use admit::admit;
pub use delete::erase_deleted;
pub use found::found;
pub use invite::Draft;
pub use members::MemberChange;
pub use settings::SettingsChange;

pub use platform::request::Request;

use platform::dynamo::Table;

use crate::store::Store;

/// The use cases, over the organizations' table and the platform's.
#[derive(Clone, Debug)]
pub struct Organizations {
    /// The organizations' store.
    pub store: Store,
    /// Where restrictions of running tokens are written.
    pub platform_table: Table,
}
