//! What stands around a change: where the identities it touches stand and stood, whose they are, what of their own can be
//! written, which registered resources it reaches. What people stated counts; a hint never routes.

use super::load::{Loaded, named};
use crate::Result;
use domain::change::adopt::Adopt;
use domain::change::content::Grant;
use domain::change::effect::Own;
use domain::change::operation::{Attribute, Operation, Subject};
use domain::change::route::Spot;
use domain::identity::{Criticality, Environment, Lifecycle, Plane};
use domain::ids::{IdentityId, PersonId, ResourceId, SourceId, TeamId};
use domain::locator::{Pattern, Reach, Work};
use domain::permission::Place;
use domain::resource;
use domain::seq::Seq;
use std::collections::{BTreeMap, BTreeSet};
use store::engine::db::Tx;
use store::identities::{self, Record};
use store::resources::Resource;
use store::{resources, sources, surfaces, teams};

/// Registered resources that one change is compared with.
const REGISTERED: i64 = 2_000;

/// Everything around a change that decides who must agree and who may.
#[derive(Clone, Default)]
pub(super) struct Surroundings {
    /// Now and in the last 30 days.
    pub spots: Vec<Spot>,
    /// Where it stands by what people countersigned: whoever decides must reach it.
    pub places: Vec<Place>,
    /// Where it stands by anything that is stated: whoever asks must reach it.
    pub reach: Vec<Place>,
    /// Whom consent is asked of: owners of what it is about, and of the resources it reaches.
    pub owners: BTreeSet<PersonId>,
    pub resource_owners: BTreeSet<PersonId>,
    /// Who owns or backs up, now or in the last 30 days.
    pub owned_by: BTreeSet<PersonId>,
    /// Whom it names as owner for the first time.
    pub named: BTreeSet<PersonId>,
    /// Who fed the source that is adopted.
    pub fed: BTreeSet<PersonId>,
    pub own: BTreeMap<IdentityId, Own>,
    /// Who owns the sources of what it is about.
    answering: BTreeSet<PersonId>,
}

/// What is stated of an identity. One person's record names owners and gives reach to ask; where it stands, and with it who
/// must agree, only people who countersigned it say, or its source.
struct Stated {
    environment: Option<Environment>,
    criticality: Option<Criticality>,
    owner: Option<PersonId>,
    backup: Option<PersonId>,
    place: Place,
    reach: Place,
    source_owner: Option<PersonId>,
}

/// Loads the surroundings of operations on what was loaded; `then` is the position 30 days ago.
pub(super) async fn around(tx: &mut Tx, loaded: &Loaded, operations: &[Operation], seq: Seq, then: Seq) -> Result<Surroundings> {
    let mut out = Surroundings::default();
    let about = named(operations);
    let lineage: BTreeSet<IdentityId> = loaded.baseline.records.keys().copied().chain(about.iter().copied()).collect();
    for id in lineage {
        let stated = stated(tx, id, seq).await?;
        out.spots(tx, id, &stated, then).await?;
        out.own.insert(id, own(tx, id, seq).await?);
        if about.contains(&id) {
            // A leaver's backup stands in until a change says more; without one the owner of the source answers.
            let answering = first_active(tx, [stated.owner, stated.backup, stated.source_owner]).await?;
            out.owners.extend(answering);
            out.answering.extend(stated.source_owner);
            out.places.push(stated.place);
            out.reach.push(stated.reach);
        }
    }
    out.of_operations(operations);
    if let Some(adopt) = super::adopt::of(operations) {
        out.adopted(adopt);
        if adopt.apart.is_some() {
            // Of what many hold the owner of the source answers.
            let answering = source_owner(tx, adopt.source, seq).await?;
            out.owners.extend(first_active(tx, [answering, None, None]).await?);
            out.resource_owners.extend(answering);
        }
        out.fed = super::adopt::feeders(tx, adopt.source, then).await?;
    }
    for grant in gained(loaded, operations) {
        out.enforced(tx, grant, seq).await?;
        out.reached(tx, grant, seq).await?;
    }
    // What reaches nothing that is known is answered for by whoever answers for the source.
    if out.resource_owners.is_empty() {
        let answering = std::mem::take(&mut out.answering);
        for person in answering {
            out.resource_owners.extend(first_active(tx, [Some(person), None, None]).await?);
        }
    }
    Ok(out)
}

async fn stated(tx: &mut Tx, id: IdentityId, seq: Seq) -> Result<Stated> {
    let records = identities::records_of(tx, id, seq).await?;
    let of = |plane: Plane| records.iter().find(|r| r.plane == plane);
    let said: Vec<&Record> = [Plane::Baseline, Plane::Manual].into_iter().filter_map(of).collect();
    let source = match of(Plane::Observed).and_then(|r| r.source_id) {
        Some(source) => sources::by_id(tx, source, seq).await?,
        None => None,
    };
    let countersigned = of(Plane::Baseline);
    let of_source = source.as_ref().and_then(|s| s.environment);
    let environment = countersigned.and_then(|r| r.environment).or(of_source);
    let place = Place { environment, ..place(tx, countersigned.and_then(|r| r.team_id), source.as_ref(), seq).await? };
    let written = said.iter().find_map(|r| r.environment).or(of_source);
    let reach = Place { environment: written, ..self::place(tx, said.iter().find_map(|r| r.team_id), source.as_ref(), seq).await? };
    Ok(Stated {
        environment,
        criticality: countersigned.and_then(|r| r.criticality),
        owner: said.iter().find_map(|r| r.owner_id),
        backup: said.iter().find_map(|r| r.backup_id),
        place,
        reach,
        source_owner: source.and_then(|s| s.owner_id),
    })
}

async fn place(tx: &mut Tx, team: Option<TeamId>, source: Option<&sources::Source>, seq: Seq) -> Result<Place> {
    let teams = match team {
        Some(_) => crate::teams::with_ancestors(&teams::all_at(tx, seq).await?, team),
        None => vec![],
    };
    Ok(Place { teams, environment: None, source: source.map(|s| s.id) })
}

/// Where an identity's own surfaces are kept. One that nobody has located may lie anywhere its kind is kept.
async fn own(tx: &mut Tx, id: IdentityId, seq: Seq) -> Result<Own> {
    let all = surfaces::of_identity(tx, id, seq).await?;
    let places = all.into_iter().map(|s| (s.kind, Pattern::parse(None, &s.locator).ok()));
    Ok(Own { surfaces: places.collect(), gates: vec![] })
}

/// Who owns or backs up an identity, now or since a position.
pub(super) async fn answering_for(tx: &mut Tx, id: IdentityId, seq: Seq, then: Seq) -> Result<BTreeSet<PersonId>> {
    let mut out = Surroundings::default();
    let stated = stated(tx, id, seq).await?;
    out.spots(tx, id, &stated, then).await?;
    Ok(out.owned_by)
}

/// The grants by which operations give something, or make something live again.
fn gained<'a>(loaded: &'a Loaded, operations: &'a [Operation]) -> impl Iterator<Item = &'a Grant> {
    let of = |id: IdentityId| loaded.baseline.grants.values().filter(move |grant| grant.identity == id).collect::<Vec<_>>();
    operations.iter().flat_map(move |operation| match operation {
        Operation::GrantAdd(grant) => vec![grant],
        Operation::GrantExtend(o) => loaded.baseline.grants.get(&o.grant).into_iter().collect(),
        Operation::Lift(o) => match &o.subject {
            Subject::Grant(key) => loaded.baseline.grants.get(key).into_iter().collect(),
            Subject::Identity(id) => of(*id),
            Subject::Source(_) => vec![],
        },
        Operation::Lifecycle(o) if o.to == Lifecycle::Active => of(o.identity),
        _ => vec![],
    })
}

impl Surroundings {
    async fn spots(&mut self, tx: &mut Tx, id: IdentityId, stated: &Stated, then: Seq) -> Result<()> {
        let unknown = (Environment::Unknown, Criticality::Unknown);
        let now = (stated.environment.unwrap_or(unknown.0), stated.criticality.unwrap_or(unknown.1));
        self.spot(now.0, now.1);
        self.owned_by.extend(stated.owner.into_iter().chain(stated.backup));
        for plane in [Plane::Baseline, Plane::Manual] {
            for row in identities::records_since(tx, id, plane, then).await? {
                // Nothing stated was not what is stated today: it counts as unknown.
                self.spot(row.environment.unwrap_or(unknown.0), row.criticality.unwrap_or(unknown.1));
                self.owned_by.extend(row.owner_id.into_iter().chain(row.backup_id));
            }
        }
        Ok(())
    }

    fn spot(&mut self, environment: Environment, criticality: Criticality) {
        let spot = Spot { environment, criticality };
        if !self.spots.contains(&spot) {
            self.spots.push(spot);
        }
    }

    /// Who is named as owner accepts it, and decides nothing about it; where something new will stand counts too.
    fn of_operations(&mut self, operations: &[Operation]) {
        for operation in operations {
            match operation {
                Operation::Register(o) => {
                    self.named.extend(o.record.owner);
                    self.spot(o.record.environment, o.record.criticality);
                }
                Operation::RecordSet(o) => {
                    let owner = |a: &Attribute| if let Attribute::Owner(to) = a { *to } else { None };
                    self.named.extend(o.attributes.iter().filter_map(owner));
                }
                _ => {}
            }
        }
    }

    /// Everywhere it stood; who decides must reach all of it.
    fn adopted(&mut self, adopt: &Adopt) {
        for stand in &adopt.stands {
            self.spot(stand.environment, stand.criticality);
            let environment = Some(stand.environment).filter(|e| *e != Environment::Unknown);
            let place = Place { teams: vec![], environment, source: Some(adopt.source) };
            if !self.places.contains(&place) {
                self.reach.push(place.clone());
                self.places.push(place);
            }
        }
    }

    /// Where a grant is enforced may be another place than where its holder stands: both count.
    async fn enforced(&mut self, tx: &mut Tx, grant: &Grant, seq: Seq) -> Result<()> {
        let Some(source) = sources::by_id(tx, grant.source, seq).await? else { return Ok(()) };
        // What nobody registered stands where its source stands; where that is not stated either, nobody knows.
        self.spot(source.environment.unwrap_or(Environment::Unknown), Criticality::Low);
        let holder = stated(tx, grant.identity, seq).await?;
        let here = |place: Place| Place { source: Some(source.id), environment: source.environment.or(place.environment), ..place };
        self.places.push(here(holder.place));
        self.reach.push(here(holder.reach));
        Ok(())
    }

    /// The registered resources that a grant touches: their owners consent, and where they stand counts. None registered: the
    /// owner of the source answers.
    async fn reached(&mut self, tx: &mut Tx, grant: &Grant, seq: Seq) -> Result<()> {
        let mut work = Work::default();
        let reach = Reach::of(&grant.rule, &mut work);
        let mut met = false;
        for one in resources::after(tx, None, seq, ResourceId::nil(), REGISTERED).await? {
            let Some(pattern) = resource::stored(one.kind, &one.pattern) else { continue };
            if reach.touches(&pattern, &mut work) {
                met = true;
                self.touches(tx, &one, grant.source, seq).await?;
            }
        }
        if !met {
            self.resource_owners.extend(source_owner(tx, grant.source, seq).await?);
        }
        Ok(())
    }

    async fn touches(&mut self, tx: &mut Tx, one: &Resource, source: SourceId, seq: Seq) -> Result<()> {
        self.spot(one.environment, one.criticality);
        let of_source = source_owner(tx, source, seq).await?;
        self.resource_owners.extend(first_active(tx, [one.owner_id, of_source, None]).await?);
        Ok(())
    }
}

/// The first of these who is still there.
async fn first_active(tx: &mut Tx, people: [Option<PersonId>; 3]) -> Result<Option<PersonId>> {
    for person in people.into_iter().flatten() {
        if store::people::by_id(tx, person, Seq::NOW).await?.is_some_and(|p| p.is_active()) {
            return Ok(Some(person));
        }
    }
    Ok(None)
}

async fn source_owner(tx: &mut Tx, source: SourceId, seq: Seq) -> Result<Option<PersonId>> {
    Ok(sources::by_id(tx, source, seq).await?.and_then(|s| s.owner_id))
}
