//! What differs of some identities between two moments, in words: grants judged in the company of all the others at each,
//! surfaces with the lines that went and came, tools, credentials, and the fields of the record.

use super::fields;
use super::texts::{self, Texts};
use super::words;
use crate::identities::GRANTS_JUDGED;
use crate::{Result, Services};
use domain::access::{self, HeldRule, Memory};
use domain::asof::AsOf;
use domain::comparison::Changed;
use domain::difference::{Difference, How, Thing};
use domain::ids::{IdentityId, PersonId, TeamId};
use domain::privilege::Class;
use std::collections::HashMap;
use store::comparison::{self as rows, At, Between, HeldThen, Sided};
use store::credentials::Credential;
use store::engine::db::Tx;
use store::identities::{IdentityFacts, Record};
use store::surfaces::{Surface, Tool};

/// Identities that are compared by one set of statements.
pub(super) const STEP: usize = 20;
/// Grants that are judged for one page, of all its identities and at both moments.
const JUDGED: i64 = 20_000;

/// Names of people and teams as of the newer moment, else of the older.
#[derive(Default)]
pub(super) struct Names {
    pub people: HashMap<PersonId, String>,
    pub teams: HashMap<TeamId, String>,
}

impl Names {
    pub async fn load(tx: &mut Tx, between: Between) -> Result<Self> {
        let mut out = Self::default();
        for at in [between.from, between.to] {
            out.people.extend(crate::ledger::names(tx, at.seq).await?);
            out.teams.extend(store::teams::all_at(tx, at.seq).await?.into_iter().map(|t| (t.id, t.name)));
        }
        Ok(out)
    }
}

/// Everything that was read of some identities.
#[derive(Default)]
struct Loaded {
    before: HashMap<IdentityId, IdentityFacts>,
    after: HashMap<IdentityId, IdentityFacts>,
    grants: Vec<HeldThen>,
    surfaces: Vec<Sided<Surface>>,
    texts: Texts,
    tools: Vec<Sided<Tool>>,
    credentials: Vec<Sided<Credential>>,
    records: Vec<Sided<Record>>,
    /// Those that hold more grants than can be judged while somebody waits.
    large: Vec<IdentityId>,
    /// So much moved of these that not all of it was read: what is not known whole is not told in part.
    cut: bool,
}

/// What differs of at most `STEP` identities, in the order given.
pub(super) async fn compared(services: &Services, tx: &mut Tx, all: &[At], between: Between, names: &Names) -> Result<Vec<Changed>> {
    let ids: Vec<IdentityId> = all.iter().map(|at| at.identity_id).collect();
    if ids.is_empty() {
        return Ok(vec![]);
    }
    let mut loaded = load(tx, &ids, between).await?;
    let named = |id: &IdentityId| loaded.after.get(id).or(loaded.before.get(id)).cloned();
    let order: Vec<(At, Option<IdentityFacts>)> = all.iter().map(|at| (*at, named(&at.identity_id))).collect();
    let fields: Vec<Vec<Difference>> = ids.iter().map(|id| records(&loaded, *id, names)).collect();
    let grants = std::mem::take(&mut loaded.grants);
    services
        .compare(move || {
            let mut access = judged(grants, between);
            let mut out = Vec::new();
            for ((at, facts), fields) in order.into_iter().zip(fields) {
                let Some(facts) = facts else { continue };
                let own = access.remove(&at.identity_id).unwrap_or_default();
                out.push(one(&loaded, at, &facts, own, fields));
            }
            out
        })
        .await
}

async fn load(tx: &mut Tx, ids: &[IdentityId], between: Between) -> Result<Loaded> {
    let by_id = |all: Vec<IdentityFacts>| all.into_iter().map(|f| (f.identity_id, f)).collect::<HashMap<_, _>>();
    let before = by_id(rows::facts(tx, ids, between.from.seq).await?);
    let after = by_id(rows::facts(tx, ids, between.to.seq).await?);
    // What came or went as a whole is not looked into.
    let stayed: Vec<IdentityId> = ids.iter().copied().filter(|id| before.contains_key(id) && after.contains_key(id)).collect();
    let mut loaded = Loaded { before, after, ..Loaded::default() };
    if stayed.is_empty() {
        return Ok(loaded);
    }
    let held = |f: Option<&IdentityFacts>| f.map_or(0, |f| f.grants + f.denied);
    let (mut small, mut left) = (Vec::new(), JUDGED);
    for id in &stayed {
        let n = held(loaded.before.get(id)) + held(loaded.after.get(id));
        if n > 2 * GRANTS_JUDGED || n > left {
            loaded.large.push(*id);
        } else {
            left -= n;
            small.push(*id);
        }
    }
    grants(tx, &small, between, &mut loaded).await?;
    let surfaces = rows::surfaces(tx, &stayed, between).await?;
    let tools = rows::tools(tx, &stayed, between).await?;
    let credentials = rows::credentials(tx, &stayed, between).await?;
    loaded.cut = surfaces.is_none() || tools.is_none() || credentials.is_none();
    loaded.surfaces = surfaces.unwrap_or_default();
    loaded.texts = texts::load(tx, &loaded.surfaces).await?;
    loaded.tools = tools.unwrap_or_default();
    loaded.credentials = credentials.unwrap_or_default();
    loaded.records = rows::records(tx, &stayed, between).await?;
    Ok(loaded)
}

/// The grants of those that hold few by their figures. Boundaries stand in no figure: where there are more after all, each
/// identity is read by itself.
async fn grants(tx: &mut Tx, small: &[IdentityId], between: Between, loaded: &mut Loaded) -> Result<()> {
    if small.is_empty() {
        return Ok(());
    }
    if let Some(all) = rows::grants(tx, small, between).await? {
        loaded.grants = all;
        return Ok(());
    }
    for id in small {
        match rows::grants(tx, &[*id], between).await? {
            Some(own) => loaded.grants.extend(own),
            None => loaded.large.push(*id),
        }
    }
    Ok(())
}

fn records(loaded: &Loaded, id: IdentityId, names: &Names) -> Vec<Difference> {
    let (Some(before), Some(after)) = (loaded.before.get(&id), loaded.after.get(&id)) else { return vec![] };
    let of = |after: bool| {
        let own = loaded.records.iter().filter(move |r| r.row.id == id && r.after == after);
        own.map(|r| &r.row).collect::<Vec<_>>()
    };
    fields::differences((before, &of(false)[..]), (after, &of(true)[..]), names)
}

/// One identity with everything that differs of it.
fn one(loaded: &Loaded, at: At, facts: &IdentityFacts, access: Vec<Difference>, fields: Vec<Difference>) -> Changed {
    let id = at.identity_id;
    let how = match (loaded.before.contains_key(&id), loaded.after.contains_key(&id)) {
        (false, _) => How::Added,
        (_, false) => How::Removed,
        _ => How::Changed,
    };
    let mut out = Changed { identity: Some(id), ..Changed::new(&facts.name, how) };
    if how != How::Changed {
        out.class = facts.highest_class();
        return out;
    }
    let own = |one: Difference| one.of_known(id, &facts.name);
    out.differences.extend(access.into_iter().map(own));
    out.differences.extend(surfaces(loaded, id).into_iter().map(own));
    out.differences.extend(tools(loaded.tools.iter().filter(|t| t.row.identity_id == id)).into_iter().map(own));
    out.differences.extend(fields.into_iter().map(|d| d.at(at.seq)).map(own));
    out.differences.extend(credentials(loaded, id).into_iter().map(own));
    let large = loaded.large.contains(&id).then(|| figures(&loaded.before[&id], &loaded.after[&id]));
    out.left_out = large.or_else(|| loaded.cut.then(|| CUT.to_owned()));
    out
}

const CUT: &str = "Too much moved to compare surfaces, tools and credentials here. Compare one identity, or two moments that are closer.";

/// Of an identity with too many grants only the figures of the lists.
fn figures(before: &IdentityFacts, after: &IdentityFacts) -> String {
    let moved = Class::ALL.iter().zip(before.by_class().into_iter().zip(after.by_class())).filter(|(_, (a, b))| a != b);
    let said: Vec<String> = moved.map(|(class, (a, b))| format!("{} {a} → {b}", class.label())).collect();
    let said = if said.is_empty() { "none by number".to_owned() } else { said.join(", ") };
    format!("It holds too many grants to compare one by one. Changed by class: {said}.")
}

/// Versions of one thing at the two moments, by what makes it the same.
pub(super) fn paired<'a, T: 'a, K: std::hash::Hash + Eq>(
    all: impl Iterator<Item = &'a Sided<T>>,
    key: impl Fn(&'a T) -> K,
) -> Vec<(Option<&'a T>, Option<&'a T>)> {
    let mut out: Vec<(Option<&T>, Option<&T>)> = vec![];
    let mut places = HashMap::new();
    for sided in all {
        let at = *places.entry(key(&sided.row)).or_insert_with(|| {
            out.push((None, None));
            out.len() - 1
        });
        let slot = if sided.after { &mut out[at].1 } else { &mut out[at].0 };
        *slot = Some(&sided.row);
    }
    out
}

fn surfaces(loaded: &Loaded, id: IdentityId) -> Vec<Difference> {
    let pairs = paired(loaded.surfaces.iter().filter(|s| s.row.identity_id == id), |s| s.id);
    let mut all: Vec<Difference> = pairs.into_iter().filter_map(|pair| surface(loaded, pair)).collect();
    // What was taken out says most.
    all.sort_by_cached_key(|d| {
        let both = (d.before.as_deref().unwrap_or_default(), d.after.as_deref().unwrap_or_default());
        std::cmp::Reverse(domain::comparison::dropped(both.0, both.1).len())
    });
    all
}

fn surface(loaded: &Loaded, pair: (Option<&Surface>, Option<&Surface>)) -> Option<Difference> {
    let name = |s: &Surface| format!("{} {}", s.kind.label(), s.locator);
    Some(match pair {
        (None, Some(new)) => Difference::new(Thing::Surface, How::Added, &name(new)).at(new.since),
        (Some(old), None) => Difference::new(Thing::Surface, How::Removed, &name(old)),
        (Some(old), Some(new)) if old.content_digest == new.content_digest => return None,
        (Some(old), Some(new)) => loaded.texts.with(Difference::new(Thing::Surface, How::Changed, &name(new)).at(new.since), old, new),
        (None, None) => return None,
    })
}

/// Tools that came, went or say something else.
pub(crate) fn tools<'a>(all: impl Iterator<Item = &'a Sided<Tool>>) -> Vec<Difference> {
    let pairs = paired(all, |t| (t.surface_id, t.name.as_str()));
    let said = |t: &Tool| words::tool(&t.definition);
    let mut out: Vec<Difference> = pairs
        .into_iter()
        .filter_map(|pair| match pair {
            (None, Some(new)) => Some(Difference::new(Thing::Tool, How::Added, &new.name).at(new.since).with_words("", &said(new))),
            (Some(old), None) => Some(Difference::new(Thing::Tool, How::Removed, &old.name)),
            (Some(old), Some(new)) if old.drift_key == new.drift_key => None,
            (Some(old), Some(new)) => {
                Some(Difference::new(Thing::Tool, How::Changed, &new.name).at(new.since).with_words(&said(old), &said(new)))
            }
            (None, None) => None,
        })
        .collect();
    out.sort_by(|a, b| (a.how, &a.name).cmp(&(b.how, &b.name)));
    out
}

fn credentials(loaded: &Loaded, id: IdentityId) -> Vec<Difference> {
    let pairs = paired(loaded.credentials.iter().filter(|c| c.row.identity_id == id), |c| c.id);
    let made = |how, c: &Credential| Difference::new(Thing::Credential, how, &format!("{} {}", c.method, c.key_id));
    let one = |pair: (Option<&Credential>, Option<&Credential>)| match pair {
        (None, Some(new)) => Some(made(How::Added, new).at(new.since)),
        (Some(old), None) => Some(made(How::Removed, old)),
        (Some(old), Some(new)) if old.same(new) => None,
        (Some(_), Some(new)) => Some(made(How::Changed, new).at(new.since)),
        (None, None) => None,
    };
    pairs.into_iter().filter_map(one).collect()
}

/// What came and went of the grants of each identity, gained first, the worst first.
fn judged(all: Vec<HeldThen>, between: Between) -> HashMap<IdentityId, Vec<Difference>> {
    let (mut out, mut memory) = (HashMap::new(), Memory::default());
    for held in all.chunk_by(|a, b| a.identity_id == b.identity_id) {
        let pairs = moved(held);
        if pairs.is_empty() {
            continue;
        }
        let classes = [classes(held, between.from, false, &mut memory), classes(held, between.to, true, &mut memory)];
        let mut own: Vec<(u8, Difference)> = pairs.into_iter().map(|pair| grant(held, pair, &classes, between)).collect();
        own.sort_by_key(|(severity, d)| (d.thing != Thing::Grant, d.how, std::cmp::Reverse(*severity)));
        out.insert(held[0].identity_id, own.into_iter().map(|(_, d)| d).collect());
    }
    out
}

/// Places of what holds before and after under one key, where the two are not the same access.
fn moved(held: &[HeldThen]) -> Vec<(Option<usize>, Option<usize>)> {
    let mut by_key: HashMap<&str, (Option<usize>, Option<usize>)> = HashMap::new();
    for (at, g) in held.iter().enumerate() {
        let sides = by_key.entry(g.match_key.as_str()).or_default();
        sides.0 = if g.before { Some(at) } else { sides.0 };
        sides.1 = if g.after { Some(at) } else { sides.1 };
    }
    let same = |(a, b): (Option<usize>, Option<usize>)| match (a, b) {
        (Some(a), Some(b)) => held[a].ends_at == held[b].ends_at,
        (a, b) => a == b,
    };
    let mut out: Vec<_> = by_key.into_values().filter(|pair| !same(*pair)).collect();
    out.sort_unstable();
    out
}

/// The highest class of what is in force at one moment, by its place.
fn classes(held: &[HeldThen], at: AsOf, after: bool, memory: &mut Memory) -> HashMap<usize, Class> {
    let there: Vec<usize> = (0..held.len()).filter(|n| if after { held[*n].after } else { held[*n].before }).collect();
    let timed = |g: &HeldThen| g.ends_at.is_some_and(|e| e.since(at.at) <= crate::identities::TIMED_AT_MOST);
    let rules: Vec<HeldRule<'_>> =
        there.iter().map(|n| &held[*n]).map(|g| HeldRule { rule: &g.rule, via: g.via, via_name: &g.via_name, timed: timed(g) }).collect();
    let judged = access::judge(&rules, memory);
    there.into_iter().zip(judged).filter_map(|(n, j)| Some((n, j.classes.highest()?))).collect()
}

fn grant(
    held: &[HeldThen],
    pair: (Option<usize>, Option<usize>),
    classes: &[HashMap<usize, Class>; 2],
    between: Between,
) -> (u8, Difference) {
    let (how, at, side) = match pair {
        (None, Some(new)) => (How::Added, new, 1),
        (Some(_), Some(new)) => (How::Changed, new, 1),
        (old, None) => (How::Removed, old.unwrap_or_default(), 0),
    };
    let g = &held[at];
    let thing = Thing::of_rule(&g.rule, g.via);
    let class = classes[side].get(&at).copied().filter(|_| thing == Thing::Grant);
    let named = Difference::new(thing, how, &words::grant_name(g.set_name.as_deref(), &g.rule, g.via, &g.via_name)).class(class);
    let said = match pair {
        (Some(old), Some(_)) => {
            named.at(g.since).with_words(&words::end(held[old].ends_at, between.from), &words::end(g.ends_at, between.to))
        }
        (None, Some(_)) => named.at(g.since).with_words("", &words::end(g.ends_at, between.to)),
        // One that was closed says by which entry; one that only ended, when.
        _ if g.until <= between.to.seq => named.at(g.until),
        _ => named.with_words("", &words::end(g.ends_at, between.to)),
    };
    (class.map_or(0, Class::severity), said)
}
