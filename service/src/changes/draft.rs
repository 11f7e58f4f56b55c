//! What people and agents send as a change, read and checked against what there is: operations that are known, can be
//! carried out by this version and name things that exist; texts that fit, without secrets.

use super::load::text as committed;
use super::weigh::Asker;
use crate::{Act, Error, Holder, Principal, Result};
use domain::change::operation::{Attribute, Installation, Op, Operation, RoleHeld, Subject};
use domain::identity::Lifecycle;
use domain::ids::{BlobId, IdentityId, PersonId, TeamId};
use domain::ledger::Actor;
use domain::permission::RoleScope;
use domain::seq::Seq;
use serde_json::Value;
use store::blobs::Blob;
use store::engine::db::Tx;
use store::{identities, people, permission_sets, sources, teams};

/// A change as forms and the API send it.
#[derive(Clone, Debug, Default, serde::Deserialize, serde::Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Proposal {
    /// Operations as tagged JSON. A new identity needs no ID, and a purpose is given as its text.
    pub operations: Vec<Value>,
    pub justification: String,
    /// Where it is asked for elsewhere.
    pub ticket: String,
    /// How it would be taken back.
    pub rollback: String,
    /// The identity that wrote it, where the caller passes on what an agent drafted: `idn_…`.
    pub drafted_by: String,
}

/// Operations of one change.
pub const OPERATIONS_MOST: usize = 50;
/// Characters of a text that somebody writes with a change.
pub const TEXT_MOST: usize = 4_000;

/// A proposal that was read.
pub(super) struct Draft {
    pub operations: Vec<Operation>,
    pub asker: Asker,
    /// Texts that operations name and that are kept with the change.
    pub blobs: Vec<Blob>,
    pub justification: String,
    pub ticket: Option<String>,
    pub rollback: Option<String>,
}

/// Reads a proposal of the caller.
pub(super) async fn read(act: &Act, tx: &mut Tx, proposal: &Proposal) -> Result<Draft> {
    let justification = text("justification", &proposal.justification)?;
    if justification.is_empty() {
        return Err(Error::invalid("justification", "Say why. Reviewers read it before they decide."));
    }
    if proposal.operations.len() > OPERATIONS_MOST {
        return Err(Error::invalid("operations", format!("A change has at most {OPERATIONS_MOST} operations. Split it.")));
    }
    let (mut operations, mut blobs) = (Vec::new(), Vec::new());
    for (at, value) in proposal.operations.iter().enumerate() {
        if value.get("op").and_then(Value::as_str) == Some(Op::Adopt.as_str()) {
            operations.push(Operation::Adopt(super::adopt::read(tx, value).await?));
            continue;
        }
        let mut value = value.clone();
        complete(act, &mut value, &mut blobs)?;
        if crate::holds_a_secret(&value.to_string()) {
            return Err(Error::invalid("operations", format!("Operation {}: there seems to be a secret in it.", at + 1)));
        }
        let operation = Operation::read(&value).map_err(|e| wrong(at, &e.to_string()))?;
        applicable(&operation).map_err(|why| wrong(at, &why))?;
        exists(tx, &operation, &blobs).await?.map_err(|why| wrong(at, &why))?;
        operations.push(operation);
    }
    apart(&operations)?;
    let some = |text: String| Some(text).filter(|t| !t.is_empty());
    Ok(Draft {
        operations,
        asker: asker(act, tx, &proposal.drafted_by).await?,
        blobs,
        justification,
        ticket: some(text("ticket", &proposal.ticket)?),
        rollback: some(text("rollback", &proposal.rollback)?),
    })
}

/// What takes access away and what registers or records have routes of their own: together, the one would go by the milder
/// route of the other.
fn apart(operations: &[Operation]) -> Result<()> {
    let takes = |o: &Operation| match o {
        Operation::Lifecycle(o) => o.to != Lifecycle::Active,
        Operation::GrantRemove(_) | Operation::GrantTighten(_) | Operation::Suspend(_) => true,
        _ => false,
    };
    let records = |o: &Operation| matches!(o, Operation::Register(_) | Operation::RecordSet(_));
    match operations.iter().position(takes) {
        Some(at) if operations.iter().any(records) => {
            Err(wrong(at, "propose what takes access away in a change of its own, apart from what registers or changes a record."))
        }
        _ => Ok(()),
    }
}

fn wrong(at: usize, why: &str) -> Error {
    Error::invalid("operations", format!("Operation {}: {why}", at + 1))
}

/// A text that somebody writes with a change: bounded, and without a secret.
pub(super) fn text(field: &'static str, text: &str) -> Result<String> {
    let text = text.trim();
    if text.chars().count() > TEXT_MOST {
        return Err(Error::invalid(field, format!("Write at most {TEXT_MOST} characters.")));
    }
    if crate::holds_a_secret(text) {
        return Err(Error::invalid(field, "There seems to be a secret in it."));
    }
    Ok(text.to_owned())
}

/// Gives a new identity its id, and puts a purpose that is given as a text into a blob of its own.
fn complete(act: &Act, value: &mut Value, blobs: &mut Vec<Blob>) -> Result<()> {
    let op = value.get("op").and_then(Value::as_str).and_then(Op::parse);
    let Some(object) = value.as_object_mut() else { return Ok(()) };
    match (op, object.get("part").and_then(Value::as_str)) {
        (Some(Op::Installation), Some("group_add")) => {
            object.entry("group").or_insert_with(|| act.id::<domain::ids::noun::Group>().to_string().into());
        }
        (Some(Op::Installation), Some("source_add")) => {
            object.entry("source").or_insert_with(|| act.id::<domain::ids::noun::Source>().to_string().into());
        }
        _ => {}
    }
    if op == Some(Op::Register) {
        object.entry("identity").or_insert_with(|| act.id::<domain::ids::noun::Identity>().to_string().into());
        object.entry("keys").or_insert_with(|| Value::Array(vec![]));
        if let Some(purpose) = object.get_mut("record").and_then(|r| r.get_mut("purpose")) {
            keep(act, purpose, blobs)?;
        }
    }
    if let Some(attributes) = object.get_mut("attributes").and_then(Value::as_array_mut) {
        for attribute in attributes.iter_mut().filter(|a| a.get("field").and_then(Value::as_str) == Some("purpose")) {
            if let Some(to) = attribute.get_mut("to") {
                keep(act, to, blobs)?;
            }
        }
    }
    Ok(())
}

fn keep(act: &Act, purpose: &mut Value, blobs: &mut Vec<Blob>) -> Result<()> {
    let Some(content) = purpose.as_str().map(str::to_owned) else { return Ok(()) };
    if content.trim().is_empty() {
        *purpose = Value::Null;
        return Ok(());
    }
    let content = text("purpose", &content)?;
    let id: BlobId = act.id();
    let blob = Blob::text(id, &act.services().salt(), &content);
    *purpose = serde_json::json!({ "blob": id, "sha256": blob.digest, "bytes": blob.size });
    blobs.push(blob);
    Ok(())
}

/// Whether this version can carry an operation out. What it cannot is refused before anybody looks at it.
fn applicable(operation: &Operation) -> std::result::Result<(), String> {
    let terms = match operation {
        Operation::GrantAdd(grant) => Some(&grant.terms),
        Operation::GrantTighten(o) => Some(&o.terms),
        Operation::GrantExtend(o) => Some(&o.terms),
        Operation::SetRules(_)
        | Operation::SameAs(_)
        | Operation::ResourceSet(_)
        | Operation::SurfacePut(_)
        | Operation::SurfaceRemove(_)
        | Operation::ToolAdd(_)
        | Operation::ToolUpdate(_)
        | Operation::ToolRemove(_)
        | Operation::CredentialIssue(_)
        | Operation::CredentialRotate(_)
        | Operation::CredentialRevoke(_)
        | Operation::Anchor(_)
        | Operation::EnvelopeSet(_) => {
            return Err(format!("this version cannot carry out \"{}\" yet.", operation.op().as_str()));
        }
        Operation::Suspend(o) if matches!(o.subject, Subject::Source(_)) => {
            return Err("this version cannot suspend a whole source yet. Suspend its identities.".to_owned());
        }
        // What lifts by itself would give back access that no reviewer is shown as a gain.
        Operation::Suspend(o) if o.lifts_at.is_some() => {
            return Err("this version cannot lift a suspension by itself. Leave lifts_at out; a person lifts it by a change.".to_owned());
        }
        Operation::Register(o) if !o.keys.is_empty() => {
            return Err("this version cannot keep keys of an identity. Leave keys out.".to_owned());
        }
        _ => None,
    };
    match terms {
        Some(terms) if terms.starts_at.is_some() => Err("this version cannot keep a start. Leave starts_at out.".to_owned()),
        Some(terms) if !terms.bound_to.is_empty() => Err("this version cannot bind a grant to surfaces. Leave bound_to out.".to_owned()),
        _ => Ok(()),
    }
}

type Found = std::result::Result<(), String>;

/// Whether what an operation names is there.
async fn exists(tx: &mut Tx, operation: &Operation, blobs: &[Blob]) -> Result<Found> {
    match operation {
        Operation::GrantAdd(grant) => {
            if !identity(tx, grant.identity).await? {
                return Ok(Err("there is no such identity.".to_owned()));
            }
            let Some(source) = sources::by_id(tx, grant.source, Seq::NOW).await? else {
                return Ok(Err("there is no such source.".to_owned()));
            };
            // The same words mean something else in another dialect, and would be judged as that.
            if source.kind.dialect() != grant.rule.dialect {
                let (own, said) = (source.kind.dialect().label(), grant.rule.dialect.label());
                return Ok(Err(format!("a rule of this source is written as {own}, not as {said}.")));
            }
            let Some(set) = &grant.set else { return Ok(Ok(())) };
            let called = permission_sets::called(tx, set.id, Seq::NOW).await?;
            let same = called.is_some_and(|(kind, key, source)| (&kind, &key, source) == (&set.kind, &set.key, grant.source));
            Ok(if same { Ok(()) } else { Err("there is no such permission set in that source.".to_owned()) })
        }
        Operation::Register(o) => {
            if let Err(why) = called(&o.record.name) {
                return Ok(Err(why));
            }
            let r = &o.record;
            named(tx, [r.owner, r.backup], r.team, r.parent, r.purpose.as_ref(), blobs).await
        }
        Operation::RecordSet(o) => {
            for attribute in &o.attributes {
                let found = attribute_names(tx, attribute, blobs).await?;
                if found.is_err() {
                    return Ok(found);
                }
            }
            Ok(Ok(()))
        }
        Operation::Installation(o) => of_the_gate(tx, o).await,
        _ => Ok(Ok(())),
    }
}

/// Names that fit, reaches over what is there, owners who are active. Whether it can be carried out is the baseline's to say.
async fn of_the_gate(tx: &mut Tx, o: &Installation) -> Result<Found> {
    match o {
        Installation::GroupAdd(o) => Ok(short(&o.name)),
        Installation::SourceAdd(o) => {
            let found = short(&o.name);
            if found.is_err() { Ok(found) } else { named(tx, [o.to.owner, None], None, None, None, &[]).await }
        }
        Installation::Source(o) => named(tx, [o.to.owner, None], None, None, None, &[]).await,
        Installation::Roles(o) => {
            for role in &o.roles {
                let found = reach(tx, role).await?;
                if found.is_err() {
                    return Ok(found);
                }
            }
            Ok(Ok(()))
        }
        Installation::Seal {} | Installation::Group(_) | Installation::Restore(_) => Ok(Ok(())),
    }
}

async fn reach(tx: &mut Tx, role: &RoleHeld) -> Result<Found> {
    let there = match role.held().map(|held| held.scope) {
        None => false,
        Some(RoleScope::Team(team)) => teams::all_at(tx, Seq::NOW).await?.iter().any(|t| t.id == team),
        Some(RoleScope::Source(source)) => sources::by_id(tx, source, Seq::NOW).await?.is_some(),
        Some(RoleScope::Organisation | RoleScope::Environment(_)) => true,
    };
    Ok(if there { Ok(()) } else { Err("there is no such scope of a role.".to_owned()) })
}

fn short(name: &str) -> Found {
    let fits = name.trim() == name && crate::name("name", name).is_ok();
    if fits { Ok(()) } else { Err("write a name of 1 to 100 visible characters, without a secret.".to_owned()) }
}

async fn attribute_names(tx: &mut Tx, attribute: &Attribute, blobs: &[Blob]) -> Result<Found> {
    match attribute {
        Attribute::Name(name) => Ok(called(name)),
        Attribute::Owner(to) | Attribute::Backup(to) => named(tx, [*to, None], None, None, None, blobs).await,
        Attribute::Team(to) => named(tx, [None; 2], *to, None, None, blobs).await,
        Attribute::Parent(to) => named(tx, [None; 2], None, *to, None, blobs).await,
        Attribute::Purpose(to) => named(tx, [None; 2], None, None, to.as_ref(), blobs).await,
        Attribute::Kind(_) | Attribute::Environment(_) | Attribute::Criticality(_) | Attribute::Autonomy(_) | Attribute::Human(_) => {
            Ok(Ok(()))
        }
    }
}

fn called(name: &str) -> Found {
    let fits = !name.trim().is_empty() && name.chars().count() <= 200 && !name.chars().any(domain::text::is_invisible);
    if fits { Ok(()) } else { Err("write a name of 1 to 200 visible characters.".to_owned()) }
}

async fn named(
    tx: &mut Tx,
    owners: [Option<PersonId>; 2],
    team: Option<TeamId>,
    parent: Option<IdentityId>,
    purpose: Option<&domain::change::content::Text>,
    blobs: &[Blob],
) -> Result<Found> {
    for person in owners.into_iter().flatten() {
        if !people::by_id(tx, person, Seq::NOW).await?.is_some_and(|p| p.is_active()) {
            return Ok(Err("an owner must be an active person.".to_owned()));
        }
    }
    if let Some(team) = team
        && !teams::all_at(tx, Seq::NOW).await?.iter().any(|t| t.id == team)
    {
        return Ok(Err("there is no such team.".to_owned()));
    }
    if let Some(parent) = parent
        && !identity(tx, parent).await?
    {
        return Ok(Err("there is no such parent.".to_owned()));
    }
    if let Some(purpose) = purpose
        && !blobs.iter().any(|b| b.id == purpose.blob)
        && committed(tx, purpose.blob).await?.as_ref() != Some(purpose)
    {
        return Ok(Err("there is no such text. Give the purpose as text.".to_owned()));
    }
    Ok(Ok(()))
}

async fn identity(tx: &mut Tx, id: IdentityId) -> Result<bool> {
    Ok(!identities::records_of(tx, id, Seq::NOW).await?.is_empty())
}

/// Who asks and who drafted. Of what comes by a token, whoever minted that may have written it.
async fn asker(act: &Act, tx: &mut Tx, drafted_by: &str) -> Result<Asker> {
    let asked = act.who().actor();
    let minted_by = match act.who() {
        Principal::Token { id, .. } => super::people::minter(tx, *id).await?,
        Principal::Person { .. } | Principal::Host { .. } => None,
    };
    let drafted = match drafted_by.trim() {
        "" => asked,
        id => {
            let id = IdentityId::parse(id).map_err(|e| Error::invalid("drafted_by", e.to_string()))?;
            if !identity(tx, id).await? {
                return Err(Error::invalid("drafted_by", "There is no such identity."));
            }
            Actor::agent(id)
        }
    };
    // An agent passes on nobody's work as another's: what it sends is its own.
    let own = matches!(act.who(), Principal::Token { holder: Holder::Identity(_), .. });
    Ok(Asker { asked, drafted: if own { asked } else { drafted }, minted_by })
}
