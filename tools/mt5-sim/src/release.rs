//! Deals and positions that a control shows or hides.

use kernel::time::Timestamp;
use serde::Deserialize;

use crate::account::Account;
use crate::ledger::{Deal, NEVER, Position};

/// The deals and positions that a control means.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Selection {
    /// Names of steps: their deals, cancellations and positions.
    #[serde(default)]
    pub steps: Vec<String>,
    /// Ids of deals.
    #[serde(default)]
    pub deals: Vec<String>,
    /// Names or ids of open positions, in the list of positions.
    #[serde(default)]
    pub positions: Vec<String>,
}

/// A selection whose names are resolved to numbers.
struct Selected {
    steps: Vec<(u64, u64)>,
    deals: Vec<u64>,
    positions: Vec<u64>,
}

impl Selection {
    fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.deals.is_empty() && self.positions.is_empty()
    }

    fn resolve(&self, account: &Account, open: &[(String, Position)]) -> Result<Selected, String> {
        let step = |name: &String| {
            let tickets = account.tickets_of(name);
            tickets.ok_or_else(|| format!("no step is named {name}"))
        };
        let deal = |id: &String| {
            let known = |id: &u64| account.deals().iter().any(|deal| deal.id == *id);
            let id = id.parse().ok().filter(known);
            id.ok_or_else(|| "no deal has this id".to_owned())
        };
        let position = |wanted: &String| {
            open.iter()
                .find(|(name, position)| name == wanted || position.ticket.to_string() == *wanted)
                .map(|(_, position)| position.ticket)
                .ok_or_else(|| format!("no open position is named {wanted}"))
        };
        Ok(Selected {
            steps: self.steps.iter().map(step).collect::<Result<_, _>>()?,
            deals: self.deals.iter().map(deal).collect::<Result<_, _>>()?,
            positions: self
                .positions
                .iter()
                .map(position)
                .collect::<Result<_, _>>()?,
        })
    }
}

impl Selected {
    fn of_step(&self, ticket: u64) -> bool {
        let holds = |(first, count): &(u64, u64)| (*first..first + count).contains(&ticket);
        self.steps.iter().any(holds)
    }

    fn has_deal(&self, deal: &Deal) -> bool {
        self.of_step(deal.id) || self.deals.contains(&deal.id)
    }

    fn has_position(&self, position: &Position) -> bool {
        self.of_step(position.ticket) || self.positions.contains(&position.ticket)
    }
}

impl Account {
    /// Shows what is selected from a moment on; all that is hidden where
    /// nothing is selected.
    ///
    /// # Errors
    /// Returns a sentence if something selected is not known.
    pub(crate) fn release(&mut self, selection: &Selection, now: Timestamp) -> Result<(), String> {
        if selection.is_empty() {
            return self.release_all(now);
        }
        self.show_from(selection, now, now)
    }

    /// Hides what is selected until it is released.
    ///
    /// # Errors
    /// Returns a sentence if something selected is not known, or if nothing
    /// is selected.
    pub(crate) fn hide(&mut self, selection: &Selection, now: Timestamp) -> Result<(), String> {
        if selection.is_empty() {
            return Err("name what is hidden".to_owned());
        }
        self.show_from(selection, now, NEVER)
    }

    fn show_from(
        &mut self,
        selection: &Selection,
        now: Timestamp,
        from: Timestamp,
    ) -> Result<(), String> {
        let open = self.open_positions(now)?;
        let selected = selection.resolve(self, &open)?;
        let mut visibility = self.visibility.clone();
        for deal in self.deals() {
            if selected.has_deal(deal) {
                visibility.set_deal(deal.id, from);
            }
            let canceled = deal.canceled.map(|canceled| canceled.ticket);
            if let Some(ticket) = canceled.filter(|ticket| selected.of_step(*ticket)) {
                visibility.set_deal(ticket, from);
            }
        }
        for (_, position) in &open {
            if selected.has_position(position) {
                visibility.set_position(position.ticket, from);
            }
        }
        self.visibility = visibility;
        Ok(())
    }

    fn release_all(&mut self, now: Timestamp) -> Result<(), String> {
        let open = self.open_positions(now)?;
        let mut visibility = self.visibility.clone();
        for deal in self.deals() {
            if visibility.is_hidden(deal) {
                visibility.set_deal(deal.id, now);
            }
            let canceled = deal.canceled;
            if let Some(canceled) = canceled.filter(|c| visibility.is_cancellation_hidden(*c)) {
                visibility.set_deal(canceled.ticket, now);
            }
        }
        for (_, position) in &open {
            if visibility.is_unlisted(position) {
                visibility.set_position(position.ticket, now);
            }
        }
        self.visibility = visibility;
        Ok(())
    }

    fn open_positions(&mut self, now: Timestamp) -> Result<Vec<(String, Position)>, String> {
        Ok(self.at(now)?.state.positions.into_iter().collect())
    }
}
