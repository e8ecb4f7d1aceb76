//! A notification to somebody, or to all who listen to a channel.

use kernel::access::Tier;
use kernel::time::{Clock, Timestamp};
use platform::clock::SystemClock;
use platform::dynamo::Transaction;
use platform::live::{Live, Log, News};
use serde::Serialize;

use crate::Failure;

/// Channels that are everybody's and have a past.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum PublicChannel {
    Signals,
    Pumps,
}

impl PublicChannel {
    fn name(self) -> &'static str {
        match self {
            Self::Signals => "signals",
            Self::Pumps => "pumps",
        }
    }
}

/// Who is told.
#[derive(Debug, clap::Args)]
pub(crate) struct Notice {
    /// All who listen to this channel.
    #[arg(long, conflicts_with_all = ["person", "tenant"], required_unless_present = "person")]
    channel: Option<PublicChannel>,
    /// One person: the subject of their tokens.
    #[arg(long, requires = "tenant")]
    person: Option<String>,
    /// The organization, the shop or, for people without one, themselves.
    #[arg(long, requires = "person")]
    tenant: Option<String>,
    /// The lowest tier that is told: `free`, `pro`, `premium` or `vip`.
    #[arg(long, value_parser = parse_tier)]
    min_tier: Option<Tier>,
    /// The first line.
    #[arg(long)]
    title: String,
    /// What there is to say.
    #[arg(long)]
    message: String,
}

#[derive(Serialize)]
struct Notification<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    title: &'a str,
    message: &'a str,
}

/// Writes it; whoever is connected hears it at once, and others when they
/// come back. Answers its number in its log.
pub(crate) async fn notify(live: &Live, notice: &Notice) -> Result<u64, Failure> {
    let now: Timestamp = SystemClock.now();
    let log = match (notice.channel, &notice.person, &notice.tenant) {
        (Some(channel), ..) => Log::Channel(channel.name().to_owned()),
        (None, Some(person), Some(tenant)) => Log::Person {
            org: tenant.clone(),
            sub: person.clone(),
        },
        _ => return Err("name a channel, or a person with their tenant".into()),
    };
    let data = Notification {
        kind: "operator",
        title: &notice.title,
        message: &notice.message,
    };
    let mut news = News::new(log.clone(), "notification", &data)?;
    if let Some(tier) = notice.min_tier {
        news = news.for_tier(tier);
    }
    let request_id = kernel::id::RequestId::generate(now);
    let nothing = Transaction::default();
    live.commit(&nothing, &[news], request_id.as_str(), now)
        .await?;
    Ok(live.last(&log).await?)
}

fn parse_tier(text: &str) -> Result<Tier, String> {
    let all = [Tier::Free, Tier::Pro, Tier::Premium, Tier::Vip];
    all.into_iter()
        .find(|tier| tier.as_str() == text)
        .ok_or_else(|| format!("{text:?} is no tier"))
}
