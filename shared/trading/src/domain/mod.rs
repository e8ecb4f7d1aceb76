//! The rules of terminals and trades: pure, time comes in as a value.

pub mod command;
pub mod figures;
pub mod levels;
pub mod order;
pub mod pairing;
pub mod path;
pub mod performance;
pub mod presence;
pub mod refusal;
pub mod switches;
pub mod trade;

pub use command::{Kind, Status};
pub use figures::Figures;
pub use order::{OnPosition, OpenTrade, Order, OrderType, Zone};
pub use refusal::Refusal;
pub use switches::{Mode, Switches};
pub use trade::{Report, Side, Trade, TradeStatus};
