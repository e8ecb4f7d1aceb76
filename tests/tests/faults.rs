//! The two ways that the live side is for, while those who carry it are killed
//! again and again: from a channel's message to a trade and the dashboard's
//! figures, and from a dashboard's command to what it does. Nothing is lost and
//! nothing counts twice.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::future::join;
use kernel::time::Clock;
use platform::clock::SystemClock;
use platform::live::Log;
use reqwest::Method;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use stack_tests::{Desk, Follower, Heard, Killer, until};
use terminal_sim::{BridgeError, Terminal};

/// What is killed and how often in ms, each out of step with the others.
const KILLED: [(&str, u64); 3] = [("firebridge", 700), ("fanout", 1_100), ("realtime", 1_700)];
/// Events of a dashboard after which their sender is killed at once, when some
/// have the last one and it has noted nothing yet.
const KILLED_AFTER: usize = 15;
/// How long a client stays on one connection.
const STAYS_FOR: Duration = Duration::from_secs(3);
/// From one signal or command to the next.
const PACE: Duration = Duration::from_millis(300);
/// By then all is done, and a while later all is told.
const DONE_IN: Duration = Duration::from_secs(40);
const TOLD_IN: Duration = Duration::from_secs(20);
/// Seconds after which a sender's messages come again when it was killed: what
/// takes the queue longer elsewhere is not waited for here.
const REDELIVERED_AFTER: u32 = 2;

/// The price at which everything is opened.
const ENTRY: Decimal = Decimal::from_parts(11_000, 0, 0, false, 4);

/// A desk with a terminal, and clients of both.
struct Scene {
    desk: Desk,
    user: String,
    device: String,
    /// The same person's, each on connections of its own.
    dashboards: [Follower; 3],
    /// Hears the terminal's commands as live events.
    listener: Follower,
}

/// How a terminal fared.
#[derive(Debug, Default)]
struct Tally {
    rounds: u32,
    restarts: u32,
    /// Rounds in which a call was not answered.
    unanswered: u32,
}

impl Scene {
    async fn set(host: u8, name: &str, terminal_id: &str) -> (Self, Terminal) {
        let desk = Desk::open(host, name).await;
        let terminal = desk.terminal(terminal_id).await;
        let devices = desk.list("/api/firebridge/devices").await;
        let device = devices[0]["id"].as_str().expect("an id").to_owned();
        let follow = |token: &str| Follower::start(&desk.stack.ws, token, STAYS_FOR);
        let scene = Self {
            device,
            user: terminal.bridge.identity.user.clone(),
            dashboards: std::array::from_fn(|_| follow(&desk.token)),
            listener: follow(terminal.bridge.identity.token.expose_secret()),
            desk,
        };
        (scene, terminal)
    }

    /// Has a terminal work until it has made so many deals, while all that is
    /// between it and the dashboard is killed. `at_rest` is what happens at its
    /// broker between two of its rounds.
    async fn through_faults<T>(
        &self,
        mut terminal: Terminal,
        deals: usize,
        cause: impl Future<Output = T>,
        at_rest: impl Fn(&mut Terminal),
    ) -> (T, Terminal) {
        let mut tally = Tally::default();
        let striker = Killer::at("fanout", self.dashboards[0].each(KILLED_AFTER));
        let killers =
            KILLED.map(|(name, every_ms)| Killer::of(name, Duration::from_millis(every_ms)));
        let work = async {
            while terminal.broker.deals().len() < deals {
                terminal = round(terminal, &mut tally).await;
                at_rest(&mut terminal);
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            terminal
        };
        let done = tokio::time::timeout(DONE_IN, join(cause, work)).await;
        let (caused, mut terminal) = done.expect("all is done in time");
        let killed = killers.each_ref().map(Killer::killed);
        println!(
            "killed of {KILLED:?}: {killed:?}; of fanout at work {}; {tally:?}",
            striker.killed()
        );
        drop((killers, striker));
        assert!(killed.iter().all(|times| *times > 0), "{killed:?}");
        assert!(tally.unanswered > 0 && tally.restarts > 0, "{tally:?}");
        // At rest again it tells what it could not.
        let mut answered = 0;
        for _ in 0..20 {
            answered += usize::from(terminal.poll().await.is_ok());
            if answered == 3 {
                return (caused, terminal);
            }
        }
        panic!("the terminal is not heard");
    }

    /// All events of the person and of the terminal. Each client has the whole
    /// log in order; what came to it twice was the same.
    async fn told(&self) -> (Vec<Heard>, Vec<Heard>) {
        let (org, sub) = (self.user.clone(), self.user.clone());
        let person = Log::Person { org, sub };
        let org = self.user.clone();
        let device = self.device.clone();
        let terminal = Log::Terminal { org, device };
        let [first, others @ ..] = &self.dashboards;
        let told = self.whole(first, &person).await;
        for other in others {
            assert_eq!(self.whole(other, &person).await, told);
        }
        (told, self.whole(&self.listener, &terminal).await)
    }

    async fn whole(&self, follower: &Follower, log: &Log) -> Vec<Heard> {
        let live = self.desk.stack.live().await;
        let last = live.last(log).await.expect("reads");
        let way = until(&format!("event {last} of {log}"), TOLD_IN, async || {
            let way = follower.way();
            (way.heard.len() as u64 >= last).then_some(way)
        })
        .await;
        println!(
            "{} events on {} connections, {} of them repeated",
            way.heard.len(),
            way.connections,
            way.repeats
        );
        assert_eq!(way.faults, [""; 0]);
        assert!(way.connections > 1);
        let written = live.after(log, 0, 1_000).await.expect("reads");
        let written: Vec<Heard> = written
            .into_iter()
            .map(|event| Heard {
                seq: event.number,
                id: event.id,
                kind: event.kind,
                data: serde_json::from_str(&event.data).expect("JSON"),
            })
            .collect();
        assert_eq!(way.heard, written);
        way.heard
    }
}

/// One round of a terminal: most are polls, and now and then it is killed when
/// it was told what to do, or when it has done it and told nobody.
async fn round(mut terminal: Terminal, tally: &mut Tally) -> Terminal {
    tally.rounds += 1;
    let (done, is_killed) = match tally.rounds % 12 {
        4 => {
            let status = terminal.broker.status();
            let told = terminal.bridge.sync(status, &[], &[]).await;
            (told.map(drop), true)
        }
        8 => (terminal.receive().await.map(drop), true),
        _ => (terminal.poll().await.map(drop), false),
    };
    match done {
        Ok(()) => {}
        Err(BridgeError::Refused { status, detail, .. }) if status < 500 => {
            panic!("refused by {status}: {detail}")
        }
        Err(_) => tally.unanswered += 1,
    }
    if is_killed {
        tally.restarts += 1;
        terminal = terminal.restart();
    }
    terminal
}

/// The commands that a terminal's deals came of; each came of one.
fn commands_done(terminal: &Terminal) -> BTreeSet<String> {
    let deals = terminal.broker.deals().iter();
    let by: Vec<String> = deals.filter_map(|deal| deal.command.clone()).collect();
    let distinct: BTreeSet<String> = by.iter().cloned().collect();
    assert_eq!(distinct.len(), by.len(), "done twice: {by:?}");
    distinct
}

/// Of all commands that the dashboard lists, their ids; each was executed.
async fn commands_shown(desk: &Desk) -> BTreeSet<String> {
    let shown = desk.list("/api/trading/commands?limit=200").await;
    for command in &shown {
        assert_eq!(command["status"], "executed", "{command}");
    }
    texts(&shown, "id")
}

fn texts(values: &[Value], name: &str) -> BTreeSet<String> {
    let text = |value: &Value| value[name].as_str().expect("a text").to_owned();
    values.iter().map(text).collect()
}

/// Of each trade what the dashboard was told, in order: status and P&L.
fn trade_updates(told: &[Heard]) -> BTreeMap<String, Vec<(String, i64)>> {
    let mut updates: BTreeMap<String, Vec<(String, i64)>> = BTreeMap::new();
    for event in told.iter().filter(|event| event.kind == "trade_update") {
        let text = |name: &str| event.data[name].as_str().expect("a text").to_owned();
        let pnl = event.data["pnl"].as_i64().expect("whole dollars");
        let of_trade = updates.entry(text("tradeId")).or_default();
        of_trade.push((text("status"), pnl));
    }
    updates
}

/// How often the dashboard was told what, of signals.
fn signal_events(told: &[Heard]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for event in told.iter().filter(|event| event.kind.starts_with("signal")) {
        let what = event.data["event"].as_str().unwrap_or(&event.kind);
        *counts.entry(what.to_owned()).or_default() += 1;
    }
    counts
}

fn last_balance(told: &[Heard]) -> &Value {
    let mut statuses = told.iter().rev();
    let last = statuses.find(|event| event.kind == "mt5_status_update");
    &last.expect("a status").data["balance"]
}

fn whole(status: &str, pnl: i64) -> (String, i64) {
    (status.to_owned(), pnl)
}

/// What the trade of a signal brings: an even number gains as many dollars, an
/// odd one loses them.
fn brings(number: i64) -> i64 {
    match number % 2 {
        0 => number,
        _ => -number,
    }
}

/// Has the market close what is open, each as its signal's number says. A tenth
/// of a lot brings a dollar for each pip.
fn close_by_number(terminal: &mut Terminal) {
    let open = terminal.broker.positions().clone();
    for (ticket, position) in open {
        let stop = position.stop_loss.expect("the signal's stop");
        let number = (stop - Decimal::new(10_800, 4)) * Decimal::from(10_000);
        let pips = brings(number.to_i64().expect("a whole number"));
        let price = ENTRY + Decimal::new(pips, 4);
        terminal.broker.set_price(&position.symbol, price);
        terminal.broker.close(ticket, None, None, SystemClock.now());
        terminal.broker.set_price(&position.symbol, ENTRY);
    }
}

/// By hand: of the numbers 1 to 30 the even ones gain 240 and the odd ones lose
/// 225.
#[tokio::test(flavor = "multi_thread")]
async fn each_signal_becomes_one_trade_and_every_event_of_it_comes_in_order() {
    const SIGNALS: i64 = 30;
    let (scene, terminal) = Scene::set(71, "signals", "SIM-71").await;
    let desk = &scene.desk;
    let before_s = desk.stack.redeliver_live_after(REDELIVERED_AFTER).await;
    let room = json!({"name": "Faulty room", "approval": "automatic"});
    let room = desk.post("/api/channels", &room).await.expect(201);
    let publishing = async {
        let mut made = BTreeMap::new();
        for number in 1..=SIGNALS {
            let text = format!("EURUSD BUY NOW\nSL 1.08{number:02}\nTP 1.1200");
            let body = json!({"raw_text": text, "channel_id": room["id"]});
            let signal = desk.post("/api/signals", &body).await.expect(201);
            assert_eq!(signal["released"], true, "{signal}");
            let id = signal["id"].as_str().expect("an id").to_owned();
            made.insert(id, brings(number));
            tokio::time::sleep(PACE).await;
        }
        made
    };
    let (made, terminal) = scene
        .through_faults(terminal, 60, publishing, close_by_number)
        .await;

    let (told, commands) = scene.told().await;
    let done = commands_done(&terminal);
    assert_eq!(done.len(), 30);
    assert_eq!(commands.len(), 30);
    let heard: Vec<Value> = commands.into_iter().map(|event| event.data).collect();
    assert_eq!(texts(&heard, "id"), done);
    assert_eq!(commands_shown(desk).await, done);

    let signals = desk.list("/api/signals?limit=200").await;
    assert!(signals.iter().all(|signal| signal["status"] == "closed"));
    let ids: BTreeSet<String> = made.keys().cloned().collect();
    assert_eq!((signals.len(), texts(&signals, "id")), (30, ids));
    let trades = desk.list("/api/trades?limit=200").await;
    assert_eq!(trades.len(), 30);
    let by_signal: BTreeMap<String, i64> = trades
        .iter()
        .map(|trade| {
            let signal = trade["signal_id"].as_str().expect("a signal").to_owned();
            (signal, trade["pnl"].as_i64().expect("whole dollars"))
        })
        .collect();
    assert_eq!(by_signal, made);
    assert_eq!(desk.list("/api/trades/live").await, [json!(null); 0]);

    let stats = desk.get("/api/dashboard/stats").await;
    let counts = json!({"total": 30, "open": 0, "closed": 30, "wins": 15, "losses": 15});
    assert_eq!(stats["trades"], counts);
    assert_eq!(stats["signals"], 30);
    assert_eq!(stats["win_rate"], 50);
    let pnl = &stats["pnl"];
    assert_eq!(
        (&pnl["realized"], &pnl["gross_profit"], &pnl["gross_loss"]),
        (&json!(15), &json!(240), &json!(225))
    );
    let providers = desk.list("/api/providers/stats").await;
    assert_eq!(providers.len(), 1);
    let of_room = |name: &str| &providers[0][name];
    assert_eq!(
        (of_room("provider"), of_room("trades"), of_room("net_pnl")),
        (&json!("Faulty room"), &json!(30), &json!(15))
    );

    let each = |what: &str| (what.to_owned(), 30);
    let expected = ["signal_created", "active", "closed"].map(each);
    assert_eq!(signal_events(&told), BTreeMap::from(expected));
    let updates = trade_updates(&told);
    assert_eq!(updates.len(), 30);
    for trade in &trades {
        let id = trade["id"].as_str().expect("an id");
        let pnl = trade["pnl"].as_i64().expect("whole dollars");
        assert_eq!(updates[id], [whole("open", 0), whole("closed", pnl)]);
    }
    assert_eq!(last_balance(&told), &json!(10_015));
    desk.stack.redeliver_live_after(before_s).await;
}

/// By hand: of ten lots, each bought at 1.1, the first gains 10 pips and the
/// tenth 100; a pip of half a lot is five dollars.
#[tokio::test(flavor = "multi_thread")]
async fn each_command_of_a_dashboard_is_done_once_and_what_it_did_is_shown() {
    const SYMBOLS: [&str; 10] = [
        "EURUSD", "GBPUSD", "AUDUSD", "NZDUSD", "USDCAD", "USDCHF", "EURGBP", "EURCHF", "EURAUD",
        "GBPAUD",
    ];
    let (scene, mut terminal) = Scene::set(72, "commands", "SIM-72").await;
    let desk = &scene.desk;
    let before_s = desk.stack.redeliver_live_after(REDELIVERED_AFTER).await;
    for symbol in SYMBOLS {
        let (lot, nobody) = (Some(Decimal::ONE), (None, None));
        let now = SystemClock.now();
        terminal.broker.open(symbol, true, lot, nobody, now);
    }
    terminal.poll().await.expect("polls");
    let mut gains = BTreeMap::new();
    for (symbol, number) in SYMBOLS.into_iter().zip(1_i64..) {
        let price = ENTRY + Decimal::new(number, 3);
        terminal.broker.set_price(symbol, price);
        gains.insert(symbol.to_owned(), 50 * number);
    }
    terminal.poll().await.expect("polls");
    let live = desk.list("/api/trades/live").await;
    assert_eq!(live.len(), SYMBOLS.len());

    let commanding = async {
        let mut issued = BTreeSet::new();
        for trade in &live {
            let id = trade["trade"]["id"].as_str().expect("an id");
            let levels = json!({"stop_loss": 1.05, "take_profit": 1.3});
            for (method, what, body) in [
                (Method::PUT, "modify", levels),
                (Method::POST, "partial-close", json!({"percent": 50})),
                (Method::POST, "close", json!({})),
            ] {
                let path = format!("/api/trades/{id}/{what}");
                let told = desk.visitor.call(method, &path, Some(&desk.token), &body);
                let command = told.await.expect(202);
                issued.insert(command["id"].as_str().expect("an id").to_owned());
                tokio::time::sleep(PACE).await;
            }
        }
        issued
    };
    let (issued, terminal) = scene.through_faults(terminal, 30, commanding, |_| {}).await;

    let (told, commands) = scene.told().await;
    assert_eq!((issued.len(), commands.len()), (30, 30));
    let heard: Vec<Value> = commands.into_iter().map(|event| event.data).collect();
    assert_eq!(texts(&heard, "id"), issued);
    assert_eq!(commands_shown(desk).await, issued);
    let done = commands_done(&terminal);
    assert_eq!(done.len(), 20, "each position was closed in two parts");
    assert!(done.is_subset(&issued));
    for deal in terminal
        .broker
        .deals()
        .iter()
        .filter(|deal| deal.closing.is_some())
    {
        let levels = (deal.position.stop_loss, deal.position.take_profit);
        let set = (Some(Decimal::new(105, 2)), Some(Decimal::new(13, 1)));
        assert_eq!(levels, set, "set before it was closed");
    }
    assert!(terminal.broker.positions().is_empty());

    let trades = desk.list("/api/trades?limit=200").await;
    assert_eq!(trades.len(), 10);
    let updates = trade_updates(&told);
    assert_eq!(updates.len(), 10);
    for trade in &trades {
        let gain = gains[trade["symbol"].as_str().expect("a symbol")];
        assert_eq!(trade["pnl"], 2 * gain, "{trade}");
        let steps = [
            whole("open", 0),
            whole("partially_closed", gain),
            whole("closed", 2 * gain),
        ];
        assert_eq!(updates[trade["id"].as_str().expect("an id")], steps);
    }
    let stats = desk.get("/api/dashboard/stats").await;
    let counts = json!({"total": 10, "open": 0, "closed": 10, "wins": 10, "losses": 0});
    assert_eq!(stats["trades"], counts);
    assert_eq!(stats["pnl"]["realized"], 5_500);
    assert_eq!(last_balance(&told), &json!(15_500));
    let is_failure = |event: &&Heard| event.data["type"] == "command_failed";
    assert_eq!(told.iter().find(is_failure), None);
    desk.stack.redeliver_live_after(before_s).await;
}
