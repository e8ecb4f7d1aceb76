//! The master keys of a deployment, from where they are kept.

use std::sync::Arc;

use secrecy::SecretString;

use crate::envelope::{EnvelopeError, MasterKeys};
use crate::secrets::Secrets;

/// Seals and opens with the deployment's master keys.
#[derive(Clone, Debug)]
pub struct Vault(Source);

#[derive(Clone, Debug)]
enum Source {
    Kept {
        secrets: Arc<Secrets>,
        name: Arc<str>,
    },
    Given(Arc<MasterKeys>),
}

impl Vault {
    /// Over the secret that holds the master keys.
    pub fn new(secrets: Arc<Secrets>, name: impl Into<Arc<str>>) -> Self {
        Self(Source::Kept {
            secrets,
            name: name.into(),
        })
    }

    /// Over keys at hand, for tests and tools.
    #[must_use]
    pub fn given(keys: MasterKeys) -> Self {
        Self(Source::Given(Arc::new(keys)))
    }

    /// The keys as they are now.
    ///
    /// # Errors
    /// Where the secret cannot be read.
    pub async fn keys(&self) -> kernel::Result<Arc<MasterKeys>> {
        match &self.0 {
            Source::Given(keys) => Ok(Arc::clone(keys)),
            Source::Kept { secrets, name } => {
                let text = secrets.get(name).await?;
                let keys = MasterKeys::parse(&text).map_err(kernel::Error::internal)?;
                Ok(Arc::new(keys))
            }
        }
    }

    /// Seals a text for the record that `identity` names.
    ///
    /// # Errors
    /// Where the keys cannot be had.
    pub async fn seal(&self, plain: &SecretString, identity: &str) -> kernel::Result<String> {
        let keys = self.keys().await?;
        keys.seal(plain, identity).map_err(kernel::Error::internal)
    }

    /// Opens what was sealed for a record. A value under a master key that is
    /// not known yet is tried once more with the keys read anew.
    ///
    /// # Errors
    /// Where the keys cannot be had or the value is not this record's.
    pub async fn open(&self, sealed: &str, identity: &str) -> kernel::Result<SecretString> {
        let opened = self.keys().await?.open(sealed, identity);
        match (opened, &self.0) {
            (Err(EnvelopeError::UnknownVersion(_)), Source::Kept { secrets, name }) => {
                secrets.forget(name).await;
                self.keys()
                    .await?
                    .open(sealed, identity)
                    .map_err(kernel::Error::internal)
            }
            (opened, _) => opened.map_err(kernel::Error::internal),
        }
    }
}
