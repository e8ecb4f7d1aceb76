//! The figures people read, out of a account_state and the present moment.

use kernel::Number;
use kernel::id::{AccountId, VerdictId};
use kernel::time::Timestamp;
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::rules::{Phase, Rule};
use crate::model::{AccountState, AttentionWord, Status};

/// Where an account stands. Money is in the account's currency, rounded to its
/// digits; percentages have up to four.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Summary {
    /// The account.
    pub account_id: AccountId,
    /// State of the connection.
    pub status: Status,
    /// Why the connection is in error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_detail: Option<String>,
    /// The account's currency.
    pub currency: String,
    /// Balance of the newest judged snapshot.
    pub balance_current: Option<Number>,
    /// Equity of the newest judged snapshot.
    pub equity_current: Option<Number>,
    /// What the challenge began with.
    pub initial_balance: Option<Number>,
    /// Balance less initial balance.
    pub balance_change_abs: Option<Number>,
    /// The same in percent of the initial balance.
    pub balance_change_pct: Option<Number>,
    /// Deepest all-time drawdown so far.
    pub dd_all_time_used: Option<Number>,
    /// All-time drawdown that breaches.
    pub dd_all_time_limit: Option<Number>,
    /// Deepest all-time drawdown in percent of the initial balance.
    pub dd_all_time_used_pct: Option<Number>,
    /// All-time drawdown at present.
    pub dd_all_time_current: Option<Number>,
    /// Daily drawdown at present.
    pub dd_daily_used: Option<Number>,
    /// Daily drawdown that breaches.
    pub dd_daily_limit: Option<Number>,
    /// What the daily drawdown is measured from.
    pub dd_daily_reference: Option<Number>,
    /// Where that comes from: `exact`, `before`, `interpolated`, `after`,
    /// `stale` or `initial`.
    #[schema(value_type = Option<String>)]
    pub dd_daily_reference_source: Option<crate::domain::rules::Source>,
    /// The next reset.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub dd_daily_reset_at: Option<Timestamp>,
    /// Whole seconds until it.
    pub dd_daily_seconds_to_reset: Option<i64>,
    /// Reset-to-reset days with a position opened.
    pub trading_days: u32,
    /// Closed positions that won, in percent; `null` where none has closed.
    pub win_rate: Option<Number>,
    /// The phase of the challenge; `null` for an imported account.
    pub phase: Option<Phase>,
    /// The time of the newest judged snapshot.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub as_of: Option<Timestamp>,
    /// A breach that is not certain yet.
    pub verdict: Option<SummaryVerdict>,
    /// The difference that stands without an explanation.
    pub unexplained: Number,
    /// Share of the day so far in which the judged value was known, in percent.
    pub coverage_pct: Option<Number>,
    /// What a person should look at.
    pub attention: Vec<SummaryAttention>,
}

/// A breach that is not certain yet.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SummaryVerdict {
    /// Its record.
    pub id: VerdictId,
    /// The rule that would breach.
    pub rule: Rule,
    /// Since when it is pending.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// The first step from this moment on confirms it.
    #[schema(value_type = String, format = DateTime)]
    pub confirm_at: Timestamp,
}

/// Something that a person should look at.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SummaryAttention {
    /// Its subject.
    pub word: AttentionWord,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// What it is about, for a person.
    pub detail: String,
}

/// Returns what a person should look at, as it is answered.
#[must_use]
pub fn attention(account_state: &AccountState) -> Vec<SummaryAttention> {
    account_state
        .attention
        .iter()
        .map(|attention| SummaryAttention {
            word: attention.word,
            since: attention.since,
            detail: attention.detail.clone(),
        })
        .collect()
}

/// Returns the breach that is not certain yet, as it is answered.
#[must_use]
pub fn open_verdict(account_state: &AccountState) -> Option<SummaryVerdict> {
    account_state
        .verdict
        .as_ref()
        .map(|verdict| SummaryVerdict {
            id: verdict.id.clone(),
            rule: verdict.rule,
            since: verdict.since,
            confirm_at: verdict.confirm_at,
        })
}

/// The summary of an account at a moment.
#[must_use]
pub fn summary(id: &AccountId, account_state: &AccountState, now: Timestamp) -> Summary {
    let currency = &account_state.currency;
    let money = |amount: Decimal| Number::money(amount, currency);
    let reading = account_state.judged.as_ref();
    let initial = account_state
        .initial_balance
        .as_ref()
        .map(|initial| initial.value);
    let change = reading
        .zip(initial)
        .map(|(reading, initial)| reading.balance - initial);
    let figures = account_state
        .rules()
        .map(|rules| rules.figures(&account_state.plan, now));
    let all_time = figures.as_ref().and_then(|figures| figures.all_time);
    let daily = figures.as_ref().and_then(|figures| figures.daily);
    Summary {
        account_id: id.clone(),
        status: account_state.status,
        status_detail: account_state.status_detail.clone(),
        currency: currency.as_str().to_owned(),
        balance_current: reading.map(|reading| money(reading.balance)),
        equity_current: reading.map(|reading| money(reading.equity)),
        initial_balance: initial.map(money),
        balance_change_abs: change.map(money),
        balance_change_pct: change
            .zip(initial)
            .and_then(|(change, initial)| percent(change, initial)),
        dd_all_time_used: all_time.map(|figures| money(figures.used)),
        dd_all_time_limit: all_time.map(|figures| money(figures.limit)),
        dd_all_time_used_pct: all_time.map(|figures| Number::percent(figures.used_pct_of_initial)),
        dd_all_time_current: all_time.map(|figures| money(figures.current)),
        dd_daily_used: daily.map(|figures| money(figures.used)),
        dd_daily_limit: daily.map(|figures| money(figures.limit)),
        dd_daily_reference: daily.map(|figures| money(figures.reference)),
        dd_daily_reference_source: daily.map(|figures| figures.source),
        dd_daily_reset_at: figures.as_ref().map(|figures| figures.reset_next_at),
        dd_daily_seconds_to_reset: figures.as_ref().map(|figures| figures.reset_in_seconds),
        trading_days: account_state.trading_days,
        win_rate: percent(
            Decimal::from(account_state.winners),
            Decimal::from(account_state.closed),
        ),
        phase: account_state.phase_at(now),
        as_of: reading.map(|reading| reading.recorded_at),
        verdict: open_verdict(account_state),
        unexplained: money(account_state.unexplained()),
        coverage_pct: figures.map(|figures| Number::percent(figures.coverage_pct)),
        attention: attention(account_state),
    }
}

fn percent(part: Decimal, whole: Decimal) -> Option<Number> {
    (part * Decimal::ONE_HUNDRED)
        .checked_div(whole)
        .map(Number::percent)
}
