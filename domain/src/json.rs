//! Canonical JSON (RFC 8785) for everything that is hashed. It must not be used for what is only shown.

use serde::Serialize;
use serde_json::Value;
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

/// Integers beyond this have no double of their own.
const EXACT: u64 = 1 << 53;

/// Turns every integer that a double cannot hold into its digits as text. Canonical JSON writes numbers as doubles: two
/// large integers that differ would have one text, and one digest.
pub fn exact(value: &mut Value) {
    match value {
        Value::Number(n) if n.as_u64().or_else(|| n.as_i64().map(i64::unsigned_abs)).is_some_and(|size| size > EXACT) => {
            *value = Value::String(n.to_string());
        }
        Value::Array(items) => items.iter_mut().for_each(exact),
        Value::Object(members) => members.values_mut().for_each(exact),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn integers_that_no_double_holds_keep_their_digits() {
        let mut value = json!({"a": [i64::MAX, i64::MAX - 1, u64::MAX, i64::MIN, 1_u64 << 53, 7, 0.5], "b": "x"});
        exact(&mut value);
        let digits = ["9223372036854775807", "9223372036854775806", "18446744073709551615", "-9223372036854775808"];
        assert_eq!(value, json!({"a": [digits[0], digits[1], digits[2], digits[3], 1_u64 << 53, 7, 0.5], "b": "x"}));
    }
}
