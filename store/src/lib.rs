//! Every SQL string, for SQLite and Postgres. It finds, writes and verifies rows; it decides nothing and
//! knows no HTTP, file format or screen.

#[macro_use]
pub mod engine;
pub mod adoption;
pub mod blobs;
pub mod changes;
pub mod compared;
pub mod comparison;
pub mod counts;
pub mod credentials;
pub mod deciders;
pub mod differences;
pub mod evaluations;
pub mod external_keys;
pub mod factors;
pub mod grants;
pub mod groups;
pub mod idempotency;
pub mod identities;
pub mod imports;
pub mod ledger;
pub mod measures;
pub mod names;
pub mod people;
pub mod permission_sets;
pub mod redactions;
pub mod resources;
pub mod sessions;
pub mod settings;
pub mod signals;
pub mod sources;
pub mod surfaces;
pub mod suspensions;
pub mod tables;
pub mod teams;
#[cfg(feature = "testing")]
pub mod testing;
pub mod tokens;

use engine::trouble::Trouble;

/// What can go wrong below the service.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Somebody else changed what the command was decided on.
    #[error("{what}: changed by somebody else in the meantime")]
    Conflict { what: String },
    /// A rule of the database refused the row: the name of the constraint, and the engine's own words.
    #[error("the database refused it: {message}")]
    Refused { constraint: String, message: String },
    /// What was asked for lies after the newest entry.
    #[error("this store ends at entry {head}: what you ask for is not there yet")]
    Beyond { head: domain::seq::Seq },
    /// A position with an instant that it cannot have.
    #[error("{0}")]
    NoPair(#[from] domain::asof::BadPair),
    /// An archive that is none, or not whole.
    #[error("{0}")]
    Archive(String),
    /// The transaction of a whole batch failed; nothing of it was written.
    #[error("the batch could not be written: {0}")]
    Batch(String),
    #[error("the store cannot be opened: {0}")]
    Open(String),
    #[error("stored data cannot be read: {0}")]
    Corrupt(String),
    /// More work than may wait or run at a time: of one caller, or of all.
    #[error("too much is under way")]
    TooMany { own: bool },
    #[error("the writer has stopped")]
    Stopped,
    /// Whoever asked for something long wants it no more.
    #[error("it was called off")]
    CalledOff,
    /// The store is restored, or not the one that this process has seen: it says what is missing.
    #[error("{0}")]
    Restored(String),
    /// The database takes no statement at all: no room, no right to write, nobody there.
    #[error("{0}")]
    Trouble(Trouble),
    #[error("database: {0}")]
    Sql(#[source] sqlx::Error),
    #[error("migration: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match Trouble::of(&error) {
            Some(trouble) => {
                tracing::error!(%error, "the database takes no statement");
                Self::Trouble(trouble)
            }
            None => Self::Sql(error),
        }
    }
}

impl Error {
    /// A constraint or trigger that refused is the command's own fault; anything else is the database's.
    fn from_statement(error: sqlx::Error) -> Self {
        let sqlx::Error::Database(db) = &error else { return error.into() };
        let (code, message) = (db.code().unwrap_or_default().into_owned(), db.message().to_owned());
        // Values the engine cannot hold, for example a NUL in text or more than an index takes.
        let value = code.starts_with("22") || code.starts_with("54");
        // SQLITE_CONSTRAINT_TRIGGER; raise_exception of PostgreSQL: our triggers say `table: what`.
        let trigger = matches!(code.as_str(), "1811" | "P0001") && message.contains(": ");
        let constraint = match db.kind() {
            sqlx::error::ErrorKind::UniqueViolation => {
                db.constraint().map_or_else(|| unique_of(&message), |c| c.trim_end_matches("_in_batch").to_owned())
            }
            sqlx::error::ErrorKind::CheckViolation
            | sqlx::error::ErrorKind::ForeignKeyViolation
            | sqlx::error::ErrorKind::NotNullViolation => db.constraint().unwrap_or("constraint").to_owned(),
            _ if trigger => message.split(": ").next().unwrap_or_default().to_owned(),
            _ if value => "value".to_owned(),
            _ => return error.into(),
        };
        Self::Refused { constraint, message }
    }
}

/// The declared name of a unique constraint. SQLite names the columns (`UNIQUE constraint failed: people.a, people.b`),
/// PostgreSQL the index.
fn unique_of(message: &str) -> String {
    let columns: Vec<&str> = message.rsplit(": ").next().unwrap_or_default().split(", ").collect();
    let Some(table) = columns.first().and_then(|c| c.split('.').next()).and_then(tables::named) else { return "constraint".to_owned() };
    let names: Vec<&str> = columns.iter().filter_map(|c| c.split('.').nth(1)).collect();
    let index = table.indexes.iter().find(|i| i.unique && i.columns == names).map(|i| i.name);
    match index {
        Some(name) => format!("{}_{name}", table.name),
        None if names.starts_with(table.one_open) && !table.one_open.is_empty() => format!("{}_one_open", table.name),
        None => format!("{}_pkey", table.name),
    }
}

pub type Result<T> = std::result::Result<T, Error>;

/// Every constant statement of the crate, for the test that prepares them on both engines.
pub fn all_statements() -> Vec<(String, &'static str)> {
    let modules: [(&str, &[(&str, &'static str)]); 27] = [
        ("adoption", adoption::STATEMENTS),
        ("blobs", blobs::STATEMENTS),
        ("changes", changes::STATEMENTS),
        ("compared", compared::STATEMENTS),
        ("comparison", comparison::STATEMENTS),
        ("counts", counts::STATEMENTS),
        ("credentials", credentials::STATEMENTS),
        ("differences", differences::STATEMENTS),
        ("external_keys", external_keys::STATEMENTS),
        ("grants", grants::STATEMENTS),
        ("groups", groups::STATEMENTS),
        ("head", engine::head::STATEMENTS),
        ("idempotency", idempotency::STATEMENTS),
        ("identities", identities::STATEMENTS),
        ("imports", imports::STATEMENTS),
        ("jobs", engine::jobs::STATEMENTS),
        ("ledger", ledger::STATEMENTS),
        ("ledger_page", ledger::PAGES),
        ("names", names::STATEMENTS),
        ("people", people::STATEMENTS),
        ("permission_sets", permission_sets::STATEMENTS),
        ("ready", engine::ready::STATEMENTS),
        ("redactions", redactions::STATEMENTS),
        ("require", engine::require::STATEMENTS),
        ("sources", sources::STATEMENTS),
        ("surfaces", surfaces::STATEMENTS),
        ("tokens", tokens::STATEMENTS),
    ];
    let more: [(&str, &[(&str, &'static str)]); 18] = [
        ("countersigned", grants::countersigned::STATEMENTS),
        ("deciders", deciders::STATEMENTS),
        ("adopted", changes::adopted::STATEMENTS),
        ("applications", changes::applications::STATEMENTS),
        ("verdicts", changes::verdicts::STATEMENTS),
        ("inbox", changes::inbox::STATEMENTS),
        ("changes_counted", changes::counted::STATEMENTS),
        ("suspensions", suspensions::STATEMENTS),
        ("settings", settings::STATEMENTS),
        ("identities", identities::list::STATEMENTS),
        ("identity_reviews", identities::reviews::STATEMENTS),
        ("measures", measures::STATEMENTS),
        ("permission_sets", permission_sets::read::STATEMENTS),
        ("resources", resources::STATEMENTS),
        ("sessions", sessions::STATEMENTS),
        ("factors", factors::STATEMENTS),
        ("sinks", engine::sinks::STATEMENTS),
        ("teams", teams::STATEMENTS),
    ];
    modules.iter().chain(&more).flat_map(|(m, list)| list.iter().map(move |(n, t)| (format!("{m}::{n}"), *t))).collect()
}
