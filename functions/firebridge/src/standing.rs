//! Terminals whose person may still act, as an argument of the handler.
//!
//! A token of a terminal has no end of its own. So each call asks whether its
//! person was blocked and still belongs to the tenant; where not, the terminal
//! is revoked there and then, and refused wherever else it calls.

use axum::extract::FromRequestParts;
use http::request::Parts;
use identity::model::PersonStatus;
use kernel::Error;
use kernel::id::OrganizationId;
use organizations::Status;
use platform::devices::Device;
use trading::Owner;
use web::Problem;
use web::caller::TerminalCaller;
use web::extract::CurrentRequest;

use crate::App;

/// A terminal whose person may act.
#[derive(Debug)]
pub(crate) struct Terminal(pub(crate) Device);

impl FromRequestParts<App> for Terminal {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let TerminalCaller(device) = TerminalCaller::from_request_parts(parts, app).await?;
        if may_act(app, &device).await? {
            return Ok(Self(device));
        }
        let CurrentRequest(id) = CurrentRequest::from_request_parts(parts, app).await?;
        let owner = Owner::of(&device);
        match app
            .trading
            .revoke(&owner, &device.id, app.platform.request(&id))
            .await
        {
            // Another call of the terminal was first.
            Ok(()) | Err(Error::NotFound(_)) => {
                tracing::warn!(
                    device = device.id.as_str(),
                    "a terminal without right is revoked"
                );
            }
            Err(error) => return Err(Problem(error)),
        }
        Err(Problem(Error::Unauthenticated))
    }
}

async fn may_act(app: &App, device: &Device) -> kernel::Result<bool> {
    let person = app.people.person(&device.user).await?;
    if !person.is_some_and(|person| person.status == PersonStatus::Active) {
        return Ok(false);
    }
    // Without an organization a person is a tenant of their own.
    let Ok(org) = device.org.parse::<OrganizationId>() else {
        return Ok(device.org == device.user.as_str());
    };
    let member = app.organizations.member(&org, &device.user).await?;
    Ok(member.is_some_and(|member| member.status == Status::Active))
}
