//! Objects in S3. Clients send and fetch them by themselves, by addresses that
//! are signed for one request and for a short time, so that no file passes
//! through a function.
//!
//! The signer is the one that the AWS SDK signs with. S3's own client would be
//! the largest part of a function that has no other use for it.

use std::time::Duration;

use aws_sdk_dynamodb::config::Credentials;
use aws_sigv4::http_request::{
    PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::{Bytes, BytesMut};
use chrono::TimeDelta;
use http::{Method, StatusCode, Uri};
use kernel::error::Cause;
use kernel::time::Timestamp;
use reqwest::Client;
use secrecy::{ExposeSecret, SecretString};

use crate::config::{ConfigError, Env};
use crate::{aws, http_client};

/// How long S3 is waited for.
const TIMEOUT: Duration = Duration::from_secs(3);
/// How long S3 is waited for where an object is fetched whole.
const FETCH_TIMEOUT: Duration = Duration::from_mins(1);
/// Life of an address that is used at once.
const AT_ONCE: TimeDelta = TimeDelta::minutes(1);

/// An operation on an object that failed, by its name.
#[derive(Debug, thiserror::Error)]
#[error("the object store could not {operation}")]
pub struct ObjectError {
    /// What was tried.
    pub operation: &'static str,
    /// Why not; never the signed address.
    #[source]
    pub source: Cause,
}

impl ObjectError {
    fn new(operation: &'static str, source: impl Into<Cause>) -> Self {
        Self {
            operation,
            source: source.into(),
        }
    }
}

impl From<ObjectError> for kernel::Error {
    fn from(error: ObjectError) -> Self {
        Self::upstream("the document store", error)
    }
}

/// One request that whoever has the address may make.
#[derive(Clone, Debug)]
pub struct SignedRequest {
    /// The address with its signature.
    pub url: SecretString,
    /// Headers that are signed too and must be sent as they are.
    pub headers: Vec<(&'static str, String)>,
    /// Until when S3 accepts it.
    pub expires_at: Timestamp,
}

/// What is to be sent: S3 takes these bytes and no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Upload<'a> {
    /// Media type that the object will have.
    pub content_type: &'a str,
    /// Length in bytes.
    pub size_bytes: u64,
    /// SHA-256 of the bytes; S3 does not check them if absent.
    pub sha256: Option<&'a [u8]>,
}

/// A bucket, with the credentials of this process. Keys are of letters,
/// digits and `/ - _ .`, and need no escapes.
#[derive(Clone, Debug)]
pub struct Bucket {
    /// Address of the bucket, which `/` and a key are added to.
    base: String,
    region: String,
    credentials: Credentials,
    client: Client,
}

impl Bucket {
    /// The bucket that a setting names. `AWS_ENDPOINT_URL_S3`, or
    /// `AWS_ENDPOINT_URL`, is where it is when it is not at AWS; the bucket is
    /// then part of the path.
    ///
    /// # Errors
    /// Where a setting is missing.
    ///
    /// # Panics
    /// Where TLS cannot be set up: its parts are compiled in.
    pub fn from_env(env: &Env, setting: &'static str) -> Result<Self, ConfigError> {
        let name = env.text(setting)?;
        let region = aws::region(env)?;
        let endpoint = env
            .optional("AWS_ENDPOINT_URL_S3")
            .or_else(|| env.optional("AWS_ENDPOINT_URL"));
        let base = match endpoint {
            Some(endpoint) => format!("{}/{name}", endpoint.trim_end_matches('/')),
            None => format!("https://{name}.s3.{region}.amazonaws.com"),
        };
        Ok(Self {
            base,
            region,
            credentials: aws::credentials(env)?,
            client: http_client::partner(TIMEOUT).expect("TLS is compiled in"),
        })
    }

    /// Lets somebody send an object under a key.
    ///
    /// # Errors
    /// Where the key cannot be one.
    pub fn upload(
        &self,
        key: &str,
        upload: Upload<'_>,
        now: Timestamp,
        life: TimeDelta,
    ) -> Result<SignedRequest, ObjectError> {
        let mut headers = vec![
            ("content-type", upload.content_type.to_owned()),
            ("content-length", upload.size_bytes.to_string()),
        ];
        if let Some(sha256) = upload.sha256 {
            headers.push(("x-amz-checksum-sha256", BASE64.encode(sha256)));
        }
        self.signed(&Method::PUT, key, headers, now, life)
    }

    /// Lets somebody fetch an object.
    ///
    /// # Errors
    /// Where the key cannot be one.
    pub fn download(
        &self,
        key: &str,
        now: Timestamp,
        life: TimeDelta,
    ) -> Result<SignedRequest, ObjectError> {
        self.signed(&Method::GET, key, Vec::new(), now, life)
    }

    /// Whether an object is there.
    ///
    /// # Errors
    /// Where S3 does not say.
    pub async fn has(&self, key: &str, now: Timestamp) -> Result<bool, ObjectError> {
        let head = self.signed(&Method::HEAD, key, Vec::new(), now, AT_ONCE)?;
        let failed = |cause: Cause| ObjectError::new("look for an object", cause);
        let answer = self.client.head(head.url.expose_secret()).send().await;
        // The address is a secret, and an error of the client tells it.
        let answer = answer.map_err(|error| failed(error.without_url().into()))?;
        match answer.status() {
            StatusCode::OK => Ok(true),
            StatusCode::NOT_FOUND => Ok(false),
            other => Err(failed(format!("status {other}").into())),
        }
    }

    /// Fetches an object of at most so many bytes. Returns `None` if it is not
    /// there.
    ///
    /// # Errors
    /// Returns an error if S3 fails or the object is larger.
    pub async fn fetch(
        &self,
        key: &str,
        bytes_max: usize,
        now: Timestamp,
    ) -> Result<Option<Bytes>, ObjectError> {
        let get = self.signed(&Method::GET, key, Vec::new(), now, AT_ONCE)?;
        let failed = |cause: Cause| ObjectError::new("fetch an object", cause);
        let lost = |error: reqwest::Error| failed(error.without_url().into());
        let call = self.client.get(get.url.expose_secret());
        let answer = call.timeout(FETCH_TIMEOUT).send().await;
        let mut answer = answer.map_err(lost)?;
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Ok(None),
            other => return Err(failed(format!("status {other}").into())),
        }
        let mut bytes = BytesMut::new();
        while let Some(chunk) = answer.chunk().await.map_err(lost)? {
            if bytes.len() + chunk.len() > bytes_max {
                return Err(failed(format!("more than {bytes_max} bytes").into()));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(Some(bytes.freeze()))
    }

    /// Deletes an object; nothing happens if there is none.
    ///
    /// # Errors
    /// Returns an error if S3 fails.
    pub async fn delete(&self, key: &str, now: Timestamp) -> Result<(), ObjectError> {
        let delete = self.signed(&Method::DELETE, key, Vec::new(), now, AT_ONCE)?;
        let failed = |cause: Cause| ObjectError::new("delete an object", cause);
        let answer = self.client.delete(delete.url.expose_secret()).send().await;
        let answer = answer.map_err(|error| failed(error.without_url().into()))?;
        match answer.status() {
            StatusCode::NOT_FOUND => Ok(()),
            status if status.is_success() => Ok(()),
            other => Err(failed(format!("status {other}").into())),
        }
    }

    fn signed(
        &self,
        method: &Method,
        key: &str,
        headers: Vec<(&'static str, String)>,
        now: Timestamp,
        life: TimeDelta,
    ) -> Result<SignedRequest, ObjectError> {
        let url = self
            .presign(method, key, &headers, now, life)
            .map_err(|cause| ObjectError::new("sign an address", cause))?;
        Ok(SignedRequest {
            url,
            headers,
            expires_at: now + life,
        })
    }

    fn presign(
        &self,
        method: &Method,
        key: &str,
        headers: &[(&'static str, String)],
        now: Timestamp,
        life: TimeDelta,
    ) -> Result<SecretString, Cause> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte);
        if key.is_empty() || !key.bytes().all(is_plain) {
            return Err("a key that would need escapes".into());
        }
        let uri: Uri = format!("{}/{key}", self.base).parse()?;
        let mut settings = SigningSettings::default();
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(life.to_std()?);
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        let identity = Identity::from(self.credentials.clone());
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("s3")
            .time(now.into())
            .settings(settings)
            .build()?
            .into();
        let request = SignableRequest::new(
            method.as_str(),
            uri.to_string(),
            headers.iter().map(|(name, value)| (*name, value.as_str())),
            SignableBody::UnsignedPayload,
        )?;
        let (instructions, _) = sign(request, &params)?.into_parts();
        let mut signed = http::Request::builder().uri(uri).body(())?;
        instructions.apply_to_request_http1x(&mut signed);
        Ok(signed.uri().to_string().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(base: &str, session: Option<&str>) -> Bucket {
        Bucket {
            base: base.to_owned(),
            region: "us-east-1".to_owned(),
            credentials: Credentials::new(
                "AKIAIOSFODNN7EXAMPLE",
                "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                session.map(str::to_owned),
                None,
                "test",
            ),
            client: http_client::partner(TIMEOUT).expect("a client"),
        }
    }

    fn at() -> Timestamp {
        "2013-05-24T00:00:00Z".parse().expect("a time")
    }

    fn url(request: &SignedRequest) -> url::Url {
        request.url.expose_secret().parse().expect("an address")
    }

    fn parameter(url: &url::Url, name: &str) -> Option<String> {
        let mut pairs = url.query_pairs();
        pairs.find_map(|(found, value)| (found == name).then(|| value.into_owned()))
    }

    /// The example of the S3 API's reference, "Authenticating Requests: Using
    /// Query Parameters".
    #[test]
    fn an_address_is_signed_as_the_reference_of_s3_does_it() {
        let bucket = bucket("https://examplebucket.s3.amazonaws.com", None);
        let get = bucket.download("test.txt", at(), TimeDelta::days(1));
        let get = get.expect("signs");
        assert_eq!(get.expires_at, at() + TimeDelta::days(1));
        let url = url(&get);
        assert_eq!(
            parameter(&url, "X-Amz-Signature").as_deref(),
            Some("aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")
        );
        assert_eq!(
            parameter(&url, "X-Amz-Credential").as_deref(),
            Some("AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request")
        );
        assert_eq!(parameter(&url, "X-Amz-Expires").as_deref(), Some("86400"));
    }

    #[test]
    fn length_type_and_checksum_are_signed_with_an_upload() {
        let upload = Upload {
            content_type: "image/png",
            size_bytes: 3,
            sha256: Some(&[7; 32]),
        };
        let bucket = bucket("http://localhost:4566/files", Some("a token"));
        let put = bucket.upload("kyc/a/b", upload, at(), TimeDelta::minutes(15));
        let put = put.expect("signs");
        let url = url(&put);
        assert_eq!(url.path(), "/files/kyc/a/b");
        assert_eq!(
            parameter(&url, "X-Amz-SignedHeaders").as_deref(),
            Some("content-length;content-type;host;x-amz-checksum-sha256")
        );
        assert_eq!(
            parameter(&url, "X-Amz-Security-Token").as_deref(),
            Some("a token")
        );
        let checksum = BASE64.encode([7; 32]);
        assert!(put.headers.contains(&("x-amz-checksum-sha256", checksum)));
        assert!(!format!("{put:?}").contains("X-Amz-Signature"));
    }

    #[test]
    fn a_key_that_needs_escapes_is_refused() {
        let bucket = bucket("https://examplebucket.s3.amazonaws.com", None);
        for key in ["", "a b", "a?b", "a#b", "é", "a%2Fb"] {
            let answer = bucket.download(key, at(), TimeDelta::minutes(1));
            assert!(answer.is_err(), "{key:?}");
        }
    }

    #[test]
    fn a_bucket_is_part_of_the_path_where_an_endpoint_is_set() {
        let of = |pairs: &[(&str, &str)]| {
            let mut all = vec![
                ("FILES", "files"),
                ("AWS_REGION", "eu-central-1"),
                ("AWS_ACCESS_KEY_ID", "id"),
                ("AWS_SECRET_ACCESS_KEY", "key"),
            ];
            all.extend_from_slice(pairs);
            let env = Env::from_pairs(all);
            Bucket::from_env(&env, "FILES").expect("a bucket").base
        };
        assert_eq!(of(&[]), "https://files.s3.eu-central-1.amazonaws.com");
        let all = ("AWS_ENDPOINT_URL", "http://localhost:4566/");
        assert_eq!(of(&[all]), "http://localhost:4566/files");
        let own = ("AWS_ENDPOINT_URL_S3", "http://localhost:9000");
        assert_eq!(of(&[all, own]), "http://localhost:9000/files");
    }
}
