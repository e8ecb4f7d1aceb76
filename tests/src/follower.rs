//! A client that follows its own events as the protocol asks of it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::{Stream, stream};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout_at};

use crate::socket::Socket;

/// A pause before a connection that was refused is tried again.
const PAUSE: Duration = Duration::from_millis(200);

/// An event, as it came first.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    /// Its number: the first is 1.
    pub seq: u64,
    /// Its id.
    pub id: String,
    /// Its type.
    pub kind: String,
    /// What it says.
    pub data: Value,
}

/// What a client has been through.
#[derive(Clone, Debug, Default)]
pub struct Way {
    /// Each event once, in the order in which they first came.
    pub heard: Vec<Heard>,
    /// Connections that were opened.
    pub connections: u32,
    /// Events that came once more.
    pub repeats: u32,
    /// Breaches of the protocol.
    pub faults: Vec<String>,
}

/// The client. It is switched off again and again, connects anew, and asks for
/// what came after the last event that it has.
#[derive(Debug)]
pub struct Follower {
    way: Arc<Mutex<Way>>,
    /// How many events it has.
    count: watch::Receiver<usize>,
    task: JoinHandle<()>,
}

enum Taken {
    /// It is the next one, or one that is known.
    InOrder,
    /// Others are missing before it.
    TooEarly,
}

impl Follower {
    /// Follows from the first event on, and stays on no connection for longer
    /// than `stays_for`.
    #[must_use]
    pub fn start(address: &str, token: &str, stays_for: Duration) -> Self {
        let way = Arc::new(Mutex::new(Way::default()));
        let notes = Arc::clone(&way);
        let (counter, count) = watch::channel(0);
        let (address, token) = (address.to_owned(), token.to_owned());
        let task = tokio::spawn(async move {
            loop {
                match Socket::try_open(&address, &token).await {
                    Some(socket) => {
                        let until = Instant::now() + stays_for;
                        follow(socket, &notes, &counter, until).await;
                    }
                    None => sleep(PAUSE).await,
                }
            }
        });
        Self { way, count, task }
    }

    /// The moments at which it has just heard of so many more events.
    pub fn each(&self, events: usize) -> impl Stream<Item = ()> + Send + 'static {
        let heard = (self.count.clone(), events);
        stream::unfold(heard, move |(mut count, next)| async move {
            let reached = *count.wait_for(|count| *count >= next).await.ok()?;
            Some(((), (count, reached + events)))
        })
    }

    /// How it has gone so far.
    ///
    /// # Panics
    /// Where the client has panicked.
    #[must_use]
    pub fn way(&self) -> Way {
        self.way.lock().expect("the client lives").clone()
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn follow(
    mut socket: Socket,
    notes: &Mutex<Way>,
    counter: &watch::Sender<usize>,
    until: Instant,
) {
    let after = with(notes, |way| {
        way.connections += 1;
        way.heard.len()
    });
    if !socket.try_say("resume", json!({ "after": after })).await {
        return;
    }
    let (mut is_in_order, mut has_asked_again) = (false, false);
    while let Ok(Some(message)) = timeout_at(until, socket.heard()).await {
        let Some(seq) = message["seq"].as_u64() else {
            if message["type"] == "resync" {
                with(notes, |way| way.faults.push("a resync".to_owned()));
            }
            continue;
        };
        match with(notes, |way| way.take(seq, &message)) {
            Taken::InOrder => {
                is_in_order = true;
                counter.send_replace(with(notes, |way| way.heard.len()));
            }
            Taken::TooEarly if is_in_order => with(notes, |way| {
                let (number, last) = (way.connections, way.heard.len());
                let fault = format!("{seq} came on connection {number} after {after} and {last}");
                way.faults.push(fault);
            }),
            // What it asked for at the opening was lost.
            Taken::TooEarly => {
                let again = json!({ "after": after });
                if !has_asked_again && !socket.try_say("resume", again).await {
                    return;
                }
                has_asked_again = true;
            }
        }
    }
    socket.kill();
}

fn with<T>(notes: &Mutex<Way>, change: impl FnOnce(&mut Way) -> T) -> T {
    change(&mut notes.lock().expect("not poisoned"))
}

impl Way {
    fn take(&mut self, seq: u64, message: &Value) -> Taken {
        let text = |name: &str| message[name].as_str().unwrap_or_default().to_owned();
        let event = Heard {
            seq,
            id: text("id"),
            kind: text("type"),
            data: message["data"].clone(),
        };
        let next = self.heard.len() as u64 + 1;
        if seq > next {
            return Taken::TooEarly;
        }
        if seq == next {
            self.heard.push(event);
            return Taken::InOrder;
        }
        self.repeats += 1;
        let known = self.heard.iter().find(|known| known.seq == seq);
        if known != Some(&event) {
            self.faults.push(format!("{event:?} was {known:?} before"));
        }
        Taken::InOrder
    }
}
