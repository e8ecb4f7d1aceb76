//! An SMTP server (RFC 6409 submission).

use std::sync::Arc;
use std::time::Duration;

use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use platform::config::{ConfigError, Env};
use platform::secrets::Secrets;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use super::{MailError, Outgoing, eml, invalid};

const SETTING: &str = "SMTP_URL";
const ROOT_SETTING: &str = "SMTP_ROOT_CERTIFICATE";
/// How long the server may take for each answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Port of submission with TLS from the start (RFC 8314).
const PORT_TLS: u16 = 465;
/// Port of submission with STARTTLS.
const PORT_STARTTLS: u16 = 587;

/// Sends by an SMTP server.
#[derive(Clone, Debug)]
pub struct Smtp {
    server: Server,
    secrets: Arc<Secrets>,
    login_secret: Option<String>,
    /// Trusted beside the system's: that of a server of a firm's own.
    root: Option<Certificate>,
    from: Mailbox,
}

/// Where the server is, and how the way there is kept private.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Server {
    host: String,
    port: u16,
    privacy: Privacy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Privacy {
    Tls,
    StartTls,
    /// None: on the local stage alone.
    None,
}

#[derive(Deserialize)]
struct Login {
    username: String,
    password: SecretString,
}

impl Smtp {
    pub(super) fn from_env(
        env: &Env,
        secrets: &Arc<Secrets>,
        from: Mailbox,
    ) -> Result<Self, ConfigError> {
        Ok(Self {
            server: Server::parse(&env.text(SETTING)?, env.is_local())?,
            secrets: Arc::clone(secrets),
            login_secret: env.optional("SMTP_LOGIN_SECRET").map(str::to_owned),
            root: env.optional(ROOT_SETTING).map(root).transpose()?,
            from,
        })
    }

    pub(super) async fn send(&self, mail: &Outgoing) -> Result<(), MailError> {
        let message = eml::message(mail, &self.from)?;
        let transport = self.transport().await?;
        transport
            .send(message)
            .await
            .map_err(|error| MailError::Send(error.into()))?;
        Ok(())
    }

    async fn transport(&self) -> Result<AsyncSmtpTransport<Tokio1Executor>, MailError> {
        let Server {
            host,
            port,
            privacy,
        } = &self.server;
        let parameters = || {
            let builder = TlsParameters::builder(host.clone());
            let builder = self.root.iter().fold(builder, |builder, root| {
                builder.add_root_certificate(root.clone())
            });
            let built = builder.build();
            built.map_err(|error| MailError::Send(error.into()))
        };
        let tls = match privacy {
            Privacy::Tls => Tls::Wrapper(parameters()?),
            Privacy::StartTls => Tls::Required(parameters()?),
            Privacy::None => Tls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
            .port(*port)
            .tls(tls)
            .timeout(Some(TIMEOUT));
        if let Some(login) = self.login().await? {
            let password = login.password.expose_secret().to_owned();
            builder = builder.credentials(Credentials::new(login.username, password));
        }
        Ok(builder.build())
    }

    async fn login(&self) -> Result<Option<Login>, MailError> {
        let Some(name) = &self.login_secret else {
            return Ok(None);
        };
        let text = self
            .secrets
            .get(name)
            .await
            .map_err(|error| MailError::Credentials(error.into()))?;
        // The parser's error would quote the secret.
        serde_json::from_str(text.expose_secret())
            .map(Some)
            .map_err(|_| MailError::Credentials("not a username and a password".into()))
    }
}

/// A certificate as PEM.
fn root(text: &str) -> Result<Certificate, ConfigError> {
    // The parser takes a text without any for an empty list.
    let parsed = text
        .contains("-----BEGIN CERTIFICATE-----")
        .then(|| Certificate::from_pem(text.as_bytes()));
    parsed
        .and_then(Result::ok)
        .ok_or_else(|| invalid(ROOT_SETTING, "is no certificate in PEM"))
}

impl Server {
    fn parse(text: &str, is_local: bool) -> Result<Self, ConfigError> {
        let url = Url::parse(text).map_err(|_| invalid(SETTING, "is no URL"))?;
        let tls = url
            .query_pairs()
            .find(|(name, _)| name == "tls")
            .map(|(_, value)| value.into_owned());
        let (privacy, port) = match (url.scheme(), tls.as_deref()) {
            ("smtps", None) => (Privacy::Tls, PORT_TLS),
            ("smtp", None) => (Privacy::StartTls, PORT_STARTTLS),
            ("smtp", Some("none")) if is_local => (Privacy::None, PORT_STARTTLS),
            _ => return Err(invalid(SETTING, "is neither smtp://host nor smtps://host")),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(invalid(SETTING, "has a login; that is a secret of its own"));
        }
        let host = url
            .host_str()
            .filter(|host| !host.is_empty())
            .ok_or_else(|| invalid(SETTING, "names no host"))?;
        Ok(Self {
            host: host.to_owned(),
            port: url.port().unwrap_or(port),
            privacy,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_says_where_and_how_privately() {
        let server = |host: &str, port, privacy| Server {
            host: host.to_owned(),
            port,
            privacy,
        };
        for (text, expected) in [
            ("smtps://m.example", server("m.example", 465, Privacy::Tls)),
            (
                "smtp://m.example",
                server("m.example", 587, Privacy::StartTls),
            ),
            (
                "smtp://m.example:25",
                server("m.example", 25, Privacy::StartTls),
            ),
            (
                "smtp://127.0.0.1:1?tls=none",
                server("127.0.0.1", 1, Privacy::None),
            ),
        ] {
            assert_eq!(Server::parse(text, true), Ok(expected), "{text}");
        }
    }

    #[test]
    fn no_deployed_stage_sends_in_the_open() {
        assert!(Server::parse("smtp://m.example?tls=none", false).is_err());
        assert!(Server::parse("smtp://m.example?tls=opportunistic", true).is_err());
    }

    #[test]
    fn what_is_no_certificate_is_refused_at_the_start() {
        for text in [
            "SMTP",
            "-----BEGIN CERTIFICATE-----\n%%\n-----END CERTIFICATE-----",
        ] {
            assert!(root(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_url_with_a_login_or_without_a_host_is_refused() {
        for text in [
            "smtp://u:p@m.example",
            "smtp://u@m.example",
            "m.example",
            "http://m.example",
        ] {
            assert!(Server::parse(text, true).is_err(), "{text}");
        }
    }
}
