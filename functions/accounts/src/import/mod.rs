//! Files: a trader's for analysis, a shop's into a judged account.

mod damage;

use accounts::app::import::{ImportRequest, Imported, import_for_analysis, import_into_judged};
use axum::extract::State;
use axum::response::Response;
use chrono_tz::Tz;
use garde::Validate;
use http::HeaderMap;
use kernel::Error;
use rust_decimal::Decimal;
use serde::Deserialize;
use utoipa::IntoParams;
use web::caller::Trader;
use web::extract::{CurrentRequest, File, Query, created};
use web::problem::ProblemBody;

use crate::App;
use crate::access::NamedAccount;
use damage::refuse_damaged;

/// Parameters of an import.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    /// IANA zone of the trade server's times: `Europe/Athens`.
    #[garde(length(max = 64))]
    server_zone: Option<String>,
    /// A name for the account.
    #[garde(inner(length(chars, min = 1, max = 100)))]
    name: Option<String>,
    /// Initial balance of the account, if the file does not show it.
    #[garde(inner(length(max = 32)))]
    initial_balance: Option<String>,
}

/// Returns the zone of a name.
pub(crate) fn zone(name: Option<&str>) -> kernel::Result<Tz> {
    let name = name.ok_or_else(|| {
        Error::field(
            "server_zone",
            "is required: the IANA zone of the trade server's times",
        )
    })?;
    name.parse()
        .map_err(|_| Error::field("server_zone", "must be an IANA time zone"))
}

impl Params {
    fn request(self) -> kernel::Result<ImportRequest> {
        let server_zone = zone(self.server_zone.as_deref())?;
        let initial_balance = self
            .initial_balance
            .map(|text| {
                kernel::number::parse(&text)
                    .ok()
                    .filter(|value| *value > Decimal::ZERO && accounts::domain::is_in_range(*value))
                    .ok_or_else(|| Error::field("initial_balance", "must be a number above zero"))
            })
            .transpose()?;
        Ok(ImportRequest {
            server_zone,
            name: self.name,
            initial_balance,
        })
    }
}

/// Imports a history into an account of its own, for analysis. The file is the
/// body, at most 4 MiB: MT5's history report (HTML, XLSX), its deals as CSV, or
/// a table of `history_deals_get` (CSV, XLSX). Send UTF-16, as the terminal
/// writes its HTML, as `application/octet-stream`: other types damage it.
#[utoipa::path(
    post,
    path = "/api/accounts/import",
    tag = "accounts",
    security(("jwt" = [])),
    params(Params),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses(
        (status = 201, description = "What was imported", body = Imported),
        (status = 400, description = "The file is no history of MT5", body = ProblemBody),
        (status = 413, description = "The file is too large", body = ProblemBody),
        (status = 415, description = "The file is UTF-16 and was damaged on the way", body = ProblemBody),
    )
)]
pub(crate) async fn for_analysis(
    State(app): State<App>,
    trader: Trader,
    Query(params): Query<Params>,
    headers: HeaderMap,
    File(bytes): File,
) -> web::Result<Response> {
    let request = params.request()?;
    refuse_damaged(&headers, &bytes)?;
    let imported = import_for_analysis(
        &app.store,
        (&trader.shop, &trader.owner),
        &bytes,
        &request,
        app.platform.now(),
    )
    .await?;
    Ok(created(imported))
}

/// Adds a file's history to a judged account. Deals that are known already are
/// skipped.
#[utoipa::path(
    post,
    path = "/api/s2s/accounts/{id}/import",
    tag = "challenges",
    security(("hmac" = [])),
    params(("id" = String, Path, description = "The account"), Params),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses(
        (status = 201, description = "What was imported", body = Imported),
        (status = 400, description = "The file is no history of MT5", body = ProblemBody),
        (status = 404, description = "No such account", body = ProblemBody),
        (status = 413, description = "The file is too large", body = ProblemBody),
        (status = 415, description = "The file is UTF-16 and was damaged on the way", body = ProblemBody),
        (status = 422, description = "The file has rows without a deal number, or is of another login, server or currency", body = ProblemBody),
    )
)]
pub(crate) async fn into_judged(
    State(app): State<App>,
    account: NamedAccount,
    Query(params): Query<Params>,
    CurrentRequest(request_id): CurrentRequest,
    headers: HeaderMap,
    File(bytes): File,
) -> web::Result<Response> {
    let request = params.request()?;
    refuse_damaged(&headers, &bytes)?;
    let imported = import_into_judged(
        &app.store,
        (&account.caller.shop, &account.id),
        &bytes,
        &request,
        &request_id,
        app.platform.now(),
    )
    .await?;
    Ok(created(imported))
}
