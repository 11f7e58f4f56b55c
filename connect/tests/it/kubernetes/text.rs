//! Text as programs write it: encodings, several values, comments, what YAML allows.

use super::{PODS, account, cluster_binding, cluster_role, held, holder, keys, one, refused, says, try_files};

fn utf16(text: &str, of: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(of).collect()
}

#[test]
fn every_encoding_reads_the_same() {
    let yaml = account("shop/api").replace('\n', "\r\n");
    let json = "{\"apiVersion\": \"v1\", \"kind\": \"ServiceAccount\", \"metadata\": {\"name\": \"api\", \"namespace\": \"shop\"}}";
    for text in [yaml.as_str(), json] {
        let marked = format!("\u{feff}{text}");
        for bytes in [
            text.as_bytes().to_vec(),
            marked.as_bytes().to_vec(),
            utf16(&marked, u16::to_le_bytes),
            utf16(&marked, u16::to_be_bytes),
            utf16(text, u16::to_le_bytes),
            utf16(text, u16::to_be_bytes),
        ] {
            assert_eq!(keys(&try_files(&[("in", &bytes)]).expect("reads")), ["shop/api"], "{bytes:?}");
        }
    }
    let error = try_files(&[("in.yaml", b"kind: Role\nname: \xfc\n")]).expect_err("refused");
    assert_eq!((error.place.as_deref(), error.reason.contains("UTF-8")), (Some("line 2, byte 17"), true), "{error}");
}

#[test]
fn json_comes_in_several_values_with_comments_and_deep_escapes() {
    let one_of = |name: &str| {
        format!("{{\"kind\":\"ServiceAccount\",\"apiVersion\":\"v1\",\"metadata\":{{\"name\":\"{name}\",\"namespace\":\"x\"}}}}")
    };
    let (a, b) = (one_of("a"), one_of("b"));
    for text in [
        format!("{a}\n{b}\n"),
        format!("{a}{b}"),
        format!("{a}\n\n  {b}"),
        format!("[{a},\n{b}]"),
        format!("// from kubectl\n{a}\n/* and */ {b}"),
        format!("{{\"kind\": \"List\", \"apiVersion\": \"v1\", \"items\": [{a}, {b},]}} // the end"),
        format!("{{\t\"kind\":\t\"List\",\n\t\"items\": [\n\t\t{a},\n\t\t{b}\n\t]\n}}"),
        format!("{a}\n---\n{b}\n"),
        format!("{{ // two\n\"kind\": \"List\", \"items\": [{a}, {b}] }}"),
    ] {
        assert_eq!(keys(&one(&text)), ["x/a", "x/b"], "{text}");
    }
    let error = refused(&one_of("\\u0061\\u002d\\ud83e\\udd80").replace("\"metadata\"", "\"x\": \"\\/\\b\", \"metadata\""));
    assert!(error.reason.contains("a-🦀"), "{error}");
    // What only looks like a comment is text in YAML.
    assert_eq!(
        keys(&one("{kind: ServiceAccount, apiVersion: v1, metadata: {name: a, namespace: x, annotations: {u: 'http://y /* z */'}}}")),
        ["x/a"]
    );
    let error = refused(&format!("{a}\n{{\"kind\": \"ServiceAccount\",\n \"metadata\" {{}}}}"));
    assert!(error.place.as_deref().is_some_and(|p| p.starts_with("line 3")), "{error}");
    let error = refused(&format!("{a}\n{}", one_of("b").replace("\"b\"", "[]")));
    assert!(error.place.as_deref().is_some_and(|p| p.starts_with("line 2, ServiceAccount")), "{error}");
}

#[test]
fn typed_lists_say_the_kind_for_their_items() {
    let list =
        |kind: &str, version: &str, items: &str| format!("{{\"kind\": \"{kind}\", \"apiVersion\": \"{version}\", \"items\": [{items}]}}\n");
    let rbac = "rbac.authorization.k8s.io/v1";
    let s = one(&(list("ServiceAccountList", "v1", r#"{"metadata": {"name": "a", "namespace": "x"}}"#)
        + &list(
            "ClusterRoleList",
            rbac,
            r#"{"metadata": {"name": "r"}, "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]}"#,
        )
        + &list(
            "RoleBindingList",
            rbac,
            r#"{"metadata": {"name": "b", "namespace": "x"}, "roleRef": {"kind": "ClusterRole", "name": "r"}, "subjects": [{"kind": "ServiceAccount", "name": "a"}]}"#,
        )
        + &list("PodList", "v1", r#"{"metadata": {"name": "p"}}, {"metadata": {"name": "q"}}"#)
        + &list("RoleList", "iam.services.k8s.aws/v1alpha1", r#"{"metadata": {"name": "r"}}"#)));
    assert_eq!(held(&s, "x/a"), ["get on /pods by RoleBinding x/b"]);
    assert_eq!((s.skipped.get("Pod"), s.skipped.get("Role of iam.services.k8s.aws")), (Some(&2), Some(&1)), "{:?}", s.skipped);
    // A list of any kind says nothing of its items.
    let s = one(&(list("List", "v1", r#"{"metadata": {"name": "a"}}"#) + "---\n" + &account("x/b")));
    assert_eq!((keys(&s), s.skipped.get("document without a kind")), (vec!["x/b"], Some(&1)));
}

#[test]
fn pages_are_read_together_and_a_missing_end_is_refused() {
    let page = |name: &str, more: &str| {
        format!(
            "{{\"kind\": \"ServiceAccountList\", \"apiVersion\": \"v1\", \"metadata\": {{{more}}}, \"items\": [{{\"metadata\": {{\"name\": \"{name}\", \"namespace\": \"x\"}}}}]}}\n"
        )
    };
    let (first, second, last) = (
        page("a", "\"continue\": \"t\", \"remainingItemCount\": 2"),
        page("b", "\"continue\": \"u\", \"remainingItemCount\": 1"),
        page("c", ""),
    );
    let all = try_files(&[("1.json", first.as_bytes()), ("2.json", second.as_bytes()), ("3.json", last.as_bytes())]).expect("reads");
    assert!(keys(&all) == ["x/a", "x/b", "x/c"] && all.notes.is_empty(), "{:?}", all.notes);
    assert_eq!(keys(&one(&(first.clone() + &second + &last))).len(), 3);
    let error = try_files(&[("1.json", first.as_bytes()), ("2.json", second.as_bytes())]).expect_err("no last page");
    assert_eq!((error.file.as_str(), error.place.as_deref()), ("1.json", Some("line 1, metadata.continue")), "{error}");
    assert!(error.reason.contains("fetch every page and import them together"), "{error}");
    // Another kind's last page is not this one's.
    assert!(try_files(&[("1.json", first.as_bytes()), ("3.json", last.replace("ServiceAccountList", "PodList").as_bytes())]).is_err());
    let s = one(&(first + &last));
    assert!(says(&s, &["2 items", "1 of them", "may be missing"]), "{:?}", s.notes);
}

#[test]
fn yaml_is_read_as_the_field_writes_it() {
    let bound = cluster_binding("b", "r", &holder("x/u"));
    let role = |rules: &str| {
        format!("apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: r}}\nrules:\n{rules}\n---\n{bound}")
    };
    // The last of two keys counts, and both lines are said.
    let s = one(&role("- apiGroups: ['']\n  resources: [pods]\n  verbs: [get, delete]\n  verbs: [get]"));
    assert_eq!(held(&s, "x/u"), ["get on /pods by ClusterRoleBinding b"]);
    assert!(says(&s, &["ClusterRole r", "\"verbs\"", "lines 7 and 8"]), "{:?}", s.notes);
    // Anchors, merges of one and several, and what a map says itself comes first.
    let s = one(&role(
        "- &a {apiGroups: [''], resources: [pods], verbs: [get]}\n- <<: *a\n  verbs: [list]\n- <<: [{verbs: [watch]}, *a]\n- {<<: *a, <<: {verbs: [create]}, resources: [jobs]}",
    ));
    let verbs: Vec<String> = held(&s, "x/u").into_iter().map(|l| l.replace(" by ClusterRoleBinding b", "")).collect();
    assert_eq!(verbs, ["get on /jobs", "get on /pods", "list on /pods", "watch on /pods"]);
    // Documents with nothing in them, directives, block texts.
    let s = one(&format!("%YAML 1.2\n---\n# nothing\n---\n~\n---\n{}...\n", account("x/a").trim_end_matches("---\n")));
    assert_eq!(keys(&s), ["x/a"]);
    let s = one("apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: |-\n    a\n  namespace: !!str x\n");
    assert_eq!(keys(&s), ["x/a"]);
    let s = one(&format!("{}\n", role("- {apiGroups: [''], resources: [pods], verbs: [get]}")));
    assert_eq!(s.grants.len(), 1);
}

#[test]
fn what_is_no_yaml_is_said_once_and_plainly() {
    for (text, line) in [
        ("apiVersion: v1\nkind: ServiceAccount\nmetadata:\n\tname: a\n", "line 4"),
        ("a: [1, 2\nb: 3\n", "line 2"),
        ("a: *nobody\n", "line 1"),
        ("a: 'open\n", "line "),
        ("a: &a [*a]\n", "line 1"),
    ] {
        let error = refused(text);
        assert!(error.place.as_deref().is_some_and(|p| p.starts_with(line)), "{text}: {error}");
        let said = error.to_string();
        assert!(said.matches("line ").count() == 1 && !said.contains("Options") && !said.contains('\n'), "{said}");
    }
    let error = refused("{{- if .Values.rbac }}\nkind: ClusterRole\n{{- end }}\n");
    assert!(error.reason.contains("Helm template") && error.place.is_some(), "{error}");
    let error = refused(&cluster_role("{{ .Release.Name }}-x", PODS));
    assert!(error.reason.contains("Helm template") && error.place.as_deref() == Some("line 3"), "{error}");
}
