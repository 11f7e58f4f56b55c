//! Which rows an adoption is of: what a source saw as of a position and nobody has countersigned, identity by identity. One
//! walk makes the operation, writes it and checks it, so that the three cannot differ. What was seen as of a position never
//! changes; what is countersigned is asked anew.

use crate::{Error, Result};
use domain::change::adopt::{APART_MOST, Adopt, Apart, Grouped, Judged, Root, Stand, judged, named};
use domain::change::content::{MatchKey, SetRef};
use domain::change::effect::{Own, steers};
use domain::identity::Plane;
use domain::ids::{IdentityId, PermissionSetId, RuleId, SourceId};
use domain::locator::{Pattern, Reach, Work};
use domain::privilege::Class;
use domain::rule::{Rule, Via};
use domain::seq::Seq;
use domain::time::Timestamp;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use store::changes::adopted::{self, Held};
use store::engine::db::Tx;
use store::engine::table::Declared;
use store::grants::Grant;
use store::identities::Record;
use store::permission_sets;
use store::surfaces::Surface;

/// Identities of a page.
const PAGE: usize = 200;

/// What is asked for of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub source: SourceId,
    pub scope: Option<String>,
    pub position: Seq,
    pub except: BTreeSet<MatchKey>,
    pub part: Part,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// All but what stands apart.
    Ordinary,
    /// The first rules that stand apart.
    Apart,
    /// These of them.
    These(Vec<(Option<PermissionSetId>, String)>),
}

impl Wanted {
    /// What an operation is of.
    pub fn of(o: &Adopt) -> Self {
        let these = |all: &Vec<Apart>| Part::These(all.iter().map(|a| (a.set.as_ref().map(|s| s.id), a.rule.content_key())).collect());
        let part = o.apart.as_ref().map_or(Part::Ordinary, these);
        Self { source: o.source, scope: o.scope.clone(), position: o.position, except: o.except.clone(), part }
    }
}

/// What of one identity is adopted.
pub(super) struct Chosen {
    pub identity: IdentityId,
    pub record: Option<Record>,
    /// What people said of it by hand.
    pub manual: Option<Record>,
    pub surfaces: Vec<Surface>,
    pub grants: Vec<Grant>,
    /// True where all that was seen of it is countersigned with this, and nobody has reviewed it yet.
    pub whole: bool,
}

/// A rule, with what it takes to say whether it stands apart.
struct Known {
    rule: Rule,
    key: String,
    judged: Judged,
    reach: Option<Reach>,
}

/// A rule that stands apart and is adopted.
struct Taken {
    set: Option<SetRef>,
    rule: Rule,
    holders: BTreeSet<IdentityId>,
    steering: u64,
    ends: Ends,
}

/// When the last of several grants ends.
#[derive(Clone, Copy)]
enum Ends {
    /// There is none yet.
    Nothing,
    Never,
    At(Timestamp),
}

impl Ends {
    fn with(self, other: Option<Timestamp>) -> Self {
        match (self, other) {
            (Self::Never, _) | (_, None) => Self::Never,
            (Self::Nothing, Some(at)) => Self::At(at),
            (Self::At(one), Some(two)) => Self::At(one.max(two)),
        }
    }
}

/// A walk over what is adopted.
pub(super) struct Choosing {
    wanted: Wanted,
    held: Vec<Held>,
    at: usize,
    rules: HashMap<RuleId, Known>,
    sets: HashMap<PermissionSetId, Option<SetRef>>,
    taken: Vec<((Option<PermissionSetId>, String), Taken)>,
    root: Root,
    rows: BTreeMap<String, u64>,
    classes: BTreeMap<String, u64>,
    groups: Grouped,
    left: u64,
    stands: BTreeSet<Stand>,
}

/// What stands of a page.
struct Around {
    records: HashMap<IdentityId, Record>,
    manual: HashMap<IdentityId, Record>,
    recorded: HashSet<IdentityId>,
    countersigned: HashSet<String>,
    surfaces: HashMap<IdentityId, Vec<Surface>>,
    surfaced: HashSet<(IdentityId, domain::surface::SurfaceKind, String)>,
    reviewed: HashSet<IdentityId>,
}

impl Choosing {
    pub async fn begin(tx: &mut Tx, wanted: Wanted) -> Result<Self> {
        let held = adopted::held(tx, wanted.source, wanted.position, wanted.scope.as_deref()).await?;
        Ok(Self {
            wanted,
            held,
            at: 0,
            rules: HashMap::new(),
            sets: HashMap::new(),
            taken: vec![],
            root: Root::default(),
            rows: BTreeMap::new(),
            classes: BTreeMap::new(),
            groups: BTreeMap::new(),
            left: 0,
            stands: BTreeSet::new(),
        })
    }

    /// What the next identities give; none behind the last.
    pub async fn page(&mut self, tx: &mut Tx) -> Result<Option<Vec<Chosen>>> {
        let page: Vec<Held> = self.held[self.at..].iter().take(PAGE).cloned().collect();
        let (Some(first), Some(last)) = (page.first(), page.last()) else { return Ok(None) };
        self.at += page.len();
        let range = (first.identity_id, last.identity_id);
        let mut around = self.around(tx, range).await?;
        let mut grants: HashMap<IdentityId, Vec<Grant>> = HashMap::new();
        for grant in adopted::grants(tx, range, self.wanted.source, self.wanted.position).await? {
            self.known(tx, &grant).await?;
            grants.entry(grant.identity_id).or_default().push(grant);
        }
        let mut out = Vec::with_capacity(page.len());
        for one in &page {
            let held = grants.remove(&one.identity_id).unwrap_or_default();
            out.push(self.of_one(one, held, &mut around));
        }
        Ok(Some(out))
    }

    async fn around(&self, tx: &mut Tx, range: adopted::Range) -> Result<Around> {
        let (source, seq) = (self.wanted.source, self.wanted.position);
        let by_id = |all: Vec<Record>| all.into_iter().map(|r| (r.id, r)).collect::<HashMap<_, _>>();
        let mut records = by_id(adopted::records(tx, range, Plane::Observed, seq).await?);
        records.retain(|_, record| record.source_id == Some(source));
        let mut surfaces: HashMap<IdentityId, Vec<Surface>> = HashMap::new();
        for surface in adopted::surfaces(tx, range, source, seq).await? {
            surfaces.entry(surface.identity_id).or_default().push(surface);
        }
        Ok(Around {
            records,
            manual: by_id(adopted::records(tx, range, Plane::Manual, seq).await?),
            recorded: adopted::records(tx, range, Plane::Baseline, Seq::NOW).await?.into_iter().map(|r| r.id).collect(),
            countersigned: adopted::countersigned(tx, range).await?.into_iter().collect(),
            surfaces,
            surfaced: adopted::countersigned_surfaces(tx, range).await?.into_iter().collect(),
            reviewed: adopted::reviewed(tx, range).await?.into_iter().collect(),
        })
    }

    /// Remembers the rule and the set of a grant.
    async fn known(&mut self, tx: &mut Tx, grant: &Grant) -> Result<()> {
        if let Entry::Vacant(unknown) = self.rules.entry(grant.rule_id) {
            let rule =
                permission_sets::rule(tx, grant.rule_id).await?.ok_or_else(|| Error::Internal("a grant without its rule".to_owned()))?;
            let judged = judged(&rule, Via::Direct);
            let writes = judged.class.is_some_and(|class| class != Class::Read);
            let reach = writes.then(|| Reach::of(&rule, &mut Work::default()));
            unknown.insert(Known { key: rule.content_key(), rule, judged, reach });
        }
        if let Some(set) = grant.permission_set_id.filter(|set| !self.sets.contains_key(set)) {
            let called = permission_sets::called(tx, set, self.wanted.position).await?;
            self.sets.insert(set, called.map(|(kind, key, _)| SetRef { id: set, kind, key }));
        }
        Ok(())
    }

    fn of_one(&mut self, held: &Held, grants: Vec<Grant>, around: &mut Around) -> Chosen {
        let id = held.identity_id;
        let surfaces = around.surfaces.remove(&id).unwrap_or_default();
        let own = Own { surfaces: surfaces.iter().map(|s| (s.kind, Pattern::parse(None, &s.locator).ok())).collect(), ..Own::default() };
        let mut whole = !around.reviewed.contains(&id);
        let mut chosen = Vec::with_capacity(grants.len());
        for grant in grants {
            if around.countersigned.contains(&grant.match_key) {
                continue;
            }
            if self.takes(&grant, &own, held) { chosen.push(grant) } else { whole = false }
        }
        let ordinary = self.wanted.part == Part::Ordinary;
        let there = around.recorded.contains(&id);
        let record = around.records.remove(&id).filter(|_| ordinary && !there);
        whole &= there || record.is_some();
        let missing: Vec<Surface> = surfaces.into_iter().filter(|s| !around.surfaced.contains(&(id, s.kind, s.locator.clone()))).collect();
        whole &= ordinary || missing.is_empty();
        let manual = around.manual.remove(&id).filter(|_| record.is_some());
        let out = Chosen { identity: id, record, manual, surfaces: if ordinary { missing } else { vec![] }, grants: chosen, whole };
        self.count(&out, held);
        out
    }

    /// Whether a grant is adopted with this; what stands apart is remembered by set and rule.
    fn takes(&mut self, grant: &Grant, own: &Own, held: &Held) -> bool {
        let Some(known) = self.rules.get(&grant.rule_id) else { return false };
        let boundary = grant.via == Via::Boundary;
        let reach = known.reach.as_ref().filter(|_| !boundary && !own.surfaces.is_empty());
        let steering = reach.is_some_and(|reach| steers(reach, own, &mut Work::default()));
        let apart = !boundary && (known.judged.is_apart() || steering);
        if self.wanted.except.contains(&MatchKey(grant.match_key.clone())) {
            return false;
        }
        if !apart {
            return self.wanted.part == Part::Ordinary;
        }
        let line = (grant.permission_set_id, known.key.clone());
        let at = self.taken.iter().position(|(of, _)| *of == line);
        let may = match &self.wanted.part {
            Part::Ordinary => false,
            Part::Apart => at.is_some() || self.taken.len() < APART_MOST,
            Part::These(all) => all.contains(&line),
        };
        if !may {
            self.left += 1;
            return false;
        }
        let at = at.unwrap_or_else(|| {
            let set = grant.permission_set_id.and_then(|set| self.sets.get(&set).cloned().flatten());
            let taken = Taken { set, rule: known.rule.clone(), holders: BTreeSet::new(), steering: 0, ends: Ends::Nothing };
            self.taken.push((line, taken));
            self.taken.len() - 1
        });
        let taken = &mut self.taken[at].1;
        if taken.holders.insert(held.identity_id) {
            taken.steering += u64::from(steering);
        }
        taken.ends = taken.ends.with(grant.ends_at);
        true
    }

    /// Adds what is adopted of an identity to the root and to what is counted.
    fn count(&mut self, chosen: &Chosen, held: &Held) {
        let some = chosen.record.is_some() || !chosen.grants.is_empty() || !chosen.surfaces.is_empty();
        if some {
            self.stands.insert(Stand { environment: held.environment, criticality: held.criticality });
        }
        let key = chosen.identity.uuid().simple().to_string();
        if let Some(record) = &chosen.record {
            self.push("identity_versions", &key, record.clone());
        }
        if let Some(manual) = &chosen.manual {
            let since = manual.since;
            self.root.push("identity_versions", &format!("{key} by hand"), &manual.clone().open().digest(since));
        }
        for surface in &chosen.surfaces {
            self.push("surface_versions", &surface.id.to_string(), surface.clone());
        }
        for grant in &chosen.grants {
            self.push("grants", &grant.match_key, grant.clone());
            let Some(known) = self.rules.get(&grant.rule_id) else { continue };
            let class = known.judged.class.filter(|_| grant.via != Via::Boundary);
            *self.classes.entry(class.map_or("none", Class::as_str).to_owned()).or_default() += 1;
            let set = grant.permission_set_id.and_then(|set| self.sets.get(&set)?.as_ref());
            let set = set.map(|set| domain::text::capped(&format!("{} {}", set.kind, set.key), 200));
            *self.groups.entry((class, held.place.clone(), set)).or_default() += 1;
        }
    }

    fn push<R: Declared>(&mut self, table: &str, key: &str, row: R) {
        let since = row.since();
        self.root.push(table, key, &row.open().digest(since));
        *self.rows.entry(table.to_owned()).or_default() += 1;
    }

    /// The root over everything that was walked.
    pub fn root(&self) -> String {
        self.root.hex()
    }

    /// The operation that was walked to its end.
    pub fn adopt(self) -> Result<Adopt> {
        if self.root.size() == 0 {
            let why = match self.wanted.part {
                Part::Ordinary if self.left > 0 => "What is left of it stands apart. Adopt the privileged access in a change of its own.",
                _ => "There is nothing in it that waits for adoption.",
            };
            return Err(Error::invalid("operations", why));
        }
        let apart = self.taken.into_iter().map(|(_, taken)| Apart {
            set: taken.set,
            rule: taken.rule,
            holders: taken.holders.len() as u64,
            steering: taken.steering,
            ends_at: if let Ends::At(at) = taken.ends { Some(at) } else { None },
        });
        let apart = (self.wanted.part != Part::Ordinary).then(|| apart.collect());
        Ok(Adopt {
            source: self.wanted.source,
            scope: self.wanted.scope,
            position: self.wanted.position,
            except: self.wanted.except,
            apart,
            rows: self.rows,
            classes: self.classes,
            groups: named(self.groups),
            left: self.left,
            stands: self.stands.into_iter().collect(),
            root: self.root.hex(),
        })
    }
}

/// The operation that something wanted comes to.
pub(super) async fn made(tx: &mut Tx, wanted: Wanted) -> Result<Adopt> {
    let mut choosing = Choosing::begin(tx, wanted).await?;
    while choosing.page(tx).await?.is_some() {}
    choosing.adopt()
}
