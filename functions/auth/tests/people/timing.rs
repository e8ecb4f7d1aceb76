//! Whether the time of an answer tells if somebody has an account.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{PASSWORD, Scene, person, secret};

const SIGN_INS: u32 = 200;
const TRIES: u32 = 3;
/// Work of a hash that weighs in an answer, and that a test run can afford.
const WORK: [(&str, &str); 2] = [("PASSWORD_MEMORY_KIB", "4096"), ("PASSWORD_PASSES", "2")];

#[tokio::test]
async fn a_missing_account_takes_as_long_as_an_existing_one() {
    let scene = Scene::with(&WORK).await;
    let mut seen = Vec::new();
    for attempt in 0..TRIES {
        people(&scene, attempt).await;
        let (existing, missing) = measure(&scene, attempt).await;
        let apart = existing.abs_diff(missing).as_micros() * 100;
        seen.push((existing, missing));
        if apart <= existing.max(missing).as_micros() * 5 {
            return;
        }
    }
    panic!("medians of existing and missing accounts: {seen:?}");
}

/// Writes the people of an attempt.
async fn people(scene: &Scene, attempt: u32) {
    let env = scene.stack.env_with(&WORK);
    let parameters = identity::settings::password_parameters(&env).expect("parameters");
    let hash = parameters.hash(&secret(PASSWORD)).expect("hashes");
    for number in attempt * SIGN_INS..(attempt + 1) * SIGN_INS {
        let email = format!("known{number:04}@firm.example");
        scene.put(&person(&email, hash.clone())).await;
    }
}

/// Medians of sign-ins with a wrong password. Each account and each address is
/// used once, so that nothing is slowed or shut out.
async fn measure(scene: &Scene, attempt: u32) -> (Duration, Duration) {
    let (mut existing, mut missing) = (Vec::new(), Vec::new());
    for number in attempt * SIGN_INS..(attempt + 1) * SIGN_INS {
        let known = format!("known{number:04}@firm.example");
        let nobody = format!("ghost{number:04}@firm.example");
        // Whichever comes first has no advantage over all.
        if number.is_multiple_of(2) {
            existing.push(sign_in(scene, &known, number * 2).await);
            missing.push(sign_in(scene, &nobody, number * 2 + 1).await);
        } else {
            missing.push(sign_in(scene, &nobody, number * 2).await);
            existing.push(sign_in(scene, &known, number * 2 + 1).await);
        }
    }
    (median(existing), median(missing))
}

async fn sign_in(scene: &Scene, email: &str, number: u32) -> Duration {
    let address = format!("10.{}.{}.1", number / 250, number % 250);
    let body = json!({"email": email, "password": "a wrong password"});
    let started = Instant::now();
    let headers = [("x-tradebridge-peer", address.as_str())];
    let answer = scene.post_with("/api/v1/auth/login", &body, &headers).await;
    let took = started.elapsed();
    assert_eq!(answer.status, 401, "{}", answer.text());
    took
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
