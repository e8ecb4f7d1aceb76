//! Signals that are acted on, and terminals that are asked to sync.

use chrono::TimeDelta;
use kernel::Error;
use platform::dynamo::{CommitError, Transaction};
use platform::live::News;
use platform::race::{Failure, until_undisturbed};

use super::issue::Draft;
use super::{Request, Trading};
use crate::domain::{Kind, OpenTrade, Order, Refusal};
use crate::model::{Command, Owner, Provider, Totals};
use crate::store::{CONTROL, PROVIDER, SIGNAL, TOTALS};

/// Labels of writes that are tried again where somebody else was first.
const OWN: [&str; 3] = [CONTROL, TOTALS, PROVIDER];
/// The longest that an order to open can be good.
const OPEN_GOOD_FOR_MAX: TimeDelta = TimeDelta::hours(24);

impl Trading {
    /// Has each terminal of a person open a trade, in the transaction of what
    /// caused it. Beside twenty terminals the transaction has room for eight
    /// writes of `cause` and for `news` in the person's own log.
    ///
    /// # Errors
    /// `Conflict` while trading is paused or stopped, where no terminal is
    /// paired, where one's queue is full, where the signal was acted on, and
    /// where the cause itself is refused.
    pub async fn open_trades(
        &self,
        owner: &Owner,
        open: &OpenTrade,
        good_for: Option<TimeDelta>,
        (cause, news): (&Transaction, &[News]),
        request: Request<'_>,
    ) -> kernel::Result<Vec<Command>> {
        until_undisturbed(|| self.try_open(owner, open, good_for, (cause, news), request)).await
    }

    async fn try_open(
        &self,
        owner: &Owner,
        open: &OpenTrade,
        good_for: Option<TimeDelta>,
        (cause, news): (&Transaction, &[News]),
        request: Request<'_>,
    ) -> Result<Vec<Command>, Failure> {
        let before = self.store.control(owner).await?;
        before.switches.may_open()?;
        let terminals = self.store.terminals(owner).await?;
        if terminals.is_empty() {
            return Err(Refusal::NoTerminal.into());
        }
        let mut draft = Draft {
            change: cause.clone(),
            news: news.to_vec(),
        };
        let mut after = before.clone();
        let good_for = good_for.map(|time| time.min(OPEN_GOOD_FOR_MAX));
        let mut commands = Vec::with_capacity(terminals.len());
        for terminal in terminals {
            let order = (&terminal.id, Order::Open(open.clone()));
            let command = self
                .add_command(&mut draft, owner, &mut after, order, good_for, request)
                .await?;
            commands.push(command);
        }
        if let Some(signal) = &open.signal_id {
            self.count_signal(&mut draft, owner, signal, open, request)
                .await?;
        }
        self.store
            .put_control(&mut draft.change, owner, &before, &after)?;
        match self.commit(&draft.change, &draft.news, request).await {
            Ok(()) => Ok(commands),
            Err(error) if error.refused(SIGNAL) => {
                Err(Error::Conflict("the signal was acted on before".to_owned()).into())
            }
            Err(CommitError::Refused(labels))
                if labels.iter().all(|label| !OWN.contains(label)) =>
            {
                let sentence = "what this follows from was changed meanwhile";
                Err(Error::Conflict(sentence.to_owned()).into())
            }
            Err(error) => Err(Failure::of(error, &OWN)),
        }
    }

    async fn count_signal(
        &self,
        draft: &mut Draft,
        owner: &Owner,
        signal: &str,
        open: &OpenTrade,
        request: Request<'_>,
    ) -> kernel::Result<()> {
        let said = (open.provider.as_deref(), open.stop_loss);
        self.store
            .add_signal(&mut draft.change, owner, signal, said, request.now)?;
        let totals = self.store.totals(owner).await?;
        let next = Totals {
            signals: totals.signals + 1,
            ..totals
        };
        self.store
            .put_totals(&mut draft.change, owner, &totals, next)?;
        if let Some(name) = &open.provider {
            let provider = self.store.provider(owner, name).await?;
            let next = Provider {
                signals: provider.signals + 1,
                ..provider.clone()
            };
            self.store
                .put_provider(&mut draft.change, owner, &provider, &next)?;
        }
        Ok(())
    }

    /// Asks every terminal of a person to sync now. One that has too much to
    /// do already is left out.
    ///
    /// # Errors
    /// `Conflict` where no terminal is paired.
    pub async fn force_sync(
        &self,
        owner: &Owner,
        request: Request<'_>,
    ) -> kernel::Result<Vec<Command>> {
        until_undisturbed(|| self.try_force_sync(owner, request)).await
    }

    async fn try_force_sync(
        &self,
        owner: &Owner,
        request: Request<'_>,
    ) -> Result<Vec<Command>, Failure> {
        let before = self.store.control(owner).await?;
        let terminals = self.store.terminals(owner).await?;
        if terminals.is_empty() {
            return Err(Refusal::NoTerminal.into());
        }
        let mut draft = Draft::default();
        let mut after = before.clone();
        let mut commands = Vec::with_capacity(terminals.len());
        for terminal in terminals {
            let most = Kind::Sync.pending_max();
            let epoch = before.switches.epoch;
            let waiting = self
                .waiting(owner, &terminal.id, epoch, most, request.now)
                .await?;
            // One that was asked and has not heard it yet is asked no more.
            let asked = waiting.iter().find(|command| command.kind == Kind::Sync);
            if let Some(asked) = asked {
                commands.push(asked.clone());
                continue;
            }
            if waiting.len() >= most {
                continue;
            }
            let order = (&terminal.id, Order::Sync);
            let command = self
                .add_command(&mut draft, owner, &mut after, order, None, request)
                .await?;
            commands.push(command);
        }
        if draft.change.is_empty() {
            return Ok(commands);
        }
        self.store
            .put_control(&mut draft.change, owner, &before, &after)?;
        self.commit(&draft.change, &draft.news, request)
            .await
            .map_err(|error| Failure::of(error, &[CONTROL]))?;
        Ok(commands)
    }
}
