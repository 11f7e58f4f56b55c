//! Rules and subjects as the API server matches them: what no request fits, what it refuses, and whom nobody is.

use super::{PODS, account, classes, cluster_binding, cluster_role, group, held, holder, keys, one, rbac, refused, says, user};

/// What an account holds through rules in short form, and what is said of them.
fn given(rules: &str) -> (Vec<String>, domain::snapshot::Snapshot) {
    let s = one(&(account("x/a") + &cluster_role("r", rules) + &cluster_binding("b", "r", &holder("x/a"))));
    let held = held(&s, "x/a").into_iter().map(|line| line.replace(" by ClusterRoleBinding b", "")).collect();
    (held, s)
}

#[test]
fn only_a_star_by_itself_is_a_wildcard() {
    for (rule, expected, said) in [
        ("{apiGroups: [''], resources: ['pods/*'], verbs: ['*']}", vec![], "pods/*"),
        ("{apiGroups: [''], resources: ['secret*', pods], verbs: [get]}", vec!["get on /pods"], "secret*"),
        ("{apiGroups: ['*.k8s.io'], resources: ['*'], verbs: [get]}", vec![], "*.k8s.io"),
        ("{apiGroups: [''], resources: [pods], verbs: ['get*', list]}", vec!["list on /pods"], "get*"),
        ("{apiGroups: ['', apps], resources: ['*'], verbs: ['']}", vec![], "verbs names \"\""),
        ("{apiGroups: [''], resources: ['', pods], verbs: [get]}", vec!["get on /pods"], "resources names \"\""),
        ("{nonResourceURLs: ['*'], verbs: ['']}", vec![], "verbs names \"\""),
        ("{apiGroups: ['*'], resources: ['*/scale', '*'], verbs: ['*']}", vec!["* on */* */*/scale"], ""),
    ] {
        let (held, s) = given(&format!("[{rule}]"));
        assert_eq!(held, expected, "{rule}");
        assert!(said.is_empty() || says(&s, &[said, "no request fits"]), "{rule} {:?}", s.notes);
    }
}

#[test]
fn a_rule_that_the_api_server_refuses_gives_nothing_and_is_named() {
    for (rule, said) in [
        ("{apiGroups: [''], resources: [pods], verbs: []}", "rules[0] names no verbs"),
        ("{apiGroups: [''], resources: [pods]}", "rules[0] names no verbs"),
        ("{apiGroups: [''], resources: [pods], nonResourceURLs: [/x], verbs: [get]}", "resources and nonResourceURLs together"),
    ] {
        let (held, s) = given(&format!("[{rule}, {{apiGroups: [''], resources: [nodes], verbs: [get]}}]"));
        assert_eq!(held, ["get on /nodes"], "{rule}");
        assert!(says(&s, &[said, "gives nothing"]), "{rule} {:?}", s.notes);
    }
}

#[test]
fn what_is_created_has_no_name_to_be_restricted_by() {
    let (held, s) = given("[{apiGroups: [''], resources: [secrets, serviceaccounts/token], resourceNames: [one], verbs: [create, get]}]");
    assert_eq!(held, ["create get on /serviceaccounts/token#one", "get on /secrets#one"]);
    assert!(says(&s, &["create by resourceNames"]), "{:?}", s.notes);
}

#[test]
fn a_subject_that_nobody_can_be_is_named_and_passed_by() {
    let long = "a".repeat(254);
    for (subject, said) in [
        ("{kind: ServiceAccount, name: '${SA}', namespace: x}".to_owned(), "a template that nobody filled in"),
        ("{kind: ServiceAccount, name: a, namespace: '${NS:-default}'}".to_owned(), "a template that nobody filled in"),
        ("{kind: ServiceAccount, name: My_Account, namespace: x}".to_owned(), "My_Account"),
        ("{kind: ServiceAccount, name: a, namespace: 'X Y'}".to_owned(), "X Y"),
        ("{kind: ServiceAccount, name: 'ä', namespace: x}".to_owned(), "no name of a ServiceAccount"),
        (format!("{{kind: ServiceAccount, name: {long}, namespace: x}}"), "no name of a ServiceAccount"),
        ("{kind: ServiceAccount, name: 'system:serviceaccount:x:a', namespace: x}".to_owned(), "it is called \"a\""),
        (user("${WHO}"), "a template that nobody filled in"),
    ] {
        let s = one(&(account("x/real") + &cluster_role("r", PODS) + &cluster_binding("b", "r", &subject)));
        assert_eq!(keys(&s), ["x/real"], "{subject}");
        assert!(says(&s, &["subjects[0]", said, "nobody holds"]), "{subject} {:?}", s.notes);
    }
    let s = one(&(cluster_role("r", PODS) + &cluster_binding("b", "r", &user("Jane Döe"))));
    assert_eq!(keys(&s), ["Jane Döe"], "users are called as their provider calls them");
    for name in ["${SA}", "a\u{a0}", "A"] {
        let error = refused(&format!("apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: '{name}', namespace: x}}\n"));
        assert!(error.place.as_deref().is_some_and(|p| p.contains("metadata.name")), "{error}");
    }
}

#[test]
fn older_and_stranger_words_mean_what_the_api_server_takes_them_for() {
    let alpha = "apiVersion: rbac.authorization.k8s.io/v1alpha1\nkind: ClusterRoleBinding\nmetadata: {name: all}\n\
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}\n\
        subjects: [{apiVersion: rbac.authorization.k8s.io/v1alpha1, kind: User, name: '*'}]\n---\n";
    let s = one(&(account("x/a") + &cluster_role("r", PODS) + alpha));
    assert_eq!(held(&s, "x/a"), ["get on /pods by ClusterRoleBinding all, group system:authenticated"]);
    let binary = "metadata: {name: b}\nroleRef: {kind: ClusterRole, name: !!binary Y2x1c3Rlci1hZG1pbg==}\n\
        subjects: [{kind: ServiceAccount, name: a, namespace: x}]";
    assert!(classes(&one(&rbac("ClusterRoleBinding", binary)), "x/a").starts_with("full_control"));
    let s = one(&(account("x/a") + &cluster_role("r", PODS) + &cluster_binding("b", "r", &group("system:serviceaccounts:"))));
    assert!(says(&s, &["of no namespace"]) && !says(&s, &["account of  can"]), "{:?}", s.notes);
}
