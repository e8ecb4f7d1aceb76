//! The record, searched.

use chrono::TimeDelta;
use kernel::Error;
use kernel::page::Limit;
use kernel::time::Timestamp;
use platform::audit_log::{AuditLog, Entry, Selection, sort_prefix, time_of};

/// Partitions that one page looks into; days of the record, or months of a
/// tenant, an actor or an action.
const PERIODS_MAX: u32 = 31;
/// Entries that one page looks at to find those it wants.
const READ_MAX: usize = 2_000;
/// Entries read at once where only some of them are wanted.
const CHUNK: u32 = 200;
/// How far ahead of its reader a writer's clock may be.
const AHEAD: TimeDelta = TimeDelta::minutes(1);

/// Which entries are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Those of this tenant.
    pub tenant: Option<String>,
    /// Those of this actor.
    pub actor: Option<String>,
    /// Those of this action.
    pub action: Option<String>,
    /// Those at or after this.
    pub from: Option<Timestamp>,
    /// Those before this.
    pub to: Option<Timestamp>,
}

impl Filter {
    /// The narrowest way into the record.
    fn selection(&self) -> Selection {
        match (&self.tenant, &self.actor, &self.action) {
            (Some(tenant), _, _) => Selection::Tenant(tenant.clone()),
            (None, Some(actor), _) => Selection::Actor(actor.clone()),
            (None, None, Some(action)) => Selection::Action(action.clone()),
            (None, None, None) => Selection::Everything,
        }
    }

    /// The actor and the action that the way in does not select by.
    fn rest(&self) -> (Option<&str>, Option<&str>) {
        let narrower = self.tenant.as_ref().or(self.actor.as_ref());
        (
            self.tenant.as_ref().and(self.actor.as_deref()),
            narrower.and(self.action.as_deref()),
        )
    }
}

/// A page of entries, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The entries.
    pub entries: Vec<Entry>,
    /// Where to go on. A page may be short, or empty, and have one: what is
    /// wanted is further back than one page looks.
    pub next: Option<String>,
}

/// A page of the record.
///
/// # Errors
/// `Invalid` where `after` is no position; `Internal` where the store fails.
pub async fn search(
    log: &AuditLog,
    filter: &Filter,
    limit: Limit,
    after: Option<&str>,
    now: Timestamp,
) -> kernel::Result<Found> {
    let oldest = now - log.kept_for();
    let mut walk = Walk {
        selection: filter.selection(),
        floor: filter.from.map_or(oldest, |from| from.max(oldest)),
        before: first_position(filter, after, now)?,
        is_over: false,
    };
    let limit = limit.get() as usize;
    let mut found: Vec<Entry> = Vec::new();
    let (mut periods, mut looked_at) = (0, 0);
    // One more than the page holds says whether there is another page.
    while !walk.is_over && found.len() <= limit {
        if periods == PERIODS_MAX || looked_at >= READ_MAX {
            break;
        }
        let missing = u32::try_from(limit + 1 - found.len()).unwrap_or(1);
        let (actor, action) = filter.rest();
        let wanted = actor.or(action).map_or(missing, |_| CHUNK);
        let entries = walk.step(log, wanted).await?;
        looked_at += entries.len();
        periods += u32::from(entries.len() < wanted as usize);
        let fits = |entry: &Entry| {
            actor.is_none_or(|actor| entry.actor == actor)
                && action.is_none_or(|action| entry.action == action)
        };
        found.extend(entries.into_iter().filter(fits));
    }
    let next = if found.len() > limit {
        found.truncate(limit);
        found.last().map(Entry::position)
    } else {
        (!walk.is_over).then_some(walk.before)
    };
    Ok(Found {
        entries: found,
        next,
    })
}

fn first_position(filter: &Filter, after: Option<&str>, now: Timestamp) -> kernel::Result<String> {
    let end = filter.to.map_or(now + AHEAD, |to| to.min(now + AHEAD));
    let end = sort_prefix(end);
    let Some(after) = after else {
        return Ok(end);
    };
    if time_of(after).is_none() {
        return Err(Error::field("cursor", "is not a cursor of this list"));
    }
    Ok(end.min(after.to_owned()))
}

/// A way back through the record, period by period.
struct Walk {
    selection: Selection,
    /// Nothing before this is wanted.
    floor: Timestamp,
    /// The position that comes next is below this.
    before: String,
    is_over: bool,
}

impl Walk {
    /// The next entries of the period that is being read. Fewer than `limit`
    /// are the last of it, and the next step is in the one before.
    async fn step(&mut self, log: &AuditLog, limit: u32) -> kernel::Result<Vec<Entry>> {
        let at = time_of(&self.before).unwrap_or(self.floor);
        let own_start = self.selection.period_start(at);
        // Below the first position of a period lies the period before.
        let within = if self.before == sort_prefix(own_start) {
            own_start - TimeDelta::milliseconds(1)
        } else {
            at
        };
        let start = self.selection.period_start(within);
        let from = sort_prefix(start.max(self.floor));
        let entries = log
            .read(&self.selection, within, &from, &self.before, limit)
            .await?;
        match entries.last() {
            Some(last) if entries.len() == limit as usize => self.before = last.position(),
            _ => {
                self.is_over = start <= self.floor;
                self.before = sort_prefix(start);
            }
        }
        Ok(entries)
    }
}
