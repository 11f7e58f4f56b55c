//! The browser bundle, embedded: hashed names, compressed siblings, cached for ever.

use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;
use serde::Deserialize;
use std::sync::OnceLock;

#[derive(RustEmbed)]
#[folder = "../target/site/pkg"]
#[allow_missing = true]
struct Site;

/// Names of the bundle's files.
#[derive(Clone, Debug, Deserialize)]
pub struct Manifest {
    pub bundle: String,
    pub css: String,
}

/// The manifest of the embedded bundle; names nothing where the program was built without one.
pub fn manifest() -> &'static Manifest {
    static MANIFEST: OnceLock<Manifest> = OnceLock::new();
    MANIFEST.get_or_init(|| {
        Site::get("manifest.json").and_then(|f| serde_json::from_slice(&f.data).ok()).unwrap_or_else(|| {
            tracing::warn!("built without a browser bundle: pages have no style; use `cargo xtask bundle`");
            Manifest { bundle: "countersign".to_owned(), css: "missing.css".to_owned() }
        })
    })
}

/// `/pkg/{file}`
pub async fn serve(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let accepts = headers.get(header::ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let (file, encoding) = [("br", "br"), ("gzip", "gz")]
        .iter()
        .filter(|(word, _)| accepts.contains(word))
        .find_map(|(word, ending)| Site::get(&format!("{name}.{ending}")).map(|f| (f, Some(*word))))
        .or_else(|| Site::get(&name).map(|f| (f, None)))
        .map_or((None, None), |(f, e)| (Some(f), e));
    let Some(file) = file else { return StatusCode::NOT_FOUND.into_response() };
    let kind = mime_guess::from_path(&name).first_or_octet_stream();
    let mut response = Response::new(Body::from(file.data));
    let set = response.headers_mut();
    if let Ok(kind) = kind.as_ref().parse() {
        set.insert(header::CONTENT_TYPE, kind);
    }
    set.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("public, max-age=31536000, immutable"));
    set.insert(header::VARY, header::HeaderValue::from_static("accept-encoding"));
    if let Some(encoding) = encoding {
        set.insert(header::CONTENT_ENCODING, header::HeaderValue::from_static(encoding));
    }
    response
}
