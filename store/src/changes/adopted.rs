//! What adopting reads: what a source saw as of a position, identity by identity, and what of it people have countersigned
//! already. A page is a range of identities.

use crate::Result;
use crate::engine::db::Tx;
use crate::grants::{Grant, grant_columns};
use crate::identities::{Record, live, record_columns};
use crate::surfaces::{Surface, surface_columns};
use domain::identity::{Criticality, Environment, Plane};
use domain::ids::{BatchId, ChangeId, IdentityId, SourceId};
use domain::ledger::ActorKind;
use domain::seq::Seq;
use domain::surface::SurfaceKind;
use uuid::Uuid;

statements! {
    /// Where the identities of a source stand, as far as people say: a tag never routes.
    HELD = concat!("SELECT f.identity_id, f.place,
            CASE WHEN f.environment_from = 'hint' THEN 'unknown' ELSE f.environment END AS environment,
            CASE WHEN f.criticality_from = 'hint' THEN 'unknown' ELSE f.criticality END AS criticality FROM identity_facts f
        WHERE f.source_id = $1 AND f.since <= $2 AND $2 < f.until AND ", live!("f", "$2"), " AND (CAST($3 AS TEXT) IS NULL OR f.place = $3)
        ORDER BY f.identity_id LIMIT 10000000");
    RECORDS = concat!("SELECT ", record_columns!("v"), " FROM identity_versions v
        WHERE v.id >= $1 AND v.id <= $2 AND v.plane = $3 AND v.since <= $4 AND $4 < v.until AND ", live!("v", "$4"), " ORDER BY v.id LIMIT 100000");
    GRANTS = concat!("SELECT ", grant_columns!("g"), " FROM grants g
        WHERE g.identity_id >= $1 AND g.identity_id <= $2 AND g.plane = $3 AND g.source_id = $4 AND g.since <= $5 AND $5 < g.until AND ", live!("g", "$5"), "
        ORDER BY g.identity_id, g.match_key LIMIT 10000000");
    SURFACES = concat!("SELECT ", surface_columns!("v"), " FROM surface_versions v
        WHERE v.identity_id >= $1 AND v.identity_id <= $2 AND v.plane = $3 AND v.source_id = $4 AND v.since <= $5 AND $5 < v.until AND ", live!("v", "$5"), "
        ORDER BY v.identity_id, v.id LIMIT 1000000");
    COUNTERSIGNED = concat!("SELECT g.match_key FROM grants g
        WHERE g.identity_id >= $1 AND g.identity_id <= $2 AND g.plane = 'baseline' AND g.until = 9223372036854775807 AND ", live!("g", "9223372036854775806"), "
        ORDER BY g.match_key LIMIT 10000000");
    COUNTERSIGNED_SURFACES = concat!("SELECT v.identity_id, v.kind, v.locator FROM surface_versions v
        WHERE v.identity_id >= $1 AND v.identity_id <= $2 AND v.plane = 'baseline' AND v.until = 9223372036854775807 AND ", live!("v", "9223372036854775806"), "
        ORDER BY v.id LIMIT 1000000");
    REVIEWED = concat!("SELECT r.identity_id FROM identity_reviews r
        WHERE r.identity_id >= $1 AND r.identity_id <= $2 AND r.until = 9223372036854775807 AND ", live!("r", "9223372036854775806"), "
        ORDER BY r.identity_id LIMIT 100000");
    /// Those of whom a batch says that people have reviewed them.
    REVIEWS_OF = "SELECT r.identity_id FROM identity_reviews r WHERE r.batch = $1 ORDER BY r.identity_id LIMIT 10000000";
    /// What the newest entry that applies a part of a change says of how far it is.
    REACHED = "SELECT l.seq, l.payload FROM ledger l WHERE l.subject_id = $1 AND l.verb = 'change.part' ORDER BY l.seq DESC LIMIT 1";
    /// Who fed a source, with what the entries say of the token that was used.
    FED = "SELECT DISTINCT l.actor_kind, l.actor_id, l.payload FROM imports i JOIN ledger l ON l.seq = i.seq WHERE i.source_id = $1 ORDER BY l.actor_id LIMIT 10000";
    /// Identities of a source that came, went or changed between two positions; counted up to a bound.
    MOVED = "SELECT COUNT(*) FROM (SELECT f.identity_id FROM identity_facts f WHERE f.since <> 0 AND f.since > $2 AND f.since <= $3 AND f.source_id = $1
        UNION SELECT f.identity_id FROM identity_facts f WHERE f.until <> 9223372036854775807 AND f.until > $2 AND f.until <= $3 AND f.source_id = $1 LIMIT 10001) x";
}

/// Where an identity of a source stood.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Held {
    pub identity_id: IdentityId,
    pub place: Option<String>,
    pub environment: Environment,
    pub criticality: Criticality,
}

/// Identities of a source, or of a place in it, as of a position, by id.
pub async fn held(tx: &mut Tx, source: SourceId, seq: Seq, place: Option<&str>) -> Result<Vec<Held>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Held>(HELD).bind(source).bind(seq).bind(place).fetch_all(c).await?))
}

/// A range of identities, both of its ends among them.
pub type Range = (IdentityId, IdentityId);

/// Records of a range in a plane.
pub async fn records(tx: &mut Tx, (from, to): Range, plane: Plane, seq: Seq) -> Result<Vec<Record>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Record>(RECORDS).bind(from).bind(to).bind(plane).bind(seq).fetch_all(c).await?))
}

/// Grants that a source reported of a range, by match key.
pub async fn grants(tx: &mut Tx, (from, to): Range, source: SourceId, seq: Seq) -> Result<Vec<Grant>> {
    Ok(on!(tx, c => {
        sqlx::query_as::<_, Grant>(GRANTS).bind(from).bind(to).bind(Plane::Observed).bind(source).bind(seq).fetch_all(c).await?
    }))
}

pub async fn surfaces(tx: &mut Tx, (from, to): Range, source: SourceId, seq: Seq) -> Result<Vec<Surface>> {
    Ok(on!(tx, c => {
        sqlx::query_as::<_, Surface>(SURFACES).bind(from).bind(to).bind(Plane::Observed).bind(source).bind(seq).fetch_all(c).await?
    }))
}

/// Match keys of what people have countersigned of a range, as of now.
pub async fn countersigned(tx: &mut Tx, (from, to): Range) -> Result<Vec<String>> {
    Ok(on!(tx, c => sqlx::query_scalar::<_, String>(COUNTERSIGNED).bind(from).bind(to).fetch_all(c).await?))
}

pub async fn countersigned_surfaces(tx: &mut Tx, (from, to): Range) -> Result<Vec<(IdentityId, SurfaceKind, String)>> {
    Ok(on!(tx, c => {
        sqlx::query_as::<_, (IdentityId, SurfaceKind, String)>(COUNTERSIGNED_SURFACES).bind(from).bind(to).fetch_all(c).await?
    }))
}

/// Who of a range has been reviewed, as of now.
pub async fn reviewed(tx: &mut Tx, (from, to): Range) -> Result<Vec<IdentityId>> {
    Ok(on!(tx, c => sqlx::query_scalar::<_, IdentityId>(REVIEWED).bind(from).bind(to).fetch_all(c).await?))
}

pub async fn reviews_of(tx: &mut Tx, batch: BatchId) -> Result<Vec<IdentityId>> {
    Ok(on!(tx, c => sqlx::query_scalar::<_, IdentityId>(REVIEWS_OF).bind(batch).fetch_all(c).await?))
}

/// The newest entry that applied a part of a change, with its payload; none where there is none yet.
pub async fn reached(tx: &mut Tx, change: ChangeId) -> Result<Option<(Seq, String)>> {
    Ok(on!(tx, c => sqlx::query_as::<_, (Seq, String)>(REACHED).bind(change).fetch_optional(c).await?))
}

/// Whoever imported into a source, ever.
pub async fn fed(tx: &mut Tx, source: SourceId) -> Result<Vec<(ActorKind, Option<Uuid>, String)>> {
    Ok(on!(tx, c => sqlx::query_as::<_, (ActorKind, Option<Uuid>, String)>(FED).bind(source).fetch_all(c).await?))
}

/// How many identities of a source came, went or changed after a position and up to another; 10,001 stands for more.
pub async fn moved(tx: &mut Tx, source: SourceId, (from, to): (Seq, Seq)) -> Result<i64> {
    Ok(on!(tx, c => sqlx::query_scalar::<_, i64>(MOVED).bind(source).bind(from).bind(to).fetch_one(c).await?))
}
