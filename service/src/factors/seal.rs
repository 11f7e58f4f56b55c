//! Secrets that have to be read again (those of authenticator apps) are kept sealed: AES-256-GCM under a key derived from the
//! installation's, which is outside the database, and bound to what they belong to.

use crate::Services;
use crate::sessions::key_for;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use domain::passkey::Bytes;

const NONCE: usize = 12;

fn cipher(services: &Services) -> Option<Aes256Gcm> {
    Aes256Gcm::new_from_slice(&key_for(&services.keys.mac, "sealed secrets")).ok()
}

/// What it is bound to, unambiguously.
fn bound(to: &[&str]) -> Vec<u8> {
    to.iter().flat_map(|part| (part.len() as u64).to_be_bytes().into_iter().chain(part.bytes())).collect()
}

/// Seals a secret to what it belongs to.
pub(super) fn seal(services: &Services, secret: &[u8], to: &[&str]) -> Option<String> {
    let nonce = services.random::<NONCE>();
    let sealed = cipher(services)?.encrypt(&Nonce::from(nonce), Payload { msg: secret, aad: &bound(to) }).ok()?;
    Some(Bytes([nonce.as_slice(), &sealed].concat()).text())
}

/// Opens it; none where it was altered, moved, or sealed by another installation.
pub(super) fn open(services: &Services, sealed: &str, to: &[&str]) -> Option<Vec<u8>> {
    let bytes = Bytes::parse(sealed)?.0;
    let (nonce, sealed) = bytes.split_first_chunk::<NONCE>()?;
    cipher(services)?.decrypt(&Nonce::from(*nonce), Payload { msg: sealed, aad: &bound(to) }).ok()
}
