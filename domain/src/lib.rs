//! The pure rules of Countersign: types, judgements and proofs, as functions from values to values.
//! It does no I/O, reads no clock, makes no ids and knows no SQL, HTTP or screen.

pub mod asof;
pub mod blob;
pub mod facts;
pub mod ids;
pub mod json;
pub mod ledger;
pub mod merkle;
pub mod note;
pub mod text;
pub mod time;
pub mod ports;
