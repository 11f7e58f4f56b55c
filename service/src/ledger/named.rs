//! Names for the sentences of entries, as of each of them.

use crate::Result;
use domain::ids::{ChangeId, ImportId, Noun};
use domain::ledger::Entry;
use domain::query::Term;
use domain::query::{identities, imports, people, resources, tokens};
use domain::sentence::{Names, mentioned};
use domain::seq::Seq;
use std::collections::HashMap;
use store::engine::db::Tx;
use store::names::{self, Known};
use uuid::Uuid;

/// How many of one kind a search by name comes to.
const FOUND: i64 = store::ledger::FOUND as i64;

/// Names that were looked up, each with the entries it holds for: the next entry mostly mentions the same.
#[derive(Default)]
pub struct Book {
    known: HashMap<Uuid, Vec<Known>>,
    imports: HashMap<Uuid, Option<(String, Uuid)>>,
}

impl Book {
    /// The names of everything an entry mentions.
    pub async fn of(&mut self, tx: &mut Tx, entry: &Entry) -> Result<Names> {
        let mut out = Names::default();
        for (noun, id) in mentioned(entry) {
            if noun == Noun::Import {
                if let Some((file, source)) = self.import(tx, id).await? {
                    out.name(id, file);
                    out.of_source(id, source);
                    self.put(tx, &mut out, (Noun::Source, source), entry.seq).await?;
                }
            } else if noun == Noun::Change {
                if let Some(title) = crate::changes::title(tx, ChangeId::new(id), entry.seq).await? {
                    out.name(id, title);
                }
            } else {
                self.put(tx, &mut out, (noun, id), entry.seq).await?;
            }
        }
        Ok(out)
    }

    async fn import(&mut self, tx: &mut Tx, id: Uuid) -> Result<Option<(String, Uuid)>> {
        if let Some(known) = self.imports.get(&id) {
            return Ok(known.clone());
        }
        let found = names::of_import(tx, ImportId::new(id)).await?.map(|(file, source)| (file, source.uuid()));
        self.imports.insert(id, found.clone());
        Ok(found)
    }

    async fn put(&mut self, tx: &mut Tx, out: &mut Names, (noun, id): (Noun, Uuid), seq: Seq) -> Result<()> {
        let holds = |k: &&Known| k.since <= seq && seq < k.until;
        let found = if let Some(known) = self.known.get(&id).and_then(|all| all.iter().find(holds)) {
            Some(known.clone())
        } else {
            let found = names::of(tx, noun, id, seq).await?;
            self.known.entry(id).or_default().extend(found.clone());
            found
        };
        if let Some(name) = found.and_then(|k| k.name) {
            out.name(id, name);
        }
        Ok(())
    }
}

/// What has a name like this: people, identities, sources with their imports, teams, groups, tokens, resources, files.
pub async fn find(tx: &mut Tx, term: &Term, (seq, now): (Seq, bool)) -> Result<Vec<Uuid>> {
    let mut out: Vec<Uuid> = vec![];
    let search = Some(term.clone());
    let asked = people::Filter { search: search.clone(), ..people::Filter::default() };
    let found = store::people::page(tx, seq, &asked, ("", domain::ids::PersonId::nil()), FOUND).await?;
    out.extend(found.into_iter().map(|p| p.id.uuid()));
    let asked = identities::Filter { search: search.clone(), platform: Some(identities::Platform::With), ..identities::Filter::default() };
    let found = store::identities::list(tx, seq, now, &asked, &store::identities::After::Start, FOUND).await?;
    out.extend(found.into_iter().map(|i| i.facts.identity_id.uuid()));
    out.extend(store::sources::all_at(tx, seq).await?.into_iter().filter(|s| term.is_in(&s.name)).map(|s| s.id.uuid()));
    let asked = imports::Filter { search: search.clone(), ..imports::Filter::default() };
    out.extend(store::imports::page(tx, seq, None, FOUND, &asked).await?.into_iter().map(|i| i.id.uuid()));
    out.extend(store::teams::all_at(tx, seq).await?.into_iter().filter(|t| term.is_in(&t.name)).map(|t| t.id.uuid()));
    out.extend(store::groups::all_at(tx, seq).await?.into_iter().filter(|g| term.is_in(&g.name)).map(|g| g.id.uuid()));
    let asked = resources::Filter { search: search.clone(), ..resources::Filter::default() };
    let found = store::resources::page(tx, seq, &asked, ("", domain::ids::ResourceId::nil()), FOUND).await?;
    out.extend(found.into_iter().map(|r| r.resource.id.uuid()));
    let asked = tokens::Filter { search, ..tokens::Filter::default() };
    let at = domain::asof::AsOf { seq, at: domain::time::Timestamp(0) };
    let found = store::tokens::page(tx, at, None, &asked, (Seq::OPEN, domain::ids::TokenId::max()), FOUND).await?;
    out.extend(found.into_iter().map(|t| t.id.uuid()));
    Ok(out)
}
