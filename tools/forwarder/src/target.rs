//! Where requests are forwarded to.

use http::uri::{Authority, InvalidUri, InvalidUriParts, PathAndQuery, Scheme};
use http::{Uri, uri};

/// Why a [`Target`] cannot be made or a path cannot be placed below it.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// The emulator's address is not an absolute `http` address.
    #[error("the emulator's address must look like http://127.0.0.1:4566")]
    NotAnAddress,
    /// An API id or stage holds characters that a path segment cannot.
    #[error("{0:?} is not an API id or stage name")]
    NotAName(String),
    /// The request's path cannot be written below the API's path.
    #[error("the request's path cannot be forwarded")]
    Path(#[source] InvalidUri),
    /// The parts do not make an address.
    #[error("the forwarded address cannot be written")]
    Parts(#[source] InvalidUriParts),
}

/// The emulator, its HTTP API and, where there is one, its WebSocket API.
#[derive(Debug, Clone)]
pub struct Target {
    authority: Authority,
    http_base: String,
    ws_path: Option<PathAndQuery>,
}

impl Target {
    /// Points at the HTTP API `api` of the emulator at `emulator`, an address
    /// such as `http://127.0.0.1:4566`.
    ///
    /// # Errors
    /// [`TargetError::NotAnAddress`] or [`TargetError::NotAName`].
    pub fn new(emulator: &str, api: &str) -> Result<Self, TargetError> {
        let parts = emulator
            .parse::<Uri>()
            .map_err(|_| TargetError::NotAnAddress)?
            .into_parts();
        match (parts.scheme, parts.authority) {
            (Some(scheme), Some(authority)) if scheme == Scheme::HTTP => Ok(Self {
                authority,
                http_base: format!("/_aws/execute-api/{}/$default", name(api)?),
                ws_path: None,
            }),
            _ => Err(TargetError::NotAnAddress),
        }
    }

    /// The same target with a WebSocket API, served at `/ws`.
    ///
    /// # Errors
    /// [`TargetError::NotAName`] where the id or the stage is none.
    pub fn with_web_socket(mut self, api: &str, stage: &str) -> Result<Self, TargetError> {
        let path = format!("/_aws/execute-api/{}/{}", name(api)?, name(stage)?);
        self.ws_path = Some(path.parse().map_err(TargetError::Path)?);
        Ok(self)
    }

    /// The address that a request for `asked` is forwarded to. The path and
    /// the query keep their exact bytes, since signatures cover them.
    ///
    /// # Errors
    /// [`TargetError::Path`] where the path is too long to be prefixed.
    pub fn http(&self, asked: &Uri) -> Result<Uri, TargetError> {
        let asked = asked.path_and_query().map_or("/", PathAndQuery::as_str);
        let path = format!("{}{asked}", self.http_base);
        self.absolute(path.parse().map_err(TargetError::Path)?)
    }

    /// The address that a WebSocket opened at `/ws` is tunnelled to, or none
    /// where the stack has no WebSocket API.
    ///
    /// # Errors
    /// [`TargetError::Path`] where the query is too long.
    pub fn web_socket(&self, asked: &Uri) -> Result<Option<Uri>, TargetError> {
        let Some(path) = &self.ws_path else {
            return Ok(None);
        };
        let path = match asked.query() {
            Some(query) => format!("{path}?{query}")
                .parse()
                .map_err(TargetError::Path)?,
            None => path.clone(),
        };
        self.absolute(path).map(Some)
    }

    fn absolute(&self, path: PathAndQuery) -> Result<Uri, TargetError> {
        let mut parts = uri::Parts::default();
        parts.scheme = Some(Scheme::HTTP);
        parts.authority = Some(self.authority.clone());
        parts.path_and_query = Some(path);
        Uri::from_parts(parts).map_err(TargetError::Parts)
    }
}

fn name(text: &str) -> Result<&str, TargetError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '$');
    if text.is_empty() || !text.chars().all(plain) {
        return Err(TargetError::NotAName(text.to_owned()));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target() -> Target {
        Target::new("http://127.0.0.1:4566", "7bad91d6").expect("a fixed address")
    }

    #[test]
    fn path_and_query_keep_their_bytes_below_the_api() {
        let asked = "/api/account/a%20b/trades?page=1&x=%2F".parse().unwrap();
        assert_eq!(
            target().http(&asked).unwrap(),
            "http://127.0.0.1:4566/_aws/execute-api/7bad91d6/$default/api/account/a%20b/trades?page=1&x=%2F"
        );
    }

    #[test]
    fn web_socket_keeps_its_query() {
        let target = target().with_web_socket("0b5e55ed", "ws").unwrap();
        assert_eq!(
            target
                .web_socket(&"/ws?token=t".parse().unwrap())
                .unwrap()
                .unwrap(),
            "http://127.0.0.1:4566/_aws/execute-api/0b5e55ed/ws?token=t"
        );
    }

    #[test]
    fn what_is_no_address_or_name_is_refused() {
        for emulator in ["127.0.0.1:4566", "https://127.0.0.1", "", "ftp://x"] {
            assert!(matches!(
                Target::new(emulator, "a"),
                Err(TargetError::NotAnAddress)
            ));
        }
        assert!(matches!(
            Target::new("http://127.0.0.1", "a/b"),
            Err(TargetError::NotAName(_))
        ));
    }
}
