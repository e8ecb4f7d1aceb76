//! Laws that hold on any history.

use proptest::prelude::*;

use super::naive::{Event, Naive, Row};
use super::*;
use crate::domain::plan::{
    Basis, DailyKind, DailyRule, FirstDay, LimitOf, MaxMode, MaxRule, Payout, ReferenceKind,
};
use crate::domain::reset::ResetRule;

fn plans() -> impl Strategy<Value = Plan> {
    let daily = prop::option::weighted(
        0.9,
        (
            2_i64..8,
            prop::sample::select(vec![LimitOf::Initial, LimitOf::Reference]),
            prop::sample::select(vec![
                ReferenceKind::Equity,
                ReferenceKind::Balance,
                ReferenceKind::Max,
            ]),
            prop::sample::select(vec![DailyKind::Hard, DailyKind::Pause]),
        )
            .prop_map(|(percent, of, reference, kind)| DailyRule {
                limit_pct: percent.into(),
                of,
                reference,
                kind,
                first_day: FirstDay::Start,
            }),
    );
    let max = prop::option::weighted(
        0.9,
        (
            4_i64..14,
            prop::sample::select(vec![
                MaxMode::Static,
                MaxMode::TrailingIntraday,
                MaxMode::TrailingClosed,
                MaxMode::TrailingEod,
            ]),
            prop::option::of(0_i64..4_000),
        )
            .prop_map(|(percent, mode, lock_at)| MaxRule {
                limit_pct: percent.into(),
                mode,
                lock_at: lock_at.map(Decimal::from),
                lock_on_payout: false,
            }),
    );
    let zone = prop::sample::select(vec![
        r#"{"time":"01:30","zone":"Asia/Tehran"}"#,
        r#"{"time":"00:00","zone":"Europe/Prague"}"#,
        r#"{"time":"17:00","zone":"America/New_York"}"#,
        r#"{"time":"12:00","zone":"+03:30"}"#,
    ]);
    (
        prop::sample::select(vec![Basis::Floating, Basis::ClosedOnly]),
        zone,
        daily,
        max,
        prop::sample::select(vec![Payout::Keep, Payout::Shift]),
    )
        .prop_map(|(basis, zone, daily, max, payout)| Plan {
            basis,
            reset: serde_json::from_str::<ResetRule>(zone).expect("a reset"),
            daily,
            max,
            payout,
            ..Plan::default()
        })
}

/// Over the days on which Europe and America change their clocks.
fn start() -> Timestamp {
    "2024-10-26T05:00:00Z".parse().expect("a time")
}

fn histories() -> impl Strategy<Value = Vec<Event>> {
    let step = prop_oneof![
        4 => 0_i64..40,
        3 => 20_i64..300,
        2 => 300_i64..2_000,
        1 => 2_000_i64..6_000,
        // A late one.
        1 => -400_i64..0,
    ];
    let cents = |range: std::ops::Range<i64>| range.prop_map(|amount| Decimal::new(amount, 2));
    let event = prop_oneof![
        5 => (cents(-200_000..200_000), cents(-500_000..300_000)).prop_map(Ok),
        1 => (cents(-600_000..600_000), prop::bool::weighted(0.2)).prop_map(Err),
    ];
    prop::collection::vec((step, event), 1..40).prop_map(|steps| {
        let mut at = start();
        let mut balance = Decimal::from(100_000);
        let mut credit = Decimal::ZERO;
        let mut events = Vec::new();
        for (minutes, event) in steps {
            // A snapshot may come late; movements are placed in order of time.
            let is_late = minutes < 0 && matches!(events.last(), Some(Event::Adjustment(..)));
            let time = at + Duration::minutes(if is_late { 0 } else { minutes });
            at = at.max(time);
            match event {
                Ok((trading, floating)) => {
                    balance += trading;
                    let equity = balance + credit + floating;
                    events.push(Event::Snapshot(Snapshot::of_balances(
                        time, balance, equity,
                    )));
                }
                Err((amount, true)) => {
                    credit += amount;
                    events.push(Event::Adjustment(at, Decimal::ZERO, amount));
                }
                Err((amount, false)) => {
                    balance += amount;
                    events.push(Event::Adjustment(at, amount, Decimal::ZERO));
                }
            }
        }
        events
    })
}

fn input(event: &Event) -> Input {
    match event {
        Event::Snapshot(snapshot) => Input::Snapshot(*snapshot),
        Event::Adjustment(time, adjustment, credit) => {
            Input::Deal(DealEffect::movement(*time, *adjustment, *credit))
        }
    }
}

fn started(plan: &Plan) -> State {
    let start = ChallengeStart::fresh(Decimal::from(100_000), start());
    State::start(plan, &start, &PriorHistory::default())
}

/// What the evaluator says after each judged snapshot.
fn row(state: &mut State, plan: &Plan, event: &Event) -> Option<Row> {
    let outcome = state.apply(plan, &input(event));
    let Event::Snapshot(snapshot) = event else {
        assert_eq!(outcome.violations, []);
        return None;
    };
    if outcome.reception != Reception::Judged {
        return None;
    }
    // Figures of the snapshot's own moment, also where an adjustment dated
    // later has arrived before it.
    let mut then = state.clone();
    then.clock = snapshot.recorded_at;
    let figures = then.figures(plan, snapshot.recorded_at);
    Some(Row {
        daily: figures
            .daily
            .map(|daily| (daily.reference, daily.source, daily.used, daily.limit)),
        max: figures
            .all_time
            .map(|max| (max.reference, max.current, max.used)),
        crossed: outcome
            .violations
            .iter()
            .map(|found| (found.rule, found.severity))
            .collect(),
        phase: then.phase_at(snapshot.recorded_at),
    })
}

fn time_of(event: &Event) -> Timestamp {
    match event {
        Event::Snapshot(snapshot) => snapshot.recorded_at,
        Event::Adjustment(time, ..) => *time,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn the_evaluator_agrees_with_the_naive_one(plan in plans(), events in histories()) {
        let naive = Naive {
            plan: &plan,
            initial: Decimal::from(100_000),
            started_at: start(),
            events: &events,
        };
        let mut state = started(&plan);
        for (event, want) in events.iter().zip(naive.rows()) {
            prop_assert_eq!(row(&mut state, &plan, event), want);
        }
    }

    #[test]
    fn a_state_read_back_from_storage_goes_on_as_if_nothing_had_happened(
        plan in plans(), events in histories(), cut: prop::sample::Index,
    ) {
        let mut state = started(&plan);
        let cut = cut.index(events.len());
        let mut stored = None;
        for (index, event) in events.iter().enumerate() {
            if index == cut {
                let text = serde_json::to_string(&state).expect("writes");
                prop_assert!(text.len() < 4_000, "{} bytes", text.len());
                stored = serde_json::from_str::<State>(&text).ok();
                prop_assert_eq!(stored.as_ref(), Some(&state));
            }
            let outcome = state.apply(&plan, &input(event));
            if let Some(stored) = &mut stored {
                prop_assert_eq!(stored.apply(&plan, &input(event)), outcome);
            }
        }
        prop_assert_eq!(stored, Some(state));
    }

    #[test]
    fn ticks_change_nothing_that_later_inputs_yield(
        plan in plans(),
        events in histories(),
        ticks in prop::collection::vec(prop::option::of(0_i64..5_000), 40),
    ) {
        let (mut without, mut with) = (started(&plan), started(&plan));
        for (event, tick) in events.iter().zip(ticks) {
            if let Some(minutes) = tick {
                let now = time_of(event) + Duration::minutes(minutes);
                let outcome = with.apply(&plan, &Input::Tick(now));
                prop_assert_eq!(outcome.violations, []);
            }
            let one = without.apply(&plan, &input(event));
            let other = with.apply(&plan, &input(event));
            prop_assert_eq!(one.violations, other.violations);
            prop_assert_eq!(one.day_began, other.day_began);
        }
        let end = without.clock.max(with.clock) + days(2);
        without.apply(&plan, &Input::Tick(end));
        with.apply(&plan, &Input::Tick(end));
        prop_assert_eq!(without, with);
    }

    #[test]
    fn inactivity_comes_to_the_same_with_and_without_ticks(
        hours in prop::collection::vec((0_i64..90, any::<bool>(), 0_i64..100), 1..30),
    ) {
        let plan = plan(r#"{"inactivity_days":3,"daily":null,"max":null}"#);
        let (mut without, mut with) = (started(&plan), started(&plan));
        let (mut one, mut other) = (Vec::new(), Vec::new());
        let mut at = start();
        for (step, is_trade, part) in hours {
            let tick = at + Duration::minutes(step * 60 * part / 100);
            at += Duration::hours(step);
            let event = if is_trade {
                Input::Deal(DealEffect {
                    is_trade,
                    ..DealEffect::movement(at, Decimal::ZERO, Decimal::ZERO)
                })
            } else {
                let balance = Decimal::from(100_000);
                Input::Snapshot(Snapshot::of_balances(at, balance, balance))
            };
            other.extend(with.apply(&plan, &Input::Tick(tick)).violations);
            one.extend(without.apply(&plan, &event).violations);
            other.extend(with.apply(&plan, &event).violations);
        }
        let ungapped = |violations: Vec<Violation>| -> Vec<_> {
            violations
                .into_iter()
                .map(|found| (found.severity, found.detected_at, found.reset_at))
                .collect()
        };
        prop_assert_eq!(ungapped(one), ungapped(other));
        prop_assert_eq!(without, with);
    }

    #[test]
    fn a_snapshot_given_twice_counts_once(plan in plans(), events in histories()) {
        let mut state = started(&plan);
        for event in &events {
            state.apply(&plan, &input(event));
            if matches!(event, Event::Snapshot(_)) {
                let before = state.clone();
                let again = state.apply(&plan, &input(event));
                prop_assert_eq!(again.violations, []);
                prop_assert_eq!(again.phase_change, None);
                prop_assert_eq!(&state, &before);
            }
        }
    }

    #[test]
    fn adopting_the_same_plan_and_balance_changes_no_figure(
        plan in plans(), events in histories(),
    ) {
        let mut state = started(&plan);
        for event in &events {
            state.apply(&plan, &input(event));
        }
        let before = state.figures(&plan, state.clock);
        let adoption = state.adopt(&plan, &plan.clone(), Decimal::from(100_000));
        let mut after = state.figures(&plan, state.clock);
        if !adoption.is_depth_exact
            && let (Some(old), Some(new)) = (&before.all_time, &mut after.all_time)
        {
            new.used = old.used;
            new.use_pct = old.use_pct;
            new.used_pct_of_initial = old.used_pct_of_initial;
        }
        if adoption.is_reference_exact {
            prop_assert_eq!(after, before);
        }
    }
}
