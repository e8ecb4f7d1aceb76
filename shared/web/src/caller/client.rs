//! From where a call comes.

use axum::extract::FromRequestParts;
use http::header::{ACCEPT_LANGUAGE, HeaderName, USER_AGENT};
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use platform::tokens::sha256_hex;

use crate::observe::RequestInfo;
use crate::problem::Problem;

/// Longest user agent that is kept, in characters.
const AGENT_CHARS_MAX: usize = 300;
/// The country of the caller, as CloudFront in front of the API tells it.
const COUNTRY: HeaderName = HeaderName::from_static("cloudfront-viewer-country");

/// The device and address of a call, as far as they can be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// The address that the trusted hop saw; of IPv6 the /64 network.
    pub address: String,
    /// What the client calls itself, cut to 300 characters.
    pub user_agent: Option<String>,
    /// The country that the edge found, two letters.
    pub country: Option<String>,
    /// A fingerprint of the device: 16 hex digits, the same for the same
    /// user agent and languages.
    pub device: String,
    /// The request, as in the logs.
    pub request_id: String,
}

/// What a call says of its client, as it was sent: cheap to keep where nobody
/// may ask.
#[derive(Clone, Debug, Default)]
pub(crate) struct ClientHeaders {
    agent: Option<HeaderValue>,
    languages: Option<HeaderValue>,
    country: Option<HeaderValue>,
}

impl ClientHeaders {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        Self {
            agent: headers.get(USER_AGENT).cloned(),
            languages: headers.get(ACCEPT_LANGUAGE).cloned(),
            country: headers.get(COUNTRY).cloned(),
        }
    }

    /// Hashes what makes the device's fingerprint.
    pub(crate) fn client(&self, info: &RequestInfo) -> Client {
        let agent = text(self.agent.as_ref());
        let languages = text(self.languages.as_ref()).unwrap_or_default();
        let named = format!("{}\n{languages}", agent.unwrap_or_default());
        let mut device = sha256_hex(named.as_bytes());
        device.truncate(16);
        let is_country =
            |code: &&str| code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase());
        Client {
            address: info.address.clone(),
            request_id: info.id.clone(),
            user_agent: agent.map(|agent| agent.chars().take(AGENT_CHARS_MAX).collect()),
            country: text(self.country.as_ref())
                .filter(is_country)
                .map(str::to_owned),
            device,
        }
    }
}

fn text(value: Option<&HeaderValue>) -> Option<&str> {
    value.and_then(|value| value.to_str().ok())
}

impl<S: Send + Sync> FromRequestParts<S> for Client {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let info = parts.extensions.get::<RequestInfo>().cloned();
        Ok(ClientHeaders::of(&parts.headers).client(&info.unwrap_or_default()))
    }
}
