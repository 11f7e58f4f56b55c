//! Whatever bytes come, the answer is an error that names the file and the place, soon, and no panic.

use connect::{Input, InputFile, Options, read};
use domain::snapshot::Format;
use proptest::prelude::*;

/// What this thread has computed so far, in seconds of a processor: what else keeps the machine busy adds nothing to it.
pub fn computed() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/stat").expect("the kernel's figures");
    // The thread's name stands in parentheses and may hold spaces. After it the 12th and 13th figure are the time spent
    // in the program and in the kernel for it, in hundredths of a second.
    let (_, figures) = text.rsplit_once(')').expect("a name");
    let ticks: u64 = figures.split_whitespace().skip(11).take(2).map(|n| n.parse::<u64>().expect("a number")).sum();
    ticks as f64 / 100.0
}

fn refuse(format: Format, bytes: &[u8]) -> connect::Error {
    let input = Input::single(InputFile::from_bytes("input.json", bytes.to_vec()));
    let before = computed();
    let error = read(format, &input, &Options::default()).expect_err("refused");
    let took = computed() - before;
    assert!(took < 2.0, "{took:.2} s: {error}");
    assert!(error.file.contains("input.json"), "{error:?}");
    error
}

const ALL: [Format; 6] = [Format::Aws, Format::Kubernetes, Format::Mcp, Format::A2a, Format::Csv, Format::Countersign];

#[test]
fn empty_archives_and_other_bytes_are_named_as_what_they_are() {
    for format in ALL {
        assert!(refuse(format, b"").reason.contains("empty"));
        assert!(refuse(format, b"PK\x05\x06\0\0").reason.contains("zip"));
        assert!(refuse(format, b"\x1f\x8b\x08").reason.contains("gzip"));
        refuse(format, b"\xff\xfe\x00{}");
        refuse(format, b"{\"version\": 1, \"identities\": [{\"key\"");
        refuse(format, b"[1, 2");
    }
}

#[test]
fn deep_nesting_and_ten_megabytes_of_brackets_are_refused_with_a_place() {
    for format in [Format::Aws, Format::Mcp, Format::A2a, Format::Countersign] {
        let error = refuse(format, &vec![b'['; 10 * 1024 * 1024]);
        assert!(error.place.is_some(), "{error:?}");
        refuse(format, format!("{{\"tools\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000)).as_bytes());
    }
    refuse(Format::Kubernetes, &vec![b'['; 10 * 1024 * 1024]);
    refuse(Format::Kubernetes, "{a: ".repeat(100_000).as_bytes());
}

#[test]
fn a_yaml_bomb_does_not_go_off() {
    let mut bomb = String::from("kind: Role\nmetadata: {name: x}\nrules:\n- &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for i in 1..12 {
        let previous = format!("*a{}, ", i - 1).repeat(10);
        bomb.push_str(&format!("- &a{i} [{}]\n", previous.trim_end_matches(", ")));
    }
    let error = refuse(Format::Kubernetes, bomb.as_bytes());
    assert!(!error.reason.is_empty());
}

#[test]
fn wrong_types_name_the_line() {
    let error = refuse(Format::Aws, b"{\"UserDetailList\": [\n  {\"UserName\": 7}\n]}");
    assert!(error.place.as_deref().is_some_and(|p| p.starts_with("line 2")), "{error:?}");
    let error =
        refuse(Format::Countersign, b"{\"version\": 1,\n \"identities\": [{\"key\": \"a\", \"name\": \"a\", \"kind\": \"ghost\"}]}");
    assert!(error.place.as_deref().is_some_and(|p| p.starts_with("line 2")), "{error:?}");
    let error = refuse(Format::Csv, b"identity,action\nx,read\ny\n");
    assert!(error.place.as_deref() == Some("line 3"), "{error:?}");
    let error = refuse(Format::Kubernetes, b"kind: Role\nmetadata:\n  name: [x\n");
    assert!(error.place.as_deref().is_some_and(|p| p.starts_with("line")), "{error:?}");
}

#[test]
fn cyclic_aggregation_is_legal_and_converges() {
    let text = "
kind: ClusterRole
metadata: {name: a, labels: {x: '1'}}
aggregationRule: {clusterRoleSelectors: [{matchLabels: {y: '1'}}]}
rules: [{apiGroups: [''], resources: [pods], verbs: [get]}]
---
kind: ClusterRole
metadata: {name: b, labels: {y: '1'}}
aggregationRule: {clusterRoleSelectors: [{matchLabels: {x: '1'}}]}
rules: [{apiGroups: [''], resources: [secrets], verbs: [list]}]
";
    let input = Input::single(InputFile::from_bytes("roles.yaml", text.as_bytes().to_vec()));
    let out = read(Format::Kubernetes, &input, &Options::default()).expect("reads");
    assert_eq!(out.set_rules.len(), 4, "{:?}", out.set_rules);
}

#[test]
fn secrets_of_a_client_configuration_are_never_kept() {
    let text = r#"{"mcpServers": {"crm": {"command": "npx", "args": ["--token", "ghp_0123456789abcdefghijABCDEFGHIJ012345"], "env": {"CRM_KEY": "hunter2-very-secret"}}}}"#;
    let input = Input::single(InputFile::from_bytes("desktop.json", text.as_bytes().to_vec()));
    let out = read(Format::Mcp, &input, &Options::default()).expect("reads");
    let all = format!("{out:?}");
    assert!(!all.contains("hunter2") && !all.contains("ghp_"), "{all}");
    assert!(all.contains("CRM_KEY"));
    assert_eq!(out.grants.len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        for format in ALL {
            let input = Input::single(InputFile::from_bytes("x", bytes.clone()));
            let _ = read(format, &input, &Options::default());
        }
    }

    #[test]
    fn no_json_of_our_own_words_panics(text in r#"(\{|\}|\[|\]|,|:|"(UserDetailList|Policies|Statement|Effect|Allow|Action|mcpServers|tools|name|inputSchema|kind|Role|rules|items|identities|version)"|1|null|true| ){0,60}"#) {
        for format in ALL {
            let input = Input::single(InputFile::from_bytes("x", text.clone().into_bytes()));
            let _ = read(format, &input, &Options::default());
        }
    }
}
