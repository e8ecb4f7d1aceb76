//! The cookie that carries a refresh token, and the pages that may use it.

use http::header::{COOKIE, HOST, ORIGIN};
use http::{HeaderMap, HeaderValue};
use kernel::Error;
use platform::config::Env;
use secrecy::{ExposeSecret, SecretString};

/// Its name.
const NAME: &str = "tb_refresh";
/// Seconds that a browser keeps it: a session's life.
const MAX_AGE_S: i64 = identity::domain::session::LIFE.num_seconds();

/// The refresh token of a request's cookie.
pub(crate) fn read(headers: &HeaderMap) -> Option<SecretString> {
    named(headers, NAME).map(SecretString::from)
}

/// The value of a request's cookie.
pub(crate) fn named<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let pairs = headers
        .get_all(COOKIE)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'));
    let mut ours = pairs.filter_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='));
    ours.next()
}

/// Gives a browser the cookie.
pub(crate) fn set(token: &SecretString) -> Result<HeaderValue, Error> {
    write(token.expose_secret(), MAX_AGE_S)
}

/// Takes it away again.
pub(crate) fn clear() -> Result<HeaderValue, Error> {
    write("", 0)
}

fn write(token: &str, max_age_s: i64) -> Result<HeaderValue, Error> {
    let text = format!(
        "{NAME}={token}; HttpOnly; Secure; SameSite=Strict; Path=/api; Max-Age={max_age_s}"
    );
    let mut value = HeaderValue::try_from(text).map_err(Error::internal)?;
    value.set_sensitive(true);
    Ok(value)
}

/// The pages that may have a browser send or take the cookie.
#[derive(Clone, Debug)]
pub struct Origins {
    allowed: Vec<String>,
    is_local: bool,
}

impl Origins {
    /// Those of `CORS_ORIGINS`, and our own.
    #[must_use]
    pub fn from_env(env: &Env) -> Self {
        Self {
            allowed: env.list("CORS_ORIGINS"),
            is_local: env.is_local(),
        }
    }

    /// Refuses a request that the cookie authenticates and that a page of
    /// somebody else's had the browser send.
    pub(crate) fn check_use(&self, headers: &HeaderMap) -> Result<(), Error> {
        let is_cross_site = headers
            .get("sec-fetch-site")
            .is_some_and(|site| site == "cross-site");
        if is_cross_site {
            return Err(refused());
        }
        self.check_page(headers)
    }

    /// Refuses a request whose page may not have the browser take the cookie:
    /// it could sign somebody in as somebody else.
    pub(crate) fn check_page(&self, headers: &HeaderMap) -> Result<(), Error> {
        let Some(origin) = headers.get(ORIGIN) else {
            return Ok(());
        };
        let origin = origin.to_str().unwrap_or_default();
        let is_allowed = self.allowed.iter().any(|allowed| allowed == origin);
        if is_allowed || self.is_own(origin, headers) {
            return Ok(());
        }
        Err(refused())
    }

    fn is_own(&self, origin: &str, headers: &HeaderMap) -> bool {
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        let named = match origin.split_once("://") {
            Some(("https", named)) => named,
            Some(("http", named)) if self.is_local => named,
            _ => return false,
        };
        host.is_some_and(|host| host.eq_ignore_ascii_case(named))
    }
}

fn refused() -> Error {
    Error::Forbidden("this page may not use the session's cookie")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (
                    http::HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    fn origins(is_local: &str) -> Origins {
        Origins::from_env(&Env::from_pairs([
            ("CORS_ORIGINS", "https://app.example"),
            ("LOCAL_STAGE", is_local),
        ]))
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let read = |text: &'static str| {
            let token = read(&headers(&[("cookie", text)]));
            token.map(|token| token.expose_secret().to_owned())
        };
        assert_eq!(read("a=1; tb_refresh=tbr_x; b=2"), Some("tbr_x".to_owned()));
        assert_eq!(read("tb_refresh=x=y"), Some("x=y".to_owned()));
        assert_eq!(read("tb_refreshed=x; not_tb_refresh=y"), None);
        assert!(super::read(&HeaderMap::new()).is_none());
    }

    #[test]
    fn no_script_reads_it_and_no_other_site_sends_it() {
        let value = set(&"tbr_x".into()).expect("a header");
        assert_eq!(
            value,
            "tb_refresh=tbr_x; HttpOnly; Secure; SameSite=Strict; Path=/api; Max-Age=604800"
        );
        assert!(set(&"a\r\nb".into()).is_err());
    }

    #[test]
    fn pages_of_others_may_not_use_it() {
        let deployed = origins("false");
        let host = ("host", "api.example");
        for good in [
            vec![host],
            vec![host, ("origin", "https://app.example")],
            vec![
                host,
                ("origin", "https://api.example"),
                ("sec-fetch-site", "same-origin"),
            ],
        ] {
            assert!(deployed.check_use(&headers(&good)).is_ok(), "{good:?}");
        }
        for bad in [
            vec![host, ("origin", "https://evil.example")],
            vec![host, ("origin", "null")],
            vec![host, ("origin", "http://api.example")],
            vec![host, ("origin", "https://app.example.evil.example")],
            vec![host, ("sec-fetch-site", "cross-site")],
            vec![("origin", "https://api.example")],
        ] {
            assert!(deployed.check_use(&headers(&bad)).is_err(), "{bad:?}");
        }
        let local = vec![
            ("host", "127.0.0.1:9000"),
            ("origin", "http://127.0.0.1:9000"),
        ];
        assert!(origins("true").check_use(&headers(&local)).is_ok());
        assert!(deployed.check_use(&headers(&local)).is_err());
    }
}
