//! Files that are too large for a request: sent to the bucket, then read.

use std::collections::BTreeMap;

use accounts::app::import::upload::{self, Asked, FILE_BYTES_MAX, Requested, Target};
use accounts::app::import::{ImportRequest, Imported};
use accounts::store::{Import, ImportKey, ImportState};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use garde::Validate;
use http::StatusCode;
use kernel::id::ImportId;
use kernel::time::Timestamp;
use kernel::{Error, Number};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;
use web::CarriesSecret;
use web::caller::Trader;
use web::extract::{CurrentRequest, Json, Path};
use web::problem::{self, ProblemBody};

use crate::App;
use crate::access::NamedAccount;
use crate::connect::positive;
use crate::import::zone;

/// The file that the caller is going to send.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct ImportBody {
    /// Length of the file in bytes, 50 MiB at most.
    #[garde(range(min = 1, max = FILE_BYTES_MAX))]
    content_length: u64,
    /// SHA-256 of the file, in hex.
    #[garde(inner(custom(digest)))]
    sha256: Option<String>,
    /// IANA zone of the trade server's times: `Europe/Athens`.
    #[garde(length(max = 64))]
    server_zone: String,
    /// A name for the account.
    #[garde(inner(length(chars, min = 1, max = 100)))]
    name: Option<String>,
    /// The initial balance, if the file does not show it.
    #[garde(custom(positive))]
    initial_balance: Option<Number>,
}

fn digest(text: &str, (): &()) -> garde::Result {
    let is_one = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match is_one {
        true => Ok(()),
        false => Err(garde::Error::new("must be 64 digits of hex")),
    }
}

/// A new import, with the request that sends its file.
#[derive(Serialize, ToSchema)]
pub(crate) struct ImportCreatedAnswer {
    import_id: ImportId,
    state: ImportState,
    upload: ImportUpload,
}

/// A request to S3, which needs no token: its address is signed.
#[derive(Serialize, ToSchema)]
pub(crate) struct ImportUpload {
    method: &'static str,
    url: String,
    /// To be sent as they are; HTTP clients send the length by themselves.
    headers: BTreeMap<&'static str, String>,
    /// The end of the 15 minutes in which the file can be sent.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// An import: its state and its result.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportAnswer {
    import_id: ImportId,
    state: ImportState,
    /// Rows of the file that were read.
    rows_read: u64,
    /// The answer of the direct import; `null` until `state` is `done`.
    #[schema(value_type = Option<Imported>)]
    result: Option<Box<RawValue>>,
    /// The error of the direct import; `null` unless `state` is `failed`.
    problem: Option<ProblemBody>,
}

/// Creates an import of a file of up to 50 MiB into an account of its own, for
/// analysis. The file is sent by the request of the answer within 15 minutes;
/// it is read soon after that. A person may have five imports open at once.
#[utoipa::path(
    post,
    path = "/api/accounts/imports",
    tag = "accounts",
    security(("jwt" = [])),
    request_body = ImportBody,
    responses(
        (status = 201, description = "The import, and how its file is sent", body = ImportCreatedAnswer),
        (status = 400, description = "A field is not valid", body = ProblemBody),
        (status = 409, description = "Five imports are open", body = ProblemBody),
    )
)]
pub(crate) async fn request_for_analysis(
    State(app): State<App>,
    trader: Trader,
    CurrentRequest(request_id): CurrentRequest,
    Json(body): Json<ImportBody>,
) -> web::Result<Response> {
    let target = Target::Analysis(&trader.owner);
    let requested = request(&app, (&trader.shop, target), &body, &request_id).await?;
    Ok(created(requested))
}

/// Creates an import of a file of up to 50 MiB into a judged account. The file
/// is sent by the request of the answer within 15 minutes; it is read soon
/// after that. A shop may have five imports open at once, each with at most
/// 50,000 new deals.
#[utoipa::path(
    post,
    path = "/api/s2s/accounts/{id}/imports",
    tag = "challenges",
    security(("hmac" = [])),
    params(("id" = String, Path, description = "The account")),
    request_body = ImportBody,
    responses(
        (status = 201, description = "The import, and how its file is sent", body = ImportCreatedAnswer),
        (status = 400, description = "A field is not valid", body = ProblemBody),
        (status = 404, description = "No such account", body = ProblemBody),
        (status = 409, description = "Five imports are open, or the account is not judged", body = ProblemBody),
    )
)]
pub(crate) async fn request_into_judged(
    State(app): State<App>,
    account: NamedAccount,
    CurrentRequest(request_id): CurrentRequest,
    Json(body): Json<ImportBody>,
) -> web::Result<Response> {
    let target = Target::Judged(&account.id);
    let requested = request(&app, (&account.caller.shop, target), &body, &request_id).await?;
    Ok(created(requested))
}

/// Returns an import: its state and its result. It is kept for seven days.
#[utoipa::path(
    get,
    path = "/api/accounts/imports/{import}",
    tag = "accounts",
    security(("jwt" = [])),
    params(("import" = String, Path, description = "The import")),
    responses(
        (status = 200, description = "The import", body = ImportAnswer),
        (status = 404, description = "No such import", body = ProblemBody),
    )
)]
pub(crate) async fn show_for_analysis(
    State(app): State<App>,
    trader: Trader,
    Path(path): Path<ImportPath>,
) -> web::Result<Json<ImportAnswer>> {
    let key = ImportKey {
        shop: trader.shop,
        owner: Some(trader.owner),
        id: path.import,
    };
    let import = find(&app, &key).await?;
    let instance = format!("/api/accounts/imports/{}", import.id);
    Ok(Json(answer(import, &instance)?))
}

/// Returns an import into a judged account: its state and its result. It is
/// kept for seven days.
#[utoipa::path(
    get,
    path = "/api/s2s/accounts/{id}/imports/{import}",
    tag = "challenges",
    security(("hmac" = [])),
    params(
        ("id" = String, Path, description = "The account"),
        ("import" = String, Path, description = "The import"),
    ),
    responses(
        (status = 200, description = "The import", body = ImportAnswer),
        (status = 404, description = "No such import of this account", body = ProblemBody),
    )
)]
pub(crate) async fn show_into_judged(
    State(app): State<App>,
    account: NamedAccount,
    Path(path): Path<ImportPath>,
) -> web::Result<Json<ImportAnswer>> {
    let key = ImportKey {
        shop: account.caller.shop,
        owner: None,
        id: path.import,
    };
    let import = find(&app, &key).await?;
    if import.account != account.id {
        return Err(Error::NotFound("import").into());
    }
    let instance = format!("/api/s2s/accounts/{}/imports/{}", account.id, import.id);
    Ok(Json(answer(import, &instance)?))
}

/// The part of a path that names the import.
#[derive(Debug, Deserialize)]
pub(crate) struct ImportPath {
    import: ImportId,
}

async fn request(
    app: &App,
    (shop, target): (&kernel::id::ShopId, Target<'_>),
    body: &ImportBody,
    request_id: &str,
) -> web::Result<Requested> {
    let sha256 = body.sha256.as_deref().map(hex::decode);
    let sha256 = sha256.transpose().map_err(Error::internal)?;
    let asked = Asked {
        shop,
        target,
        content_length: body.content_length,
        sha256: sha256.as_deref(),
        request: &ImportRequest {
            server_zone: zone(Some(&body.server_zone))?,
            name: body.name.clone(),
            initial_balance: body.initial_balance.map(|value| value.0),
        },
    };
    let now = (app.platform.now(), app.platform.real_now());
    let requested = upload::request((&app.store, &app.imports), asked, request_id, now).await?;
    Ok(requested)
}

fn created(requested: Requested) -> Response {
    let Requested { import, upload } = requested;
    let body = ImportCreatedAnswer {
        import_id: import.id,
        state: import.state,
        upload: ImportUpload {
            method: "PUT",
            url: upload.url.expose_secret().to_owned(),
            headers: upload.headers.into_iter().collect(),
            expires_at: upload.expires_at,
        },
    };
    let mut response = (StatusCode::CREATED, Json(body)).into_response();
    // Whoever has the address can send the file.
    response.extensions_mut().insert(CarriesSecret);
    response
}

async fn find(app: &App, key: &ImportKey) -> web::Result<Import> {
    let found = upload::find(&app.store, key, app.platform.real_now()).await?;
    Ok(found.ok_or(Error::NotFound("import"))?)
}

fn answer(import: Import, instance: &str) -> kernel::Result<ImportAnswer> {
    let failure = import.failure()?.map(Error::from);
    let result = import.result.map(RawValue::from_string).transpose();
    Ok(ImportAnswer {
        problem: failure.map(|error| problem::body(&error, instance, &import.request_id)),
        import_id: import.id,
        state: import.state,
        rows_read: import.rows_read,
        result: result.map_err(Error::internal)?,
    })
}
