//! What we are at one provider: where a browser is sent, and a code exchanged
//! for what the provider says.

use std::pin::Pin;
use std::sync::Arc;

use kernel::time::Timestamp;
use oauth2::basic::{
    BasicErrorResponse, BasicErrorResponseType, BasicRevocationErrorResponse,
    BasicTokenIntrospectionResponse, BasicTokenType,
};
use oauth2::{
    AsyncHttpClient, AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken,
    EndpointNotSet, EndpointSet, ExtraTokenFields, HttpRequest, HttpResponse, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope, StandardRevocableToken,
    StandardTokenResponse, TokenResponse, TokenUrl,
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

use super::{ProviderError, Providers, fetch};
use crate::domain::discovery::{ClientAuthentication, Metadata};
use crate::domain::flow::Pair;
use crate::domain::id_token::{self, Claims, Expected, Refusal};

/// What is asked for.
const SCOPES: [&str; 3] = ["openid", "email", "profile"];

/// What came for a code.
#[derive(Debug)]
pub struct Tokens {
    /// The provider's word for who somebody is.
    pub id_token: SecretString,
    /// A key to the provider's own interface. Nothing here uses it.
    pub access_token: SecretString,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct IdTokenField {
    #[serde(default)]
    id_token: Option<SecretText>,
}

impl ExtraTokenFields for IdTokenField {}

/// A text that is never shown; the library asks for a form that can be written.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
struct SecretText(String);

impl std::fmt::Debug for SecretText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretText(…)")
    }
}

type OAuth = oauth2::Client<
    BasicErrorResponse,
    StandardTokenResponse<IdTokenField, BasicTokenType>,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// What we are at one provider.
#[derive(Clone, Debug)]
pub struct Client {
    metadata: Arc<Metadata>,
    client_id: String,
    oauth: OAuth,
}

impl Client {
    /// By what an organization has set, and the address that the provider
    /// sends browsers back to.
    ///
    /// # Errors
    /// [`ProviderError::Unfit`] where the provider cannot sign anybody in for
    /// such a client.
    pub fn new(
        metadata: Arc<Metadata>,
        client_id: &str,
        client_secret: Option<&SecretString>,
        redirect_uri: Url,
    ) -> Result<Self, ProviderError> {
        let authentication = metadata.authentication(client_secret.is_some())?;
        let auth_type = match authentication {
            ClientAuthentication::Basic => AuthType::BasicAuth,
            ClientAuthentication::Post | ClientAuthentication::None => AuthType::RequestBody,
        };
        let oauth = oauth2::Client::new(ClientId::new(client_id.to_owned()))
            .set_auth_uri(AuthUrl::from_url(metadata.authorization_endpoint.clone()))
            .set_token_uri(TokenUrl::from_url(metadata.token_endpoint.clone()))
            .set_redirect_uri(RedirectUrl::from_url(redirect_uri))
            .set_auth_type(auth_type);
        let oauth = match client_secret {
            Some(secret) => {
                oauth.set_client_secret(ClientSecret::new(secret.expose_secret().to_owned()))
            }
            None => oauth,
        };
        Ok(Self {
            metadata,
            client_id: client_id.to_owned(),
            oauth,
        })
    }

    /// Where a browser is sent to sign in.
    #[must_use]
    pub fn authorization_url(&self, pair: Pair<'_>) -> Url {
        let verifier = PkceCodeVerifier::new(pair.verifier().expose_secret().to_owned());
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&verifier);
        let state = pair.state.expose().to_owned();
        let scopes = SCOPES.into_iter().map(|name| Scope::new(name.to_owned()));
        let (url, _) = self
            .oauth
            .authorize_url(|| CsrfToken::new(state))
            .add_scopes(scopes)
            .add_extra_param("nonce", pair.nonce())
            .set_pkce_challenge(challenge)
            .url();
        url
    }

    /// What the provider says of whoever brought a code.
    ///
    /// # Errors
    /// [`ProviderError`].
    pub async fn claims(
        &self,
        providers: &Providers,
        code: &SecretString,
        pair: Pair<'_>,
        now: Timestamp,
    ) -> Result<Claims, ProviderError> {
        let tokens = self.exchange(providers, code, pair).await?;
        let header = id_token::header(&tokens.id_token, &self.metadata.algorithms)?;
        let key = providers.key(&self.metadata, &header).await?;
        let key = key.ok_or(Refusal::UnknownKey)?;
        let expected = Expected {
            issuer: &self.metadata.issuer,
            client_id: &self.client_id,
            nonce: &pair.nonce(),
            access_token: &tokens.access_token,
            now,
        };
        Ok(id_token::check(&tokens.id_token, &key, &expected)?)
    }

    async fn exchange(
        &self,
        providers: &Providers,
        code: &SecretString,
        pair: Pair<'_>,
    ) -> Result<Tokens, ProviderError> {
        let verifier = pair.verifier().expose_secret().to_owned();
        let answer = self
            .oauth
            .exchange_code(AuthorizationCode::new(code.expose_secret().to_owned()))
            .set_pkce_verifier(PkceCodeVerifier::new(verifier))
            .request_async(providers)
            .await
            .map_err(refused)?;
        let id_token = answer.extra_fields().id_token.clone();
        let id_token = id_token.ok_or(ProviderError::Unreadable("an ID token"))?;
        Ok(Tokens {
            id_token: id_token.0.into(),
            access_token: answer.access_token().secret().clone().into(),
        })
    }
}

impl<'c> AsyncHttpClient<'c> for Providers {
    type Error = ProviderError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, ProviderError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(post(self, request))
    }
}

/// Carries the library's request out with the house's client.
async fn post(providers: &Providers, request: HttpRequest) -> Result<HttpResponse, ProviderError> {
    let (parts, body) = request.into_parts();
    let url = providers
        .read_url(&parts.uri.to_string())
        .map_err(ProviderError::Address)?;
    let request = providers
        .http
        .request(parts.method, url)
        .headers(parts.headers)
        .body(body);
    let (status, headers, body) = fetch::send(request).await?;
    if status.is_server_error() {
        return Err(ProviderError::Status(status.as_u16()));
    }
    let mut response = HttpResponse::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

/// What the library says, without what the provider sent: that may hold a
/// token.
fn refused(error: RequestTokenError<ProviderError, BasicErrorResponse>) -> ProviderError {
    match error {
        RequestTokenError::ServerResponse(answer) => match answer.error() {
            BasicErrorResponseType::InvalidGrant => ProviderError::Code,
            BasicErrorResponseType::InvalidClient => ProviderError::Client("invalid_client"),
            BasicErrorResponseType::UnauthorizedClient => {
                ProviderError::Client("unauthorized_client")
            }
            BasicErrorResponseType::InvalidRequest => ProviderError::Client("invalid_request"),
            BasicErrorResponseType::InvalidScope => ProviderError::Client("invalid_scope"),
            _ => ProviderError::Client("another error"),
        },
        RequestTokenError::Request(error) => error,
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
            ProviderError::Unreadable("tokens")
        }
    }
}
