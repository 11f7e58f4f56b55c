//! What every noun of the store stands on: connections, declared tables, the writer, verification, the archive and the
//! queue of jobs. It knows no noun but through the list of tables.

#[macro_use]
pub mod db;
#[macro_use]
pub mod table;
pub mod archive;
pub mod field;
pub mod head;
pub mod held;
pub mod jobs;
pub mod known;
pub mod manifest;
pub mod ready;
pub mod require;
pub mod roles;
pub mod rows;
pub mod schema;
pub(crate) mod search;
pub mod sinks;
pub mod standing;
pub mod trouble;
pub mod verify;
pub mod witness;
pub mod writer;
