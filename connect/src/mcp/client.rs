//! Where clients keep their servers: `mcpServers` at the top and in every project, `servers` and `mcp.servers` of VS Code,
//! `context_servers` of Zed, `mcp` of OpenCode, `extensions` of Goose, and a map of servers without a name around it; and what stands beside a map of
//! servers and turns some of them off. It must not read an entry.

use super::switches::{self, Off};
use crate::json::{Place, wrong};
use crate::recognise::OF_INTERFACES;
use crate::work::Work;
use crate::{Error, Result};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What was looked for, for who is told that nothing was found.
pub(super) const LOOKED_FOR: &str = "mcpServers (also in projects), servers, mcp.servers, context_servers";

/// One map of servers, or a list of such that say their names.
pub(super) struct Servers<'a> {
    /// Each with its name and the way to it, as `projects./home/u/shop.mcpServers.db`.
    pub entries: Vec<(&'a str, String, &'a Value)>,
    off: Off<'a>,
}

impl Servers<'_> {
    /// Whether the client starts an entry.
    pub fn is_on(&self, name: &str, entry: &Map<String, Value>) -> bool {
        !switches::is_off(entry) && self.off.leaves(name)
    }

    /// Steps of asking that.
    pub fn steps(&self, name: &str) -> u64 {
        self.off.steps(name)
    }
}

/// What a file says of servers.
#[derive(Default)]
pub(super) struct Found<'a> {
    pub servers: Vec<Servers<'a>>,
    /// Members that name a file with servers in it, and the file.
    pub files: Vec<(String, &'a str)>,
    /// What stands there and is not applied.
    pub aside: Vec<String>,
}

/// What a server takes that a client has: an identity, how it is started, a grant and its rule.
const SERVER: u64 = 1_200;

/// Whether an object keeps servers at its top.
pub(super) fn is_one(members: &Map<String, Value>) -> bool {
    members.iter().any(|(name, value)| !value.is_null() && matches!(kind("", name, value), Kind::Servers | Kind::Mcp))
}

/// Every map of servers in a file.
pub(super) fn maps<'a>(place: &Place, root: &'a Map<String, Value>, work: &Work) -> Result<Found<'a>> {
    let mut out = Found::default();
    if OF_INTERFACES.iter().any(|name| root.contains_key(*name)) {
        return Ok(out);
    }
    search(place, "", root, &mut out)?;
    if out.servers.is_empty() && out.files.is_empty() && !root.is_empty() && root.values().all(is_entry) {
        out.servers.push(Servers { entries: by_name("", root), off: Off::default() });
    }
    let kept =
        out.servers.iter().flat_map(|s| &s.entries).map(|(name, way, _)| SERVER + 6 * name.len() as u64 + 2 * way.len() as u64).sum();
    work.keeps(kept).map_err(|why| Error::at(&place.file, format!("{} servers", place.path).trim_start(), why))?;
    if !out.servers.is_empty() {
        out.aside.extend(switches::not_applied(root));
    }
    Ok(out)
}

/// What a tool or a server says of itself is no client's configuration, whatever words stand in it; nor is a schema, which says
/// what may stand in one.
const OTHERS: [&str; 12] = [
    "tools",
    "inputSchema",
    "outputSchema",
    "packages",
    "remotes",
    "_meta",
    "result",
    "registry",
    "properties",
    "patternProperties",
    "definitions",
    "$defs",
];

fn by_name<'a>(path: &str, entries: &'a Map<String, Value>) -> Vec<(&'a str, String, &'a Value)> {
    let way = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    entries.iter().map(|(name, value)| (name.as_str(), way(name), value)).collect()
}

fn search<'a>(place: &Place, path: &str, members: &'a Map<String, Value>, out: &mut Found<'a>) -> Result<()> {
    for (name, value) in members {
        let here = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        match (kind(path, name, value), value) {
            (_, Value::Null) => {}
            (Kind::Servers, Value::String(file)) => out.files.push((here, file)),
            (Kind::Servers, value) => servers(place, here, members, value, out)?,
            (Kind::Filter, _) => out.aside.push(format!("{here} chooses among the servers of other members")),
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

/// Servers by their names, or a list of such that say theirs.
fn servers<'a>(place: &Place, here: String, around: &'a Map<String, Value>, value: &'a Value, out: &mut Found<'a>) -> Result<()> {
    let expected = || wrong(&place.member(&here), "an object of servers by their names", value);
    let entries = match value {
        Value::Object(entries) => by_name(&here, entries),
        // What writes lists writes an empty one where there is nothing.
        Value::Array(items) if items.is_empty() => vec![],
        Value::Array(items) if items.iter().all(is_path) => {
            out.files.extend(items.iter().filter_map(Value::as_str).map(|file| (here.clone(), file)));
            return Ok(());
        }
        Value::Array(items) if items.iter().all(|item| is_entry(item) || named_elsewhere(item).is_some()) => {
            let named = |(at, item): (usize, &'a Value)| {
                let name = item.get("name").and_then(Value::as_str).or_else(|| named_elsewhere(item));
                let place = place.member(&here).item(at);
                name.map(|name| (name, format!("{here}[{at}]"), item)).ok_or_else(|| place.error("a server without a name"))
            };
            let entries = items.iter().enumerate().map(named).collect::<Result<Vec<_>>>()?;
            told_apart(place, &entries)?;
            entries
        }
        _ => return Err(expected()),
    };
    out.servers.push(Servers { entries, off: Off::beside(around) });
    Ok(())
}

enum Kind {
    Servers,
    /// Names of servers that stand elsewhere, as a profile of Zed has them.
    Filter,
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
        ["contextservers"] if !path.is_empty() => Kind::Filter,
        [.., "mcpservers" | "contextservers" | "modelcontextprotocolservers"] | [.., "mcp", "servers"] => Kind::Servers,
        // A list under this name is what a registry answers, and any program may have servers of its own.
        ["servers"] if path.is_empty() && (holds(value, is_entry) || is_list(value)) => Kind::Servers,
        ["extensions"] if path.is_empty() && holds(value, is_extension) => Kind::Servers,
        ["mcp"] => Kind::Mcp,
        ["mcpserver" | "contextserver"] if path.is_empty() && (holds(value, is_entry) || is_entry(value)) => Kind::Misspelt,
        _ => Kind::Other,
    }
}

fn misspelt(place: &Place, here: &str) -> Error {
    place.member(here).error("this member is not known; clients keep their servers in mcpServers or context_servers")
}

/// The member `mcp`: with `servers` in it, or itself a map of servers, and settings beside them.
fn mcp<'a>(place: &Place, here: &str, around: &'a Map<String, Value>, inner: &'a Map<String, Value>, out: &mut Found<'a>) -> Result<()> {
    match inner.get("servers") {
        Some(Value::Null) | None => {}
        Some(Value::Object(entries)) => {
            out.servers.push(Servers { entries: by_name(&format!("{here}.servers"), entries), off: Off::beside(inner) });
            return Ok(());
        }
        Some(other) => return Err(wrong(&place.member(here).member("servers"), "an object of servers by their names", other)),
    }
    if inner.values().any(is_entry) {
        out.servers.push(Servers { entries: by_name(here, inner), off: Off::beside(around) });
    }
    Ok(())
}

/// Whether a value is an object that is empty or holds something of a kind.
fn holds(value: &Value, is: fn(&Value) -> bool) -> bool {
    value.as_object().is_some_and(|inner| inner.is_empty() || inner.values().any(is))
}

/// The name of a server where an entry has none of its own: the one it has in Continue's hub, or what an older Continue starts
/// or calls, which knew no names.
fn named_elsewhere(value: &Value) -> Option<&str> {
    let called = |name: &str| value.get("transport")?.get(name)?.as_str();
    let uses = value.get("uses").and_then(Value::as_str);
    uses.or_else(|| called("url")).or_else(|| called("command")).filter(|name| !name.trim().is_empty())
}

/// Refuses two servers of a list that nobody gave a name and that are started alike: one would stand for the other.
fn told_apart(place: &Place, entries: &[(&str, String, &Value)]) -> Result<()> {
    let mut unnamed: BTreeMap<&str, &str> = BTreeMap::new();
    for (name, way, _) in entries.iter().filter(|(_, _, entry)| entry.get("transport").is_some() && entry.get("name").is_none()) {
        if let Some(other) = unnamed.insert(name, way) {
            return Err(place
                .member(way)
                .error(format!("a server without a name that is started or called like the one in {other}: give both a name")));
        }
    }
    Ok(())
}

/// Whether a value is a list of servers with their names, each of which is started.
fn is_list(value: &Value) -> bool {
    let started = |item: &Value| item.get("name").is_some_and(Value::is_string) && item.get("command").is_some_and(Value::is_string);
    value.as_array().is_some_and(|items| !items.is_empty() && items.iter().all(started))
}

/// Whether a value names a file, as a manifest of Claude Code does that keeps its servers elsewhere.
fn is_path(value: &Value) -> bool {
    value.as_str().is_some_and(|file| file.contains('/') || std::path::Path::new(file).extension().is_some_and(|ext| ext == "json"))
}

/// Whether a value looks like an extension of Goose, each of which is a server.
fn is_extension(value: &Value) -> bool {
    let has = |name: &str| value.get(name).is_some();
    has("type") && ["cmd", "uri", "bundled", "enabled"].into_iter().any(has)
}

/// Whether a value looks like the entry of a server: it says what to start or where to go.
fn is_entry(value: &Value) -> bool {
    let Value::Object(members) = value else { return false };
    let says = |name: &&str| members.get(*name).is_some_and(|v| v.is_string() || v.is_array() || (v.is_object() && *name == "command"));
    ["command", "url", "httpUrl", "serverUrl"].iter().any(says) && !members.contains_key("inputSchema")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::work::Limits;
    use serde_json::json;

    fn found(root: Value) -> Vec<String> {
        let place = Place::of("f", 0, 1);
        let all = maps(&place, root.as_object().expect("an object"), &Work::within(Limits::of(0))).expect("reads");
        let mut out = Vec::new();
        for servers in all.servers {
            for (name, way, entry) in &servers.entries {
                let on = servers.is_on(name, entry.as_object().expect("an entry"));
                out.push(format!("{way}{}", if on { "" } else { " off" }));
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
        assert_eq!(found(json!({"a": e, "b": {"url": "https://x.example/"}})), ["a", "b"]);
        assert_eq!(
            found(json!({"github.copilot.chat.modelContextProtocolServers": [{"name": "w", "command": "x"}]})),
            ["github.copilot.chat.modelContextProtocolServers[0]"]
        );
        let profile = json!({"agent": {"profiles": {"p": {"context_servers": {"a": {"tools": {"q": true}}, "ghost": {}}}}}});
        let mut zed = json!({"context_servers": {"a": {"enabled": false, "command": "x"}}});
        zed["agent"] = profile["agent"].clone();
        assert_eq!(found(zed), ["context_servers.a off"]);
        assert_eq!(found(json!({"mcpServers": null, "name": "x", "scripts": {"command": "x"}})), Vec::<String>::new());
        let tool = json!({"tools": [{"name": "t", "inputSchema": {"properties": {"mcpServers": {"type": "object"}}}}]});
        assert_eq!(found(tool), Vec::<String>::new());
    }

    #[test]
    fn what_turns_a_server_off() {
        for off in [
            json!({"disabled": true}),
            json!({"disabled": "true"}),
            json!({"enabled": false}),
            json!({"isActive": false}),
            json!({"disabled": 1}),
            json!({"enabled": 0}),
        ] {
            assert_eq!(found(json!({"mcpServers": {"a": off}})), ["mcpServers.a off"], "{off}");
        }
        for on in [json!({"disabled": false}), json!({"disabled": null}), json!({"enabled": true}), json!({})] {
            assert_eq!(found(json!({"mcpServers": {"a": on}})), ["mcpServers.a"], "{on}");
        }
    }

    #[test]
    fn what_stands_beside_servers_turns_them_off() {
        let e = json!({"command": "x"});
        let open_code = |more: Value| {
            let mut all = json!({"mcp": {"jira": {"type": "remote", "url": "https://j.example/"}, "loc": e}});
            for (name, value) in more.as_object().expect("members") {
                all[name] = value.clone();
            }
            found(all)
        };
        assert_eq!(open_code(json!({"tools": {"loc*": false}})), ["mcp.jira", "mcp.loc off"]);
        assert_eq!(open_code(json!({"tools": {"loc_search": false}})), ["mcp.jira", "mcp.loc"]);
        assert_eq!(open_code(json!({"permission": {"jira_*": "deny"}})), ["mcp.jira off", "mcp.loc"]);
        assert_eq!(open_code(json!({"tools": {"*": false}, "agent": {"a": {"tools": {"loc*": true}}}})), ["mcp.jira off", "mcp.loc"]);
        let managed = json!({"mcpServers": {"a": e, "b": e, "c": e}, "deniedMcpServers": [{"serverName": "b"}],
            "allowedMcpServers": [{"serverName": "a"}, {"serverName": "b"}]});
        assert_eq!(found(managed), ["mcpServers.a", "mcpServers.b off", "mcpServers.c off"]);
    }

    #[test]
    fn a_list_or_a_misspelt_name_is_refused() {
        let place = Place::of("f", 0, 1);
        for (bad, at) in [
            (json!({"mcpServers": ["a"]}), "mcpServers"),
            (json!({"mcpServer": {}}), "mcpServer"),
            (json!({"mcp": {"servers": []}}), "mcp.servers"),
        ] {
            let error = maps(&place, bad.as_object().expect("an object"), &Work::within(Limits::of(0))).err().expect("refused");
            assert_eq!(error.place.as_deref(), Some(at), "{error}");
        }
    }
}
