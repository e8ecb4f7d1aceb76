//! A trade, as the results that terminals report of it make it.

use kernel::digest::sha256_hex;
use kernel::id::{CommandId, DeviceId, TradeId};
use kernel::time::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Which way a trade goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = TradeSide)]
pub enum Side {
    /// It gains as the price rises.
    #[serde(alias = "BUY", alias = "Buy")]
    Buy,
    /// It gains as the price falls.
    #[serde(alias = "SELL", alias = "Sell")]
    Sell,
}

impl Side {
    /// A move of the price, as this side gains by it.
    #[must_use]
    pub fn gain(self, from: Decimal, to: Decimal) -> Decimal {
        match self {
            Self::Buy => to - from,
            Self::Sell => from - to,
        }
    }
}

/// How far a trade has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TradeStatus {
    /// An order that waits for its price.
    Pending,
    /// A position.
    Open,
    /// A position of which a part was closed.
    PartiallyClosed,
    /// A position that is no more.
    Closed,
    /// An order that was taken back.
    Cancelled,
    /// An order that the broker refused.
    Rejected,
}

impl TradeStatus {
    /// Whether there is a position.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Open | Self::PartiallyClosed)
    }

    /// Whether nothing can become of it any more.
    #[must_use]
    pub fn is_final(self) -> bool {
        self.rank() == 3
    }

    /// The later of two: a status only moves forward, and the first end stays.
    #[must_use]
    pub fn forward(self, reported: Self) -> Self {
        match reported.rank() > self.rank() {
            true => reported,
            false => self,
        }
    }

    /// Whether a result of this status is of something that was closed.
    fn realizes(self) -> bool {
        matches!(self, Self::PartiallyClosed | Self::Closed)
    }

    fn rank(self) -> u8 {
        match self {
            Self::Pending => 0,
            Self::Open => 1,
            Self::PartiallyClosed => 2,
            Self::Closed | Self::Cancelled | Self::Rejected => 3,
        }
    }
}

/// What a terminal reports of a trade.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The trade server.
    pub server: String,
    /// The login there.
    pub login: String,
    /// The position's ticket.
    pub ticket: String,
    /// What is traded.
    pub symbol: String,
    /// Which way.
    pub side: Side,
    /// How far the trade has come.
    pub status: TradeStatus,
    /// Lots: of the position, or what of it was closed.
    pub volume: Decimal,
    /// Price at which it was opened, or is to be.
    pub open_price: Decimal,
    /// Price at which it, or a part, was closed.
    pub close_price: Option<Decimal>,
    /// What the closing brought, all costs included; of an open position what
    /// it would bring.
    pub profit: Option<Decimal>,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it, or a part, was closed.
    pub closed_at: Option<Timestamp>,
    /// The signal that it follows.
    pub signal_id: Option<String>,
    /// The command that it comes of.
    pub command: Option<CommandId>,
    /// Whether it is of one of several orders that the command stands for:
    /// then it does not say that the command is done.
    pub is_one_of_several: bool,
}

/// What is known of where a trade came from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The signal that it follows.
    pub signal_id: Option<String>,
    /// Who gave the signal.
    pub provider: Option<String>,
    /// Where the signal said to give it up.
    pub stop_loss: Option<Decimal>,
}

/// One position of one login, from its order to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trade {
    /// Its id, which follows from server, login and ticket.
    pub id: TradeId,
    /// The terminal that last reported of it: the one that holds it.
    pub device: DeviceId,
    /// What that terminal calls itself.
    pub terminal_id: String,
    /// The trade server.
    pub server: String,
    /// The login there.
    pub login: String,
    /// The position's ticket.
    pub ticket: String,
    /// What is traded.
    pub symbol: String,
    /// Which way.
    pub side: Side,
    /// How far it has come.
    pub status: TradeStatus,
    /// Lots it was opened with.
    pub volume: Decimal,
    /// Lots of it that were closed.
    pub closed_volume: Decimal,
    /// Price at which it was opened, or is to be.
    pub open_price: Decimal,
    /// Sum of each closed part's lots times its price.
    pub exit_value: Decimal,
    /// Price at which it, or a part, was closed last.
    #[serde(default)]
    pub close_price: Option<Decimal>,
    /// What all closings brought.
    pub pnl: Decimal,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it, or a part, was closed last.
    #[serde(default)]
    pub closed_at: Option<Timestamp>,
    /// The signal that it follows.
    #[serde(default)]
    pub signal_id: Option<String>,
    /// Who gave the signal.
    #[serde(default)]
    pub provider: Option<String>,
    /// Where the signal said to give it up: what R is measured by.
    #[serde(default)]
    pub stop_loss: Option<Decimal>,
    /// Whether its last closing was counted.
    pub has_ended: bool,
    /// Rises with each result; 1 is the first.
    pub revision: u64,
}

/// What a result changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The trade as it is now.
    pub trade: Trade,
    /// What the result brought, where it counts.
    pub realized: Decimal,
    /// Whether it was the first of a position.
    pub has_opened: bool,
    /// Whether it was the one that closed it.
    pub has_closed: bool,
}

/// The id of the trade that a position is.
#[must_use]
pub fn id(org: &str, user: &str, server: &str, login: &str, ticket: &str) -> TradeId {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let server = server.to_lowercase();
    // Lengths keep the parts apart, whatever is in them.
    let named = [org, user, &server, login, ticket]
        .map(|part| format!("{}:{part}", part.len()))
        .concat();
    let digest = sha256_hex(named.as_bytes());
    let bits = u128::from_str_radix(&digest[..32], 16).expect("a digest is hexadecimal");
    let mut text = format!("{}_", TradeId::PREFIX);
    for place in (0..26).rev() {
        let index = usize::try_from((bits >> (5 * place)) & 31).unwrap_or_default();
        text.push(char::from(ALPHABET[index]));
    }
    text.parse().expect("a prefix and 26 characters are an id")
}

impl Trade {
    /// The trade that a first result makes.
    #[must_use]
    pub fn first(
        id: TradeId,
        (device, terminal_id): (&DeviceId, &str),
        report: &Report,
        origin: Origin,
    ) -> Outcome {
        let trade = Self {
            id,
            device: device.clone(),
            terminal_id: terminal_id.to_owned(),
            server: report.server.clone(),
            login: report.login.clone(),
            ticket: report.ticket.clone(),
            symbol: report.symbol.clone(),
            side: report.side,
            status: TradeStatus::Pending,
            volume: report.volume,
            closed_volume: Decimal::ZERO,
            open_price: report.open_price,
            exit_value: Decimal::ZERO,
            close_price: None,
            pnl: Decimal::ZERO,
            opened_at: report.opened_at,
            closed_at: None,
            signal_id: None,
            provider: None,
            stop_loss: None,
            has_ended: false,
            revision: 0,
        };
        trade.after((device, terminal_id), report, origin)
    }

    /// The trade after one more result, which was not counted before. Results
    /// may come in any order: what each part brought is added once, and the
    /// status only moves forward.
    #[must_use]
    pub fn after(
        &self,
        (device, terminal_id): (&DeviceId, &str),
        report: &Report,
        origin: Origin,
    ) -> Outcome {
        let mut trade = self.clone();
        trade.device = device.clone();
        trade.terminal_id = terminal_id.to_owned();
        trade.revision += 1;
        trade.status = self.status.forward(report.status);
        trade.signal_id = self.signal_id.clone().or(origin.signal_id);
        trade.provider = self.provider.clone().or(origin.provider);
        trade.stop_loss = self.stop_loss.or(origin.stop_loss);
        if !self.status.is_final() && report.status.rank() >= self.status.rank() {
            trade.open_price = report.open_price;
            trade.opened_at = report.opened_at;
        }
        // An order may be filled with other lots than it was placed with.
        if self.status == TradeStatus::Pending && !report.status.realizes() {
            trade.volume = report.volume;
        }
        // A position ends once, whatever a terminal says again.
        let is_end = report.status == TradeStatus::Closed;
        let counts = report.status.realizes() && !(is_end && self.has_ended);
        let realized = match counts {
            true => report.profit.unwrap_or_default(),
            false => Decimal::ZERO,
        };
        if counts {
            trade.close_part(report, is_end);
            trade.pnl += realized;
        }
        Outcome {
            has_opened: !self.status.is_open() && !self.status.is_final() && {
                trade.status.is_open() || trade.status == TradeStatus::Closed
            },
            has_closed: counts && is_end,
            realized,
            trade,
        }
    }

    fn close_part(&mut self, report: &Report, is_end: bool) {
        let left = self.volume - self.closed_volume;
        let part = match is_end {
            true => left,
            false => report.volume.min(left),
        };
        self.closed_volume += part;
        if let Some(price) = report.close_price {
            self.exit_value += part * price;
        }
        // A part that is told of after the end moves the end no more.
        if !self.has_ended && self.closed_at <= report.closed_at {
            self.close_price = report.close_price.or(self.close_price);
            self.closed_at = report.closed_at;
        }
        self.has_ended |= is_end;
    }

    /// Lots that are still open.
    #[must_use]
    pub fn open_volume(&self) -> Decimal {
        self.volume - self.closed_volume
    }

    /// The price at which its parts were closed, on average by their lots;
    /// nothing where no part or no price is known.
    #[must_use]
    pub fn exit_price(&self) -> Option<Decimal> {
        let exit = self.exit_value.checked_div(self.closed_volume)?;
        (!exit.is_zero()).then_some(exit)
    }

    /// What it brought in multiples of what it risked: the distance of its
    /// exits from its entry, over that of the stop. Nothing where no stop or
    /// no exit is known.
    #[must_use]
    pub fn r_multiple(&self) -> Option<Decimal> {
        let risk = (self.open_price - self.stop_loss?).abs();
        let exit = self.exit_price()?;
        self.side.gain(self.open_price, exit).checked_div(risk)
    }
}

#[cfg(test)]
#[path = "trade_tests.rs"]
mod tests;
