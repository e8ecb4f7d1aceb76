//! Sending a browser to the provider.

use axum::response::{AppendHeaders, IntoResponse, Response};
use http::header::{LOCATION, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use kernel::Error;
use kernel::id::OrganizationId;
use kernel::time::Timestamp;
use oidc::domain::flow::{Flow, LIFE, Linking, Pair, Secret};
use url::Url;

use super::{browser, no_provider};
use crate::App;

/// A sign-in that has started.
#[derive(Debug)]
pub(super) struct Started {
    /// The provider's page.
    pub(super) location: Url,
    pub(super) expires_at: Timestamp,
    browser: Secret,
}

impl Started {
    /// On to the provider.
    pub(super) fn redirect(self) -> web::Result<Response> {
        let location = (LOCATION, self.location.as_str().to_owned());
        let onwards = AppendHeaders([location]);
        Ok((StatusCode::FOUND, self.cookie()?, onwards).into_response())
    }

    /// What the way back needs.
    pub(super) fn cookie(&self) -> Result<AppendHeaders<[(HeaderName, HeaderValue); 1]>, Error> {
        Ok(AppendHeaders([(SET_COOKIE, browser::set(&self.browser)?)]))
    }
}

/// Starts a sign-in into an organization, or a link of somebody who is signed
/// in. A browser that has started one already keeps its cookie, so that two
/// pages can be on the way at once.
pub(super) async fn start(
    app: &App,
    org: &OrganizationId,
    headers: &HeaderMap,
    return_to: Option<String>,
    linking: Option<Linking>,
) -> Result<Started, Error> {
    let provider = app.organizations.sign_in_provider(org).await?;
    let provider = provider.ok_or_else(no_provider)?;
    let client = app.oidc.client(&provider).await?;
    let state = Secret::generate()?;
    let browser = match browser::read(headers) {
        Some(known) => known,
        None => Secret::generate()?,
    };
    let flow = Flow {
        organization: org.clone(),
        connection: provider.connection,
        browser_sha256: browser.hash(),
        return_to: return_to.unwrap_or_else(|| "/".to_owned()),
        linking,
        expires_at: app.now() + LIFE,
    };
    app.oidc.flows.keep(&state, &flow).await?;
    let pair = Pair {
        state: &state,
        browser: &browser,
    };
    Ok(Started {
        location: client.authorization_url(pair),
        expires_at: flow.expires_at,
        browser,
    })
}
