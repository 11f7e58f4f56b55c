//! Salted text: the ledger commits to SHA-256(salt ‖ content), so erasing both leaves every proof whole.

use sha2::{Digest, Sha256};

/// Hex SHA-256 of salt followed by content.
pub fn commitment(salt: &[u8], content: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update(salt);
    hash.update(content);
    hex::encode(hash.finalize())
}
