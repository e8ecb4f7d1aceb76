//! S3 on a loopback port, as far as clients with signed addresses use it. It
//! checks each signature by a computation of its own.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use chrono::{NaiveDateTime, TimeDelta};
use http::{HeaderMap, Method, StatusCode, Uri, header};
use kernel::time::Clock;
use platform::clock::SystemClock;
use platform::tokens::{hmac_sha256, sha256_hex};

/// The region that addresses are signed for.
pub const REGION: &str = "eu-central-1";
/// Whose signature is good.
pub const ACCESS_KEY: &str = "AKIDTESTKIT";
/// The key of that signature.
pub const SECRET_KEY: &str = "the test kit's secret";
/// The session that the key belongs to.
pub const SESSION_TOKEN: &str = "session/token+kit==";

/// The store of one test.
#[derive(Clone, Debug)]
pub struct Objects {
    /// Its address.
    pub url: String,
    kept: Arc<Mutex<HashMap<String, Object>>>,
}

/// An object as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Its media type.
    pub content_type: String,
    /// Its bytes.
    pub bytes: Bytes,
}

impl Objects {
    pub(crate) async fn start() -> Self {
        let kept: Arc<Mutex<HashMap<String, Object>>> = Arc::default();
        let (listener, url) = crate::cloud::listener().await;
        let app = Router::new()
            .fallback(serve)
            .layer(DefaultBodyLimit::disable())
            .with_state(Arc::clone(&kept));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, kept }
    }

    /// What is kept, by bucket and key: `bucket/the/key`.
    ///
    /// # Panics
    /// Where the server has died.
    #[must_use]
    pub fn kept(&self) -> HashMap<String, Object> {
        self.kept.lock().expect("not poisoned").clone()
    }
}

async fn serve(
    State(kept): State<Arc<Mutex<HashMap<String, Object>>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if let Err(why) = check(&method, &uri, &headers) {
        return (StatusCode::FORBIDDEN, why).into_response();
    }
    let path = uri.path().trim_start_matches('/').to_owned();
    let mut kept = kept.lock().expect("not poisoned");
    if method == Method::PUT {
        let digest = hex::decode(sha256_hex(&body)).expect("hex");
        let is_checked = headers.contains_key("x-amz-checksum-sha256");
        if is_checked && text(&headers, "x-amz-checksum-sha256") != BASE64.encode(digest) {
            return (StatusCode::BAD_REQUEST, "BadDigest").into_response();
        }
        let object = Object {
            content_type: text(&headers, "content-type").to_owned(),
            bytes: body,
        };
        kept.insert(path, object);
        return StatusCode::OK.into_response();
    }
    if method == Method::DELETE {
        kept.remove(&path);
        return StatusCode::NO_CONTENT.into_response();
    }
    match kept.get(&path) {
        Some(object) => {
            let kind = [(header::CONTENT_TYPE, object.content_type.clone())];
            (kind, object.bytes.clone()).into_response()
        }
        None => (StatusCode::NOT_FOUND, "NoSuchKey").into_response(),
    }
}

/// The computation that the reference of S3 describes, step by step.
fn check(method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), &'static str> {
    // Sorted by name, and still escaped, as the canonical query is.
    let mut query: BTreeMap<&str, &str> = uri
        .query()
        .unwrap_or_default()
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .collect();
    let given = query.remove("X-Amz-Signature").ok_or("not signed")?;
    let of = |name: &str| query.get(name).copied().unwrap_or_default();
    let date_time = of("X-Amz-Date");
    let began = NaiveDateTime::parse_from_str(date_time, "%Y%m%dT%H%M%SZ")
        .map_err(|_| "no date")?
        .and_utc();
    let life_s = of("X-Amz-Expires").parse().map_err(|_| "no life")?;
    if SystemClock.now() > began + TimeDelta::seconds(life_s) {
        return Err("expired");
    }
    let date = &date_time[..8];
    let scope = format!("{date}/{REGION}/s3/aws4_request");
    let credential = format!("{ACCESS_KEY}/{scope}").replace('/', "%2F");
    let session = SESSION_TOKEN
        .replace('/', "%2F")
        .replace('+', "%2B")
        .replace('=', "%3D");
    if of("X-Amz-Credential") != credential || of("X-Amz-Security-Token") != session {
        return Err("another key");
    }
    let signed_headers = of("X-Amz-SignedHeaders").replace("%3B", ";");
    let canonical_headers: String = signed_headers
        .split(';')
        .map(|name| format!("{name}:{}\n", text(headers, name)))
        .collect();
    let canonical_query: Vec<String> = query
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let canonical = format!(
        "{method}\n{}\n{}\n{canonical_headers}\n{signed_headers}\nUNSIGNED-PAYLOAD",
        uri.path(),
        canonical_query.join("&"),
    );
    let to_sign = format!(
        "AWS4-HMAC-SHA256\n{date_time}\n{scope}\n{}",
        sha256_hex(canonical.as_bytes())
    );
    let first = format!("AWS4{SECRET_KEY}").into_bytes();
    let key = [date, REGION, "s3", "aws4_request"]
        .iter()
        .fold(first, |key, part| hmac_sha256(&key, part.as_bytes()));
    match hex::encode(hmac_sha256(&key, to_sign.as_bytes())) == given {
        true => Ok(()),
        false => Err("SignatureDoesNotMatch"),
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default()
}
