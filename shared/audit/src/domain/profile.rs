//! What is known of a person's sign-ins, and what is unlike it.

use chrono::TimeDelta;
use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Attempt, Reason, Recent};

/// Nobody is in two countries within this time. Of where a country is, nothing
/// is known here; neighbours are the price of that.
const TRAVEL_MIN: TimeDelta = TimeDelta::hours(2);
/// Addresses of one person within [`ADDRESSES_WITHIN`] that are many: a phone
/// that leaves the house has two or three.
const ADDRESSES_MANY: usize = 5;
const ADDRESSES_WITHIN: TimeDelta = TimeDelta::minutes(10);
/// What lasts is told once in this time, not at each sign-in.
const TOLD_AGAIN_AFTER: TimeDelta = TimeDelta::hours(1);

/// Devices, countries and addresses that a person was seen with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    devices: Recent,
    countries: Recent,
    addresses: Recent,
    told_pace_at: Option<Timestamp>,
    told_addresses_at: Option<Timestamp>,
}

impl Profile {
    /// The devices.
    #[must_use]
    pub fn devices(&self) -> &Recent {
        &self.devices
    }

    /// The countries.
    #[must_use]
    pub fn countries(&self) -> &Recent {
        &self.countries
    }

    /// The addresses.
    #[must_use]
    pub fn addresses(&self) -> &Recent {
        &self.addresses
    }

    /// Judges a sign-in by those before it, and remembers it. The first of a
    /// person is like all of theirs.
    #[must_use]
    pub fn observe(&mut self, attempt: &Attempt) -> Vec<Reason> {
        let mut reasons = Vec::new();
        if !self.devices.is_empty() && !self.devices.knows(&attempt.device) {
            reasons.push(Reason::NewDevice);
        }
        if let Some(country) = &attempt.country {
            reasons.extend(self.judge_country(country, attempt.at));
            self.countries.note(country, attempt.at);
        }
        self.devices.note(&attempt.device, attempt.at);
        self.addresses.note(&attempt.address, attempt.at);
        reasons.extend(self.judge_addresses(attempt.at));
        reasons
    }

    fn judge_country(&mut self, country: &str, at: Timestamp) -> Vec<Reason> {
        let mut reasons = Vec::new();
        if !self.countries.is_empty() && !self.countries.knows(country) {
            reasons.push(Reason::NewCountry {
                country: country.to_owned(),
            });
        }
        let last = self.countries.names().last();
        let last = last.filter(|seen| seen.name != country);
        let Some((from, since)) = last.map(|seen| (seen.name.clone(), (at - seen.at).abs())) else {
            return reasons;
        };
        if since < TRAVEL_MIN && tell(&mut self.told_pace_at, at) {
            reasons.push(Reason::ImpossiblePace {
                from,
                to: country.to_owned(),
                minutes: since.num_minutes(),
            });
        }
        reasons
    }

    fn judge_addresses(&mut self, at: Timestamp) -> Option<Reason> {
        let names = self.addresses.names().iter();
        let addresses = names
            .filter(|seen| (at - seen.at).abs() < ADDRESSES_WITHIN)
            .count();
        let is_told = addresses >= ADDRESSES_MANY && tell(&mut self.told_addresses_at, at);
        is_told.then_some(Reason::ManyAddresses { addresses })
    }
}

/// Whether it is time to tell, and then remembers that it was told.
fn tell(told_at: &mut Option<Timestamp>, at: Timestamp) -> bool {
    let is_due = told_at.is_none_or(|told_at| (at - told_at).abs() >= TOLD_AGAIN_AFTER);
    if is_due {
        *told_at = Some(at);
    }
    is_due
}

#[cfg(test)]
mod tests;
