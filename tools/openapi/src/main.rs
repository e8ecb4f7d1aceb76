//! Writes the OpenAPI document to the file that is named.

fn main() -> std::io::Result<()> {
    let path = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "docs/openapi.json".to_owned());
    std::fs::write(path, openapi::text())
}
