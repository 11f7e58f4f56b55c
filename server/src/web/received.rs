//! Receiving files: they go to the disk piece by piece, so many senders at a time, and no more of anything is held in memory
//! than a person types.

use super::reply::{self, answer};
use super::request::Values;
use super::routes::FILE;
use axum::body::{Body, BodyDataStream, Bytes};
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::StatusCode;
use axum::response::Response;
use futures_util::{Stream, StreamExt};
use service::jobs::Room;
use service::{Error, Result};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use tokio::fs::File;
use tokio::io::AsyncWriteExt;
use tokio::sync::{Semaphore, SemaphorePermit};

/// The most files of one upload: each is a file on the disk, and is made durable by itself.
const FILES: usize = 1000;
/// The most other fields of it, and the most bytes of each: they are held in memory.
const FIELDS: usize = 50;
const TYPED: usize = 4 * 1024;
/// The most that the reader of forms may hold back: the head of a part has no other bound.
const HELD: usize = 2 * 1024 * 1024;
/// Who sends at a time; one more waits.
static PLACES: Semaphore = Semaphore::const_new(8);

/// Names and places of what was received.
pub type Files = Vec<(String, PathBuf)>;

/// A place among those who send.
pub async fn place() -> Result<SemaphorePermit<'static>> {
    PLACES.acquire().await.map_err(|e| Error::Internal(e.to_string()))
}

/// A body that is handed on piece by piece: the reader of forms takes whatever is there before it looks at any of it.
struct Pieces {
    body: BodyDataStream,
    rests: bool,
    held: Arc<AtomicUsize>,
}

impl Stream for Pieces {
    type Item = std::result::Result<Bytes, axum::BoxError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if std::mem::take(&mut self.rests) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let piece = std::task::ready!(self.body.poll_next_unpin(cx));
        Poll::Ready(match piece {
            Some(Ok(bytes)) => {
                self.rests = true;
                if self.held.fetch_add(bytes.len(), Ordering::Relaxed) > HELD {
                    Some(Err("a part of the form has no end".into()))
                } else {
                    Some(Ok(bytes))
                }
            }
            Some(Err(error)) => Some(Err(error.into())),
            None => None,
        })
    }
}

/// A form whose reader holds back so much and no more.
pub struct Form {
    parts: Multipart,
    held: Arc<AtomicUsize>,
}

impl Form {
    pub async fn of(sent: Request) -> Result<Self> {
        let (head, body) = sent.into_parts();
        let held = Arc::new(AtomicUsize::new(0));
        let pieces = Pieces { body: body.into_data_stream(), rests: false, held: held.clone() };
        let request = Request::from_parts(head, Body::from_stream(pieces));
        let parts = Multipart::from_request(request, &()).await;
        let parts = parts.map_err(|_| Error::invalid("files", "the upload is no form of a browser; choose the files again"))?;
        Ok(Self { parts, held })
    }

    /// Its files go into the room, what was typed into `values`.
    pub async fn into_room(mut self, room: &Room, values: &mut Values) -> Result<Files> {
        let mut files = Files::new();
        let (mut sent, mut typed) = (0, 0);
        let held = self.held.clone();
        while let Some(field) = self.parts.next_field().await.map_err(broken)? {
            held.store(0, Ordering::Relaxed);
            let name = field.name().unwrap_or_default().to_owned();
            if name == "files" {
                sent += 1;
                if sent > FILES {
                    return Err(Error::invalid("files", format!("at most {FILES} files together")));
                }
                files.extend(spooled(room, files.len(), field, &held).await?);
            } else {
                typed += 1;
                if typed > FIELDS {
                    return Err(Error::invalid("files", format!("at most {FIELDS} fields beside the files")));
                }
                let text = text_of(&name, field).await?;
                values.insert(name, text);
            }
        }
        Ok(files)
    }
}

fn broken(error: MultipartError) -> Error {
    let too_large = error.status() == StatusCode::PAYLOAD_TOO_LARGE;
    Error::invalid(
        "files",
        if too_large { "the files are larger than 256 MB together" } else { "the upload broke off; send the files again" },
    )
}

/// What was typed into a field, in so far as anybody types so much.
async fn text_of(name: &str, mut field: Field<'_>) -> Result<String> {
    let bad = |reason: &str| Error::invalid("files", format!("the field {} {reason}", domain::text::capped(name, 80)));
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(broken)? {
        if name.len() + bytes.len() + chunk.len() > TYPED {
            return Err(bad("holds more than 4 KB"));
        }
        bytes.extend_from_slice(&chunk);
    }
    String::from_utf8(bytes).map_err(|_| bad("holds no text"))
}

async fn spooled(room: &Room, number: usize, mut field: Field<'_>, held: &AtomicUsize) -> Result<Option<(String, PathBuf)>> {
    let name = domain::text::capped(field.file_name().unwrap_or_default(), 200);
    if name.is_empty() {
        return Ok(None);
    }
    let (mut file, path) = created(room, number).await?;
    while let Some(chunk) = field.chunk().await.map_err(broken)? {
        held.store(0, Ordering::Relaxed);
        put(room, &mut file, &chunk).await?;
    }
    // Another process may carry the job out after this one is gone.
    file.sync_all().await.map_err(unwritten)?;
    Ok(Some((name, path)))
}

async fn created(room: &Room, number: usize) -> Result<(File, PathBuf)> {
    let path = room.folder().join(number.to_string());
    let file = tokio::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).await;
    Ok((file.map_err(unwritten)?, path))
}

async fn put(room: &Room, file: &mut File, piece: &[u8]) -> Result<()> {
    room.takes(piece.len())?;
    file.write_all(piece).await.map_err(unwritten)
}

fn unwritten(error: std::io::Error) -> Error {
    Error::unwritten(&error)
}

/// A body that is the file.
pub async fn whole(room: &Room, sent: Request) -> std::result::Result<PathBuf, Response> {
    let refused = |error: Error| reply::error(&error);
    let (mut file, path) = created(room, 0).await.map_err(refused)?;
    let (mut body, mut left) = (sent.into_body().into_data_stream(), FILE);
    while let Some(piece) = body.next().await {
        let broken_off = |_| answer(StatusCode::BAD_REQUEST, "Not received", "the body broke off before its end; send it again");
        let piece = piece.map_err(broken_off)?;
        let Some(less) = left.checked_sub(piece.len()) else {
            return Err(answer(StatusCode::PAYLOAD_TOO_LARGE, "Too large", "the body is larger than it may be here"));
        };
        left = less;
        put(room, &mut file, &piece).await.map_err(refused)?;
    }
    // Another process may carry the job out after this one is gone.
    file.sync_all().await.map_err(unwritten).map_err(refused)?;
    Ok(path)
}
