//! The AWS SDK, set up once: `ring` for TLS, bounded times and retries.

use std::time::Duration;

use aws_config::BehaviorVersion;
pub use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;

/// Attempts at one AWS call, the first included.
const ATTEMPTS_MAX: u32 = 4;
/// One attempt's bound, in seconds: DynamoDB answers in milliseconds, and a
/// lost packet is better asked again than waited for.
const ATTEMPT_TIMEOUT_S: u64 = 5;

/// The configuration that all clients of a process share: region, credentials
/// and endpoint come from the environment, as Lambda and the SDK define them.
pub async fn config() -> SdkConfig {
    let http = Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https();
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS_MAX))
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(Duration::from_secs(2))
                .operation_attempt_timeout(Duration::from_secs(ATTEMPT_TIMEOUT_S))
                .build(),
        )
        .load()
        .await
}
