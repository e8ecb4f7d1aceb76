//! The channels that a client may listen to, by their names.

use std::fmt;
use std::str::FromStr;

use kernel::Error;
use kernel::id::AccountId;

/// Longest name of a symbol, in characters.
const SYMBOL_CHARS_MAX: usize = 24;
/// Longest name of an agent's session, in characters.
const SESSION_CHARS_MAX: usize = 64;

/// A channel.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    /// Prices of all symbols.
    Tickers,
    /// The price of one symbol, in capitals.
    Ticker(String),
    /// New signals.
    Signals,
    /// Sudden rises and falls.
    Pumps,
    /// What happens to an account of one's own.
    Account(AccountId),
    /// The answers of agents in a session of one's own.
    Agents(String),
}

impl Channel {
    /// Whether events of the past can be asked for; of prices there is the
    /// last value only.
    #[must_use]
    pub fn has_history(&self) -> bool {
        !matches!(self, Self::Tickers | Self::Ticker(_))
    }

    /// The channel's name in its log: what belongs to somebody names their
    /// tenant first, so that two with the same name are never one.
    #[must_use]
    pub fn log_name(&self, org: &str, sub: &str) -> String {
        match self {
            Self::Account(id) => format!("account:{org}:{id}"),
            Self::Agents(session) => format!("agents:{org}:{sub}:{session}"),
            Self::Tickers | Self::Ticker(_) | Self::Signals | Self::Pumps => self.to_string(),
        }
    }

    /// The name that clients know a log's channel by.
    #[must_use]
    pub fn public_name(log_name: &str) -> String {
        let mut parts = log_name.split(':');
        match (parts.next(), parts.clone().next_back()) {
            (Some(kind @ ("account" | "agents")), Some(last)) => format!("{kind}:{last}"),
            _ => log_name.to_owned(),
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tickers => f.write_str("tickers"),
            Self::Ticker(symbol) => write!(f, "ticker:{symbol}"),
            Self::Signals => f.write_str("signals"),
            Self::Pumps => f.write_str("pumps"),
            Self::Account(id) => write!(f, "account:{id}"),
            Self::Agents(session) => write!(f, "agents:{session}"),
        }
    }
}

impl FromStr for Channel {
    type Err = Error;

    /// Where the name is none, it is invalid; where it names an account that
    /// cannot exist, that is not found.
    fn from_str(name: &str) -> Result<Self, Error> {
        let unknown = || Error::field("channels", "no channel has this name");
        match name {
            "tickers" => return Ok(Self::Tickers),
            "signals" => return Ok(Self::Signals),
            "pumps" => return Ok(Self::Pumps),
            _ => {}
        }
        match name.split_once(':').ok_or_else(unknown)? {
            ("ticker", symbol) if is_symbol(symbol) => {
                Ok(Self::Ticker(symbol.to_ascii_uppercase()))
            }
            ("account", id) => match id.parse() {
                Ok(id) => Ok(Self::Account(id)),
                Err(_) => Err(Error::NotFound("account")),
            },
            ("agents", session) if is_session(session) => Ok(Self::Agents(session.to_owned())),
            _ => Err(unknown()),
        }
    }
}

fn is_symbol(text: &str) -> bool {
    let fits =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'-' | b'_' | b'#');
    (1..=SYMBOL_CHARS_MAX).contains(&text.len()) && text.bytes().all(fits)
}

fn is_session(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=SESSION_CHARS_MAX).contains(&text.len()) && text.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: &str = "acc_01jd7bz8v6m3t9q2x4w7y0c1df";

    fn channel(name: &str) -> Channel {
        name.parse().expect(name)
    }

    #[test]
    fn what_is_somebodys_has_a_log_of_their_tenant_and_its_name_comes_back() {
        let account = format!("account:{ACCOUNT}");
        let names = [
            ("tickers", "tickers"),
            ("ticker:BTC/USDT", "ticker:BTC/USDT"),
            ("signals", "signals"),
            ("pumps", "pumps"),
            (&account, &format!("account:demo:{ACCOUNT}")),
            ("agents:a_1-b", "agents:demo:wp:demo:7:a_1-b"),
        ];
        for (name, log) in names {
            assert_eq!(channel(name).to_string(), name);
            assert_eq!(channel(name).log_name("demo", "wp:demo:7"), log);
            assert_eq!(Channel::public_name(log), name);
        }
        let of = |org, sub| channel("agents:s").log_name(org, sub);
        assert_ne!(of("demo", "wp:demo:7"), of("demo", "wp:demo:8"));
        assert_ne!(of("demo", "usr_1"), of("other", "usr_1"));
    }

    #[test]
    fn symbols_are_known_in_capitals_and_only_prices_have_no_history() {
        assert_eq!(channel("ticker:btc/usdt"), channel("ticker:BTC/USDT"));
        assert!(!channel("tickers").has_history() && !channel("ticker:X").has_history());
        assert!(channel("signals").has_history() && channel("agents:s").has_history());
    }

    #[test]
    fn what_is_no_channel_is_refused() {
        let long = format!("ticker:{}", "A".repeat(25));
        for name in [
            "",
            "ticker:",
            "ticker:a b",
            "trades",
            "signals:x",
            "agents:",
            "agents:a:b",
            "account",
            &long,
        ] {
            let refused = name.parse::<Channel>();
            assert!(matches!(refused, Err(Error::Invalid(_))), "{name}");
        }
        let account = "account:acc_1".parse::<Channel>();
        assert!(matches!(account, Err(Error::NotFound("account"))));
    }
}
