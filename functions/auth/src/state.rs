//! What the handlers have at hand.

use std::sync::Arc;

use platform::aws::SdkConfig;
use platform::config::Env;
use platform::dynamo::Table;
use platform::keys::Vault;
use platform::secrets::Secrets;
use platform::tokens::SigningKeys;
use web::Platform;

/// The function's state, shared by its requests.
#[derive(Clone, Debug)]
pub struct App {
    /// The platform.
    pub platform: Platform,
    /// Signs tokens.
    pub signer: Signer,
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

impl App {
    /// From the process's settings.
    ///
    /// # Errors
    /// Where a setting is missing or makes no sense.
    pub fn new(
        env: &Env,
        aws: &SdkConfig,
    ) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let secrets = Arc::new(Secrets::new(aws_sdk_secretsmanager::Client::new(aws)));
        let vault = Vault::new(Arc::clone(&secrets), env.text("MASTER_KEY_SECRET")?);
        let table = Table::new(
            aws_sdk_dynamodb::Client::new(aws),
            env.text("PLATFORM_TABLE")?,
        );
        Ok(Self {
            platform: Platform::new(env, table, Some(vault))?,
            signer: Signer::new(
                secrets,
                env.text("SIGNING_KEYS_SECRET")?,
                env.text("TOKEN_ISSUER")?,
            ),
        })
    }
}
