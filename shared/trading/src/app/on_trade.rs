//! What a person does with a trade that is open or waits: a command to the terminal that holds
//! it.

use kernel::id::{DeviceId, TradeId};
use kernel::{Error, FieldError};
use platform::race::{Failure, until_undisturbed};
use rust_decimal::{Decimal, RoundingStrategy};

use super::issue::Draft;
use super::{Request, Trading};
use crate::domain::{OnPosition, Order, Refusal, Trade, TradeStatus, levels};
use crate::model::{Command, Owner};
use crate::store::CONTROL;

/// Digits of lots that a part in percent is rounded down to.
const LOT_DIGITS: u32 = 2;

/// How much of a trade is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// So many lots.
    Lots(Decimal),
    /// So many of a hundred parts of what is open.
    Percent(Decimal),
}

/// What is done with a trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnTrade {
    /// It is closed, or taken back where it still waits for its price.
    Close,
    /// A part of it is.
    PartialClose(Amount),
    /// Its levels are set; 0 takes one away.
    Modify {
        /// Where it is given up.
        stop_loss: Option<Decimal>,
        /// Where its gain is taken.
        take_profit: Option<Decimal>,
    },
    /// Its stop follows the price.
    TrailingStop {
        /// At this distance, in units of the price.
        distance: Decimal,
        /// In steps of at least so much.
        step: Decimal,
    },
}

impl Trading {
    /// Tells the terminal that holds a trade what to do with it.
    ///
    /// # Errors
    /// `NotFound` where the person has no such trade, `Conflict` where it is
    /// not open, its terminal was revoked or has too much to do already, and
    /// `Invalid` where it cannot be done with this trade.
    pub async fn do_with(
        &self,
        owner: &Owner,
        trade: &TradeId,
        what: OnTrade,
        request: Request<'_>,
    ) -> kernel::Result<Command> {
        until_undisturbed(|| self.try_do_with(owner, trade, what, request)).await
    }

    async fn try_do_with(
        &self,
        owner: &Owner,
        trade: &TradeId,
        what: OnTrade,
        request: Request<'_>,
    ) -> Result<Command, Failure> {
        let before = self.store.control(owner).await?;
        let trade = self.store.trade(owner, trade).await?;
        let trade = trade.ok_or(Error::NotFound("trade"))?;
        let can_be = match trade.status {
            TradeStatus::Pending => what == OnTrade::Close,
            status => status.is_open(),
        };
        if !can_be {
            return Err(Refusal::NotOpen.into());
        }
        let holder = self.holder(owner, &trade).await?;
        let positions = self.store.positions(owner, &holder).await?;
        let price = positions
            .with_ticket(&trade.ticket)
            .and_then(|position| position.price);
        let order = order(&trade, what, price)?;
        let mut draft = Draft::default();
        let mut after = before.clone();
        let command = self
            .add_command(
                &mut draft,
                owner,
                &mut after,
                (&holder, order),
                None,
                request,
            )
            .await?;
        self.store
            .put_control(&mut draft.change, owner, &before, &after)?;
        self.commit(&draft.change, &draft.news, request)
            .await
            .map_err(|error| Failure::of(error, &[CONTROL]))?;
        Ok(command)
    }

    /// The terminal that holds a trade: the one that last reported of it, or
    /// the same one, paired anew.
    async fn holder(&self, owner: &Owner, trade: &Trade) -> kernel::Result<DeviceId> {
        let terminals = self.store.terminals(owner).await?;
        let by_id = terminals.iter().find(|one| one.id == trade.device);
        let holder = by_id.or_else(|| {
            let mut same = terminals.iter().rev();
            same.find(|one| one.terminal_id == trade.terminal_id)
        });
        let holder = holder.ok_or(Refusal::TerminalRevoked)?;
        Ok(holder.id.clone())
    }
}

/// The order for a trade whose symbol's last known price this is.
fn order(trade: &Trade, what: OnTrade, price: Option<Decimal>) -> kernel::Result<Order> {
    let on = OnPosition::of(trade);
    let allowed = |faults: Vec<FieldError>| match faults.is_empty() {
        true => Ok(()),
        false => Err(Error::Invalid(faults)),
    };
    Ok(match what {
        OnTrade::Close => Order::Close(on),
        OnTrade::PartialClose(amount) => Order::PartialClose(OnPosition {
            volume: Some(part(trade.open_volume(), amount)?),
            ..on
        }),
        OnTrade::Modify {
            stop_loss,
            take_profit,
        } => {
            allowed(levels::faults(trade.side, price, stop_loss, take_profit))?;
            Order::Modify(OnPosition {
                stop_loss,
                take_profit,
                ..on
            })
        }
        OnTrade::TrailingStop { distance, step } => {
            allowed(levels::trailing_faults(price, distance, step))?;
            Order::TrailingStop(OnPosition {
                distance: Some(distance),
                step: Some(step),
                ..on
            })
        }
    })
}

/// Lots that are closed of those that are open: less than all.
fn part(open: Decimal, amount: Amount) -> kernel::Result<Decimal> {
    let (field, lots) = match amount {
        Amount::Lots(lots) => ("lots", lots),
        Amount::Percent(percent) => {
            let lots = open * percent / Decimal::ONE_HUNDRED;
            let lots = lots.round_dp_with_strategy(LOT_DIGITS, RoundingStrategy::ToZero);
            ("percent", lots)
        }
    };
    if lots <= Decimal::ZERO {
        return Err(Error::field(field, "is less than can be closed"));
    }
    if lots >= open {
        let message = format!("must be less than the {open} lots that are open");
        return Err(Error::field(field, message));
    }
    Ok(lots.normalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_more_than_nothing_and_less_than_all() {
        let of = |amount| part(Decimal::new(50, 2), amount);
        let lots = |hundredths| Amount::Lots(Decimal::new(hundredths, 2));
        assert_eq!(of(lots(20)).expect("a part"), Decimal::new(2, 1));
        assert!(of(lots(50)).is_err() && of(lots(60)).is_err());
        assert!(of(lots(0)).is_err());
        // A third of half a lot, rounded down to hundredths.
        let third = Amount::Percent(Decimal::from(33));
        assert_eq!(of(third).expect("a part"), Decimal::new(16, 2));
        assert!(of(Amount::Percent(Decimal::ONE)).is_err());
    }
}
