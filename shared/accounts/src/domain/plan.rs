//! A plan: the rules that a shop sells an account with.

use kernel::FieldError;
use rust_decimal::Decimal;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::AMOUNT_MAX;
use super::reset::ResetRule;

/// What drawdown is measured on.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The equity: open positions count as they stand.
    #[default]
    Floating,
    /// The balance: closed positions alone count.
    ClosedOnly,
}

/// What the daily limit is a percentage of.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum LimitOf {
    /// The nominal initial balance.
    #[default]
    Initial,
    /// The day's reference as it was fixed at the reset.
    Reference,
}

/// What the daily reference is.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ReferenceKind {
    /// The equity at the reset.
    #[default]
    Equity,
    /// The balance at the reset.
    Balance,
    /// The larger of both.
    Max,
}

/// What reaching the daily limit does.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum DailyKind {
    /// The challenge is breached.
    #[default]
    Hard,
    /// The challenge pauses until the next reset.
    Pause,
}

/// What the all-time drawdown is measured from.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum MaxMode {
    /// The initial balance.
    #[default]
    Static,
    /// The highest basis so far.
    TrailingIntraday,
    /// The highest balance so far.
    TrailingClosed,
    /// The highest balance at a reset so far.
    TrailingEod,
}

/// What a deposit, withdrawal or payout does to the all-time reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Payout {
    /// The reference stays; the default of a static one.
    Keep,
    /// The reference moves by the amount; the default of a trailing one.
    Shift,
}

/// What the first day of a challenge is measured from.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum FirstDay {
    /// Balance or equity at the start.
    #[default]
    Start,
    /// The nominal initial balance.
    Initial,
}

/// The daily drawdown rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct DailyRule {
    /// Percent, above 0 and at most 100.
    #[serde(with = "kernel::number::json")]
    #[schema(value_type = f64, example = 5)]
    pub limit_pct: Decimal,
    /// What the percentage is of.
    pub of: LimitOf,
    /// What the day is measured from.
    pub reference: ReferenceKind,
    /// What reaching the limit does.
    pub kind: DailyKind,
    /// What the first day of a challenge is measured from.
    pub first_day: FirstDay,
}

/// The all-time drawdown rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MaxRule {
    /// Percent of the initial balance, above 0 and at most 100.
    #[serde(with = "kernel::number::json")]
    #[schema(value_type = f64, example = 10)]
    pub limit_pct: Decimal,
    /// What it is measured from.
    pub mode: MaxMode,
    /// The gain over the initial balance at which the floor stops rising.
    #[serde(with = "kernel::number::json_option")]
    #[schema(value_type = Option<f64>)]
    pub lock_at: Option<Decimal>,
    /// Whether the first payout moves the floor to where it stops rising;
    /// needs `lock_at`.
    pub lock_on_payout: bool,
}

impl Default for MaxRule {
    fn default() -> Self {
        Self {
            limit_pct: Decimal::TEN,
            mode: MaxMode::Static,
            lock_at: None,
            lock_on_payout: false,
        }
    }
}

/// From which part of a limit's use a violation is what; a breach from 100 %.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SeverityRule {
    /// Percent of the limit.
    #[serde(with = "kernel::number::json")]
    #[schema(value_type = f64, example = 70)]
    pub warning_pct: Decimal,
    /// Percent of the limit.
    #[serde(with = "kernel::number::json")]
    #[schema(value_type = f64, example = 90)]
    pub critical_pct: Decimal,
}

impl Default for SeverityRule {
    fn default() -> Self {
        Self {
            warning_pct: Decimal::from(70),
            critical_pct: Decimal::from(90),
        }
    }
}

/// The rules of one kind of account. As JSON, an absent field takes its
/// default and `null` switches it off; a field of another name is refused, for
/// a misspelt limit must not become the default one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(from = "Wire")]
pub struct Plan {
    /// What drawdown is measured on.
    pub basis: Basis,
    /// When a day begins.
    pub reset: ResetRule,
    /// The daily drawdown, or `null` for none.
    pub daily: Option<DailyRule>,
    /// The all-time drawdown, or `null` for none.
    pub max: Option<MaxRule>,
    /// What a payout does to the all-time reference.
    pub payout: Payout,
    /// From which use on a violation is what.
    pub severity: SeverityRule,
    /// Minutes after which a step confirms a breach that is not certain, from
    /// 2 to 1440.
    pub confirm_after_min: u32,
    /// Gain in percent of the initial balance that passes the challenge.
    #[serde(with = "kernel::number::json_option")]
    #[schema(value_type = Option<f64>)]
    pub profit_target_pct: Option<Decimal>,
    /// Days with a position opened that passing needs.
    pub min_trading_days: Option<u32>,
    /// The most that the best day may have of the total profit, in percent.
    #[serde(with = "kernel::number::json_option")]
    #[schema(value_type = Option<f64>)]
    pub consistency_pct: Option<Decimal>,
    /// The most lots open at once.
    #[serde(with = "kernel::number::json_option")]
    #[schema(value_type = Option<f64>)]
    pub max_lots: Option<Decimal>,
    /// Days without a trade that end the challenge.
    pub inactivity_days: Option<u32>,
}

impl Default for Plan {
    /// The seed's: daily 5 % of the initial balance on the equity, all-time
    /// 10 % static, reset at 01:30 in Tehran.
    fn default() -> Self {
        Wire::default().into()
    }
}

/// Minutes after which a step confirms a breach, where the plan does not say.
const CONFIRM_AFTER_MIN: u32 = 30;

/// A plan as it is read: some defaults depend on other fields. The fields that
/// an answered plan has in addition are ignored.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Wire {
    #[serde(rename = "version")]
    _version: IgnoredAny,
    #[serde(rename = "account_type")]
    _account_type: IgnoredAny,
    #[serde(rename = "created_at")]
    _created_at: IgnoredAny,
    basis: Basis,
    reset: ResetRule,
    daily: Option<DailyWire>,
    max: Option<MaxRule>,
    payout: Option<Payout>,
    severity: SeverityRule,
    confirm_after_min: u32,
    #[serde(with = "kernel::number::json_option")]
    profit_target_pct: Option<Decimal>,
    min_trading_days: Option<u32>,
    #[serde(with = "kernel::number::json_option")]
    consistency_pct: Option<Decimal>,
    #[serde(with = "kernel::number::json_option")]
    max_lots: Option<Decimal>,
    inactivity_days: Option<u32>,
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct DailyWire {
    #[serde(with = "kernel::number::json")]
    limit_pct: Decimal,
    of: LimitOf,
    reference: Option<ReferenceKind>,
    kind: DailyKind,
    first_day: FirstDay,
}

impl Default for Wire {
    fn default() -> Self {
        Self {
            _version: IgnoredAny,
            _account_type: IgnoredAny,
            _created_at: IgnoredAny,
            basis: Basis::default(),
            reset: ResetRule::default(),
            daily: Some(DailyWire::default()),
            max: Some(MaxRule::default()),
            payout: None,
            severity: SeverityRule::default(),
            confirm_after_min: CONFIRM_AFTER_MIN,
            profit_target_pct: None,
            min_trading_days: None,
            consistency_pct: None,
            max_lots: None,
            inactivity_days: None,
        }
    }
}

impl Default for DailyWire {
    fn default() -> Self {
        Self {
            limit_pct: Decimal::from(5),
            of: LimitOf::default(),
            reference: None,
            kind: DailyKind::default(),
            first_day: FirstDay::default(),
        }
    }
}

impl From<Wire> for Plan {
    fn from(wire: Wire) -> Self {
        let own = match wire.basis {
            Basis::Floating => ReferenceKind::Equity,
            Basis::ClosedOnly => ReferenceKind::Balance,
        };
        let payout = match &wire.max {
            Some(rule) if rule.mode != MaxMode::Static => Payout::Shift,
            _ => Payout::Keep,
        };
        Self {
            basis: wire.basis,
            reset: wire.reset,
            daily: wire.daily.map(|daily| DailyRule {
                limit_pct: daily.limit_pct,
                of: daily.of,
                reference: daily.reference.unwrap_or(own),
                kind: daily.kind,
                first_day: daily.first_day,
            }),
            max: wire.max,
            payout: wire.payout.unwrap_or(payout),
            severity: wire.severity,
            confirm_after_min: wire.confirm_after_min,
            profit_target_pct: wire.profit_target_pct,
            min_trading_days: wire.min_trading_days,
            consistency_pct: wire.consistency_pct,
            max_lots: wire.max_lots,
            inactivity_days: wire.inactivity_days,
        }
    }
}

/// The most days a rule may count: ten years.
const DAYS_MAX: u32 = 3_650;

impl Plan {
    /// Whether every figure makes sense.
    ///
    /// # Errors
    /// Each field that does not, by its path within the plan.
    pub fn validate(&self) -> Result<(), Vec<FieldError>> {
        let mut faults = Faults::default();
        if let Some(daily) = &self.daily {
            faults.percent("daily.limit_pct", daily.limit_pct);
        }
        if let Some(max) = &self.max {
            faults.percent("max.limit_pct", max.limit_pct);
            if let Some(lock_at) = max.lock_at {
                let fits = lock_at >= Decimal::ZERO && lock_at <= AMOUNT_MAX;
                faults.unless(fits, "max.lock_at", "must be an amount from 0 up");
            }
            faults.unless(
                max.lock_at.is_some() || !max.lock_on_payout,
                "max.lock_on_payout",
                "needs lock_at",
            );
        }
        faults.unless(
            (2..=1_440).contains(&self.confirm_after_min),
            "confirm_after_min",
            "must be from 2 to 1440",
        );
        self.validate_severity(&mut faults);
        if let Some(target) = self.profit_target_pct {
            let fits = target > Decimal::ZERO && target <= Decimal::from(10_000);
            faults.unless(
                fits,
                "profit_target_pct",
                "must be above 0 and at most 10000",
            );
        }
        if let Some(share) = self.consistency_pct {
            faults.percent("consistency_pct", share);
        }
        if let Some(lots) = self.max_lots {
            let fits = lots > Decimal::ZERO && lots <= Decimal::from(1_000_000);
            faults.unless(fits, "max_lots", "must be above 0 and at most 1000000");
        }
        if let Some(days) = self.min_trading_days {
            let fits = days <= DAYS_MAX;
            faults.unless(fits, "min_trading_days", "must be from 0 to 3650");
        }
        if let Some(days) = self.inactivity_days {
            let fits = (1..=DAYS_MAX).contains(&days);
            faults.unless(fits, "inactivity_days", "must be from 1 to 3650");
        }
        faults.into_result()
    }

    fn validate_severity(&self, faults: &mut Faults) {
        let SeverityRule {
            warning_pct,
            critical_pct,
        } = self.severity;
        faults.percent("severity.warning_pct", warning_pct);
        faults.percent("severity.critical_pct", critical_pct);
        faults.unless(
            warning_pct < critical_pct,
            "severity.critical_pct",
            "must be above warning_pct",
        );
    }
}

#[derive(Default)]
struct Faults(Vec<FieldError>);

impl Faults {
    fn unless(&mut self, fits: bool, field: &str, message: &str) {
        if !fits {
            self.0.push(FieldError::new(field, message));
        }
    }

    fn percent(&mut self, field: &str, value: Decimal) {
        let fits = value > Decimal::ZERO && value <= Decimal::ONE_HUNDRED;
        self.unless(fits, field, "must be above 0 and at most 100");
    }

    fn into_result(self) -> Result<(), Vec<FieldError>> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(self.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(text: &str) -> Plan {
        serde_json::from_str(text).expect("a plan")
    }

    #[test]
    fn an_absent_field_takes_its_default_and_null_switches_off() {
        assert_eq!(plan("{}"), Plan::default());
        let off = plan(r#"{"daily":null,"max":null,"profit_target_pct":8.5}"#);
        assert_eq!((off.daily, off.max), (None, None));
        assert_eq!(off.profit_target_pct, Some(Decimal::new(85, 1)));
        let part = plan(r#"{"daily":{"kind":"pause"},"max":{"mode":"trailing_eod"}}"#);
        assert_eq!(part.daily.expect("daily").limit_pct, Decimal::from(5));
        assert_eq!(part.max.expect("max").limit_pct, Decimal::TEN);
    }

    #[test]
    fn a_closed_only_plan_refers_to_the_balance_unless_it_says_otherwise() {
        let reference = |text| plan(text).daily.expect("daily").reference;
        assert_eq!(
            reference(r#"{"basis":"closed_only"}"#),
            ReferenceKind::Balance
        );
        assert_eq!(
            reference(r#"{"basis":"closed_only","daily":{"limit_pct":4}}"#),
            ReferenceKind::Balance
        );
        assert_eq!(
            reference(r#"{"basis":"closed_only","daily":{"reference":"equity"}}"#),
            ReferenceKind::Equity
        );
        assert_eq!(reference("{}"), ReferenceKind::Equity);
    }

    #[test]
    fn a_plan_reads_back_as_it_was_written() {
        let text = serde_json::to_string(&Plan::default()).expect("writes");
        assert_eq!(
            text,
            r#"{"basis":"floating","reset":{"time":"01:30","zone":"Asia/Tehran"},"daily":{"limit_pct":5,"of":"initial","reference":"equity","kind":"hard","first_day":"start"},"max":{"limit_pct":10,"mode":"static","lock_at":null,"lock_on_payout":false},"payout":"keep","severity":{"warning_pct":70,"critical_pct":90},"confirm_after_min":30,"profit_target_pct":null,"min_trading_days":null,"consistency_pct":null,"max_lots":null,"inactivity_days":null}"#
        );
        assert_eq!(plan(&text), Plan::default());
    }

    #[test]
    fn unknown_fields_and_wrong_values_are_refused() {
        for text in [
            r#"{"dialy":{"limit_pct":3}}"#,
            r#"{"daily":{"note":"x"}}"#,
            r#"{"max":{"limit":10}}"#,
            r#"{"severity":{"warning":60}}"#,
            r#"{"reset":{"at":"01:30"}}"#,
            r#"{"reset":{"time":"25:00"}}"#,
            r#"{"reset":{"zone":"Asia/Atlantis"}}"#,
            r#"{"daily":{"limit_pct":"5"}}"#,
        ] {
            assert!(serde_json::from_str::<Plan>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn answered_plan_can_be_sent_back() {
        let text = r#"{"version":3,"account_type":"one","created_at":"2026-01-02T03:04:05Z"}"#;
        assert_eq!(plan(text), Plan::default());
    }

    #[test]
    fn trailing_plan_shifts_its_reference_by_default() {
        let payout = |text| plan(text).payout;
        assert_eq!(payout("{}"), Payout::Keep);
        assert_eq!(payout(r#"{"max":{"mode":"trailing_eod"}}"#), Payout::Shift);
        let kept = r#"{"payout":"keep","max":{"mode":"trailing_eod"}}"#;
        assert_eq!(payout(kept), Payout::Keep);
        assert_eq!(payout(r#"{"max":null}"#), Payout::Keep);
    }

    #[test]
    fn each_figure_out_of_range_is_named() {
        let wrong = plan(
            r#"{"daily":{"limit_pct":0},"max":{"limit_pct":100.01,"lock_at":-1},
                "severity":{"warning_pct":90,"critical_pct":90},"profit_target_pct":-1,
                "confirm_after_min":1,"min_trading_days":4000,"consistency_pct":0,"max_lots":0,"inactivity_days":0}"#,
        );
        let fields: Vec<_> = wrong
            .validate()
            .expect_err("wrong")
            .into_iter()
            .map(|fault| fault.field)
            .collect();
        assert_eq!(
            fields,
            [
                "daily.limit_pct",
                "max.limit_pct",
                "max.lock_at",
                "confirm_after_min",
                "severity.critical_pct",
                "profit_target_pct",
                "consistency_pct",
                "max_lots",
                "min_trading_days",
                "inactivity_days"
            ]
        );
        assert_eq!(Plan::default().validate(), Ok(()));
    }
}
