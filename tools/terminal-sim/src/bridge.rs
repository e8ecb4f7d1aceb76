//! Calls to Firebridge.

use std::time::Duration;

use reqwest::{Client, Method};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

/// The longest that an answer is waited for.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A call that did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum BridgeError {
    /// Nobody answered.
    #[error("no answer")]
    Unreachable(#[from] reqwest::Error),
    /// The API refused.
    #[error("{path} answered {status}: {detail}")]
    Refused {
        /// What was asked.
        path: String,
        /// The status.
        status: u16,
        /// Why, for a person.
        detail: String,
    },
    /// The answer is not of the expected form.
    #[error("{path} answered something else")]
    Strange {
        /// What was asked.
        path: String,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
}

/// Who a terminal is.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Its token.
    pub token: SecretString,
    /// Whose it is.
    pub user: String,
    /// What it calls itself.
    pub terminal_id: String,
}

/// A command, as it is delivered.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Command {
    /// Its id.
    pub id: String,
    /// What is to be done.
    #[serde(rename = "type")]
    pub kind: String,
    /// With what.
    pub payload: Value,
}

/// What a sync answers.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Synced {
    /// How trading is switched.
    pub trading_state: TradingState,
    /// What is to be done.
    pub commands: Vec<Command>,
}

/// How trading is switched.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct TradingState {
    /// `running`, `paused` or `stopped`.
    pub mode: String,
    /// Emergency stops so far.
    pub epoch: u64,
}

#[derive(Deserialize)]
struct Paired {
    device_token: SecretString,
    user_id: String,
}

/// The API, for one terminal.
#[derive(Clone, Debug)]
pub struct Bridge {
    client: Client,
    base: String,
    /// Who calls.
    pub identity: Identity,
}

impl Bridge {
    /// A terminal that has its token.
    ///
    /// # Errors
    /// Where there is no HTTP client.
    pub fn new(base: &str, identity: Identity) -> Result<Self, BridgeError> {
        Ok(Self {
            client: client()?,
            base: base.trim_end_matches('/').to_owned(),
            identity,
        })
    }

    /// A terminal that is paired by a code.
    ///
    /// # Errors
    /// [`BridgeError`].
    pub async fn pair(base: &str, code: &str, terminal_id: &str) -> Result<Self, BridgeError> {
        let nobody = Identity {
            token: SecretString::default(),
            user: String::new(),
            terminal_id: terminal_id.to_owned(),
        };
        let mut bridge = Self::new(base, nobody)?;
        let body = json!({"pairing_code": code, "terminal_id": terminal_id});
        let paired: Paired = bridge.post("devices/pair", &body).await?;
        bridge.identity.token = paired.device_token;
        bridge.identity.user = paired.user_id;
        Ok(bridge)
    }

    /// A sign.
    ///
    /// # Errors
    /// [`BridgeError`].
    pub async fn heartbeat(&self) -> Result<(), BridgeError> {
        let _: Value = self.post("heartbeat", &self.named(json!({}))).await?;
        Ok(())
    }

    /// Tells how the terminal is, and asks what to do.
    ///
    /// # Errors
    /// [`BridgeError`].
    pub async fn sync(
        &self,
        status: Value,
        acks: &[String],
        outcomes: &[Value],
    ) -> Result<Synced, BridgeError> {
        let body = json!({"status": status, "acks": acks, "outcomes": outcomes});
        self.post("sync-user", &self.named(body)).await
    }

    /// Reports a result; answers whether it was counted before.
    ///
    /// # Errors
    /// [`BridgeError`].
    pub async fn push(&self, result: Value) -> Result<bool, BridgeError> {
        let answer: Value = self.post("push-trade-result", &self.named(result)).await?;
        Ok(answer["duplicate"] == true)
    }

    /// Reports a fault.
    ///
    /// # Errors
    /// [`BridgeError`].
    pub async fn alert(&self, code: &str, message: &str) -> Result<(), BridgeError> {
        let body = json!({"code": code, "message": message});
        let _: Value = self.post("error-alert", &self.named(body)).await?;
        Ok(())
    }

    fn named(&self, mut body: Value) -> Value {
        body["userId"] = self.identity.user.clone().into();
        body["terminalId"] = self.identity.terminal_id.clone().into();
        body
    }

    async fn post<T: for<'de> Deserialize<'de>>(
        &self,
        path: &str,
        body: &Value,
    ) -> Result<T, BridgeError> {
        let url = format!("{}/api/firebridge/{path}", self.base);
        let mut request = self
            .client
            .request(Method::POST, url)
            .header("content-type", "application/json")
            .body(body.to_string());
        let token = self.identity.token.expose_secret();
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await?;
        let status = answer.status();
        let bytes = answer.bytes().await?;
        if !status.is_success() {
            let problem: Value = serde_json::from_slice(&bytes).unwrap_or_default();
            return Err(BridgeError::Refused {
                path: path.to_owned(),
                status: status.as_u16(),
                detail: problem["detail"].as_str().unwrap_or_default().to_owned(),
            });
        }
        serde_json::from_slice(&bytes).map_err(|source| BridgeError::Strange {
            path: path.to_owned(),
            source,
        })
    }
}

fn client() -> Result<Client, BridgeError> {
    Ok(platform::http_client::partner(TIMEOUT)?)
}
