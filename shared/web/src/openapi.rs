//! What all functions' documents share.

use utoipa::Modify;
use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};

/// Adds the ways to authenticate to a document.
#[derive(Clone, Copy, Debug)]
pub struct SecuritySchemes;

impl Modify for SecuritySchemes {
    fn modify(&self, openapi: &mut OpenApi) {
        let components = openapi.components.get_or_insert_default();
        let mut jwt = Http::new(HttpAuthScheme::Bearer);
        jwt.bearer_format = Some("JWT".to_owned());
        jwt.description = Some("An access token, good for 15 minutes.".to_owned());
        components.add_security_scheme("jwt", SecurityScheme::Http(jwt));
        let mut device = Http::new(HttpAuthScheme::Bearer);
        device.description = Some("The token that a terminal got when it was paired.".to_owned());
        components.add_security_scheme("device", SecurityScheme::Http(device));
        let signature = ApiKeyValue::with_description(
            "X-OneFunders-Signature",
            "HMAC-SHA-256 over method, path and query, timestamp, nonce and the body's hash, \
             with X-OneFunders-Timestamp, X-OneFunders-Nonce and X-OneFunders-Key-Id.",
        );
        components.add_security_scheme("hmac", SecurityScheme::ApiKey(ApiKey::Header(signature)));
    }
}
