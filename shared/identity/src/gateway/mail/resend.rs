//! Resend's API (<https://resend.com/docs/api-reference/emails/send-email>).

use std::sync::Arc;
use std::time::Duration;

use kernel::error::Cause;
use lettre::message::Mailbox;
use platform::config::Env;
use platform::retry::backoff;
use platform::secrets::Secrets;
use reqwest::header::AUTHORIZATION;
use reqwest::{Client, Response, StatusCode};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

use super::{MailError, Outgoing};

const TIMEOUT: Duration = Duration::from_secs(10);
/// Attempts where Resend's own limit is reached; later ones are the queue's.
const ATTEMPTS_MAX: u32 = 4;
/// The shortest span that a wait between them is drawn from.
const PAUSE: Duration = Duration::from_millis(400);
/// How Resend calls a mail that it has taken before, with other words.
const TAKEN_BEFORE: &str = "invalid_idempotent_request";

/// Sends by Resend.
#[derive(Clone, Debug)]
pub struct Resend {
    client: Client,
    url: String,
    secrets: Arc<Secrets>,
    key_secret: String,
    from: String,
}

#[derive(Serialize)]
struct Email<'a> {
    from: &'a str,
    to: [&'a str; 1],
    subject: &'a str,
    text: String,
    html: String,
}

#[derive(Deserialize)]
struct Refusal {
    #[serde(default)]
    name: String,
}

impl Resend {
    pub(super) fn from_env(
        env: &Env,
        secrets: &Arc<Secrets>,
        from: Mailbox,
    ) -> Result<Self, Cause> {
        Ok(Self {
            client: platform::http_client::partner(TIMEOUT)?,
            url: format!("{}/emails", env.text("RESEND_URL")?.trim_end_matches('/')),
            secrets: Arc::clone(secrets),
            key_secret: env.text("RESEND_KEY_SECRET")?,
            from: from.to_string(),
        })
    }

    pub(super) async fn send(&self, mail: &Outgoing) -> Result<(), MailError> {
        let mut attempt = 0;
        loop {
            let answer = self.post(mail).await?;
            let status = answer.status();
            attempt += 1;
            match status {
                _ if status.is_success() => return Ok(()),
                // Its limit is of a few mails a second.
                StatusCode::TOO_MANY_REQUESTS if attempt < ATTEMPTS_MAX => {
                    tokio::time::sleep(backoff(attempt, PAUSE)).await;
                }
                StatusCode::CONFLICT if is_taken_before(answer).await => return Ok(()),
                _ => {
                    if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
                        self.secrets.forget(&self.key_secret).await;
                    }
                    return Err(MailError::Status(status.as_u16()));
                }
            }
        }
    }

    async fn post(&self, mail: &Outgoing) -> Result<Response, MailError> {
        let key = self
            .secrets
            .get(&self.key_secret)
            .await
            .map_err(|error| MailError::Credentials(error.into()))?;
        let email = Email {
            from: &self.from,
            to: [&mail.to],
            subject: mail.letter.subject(),
            text: mail.letter.text(),
            html: mail.letter.html(),
        };
        self.client
            .post(&self.url)
            .header(AUTHORIZATION, format!("Bearer {}", key.expose_secret()))
            .header("Idempotency-Key", &mail.id)
            .json(&email)
            .send()
            .await
            .map_err(|error| MailError::Send(error.into()))
    }
}

/// Whether a conflict says that a mail of this id went out already. A repeated
/// reset has a token of its own, so its words differ.
async fn is_taken_before(answer: Response) -> bool {
    let refusal = answer.json::<Refusal>().await;
    refusal.is_ok_and(|refusal| refusal.name == TAKEN_BEFORE)
}
