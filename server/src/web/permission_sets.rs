//! Permission sets: their list and one of them, in the API.

use super::list;
use super::operation::{Body, Operation, Parameter, Shape, text};
use super::reply::Answer;
use super::request::Reading;
use super::shown::{self, Shown};
use axum::Json;
use axum::extract::Path;
use domain::ids::{IdentityId, Noun, PermissionSetId};
use domain::privilege::Judgement;
use domain::rule::Rule;
use serde::Serialize;
use serde_json::Value;
use service::listing::{self, Listing};
use service::permission_sets::{self, Detail, Holder, List};
use service::{Error, Result};
use utoipa::ToSchema;

/// One statement of a permission set, and what it reaches before anything of its holder takes some of that away.
#[derive(Serialize, ToSchema)]
pub struct SetRule {
    effect: shown::Effect,
    actions: Vec<String>,
    actions_negated: Vec<String>,
    resources: Vec<String>,
    resources_negated: Vec<String>,
    conditions: Vec<String>,
    principals: Vec<String>,
    principals_negated: Vec<String>,
    /// The worst it allows; null for a deny.
    class: Option<shown::Class>,
    wildcard: bool,
}

impl From<&(Rule, Judgement)> for SetRule {
    fn from((rule, judged): &(Rule, Judgement)) -> Self {
        Self {
            effect: rule.effect.into(),
            actions: rule.actions.clone(),
            actions_negated: rule.actions_negated.clone(),
            resources: rule.resources.clone(),
            resources_negated: rule.resources_negated.clone(),
            conditions: rule.conditions.clone(),
            principals: rule.principals.clone(),
            principals_negated: rule.principals_negated.clone(),
            class: judged.classes.highest().map(Shown),
            wildcard: judged.classes.wildcard(),
        }
    }
}

/// How an identity comes to hold a permission set.
#[derive(Serialize, ToSchema)]
pub struct SetPath {
    via: shown::Via,
    via_name: String,
    ends_at: Option<shown::Instant>,
}

/// An identity that holds a permission set.
#[derive(Serialize, ToSchema)]
pub struct SetHolder {
    id: shown::IdentityId,
    name: Option<String>,
    paths: Vec<SetPath>,
}

impl From<&Holder> for SetHolder {
    fn from(h: &Holder) -> Self {
        let path = |w: &permission_sets::Way| SetPath { via: w.via.into(), via_name: w.via_name.clone(), ends_at: w.ends_at.map(Shown) };
        Self { id: h.id.into(), name: h.listed.as_ref().map(|l| l.name.clone()), paths: h.ways.iter().map(path).collect() }
    }
}

/// One permission set with its rules and 50 of its holders.
#[derive(Serialize, ToSchema)]
pub struct WholeSet {
    as_of: shown::AsOf,
    /// As the list shows it.
    #[schema(schema_with = list::row_schema::<List>)]
    permission_set: Value,
    /// The worst first; at most 200 of them.
    rules: Vec<SetRule>,
    holders: Vec<SetHolder>,
    /// Where the next holders begin; null where these are the last.
    next: Option<shown::IdentityId>,
}

impl From<&Detail> for WholeSet {
    fn from(d: &Detail) -> Self {
        Self {
            as_of: d.as_of.into(),
            permission_set: domain::listing::json(List::FIELDS, &d.listed),
            rules: d.rules.iter().map(SetRule::from).collect(),
            holders: d.holders.iter().map(SetHolder::from).collect(),
            next: d.next.map(Shown),
        }
    }
}

pub static LIST: Operation = Operation::list::<List>("list_permission_sets", "Policies, roles and groups of sources by name, 50 at a time");

const AFTER: &[Parameter] = &[text("after", "Where to go on: `next` of the stretch before")];

pub static SHOW: Operation =
    Operation::new("show_permission_set", "One permission set with its rules and who holds it", Body::Json(Shape::of::<WholeSet>()))
        .of(Noun::PermissionSet)
        .with(AFTER);

/// A permission set as a path names it.
fn id(text: &str) -> Result<PermissionSetId> {
    PermissionSetId::parse(text).map_err(|_| Error::NotFound("permission set"))
}

pub async fn show(Reading(mut read, asked): Reading, Path(wanted): Path<String>) -> Answer<Json<WholeSet>> {
    let after = asked.get("after").map(|text| IdentityId::parse(text).map_err(|_| listing::bad_cursor())).transpose()?;
    Ok(Json((&permission_sets::show(&mut read, id(&wanted)?, after).await?).into()))
}
