//! What dashboards are told of signals.

use kernel::Error;
use platform::live::{Log, News};
use serde::Serialize;

use crate::domain::signal::Signal;
use crate::model::Owner;
use crate::view::SignalView;

/// The channel that published signals are told on.
const CHANNEL: &str = "signals";

/// What happened to a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Happening {
    Created,
    Approved,
    Rejected,
    Active,
    Closed,
}

#[derive(Serialize)]
struct Created {
    signal: SignalView,
    provider: Option<String>,
    confidence: u8,
}

#[derive(Serialize)]
struct Changed {
    signal: SignalView,
    event: &'static str,
}

/// What a signal's author is told.
pub(super) fn to_author(
    owner: &Owner,
    signal: &Signal,
    happening: Happening,
) -> Result<News, Error> {
    news(owner.log(), signal, happening)
}

/// What everybody is told whose tier sees a published signal.
pub(super) fn to_all(signal: &Signal, happening: Happening) -> Result<News, Error> {
    let news = news(Log::Channel(CHANNEL.to_owned()), signal, happening)?;
    Ok(news.for_tier(signal.min_tier.unwrap_or_default()))
}

fn news(log: Log, signal: &Signal, happening: Happening) -> Result<News, Error> {
    // The message may be longer than an event, and who reads it has it by the
    // signal's id.
    let view = SignalView {
        raw_text: None,
        ..SignalView::from(signal.clone())
    };
    let changed = |event| {
        News::new(
            log.clone(),
            "signal",
            &Changed {
                signal: view.clone(),
                event,
            },
        )
    };
    let news = match happening {
        Happening::Created => {
            let created = Created {
                provider: view.provider.clone(),
                confidence: view.confidence,
                signal: view.clone(),
            };
            News::new(log.clone(), "signal_created", &created)
        }
        Happening::Approved => changed("approved"),
        Happening::Rejected => changed("rejected"),
        Happening::Active => changed("active"),
        Happening::Closed => changed("closed"),
    };
    Ok(news?)
}
