//! The AWS SDK, set up once: `ring` for TLS, bounded times and retries.
//!
//! Region, credentials and endpoint come from the environment alone, where
//! Lambda puts them. The SDK's own chain of sources would look into files and
//! other services too, at two megabytes and a millisecond of every start.

mod http;

use std::time::Duration;

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::http::HttpClient;
pub use aws_types::SdkConfig;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

use crate::config::{ConfigError, Env};

/// Attempts at one AWS call, the first included.
const ATTEMPTS_MAX: u32 = 4;
/// One attempt's bound, in seconds: DynamoDB answers in milliseconds, and a
/// lost packet is better asked again than waited for.
const ATTEMPT_TIMEOUT_S: u64 = 5;

/// Bound for a connection to be there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// The configuration that all clients of a process share.
///
/// # Errors
/// Where the environment has no region or no credentials.
pub fn config(env: &Env) -> Result<SdkConfig, ConfigError> {
    let credentials = credentials(env)?;
    let timeouts = TimeoutConfig::builder()
        .operation_attempt_timeout(Duration::from_secs(ATTEMPT_TIMEOUT_S))
        .build();
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region(env)?))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(http_client())
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS_MAX))
        .timeout_config(timeouts);
    if let Some(endpoint) = env.optional("AWS_ENDPOINT_URL") {
        config = config.endpoint_url(endpoint);
    }
    config = config.service_config(ServiceAddresses(env.clone()));
    Ok(config.build())
}

pub(crate) fn region(env: &Env) -> Result<String, ConfigError> {
    env.text("AWS_REGION")
        .or_else(|_| env.text("AWS_DEFAULT_REGION"))
}

pub(crate) fn credentials(env: &Env) -> Result<Credentials, ConfigError> {
    Ok(Credentials::new(
        env.text("AWS_ACCESS_KEY_ID")?,
        env.text("AWS_SECRET_ACCESS_KEY")?,
        env.optional("AWS_SESSION_TOKEN").map(str::to_owned),
        None,
        "environment",
    ))
}

/// The HTTP client of [`config`], for tests that make configurations of their
/// own.
///
/// # Panics
/// Where TLS cannot be set up: its parts are compiled in.
#[must_use]
pub fn http_client() -> impl HttpClient + 'static {
    http::Http::new(CONNECT_TIMEOUT).expect("TLS is compiled in")
}

/// Addresses of single services: `AWS_ENDPOINT_URL_DYNAMODB` and the like.
#[derive(Debug)]
struct ServiceAddresses(Env);

impl LoadServiceConfig for ServiceAddresses {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let service = key.service_id().to_uppercase().replace(' ', "_");
        self.0
            .optional(&format!("{}_{service}", key.env()))
            .map(str::to_owned)
    }
}
