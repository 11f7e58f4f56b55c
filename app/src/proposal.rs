//! What the form of a proposal says. Its operations so far travel in it as JSON; the fields of one that is being added are
//! read into an operation here. Nothing is checked that `service::changes` checks.

mod gate;

use domain::time::{DAY, SECOND, Timestamp};
use serde_json::{Map, Value, json};
use service::changes::Proposal;
use std::collections::BTreeMap;

/// The fields of a form as they were typed.
pub type Values = BTreeMap<String, String>;

/// What a button of the form does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Do {
    /// Adds the operation of these fields.
    Add(String),
    /// Takes one out again.
    Remove(usize),
    /// Says once more what it comes to.
    Preview,
    Propose,
}

/// A field and what is wrong with it.
pub type Wrong = (&'static str, String);

/// What the pressed button does; Enter in a field is a preview.
pub fn pressed(values: &Values) -> Do {
    let word = values.get("do").map_or("", String::as_str);
    match word.split_once('-') {
        Some(("add", op)) => Do::Add(op.to_owned()),
        Some(("remove", at)) => at.parse().map_or(Do::Preview, Do::Remove),
        _ if word == "propose" => Do::Propose,
        _ => Do::Preview,
    }
}

/// The operations so far.
pub fn kept(values: &Values) -> Vec<Value> {
    values.get("operations").and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

/// The same fields with other operations, and without those of the operation that was added.
pub fn keep(mut values: Values, operations: Vec<Value>) -> Values {
    values.retain(|name, _| LASTING.contains(&name.as_str()));
    values.insert("operations".to_owned(), Value::Array(operations).to_string());
    values
}

/// Fields of the whole proposal.
const LASTING: [&str; 6] = ["identity", "operations", "justification", "ticket", "rollback", "undoes"];

/// The proposal as the form says it.
pub fn proposal(values: &Values) -> Proposal {
    let get = |name: &str| values.get(name).cloned().unwrap_or_default();
    Proposal {
        operations: kept(values),
        justification: get("justification"),
        ticket: get("ticket"),
        rollback: get("rollback"),
        drafted_by: String::new(),
    }
}

/// The same to be weighed: what a change comes to is shown before anybody says why.
pub fn to_weigh(values: &Values) -> Proposal {
    let all = proposal(values);
    let justification = if all.justification.trim().is_empty() { "not written yet".to_owned() } else { all.justification };
    Proposal { justification, ..all }
}

/// Reads the fields of one operation.
pub fn operation(values: &Values, op: &str, now: Timestamp) -> Result<Value, Wrong> {
    let get = |name: &str| values.get(name).map(|v| v.trim().to_owned()).unwrap_or_default();
    let identity = get("identity");
    match op {
        "lifecycle" => Ok(json!({ "op": op, "identity": identity, "to": chosen("lifecycle_to", get("lifecycle_to"), "Choose a state.")? })),
        "record_set" => record_set(values, &identity),
        "suspend" => {
            let cause = chosen("suspend_cause", get("suspend_cause"), "Write what it is suspended for.")?;
            Ok(json!({ "op": op, "subject": { "kind": "identity", "id": identity }, "cause": cause }))
        }
        "lift" => of_choice("lift_what", &get("lift_what"), "Choose a suspension.", op),
        "grant_add" => grant_add(values, &identity, now),
        "grant_remove" => {
            let held = of_choice("remove_grant", &get("remove_grant"), "Choose a grant.", op)?;
            Ok(json!({ "op": op, "grant": held["grant"] }))
        }
        "grant_time" => grant_time(values, now),
        "register" => register(values, &identity),
        "adopt" => {
            let source = chosen("adopt_source", get("adopt_source"), "Choose a source.")?;
            let scope = Some(get("adopt_location")).filter(|scope| !scope.is_empty());
            Ok(json!({ "op": op, "source": source, "scope": scope, "privileged": get("adopt_part") == "privileged" }))
        }
        "seal" | "roles" | "unroles" | "group" | "group_add" | "source" | "source_add" | "restore" => gate::operation(values, op),
        _ => Err(("operations", "Choose what should change.".to_owned())),
    }
}

fn chosen(field: &'static str, text: String, why: &str) -> Result<String, Wrong> {
    if text.is_empty() { Err((field, why.to_owned())) } else { Ok(text) }
}

fn set(made: &mut Value, member: &str, value: Option<String>) {
    if let (Some(object), Some(value)) = (made.as_object_mut(), value) {
        object.insert(member.to_owned(), value.into());
    }
}

/// A choice whose word is JSON: what the page wrote into it, with the word of the operation.
fn of_choice(field: &'static str, text: &str, why: &str, op: &str) -> Result<Value, Wrong> {
    let mut value: Map<String, Value> = serde_json::from_str(text).map_err(|_| (field, why.to_owned()))?;
    value.insert("op".to_owned(), op.into());
    Ok(Value::Object(value))
}

fn record_set(values: &Values, identity: &str) -> Result<Value, Wrong> {
    const FIELDS: [&str; 5] = ["owner", "backup", "environment", "criticality", "team"];
    let said = FIELDS.iter().filter_map(|field| {
        let to = values.get(&format!("record_{field}")).filter(|to| !to.is_empty())?;
        let to = if to == NOBODY { Value::Null } else { to.as_str().into() };
        Some(json!({ "field": field, "to": to }))
    });
    let attributes: Vec<Value> = said.collect();
    if attributes.is_empty() {
        return Err(("record_owner", "Change at least one of these.".to_owned()));
    }
    Ok(json!({ "op": "record_set", "identity": identity, "attributes": attributes }))
}

/// The word of "no owner", beside the empty one of "as it is".
pub const NOBODY: &str = "none";

fn lines(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).filter(|l| !l.is_empty()).collect()
}

fn grant_add(values: &Values, identity: &str, now: Timestamp) -> Result<Value, Wrong> {
    let get = |name: &str| values.get(name).map(|v| v.trim().to_owned()).unwrap_or_default();
    let observed = get("add_observed");
    let mut made = if observed.is_empty() {
        let (source, dialect) = get("add_source").split_once(' ').map(|(s, d)| (s.to_owned(), d.to_owned())).unwrap_or_default();
        let source = chosen("add_source", source, "Choose where this access is.")?;
        let (actions, resources) = (get("add_actions"), get("add_resources"));
        if actions.is_empty() {
            return Err(("add_actions", "Write at least one action, one a line.".to_owned()));
        }
        let resources = if resources.is_empty() { vec!["*"] } else { lines(&resources) };
        json!({ "op": "grant_add", "identity": identity, "source": source, "via": "direct", "via_name": "", "rule": {
            "dialect": dialect, "effect": "allow", "actions": lines(&actions), "actions_negated": [], "resources": resources,
            "resources_negated": [], "conditions": [] } })
    } else {
        of_choice("add_observed", &observed, "Choose one of the observed grants.", "grant_add")?
    };
    let mut terms = made.get("terms").cloned().filter(Value::is_object).unwrap_or_else(|| json!({}));
    let ends = end("add_until", &get("add_until"), now)?;
    if ends.is_some() {
        set(&mut terms, "ends_at", ends);
    }
    if let Some(uses) = uses("add_uses", &get("add_uses"))? {
        terms["max_uses"] = uses.into();
    }
    made["terms"] = terms;
    Ok(made)
}

fn uses(field: &'static str, text: &str) -> Result<Option<u32>, Wrong> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().ok().filter(|n| *n > 0).map(Some).ok_or_else(|| (field, "Write a number such as 20, or leave it empty.".to_owned()))
}

/// Another end for a grant: an earlier one tightens it, a later one or none extends it.
fn grant_time(values: &Values, now: Timestamp) -> Result<Value, Wrong> {
    let get = |name: &str| values.get(name).map(|v| v.trim().to_owned()).unwrap_or_default();
    let held = of_choice("time_grant", &get("time_grant"), "Choose a grant.", "grant_extend")?;
    let text = chosen("time_until", get("time_until"), "Write when it should expire, such as 4 hours, or never.")?;
    let ends = end("time_until", &text, now)?;
    let old = held["terms"].get("ends_at").and_then(Value::as_str).and_then(|t| Timestamp::parse(t).ok());
    let new = ends.as_deref().and_then(|t| Timestamp::parse(t).ok());
    let mut terms = held["terms"].as_object().cloned().unwrap_or_default();
    match ends {
        Some(ends) => terms.insert("ends_at".to_owned(), ends.into()),
        None => terms.remove("ends_at"),
    };
    let shorter = match (old, new) {
        (None, Some(_)) => true,
        (Some(old), Some(new)) => new < old,
        (_, None) => false,
    };
    if shorter {
        return Ok(json!({ "op": "grant_tighten", "grant": held["grant"], "rule": held["rule"], "terms": terms }));
    }
    Ok(json!({ "op": "grant_extend", "grant": held["grant"], "terms": terms }))
}

fn register(values: &Values, identity: &str) -> Result<Value, Wrong> {
    let get = |name: &str| values.get(name).map(|v| v.trim().to_owned()).unwrap_or_default();
    let some = |name: &str| Some(get(name)).filter(|v| !v.is_empty() && v != NOBODY).map_or(Value::Null, Value::from);
    let or = |name: &str, word: &str| Some(get(name)).filter(|v| !v.is_empty()).unwrap_or_else(|| word.to_owned());
    let name = chosen("register_name", get("register_name"), "Write a name.")?;
    let kind = chosen("register_kind", get("register_kind"), "Choose a kind.")?;
    let mut made = json!({ "op": "register", "keys": [], "record": {
        "name": name, "kind": kind, "environment": or("register_environment", "unknown"), "criticality": or("register_criticality", "unknown"),
        "owner": some("register_owner"), "backup": null, "team": some("register_team"), "autonomy": null, "purpose": some("register_purpose"),
        "human": null, "parent": null } });
    // An identity that a source saw keeps its ID.
    set(&mut made, "identity", Some(identity.to_owned()).filter(|id| !id.is_empty()));
    Ok(made)
}

/// `4 hours`, `30 Nov 2026, 18:00`, `2026-11-30`; nothing for an empty text and for `never`.
fn end(field: &'static str, text: &str, now: Timestamp) -> Result<Option<String>, Wrong> {
    let text = text.trim();
    if text.is_empty() || text.eq_ignore_ascii_case("never") {
        return Ok(None);
    }
    let at = after(text, now).or_else(|| Timestamp::last_of(text).ok()).or_else(|| Timestamp::last_written_out(text).ok());
    match at {
        None => Err((field, "Write a time such as 4 hours, or 30 Nov 2026, 18:00.".to_owned())),
        Some(at) if at <= now => Err((field, "Choose a time that is still to come.".to_owned())),
        // Whole seconds: nobody means more.
        Some(at) => Ok(Some(Timestamp(at.micros() - at.micros().rem_euclid(SECOND)).rfc3339())),
    }
}

fn after(text: &str, now: Timestamp) -> Option<Timestamp> {
    let (n, unit) = text.strip_prefix("in ").unwrap_or(text).trim().split_once(' ')?;
    let n: i64 = n.parse().ok().filter(|n| (1..=100_000).contains(n))?;
    let unit = match unit.trim().trim_end_matches('s') {
        "minute" | "min" => 60 * SECOND,
        "hour" | "h" => 3_600 * SECOND,
        "day" => DAY,
        "week" => 7 * DAY,
        _ => return None,
    };
    Some(now.plus(n.checked_mul(unit)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_790_000_000_000_000);

    fn values(pairs: &[(&str, &str)]) -> Values {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn an_end_is_read_as_people_write_it() {
        for (text, ends) in [
            ("4 hours", NOW.plus(4 * 3_600 * SECOND)),
            ("in 2 days", NOW.plus(2 * DAY)),
            ("2027-01-02", Timestamp::parse("2027-01-02T23:59:59Z").expect("an instant")),
            ("30 Nov 2027, 18:00", Timestamp::parse("2027-11-30T18:00:59Z").expect("an instant")),
        ] {
            assert_eq!(end("x", text, NOW), Ok(Some(ends.rfc3339())), "{text}");
        }
        assert_eq!((end("x", "", NOW), end("x", "Never", NOW)), (Ok(None), Ok(None)));
        for text in ["soon", "0 hours", "2020-01-01", "-1 days", "99999999999999999 weeks", "4"] {
            assert!(end("x", text, NOW).is_err(), "{text}");
        }
    }

    #[test]
    fn an_earlier_end_tightens_and_a_later_one_extends() {
        let held = r#"{"grant":"k","rule":{"r":1},"terms":{"ends_at":"2027-01-01T00:00:00Z","max_uses":3}}"#;
        let endless = r#"{"grant":"k","rule":{"r":1},"terms":{}}"#;
        for (held, until, op) in [
            (held, "2026-12-31", "grant_tighten"),
            (held, "2027-06-01", "grant_extend"),
            (held, "never", "grant_extend"),
            (endless, "4 hours", "grant_tighten"),
        ] {
            let made = operation(&values(&[("time_grant", held), ("time_until", until)]), "grant_time", NOW).expect("read");
            assert_eq!(made["op"], op, "{until}");
            assert_eq!(made["terms"].get("max_uses"), serde_json::from_str::<Value>(held).expect("json")["terms"].get("max_uses"));
            assert_eq!(made["terms"].get("ends_at").is_none(), until == "never");
        }
    }

    #[test]
    fn what_is_left_empty_is_asked_for_by_its_field() {
        let none = Values::new();
        for (op, field) in [
            ("lifecycle", "lifecycle_to"),
            ("record_set", "record_owner"),
            ("suspend", "suspend_cause"),
            ("lift", "lift_what"),
            ("grant_add", "add_source"),
            ("grant_remove", "remove_grant"),
            ("grant_time", "time_grant"),
            ("register", "register_name"),
            ("nothing", "operations"),
        ] {
            assert_eq!(operation(&none, op, NOW).expect_err("refused").0, field, "{op}");
        }
    }

    #[test]
    fn an_operation_that_was_added_leaves_its_fields_and_keeps_the_reason() {
        let typed = values(&[
            ("operations", "[{\"op\":\"lifecycle\"}]"),
            ("lifecycle_to", "retired"),
            ("justification", "because"),
            ("do", "add-lifecycle"),
        ]);
        assert_eq!(pressed(&typed), Do::Add("lifecycle".to_owned()));
        let left = keep(typed, vec![json!({"op": "suspend"})]);
        assert_eq!(left.keys().collect::<Vec<_>>(), ["justification", "operations"]);
        assert_eq!(kept(&left), [json!({"op": "suspend"})]);
    }
}
