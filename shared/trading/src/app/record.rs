//! Results of trades, each counted once.

use kernel::id::TradeId;
use kernel::time::Timestamp;
use kernel::{Error, Number};
use platform::devices::Device;
use platform::live::News;
use platform::race::{Failure, until_undisturbed};
use rust_decimal::Decimal;
use serde::Serialize;

use super::issue::Draft;
use super::{Request, Trading};
use crate::domain::trade::{self, Origin, Outcome};
use crate::domain::{Kind, OpenTrade, Report, Status, Trade, TradeStatus};
use crate::model::{Command, Owner, Provider, Totals};
use crate::store::{COMMAND, DAY, PROVIDER, RESULT, TOTALS, TRADE};

/// What became of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The trade that it is of.
    pub trade: TradeId,
    /// Whether it was counted before.
    pub is_duplicate: bool,
}

/// What the dashboard is told of a trade.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TradeUpdate<'a> {
    trade_id: &'a TradeId,
    status: TradeStatus,
    pnl: Number,
    timestamp: Timestamp,
}

impl Trading {
    /// Counts a result of a trade, once for its id.
    ///
    /// # Errors
    /// `Unprocessable` where sums would be larger than can be kept.
    pub async fn record(
        &self,
        device: &Device,
        result_id: &str,
        report: &Report,
        request: Request<'_>,
    ) -> kernel::Result<Recorded> {
        until_undisturbed(|| self.try_record(device, result_id, report, request)).await
    }

    async fn try_record(
        &self,
        device: &Device,
        result_id: &str,
        report: &Report,
        request: Request<'_>,
    ) -> Result<Recorded, Failure> {
        let owner = Owner::of(device);
        if let Some(trade) = self.store.counted(&owner, result_id).await? {
            return Ok(Recorded {
                trade,
                is_duplicate: true,
            });
        }
        let id = trade::id(
            &owner.org,
            owner.user.as_str(),
            &report.server,
            &report.login,
            &report.ticket,
        );
        let command = self.command_of(&owner, device, report).await?;
        let origin = self.origin(&owner, report, command.as_ref()).await?;
        let before = self.store.trade(&owner, &id).await?;
        let holder = (&device.id, device.terminal_id.as_str());
        let outcome = match &before {
            None => Trade::first(id.clone(), holder, report, origin),
            Some(before) => before.after(holder, report, origin),
        };
        let mut draft = Draft::default();
        self.store
            .count_result(&mut draft.change, &owner, result_id, &id)?;
        self.store
            .put_trade(&mut draft.change, &owner, before.as_ref(), &outcome.trade)?;
        self.count(&mut draft, &owner, before.as_ref(), &outcome)
            .await?;
        if let Some((command, was_queued)) = command
            && !report.is_one_of_several
            && command.status.advanced(Status::Executed).is_some()
        {
            let done = command.done(Status::Executed, None, request.now);
            self.store
                .end_command(&mut draft.change, &owner, (&done, was_queued))?;
        }
        draft
            .news
            .push(trade_update(&owner, &outcome, report, request)?);
        match self.commit(&draft.change, &draft.news, request).await {
            Ok(()) => Ok(Recorded {
                trade: id,
                is_duplicate: false,
            }),
            Err(error) => Err(Failure::of(
                error,
                &[RESULT, TRADE, TOTALS, DAY, PROVIDER, COMMAND],
            )),
        }
    }

    /// The command that a result comes of, where it is one of the terminal's.
    async fn command_of(
        &self,
        owner: &Owner,
        device: &Device,
        report: &Report,
    ) -> kernel::Result<Option<(Command, bool)>> {
        let Some(id) = &report.command else {
            return Ok(None);
        };
        let ids = std::slice::from_ref(id);
        let found = self.store.commands_of(owner, &device.id, ids).await?;
        Ok(found.into_iter().next())
    }

    /// Where a trade came from: by its command, or else by its signal.
    async fn origin(
        &self,
        owner: &Owner,
        report: &Report,
        command: Option<&(Command, bool)>,
    ) -> kernel::Result<Origin> {
        if let Some((command, _)) = command
            && command.kind == Kind::OpenTrade
        {
            let open: OpenTrade =
                serde_json::from_str(&command.payload).map_err(Error::internal)?;
            return Ok(Origin {
                signal_id: open.signal_id,
                provider: open.provider,
                stop_loss: open.stop_loss,
            });
        }
        let Some(signal) = &report.signal_id else {
            return Ok(Origin::default());
        };
        let note = self.store.signal(owner, signal).await?;
        let note = note.unwrap_or_default();
        Ok(Origin {
            signal_id: Some(signal.clone()),
            provider: note.provider,
            stop_loss: note.stop_loss,
        })
    }

    /// Adds a result to the figures: of all, of the day on which its trade
    /// ended, and of the provider whose signal it followed.
    async fn count(
        &self,
        draft: &mut Draft,
        owner: &Owner,
        before: Option<&Trade>,
        outcome: &Outcome,
    ) -> kernel::Result<()> {
        let trade = &outcome.trade;
        let ended_with = before
            .filter(|before| before.has_ended)
            .map(|before| before.pnl);
        // A part that is told of after the end changes what the trade brought.
        let is_late = ended_with.is_some() && !outcome.realized.is_zero();
        let ends = outcome.has_closed || is_late;
        if !(ends || outcome.has_opened || !outcome.realized.is_zero()) {
            return Ok(());
        }
        let totals = self.store.totals(owner).await?;
        let counted = |figures: crate::domain::Figures| match ended_with {
            _ if !ends => figures,
            Some(before) => figures.without(before).with(trade.pnl),
            None => figures.with(trade.pnl),
        };
        let too_large = || Error::Unprocessable("the profit is too large to be kept".to_owned());
        let realized = totals.realized.checked_add(outcome.realized);
        let next = Totals {
            opened: totals.opened + u64::from(outcome.has_opened),
            closed: counted(totals.closed),
            realized: realized.ok_or_else(too_large)?,
            ..totals
        };
        self.store
            .put_totals(&mut draft.change, owner, &totals, next)?;
        let (Some(closed_at), true) = (trade.closed_at, ends) else {
            return Ok(());
        };
        let day = self.store.day(owner, closed_at.date_naive()).await?;
        let after = day.counting(ended_with, trade.pnl);
        self.store.put_day(&mut draft.change, owner, &day, &after)?;
        if let Some(name) = &trade.provider {
            let provider = self.store.provider(owner, name).await?;
            let r = trade.r_multiple().filter(|_| outcome.has_closed);
            let after = Provider {
                closed: counted(provider.closed),
                r_sum: provider.r_sum + r.unwrap_or(Decimal::ZERO),
                r_count: provider.r_count + u64::from(r.is_some()),
                ..provider.clone()
            };
            self.store
                .put_provider(&mut draft.change, owner, &provider, &after)?;
        }
        Ok(())
    }
}

fn trade_update(
    owner: &Owner,
    outcome: &Outcome,
    report: &Report,
    request: Request<'_>,
) -> kernel::Result<News> {
    let trade = &outcome.trade;
    // Of an open position, what it stands at.
    let floating = match (report.status, trade.status.is_open()) {
        (TradeStatus::Open, true) => report.profit.unwrap_or_default(),
        _ => Decimal::ZERO,
    };
    let update = TradeUpdate {
        trade_id: &trade.id,
        status: trade.status,
        pnl: Number::exact(trade.pnl + floating),
        timestamp: request.now,
    };
    Ok(News::new(owner.log(), "trade_update", &update)?)
}
