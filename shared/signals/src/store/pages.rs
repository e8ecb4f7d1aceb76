//! Lists of signals, narrowed by what a caller asks for.

use kernel::id::SignalChannelId;
use kernel::time::Timestamp;
use platform::dynamo::{Query, Range, StoreError};

use super::Store;
use crate::domain::signal::{Signal, Status};
use crate::domain::values::Direction;

/// Signals read at once where not all of them are wanted.
const READ_AT_ONCE: u32 = 200;
/// Signals read for one page at most: a page of a filter that fits little may
/// be short and still have a next one.
const READ_MAX: usize = 1_000;

/// Which signals are wanted; what is absent does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// What is traded.
    pub symbol: Option<String>,
    /// Where it stands.
    pub status: Option<Status>,
    /// Who it is by.
    pub provider: Option<String>,
    /// The channel that it came through.
    pub channel: Option<SignalChannelId>,
    /// Which way.
    pub direction: Option<Direction>,
    /// From when, included.
    pub from: Option<Timestamp>,
    /// Until when, included.
    pub to: Option<Timestamp>,
}

/// Signals, and where to go on.
pub type SignalPage = (Vec<Signal>, Option<String>);

impl Filter {
    /// Whether it takes all that is in its span of time.
    fn takes_all(&self) -> bool {
        let timeless = Self {
            from: None,
            to: None,
            ..self.clone()
        };
        timeless == Self::default()
    }

    /// Whether it takes a signal of its span of time.
    fn takes(&self, signal: &Signal) -> bool {
        fn fits<T: PartialEq>(wanted: Option<&T>, is: Option<&T>) -> bool {
            wanted.is_none() || wanted == is
        }
        fits(self.symbol.as_ref(), Some(&signal.setup.symbol))
            && fits(self.status.as_ref(), Some(&signal.status))
            && fits(self.provider.as_ref(), signal.provider.as_ref())
            && fits(self.channel.as_ref(), signal.channel.as_ref())
            && fits(self.direction.as_ref(), Some(&signal.setup.direction))
    }
}

impl Store {
    /// A page of the signals of a partition between two keys that a filter
    /// takes, the newest first.
    pub(super) async fn filtered(
        &self,
        pk: &str,
        (first, last): (String, String),
        filter: &Filter,
        limit: u32,
        after: Option<String>,
        consistent: bool,
    ) -> Result<SignalPage, StoreError> {
        let wanted = limit as usize;
        let (mut found, mut read) = (Vec::new(), 0);
        let mut after = after;
        // A span that ends before it begins holds nothing.
        if first > last {
            return Ok((found, None));
        }
        loop {
            let at_once = match filter.takes_all() {
                true => limit,
                false => READ_AT_ONCE,
            };
            let range = Range::Between(first.clone(), last.clone());
            let mut query = Query::new(pk, range, at_once).descending().after(after);
            query.consistent = consistent;
            let page = self.table.query::<Signal>(&query).await?;
            read += page.rows.len();
            let count = page.rows.len();
            for (index, (key, signal)) in page.rows.into_iter().enumerate() {
                if filter.takes(&signal) {
                    found.push(signal);
                }
                if found.len() == wanted {
                    let next = match index + 1 == count {
                        true => page.next,
                        false => Some(key.sk),
                    };
                    return Ok((found, next));
                }
            }
            after = page.next;
            if after.is_none() || read >= READ_MAX {
                return Ok((found, after));
            }
        }
    }
}
