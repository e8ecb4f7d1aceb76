//! Taking what the provider sends a browser back with.

use axum::response::{AppendHeaders, IntoResponse, Response};
use http::header::LOCATION;
use http::{HeaderMap, StatusCode};
use identity::app::sign_in::Proven;
use identity::model::Person;
use kernel::Error;
use kernel::id::OrganizationId;
use oidc::domain::flow::{Flow, Pair, Secret};
use oidc::domain::id_token::Claims;
use oidc::gateway::ProviderError;
use organizations::model::SignInProvider;
use secrecy::{ExposeSecret, SecretString};
use url::Url;
use web::audit::Audited;

use super::{CallbackQuery, browser};
use crate::App;

/// Characters of a code.
const CODE_CHARS_MAX: usize = 4_096;

/// A provider's answer that belongs to a sign-in of ours, and what it says.
#[derive(Debug)]
pub(super) struct ProviderAnswer {
    pub(super) flow: Flow,
    pub(super) provider: SignInProvider,
    pub(super) claims: Claims,
}

impl ProviderAnswer {
    /// Takes an answer, once: whatever becomes of it, its state is used up.
    /// That it came to the wrong organization or from another browser leaves
    /// the state to whom it belongs.
    pub(super) async fn take(
        app: &App,
        org: &OrganizationId,
        headers: &HeaderMap,
        query: CallbackQuery,
    ) -> Result<Self, Error> {
        let now = app.now();
        let state = Secret::parse(&query.state).ok_or_else(unknown_state)?;
        let flow = app.oidc.flows.find(&state, now).await?;
        let flow = flow.ok_or_else(unknown_state)?;
        let browser = browser::read(headers);
        flow.check(org, browser.as_ref(), now)
            .map_err(|mismatch| Error::field("state", mismatch.to_string()))?;
        let browser = browser.ok_or_else(unknown_state)?;
        if !app.oidc.flows.take(&state).await? {
            return Err(unknown_state());
        }
        let provider = app.organizations.sign_in_provider(org).await?;
        let provider = provider.filter(|provider| provider.connection == flow.connection);
        let provider = provider.ok_or(Error::SignInRefused(
            "the organization's provider has changed; sign in from the start",
        ))?;
        let code = code(app, &provider, query).await?;
        let pair = Pair {
            state: &state,
            browser: &browser,
        };
        let client = app.oidc.client(&provider).await?;
        let claims = client.claims(&app.oidc.providers, &code, pair, now).await;
        Ok(Self {
            claims: claims.map_err(|error| refused(error, org))?,
            provider,
            flow,
        })
    }

    /// Somebody whom the provider has answered for.
    pub(super) fn proven(&self, person: Person) -> Proven {
        Proven {
            person,
            second_factor: self.claims.second_factor,
            provider: Some(self.flow.connection.clone()),
            rehashed: None,
        }
    }
}

/// The code, of an answer that is this provider's and no refusal.
async fn code(
    app: &App,
    provider: &SignInProvider,
    query: CallbackQuery,
) -> Result<SecretString, Error> {
    let metadata = app.oidc.providers.discover(&provider.issuer).await?;
    let is_this_ones = match &query.iss {
        Some(issuer) => *issuer == provider.issuer,
        None => !metadata.names_itself,
    };
    if !is_this_ones {
        return Err(Error::SignInRefused("the answer is of another provider"));
    }
    if let Some(error) = &query.error {
        return Err(Error::SignInRefused(match error.as_str() {
            "access_denied" => "the provider says that the sign-in was refused",
            "login_required" | "interaction_required" | "consent_required" => {
                "the provider says that the sign-in was not finished"
            }
            _ => "the provider could not sign you in",
        }));
    }
    let fits = |code: &SecretString| (1..=CODE_CHARS_MAX).contains(&code.expose_secret().len());
    let code = query.code.filter(fits);
    code.ok_or_else(|| Error::field("code", "is required"))
}

/// Why is for the log.
fn refused(error: ProviderError, org: &OrganizationId) -> Error {
    tracing::info!(
        org = org.as_str(),
        reason = kernel::error::chain(&error),
        "a sign-in through the provider of {org} was refused"
    );
    error.into()
}

/// The same of a state that was never given, was used, or is over.
fn unknown_state() -> Error {
    Error::field(
        "state",
        "is of no sign-in that is under way; sign in from the start",
    )
}

/// On to a page of the application.
pub(super) fn onwards(location: &Url, audited: Audited) -> Response {
    let location = (LOCATION, location.as_str().to_owned());
    (StatusCode::SEE_OTHER, audited, AppendHeaders([location])).into_response()
}
