//! A plan as clients write it: its own reading, apart from that of the
//! account service.

use chrono::NaiveTime;
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer};

/// A plan. Fields that are left out have the defaults of the contract; fields
/// of an answered plan that judge nothing are ignored.
#[derive(Clone, Debug, Deserialize)]
pub struct Plan {
    /// The figure that drawdown is measured on.
    #[serde(default)]
    pub basis: Basis,
    /// The local time at which a day begins.
    #[serde(default)]
    pub reset: Reset,
    /// Daily drawdown; `null` for none.
    #[serde(default = "daily")]
    pub daily: Option<Daily>,
    /// All-time drawdown; `null` for none.
    #[serde(default = "all_time")]
    pub max: Option<AllTime>,
    /// The effect of movements on the all-time reference.
    #[serde(default)]
    pub payout: Option<Payout>,
    /// The shares of a limit at which it is violated.
    #[serde(default)]
    pub severity: Shares,
    /// Profit target in percent of the initial balance.
    #[serde(default, with = "kernel::number::json_option")]
    pub profit_target_pct: Option<Decimal>,
    /// Days with an opening that passing needs.
    #[serde(default)]
    pub min_trading_days: Option<usize>,
    /// Largest share of the best day in the total profit, in percent.
    #[serde(default, with = "kernel::number::json_option")]
    pub consistency_pct: Option<Decimal>,
    /// Largest open volume.
    #[serde(default, with = "kernel::number::json_option")]
    pub max_lots: Option<Decimal>,
    /// Days without a trade after which the challenge is breached.
    #[serde(default)]
    pub inactivity_days: Option<u32>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            basis: Basis::Floating,
            reset: Reset::default(),
            daily: daily(),
            max: all_time(),
            payout: None,
            severity: Shares::default(),
            profit_target_pct: None,
            min_trading_days: None,
            consistency_pct: None,
            max_lots: None,
            inactivity_days: None,
        }
    }
}

impl Plan {
    /// Returns `true` if movements move the all-time reference: by default
    /// with a trailing one alone.
    #[must_use]
    pub fn shifts(&self) -> bool {
        let trails = self
            .max
            .as_ref()
            .is_some_and(|rule| rule.mode != Mode::Static);
        match self.payout {
            Some(payout) => payout == Payout::Shift,
            None => trails,
        }
    }

    /// Returns the figure that a day's reference is taken from: by default
    /// the balance on a closed basis, else the equity.
    #[must_use]
    pub fn reference_of(&self, daily: &Daily) -> Reference {
        daily.reference.unwrap_or(match self.basis {
            Basis::Floating => Reference::Equity,
            Basis::ClosedOnly => Reference::Balance,
        })
    }
}

/// The figure that drawdown is measured on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The equity.
    #[default]
    Floating,
    /// The balance.
    ClosedOnly,
}

/// The local time at which a day begins.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reset {
    /// The local time, `HH:MM`.
    #[serde(deserialize_with = "clock_time")]
    pub time: NaiveTime,
    /// An IANA zone.
    #[serde(deserialize_with = "zone")]
    pub zone: Tz,
}

impl Default for Reset {
    fn default() -> Self {
        let time = NaiveTime::from_hms_opt(1, 30, 0);
        Self {
            time: time.unwrap_or_default(),
            zone: Tz::Asia__Tehran,
        }
    }
}

fn clock_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveTime, D::Error> {
    let text = String::deserialize(deserializer)?;
    NaiveTime::parse_from_str(&text, "%H:%M").map_err(serde::de::Error::custom)
}

fn zone<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Tz, D::Error> {
    let name = String::deserialize(deserializer)?;
    name.parse().map_err(serde::de::Error::custom)
}

/// Daily drawdown.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Daily {
    /// The limit in percent.
    #[serde(default = "five", with = "kernel::number::json")]
    pub limit_pct: Decimal,
    /// The amount that the percentage is of.
    #[serde(default)]
    pub of: Of,
    /// The figure that the reference is taken from.
    #[serde(default)]
    pub reference: Option<Reference>,
    /// The effect of a breach.
    #[serde(default)]
    pub kind: Kind,
    /// The first day's reference.
    #[serde(default)]
    pub first_day: FirstDay,
}

fn five() -> Decimal {
    Decimal::from(5)
}

fn daily() -> Option<Daily> {
    Some(Daily {
        limit_pct: five(),
        of: Of::Initial,
        reference: None,
        kind: Kind::Hard,
        first_day: FirstDay::Start,
    })
}

/// The amount that a daily limit is a percentage of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Of {
    /// The initial balance.
    #[default]
    Initial,
    /// The day's reference.
    Reference,
}

/// The figure that a day's reference is taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reference {
    /// The equity.
    Equity,
    /// The balance.
    Balance,
    /// The larger of the two.
    Max,
}

/// The effect of a breach of the daily limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It ends the challenge.
    #[default]
    Hard,
    /// It pauses the challenge until the next reset.
    Pause,
}

/// The reference of a challenge's first day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FirstDay {
    /// The figure at the start.
    #[default]
    Start,
    /// The initial balance.
    Initial,
}

/// All-time drawdown.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AllTime {
    /// The limit in percent of the initial balance.
    #[serde(default = "ten", with = "kernel::number::json")]
    pub limit_pct: Decimal,
    /// The figure that the reference follows.
    #[serde(default)]
    pub mode: Mode,
    /// The gain at which the floor stops rising.
    #[serde(default, with = "kernel::number::json_option")]
    pub lock_at: Option<Decimal>,
    /// Locks the reference at the first payout.
    #[serde(default)]
    pub lock_on_payout: bool,
}

fn ten() -> Decimal {
    Decimal::TEN
}

fn all_time() -> Option<AllTime> {
    Some(AllTime {
        limit_pct: ten(),
        mode: Mode::Static,
        lock_at: None,
        lock_on_payout: false,
    })
}

/// The figure that the all-time reference follows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The initial balance.
    #[default]
    Static,
    /// The highest value so far.
    TrailingIntraday,
    /// The highest balance so far.
    TrailingClosed,
    /// The highest balance at a reset so far.
    TrailingEod,
}

/// The effect of movements on the all-time reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Payout {
    /// They do not.
    Keep,
    /// They do, by their amount.
    Shift,
}

/// The shares of a limit's use at which it is violated, in percent.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shares {
    /// A warning.
    #[serde(default = "seventy", with = "kernel::number::json")]
    pub warning_pct: Decimal,
    /// Critical.
    #[serde(default = "ninety", with = "kernel::number::json")]
    pub critical_pct: Decimal,
}

impl Default for Shares {
    fn default() -> Self {
        Self {
            warning_pct: seventy(),
            critical_pct: ninety(),
        }
    }
}

fn seventy() -> Decimal {
    Decimal::from(70)
}

fn ninety() -> Decimal {
    Decimal::from(90)
}
