//! Every SQL string, for SQLite and Postgres. It finds, writes and verifies rows; it decides nothing and
//! knows no HTTP, file format or screen.

#[macro_use]
pub mod db;
pub mod adoption;
pub mod archive;
pub mod blobs;
pub mod counts;
pub mod external_keys;
pub mod grants;
pub mod groups;
pub mod head;
pub mod idempotency;
pub mod identities;
pub mod imports;
pub mod ledger;
pub mod manifest;
pub mod people;
pub mod redactions;
pub mod roles;
pub mod rows;
pub mod sessions;
pub mod sources;
pub mod surfaces;
pub mod tables;
pub mod teams;
#[cfg(feature = "testing")]
pub mod testing;
pub mod tokens;
pub mod verify;
pub mod writer;

/// What can go wrong below the service.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Somebody else changed the row first, or it is not there any more.
    #[error("{table}: the row was changed by somebody else in the meantime")]
    Conflict { table: &'static str },
    /// A rule of the database refused the row.
    #[error("the database refused it: {0}")]
    Refused(String),
    #[error("the store cannot be opened: {0}")]
    Open(String),
    #[error("stored data cannot be read: {0}")]
    Corrupt(String),
    #[error("the writer has stopped")]
    Stopped,
    #[error("database: {0}")]
    Sql(#[from] sqlx::Error),
    #[error("migration: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
}

impl Error {
    /// True where retrying the same command cannot help because a constraint or trigger refused it.
    fn from_statement(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(db) if db.is_unique_violation() => Self::Refused(db.message().to_owned()),
            sqlx::Error::Database(db)
                if db.is_check_violation()
                    || db.is_foreign_key_violation()
                    || matches!(db.kind(), sqlx::error::ErrorKind::NotNullViolation) =>
            {
                Self::Refused(db.message().to_owned())
            }
            // A value the engine cannot hold, for example a NUL in text or more than an index takes: the command's
            // fault, not the batch's.
            sqlx::Error::Database(db) if db.code().is_some_and(|c| c.starts_with("22") || c.starts_with("54")) => {
                Self::Refused(db.message().to_owned())
            }
            sqlx::Error::Database(db) if db.message().contains(": ") && is_trigger(db.code().as_deref()) => {
                Self::Refused(db.message().to_owned())
            }
            _ => Self::Sql(error),
        }
    }
}

fn is_trigger(code: Option<&str>) -> bool {
    // SQLITE_CONSTRAINT_TRIGGER; Postgres raise_exception
    matches!(code, Some("1811" | "P0001"))
}

pub type Result<T> = std::result::Result<T, Error>;

/// Every constant statement of the crate, for the test that prepares them on both engines.
pub fn all_statements() -> Vec<(String, &'static str)> {
    let modules: [(&str, &[(&str, &'static str)]); 18] = [
        ("adoption", adoption::STATEMENTS),
        ("blobs", blobs::STATEMENTS),
        ("counts", counts::STATEMENTS),
        ("external_keys", external_keys::STATEMENTS),
        ("head", head::STATEMENTS),
        ("grants", grants::STATEMENTS),
        ("groups", groups::STATEMENTS),
        ("idempotency", idempotency::STATEMENTS),
        ("identities", identities::STATEMENTS),
        ("imports", imports::STATEMENTS),
        ("ledger", ledger::STATEMENTS),
        ("people", people::STATEMENTS),
        ("redactions", redactions::STATEMENTS),
        ("sessions", sessions::STATEMENTS),
        ("sources", sources::STATEMENTS),
        ("surfaces", surfaces::STATEMENTS),
        ("teams", teams::STATEMENTS),
        ("tokens", tokens::STATEMENTS),
    ];
    modules.iter().flat_map(|(m, list)| list.iter().map(move |(n, t)| (format!("{m}::{n}"), *t))).collect()
}
