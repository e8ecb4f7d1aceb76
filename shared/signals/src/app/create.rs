//! New signals: a person's own, and those that the platform publishes.

use kernel::Error;
use kernel::access::Tier;
use kernel::id::{SignalChannelId, SignalId};
use platform::race::{Failure, until_undisturbed};

use super::news::{Happening, to_all, to_author};
use super::{Change, Request, Signals, Terminals};
use crate::domain::Refusal;
use crate::domain::channel::{Channel, Hold};
use crate::domain::setup::Setup;
use crate::domain::signal::{Signal, Status};
use crate::model::Owner;

/// A signal that is to be made; its setup has no faults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// What it calls for.
    pub setup: Setup,
    /// Who it is by; its channel's provider where left out.
    pub provider: Option<String>,
    /// The channel that it came through.
    pub channel: Option<SignalChannelId>,
    /// The message that it was read from.
    pub raw_text: Option<String>,
    /// How sure the reading of it is: 0 to 100.
    pub confidence: u8,
    /// What the confidence rests on.
    pub reasons: Vec<String>,
}

impl Draft {
    fn signal(&self, request: Request<'_>) -> Signal {
        Signal {
            id: SignalId::generate(request.now),
            setup: self.setup.clone(),
            provider: self.provider.clone(),
            channel: self.channel.clone(),
            strategy: None,
            min_tier: None,
            raw_text: self.raw_text.clone(),
            confidence: self.confidence,
            reasons: self.reasons.clone(),
            status: Status::Held,
            hold: None,
            rejection: None,
            replay_of: None,
            outcome: None,
            trades: Vec::new(),
            version: 1,
            created_at: request.now,
            released_at: None,
            closed_at: None,
        }
    }
}

impl<T: Terminals> Signals<T> {
    /// Makes a signal of a person's own. It is sent to their terminals at
    /// once, or held where its channel asks for that or trading rests.
    ///
    /// # Errors
    /// `Invalid` where there is no such channel, `Conflict` where the channel
    /// is off or a terminal has too much to do.
    pub async fn create(
        &self,
        owner: &Owner,
        draft: &Draft,
        request: Request<'_>,
    ) -> kernel::Result<Signal> {
        until_undisturbed(|| self.try_create(owner, draft, request)).await
    }

    async fn try_create(
        &self,
        owner: &Owner,
        draft: &Draft,
        request: Request<'_>,
    ) -> Result<Signal, Failure> {
        let mut signal = draft.signal(request);
        if let Some(channel) = self.channel_of(owner, draft).await? {
            if !channel.terms.enabled {
                return Err(Refusal::ChannelOff.into());
            }
            signal.hold = channel.terms.hold(draft.confidence);
            signal.strategy = channel.terms.strategy;
            signal.provider = signal.provider.or(Some(channel.terms.provider));
        }
        self.write_new(owner, signal, request).await
    }

    async fn channel_of(&self, owner: &Owner, draft: &Draft) -> Result<Option<Channel>, Error> {
        let Some(id) = &draft.channel else {
            return Ok(None);
        };
        let channel = self.store.channel(owner, id).await?;
        let unknown = || Error::field("channel_id", "is no channel of yours");
        Ok(Some(channel.ok_or_else(unknown)?))
    }

    /// Writes a new signal: held for its own reason or because the terminals
    /// rest, and otherwise sent to them.
    pub(super) async fn write_new(
        &self,
        owner: &Owner,
        signal: Signal,
        request: Request<'_>,
    ) -> Result<Signal, Failure> {
        let hold = match signal.hold {
            Some(hold) => Some(hold),
            None => self.hold(owner, &signal).await?,
        };
        let status = match hold {
            Some(_) => Status::Held,
            None => Status::Released,
        };
        let signal = Signal {
            status,
            hold,
            released_at: hold.is_none().then_some(request.now),
            ..signal
        };
        let mut change = Change::default();
        self.store
            .put_signal(&mut change.transaction, owner, None, &signal)?;
        change
            .news
            .push(to_author(owner, &signal, Happening::Created)?);
        match hold {
            Some(_) => self.commit(&change, request).await?,
            None => self.send(owner, &signal, &change, request).await?,
        }
        Ok(signal)
    }

    /// Why a signal that nobody holds back cannot be sent now.
    pub(super) async fn hold(&self, owner: &Owner, signal: &Signal) -> Result<Option<Hold>, Error> {
        let setup = &signal.setup;
        if setup.stop_loss_pips.is_some() || !setup.take_profit_pips.is_empty() {
            return Ok(Some(Hold::PricesMissing));
        }
        self.terminals.rest(owner).await
    }
}

impl<T> Signals<T> {
    /// Publishes a signal of the platform to a tier and those above it. It
    /// goes to dashboards, and to nobody's terminals.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn publish(
        &self,
        draft: &Draft,
        min_tier: Tier,
        request: Request<'_>,
    ) -> kernel::Result<Signal> {
        let signal = Signal {
            min_tier: Some(min_tier),
            status: Status::Released,
            released_at: Some(request.now),
            // Messages hold more than is published.
            raw_text: None,
            ..draft.signal(request)
        };
        self.publish_new(signal, request).await
    }

    pub(super) async fn publish_new(
        &self,
        signal: Signal,
        request: Request<'_>,
    ) -> kernel::Result<Signal> {
        until_undisturbed(|| async {
            let mut change = Change::default();
            self.store
                .put_published(&mut change.transaction, None, &signal)?;
            change.news.push(to_all(&signal, Happening::Created)?);
            self.commit(&change, request).await?;
            Ok(signal.clone())
        })
        .await
    }
}
