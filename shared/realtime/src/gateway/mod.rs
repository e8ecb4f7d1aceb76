//! API Gateway's side of connections: sending to them and ending them.

use std::time::Duration;

use aws_sdk_apigatewaymanagement::Client;
use aws_sdk_apigatewaymanagement::config::Builder;
use aws_sdk_apigatewaymanagement::config::retry::RetryConfig;
use aws_sdk_apigatewaymanagement::config::timeout::TimeoutConfig;
use aws_sdk_apigatewaymanagement::error::SdkError;
use aws_sdk_apigatewaymanagement::operation::post_to_connection::PostToConnectionError;
use aws_sdk_apigatewaymanagement::primitives::Blob;
use kernel::error::Cause;
use platform::aws::SdkConfig;
use platform::config::{ConfigError, Env};

/// Bound for one call, its retries included: a client that takes longer is too
/// slow.
const CALL_TIME_MAX: Duration = Duration::from_secs(2);
/// Attempts at one call, the first included.
const ATTEMPTS_MAX: u32 = 2;

/// Why something was not sent.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// The connection is no more.
    #[error("the connection is gone")]
    Gone,
    /// The message is larger than the gateway takes.
    #[error("the message is too large for the gateway")]
    TooLarge,
    /// It took longer than it may, or the gateway failed.
    #[error("the gateway did not {operation} in time")]
    Failed {
        /// What was tried.
        operation: &'static str,
        /// Why it failed.
        #[source]
        source: Cause,
    },
}

impl From<GatewayError> for kernel::Error {
    fn from(error: GatewayError) -> Self {
        Self::internal(error)
    }
}

/// The gateway.
#[derive(Clone, Debug)]
pub struct Gateway {
    client: Client,
}

impl Gateway {
    /// At the address of the WebSocket API's stage.
    ///
    /// # Errors
    /// Where the setting is missing.
    pub fn from_env(env: &Env, aws: &SdkConfig) -> Result<Self, ConfigError> {
        let timeouts = TimeoutConfig::builder()
            .operation_timeout(CALL_TIME_MAX)
            .build();
        let config = Builder::from(aws)
            .endpoint_url(env.text("WEBSOCKET_ENDPOINT")?)
            .timeout_config(timeouts)
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS_MAX))
            .build();
        Ok(Self {
            client: Client::from_conf(config),
        })
    }

    /// Sends a message to a connection.
    ///
    /// # Errors
    /// [`GatewayError`].
    pub async fn post(&self, connection: &str, message: &str) -> Result<(), GatewayError> {
        let request = self
            .client
            .post_to_connection()
            .connection_id(connection)
            .data(Blob::new(message));
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(match error.as_service_error() {
                Some(PostToConnectionError::GoneException(_)) => GatewayError::Gone,
                Some(PostToConnectionError::PayloadTooLargeException(_)) => GatewayError::TooLarge,
                _ => judge("send", error),
            }),
        }
    }

    /// Ends a connection; one that is no more has ended.
    ///
    /// # Errors
    /// Where the gateway fails.
    pub async fn end(&self, connection: &str) -> Result<(), GatewayError> {
        let request = self.client.delete_connection().connection_id(connection);
        match request.send().await.map_err(|error| judge("end", error)) {
            Ok(_) | Err(GatewayError::Gone) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Whether a connection is open.
    ///
    /// # Errors
    /// Where the gateway fails.
    pub async fn is_open(&self, connection: &str) -> Result<bool, GatewayError> {
        let request = self.client.get_connection().connection_id(connection);
        match request.send().await.map_err(|error| judge("look", error)) {
            Ok(_) => Ok(true),
            Err(GatewayError::Gone) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// What an answer that is no success means: 410 is "gone" whatever its body.
fn judge<E>(
    operation: &'static str,
    error: SdkError<E, aws_sdk_apigatewaymanagement::config::http::HttpResponse>,
) -> GatewayError
where
    E: std::error::Error + Send + Sync + 'static,
{
    let status = error.raw_response().map(|answer| answer.status().as_u16());
    match status {
        Some(410) => GatewayError::Gone,
        Some(413) => GatewayError::TooLarge,
        _ => GatewayError::Failed {
            operation,
            source: error.into(),
        },
    }
}
