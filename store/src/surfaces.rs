//! Surfaces, the tools of a tools surface, and credentials.

use crate::Result;
use crate::db::Tx;
use crate::identities::{live, no_provenance};
use crate::rows::Row;
use crate::tables;
use uuid::Uuid;

statements! {
    OF_IDENTITY = concat!("SELECT v.id, v.since, v.until, v.plane, v.identity_id, v.kind, v.locator, v.content_digest, v.content_id, v.source_id FROM surface_versions v
        WHERE v.identity_id = $1 AND v.since <= $2 AND $2 < v.until AND ", live!("v", "$2"), " ORDER BY v.kind, v.locator, v.plane LIMIT 200");
    VERSIONS = concat!("SELECT v.id, v.since, v.until, v.plane, v.identity_id, v.kind, v.locator, v.content_digest, v.content_id, v.source_id FROM surface_versions v
        WHERE v.id = $1 AND v.since <= $2 AND ", live!("v", "$2"), " ORDER BY v.since DESC LIMIT 50");
    OF_SOURCE = "SELECT v.id, v.since, v.until, v.plane, v.identity_id, v.kind, v.locator, v.content_digest, v.content_id, v.source_id FROM surface_versions v
        WHERE v.source_id = $1 AND v.plane = 'observed' AND v.until = 9223372036854775807 ORDER BY v.id LIMIT 1000000";
    TOOLS_OF_SURFACE = concat!("SELECT t.id, t.surface_id, t.name, t.drift_key, t.annotations, t.definition FROM tools t
        WHERE t.identity_id = $1 AND t.since <= $2 AND $2 < t.until AND ", live!("t", "$2"), " ORDER BY t.name LIMIT 1000");
    TOOLS_OF_SOURCE = "SELECT id, surface_id, name, drift_key, annotations, '' AS definition FROM tools
        WHERE source_id = $1 AND plane = 'observed' AND until = 9223372036854775807 ORDER BY id LIMIT 1000000";
    CREDENTIALS_OF_IDENTITY = concat!("SELECT v.id, v.since, v.identity_id, v.method, v.key_id, v.issuer, v.issued_at, v.expires_at, v.state FROM credential_versions v
        WHERE v.identity_id = $1 AND v.since <= $2 AND $2 < v.until AND ", live!("v", "$2"), " ORDER BY v.method, v.key_id LIMIT 200");
    CREDENTIALS_OF_SOURCE = "SELECT v.id, v.since, v.identity_id, v.method, v.key_id, v.issuer, v.issued_at, v.expires_at, v.state FROM credential_versions v
        WHERE v.source_id = $1 AND v.plane = 'observed' AND v.until = 9223372036854775807 ORDER BY v.id LIMIT 1000000";
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Surface {
    pub id: Uuid,
    pub since: i64,
    pub until: i64,
    pub plane: String,
    pub identity_id: Uuid,
    pub kind: String,
    pub locator: String,
    pub content_digest: Option<String>,
    pub content_id: Option<Uuid>,
    pub source_id: Option<Uuid>,
}

/// What a surface version says.
#[derive(Clone, Copy, Debug)]
pub struct NewSurface<'a> {
    pub id: Uuid,
    pub plane: &'a str,
    pub identity: Uuid,
    pub kind: &'a str,
    pub locator: &'a str,
    pub digest: Option<&'a str>,
    pub content: Option<Uuid>,
    pub source: Option<Uuid>,
}

pub fn row(s: &NewSurface<'_>, batch: Option<Uuid>) -> Row {
    let mut values = vec![
        s.id.into(),
        s.plane.into(),
        batch.into(),
        s.identity.into(),
        s.kind.into(),
        s.locator.into(),
        s.digest.into(),
        s.content.into(),
        s.source.into(),
    ];
    values.extend(no_provenance());
    Row::new(&tables::SURFACE_VERSIONS, values)
}

pub async fn of_identity(tx: &mut Tx, identity: Uuid, seq: i64) -> Result<Vec<Surface>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Surface>(OF_IDENTITY).bind(identity).bind(seq).fetch_all(c).await?))
}

/// Versions of one surface up to a position, newest first.
pub async fn versions(tx: &mut Tx, id: Uuid, seq: i64) -> Result<Vec<Surface>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Surface>(VERSIONS).bind(id).bind(seq).fetch_all(c).await?))
}

pub async fn of_source(tx: &mut Tx, source: Uuid) -> Result<Vec<Surface>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Surface>(OF_SOURCE).bind(source).fetch_all(c).await?))
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Tool {
    pub id: Uuid,
    pub surface_id: Uuid,
    pub name: String,
    pub drift_key: String,
    pub annotations: String,
    pub definition: String,
}

/// What a tool says.
#[derive(Clone, Copy, Debug)]
pub struct NewTool<'a> {
    pub id: Uuid,
    pub identity: Uuid,
    pub surface: Uuid,
    pub source: Uuid,
    pub name: &'a str,
    pub drift_key: &'a str,
    pub annotations: &'a str,
    pub definition: &'a str,
}

pub fn tool_row(t: &NewTool<'_>, batch: Option<Uuid>) -> Row {
    Row::new(
        &tables::TOOLS,
        vec![
            t.id.into(),
            batch.into(),
            "observed".into(),
            t.identity.into(),
            t.surface.into(),
            t.source.into(),
            t.name.into(),
            t.drift_key.into(),
            t.annotations.into(),
            t.definition.into(),
        ],
    )
}

pub async fn tools_of(tx: &mut Tx, identity: Uuid, seq: i64) -> Result<Vec<Tool>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Tool>(TOOLS_OF_SURFACE).bind(identity).bind(seq).fetch_all(c).await?))
}

pub async fn tools_of_source(tx: &mut Tx, source: Uuid) -> Result<Vec<Tool>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Tool>(TOOLS_OF_SOURCE).bind(source).fetch_all(c).await?))
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Credential {
    pub id: Uuid,
    pub since: i64,
    pub identity_id: Uuid,
    pub method: String,
    pub key_id: String,
    pub issuer: String,
    pub issued_at: Option<i64>,
    pub expires_at: Option<i64>,
    pub state: Option<String>,
}

/// What a credential says; never the secret.
#[derive(Clone, Copy, Debug)]
pub struct NewCredential<'a> {
    pub id: Uuid,
    pub identity: Uuid,
    pub source: Uuid,
    pub method: &'a str,
    pub key_id: &'a str,
    pub issued_at: Option<i64>,
    pub expires_at: Option<i64>,
    pub state: Option<&'a str>,
}

pub fn credential_row(n: &NewCredential<'_>, batch: Option<Uuid>) -> Row {
    Row::new(
        &tables::CREDENTIAL_VERSIONS,
        vec![
            n.id.into(),
            batch.into(),
            "observed".into(),
            n.identity.into(),
            Some(n.source).into(),
            n.method.into(),
            n.key_id.into(),
            "unknown".into(),
            n.issued_at.into(),
            n.expires_at.into(),
            None::<i64>.into(),
            None::<&str>.into(),
            n.state.into(),
        ],
    )
}

pub async fn credentials_of(tx: &mut Tx, identity: Uuid, seq: i64) -> Result<Vec<Credential>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Credential>(CREDENTIALS_OF_IDENTITY).bind(identity).bind(seq).fetch_all(c).await?))
}

pub async fn credentials_of_source(tx: &mut Tx, source: Uuid) -> Result<Vec<Credential>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Credential>(CREDENTIALS_OF_SOURCE).bind(source).fetch_all(c).await?))
}
