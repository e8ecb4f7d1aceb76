//! Whether the time of an answer tells if somebody has an account, or since
//! when.

use std::time::{Duration, Instant};

use identity::app::import::{Imported, import};
use identity::domain::password::PasswordParameters;
use kernel::time::Clock;
use platform::clock::SystemClock;
use serde_json::json;

use crate::support::{PASSWORD, Scene, person, secret};

/// Sign-ins of each kind in an attempt.
const SIGN_INS: usize = 120;
const ATTEMPTS_MAX: usize = 3;
/// What medians may be apart by, in percent of the longest.
const APART_PERCENT_MAX: u128 = 5;
/// Work of a hash that weighs in an answer, and that a test run can afford.
const WORK: [(&str, &str); 2] = [("PASSWORD_MEMORY_KIB", "4096"), ("PASSWORD_PASSES", "2")];
/// Half of it.
const FORMER_MEMORY_KIB: u32 = 2_048;
/// Costs of imported hashes, of about as much work.
const COSTS: [u32; 2] = [5, 7];

/// What is kept of an account's password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    /// There is no such account.
    Nothing,
    /// A hash of today's parameters.
    Todays,
    /// A hash of weaker ones.
    Former,
    /// An imported hash of this cost.
    Imported(u32),
}

const EVERY_KIND: [Kept; 5] = [
    Kept::Nothing,
    Kept::Todays,
    Kept::Former,
    Kept::Imported(COSTS[0]),
    Kept::Imported(COSTS[1]),
];

#[tokio::test]
async fn a_refusal_takes_as_long_whatever_is_kept_of_the_password_and_where_nothing_is() {
    let kinds = EVERY_KIND;
    assert_alike(&kinds, "a wrong password", 401).await;
}

#[tokio::test]
async fn who_was_imported_is_let_in_as_fast_as_who_registered() {
    let kinds = [
        Kept::Todays,
        Kept::Imported(COSTS[0]),
        Kept::Imported(COSTS[1]),
    ];
    assert_alike(&kinds, PASSWORD, 200).await;
}

/// Measures until the medians of all kinds are close together: a busy machine
/// may need more than one attempt.
async fn assert_alike(kinds: &[Kept], password: &str, status: u16) {
    let scene = Scene::with(&WORK).await;
    let mut seen = Vec::new();
    for attempt in 0..ATTEMPTS_MAX {
        for kept in kinds {
            people(&scene, *kept, attempt).await;
        }
        let medians = measure(&scene, kinds, attempt, password, status).await;
        let longest = medians.iter().max().expect("kinds").as_micros();
        let shortest = medians.iter().min().expect("kinds").as_micros();
        seen.push(medians);
        if (longest - shortest) * 100 <= longest * APART_PERCENT_MAX {
            return;
        }
    }
    panic!("medians of {kinds:?}: {seen:?}");
}

fn email(kept: Kept, attempt: usize, number: usize) -> String {
    let kind = match kept {
        Kept::Nothing => "ghost".to_owned(),
        Kept::Todays => "todays".to_owned(),
        Kept::Former => "former".to_owned(),
        Kept::Imported(cost) => format!("cost{cost}"),
    };
    format!("{kind}-{attempt}-{number:04}@firm.example")
}

/// Writes the people of a kind.
async fn people(scene: &Scene, kept: Kept, attempt: usize) {
    let env = scene.stack.env_with(&WORK);
    let todays = identity::settings::password_parameters(&env).expect("parameters");
    let former = PasswordParameters::new(FORMER_MEMORY_KIB, 2);
    let hash = match kept {
        Kept::Nothing => return,
        Kept::Todays => todays.hash(&secret(PASSWORD)),
        Kept::Former => former.hash(&secret(PASSWORD)),
        Kept::Imported(cost) => return imported(scene, cost, attempt).await,
    };
    let hash = hash.expect("hashes");
    for number in 0..SIGN_INS {
        let email = email(kept, attempt, number);
        scene.put(&person(&email, hash.clone())).await;
    }
}

async fn imported(scene: &Scene, cost: u32, attempt: usize) {
    let hash = bcrypt::hash(PASSWORD, cost).expect("hashes");
    for number in 0..SIGN_INS {
        let person = Imported {
            email: &email(Kept::Imported(cost), attempt, number),
            username: None,
            name: None,
            password_hash: &hash,
        };
        let made = import(&scene.store, &person, SystemClock.now()).await;
        made.expect("imports");
    }
}

/// Medians of sign-ins by kind. Each account and each address is used once, so
/// that nothing is slowed or shut out; whichever comes first has no advantage
/// over all.
async fn measure(
    scene: &Scene,
    kinds: &[Kept],
    attempt: usize,
    password: &str,
    status: u16,
) -> Vec<Duration> {
    let mut times = vec![Vec::new(); kinds.len()];
    for number in 0..SIGN_INS {
        for turn in 0..kinds.len() {
            let kind = (number + turn) % kinds.len();
            let email = email(kinds[kind], attempt, number);
            let caller = (attempt * SIGN_INS + number) * kinds.len() + turn;
            let body = json!({"email": email, "password": password, "transport": "body"});
            let address = format!("10.{}.{}.1", caller / 250, caller % 250);
            let headers = [("x-tradebridge-peer", address.as_str())];
            let started = Instant::now();
            let answer = scene.post_with("/api/v1/auth/login", &body, &headers).await;
            times[kind].push(started.elapsed());
            assert_eq!(answer.status, status, "{}", answer.text());
        }
    }
    times.into_iter().map(median).collect()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
