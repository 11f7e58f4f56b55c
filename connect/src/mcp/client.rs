//! Where clients keep their servers: `mcpServers` at the top and in every project, `servers` and `mcp.servers` of VS Code,
//! `context_servers` of Zed, `mcp` of OpenCode, and a map of servers without a name around it. It must not read an entry.

use crate::json::{Place, object, wrong};
use crate::{Error, Result};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// What was looked for, for who is told that nothing was found.
pub(super) const LOOKED_FOR: &str = "mcpServers (also in projects), servers, mcp.servers, context_servers";

/// One map of servers, by name.
pub(super) struct Servers<'a> {
    /// The way to it, as `projects./home/u/shop.mcpServers`.
    pub path: String,
    pub entries: &'a Map<String, Value>,
    /// What stands beside it says that these are not started.
    disabled: BTreeSet<&'a str>,
    /// What stands beside it says that only these are started.
    allowed: Option<BTreeSet<&'a str>>,
}

impl Servers<'_> {
    /// Whether the client starts an entry.
    pub fn is_on(&self, name: &str, entry: &Map<String, Value>) -> bool {
        let said = |member: &str| entry.get(member).and_then(truth);
        let off = said("disabled") == Some(true) || ["enabled", "isActive", "active"].iter().any(|m| said(m) == Some(false));
        !off && !self.disabled.contains(name) && self.allowed.as_ref().is_none_or(|all| all.contains(name))
    }
}

/// True and false, also where they were written as text.
fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(is) => Some(*is),
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Some(true),
            "false" | "no" | "off" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// Every map of servers in a file.
pub(super) fn maps<'a>(place: &Place, root: &'a Map<String, Value>) -> Result<Vec<Servers<'a>>> {
    let mut out = Vec::new();
    search(place, "", root, &mut out)?;
    if out.is_empty() && !root.is_empty() && root.values().all(is_entry) {
        out.push(Servers { path: String::new(), entries: root, disabled: BTreeSet::new(), allowed: None });
    }
    Ok(out)
}

/// What a tool or a server says of itself is no client's configuration, whatever words stand in it.
const OTHERS: [&str; 7] = ["tools", "inputSchema", "outputSchema", "packages", "remotes", "_meta", "result"];

fn search<'a>(place: &Place, path: &str, members: &'a Map<String, Value>, out: &mut Vec<Servers<'a>>) -> Result<()> {
    for (name, value) in members {
        let here = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        match (kind(path, name, value), value) {
            (_, Value::Null) => {}
            (Kind::Servers, value) => {
                let entries = object(&place.member(&here), "an object of servers by their names", value)?;
                let settings = members.get("mcp").and_then(Value::as_object);
                let mut disabled = disabled(members);
                disabled.extend(settings.into_iter().flat_map(|m| names(m, "excluded")));
                let allowed = settings.filter(|m| m.get("allowed").is_some_and(Value::is_array)).map(|m| names(m, "allowed").collect());
                out.push(Servers { path: here, entries, disabled, allowed });
            }
            (Kind::Mcp, Value::Object(inner)) => mcp(place, &here, members, inner, out)?,
            (Kind::Misspelt, _) => return Err(misspelt(place, &here)),
            (_, Value::Object(inner)) if !OTHERS.contains(&name.as_str()) => search(place, &here, inner, out)?,
            (_, Value::Array(items)) if !OTHERS.contains(&name.as_str()) => {
                for (at, item) in items.iter().enumerate() {
                    if let Value::Object(inner) = item {
                        search(place, &format!("{here}[{at}]"), inner, out)?;
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}

enum Kind {
    Servers,
    /// Settings of MCP, which may hold servers.
    Mcp,
    Misspelt,
    Other,
}

fn kind(path: &str, name: &str, value: &Value) -> Kind {
    let plain = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let parts: Vec<String> = name.split('.').map(plain).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    match parts.as_slice() {
        [.., "mcpservers" | "contextservers"] | [.., "mcp", "servers"] => Kind::Servers,
        // A list under this name is what a registry answers.
        ["servers"] if path.is_empty() && value.is_object() => Kind::Servers,
        ["mcp"] => Kind::Mcp,
        ["mcpserver" | "contextserver"] if path.is_empty() && value.is_object() => Kind::Misspelt,
        _ => Kind::Other,
    }
}

fn misspelt(place: &Place, here: &str) -> Error {
    place.member(here).error("this member is not known; clients keep their servers in mcpServers or context_servers")
}

/// The member `mcp`: with `servers` in it, or itself a map of servers, and settings beside them.
fn mcp<'a>(
    place: &Place,
    here: &str,
    around: &'a Map<String, Value>,
    inner: &'a Map<String, Value>,
    out: &mut Vec<Servers<'a>>,
) -> Result<()> {
    match inner.get("servers") {
        Some(Value::Null) | None => {}
        Some(Value::Object(entries)) => {
            out.push(Servers { path: format!("{here}.servers"), entries, disabled: disabled(inner), allowed: None });
            return Ok(());
        }
        Some(other) => return Err(wrong(&place.member(here).member("servers"), "an object of servers by their names", other)),
    }
    if inner.values().any(is_entry) {
        out.push(Servers { path: here.to_owned(), entries: inner, disabled: disabled(around), allowed: None });
    }
    Ok(())
}

/// Whether a value looks like the entry of a server: it says what to start or where to go.
fn is_entry(value: &Value) -> bool {
    let Value::Object(members) = value else { return false };
    let says = |name: &&str| members.get(*name).is_some_and(|v| v.is_string() || v.is_array() || (v.is_object() && *name == "command"));
    ["command", "url", "httpUrl", "serverUrl"].iter().any(says) && !members.contains_key("inputSchema")
}

fn names<'a>(members: &'a Map<String, Value>, list: &str) -> impl Iterator<Item = &'a str> {
    members.get(list).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// Servers that what stands beside them turns off.
fn disabled(members: &Map<String, Value>) -> BTreeSet<&str> {
    names(members, "disabledMcpServers").chain(names(members, "disabledMcpjsonServers")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found(root: Value) -> Vec<String> {
        let place = Place::of("f", 0, 1);
        let all = maps(&place, root.as_object().expect("an object")).expect("reads");
        let mut out = Vec::new();
        for servers in all {
            for (name, entry) in servers.entries {
                let on = servers.is_on(name, entry.as_object().expect("an entry"));
                out.push(format!("{}.{name}{}", servers.path, if on { "" } else { " off" }));
            }
        }
        out
    }

    #[test]
    fn every_place_is_found() {
        let e = json!({"command": "x"});
        assert_eq!(
            found(json!({"mcpServers": {"a": e}, "projects": {"/p": {"mcpServers": {"b": e}, "disabledMcpServers": ["b"]}}})),
            ["mcpServers.a", "projects./p.mcpServers.b off"]
        );
        assert_eq!(found(json!({"servers": {"a": e}, "inputs": []})), ["servers.a"]);
        assert_eq!(found(json!({"editor.fontSize": 12, "mcp": {"servers": {"a": e}, "inputs": []}})), ["mcp.servers.a"]);
        assert_eq!(found(json!({"mcp.servers": {"a": e}})), ["mcp.servers.a"]);
        assert_eq!(found(json!({"amp.mcpServers": {"a": e}})), ["amp.mcpServers.a"]);
        assert_eq!(found(json!({"customizations": {"vscode": {"mcp": {"servers": {"a": e}}}}})), ["customizations.vscode.mcp.servers.a"]);
        assert_eq!(found(json!({"context_servers": {"a": {"enabled": false, "command": {"path": "x"}}}})), ["context_servers.a off"]);
        assert_eq!(found(json!({"mcp": {"a": {"type": "local", "command": ["x"], "enabled": true}}})), ["mcp.a"]);
        assert_eq!(found(json!({"mcp": {"excluded": ["a"]}, "mcpServers": {"a": e, "b": e}})), ["mcpServers.a off", "mcpServers.b"]);
        assert_eq!(found(json!({"mcp": {"allowed": ["a"]}, "mcpServers": {"a": e, "b": e}})), ["mcpServers.a", "mcpServers.b off"]);
        assert_eq!(found(json!({"a": e, "b": {"url": "https://x.example/"}})), [".a", ".b"]);
        assert_eq!(found(json!({"mcpServers": null, "name": "x", "scripts": {"command": "x"}})), Vec::<String>::new());
        let tool = json!({"tools": [{"name": "t", "inputSchema": {"properties": {"mcpServers": {"type": "object"}}}}]});
        assert_eq!(found(tool), Vec::<String>::new());
    }

    #[test]
    fn what_turns_a_server_off() {
        for off in [json!({"disabled": true}), json!({"disabled": "true"}), json!({"enabled": false}), json!({"isActive": false})] {
            assert_eq!(found(json!({"mcpServers": {"a": off}})), ["mcpServers.a off"], "{off}");
        }
        for on in [json!({"disabled": false}), json!({"disabled": null}), json!({"enabled": true}), json!({})] {
            assert_eq!(found(json!({"mcpServers": {"a": on}})), ["mcpServers.a"], "{on}");
        }
    }

    #[test]
    fn a_list_or_a_misspelt_name_is_refused() {
        let place = Place::of("f", 0, 1);
        for (bad, at) in [
            (json!({"mcpServers": ["a"]}), "mcpServers"),
            (json!({"mcpServer": {}}), "mcpServer"),
            (json!({"mcp": {"servers": []}}), "mcp.servers"),
        ] {
            let error = maps(&place, bad.as_object().expect("an object")).err().expect("refused");
            assert_eq!(error.place.as_deref(), Some(at), "{error}");
        }
    }
}
