//! Signals' port to the terminals, filled by the trading context.

use kernel::{Error, Number};
use platform::live::Live;
use rust_decimal::Decimal;
use signals::app::{Change, Terminals};
use signals::domain::channel::Hold;
use signals::domain::signal::Signal;
use signals::domain::strategy::Strategy;
use signals::domain::values::{Direction, OrderType};
use signals::view::StrategyView;
use signals::{Owner, Request};
use trading::Trading;
use trading::domain::{Mode, OpenTrade, OrderType as Entry, Side, Zone};

/// The terminals of whoever makes signals.
#[derive(Clone, Debug)]
pub struct PairedTerminals {
    /// The use cases of trading.
    pub trading: Trading,
    /// Who is told of signals where no terminal is.
    pub live: Live,
}

impl Terminals for PairedTerminals {
    async fn rest(&self, owner: &Owner) -> kernel::Result<Option<Hold>> {
        let control = self.trading.store.control(owner).await?;
        Ok(match control.switches.mode {
            Mode::Running => None,
            Mode::Paused => Some(Hold::TradingPaused),
            Mode::Stopped => Some(Hold::TradingStopped),
        })
    }

    async fn open(
        &self,
        owner: &Owner,
        signal: &Signal,
        change: &Change,
        request: Request<'_>,
    ) -> kernel::Result<()> {
        let (writes, news) = (&change.transaction, change.news.as_slice());
        if self.trading.store.terminals(owner).await?.is_empty() {
            let told = self
                .live
                .commit(writes, news, request.id, request.now)
                .await;
            return told.map_err(|error| match error {
                platform::dynamo::CommitError::Refused(_) => {
                    Error::Conflict("the signal was changed meanwhile".to_owned())
                }
                failed => failed.into(),
            });
        }
        let (order, cause) = (order(signal), (writes, news));
        self.trading
            .open_trades(owner, &order, None, cause, request)
            .await?;
        Ok(())
    }

    fn follow(
        &self,
        change: &mut Change,
        owner: &Owner,
        strategy: &Strategy,
        revision: u64,
    ) -> kernel::Result<()> {
        let view = StrategyView::of(strategy.clone(), true);
        let strategy = trading::model::Strategy {
            id: strategy.id.to_string(),
            name: strategy.terms.name.clone(),
            version: revision,
            content: serde_json::to_string(&view).map_err(Error::internal)?,
            published_at: strategy.updated_at,
        };
        let store = &self.trading.store;
        store.publish_strategy(&mut change.transaction, owner, &strategy)?;
        Ok(())
    }
}

/// What each terminal is told: the whole of the signal, and its first entry by
/// itself for terminals that know of one alone.
fn order(signal: &Signal) -> OpenTrade {
    let setup = &signal.setup;
    let (order_type, entry) = match setup.order_type {
        OrderType::Market => (Entry::Market, None),
        OrderType::Limit => (Entry::Limit, setup.entries.first().copied()),
        OrderType::Stop => (Entry::Stop, setup.entries.first().copied()),
    };
    OpenTrade {
        signal_id: Some(signal.id.to_string()),
        provider: signal.provider.clone(),
        symbol: setup.symbol.clone(),
        action: match setup.direction {
            Direction::Buy => Side::Buy,
            Direction::Sell => Side::Sell,
        },
        order_type,
        entry,
        entries: numbers(&setup.entries),
        entry_weights: setup.entry_weights.as_deref().map(numbers),
        entry_zone: setup.zone().map(|(low, high)| Zone {
            low: low.into(),
            high: high.into(),
        }),
        stop_loss: setup.stop_loss,
        take_profits: numbers(&setup.take_profits),
        take_profit_weights: setup.take_profit_weights.as_deref().map(numbers),
        runner: setup.runner,
        volume: None,
        risk_percent: setup.risk_percent,
        epoch: 0,
    }
}

fn numbers(figures: &[Decimal]) -> Vec<Number> {
    figures.iter().copied().map(Into::into).collect()
}
