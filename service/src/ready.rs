//! Whether the server can do its work at this moment: the store is read, and a write is tried and undone. Asked as often
//! as anybody likes, tried once a second.

use crate::{Error, Result, Services};
use domain::asof::Wanted;
use domain::seq::Seq;
use domain::time::{SECOND, Timestamp};
use std::time::Duration;

/// How long an answer stands.
const STANDS: i64 = SECOND;
/// A store that takes longer is not ready.
const PATIENCE: Duration = Duration::from_secs(10);

/// A store that answers, with its newest entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Ready(Seq),
    /// It takes no change until people accept what is missing.
    Restored(Seq),
}

/// When it was tried, and how it stands or why it does not.
pub(crate) type Tried = tokio::sync::Mutex<Option<(Timestamp, std::result::Result<Standing, String>)>>;

/// How a store stands that can be written to, or why it cannot.
pub async fn ready(services: &Services) -> std::result::Result<Standing, String> {
    // Whoever asks meanwhile waits for the same answer.
    let mut tried = services.ready.lock().await;
    let now = services.now();
    if let Some((at, found)) = &*tried
        && (0..STANDS).contains(&now.since(*at))
    {
        return found.clone();
    }
    let found = match tokio::time::timeout(PATIENCE, try_it(services)).await {
        Ok(found) => found.map_err(|error| {
            tracing::error!(?error, "not ready");
            error.to_string()
        }),
        Err(_) => Err(store::engine::trouble::Trouble::Away.to_string()),
    };
    *tried = Some((now, found.clone()));
    found
}

async fn try_it(services: &Services) -> Result<Standing> {
    let reader = store::engine::head::reader(&services.db, Wanted::Now, services.writer.clock()).await?;
    let standing = if reader.restored.is_some() { Standing::Restored(reader.head) } else { Standing::Ready(reader.head) };
    reader.close().await?;
    store::engine::ready::try_write(&services.db).await.map_err(Error::from)?;
    Ok(standing)
}
