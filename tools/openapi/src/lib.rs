//! The OpenAPI document of all functions, out of their code.

use utoipa::openapi::OpenApi;
use utoipa::openapi::info::Info;

/// The document of every route of every function.
#[must_use]
pub fn document() -> OpenApi {
    let parts = [
        fn_accounts::document(),
        fn_auth::document(),
        fn_system::document(),
    ];
    let mut document = parts
        .into_iter()
        .reduce(OpenApi::merge_from)
        .unwrap_or_default();
    document.info = Info::new("Tradebridge", "1.0.0");
    document.info.description = Some(
        "Funded accounts, signals, market data, broker links and the firm's desk, in one \
         serverless backend. Errors are RFC 9457 problems; their `type` ends in a stable word."
            .to_owned(),
    );
    document
}

/// The document as it is committed.
#[must_use]
pub fn text() -> String {
    let mut text = serde_json::to_string_pretty(&document()).expect("a document is JSON");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    /// `make openapi` writes it anew.
    #[test]
    fn the_committed_document_is_the_codes_own() {
        let committed = include_str!("../../../docs/openapi.json");
        assert!(
            committed == super::text(),
            "docs/openapi.json is not what the code says; run `make openapi`"
        );
    }
}
