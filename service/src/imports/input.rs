//! Reading an input, on a thread of its own, and the digest that its record names it by.

use super::request::Request;
use crate::{Act, Error, Result};
use connect::{Input, Options};
use domain::snapshot::Snapshot;
use sha2::{Digest, Sha256};
use std::io::Read;
use tokio::sync::Semaphore;

/// How many inputs are read at a time: one that was called off meanwhile still takes its place until it is read.
static PLACES: Semaphore = Semaphore::const_new(4);

/// Reads what has these bytes, and nothing else: what is on record under a digest is what was read, or the same bytes would be
/// passed by for ever.
pub(super) async fn read(act: &Act, request: &Request, known: &Bytes) -> Result<Snapshot> {
    let (format, options) = (
        request.format,
        Options {
            namespace: request.how.namespace.clone(),
            server: request.how.server.clone(),
            secrets: crate::sessions::key_for(&act.services().keys.mac, "secrets"),
        },
    );
    let (input, known) = (request.input.clone(), known.clone());
    let place = PLACES.acquire().await.map_err(|e| Error::Internal(e.to_string()))?;
    let snapshot = tokio::task::spawn_blocking(move || {
        let _place = place;
        let snapshot = connect::read(format, &input, &options)?;
        if bytes(&input)? != known {
            return Err(Error::Conflict(format!("{} changed while it was read. Import it again.", input.name)));
        }
        Ok(snapshot)
    });
    snapshot.await.map_err(|e| Error::Internal(e.to_string()))?
}

/// What an input was made of, byte by byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bytes {
    /// Of the bytes of all files, one after the other: what a record names an input by.
    pub digest: String,
    /// Of each file by itself: where one ends and the next begins changes what is read.
    pub each: Vec<String>,
}

pub(super) fn bytes(input: &Input) -> Result<Bytes> {
    let mut all = Sha256::new();
    let mut buffer = vec![0u8; 256 * 1024];
    let mut each = Vec::with_capacity(input.files.len());
    for file in &input.files {
        let mut own = Sha256::new();
        let mut reader = file.open()?;
        loop {
            let n = reader.read(&mut buffer).map_err(|e| connect::Error::new(&file.name, e.to_string()))?;
            if n == 0 {
                break;
            }
            all.update(&buffer[..n]);
            own.update(&buffer[..n]);
        }
        each.push(hex::encode(own.finalize()));
    }
    Ok(Bytes { digest: hex::encode(all.finalize()), each })
}
