//! What somebody or something was called as of an entry, for the sentences of the ledger. It must not know how a sentence
//! is made.

use crate::Result;
use crate::engine::db::Tx;
use domain::ids::{ImportId, Noun, SourceId};
use domain::seq::Seq;
use uuid::Uuid;

/// A name and from which entry to which it holds.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Known {
    pub since: Seq,
    pub until: Seq,
    /// None where it was erased.
    pub name: Option<String>,
}

macro_rules! newest {
    ($table:literal, $id:literal) => {
        concat!("SELECT since, until, name FROM ", $table, " WHERE ", $id, " = $1 AND since <= $2 ORDER BY since DESC LIMIT 1")
    };
}

statements! {
    PERSON = newest!("person_versions", "id");
    IDENTITY = newest!("identity_facts", "identity_id");
    SOURCE = newest!("source_versions", "id");
    TEAM = newest!("team_versions", "id");
    GROUP = newest!("group_versions", "id");
    TOKEN = newest!("tokens", "id");
    RESOURCE = newest!("resource_versions", "id");
    IMPORT = "SELECT file_name, source_id FROM imports WHERE id = $1 LIMIT 1";
}

/// The name as of an entry, or, of what was gone by then, the last one; none of what has no name.
pub async fn of(tx: &mut Tx, noun: Noun, id: Uuid, seq: Seq) -> Result<Option<Known>> {
    let text = match noun {
        Noun::Person => PERSON,
        Noun::Identity => IDENTITY,
        Noun::Source => SOURCE,
        Noun::Team => TEAM,
        Noun::Group => GROUP,
        Noun::Token => TOKEN,
        Noun::Resource => RESOURCE,
        _ => return Ok(None),
    };
    Ok(on!(tx, c => sqlx::query_as::<_, Known>(text).bind(id).bind(seq).fetch_optional(c).await?))
}

/// The file of an import, and of which source it is.
pub async fn of_import(tx: &mut Tx, id: ImportId) -> Result<Option<(String, SourceId)>> {
    Ok(on!(tx, c => sqlx::query_as::<_, (String, SourceId)>(IMPORT).bind(id).fetch_optional(c).await?))
}
