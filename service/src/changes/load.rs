//! What people countersigned of what a change touches, at a position: the identities its operations name, with their
//! lineage, and the rows it stands in. It judges nothing.

use super::gate;
use crate::{Error, Result};
use domain::change::baseline::Baseline;
use domain::change::content::{Grant, MatchKey, Record, SetRef, Terms, Text};
use domain::change::operation::{Attribute, Operation, Subject};
use domain::identity::{Criticality, Environment, Plane};
use domain::ids::{BlobId, IdentityId};
use domain::json;
use domain::seq::Seq;
use std::collections::{BTreeMap, BTreeSet};
use store::engine::db::Tx;
use store::grants::countersigned::Ruled;
use store::suspensions::Suspension;
use store::{blobs, external_keys, grants, identities, permission_sets, suspensions};

/// A lineage or a change about more identities than this is compared by nobody.
const IDENTITIES: usize = 500;

/// The baseline of what is touched, with the rows it stands in.
#[derive(Clone, Default)]
pub(super) struct Loaded {
    pub baseline: Baseline,
    pub records: BTreeMap<IdentityId, identities::Record>,
    pub grants: BTreeMap<MatchKey, grants::Grant>,
    pub suspensions: BTreeMap<(Subject, String), Suspension>,
    pub gate: gate::Rows,
}

/// The identities that operations name themselves: what they are about.
pub(super) fn named(operations: &[Operation]) -> BTreeSet<IdentityId> {
    operations.iter().flat_map(of_one).collect()
}

fn of_one(operation: &Operation) -> Vec<IdentityId> {
    let subject = |subject: &Subject| match subject {
        Subject::Grant(key) => key.holder(),
        Subject::Identity(id) => Some(*id),
        Subject::Source(_) => None,
    };
    match operation {
        Operation::GrantAdd(o) => vec![o.identity],
        Operation::GrantRemove(o) => o.grant.holder().into_iter().collect(),
        Operation::GrantTighten(o) => o.grant.holder().into_iter().collect(),
        Operation::GrantExtend(o) => o.grant.holder().into_iter().collect(),
        Operation::Register(o) => vec![o.identity],
        Operation::RecordSet(o) => vec![o.identity],
        Operation::Lifecycle(o) => vec![o.identity],
        Operation::SameAs(o) => vec![o.from, o.to],
        Operation::Suspend(o) => subject(&o.subject).into_iter().collect(),
        Operation::Lift(o) => subject(&o.subject).into_iter().collect(),
        Operation::Anchor(o) => vec![o.identity],
        Operation::Adopt(_)
        | Operation::SetRules(_)
        | Operation::ResourceSet(_)
        | Operation::SurfacePut(_)
        | Operation::SurfaceRemove(_)
        | Operation::ToolAdd(_)
        | Operation::ToolUpdate(_)
        | Operation::ToolRemove(_)
        | Operation::CredentialIssue(_)
        | Operation::CredentialRotate(_)
        | Operation::CredentialRevoke(_)
        | Operation::EnvelopeSet(_)
        | Operation::Installation(_) => vec![],
    }
}

/// The parents that operations name: of the lineage, and not what the change is about.
fn parents(operations: &[Operation]) -> Vec<IdentityId> {
    let of = |operation: &Operation| match operation {
        Operation::Register(o) => o.record.parent.into_iter().collect(),
        Operation::RecordSet(o) => {
            o.attributes.iter().filter_map(|a| if let Attribute::Parent(to) = a { *to } else { None }).collect::<Vec<_>>()
        }
        _ => vec![],
    };
    operations.iter().flat_map(of).collect()
}

/// Loads everything that operations may touch as of a position.
pub(super) async fn load(tx: &mut Tx, operations: &[Operation], seq: Seq) -> Result<Loaded> {
    let mut out = Loaded::default();
    (out.baseline.gate, out.gate) = gate::load(tx, operations, seq).await?;
    let mut left: Vec<IdentityId> = named(operations).into_iter().chain(parents(operations)).collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = left.pop() {
        if !seen.insert(id) {
            continue;
        }
        if seen.len() > IDENTITIES {
            return Err(Error::invalid("operations", format!("It reaches more than {IDENTITIES} identities. Split it.")));
        }
        out.identity(tx, id, seq).await?;
        left.extend(out.baseline.records.get(&id).and_then(|record| record.parent));
        left.extend(identities::children(tx, id, seq).await?);
    }
    for operation in operations {
        if let Operation::Register(o) = operation {
            for key in &o.keys {
                if let Some(holder) = external_keys::holder(tx, key.source, &key.kind, &key.key).await? {
                    out.baseline.keys.insert(key.clone(), holder);
                }
            }
        }
    }
    Ok(out)
}

impl Loaded {
    async fn identity(&mut self, tx: &mut Tx, id: IdentityId, seq: Seq) -> Result<()> {
        let records = identities::records_of(tx, id, seq).await?;
        if let Some(row) = records.into_iter().find(|r| r.plane == Plane::Baseline) {
            let record = record(tx, &row).await?;
            self.baseline.records.insert(id, record);
            self.baseline.lifecycles.extend(row.lifecycle.map(|lifecycle| (id, lifecycle)));
            self.records.insert(id, row);
        }
        let mut sources = BTreeSet::new();
        for Ruled { grant, rule } in grants::countersigned::of_identity(tx, id, seq).await? {
            let set = match grant.permission_set_id {
                Some(set) => permission_sets::called(tx, set, seq).await?.map(|(kind, key, _)| SetRef { id: set, kind, key }),
                None => None,
            };
            let (ends_at, max_uses) = (grant.ends_at, grant.max_uses.and_then(|n| u32::try_from(n).ok()));
            let terms = Terms { ends_at, max_uses, ..Terms::default() };
            let (source, via, via_name) = (grant.source_id, grant.via, grant.via_name.clone());
            let held = Grant { identity: id, source, set, via, via_name, rule, terms };
            let key = MatchKey(grant.match_key.clone());
            sources.insert(grant.source_id);
            self.baseline.grants.insert(key.clone(), held);
            self.grants.insert(key, grant);
        }
        let mut open = suspensions::of_holder(tx, id, Plane::Baseline, seq).await?;
        for source in sources {
            open.extend(suspensions::of_subject(tx, &source.to_string(), Plane::Baseline, seq).await?);
        }
        for row in open {
            let Some(subject) = Subject::parse(row.subject_kind, &row.subject) else { continue };
            self.baseline.suspensions.insert((subject.clone(), row.cause.clone()), row.lifts_at);
            self.suspensions.insert((subject, row.cause.clone()), row);
        }
        Ok(())
    }

    /// The digest of what people countersigned of each identity.
    pub fn state(&self) -> Result<BTreeMap<IdentityId, String>> {
        let all: BTreeSet<IdentityId> =
            self.baseline.records.keys().copied().chain(self.baseline.grants.values().map(|grant| grant.identity)).collect();
        all.into_iter().map(|id| Ok((id, digest(&of_identity(&self.baseline, id))?))).collect()
    }
}

/// What of a baseline is one identity's.
fn of_identity(whole: &Baseline, id: IdentityId) -> Baseline {
    let own = |subject: &Subject| match subject {
        Subject::Grant(key) => key.holder() == Some(id),
        Subject::Identity(of) => *of == id,
        Subject::Source(_) => false,
    };
    Baseline {
        grants: whole.grants.iter().filter(|(_, g)| g.identity == id).map(|(k, g)| (k.clone(), g.clone())).collect(),
        records: whole.records.get(&id).map(|record| (id, record.clone())).into_iter().collect(),
        lifecycles: whole.lifecycles.get(&id).map(|lifecycle| (id, *lifecycle)).into_iter().collect(),
        suspensions: whole.suspensions.iter().filter(|((s, _), _)| own(s)).map(|(k, v)| (k.clone(), *v)).collect(),
        ..Baseline::default()
    }
}

/// The digest of a baseline.
pub(super) fn digest(of: &Baseline) -> Result<String> {
    of.digest().map_err(|e| Error::Internal(e.to_string()))
}

/// The canonical digest of something.
pub(super) fn digest_of<T: serde::Serialize>(of: &T) -> Result<String> {
    json::digest(of).map_err(|e| Error::Internal(e.to_string()))
}

/// A countersigned record as rules know it.
async fn record(tx: &mut Tx, row: &identities::Record) -> Result<Record> {
    let missing = || Error::Internal(format!("the countersigned record of {} is not whole", row.id));
    let purpose = match row.purpose_id {
        Some(blob) => Some(text(tx, blob).await?.ok_or_else(missing)?),
        None => None,
    };
    Ok(Record {
        name: row.name.clone().ok_or_else(missing)?,
        kind: row.kind.ok_or_else(missing)?,
        environment: row.environment.unwrap_or(Environment::Unknown),
        criticality: row.criticality.unwrap_or(Criticality::Unknown),
        owner: row.owner_id,
        backup: row.backup_id,
        team: row.team_id,
        autonomy: row.autonomy,
        purpose,
        human: row.human,
        parent: row.parent_id,
    })
}

/// A text as operations name it: by what the ledger commits to, so that erasing it leaves every candidate as it was.
pub(super) async fn text(tx: &mut Tx, blob: BlobId) -> Result<Option<Text>> {
    let found = blobs::committed(tx, blob).await?;
    Ok(found.map(|(sha256, size)| Text { blob, sha256, bytes: u64::try_from(size).unwrap_or_default() }))
}
