//! `GET /api/system/health`

use std::time::{Duration, Instant};

use axum::extract::State;
use kernel::time::Timestamp;
use platform::dynamo::StoreError;
use platform::owner::Owner;
use platform::queue::{Count, Pace, Queue};
use realtime::domain::life::CONNECTIONS_MAX;
use serde::Serialize;
use utoipa::ToSchema;
use web::caller::{Acting, Reading};
use web::extract::Json;
use web::problem::ProblemBody;

use crate::App;

/// How long a part may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);
/// How long messages may have waited in a queue that keeps up, in ms. The age
/// is known to a minute where a queue is seldom used.
const WAIT_MS_MAX: i64 = 300_000;
/// The same for backtests, which take minutes each.
const BACKTEST_WAIT_MS_MAX: i64 = 3_600_000;
/// The same for imports by upload, of which three are read at a time.
const IMPORT_WAIT_MS_MAX: i64 = 1_800_000;

/// How a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum HealthStatus {
    /// It answers and keeps up.
    Ok,
    /// It answers and does not keep up.
    Degraded,
    /// It did not answer in time.
    Down,
}

/// How the deployment is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SystemHealthAnswer {
    /// `down` where the store is, `degraded` where any other part is not `ok`.
    status: HealthStatus,
    #[schema(value_type = String, format = DateTime)]
    checked_at: Timestamp,
    components: HealthComponents,
}

/// How each part is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HealthComponents {
    store: StoreHealth,
    /// One for each queue; counts may be two seconds old.
    queues: Vec<QueueHealth>,
    terminals: TerminalsHealth,
    websocket: WebSocketHealth,
}

/// The store, by a read.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StoreHealth {
    status: HealthStatus,
    /// Milliseconds that a read took, or until it was given up.
    latency_ms: u64,
}

/// A queue. It is `degraded` where messages wait of which one may have done so
/// for over five minutes, a backtest for over an hour, an import for over half an hour. Counts are SQS's own,
/// approximate ones.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct QueueHealth {
    name: &'static str,
    status: HealthStatus,
    /// Messages that wait; these four are `null` where SQS did not answer.
    depth: Option<u64>,
    /// Messages that are being worked on.
    in_flight: Option<u64>,
    /// Messages that are held back until their time.
    delayed: Option<u64>,
    /// Messages that failed for good and wait for a person.
    dead_letters: Option<u64>,
    /// Seconds that the oldest of those that wait has done so, at most: 0 where
    /// none waits, `null` where it is not known. The time that a message is
    /// held back does not count, nor one that comes again after a failure.
    oldest_age_s: Option<i64>,
    /// When messages were last taken, noted every ten seconds; `null` where
    /// none ever was.
    #[schema(value_type = Option<String>, format = DateTime)]
    taken_at: Option<Timestamp>,
    /// Milliseconds that they had waited then.
    waited_ms: Option<i64>,
}

/// The caller's own terminals. They are figures: a terminal that is switched
/// off is no fault of the deployment.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TerminalsHealth {
    status: HealthStatus,
    /// `null` where they are not known, as below.
    paired: Option<usize>,
    /// Heard of in the last minute.
    online: Option<usize>,
}

/// The caller's own connections over WebSockets.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WebSocketHealth {
    status: HealthStatus,
    /// Open ones, terminals' own not among them; `null` where not known.
    connections: Option<usize>,
    /// As many as one may have.
    connections_max: u8,
}

/// How each part of the deployment is: the store, the queues, and the caller's
/// terminals and connections. Answers 200 whatever it finds, with the word on
/// it in `status`; where the store is down for long, nobody's token can be
/// checked, and the answer is the error that every route gives.
#[utoipa::path(
    get,
    path = "/api/system/health",
    tag = "system",
    security(("jwt" = [])),
    responses(
        (status = 200, description = "How the parts are", body = SystemHealthAnswer),
        (status = 401, description = "No good token", body = ProblemBody),
    )
)]
pub(crate) async fn system_health(
    State(app): State<App>,
    caller: Acting<Reading>,
) -> Json<SystemHealthAnswer> {
    let owner = caller.owner();
    let now = app.platform.real_now();
    let ((store, paces), counts, terminals, websocket) = tokio::join!(
        store(&app),
        app.gauges.read(now),
        terminals(&app, &owner, now),
        websocket(&app, &owner, now),
    );
    let pace = |queue| paces.iter().find(|(of, _)| *of == queue);
    let queues: Vec<QueueHealth> = counts
        .into_iter()
        .map(|count| queue(count, pace(count.queue).map(|(_, pace)| *pace), now))
        .collect();
    let parts = queues.iter().map(|queue| queue.status);
    let parts = parts.chain([terminals.status, websocket.status]);
    Json(SystemHealthAnswer {
        status: overall(store.status, parts),
        checked_at: now,
        components: HealthComponents {
            store,
            queues,
            terminals,
            websocket,
        },
    })
}

/// Nothing works without the store; of the other parts each is one of many.
fn overall(store: HealthStatus, parts: impl Iterator<Item = HealthStatus>) -> HealthStatus {
    let worst = parts.max().unwrap_or(HealthStatus::Ok);
    store.max(worst.min(HealthStatus::Degraded))
}

/// Asks the store for the queues' notes, which are needed anyway.
async fn store(app: &App) -> (StoreHealth, Vec<(Queue, Pace)>) {
    let asked = Instant::now();
    let paces = answer("store", app.paces.all()).await;
    let latency_ms = u64::try_from(asked.elapsed().as_millis()).unwrap_or(u64::MAX);
    let status = by_answer(&paces);
    (
        StoreHealth { status, latency_ms },
        paces.unwrap_or_default(),
    )
}

fn queue(count: Count, pace: Option<Pace>, now: Timestamp) -> QueueHealth {
    let pace = pace.unwrap_or_default();
    let waiting = count.depth.map(|depth| depth.waiting);
    let age_ms = match waiting {
        Some(0) => Some(0),
        Some(_) => pace.age_ms_max(now),
        None => None,
    };
    let wait_ms_max = match count.queue {
        Queue::Backtests => BACKTEST_WAIT_MS_MAX,
        Queue::Imports => IMPORT_WAIT_MS_MAX,
        _ => WAIT_MS_MAX,
    };
    let is_late = age_ms.is_some_and(|age_ms| age_ms > wait_ms_max);
    QueueHealth {
        name: count.queue.as_str(),
        status: match (waiting, count.dead_letters) {
            (None, _) | (_, None) => HealthStatus::Down,
            _ if is_late => HealthStatus::Degraded,
            _ => HealthStatus::Ok,
        },
        depth: waiting,
        in_flight: count.depth.map(|depth| depth.in_flight),
        delayed: count.depth.map(|depth| depth.delayed),
        dead_letters: count.dead_letters,
        oldest_age_s: age_ms.map(|age_ms| age_ms / 1000),
        taken_at: pace.taken_at(),
        waited_ms: pace.waited_ms,
    }
}

async fn terminals(app: &App, owner: &Owner, now: Timestamp) -> TerminalsHealth {
    let terminals = answer("terminals", app.trading.terminals(owner)).await;
    let is_there = |terminal: &&trading::Terminal| terminal.is_there(now);
    let online = |all: &Vec<_>| all.iter().filter(is_there).count();
    TerminalsHealth {
        status: by_answer(&terminals),
        paired: terminals.as_ref().map(Vec::len),
        online: terminals.as_ref().map(online),
    }
}

async fn websocket(app: &App, owner: &Owner, now: Timestamp) -> WebSocketHealth {
    let (log, most) = (owner.log(), u32::from(CONNECTIONS_MAX));
    let listeners = app.connections.listeners(&log, most, None, now);
    let listeners = answer("websocket", listeners).await;
    WebSocketHealth {
        status: by_answer(&listeners),
        connections: listeners.map(|(seated, _)| {
            let is_good = |seat: &&realtime::store::Seated| !seat.listener.grant.is_over(now);
            seated.iter().filter(is_good).count()
        }),
        connections_max: CONNECTIONS_MAX,
    }
}

/// What a part answers in time; what it does not is told.
async fn answer<T>(
    part: &'static str,
    asked: impl Future<Output = Result<T, StoreError>>,
) -> Option<T> {
    let error = match tokio::time::timeout(ANSWER_WITHIN, asked).await {
        Ok(Ok(answer)) => return Some(answer),
        Ok(Err(error)) => kernel::error::chain(&error),
        Err(late) => late.to_string(),
    };
    tracing::warn!(part, error, "{part} did not answer");
    None
}

fn by_answer<T>(answer: &Option<T>) -> HealthStatus {
    match answer {
        Some(_) => HealthStatus::Ok,
        None => HealthStatus::Down,
    }
}

#[cfg(test)]
mod tests {
    use platform::queue::Depth;

    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_timestamp_millis(ms).expect("a time")
    }

    fn counted(waiting: u64) -> Count {
        Count {
            queue: Queue::Rules,
            depth: Some(Depth {
                waiting,
                delayed: 2,
                in_flight: 3,
            }),
            dead_letters: Some(4),
        }
    }

    #[test]
    fn a_queue_is_late_once_its_oldest_message_may_have_waited_five_minutes() {
        let pace = Pace {
            taken_at_ms: Some(10_000),
            waited_ms: Some(4_000),
            empty_at_ms: None,
        };
        let health = |waiting, ms| queue(counted(waiting), Some(pace), at(ms));
        let in_time = health(1, 306_000);
        assert_eq!(in_time.status, HealthStatus::Ok);
        assert_eq!(in_time.oldest_age_s, Some(300));
        let late = health(1, 307_000);
        assert_eq!(late.status, HealthStatus::Degraded);
        assert_eq!(late.oldest_age_s, Some(301));
        let empty = health(0, 307_000);
        assert_eq!(empty.status, HealthStatus::Ok);
        assert_eq!(empty.oldest_age_s, Some(0));
        assert_eq!(
            (empty.waited_ms, empty.taken_at),
            (Some(4_000), Some(at(10_000)))
        );
    }

    #[test]
    fn backtest_is_late_after_an_hour() {
        let pace = Pace {
            taken_at_ms: None,
            waited_ms: None,
            empty_at_ms: Some(0),
        };
        let status = |ms| {
            let count = Count {
                queue: Queue::Backtests,
                ..counted(1)
            };
            queue(count, Some(pace), at(ms)).status
        };
        assert_eq!(status(3_600_000), HealthStatus::Ok);
        assert_eq!(status(3_600_001), HealthStatus::Degraded);
    }

    #[test]
    fn an_age_that_nobody_noted_is_not_made_up() {
        let health = queue(counted(1), None, at(1_000));
        assert_eq!(health.oldest_age_s, None);
        assert_eq!(health.status, HealthStatus::Ok);
    }

    #[test]
    fn all_is_down_with_the_store_alone() {
        use HealthStatus::{Degraded, Down, Ok};
        assert_eq!(overall(Ok, [Ok, Ok].into_iter()), Ok);
        assert_eq!(overall(Ok, [Ok, Down].into_iter()), Degraded);
        assert_eq!(overall(Ok, [Degraded, Ok].into_iter()), Degraded);
        assert_eq!(overall(Down, [Ok, Ok].into_iter()), Down);
    }
}
