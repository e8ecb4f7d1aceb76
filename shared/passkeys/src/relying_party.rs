//! Who asks for passkeys: a domain, and the origins of its pages.

use webauthn_rp::request::{AsciiDomain, RpId};

/// A setting that makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// The relying party's id is no domain.
    #[error("`{0}` is no domain")]
    Domain(String),
    /// An origin is not `https://host[:port]`, nor `http://localhost[:port]`.
    #[error("`{0}` is no origin of a page")]
    Origin(String),
    /// No page may ask.
    #[error("there is no origin")]
    NoOrigin,
}

/// The relying party. A passkey is bound to its id for good.
#[derive(Clone, Debug)]
pub struct RelyingParty {
    pub(crate) id: RpId,
    pub(crate) origins: Vec<String>,
}

impl RelyingParty {
    /// By its domain and the origins of the pages that passkeys are used on,
    /// each `https://host[:port]`; `http` only for this machine.
    ///
    /// # Errors
    /// [`SettingError`].
    pub fn new(
        domain: &str,
        origins: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<Self, SettingError> {
        let id = Some(domain.to_ascii_lowercase())
            .filter(|domain| is_domain(domain))
            .and_then(|domain| AsciiDomain::try_from(domain).ok())
            .map(RpId::Domain)
            .ok_or_else(|| SettingError::Domain(domain.to_owned()))?;
        let origins = origins
            .into_iter()
            .map(|origin| read_origin(origin.as_ref()))
            .collect::<Result<Vec<_>, _>>()?;
        if origins.is_empty() {
            return Err(SettingError::NoOrigin);
        }
        Ok(Self { id, origins })
    }

    /// The domain.
    #[must_use]
    pub fn id(&self) -> &str {
        self.id.as_ref()
    }

    /// Origins whose pages' answers are accepted.
    #[must_use]
    pub fn origins(&self) -> &[String] {
        &self.origins
    }
}

/// The origin of a URL: scheme, host and port.
#[must_use]
pub fn origin_of(url: &str) -> Option<&str> {
    let host_at = url.find("://")? + 3;
    let end = url[host_at..]
        .find(['/', '?', '#'])
        .map_or(url.len(), |end| host_at + end);
    (end > host_at).then(|| &url[..end])
}

/// The host of a URL, without its port.
#[must_use]
pub fn host_of(url: &str) -> Option<&str> {
    let authority = origin_of(url)?.split_once("://")?.1;
    let host = authority.split(':').next()?;
    (!host.is_empty()).then_some(host)
}

/// The library takes every ASCII text that has labels.
fn is_domain(text: &str) -> bool {
    let is_label = |label: &str| {
        let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        !label.is_empty() && label.bytes().all(inner)
    };
    text.split('.').all(is_label)
}

/// An origin as browsers write it; they leave a final slash out.
fn read_origin(text: &str) -> Result<String, SettingError> {
    let invalid = || SettingError::Origin(text.to_owned());
    let origin = text.trim_end_matches('/').to_ascii_lowercase();
    if origin_of(&origin) != Some(origin.as_str()) || origin.contains('@') {
        return Err(invalid());
    }
    let host = host_of(&origin).ok_or_else(invalid)?;
    let is_here = host == "localhost" || host.ends_with(".localhost");
    let is_safe = origin.starts_with("https://") || (origin.starts_with("http://") && is_here);
    is_safe.then_some(origin).ok_or_else(invalid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_urls_origin_and_host_are_without_its_path() {
        for (url, origin, host) in [
            (
                "https://app.example/a?b",
                "https://app.example",
                "app.example",
            ),
            (
                "http://localhost:3000",
                "http://localhost:3000",
                "localhost",
            ),
            (
                "https://app.example?x",
                "https://app.example",
                "app.example",
            ),
        ] {
            assert_eq!(origin_of(url), Some(origin));
            assert_eq!(host_of(url), Some(host));
        }
        for url in ["", "app.example", "https://", "https:///x"] {
            assert_eq!(host_of(url), None, "{url}");
        }
    }

    #[test]
    fn an_origin_is_as_browsers_write_it() {
        let party = RelyingParty::new(
            "App.Example",
            ["https://App.Example/", "http://localhost:3000"],
        )
        .expect("a relying party");
        assert_eq!(party.id(), "app.example");
        assert_eq!(
            party.origins(),
            ["https://app.example", "http://localhost:3000"]
        );
    }

    #[test]
    fn what_is_no_origin_or_no_domain_is_refused() {
        for origin in [
            "app.example",
            "http://app.example",
            "https://app.example/path",
            "https://user@app.example",
            "ftp://app.example",
        ] {
            assert_eq!(
                RelyingParty::new("app.example", [origin]).err(),
                Some(SettingError::Origin(origin.to_owned()))
            );
        }
        for domain in ["", "https://app.example", "app example"] {
            assert_eq!(
                RelyingParty::new(domain, ["https://app.example"]).err(),
                Some(SettingError::Domain(domain.to_owned())),
                "{domain}"
            );
        }
        let none: [&str; 0] = [];
        assert_eq!(
            RelyingParty::new("app.example", none).err(),
            Some(SettingError::NoOrigin)
        );
    }
}
