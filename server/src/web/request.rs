//! What handlers take from a request: one snapshot to read, or the means to act, and the fields of a form.

use super::operation::Operation;
use super::reply::{self, Answer, Fault};
use axum::extract::{FromRef, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;
use domain::query::Asked;
use service::{Act, Error, Principal, Read, Result, Services};
use std::collections::BTreeMap;
use std::convert::Infallible;

/// The pairs of a query string.
pub fn pairs(query: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

/// Around an operation of the API: a parameter that it does not name is refused, for a slip in a name would change what
/// is done or shown without a word, and so is one that is not as the operation says. The as-of is heard everywhere: what
/// acts refuses the past by itself.
pub async fn known(State(says): State<&'static Operation>, request: Request, next: Next) -> Response {
    let asked = pairs(request.uri().query().unwrap_or_default());
    let known = |name: &str| name == "as_of" || says.parameters.iter().any(|p| p.name == name);
    if let Some((name, _)) = asked.iter().find(|(name, _)| !known(name)) {
        return reply::unknown(name);
    }
    for parameter in says.parameters {
        let mut given = asked.iter().filter(|(name, _)| name == parameter.name).map(|(_, text)| text.as_str());
        let first = given.next();
        let twice = given.next().map(|_| "it is given more than once".to_owned());
        if let Some(why) = twice.or_else(|| parameter.refusal(first)) {
            return reply::not_valid(parameter.name, &why);
        }
    }
    next.run(request).await
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
        let services = Services::from_ref(state);
        let wanted = service::as_of(asked.get("as_of"), services.now())?;
        Ok(Self(Read::open(&services, &caller(parts)?, wanted).await?, asked))
    }
}

/// What the address of an operation asks: read and refused by `known` already.
pub struct Asking(pub Asked);

impl<S: Send + Sync> FromRequestParts<S> for Asking {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> std::result::Result<Self, Infallible> {
        Ok(Self(asked_of(parts)))
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
        let services = Services::from_ref(state);
        service::only_now(service::as_of(asked_of(parts).get("as_of"), services.now())?)?;
        Ok(Self(Act::new(&services, &who)))
    }
}

/// The fields of a form as they were typed.
pub type Values = BTreeMap<String, String>;

pub fn value(values: &Values, name: &str) -> String {
    values.get(name).cloned().unwrap_or_default()
}
