//! tower-sessions over our own rows. Only digests of session ids are stored, with a keyed MAC.

use async_trait::async_trait;
use domain::ids::PersonId;
use service::{Services, sessions};
use std::collections::HashMap;
use time::OffsetDateTime;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result, SessionStore};

/// Key of the person's id within a session.
pub const PERSON: &str = "person";
/// Key of when and by how much its person last showed who they are.
pub const CONFIRMED: &str = "confirmed";
/// Key of where and with what the session was begun, for the list of one's sessions.
pub use service::people::BEGUN_WITH;

#[derive(Clone)]
pub struct Store(pub Services);

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store")
    }
}

fn backend(error: service::Error) -> Error {
    tracing::error!(?error, "a session could not be kept");
    Error::Backend(error.to_string())
}

fn parts(record: &Record) -> Result<(Option<PersonId>, String)> {
    let person = record.data.get(PERSON).and_then(|v| v.as_str()).and_then(|t| PersonId::parse(t).ok());
    let data = serde_json::to_string(&record.data).map_err(|e| Error::Encode(e.to_string()))?;
    Ok((person, data))
}

#[async_trait]
impl SessionStore for Store {
    async fn create(&self, record: &mut Record) -> Result<()> {
        let (person, data) = parts(record)?;
        sessions::create(&self.0, &record.id.to_string(), person, data).await.map_err(backend)
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let (person, data) = parts(record)?;
        sessions::save(&self.0, &record.id.to_string(), person, data).await.map_err(backend)
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let Some(data) = sessions::load(&self.0, &id.to_string()).await.map_err(backend)? else { return Ok(None) };
        let data: HashMap<String, serde_json::Value> = serde_json::from_str(&data).map_err(|e| Error::Decode(e.to_string()))?;
        // The row's own times decide; this one only keeps the library from expiring it earlier.
        let ends = self.0.now().plus(sessions::ABSOLUTE).micros();
        let expiry_date = OffsetDateTime::from_unix_timestamp_nanos(i128::from(ends) * 1000).map_err(|e| Error::Decode(e.to_string()))?;
        Ok(Some(Record { id: *id, data, expiry_date }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        sessions::delete(&self.0, &id.to_string()).await.map_err(backend)
    }
}
