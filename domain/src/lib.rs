//! The pure rules of Countersign: types, judgements and proofs, as functions from values to values.
//! It does no I/O, reads no clock, makes no ids and knows no SQL, HTTP or screen.

pub mod access;
pub mod asof;
pub mod blob;
pub mod change;
pub mod difference;
pub mod evaluation;
pub mod facts;
pub mod identity;
pub mod ids;
pub mod job;
pub mod json;
pub mod ledger;
pub mod listing;
pub mod locator;
pub mod loops;
pub mod merkle;
pub mod note;
pub mod permission;
pub mod person;
pub mod ports;
pub mod privilege;
pub mod query;
pub mod redaction;
pub mod resource;
pub mod restored;
pub mod rule;
pub mod seq;
pub mod signal;
pub mod snapshot;
pub mod source;
pub mod surface;
pub mod text;
pub mod time;
pub mod token;
pub mod words;
