//! The overview: what is there, by kind, environment, review state and privilege class, from recorded counts.

use crate::{Principal, Result, Services};
use domain::asof::{AsOf, Wanted};
use domain::identity::{Environment, Kind};
use domain::permission::Action;
use domain::privilege::Class;
use domain::time::Timestamp;
use std::collections::HashMap;
use store::identities::{After, Facts, Filter, Sort};
use store::writer::CountDelta;
use store::{counts, identities, ledger};

/// The scope of counts over the whole installation.
pub const ORGANISATION: &str = "organisation";

/// The most privileged identities that stand on the page.
const TOP: i64 = 10;

/// What the page shows.
#[derive(Clone, Debug)]
pub struct Overview {
    pub as_of: AsOf,
    pub counts: HashMap<String, i64>,
    /// Most privileged first.
    pub top: Vec<Facts>,
    pub latest: Vec<ledger::Stored>,
    /// Identities whose owner has left and nobody has taken over.
    pub orphans: i64,
    /// The first instants of this month and the eleven before it, and now, oldest first, each with the grants by class of then.
    pub trend: Vec<(Timestamp, [i64; 6])>,
}

impl Overview {
    pub fn count(&self, measure: &str) -> i64 {
        self.counts.get(measure).copied().unwrap_or(0)
    }

    pub fn by_kind(&self) -> Vec<(Kind, i64)> {
        Kind::ALL.iter().map(|k| (*k, self.count(&format!("identities.kind.{}", k.as_str())))).collect()
    }

    pub fn by_environment(&self) -> Vec<(Environment, i64)> {
        Environment::ALL.iter().map(|e| (*e, self.count(&format!("identities.environment.{}", e.as_str())))).collect()
    }

    pub fn by_class(&self) -> Vec<(Class, i64)> {
        Class::ALL.iter().map(|c| (*c, self.count(&format!("grants.class.{}", c.as_str())))).collect()
    }
}

pub async fn load(services: &Services, who: &Principal, wanted: Wanted) -> Result<Overview> {
    who.authorise(Action::ReadOverview)?;
    let mut reader = crate::asof::open(services, wanted).await?;
    let (seq, now) = (reader.as_of.seq, reader.as_of.seq == reader.head);
    let counts = counts::all_at(&mut reader.tx, ORGANISATION, seq).await?.into_iter().collect();
    let filter = Filter { privileged: true, with_platform: false, ..Filter::default() };
    let top = identities::list(&mut reader.tx, seq, now, &filter, Sort::Privilege, &After::Start, TOP).await?;
    let latest = if who.may(Action::ReadLedger) {
        ledger::page(&mut reader.tx, (ledger::Order::NewestFirst, seq + 1), seq, 6, &ledger::Filter::All).await?
    } else {
        vec![]
    };
    let orphans = store::adoption::orphans(&mut reader.tx, seq).await?;
    let as_of = reader.as_of;
    let instants = points(as_of.at);
    let held = counts::trend(&mut reader.tx, ORGANISATION, seq, &instants.map(Timestamp::micros)).await?;
    let trend = instants.into_iter().zip(held).collect();
    reader.close().await?;
    Ok(Overview { as_of, counts, top, latest, orphans, trend })
}

/// Twelve beginnings of months and the instant itself.
fn points(at: Timestamp) -> [Timestamp; counts::POINTS] {
    let mut out = [at; counts::POINTS];
    for (slot, start) in out.iter_mut().zip(at.month_starts(counts::POINTS - 1)) {
        *slot = start;
    }
    out
}

/// Counts that came with a later version start from what is there: one entry, at the first start after it.
pub async fn count_owners(services: &Services) -> Result<Option<store::writer::Written>> {
    let mut reader = crate::asof::open(services, Wanted::Now).await?;
    let seq = reader.head;
    let tx = &mut reader.tx;
    let known = counts::at(tx, ORGANISATION, "identities.no_backup", seq).await?.is_some()
        || counts::at(tx, ORGANISATION, "identities.hinted", seq).await?.is_some();
    let (no_backup, hinted) = if known { (0, 0) } else { counts::owners(tx, seq).await? };
    reader.close().await?;
    if no_backup == 0 && hinted == 0 {
        return Ok(None);
    }
    let host = Principal::Host { user: "upgrade".to_owned() };
    let mut c = crate::command(&host, "counts.begun", "installation", None);
    c.actor = domain::ledger::Actor::SYSTEM;
    c.counts = [("identities.hinted", hinted), ("identities.no_backup", no_backup)]
        .map(|(measure, delta)| CountDelta { scope: ORGANISATION.to_owned(), measure: measure.to_owned(), delta })
        .to_vec();
    Ok(Some(services.write(c).await?))
}

/// What stands around every page: the head, the number of identities, and what a reader must be told.
#[derive(Clone, Debug, Default)]
pub struct Chrome {
    pub head: i64,
    pub head_at: i64,
    pub identities: i64,
    pub unanchored: bool,
    pub restored: Option<String>,
    pub bootstrap: bool,
}

pub async fn chrome(services: &Services) -> Result<Chrome> {
    let mut reader = crate::asof::open(services, Wanted::Now).await?;
    let seq = reader.head;
    let n = counts::at(&mut reader.tx, ORGANISATION, "identities", seq).await?.unwrap_or(0);
    let head_at = reader.as_of.at.micros();
    reader.close().await?;
    Ok(Chrome {
        head: seq,
        head_at,
        identities: n,
        unanchored: !services.anchored.load(std::sync::atomic::Ordering::Relaxed),
        restored: services.restored.as_ref().map(ToString::to_string),
        // Sealing comes with the change requests; until then every installation is bootstrap.
        bootstrap: true,
    })
}
