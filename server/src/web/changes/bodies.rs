//! What the API answers of changes, and what it takes. It reads no request and calls no use case.

use crate::web::shown::{self, Shown};
use domain::change::independence::Against;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service::changes::{self, Moment, Page, Preview, Who, Written};
use utoipa::ToSchema;

/// Whoever acts, by id and by name.
#[derive(Serialize, ToSchema)]
pub struct Actor {
    /// `person`, `agent`, `system` and the like.
    kind: &'static str,
    /// `per_…` or `idn_…`; none of the server.
    id: Option<String>,
    name: String,
}

impl From<&Who> for Actor {
    fn from(who: &Who) -> Self {
        Self { kind: who.kind.as_str(), id: who.id.clone(), name: who.name.clone() }
    }
}

/// A person who may decide, or why they may not.
#[derive(Serialize, ToSchema)]
pub struct Decider {
    id: shown::PersonId,
    name: String,
    /// What stands against their decision; empty, and they may decide.
    against: Vec<&'static str>,
}

fn decider(id: domain::ids::PersonId, name: &str, against: &[Against]) -> Decider {
    Decider { id: id.into(), name: name.to_owned(), against: against.iter().map(|a| a.as_str()).collect() }
}

/// A consent that is needed and never counted as an approval.
#[derive(Serialize, ToSchema)]
pub struct Consent {
    #[serde(rename = "as")]
    as_kind: shown::ConsentAs,
    id: shown::PersonId,
    name: String,
    answer: Option<shown::ConsentVerdict>,
}

/// What happened.
#[derive(Serialize, ToSchema)]
pub struct Happened {
    seq: shown::Position,
    at: shown::Instant,
    who: Actor,
    what: &'static str,
    /// Where the change stood afterwards.
    state: shown::ChangeState,
    text: Option<String>,
    reason: Option<String>,
    /// False of what was said of a candidate that was replaced.
    counts: bool,
}

impl From<&Moment> for Happened {
    fn from(m: &Moment) -> Self {
        Self {
            seq: m.seq.into(),
            at: Shown(m.at),
            who: (&m.who).into(),
            what: m.what,
            state: m.state.into(),
            text: text(m.text.as_ref()),
            reason: m.reason.clone(),
            counts: m.counts,
        }
    }
}

/// Erased texts are said to be that.
fn text(written: Option<&Written>) -> Option<String> {
    written.map(|w| match w {
        Written::Text(text) => text.clone(),
        Written::Erased => "[erased]".to_owned(),
    })
}

/// A change, with everything that a decision binds to.
#[derive(Serialize, ToSchema)]
pub struct WholeChange {
    as_of: shown::AsOf,
    id: shown::ChangeId,
    state: shown::ChangeState,
    /// What it is, computed.
    sentence: String,
    direction: shown::Direction,
    /// As they were proposed, each tagged by its `op`.
    #[schema(value_type = Vec<Object>)]
    operations: Vec<Value>,
    /// Hex SHA-256 of the candidate: what is approved.
    candidate: String,
    /// Hex SHA-256 of what a reviewer is shown.
    shown: String,
    asked_by: Actor,
    drafted_by: Actor,
    asked_at: shown::Instant,
    justification: Option<String>,
    ticket: Option<String>,
    rollback: Option<String>,
    review_ends_at: shown::Instant,
    waits_until: Option<shown::Instant>,
    lapses_at: Option<shown::Instant>,
    /// What keeps it waiting.
    blocked_by: Vec<&'static str>,
    consents: Vec<Consent>,
    deciders: Vec<Decider>,
    timeline: Vec<Happened>,
    undoes: Option<shown::ChangeId>,
    undone_by: Option<shown::ChangeId>,
}

impl TryFrom<&Page> for WholeChange {
    type Error = service::Error;

    fn try_from(p: &Page) -> service::Result<Self> {
        let may = p.deciding.may.iter().map(|(id, name)| decider(*id, name, &[]));
        let may_not = p.deciding.may_not.iter().map(|(id, name, why)| decider(*id, name, why));
        Ok(Self {
            as_of: p.as_of.into(),
            id: p.id.into(),
            state: p.state.into(),
            sentence: p.sentence.clone(),
            direction: p.candidate.effect.direction.into(),
            operations: p.steps.iter().map(|s| value(&s.operation)).collect::<service::Result<_>>()?,
            candidate: p.candidate_digest.clone(),
            shown: p.shown_digest.clone(),
            asked_by: (&p.shown.asked_by).into(),
            drafted_by: (&p.shown.drafted_by).into(),
            asked_at: Shown(p.asked_at),
            justification: text(p.shown.justification.as_ref()),
            ticket: p.shown.ticket.clone(),
            rollback: text(p.shown.rollback.as_ref()),
            review_ends_at: Shown(p.review_ends_at),
            waits_until: p.waits_until.map(Shown),
            lapses_at: p.lapses_at.map(Shown),
            blocked_by: p.deciding.blocked_by.iter().map(|b| b.as_str()).collect(),
            consents: p
                .deciding
                .consents
                .iter()
                .map(|c| Consent { as_kind: c.consent.into(), id: c.person.into(), name: c.name.clone(), answer: c.answer.map(Shown) })
                .collect(),
            deciders: may.chain(may_not).collect(),
            timeline: p.timeline.iter().map(Happened::from).collect(),
            undoes: p.shown.undoes.map(Shown),
            undone_by: p.undone_by.map(Shown),
        })
    }
}

fn value<T: Serialize>(of: &T) -> service::Result<Value> {
    serde_json::to_value(of).map_err(|e| service::Error::Internal(e.to_string()))
}

/// What a change comes to and who must agree: what its candidate commits to.
#[derive(Serialize, ToSchema)]
pub struct ComesTo {
    /// Its rows, its direction, how far it can be undone.
    #[schema(value_type = Object)]
    effect: Value,
    /// What the lineage gained in 30 days together with it; none where this is all of it.
    #[schema(value_type = Option<Object>)]
    sum: Option<Value>,
    /// The cell of the matrix, and why it was raised.
    #[schema(value_type = Object)]
    route: Value,
    consents: Vec<Consent>,
    deciders: Vec<Decider>,
    blocked_by: Vec<&'static str>,
    /// True where nobody is asked: it is applied as soon as it is proposed.
    at_once: bool,
}

impl TryFrom<&Page> for ComesTo {
    type Error = service::Error;

    fn try_from(p: &Page) -> service::Result<Self> {
        let whole = WholeChange::try_from(p)?;
        let cell = &p.candidate.route.cell;
        Ok(Self {
            effect: value(&p.candidate.effect)?,
            sum: p.shown.sum.as_ref().map(value).transpose()?,
            route: value(&p.candidate.route)?,
            consents: whole.consents,
            deciders: whole.deciders,
            blocked_by: whole.blocked_by,
            at_once: cell.people == 0 && !cell.owner && !cell.resource_owner,
        })
    }
}

impl TryFrom<&Preview> for ComesTo {
    type Error = service::Error;

    fn try_from(p: &Preview) -> service::Result<Self> {
        let may = p.may.iter().map(|(id, name)| decider(*id, name, &[]));
        let may_not = p.may_not.iter().map(|(id, name, why)| decider(*id, name, why));
        let consent = |(kind, id, name): &(domain::change::ConsentAs, domain::ids::PersonId, String)| Consent {
            as_kind: (*kind).into(),
            id: (*id).into(),
            name: name.clone(),
            answer: None,
        };
        Ok(Self {
            effect: value(&p.effect)?,
            sum: p.sum.as_ref().map(value).transpose()?,
            route: value(&p.route)?,
            consents: p.consents.iter().map(consent).collect(),
            deciders: may.chain(may_not).collect(),
            blocked_by: p.blocked_by.iter().map(|b| b.as_str()).collect(),
            at_once: p.at_once,
        })
    }
}

/// A change that was proposed, or what it would come to.
#[derive(Serialize, ToSchema)]
pub struct Proposed {
    /// None of a dry run.
    pub id: Option<shown::ChangeId>,
    pub seq: Option<shown::Position>,
    /// Of a dry run.
    pub comes_to: Option<ComesTo>,
}

/// A change to propose.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewChange {
    /// Operations, each tagged by its `op`: `grant_add`, `grant_remove`, `grant_tighten`, `grant_extend`, `register`,
    /// `record_set`, `lifecycle`, `suspend`, `lift`.
    #[schema(value_type = Vec<Object>, min_items = 1, max_items = 50)]
    operations: Vec<Value>,
    #[schema(min_length = 1, max_length = 4000)]
    justification: String,
    /// Where it is asked for elsewhere.
    #[schema(max_length = 4000)]
    ticket: Option<String>,
    /// How it would be undone.
    #[schema(max_length = 4000)]
    rollback: Option<String>,
    /// The identity that wrote it, where a person passes on what an agent drafted: `idn_…`.
    drafted_by: Option<String>,
}

impl From<NewChange> for changes::Proposal {
    fn from(c: NewChange) -> Self {
        Self {
            operations: c.operations,
            justification: c.justification,
            ticket: c.ticket.unwrap_or_default(),
            rollback: c.rollback.unwrap_or_default(),
            drafted_by: c.drafted_by.unwrap_or_default(),
        }
    }
}

/// An answer to a question.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Answered {
    #[schema(min_length = 1, max_length = 4000)]
    pub text: String,
}
