//! One identity with everything it is made of.

use super::texts::{self, Change};
use super::timeline::{self, Timeline};
use super::{GRANTS_JUDGED, TIMED_AT_MOST};
use crate::resources::{self, Touched};
use crate::{Error, Read, Result, Services};
use domain::access::{self, HeldRule, Judged, Memory, Totals};
use domain::asof::AsOf;
use domain::identity::{Plane, Review};
use domain::ids::{BlobId, GrantId, IdentityId, PersonId, TeamId};
use domain::permission::Action;
use domain::privilege::Class;
use domain::rule::Via;
use domain::surface;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use store::credentials::Credential;
use store::engine::db::Tx;
use store::external_keys::NamedKey;
use store::grants::HeldGrant;
use store::identities::{IdentityFacts, Listed, Record};
use store::surfaces::{Surface, Tool};
use store::{blobs, credentials, grants, identities, surfaces};

/// A surface with its versions, newest first.
#[derive(Clone, Debug)]
pub struct ShownSurface {
    pub surface: Surface,
    pub versions: Vec<Surface>,
    /// The newest text.
    pub text: Text,
    /// What it changed of the one ahead of it, where there is one.
    pub change: Option<Change>,
}

/// The text of a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text {
    Content(String),
    Redacted,
    /// Only locator and digest are kept.
    NotKept,
    /// Kept, and too long for a page.
    TooLarge,
}

/// A grant with the judgement on it in the company of the others.
#[derive(Clone, Debug)]
pub struct ShownGrant {
    pub held: HeldGrant,
    pub judged: Judged,
}

/// One identity as of a position.
#[derive(Clone, Debug)]
pub struct Detail {
    pub as_of: AsOf,
    pub facts: IdentityFacts,
    pub review: Review,
    pub owner_name: Option<String>,
    pub observed: Option<Record>,
    pub manual: Option<Record>,
    /// What people countersigned: it stands before what one person wrote.
    pub countersigned: Option<Record>,
    pub purpose: Option<Text>,
    pub keys: Vec<NamedKey>,
    pub grants: Vec<ShownGrant>,
    pub totals: Totals,
    /// Registered resources that the grants shown touch.
    pub resources: Touched,
    /// True where there are more grants than the page takes.
    pub cut: bool,
    /// How many grants in force are not shown.
    pub left_out: i64,
    /// True where all that are privileged are among those shown.
    pub all_privileged: bool,
    /// True where there are so many that those shown were judged one by one: what denies and a boundary take away is not
    /// subtracted, and the figures are those of the lists.
    pub apart: bool,
    /// The digest of the derived surface `permissions`; none without a grant.
    pub permissions: Option<String>,
    pub surfaces: Vec<ShownSurface>,
    pub tools: Vec<Tool>,
    pub credentials: Vec<Credential>,
    /// What came and went, newest first.
    pub timeline: Timeline,
    pub versions: Vec<Record>,
    pub people: HashMap<PersonId, String>,
    pub teams: HashMap<TeamId, String>,
    /// The texts that versions of the record name as purpose.
    pub purposes: HashMap<BlobId, Text>,
    pub may_redact: bool,
    /// Whether people may still be shown by name (today's rights).
    pub may_edit: bool,
}

/// Grants shown on one page, the weightiest. Of very many those that stand first, because an import writes the weightiest first,
/// and so many of the newest, which later imports brought.
const GRANTS: usize = 1000;
const NEWEST: usize = 200;

impl Detail {
    /// What people state of it: countersigned, else what was entered manually.
    pub fn stated(&self) -> Option<&Record> {
        self.countersigned.as_ref().or(self.manual.as_ref())
    }
}

pub async fn show(read: &mut Read, id: IdentityId) -> Result<Detail> {
    read.authorise(Action::ReadInventory)?;
    let (as_of, seq) = (read.as_of(), read.seq());
    let (may_redact, may_edit) = (read.who().may(Action::Redact), read.who().may(Action::WriteInventory));
    let services = read.services().clone();
    let tx = read.tx();
    let found = identities::facts_of(tx, id, seq).await?;
    let Listed { facts, review, owner_name, .. } = found.ok_or(Error::NotFound("identity"))?;
    let records = identities::records_of(tx, id, seq).await?;
    let plane = |p: Plane| records.iter().find(|r| r.plane == p).cloned();
    let (observed, manual, countersigned) = (plane(Plane::Observed), plane(Plane::Manual), plane(Plane::Baseline));
    let purpose = match countersigned.as_ref().or(manual.as_ref()).and_then(|m| m.purpose_id) {
        Some(blob) => Some(text(tx, Some(blob)).await?),
        None => None,
    };
    let Access { grants, totals, permissions, cut, apart } = access(&services, tx, &facts, as_of).await?;
    let of = surfaces::of_identity(tx, id, seq).await?;
    let surfaces = texts::shown(&services, tx, of, seq).await?;
    let versions = identities::versions_of(tx, id, seq).await?;
    let purposes = purposes(tx, &versions).await?;
    let keys = store::external_keys::of_identity(tx, id, seq).await?;
    let tools = surfaces::tools_of(tx, id, Plane::Observed, seq).await?;
    let credentials = credentials::of_identity(tx, id, Plane::Observed, seq).await?;
    let teams = store::teams::all_at(tx, seq).await?.into_iter().map(|t| (t.id, t.name)).collect();
    let people = crate::ledger::names(tx, seq).await?;
    let mut resources = resources::touched(&services, tx, as_of, &grants).await?;
    let timeline = timeline::load(read, id, &surfaces, &versions, !apart).await?;
    resources.complete &= !cut;
    let (left_out, all_privileged) = (left_out(&totals, &grants, as_of), all_privileged(&totals, &grants));
    Ok(Detail {
        as_of,
        facts,
        review,
        owner_name,
        observed,
        manual,
        countersigned,
        purpose,
        keys,
        grants,
        totals,
        resources,
        cut,
        left_out,
        all_privileged,
        apart,
        permissions,
        surfaces,
        tools,
        credentials,
        timeline,
        versions,
        people,
        teams,
        purposes,
        may_redact,
        may_edit,
    })
}

/// As many grants as a page shows, source by source, and whether any are left out.
fn weightiest(mut grants: Vec<ShownGrant>) -> (Vec<ShownGrant>, bool) {
    let cut = grants.len() > GRANTS;
    if cut {
        grants.sort_by(|a, b| a.held.source.cmp(&b.held.source).then(b.judged.order_key().cmp(&a.judged.order_key())));
        grants.truncate(GRANTS);
    }
    (grants, cut)
}

/// How many grants in force the figures count and the page does not show.
fn left_out(totals: &Totals, shown: &[ShownGrant], as_of: AsOf) -> i64 {
    let counts = |g: &&ShownGrant| g.held.via != Via::Boundary && g.held.ends_at.is_none_or(|e| e > as_of.at);
    (totals.grants + totals.denied - shown.iter().filter(counts).count() as i64).max(0)
}

/// Whether as many grants of each privileged class are shown as the figures count: what denies take away makes them fewer there.
fn all_privileged(totals: &Totals, shown: &[ShownGrant]) -> bool {
    let shown = |class: Class| shown.iter().filter(|g| g.judged.classes.highest() == Some(class)).count() as i64;
    Class::ALL.iter().filter(|class| class.is_privileged()).all(|class| shown(*class) >= totals.by_class[*class as usize])
}

/// What a page shows of the grants.
struct Access {
    grants: Vec<ShownGrant>,
    totals: Totals,
    permissions: Option<String>,
    cut: bool,
    apart: bool,
}

/// All grants judged together beside the requests, or some of them one by one where there are too many to wait for.
async fn access(services: &Services, tx: &mut Tx, facts: &IdentityFacts, as_of: AsOf) -> Result<Access> {
    let (id, seq) = (facts.identity_id, as_of.seq);
    if facts.grants + facts.denied <= GRANTS_JUDGED {
        let held = grants::of_identity(tx, id, Plane::Observed, seq, GRANTS_JUDGED + 1).await?;
        // A boundary is in no figure of the lists, so there may be more after all.
        if held.len() as i64 <= GRANTS_JUDGED {
            return services.compare(move || together(held, as_of)).await;
        }
    }
    let (oldest, newest) = (GRANTS - NEWEST, NEWEST);
    let mut some = grants::some_of_identity(tx, id, Plane::Observed, seq, GrantId::nil(), oldest as i64).await?;
    let known: HashSet<GrantId> = some.iter().map(|held| held.id).collect();
    some.extend(
        grants::newest_of_identity(tx, id, Plane::Observed, seq, newest as i64).await?.into_iter().filter(|h| !known.contains(&h.id)),
    );
    let alone = move |held: HeldGrant| judged(vec![held], as_of).0;
    let mut grants: Vec<ShownGrant> = services.compare(move || some.into_iter().flat_map(alone).collect()).await?;
    grants.sort_by(|a, b| a.held.source.cmp(&b.held.source).then(b.judged.order_key().cmp(&a.judged.order_key())));
    Ok(Access { grants, totals: figures(facts), permissions: None, cut: true, apart: true })
}

fn together(held: Vec<HeldGrant>, as_of: AsOf) -> Access {
    let permissions = surface::permissions_digest(held.iter().map(|h| {
        let set = h.set_name.as_deref().unwrap_or_default();
        (h.rule.content_key(), h.via.as_str(), h.via_name.as_str(), set)
    }));
    let (grants, totals) = judged(held, as_of);
    let (grants, cut) = weightiest(grants);
    Access { grants, totals, permissions, cut, apart: false }
}

/// The sums as lists show them.
fn figures(f: &IdentityFacts) -> Totals {
    Totals {
        grants: f.grants,
        standing: f.standing,
        timed: f.timed,
        denied: f.denied,
        conditional: f.conditional,
        by_class: f.by_class(),
        wildcard: f.n_wildcard,
        privilege: f.privilege,
    }
}

/// The texts that versions of a record name as purpose, each once.
async fn purposes(tx: &mut Tx, versions: &[Record]) -> Result<HashMap<BlobId, Text>> {
    let mut purposes = HashMap::new();
    for blob in versions.iter().filter_map(|v| v.purpose_id) {
        if let Entry::Vacant(slot) = purposes.entry(blob) {
            slot.insert(text(tx, Some(blob)).await?);
        }
    }
    Ok(purposes)
}

/// A grant whose end has passed is no access any more: judged at the instant, not at the position.
pub(crate) fn judged(held: Vec<HeldGrant>, as_of: AsOf) -> (Vec<ShownGrant>, Totals) {
    let live = |h: &HeldGrant| h.ends_at.is_none_or(|e| e > as_of.at);
    let in_force: Vec<HeldRule<'_>> = held
        .iter()
        .filter(|h| live(h))
        .map(|h| HeldRule {
            rule: &h.rule,
            via: h.via,
            via_name: &h.via_name,
            timed: h.ends_at.is_some_and(|e| e.since(as_of.at) <= TIMED_AT_MOST),
        })
        .collect();
    let mut judgements = access::judge(&in_force, &mut Memory::default());
    let totals = access::totals(&in_force, &judgements);
    judgements.reverse();
    let alive: Vec<bool> = held.iter().map(live).collect();
    let shown = held
        .into_iter()
        .zip(alive)
        .map(|(held, alive)| ShownGrant { judged: if alive { judgements.pop().unwrap_or_default() } else { Judged::default() }, held })
        .collect();
    (shown, totals)
}

pub(super) async fn text(tx: &mut Tx, blob: Option<BlobId>) -> Result<Text> {
    let Some(id) = blob else { return Ok(Text::NotKept) };
    Ok(match blobs::read(tx, id).await? {
        Some(Some(bytes)) => Text::Content(String::from_utf8_lossy(&bytes).into_owned()),
        Some(None) => Text::Redacted,
        None => Text::NotKept,
    })
}
