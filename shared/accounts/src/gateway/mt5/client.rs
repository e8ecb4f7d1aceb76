//! The calls.

use std::sync::Arc;
use std::time::Duration;

use chrono::SecondsFormat;
use kernel::time::{Clock, Timestamp};
use platform::breaker::{Breaker, Permit};
use platform::clock::SystemClock;
use platform::config::{ConfigError, Env};
use platform::dynamo::Table;
use platform::http_client;
use platform::retry::backoff;
use platform::secrets::Secrets;
use reqwest::{Client, Method, Response, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::json;

use super::answers::{
    AccountInformation, DealsPage, Registered, Registration, read_deals, read_positions,
};
use super::errors::{GatewayError, of_answer};
use crate::domain::rules::OpenPositions;

/// One call's bound.
const TIMEOUT: Duration = Duration::from_secs(8);
/// Attempts at one call, the first included.
const ATTEMPTS_MAX: u32 = 4;
/// Bytes of one answer: a thousand deals are about half a megabyte.
const ANSWER_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Deals of one page; the protocol's own bound.
pub(crate) const DEALS_PAGE: usize = 1000;

/// Where the gateway is.
#[derive(Clone, Debug)]
pub struct Mt5Settings {
    provisioning: Url,
    client: Url,
    token_secret: String,
}

impl Mt5Settings {
    /// From the environment.
    ///
    /// # Errors
    /// Where a setting is missing or is no address.
    pub fn from_env(env: &Env) -> Result<Self, ConfigError> {
        let address = |name: &'static str| {
            Url::parse(&env.text(name)?).map_err(|_| ConfigError::Invalid {
                name,
                problem: "is no URL",
            })
        };
        Ok(Self {
            provisioning: address("MT5_PROVISIONING_URL")?,
            client: address("MT5_CLIENT_URL")?,
            token_secret: env.text("MT5_TOKEN_SECRET")?,
        })
    }
}

/// A trader's credentials.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The account's number.
    pub login: String,
    /// The investor password: it reads and cannot trade.
    pub password: SecretString,
    /// The trade server's name.
    pub server: String,
}

#[derive(Clone, Debug)]
enum Token {
    Kept(Arc<Secrets>, String),
    Given(SecretString),
}

/// The gateway.
#[derive(Clone, Debug)]
pub struct Mt5Gateway {
    http: Client,
    provisioning: Url,
    client: Url,
    token: Token,
    breaker: Arc<Breaker>,
}

impl Mt5Gateway {
    /// At the address that the settings name.
    ///
    /// # Errors
    /// Where TLS cannot be set up.
    pub fn new(
        settings: Mt5Settings,
        secrets: Arc<Secrets>,
        platform_table: Table,
    ) -> Result<Self, reqwest::Error> {
        Ok(Self {
            http: http_client::partner(TIMEOUT)?,
            breaker: Arc::new(breaker(platform_table, &settings.client)),
            provisioning: settings.provisioning,
            client: settings.client,
            token: Token::Kept(secrets, settings.token_secret),
        })
    }

    /// At one address for all calls, with a token at hand, for tests.
    ///
    /// # Errors
    /// Where TLS cannot be set up.
    pub fn at(
        address: Url,
        token: SecretString,
        platform_table: Table,
    ) -> Result<Self, reqwest::Error> {
        Ok(Self {
            http: http_client::partner(TIMEOUT)?,
            breaker: Arc::new(breaker(platform_table, &address)),
            provisioning: address.clone(),
            client: address,
            token: Token::Given(token),
        })
    }

    /// Registers an account. The same `transaction_id` again, after a crash or
    /// while the broker is still verifying, is the same registration.
    ///
    /// # Errors
    /// [`GatewayError`].
    pub async fn register(
        &self,
        credentials: &Credentials,
        transaction_id: &str,
    ) -> Result<Registration, GatewayError> {
        let body = json!({
            "login": credentials.login,
            "password": credentials.password.expose_secret(),
            "server": credentials.server,
            "platform": "mt5",
            "name": format!("{}@{}", credentials.login, credentials.server),
            "magic": 0,
        });
        let url = url(&self.provisioning, &["users", "current", "accounts"])?;
        let response = self
            .call(Method::POST, url, Some((&body, transaction_id)))
            .await?;
        if response.status == 202 {
            return Ok(Registration::Verifying {
                retry_after_s: response.retry_after_s.unwrap_or(5),
            });
        }
        let registered: Registered = response.json()?;
        Ok(Registration::Done(registered.id))
    }

    /// Forgets an account. One that is not there is forgotten.
    ///
    /// # Errors
    /// [`GatewayError`].
    pub async fn forget(&self, gateway_id: &str) -> Result<(), GatewayError> {
        let url = url(
            &self.provisioning,
            &["users", "current", "accounts", gateway_id],
        )?;
        match self.call(Method::DELETE, url, None).await {
            Ok(_) | Err(GatewayError::NotFound) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// The account as it is now.
    ///
    /// # Errors
    /// [`GatewayError`].
    pub async fn account_information(
        &self,
        gateway_id: &str,
    ) -> Result<AccountInformation, GatewayError> {
        let answer = self.get(gateway_id, "account-information").await?;
        answer.read(AccountInformation::read)
    }

    /// The positions that are open now, in sum.
    ///
    /// # Errors
    /// [`GatewayError`].
    pub async fn positions(&self, gateway_id: &str) -> Result<OpenPositions, GatewayError> {
        let answer = self.get(gateway_id, "positions").await?;
        answer.read(read_positions)
    }

    /// One page of the deals of a time range, from `offset` on. Fewer than
    /// [`DEALS_PAGE`] means that there are no more.
    ///
    /// # Errors
    /// [`GatewayError`].
    pub async fn deals(
        &self,
        gateway_id: &str,
        from: Timestamp,
        to: Timestamp,
        offset: usize,
    ) -> Result<DealsPage, GatewayError> {
        let text = |at: Timestamp| at.to_rfc3339_opts(SecondsFormat::Millis, true);
        let (from, to) = (text(from), text(to));
        let mut url = url(
            &self.client,
            &[
                "users",
                "current",
                "accounts",
                gateway_id,
                "history-deals",
                "time",
                &from,
                &to,
            ],
        )?;
        url.query_pairs_mut()
            .append_pair("offset", &offset.to_string())
            .append_pair("limit", &DEALS_PAGE.to_string());
        self.call(Method::GET, url, None).await?.read(read_deals)
    }

    async fn get(&self, gateway_id: &str, what: &str) -> Result<Answer, GatewayError> {
        let path = ["users", "current", "accounts", gateway_id, what];
        self.call(Method::GET, url(&self.client, &path)?, None)
            .await
    }

    async fn call(
        &self,
        method: Method,
        url: Url,
        body: Option<(&serde_json::Value, &str)>,
    ) -> Result<Answer, GatewayError> {
        let mut attempt = 0;
        loop {
            if let Permit::Wait { retry_after_ms } = self.breaker.permit(SystemClock.now()).await? {
                return Err(GatewayError::Resting { retry_after_ms });
            }
            let outcome = self.call_once(method.clone(), url.clone(), body).await;
            let failed = outcome.as_ref().is_err_and(GatewayError::is_failure);
            self.breaker.report(failed, SystemClock.now()).await?;
            attempt += 1;
            match outcome {
                Err(error) if error.is_worth_a_retry() && attempt < ATTEMPTS_MAX => {
                    tokio::time::sleep(backoff(attempt, Duration::from_millis(100))).await;
                }
                outcome => return outcome,
            }
        }
    }

    async fn call_once(
        &self,
        method: Method,
        url: Url,
        body: Option<(&serde_json::Value, &str)>,
    ) -> Result<Answer, GatewayError> {
        let token = match &self.token {
            Token::Given(token) => token.clone(),
            Token::Kept(secrets, name) => secrets
                .get(name)
                .await
                .map_err(|error| GatewayError::Failed(error.into()))?,
        };
        let mut request = self
            .http
            .request(method, url)
            .header("auth-token", token.expose_secret());
        if let Some((body, transaction_id)) = body {
            request = request.header("transaction-id", transaction_id).json(body);
        }
        let response = request.send().await.map_err(without_url)?;
        Answer::receive(response).await
    }
}

fn breaker(platform_table: Table, address: &Url) -> Breaker {
    let host = address.host_str().unwrap_or("gateway");
    Breaker::new(platform_table, &format!("mt5@{host}"))
}

fn url(base: &Url, path: &[&str]) -> Result<Url, GatewayError> {
    let mut url = base.clone();
    url.path_segments_mut()
        .map_err(|()| GatewayError::Failed("the gateway's address takes no path".into()))?
        .pop_if_empty()
        .extend(path);
    Ok(url)
}

/// An error of the HTTP client, without the URL: it names an account.
fn without_url(error: reqwest::Error) -> GatewayError {
    GatewayError::Failed(error.without_url().into())
}

struct Answer {
    status: u16,
    retry_after_s: Option<u64>,
    body: Vec<u8>,
}

impl Answer {
    async fn receive(mut response: Response) -> Result<Self, GatewayError> {
        let status = response.status().as_u16();
        let retry_after_s = response
            .headers()
            .get("retry-after")
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.parse().ok());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(without_url)? {
            if body.len() + chunk.len() > ANSWER_BYTES_MAX {
                return Err(GatewayError::Failed("the answer is too long".into()));
            }
            body.extend_from_slice(&chunk);
        }
        if !(200..300).contains(&status) {
            return Err(of_answer(status, &body));
        }
        Ok(Self {
            status,
            retry_after_s,
            body,
        })
    }

    fn read<T>(&self, read: impl Fn(&[u8]) -> Result<T, String>) -> Result<T, GatewayError> {
        read(&self.body).map_err(|reason| GatewayError::Failed(reason.into()))
    }

    fn json<T: DeserializeOwned>(&self) -> Result<T, GatewayError> {
        serde_json::from_slice(&self.body).map_err(|error| GatewayError::Failed(error.into()))
    }
}
