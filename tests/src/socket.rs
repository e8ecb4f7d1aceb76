//! A client of the WebSocket API.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// How long a test waits for a message.
const WAIT_MAX: Duration = Duration::from_secs(30);

/// An open connection.
#[derive(Debug)]
pub struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    /// Opens a connection, with a token in its address or without.
    ///
    /// # Errors
    /// The status of the refusal.
    ///
    /// # Panics
    /// Where nobody answers.
    pub async fn open(address: &str, token: Option<&str>) -> Result<Self, u16> {
        let address = match token {
            Some(token) => format!("{address}?token={token}"),
            None => address.to_owned(),
        };
        match connect_async(address).await {
            Ok((stream, _)) => Ok(Self(stream)),
            Err(Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(error) => panic!("no connection: {error}"),
        }
    }

    /// Opens a connection; none where it is refused or nobody answers.
    pub(crate) async fn try_open(address: &str, token: &str) -> Option<Self> {
        let opened = connect_async(format!("{address}?token={token}")).await;
        opened.ok().map(|(stream, _)| Self(stream))
    }

    /// Says something. Answers whether the connection took it.
    pub(crate) async fn try_say(&mut self, kind: &str, data: Value) -> bool {
        let text = json!({"type": kind, "data": data}).to_string();
        self.0.send(Message::text(text)).await.is_ok()
    }

    /// The next message, `null` where it is no JSON; none where the connection
    /// has ended.
    pub(crate) async fn heard(&mut self) -> Option<Value> {
        let text = self.next_text().await?;
        Some(serde_json::from_str(&text).unwrap_or_default())
    }

    /// Says something.
    ///
    /// # Panics
    /// Where the connection has ended.
    pub async fn say(&mut self, kind: &str, data: Value) {
        self.say_text(json!({"type": kind, "data": data}).to_string())
            .await;
    }

    /// Says a text as it is.
    ///
    /// # Panics
    /// Where the connection has ended.
    pub async fn say_text(&mut self, text: impl Into<String>) {
        let message = Message::text(text.into());
        self.0.send(message).await.expect("the connection is open");
    }

    /// The next message; none where the connection has ended.
    ///
    /// # Panics
    /// Where there is neither for half a minute.
    pub async fn next(&mut self) -> Option<Value> {
        let next = tokio::time::timeout(WAIT_MAX, self.next_text());
        let text = next.await.expect("a message within half a minute")?;
        Some(serde_json::from_str(&text).expect("JSON"))
    }

    async fn next_text(&mut self) -> Option<String> {
        loop {
            match self.0.next().await? {
                Ok(Message::Text(text)) => return Some(text.to_string()),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// The next message of a type.
    ///
    /// # Panics
    /// Where the connection ends before.
    pub async fn until(&mut self, kind: &str) -> Value {
        loop {
            let message = self.next().await;
            let message = message.unwrap_or_else(|| panic!("ended before {kind}"));
            if message["type"] == kind {
                return message;
            }
        }
    }

    /// Asks for a sign of life and waits for it: what was said before is then
    /// done.
    ///
    /// # Panics
    /// Where there is none.
    pub async fn settle(&mut self) {
        self.say("ping", json!({})).await;
        self.until("pong").await;
    }

    /// Ends as a client does whose machine is switched off: without a word.
    pub fn kill(self) {
        drop(self.0.into_inner());
    }
}
