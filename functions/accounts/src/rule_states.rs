//! Where each rule of an account's plan stands.

use accounts::domain::plan::Plan;
use accounts::domain::rules::consistency::best_day_share_pct;
use accounts::domain::rules::{Figures, Rule, Source, State};
use accounts::model::AccountState;
use chrono::TimeDelta;
use kernel::Number;
use kernel::time::Timestamp;
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

/// What a rule's figures are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Unit {
    Money,
    Days,
    Lots,
    Percent,
}

/// The state of a rule. A figure that the rule does not have is `null`, and so
/// are all figures before the challenge has started.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RuleState {
    rule: Rule,
    unit: Unit,
    /// The use of a limit, or how far an objective is reached.
    current: Option<Number>,
    /// The limit, or the objective.
    target: Option<Number>,
    /// The part of a limit that is left, or of an objective that is missing.
    room: Option<Number>,
    /// True if an objective is reached, or a limit is not breached.
    met: Option<bool>,
    /// The reference of a drawdown.
    reference: Option<Number>,
    /// The source of the daily reference; `null` for the all-time rule.
    source: Option<Source>,
    /// The drawdown: of the day, or the deepest so far.
    used: Option<Number>,
    limit: Option<Number>,
    /// The value that breaches.
    floor: Option<Number>,
    /// The drawdown in percent of its limit.
    use_pct: Option<Number>,
    /// The next reset.
    #[schema(value_type = Option<String>, format = DateTime)]
    reset_at: Option<Timestamp>,
}

impl RuleState {
    fn empty(rule: Rule, unit: Unit) -> Self {
        Self {
            rule,
            unit,
            current: None,
            target: None,
            room: None,
            met: None,
            reference: None,
            source: None,
            used: None,
            limit: None,
            floor: None,
            use_pct: None,
            reset_at: None,
        }
    }

    fn objective(rule: Rule, unit: Unit, current: Option<Number>, target: Number) -> Self {
        Self {
            current,
            target: Some(target),
            ..Self::empty(rule, unit)
        }
    }
}

/// The state of each rule that the plan has.
pub(crate) fn states(account_state: &AccountState, now: Timestamp) -> Vec<RuleState> {
    let plan = &account_state.plan;
    let rules = account_state.rules();
    if account_state.challenge_state.is_none() {
        return Vec::new();
    }
    let Some(rules) = rules else {
        return rules_of(plan)
            .into_iter()
            .map(|(rule, unit)| RuleState::empty(rule, unit))
            .collect();
    };
    let figures = rules.figures(plan, now);
    rules_of(plan)
        .into_iter()
        .map(|(rule, unit)| state(account_state, rules, &figures, (rule, unit)))
        .collect()
}

fn rules_of(plan: &Plan) -> Vec<(Rule, Unit)> {
    [
        (plan.daily.is_some(), Rule::DailyDrawdown, Unit::Money),
        (plan.max.is_some(), Rule::MaxDrawdown, Unit::Money),
        (
            plan.profit_target_pct.is_some(),
            Rule::ProfitTarget,
            Unit::Money,
        ),
        (
            plan.min_trading_days.is_some(),
            Rule::MinTradingDays,
            Unit::Days,
        ),
        (
            plan.consistency_pct.is_some(),
            Rule::Consistency,
            Unit::Percent,
        ),
        (plan.max_lots.is_some(), Rule::MaxLots, Unit::Lots),
        (plan.inactivity_days.is_some(), Rule::Inactivity, Unit::Days),
    ]
    .into_iter()
    .filter_map(|(is_set, rule, unit)| is_set.then_some((rule, unit)))
    .collect()
}

fn state(
    account_state: &AccountState,
    rules: &State,
    figures: &Figures,
    (rule, unit): (Rule, Unit),
) -> RuleState {
    let money = |amount| Number::money(amount, &account_state.currency);
    let plan = &account_state.plan;
    let standing = rules.standing();
    let empty = RuleState::empty(rule, unit);
    let is_kept = rules.breaches().all(|breached| breached != rule);
    match rule {
        Rule::DailyDrawdown => figures.daily.map_or(empty, |daily| RuleState {
            current: Some(money(daily.used)),
            target: Some(money(daily.limit)),
            room: Some(money(daily.limit - daily.used)),
            met: Some(is_kept),
            reference: Some(money(daily.reference)),
            source: Some(daily.source),
            used: Some(money(daily.used)),
            limit: Some(money(daily.limit)),
            floor: Some(money(daily.floor)),
            use_pct: Some(Number::percent(daily.use_pct)),
            reset_at: Some(figures.reset_next_at),
            ..RuleState::empty(rule, unit)
        }),
        Rule::MaxDrawdown => figures.all_time.map_or(empty, |max| RuleState {
            current: Some(money(max.current)),
            target: Some(money(max.limit)),
            room: Some(money(max.limit - max.current)),
            met: Some(is_kept),
            reference: Some(money(max.reference)),
            used: Some(money(max.used)),
            limit: Some(money(max.limit)),
            floor: Some(money(max.floor)),
            use_pct: Some(Number::percent(max.use_pct)),
            ..RuleState::empty(rule, unit)
        }),
        Rule::ProfitTarget => {
            let (gain, target) = (figures.gain, figures.gain_target.unwrap_or_default());
            RuleState {
                room: gain.map(|gain| money((target - gain).max(Decimal::ZERO))),
                met: gain.map(|gain| gain >= target),
                ..RuleState::objective(rule, unit, gain.map(money), money(target))
            }
        }
        Rule::MinTradingDays => {
            let wanted = Decimal::from(plan.min_trading_days.unwrap_or_default());
            let days = Decimal::from(standing.trading_days);
            RuleState {
                room: Some(Number::exact((wanted - days).max(Decimal::ZERO))),
                met: Some(days >= wanted),
                ..RuleState::objective(rule, unit, Some(Number::exact(days)), Number::exact(wanted))
            }
        }
        Rule::Consistency => {
            let share_max = plan.consistency_pct.unwrap_or_default();
            let share = best_day_share_pct(standing);
            RuleState {
                room: share.map(|share| Number::percent(share_max - share)),
                met: share.map(|share| share <= share_max),
                ..RuleState::objective(
                    rule,
                    unit,
                    share.map(Number::percent),
                    Number::percent(share_max),
                )
            }
        }
        Rule::MaxLots => {
            let lots_max = plan.max_lots.unwrap_or_default();
            RuleState {
                room: Some(Number::exact(lots_max - standing.open_volume)),
                met: Some(is_kept),
                ..RuleState::objective(
                    rule,
                    unit,
                    Some(Number::exact(standing.open_volume)),
                    Number::exact(lots_max),
                )
            }
        }
        Rule::Inactivity => {
            let days_max = Decimal::from(plan.inactivity_days.unwrap_or_default());
            let idle = rules.idle_since(figures.as_of);
            let days = idle.map(|since| whole_days(figures.as_of - since));
            RuleState {
                room: days.map(|days| Number::exact(days_max - days)),
                met: Some(is_kept),
                ..RuleState::objective(rule, unit, days.map(Number::exact), Number::exact(days_max))
            }
        }
    }
}

fn whole_days(time: TimeDelta) -> Decimal {
    Decimal::from(time.num_days())
}
