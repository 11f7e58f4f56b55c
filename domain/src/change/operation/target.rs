//! What operations write and what they rest on, so that those of one change come to the same in any order.

use super::{Installation, Operation, Subject};
use crate::change::content::{ExternalKey, MatchKey};
use crate::identity::Lifecycle;
use crate::ids::{CredentialId, GroupId, IdentityId, PermissionSetId, PersonId, ResourceId, SourceId, SurfaceId, ToolId};

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
    Surface(SurfaceId),
    Tool(ToolId),
    Credential(CredentialId),
    /// The review of an identity's whole state.
    Anchor(IdentityId),
    /// By its surface.
    Envelope(SurfaceId),
    Seal,
    Roles(PersonId),
    Member(PersonId),
    Account(PersonId),
    Group(GroupId),
}

impl Operation {
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
            Self::SurfacePut(o) => vec![Target::Surface(o.surface)],
            Self::SurfaceRemove(o) => vec![Target::Surface(o.surface)],
            Self::ToolAdd(o) | Self::ToolUpdate(o) => vec![Target::Tool(o.tool)],
            Self::ToolRemove(o) => vec![Target::Tool(o.tool)],
            Self::CredentialIssue(o) | Self::CredentialRotate(o) => vec![Target::Credential(o.credential)],
            Self::CredentialRevoke(o) => vec![Target::Credential(o.credential)],
            Self::Anchor(o) => vec![Target::Anchor(o.identity)],
            Self::EnvelopeSet(o) => vec![Target::Envelope(o.surface)],
            Self::Installation(o) => vec![match o {
                Installation::Seal {} => Target::Seal,
                Installation::Roles(o) => Target::Roles(o.person),
                Installation::Group(o) => Target::Member(o.person),
                Installation::GroupAdd(o) => Target::Group(o.group),
                Installation::Source(o) => Target::Source(o.source),
                Installation::SourceAdd(o) => Target::Source(o.source),
                Installation::Restore(o) => Target::Account(o.person),
            }],
        }
    }

    /// True of what is never kept from happening by somebody else's change in between: it compares nothing (decisions C2,
    /// C10), and no quota holds it (threats.md 14).
    pub fn pins_nothing(&self) -> bool {
        match self {
            Self::Suspend(_) | Self::GrantRemove(_) | Self::CredentialRevoke(_) => true,
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
            | Self::ResourceSet(_)
            | Self::SurfacePut(_)
            | Self::SurfaceRemove(_)
            | Self::ToolAdd(_)
            | Self::ToolUpdate(_)
            | Self::ToolRemove(_)
            | Self::CredentialIssue(_)
            | Self::CredentialRotate(_)
            | Self::Anchor(_)
            | Self::EnvelopeSet(_)
            | Self::Installation(_) => false,
        }
    }
}
