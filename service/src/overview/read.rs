//! Reading the overview, and what stands around every page.

use crate::comparison::{self, Step};
use crate::identities::ShownGrant;
use crate::{Figure, Read, Result};
use domain::asof::AsOf;
use domain::identity::{Environment, Kind};
use domain::permission::Action;
use domain::privilege::Class;
use domain::query::identities::{Filter, Sort};
use domain::query::ledger::Order;
use domain::time::Timestamp;
use domain::verb::Area;
use std::collections::HashMap;
use store::identities::{After, Listed};
use store::ledger::{Of, Verbs, Which};
use store::{counts, identities, ledger, measures};

/// The most privileged identities that stand on the page.
const TOP: i64 = 10;

/// First imports that a chart names.
const EVENTS: i64 = 50;
/// What changed of late, on the page.
const CHANGED: usize = 8;

/// What the page shows.
#[derive(Clone, Debug)]
pub struct Overview {
    pub as_of: AsOf,
    pub counts: HashMap<String, i64>,
    /// Most privileged first, each with its worst grant.
    pub top: Vec<(Listed, Option<ShownGrant>)>,
    /// What changed of late, newest first.
    pub changed: Vec<Step>,
    /// When the first import was, where there was one.
    pub began: bool,
    /// What happened of late, sign-ins left out.
    pub latest: Vec<crate::ledger::Row>,
    /// Identities whose owner has left and nobody has taken over.
    pub orphans: Figure,
    /// First imports of sources within those months, oldest first: what makes the line jump.
    pub events: Vec<(Timestamp, String)>,
    /// The first instants of this month and the eleven before it, and now, oldest first, each with the grants by class of then.
    pub trend: Vec<(Timestamp, [i64; 6])>,
}

impl Overview {
    pub fn count(&self, measure: &str) -> i64 {
        self.counts.get(measure).copied().unwrap_or(0)
    }

    /// Privileged identities without an owner.
    pub fn privileged_unowned(&self) -> Figure {
        self.figure("identities.privileged.no_owner")
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
    let mut top = Vec::new();
    for holder in identities::list(read.tx(), seq, now, &filter, &After::Start, TOP).await? {
        let worst = crate::grants::worst(read, &holder).await?;
        top.push((holder, worst));
    }
    let changed = comparison::steps(read, CHANGED).await?;
    let began = store::imports::last(read.tx(), seq).await?.is_some();
    let latest = if read.who().may(Action::ReadLedger) {
        let sign_ins = Area::SignIns.verbs().into_iter().map(str::to_owned).collect();
        let which = Which { of: Of::All, verbs: Verbs::But(sign_ins) };
        let stored = ledger::page(read.tx(), (Order::Newest, seq.plus(1)), seq, 6, &which).await?;
        crate::ledger::told(read.tx(), stored).await?
    } else {
        vec![]
    };
    let orphans = store::adoption::orphans(read.tx(), seq).await?;
    let instants = points(as_of.at);
    let held = counts::trend(read.tx(), measures::ORGANISATION, seq, &instants).await?;
    let mut events = store::imports::begun(read.tx(), seq, EVENTS).await?;
    events.retain(|(_, at)| *at > instants[0]);
    let events = events.into_iter().rev().map(|(name, at)| (at, name)).collect();
    let trend = instants.into_iter().zip(held).collect();
    Ok(Overview { as_of, counts, top, changed, began, latest, orphans, events, trend })
}

/// Twelve beginnings of months and the instant itself.
fn points(at: Timestamp) -> [Timestamp; counts::POINTS] {
    let mut out = [at; counts::POINTS];
    for (slot, start) in out.iter_mut().zip(at.month_starts(counts::POINTS - 1)) {
        *slot = start;
    }
    out
}
