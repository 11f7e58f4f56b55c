//! What a few bytes make a reader do is counted ahead of being done: steps and bytes kept, never a clock. Each input here took
//! half a minute or most of a gigabyte once; now it is refused with its place, or read within what its size allows.

use crate::support::one;
use connect::{Error, Limits, Options, Work, read_within};
use domain::snapshot::{Format, Snapshot};

const ALL: [Format; 6] = [Format::Aws, Format::Kubernetes, Format::Mcp, Format::A2a, Format::Csv, Format::Countersign];

/// Reads, and what it came to.
fn counted(format: Format, text: &str, limits: Limits) -> (Result<Snapshot, Error>, Limits) {
    let work = Work::within(limits);
    let read = read_within(format, &one(file(format), text), &Options::default(), &work);
    (read, work.spent())
}

fn file(format: Format) -> &'static str {
    match format {
        Format::Kubernetes => "in.yaml",
        Format::Csv => "in.csv",
        _ => "in.json",
    }
}

/// Fails where an input of up to 5 MB costs more than one may; what it says where it is refused.
fn bounded(format: Format, what: &str, text: &str) -> Option<Error> {
    assert!(text.len() < 5_000_000, "{what}: {} bytes", text.len());
    let limits = Limits::of(text.len() as u64);
    let (read, spent) = counted(format, text, limits);
    let said = read.as_ref().map_or_else(ToString::to_string, |s| format!("{} identities, {} tools", s.identities.len(), s.tools.len()));
    println!("{format} {what}: {} bytes, {} steps, {} MB: {said}", text.len(), spent.steps, spent.kept / (1024 * 1024));
    // What is refused is counted and not done.
    assert!((read.is_err() || spent.steps <= limits.steps) && spent.kept <= limits.kept, "{what}: {spent:?}");
    if let Err(error) = &read {
        assert_eq!(error.file, file(format), "{what}: {error}");
    }
    read.err()
}

fn refused(format: Format, what: &str, text: &str, why: &str) {
    let error = bounded(format, what, text).unwrap_or_else(|| panic!("{what} was read"));
    assert!(error.reason.contains(why) && error.place.is_some(), "{what}: {error}");
}

const MEMORY: &str = "of memory that an import may take";

fn many(n: usize, each: impl Fn(usize) -> String, between: &str) -> String {
    (0..n).map(each).collect::<Vec<_>>().join(between)
}

#[test]
fn every_reader_works_within_the_limits_it_is_given() {
    let none = Limits { steps: 0, kept: 0 };
    for (format, text) in [
        (Format::Aws, r#"{"UserDetailList": [{"UserName": "a", "UserId": "AIDA", "Arn": "arn:aws:iam::111122223333:user/a"}]}"#),
        (Format::Kubernetes, "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a, namespace: x}\n"),
        (Format::Mcp, r#"{"tools": [{"name": "a", "inputSchema": {}}]}"#),
        (Format::A2a, r#"{"name": "a", "url": "https://a.example/", "skills": []}"#),
        (Format::Csv, "identity,action\na,read\n"),
        (Format::Countersign, r#"{"version": 1, "source": "s", "identities": [{"key": "a", "name": "a", "kind": "bot"}]}"#),
    ] {
        let (read, spent) = counted(format, text, Limits::of(text.len() as u64));
        assert!(read.is_ok() && spent.steps > 0 && spent.kept > 0, "{format}: {spent:?} {read:?}");
        for limits in [none, Limits { steps: u64::MAX, ..none }, Limits { kept: u64::MAX, ..none }] {
            let (read, _) = counted(format, text, limits);
            let error = read.expect_err("refused");
            assert!(error.reason.contains("import each part as a source"), "{format}: {error}");
        }
        // To the step and the byte: what was counted is enough, and one less is not.
        assert!(counted(format, text, spent).0.is_ok(), "{format}");
        assert!(counted(format, text, Limits { steps: spent.steps - 1, ..spent }).0.is_err(), "{format}");
        assert!(counted(format, text, Limits { kept: spent.kept - 1, ..spent }).0.is_err(), "{format}");
    }
}

#[test]
fn aliases_are_counted_ahead_of_being_followed() {
    // Lists of lists, in which each item is looked through for its kind behind a thousand other members.
    let others = many(1_000, |i| format!("k{i}: 1"), ", ");
    let mut lists = format!("kind: List\napiVersion: v1\nl0: &l0 {{{others}, kind: List, items: [1]}}\n");
    for i in 1..60 {
        lists.push_str(&format!("l{i}: &l{i} {{kind: List, items: [{}]}}\n", many(20, |_| format!("*l{}", i - 1), ", ")));
    }
    lists.push_str("items: [*l59]\n");
    refused(Format::Kubernetes, "lists of lists", &lists, "aliases (*)");

    let objects = many(300_000, |_| "*r".to_owned(), ",");
    let role = format!(
        "{{kind: Role, apiVersion: rbac.authorization.k8s.io/v1, metadata: {{name: a, labels: {{{}}}}}}}",
        many(50, |i| format!("l{i}: x"), ", ")
    );
    let one_role = format!("kind: List\napiVersion: v1\nr: &r {role}\nitems: [{objects}]\n");
    refused(Format::Kubernetes, "one role many times", &one_role, "aliases (*)");

    let rule = format!("{{apiGroups: [''], resources: [{}], verbs: [get]}}", many(100, |i| format!("r{i}"), ", "));
    let head = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\n";
    let first = format!("{head}metadata: {{name: first}}\nrules: &r [{}]\n", many(100, |_| rule.clone(), ", "));
    let roles = format!(
        "kind: List\napiVersion: v1\nitems:\n- {}\n{}",
        first.replace('\n', "\n  "),
        many(
            9_000,
            |i| format!("- {{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {{name: r{i}}}, rules: *r}}"),
            "\n"
        )
    );
    assert!(roles.len() < 1_200_000);
    refused(Format::Kubernetes, "rules by an alias", &roles, MEMORY);

    let list = format!("- &a {{{others}}}\n{}", many(400_000, |_| "- *a".to_owned(), "\n"));
    refused(Format::Kubernetes, "a list at the top", &list, "aliases (*)");
    let continued =
        format!("kind: List\nm: &m {{{others}}}\nitems: [{}]\n", many(60_000, |_| "{kind: List, metadata: *m}".to_owned(), ", "));
    refused(Format::Kubernetes, "metadata of lists", &continued, "aliases (*)");
    let kind = format!("k: &k {}\nkind: List\nitems: [{}]\n", "x".repeat(1_000_000), many(100_000, |_| "{kind: *k}".to_owned(), ","));
    refused(Format::Kubernetes, "a long kind", &kind, "longer than 1024 bytes");
}

#[test]
fn bytes_of_texts_count_and_not_their_number_alone() {
    let long = "x".repeat(1_000);
    let head = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\n";
    // Sixty groups and fifteen hundred resources are ninety thousand patterns, of a kilobyte each.
    let groups = many(60, |i| format!("{long}{i}"), ", ");
    let resources = many(1_500, |i| format!("r{i}"), ", ");
    let rule = format!("{head}metadata: {{name: a}}\nrules: [{{apiGroups: [{groups}], resources: [{resources}], verbs: [get]}}]\n");
    refused(Format::Kubernetes, "long patterns", &rule, MEMORY);
    let labels = many(40, |i| format!("l{i}: *t"), ", ");
    let account =
        |i: usize| format!("- {{apiVersion: v1, kind: ServiceAccount, metadata: {{name: a{i}, namespace: x, labels: {{{labels}}}}}}}");
    let input = format!("kind: List\napiVersion: v1\nt: &t {}\nitems:\n{}\n", "x".repeat(200_000), many(2_000, account, "\n"));
    refused(Format::Kubernetes, "long labels", &input, "aliases (*)");
    // What is written and not repeated is read.
    let plain = many(20_000, |i| format!("apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: a{i}, namespace: x}}\n"), "---\n");
    assert!(bounded(Format::Kubernetes, "accounts", &plain).is_none());
}

#[test]
fn columns_are_counted_ahead_of_a_table_being_read() {
    for separator in [",", ";", "\t", "|"] {
        let header = format!("identity{separator}{}", many(400_000, |i| format!("c{i}"), separator));
        let table = format!("\n\n{header}\na{separator}b\n");
        refused(Format::Csv, "columns", &table, "more than 1000 columns");
        let (_, spent) = counted(Format::Csv, &table, Limits::of(0));
        assert_eq!(spent, Limits { steps: 0, kept: 0 });
        let error = bounded(Format::Csv, "columns", &table).expect("refused");
        assert_eq!(error.place.as_deref(), Some("line 3"));
    }
    let most = format!("identity,{}\n{}\n", many(999, |i| format!("c{i}"), ","), many(1_000, |_| "a".to_owned(), ","));
    assert!(bounded(Format::Csv, "as many as are read", &most).is_none());
}

#[test]
fn small_objects_of_json_are_counted_as_what_they_take() {
    let objects = many(612_000, |_| "{\"\":{}}".to_owned(), ",");
    for (format, what, text) in [
        (Format::Mcp, "in a list", format!("[{objects}]")),
        (Format::Mcp, "in a schema", format!("{{\"tools\":[{{\"name\":\"a\",\"inputSchema\":{{\"x\":[{objects}]}}}}]}}")),
        (Format::A2a, "in a list", format!("[{objects}]")),
        (Format::Aws, "in a list", format!("[{objects}]")),
        (Format::Aws, "in an entry", format!("{{\"UserDetailList\":[{{\"x\":[{objects}]}}]}}")),
        (Format::Aws, "as a marker", format!("{{\"UserDetailList\":[],\"Marker\":[{objects}]}}")),
        (Format::Aws, "in a policy", format!("{{\"Statement\":[{objects}]}}")),
    ] {
        refused(format, what, &text, MEMORY);
    }
    let text = many(300_000, |_| "{\\\"\\\":{}}".to_owned(), ",");
    let policy = format!(
        "{{\"UserDetailList\":[{{\"UserName\":\"a\",\"UserId\":\"b\",\"Arn\":\"c\",\"UserPolicyList\":[{{\"PolicyName\":\"p\",\"PolicyDocument\":\"[{text}]\"}}]}}]}}"
    );
    refused(Format::Aws, "in the text of a policy", &policy, MEMORY);
    let refusal = bounded(Format::Countersign, "objects", &format!("[{objects}]")).expect("refused");
    assert!(refusal.place.is_some(), "{refusal}");
    // One after another each is let go before the next.
    let lines = many(400_000, |_| "{\"\":{}}".to_owned(), "\n");
    for format in [Format::Mcp, Format::A2a, Format::Aws] {
        assert!(bounded(format, "a line each", &lines).is_some());
    }
}

#[test]
fn names_above_a_member_count_for_each_member_below() {
    let members = many(150_000, |i| format!("\"{i}\":1"), ",");
    let text = format!("{{\"{}\":{{{members}}}}}", "x".repeat(2_000_000));
    for format in [Format::Mcp, Format::A2a] {
        refused(format, "a long way", &text, MEMORY);
    }
    let servers = many(150_000, |i| format!("\"{i}\":{{\"url\":\"\"}}"), ",");
    refused(Format::Mcp, "servers", &format!("{{\"projects\":{{\"{}\":{{\"mcpServers\":{{{servers}}}}}}}}}", "x".repeat(1_000)), MEMORY);
}

#[test]
fn tools_servers_and_cards_are_counted_one_by_one() {
    let tools = many(365_000, |i| format!("{{\"name\":\"{i}\"}}"), ",");
    let tools = &tools[..tools[..4_900_000].rfind(',').expect("a comma")];
    refused(Format::Mcp, "tools", &format!("{{\"tools\":[{tools}]}}"), MEMORY);
    let lines = tools.replace("},{", "}\n{");
    let error = bounded(Format::Mcp, "a line for each tool", &lines).expect("refused");
    assert!(error.reason.contains("import each part as a source"), "{error}");
    let pages = many(380_000, |_| "{\"tools\":[]}".to_owned(), "\n");
    // Refused or read: within the limits either way.
    bounded(Format::Mcp, "pages", &pages);
    let servers = many(600_000, |i| format!("\"{:x}\":{{}}", i % 1_048_576), ",");
    let servers = &servers[..servers[..4_900_000.min(servers.len())].rfind(',').expect("a comma")];
    refused(Format::Mcp, "servers of a client", &format!("{{\"mcpServers\":{{{servers}}}}}"), MEMORY);
    let secrets = many(300_000, |i| format!("\"T{i}_KEY\":\"\""), ",");
    let secrets = format!("{{\"mcpServers\":{{\"a\":{{\"command\":\"x\",\"env\":{{{secrets}}}}}}}}}");
    assert!(bounded(Format::Mcp, "variables", &secrets).is_none_or(|e| e.reason.contains(MEMORY)));
    let numbers = many(2_400_000, |_| "1".to_owned(), "\n");
    for format in [Format::Mcp, Format::A2a] {
        assert!(bounded(format, "numbers", &numbers).is_some());
        let list = format!("[{}]", many(2_400_000, |_| "1".to_owned(), ","));
        refused(format, "a list of numbers", &list, MEMORY);
    }
    let cards = many(140_000, |i| format!("{{\"name\":\"a\",\"url\":\"a:{i}\"}}"), "\n");
    bounded(Format::A2a, "cards", &cards);
    let skills = many(200_000, |i| format!("{{\"id\":\"{i}\"}}"), ",");
    bounded(Format::A2a, "skills", &format!("{{\"name\":\"a\",\"url\":\"https://a.example/\",\"skills\":[{skills}]}}"));
}

#[test]
fn what_is_compared_with_each_other_is_counted_as_a_product() {
    // Servers, and patterns that turn servers off.
    let servers = many(40_000, |i| format!("\"s{i}\":{{\"command\":\"\"}}"), ",");
    let patterns = many(60_000, |i| format!("\"p{i}*x\":false"), ",");
    refused(
        Format::Mcp,
        "servers × patterns",
        &format!("{{\"mcp\":{{{servers}}},\"tools\":{{{patterns}}}}}"),
        "reading the servers takes more than",
    );
    // Pages of tools, and descriptions they may belong to.
    let described = many(30_000, |i| format!("{{\"name\":\"s{i}\",\"packages\":[]}}"), "\n");
    let pages = many(100_000, |_| "{\"tools\":[]}".to_owned(), "\n");
    let error = bounded(Format::Mcp, "pages × descriptions", &format!("{described}\n{pages}")).expect("refused");
    assert!(error.reason.contains("whose tools") || error.reason.contains("giving the tools"), "{error}");
}

#[test]
fn of_nothing_nothing_is_counted() {
    for format in ALL {
        let (read, spent) = counted(format, "", Limits::of(0));
        assert!(read.is_err());
        assert_eq!(spent, Limits { steps: 0, kept: 0 }, "{format}");
    }
}
