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

pub(super) async fn read(act: &Act, request: &Request) -> Result<Snapshot> {
    let (format, options) = (
        request.format,
        Options {
            namespace: request.how.namespace.clone(),
            server: request.how.server.clone(),
            secrets: crate::sessions::key_for(&act.services().keys.mac, "secrets"),
        },
    );
    let input = request.input.clone();
    let place = PLACES.acquire().await.map_err(|e| Error::Internal(e.to_string()))?;
    let snapshot = tokio::task::spawn_blocking(move || {
        let _place = place;
        connect::read(format, &input, &options)
    });
    Ok(snapshot.await.map_err(|e| Error::Internal(e.to_string()))??)
}

pub(super) fn file_digest(input: &Input) -> Result<String> {
    let mut all = Sha256::new();
    let mut buffer = vec![0u8; 256 * 1024];
    for file in &input.files {
        let mut reader = file.open()?;
        loop {
            let n = reader.read(&mut buffer).map_err(|e| connect::Error::new(&file.name, e.to_string()))?;
            if n == 0 {
                break;
            }
            all.update(&buffer[..n]);
        }
    }
    Ok(hex::encode(all.finalize()))
}
