//! The most lots open at once.

use kernel::time::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::profit_target::LIST_DECIDES_AFTER;
use super::state::State;
use super::{Rule, Severity, Snapshot, Violation};
use crate::domain::plan::Plan;

/// What the rule remembers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct MaxLots {
    /// Whether the present excess is reported.
    pub(super) is_reported: bool,
    /// When the volume by deals was first above the limit, while the list of
    /// positions does not confirm it.
    pub(super) unconfirmed_since: Option<Timestamp>,
}

/// What the list of positions says of a volume by deals.
enum Confirmation {
    Confirmed,
    Refuted,
    Open,
}

impl State {
    /// Judges the volume that is open after a deal. Only a deal that opens
    /// more breaches: what was carried over counts at the next opening.
    pub(super) fn judge_lots(
        &mut self,
        plan: &Plan,
        (at, opens): (Timestamp, bool),
        violations: &mut Vec<Violation>,
    ) {
        let Some(lots_max) = plan.max_lots else {
            return;
        };
        let open = self.standing.open_volume;
        if open <= lots_max {
            // An annulled breach is waived until the volume is back in its
            // bounds; from then on it counts again.
            if !self.has_breach(Rule::MaxLots) {
                self.max_lots.is_reported = false;
            }
        } else if opens && !self.max_lots.is_reported && !self.is_final() {
            self.max_lots.is_reported = true;
            self.max_lots.unconfirmed_since = Some(at);
            violations.push(self.violation(Rule::MaxLots, Severity::Breach, (lots_max, open), at));
            self.breach(plan, Rule::MaxLots, at, false);
        }
    }

    /// Confirms or lifts a breach by the list of positions, which decides
    /// where it has differed from the ledger for ten minutes.
    pub(super) fn confirm_lots(&mut self, plan: &Plan, snapshot: &Snapshot) {
        let (Some(lots_max), Some(since)) = (plan.max_lots, self.max_lots.unconfirmed_since) else {
            return;
        };
        match self.confirmation(lots_max, since, snapshot) {
            Confirmation::Open => {}
            Confirmation::Confirmed => {
                self.max_lots.unconfirmed_since = None;
                if !snapshot.flagged {
                    self.confirm_rule(Rule::MaxLots);
                }
            }
            Confirmation::Refuted => {
                self.max_lots.unconfirmed_since = None;
                self.lift_rule(Rule::MaxLots);
            }
        }
    }

    fn confirmation(
        &self,
        lots_max: Decimal,
        since: Timestamp,
        snapshot: &Snapshot,
    ) -> Confirmation {
        let waited = snapshot.recorded_at - since >= LIST_DECIDES_AFTER;
        match snapshot.positions {
            Some(list) if list.lots == self.standing.open_volume => Confirmation::Confirmed,
            Some(list) if waited && list.lots <= lots_max => Confirmation::Refuted,
            Some(_) if waited => Confirmation::Confirmed,
            // Without a list the deals are all there is.
            None => Confirmation::Confirmed,
            Some(_) => Confirmation::Open,
        }
    }
}
