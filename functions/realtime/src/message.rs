//! What clients say.

use kernel::time::{Clock, Timestamp};
use kernel::{Error, Result};
use platform::clock::SystemClock;
use realtime::app::Courier;
use realtime::domain::grant::Grant;
use realtime::domain::message::{ClientMessage, parse};
use realtime::domain::{Refusal, frame};
use realtime::store::{Connection, State};

use trading::Request;

use crate::App;
use crate::event::SocketEvent;

impl App {
    /// Carries out what a client says. What goes wrong is told to it, and the
    /// connection stays; but for one that nobody good is at the end of.
    pub(crate) async fn message(&self, event: &SocketEvent) -> Result<()> {
        let (id, text) = (event.connection.as_str(), event.body.as_str());
        let Some(connection) = self.courier().store.connection(id).await? else {
            // Forgotten here, and open yet.
            self.courier().gateway.end(id).await?;
            return Ok(());
        };
        let now = SystemClock.now();
        match (connection.state, &connection.grant) {
            (State::Closing, _) => Ok(()),
            (State::Open, Some(grant)) => {
                let done = self.served((&connection, grant), event, now).await;
                self.answer(id, done, now).await
            }
            (State::Open | State::Pending, _) => match parse(text) {
                Ok(ClientMessage::Authenticate { token, subject }) => {
                    let proof = (&token, subject.as_str());
                    let done = self.doorman.authenticate(&connection, proof, now).await;
                    self.let_in(id, done).await
                }
                Ok(_) | Err(_) => {
                    let why = "the first message must be authenticate";
                    Ok(self.courier().refuse(id, why).await?)
                }
            },
        }
    }

    async fn served(
        &self,
        (connection, grant): (&Connection, &Grant),
        event: &SocketEvent,
        now: Timestamp,
    ) -> Result<()> {
        self.count(&format!("ws:{}", connection.id)).await?;
        let message = parse(&event.body);
        if let Ok(ClientMessage::Authenticate { token, subject }) = &message {
            let proof = (token, subject.as_str());
            let done = self.doorman.authenticate(connection, proof, now).await;
            return self.let_in(&connection.id, done).await;
        }
        self.courier().restrictions.refresh().await?;
        if !self.courier().is_good(grant, now).await? {
            let why = "the token is no longer good";
            return Ok(self.courier().refuse(&connection.id, why).await?);
        }
        let request = Request {
            id: &event.request_id,
            now,
        };
        self.carry_out((connection, grant), message?, request).await
    }

    async fn carry_out(
        &self,
        (connection, grant): (&Connection, &Grant),
        message: ClientMessage,
        request: Request<'_>,
    ) -> Result<()> {
        let (them, now) = ((connection, grant), request.now);
        match message {
            ClientMessage::Authenticate { .. } => Ok(()),
            ClientMessage::Ping => {
                let pong = frame::pong(now);
                Ok(self.courier().tell(&connection.id, &pong).await?)
            }
            ClientMessage::Subscribe(names) => {
                let (channels, refusals) = self.allowed(grant, names).await?;
                if !channels.is_empty() {
                    self.courier().subscribe(them, &channels, now).await?;
                }
                for refusal in refusals {
                    let error = frame::error(&refusal, now);
                    self.courier().tell(&connection.id, &error).await?;
                }
                Ok(())
            }
            ClientMessage::Unsubscribe(names) => {
                // What is no channel is not listened to.
                let channels: Vec<_> = names.iter().filter_map(|name| name.parse().ok()).collect();
                self.courier().unsubscribe(them, &channels).await
            }
            ClientMessage::Resume { channel, after } => {
                let channel = match channel {
                    Some(name) => Some(self.channel(grant, &name).await?),
                    None => None,
                };
                self.courier()
                    .resume(them, channel.as_ref(), after, now)
                    .await
            }
            ClientMessage::Ack(commands) => self.acknowledge(grant, &commands, request).await,
        }
    }

    /// Tells a client what went wrong.
    async fn answer(&self, connection: &str, done: Result<()>, now: Timestamp) -> Result<()> {
        let Err(error) = done else { return Ok(()) };
        if error.is_fault() {
            let error = kernel::error::chain(&error);
            tracing::error!(connection, error, "a message was not carried out");
        }
        let refusal = frame::error(&Refusal::from(&error), now);
        Ok(self.courier().tell(connection, &refusal).await?)
    }

    /// Ends the connection of somebody who was not let in. Where the fault is
    /// ours they may try again.
    async fn let_in(&self, connection: &str, done: Result<()>) -> Result<()> {
        match done {
            Err(error) if !error.is_fault() => {
                let why = match &error {
                    Error::Unauthenticated => "the token is not good".to_owned(),
                    other => other.to_string(),
                };
                Ok(self.courier().refuse(connection, &why).await?)
            }
            done => self.answer(connection, done, SystemClock.now()).await,
        }
    }

    fn courier(&self) -> &Courier {
        &self.doorman.courier
    }
}
