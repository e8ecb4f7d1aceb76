//! The client for systems outside AWS.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;

use crate::tls;

/// Builds a client for the partners that our own settings name.
///
/// # Errors
/// Where TLS cannot be set up.
pub fn partner(timeout: Duration) -> Result<reqwest::Client, reqwest::Error> {
    builder(timeout).build()
}

/// Builds a client for addresses that users name: it reaches no private,
/// loopback or link-local address, whatever a name resolves to at the time of
/// the call, but for the hosts in `exempt`. It follows no redirect. A literal
/// address in a URL does not pass the resolver; see [`is_public`].
///
/// # Errors
/// Where TLS cannot be set up.
pub fn guarded(
    timeout: Duration,
    exempt: Arc<Vec<String>>,
) -> Result<reqwest::Client, reqwest::Error> {
    builder(timeout)
        // A proxy would resolve names itself.
        .no_proxy()
        .dns_resolver(Arc::new(PublicOnly { exempt }))
        .build()
}

fn builder(timeout: Duration) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls::client_config())
        .timeout(timeout)
        .connect_timeout(Duration::from_secs(5))
        .redirect(Policy::none())
        .pool_idle_timeout(Duration::from_secs(20))
        .user_agent(concat!("tradebridge/", env!("CARGO_PKG_VERSION")))
}

struct PublicOnly {
    exempt: Arc<Vec<String>>,
}

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let exempt = self.exempt.iter().any(|host| host == name.as_str());
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = found
                .filter(|address| exempt || is_public(address.ip()))
                .collect();
            if allowed.is_empty() {
                return Err("the host has no public address".into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// Whether an address belongs to the public internet. What is not known to be
/// public (private, loopback, link-local, shared, documentation, benchmark,
/// multicast and reserved ranges, and their IPv6 forms) is not.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            !(v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_unspecified()
                || v4.is_documentation()
                || v4.is_multicast()
                || a == 0
                || a >= 240
                || (a == 100 && (64..128).contains(&b))
                || (a == 192 && b == 0 && c == 0)
                || (a == 198 && (b == 18 || b == 19)))
        }
        IpAddr::V6(v6) => {
            if let Some(v4) = v6.to_ipv4_mapped() {
                return is_public(IpAddr::V4(v4));
            }
            let segments = v6.segments();
            // 64:ff9b::/96 carries an IPv4 address and 2002::/16 too.
            let carries_v4 =
                (segments[0] == 0x64 && segments[1] == 0xff9b) || segments[0] == 0x2002;
            let global = (segments[0] & 0xe000) == 0x2000;
            let documentation = segments[0] == 0x2001 && segments[1] == 0xdb8;
            let special = segments[0] == 0x2001 && segments[1] < 0x200;
            global && !carries_v4 && !documentation && !special
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_inner_address_counts_as_public() {
        for inner in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:db8::1",
            "::127.0.0.1",
        ] {
            assert!(!is_public(inner.parse().expect("an address")), "{inner}");
        }
        for outer in ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111"] {
            assert!(is_public(outer.parse().expect("an address")), "{outer}");
        }
    }
}
