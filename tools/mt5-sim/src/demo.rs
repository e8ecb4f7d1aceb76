//! The account that trades by itself: a market and trades that are functions
//! of a seed and of time, so that they are the same after a restart.

use chrono::{DateTime, TimeDelta};
use kernel::time::Timestamp;
use rust_decimal::Decimal;

use crate::account::Happening;
use crate::ledger::Stamp;
use crate::scenario::{Action, Amount, Close, Open, Reason, Swap};
use crate::symbols::Side;

/// A market whose prices wander.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Walk {
    /// The same seed gives the same market.
    pub seed: u64,
}

/// A symbol of the market. Prices are whole points while they are computed.
struct Quote {
    symbol: &'static str,
    digits: u32,
    base_points: i64,
    /// Waves that are added up: their period in seconds and height in points.
    waves: [(i64, i64); 5],
    /// Swap of a lot and night, in cents.
    swap_cents: i64,
    /// The largest position, in hundredths of a lot.
    volume_max: u64,
}

const MARKET: [Quote; 3] = [
    Quote {
        symbol: "EURUSD",
        digits: 5,
        base_points: 110_000,
        waves: [
            (60, 4),
            (300, 15),
            (3_600, 60),
            (43_200, 300),
            (604_800, 900),
        ],
        swap_cents: -640,
        volume_max: 200,
    },
    Quote {
        symbol: "XAUUSD",
        digits: 2,
        base_points: 265_000,
        waves: [
            (60, 20),
            (300, 80),
            (3_600, 300),
            (43_200, 1_500),
            (604_800, 6_000),
        ],
        swap_cents: -2_850,
        volume_max: 60,
    },
    Quote {
        symbol: "USDJPY",
        digits: 3,
        base_points: 150_000,
        waves: [
            (60, 5),
            (300, 20),
            (3_600, 80),
            (43_200, 400),
            (604_800, 1_200),
        ],
        swap_cents: 310,
        volume_max: 200,
    },
];

/// Seconds in which at most one position is opened.
const SLOT_S: i64 = 1_800;
/// Slots are counted from 2020-01-01, so that their numbers stay small.
const EPOCH_S: i64 = 1_577_836_800;
/// Commission of a lot and deal, in cents.
const COMMISSION_CENTS: i64 = -350;
const DAY_S: i64 = 86_400;
/// When swap is charged: seconds after midnight UTC.
const ROLLOVER_S: i64 = 22 * 3_600;

impl Walk {
    /// The price of a symbol at a moment; `None` for one the market lacks.
    #[must_use]
    pub(crate) fn price(self, symbol: &str, at: Timestamp) -> Option<Decimal> {
        let quote = MARKET.iter().find(|quote| quote.symbol == symbol)?;
        let at_ms = at.timestamp_millis();
        let moved: i64 = (0_u64..)
            .zip(quote.waves)
            .map(|(number, (period_s, height))| {
                let lane = mix(self.seed ^ hash(quote.symbol) ^ number);
                wave(lane, at_ms, period_s * 1_000, height)
            })
            .sum();
        Some(Decimal::new(quote.base_points + moved, quote.digits))
    }
}

/// A line through random points, one a period, at most `height` from zero.
fn wave(lane: u64, at_ms: i64, period_ms: i64, height: i64) -> i64 {
    let point = |number: i64| {
        let spread = 2 * height.unsigned_abs() + 1;
        let drawn = mix(lane ^ mix(number.cast_unsigned())) % spread;
        drawn.cast_signed() - height
    };
    let number = at_ms.div_euclid(period_ms);
    let (from, to) = (point(number), point(number + 1));
    from + (to - from) * at_ms.rem_euclid(period_ms) / period_ms
}

/// SplitMix64's finalizer.
pub(crate) fn mix(seed: u64) -> u64 {
    let mut bits = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

/// FNV-1a.
pub(crate) fn hash(text: &str) -> u64 {
    text.bytes().fold(0xCBF2_9CE4_8422_2325, |bits, byte| {
        (bits ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    })
}

/// How the demo account trades.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Demo {
    /// Its market, whose seed chooses the trades too.
    pub walk: Walk,
    /// When the money comes in and trading begins.
    pub start: Timestamp,
    /// The deposit, in the account's currency.
    pub deposit: Decimal,
}

/// What is drawn for one slot.
struct Trade {
    quote: &'static Quote,
    side: Side,
    volume: Decimal,
    opens_s: i64,
    closes_s: i64,
    /// Half is closed midway.
    halves: bool,
}

impl Demo {
    /// The deposit and all that happens until a moment, positions that are
    /// open then with their close. Tickets follow from the slot's number.
    pub(crate) fn happenings(self, tickets: u64, until: Timestamp) -> Vec<Happening> {
        let (start_s, until_s) = (self.start.timestamp(), until.timestamp());
        let first = (start_s - EPOCH_S).div_euclid(SLOT_S) + 1;
        let last = (until_s - EPOCH_S).div_euclid(SLOT_S);
        let mut happenings = vec![Happening::new(
            Stamp::plain(self.start, tickets + 500_000),
            Action::Deposit(Amount {
                amount: self.deposit,
                comment: "Initial deposit".to_owned(),
            }),
        )];
        for slot in first..=last {
            // Each slot has 16 happenings of 8 tickets; the numbers below a
            // million are for steps that are given.
            let base = tickets + 1_000_000 + u64::try_from(slot).unwrap_or(0) * 128;
            if let Some(trade) = self.draw(slot) {
                lay(&trade, slot, base, &mut happenings);
            }
        }
        happenings
    }

    fn draw(self, slot: i64) -> Option<Trade> {
        let mut bits = mix(self.walk.seed ^ mix(slot.cast_unsigned()));
        let mut below = |bound: u64| {
            bits = mix(bits);
            bits % bound
        };
        if below(4) == 0 {
            return None;
        }
        let quote = MARKET.get(usize::try_from(below(3)).ok()?)?;
        let side = if below(2) == 0 { Side::Buy } else { Side::Sell };
        // Even, so that half of it is a volume too.
        let hundredths = 10 + 2 * below(quote.volume_max / 2 - 4);
        let opens_s = EPOCH_S + slot * SLOT_S + below(900).cast_signed();
        let held_s = match below(12) {
            0 => 20 * 3_600 + below(3_600),
            _ => 300 + below(5_400),
        };
        Some(Trade {
            quote,
            side,
            volume: Decimal::new(hundredths.cast_signed(), 2),
            opens_s,
            closes_s: opens_s + held_s.cast_signed(),
            halves: below(4) == 0,
        })
    }
}

fn lay(trade: &Trade, slot: i64, base: u64, happenings: &mut Vec<Happening>) {
    let name = format!("demo-{slot}");
    let half = trade.volume / Decimal::TWO;
    let mut number = 0;
    let mut push = |at_s: i64, action: Action| {
        if let Some(at) = DateTime::from_timestamp(at_s, 0) {
            happenings.push(Happening::new(Stamp::plain(at, base + number * 8), action));
            number += 1;
        }
    };
    push(
        trade.opens_s,
        Action::Open(Open {
            position: name.clone(),
            symbol: trade.quote.symbol.to_owned(),
            side: trade.side,
            volume: trade.volume,
            price: None,
            stop_loss: None,
            take_profit: None,
            commission: Some(cents(COMMISSION_CENTS, trade.volume)),
            comment: String::new(),
            magic: 0,
            reason: Some(Reason::Client),
        }),
    );
    let close = |volume: Option<Decimal>, closed: Decimal| {
        Action::Close(Close {
            position: name.clone(),
            volume,
            price: None,
            profit: None,
            commission: Some(cents(COMMISSION_CENTS, closed)),
            comment: String::new(),
            reason: Some(Reason::Client),
        })
    };
    let midway_s = i64::midpoint(trade.opens_s, trade.closes_s);
    let mut open = trade.volume;
    if trade.halves {
        push(midway_s, close(Some(half), half));
        open = half;
    }
    for night_s in rollovers(trade.opens_s, trade.closes_s) {
        let charged = if night_s < midway_s {
            trade.volume
        } else {
            open
        };
        let amount = cents(trade.quote.swap_cents, charged);
        push(
            night_s,
            Action::Swap(Swap {
                position: name.clone(),
                amount,
            }),
        );
    }
    push(trade.closes_s, close(None, open));
}

/// The moments between two at which swap is charged.
fn rollovers(from_s: i64, to_s: i64) -> impl Iterator<Item = i64> {
    let first = (from_s - ROLLOVER_S).div_euclid(DAY_S) + 1;
    (first..)
        .map(|day| day * DAY_S + ROLLOVER_S)
        .take_while(move |night_s| *night_s < to_s)
}

fn cents(a_lot: i64, volume: Decimal) -> Decimal {
    (Decimal::new(a_lot, 2) * volume).round_dp(2)
}

/// Midnight UTC, five days before a moment: where the demo begins by default.
#[must_use]
pub(crate) fn default_start(now: Timestamp) -> Timestamp {
    let day = now.date_naive().and_hms_opt(0, 0, 0);
    day.map_or(now, |midnight| midnight.and_utc()) - TimeDelta::days(5)
}
