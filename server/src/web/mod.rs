//! What answers HTTP: one table of routes, the layers around it, and for each noun its forms, its API and its CSV.
//! A handler reads the request, calls one function of `service`, and answers.

pub mod assets;
pub mod context;
pub mod export;
pub mod forms;
pub mod groups;
pub mod identities;
pub mod imports;
pub mod jobs;
pub mod layers;
pub mod ledger;
pub mod list;
pub mod listen;
pub mod metrics;
pub mod once;
pub mod openapi;
pub mod operation;
pub mod people;
pub mod received;
pub mod redactions;
pub mod refusal;
pub mod reply;
pub mod request;
pub mod resources;
pub mod restored;
pub mod router;
pub mod routes;
pub mod sent;
pub mod session_store;
pub mod shown;
pub mod sign_in;
pub mod sources;
pub mod teams;
pub mod tokens;
