//! Secrets Manager, read at first use and kept for a while.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use aws_sdk_secretsmanager::Client;
use secrecy::SecretString;
use tokio::sync::Mutex;

/// How long a secret is believed before it is read again, so that a rotation
/// reaches every instance.
const AGE_MAX: Duration = Duration::from_secs(300);

/// A secret could not be read.
#[derive(Debug, thiserror::Error)]
#[error("the secret {name} could not be read")]
pub struct SecretError {
    /// Its name; never its value.
    pub name: String,
    /// Why.
    #[source]
    pub source: kernel::error::Cause,
}

impl From<SecretError> for kernel::Error {
    fn from(error: SecretError) -> Self {
        Self::internal(error)
    }
}

/// Reads secrets and remembers them.
#[derive(Debug)]
pub struct Secrets {
    client: Client,
    // Held over the read, so that many requests at start ask once.
    known: Mutex<HashMap<String, (Instant, SecretString)>>,
}

impl Secrets {
    /// Over a client.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self {
            client,
            known: Mutex::default(),
        }
    }

    /// The current value of a secret, by name or ARN.
    ///
    /// # Errors
    /// [`SecretError`].
    pub async fn get(&self, name: &str) -> Result<SecretString, SecretError> {
        let mut known = self.known.lock().await;
        if let Some((read_at, value)) = known.get(name)
            && read_at.elapsed() < AGE_MAX
        {
            return Ok(value.clone());
        }
        let value = self.read(name).await?;
        known.insert(name.to_owned(), (Instant::now(), value.clone()));
        Ok(value)
    }

    /// Forgets a value, so that the next `get` reads it again: for when what
    /// it opened says that a newer one exists.
    pub async fn forget(&self, name: &str) {
        self.known.lock().await.remove(name);
    }

    async fn read(&self, name: &str) -> Result<SecretString, SecretError> {
        let failed = |source: kernel::error::Cause| SecretError {
            name: name.to_owned(),
            source,
        };
        let answer = self
            .client
            .get_secret_value()
            .secret_id(name)
            .send()
            .await
            .map_err(|error| failed(error.into()))?;
        answer
            .secret_string
            .map(SecretString::from)
            .ok_or_else(|| failed("it has no text".into()))
    }
}
