//! Which errors of a database are none of the statement's: no room, no right to write, nobody there. Told apart by the
//! codes of the two engines; what follows from it is decided above.

use sqlx::error::DatabaseError;
use std::fmt;
use std::io::ErrorKind;

/// Why the database does nothing of what it is asked, whoever asks and whatever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    Full,
    ReadOnly,
    Away,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "the disk of the database is full; nothing was saved. Free some space, then try again",
            Self::ReadOnly => "the database can only be read; nothing was saved. Make its folder or its server writable, then try again",
            Self::Away => "the database does not answer; try again in a moment",
        })
    }
}

impl Trouble {
    pub(crate) fn of(error: &sqlx::Error) -> Option<Self> {
        match error {
            sqlx::Error::Database(said) => Self::of_code(&**said),
            sqlx::Error::Io(said) => Some(Self::of_io(said.kind())),
            sqlx::Error::PoolTimedOut | sqlx::Error::WorkerCrashed => Some(Self::Away),
            _ => None,
        }
    }

    fn of_code(said: &dyn DatabaseError) -> Option<Self> {
        let code = said.code()?;
        if said.try_downcast_ref::<sqlx::postgres::PgDatabaseError>().is_some() {
            return match &*code {
                "53100" => Some(Self::Full),
                "25006" => Some(Self::ReadOnly),
                // Shutting down, starting up, crashed, no connection left.
                "57P01" | "57P02" | "57P03" | "53300" => Some(Self::Away),
                other => other.starts_with("08").then_some(Self::Away),
            };
        }
        // The lowest byte of an extended code of SQLite is the plain one.
        match code.parse::<i64>().ok()? & 0xff {
            13 => Some(Self::Full),
            8 => Some(Self::ReadOnly),
            // Busy beyond its patience, an I/O error, cannot be opened.
            5 | 10 | 14 => Some(Self::Away),
            _ => None,
        }
    }

    pub(crate) fn of_io(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::Full,
            ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => Self::ReadOnly,
            _ => Self::Away,
        }
    }
}
