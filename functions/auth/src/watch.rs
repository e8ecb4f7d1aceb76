//! What is unusual about a sign-in. Nothing here keeps anybody from signing in.

use audit::app::SignIns;
use audit::domain::{About, Alert, Attempt};
use identity::mail::MailMessage;
use kernel::id::UserId;
use kernel::time::Timestamp;
use web::caller::Client;

/// Watches sign-ins, where the function has the record to remember them in.
#[derive(Clone, Debug)]
pub struct Watch(Option<SignIns>);

impl Watch {
    /// Over the record.
    #[must_use]
    pub fn new(sign_ins: Option<SignIns>) -> Self {
        Self(sign_ins)
    }

    /// Somebody has signed in. They are told by mail of what is unusual.
    pub(crate) async fn signed_in(&self, user: &UserId, client: &Client, now: Timestamp) {
        let Some(sign_ins) = &self.0 else { return };
        let attempt = attempt(client, now);
        let watched = sign_ins.observe(user, &attempt, mail).await;
        if let Err(error) = watched {
            tell(&error, client);
        }
    }

    /// A sign-in has failed that named this account, whether or not there is
    /// one.
    pub(crate) async fn failed(&self, account: &str, client: &Client, now: Timestamp) {
        let Some(sign_ins) = &self.0 else { return };
        let nothing = |_: &Alert| None::<MailMessage>;
        let attempt = attempt(client, now);
        let watched = sign_ins.failed(account, &attempt, nothing).await;
        if let Err(error) = watched {
            tell(&error, client);
        }
    }
}

fn attempt(client: &Client, now: Timestamp) -> Attempt {
    Attempt {
        at: now,
        address: client.address.clone(),
        device: client.device.clone(),
        user_agent: client.user_agent.clone(),
        country: client.country.clone(),
        request_id: client.request_id.clone(),
    }
}

fn mail(alert: &Alert) -> Option<MailMessage> {
    let About::Person(user) = &alert.about else {
        return None;
    };
    let attempt = &alert.attempt;
    let device = attempt.user_agent.as_deref().unwrap_or("an unknown device");
    Some(MailMessage::new_device(
        user,
        device,
        &attempt.address,
        attempt.at,
    ))
}

fn tell(error: &kernel::Error, client: &Client) {
    let error = kernel::error::chain(error);
    tracing::warn!(error, request_id = client.request_id, "sign-in not watched");
}
