//! API tokens: only the digest of a token stands here, with a MAC keyed outside the database.

use crate::Result;
use crate::engine::db::{Db, Tx};
use crate::engine::search::Page;
use crate::engine::table::{Table, TableKind, index};
use domain::asof::AsOf;
use domain::ids::{IdentityId, PersonId, SourceId, TokenId};
use domain::query::tokens::{Filter, State};
use domain::seq::Seq;
use domain::time::Timestamp;
use domain::token::HolderKind;
use uuid::Uuid;

row! { $
    /// A token without itself.
    Token in TOKENS, token_columns {
        since,
        id: TokenId,
        name: String,
        holder_kind: HolderKind,
        holder_id: Uuid,
        /// Words, parted by a blank.
        scopes: String,
        source_id: Option<SourceId>,
        hash: String,
        minted_by_id: PersonId [-> "people"],
        expires_at: Timestamp,
        mac: String,
    }
}

pub static TOKENS: Table = Table {
    name: "tokens",
    about: "API tokens: a digest, never the token.",
    columns: Token::COLUMNS,
    one_open: &["hash"],
    indexes: &[index("by_source_id", &["source_id"])],
    ..Table::PLAIN
};

log! { $
    /// When a token was used last.
    TokenUse in TOKEN_USES, token_use_columns {
        token_id: TokenId,
        used_at: Timestamp,
    }
}

pub static TOKEN_USES: Table = Table {
    name: "token_uses",
    about: "When a token was used last, to a few minutes: for whoever asks which ones can go. No right follows from it.",
    kind: TableKind::Operational,
    key: &["token_id"],
    columns: TokenUse::COLUMNS,
    ..Table::PLAIN
};

statements! {
    USED = "INSERT INTO token_uses (token_id, used_at) VALUES ($1, $2) ON CONFLICT (token_id) DO UPDATE SET
              used_at = CASE WHEN token_uses.used_at > excluded.used_at THEN token_uses.used_at ELSE excluded.used_at END";
    LAST_USE = concat!("SELECT ", token_use_columns!("u"), " FROM token_uses u WHERE u.token_id = $1 LIMIT 1");
    BY_HASH = concat!("SELECT ", token_columns!("t"), " FROM tokens t WHERE t.hash = $1 AND t.until = 9223372036854775807 LIMIT 1");
    BY_ID = concat!("SELECT ", token_columns!("t"), " FROM tokens t WHERE t.id = $1 AND t.until = 9223372036854775807 LIMIT 1");
    /// Those that work at an instant.
    OF_SOURCE = "SELECT t.name FROM tokens t WHERE t.source_id = $1 AND t.since <= $2 AND $2 < t.until AND t.expires_at > $3 ORDER BY t.name, t.id LIMIT $4";
    /// Newest first, before an entry and an id; `$3` is whose they must be, where `$2` says so.
    PAGE = concat!("SELECT ", token_columns!("t"), " FROM tokens t
        WHERE t.since <= $1 AND $1 < t.until AND ($2 = 0 OR t.holder_id = $3 OR t.minted_by_id = $3)
          AND (CAST($4 AS TEXT) IS NULL OR t.holder_kind = $4) AND ($5 = 0 OR t.expires_at <= $6) AND ($7 = 0 OR t.expires_at > $6)
          AND (t.since, t.id) < ($8, $9) ORDER BY t.since DESC, t.id DESC LIMIT $10");
    WORKING = "SELECT COUNT(*) FROM tokens WHERE since <= $1 AND $1 < until AND expires_at > $2 AND ($3 = 0 OR holder_id = $4 OR minted_by_id = $4)";
    /// What two parties hold or have seen, in force at an instant: the minter of a token knows it.
    KNOWN_TO = concat!("SELECT ", token_columns!("t"), " FROM tokens t WHERE t.until = 9223372036854775807 AND t.expires_at > $3
          AND (t.holder_id = $1 OR t.minted_by_id = $1 OR t.holder_id = $2 OR t.minted_by_id = $2) ORDER BY t.id LIMIT 100000");
    OPEN_AFTER = concat!("SELECT ", token_columns!("t"), " FROM tokens t WHERE t.until = 9223372036854775807 AND t.id > $1 ORDER BY t.id LIMIT $2");
    OF_HOLDER_OR_MINTER = concat!("SELECT ", token_columns!("t"), " FROM tokens t WHERE t.until = 9223372036854775807
          AND ((t.holder_kind = 'person' AND t.holder_id = $1) OR t.minted_by_id = $1) ORDER BY t.id LIMIT 10000");
}

/// Who holds a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    Person(PersonId),
    Identity(IdentityId),
}

impl Holder {
    pub fn kind(self) -> HolderKind {
        match self {
            Self::Person(_) => HolderKind::Person,
            Self::Identity(_) => HolderKind::Identity,
        }
    }

    pub fn uuid(self) -> Uuid {
        match self {
            Self::Person(id) => id.uuid(),
            Self::Identity(id) => id.uuid(),
        }
    }

    /// The id as pages show it.
    pub fn shown(self) -> String {
        match self {
            Self::Person(id) => id.to_string(),
            Self::Identity(id) => id.to_string(),
        }
    }
}

impl Token {
    pub fn holder(&self) -> Holder {
        match self.holder_kind {
            HolderKind::Person => Holder::Person(PersonId::new(self.holder_id)),
            HolderKind::Identity => Holder::Identity(IdentityId::new(self.holder_id)),
        }
    }
}

pub async fn by_hash(tx: &mut Tx, hash: &str) -> Result<Option<Token>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Token>(BY_HASH).bind(hash).fetch_optional(c).await?))
}

pub async fn by_id(tx: &mut Tx, id: TokenId) -> Result<Option<Token>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Token>(BY_ID).bind(id).fetch_optional(c).await?))
}

/// One page, newest first; `of` is whose they must be.
pub async fn page(tx: &mut Tx, at: AsOf, of: Option<PersonId>, filter: &Filter, before: (Seq, TokenId), limit: i64) -> Result<Vec<Token>> {
    let (narrowed, of) = (i64::from(of.is_some()), of.unwrap_or(PersonId::nil()));
    let in_state = |state: State| i64::from(filter.state == Some(state));
    let mut page = Page::new(filter.search.as_ref(), limit);
    let (mut since, mut id) = before;
    loop {
        let rows = on!(tx, c => {
            sqlx::query_as::<_, Token>(PAGE).bind(at.seq).bind(narrowed).bind(of).bind(filter.holder)
                .bind(in_state(State::Ended)).bind(at.at).bind(in_state(State::Working)).bind(since).bind(id).bind(page.step())
                .fetch_all(c).await?
        });
        if let Some(last) = rows.last() {
            (since, id) = (last.since, last.id);
        }
        if !page.take(rows, |term, t| term.is_in(&t.name) || term.is_in(&t.scopes)) {
            return Ok(page.rows);
        }
    }
}

/// How many work at an instant.
pub async fn working(tx: &mut Tx, at: AsOf, of: Option<PersonId>) -> Result<i64> {
    let (narrowed, of) = (i64::from(of.is_some()), of.unwrap_or(PersonId::nil()));
    Ok(on!(tx, c => sqlx::query_scalar::<_, i64>(WORKING).bind(at.seq).bind(at.at).bind(narrowed).bind(of).fetch_one(c).await?))
}

/// Names of the tokens that may feed a source, at most `limit`.
pub async fn names_of_source(tx: &mut Tx, source: SourceId, at: AsOf, limit: i64) -> Result<Vec<String>> {
    Ok(on!(tx, c => {
        sqlx::query_scalar::<_, String>(OF_SOURCE).bind(source).bind(at.seq).bind(at.at).bind(limit).fetch_all(c).await?
    }))
}

/// Every token that one of two parties holds or minted and that has not run out.
pub async fn known_to(tx: &mut Tx, one: Uuid, other: PersonId, now: Timestamp) -> Result<Vec<Token>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Token>(KNOWN_TO).bind(one).bind(other).bind(now).fetch_all(c).await?))
}

/// The minter of a token has seen it: both are its holders.
pub async fn of_holder_or_minter(tx: &mut Tx, person: PersonId) -> Result<Vec<Token>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Token>(OF_HOLDER_OR_MINTER).bind(person).fetch_all(c).await?))
}

/// Those that are open, after an id.
pub async fn open_after(tx: &mut Tx, after: TokenId, limit: i64) -> Result<Vec<Token>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Token>(OPEN_AFTER).bind(after).bind(limit).fetch_all(c).await?))
}

/// Writes down when a token was used; an older use changes nothing.
pub async fn used(db: &Db, token: TokenId, at: Timestamp) -> Result<()> {
    let mut tx = db.begin().await?;
    on!(&mut tx, c => { sqlx::query(USED).bind(token).bind(at).execute(c).await?; });
    tx.commit().await
}

/// When a token was used last, as far as that was written down.
pub async fn last_use(tx: &mut Tx, token: TokenId) -> Result<Option<Timestamp>> {
    Ok(on!(tx, c => sqlx::query_as::<_, TokenUse>(LAST_USE).bind(token).fetch_optional(c).await?).map(|u| u.used_at))
}
