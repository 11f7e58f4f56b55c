//! Edits of a record that people countersigned: operations of a change request. Nothing is written here, and nothing else
//! writes such a record.

use super::act::Registration;
use super::check::{Checked, check};
use super::read::{Text, text};
use crate::{Act, Error, Result};
use domain::identity::{Criticality, Environment, Plane};
use domain::ids::IdentityId;
use domain::permission::Action;
use domain::seq::Seq;
use serde_json::{Value, json};
use store::identities::{self, Record};

/// What a form of the record comes to as operations; none where nobody countersigned the identity yet, so that the form is
/// an edit. `seen` is the version the form showed.
pub async fn as_operations(act: &Act, id: IdentityId, seen: Seq, r: &Registration) -> Result<Option<Vec<Value>>> {
    act.authorise(Action::ProposeChange)?;
    let mut tx = act.snapshot().await?;
    let records = identities::records_of(&mut tx, id, Seq::NOW).await?;
    let Some(record) = records.into_iter().find(|record| record.plane == Plane::Baseline) else { return Ok(None) };
    if record.since != seen {
        return Err(Error::Conflict(
            "The record was changed after you opened the form. Reload it, then change what you meant to.".to_owned(),
        ));
    }
    let checked = check(&mut tx, r).await?;
    let purpose = match record.purpose_id {
        Some(blob) => Some(text(&mut tx, Some(blob)).await?),
        None => None,
    };
    tx.rollback().await?;
    if !checked.surfaces.is_empty() {
        return Err(Error::invalid("surfaces", "This version cannot propose surfaces. Leave them out."));
    }
    let attributes = attributes(&record, &checked, purpose.as_ref());
    let mut out = Vec::new();
    if !attributes.is_empty() {
        out.push(json!({ "op": "record_set", "identity": id, "attributes": attributes }));
    }
    if record.lifecycle != Some(checked.lifecycle) {
        out.push(json!({ "op": "lifecycle", "identity": id, "to": checked.lifecycle }));
    }
    if out.is_empty() { Err(Error::Unchanged) } else { Ok(Some(out)) }
}

/// The attributes that differ, each with what it becomes.
fn attributes(record: &Record, to: &Checked, purpose: Option<&Text>) -> Vec<Value> {
    let mut out = Vec::new();
    let mut field = |name: &str, from: Value, to: Value| {
        if from != to {
            out.push(json!({ "field": name, "to": to }));
        }
    };
    field("name", json!(record.name), json!(to.name));
    field("kind", json!(record.kind), json!(to.kind));
    let environment = |e: Option<Environment>| json!(e.unwrap_or(Environment::Unknown));
    field("environment", environment(record.environment), environment(to.environment));
    let criticality = |c: Option<Criticality>| json!(c.unwrap_or(Criticality::Unknown));
    field("criticality", criticality(record.criticality), criticality(to.criticality));
    field("owner", json!(record.owner_id), json!(to.owner.as_ref().map(|p| p.id)));
    field("backup", json!(record.backup_id), json!(to.backup.as_ref().map(|p| p.id)));
    field("team", json!(record.team_id), json!(to.team.as_ref().map(|t| t.id)));
    field("autonomy", json!(record.autonomy), json!(to.autonomy));
    let said = match purpose {
        Some(Text::Content(text)) => json!(text),
        // An erased one stays as it is where nobody writes another.
        Some(_) if to.purpose.is_none() => Value::Null,
        Some(_) => json!(""),
        None => Value::Null,
    };
    field("purpose", said, json!(to.purpose));
    out
}

/// Fails for what people countersigned: the way there is a change request.
pub(super) fn is_edited_by_hand(records: &[Record]) -> Result<()> {
    if records.iter().any(|record| record.plane == Plane::Baseline) {
        let why = "People countersigned this record: it changes by a change request only. Propose one on the page of the identity, or by POST /api/v1/changes.";
        return Err(Error::Conflict(why.to_owned()));
    }
    Ok(())
}
