//! `GET /.well-known/jwks.json`

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::CACHE_CONTROL;
use platform::tokens::read_keys;
use serde::Serialize;
use utoipa::ToSchema;
use web::extract::Json;

use crate::App;

/// A JSON web key (RFC 8037).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeyAnswer {
    kty: String,
    crv: String,
    alg: String,
    #[serde(rename = "use")]
    usage: String,
    kid: String,
    x: String,
}

/// A JSON web key set.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JwksAnswer {
    keys: Vec<KeyAnswer>,
}

/// The public keys that access tokens are checked by; two during a rotation.
#[utoipa::path(
    get,
    path = "/.well-known/jwks.json",
    tag = "auth",
    responses((status = 200, description = "The keys", body = JwksAnswer))
)]
pub(crate) async fn keys(State(app): State<App>) -> web::Result<Response> {
    let keys = read_keys(app.platform.table())
        .await?
        .keys
        .into_iter()
        .map(|key| KeyAnswer {
            kty: key.kty,
            crv: key.crv,
            alg: key.alg,
            usage: key.usage,
            kid: key.kid,
            x: key.x,
        })
        .collect();
    let mut response = Json(JwksAnswer { keys }).into_response();
    response.headers_mut().insert(
        CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=300"),
    );
    Ok(response)
}
