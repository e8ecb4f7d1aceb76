//! Desktop terminals, by the token they were paired with.

use axum::extract::FromRequestParts;
use http::request::Parts;
use kernel::Error;
use platform::devices::Device;

use super::{Principal, principal};
use crate::problem::Problem;

/// A paired terminal: the caller of every `device` route. Tenant and person
/// come from its token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TerminalCaller(pub Device);

impl<S: Send + Sync> FromRequestParts<S> for TerminalCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match principal(parts) {
            Principal::Terminal(device) => Ok(Self(*device)),
            Principal::Person(_) => Err(Problem(Error::Forbidden("only for paired terminals"))),
            Principal::Anonymous | Principal::Shop(_) => Err(Problem(Error::Unauthenticated)),
        }
    }
}
