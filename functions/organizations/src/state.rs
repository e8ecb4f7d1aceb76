//! What the handlers have at hand.

use std::sync::Arc;

use kernel::Error;
use kernel::id::UserId;
use organizations::Store;
use organizations::app::{Guest, Organizations, Request};
use platform::aws::SdkConfig;
use platform::config::Env;
use platform::dynamo::Table;
use platform::keys::Vault;
use platform::secrets::Secrets;
use web::Platform;

/// The function's state, shared by its requests.
#[derive(Clone, Debug)]
pub struct App {
    /// The platform.
    pub platform: Platform,
    /// The use cases of organizations.
    pub organizations: Organizations,
    /// Who people are.
    pub people: identity::store::Store,
    /// Seals what mails carry.
    pub vault: Vault,
}

impl App {
    /// From the process's settings.
    ///
    /// # Errors
    /// Where a setting is missing or makes no sense.
    pub fn new(
        env: &Env,
        aws: &SdkConfig,
    ) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let dynamo = aws_sdk_dynamodb::Client::new(aws);
        let secrets = Arc::new(Secrets::new(aws_sdk_secretsmanager::Client::new(aws)));
        let vault = Vault::new(secrets, env.text("MASTER_KEY_SECRET")?);
        let platform_table = Table::new(dynamo.clone(), env.text("PLATFORM_TABLE")?);
        let identity_table = Table::new(dynamo.clone(), env.text("IDENTITY_TABLE")?);
        let organizations_table = Table::new(dynamo, env.text("ORGANIZATIONS_TABLE")?);
        Ok(Self {
            platform: Platform::new(env, platform_table.clone(), None)?,
            organizations: Organizations {
                store: Store::new(organizations_table),
                platform_table: platform_table.clone(),
            },
            people: identity::store::Store::new(identity_table, platform_table),
            vault,
        })
    }

    /// The caller as organizations know people.
    pub(crate) async fn guest(&self, user: &UserId) -> kernel::Result<Guest> {
        let person = self.people.person(user).await?;
        // A token outlives its person by minutes at most.
        let person = person.ok_or(Error::Unauthenticated)?;
        Ok(Guest {
            user: person.id,
            email: person.email,
            name: person.name,
        })
    }

    pub(crate) fn request<'a>(&self, id: &'a str) -> Request<'a> {
        let now = self.platform.real_now();
        Request { id, now }
    }
}
