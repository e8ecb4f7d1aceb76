//! Whether a password is known to have leaked, by a service that learns the
//! first five digits of its SHA-1 and nothing else (the range API of
//! "Pwned Passwords").

use std::time::Duration;

use platform::config::Env;
use platform::tokens::constant_time_eq;
use reqwest::Client;
use secrecy::{ExposeSecret, SecretString};
use sha1::{Digest, Sha1};

/// How long a sign-up waits for the service.
const TIMEOUT: Duration = Duration::from_secs(1);
/// Digits of the hash that the service is told.
const PREFIX_DIGITS: usize = 5;
/// Bytes of an answer at most; a padded one has about 40,000.
const ANSWER_BYTES_MAX: usize = 400_000;

/// Asks the service, where one is set.
#[derive(Clone, Debug)]
pub struct LeakedPasswords(Option<Service>);

#[derive(Clone, Debug)]
struct Service {
    client: Client,
    base_url: String,
}

/// Why the service said nothing.
#[derive(Debug, thiserror::Error)]
enum RangeError {
    #[error("the range could not be fetched")]
    Fetch(#[from] reqwest::Error),
    #[error("the answer is longer than {ANSWER_BYTES_MAX} bytes")]
    TooLong,
}

impl LeakedPasswords {
    /// The service at the setting `PWNED_PASSWORDS_URL`; without it, none.
    ///
    /// # Errors
    /// Where TLS cannot be set up.
    pub fn from_env(env: &Env) -> Result<Self, reqwest::Error> {
        let Some(base_url) = env.optional("PWNED_PASSWORDS_URL") else {
            return Ok(Self(None));
        };
        Ok(Self(Some(Service {
            client: platform::http_client::partner(TIMEOUT)?,
            base_url: base_url.trim_end_matches('/').to_owned(),
        })))
    }

    /// Whether a password is known to have leaked. Where no service is set or
    /// it does not answer in time, it is not: nobody is kept from signing up
    /// by its failure.
    pub async fn has_leaked(&self, password: &SecretString) -> bool {
        let Some(service) = &self.0 else {
            return false;
        };
        match service.has_leaked(password).await {
            Ok(leaked) => leaked,
            Err(error) => {
                tracing::warn!(
                    error = kernel::error::chain(&error),
                    "leaked passwords could not be asked for; the password is taken"
                );
                false
            }
        }
    }
}

impl Service {
    async fn has_leaked(&self, password: &SecretString) -> Result<bool, RangeError> {
        let digest = Sha1::digest(password.expose_secret().as_bytes());
        let hash = hex::encode_upper(digest);
        let (prefix, suffix) = hash.split_at(PREFIX_DIGITS);
        let url = format!("{}/range/{prefix}", self.base_url);
        let mut answer = self
            .client
            .get(url)
            // Without padding the answer's length would tell the range.
            .header("Add-Padding", "true")
            .send()
            .await?
            .error_for_status()?;
        let mut range = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            range.extend_from_slice(&chunk);
            if range.len() > ANSWER_BYTES_MAX {
                return Err(RangeError::TooLong);
            }
        }
        Ok(names(&range, suffix))
    }
}

/// Whether a range, lines of `suffix:times`, names a suffix. Padding is named
/// with zero times.
fn names(range: &[u8], suffix: &str) -> bool {
    let text = String::from_utf8_lossy(range);
    text.lines().any(|line| {
        let (named, times) = line.trim().split_once(':').unwrap_or((line, ""));
        let is_same = constant_time_eq(named.as_bytes(), suffix.as_bytes());
        is_same && times.trim().parse().is_ok_and(|times: u64| times > 0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use wiremock::matchers::{header, method, path};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    /// SHA-1 of `password` is 5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8.
    const SUFFIX: &str = "1E4C9B93F3F0682250B6CF8331B7EE68FD8";

    async fn service(answer: ResponseTemplate) -> (MockServer, LeakedPasswords) {
        let server = MockServer::start().await;
        Mock::given(method("GET"))
            .and(path("/range/5BAA6"))
            .and(header("Add-Padding", "true"))
            .respond_with(answer)
            .expect(1)
            .mount(&server)
            .await;
        let env = Env::from_pairs([("PWNED_PASSWORDS_URL", format!("{}/", server.uri()))]);
        let leaked = LeakedPasswords::from_env(&env).expect("a client");
        (server, leaked)
    }

    async fn answers(answer: ResponseTemplate) -> bool {
        let (_server, leaked) = service(answer).await;
        leaked.has_leaked(&"password".into()).await
    }

    fn range(lines: &[String]) -> ResponseTemplate {
        ResponseTemplate::new(200).set_body_string(lines.join("\r\n"))
    }

    #[tokio::test]
    async fn a_password_whose_hash_is_in_the_range_has_leaked() {
        let other = "0018A45C4D1DEF81644B54AB7F969B88D65:3".to_owned();
        assert!(answers(range(&[other.clone(), format!("{SUFFIX}:52256179")])).await);
        assert!(!answers(range(std::slice::from_ref(&other))).await);
    }

    #[tokio::test]
    async fn padding_is_no_leak() {
        assert!(!answers(range(&[format!("{SUFFIX}:0")])).await);
    }

    #[tokio::test]
    async fn a_service_that_fails_or_is_slow_keeps_nobody_out() {
        assert!(!answers(ResponseTemplate::new(503)).await);
        assert!(!answers(ResponseTemplate::new(200).set_body_string("x".repeat(500_000))).await);
        let asked_at = std::time::Instant::now();
        let slow = range(&[format!("{SUFFIX}:1")]).set_delay(Duration::from_secs(10));
        assert!(!answers(slow).await);
        assert!(asked_at.elapsed() < Duration::from_secs(5));
    }

    #[tokio::test]
    async fn without_the_setting_nothing_is_asked() {
        let leaked = LeakedPasswords::from_env(&Env::default()).expect("none");
        assert!(!leaked.has_leaked(&"password".into()).await);
    }
}
