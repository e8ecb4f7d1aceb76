//! Both judgements of an account side by side.

use accounts::domain::rules::{Phase, Severity};
use accounts::model::{End, Verdict, VerdictState};
use accounts::store::StoredViolation;
use chrono::TimeDelta;
use kernel::time::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::run::Run;
use super::trader::Trader;
use crate::support::text;

/// What a comparison has come to.
#[derive(Default)]
pub(super) struct Found {
    pub(super) mismatches: Vec<String>,
    /// Ends on which both agree, and others.
    pub(super) ends: Vec<String>,
}

/// A violation, or an end, in the terms that both sides have.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Fact {
    at: Timestamp,
    rule: String,
    severity: String,
    figure: Decimal,
    limit: Decimal,
}

impl std::fmt::Display for Fact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            at,
            rule,
            severity,
            figure,
            limit,
        } = self;
        write!(f, "{at} {rule} {severity} {figure} of {limit}")
    }
}

fn decimal(value: &Value) -> Decimal {
    let text = value.to_string();
    let exact = text.parse().or_else(|_| Decimal::from_scientific(&text));
    exact
        .unwrap_or_else(|_| panic!("no number: {value}"))
        .round_dp(2)
        .normalize()
}

fn time(value: &Value) -> Timestamp {
    text(value).parse().expect("a time")
}

/// The same within the precision that clocks have on the wire.
fn is_same(one: &Fact, other: &Fact) -> bool {
    (one.at - other.at).abs() <= TimeDelta::milliseconds(1500)
        && (&one.rule, &one.severity) == (&other.rule, &other.severity)
        && one.figure == other.figure
        // The evidence of too many lots names no limit.
        && (one.limit == other.limit || one.rule == "max_lots")
}

/// Compares an account's challenges with the oracle's.
pub(super) async fn compare(run: &Run, trader: &Trader) -> Found {
    let stack = &run.world.stack;
    let (shop, id) = (&stack.shop.id, &trader.id);
    let state = stack.store.account_state(shop, id, true).await;
    let state = state.expect("reads").expect("a state");
    let mut found = Found::default();
    let snapshots = snapshots(run, trader, state.next_input, &mut found).await;
    let body = json!({
        "plan": trader.plan_body,
        "initial_balance": super::trader::money(super::trader::INITIAL),
        "connected_at": trader.connected_at,
        "resets": trader.resets,
        "classes": [{"kind": "balance", "comment": "payout", "class": "payout"}],
        "snapshots": snapshots,
    });
    let oracle = stack.gateway.control(&trader.login, "oracle", body).await;
    let challenges = oracle["challenges"].as_array().expect("challenges").clone();
    let violations = stack.store.violations(shop, id, 500).await.expect("reads");
    let verdicts = stack.store.verdicts(shop, id, 500, None).await;
    let (verdicts, _) = verdicts.expect("reads");
    let last = trader.challenges.len() - 1;
    for (number, (challenge, theirs)) in trader.challenges.iter().zip(&challenges).enumerate() {
        let label = format!("challenge {number}");
        let of_this: Vec<&Verdict> = verdicts
            .iter()
            .filter(|verdict| verdict.challenge.as_str() == challenge)
            .collect();
        let ours_end = end(&of_this);
        let theirs_end = oracle_end(&theirs["end"]);
        let ended = match (&ours_end, &theirs_end) {
            (Some(ours), Some(theirs)) if is_same(&ours.1, theirs) => {
                if ours.0 < theirs.at {
                    found
                        .mismatches
                        .push(format!("{label}: final before {theirs}"));
                }
                format!("{} {}", theirs.severity, theirs.rule)
            }
            (None, None) => "none".to_owned(),
            (None, Some(theirs)) if number == last && waits(&state) => {
                println!(
                    "{} {label} waits: {theirs}, {:?}",
                    trader.login,
                    state.phase()
                );
                "waits".to_owned()
            }
            (ours, theirs) => {
                let ours = ours.as_ref().map(|ours| ours.1.to_string());
                let theirs = theirs.as_ref().map(ToString::to_string);
                found
                    .mismatches
                    .push(format!("{label}: end: service {ours:?}, oracle {theirs:?}"));
                "differs".to_owned()
            }
        };
        found.ends.push(ended);
        let ours = crossed(&violations, challenge);
        let theirs_crossed = oracle_crossed(&theirs["violations"]);
        let is_alike = ours.len() == theirs_crossed.len()
            && ours
                .iter()
                .zip(&theirs_crossed)
                .all(|(one, other)| is_same(one, other));
        if !is_alike {
            found.mismatches.push(format!(
                "{label} from {}: violations\n   service:\n    {}\n   oracle:\n    {}",
                theirs["started_at"],
                lines(&ours),
                lines(&theirs_crossed),
            ));
        }
    }
    figures(run, trader, &challenges[last], &mut found).await;
    if !found.mismatches.is_empty() {
        for (challenge, theirs) in trader.challenges.iter().zip(&challenges) {
            found.mismatches.push(format!(
                "{challenge} oracle: started {} days {} figures {}",
                theirs["started_at"], theirs["days"], theirs["figures"]
            ));
        }
        let reconciliation = state
            .challenge_state
            .as_ref()
            .map(|state| &state.reconciliation);
        found.mismatches.push(format!(
            "service: {:?} {:?} {reconciliation:?}",
            state.status,
            state.phase()
        ));
    }
    found
}

fn lines(facts: &[Fact]) -> String {
    let lines: Vec<String> = facts.iter().map(ToString::to_string).collect();
    lines.join("\n    ")
}

fn waits(state: &accounts::model::AccountState) -> bool {
    matches!(state.phase(), Some(Phase::Pending | Phase::AwaitingFunds))
        || state.status == accounts::model::Status::Stale
}

/// The snapshots that the service has kept, each of which the simulator has
/// shown.
async fn snapshots(run: &Run, trader: &Trader, next: u64, found: &mut Found) -> Vec<Value> {
    let stack = &run.world.stack;
    let ledger = stack.gateway.ledger(&trader.login).await;
    let mut shown: Vec<Value> = ledger["observations"].as_array().expect("some").clone();
    for former in ledger["former"].as_array().expect("some") {
        shown.extend(former["observations"].as_array().expect("some").clone());
    }
    let shown: Vec<(Timestamp, Decimal, Decimal)> = shown
        .iter()
        .map(|seen| {
            (
                time(&seen["at"]),
                decimal(&seen["balance"]),
                decimal(&seen["equity"]),
            )
        })
        .collect();
    let (shop, id) = (&stack.shop.id, &trader.id);
    let inputs = stack.store.inputs_between(shop, id, 1, next).await;
    let mut kept = Vec::new();
    for numbered in inputs.expect("reads") {
        let Some(reading) = numbered.input.reading else {
            continue;
        };
        let (balance, equity) = (
            reading.balance.round_dp(2).normalize(),
            reading.equity.round_dp(2).normalize(),
        );
        let is_shown = shown.iter().any(|seen| {
            (seen.1, seen.2) == (balance, equity)
                && (seen.0 - reading.recorded_at).abs() < TimeDelta::seconds(3)
        });
        if !is_shown {
            found
                .mismatches
                .push(format!("{} was never shown", reading.recorded_at));
        }
        kept.push(json!({
            "at": reading.recorded_at,
            "balance": kernel::Number(balance),
            "equity": kernel::Number(equity),
        }));
    }
    kept
}

/// The final end of a challenge with the moment of its decision.
fn end(verdicts: &[&Verdict]) -> Option<(Timestamp, Fact)> {
    let mut ends = verdicts
        .iter()
        .filter(|verdict| verdict.state == VerdictState::Confirmed);
    let verdict = ends.next()?;
    let evidence = &verdict.evidence;
    let severity = match verdict.end {
        End::Breach => "breached",
        End::Pass => "passed",
    };
    let fact = Fact {
        at: evidence.detected_at.unwrap_or(verdict.since),
        rule: verdict.rule.as_str().to_owned(),
        severity: severity.to_owned(),
        figure: evidence.used.unwrap_or_default().round_dp(2).normalize(),
        limit: evidence.limit.unwrap_or_default().round_dp(2).normalize(),
    };
    Some((verdict.decided_at.unwrap_or(verdict.since), fact))
}

fn oracle_end(end: &Value) -> Option<Fact> {
    (!end.is_null()).then(|| Fact {
        at: time(&end["at"]),
        rule: text(&end["rule"]),
        severity: text(&end["phase"]),
        figure: decimal(&end["figure"]),
        limit: decimal(&end["limit"]),
    })
}

fn crossed(violations: &[StoredViolation], challenge: &str) -> Vec<Fact> {
    let own = violations
        .iter()
        .filter(|stored| stored.challenge.as_str() == challenge && !stored.lifted);
    let facts = own.map(|stored| Fact {
        at: stored.violation.detected_at,
        rule: stored.violation.rule.as_str().to_owned(),
        severity: severity(stored.violation.severity).to_owned(),
        figure: stored.violation.current_value.round_dp(2).normalize(),
        limit: stored.violation.threshold_value.round_dp(2).normalize(),
    });
    sorted(facts.collect())
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Warning => "warning",
        Severity::Critical => "critical",
        Severity::Breach => "breach",
    }
}

fn oracle_crossed(violations: &Value) -> Vec<Fact> {
    let list = violations.as_array().expect("violations");
    let facts = list.iter().map(|violation| Fact {
        at: time(&violation["at"]),
        rule: text(&violation["rule"]),
        severity: text(&violation["severity"]),
        figure: decimal(&violation["figure"]),
        limit: Decimal::ZERO,
    });
    sorted(facts.collect())
}

/// In one order on both sides; the service's limits are thresholds.
fn sorted(mut facts: Vec<Fact>) -> Vec<Fact> {
    for fact in &mut facts {
        fact.limit = Decimal::ZERO;
    }
    facts.sort_by(|one, other| {
        let key = |fact: &Fact| (fact.rule.clone(), fact.at.timestamp(), fact.figure);
        key(one)
            .cmp(&key(other))
            .then(one.severity.cmp(&other.severity))
    });
    facts
}

/// Compares the figures of the last moment.
async fn figures(run: &Run, trader: &Trader, theirs: &Value, found: &mut Found) {
    let stack = &run.world.stack;
    let state = stack
        .store
        .account_state(&stack.shop.id, &trader.id, true)
        .await;
    let state = state.expect("reads").expect("a state");
    let figures = &theirs["figures"];
    let Some(rules) = state.rules().filter(|_| !figures.is_null()) else {
        let ours = state.phase();
        if theirs["phase"] != "awaiting_funds" || ours != Some(Phase::AwaitingFunds) {
            found.mismatches.push(format!(
                "phase: service {ours:?}, oracle {}",
                theirs["phase"]
            ));
        }
        return;
    };
    let ours = rules.figures(&state.plan, time(&figures["at"]));
    let round = |value: Decimal| value.round_dp(2).normalize();
    let phase = state.phase().map(|phase| phase.as_str().to_owned());
    let daily = ours
        .daily
        .map(|daily| (round(daily.reference), round(daily.used)));
    let max = ours
        .all_time
        .map(|max| (round(max.reference), round(max.used), round(max.current)));
    let ours = (
        phase,
        round(ours.gain.unwrap_or_default()),
        u64::from(state.trading_days),
        daily,
        max,
    );
    let both = |value: &Value, names: &[&str]| -> Vec<Decimal> {
        names.iter().map(|name| decimal(&value[*name])).collect()
    };
    let daily =
        (!figures["daily"].is_null()).then(|| both(&figures["daily"], &["reference", "used"]));
    let max = (!figures["max"].is_null())
        .then(|| both(&figures["max"], &["reference", "used", "current"]));
    let theirs = (
        Some(text(&theirs["phase"])),
        decimal(&figures["gain"]),
        figures["trading_days"].as_u64().expect("days"),
        daily.map(|list| (list[0], list[1])),
        max.map(|list| (list[0], list[1], list[2])),
    );
    if ours != theirs {
        found.mismatches.push(format!(
            "figures: service {ours:?}\n         oracle  {theirs:?}"
        ));
    }
}
