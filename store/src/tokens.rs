//! API tokens: only the digest of a token stands here, with a MAC keyed outside the database.

use crate::db::Tx;
use crate::rows::Row;
use crate::{Result, tables};
use uuid::Uuid;

statements! {
    BY_HASH = "SELECT id, since, name, holder_kind, holder_id, scopes, source_id, hash, minted_by_id, expires_at, mac FROM tokens
        WHERE hash = $1 AND until = 9223372036854775807 LIMIT 1";
    BY_ID = "SELECT id, since, name, holder_kind, holder_id, scopes, source_id, hash, minted_by_id, expires_at, mac FROM tokens
        WHERE id = $1 AND until = 9223372036854775807 LIMIT 1";
    ALL_AT = "SELECT id, since, name, holder_kind, holder_id, scopes, source_id, hash, minted_by_id, expires_at, mac FROM tokens
        WHERE since <= $1 AND $1 < until ORDER BY since DESC, id LIMIT 1000";
    /// Newest first, before an entry and an id; `$4` is whose they must be, where `$3` says so.
    PAGE = "SELECT id, since, name, holder_kind, holder_id, scopes, source_id, hash, minted_by_id, expires_at, mac FROM tokens
        WHERE since <= $1 AND $1 < until AND (CAST($2 AS TEXT) IS NULL OR LOWER(name) LIKE $2 ESCAPE '\\' OR scopes LIKE $2 ESCAPE '\\')
          AND ($3 = 0 OR holder_id = $4 OR minted_by_id = $4)
          AND (CAST($5 AS TEXT) IS NULL OR holder_kind = $5) AND ($6 = 0 OR expires_at <= $7) AND ($8 = 0 OR expires_at > $7)
          AND (since, id) < ($9, $10) ORDER BY since DESC, id DESC LIMIT $11";
    OPEN = "SELECT COUNT(*) FROM tokens WHERE since <= $1 AND $1 < until AND expires_at > $2 AND ($3 = 0 OR holder_id = $4 OR minted_by_id = $4)";
    /// What two parties hold or have seen, in force at an instant: the minter of a token knows it.
    SCOPES_KNOWN_TO = "SELECT scopes FROM tokens WHERE until = 9223372036854775807 AND expires_at > $3 AND (holder_id = $1 OR minted_by_id = $1 OR holder_id = $2 OR minted_by_id = $2) ORDER BY id LIMIT 1000000";
    OF_HOLDER_OR_MINTER = "SELECT id FROM tokens WHERE until = 9223372036854775807 AND ((holder_kind = 'person' AND holder_id = $1) OR minted_by_id = $1) ORDER BY id LIMIT 10000";
}

/// A token without itself.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Token {
    pub id: Uuid,
    pub since: i64,
    pub name: String,
    pub holder_kind: String,
    pub holder_id: Uuid,
    /// Words, parted by a blank.
    pub scopes: String,
    pub source_id: Option<Uuid>,
    pub hash: String,
    pub minted_by_id: Uuid,
    pub expires_at: i64,
    pub mac: String,
}

pub fn row(t: &Token) -> Row {
    Row::new(
        &tables::TOKENS,
        vec![
            t.id.into(),
            t.name.as_str().into(),
            t.holder_kind.as_str().into(),
            t.holder_id.into(),
            t.scopes.as_str().into(),
            t.source_id.into(),
            t.hash.as_str().into(),
            t.minted_by_id.into(),
            t.expires_at.into(),
            t.mac.as_str().into(),
        ],
    )
}

pub async fn by_hash(tx: &mut Tx, hash: &str) -> Result<Option<Token>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Token>(BY_HASH).bind(hash).fetch_optional(c).await?))
}

pub async fn by_id(tx: &mut Tx, id: Uuid) -> Result<Option<Token>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Token>(BY_ID).bind(id).fetch_optional(c).await?))
}

/// What a list of tokens is narrowed to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// A lower-cased part of name or scopes, taken literally.
    pub search: Option<String>,
    /// `person` or `identity`
    pub holder: Option<String>,
    pub ended: bool,
    pub working: bool,
}

/// One page, newest first; `of` is whose they must be.
pub async fn page(
    tx: &mut Tx,
    as_of: (i64, i64),
    of: Option<Uuid>,
    filter: &Filter,
    before: (i64, Uuid),
    limit: i64,
) -> Result<Vec<Token>> {
    let search = filter.search.as_ref().map(|t| format!("%{}%", domain::text::like_literal(t)));
    let (narrowed, of) = (i64::from(of.is_some()), of.unwrap_or_default());
    Ok(on!(tx, c => {
        sqlx::query_as::<_, Token>(PAGE).bind(as_of.0).bind(search).bind(narrowed).bind(of).bind(filter.holder.clone())
            .bind(i64::from(filter.ended)).bind(as_of.1).bind(i64::from(filter.working)).bind(before.0).bind(before.1).bind(limit)
            .fetch_all(c).await?
    }))
}

/// How many work at an instant.
pub async fn open(tx: &mut Tx, as_of: (i64, i64), of: Option<Uuid>) -> Result<i64> {
    let (narrowed, of) = (i64::from(of.is_some()), of.unwrap_or_default());
    Ok(on!(tx, c => sqlx::query_scalar::<_, i64>(OPEN).bind(as_of.0).bind(as_of.1).bind(narrowed).bind(of).fetch_one(c).await?))
}

/// Tokens that stood at a position, newest first.
pub async fn all_at(tx: &mut Tx, seq: i64) -> Result<Vec<Token>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Token>(ALL_AT).bind(seq).fetch_all(c).await?))
}

/// The scopes of every token that one of two parties holds or minted and that has not run out.
pub async fn scopes_known_to(tx: &mut Tx, one: Uuid, other: Uuid, now: i64) -> Result<Vec<String>> {
    Ok(on!(tx, c => sqlx::query_scalar::<_, String>(SCOPES_KNOWN_TO).bind(one).bind(other).bind(now).fetch_all(c).await?))
}

/// The minter of a token has seen it: both are its holders.
pub async fn of_holder_or_minter(tx: &mut Tx, person: Uuid) -> Result<Vec<Uuid>> {
    Ok(on!(tx, c => sqlx::query_scalar::<_, Uuid>(OF_HOLDER_OR_MINTER).bind(person).fetch_all(c).await?))
}
