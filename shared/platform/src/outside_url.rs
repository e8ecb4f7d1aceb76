//! Which addresses users may name: a shop's webhook, an organization's sign-in
//! provider.
//!
//! What is refused here is what can be seen in the URL itself. A name that
//! resolves to an inner address is refused at each call, by
//! [`crate::http_client::guarded`].

use std::net::IpAddr;

use url::{Host, Url};

use crate::config::Env;
use crate::http_client::is_public;

/// Characters of an address at most.
const URL_CHARS_MAX: usize = 2_048;

/// Hosts that may be reached although they are not public, and without TLS: a
/// setting of the local stage; nothing on any other.
#[must_use]
pub fn allowed_hosts(env: &Env, setting: &str) -> Vec<String> {
    if env.is_local() {
        env.list(setting)
    } else {
        Vec::new()
    }
}

/// Reads an address that a user named. Every odd spelling of an address
/// (`0x7f.1`, `2130706433`, `[::ffff:7f00:1]`) is the address it means, as the
/// URL standard has it; the URL that is answered is the one to keep and call.
///
/// # Errors
/// A sentence that says what is wrong with it.
pub fn validate_url(text: &str, allowed_hosts: &[String]) -> Result<Url, String> {
    if text.chars().count() > URL_CHARS_MAX {
        return Err(format!("must be at most {URL_CHARS_MAX} characters long"));
    }
    let url = Url::parse(text).map_err(|error| format!("is no URL: {error}"))?;
    let host = url.host().ok_or("must name a host")?;
    let allowed = is_allowed(&host, allowed_hosts);
    match url.scheme() {
        "https" => {}
        "http" if allowed => {}
        _ => return Err("must start with https://".to_owned()),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not contain a user name or a password".to_owned());
    }
    if !allowed && !may_be_public(&host) {
        return Err("must name a public host".to_owned());
    }
    Ok(url)
}

fn is_allowed(host: &Host<&str>, allowed_hosts: &[String]) -> bool {
    let bracketed = host.to_string();
    let bare = bracketed.trim_start_matches('[').trim_end_matches(']');
    allowed_hosts
        .iter()
        .any(|allowed| allowed == &bracketed || allowed == bare)
}

fn may_be_public(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(address) => is_public(IpAddr::V4(*address)),
        Host::Ipv6(address) => is_public(IpAddr::V6(*address)),
        Host::Domain(name) => {
            let name = name.trim_end_matches('.');
            name != "localhost" && !name.ends_with(".localhost")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        validate_url(text, &[]).expect_err(text)
    }

    #[test]
    fn public_https_addresses_of_any_port_are_taken() {
        for text in [
            "https://shop.example/wp-json/onefunders/v1/webhook?x=1",
            "https://shop.example:8443/hook",
            "https://1.1.1.1/hook",
            "https://[2606:4700:4700::1111]:444/hook",
        ] {
            assert_eq!(validate_url(text, &[]).expect(text).as_str(), text);
        }
    }

    #[test]
    fn inner_addresses_are_refused_however_they_are_spelt() {
        for host in [
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0x7f.1",
            "017700000001",
            "0177.0.0.1",
            "127.0.0.1.",
            "%31%32%37.0.0.1",
            "0",
            "10.0.0.8",
            "192.168.1.1",
            "169.254.169.254",
            "100.100.100.200",
            "[::1]",
            "[::]",
            "[::ffff:127.0.0.1]",
            "[::ffff:a9fe:a9fe]",
            "[0:0:0:0:0:0:0:1]",
            "[fd00:ec2::254]",
            "[fe80::1]",
            "[64:ff9b::7f00:1]",
            "localhost",
            "LOCALHOST.",
            "x.localhost",
        ] {
            let text = format!("https://{host}/hook");
            assert_eq!(refusal(&text), "must name a public host", "{text}");
        }
        // Names are ASCII or punycode; other spellings of digits are no names.
        for host in ["１２７.0.0.1", "127。0。0。1"] {
            let text = format!("https://{host}/hook");
            assert!(refusal(&text).starts_with("is no URL"), "{text}");
        }
    }

    #[test]
    fn only_https_is_taken() {
        for text in [
            "http://shop.example/",
            "ftp://shop.example/",
            "HTTP://1.1.1.1/",
        ] {
            assert_eq!(refusal(text), "must start with https://", "{text}");
        }
        assert_eq!(refusal("file:///etc/passwd"), "must name a host");
        assert_eq!(refusal("data:text/plain,x"), "must name a host");
        assert!(refusal("shop.example").starts_with("is no URL"));
        assert!(refusal("https://").starts_with("is no URL"));
    }

    #[test]
    fn user_information_is_refused() {
        for text in [
            "https://user@shop.example/",
            "https://user:pass@shop.example/",
            "https://:pass@shop.example/",
            "https://shop.example@1.1.1.1/",
        ] {
            assert_eq!(
                refusal(text),
                "must not contain a user name or a password",
                "{text}"
            );
        }
    }

    #[test]
    fn an_address_has_a_bound() {
        let path = "x".repeat(URL_CHARS_MAX);
        let text = format!("https://shop.example/{path}");
        assert_eq!(refusal(&text), "must be at most 2048 characters long");
    }

    #[test]
    fn an_allowed_host_may_be_inner_and_without_tls_and_no_other_may() {
        let allowed = [
            "127.0.0.1".to_owned(),
            "::1".to_owned(),
            "shop.test".to_owned(),
        ];
        for text in [
            "http://127.0.0.1:9000/hook",
            "https://127.0.0.1/hook",
            "http://[::1]:9000/hook",
            "http://shop.test/hook",
        ] {
            assert_eq!(validate_url(text, &allowed).expect(text).as_str(), text);
        }
        for text in [
            "http://127.0.0.2/",
            "http://sub.shop.test/",
            "https://10.0.0.1/",
        ] {
            assert!(validate_url(text, &allowed).is_err(), "{text}");
        }
    }

    #[test]
    fn hosts_are_allowed_on_the_local_stage_alone() {
        let setting = ("WEBHOOK_ALLOWED_HOSTS", "127.0.0.1, shop.test");
        let local = Env::from_pairs([setting, ("LOCAL_STAGE", "true")]);
        let hosts = |env: &Env| allowed_hosts(env, "WEBHOOK_ALLOWED_HOSTS");
        assert_eq!(hosts(&local), ["127.0.0.1", "shop.test"]);
        assert!(hosts(&Env::from_pairs([setting])).is_empty());
    }
}
