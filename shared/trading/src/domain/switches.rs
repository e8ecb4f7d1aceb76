//! Whether a person's terminals may trade.

use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::Refusal;

/// Whether new trades are opened.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[schema(as = TradingMode)]
pub enum Mode {
    /// They are.
    #[default]
    Running,
    /// No signal is acted on; open trades go on.
    Paused,
    /// Everything is closed and nothing is opened until somebody resumes.
    Stopped,
}

/// How trading is switched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Switches {
    /// Whether new trades are opened.
    pub mode: Mode,
    /// Whether stop loss and take profit are hidden from the broker.
    pub is_stealth: bool,
    /// Rises with each change.
    pub version: u64,
    /// Emergency stops so far. An order to open of an earlier epoch is void.
    pub epoch: u64,
    /// When it was last changed.
    #[serde(default)]
    pub changed_at: Option<Timestamp>,
}

/// What a person does to the switches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// Act on no signal.
    Pause,
    /// Start again, after whatever.
    Resume,
    /// Hide levels from the broker or show them; the other way where it is not
    /// said.
    Stealth(Option<bool>),
    /// Close everything and block new trades.
    EmergencyStop,
}

impl Switches {
    /// The switches after somebody used one; the same where nothing changes.
    #[must_use]
    pub fn after(self, switch: Switch, now: Timestamp) -> Self {
        let mut next = self;
        match switch {
            // A stop is more than a pause, and only resuming ends it.
            Switch::Pause if self.mode == Mode::Stopped => {}
            Switch::Pause => next.mode = Mode::Paused,
            Switch::Resume => next.mode = Mode::Running,
            Switch::Stealth(wanted) => next.is_stealth = wanted.unwrap_or(!self.is_stealth),
            Switch::EmergencyStop if self.mode == Mode::Stopped => {}
            Switch::EmergencyStop => {
                next.mode = Mode::Stopped;
                next.epoch += 1;
            }
        }
        if next != self {
            next.version += 1;
            next.changed_at = Some(now);
        }
        next
    }

    /// Whether a trade may be opened.
    ///
    /// # Errors
    /// Why not.
    pub fn may_open(&self) -> Result<(), Refusal> {
        match self.mode {
            Mode::Running => Ok(()),
            Mode::Paused => Err(Refusal::Paused),
            Mode::Stopped => Err(Refusal::Stopped),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    #[test]
    fn a_stop_raises_the_epoch_once_and_only_resuming_ends_it() {
        let stopped = Switches::default().after(Switch::EmergencyStop, NOW);
        assert_eq!((stopped.mode, stopped.epoch), (Mode::Stopped, 1));
        assert_eq!(stopped.after(Switch::EmergencyStop, NOW), stopped);
        assert_eq!(stopped.after(Switch::Pause, NOW), stopped);
        assert_eq!(stopped.may_open(), Err(Refusal::Stopped));
        let resumed = stopped.after(Switch::Resume, NOW);
        assert_eq!((resumed.mode, resumed.epoch), (Mode::Running, 1));
        assert_eq!(resumed.may_open(), Ok(()));
        let again = resumed.after(Switch::EmergencyStop, NOW);
        assert_eq!((again.epoch, again.version), (2, 3));
    }

    #[test]
    fn stealth_is_toggled_or_set_and_nothing_else_with_it() {
        let on = Switches::default().after(Switch::Stealth(None), NOW);
        assert!(on.is_stealth && on.mode == Mode::Running && on.version == 1);
        assert_eq!(on.after(Switch::Stealth(Some(true)), NOW), on);
        assert!(!on.after(Switch::Stealth(None), NOW).is_stealth);
    }

    proptest! {
        #[test]
        fn a_version_is_a_change(used in prop::collection::vec(0_u8..5, 0..40)) {
            let mut switches = Switches::default();
            for switch in used {
                let switch = match switch {
                    0 => Switch::Pause,
                    1 => Switch::Resume,
                    2 => Switch::Stealth(None),
                    3 => Switch::Stealth(Some(true)),
                    _ => Switch::EmergencyStop,
                };
                let next = switches.after(switch, NOW);
                let raised = next.version - switches.version;
                prop_assert_eq!(raised, u64::from(next != switches));
                prop_assert!(next.epoch - switches.epoch <= raised);
                switches = next;
            }
        }
    }
}
