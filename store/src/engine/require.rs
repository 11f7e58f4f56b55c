//! What a command was decided on. The writer asks again under the head lock, so that no other process can have moved
//! it in between; a requirement that no longer holds drops the command and names what moved.

use super::db::Tx;
use super::head;
use super::table::Table;
use crate::{Error, Result, bind_value};
use domain::facts::{ColumnKind, Value};
use domain::ids::{AssignmentId, ChangeId, GroupMemberId, JobId, PersonId, SourceId, TokenId};
use domain::seq::Seq;
use domain::time::Timestamp;
use uuid::Uuid;

/// Something that must still hold when a command is written.
#[derive(Clone, Debug)]
pub enum Require {
    /// This version of a row is still the open one.
    Open { table: &'static Table, key: Vec<Value>, since: Seq },
    /// Nobody has ever been added: the installation is empty.
    NobodyYet,
    /// Somebody active governs everybody, whatever becomes of one person and one assignment.
    AnotherAdmin { than: PersonId, without: Option<AssignmentId> },
    /// This person is active and governs everybody.
    StillAdmin(PersonId),
    /// A person's membership is the one that was read, or there is none.
    MemberOf { person: PersonId, membership: Option<GroupMemberId> },
    /// Exactly these tokens are known to two parties.
    TokensKnown { one: Uuid, other: PersonId, now: Timestamp, tokens: Vec<TokenId> },
    /// The newest import of a source is the one that was read.
    ImportedUpTo { source: SourceId, last: Seq },
    /// Nothing that lists show of a source's identities came, went or changed after an entry.
    Unmoved { source: SourceId, since: Seq },
    /// The newest entry that applied a part of a change is the one that was read: of two processes at it one goes on.
    PartsUpTo { change: ChangeId, last: Seq },
    /// Nothing was applied since: the baseline is as it was read.
    AppliedUpTo { last: Seq },
    /// The installation is not sealed: one person may still change the gate.
    Unsealed,
    /// The store is restored as it was read, and so many have accepted that.
    Restored { statement: String, since: Seq, accepted: i64 },
    /// The job is still this process's.
    Holds { job: JobId, holder: String },
}

statements! {
    PEOPLE = "SELECT COUNT(*) FROM people";
    OTHER_ADMINS = "SELECT COUNT(*) FROM role_assignments r JOIN person_versions p ON p.id = r.person_id AND p.until = 9223372036854775807
        WHERE r.role = 'admin' AND r.scope_kind = 'organisation' AND r.until = 9223372036854775807 AND p.state = 'active'
          AND r.id <> $2 AND ($3 = 0 OR r.person_id <> $1)";
    ADMIN = "SELECT COUNT(*) FROM role_assignments r JOIN person_versions p ON p.id = r.person_id AND p.until = 9223372036854775807
        WHERE r.person_id = $1 AND r.role = 'admin' AND r.scope_kind = 'organisation' AND r.until = 9223372036854775807 AND p.state = 'active'";
    MEMBERSHIP = "SELECT id FROM group_members WHERE person_id = $1 AND until = 9223372036854775807 LIMIT 1";
    TOKENS_KNOWN = "SELECT id FROM tokens WHERE until = 9223372036854775807 AND expires_at > $3
        AND (holder_id = $1 OR minted_by_id = $1 OR holder_id = $2 OR minted_by_id = $2) ORDER BY id LIMIT 100000";
    LAST_IMPORT = "SELECT COALESCE(MAX(seq), 0) FROM imports WHERE source_id = $1";
    ACCEPTANCES = "SELECT COUNT(*) FROM ledger WHERE verb = 'restored.accepted' AND seq > $1";
    HELD = "SELECT COUNT(*) FROM jobs WHERE id = $1 AND holder = $2 AND state = 'running'";
}

impl Require {
    /// What a reader is told has moved.
    fn what(&self) -> String {
        match self {
            Self::Open { table, .. } => table.anchor.unwrap_or(table.name).replace('_', " "),
            Self::NobodyYet => "people".to_owned(),
            Self::AnotherAdmin { .. } => "the other admins".to_owned(),
            Self::StillAdmin(_) => "your own roles".to_owned(),
            Self::MemberOf { .. } => "the group".to_owned(),
            Self::TokensKnown { .. } => "the other tokens".to_owned(),
            Self::ImportedUpTo { .. } | Self::Unmoved { .. } => "the source".to_owned(),
            Self::PartsUpTo { .. } => "the change".to_owned(),
            Self::AppliedUpTo { .. } => "the baseline".to_owned(),
            Self::Unsealed => "the seal".to_owned(),
            Self::Restored { .. } => "what is missing".to_owned(),
            Self::Holds { .. } => "the job".to_owned(),
        }
    }
}

/// Asks every requirement; the first that does not hold is a conflict.
pub(crate) async fn check(tx: &mut Tx, requires: &[Require]) -> Result<()> {
    for require in requires {
        if !holds(tx, require).await? {
            return Err(Error::Conflict { what: require.what() });
        }
    }
    Ok(())
}

async fn holds(tx: &mut Tx, require: &Require) -> Result<bool> {
    Ok(match require {
        Require::Open { table, key, since } => open(tx, table, key, *since).await?,
        Require::NobodyYet => on!(tx, c => sqlx::query_scalar::<_, i64>(PEOPLE).fetch_one(c).await?) == 0,
        Require::AnotherAdmin { than, without } => {
            // Either the whole person goes, or one assignment of theirs.
            let whole = i64::from(without.is_none());
            let gone = without.unwrap_or(AssignmentId::nil());
            on!(tx, c => sqlx::query_scalar::<_, i64>(OTHER_ADMINS).bind(*than).bind(gone).bind(whole).fetch_one(c).await?) > 0
        }
        Require::StillAdmin(person) => on!(tx, c => sqlx::query_scalar::<_, i64>(ADMIN).bind(*person).fetch_one(c).await?) > 0,
        Require::MemberOf { person, membership } => {
            on!(tx, c => sqlx::query_scalar::<_, GroupMemberId>(MEMBERSHIP).bind(*person).fetch_optional(c).await?) == *membership
        }
        Require::TokensKnown { one, other, now, tokens } => {
            on!(tx, c => sqlx::query_scalar::<_, TokenId>(TOKENS_KNOWN).bind(*one).bind(*other).bind(*now).fetch_all(c).await?) == *tokens
        }
        Require::ImportedUpTo { source, last } => {
            on!(tx, c => sqlx::query_scalar::<_, Seq>(LAST_IMPORT).bind(*source).fetch_one(c).await?) == *last
        }
        Require::Unmoved { source, since } => !crate::imports::moved_since(tx, *source, *since).await?,
        Require::PartsUpTo { change, last } => {
            crate::changes::adopted::reached(tx, *change).await?.map_or(Seq::ZERO, |(seq, _)| seq) == *last
        }
        Require::AppliedUpTo { last } => crate::changes::applications::newest(tx).await? == *last,
        Require::Unsealed => !crate::settings::sealed(tx, Seq::NOW).await?,
        Require::Restored { statement, since, accepted } => {
            let stands = head::known(tx).await?.restored.as_ref() == Some(statement);
            stands && on!(tx, c => sqlx::query_scalar::<_, i64>(ACCEPTANCES).bind(*since).fetch_one(c).await?) == *accepted
        }
        Require::Holds { job, holder } => {
            on!(tx, c => sqlx::query_scalar::<_, i64>(HELD).bind(*job).bind(holder.as_str()).fetch_one(c).await?) == 1
        }
    })
}

async fn open(tx: &mut Tx, table: &'static Table, key: &[Value], since: Seq) -> Result<bool> {
    let conditions: Vec<String> = table.key.iter().enumerate().map(|(i, k)| format!("{k} = ${}", i + 2)).collect();
    let text = format!("SELECT COUNT(*) FROM {} WHERE since = $1 AND {} AND until = {}", table.name, conditions.join(" AND "), Seq::OPEN);
    let found = on!(tx, c => {
        let mut query = sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(text)).bind(since);
        for value in key {
            query = bind_value!(query, value);
        }
        query.fetch_one(c).await?
    });
    Ok(found == 1)
}

/// What a command may do in a store that is restored. All but a few may do nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhileRestored {
    #[default]
    Refused,
    /// It is written: a sign-in, and the first of two acceptances.
    Passes,
    /// It is written, and the store is whole again with it.
    Ends,
}
