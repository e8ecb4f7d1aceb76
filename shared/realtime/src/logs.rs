//! Which log is whose.

use platform::live::Log;

use crate::domain::channel::Channel;
use crate::domain::frame::Place;
use crate::domain::grant::Grant;

/// The log of a bearer's own events.
#[must_use]
pub fn own(grant: &Grant) -> Log {
    let org = grant.org.clone();
    match &grant.terminal {
        Some(terminal) => Log::Terminal {
            org,
            device: terminal.id.clone(),
        },
        None => Log::Person {
            org,
            sub: grant.sub.clone(),
        },
    }
}

/// The log of a channel, as a bearer names it.
#[must_use]
pub fn of_channel(channel: &Channel, grant: &Grant) -> Log {
    Log::Channel(channel.log_name(&grant.org, &grant.sub))
}

/// Where events of a log stand, for those who listen.
#[must_use]
pub fn place(log: &Log) -> Place {
    match log {
        Log::Person { .. } | Log::Terminal { .. } => Place::Own,
        Log::Channel(name) => Place::of_channel(Channel::public_name(name)),
    }
}
