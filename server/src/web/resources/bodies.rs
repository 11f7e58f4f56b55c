//! What the API answers of resources and of who reaches them, and what it takes. It reads no request and calls no use
//! case.

use crate::web::list;
use crate::web::shown::{self, Shown};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service::listing::Listing;
use service::resources::{self, Detail, Holder, List, Listed, Reached, Wish};
use utoipa::ToSchema;

/// Another resource that shares a place with it.
#[derive(Serialize, ToSchema)]
pub struct Overlap {
    id: shown::ResourceId,
    name: String,
    pattern: String,
    /// What the other one is to it.
    is: shown::Relation,
}

/// One resource and the resources it overlaps.
#[derive(Serialize, ToSchema)]
pub struct WholeResource {
    as_of: shown::AsOf,
    /// As the list shows it.
    #[schema(schema_with = list::row_schema::<List>)]
    resource: Value,
    overlaps: Vec<Overlap>,
    /// False where there are more of its kind than were compared.
    overlaps_complete: bool,
    /// What an edit says it has read.
    version: shown::Position,
}

impl From<&Detail> for WholeResource {
    fn from(d: &Detail) -> Self {
        let listed = Listed { resource: d.resource.clone(), owner_name: d.owner.clone() };
        let overlap = |(r, is): &(resources::Resource, domain::resource::Relation)| Overlap {
            id: r.id.into(),
            name: r.name.clone(),
            pattern: r.pattern.clone(),
            is: (*is).into(),
        };
        Self {
            as_of: d.as_of.into(),
            resource: domain::listing::json(List::FIELDS, &listed),
            overlaps: d.overlaps.iter().map(overlap).collect(),
            overlaps_complete: d.overlaps_complete,
            version: d.resource.since.into(),
        }
    }
}

/// How an identity comes to hold a rule.
#[derive(Serialize, ToSchema)]
pub struct HeldThrough {
    via: shown::Via,
    via_name: String,
    permission_set: Option<String>,
    source: String,
    ends_at: Option<shown::Instant>,
}

impl From<&resources::Path> for HeldThrough {
    fn from(p: &resources::Path) -> Self {
        Self {
            via: p.via.into(),
            via_name: p.via_name.clone(),
            permission_set: p.set_name.clone(),
            source: p.source.clone(),
            ends_at: p.ends_at.map(Shown),
        }
    }
}

/// An identity that reaches a resource, with the worst of its rules that do.
#[derive(Serialize, ToSchema)]
pub struct Reaching {
    id: shown::IdentityId,
    name: Option<String>,
    kind: Option<shown::Kind>,
    class: Option<shown::Class>,
    classes: Vec<shown::Class>,
    wildcard: bool,
    /// How many of its rules reach it.
    rules: usize,
    actions: Vec<String>,
    actions_negated: Vec<String>,
    extent: shown::Extent,
    /// Why it is not known exactly.
    because: &'static str,
    paths: Vec<HeldThrough>,
}

impl From<&Holder> for Reaching {
    fn from(h: &Holder) -> Self {
        Self {
            id: h.id.into(),
            name: h.listed.as_ref().map(|l| l.name.clone()),
            kind: h.listed.as_ref().map(|l| l.kind.into()),
            class: h.classes.highest().map(Shown),
            classes: h.classes.iter().map(Shown).collect(),
            wildcard: h.classes.wildcard(),
            rules: h.rules,
            actions: h.rule.actions.clone(),
            actions_negated: h.rule.actions_negated.clone(),
            extent: h.extent.into(),
            because: h.why,
            paths: h.paths.iter().map(HeldThrough::from).collect(),
        }
    }
}

/// The identities that reach a resource.
#[derive(Serialize, ToSchema)]
pub struct Reach {
    as_of: shown::AsOf,
    /// Identities that reach it, each counted once.
    total: usize,
    /// True where `total` is a lower bound.
    at_least: bool,
    rules_compared: usize,
    /// False where there are more rules than were compared.
    every_rule: bool,
    items: Vec<Reaching>,
    /// Where to go on.
    next: Option<shown::IdentityId>,
}

impl From<&Reached> for Reach {
    fn from(r: &Reached) -> Self {
        Self {
            as_of: r.as_of.into(),
            total: r.total,
            at_least: r.at_least,
            rules_compared: r.compared,
            every_rule: r.every_rule,
            items: r.holders.iter().map(Reaching::from).collect(),
            next: r.next.map(Shown),
        }
    }
}

/// What a register or an edit takes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisteredResource {
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    kind: shown::LocatorKind,
    /// The places it stands for; `*` stands for any run of characters.
    #[schema(min_length = 1)]
    pattern: String,
    /// An active person, by ID or email.
    owner: Option<String>,
    criticality: Option<shown::Criticality>,
    data_class: Option<shown::DataClass>,
    environment: Option<shown::Environment>,
}

impl From<RegisteredResource> for Wish {
    fn from(r: RegisteredResource) -> Self {
        Self {
            name: r.name,
            kind: r.kind.0.to_string(),
            pattern: r.pattern,
            owner: r.owner.unwrap_or_default(),
            criticality: r.criticality.map(|c| c.0.to_string()).unwrap_or_default(),
            data_class: r.data_class.map(|c| c.0.to_string()).unwrap_or_default(),
            environment: r.environment.map(|e| e.0.to_string()).unwrap_or_default(),
        }
    }
}
