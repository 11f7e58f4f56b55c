//! What is missing, who accepted it, and whether the reader may.

use super::{Acceptance, acceptances};
use crate::{Principal, Result, Services};
use domain::ids::PersonId;
use domain::permission::{Action, allows};
use domain::restored::{NoStep, Statement, Step, step};
use domain::seq::Seq;
use domain::time::Timestamp;
use store::engine::db::Tx;
use store::engine::head;
use store::people::{self, Person};

/// An acceptance, for whoever comes next.
#[derive(Clone, Debug)]
pub struct Accepted {
    pub by: String,
    pub at: Timestamp,
    pub seq: Seq,
}

/// Whether the reader may accept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer {
    /// Their role does not allow it.
    NotTheirs,
    /// They did already, or people have to.
    Done(NoStep),
    May(Step),
}

/// What the page and the command show.
#[derive(Clone, Debug)]
pub struct Page {
    pub statement: Statement,
    pub now: Timestamp,
    pub accepted: Vec<Accepted>,
    /// Who may accept and has not.
    pub others: Vec<String>,
    pub offer: Offer,
}

/// What is stored of a restored store; none of a whole one.
pub async fn state(services: &Services) -> Result<Option<Statement>> {
    let mut tx = services.db.snapshot().await?;
    let head = head::known(&mut tx).await?;
    tx.rollback().await?;
    Ok(head.restored.as_deref().map(read))
}

/// A text that nobody can read was not written by this program: what is missing is then unknown.
pub(super) fn read(text: &str) -> Statement {
    Statement::parse(text).unwrap_or_else(Statement::unknown)
}

/// Everybody who may accept: active, with a role over everything.
pub(super) async fn entitled(tx: &mut Tx) -> Result<Vec<Person>> {
    let mut out = Vec::new();
    for person in people::all_at(tx, Seq::NOW).await? {
        let roles = people::roles_of(tx, person.id, Seq::NOW).await?;
        if person.is_active() && allows(&roles, Action::AcceptGap) {
            out.push(person);
        }
    }
    Ok(out)
}

/// Who accepted exactly this; what was accepted of less counts for nothing.
pub(super) async fn so_far(tx: &mut Tx, key: &[u8; 32], statement: &Statement) -> Result<Vec<Acceptance>> {
    let mut all = acceptances(tx, key).await?;
    all.retain(|a| a.seq > statement.head && a.statement == *statement);
    Ok(all)
}

pub(super) fn people_of(all: &[Acceptance]) -> Vec<PersonId> {
    all.iter().filter_map(|a| a.by).collect()
}

/// What is missing; none where nothing is. Whoever has signed in since may see it, and who may accept.
pub async fn page(services: &Services, who: &Principal) -> Result<Option<Page>> {
    let person = who.acting_person()?;
    let mut tx = services.db.snapshot().await?;
    let moment = services.moment(&mut tx).await?;
    let Some(statement) = moment.restored.as_deref().map(read) else {
        tx.rollback().await?;
        return Ok(None);
    };
    let before = so_far(&mut tx, &services.keys.mac, &statement).await?;
    let entitled = entitled(&mut tx).await?;
    tx.rollback().await?;
    let offer = if who.may(Action::AcceptGap) {
        step(person, entitled.len(), &people_of(&before)).map_or_else(Offer::Done, Offer::May)
    } else {
        Offer::NotTheirs
    };
    let has = |p: &Person| before.iter().any(|a| a.by == Some(p.id));
    let name = |id: Option<PersonId>| entitled.iter().find(|p| Some(p.id) == id).map(Person::shown);
    let accepted =
        before.iter().map(|a| Accepted { by: name(a.by).unwrap_or_else(|| "an erased person".to_owned()), at: a.at, seq: a.seq }).collect();
    let others = entitled.iter().filter(|p| !has(p)).map(Person::shown).collect();
    Ok(Some(Page { statement, now: moment.now, accepted, others, offer }))
}
