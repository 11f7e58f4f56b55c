//! Reading the overview, and what stands around every page.

use crate::{Figure, Read, Result, Services};
use domain::asof::{AsOf, Wanted};
use domain::identity::{Environment, Kind};
use domain::permission::Action;
use domain::privilege::Class;
use domain::query::identities::{Filter, Sort};
use domain::query::ledger::Order;
use domain::seq::Seq;
use domain::time::Timestamp;
use std::collections::HashMap;
use store::identities::{After, Listed};
use store::ledger::Which;
use store::{counts, identities, ledger, measures};

/// The most privileged identities that stand on the page.
const TOP: i64 = 10;

/// What the page shows.
#[derive(Clone, Debug)]
pub struct Overview {
    pub as_of: AsOf,
    pub counts: HashMap<String, i64>,
    /// Most privileged first.
    pub top: Vec<Listed>,
    pub latest: Vec<ledger::Stored>,
    /// Identities whose owner has left and nobody has taken over.
    pub orphans: Figure,
    /// The first instants of this month and the eleven before it, and now, oldest first, each with the grants by class of then.
    pub trend: Vec<(Timestamp, [i64; 6])>,
}

impl Overview {
    pub fn count(&self, measure: &str) -> i64 {
        self.counts.get(measure).copied().unwrap_or(0)
    }

    /// A measure with its unclear part.
    pub fn figure(&self, measure: &str) -> Figure {
        measures::figure(&self.counts, measure)
    }

    pub fn by_kind(&self) -> Vec<(Kind, Figure)> {
        Kind::ALL.iter().map(|k| (*k, self.figure(&format!("identities.kind.{}", k.as_str())))).collect()
    }

    pub fn by_environment(&self) -> Vec<(Environment, Figure)> {
        Environment::ALL.iter().map(|e| (*e, self.figure(&format!("identities.environment.{}", e.as_str())))).collect()
    }

    pub fn by_class(&self) -> Vec<(Class, Figure)> {
        Class::ALL.iter().map(|c| (*c, self.figure(&format!("grants.class.{}", c.as_str())))).collect()
    }
}

pub async fn page(read: &mut Read) -> Result<Overview> {
    read.authorise(Action::ReadOverview)?;
    let (as_of, seq, now) = (read.as_of(), read.seq(), read.at_head());
    let counts = measures::all_at(read.tx(), seq).await?;
    let filter = Filter { privileged: true, sort: Some(Sort::Privilege), ..Filter::default() };
    let top = identities::list(read.tx(), seq, now, &filter, &After::Start, TOP).await?;
    let latest = if read.who().may(Action::ReadLedger) {
        ledger::page(read.tx(), (Order::Newest, seq.plus(1)), seq, 6, &Which::ALL).await?
    } else {
        vec![]
    };
    let orphans = store::adoption::orphans(read.tx(), seq).await?;
    let instants = points(as_of.at);
    let held = counts::trend(read.tx(), measures::ORGANISATION, seq, &instants).await?;
    let trend = instants.into_iter().zip(held).collect();
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

/// What stands around every page: the head, the number of identities, and what a reader must be told.
#[derive(Clone, Debug, Default)]
pub struct Chrome {
    pub head: Seq,
    pub identities: i64,
    pub unanchored: bool,
    pub restored: Option<String>,
    pub bootstrap: bool,
}

/// The frame of a page, from the snapshot the page was read from, or of the present where it read none.
pub async fn chrome(services: &Services, read: Option<&mut Read>) -> Result<Chrome> {
    let (head, identities, restored) = if let Some(read) = read {
        let head = read.head();
        (head, counts::at(read.tx(), measures::ORGANISATION, "identities", head).await?, None)
    } else {
        let mut reader = store::engine::head::reader(&services.db, Wanted::Now, services.writer.clock()).await?;
        let (head, restored) = (reader.head, reader.restored.take());
        let n = counts::at(&mut reader.tx, measures::ORGANISATION, "identities", head).await?;
        reader.close().await?;
        (head, n, restored)
    };
    Ok(Chrome {
        head,
        identities: identities.unwrap_or(0),
        unanchored: !services.is_anchored(),
        restored: restored.as_deref().map(domain::restored::said),
        // Sealing comes with the change requests; until then every installation is bootstrap.
        bootstrap: true,
    })
}
