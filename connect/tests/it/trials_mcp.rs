//! Small inputs after public reports on MCP, A2A and CSV, each with the answer somebody stated. They stand beside the project
//! (`COUNTERSIGN_FIXTURES`); where they are absent, the siblings in `mcp`, `a2a`, `csv` and `formats` try the same.

use crate::support::{compared, credentials, grants, identities, says, tools};
use connect::{Error, Input, Options, read};
use domain::snapshot::{Format, Snapshot};
use std::path::PathBuf;

/// The folder of a trial, by what it is about.
fn folder(about: &str) -> Option<PathBuf> {
    let Some(root) = std::env::var_os("COUNTERSIGN_FIXTURES").map(PathBuf::from) else {
        println!("COUNTERSIGN_FIXTURES is not set: the trials were not read");
        return None;
    };
    let all = std::fs::read_dir(root.join("trials")).expect("the trials").map(|e| e.expect("an entry").path());
    let named = |path: &PathBuf| path.file_name().and_then(|n| n.to_str()).and_then(|n| n.split_once('-')).is_some_and(|(_, n)| n == about);
    Some(all.into_iter().find(named).unwrap_or_else(|| panic!("no trial about {about}")))
}

fn attempt(format: Format, about: &str, file: &str) -> Option<Result<Snapshot, Error>> {
    let input = Input::from_path(&folder(about)?.join(file)).expect("a trial");
    Some(read(format, &input, &Options::default()))
}

fn trial(format: Format, about: &str, file: &str) -> Option<Snapshot> {
    attempt(format, about, file).map(|read| read.unwrap_or_else(|e| panic!("{about}: {e}")))
}

fn refused(format: Format, about: &str, file: &str) -> Option<Error> {
    attempt(format, about, file).map(|read| read.expect_err(about))
}

#[test]
fn byte_order_marks() {
    let Some(s) = trial(Format::Mcp, "utf8-bom-json", "mcp.json") else { return };
    assert_eq!(grants(&s), ["mcp: allow invoke on mcp:x"]);
    let card = trial(Format::A2a, "utf8-bom-json", "card.json").expect("a trial");
    assert_eq!(identities(&card), ["ai_agent https://a.example/"]);
    let own = trial(Format::Countersign, "utf8-bom-json", "cs.json").expect("a trial");
    assert_eq!(identities(&own), ["bot a"]);
}

#[test]
fn pages_of_tools() {
    let Some(s) = trial(Format::Mcp, "nextcursor-null", "in.json") else { return };
    assert_eq!(tools(&s), ["server: a"]);
    assert_eq!(tools(&trial(Format::Mcp, "all-tool-pages-in-a-folder", "d").expect("a trial")), ["server: a", "server: b"]);
    let alone = refused(Format::Mcp, "all-tool-pages-in-a-folder", "d/p1.json").expect("a trial");
    assert!(alone.reason.contains("import them together"), "{alone}");
}

#[test]
fn what_is_no_change_of_a_tool_and_what_is_one() {
    let Some(silent) = trial(Format::Mcp, "nulls-are-no-change", "a.json") else { return };
    let null = trial(Format::Mcp, "nulls-are-no-change", "b.json").expect("a trial");
    assert_eq!(compared(&silent), compared(&null));
    for about in ["big-integers", "hidden-tag-characters"] {
        let (a, b) = (trial(Format::Mcp, about, "a.json").expect("a trial"), trial(Format::Mcp, about, "b.json").expect("a trial"));
        assert_ne!(a.tools[0].drift_key, b.tools[0].drift_key, "{about}");
    }
    let exact = trial(Format::Mcp, "big-integers", "b.json").expect("a trial");
    assert!(exact.tools[0].definition.contains("9223372036854775806"), "{}", exact.tools[0].definition);
}

#[test]
fn forms_of_tools() {
    let Some(s) = trial(Format::Mcp, "input-schema-null", "in.json") else { return };
    assert_eq!(tools(&s), ["server: a", "server: c", "server: getServerTime"]);
    assert!(says(&s, &["getServerTime", "inputSchema"]), "{:?}", s.notes);
    let docker = trial(Format::Mcp, "docker-tools-array", "tools.json").expect("a trial");
    assert_eq!(tools(&docker), ["server: a"]);
    let twice = refused(Format::Mcp, "same-tool-in-two-files", "d").expect("a trial");
    assert!(twice.file.ends_with("b.json") && twice.reason.contains("a.json") && twice.reason.contains("search"), "{twice}");
    let huge = trial(Format::Mcp, "huge-schema-with-refs", "in.json").expect("a trial");
    assert_eq!(huge.tools.len(), 1);
}

#[test]
fn places_of_servers() {
    let Some(s) = trial(Format::Mcp, "vscode-jsonc", "mcp.json") else { return };
    assert_eq!(grants(&s), ["mcp: allow invoke on mcp:browser"]);
    assert_eq!(credentials(&s), ["mcp: environment variable browser: API_KEY"]);
    let both = trial(Format::Mcp, "claude-json-projects", ".claude.json").expect("a trial");
    assert_eq!(grants(&both), [".claude: allow invoke on mcp:globalone", ".claude: allow invoke on mcp:proddb"]);
    let only = trial(Format::Mcp, "claude-json-projects-only", ".claude.json").expect("a trial");
    assert_eq!(grants(&only), [".claude: allow invoke on mcp:proddb"]);
    assert_eq!(credentials(&only), [".claude: environment variable proddb: DB_PASSWORD"]);
    assert!(!format!("{only:?}").contains("hunter2"));
    let registry = trial(Format::Mcp, "serverjson-of-the-registry-api", "in.json").expect("a trial");
    assert_eq!(credentials(&registry), ["io.example/crm: environment variable CRM_KEY"]);
}

#[test]
fn clients_and_what_they_start() {
    let Some(s) = trial(Format::Mcp, "two-clients-one-base-name", "repo") else { return };
    assert_eq!(grants(&s), [".cursor/mcp: allow invoke on mcp:one", ".vscode/mcp: allow invoke on mcp:two"]);
    let off = trial(Format::Mcp, "disabled-server", "mcp.json").expect("a trial");
    assert_eq!(grants(&off), ["mcp: allow invoke on mcp:on"]);
    assert!(says(&off, &["off, off2", "disabled"]), "{:?}", off.notes);
    assert_eq!(identities(&off).len(), 4, "servers that are not started are known");
}

#[test]
fn credentials_by_their_names() {
    let Some(s) = trial(Format::Mcp, "secrets-in-args-and-urls", "mcp.json") else { return };
    let expected = [
        "mcp: HTTP header hd: Authorization",
        "mcp: HTTP header rem: Authorization",
        "mcp: URL parameter web: api_key",
        "mcp: URL web: user information",
        "mcp: argument db: --access-token",
    ];
    assert_eq!(credentials(&s), expected);
    let all = format!("{s:?}");
    for value in ["sbp_", "hunter2", "abcdef0123456789", "abcdefghijklmnop"] {
        assert!(!all.contains(value), "{value}");
    }
    let header = trial(Format::Mcp, "serverjson-remote-header-secret", "server.json").expect("a trial");
    assert_eq!(credentials(&header), ["io.example/crm: HTTP header Authorization"]);
    let twice = trial(Format::Mcp, "serverjson-two-packages-one-variable", "server.json").expect("a trial");
    assert_eq!((identities(&twice).len(), credentials(&twice)), (1, vec!["io.example/crm: environment variable CRM_KEY".to_owned()]));
    assert!(says(&twice, &["CRM_KEY", "once"]) || says(&twice, &["CRM_KEY", "one credential"]), "{:?}", twice.notes);
}

#[test]
fn cards_of_agents() {
    let Some(s) = trial(Format::A2a, "null-members-of-a-card", "card.json") else { return };
    assert_eq!((identities(&s).len(), tools(&s), s.notes.len()), (1, vec!["https://h.example/a2a: hello".to_owned()], 0));
    let tenants = trial(Format::A2a, "tenants-behind-one-url", "d").expect("a trial");
    let (billing, hotel) = ("https://a2a.example/rpc#tenant=billing", "https://a2a.example/rpc#tenant=hotel");
    assert_eq!(tools(&tenants), [format!("{billing}: refund"), format!("{hotel}: book")]);
    let twice = refused(Format::A2a, "duplicate-skill-id", "card.json").expect("a trial");
    assert!(
        twice.place.as_deref() == Some("skills[1]") && twice.reason.contains("skill-1") && twice.reason.contains("skills[0]"),
        "{twice}"
    );
    let list = trial(Format::A2a, "cards-as-a-list", "agents.json").expect("a trial");
    assert_eq!(tools(&list), ["https://a.example/: a", "https://b.example/: b"]);
    let words = refused(Format::A2a, "list-in-place-of-an-object", "card.json").expect("a trial");
    assert!(words.place.as_deref() == Some("[0]") && words.reason.contains("expected an agent card, an object"), "{words}");
}

#[test]
fn signing_in_and_interfaces_of_cards() {
    let Some(s) = trial(Format::A2a, "v1-security-scheme-wrapper", "d") else { return };
    assert_eq!(credentials(&s), ["https://a.example/: http b", "https://b.example/: http b"]);
    let key = trial(Format::A2a, "apikey-in-underscore", "card.json").expect("a trial");
    assert_eq!(credentials(&key), ["https://p.example/: apiKey x402"]);
    let (a, b) = (
        trial(Format::A2a, "interface-order", "a.json").expect("a trial"),
        trial(Format::A2a, "interface-order", "b.json").expect("a trial"),
    );
    assert_eq!((identities(&a), compared(&a)), (identities(&b), compared(&b)));
    assert_eq!(identities(&a), ["ai_agent https://a.example/rpc"]);
}

#[test]
fn tables() {
    let Some(s) = trial(Format::Csv, "csv-bom", "in.csv") else { return };
    let expected = ["bot-a: allow read on x"];
    assert_eq!((identities(&s), grants(&s)), (vec!["bot bot-a".to_owned()], expected.map(str::to_owned).to_vec()));
    for about in ["csv-semicolons", "csv-header-case"] {
        assert_eq!(grants(&trial(Format::Csv, about, "in.csv").expect("a trial")), expected, "{about}");
    }
    let misspelt = refused(Format::Csv, "csv-unknown-column", "in.csv").expect("a trial");
    assert!(misspelt.reason.contains("resorce") && misspelt.reason.contains("resource"), "{misspelt}");
    let third = refused(Format::Csv, "csv-quoted-newline", "in.csv").expect("a trial");
    assert!(third.place.as_deref() == Some("line 4") && third.reason.contains("ghost"), "{third}");
    let latin = refused(Format::Csv, "csv-latin1", "in.csv").expect("a trial");
    assert!(latin.place.as_deref().is_some_and(|p| p.starts_with("line 2")) && latin.reason.contains("UTF-8"), "{latin}");
    let day = trial(Format::Csv, "csv-date-only-end", "in.csv").expect("a trial");
    assert_eq!(grants(&day), ["bot-a: allow read on x until 2027-12-31T23:59:59.999999Z"]);
    let empty = refused(Format::Csv, "csv-empty-file-header-only", "b.csv").expect("a trial");
    assert!(empty.reason.contains("no row"), "{empty}");
    let formula = trial(Format::Csv, "csv-formula-name", "in.csv").expect("a trial");
    assert_eq!(identities(&formula), ["bot =HYPERLINK(\"http://x\",\"y\")"]);
}

#[test]
fn our_own_json() {
    let Some(twice) = refused(Format::Countersign, "countersign-surface-twice", "in.json") else { return };
    assert!(twice.place.as_deref() == Some("identities[0].surfaces[1]") && twice.reason.contains("surfaces[0]"), "{twice}");
    let nul = refused(Format::Countersign, "nul-in-a-name", "in.json").expect("a trial");
    assert!(nul.place.as_deref() == Some("identities[0].key") && nul.reason.contains("U+0000"), "{nul}");
}

#[test]
fn a_wrong_choice_is_told() {
    for (chosen, about, file, looks, choose) in [
        (Format::Mcp, "null-members-of-a-card", "card.json", "an A2A agent card", "choose a2a"),
        (Format::Kubernetes, "null-lists", "in.json", "an AWS account", "choose aws"),
        (Format::Csv, "powershell-utf16", "in.json", "an AWS account", "choose aws"),
        (Format::Aws, "csv-semicolons", "in.csv", "a CSV table", "choose csv"),
        (Format::A2a, "typed-list-without-item-kinds", "d/roles.json", "Kubernetes", "choose kubernetes"),
        (Format::Countersign, "docker-tools-array", "tools.json", "MCP", "choose mcp"),
        (Format::Aws, "countersign-surface-twice", "in.json", "Countersign JSON", "choose countersign"),
    ] {
        let Some(error) = refused(chosen, about, file) else { return };
        assert!(error.reason.contains(&format!("this looks like {looks}")) && error.reason.contains(choose), "{about}: {error}");
    }
}
