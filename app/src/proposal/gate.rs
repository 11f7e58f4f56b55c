//! The fields of a change of the installation itself, read into an operation.

use super::{NOBODY, Values, Wrong, chosen, of_choice};
use domain::source::{SourceKind, Vantage};
use serde_json::{Value, json};

/// Reads the fields of one part.
pub(super) fn operation(values: &Values, part: &str) -> Result<Value, Wrong> {
    let get = |name: &str| values.get(name).map(|v| v.trim().to_owned()).unwrap_or_default();
    let mut made = match part {
        "seal" => json!({ "part": "seal" }),
        "roles" => with_role(&get)?,
        "unroles" => of_choice("unroles_what", &get("unroles_what"), "Choose a role.", OP)?,
        "group" => {
            let person = chosen("group_person", get("group_person"), "Choose a person.")?;
            let group = chosen("group_to", get("group_to"), "Choose a group.")?;
            let group = if group == NOBODY { Value::Null } else { group.into() };
            json!({ "part": "group", "person": person, "group": group })
        }
        "group_add" => json!({ "part": part, "name": chosen("groupadd_name", get("groupadd_name"), "Write a name.")? }),
        "source" => source(&get)?,
        "source_add" => source_add(&get)?,
        _ => json!({ "part": "restore", "person": chosen("restore_person", get("restore_person"), "Choose a person.")? }),
    };
    if part == "unroles" {
        made["part"] = "roles".into();
    }
    made["op"] = OP.into();
    Ok(made)
}

const OP: &str = "installation";

/// The roles that somebody holds, with one more.
fn with_role(get: &dyn Fn(&str) -> String) -> Result<Value, Wrong> {
    let mut made = of_choice("roles_person", &get("roles_person"), "Choose a person.", OP)?;
    let role = chosen("roles_role", get("roles_role"), "Choose a role.")?;
    let scope = get("roles_scope");
    let (kind, of) = scope.split_once(':').unwrap_or(("organisation", ""));
    if let Some(roles) = made["roles"].as_array_mut() {
        roles.push(json!({ "role": role, "scope_kind": kind, "scope": of }));
    }
    made["part"] = "roles".into();
    Ok(made)
}

/// Puts what was chosen in place of what is said of a source; an empty field leaves it as it is.
fn say(to: &mut Value, stem: &'static str, get: &dyn Fn(&str) -> String) -> Result<(), Wrong> {
    for field in ["owner", "environment", "vantage"] {
        match get(&format!("{stem}_{field}")) {
            word if word.is_empty() => {}
            word if word == NOBODY => to[field] = Value::Null,
            word => to[field] = word.into(),
        }
    }
    let hours = get(&format!("{stem}_hours"));
    if !hours.is_empty() {
        let field = if stem == "source" { "source_hours" } else { "sourceadd_hours" };
        let hours: i64 = hours
            .parse()
            .ok()
            .filter(|n| (1..=8760).contains(n))
            .ok_or_else(|| (field, "Enter a number of hours from 1 to 8,760, or leave it empty.".to_owned()))?;
        to["interval_seconds"] = (hours * 3600).into();
    }
    Ok(())
}

fn source(get: &dyn Fn(&str) -> String) -> Result<Value, Wrong> {
    let mut made = of_choice("source_which", &get("source_which"), "Choose a source.", OP)?;
    say(&mut made["to"], "source", get)?;
    made["part"] = "source".into();
    Ok(made)
}

fn source_add(get: &dyn Fn(&str) -> String) -> Result<Value, Wrong> {
    let name = chosen("sourceadd_name", get("sourceadd_name"), "Write a name.")?;
    let kind = SourceKind::parse(&get("sourceadd_kind")).ok_or_else(|| ("sourceadd_kind", "Choose a kind.".to_owned()))?;
    let mut to = json!({ "owner": null, "environment": null, "vantage": Vantage::of(kind), "interval_seconds": null });
    say(&mut to, "sourceadd", get)?;
    Ok(json!({ "part": "source_add", "name": name, "kind": kind, "to": to }))
}
