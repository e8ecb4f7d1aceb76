//! HTTP for the AWS SDK, over the client that everything else uses.
//!
//! The SDK's own client brings HTTP/2, a second TLS set-up and a second reading
//! of the system's certificates; no service that is called here needs them.

use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use reqwest::Client;

use crate::tls;

/// The most that one answer may hold, in bytes: a page of DynamoDB ends at one
/// megabyte of data, and its JSON is somewhat more.
const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The client; its connections are shared by all services.
#[derive(Clone, Debug)]
pub(super) struct Http(Client);

impl Http {
    /// Sets it up. Attempts are timed by the SDK.
    pub(super) fn new(connect_timeout: Duration) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .tls_backend_preconfigured(tls::client_config())
            .connect_timeout(connect_timeout)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .pool_idle_timeout(Duration::from_secs(20))
            .tcp_nodelay(true)
            .build()?;
        Ok(Self(client))
    }
}

impl HttpClient for Http {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Http {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = self.0.clone();
        HttpConnectorFuture::new(async move { exchange(&client, request).await })
    }
}

async fn exchange(client: &Client, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let request = request.try_into_http1x().map_err(user)?;
    let (parts, body) = request.into_parts();
    let bytes = body
        .bytes()
        .ok_or_else(|| user("a body that streams"))?
        .to_vec();
    let request = http::Request::from_parts(parts, bytes);
    let request = reqwest::Request::try_from(request).map_err(user)?;
    let mut answer = client.execute(request).await.map_err(failed)?;
    let mut whole = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(failed)? {
        if whole.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(user("the answer is too large"));
        }
        whole.extend_from_slice(&chunk);
    }
    let mut response = http::Response::new(SdkBody::from(whole));
    *response.status_mut() = answer.status();
    *response.headers_mut() = std::mem::take(answer.headers_mut());
    HttpResponse::try_from(response).map_err(user)
}

/// What a retry cannot help.
fn user(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> ConnectorError {
    ConnectorError::user(error.into())
}

/// What the network did: the SDK tries these again.
fn failed(error: reqwest::Error) -> ConnectorError {
    if error.is_timeout() {
        ConnectorError::timeout(error.into())
    } else {
        ConnectorError::io(error.into())
    }
}
