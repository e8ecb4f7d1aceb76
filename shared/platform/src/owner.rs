//! Whose something is.

use kernel::id::{DeviceId, UserId};
use serde::{Deserialize, Serialize};

use crate::devices::Device;
use crate::live::Log;

/// A person in a tenant: whose terminals, trades and signals they are.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Owner {
    /// The tenant.
    pub org: String,
    /// The person.
    pub user: UserId,
}

impl Owner {
    /// Whose a terminal is.
    #[must_use]
    pub fn of(device: &Device) -> Self {
        Self {
            org: device.org.clone(),
            user: device.user.clone(),
        }
    }

    /// The log of what the person is told.
    #[must_use]
    pub fn log(&self) -> Log {
        Log::Person {
            org: self.org.clone(),
            sub: self.user.to_string(),
        }
    }

    /// The log of what one of their terminals is told.
    #[must_use]
    pub fn log_of(&self, device: &DeviceId) -> Log {
        Log::Terminal {
            org: self.org.clone(),
            device: device.to_string(),
        }
    }
}
