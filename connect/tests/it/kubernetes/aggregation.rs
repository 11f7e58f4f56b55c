//! Roles that take over the rules of others.

use super::{cluster_binding, held, holder, identity, one, rbac, says};

fn role(name: &str, labels: &str, selector: Option<&str>, rules: &str, uid: bool) -> String {
    let uid = if uid { ", uid: 11111111-2222-3333-4444-555555555555" } else { "" };
    let takes = selector.map_or(String::new(), |s| format!("aggregationRule: {{clusterRoleSelectors: [{s}]}}\n"));
    rbac("ClusterRole", &format!("metadata: {{name: {name}, labels: {{{labels}}}{uid}}}\n{takes}rules: {rules}"))
}

const PODS: &str = "[{apiGroups: [''], resources: [pods], verbs: [get]}]";
const JOBS: &str = "[{apiGroups: [batch], resources: [jobs], verbs: [delete]}]";

#[test]
fn own_rules_are_replaced_and_that_is_said() {
    let s = one(&(role("edit", "", Some("{matchLabels: {to: edit}}"), JOBS, false)
        + &role("view", "to: edit", None, PODS, false)
        + &cluster_binding("b", "edit", &holder("x/u"))));
    assert_eq!(held(&s, "x/u"), ["get on /pods by ClusterRoleBinding b"]);
    assert!(says(&s, &["ClusterRole edit (in.yaml, line 1)", "do not count"]), "{:?}", s.notes);
    // Said without selectors it takes over nothing and keeps what it says.
    for empty in ["aggregationRule: {clusterRoleSelectors: []}", "aggregationRule: null", "aggregationRule: {clusterRoleSelectors: null}"] {
        let text = rbac("ClusterRole", &format!("metadata: {{name: edit}}\n{empty}\nrules: {JOBS}"));
        let s = one(&(text + &cluster_binding("b", "edit", &holder("x/u"))));
        assert_eq!(held(&s, "x/u"), ["delete on batch/jobs by ClusterRoleBinding b"], "{empty}");
    }
}

#[test]
fn rules_that_the_api_server_wrote_down_count() {
    let s = one(&(role("edit", "", Some("{matchLabels: {to: edit}}"), JOBS, true) + &cluster_binding("b", "edit", &holder("x/u"))));
    assert_eq!(held(&s, "x/u"), ["delete on batch/jobs by ClusterRoleBinding b"]);
    assert!(identity(&s, "x/u").unknown_access.is_empty());
}

#[test]
fn what_nothing_in_the_input_fills_is_unknown() {
    let s = one(&(role("edit", "", Some("{matchLabels: {to: edit}}"), JOBS, false) + &cluster_binding("b", "edit", &holder("x/u"))));
    assert!(held(&s, "x/u").is_empty());
    assert!(identity(&s, "x/u").unknown_access[0].contains("no role of the input bears"));
    assert!(says(&s, &["ClusterRole edit", "unknown"]), "{:?}", s.notes);
}

#[test]
fn selectors_are_read_as_the_api_server_does() {
    for (selector, fits) in [
        ("{matchLabels: {to: edit}}", true),
        ("{matchLabels: {to: view}}", false),
        ("{matchLabels: {to: edit, of: core}}", true),
        ("{matchLabels: {to: edit, of: other}}", false),
        ("{}", true),
        ("{matchExpressions: [{key: to, operator: In, values: [edit, admin]}]}", true),
        ("{matchExpressions: [{key: to, operator: NotIn, values: [edit]}]}", false),
        ("{matchExpressions: [{key: to, operator: Exists}]}", true),
        ("{matchLabels: null, matchExpressions: [{key: off, operator: DoesNotExist, values: null}]}", true),
    ] {
        let s = one(&(role("edit", "", Some(selector), "null", false)
            + &role("view", "to: edit, of: core", None, PODS, false)
            + &cluster_binding("b", "edit", &holder("x/u"))));
        let pods = held(&s, "x/u").iter().any(|line| line.starts_with("get on /pods by"));
        assert_eq!(pods, fits, "{selector}: {:?}", held(&s, "x/u"));
    }
    // A role is never its own source, and a Role of a namespace is none at all.
    let own = rbac("Role", &format!("metadata: {{name: r, namespace: x, labels: {{to: edit}}}}\nrules: {PODS}"));
    let s = one(&(role("edit", "to: edit", Some("{matchLabels: {to: edit}}"), JOBS, false)
        + &own
        + &cluster_binding("b", "edit", &holder("x/u"))));
    assert!(held(&s, "x/u").is_empty(), "{:?}", held(&s, "x/u"));
}

#[test]
fn a_circle_converges_and_is_said() {
    let s = one(&(role("a", "x: '1'", Some("{matchLabels: {y: '1'}}"), PODS, false)
        + &role("b", "y: '1'", Some("{matchLabels: {x: '1'}}"), JOBS, false)
        + &role("c", "", Some("{matchLabels: {x: '1'}}"), "[]", false)
        + &cluster_binding("b", "c", &holder("x/u"))));
    assert_eq!(held(&s, "x/u"), ["delete on batch/jobs by ClusterRoleBinding b", "get on /pods by ClusterRoleBinding b"]);
    assert!(says(&s, &["2 roles take over rules from one another", "ClusterRole a", "ClusterRole b"]), "{:?}", s.notes);
}
