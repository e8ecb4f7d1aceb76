//! An OpenID Connect provider over HTTP: discovery, authorization, tokens and
//! keys. It checks what a provider has to check (client, redirect address, code,
//! verifier), and lies about the rest where a test wants it to.

mod token;

pub use token::{Signing, Token};

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::extract::{Form, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD as BASE64, URL_SAFE_NO_PAD};
use http::header::{AUTHORIZATION, LOCATION};
use http::{HeaderMap, StatusCode};
use kernel::id::ulid_at;
use kernel::time::Clock;
use platform::clock::SystemClock;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use token::Keys;

/// What the house is called at the provider.
pub const CLIENT_ID: &str = "tradebridge";
/// What it shows there.
pub const CLIENT_SECRET: &str = "a secret: of & the = client";
/// The access token that comes with every ID token.
pub const ACCESS_TOKEN: &str = "key-to-the-provider";

/// How often each endpoint was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// The discovery document.
    pub discovery: usize,
    /// The keys.
    pub keys: usize,
    /// The token endpoint.
    pub token: usize,
}

/// A running provider.
#[derive(Clone)]
pub struct Provider {
    /// Its address, which is its name.
    pub issuer: String,
    inner: Arc<Mutex<Inner>>,
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Provider({})", self.issuer)
    }
}

type Forge = Box<dyn Fn(&mut Token) + Send>;

struct Inner {
    issuer: String,
    keys: Keys,
    secret: Option<String>,
    user: Value,
    document: BTreeMap<String, Value>,
    answer: BTreeMap<String, Option<String>>,
    forge: Option<Forge>,
    body: Option<(StatusCode, String)>,
    grants: HashMap<String, Grant>,
    asked: Asked,
}

/// What a code stands for.
struct Grant {
    redirect_uri: String,
    challenge: String,
    nonce: String,
    user: Value,
}

impl Provider {
    /// Starts one that signs by ES256 and knows the house with its secret.
    ///
    /// # Panics
    /// Where it does not start.
    pub async fn start() -> Self {
        Self::signing_by("ES256").await
    }

    /// The same, signing by another algorithm: `RS256` or `EdDSA`.
    ///
    /// # Panics
    /// Where it does not start.
    pub async fn signing_by(algorithm: &str) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let issuer = format!("http://{address}");
        let provider = Self {
            inner: Arc::new(Mutex::new(Inner {
                issuer: issuer.clone(),
                keys: Keys::fresh(algorithm),
                secret: Some(CLIENT_SECRET.to_owned()),
                user: json!({}),
                document: BTreeMap::new(),
                answer: BTreeMap::new(),
                forge: None,
                body: None,
                grants: HashMap::new(),
                asked: Asked::default(),
            })),
            issuer,
        };
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        provider
    }

    /// Who signs in from now on: claims such as `sub` and `email`.
    pub fn set_user(&self, claims: Value) {
        self.inner().user = claims;
    }

    /// Changes a field of the discovery document.
    pub fn set_document(&self, field: &str, value: Value) {
        self.inner().document.insert(field.to_owned(), value);
    }

    /// Changes what a browser is sent back with; `None` leaves it out.
    pub fn set_answer(&self, name: &str, value: Option<&str>) {
        let value = value.map(str::to_owned);
        self.inner().answer.insert(name.to_owned(), value);
    }

    /// The house has no secret any more.
    pub fn set_public_client(&self) {
        self.inner().secret = None;
    }

    /// Changes every ID token before it is signed.
    pub fn forge(&self, forge: impl Fn(&mut Token) + Send + 'static) {
        self.inner().forge = Some(Box::new(forge));
    }

    /// Answers this, whatever it is asked.
    pub fn set_body(&self, status: u16, body: impl Into<String>) {
        let status = StatusCode::from_u16(status).expect("a status");
        self.inner().body = Some((status, body.into()));
    }

    /// Signs by another key of another id from now on, and publishes that one
    /// alone.
    pub fn rotate_keys(&self) {
        let mut inner = self.inner();
        inner.keys = inner.keys.rotated();
    }

    /// How often each endpoint was asked.
    #[must_use]
    pub fn asked(&self) -> Asked {
        self.inner().asked
    }

    /// Does what a browser does whose user signs in: answers the address that
    /// it is sent back to.
    ///
    /// # Panics
    /// Where the provider sends it nowhere.
    pub async fn sign_in(&self, authorization_url: &str) -> String {
        let http = platform::http_client::partner(Duration::from_secs(10));
        let answer = http.expect("a client").get(authorization_url).send().await;
        let answer = answer.expect("an answer");
        let location = answer.headers().get(LOCATION).cloned();
        let text = answer.text().await.unwrap_or_default();
        let location = location.unwrap_or_else(|| panic!("no redirect: {text}"));
        location.to_str().expect("text").to_owned()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("not poisoned")
    }
}

impl Inner {
    fn document(&self) -> Value {
        let issuer = &self.issuer;
        let mut document = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            "jwks_uri": format!("{issuer}/keys"),
            "response_types_supported": ["code"],
            "id_token_signing_alg_values_supported": [self.keys.algorithm()],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "authorization_response_iss_parameter_supported": true,
        });
        for (field, value) in &self.document {
            document[field] = value.clone();
        }
        document
    }

    fn token(&self, grant: &Grant) -> String {
        let now_s = SystemClock.now().timestamp();
        let mut claims = json!({
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": now_s,
            "exp": now_s + 300,
            "nonce": grant.nonce,
        });
        for (name, value) in grant.user.as_object().expect("claims") {
            claims[name] = value.clone();
        }
        let mut token = Token {
            header: self.keys.header(),
            claims,
            signing: Signing::Own,
        };
        if let Some(forge) = &self.forge {
            forge(&mut token);
        }
        self.keys.sign(&token)
    }
}

type Pairs = HashMap<String, String>;

async fn discovery(State(provider): State<Provider>) -> Response {
    let mut inner = provider.inner();
    inner.asked.discovery += 1;
    match inner.body.clone() {
        Some(body) => body.into_response(),
        None => Json(inner.document()).into_response(),
    }
}

async fn keys(State(provider): State<Provider>) -> Response {
    let mut inner = provider.inner();
    inner.asked.keys += 1;
    match inner.body.clone() {
        Some(body) => body.into_response(),
        None => Json(inner.keys.published()).into_response(),
    }
}

async fn authorize(State(provider): State<Provider>, Query(asked): Query<Pairs>) -> Response {
    let mut inner = provider.inner();
    let of = |name: &str| asked.get(name).cloned().unwrap_or_default();
    let fits = of("response_type") == "code"
        && of("client_id") == CLIENT_ID
        && of("scope").split(' ').any(|scope| scope == "openid")
        && of("code_challenge_method") == "S256";
    if !fits {
        return (StatusCode::BAD_REQUEST, format!("{asked:?}")).into_response();
    }
    let code = ulid_at(SystemClock.now());
    let grant = Grant {
        redirect_uri: of("redirect_uri"),
        challenge: of("code_challenge"),
        nonce: of("nonce"),
        user: inner.user.clone(),
    };
    let mut location = url::Url::parse(&grant.redirect_uri).expect("a redirect address");
    let mut sent = BTreeMap::from([
        ("code".to_owned(), Some(code.clone())),
        ("iss".to_owned(), Some(inner.issuer.clone())),
        ("state".to_owned(), Some(of("state"))),
    ]);
    sent.extend(inner.answer.clone());
    for (name, value) in sent {
        if let Some(value) = value {
            location.query_pairs_mut().append_pair(&name, &value);
        }
    }
    inner.grants.insert(code, grant);
    (StatusCode::FOUND, [(LOCATION, location.to_string())]).into_response()
}

async fn token(
    State(provider): State<Provider>,
    headers: HeaderMap,
    Form(sent): Form<Pairs>,
) -> Response {
    let mut inner = provider.inner();
    inner.asked.token += 1;
    if let Some(body) = inner.body.clone() {
        return body.into_response();
    }
    let of = |name: &str| sent.get(name).map_or("", String::as_str);
    let refused = |error: &str| {
        let body = Json(json!({"error": error, "error_description": "words of the provider"}));
        (StatusCode::BAD_REQUEST, body).into_response()
    };
    if !is_known(&inner, &headers, &sent) {
        return refused("invalid_client");
    }
    // A code is good once.
    let Some(grant) = inner.grants.remove(of("code")) else {
        return refused("invalid_grant");
    };
    let verified = URL_SAFE_NO_PAD.encode(Sha256::digest(of("code_verifier").as_bytes()));
    if of("redirect_uri") != grant.redirect_uri || verified != grant.challenge {
        return refused("invalid_grant");
    }
    Json(json!({
        "access_token": ACCESS_TOKEN,
        "token_type": "Bearer",
        "expires_in": 300,
        "id_token": inner.token(&grant),
    }))
    .into_response()
}

/// Whether the client is ours: by its secret in the header or the body, by
/// RFC 6749, or without one where it has none.
fn is_known(inner: &Inner, headers: &HeaderMap, sent: &Pairs) -> bool {
    let Some(secret) = &inner.secret else {
        return sent.get("client_id").is_some_and(|id| id == CLIENT_ID);
    };
    let header = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Basic "))
        .and_then(|value| BASE64.decode(value).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok());
    let encode =
        |text: &str| -> String { url::form_urlencoded::byte_serialize(text.as_bytes()).collect() };
    match header {
        Some(pair) => pair == format!("{}:{}", encode(CLIENT_ID), encode(secret)),
        None => {
            sent.get("client_id").is_some_and(|id| id == CLIENT_ID)
                && sent.get("client_secret") == Some(secret)
        }
    }
}
