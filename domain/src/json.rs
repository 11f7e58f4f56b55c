//! Canonical JSON (RFC 8785) for everything that is hashed. It must not be used for what is only shown.

use serde::Serialize;
use sha2::{Digest, Sha256};

/// Why a value has no canonical form.
#[derive(Debug, thiserror::Error)]
#[error("no canonical JSON: {0}")]
pub struct NotCanonical(String);

/// The RFC 8785 text of a value.
pub fn canonical<T: Serialize>(value: &T) -> Result<String, NotCanonical> {
    serde_json_canonicalizer::to_string(value).map_err(|e| NotCanonical(e.to_string()))
}

/// Lower-case hex SHA-256 of bytes.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Lower-case hex SHA-256 of the canonical text.
pub fn digest<T: Serialize>(value: &T) -> Result<String, NotCanonical> {
    Ok(sha256_hex(canonical(value)?.as_bytes()))
}
