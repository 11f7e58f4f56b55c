//! People, their roles and how they sign in. Names and e-mail addresses are redactable; sign-in finds
//! people by a keyed digest.

use crate::Result;
use crate::db::Tx;
use crate::rows::Row;
use crate::tables;
use domain::blob::commitment;
use domain::facts::{ColumnKind, Value};
use domain::permission::{Held, Role, Scope};
use uuid::Uuid;

statements! {
    BY_EMAIL_KEY = "SELECT id, since, name, email, state FROM person_versions
        WHERE email_key = $1 AND until = 9223372036854775807 LIMIT 1";
    BY_ID = "SELECT id, since, name, email, state FROM person_versions
        WHERE id = $1 AND since <= $2 AND $2 < until LIMIT 1";
    ALL_AT = "SELECT id, since, name, email, state FROM person_versions
        WHERE since <= $1 AND $1 < until ORDER BY name, id LIMIT 1000";
    PAGE = "SELECT id, since, name, email, state FROM person_versions
        WHERE since <= $1 AND $1 < until
          AND (CAST($2 AS TEXT) IS NULL OR LOWER(COALESCE(name, '')) LIKE $2 ESCAPE '\\' OR LOWER(COALESCE(email, '')) LIKE $2 ESCAPE '\\')
          AND (CAST($3 AS TEXT) IS NULL OR state = $3)
          AND (CAST($4 AS TEXT) IS NULL OR id IN (SELECT r.person_id FROM role_assignments r WHERE r.role = $4 AND r.since <= $1 AND $1 < r.until))
          AND (COALESCE(name, ''), id) > ($5, $6) ORDER BY COALESCE(name, ''), id LIMIT $7";
    TOTALS = "SELECT COUNT(*), CAST(COALESCE(SUM(CASE WHEN id IN (SELECT r.person_id FROM role_assignments r
            WHERE r.role IN ('reviewer', 'security_reviewer') AND r.since <= $1 AND $1 < r.until) THEN 1 ELSE 0 END), 0) AS BIGINT)
        FROM person_versions WHERE state = 'active' AND since <= $1 AND $1 < until";
    ROLES_OF = "SELECT role, scope_kind, scope FROM role_assignments WHERE person_id = $1 AND since <= $2 AND $2 < until ORDER BY role, scope_kind, scope LIMIT 200";
    ACTIVE = "SELECT id FROM person_versions WHERE state = 'active' AND until = 9223372036854775807 ORDER BY id LIMIT 1000000";
    PASSWORD_OF = "SELECT id, secret, mac FROM authenticators
        WHERE person_id = $1 AND kind = 'password' AND until = 9223372036854775807 LIMIT 1";
    COUNT = "SELECT COUNT(*) FROM people";
    WHOLE = "SELECT id, since, name, email, pii_salt, name_digest, email_digest, email_key, human, state FROM person_versions
        WHERE id = $1 AND until = 9223372036854775807 LIMIT 1";
    ASSIGNMENTS_AT = "SELECT id, person_id, role, scope_kind, scope FROM role_assignments WHERE since <= $1 AND $1 < until ORDER BY person_id, role, scope_kind, scope LIMIT 5000";
    OWNED_BY = "SELECT id FROM identity_versions WHERE plane = 'manual' AND (owner_id = $1 OR backup_id = $1) AND until = 9223372036854775807 ORDER BY id LIMIT 1000000";
}

/// A person as of a position. Name and address are none after a redaction.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Person {
    pub id: Uuid,
    pub since: i64,
    pub name: Option<String>,
    pub email: Option<String>,
    pub state: String,
}

impl Person {
    pub fn shown(&self) -> String {
        self.name.clone().unwrap_or_else(|| "redacted person".to_owned())
    }
}

/// What a new version of a person says.
#[derive(Clone, Debug)]
pub struct NewPerson<'a> {
    pub id: Uuid,
    pub name: &'a str,
    pub email: &'a str,
    pub email_key: &'a str,
    pub salt: &'a [u8],
    pub state: &'a str,
}

pub fn row(new: &NewPerson<'_>) -> Row {
    Row::new(
        &tables::PERSON_VERSIONS,
        vec![
            new.id.into(),
            new.name.into(),
            new.email.into(),
            Value::Bytes(new.salt.to_vec()),
            commitment(new.salt, new.name.as_bytes()).into(),
            commitment(new.salt, new.email.as_bytes()).into(),
            new.email_key.into(),
            // One account is one human until a directory says otherwise.
            new.id.to_string().into(),
            new.state.into(),
        ],
    )
}

/// A person's open row with everything a new version carries on.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Whole {
    pub id: Uuid,
    pub since: i64,
    name: Option<String>,
    email: Option<String>,
    pii_salt: Option<Vec<u8>>,
    name_digest: String,
    email_digest: String,
    email_key: String,
    human: String,
    pub state: String,
}

impl Whole {
    /// Name and address were erased: nobody is behind it any more.
    pub fn is_redacted(&self) -> bool {
        self.pii_salt.is_none()
    }

    /// The same person in another state.
    pub fn in_state(&self, state: &str) -> Row {
        Row::new(
            &tables::PERSON_VERSIONS,
            vec![
                self.id.into(),
                self.name.clone().into(),
                self.email.clone().into(),
                self.pii_salt.clone().map_or(Value::Null(ColumnKind::Bytes), Value::Bytes),
                self.name_digest.as_str().into(),
                self.email_digest.as_str().into(),
                self.email_key.as_str().into(),
                self.human.as_str().into(),
                state.into(),
            ],
        )
    }
}

pub async fn whole(tx: &mut Tx, id: Uuid) -> Result<Option<Whole>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Whole>(WHOLE).bind(id).fetch_optional(c).await?))
}

/// A role somebody holds within a scope.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Assignment {
    pub id: Uuid,
    pub person_id: Uuid,
    pub role: String,
    pub scope_kind: String,
    pub scope: String,
}

/// Every assignment as of a position.
pub async fn assignments_at(tx: &mut Tx, seq: i64) -> Result<Vec<Assignment>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Assignment>(ASSIGNMENTS_AT).bind(seq).fetch_all(c).await?))
}

/// Identities whose record, entered by hand, names the person as owner or backup.
pub async fn owned_by(tx: &mut Tx, person: Uuid) -> Result<Vec<Uuid>> {
    Ok(on!(tx, c => sqlx::query_scalar::<_, Uuid>(OWNED_BY).bind(person).fetch_all(c).await?))
}

pub fn role_row(id: Uuid, person: Uuid, held: Held) -> Row {
    let (kind, of) = (held.scope.kind(), held.scope.of());
    Row::new(&tables::ROLE_ASSIGNMENTS, vec![id.into(), person.into(), held.role.as_str().into(), kind.into(), of.into()])
}

/// An authenticator; `mac` is keyed outside the database.
pub fn password_row(id: Uuid, person: Uuid, secret: &str, by: (&str, Option<Uuid>), mac: &str) -> Row {
    Row::new(
        &tables::AUTHENTICATORS,
        vec![id.into(), person.into(), "password".into(), secret.into(), "".into(), by.0.into(), by.1.into(), mac.into()],
    )
}

pub async fn by_email_key(tx: &mut Tx, key: &str) -> Result<Option<Person>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Person>(BY_EMAIL_KEY).bind(key).fetch_optional(c).await?))
}

pub async fn by_id(tx: &mut Tx, id: Uuid, seq: i64) -> Result<Option<Person>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Person>(BY_ID).bind(id).bind(seq).fetch_optional(c).await?))
}

/// What a list of people is narrowed to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// A lower-cased part of name or address, taken literally.
    pub search: Option<String>,
    pub state: Option<String>,
    pub role: Option<String>,
}

/// One page by name, after a name and an id.
pub async fn page(tx: &mut Tx, seq: i64, filter: &Filter, after: (&str, Uuid), limit: i64) -> Result<Vec<Person>> {
    let search = filter.search.as_ref().map(|t| format!("%{}%", domain::text::like_literal(t)));
    Ok(on!(tx, c => {
        sqlx::query_as::<_, Person>(PAGE).bind(seq).bind(search).bind(filter.state.clone()).bind(filter.role.clone())
            .bind(after.0).bind(after.1).bind(limit).fetch_all(c).await?
    }))
}

/// How many are active, and how many of those hold a deciding role.
pub async fn totals(tx: &mut Tx, seq: i64) -> Result<(i64, i64)> {
    Ok(on!(tx, c => sqlx::query_as::<_, (i64, i64)>(TOTALS).bind(seq).fetch_one(c).await?))
}

pub async fn all_at(tx: &mut Tx, seq: i64) -> Result<Vec<Person>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Person>(ALL_AT).bind(seq).fetch_all(c).await?))
}

/// Everybody who is active now.
pub async fn active(tx: &mut Tx) -> Result<Vec<Uuid>> {
    Ok(on!(tx, c => sqlx::query_scalar::<_, Uuid>(ACTIVE).fetch_all(c).await?))
}

/// The roles somebody holds, each with its scope. An assignment that names no scope there could be counts for nothing.
pub async fn roles_of(tx: &mut Tx, person: Uuid, seq: i64) -> Result<Vec<Held>> {
    type Raw = (String, String, String);
    let rows = on!(tx, c => sqlx::query_as::<_, Raw>(ROLES_OF).bind(person).bind(seq).fetch_all(c).await?);
    Ok(rows.iter().filter_map(|(role, kind, of)| Some(Held { role: Role::parse(role)?, scope: Scope::parse(kind, of)? })).collect())
}

/// Id, PHC text and MAC of the open password of a person.
pub async fn password_of(tx: &mut Tx, person: Uuid) -> Result<Option<(Uuid, String, String)>> {
    Ok(on!(tx, c => sqlx::query_as::<_, (Uuid, String, String)>(PASSWORD_OF).bind(person).fetch_optional(c).await?))
}

pub async fn count(tx: &mut Tx) -> Result<i64> {
    Ok(on!(tx, c => sqlx::query_scalar::<_, i64>(COUNT).fetch_one(c).await?))
}
