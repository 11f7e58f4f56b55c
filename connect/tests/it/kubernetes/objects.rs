//! Which objects are read, and what is refused with its place.

use super::{PODS, account, cluster_binding, cluster_role, held, holder, identity, keys, one, rbac, refused, says, try_files};

#[test]
fn a_kind_counts_with_its_group_only() {
    let foreign = [
        ("cloudplatform.gcp.upbound.io/v1beta1", "ServiceAccount", "cloudplatform.gcp.upbound.io"),
        ("iam.services.k8s.aws/v1alpha1", "Role", "iam.services.k8s.aws"),
        ("iam.aws.upbound.io/v1beta1", "Role", "iam.aws.upbound.io"),
        ("rbac.authorization.k8.io/v1", "ClusterRoleBinding", "rbac.authorization.k8.io"),
        ("rbac.authorization.k8s.io/v2", "ClusterRole", "rbac.authorization.k8s.io"),
        ("v1", "ClusterRole", "v1"),
        ("rbac.authorization.k8s.io/v1", "ServiceAccount", "rbac.authorization.k8s.io"),
    ];
    for (version, kind, group) in foreign {
        let text = format!(
            "apiVersion: {version}\nkind: {kind}\nmetadata: {{name: r, namespace: ci}}\nrules: {PODS}\nspec: {{forProvider: [{{x: 1}}]}}\n---\n"
        );
        let s = one(&(text + &account("x/a")));
        assert_eq!((keys(&s), s.sets.len()), (vec!["x/a"], 0), "{version}");
        assert_eq!(s.skipped.get(&format!("{kind} of {group}")), Some(&1), "{version}: {:?}", s.skipped);
        assert!(says(&s, &[kind, group, "in.yaml, line 1"]), "{version}: {:?}", s.notes);
    }
    for version in ["v1", "v1beta1", "v1alpha1"] {
        let text =
            (cluster_role("r", PODS) + &cluster_binding("b", "r", &holder("x/a"))).replace("k8s.io/v1", &format!("k8s.io/{version}"));
        assert_eq!(held(&one(&text), "x/a").len(), 1, "{version}");
    }
    let s = one(&("kind: Deployment\napiVersion: apps/v1\n---\n".repeat(3) + &account("x/a")));
    assert_eq!((s.skipped.get("Deployment"), s.notes.len()), (Some(&3), 0));
    let s = one(&cluster_role("r", PODS).replace("apiVersion: rbac.authorization.k8s.io/v1\n", ""));
    assert!(says(&s, &["ClusterRole r", "no apiVersion"]), "{:?}", s.notes);
}

#[test]
fn openshift_says_it_in_its_own_words() {
    let openshift = |kind: &str, rest: &str| format!("apiVersion: authorization.openshift.io/v1\nkind: {kind}\n{rest}\n---\n");
    let role = openshift(
        "ClusterRole",
        "metadata: {name: prune}\nrules: [{apiGroups: null, attributeRestrictions: null, resources: [pods], verbs: [get, delete]}]",
    );
    let all = openshift(
        "ClusterRole",
        "metadata: {name: all}\nrules: [{resources: ['*'], verbs: ['*']}, {nonResourceURLs: ['*'], verbs: ['*']}]",
    );
    let bind = |place: &str, role_ref: &str, rest: &str| {
        let kind = if place.contains("namespace") { "RoleBinding" } else { "ClusterRoleBinding" };
        openshift(kind, &format!("metadata: {{{place}}}\nroleRef: {role_ref}\n{rest}"))
    };
    // Whom legacy members name counts, and what stands beside them does not.
    let s = one(&(role.clone()
        + &bind(
            "name: b",
            "{name: prune}",
            "subjects: [{kind: SystemUser, name: left-out}]\nuserNames: ['system:serviceaccount:ops:pruner', ann]\ngroupNames: null",
        )));
    assert_eq!(keys(&s), ["ann", "ops/pruner"]);
    assert_eq!(held(&s, "ops/pruner"), ["delete get on /pods by ClusterRoleBinding b"]);
    let s = one(&(all
        + &bind("name: b", "{name: all}", "subjects: [{kind: SystemUser, name: 'ann'}, {kind: ServiceAccount, name: a, namespace: x}]")));
    assert_eq!(held(&s, "x/a"), ["* on */* by ClusterRoleBinding b", "* on url:* by ClusterRoleBinding b"]);
    assert_eq!(held(&s, "ann").len(), 2);
    // A role of the namespace is meant where the reference names the namespace.
    let own = openshift("Role", &format!("metadata: {{name: prune, namespace: x}}\nrules: {PODS}"));
    let subjects = "subjects: [{kind: ServiceAccount, name: a}]";
    let s = one(&(role.clone() + &own + &bind("name: b, namespace: x", "{name: prune, namespace: x}", subjects)));
    assert_eq!(held(&s, "x/a"), ["get on /pods by RoleBinding x/b"]);
    let s = one(&(role.clone() + &bind("name: b, namespace: x", "{name: prune}", subjects)));
    assert_eq!(held(&s, "x/a"), ["delete get on /pods by RoleBinding x/b"]);
    let error = refused(&(role + &bind("name: b, namespace: x", "{name: prune, namespace: y}", subjects)));
    assert!(error.place.as_deref().is_some_and(|p| p.contains("RoleBinding b, roleRef.namespace")), "{error}");
}

#[test]
fn what_the_api_server_refuses_is_refused_with_file_object_and_member() {
    let wrong = [
        ("Role", "metadata: {name: r}\nrules: {verbs: [get]}", "Role r, rules", "a list is expected, an object stands there"),
        ("Role", "metadata: {name: r}\nrules: [{verbs: get}]", "Role r, rules[0].verbs", "a list is expected, text stands there"),
        ("Role", "metadata: {name: r}\nrules: [[get]]", "Role r, rules[0]", "an object is expected, a list stands there"),
        ("Role", "metadata: {name: r}\nrules: [{verbs: [{a: b}]}]", "Role r, rules[0].verbs", "text is expected, an object stands there"),
        ("Role", "metadata: [r]", "Role, metadata", "an object is expected, a list stands there"),
        ("Role", "metadata: {generateName: r-}", "Role, metadata.generateName", "not known"),
        ("Role", "metadata: {namespace: x}", "Role, metadata.name", "without a name"),
        ("Role", "metadata: {name: a/b}", "Role a/b, metadata.name", "does not take"),
        ("RoleBinding", "metadata: {name: b}", "RoleBinding b, roleRef", "no roleRef"),
        ("RoleBinding", "metadata: {name: b}\nroleRef: [Role, r]", "RoleBinding b, roleRef", "an object is expected"),
        ("RoleBinding", "metadata: {name: b}\nroleRef: {name: r}", "RoleBinding b, roleRef.kind", "Role or ClusterRole"),
        (
            "ClusterRoleBinding",
            "metadata: {name: b}\nroleRef: {kind: Role, name: r}",
            "ClusterRoleBinding b, roleRef.kind",
            "takes ClusterRole",
        ),
        (
            "RoleBinding",
            "metadata: {name: b}\nroleRef: {kind: Role, name: r, apiGroup: iam.aws}",
            "RoleBinding b, roleRef.apiGroup",
            "iam.aws",
        ),
        (
            "RoleBinding",
            "metadata: {name: b}\nroleRef: {kind: Role, name: r}\nsubjects: [a]",
            "RoleBinding b, subjects[0]",
            "an object is expected",
        ),
        (
            "RoleBinding",
            "metadata: {name: b}\nroleRef: {kind: Role, name: r}\nsubjects: [{kind: User}]",
            "RoleBinding b, subjects[0].name",
            "no name",
        ),
        ("Role", "metadata: {name: \"a\\0b\"}", "Role ab, metadata.name", "control character"),
    ];
    for (kind, rest, place, reason) in wrong {
        let error = refused(&(account("x/a") + &rbac(kind, rest)));
        let at = error.place.as_deref().unwrap_or_default();
        let line = at.strip_prefix("line ").and_then(|p| p.split_once(", ")).map_or("", |(line, _)| line);
        assert!(at.ends_with(&format!(", {place}")) && line.parse::<u32>().is_ok_and(|l| l >= 5), "{rest}: {error}");
        assert!(error.reason.contains(reason) && error.file == "in.yaml", "{rest}: {error}");
        // Beside other files it is named and passed by.
        let text = rbac(kind, rest);
        let s = try_files(&[("bad.yaml", text.as_bytes()), ("good.yaml", account("x/a").as_bytes())]).expect("reads");
        assert_eq!(keys(&s), ["x/a"], "{rest}");
        assert!(says(&s, &["Skipped bad.yaml, line", reason]), "{rest}: {:?}", s.notes);
    }
    let error = refused("apiVersion: v1\nkind: [Role]\n");
    assert_eq!(error.place.as_deref(), Some("line 2, kind"), "{error}");
}

#[test]
fn null_and_empty_are_absent() {
    for text in [
        "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a, namespace: x, labels: null, annotations: ~, uid: null}\nsecrets: null\n",
        "apiVersion: v1\nkind: List\nmetadata: null\nitems: [null, {apiVersion: v1, kind: ServiceAccount, metadata: {name: a, namespace: x}}]\n",
        "{\"apiVersion\": \"rbac.authorization.k8s.io/v1\", \"kind\": \"ServiceAccountList\", \"items\": null}\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a, namespace: x}\n",
    ] {
        assert_eq!(keys(&one(text)), ["x/a"], "{text}");
    }
    let role = rbac(
        "ClusterRole",
        "metadata: {name: r, namespace: '', labels: {a: null}}\naggregationRule: null\nrules: [null, {apiGroups: [''], resources: [pods], verbs: [get], resourceNames: null, nonResourceURLs: null}, {apiGroups: null, resources: null, verbs: null}]",
    );
    let bound = rbac(
        "ClusterRoleBinding",
        "metadata: {name: b, labels: null}\nroleRef: {apiGroup: null, kind: ClusterRole, name: r}\nsubjects: [null, {apiGroup: '', kind: ServiceAccount, name: a, namespace: x}]",
    );
    let s = one(&(role + &bound));
    assert_eq!(held(&s, "x/a"), ["get on /pods by ClusterRoleBinding b"]);
    assert!(identity(&s, "x/a").unknown_access.is_empty() && s.notes.is_empty(), "{:?}", s.notes);
}

#[test]
fn members_that_are_not_read_are_named() {
    let s = one(&(rbac("Role", "metadata: {name: r, namespace: x}\nrule: []\nrules: [{apiGroups: [''], resource: [pods], verbs: [get]}]")
        + &account("x/a")));
    for words in [["\"rule\"", "Role r"], ["\"resource\"", "rules[0]"]] {
        assert!(says(&s, &words), "{words:?}: {:?}", s.notes);
    }
    let s = one(&rbac("Role", "metadata: {name: r, namespace: x}\nrules: [{resources: [secrets], verbs: [get]}]"));
    assert!(s.set_rules.is_empty() && says(&s, &["names resources and no apiGroups"]), "{:?}", s.notes);
}
