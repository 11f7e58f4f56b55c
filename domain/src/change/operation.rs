//! What a change asks for: one closed list of operations (decisions C1), tagged JSON without unknown members. Whether one
//! can be carried out is `baseline`'s answer, what it comes to `effect`'s. An operation whose effect nobody computes yet is
//! refused by its word.

use super::content::{ExternalKey, Grant, MatchKey, Record, Resource, Terms, Text};
use crate::identity::{Autonomy, Criticality, Environment, Human, Kind, Lifecycle};
use crate::ids::{IdentityId, PermissionSetId, PersonId, ResourceId, SourceId, TeamId};
use crate::rule::Rule;
use crate::seq::Seq;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

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
}

/// What of a source is adopted (decisions C5): whatever was observed at a position and is not countersigned yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adopt {
    pub source: SourceId,
    /// The account or namespace; none for all of the source.
    pub scope: Option<String>,
    pub position: Seq,
    /// Grants that stay out.
    pub except: BTreeSet<MatchKey>,
    /// Rows by table, and grants by highest class.
    pub rows: BTreeMap<String, u64>,
    pub classes: BTreeMap<String, u64>,
    /// Hex of the Merkle root over the sorted (table, match key, row digest).
    pub root: String,
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

/// What a suspension takes out of the live plane.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case", deny_unknown_fields)]
pub enum Subject {
    Grant(MatchKey),
    Identity(IdentityId),
    Source(SourceId),
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

/// What an operation writes or rests on. Two operations of one change must not write the same, nor may one write what
/// another rests on: then any order of them comes to the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    Grant(MatchKey),
    Set(PermissionSetId),
    Record(IdentityId),
    Lifecycle(IdentityId),
    Key(ExternalKey),
    Suspension(Subject, String),
    Resource(ResourceId),
    Source(SourceId),
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

    /// What it writes.
    pub fn writes(&self) -> Vec<Target> {
        match self {
            Self::Adopt(o) => vec![Target::Source(o.source)],
            Self::GrantAdd(grant) => vec![Target::Grant(grant.key())],
            Self::GrantRemove(o) => vec![Target::Grant(o.grant.clone())],
            // The key is made of the rule: the new one may be another.
            Self::GrantTighten(o) => vec![Target::Grant(o.grant.clone())],
            Self::GrantExtend(o) => vec![Target::Grant(o.grant.clone())],
            Self::SetRules(o) => vec![Target::Set(o.set)],
            Self::Register(o) => {
                let keys = o.keys.iter().cloned().map(Target::Key);
                [Target::Record(o.identity), Target::Lifecycle(o.identity)].into_iter().chain(keys).collect()
            }
            Self::RecordSet(o) => vec![Target::Record(o.identity)],
            Self::Lifecycle(o) => vec![Target::Lifecycle(o.identity)],
            Self::SameAs(o) => vec![Target::Key(o.key.clone())],
            Self::Suspend(o) => vec![Target::Suspension(o.subject.clone(), o.cause.clone())],
            Self::Lift(o) => vec![Target::Suspension(o.subject.clone(), o.cause.clone())],
            Self::ResourceSet(o) => vec![Target::Resource(o.resource)],
        }
    }

    /// True of what is never kept from happening by somebody else's change in between: it compares nothing (decisions C2,
    /// C10), and no quota holds it (threats.md 14).
    pub fn pins_nothing(&self) -> bool {
        match self {
            Self::Suspend(_) | Self::GrantRemove(_) => true,
            Self::Lifecycle(o) => o.to == Lifecycle::Quarantined,
            Self::Adopt(_)
            | Self::GrantAdd(_)
            | Self::GrantTighten(_)
            | Self::GrantExtend(_)
            | Self::SetRules(_)
            | Self::Register(_)
            | Self::RecordSet(_)
            | Self::SameAs(_)
            | Self::Lift(_)
            | Self::ResourceSet(_) => false,
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
            | Self::ResourceSet => true,
            Self::ToolAdd
            | Self::ToolUpdate
            | Self::ToolRemove
            | Self::SurfacePut
            | Self::SurfaceRemove
            | Self::CredentialIssue
            | Self::CredentialRotate
            | Self::CredentialRevoke
            | Self::Anchor
            | Self::EnvelopeSet
            | Self::FlowSet
            | Self::GateSet
            | Self::ExceptionSet
            | Self::AttestationSet
            | Self::Installation => false,
        }
    }
}

impl Attribute {
    /// Which attribute it is: its place in the list.
    pub(super) fn place(&self) -> u8 {
        match self {
            Self::Name(_) => 0,
            Self::Kind(_) => 1,
            Self::Environment(_) => 2,
            Self::Criticality(_) => 3,
            Self::Owner(_) => 4,
            Self::Backup(_) => 5,
            Self::Team(_) => 6,
            Self::Autonomy(_) => 7,
            Self::Purpose(_) => 8,
            Self::Human(_) => 9,
            Self::Parent(_) => 10,
        }
    }

    /// The same attribute as it stands in a record.
    pub(super) fn of(&self, record: &Record) -> Self {
        match self {
            Self::Name(_) => Self::Name(record.name.clone()),
            Self::Kind(_) => Self::Kind(record.kind),
            Self::Environment(_) => Self::Environment(record.environment),
            Self::Criticality(_) => Self::Criticality(record.criticality),
            Self::Owner(_) => Self::Owner(record.owner),
            Self::Backup(_) => Self::Backup(record.backup),
            Self::Team(_) => Self::Team(record.team),
            Self::Autonomy(_) => Self::Autonomy(record.autonomy),
            Self::Purpose(_) => Self::Purpose(record.purpose.clone()),
            Self::Human(_) => Self::Human(record.human),
            Self::Parent(_) => Self::Parent(record.parent),
        }
    }

    pub(super) fn put(&self, record: &mut Record) {
        match self {
            Self::Name(to) => record.name.clone_from(to),
            Self::Kind(to) => record.kind = *to,
            Self::Environment(to) => record.environment = *to,
            Self::Criticality(to) => record.criticality = *to,
            Self::Owner(to) => record.owner = *to,
            Self::Backup(to) => record.backup = *to,
            Self::Team(to) => record.team = *to,
            Self::Autonomy(to) => record.autonomy = *to,
            Self::Purpose(to) => record.purpose.clone_from(to),
            Self::Human(to) => record.human = *to,
            Self::Parent(to) => record.parent = *to,
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
