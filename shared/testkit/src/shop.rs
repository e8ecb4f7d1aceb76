//! A shop: a tenant that signs its calls.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderValue, Method, Request};
use kernel::id::ShopId;
use kernel::time::{Clock, Timestamp};
use platform::clock::SystemClock;
use platform::tokens::hmac_sha256;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use web::hmac::canonical;

use crate::http::request;

/// A shop with one key.
#[derive(Clone, Debug)]
pub struct Shop {
    /// The tenant.
    pub id: ShopId,
    /// The key's id.
    pub key_id: String,
    /// The key.
    pub key: SecretString,
}

/// How a request is signed: well, unless a test says otherwise.
#[derive(Clone, Debug)]
pub struct Signing {
    /// What `X-OneFunders-Key-Id` says, if it is sent.
    pub key_id: Option<String>,
    /// What it is signed with.
    pub key: SecretString,
    /// When.
    pub at: Timestamp,
    /// The nonce.
    pub nonce: String,
}

impl Shop {
    /// A shop of this id with a key `{id}-key`.
    ///
    /// # Panics
    /// Where the id is none.
    #[must_use]
    pub fn new(id: &str) -> Self {
        Self {
            id: id.parse().expect("a shop's id"),
            key_id: format!("{id}-key"),
            key: format!("{id}-secret-of-the-test-kit").into(),
        }
    }

    /// How this shop signs now, with a nonce that was never used.
    #[must_use]
    pub fn signing(&self) -> Signing {
        static NONCES: AtomicU64 = AtomicU64::new(0);
        let number = NONCES.fetch_add(1, Ordering::Relaxed);
        Signing {
            key_id: Some(self.key_id.clone()),
            key: self.key.clone(),
            at: SystemClock.now(),
            nonce: format!("{}-{number:016}", std::process::id()),
        }
    }

    /// A signed request with a body as it stands.
    #[must_use]
    pub fn sign(&self, method: &Method, path: &str, body: impl Into<Bytes>) -> Request<Body> {
        self.signing().sign(method, path, body)
    }

    /// A signed request without a body.
    #[must_use]
    pub fn get(&self, path: &str) -> Request<Body> {
        self.sign(&Method::GET, path, "")
    }

    /// A signed request with JSON.
    #[must_use]
    pub fn post(&self, path: &str, body: &Value) -> Request<Body> {
        self.sign(&Method::POST, path, body.to_string())
    }

    /// A signed request with JSON.
    #[must_use]
    pub fn put(&self, path: &str, body: &Value) -> Request<Body> {
        self.sign(&Method::PUT, path, body.to_string())
    }

    /// A signed request without a body.
    #[must_use]
    pub fn delete(&self, path: &str) -> Request<Body> {
        self.sign(&Method::DELETE, path, "")
    }
}

impl Signing {
    /// Signs a request.
    ///
    /// # Panics
    /// Where a value is no header.
    #[must_use]
    pub fn sign(&self, method: &Method, path: &str, body: impl Into<Bytes>) -> Request<Body> {
        let body = body.into();
        let timestamp = self.at.timestamp().to_string();
        let text = canonical(method.as_str(), path, &timestamp, &self.nonce, &body);
        let signature = hmac_sha256(self.key.expose_secret().as_bytes(), text.as_bytes());
        let mut request = request(method, path, body);
        let mut header = |name: &'static str, value: &str| {
            let value = HeaderValue::from_str(value).expect("a header");
            request.headers_mut().insert(name, value);
        };
        header("x-onefunders-timestamp", &timestamp);
        header("x-onefunders-nonce", &self.nonce);
        header("x-onefunders-signature", &hex::encode(signature));
        if let Some(key_id) = &self.key_id {
            header("x-onefunders-key-id", key_id);
        }
        request
    }
}
