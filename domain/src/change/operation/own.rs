//! The operations on what an identity has of its own. Who puts something there gives it its id.

use crate::change::own::{Credential, Envelope, Surface, Tool};
use crate::ids::{CredentialId, IdentityId, SurfaceId, ToolId};
use serde::{Deserialize, Serialize};

/// A surface as it becomes, new or in place of what it was. It stays its identity's, and of its kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SurfacePut {
    pub surface: SurfaceId,
    pub to: Surface,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SurfaceRemove {
    pub surface: SurfaceId,
}

/// A tool as it becomes. A rename is an update.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolPut {
    pub tool: ToolId,
    pub to: Tool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolRemove {
    pub tool: ToolId,
}

/// A credential as it is issued, or as it is after its rotation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CredentialPut {
    pub credential: CredentialId,
    pub to: Credential,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CredentialRevoke {
    pub credential: CredentialId,
}

/// A person reviewed the whole state of an identity: the digest of what was reviewed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Anchor {
    pub identity: IdentityId,
    pub state: String,
}

/// The envelope of a surface; none takes it away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnvelopeSet {
    pub surface: SurfaceId,
    pub to: Option<Envelope>,
}
