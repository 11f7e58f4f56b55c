//! What handlers take from a request: one snapshot to read, or the means to act, and the fields of a form.

use super::reply::{Answer, Fault};
use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use domain::query::Asked;
use serde::Deserialize;
use service::{Act, Error, Principal, Read, Result, Services};
use std::collections::BTreeMap;
use utoipa::IntoParams;

/// The as-of every read takes, for the document of the API.
#[derive(Deserialize, IntoParams, Default)]
#[into_params(parameter_in = Query)]
pub struct AsOf {
    /// A ledger position, an instant, or position@instant; nothing is now.
    pub as_of: Option<String>,
}

/// The pairs of a query string.
pub fn pairs(query: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

fn asked_of(parts: &Parts) -> Asked {
    Asked::of(parts.uri.query().unwrap_or_default())
}

fn caller(parts: &Parts) -> Result<Principal> {
    parts.extensions.get::<Principal>().cloned().ok_or(Error::SignedOut)
}

/// One snapshot at the as-of of the address, and what else was asked.
pub struct Reading(pub Read, pub Asked);

impl<S> FromRequestParts<S> for Reading
where
    S: Send + Sync,
    Services: FromRef<S>,
{
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Answer<Self> {
        let asked = asked_of(parts);
        let wanted = service::as_of(asked.get("as_of"))?;
        Ok(Self(Read::open(&Services::from_ref(state), &caller(parts)?, wanted).await?, asked))
    }
}

/// The caller, to act: now, never on a page of the past.
pub struct Acting(pub Act);

impl<S> FromRequestParts<S> for Acting
where
    S: Send + Sync,
    Services: FromRef<S>,
{
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Answer<Self> {
        let who = caller(parts)?;
        let wanted = service::as_of(asked_of(parts).get("as_of"))?;
        service::only_now(wanted)?;
        Ok(Self(Act::new(&Services::from_ref(state), &who)))
    }
}

/// The fields of a form as they were typed.
pub type Values = BTreeMap<String, String>;

pub fn value(values: &Values, name: &str) -> String {
    values.get(name).cloned().unwrap_or_default()
}
