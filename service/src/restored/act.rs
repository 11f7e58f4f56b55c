//! Accepting what is missing. The page and the command call this; each acceptance is an entry, and the last one makes the
//! store whole again.

use super::read::{entitled, people_of, read, so_far};
use super::{acceptances, tag};
use crate::{Act, Error, Result, Written};
use domain::ids::TokenId;
use domain::permission::Action;
use domain::restored::{NoStep, Step, step};
use domain::verb::Verb;
use serde_json::json;
use store::engine::db::Tx;
use store::engine::require::Require;
use store::engine::table::Declared;
use store::engine::writer::{Command, WhileRestored};
use store::tokens;

/// Tokens that are read at a time.
const PAGE: i64 = 1_000;

/// Accepts exactly what is stored as missing. Two people do, or the only one there is; a command of the machine only where
/// there is nobody. No token of before is valid afterwards: which of them were revoked in what is missing, nobody knows.
pub async fn accept(act: &Act) -> Result<(Written, Step)> {
    act.authorise(Action::AcceptGap)?;
    let who = act.who().acting_person()?;
    let services = act.services();
    let mut tx = act.snapshot().await?;
    let Some(stored) = services.moment(&mut tx).await?.restored else {
        tx.rollback().await?;
        return Err(Error::Conflict("Nothing is missing: this store isn't restored.".to_owned()));
    };
    let statement = read(&stored);
    let before = so_far(&mut tx, &services.keys.mac, &statement).await?;
    let (may, _) = entitled(&mut tx, &statement).await?;
    let step = step(who, &may, &people_of(&before)).map_err(refused)?;
    let mut c = act.command(Verb::RestoredAccepted, "installation", None);
    let all = acceptances(&mut tx, &services.keys.mac).await?;
    let accepted = all.iter().filter(|a| a.seq > statement.head).count() as i64;
    c.requires.push(Require::Restored { statement: stored, since: statement.head, accepted });
    c.while_restored = if step.ends() { WhileRestored::Ends } else { WhileRestored::Passes };
    if step.ends() {
        revoke_all(&mut tx, &mut c).await?;
    }
    tx.rollback().await?;
    let tag = tag(&services.keys.mac, act.who().actor(), &statement, step);
    let mut payload = json!({ "statement": statement, "step": step, "tag": tag, "tokens": c.closes.len() });
    if step == Step::Alone {
        payload["provenance"] = "bootstrap".into();
    }
    c.payload = act.payload(payload)?;
    Ok((act.write(c).await?, step))
}

fn refused(why: NoStep) -> Error {
    Error::Conflict(match why {
        NoStep::Twice => "You already accepted. Another person has to accept too.".to_owned(),
        NoStep::Nobody => {
            "Only people who could accept at the last entry its checkpoints agree with can. Put the newest copy back.".to_owned()
        }
        NoStep::PeopleFirst => "People can accept: sign in and open /restored. A command accepts only while there is nobody.".to_owned(),
    })
}

async fn revoke_all(tx: &mut Tx, c: &mut Command) -> Result<()> {
    let mut after = TokenId::nil();
    loop {
        let page = tokens::open_after(tx, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.id;
        c.closes.extend(page.into_iter().map(Declared::close));
    }
}
