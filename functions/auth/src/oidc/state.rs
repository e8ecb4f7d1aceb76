//! What sign-in through providers has at hand.

use std::error::Error as StdError;

use kernel::Error;
use kernel::id::OrganizationId;
use oidc::gateway::{Client, Providers};
use oidc::store::Flows;
use organizations::model::SignInProvider;
use platform::config::Env;
use platform::dynamo::Table;
use platform::keys::Vault;
use url::Url;

/// Sign-in through organizations' own providers.
#[derive(Clone, Debug)]
pub struct Oidc {
    pub(super) providers: Providers,
    pub(super) flows: Flows,
    vault: Vault,
    /// The public address of this interface.
    api: Url,
    /// The application's.
    app: Url,
}

impl Oidc {
    /// From the process's settings. Providers send browsers back to the
    /// interface's public address, which is the issuer of our own tokens.
    ///
    /// # Errors
    /// Where a setting is missing or makes no sense.
    pub fn new(
        env: &Env,
        platform_table: Table,
        vault: Vault,
    ) -> Result<Self, Box<dyn StdError + Send + Sync>> {
        Ok(Self {
            providers: Providers::from_env(env)?,
            flows: Flows::new(platform_table),
            vault,
            api: Url::parse(&env.text("TOKEN_ISSUER")?)?,
            app: Url::parse(&env.text("APP_URL")?)?,
        })
    }

    /// What we are at an organization's provider.
    pub(super) async fn client(&self, provider: &SignInProvider) -> Result<Client, Error> {
        let metadata = self.providers.discover(&provider.issuer).await?;
        let secret = match &provider.sealed_client_secret {
            Some(sealed) => {
                let identity = provider.secret_identity();
                Some(self.vault.open(sealed, &identity).await?)
            }
            None => None,
        };
        let redirect_uri = self.callback(&provider.organization)?;
        let id = &provider.client_id;
        Ok(Client::new(metadata, id, secret.as_ref(), redirect_uri)?)
    }

    fn callback(&self, org: &OrganizationId) -> Result<Url, Error> {
        let path = format!("/api/auth/oidc/{org}/callback");
        self.api.join(&path).map_err(Error::internal)
    }

    /// A page of the application by its path; the first one where the path
    /// leads anywhere else.
    pub(super) fn page(&self, path: &str) -> Url {
        let joined = self.app.join(path).ok();
        let own = joined.filter(|url| url.origin() == self.app.origin());
        own.unwrap_or_else(|| self.app.clone())
    }
}
