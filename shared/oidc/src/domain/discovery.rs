//! What a provider says of itself, by OpenID Connect Discovery 1.0, and whether
//! it can sign anybody in here.

use jsonwebtoken::Algorithm;
use serde::Deserialize;
use url::Url;

/// Characters of an issuer.
pub const ISSUER_CHARS_MAX: usize = 512;
/// Where the document is, below the issuer.
const PATH: &str = "/.well-known/openid-configuration";

/// An algorithm by which ID tokens may be signed: asymmetric ones alone, so
/// that nobody who can check a token can make one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SigningAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

impl SigningAlgorithm {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Rs256, Self::Es256, Self::EdDsa];

    /// The name that headers and documents carry.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }

    pub(super) fn of_library(self) -> Algorithm {
        match self {
            Self::Rs256 => Algorithm::RS256,
            Self::Es256 => Algorithm::ES256,
            Self::EdDsa => Algorithm::EdDSA,
        }
    }
}

/// How a client shows the token endpoint who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuthentication {
    /// It has no secret: its code's verifier must do.
    None,
    /// By HTTP basic authentication.
    Basic,
    /// In the body.
    Post,
}

/// The document as it was sent. Whatever is absent reads as empty, so that it
/// is one of our own sentences that names it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    response_types_supported: Vec<String>,
    id_token_signing_alg_values_supported: Vec<String>,
    code_challenge_methods_supported: Option<Vec<String>>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    authorization_response_iss_parameter_supported: bool,
}

/// A provider that can sign people in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// Its name: the `iss` of its tokens.
    pub issuer: String,
    /// Where browsers are sent.
    pub authorization_endpoint: Url,
    /// Where codes are exchanged.
    pub token_endpoint: Url,
    /// Where its keys are.
    pub jwks_uri: Url,
    /// The algorithms that it uses and we take.
    pub algorithms: Vec<SigningAlgorithm>,
    /// Whether its answers always name it (RFC 9207).
    pub names_itself: bool,
    tells_of_pkce: bool,
    takes_basic: bool,
    takes_post: bool,
}

/// Why a provider cannot sign anybody in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The issuer's own form.
    #[error("the issuer {0}")]
    Issuer(String),
    /// The document is another provider's.
    #[error("the discovery document names another issuer")]
    OtherIssuer,
    /// An endpoint is absent or cannot be.
    #[error("the discovery document's {name} {problem}")]
    Endpoint {
        /// The field.
        name: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// The code flow is missing.
    #[error("the provider does not offer the code flow")]
    NoCodeFlow,
    /// PKCE is missing.
    #[error("the provider does not offer PKCE with S256")]
    NoPkce,
    /// Tokens are signed by none of what we take.
    #[error("the provider signs ID tokens by none of RS256, ES256 and EdDSA")]
    NoAlgorithm,
    /// The secret cannot be shown.
    #[error("the provider takes a client secret neither by basic authentication nor in the body")]
    NoAuthentication,
}

/// Checks an issuer, which is compared character by character from then on.
/// `read` refuses addresses that may not be called.
///
/// # Errors
/// [`Fault::Issuer`].
pub fn check_issuer(issuer: &str, read: impl Fn(&str) -> Result<Url, String>) -> Result<(), Fault> {
    if issuer.len() > ISSUER_CHARS_MAX {
        let problem = format!("must be at most {ISSUER_CHARS_MAX} characters long");
        return Err(Fault::Issuer(problem));
    }
    let url = read(issuer).map_err(Fault::Issuer)?;
    if url.query().is_some() || url.fragment().is_some() {
        let problem = "must have neither a query nor a fragment";
        return Err(Fault::Issuer(problem.to_owned()));
    }
    Ok(())
}

/// Where an issuer's document is.
#[must_use]
pub fn document_url(issuer: &str) -> String {
    format!("{}{PATH}", issuer.trim_end_matches('/'))
}

impl Document {
    /// Checks what was sent for an issuer.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn check(
        self,
        issuer: &str,
        read: impl Fn(&str) -> Result<Url, String>,
    ) -> Result<Metadata, Fault> {
        if self.issuer != issuer {
            return Err(Fault::OtherIssuer);
        }
        let endpoint = |name, text: &str| match text {
            "" => Err(Fault::Endpoint {
                name,
                problem: "is missing".to_owned(),
            }),
            text => read(text).map_err(|problem| Fault::Endpoint { name, problem }),
        };
        let has = |list: &[String], wanted: &str| list.iter().any(|one| one == wanted);
        if !has(&self.response_types_supported, "code") {
            return Err(Fault::NoCodeFlow);
        }
        let challenges = self.code_challenge_methods_supported;
        if challenges.as_ref().is_some_and(|list| !has(list, "S256")) {
            return Err(Fault::NoPkce);
        }
        let algorithms: Vec<SigningAlgorithm> = SigningAlgorithm::ALL
            .into_iter()
            .filter(|one| has(&self.id_token_signing_alg_values_supported, one.name()))
            .collect();
        if algorithms.is_empty() {
            return Err(Fault::NoAlgorithm);
        }
        // What the specification says of a document that does not.
        let methods = self
            .token_endpoint_auth_methods_supported
            .unwrap_or_else(|| vec!["client_secret_basic".to_owned()]);
        Ok(Metadata {
            authorization_endpoint: endpoint(
                "authorization_endpoint",
                &self.authorization_endpoint,
            )?,
            token_endpoint: endpoint("token_endpoint", &self.token_endpoint)?,
            jwks_uri: endpoint("jwks_uri", &self.jwks_uri)?,
            issuer: self.issuer,
            algorithms,
            names_itself: self.authorization_response_iss_parameter_supported,
            tells_of_pkce: challenges.is_some(),
            takes_basic: has(&methods, "client_secret_basic"),
            takes_post: has(&methods, "client_secret_post"),
        })
    }
}

impl Metadata {
    /// How a client with or without a secret shows who it is. A provider that
    /// says nothing of PKCE may ignore it: then a secret must keep a stolen
    /// code from being used, and the nonce one that is slipped to somebody.
    ///
    /// # Errors
    /// [`Fault::NoPkce`], [`Fault::NoAuthentication`].
    pub fn authentication(&self, has_secret: bool) -> Result<ClientAuthentication, Fault> {
        match (has_secret, self.takes_basic, self.takes_post) {
            (false, ..) if !self.tells_of_pkce => Err(Fault::NoPkce),
            (false, ..) => Ok(ClientAuthentication::None),
            (true, true, _) => Ok(ClientAuthentication::Basic),
            (true, false, true) => Ok(ClientAuthentication::Post),
            (true, false, false) => Err(Fault::NoAuthentication),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const ISSUER: &str = "https://id.example/tenant";

    fn document() -> Value {
        json!({
            "issuer": ISSUER,
            "authorization_endpoint": "https://id.example/authorize?x=1",
            "token_endpoint": "https://token.example/token",
            "jwks_uri": "https://id.example/keys",
            "response_types_supported": ["id_token", "code"],
            "id_token_signing_alg_values_supported": ["HS256", "none", "EdDSA", "RS256"],
            "code_challenge_methods_supported": ["plain", "S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            "authorization_response_iss_parameter_supported": true,
        })
    }

    fn read(text: &str) -> Result<Url, String> {
        let url = Url::parse(text).map_err(|_| "is no URL".to_owned())?;
        match url.scheme() {
            "https" => Ok(url),
            _ => Err("must start with https://".to_owned()),
        }
    }

    fn checked(document: Value) -> Result<Metadata, Fault> {
        let document: Document = serde_json::from_value(document).expect("a document");
        document.check(ISSUER, read)
    }

    fn with(name: &str, value: Value) -> Result<Metadata, Fault> {
        let mut document = document();
        document[name] = value;
        checked(document)
    }

    #[test]
    fn a_provider_is_what_its_document_says() {
        let metadata = checked(document()).expect("fits");
        assert_eq!(metadata.issuer, ISSUER);
        assert_eq!(metadata.token_endpoint.host_str(), Some("token.example"));
        let ours = [SigningAlgorithm::Rs256, SigningAlgorithm::EdDsa];
        assert_eq!(metadata.algorithms, ours);
        assert!(metadata.names_itself);
        assert_eq!(
            metadata.authentication(true),
            Ok(ClientAuthentication::Post)
        );
        assert_eq!(
            metadata.authentication(false),
            Ok(ClientAuthentication::None)
        );
    }

    #[test]
    fn a_document_of_another_issuer_is_refused_to_the_last_character() {
        for other in [
            "https://id.example/tenant/",
            "https://ID.example/tenant",
            "",
        ] {
            let refused = with("issuer", json!(other));
            assert_eq!(refused, Err(Fault::OtherIssuer), "{other}");
        }
    }

    #[test]
    fn endpoints_are_there_and_under_tls() {
        for name in ["authorization_endpoint", "token_endpoint", "jwks_uri"] {
            let problem = |problem: &str| {
                Err(Fault::Endpoint {
                    name,
                    problem: problem.to_owned(),
                })
            };
            assert_eq!(with(name, json!("")), problem("is missing"));
            let plain = with(name, json!("http://id.example/x"));
            assert_eq!(plain, problem("must start with https://"));
        }
    }

    #[test]
    fn what_we_cannot_rely_on_is_refused() {
        let refused = |name, value| with(name, value).expect_err("refused");
        let hmac = json!(["HS256", "none", "RS1"]);
        assert_eq!(
            refused("id_token_signing_alg_values_supported", hmac),
            Fault::NoAlgorithm
        );
        assert_eq!(
            refused("response_types_supported", json!(["id_token token"])),
            Fault::NoCodeFlow
        );
        assert_eq!(
            refused("code_challenge_methods_supported", json!(["plain"])),
            Fault::NoPkce
        );
        let no_method = with(
            "token_endpoint_auth_methods_supported",
            json!(["private_key_jwt"]),
        );
        assert_eq!(
            no_method.expect("fits").authentication(true),
            Err(Fault::NoAuthentication)
        );
    }

    #[test]
    fn a_client_without_a_secret_needs_a_provider_that_says_it_checks_verifiers() {
        let silent = with("code_challenge_methods_supported", Value::Null).expect("fits");
        assert_eq!(silent.authentication(false), Err(Fault::NoPkce));
        assert_eq!(silent.authentication(true), Ok(ClientAuthentication::Post));
        let silent = with("token_endpoint_auth_methods_supported", Value::Null).expect("fits");
        assert_eq!(silent.authentication(true), Ok(ClientAuthentication::Basic));
    }

    #[test]
    fn an_issuer_is_an_address_without_query_and_fragment() {
        assert_eq!(check_issuer(ISSUER, read), Ok(()));
        let long = format!("https://id.example/{}", "x".repeat(ISSUER_CHARS_MAX));
        for issuer in [
            "http://id.example",
            "id.example",
            "https://id.example?x=1",
            "https://id.example#x",
            &long,
        ] {
            let refused = check_issuer(issuer, read);
            assert!(matches!(refused, Err(Fault::Issuer(_))), "{issuer}");
        }
        let at = "https://id.example/.well-known/openid-configuration";
        assert_eq!(document_url("https://id.example"), at);
        assert_eq!(document_url("https://id.example/"), at);
    }
}
