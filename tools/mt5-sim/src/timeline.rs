//! Happenings of an account in their order, and the books at any moment.

use std::sync::Arc;

use kernel::time::Timestamp;

use crate::ledger::{Book, Canceled, Deal, Event, Stamp, State};

/// The most happenings that are folded again to reach a moment.
const STRIDE: usize = 128;

/// Something that happens on an account, with its place in time and in the
/// trade server's numbering.
#[derive(Clone, Debug)]
pub(crate) struct Happening {
    pub(crate) stamp: Stamp,
    pub(crate) event: Arc<Event>,
}

impl Happening {
    pub(crate) fn new(stamp: Stamp, event: impl Into<Event>) -> Self {
        Self {
            stamp,
            event: Arc::new(event.into()),
        }
    }
}

/// Happenings in their order, with all deals they make and the state now and
/// then on the way.
#[derive(Debug, Default)]
pub(crate) struct Timeline {
    base: State,
    base_deals: Vec<Deal>,
    happenings: Vec<Happening>,
    /// In the order of the times that they carry.
    deals: Vec<Deal>,
    /// The state before each `STRIDE`th happening.
    marks: Vec<State>,
    end: State,
}

/// The addition of happenings to a timeline.
struct Addition {
    happenings: Vec<Happening>,
    deals: Vec<Deal>,
    marks: Vec<State>,
    end: State,
    canceled: Vec<(Vec<u64>, Canceled)>,
}

impl Timeline {
    /// Returns a timeline without happenings, over books that exist already.
    pub(crate) fn starting(base: State, deals: Vec<Deal>) -> Self {
        Self {
            end: base.clone(),
            base,
            base_deals: deals.clone(),
            deals,
            ..Self::default()
        }
    }

    /// Returns all deals.
    pub(crate) fn deals(&self) -> &[Deal] {
        &self.deals
    }

    /// Returns the moment of the last happening.
    pub(crate) fn last_at(&self) -> Option<Timestamp> {
        self.happenings.last().map(|last| last.stamp.at)
    }

    /// Adds happenings: all, or none with an error. Of one moment, those that
    /// were added first happen first.
    ///
    /// # Errors
    /// Returns a sentence that names the happening if one cannot happen.
    pub(crate) fn extend(&mut self, book: &Book, mut new: Vec<Happening>) -> Result<(), String> {
        if new.is_empty() {
            return Ok(());
        }
        new.sort_by_key(|happening| happening.stamp.at);
        let first = new.first().map(|happening| happening.stamp.at);
        if first < self.last_at() {
            let mut all = self.happenings.clone();
            all.append(&mut new);
            all.sort_by_key(|happening| happening.stamp.at);
            let mut again = Self::starting(self.base.clone(), self.base_deals.clone());
            let addition = again.fold(book, all)?;
            again.commit(addition);
            *self = again;
            return Ok(());
        }
        let addition = self.fold(book, new)?;
        self.commit(addition);
        Ok(())
    }

    fn fold(&self, book: &Book, happenings: Vec<Happening>) -> Result<Addition, String> {
        let mut addition = Addition {
            happenings: Vec::with_capacity(happenings.len()),
            deals: Vec::new(),
            marks: Vec::new(),
            end: self.end.clone(),
            canceled: Vec::new(),
        };
        for (number, happening) in (self.happenings.len()..).zip(happenings) {
            if number % STRIDE == 0 {
                addition.marks.push(addition.end.clone());
            }
            let stamp = happening.stamp;
            self.step(book, happening, &mut addition).map_err(|fault| {
                let at = crate::errors::rfc3339(stamp.at);
                format!("step {} in order of time, at {at}: {fault}", number + 1)
            })?;
        }
        Ok(addition)
    }

    fn step(
        &self,
        book: &Book,
        mut happening: Happening,
        addition: &mut Addition,
    ) -> Result<(), String> {
        if let Event::Cancellation(cancellation) = happening.event.as_ref() {
            let known = self.deals.iter().chain(&addition.deals);
            let (resolved, ids) = cancellation.resolve(known)?;
            let taken = |(canceled, _): &(Vec<u64>, _)| ids.iter().any(|id| canceled.contains(id));
            if addition.canceled.iter().any(taken) {
                return Err("the deal is cancelled already".to_owned());
            }
            addition
                .canceled
                .push((ids, cancellation.mark(happening.stamp)));
            happening.event = Arc::new(Event::Cancellation(resolved));
        }
        let (stamp, event) = (happening.stamp, happening.event.as_ref());
        addition
            .end
            .apply(book, stamp, event, &mut addition.deals)?;
        addition.end.check_floating(book, stamp.at)?;
        addition.happenings.push(happening);
        Ok(())
    }

    fn commit(&mut self, mut addition: Addition) {
        self.happenings.append(&mut addition.happenings);
        self.deals.append(&mut addition.deals);
        self.marks.append(&mut addition.marks);
        self.end = addition.end;
        self.deals.sort_by_key(|deal| deal.shown_at);
        for (ids, canceled) in addition.canceled {
            let hit = self.deals.iter_mut().filter(|deal| ids.contains(&deal.id));
            hit.for_each(|deal| deal.canceled = Some(canceled));
        }
    }

    /// Returns the books at a moment.
    ///
    /// # Errors
    /// Returns a sentence if figures cannot be held; happenings that lead
    /// there are refused when they are added.
    pub(crate) fn state_at(&self, book: &Book, at: Timestamp) -> Result<State, String> {
        let done = self
            .happenings
            .partition_point(|happening| happening.stamp.at <= at);
        if done == self.happenings.len() {
            return Ok(self.end.clone());
        }
        let mark = done / STRIDE;
        let (mut state, from) = match self.marks.get(mark) {
            Some(state) => (state.clone(), mark * STRIDE),
            None => (self.base.clone(), 0),
        };
        let mut made = Vec::new();
        for happening in self.happenings.get(from..done).unwrap_or_default() {
            state.apply(book, happening.stamp, &happening.event, &mut made)?;
        }
        Ok(state)
    }
}
