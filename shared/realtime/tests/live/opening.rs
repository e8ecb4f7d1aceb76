//! Who is let in, and how many.

use kernel::Error;
use kernel::access::Tier;
use realtime::domain::grant::Grant;
use secrecy::SecretString;

use crate::support::{World, now, own};

async fn pending(world: &World, id: &str) {
    world.sockets.open(id);
    let opened = world.doorman.open_pending(id, now()).await;
    opened.expect("opens");
}

async fn authenticate(world: &World, id: &str, token: &str, subject: &str) -> kernel::Result<()> {
    let connection = world.connection(id).await.expect("a connection");
    let token = SecretString::from(token);
    world
        .doorman
        .authenticate(&connection, (&token, subject), now())
        .await
}

#[tokio::test]
async fn who_says_who_they_are_is_served_from_then_on() {
    let mut world = World::start().await;
    pending(&world, "a=").await;
    let token = world.stack.exchange(7);
    let done = authenticate(&world, "a=", &token, "wp:demo:7").await;
    done.expect("lets in");
    let grant = world.grant(7).await;
    world.tell(&own(&grant), "one").await;
    world.pass_hold().await;
    assert_eq!(world.titles("a="), ["one"]);
    assert!(!world.sockets.is_ended("a="), "the check finds it let in");
}

#[tokio::test]
async fn who_says_nothing_in_time_is_told_and_ended() {
    let mut world = World::start().await;
    pending(&world, "a=").await;
    world.collect();
    world.check().await;
    assert_eq!(world.kinds("a="), ["auth_failed"]);
    assert!(world.sockets.is_ended("a="));
    assert_eq!(world.rows_left().await, 0);
}

#[tokio::test]
async fn a_bad_token_or_anothers_name_lets_nobody_in() {
    let world = World::start().await;
    pending(&world, "a=").await;
    let token = world.stack.exchange(7);
    let mut expired = world.stack.claims(&world.stack.shop, 7);
    expired.exp = now().timestamp() - 60;
    let expired = world.stack.sign_token(&expired);
    for (token, subject) in [
        (token.as_str(), "wp:demo:8"),
        ("nonsense", "wp:demo:7"),
        ("tbd_nonsense", "wp:demo:7"),
        (expired.as_str(), "wp:demo:7"),
    ] {
        let refused = authenticate(&world, "a=", token, subject).await;
        assert!(matches!(refused, Err(Error::Unauthenticated)), "{token}");
    }
}

#[tokio::test]
async fn a_fresh_token_extends_a_connection_for_the_same_person_only() {
    let mut world = World::start().await;
    let first = world.grant(7).await;
    let short = Grant {
        exp_s: now().timestamp() + 1,
        ..first.clone()
    };
    world.open_live("a=", &short).await;
    world
        .subscribe("a=", &["signals"])
        .await
        .expect("subscribes");
    let other = world.stack.exchange(8);
    let refused = authenticate(&world, "a=", &other, "wp:demo:8").await;
    assert!(matches!(refused, Err(Error::Unauthenticated)));
    let mut claims = world.stack.claims(&world.stack.shop, 7);
    claims.tier = Tier::Vip;
    let fresh = world.stack.sign_token(&claims);
    let extended = authenticate(&world, "a=", &fresh, "wp:demo:7").await;
    extended.expect("extends");
    let grant = world.connection("a=").await.and_then(|found| found.grant);
    let grant = grant.expect("a grant");
    assert_eq!((grant.exp_s, grant.tier), (claims.exp, Tier::Vip));
    // What it listens to knows it too.
    let signals = crate::support::channel("signals");
    world
        .tell_from(&signals, "for the highest", Tier::Vip)
        .await;
    world.tell(&own(&grant), "own").await;
    world.pump().await;
    let mut titles = world.titles("a=");
    titles.sort();
    assert_eq!(titles, ["for the highest", "own"]);
}

#[tokio::test]
async fn ten_connections_are_open_at_once_and_never_more() {
    let world = World::start().await;
    let grant = world.grant(7).await;
    let ids: Vec<String> = (0..25).map(|number| format!("c{number}=")).collect();
    for id in &ids {
        world.sockets.open(id);
    }
    let opening = ids.iter().map(|id| world.doorman.open(id, &grant, now()));
    let opened = futures::future::join_all(opening).await;
    let (let_in, refused): (Vec<_>, Vec<_>) = opened.into_iter().partition(Result::is_ok);
    assert_eq!((let_in.len(), refused.len()), (10, 15));
    for refused in refused {
        assert!(matches!(refused, Err(Error::Conflict(_))));
    }
    // Another person has ten of their own.
    let other = world.grant(8).await;
    world.open("other=", &other).await;
}

#[tokio::test]
async fn connections_that_ended_unheard_make_room() {
    let world = World::start().await;
    let grant = world.grant(7).await;
    for number in 0..10 {
        world.open(&format!("c{number}="), &grant).await;
    }
    world.sockets.vanish("c3=");
    world.sockets.vanish("c4=");
    world.open("new=", &grant).await;
    assert!(world.connection("c3=").await.is_none());
    world.open("newer=", &grant).await;
    let full = world.doorman.open("newest=", &grant, now()).await;
    assert!(matches!(full, Err(Error::Conflict(_))));
}
