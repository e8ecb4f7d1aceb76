//! Every key of the accounts' table, in one place.
//!
//! | partition | sort key | what |
//! |---|---|---|
//! | `S#{shop}` | `A#{account}` | the shop's list of accounts |
//! | | `LOGIN#{server}#{login}` | which account has this login |
//! | | `PLAN#{type}` / `PLAN#{type}#V#{n}` | the newest version / each version |
//! | | `WEBHOOK` | where the shop hears of events |
//! | | `DEALCLASSES` | how the shop classifies deals |
//! | | `D#{delivery}` | a message to the shop |
//! | `S#{shop}#U#{owner}` | `A#{account}` | a person's list of accounts |
//! | `S#{shop}#A#{account}` | `ACCOUNT` | the account |
//! | | `INSTANCE#{id}`, `CHALLENGE#{id}` | its connections and challenges |
//! | | `SYNC` | where its sync chain stands |
//! | | `JUDGEMENT` | rule state and the figures people read |
//! | | `LEDGER` | days, statistics, open positions in sum |
//! | | `OP#{position}` | each open position |
//! | | `KEPT` | the state before a difference that stands |
//! | | `VRD#{verdict}` | ends of challenges with their evidence |
//! | | `ADJ#{adjustment}` | announced movements |
//! | | `IN#{n}` | inputs in order of arrival; 90 days |
//! | | `DEAL#{id}` | each deal once |
//! | | `TR#{n}`, `PT#{position}` | closed trades by number; number by position |
//! | | `EQ#{m,h,d}#{start}` | equity roll-ups |
//! | | `V#{…}` | violations |
//! | | `LOG#{ulid}` | connection log; 30 days |
//! | | `SETTINGS` | the trader's preferences |
//! | `S#{shop}#BACKTESTS` | `JOB#{id}` | a backtest with its result; 7 days |
//! | | `SLOT#{n}` | a backtest that is queued or runs |
//! | `S#{shop}#IMPORTS`, `S#{shop}#U#{owner}#IMPORTS` | `IMPORT#{id}` | an import by upload with its result; 7 days |
//! | | `SLOT#{n}` | an import that has not ended |
//! | `REGISTRATIONS` | `{transaction}` | registrations under way at the gateway |
//! | `OUTBOX#{n}` | `{ulid}` | events on their way |

use kernel::id::{AccountId, AdjustmentId, ChallengeId, DeliveryId, InstanceId, ShopId, VerdictId};
use platform::dynamo::Key;

/// Prefix of a shop's accounts, and of a person's.
pub const ACCOUNT_PREFIX: &str = "A#";
/// Prefix of inputs.
pub const INPUT_PREFIX: &str = "IN#";
/// Prefix of instances.
pub const INSTANCE_PREFIX: &str = "INSTANCE#";
/// Prefix of violations.
pub const VIOLATION_PREFIX: &str = "V#";
/// Prefix of verdicts.
pub const VERDICT_PREFIX: &str = "VRD#";
/// Prefix of announced movements.
pub const ANNOUNCEMENT_PREFIX: &str = "ADJ#";
/// Prefix of open positions.
pub const OPEN_PREFIX: &str = "OP#";
/// Prefix of connection log entries.
pub const LOG_PREFIX: &str = "LOG#";
/// Prefix of deliveries.
pub const DELIVERY_PREFIX: &str = "D#";
/// Prefix of plans.
pub const PLAN_PREFIX: &str = "PLAN#";
/// Partitions that due work is spread over, by kind.
pub const DUE_SHARDS: u32 = 8;

/// The shop's partition.
#[must_use]
pub fn shop(shop: &ShopId) -> String {
    format!("S#{shop}")
}

/// A person's partition.
#[must_use]
pub fn owner(shop: &ShopId, owner: &str) -> String {
    format!("S#{shop}#U#{owner}")
}

/// The partition of imports by upload, of a shop or of a person.
#[must_use]
pub fn imports(tenant: &ShopId, person: Option<&str>) -> String {
    let of = person.map_or_else(|| shop(tenant), |person| owner(tenant, person));
    format!("{of}#IMPORTS")
}

/// An account's partition.
#[must_use]
pub fn account(shop: &ShopId, account: &AccountId) -> String {
    format!("S#{shop}#A#{account}")
}

/// An item of an account.
#[must_use]
pub fn of_account(shop: &ShopId, id: &AccountId, sk: impl Into<String>) -> Key {
    Key::new(account(shop, id), sk)
}

/// Shop and account of an account's partition, as the due index names it.
#[must_use]
pub fn parse_account(pk: &str) -> Option<(ShopId, AccountId)> {
    let (shop, account) = pk.strip_prefix("S#")?.split_once("#A#")?;
    Some((shop.parse().ok()?, account.parse().ok()?))
}

/// An account in its shop's list.
#[must_use]
pub fn listed_by_shop(tenant: &ShopId, id: &AccountId) -> Key {
    Key::new(shop(tenant), format!("{ACCOUNT_PREFIX}{id}"))
}

/// An account in its owner's list.
#[must_use]
pub fn listed_by_owner(tenant: &ShopId, person: &str, id: &AccountId) -> Key {
    Key::new(owner(tenant, person), format!("{ACCOUNT_PREFIX}{id}"))
}

/// The account that has a login.
#[must_use]
pub fn login(tenant: &ShopId, server: &str, login: &str) -> Key {
    let server = server.to_lowercase();
    Key::new(shop(tenant), format!("LOGIN#{server}#{login}"))
}

/// An instance.
#[must_use]
pub fn instance(shop: &ShopId, account: &AccountId, id: &InstanceId) -> Key {
    of_account(shop, account, format!("{INSTANCE_PREFIX}{id}"))
}

/// A challenge.
#[must_use]
pub fn challenge(shop: &ShopId, account: &AccountId, id: &ChallengeId) -> Key {
    of_account(shop, account, format!("CHALLENGE#{id}"))
}

/// The input of a number.
#[must_use]
pub fn input(shop: &ShopId, account: &AccountId, number: u64) -> Key {
    of_account(shop, account, input_sk(number))
}

/// The sort key of an input.
#[must_use]
pub fn input_sk(number: u64) -> String {
    format!("{INPUT_PREFIX}{number:012}")
}

/// A deal.
#[must_use]
pub fn deal(shop: &ShopId, account: &AccountId, id: &str) -> Key {
    of_account(shop, account, format!("DEAL#{id}"))
}

/// The sort key of a trade, or of a pack of imported trades by its last.
#[must_use]
pub fn trade_sk(number: u64) -> String {
    format!("TR#{number:010}")
}

/// An open position.
#[must_use]
pub fn open_position(shop: &ShopId, account: &AccountId, key: &str) -> Key {
    of_account(shop, account, format!("{OPEN_PREFIX}{key}"))
}

/// A verdict.
#[must_use]
pub fn verdict(shop: &ShopId, account: &AccountId, id: &VerdictId) -> Key {
    of_account(shop, account, format!("{VERDICT_PREFIX}{id}"))
}

/// An announced movement.
#[must_use]
pub fn announcement(shop: &ShopId, account: &AccountId, id: &AdjustmentId) -> Key {
    of_account(shop, account, format!("{ANNOUNCEMENT_PREFIX}{id}"))
}

/// Number of the trade that a position became.
#[must_use]
pub fn position(shop: &ShopId, account: &AccountId, position_id: &str) -> Key {
    of_account(shop, account, format!("PT#{position_id}"))
}

/// A delivery to a shop.
#[must_use]
pub fn delivery(tenant: &ShopId, id: &DeliveryId) -> Key {
    Key::new(shop(tenant), format!("{DELIVERY_PREFIX}{id}"))
}

/// The shard of the due index that an item of a kind is in.
#[must_use]
pub fn due_shard(kind: &str, id: &str) -> String {
    let sum = id.bytes().fold(0_u32, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u32::from(byte))
    });
    format!("{kind}#{}", sum % DUE_SHARDS)
}

/// All shards of a kind of due work.
pub fn due_shards(kind: &str) -> impl Iterator<Item = String> {
    (0..DUE_SHARDS).map(move |shard| format!("{kind}#{shard}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_accounts_partition_says_whose_it_is() {
        let shop: ShopId = "demo".parse().expect("a shop");
        let now = chrono::DateTime::from_timestamp(1_700_000_000, 0).expect("a time");
        let id = AccountId::generate(now);
        assert_eq!(parse_account(&account(&shop, &id)), Some((shop, id)));
        assert_eq!(parse_account("S#demo"), None);
    }

    #[test]
    fn sort_keys_sort_as_their_numbers() {
        assert!(trade_sk(9) < trade_sk(10));
        assert!(input_sk(999) < input_sk(1_000));
    }
}
