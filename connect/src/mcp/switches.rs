//! What turns servers off: members of an entry, what stands beside a map of servers, and the settings of Claude Code beside a
//! project's `.mcp.json`. What is there and cannot be applied is said. It must not know who is a client.

use domain::privilege::glob;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Members of settings of Claude Code that speak of servers by their names.
pub(crate) const OF_SETTINGS: [&str; 5] =
    ["disabledMcpjsonServers", "enabledMcpjsonServers", "enableAllProjectMcpServers", "deniedMcpServers", "allowedMcpServers"];

/// Whether an entry says of itself that it is not started.
pub(super) fn is_off(entry: &Map<String, Value>) -> bool {
    let said = |member: &str| entry.get(member).and_then(truth);
    said("disabled") == Some(true) || ["enabled", "isActive", "active"].iter().any(|m| said(m) == Some(false))
}

/// True and false, also where they were written as a text or a number.
fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(is) => Some(*is),
        Value::Number(n) => n.as_f64().map(|n| n != 0.0),
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Some(true),
            "false" | "no" | "off" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// What stands beside a map of servers.
#[derive(Clone, Debug, Default)]
pub(super) struct Off<'a> {
    named: BTreeSet<&'a str>,
    /// Only these are started.
    allowed: Option<BTreeSet<&'a str>>,
    /// Patterns of tools, which are called after their server.
    tools: Vec<&'a str>,
    /// Patterns of tools that an agent has all the same.
    kept: Vec<&'a str>,
}

impl<'a> Off<'a> {
    pub fn beside(members: &'a Map<String, Value>) -> Self {
        let settings = members.get("mcp").and_then(Value::as_object);
        let named = ["disabledMcpServers", "disabledMcpjsonServers", "deniedMcpServers"].iter().flat_map(|m| names(members, m));
        let named = named.chain(settings.into_iter().flat_map(|m| names(m, "excluded"))).collect();
        let allowed = settings.filter(|m| m.get("allowed").is_some_and(Value::is_array)).map(|m| names(m, "allowed").collect());
        let by_policy = members.get("allowedMcpServers").filter(|v| v.is_array()).map(|_| names(members, "allowedMcpServers").collect());
        let patterns = |members: &'a Map<String, Value>, wanted: &'static [&'static str]| {
            let of = ["tools", "permission"].into_iter().filter_map(|m| members.get(m)?.as_object()).flatten();
            of.filter(move |(_, said)| {
                wanted.contains(&said.as_str().unwrap_or(if said.as_bool() == Some(true) { "allow" } else { "deny" }))
            })
            .map(|(pattern, _)| pattern.as_str())
        };
        let agents = members.get("agent").and_then(Value::as_object).into_iter().flatten().filter_map(|(_, agent)| agent.as_object());
        Self {
            named,
            allowed: allowed.or(by_policy),
            tools: patterns(members, &["deny"]).collect(),
            kept: agents.flat_map(|agent| patterns(agent, &["allow", "ask"])).collect(),
        }
    }

    /// Steps of asking whether a server is started: its name is tried with every pattern.
    pub fn steps(&self, name: &str) -> u64 {
        let all = self.tools.iter().chain(&self.kept);
        all.map(|pattern| 200 + 4 * (pattern.len() as u64).saturating_mul(2 + name.len() as u64)).fold(500, u64::saturating_add)
    }

    /// Whether a server is started for all that is said here.
    pub fn leaves(&self, name: &str) -> bool {
        // What fits a tool that nobody has thought of fits all of them.
        let any = format!("{name}_\u{1}").to_lowercase();
        let whole = |patterns: &[&str]| patterns.iter().any(|p| glob(p.to_lowercase().as_bytes(), any.as_bytes()));
        let without_tools = whole(&self.tools) && !whole(&self.kept);
        !self.named.contains(name) && self.allowed.as_ref().is_none_or(|all| all.contains(name)) && !without_tools
    }
}

/// The texts of a list, and of its objects what they say of a server's name.
fn names<'a>(members: &'a Map<String, Value>, list: &str) -> impl Iterator<Item = &'a str> + use<'a> {
    let items = members.get(list).and_then(Value::as_array).into_iter().flatten();
    items.filter_map(|item| item.as_str().or_else(|| item.get("serverName")?.as_str()))
}

/// Settings of a client that may keep it from starting any server, of which nobody says whether they do.
pub(super) fn not_applied(members: &Map<String, Value>) -> Vec<String> {
    let says = |name: &str, what: &[Value]| members.get(name).is_some_and(|v| what.contains(v));
    let mut out = Vec::new();
    if says("chat.mcp.enabled", &[Value::Bool(false)]) {
        out.push("chat.mcp.enabled is false".to_owned());
    }
    if says("chat.mcp.access", &["none".into(), "registry".into()]) {
        out.push(format!("chat.mcp.access is {}", members["chat.mcp.access"]));
    }
    out
}

/// Settings of Claude Code, which stand in `.claude` beside the `.mcp.json` they speak of.
#[derive(Debug, Default)]
pub(super) struct Settings {
    off: BTreeSet<String>,
    /// Servers that start without anybody being asked; none where all do, or nothing is said.
    approved: Option<BTreeSet<String>>,
    allowed: Option<BTreeSet<String>>,
    /// What they say of single tools, commands and addresses.
    pub aside: Vec<String>,
}

impl Settings {
    /// Settings, where an object holds such.
    pub fn of(members: &Map<String, Value>) -> Option<Self> {
        let denied: Vec<&str> =
            members.get("permissions").and_then(Value::as_object).map(|p| names(p, "deny").collect()).unwrap_or_default();
        let denied: Vec<&str> = denied.into_iter().filter_map(|rule| rule.strip_prefix("mcp__")).collect();
        if !OF_SETTINGS.iter().any(|name| members.contains_key(*name)) && denied.is_empty() {
            return None;
        }
        let all = |list: &str| names(members, list).map(str::to_owned).collect::<BTreeSet<_>>();
        let mut out = Self { off: all("disabledMcpjsonServers"), ..Self::default() };
        out.off.extend(all("deniedMcpServers"));
        out.allowed = members.get("allowedMcpServers").filter(|v| v.is_array()).map(|_| all("allowedMcpServers"));
        let every = members.get("enableAllProjectMcpServers").and_then(truth) == Some(true);
        out.approved = members.get("enabledMcpjsonServers").filter(|v| v.is_array() && !every).map(|_| all("enabledMcpjsonServers"));
        for rule in denied {
            match rule.split_once("__") {
                None | Some((_, "*")) => drop(out.off.insert(rule.split("__").next().unwrap_or(rule).to_owned())),
                Some((server, tool)) => out.aside.push(format!("permissions.deny of the tool {tool} of {server}")),
            }
        }
        for list in ["deniedMcpServers", "allowedMcpServers"] {
            let items = members.get(list).and_then(Value::as_array).into_iter().flatten();
            let others = items.filter(|item| !item.is_string() && item.get("serverName").is_none()).count();
            if others > 0 {
                out.aside.push(format!("{others} of {list} by command or address"));
            }
        }
        Some(out)
    }

    /// Whether they let a server start.
    pub fn leave(&self, server: &str) -> bool {
        !self.off.contains(server) && self.allowed.as_ref().is_none_or(|all| all.contains(server))
    }

    /// Whether somebody is asked before it starts.
    pub fn ask_for(&self, server: &str) -> bool {
        self.approved.as_ref().is_some_and(|all| !all.contains(server))
    }
}
