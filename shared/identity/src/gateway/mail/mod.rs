//! The services that carry mails: Resend, an SMTP server, or a directory that
//! catches them where nothing is to go out.

mod eml;
mod file;
mod resend;
mod smtp;

use std::sync::Arc;

use kernel::error::Cause;
use kernel::time::Timestamp;
use lettre::message::Mailbox;
use platform::config::{ConfigError, Env};
use platform::secrets::Secrets;

use crate::mail::Letter;

use file::FileDrop;
use resend::Resend;
use smtp::Smtp;

/// A letter with its envelope.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// The mail's id: a copy with the same id is the same mail.
    pub id: String,
    /// A word for its kind.
    pub kind: &'static str,
    /// The recipient's address.
    pub to: String,
    /// What it says.
    pub letter: Letter,
    /// When it is sent.
    pub at: Timestamp,
}

/// A mail that was not taken. Says nothing of whom it is to.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// It cannot be written as a mail: the address is none, or the id.
    #[error("the mail cannot be written")]
    Write(#[source] Cause),
    /// The service's credentials cannot be had.
    #[error("the mail service's credentials cannot be had")]
    Credentials(#[source] Cause),
    /// The service did not take it.
    #[error("the mail service did not take the mail")]
    Send(#[source] Cause),
    /// The service did not take it, and said so by this status.
    #[error("the mail service answered with status {0}")]
    Status(u16),
}

impl From<MailError> for kernel::Error {
    fn from(error: MailError) -> Self {
        match error {
            MailError::Write(_) => Self::internal(error),
            _ => Self::upstream("the mail service", error),
        }
    }
}

/// Sends mails by the service that the settings name.
#[derive(Clone, Debug)]
pub enum Mailer {
    /// By Resend's API.
    Resend(Resend),
    /// By an SMTP server.
    Smtp(Smtp),
    /// Into a directory.
    File(FileDrop),
}

impl Mailer {
    /// By the setting `MAIL_TRANSPORT`:
    ///
    /// - `resend`: the API at `RESEND_URL`, with the key of the secret that
    ///   `RESEND_KEY_SECRET` names.
    /// - `smtp`: the server at `SMTP_URL`, `smtps://host` with TLS from the
    ///   start or `smtp://host` with STARTTLS, which it must offer; with the
    ///   `{"username","password"}` of the secret that `SMTP_LOGIN_SECRET`
    ///   names, where it is set. `smtp://host?tls=none` on the local stage.
    /// - `file`: the directory `MAIL_DIR`, on the local stage alone.
    ///
    /// Each mail is from `MAIL_FROM`.
    ///
    /// # Errors
    /// Where a setting is missing or makes no sense.
    pub fn from_env(env: &Env, secrets: &Arc<Secrets>) -> Result<Self, Cause> {
        let from: Mailbox = env
            .text("MAIL_FROM")?
            .parse()
            .map_err(|_| invalid("MAIL_FROM", "is no mail address"))?;
        match env.text("MAIL_TRANSPORT")?.as_str() {
            "resend" => Ok(Self::Resend(Resend::from_env(env, secrets, from)?)),
            "smtp" => Ok(Self::Smtp(Smtp::from_env(env, secrets, from)?)),
            // Whoever reads the directory could follow the links.
            "file" if !env.is_local() => {
                Err(invalid("MAIL_TRANSPORT", "may be file on the local stage alone").into())
            }
            "file" => Ok(Self::File(FileDrop::new(env.text("MAIL_DIR")?, from))),
            _ => Err(invalid("MAIL_TRANSPORT", "is none of resend, smtp and file").into()),
        }
    }

    /// Sends a mail.
    ///
    /// # Errors
    /// [`MailError`]; the mail may be sent all the same where the service's
    /// answer was lost.
    pub async fn send(&self, mail: &Outgoing) -> Result<(), MailError> {
        if !kernel::id::is_ulid(&mail.id) {
            return Err(MailError::Write("its id is no ULID".into()));
        }
        match self {
            Self::Resend(resend) => resend.send(mail).await,
            Self::Smtp(smtp) => smtp.send(mail).await,
            Self::File(directory) => directory.send(mail).await,
        }
    }
}

fn invalid(name: &'static str, problem: &'static str) -> ConfigError {
    ConfigError::Invalid { name, problem }
}
