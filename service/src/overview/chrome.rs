//! What stands around every page: the head, work that waits, who looks, and what a reader must be told.

use crate::{Principal, Read, Result, Services};
use domain::asof::Wanted;
use domain::permission::{HeldRole, RoleScope};
use domain::seq::Seq;
use domain::source::is_late;
use domain::time::Timestamp;
use std::collections::HashMap;
use store::{counts, imports, measures, settings, sources, teams};

/// What the last verification of this process came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    pub at: Timestamp,
    pub intact: bool,
    pub entries: Seq,
    /// Who had it verified.
    pub by: String,
}

/// The frame of a page.
#[derive(Clone, Debug, Default)]
pub struct Chrome {
    pub head: Seq,
    pub now: Timestamp,
    pub identities: i64,
    /// Identities that wait for a first review, and sources that are late: of the present alone.
    pub unreviewed: i64,
    pub late: i64,
    /// Changes that wait for the viewer.
    pub waiting: i64,
    /// The newest import.
    pub last_import: Option<Seq>,
    pub verified: Option<Checked>,
    /// The viewer's roles with what each reaches over, in words.
    pub roles: Vec<String>,
    pub unanchored: bool,
    pub restored: Option<String>,
    pub bootstrap: bool,
}

/// The frame of a page, from the snapshot the page was read from, or of the present where it read none.
pub async fn chrome(services: &Services, read: Option<&mut Read>) -> Result<Chrome> {
    let mut chrome =
        Chrome { now: services.now(), verified: services.verified(), unanchored: !services.is_anchored(), ..Chrome::default() };
    let Some(read) = read else {
        let mut reader = store::engine::head::reader(&services.db, Wanted::Now, services.writer.clock()).await?;
        chrome.head = reader.head;
        chrome.restored = reader.restored.take().as_deref().map(domain::restored::said);
        chrome.identities = counted(&mut reader.tx, "identities", reader.head).await?;
        chrome.bootstrap = !settings::sealed(&mut reader.tx, reader.head).await?;
        reader.close().await?;
        return Ok(chrome);
    };
    chrome.head = read.head();
    chrome.identities = counted(read.tx(), "identities", chrome.head).await?;
    chrome.bootstrap = !settings::sealed(read.tx(), Seq::NOW).await?;
    if read.is_now() {
        chrome.unreviewed = counted(read.tx(), "identities.review.unreviewed", chrome.head).await?;
        chrome.late = late(read).await?;
        chrome.waiting = crate::changes::waiting(read).await?;
    }
    chrome.last_import = imports::last(read.tx(), chrome.head).await?;
    chrome.roles = roles(read).await?;
    Ok(chrome)
}

async fn counted(tx: &mut store::engine::db::Tx, measure: &str, head: Seq) -> Result<i64> {
    Ok(counts::at(tx, measures::ORGANISATION, measure, head).await?.unwrap_or(0))
}

/// Sources that are expected and silent. Where none is expected nothing is asked.
async fn late(read: &mut Read) -> Result<i64> {
    let (seq, now) = (read.seq(), read.as_of().at);
    let mut expected = sources::all_at(read.tx(), seq).await?;
    expected.retain(|s| s.interval_seconds.is_some());
    if expected.is_empty() {
        return Ok(0);
    }
    let heard: HashMap<_, Timestamp> = sources::heard(read.tx(), seq).await?.into_iter().map(|(id, at, _)| (id, at)).collect();
    Ok(expected.iter().filter(|s| is_late(heard.get(&s.id).copied(), s.interval_seconds, now)).count() as i64)
}

async fn roles(read: &mut Read) -> Result<Vec<String>> {
    let Principal::Person { roles, .. } = read.who().clone() else { return Ok(vec![]) };
    let mut out = Vec::new();
    for HeldRole { role, scope } in roles {
        let over = match scope {
            RoleScope::Organisation => "everything".to_owned(),
            RoleScope::Environment(e) => e.label().to_owned(),
            RoleScope::Team(id) => {
                let all = teams::all_at(read.tx(), Seq::NOW).await?;
                all.into_iter().find(|t| t.id == id).map_or_else(|| "a team".to_owned(), |t| format!("team {}", t.name))
            }
            RoleScope::Source(id) => {
                let all = sources::all_at(read.tx(), Seq::NOW).await?;
                all.into_iter().find(|s| s.id == id).map_or_else(|| "a source".to_owned(), |s| format!("source {}", s.name))
            }
        };
        out.push(format!("{}: {over}", role.label()));
    }
    Ok(out)
}
