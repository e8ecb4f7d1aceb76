//! An answer belongs to a start: once, in its organization, in its browser, in
//! its time.

use chrono::TimeDelta;
use kernel::time::Clock;
use oidc::domain::flow::{Flow, Secret};
use oidc::store::Flows;
use platform::clock::SystemClock;

use crate::scene::{Browser, Scene, parameter, path_of, problem};

#[tokio::test]
async fn a_state_is_good_once() {
    let scene = Scene::start().await;
    let mut browser = Browser::default();
    let page = scene.begin(&mut browser, "/desk").await;
    let back = path_of(&scene.provider.sign_in(&page).await);
    assert_eq!(browser.get(&scene, &back).await.status, 303);
    let again = browser.get(&scene, &back).await;
    let (word, detail) = problem(again, 400);
    assert_eq!(word, "validation-failed");
    assert!(detail.contains("sign in from the start"), "{detail}");
    assert_eq!(scene.provider.asked().token, 1);
}

#[tokio::test]
async fn of_many_who_present_a_state_at_once_one_gets_in() {
    let scene = Scene::start().await;
    let mut browser = Browser::default();
    let page = scene.begin(&mut browser, "/desk").await;
    let back = path_of(&scene.provider.sign_in(&page).await);
    let calls = (0..6).map(|_| {
        let (mut browser, scene, back) = (browser.clone(), &scene, &back);
        async move { browser.get(scene, back).await.status.as_u16() }
    });
    let mut statuses = futures::future::join_all(calls).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 400, 400, 400, 400, 400]);
    assert_eq!(scene.provider.asked().token, 1);
}

#[tokio::test]
async fn another_browser_gets_nothing_and_takes_nothing_away() {
    let scene = Scene::start().await;
    let mut browser = Browser::default();
    let page = scene.begin(&mut browser, "/desk").await;
    let back = path_of(&scene.provider.sign_in(&page).await);
    // One that has no cookie, and one that has its own.
    let mut other = Browser::default();
    let refused = other.get(&scene, &back).await;
    assert!(problem(refused, 400).1.contains("another browser"));
    scene.begin(&mut other, "/desk").await;
    let refused = other.get(&scene, &back).await;
    assert!(problem(refused, 400).1.contains("another browser"));
    assert_eq!(scene.provider.asked().token, 0);
    assert_eq!(browser.get(&scene, &back).await.status, 303);
}

#[tokio::test]
async fn a_state_that_was_never_given_is_none() {
    let scene = Scene::start().await;
    let mut browser = Browser::default();
    scene.begin(&mut browser, "/desk").await;
    let made_up = Secret::generate().expect("random");
    for state in ["", "short", made_up.expose()] {
        let path = format!("{}?code=x&state={state}", scene.path("callback"));
        let refused = browser.get(&scene, &path).await;
        assert_eq!(problem(refused, 400).0, "validation-failed", "{state}");
    }
}

#[tokio::test]
async fn a_sign_in_that_took_too_long_is_over() {
    let scene = Scene::start().await;
    let mut browser = Browser::default();
    let page = scene.begin(&mut browser, "/desk").await;
    let back = scene.provider.sign_in(&page).await;
    let state = Secret::parse(&parameter(&back, "state")).expect("a state");
    let flows = Flows::new(scene.stack.cloud.platform.clone());
    let now = SystemClock.now();
    let flow = flows.find(&state, now).await.expect("reads").expect("one");
    let left = flow.expires_at - now;
    assert!(left > TimeDelta::minutes(9) && left <= TimeDelta::minutes(10));
    let over = Flow {
        expires_at: now - TimeDelta::seconds(1),
        ..flow
    };
    flows.keep(&state, &over).await.expect("writes");
    let refused = browser.get(&scene, &path_of(&back)).await;
    assert_eq!(problem(refused, 400).0, "validation-failed");
    assert_eq!(scene.provider.asked().token, 0);
}

#[tokio::test]
async fn an_answer_to_another_organizations_address_is_refused() {
    let mut scene = Scene::start().await;
    let mut browser = Browser::default();
    let page = scene.begin(&mut browser, "/desk").await;
    let back = path_of(&scene.provider.sign_in(&page).await);
    let theirs = scene.org.clone();
    let mut settings = scene.settings().await;
    scene.org = scene.found("Another firm").await;
    settings.organization = scene.org.clone();
    settings.sealed_client_secret = None;
    scene.set(&settings).await;
    let elsewhere = back.replace(theirs.as_str(), scene.org.as_str());
    let refused = browser.get(&scene, &elsewhere).await;
    assert!(problem(refused, 400).1.contains("another organization"));
    assert_eq!(scene.provider.asked().token, 0);
}

#[tokio::test]
async fn a_start_before_the_provider_was_changed_leads_nowhere() {
    let scene = Scene::start().await;
    let mut browser = Browser::default();
    let page = scene.begin(&mut browser, "/desk").await;
    let back = path_of(&scene.provider.sign_in(&page).await);
    scene.change_provider().await;
    let refused = browser.get(&scene, &back).await;
    assert!(problem(refused, 401).1.contains("provider has changed"));
}

#[tokio::test]
async fn a_code_of_another_sign_in_is_refused() {
    let scene = Scene::start().await;
    let (mut one, mut other) = (Browser::default(), Browser::default());
    let page = scene.begin(&mut one, "/desk").await;
    let own = path_of(&scene.provider.sign_in(&page).await);
    let page = scene.begin(&mut other, "/desk").await;
    let theirs = path_of(&scene.provider.sign_in(&page).await);
    // The provider finds that the verifier is another's.
    let injected = own.replace(&parameter(&own, "code"), &parameter(&theirs, "code"));
    let refused = one.get(&scene, &injected).await;
    assert_eq!(problem(refused, 401).0, "unauthenticated");
    assert!(scene.of_email("ada@firm.example").await.is_none());
}
