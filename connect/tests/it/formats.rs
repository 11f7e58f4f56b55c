//! What is the same for every format: which one an input is of, text in every encoding, and our own JSON.

use crate::support::{credentials, files, grants, one, reads, refuses, says};
use connect::{Input, InputFile, recognise, wrong_choice};
use domain::snapshot::Format;

const AWS: &str = r#"{"UserDetailList": [], "RoleDetailList": [], "Policies": []}"#;
const YAML: &str = "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: a\n";
const CARD: &str = r#"{"name": "a", "url": "https://a.example/", "skills": []}"#;
const CLIENT: &str = r#"{"mcpServers": {"a": {"command": "x"}}}"#;
const OWN: &str = r#"{"version": 1, "identities": [{"key": "a", "name": "a", "kind": "bot"}]}"#;
const TABLE: &str = "identity,kind\na,bot\n";

#[test]
fn a_format_is_recognised_by_itself() {
    let cases = [
        (Format::Aws, AWS),
        (Format::Aws, r#"{"Version": "2012-10-17", "Statement": []}"#),
        (Format::Aws, r#"{"PolicyVersion": {"Document": {}}}"#),
        (Format::Aws, r#"{"name": "p", "document": {"Statement": []}}"#),
        (Format::Aws, r#"[{"UserName": "a", "UserPolicyList": []}]"#),
        (Format::Kubernetes, YAML),
        (Format::Kubernetes, "# a comment\n---\nkind: Role\nmetadata: {name: x}\n"),
        (Format::Kubernetes, r#"{"apiVersion": "v1", "kind": "List", "items": []}"#),
        (Format::Kubernetes, r#"{"kind": "RoleList", "items": [{"metadata": {}}]}"#),
        (Format::Mcp, CLIENT),
        (Format::Mcp, "// mine\n{\"servers\": {\"a\": {\"command\": \"x\"},}}"),
        (Format::Mcp, r#"{"projects": {"/p": {"mcpServers": {}}}}"#),
        (Format::Mcp, r#"{"context_servers": {}}"#),
        (
            Format::Mcp,
            r#"{"jsonrpc": "2.0", "result": {"tools": [{"name": "a", "inputSchema": {"properties": {"skills": {}, "url": {}}}}]}}"#,
        ),
        (Format::Mcp, r#"[{"name": "a", "description": "d", "arguments": []}]"#),
        (Format::Mcp, r#"{"$schema": "https://x.example/server.schema.json", "name": "a"}"#),
        (Format::Mcp, r#"{"servers": [{"server": {"name": "a", "packages": []}}]}"#),
        (Format::A2a, CARD),
        (Format::A2a, r#"[{"name": "a", "supportedInterfaces": []}]"#),
        (Format::A2a, r#"{"agents": [{"name": "a", "url": "x", "skills": []}]}"#),
        (Format::Csv, TABLE),
        (Format::Csv, "sep=;\r\nKind;Identity\r\n"),
        (Format::Csv, "Principal\tActions\n"),
        (Format::Countersign, OWN),
    ];
    for (format, text) in cases {
        assert_eq!(recognise(&one("x", text)), Some(format), "{text}");
        let wide: Vec<u8> = [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(recognise(&Input::single(InputFile::from_bytes("x", wide))), Some(format), "wide: {text}");
    }
    for text in [
        "",
        "hello",
        "<html></html>",
        "{}",
        "[]",
        "{\"a\": 1}",
        "key: value\n",
        "{\"openapi\": \"3.1\", \"servers\": [{}]}",
        "a,b\n1,2\n",
        "\u{0}\u{1}",
    ] {
        assert_eq!(recognise(&one("x", text)), None, "{text}");
    }
}

#[test]
fn a_large_file_is_recognised_by_its_beginning_and_a_folder_by_most_of_its_files() {
    let users = r#"{"UserName": "ü", "UserPolicyList": []},"#.repeat(40_000);
    assert_eq!(recognise(&one("x", &format!("{{\"UserDetailList\": [{users}"))), Some(Format::Aws));
    let folder = files("d", &[("package.json", "{\"name\": \"x\"}"), ("a.yaml", YAML), ("b.yaml", YAML), ("mcp.json", CLIENT)]);
    assert_eq!(recognise(&folder), Some(Format::Kubernetes));
}

#[test]
fn a_wrong_choice_is_told_in_a_sentence() {
    let all = [(Format::Aws, AWS), (Format::Mcp, CLIENT), (Format::A2a, CARD), (Format::Csv, TABLE), (Format::Countersign, OWN)];
    for (is, text) in all {
        assert_eq!(wrong_choice(is, &one("x", text)), None);
        for (chosen, _) in all.into_iter().filter(|(chosen, _)| *chosen != is) {
            let error = refuses(chosen, &one("x", text));
            assert!(
                error.reason.starts_with("this looks like ") && error.reason.contains(&format!("; choose {is} (read as {chosen}: ")),
                "{error}"
            );
        }
    }
    let error = refuses(Format::Mcp, &one("x", YAML));
    assert!(error.reason.contains("this looks like Kubernetes manifests; choose kubernetes"), "{error}");
    let error = refuses(Format::Mcp, &one("x", "hello"));
    assert!(error.reason.contains("not JSON"), "{error}");
}

#[test]
fn our_json_is_read_in_every_encoding_with_comments_and_nulls() {
    let text = r#"// exported
{"version": 1, "source": "s", "identities": [{"key": "ä", "name": "a", "kind": "bot", "hints": {"owner": null, "team": "t"}, "surfaces": null, "credentials": null,
  "grants": [{"permission_set": null, "effect": null, "actions": ["read"], "resources": ["x"], "conditions": null, "ends_at": ""},]}]}"#;
    let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let wide = [vec![0xFE, 0xFF], units].concat();
    for bytes in [text.as_bytes().to_vec(), [b"\xEF\xBB\xBF", text.as_bytes()].concat(), wide] {
        let s = reads(Format::Countersign, &Input::single(InputFile::from_bytes("x", bytes)));
        assert_eq!((grants(&s), s.default_source.as_deref()), (vec!["ä: allow read on x".to_owned()], Some("s")));
        assert_eq!((s.identities[0].hints.get("owner"), s.identities[0].hints.get("team")), (None, Some("t")));
    }
    let two = format!("{OWN}\n{}", OWN.replace("\"a\"", "\"b\""));
    assert_eq!(reads(Format::Countersign, &one("x", &two)).identities.len(), 2);
}

fn identity(members: &str) -> String {
    format!(r#"{{"version": 1, "identities": [{{"key": "a", "name": "a", "kind": "bot", {members}}}]}}"#)
}

#[test]
fn what_our_json_says_twice_is_one_or_refused() {
    for (members, place, other) in [
        (
            r#""surfaces": [{"kind": "memory", "locator": "m", "content": "1"}, {"kind": "memory", "locator": "m", "content": "2"}]"#,
            "identities[0].surfaces[1]",
            "surfaces[0]",
        ),
        (
            r#""credentials": [{"method": "key", "key_id": "k"}, {"method": "key", "key_id": "k", "issued_at": "2026-01-01"}]"#,
            "identities[0].credentials[1]",
            "credentials[0]",
        ),
        (r#""grants": [{"actions": [], "resources": ["x"]}]"#, "identities[0].grants[0].actions", "empty"),
        (r#""grants": [{"actions": ["read"], "resources": [""]}]"#, "identities[0].grants[0].resources", "empty"),
        (r#""surfaces": [{"kind": "memory", "locator": ""}]"#, "identities[0].surfaces[0].locator", "locator"),
    ] {
        let error = refuses(Format::Countersign, &one("x", &identity(members)));
        assert!(error.place.as_deref() == Some(place) && error.reason.contains(other), "{error}");
    }
    let s = reads(
        Format::Countersign,
        &one(
            "x",
            &identity(
                r#""surfaces": [{"kind": "memory", "locator": "m", "content": "1"}, {"kind": "memory", "locator": "m", "content": "1"}],
        "credentials": [{"method": "key", "key_id": "k"}, {"method": "key", "key_id": "k"}],
        "grants": [{"actions": ["read"], "resources": ["x"], "ends_at": "2027-01-01T00:00:00Z"}, {"actions": ["read"], "resources": ["x"], "ends_at": "2028-01-01T00:00:00Z"},
            {"actions": ["list"], "resources": ["x"]}, {"actions": ["list"], "resources": ["x"]}]"#,
            ),
        ),
    );
    assert_eq!((s.surfaces.len(), credentials(&s).len()), (1, 1));
    assert_eq!(grants(&s), ["a: allow list on x", "a: allow read on x until 2028-01-01T00:00:00Z"]);
    for words in
        [["surfaces[1]", "surfaces[0]"], ["credentials[1]", "credentials[0]"], ["grants[1]", "later end"], ["grants[3]", "grants[2]"]]
    {
        assert!(says(&s, &words), "{words:?}: {:?}", s.notes);
    }
    let error = refuses(Format::Countersign, &files("d", &[("a.json", OWN), ("b.json", OWN)]));
    assert!(error.file == "d/b.json" && error.reason.contains("d/a.json, identities[0]"), "{error}");
    let named = |source: &str, key: &str| {
        OWN.replace("\"identities\"", &format!("\"source\": \"{source}\", \"identities\"")).replace("\"a\"", &format!("\"{key}\""))
    };
    let error = refuses(Format::Countersign, &files("d", &[("a.json", &named("x", "k")), ("b.json", &named("y", "l"))]));
    assert!(error.place.as_deref() == Some("source") && error.reason.contains("d/a.json"), "{error}");
}

#[test]
fn our_json_takes_objects_and_known_members_only() {
    for text in [
        "[1, null, []]",
        r#"{"version": 1, "identities": [["a", "a", "bot"]]}"#,
        r#"{"version": 1, "identities": [{"key": "a", "key": "b", "name": "a", "kind": "bot"}]}"#,
        &identity(r#""grants": [[null, null, ["read"], ["x"], [], null]]"#),
        &identity(r#""grants": [{"Actions": ["read"], "resources": ["x"]}]"#),
        &identity(r#""hints": ["x"]"#),
        &identity(r#""hints": {"a": "1", "a": "2"}"#),
        &identity(r#""grant": []"#),
    ] {
        let error = refuses(Format::Countersign, &one("x", text));
        assert!(error.place.as_deref().is_some_and(|p| p.starts_with("line 1")), "{text}: {error}");
    }
}

#[test]
fn a_character_that_no_database_takes_is_refused_with_its_place() {
    let error = refuses(Format::Countersign, &one("x", &OWN.replace("\"name\": \"a\"", "\"name\": \"a\\u0000\"")));
    assert!(error.place.as_deref() == Some("identities[0].name") && error.reason.contains("U+0000"), "{error}");
    for (format, text) in [
        (Format::Mcp, r#"{"tools": [{"name": "a\u0000b", "inputSchema": {}}]}"#),
        (Format::Mcp, r#"{"mcpServers": {"a\u0000b": {"command": "x"}}}"#),
        (Format::A2a, r#"{"name": "a\u0000", "url": "https://a.example/", "skills": []}"#),
        (Format::A2a, r#"{"name": "a", "url": "https://a.example/", "skills": [{"id": "s\u0000"}]}"#),
        (Format::Csv, "identity,action\na\u{0},read\n"),
        (
            Format::Countersign,
            r#"{"version": 1, "identities": [{"key": "a", "name": "a", "kind": "bot", "surfaces": [{"kind": "memory", "locator": "m", "content": "\u0000"}]}]}"#,
        ),
    ] {
        let error = refuses(format, &one("x", text));
        assert!(error.place.is_some() && error.reason.contains("U+0000"), "{error}");
    }
    let described = r#"{"tools": [{"name": "a", "description": "d\u0000", "inputSchema": {}}]}"#;
    let s = reads(Format::Mcp, &one("x", described));
    assert!(s.tools[0].definition.contains("\\u0000"), "a definition is JSON, which has a word for it");
}

#[test]
fn what_no_format_is_read_from_is_called_what_it_is() {
    use connect::unreadable;
    for (text, said) in [
        ("PK\u{3}\u{4}x", "zip archive"),
        ("BZh91AY", "bzip2 file"),
        ("\n<GetAccountAuthorizationDetailsResponse>", "XML"),
        ("event: message\ndata: {\"jsonrpc\": \"2.0\"}\n", "event stream"),
        ("# mine\n[mcp_servers.db]\ncommand = \"npx\"\n", "TOML"),
        ("\"{\\\"UserDetailList\\\": []}\"", "quotation marks"),
        ("USERDETAILLIST\tarn:aws:iam::1:user/a\n", "text of the AWS command line"),
    ] {
        let input = one("x", text);
        assert!(unreadable(&input).is_some_and(|what| what.contains(said)), "{text}: {:?}", unreadable(&input));
        assert!(recognise(&input).is_none(), "{text}");
        for format in [Format::Aws, Format::Mcp] {
            let error = refuses(format, &input);
            assert!(error.reason.contains(said), "{text} as {format}: {error}");
        }
    }
    let archives: [(&[u8], &str); 4] = [
        (&[0x1f, 0x8b, 8, 0], "gzip file"),
        (&[0xfd, b'7', b'z', b'X', b'Z', 0, 0], "xz file"),
        (&[0x28, 0xb5, 0x2f, 0xfd, 0], "zstd file"),
        (&[[b'a'; 257].as_slice(), b"ustar"].concat(), "tar archive"),
    ];
    for (bytes, said) in archives {
        let input = Input::single(InputFile::from_bytes("x.json", bytes.to_vec()));
        assert!(refuses(Format::Csv, &input).reason.contains(said) && unreadable(&input).is_some_and(|what| what.contains(said)), "{said}");
    }
    assert_eq!(unreadable(&one("x", "words")), None);
}
