//! What MCP keeps in several files, and what turns a server off elsewhere than in its entry.

use crate::support::{credentials, files, grants, identities, one, reads, refuses, says, tools};
use domain::snapshot::{Format, Snapshot};
use serde_json::{Value, json};

fn mcp(value: &Value) -> Snapshot {
    reads(Format::Mcp, &one("mcp.json", &value.to_string()))
}

fn servers(names: &[&str]) -> String {
    let entries: serde_json::Map<String, Value> = names.iter().map(|n| ((*n).to_owned(), json!({"command": "npx"}))).collect();
    json!({"mcpServers": entries}).to_string()
}

#[test]
fn the_settings_of_claude_code_turn_servers_of_the_project_off() {
    let settings = json!({"permissions": {"deny": ["mcp__github", "mcp__memory__delete", "Bash(rm)"]},
        "enabledMcpjsonServers": ["memory"], "disabledMcpjsonServers": ["fs"], "deniedMcpServers": [{"serverName": "old"}, {"serverUrl": "https://x/*"}]});
    let project = servers(&["memory", "github", "fs", "old", "new"]);
    let all = [("a/.mcp.json", project.as_str()), ("a/.claude/settings.json", &settings.to_string()), ("b/.mcp.json", &project)];
    let s = reads(Format::Mcp, &files("d", &all));
    let of = |who: &str| grants(&s).into_iter().filter(|g| g.starts_with(who)).count();
    assert_eq!((of("a/.mcp"), of("b/.mcp")), (2, 5), "{:?}", grants(&s));
    for words in [
        &["client a/.mcp does not start fs, github, old"][..],
        &["client a/.mcp asks before it starts new"],
        &["a/.claude", "the tool delete of memory"],
        &["a/.claude", "1 of deniedMcpServers by command or address"],
    ] {
        assert!(says(&s, words), "{words:?} {:#?}", s.notes);
    }
    let error = refuses(Format::Mcp, &one("settings.json", &settings.to_string()));
    assert!(error.reason.contains("beside them"), "{error}");
}

#[test]
fn servers_in_another_file_are_read_there_or_said_to_be_missing() {
    let plugin = json!({"name": "p", "mcpServers": "./.mcp.json"}).to_string();
    let s = reads(Format::Mcp, &files("d", &[(".claude-plugin/plugin.json", &plugin), (".mcp.json", &servers(&["db"]))]));
    assert_eq!(grants(&s), [".mcp: allow invoke on mcp:db"]);
    assert!(!says(&s, &["plugin.json"]), "{:?}", s.notes);
    let s = reads(Format::Mcp, &files("d", &[("p/plugin.json", &plugin), ("a/.mcp.json", &servers(&["db"]))]));
    assert!(says(&s, &["p/plugin.json", "./.mcp.json", "not among the files"]), "{:?}", s.notes);
    let error = refuses(Format::Mcp, &one("plugin.json", &plugin));
    assert!(error.reason.contains("./.mcp.json"), "{error}");
}

#[test]
fn a_bundle_is_a_server_by_its_name_with_what_it_asks_for() {
    let s = mcp(&json!({"manifest_version": "0.3", "name": "fs-ext", "version": "1.0.0", "server": {"type": "node", "entry_point": "i.js",
        "mcp_config": {"command": "node", "args": ["i.js"], "env": {"API_KEY": "${user_config.key}", "DEBUG": "1"}}},
        "tools": [{"name": "search", "description": "s"}], "user_config": {"key": {"type": "string", "sensitive": true}}}));
    assert_eq!(identities(&s), ["integration fs-ext"]);
    assert_eq!(credentials(&s), ["fs-ext: environment variable API_KEY", "fs-ext: setting key"]);
    assert_eq!((tools(&s), grants(&s).len(), s.default_source.as_deref()), (vec!["fs-ext: search".to_owned()], 0, Some("mcp:fs-ext")));
}

#[test]
fn what_a_registry_deleted_is_named_and_one_odd_entry_refuses_nothing() {
    let of = |name: &str, status: &str| {
        json!({"server": {"name": name, "version": "1", "packages": [{"environmentVariables": [{"name": "A_KEY", "isSecret": true}]}]},
            "_meta": {"io.modelcontextprotocol.registry/official": {"status": status}}})
    };
    let s = mcp(&json!({"servers": [of("x/a", "active"), of("x/b", "deleted"), of("x/c", "deprecated"), {"description": "none"}, 7]}));
    assert_eq!(identities(&s), ["integration x/a", "integration x/b", "integration x/c"]);
    assert_eq!(credentials(&s), ["x/a: environment variable A_KEY", "x/c: environment variable A_KEY"]);
    for words in [&["x/b 1 is deleted"][..], &["x/c 1 is deprecated"], &["servers[3]", "without a name"], &["servers[4]", "a number"]] {
        assert!(says(&s, words), "{words:?} {:#?}", s.notes);
    }
    assert_eq!(s.identities.iter().find(|i| i.key == "x/b").and_then(|i| i.hints.get("status")), Some("deleted"));
    let error = refuses(Format::Mcp, &one("mcp.json", &json!({"servers": [{"description": "none"}]}).to_string()));
    assert_eq!(error.place.as_deref(), Some("servers[0].name"), "{error}");
}

#[test]
fn an_odd_file_of_a_folder_is_named_with_its_own_reason() {
    let all = [
        (".mcp.json", servers(&["db"])),
        ("empty.json", String::new()),
        ("list.json", "[\"a\", \"b\"]".to_owned()),
        ("data.jsonl", "1\n2\n".to_owned()),
        ("tsconfig.json", "{ 'a': 1 }".to_owned()),
        ("package.json", "{\"name\": \"x\", \"version\": \"1\"}".to_owned()),
    ];
    let all: Vec<(&str, &str)> = all.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let s = reads(Format::Mcp, &files("d", &all));
    assert_eq!(grants(&s), [".mcp: allow invoke on mcp:db"]);
    for words in [
        &["empty file: empty.json"][..],
        &["tsconfig.json, line 1, column 3"],
        &["nothing of MCP in package.json"],
        &["entries were not read"],
    ] {
        assert!(says(&s, words), "{words:?} {:#?}", s.notes);
    }
}

#[test]
fn a_catalogue_names_a_server_after_its_folder_and_says_one_thing_once() {
    let list: Vec<Value> = (0..9).map(|i| json!({"name": format!("t{i}"), "description": "d"})).collect();
    let list = Value::from(list).to_string();
    let named = |root: &str, file: &str| {
        let s = reads(Format::Mcp, &files(root, &[(file, &list), ("x/package.json", "{\"name\": \"x\", \"version\": \"1\"}")]));
        assert!(says(&s, &["9 tools state no inputSchema", "t0, t1"]), "{:?}", s.notes);
        tools(&s)[0].clone()
    };
    assert_eq!(
        (named("servers", "alfresco/tools.json"), named("/r/servers/alfresco", "tools.json")),
        ("alfresco: t0".to_owned(), "alfresco: t0".to_owned())
    );
}

#[test]
fn what_is_not_applied_is_said() {
    let s = mcp(&json!({"chat.mcp.enabled": false, "mcp": {"servers": {"a": {"command": "x"}}}}));
    assert!(grants(&s).len() == 1 && says(&s, &["chat.mcp.enabled is false", "access of its servers counts"]), "{:?}", s.notes);
}
