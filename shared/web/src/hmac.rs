//! Server-to-server signatures: what is signed, and how it is checked.

use kernel::Error;
use kernel::time::Timestamp;
use platform::tokens::{constant_time_eq, hmac_sha256, sha256_hex};
use secrecy::{ExposeSecret, SecretString};

/// Carries a shop's signature.
pub const SIGNATURE_HEADER: &str = "x-onefunders-signature";
/// Seconds that a timestamp may be off, either way.
pub const TIMESTAMP_TOLERANCE_S: i64 = 300;

/// The signature's headers, in the forms they must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureHeaders {
    /// Which key; without it, the default shop's.
    pub key_id: Option<String>,
    /// Unix seconds, as they were written.
    pub timestamp: String,
    /// The same as a number.
    pub timestamp_s: i64,
    /// Once only.
    pub nonce: String,
    /// HMAC-SHA-256 of the canonical request.
    pub signature: [u8; 32],
}

impl SignatureHeaders {
    /// Reads the headers. `None` where the request has no signature at all.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] where one is missing or of another form.
    pub fn read(headers: &http::HeaderMap) -> Result<Option<Self>, Error> {
        let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or(""));
        let Some(signature) = text(SIGNATURE_HEADER) else {
            return Ok(None);
        };
        Self::parse(
            signature,
            text("x-onefunders-timestamp").unwrap_or(""),
            text("x-onefunders-nonce").unwrap_or(""),
            text("x-onefunders-key-id"),
        )
        .map(Some)
        .ok_or(Error::Unauthenticated)
    }

    fn parse(signature: &str, timestamp: &str, nonce: &str, key_id: Option<&str>) -> Option<Self> {
        let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let timestamp_fits = (1..=12).contains(&timestamp.len()) && is_digits(timestamp);
        let nonce_fits = (16..=64).contains(&nonce.len())
            && nonce
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        let lower_hex = signature.len() == 64
            && signature
                .bytes()
                .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        if !(timestamp_fits && nonce_fits && lower_hex) {
            return None;
        }
        let mut bytes = [0_u8; 32];
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&signature[index * 2..index * 2 + 2], 16).ok()?;
        }
        Some(Self {
            key_id: key_id.map(str::to_owned),
            timestamp: timestamp.to_owned(),
            timestamp_s: timestamp.parse().ok()?,
            nonce: nonce.to_owned(),
            signature: bytes,
        })
    }

    /// Whether the timestamp is within the window.
    #[must_use]
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        (now.timestamp() - self.timestamp_s).abs() <= TIMESTAMP_TOLERANCE_S
    }

    /// Whether a key made this signature of a request.
    #[must_use]
    pub fn is_by(
        &self,
        secret: &SecretString,
        method: &str,
        path_and_query: &str,
        body: &[u8],
    ) -> bool {
        let canonical = canonical(method, path_and_query, &self.timestamp, &self.nonce, body);
        let expected = hmac_sha256(secret.expose_secret().as_bytes(), canonical.as_bytes());
        constant_time_eq(&expected, &self.signature)
    }
}

/// The text that is signed.
#[must_use]
pub fn canonical(
    method: &str,
    path_and_query: &str,
    timestamp: &str,
    nonce: &str,
    body: &[u8],
) -> String {
    let body_hash = sha256_hex(body);
    format!("{method}\n{path_and_query}\n{timestamp}\n{nonce}\n{body_hash}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, HeaderValue};

    const BODY: &[u8] = br#"{"wp_user_id":42}"#;
    const SIGNATURE: &str = "7da44079a81f774b1c0f783e85c7e3c1a7545f97a944562e9b6c76d566c4e17d";

    fn headers(signature: &'static str, timestamp: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(
            "x-onefunders-signature",
            HeaderValue::from_static(signature),
        );
        headers.insert(
            "x-onefunders-timestamp",
            HeaderValue::from_static(timestamp),
        );
        headers.insert(
            "x-onefunders-nonce",
            HeaderValue::from_static("00000000-0000-0000-0000-000000000000"),
        );
        headers
    }

    #[test]
    fn the_published_vector_verifies() {
        assert_eq!(
            sha256_hex(BODY),
            "958d5b7bd2056f6d61836abb75ae4fb2dd5a43e098c1da5481d2beead69f58ca"
        );
        let read = SignatureHeaders::read(&headers(SIGNATURE, "1700000000"))
            .expect("well formed")
            .expect("signed");
        let key = SecretString::from("test-key");
        assert!(read.is_by(&key, "POST", "/api/auth/exchange", BODY));
        assert!(!read.is_by(&key, "POST", "/api/auth/exchange?a=1", BODY));
        assert!(!read.is_by(&key, "GET", "/api/auth/exchange", BODY));
        assert!(!read.is_by(&key, "POST", "/api/auth/exchange", b"{}"));
        assert!(!read.is_by(&"other".into(), "POST", "/api/auth/exchange", BODY));
    }

    #[test]
    fn headers_of_another_form_are_refused() {
        for (signature, timestamp) in [
            (
                "7DA44079A81F774B1C0F783E85C7E3C1A7545F97A944562E9B6C76D566C4E17D",
                "1700000000",
            ),
            ("7da4", "1700000000"),
            (SIGNATURE, "1.7e9"),
            (SIGNATURE, "-1700000000"),
            (SIGNATURE, ""),
        ] {
            assert!(SignatureHeaders::read(&headers(signature, timestamp)).is_err());
        }
        assert_eq!(
            SignatureHeaders::read(&HeaderMap::new()).expect("absent"),
            None
        );
    }

    #[test]
    fn a_timestamp_is_good_for_five_minutes_either_way() {
        let read = SignatureHeaders::read(&headers(SIGNATURE, "1700000000"))
            .expect("well formed")
            .expect("signed");
        let at = |s| chrono::DateTime::from_timestamp(s, 0).expect("a time");
        assert!(read.is_fresh(at(1_700_000_300)));
        assert!(read.is_fresh(at(1_699_999_700)));
        assert!(!read.is_fresh(at(1_700_000_301)));
        assert!(!read.is_fresh(at(1_699_999_699)));
    }
}
