//! What lies beside an input in the repositories of others: files that look like one of a format and are none, and notations of
//! the same that other programs write. None of it refuses a folder, and none of it is passed by without a name.

use crate::support::{credentials, files, grants, identities, one, reads, refuses, says, tools};
use connect::{recognise, unreadable};
use domain::snapshot::{Format, Snapshot};
use serde_json::json;

const CLIENT: &str = r#"{"mcpServers": {"db": {"command": "npx"}}}"#;

/// What a folder gives that holds a client and one file more.
fn beside(name: &str, text: &str) -> Snapshot {
    reads(Format::Mcp, &files("d", &[(".mcp.json", CLIENT), (name, text)]))
}

#[test]
fn files_of_other_programs_with_words_of_mcp_refuse_no_folder_and_give_no_server() {
    let lock = r#"{"name": "@a/b", "lockfileVersion": 3, "packages": {"": {"name": "@a/b"}}}"#;
    for (name, text, said) in [
        ("package-lock.json", lock, &["packages", "found an object"][..]),
        ("devbox.json", r#"{"name": "x", "packages": ["node@20"]}"#, &["packages[0]", "found a text"]),
        ("dotnet-tools.json", r#"{"version": 1, "tools": {"x": {"commands": ["x"]}}}"#, &["tools", "expected a list"]),
        ("assistant.json", r#"{"model": "m", "tools": [{"type": "code_interpreter"}]}"#, &["tools[0]", "without a name"]),
        ("functions.json", r#"{"tools": [{"type": "function", "function": {"name": "x"}}]}"#, &["tools[0]", "without a name"]),
        ("agent.json", r#"{"tools": ["read", "write"]}"#, &["tools[0]", "found a text"]),
        (
            "asyncapi.json",
            r#"{"asyncapi": "2.0.0", "servers": {"prod": {"url": "mqtt://b.example", "protocol": "mqtt"}}}"#,
            &["nothing of MCP"],
        ),
        ("pgadmin.json", r#"{"Servers": {"1": {"Name": "a", "Host": "h"}}}"#, &["nothing of MCP"]),
        ("hosts.json", r#"{"servers": {"eu": {"host": "h"}}}"#, &["nothing of MCP"]),
        ("schema.json", r#"{"properties": {"mcpServers": {"type": "object", "additionalProperties": {}}}}"#, &["nothing of MCP"]),
        (
            "package.json",
            r#"{"name": "e", "contributes": {"configuration": {"properties": {"e.mcpServers": {"default": []}}}}}"#,
            &["nothing of MCP"],
        ),
        ("app.json", r#"{"mcpServer": {"port": 8080}}"#, &["nothing of MCP"]),
    ] {
        let s = beside(name, text);
        assert_eq!(identities(&s), ["ai_agent .mcp", "integration db"], "{name}");
        assert!(says(&s, said) && says(&s, &[name]), "{name}: {:#?}", s.notes);
        let alone = refuses(Format::Mcp, &one(name, text));
        assert!(said.iter().all(|word| alone.to_string().contains(word)), "{name}: {alone}");
    }
    assert_eq!(recognise(&one("package-lock.json", lock)), None, "npm's lock is no server");
    let early = r#"{"$schema": "https://modelcontextprotocol.io/schema/2025-01-09/server.json", "name": "a/b", "remotes": {"sse": {}}}"#;
    assert_eq!(recognise(&one("s.json", early)), Some(Format::Mcp), "the schema says what it is");
    assert_eq!(refuses(Format::Mcp, &files("d", &[(".mcp.json", CLIENT), ("s.json", early)])).place.as_deref(), Some("remotes"));
    let wrong =
        refuses(Format::Mcp, &files("d", &[(".mcp.json", CLIENT), ("server.json", r#"{"name": "a/b", "remotes": [{"headers": [{}]}]}"#)]));
    assert_eq!(wrong.place.as_deref(), Some("remotes[0].headers[0]"), "what is a description and wrong still refuses all: {wrong}");
}

#[test]
fn servers_are_recognised_wherever_clients_keep_them() {
    for text in [
        r#"{"a": {"type": "http", "url": "https://a.example/mcp"}}"#,
        r#"{"name": "c", "customizations": {"vscode": {"mcp": {"servers": {"a": {"command": "x"}}}}}}"#,
        r#"{"experimental": {"modelContextProtocolServers": [{"name": "a", "command": "x"}]}}"#,
        r#"{"name": "p", "author": {"url": "https://p.example"}, "skills": ["./s"], "mcpServers": {"a": {"command": "x"}}}"#,
        r#"{"registry": {"a": {"image": "x/a:1"}}}"#,
    ] {
        assert_eq!(recognise(&one("x.json", text)), Some(Format::Mcp), "{text}");
        assert!(identities(&reads(Format::Mcp, &one("x.json", text))).contains(&"integration a".to_owned()), "{text}");
    }
    for text in [r#"{"repository": {"type": "git", "url": "https://x.example"}}"#, r#"{"prod": {"url": "https://x.example"}}"#] {
        assert_eq!(recognise(&one("x.json", text)), None, "{text}");
    }
}

#[test]
fn servers_of_clients_that_write_yaml_are_read() {
    let chat = "version: 1\nmcpServers:\n  web:\n    type: sse\n    url: http://localhost:1/sse\n    headers:\n      X-API-Key: '${K}'\n";
    let list = "name: mine\nmcpServers:\n  - name: web\n    command: npx\n    env:\n      WEB_TOKEN: t\n";
    let goose = "GOOSE_MODEL: m\nextensions:\n  web:\n    type: stdio\n    enabled: true\n    cmd: npx\n    args: [-y, web]\n    env_keys: [WEB_TOKEN]\n  \
        off:\n    type: streamable_http\n    enabled: false\n    uri: https://x.example/mcp?token=t\n";
    for (text, servers, credential) in [
        (chat, &["web"][..], &["c: HTTP header web: X-API-Key"][..]),
        (list, &["web"], &["c: environment variable web: WEB_TOKEN"]),
        (goose, &["off", "web"], &["c: URL parameter off: token", "c: environment variable web: WEB_TOKEN"]),
    ] {
        let input = one("c.yaml", text);
        assert_eq!(recognise(&input), Some(Format::Mcp), "{text}");
        let s = reads(Format::Mcp, &input);
        let all: Vec<String> = servers.iter().map(|name| format!("integration {name}")).collect();
        assert_eq!(identities(&s), [vec!["ai_agent c".to_owned()], all].concat(), "{text}");
        assert_eq!(
            (grants(&s), credentials(&s)),
            (vec!["c: allow invoke on mcp:web".to_owned()], credential.iter().map(|c| (*c).to_owned()).collect())
        );
    }
}

#[test]
fn configurations_in_one_file_are_of_one_client_and_lose_nothing() {
    let one_of = |name: &str| json!({"id": name, "config": [{"mcpServers": {name: {"command": name, "env": {"A_TOKEN": "t"}}}}]});
    let s = reads(
        Format::Mcp,
        &one("found.json", &json!([one_of("a"), one_of("b"), {"mcpServers": {"c": {"command": "c", "disabled": true}}}]).to_string()),
    );
    assert_eq!(identities(&s), ["ai_agent found", "integration a", "integration b", "integration c"]);
    assert_eq!(grants(&s), ["found: allow invoke on mcp:a", "found: allow invoke on mcp:b"]);
    assert_eq!(credentials(&s), ["found: environment variable a: A_TOKEN", "found: environment variable b: A_TOKEN"]);
    assert!(says(&s, &["client found has another configuration in found.json at [1]"]), "{:?}", s.notes);
    let two = refuses(Format::Mcp, &files("d", &[("a.json", CLIENT), ("a.jsonc", CLIENT)]));
    assert!(two.reason.contains("d/a.json") && two.reason.contains("rename one"), "of two files none stands for the other: {two}");
}

#[test]
fn an_entry_without_a_name_in_a_list_of_descriptions_is_named() {
    let list = json!([{"name": "x/a", "packages": []}, {"name": "", "packages": []}]).to_string();
    let s = reads(Format::Mcp, &one("seed.json", &list));
    assert_eq!(identities(&s), ["integration x/a"]);
    assert!(says(&s, &["[1].name", "without a name"]), "{:?}", s.notes);
}

#[test]
fn a_list_of_hosts_is_none_of_servers_of_mcp() {
    let s = reads(Format::Mcp, &one("x.json", r#"{"servers": [{"name": "web01", "ip": "192.0.2.1"}, {"name": "x/a", "version": "1"}]}"#));
    assert_eq!(identities(&s), ["integration x/a"]);
    assert!(says(&s, &["servers[0]", "neither packages"]), "{:?}", s.notes);
}

#[test]
fn servers_in_lists_keep_the_names_that_somebody_gave_them() {
    let old =
        r#"{"experimental": {"modelContextProtocolServers": [{"transport": {"type": "stdio", "command": "uvx", "env": {"A_KEY": "k"}}}]}}"#;
    let s = reads(Format::Mcp, &one("config.json", old));
    assert_eq!(
        (grants(&s), credentials(&s)),
        (vec!["config: allow invoke on mcp:uvx".to_owned()], vec!["config: environment variable uvx: A_KEY".to_owned()])
    );
    let alike = old.replace("[{", "[{\"transport\": {\"command\": \"uvx\"}}, {");
    let error = refuses(Format::Mcp, &one("config.json", &alike));
    assert!(error.reason.contains("modelContextProtocolServers[0]") && error.reason.contains("give both a name"), "{error}");
    let s = reads(Format::Mcp, &one("proxy.json", r#"{"servers": [{"name": "fs", "command": "npx", "env": {"A_KEY": "k"}}]}"#));
    assert_eq!(
        (grants(&s), credentials(&s)),
        (vec!["proxy: allow invoke on mcp:fs".to_owned()], vec!["proxy: environment variable fs: A_KEY".to_owned()])
    );
    let directory = r#"{"servers": [{"name": "Files", "url": "https://d.example/files", "short_description": "d"}]}"#;
    let s = reads(Format::Mcp, &one("directory.json", directory));
    assert_eq!((identities(&s), grants(&s)), (vec!["integration Files".to_owned()], vec![]), "a directory starts nothing");
}

#[test]
fn lists_of_tools_in_several_folders_are_of_several_servers() {
    let list = |name: &str| json!({"tools": [{"name": name, "inputSchema": {}}]}).to_string();
    let s = reads(Format::Mcp, &files("d", &[("a/docker/list.json", &list("read")), ("b/docker/list.json", &list("read"))]));
    assert_eq!(tools(&s), ["a/docker: read", "b/docker: read"], "neither is lost and neither merged");
    let s = reads(Format::Mcp, &files("d", &[("a/1.json", &list("read")), ("a/2.json", &list("write"))]));
    assert_eq!(tools(&s), ["server: read", "server: write"], "lists of one folder are of one server");
}

#[test]
fn what_stands_in_a_hub_is_a_server_by_the_name_it_has_there() {
    let s = reads(
        Format::Mcp,
        &one("agent.yaml", "name: a\nmcpServers:\n  - uses: acme/web\n    with: {WEB_TOKEN: t}\n  - name: db\n    command: npx\n"),
    );
    assert_eq!(grants(&s), ["agent: allow invoke on mcp:acme/web", "agent: allow invoke on mcp:db"]);
    assert_eq!(credentials(&s), ["agent: setting acme/web: with.WEB_TOKEN"]);
    assert_eq!(identities(&reads(Format::Mcp, &one("none.yaml", "mcpServers: []\n"))), ["ai_agent none"]);
    let template = "mcpServers:\n  {{name}}:\n    command: x\n";
    assert_eq!(recognise(&one("t.yaml", template)), None);
    assert!(says(&beside("t.yaml", template), &["t.yaml"]), "what is to be filled in first refuses nothing");
}

#[test]
fn a_folder_in_which_nothing_is_of_a_format_is_told_what_there_is() {
    let error = refuses(Format::Aws, &files("d", &[("empty.json", ""), ("b.json", r#"{"a": 1}"#), ("c.yaml", "a: 1\n")]));
    assert!(error.file == "d" && error.reason.contains("none of these 3 files is an AWS account or policy"), "{error}");
}

#[test]
fn a_manifest_may_name_several_files_with_servers() {
    let plugin = r#"{"name": "p", "mcpServers": ["./.mcp.json", "./more.json"]}"#;
    let s = beside("plugin.json", plugin);
    assert_eq!(grants(&s), [".mcp: allow invoke on mcp:db"]);
    assert!(says(&s, &["./more.json", "not among the files"]) && !says(&s, &["stand in ./.mcp.json"]), "{:?}", s.notes);
}

#[test]
fn what_a_program_puts_into_headers_is_said_to_be_unseen() {
    let s = reads(Format::Mcp, &one("c.json", r#"{"mcpServers": {"a": {"url": "https://a.example", "headersHelper": "/bin/token.sh"}}}"#));
    assert!(credentials(&s).is_empty() && says(&s, &["mcpServers.a", "program (headersHelper)", "not seen"]), "{:?}", s.notes);
}

#[test]
fn the_whole_catalogue_of_docker_is_read_and_a_secret_handed_on_counts_once() {
    let yaml = "version: 3\nregistry:\n  brave:\n    title: Brave\n    type: server\n    image: mcp/brave:1\n    tools:\n      - name: search\n    \
        secrets:\n      - {name: brave.api_key, env: BRAVE_API_KEY}\n    env:\n      - {name: BRAVE_ALIAS_TOKEN, value: '{{brave.api_key}}'}\n      \
        - {name: OTHER_TOKEN, value: '{{brave.other}}'}\n    config:\n      - {name: brave, type: object}\n  \
        remote:\n    remote:\n      url: 'https://r.example/mcp?key=${R_KEY}&token=${X}'\n      headers: {Authorization: 'Bearer ${R_KEY}', X-Token: 't'}\n    \
        secrets:\n      - {name: remote.key, env: R_KEY}\n    oauth:\n      providers:\n        - {provider: r, secret: r.token, env: R_TOKEN}\n  \
        named:\n    ref: ''\n";
    let input = one("catalog.yaml", yaml);
    assert_eq!(recognise(&input), Some(Format::Mcp));
    let s = reads(Format::Mcp, &input);
    assert_eq!(
        (identities(&s), tools(&s)),
        (vec!["integration brave".to_owned(), "integration remote".to_owned()], vec!["brave: search".to_owned()])
    );
    let expected = [
        "brave: environment variable BRAVE_API_KEY",
        "brave: environment variable OTHER_TOKEN",
        "remote: HTTP header X-Token",
        "remote: URL parameter token",
        "remote: environment variable R_KEY",
        "remote: environment variable R_TOKEN",
    ];
    assert_eq!(credentials(&s), expected);
    assert!(says(&s, &["registry.named", "name of a server alone"]), "{:?}", s.notes);
    let enabled = refuses(Format::Mcp, &one("registry.yaml", "registry:\n  brave:\n    ref: ''\n"));
    assert!(enabled.reason.contains("name of a server alone"), "{enabled}");
}

#[test]
fn policies_of_no_identity_are_named_in_a_folder_and_files_of_one_name_stand_apart() {
    let policy = |action: &str| json!({"Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}).to_string();
    let trust =
        json!({"Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}).to_string();
    let bucket = json!({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}]}).to_string();
    let (get, put) = (policy("s3:GetObject"), policy("s3:PutObject"));
    let s = reads(
        Format::Aws,
        &files("d", &[("a/policy.json", &get), ("b/policy.json", &put), ("a/trust.json", &trust), ("b/bucket.json", &bucket)]),
    );
    let mut sets: Vec<&str> = s.sets.iter().map(|set| set.key.as_str()).collect();
    sets.sort_unstable();
    assert_eq!(sets, ["a/policy", "b/policy"]);
    for words in [&["a/trust.json", "the trust policy of a role"][..], &["b/bucket.json", "the policy of a resource"]] {
        assert!(says(&s, words), "{words:?} {:#?}", s.notes);
    }
    assert_eq!(s.skipped["policy that is of no identity"], 2);
    let error = refuses(Format::Aws, &files("d", &[("a/trust.json", &trust)]));
    assert!(error.reason.contains("the trust policy of a role"), "{error}");
    assert_eq!(reads(Format::Aws, &one("x/policy.json", &get)).sets[0].key, "policy", "a file by itself is called after its name alone");
}

#[test]
fn cards_in_the_entries_of_a_directory_are_recognised_and_entries_of_an_account_are_called_that() {
    let listed =
        json!({"agents": [{"id": "1", "card": {"name": "A", "url": "https://a.example/", "skills": [], "capabilities": {}}}]}).to_string();
    assert_eq!(recognise(&one("agents.json", &listed)), Some(Format::A2a));
    assert_eq!(identities(&reads(Format::A2a, &one("agents.json", &listed))), ["ai_agent https://a.example/"]);
    let roles =
        refuses(Format::Aws, &one("roles.json", r#"[{"RoleName": "r", "Arn": "arn:aws:iam::111122223333:role/r", "RolePolicyList": []}]"#));
    assert!(roles.reason.contains("an entry of RoleDetailList by itself"), "{roles}");
}

#[test]
fn a_resume_is_no_agent_and_a_card_that_anybody_may_call_names_no_credential() {
    let resume = r#"{"basics": {"name": "P", "url": "https://p.example"}, "skills": [{"name": "Rust", "level": "good"}]}"#;
    assert_eq!(recognise(&one("resume.json", resume)), None);
    let card = |scheme: &str| {
        json!({"name": "A", "url": "https://a.example/", "capabilities": {}, "skills": [], "authentication": {"schemes": [scheme]}})
            .to_string()
    };
    assert_eq!(credentials(&reads(Format::A2a, &one("a.json", &card("public")))), Vec::<String>::new());
    assert_eq!(credentials(&reads(Format::A2a, &one("a.json", &card("Bearer")))).len(), 1);
}

#[test]
fn a_result_of_another_scanner_is_no_account() {
    let results = r#"{"groups": {}, "aws_managed_policies": {"ANPA": {"PolicyName": "x", "PolicyVersionList": []}}, "roles": {}}"#;
    assert_eq!(recognise(&one("results.json", results)), None);
    let first = r#"{"Policies": [{"PolicyName": "x", "PolicyVersionList": []}], "UserDetailList": []}"#;
    assert_eq!(recognise(&one("account.json", first)), Some(Format::Aws));
}

#[test]
fn tables_of_other_programs_are_named_beside_ours() {
    let all = [
        ("ours.csv", "identity,action,resource\nbot,read,x\n"),
        ("report.csv", "user,arn,owner\nci,arn:x,me\n"),
        ("apps.csv", "id,name,owner\n1,a,b\n"),
    ];
    let s = reads(Format::Csv, &files("d", &all));
    assert_eq!(identities(&s), ["service_account bot"]);
    assert!(says(&s, &["report.csv", "user"]) && says(&s, &["apps.csv", "id"]), "{:?}", s.notes);
    let error = refuses(Format::Csv, &files("d", &[("a.csv", "identity,acton\nbot,read\n"), all[0]]));
    assert!(error.reason.contains("acton"), "a table of ours that is wrong still refuses all: {error}");
}

#[test]
fn what_no_format_is_read_from_is_said_of_a_folder_only_where_it_is_so_of_all() {
    let toml = "model = \"m\"\n\n[mcp_servers.db]\ncommand = \"npx\"\n";
    assert!(unreadable(&one("config.toml", toml)).is_some_and(|what| what.contains("TOML")));
    assert!(
        unreadable(&one("t.yaml", "AWSTemplateFormatVersion: '2010-09-09'\nResources: {}\n")).is_some_and(|w| w.contains("CloudFormation"))
    );
    assert_eq!(unreadable(&one("x.json", "{\n\"a\": \"b=c\",\n[\n]\n}")), None);
    assert_eq!(unreadable(&files("d", &[("a.yml", "name: ci\n"), ("b.json", "{}")])), None, "one file speaks for no folder");
    assert!(unreadable(&files("d", &[("a.yml", "name: ci\n"), ("b.yml", "name: cd\n")])).is_some_and(|what| what.contains("YAML")));
}

#[test]
fn a_template_of_openshift_is_named_with_what_would_make_objects_of_it() {
    let text = "apiVersion: template.openshift.io/v1\nkind: Template\nmetadata: {name: t}\nobjects:\n- apiVersion: v1\n  kind: ServiceAccount\n  \
        metadata: {name: a, namespace: '${NS}'}\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: b, namespace: x}\n";
    let s = reads(Format::Kubernetes, &one("t.yaml", text));
    assert_eq!((identities(&s), s.skipped.get("Template")), (vec!["service_account x/b".to_owned()], Some(&1)));
    assert!(says(&s, &["templates of OpenShift", "oc process", "t.yaml, line 1"]), "{:?}", s.notes);
}
