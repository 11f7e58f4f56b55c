//! Surfaces, and the tools of a tools surface.

use crate::Result;
use crate::changes::applications::{COUNTERSIGNED_OR_BATCHED, OF_AN_APPLICATION};
use crate::engine::db::Tx;
use crate::engine::table::{Table, index, index_open};
use crate::identities::{PROVENANCE, live, proven};
use domain::identity::Plane;
use domain::ids::{BatchId, BlobId, IdentityId, SourceId, SurfaceId, ToolId};
use domain::seq::Seq;
use domain::surface::SurfaceKind;

proven! { $
    /// A version of a surface.
    Surface in SURFACE_VERSIONS, surface_columns {
        since,
        id: SurfaceId,
        plane: Plane,
        batch: Option<BatchId>,
        identity_id: IdentityId [-> "identities"],
        kind: SurfaceKind,
        locator: String,
        content_digest: Option<String>,
        content_id: Option<BlobId>,
        source_id: Option<SourceId>,
    }
}

pub static SURFACE_VERSIONS: Table = Table {
    name: "surface_versions",
    about: "One of the eight things behaviour is made of; a version is content-addressed. Content of `permissions` and `tools` is derived: locator and digest only.",
    anchor: Some("surfaces"),
    key: &["id", "since"],
    columns: Surface::COLUMNS,
    one_open: &["identity_id", "kind", "locator", "plane"],
    indexes: &[index_open("by_source_id_id_open", &["source_id", "id"]), index("by_identity_id", &["identity_id"])],
    checks: PROVENANCE,
    refusals: &[COUNTERSIGNED_OR_BATCHED],
    ..Table::PLAIN
};

row! { $
    /// A tool of a tools surface.
    Tool in TOOLS, tool_columns {
        since,
        id: ToolId,
        batch: Option<BatchId>,
        plane: Plane,
        identity_id: IdentityId [-> "identities"],
        surface_id: SurfaceId [-> "surfaces"],
        source_id: SourceId [-> "sources"],
        name: String,
        drift_key: String,
        /// JSON of the annotations with defaults applied.
        annotations: String,
        /// JSON of the definition as the server gives it.
        definition: String,
    }
}

pub static TOOLS: Table = Table {
    name: "tools",
    about: "The items of a tools surface. The drift key is SHA-256 over JCS(name, description, inputSchema, outputSchema, annotations).",
    columns: Tool::COLUMNS,
    one_open: &["surface_id", "plane", "name"],
    indexes: &[index("by_identity_id", &["identity_id"]), index_open("by_source_id_id_open", &["source_id", "id"])],
    refusals: &[OF_AN_APPLICATION],
    ..Table::PLAIN
};

statements! {
    OF_IDENTITY = concat!("SELECT ", surface_columns!("v"), " FROM surface_versions v
        WHERE v.identity_id = $1 AND v.plane IN ($3, $4) AND v.since <= $2 AND $2 < v.until AND ", live!("v", "$2"), " ORDER BY v.kind, v.locator, v.plane LIMIT 200");
    VERSIONS = concat!("SELECT ", surface_columns!("v"), " FROM surface_versions v
        WHERE v.id = $1 AND v.plane = $3 AND v.since <= $2 AND ", live!("v", "$2"), " ORDER BY v.since DESC LIMIT 50");
    VERSION = concat!("SELECT ", surface_columns!("v"), " FROM surface_versions v
        WHERE v.id = $1 AND v.since = $2 AND v.since <= $3 AND ", live!("v", "$3"), " LIMIT 1");
    OF_SOURCE = concat!("SELECT ", surface_columns!("v"), " FROM surface_versions v
        WHERE v.source_id = $1 AND v.plane = $2 AND v.until = 9223372036854775807 ORDER BY v.id LIMIT 1000000");
    TOOLS_OF_IDENTITY = concat!("SELECT ", tool_columns!("t"), " FROM tools t
        WHERE t.identity_id = $1 AND t.plane = $3 AND t.since <= $2 AND $2 < t.until AND ", live!("t", "$2"), " ORDER BY t.name LIMIT 1000");
    TOOLS_OF_SOURCE = "SELECT id, surface_id, name, drift_key FROM tools WHERE source_id = $1 AND plane = $2 AND until = 9223372036854775807 ORDER BY id LIMIT 1000000";
}

impl Surface {
    /// A version that nobody countersigned: it was seen, or entered by hand.
    pub fn new(id: SurfaceId, plane: Plane, identity_id: IdentityId, kind: SurfaceKind, locator: &str) -> Self {
        Self {
            since: Seq::ZERO,
            id,
            plane,
            batch: None,
            identity_id,
            kind,
            locator: locator.to_owned(),
            content_digest: None,
            content_id: None,
            source_id: None,
            origin: None,
            author_kind: None,
            author_id: None,
            approver_kind: None,
            approver_id: None,
            applier_kind: None,
            applier_id: None,
            change_id: None,
            self_evidence: None,
        }
    }
}

/// What sources see and what people entered by hand, of one identity.
pub async fn of_identity(tx: &mut Tx, identity: IdentityId, seq: Seq) -> Result<Vec<Surface>> {
    let planes = (Plane::Observed, Plane::Manual);
    Ok(on!(tx, c => sqlx::query_as::<_, Surface>(OF_IDENTITY).bind(identity).bind(seq).bind(planes.0).bind(planes.1).fetch_all(c).await?))
}

/// Versions of one surface in a plane up to a position, newest first.
pub async fn versions(tx: &mut Tx, id: SurfaceId, plane: Plane, seq: Seq) -> Result<Vec<Surface>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Surface>(VERSIONS).bind(id).bind(seq).bind(plane).fetch_all(c).await?))
}

/// One version of a surface, where it was there at a position.
pub async fn version(tx: &mut Tx, id: SurfaceId, since: Seq, seq: Seq) -> Result<Option<Surface>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Surface>(VERSION).bind(id).bind(since).bind(seq).fetch_optional(c).await?))
}

pub async fn of_source(tx: &mut Tx, source: SourceId, plane: Plane) -> Result<Vec<Surface>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Surface>(OF_SOURCE).bind(source).bind(plane).fetch_all(c).await?))
}

pub async fn tools_of(tx: &mut Tx, identity: IdentityId, plane: Plane, seq: Seq) -> Result<Vec<Tool>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Tool>(TOOLS_OF_IDENTITY).bind(identity).bind(seq).bind(plane).fetch_all(c).await?))
}

/// An open tool, for comparison.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct KnownTool {
    pub id: ToolId,
    pub surface_id: SurfaceId,
    pub name: String,
    pub drift_key: String,
}

pub async fn tools_of_source(tx: &mut Tx, source: SourceId, plane: Plane) -> Result<Vec<KnownTool>> {
    Ok(on!(tx, c => sqlx::query_as::<_, KnownTool>(TOOLS_OF_SOURCE).bind(source).bind(plane).fetch_all(c).await?))
}
