//! What the handlers have at hand.

use std::error::Error as StdError;
use std::sync::Arc;

use audit::app::SignIns;
use identity::app::Identity;
use identity::app::passkeys::Passkeys;
use identity::app::second_factor::SecondFactors;
use identity::domain::refresh::RefreshKey;
use identity::gateway::passwords::LeakedPasswords;
use kernel::time::Timestamp;
use passkeys::RelyingParty;
use platform::aws::SdkConfig;
use platform::config::{ConfigError, Env};
use platform::dynamo::Table;
use platform::keys::Vault;
use platform::secrets::Secrets;
use platform::tokens::SigningKeys;
use web::Platform;

use crate::cookie::Origins;
use crate::oidc::Oidc;
use crate::watch::Watch;

/// The function's state, shared by its requests.
#[derive(Clone, Debug)]
pub struct App {
    /// The platform.
    pub platform: Platform,
    /// Signs tokens.
    pub signer: Signer,
    /// Derives refresh tokens.
    pub refresh_keys: RefreshKeys,
    /// People.
    pub identity: Identity,
    /// Their second factors.
    pub second_factors: SecondFactors,
    /// Their passkeys.
    pub passkeys: Passkeys,
    /// Their organizations.
    pub organizations: organizations::store::Store,
    /// The pages that may use the refresh cookie.
    pub origins: Origins,
    /// Looks for what is unusual.
    pub watch: Watch,
    /// Sign-in through organizations' own providers.
    pub oidc: Oidc,
}

/// Signs access tokens with the deployment's newest key.
#[derive(Clone, Debug)]
pub struct Signer {
    secrets: Arc<Secrets>,
    keys_secret: Arc<str>,
    issuer: Arc<str>,
}

impl Signer {
    /// Over the secret that holds the signing keys.
    pub fn new(
        secrets: Arc<Secrets>,
        keys_secret: impl Into<Arc<str>>,
        issuer: impl Into<Arc<str>>,
    ) -> Self {
        Self {
            secrets,
            keys_secret: keys_secret.into(),
            issuer: issuer.into(),
        }
    }

    /// Who signs.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The signing keys as they are now.
    ///
    /// # Errors
    /// Where the secret cannot be read.
    pub async fn keys(&self) -> kernel::Result<SigningKeys> {
        let text = self.secrets.get(&self.keys_secret).await?;
        Ok(SigningKeys::parse(&text)?)
    }
}

/// The key of refresh tokens, from where it is kept.
#[derive(Clone, Debug)]
pub struct RefreshKeys {
    secrets: Arc<Secrets>,
    name: Arc<str>,
}

impl RefreshKeys {
    /// The key.
    ///
    /// # Errors
    /// Where the secret cannot be read.
    pub async fn key(&self) -> kernel::Result<RefreshKey> {
        let text = self.secrets.get(&self.name).await?;
        Ok(RefreshKey::parse(&text)?)
    }
}

impl App {
    /// From the process's settings.
    ///
    /// # Errors
    /// Where a setting is missing or makes no sense.
    pub fn new(env: &Env, aws: &SdkConfig) -> Result<Self, Box<dyn StdError + Send + Sync>> {
        let secrets = Arc::new(Secrets::new(aws_sdk_secretsmanager::Client::new(aws)));
        let vault = Vault::new(Arc::clone(&secrets), env.text("MASTER_KEY_SECRET")?);
        let client = aws_sdk_dynamodb::Client::new(aws);
        let table = |name| Ok::<_, ConfigError>(Table::new(client.clone(), env.text(name)?));
        let people =
            identity::store::Store::new(table("IDENTITY_TABLE")?, table("PLATFORM_TABLE")?);
        let platform = Platform::new(env, table("PLATFORM_TABLE")?, Some(vault.clone()))?;
        Ok(Self {
            watch: Watch::new(platform.audit_log().cloned().map(SignIns::new)),
            oidc: Oidc::new(env, table("PLATFORM_TABLE")?, vault.clone())?,
            platform,
            signer: Signer::new(
                Arc::clone(&secrets),
                env.text("SIGNING_KEYS_SECRET")?,
                env.text("TOKEN_ISSUER")?,
            ),
            refresh_keys: RefreshKeys {
                secrets,
                name: env.text("REFRESH_KEY_SECRET")?.into(),
            },
            second_factors: SecondFactors {
                store: people.clone(),
                vault: vault.clone(),
            },
            passkeys: Passkeys::new(people.clone(), Arc::new(relying_party(env)?)),
            organizations: organizations::store::Store::new(table("ORGANIZATIONS_TABLE")?),
            identity: Identity {
                store: people,
                vault,
                parameters: identity::settings::password_parameters(env)?,
                leaked: LeakedPasswords::from_env(env)?,
            },
            origins: Origins::from_env(env),
        })
    }

    /// The time that everything of people goes by: real time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.platform.real_now()
    }
}

/// Passkeys are those of the app's own domain, unless the settings say
/// otherwise.
fn relying_party(env: &Env) -> Result<RelyingParty, Box<dyn StdError + Send + Sync>> {
    let app_url = env.text("APP_URL")?;
    let host = passkeys::host_of(&app_url).unwrap_or_default();
    let origin = passkeys::origin_of(&app_url).unwrap_or_default();
    let domain = env.optional("PASSKEY_RP_ID").unwrap_or(host);
    let mut origins = env.list("PASSKEY_ORIGINS");
    if origins.is_empty() {
        origins.push(origin.to_owned());
    }
    Ok(RelyingParty::new(domain, origins)?)
}
