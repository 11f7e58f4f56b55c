//! What is missing, who accepted it, and whether the reader may.

use super::{Acceptance, acceptances};
use crate::{Principal, Result, Services, standing};
use domain::ids::PersonId;
use domain::permission::{Action, HeldRole, allows};
use domain::restored::{Entitled, NoStep, Statement, Step, step};
use domain::seq::Seq;
use domain::time::Timestamp;
use store::engine::db::Tx;
use store::engine::head;
use store::ledger::{self, Which};
use store::people::{self, Assignment, Person};

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
pub(crate) fn read(text: &str) -> Statement {
    Statement::parse(text).unwrap_or_else(Statement::unknown)
}

/// Everybody who may accept: active, with a role over everything, where the store still agrees with every checkpoint and
/// now. Whoever was given a role after that was so in the history that is in question.
pub(super) async fn entitled(tx: &mut Tx, statement: &Statement) -> Result<(Entitled, Vec<Person>)> {
    let agreed = statement.agreed();
    let (mut out, mut may) = (Vec::new(), Entitled::default());
    for then in people::all_at(tx, agreed).await? {
        let held: Vec<HeldRole> = people::assignments_of(tx, then.id, agreed).await?.iter().filter_map(Assignment::held).collect();
        if !then.is_active() || !allows(&held, Action::AcceptGap) {
            continue;
        }
        may.then += 1;
        let Some(person) = standing::person(tx, then.id).await? else { continue };
        if person.is_active() && allows(&standing::roles(tx, person.id).await?, Action::AcceptGap) {
            may.now.push(person.id);
            out.push(person);
        }
    }
    may.people = has_people(tx).await?;
    Ok((may, out))
}

/// Whether the ledger says that anybody was ever let in: rows of people could be gone.
async fn has_people(tx: &mut Tx) -> Result<bool> {
    for verb in ["person.added", "person.invited"] {
        let newest = (domain::query::ledger::Order::Newest, Seq::OPEN);
        if !ledger::page(tx, newest, Seq::NOW, 1, &Which::verb(verb)).await?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
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

/// What is missing for good, because people accepted it.
#[derive(Clone, Debug)]
pub struct Loss {
    /// In a sentence each.
    pub missing: Vec<String>,
    /// Whose acceptance was the last that was needed.
    pub accepted: Accepted,
}

impl Loss {
    pub fn says(&self) -> String {
        format!("{}; accepted by {} with ledger entry {}", self.missing.join("; "), self.accepted.by, self.accepted.seq)
    }
}

/// Every loss that was accepted, newest first: whoever looks at a whole store is told that it once was not. For people and the
/// machine, as the page is, and for a token that verifies.
pub async fn losses(services: &Services, who: &Principal) -> Result<Vec<Loss>> {
    who.acting_person().map(drop).or_else(|_| who.authorise(Action::VerifyLedger))?;
    let mut tx = services.db.snapshot().await?;
    let mut out = Vec::new();
    for a in acceptances(&mut tx, &services.keys.mac).await?.into_iter().filter(|a| a.step.ends()) {
        let person = match a.by {
            Some(id) => people::by_id(&mut tx, id, Seq::NOW).await?.as_ref().map(Person::shown),
            None => None,
        };
        let by = person.unwrap_or_else(|| "the server command line".to_owned());
        out.push(Loss { missing: a.statement.sentences(), accepted: Accepted { by, at: a.at, seq: a.seq } });
    }
    tx.rollback().await?;
    Ok(out)
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
    let (may, entitled) = entitled(&mut tx, &statement).await?;
    tx.rollback().await?;
    let offer = if who.may(Action::AcceptGap) {
        step(person, &may, &people_of(&before)).map_or_else(Offer::Done, Offer::May)
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
