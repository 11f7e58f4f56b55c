//! What a change asks for: one closed list of operations (decisions C1), tagged JSON without unknown members. Whether one
//! can be carried out is `baseline`'s answer, what it comes to `effect`'s. An operation whose effect nobody computes yet is
//! refused by its word.

use super::adopt::Adopt;
use super::content::{ExternalKey, Grant, MatchKey, Record, Resource, Terms, Text};
use crate::identity::{Autonomy, Criticality, Environment, Human, Kind, Lifecycle};
use crate::ids::{IdentityId, PermissionSetId, PersonId, ResourceId, TeamId};
use crate::rule::Rule;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

mod attribute;
mod installation;
mod own;
mod subject;
mod target;

pub use installation::{GroupAdd, GroupSet, Installation, Restore, RoleHeld, RolesSet, SourceAdd, SourceSaid, SourceSet};
pub use own::{Anchor, CredentialPut, CredentialRevoke, EnvelopeSet, SurfacePut, SurfaceRemove, ToolPut, ToolRemove};
pub use subject::{Subject, SubjectKind};
pub use target::Target;

crate::words! {
    /// Every operation there is.
    Op {
        Adopt = "adopt", "adopt a source";
        GrantAdd = "grant_add", "add a grant";
        GrantRemove = "grant_remove", "remove a grant";
        GrantTighten = "grant_tighten", "tighten a grant";
        GrantExtend = "grant_extend", "extend a grant";
        SetRules = "set_rules", "change the rules of a shared policy";
        ToolAdd = "tool_add", "add a tool";
        ToolUpdate = "tool_update", "update a tool";
        ToolRemove = "tool_remove", "remove a tool";
        SurfacePut = "surface_put", "change a surface";
        SurfaceRemove = "surface_remove", "remove a surface";
        CredentialIssue = "credential_issue", "issue a credential";
        CredentialRotate = "credential_rotate", "rotate a credential";
        CredentialRevoke = "credential_revoke", "revoke a credential";
        Register = "register", "register an identity";
        RecordSet = "record_set", "change a record";
        Lifecycle = "lifecycle", "move in its life";
        SameAs = "same_as", "say that two are the same";
        Suspend = "suspend", "suspend";
        Lift = "lift", "lift a suspension";
        Anchor = "anchor", "review the whole state";
        EnvelopeSet = "envelope_set", "set an envelope";
        ResourceSet = "resource_set", "register or change a resource";
        FlowSet = "flow_set", "set a flow";
        GateSet = "gate_set", "set a gate";
        ExceptionSet = "exception_set", "set an exception";
        AttestationSet = "attestation_set", "set an attestation";
        Installation = "installation", "change this installation";
    }
}

/// One operation: `{"op":"grant_remove","grant":"…"}`. Ids are TypeIDs, instants RFC 3339, grants are named by match key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Operation {
    Adopt(Adopt),
    GrantAdd(Grant),
    GrantRemove(GrantRemove),
    GrantTighten(GrantTighten),
    GrantExtend(GrantExtend),
    SetRules(SetRules),
    Register(Register),
    RecordSet(RecordSet),
    Lifecycle(LifecycleSet),
    SameAs(SameAs),
    Suspend(Suspend),
    Lift(Lift),
    ResourceSet(ResourceSet),
    SurfacePut(SurfacePut),
    SurfaceRemove(SurfaceRemove),
    ToolAdd(ToolPut),
    ToolUpdate(ToolPut),
    ToolRemove(ToolRemove),
    CredentialIssue(CredentialPut),
    CredentialRotate(CredentialPut),
    CredentialRevoke(CredentialRevoke),
    Anchor(Anchor),
    EnvelopeSet(EnvelopeSet),
    Installation(Installation),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantRemove {
    pub grant: MatchKey,
}

/// Another rule or narrower terms in place of a grant's: refused unless it is provably narrower.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantTighten {
    pub grant: MatchKey,
    pub rule: Rule,
    pub terms: Terms,
}

/// A later end, more uses, fewer bindings: refused where it is none of these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantExtend {
    pub grant: MatchKey,
    pub terms: Terms,
}

/// All rules of a permission set, for every holder of it. A set is never left without a rule: remove its grants instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetRules {
    pub set: PermissionSetId,
    pub rules: Vec<Rule>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Register {
    pub identity: IdentityId,
    pub record: Record,
    pub keys: BTreeSet<ExternalKey>,
}

/// Attributes of a record; each at most once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordSet {
    pub identity: IdentityId,
    pub attributes: Vec<Attribute>,
}

/// An attribute and what it becomes: `{"field":"owner","to":"per_…"}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "field", content = "to", rename_all = "snake_case", deny_unknown_fields)]
pub enum Attribute {
    Name(String),
    Kind(Kind),
    Environment(Environment),
    Criticality(Criticality),
    Owner(Option<PersonId>),
    Backup(Option<PersonId>),
    Team(Option<TeamId>),
    Autonomy(Option<Autonomy>),
    Purpose(Option<Text>),
    Human(Option<Human>),
    Parent(Option<IdentityId>),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LifecycleSet {
    pub identity: IdentityId,
    pub to: Lifecycle,
}

/// A key of a source names another identity than it did; both ids stay readable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SameAs {
    pub key: ExternalKey,
    pub from: IdentityId,
    pub to: IdentityId,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suspend {
    pub subject: Subject,
    pub cause: String,
    #[serde(default, with = "super::content::instant", skip_serializing_if = "Option::is_none")]
    pub lifts_at: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lift {
    pub subject: Subject,
    pub cause: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResourceSet {
    pub resource: ResourceId,
    pub to: Resource,
}

impl Operation {
    pub fn op(&self) -> Op {
        match self {
            Self::Adopt(_) => Op::Adopt,
            Self::GrantAdd(_) => Op::GrantAdd,
            Self::GrantRemove(_) => Op::GrantRemove,
            Self::GrantTighten(_) => Op::GrantTighten,
            Self::GrantExtend(_) => Op::GrantExtend,
            Self::SetRules(_) => Op::SetRules,
            Self::Register(_) => Op::Register,
            Self::RecordSet(_) => Op::RecordSet,
            Self::Lifecycle(_) => Op::Lifecycle,
            Self::SameAs(_) => Op::SameAs,
            Self::Suspend(_) => Op::Suspend,
            Self::Lift(_) => Op::Lift,
            Self::ResourceSet(_) => Op::ResourceSet,
            Self::SurfacePut(_) => Op::SurfacePut,
            Self::SurfaceRemove(_) => Op::SurfaceRemove,
            Self::ToolAdd(_) => Op::ToolAdd,
            Self::ToolUpdate(_) => Op::ToolUpdate,
            Self::ToolRemove(_) => Op::ToolRemove,
            Self::CredentialIssue(_) => Op::CredentialIssue,
            Self::CredentialRotate(_) => Op::CredentialRotate,
            Self::CredentialRevoke(_) => Op::CredentialRevoke,
            Self::Anchor(_) => Op::Anchor,
            Self::EnvelopeSet(_) => Op::EnvelopeSet,
            Self::Installation(_) => Op::Installation,
        }
    }

    /// Reads one operation from JSON. Refused: no known word under `op`, one whose effect is not computed yet, an unknown or
    /// missing member.
    pub fn read(value: &serde_json::Value) -> Result<Self, BadOperation> {
        let word = value.get("op").and_then(serde_json::Value::as_str).unwrap_or_default();
        let op = Op::parse(word).ok_or_else(|| BadOperation::Unknown(crate::text::capped(word, 60)))?;
        if !op.is_built() {
            return Err(BadOperation::NotBuilt(op));
        }
        let read = Self::deserialize(value).map_err(|e| BadOperation::Malformed { op, why: crate::text::capped(&e.to_string(), 300) });
        read.map(Self::normal)
    }

    /// With the lists of its rules sorted: two writings of one rule have one match key.
    fn normal(self) -> Self {
        match self {
            Self::GrantAdd(grant) => Self::GrantAdd(Grant { rule: grant.rule.normal(), ..grant }),
            Self::GrantTighten(o) => Self::GrantTighten(GrantTighten { rule: o.rule.normal(), ..o }),
            Self::SetRules(o) => Self::SetRules(SetRules { rules: o.rules.into_iter().map(Rule::normal).collect(), ..o }),
            other => other,
        }
    }
}

impl Op {
    /// True where its effect is computed. The others are refused at submit.
    pub fn is_built(self) -> bool {
        match self {
            Self::Adopt
            | Self::GrantAdd
            | Self::GrantRemove
            | Self::GrantTighten
            | Self::GrantExtend
            | Self::SetRules
            | Self::Register
            | Self::RecordSet
            | Self::Lifecycle
            | Self::SameAs
            | Self::Suspend
            | Self::Lift
            | Self::ResourceSet
            | Self::ToolAdd
            | Self::ToolUpdate
            | Self::ToolRemove
            | Self::SurfacePut
            | Self::SurfaceRemove
            | Self::CredentialIssue
            | Self::CredentialRotate
            | Self::CredentialRevoke
            | Self::Anchor
            | Self::EnvelopeSet
            | Self::Installation => true,
            Self::FlowSet | Self::GateSet | Self::ExceptionSet | Self::AttestationSet => false,
        }
    }
}

/// Why a text is no operation. Fit for a person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadOperation {
    #[error("op: \"{0}\" is no operation. The API document lists them.")]
    Unknown(String),
    #[error("op: this version cannot compute what \"{}\" comes to, so it takes no such change.", .0.as_str())]
    NotBuilt(Op),
    #[error("{}: {why}.", .op.as_str())]
    Malformed { op: Op, why: String },
}
