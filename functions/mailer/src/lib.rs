//! Writes and sends the mails that its queue brings.

mod compose;
mod ledger;

pub use ledger::Ledger;

use identity::gateway::mail::{Mailer, Outgoing};
use identity::mail::MailMessage;
use identity::store::Store;
use kernel::time::{Clock, Timestamp};
use kernel::{Error, Result};
use ledger::Claim;
use platform::clock::SystemClock;
use platform::keys::Vault;
use platform::queue::Intake;
use platform::runtime::Event;
use serde_json::Value;

/// What the function works with.
#[derive(Debug)]
pub struct App {
    /// People and their tokens.
    pub store: Store,
    /// Opens the tokens that messages carry.
    pub vault: Vault,
    /// Sends.
    pub mailer: Mailer,
    /// Remembers what was sent.
    pub ledger: Ledger,
    /// The queue that brings messages.
    pub intake: Intake,
    /// Where links lead: the app's own address.
    pub app_url: String,
}

/// An event that this function has no trigger for.
#[derive(Debug, thiserror::Error)]
#[error("not messages of the mail queue")]
pub struct UnexpectedEvent;

/// A message whose copy is being worked on.
#[derive(Debug, thiserror::Error)]
#[error("a copy of the message is being worked on")]
pub struct UnderWay;

/// Handles an event. Answers which messages failed; those come again.
///
/// # Errors
/// Where the event is not for this function.
pub async fn handle(app: &App, event: Event) -> Result<Value> {
    let Event::Queue(event) = event else {
        return Err(Error::internal(UnexpectedEvent));
    };
    let deliver =
        |message: MailMessage| async move { deliver(app, &message, SystemClock.now()).await };
    let failed = app.intake.consume(event, deliver).await;
    serde_json::to_value(failed).map_err(Error::internal)
}

/// Sends one mail, unless a copy of its message was faster.
async fn deliver(app: &App, message: &MailMessage, now: Timestamp) -> Result<()> {
    match app.ledger.claim(&message.id, now).await? {
        Claim::Granted => {}
        Claim::Sent => return Ok(()),
        // It may fail yet, and then nobody else would send this mail.
        Claim::UnderWay => return Err(Error::internal(UnderWay)),
    }
    if let Err(error) = send(app, message, now).await {
        if let Err(kept) = app.ledger.release(&message.id).await {
            tracing::warn!(
                error = kernel::error::chain(&kept),
                mail = message.id,
                "the claim of a mail is kept; its next attempt has to wait"
            );
        }
        return Err(error);
    }
    // It is sent: failing now would send it again.
    if let Err(error) = app.ledger.sent(&message.id, now).await {
        tracing::error!(
            error = kernel::error::chain(&error),
            mail = message.id,
            "a mail was sent and not marked so; a copy of it would be sent again"
        );
    }
    Ok(())
}

async fn send(app: &App, message: &MailMessage, now: Timestamp) -> Result<()> {
    let Some((to, letter)) = compose::compose(app, message, now).await? else {
        return Ok(());
    };
    let kind = message.mail.kind();
    let mail = Outgoing {
        id: message.id.clone(),
        kind,
        to,
        letter,
        at: now,
    };
    app.mailer.send(&mail).await?;
    tracing::info!(mail = message.id, kind, "mail sent");
    Ok(())
}
