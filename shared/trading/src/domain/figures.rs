//! Counts and sums of closed trades.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// What a number of trades brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// Trades.
    pub trades: u64,
    /// Those that gained.
    pub wins: u64,
    /// Those that lost.
    pub losses: u64,
    /// What those that gained brought.
    pub gross_profit: Decimal,
    /// What those that lost cost, as a positive sum.
    pub gross_loss: Decimal,
}

impl Figures {
    /// With one more trade that brought this.
    #[must_use]
    pub fn with(mut self, pnl: Decimal) -> Self {
        self.trades += 1;
        if pnl > Decimal::ZERO {
            self.wins += 1;
            self.gross_profit += pnl;
        } else if pnl < Decimal::ZERO {
            self.losses += 1;
            self.gross_loss -= pnl;
        }
        self
    }

    /// Without a trade that was counted with this.
    #[must_use]
    pub fn without(mut self, pnl: Decimal) -> Self {
        self.trades = self.trades.saturating_sub(1);
        if pnl > Decimal::ZERO {
            self.wins = self.wins.saturating_sub(1);
            self.gross_profit -= pnl;
        } else if pnl < Decimal::ZERO {
            self.losses = self.losses.saturating_sub(1);
            self.gross_loss += pnl;
        }
        self
    }

    /// Together with others.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            trades: self.trades + other.trades,
            wins: self.wins + other.wins,
            losses: self.losses + other.losses,
            gross_profit: self.gross_profit + other.gross_profit,
            gross_loss: self.gross_loss + other.gross_loss,
        }
    }

    /// What they brought together.
    #[must_use]
    pub fn net(&self) -> Decimal {
        self.gross_profit - self.gross_loss
    }

    /// How many of a hundred gained; nothing without trades.
    #[must_use]
    pub fn win_rate(&self) -> Option<Decimal> {
        let wins = Decimal::from(self.wins) * Decimal::ONE_HUNDRED;
        wins.checked_div(Decimal::from(self.trades))
    }

    /// Gained for each unit that was lost; nothing where none was.
    #[must_use]
    pub fn profit_factor(&self) -> Option<Decimal> {
        self.gross_profit.checked_div(self.gross_loss)
    }

    /// What a trade brought on average; nothing without trades.
    #[must_use]
    pub fn expectancy(&self) -> Option<Decimal> {
        self.net().checked_div(Decimal::from(self.trades))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(cents: &[i64]) -> Figures {
        let pnl = cents.iter().map(|cents| Decimal::new(*cents, 2));
        pnl.fold(Figures::default(), Figures::with)
    }

    /// By hand: +100, -50, +25.50, 0, -25 make 125.50 against 75.
    #[test]
    fn figures_of_five_trades_worked_out_by_hand() {
        let figures = of(&[10_000, -5_000, 2_550, 0, -2_500]);
        assert_eq!((figures.trades, figures.wins, figures.losses), (5, 2, 2));
        assert_eq!(figures.gross_profit, Decimal::new(12_550, 2));
        assert_eq!(figures.gross_loss, Decimal::new(7_500, 2));
        assert_eq!(figures.net(), Decimal::new(5_050, 2));
        assert_eq!(figures.win_rate(), Some(Decimal::from(40)));
        assert_eq!(figures.expectancy(), Some(Decimal::new(1_010, 2)));
        let factor = figures.profit_factor().map(|factor| factor.round_dp(4));
        assert_eq!(factor, Some(Decimal::new(16_733, 4)));
    }

    #[test]
    fn without_trades_or_losses_there_is_nothing_to_divide_by() {
        let none = Figures::default();
        assert_eq!((none.win_rate(), none.expectancy()), (None, None));
        assert_eq!(of(&[100]).profit_factor(), None);
    }

    proptest! {
        #[test]
        fn parts_make_the_whole_and_a_trade_can_be_taken_out(
            one in prop::collection::vec(-1_000_000_i64..1_000_000, 0..20),
            other in prop::collection::vec(-1_000_000_i64..1_000_000, 0..20),
            extra in -1_000_000_i64..1_000_000,
        ) {
            let whole = [one.clone(), other.clone()].concat();
            prop_assert_eq!(of(&one).and(of(&other)), of(&whole));
            let extra = Decimal::new(extra, 2);
            prop_assert_eq!(of(&whole).with(extra).without(extra), of(&whole));
            let sum: i64 = whole.iter().sum();
            prop_assert_eq!(of(&whole).net(), Decimal::new(sum, 2));
        }
    }
}
