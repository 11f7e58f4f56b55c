//! Tools, servers and clients' configurations as programs write them.

use crate::support::{compared, credentials, files, grants, identities, one, reads, refuses, says, tools};
use connect::{Options, read};
use domain::snapshot::{Format, Snapshot};
use serde_json::{Value, json};

fn mcp(value: &Value) -> Snapshot {
    reads(Format::Mcp, &one("mcp.json", &value.to_string()))
}

fn tool(name: &str) -> Value {
    json!({"name": name, "description": "d", "inputSchema": {"type": "object"}})
}

fn server(name: &str, version: &str, variable: &str) -> Value {
    json!({"name": name, "version": version, "packages": [{"environmentVariables": [{"name": variable, "isSecret": true}]}]})
}

#[test]
fn servers_are_found_wherever_clients_keep_them() {
    let e = json!({"command": "x"});
    for (value, paths) in [
        (json!({"mcpServers": {"a": e}}), vec!["mcpServers.a"]),
        (json!({"servers": {"a": e}}), vec!["servers.a"]),
        (json!({"mcp": {"servers": {"a": e}}, "editor.tabSize": 2}), vec!["mcp.servers.a"]),
        (json!({"mcp.servers": {"a": e}}), vec!["mcp.servers.a"]),
        (json!({"context_servers": {"a": e}}), vec!["context_servers.a"]),
        (json!({"settings": {"mcp": {"servers": {"a": e}}}, "folders": []}), vec!["settings.mcp.servers.a"]),
        (json!({"a": e}), vec!["a"]),
        (
            json!({"projects": {"/p": {"mcpServers": {"a": e}}, "/q": {"mcpServers": {"a": e, "b": e}}, "/r": {"mcpServers": null}}}),
            vec!["projects./p.mcpServers.a", "projects./q.mcpServers.a", "projects./q.mcpServers.b"],
        ),
        (json!({"mcpServers": {"a": e, "b": null}, "tools": ["*"], "name": "agent"}), vec!["mcpServers.a"]),
    ] {
        let s = mcp(&value);
        let mut found: Vec<&str> = s.grants.iter().map(|g| s.paths.get(g.path).1).collect();
        found.sort_unstable();
        assert_eq!(found, paths, "{value}");
    }
}

#[test]
fn clients_of_a_folder_are_several_and_one_name_is_refused() {
    let (cursor, code) = (
        r#"{"mcpServers": {"x": {"command": "a"}}}"#,
        r#"{"servers": {"x": {"command": "b"}, "y": {"url": "https://y.example/"}}} // mine"#,
    );
    let s = reads(
        Format::Mcp,
        &files(
            "/home/u/repo",
            &[
                (".cursor/mcp.json", cursor),
                (".vscode/mcp.json", code),
                ("package.json", r#"{"name": "p", "version": "1", "scripts": {}}"#),
            ],
        ),
    );
    assert_eq!(
        grants(&s),
        [".cursor/mcp: allow invoke on mcp:x", ".vscode/mcp: allow invoke on mcp:x", ".vscode/mcp: allow invoke on mcp:y"]
    );
    assert!(says(&s, &["server x", "another command"]) && says(&s, &["nothing of MCP in package.json"]), "{:?}", s.notes);
    assert_eq!((s.default_source.as_deref(), s.skipped.values().sum::<u64>()), (Some("mcp:repo"), 1));
    let mut same = files("d", &[("mcp.json", cursor), ("mcp.json", code)]);
    same.name = "2 files".to_owned();
    let error = refuses(Format::Mcp, &same);
    assert!(error.reason.contains("the name mcp") && error.reason.contains("d/mcp.json"), "{error}");
}

#[test]
fn what_is_not_started_gives_no_access_and_keeps_its_credentials() {
    let s = mcp(
        &json!({"mcpServers": {"on": {"command": "x", "disabled": false}, "off": {"command": "x", "disabled": true, "env": {"API_KEY": "k"}},
        "no": {"url": "https://x.example/", "enabled": false}, "named": {"command": "x"}}, "disabledMcpServers": ["named"]}),
    );
    assert_eq!(
        (grants(&s), credentials(&s)),
        (vec!["mcp: allow invoke on mcp:on".to_owned()], vec!["mcp: environment variable off: API_KEY".to_owned()])
    );
    assert!(says(&s, &["named, no, off"]), "{:?}", s.notes);
    assert_eq!(s.identities[0].hints.get("disabled servers"), Some("named, no, off"));
    assert_eq!(identities(&s).len(), 5);
}

#[test]
fn names_of_credentials_count_and_flags_do_not() {
    let s = mcp(
        &json!({"mcpServers": {"s": {"command": "docker", "args": ["run", "-e", "GITHUB_TOKEN", "-e", "DEBUG", "--env", "API_KEY=hunter2hunter2", "x"],
        "env": {"DEBUG": "1", "PORT": 80, "GITHUB_TOKEN": "ghp_0123456789abcdefghijABCDEFGHIJ012345", "DSN": "postgres://u:hunter2hunter2@h/d", "API_SECRET": null},
        "headers": {"Accept": "text/plain", "X-API-Key": "hunter2hunter2"}}}}),
    );
    let expected = [
        "mcp: HTTP header s: X-API-Key",
        "mcp: environment variable s: API_KEY",
        "mcp: environment variable s: DSN",
        "mcp: environment variable s: GITHUB_TOKEN",
    ];
    assert_eq!(credentials(&s), expected);
    assert!(!format!("{s:?}").contains("hunter2") && !format!("{s:?}").contains("ghp_"));
    let twice = mcp(
        &json!({"projects": {"/p": {"mcpServers": {"s": {"command": "x", "env": {"KEY": "a"}}}}, "/q": {"mcpServers": {"s": {"command": "x", "env": {"KEY": "b"}}}}}}),
    );
    assert_eq!((credentials(&twice).len(), twice.grants.len()), (1, 2));
    assert!(says(&twice, &["s: KEY", "once"]), "{:?}", twice.notes);
    let file = mcp(&json!({"servers": {"s": {"command": "x", "envFile": ".env"}}}));
    assert!(says(&file, &["envFile", "not seen"]), "{:?}", file.notes);
}

#[test]
fn one_server_described_twice_is_one() {
    let (old, new) = (server("io.example/crm", "1.9.0", "OLD_KEY").to_string(), server("io.example/crm", "1.10.0", "CRM_KEY").to_string());
    for all in [
        [("a/server.json", old.as_str()), ("b/server.json", new.as_str())],
        [("a/server.json", new.as_str()), ("b/server.json", old.as_str())],
    ] {
        let s = reads(Format::Mcp, &files("d", &all));
        let expected = ["io.example/crm: environment variable CRM_KEY", "io.example/crm: environment variable OLD_KEY"];
        assert_eq!((identities(&s).len(), credentials(&s)), (1, expected.map(str::to_owned).to_vec()));
        assert_eq!(s.identities[0].hints.get("version"), Some("1.10.0"));
        assert!(says(&s, &["d/a/server.json", "d/b/server.json", "1.10.0"]), "{:?}", s.notes);
    }
}

#[test]
fn what_no_release_of_server_json_has_is_named() {
    let s = mcp(&json!({"name": "a/b", "packages": [{"identifier": "x", "environmentVariable": [{"name": "API_KEY"}]}], "remote": []}));
    assert!(says(&s, &["environmentVariable", "remote"]) && s.skipped.get("unknown member of a server.json") == Some(&2), "{:?}", s.notes);
}

#[test]
fn lists_of_a_registry_are_read_page_by_page() {
    let (a, b) = (server("io.example/a", "1", "A_KEY"), server("io.example/b", "1", "B_KEY"));
    let page = |server: &Value, cursor: Value| {
        json!({"servers": [{"server": server, "_meta": {}}], "metadata": {"count": 1, "nextCursor": cursor}}).to_string()
    };
    let both = ["integration io.example/a", "integration io.example/b"];
    let s = reads(Format::Mcp, &files("d", &[("1.json", &page(&a, json!("c"))), ("2.json", &page(&b, json!("")))]));
    assert_eq!(identities(&s), both);
    let error = refuses(Format::Mcp, &one("1.json", &page(&a, json!("c"))));
    assert!(error.reason.contains("import them together"), "{error}");
    for list in [json!({"servers": [a, b]}), json!([a, b]), json!([{"server": a}, {"server": b}])] {
        assert_eq!(identities(&mcp(&list)), both, "{list}");
    }
    let old = json!({"servers": [{"server": server("x", "2", "K_KEY"), "_meta": {"io.modelcontextprotocol.registry/official": {"isLatest": true}}}, {"server": server("x", "3", "K_KEY")}]});
    assert_eq!(mcp(&old).identities[0].hints.get("version"), Some("2"), "what the registry calls the latest");
}

#[test]
fn tools_belong_to_the_server_beside_them() {
    let (a, b) = (server("io.example/a", "1", "A_KEY").to_string(), server("io.example/b", "1", "B_KEY").to_string());
    let search = json!({"tools": [tool("search")]}).to_string();
    let s =
        reads(Format::Mcp, &files("d", &[("a/server.json", &a), ("a/tools.json", &search), ("b/server.json", &b), ("b/t.json", &search)]));
    assert_eq!(tools(&s), ["io.example/a: search", "io.example/b: search"]);
    let catalogue = json!([{"name": "search", "description": "d", "arguments": []}]).to_string();
    let s = reads(Format::Mcp, &files("servers", &[("a/tools.json", &catalogue), ("b/tools.json", &catalogue), ("c/tools.json", "[]")]));
    assert_eq!(tools(&s), ["a: search", "b: search"]);
    assert!(says(&s, &["servers/c/tools.json", "empty"]), "{:?}", s.notes);
    let mut whole = server("io.example/c", "1", "C_KEY");
    whole["tools"] = json!([tool("list")]);
    let s = mcp(&whole);
    assert_eq!((tools(&s), s.credentials.len()), (vec!["io.example/c: list".to_owned()], 1));
    let error = refuses(Format::Mcp, &files("d", &[("a.json", &a), ("b.json", &b), ("tools.json", &search)]));
    assert!(error.file == "d/tools.json" && error.reason.contains("io.example/a or io.example/b"), "{error}");
    let named =
        read(Format::Mcp, &one("t.json", &search), &Options { server: Some("github".to_owned()), ..Options::default() }).expect("reads");
    assert_eq!((tools(&named), named.default_source.as_deref()), (vec!["github: search".to_owned()], Some("mcp:github")));
}

#[test]
fn tools_come_in_many_forms_and_their_pages_together() {
    let (a, b) = (tool("a"), tool("b"));
    let both = ["server: a", "server: b"];
    for text in [
        json!({"tools": [a, b]}).to_string(),
        json!({"jsonrpc": "2.0", "id": 1, "result": {"tools": [a, b], "nextCursor": ""}}).to_string(),
        json!([{"jsonrpc": "2.0", "id": 1, "result": {"protocolVersion": "x"}}, {"jsonrpc": "2.0", "id": 2, "result": {"tools": [a, b]}}])
            .to_string(),
        json!([a, b]).to_string(),
        format!("{a}\n{b}\n"),
        format!("{}\n{}", json!({"tools": [a], "nextCursor": "c"}), json!({"tools": [b]})),
        format!("\u{FEFF}{{\"tools\": [{a}, {b},], /* all */}}"),
    ] {
        assert_eq!(tools(&reads(Format::Mcp, &one("t.json", &text))), both, "{text}");
    }
    for cursor in [json!(null), json!(""), json!(" ")] {
        assert_eq!(tools(&mcp(&json!({"tools": [a], "nextCursor": cursor}))), both[..1]);
    }
    let error = refuses(Format::Mcp, &one("t.json", &json!({"tools": [a], "nextCursor": "c"}).to_string()));
    assert!(error.place.as_deref() == Some("tools.nextCursor") && error.reason.contains("import them together"), "{error}");
    let none = mcp(&json!({"tools": []}));
    assert_eq!((identities(&none), none.surfaces.len()), (vec!["integration server".to_owned()], 1));
}

#[test]
fn what_a_tool_takes_is_a_change_however_it_is_written() {
    let takes = |n: &str| mcp(&json!([{"name": "a", "description": "d", "arguments": [{"name": n, "type": "string"}]}]));
    assert_ne!(compared(&takes("q")), compared(&takes("r")));
    let s = mcp(&json!({"tools": [{"name": "a", "inputSchema": null}, tool("b")]}));
    assert!(tools(&s).len() == 2 && says(&s, &["tool a", "inputSchema"]), "{:?}", s.notes);
}

#[test]
fn what_is_wrong_is_refused_with_its_place() {
    for (value, place, said) in [
        (json!({"tools": [tool("a"), tool("a")]}), "tools[1]", "mcp.json at tools[0]"),
        (json!({"tools": [{"name": "", "inputSchema": {}}]}), "tools[0]", "without a name"),
        (json!({"tools": [{"name": "  ", "inputSchema": {}}]}), "tools[0]", "without a name"),
        (json!({"tools": [{"name": 7}]}), "tools[0]", "without a name"),
        (json!({"tools": ["a"]}), "tools[0]", "an object"),
        (json!({"tools": {"a": {}}}), "tools", "a list"),
        (json!({"tools": [{"name": "bad", "inputSchema": [1]}]}), "tools[0].inputSchema", "tool bad"),
        (json!({"tools": [{"name": "bad", "inputSchema": {}, "annotations": "x"}]}), "tools[0].annotations", "tool bad"),
        (json!({"tools": [{"name": "bad", "input_schema": {}}]}), "tools[0].input_schema", "write inputSchema"),
        (json!({"mcpServers": ["a"]}), "mcpServers", "an object"),
        (json!({"mcpServers": {"a": "npx"}}), "mcpServers.a", "an object"),
        (json!({"mcpServers": {"": {"command": "x"}}}), "mcpServers.", "without a name"),
        (json!({"mcpServer": {"a": {"command": "x"}}}), "mcpServer", "mcpServers"),
        (json!({"jsonrpc": "2.0", "id": 1, "error": {"code": -1, "message": "no such method"}}), "error", "no such method"),
        (json!({"name": "x", "packages": {"a": 1}}), "packages", "a list"),
        (json!({"numStartups": 3}), "", "mcpServers (also in projects)"),
        (json!({"prompts": [{"name": "p"}]}), "", "MCP prompts"),
        (json!([]), "", "no tool"),
        (json!([1]), "[0]", "an object"),
        (json!(7), "", "found a number"),
    ] {
        let error = refuses(Format::Mcp, &one("mcp.json", &value.to_string()));
        assert!(error.place.as_deref().unwrap_or_default() == place && error.reason.contains(said), "{value}: {error}");
    }
    let error = refuses(Format::Mcp, &one("mcp.json", "{\"mcpServers\": {\"db\": {\"command\": \"a\"},\n \"db\": {\"command\": \"b\"}}}"));
    assert!(error.place.as_deref().is_some_and(|p| p.starts_with("line 2")) && error.reason.contains("\"db\" stands twice"), "{error}");
}

#[test]
fn what_a_server_answers_over_http_is_read_as_it_comes() {
    let answer = |name: &str, more: &str| {
        format!("{{\"jsonrpc\": \"2.0\", \"id\": 1, \"result\": {{\"tools\": [{{\"name\": \"{name}\", \"inputSchema\": {{}}}}]{more}}}}}")
    };
    let stream = format!(
        ": connected\nevent: message\nid: 1\ndata: {}\n\nevent: message\ndata: {}\n\n",
        answer("read", ", \"nextCursor\": \"2\""),
        answer("write", "")
    );
    let input = one("tools.sse", &stream);
    assert_eq!(connect::recognise(&input), Some(Format::Mcp));
    let read = reads(Format::Mcp, &input);
    assert_eq!(tools(&read), ["server: read", "server: write"]);
    let whole = reads(Format::Mcp, &one("a.json", &format!("{}\n{}", answer("read", ", \"nextCursor\": \"2\""), answer("write", ""))));
    assert_eq!(compared(&read), compared(&whole), "the frame is no part of what it says");
    let broken = refuses(Format::Mcp, &one("a", "event: message\ndata: {\"tools\": [\ndata: {]\n"));
    assert_eq!(broken.place.as_deref(), Some("line 3, column 8"), "{broken}");
}

#[test]
fn a_server_of_dockers_catalogue_is_read_with_the_secrets_it_asks_for() {
    let yaml = "name: buildkite\nimage: mcp/buildkite:1.2\ntype: server\nabout:\n  title: Buildkite\nremote:\n  url: https://x.example/mcp?token=t\n  \
        headers:\n    Authorization: \"Bearer ${KEY}\"\nconfig:\n  secrets:\n    - name: buildkite.api_key\n      env: BUILDKITE_API_TOKEN\n  env:\n    \
        - name: DEBUG\n      value: '1'\n    - name: OTHER_TOKEN\n      value: '{{x}}'\noauth:\n  - provider: p\n    secret: p.t\n    env: P_TOKEN\nodd: 1\n";
    let folder = files("catalogue", &[("buildkite/server.yaml", yaml), ("buildkite/tools.json", r#"[{"name": "list", "arguments": []}]"#)]);
    assert_eq!(connect::recognise(&folder), Some(Format::Mcp));
    let s = reads(Format::Mcp, &folder);
    assert_eq!(identities(&s), ["integration buildkite"]);
    assert_eq!(tools(&s), ["buildkite: list"], "tools beside a server are its own");
    let names = [
        "HTTP header Authorization",
        "URL parameter token",
        "environment variable BUILDKITE_API_TOKEN",
        "environment variable OTHER_TOKEN",
        "environment variable P_TOKEN",
    ];
    assert_eq!(credentials(&s), names.map(|name| format!("buildkite: {name}")));
    assert!(says(&s, &["odd", "not known"]), "{:?}", s.notes);
    let alone = reads(Format::Mcp, &one("server.yaml", yaml));
    assert_eq!(identities(&alone), ["integration buildkite"]);
    let twice = refuses(Format::Mcp, &one("server.yaml", &format!("{yaml}name: other\n")));
    assert!(twice.reason.contains("stands twice"), "{twice}");
}

#[test]
fn every_server_of_dockers_catalogue_is_read() {
    let Some(root) = std::env::var_os("COUNTERSIGN_FIXTURES").map(std::path::PathBuf::from) else {
        println!("COUNTERSIGN_FIXTURES is not set: the catalogue was not read");
        return;
    };
    let folder = root.join("docker-mcp-registry/servers");
    // Tools in a container of their own (`poci`) are no server.
    let is_server =
        |path: &std::path::Path| std::fs::read_to_string(path.join("server.yaml")).is_ok_and(|text| !text.contains("type: poci"));
    let all = std::fs::read_dir(&folder).expect("the catalogue").map(|e| e.expect("an entry").path());
    let named: std::collections::BTreeSet<String> =
        all.filter(|path| is_server(path)).filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned())).collect();
    let s = reads(Format::Mcp, &connect::Input::from_path(&folder).expect("a folder"));
    let read: std::collections::BTreeSet<String> = s.identities.iter().map(|i| i.name.clone()).collect();
    let missing: Vec<&String> = named.difference(&read).collect();
    assert!(missing.is_empty(), "{missing:?}: {:?}", s.notes);
    let listed = |name: &String| {
        let text = std::fs::read(folder.join(name).join("tools.json")).ok()?;
        serde_json::from_slice::<serde_json::Value>(&text).expect("JSON").as_array().map(Vec::len)
    };
    assert_eq!(s.tools.len(), named.iter().filter_map(listed).sum::<usize>(), "every tool that a file lists, and no other");
    // 87 entries of `secrets`, 27 of `oauth` of which one names the variable of a secret, and nine variables that carry a secret
    // by their name: eight that the catalogue asks for as plain parameters, and a path to a file with credentials. The headers
    // of six remote servers hand on what stands among the secrets already.
    let methods: std::collections::BTreeSet<&str> = s.credentials.iter().map(|c| c.method.as_str()).collect();
    assert_eq!((s.credentials.len(), methods), (122, ["environment variable"].into()));
    let by_name = [
        "apollo-mcp-server: environment variable APOLLO_KEY",
        "aws-kb-retrieval-server: environment variable AWS_ACCESS_KEY_ID",
        "charmhealth-mcp-server: environment variable CHARMHEALTH_CLIENT_SECRET",
        "cloud-run-mcp: environment variable GOOGLE_APPLICATION_CREDENTIALS",
        "dreamfactory-mcp: environment variable DREAMFACTORY_API_KEY",
        "kgrag-mcp-server: environment variable API_KEY",
        "kgrag-mcp-server: environment variable AWS_ACCESS_KEY_ID",
        "kgrag-mcp-server: environment variable AWS_SECRET_ACCESS_KEY",
        "lara: environment variable LARA_ACCESS_KEY_ID",
    ];
    let all = credentials(&s);
    assert!(by_name.iter().all(|name| all.iter().any(|c| c == name)), "{all:#?}");
}
