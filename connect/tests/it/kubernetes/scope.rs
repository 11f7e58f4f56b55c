//! What a binding in one namespace gives, and what it cannot.

use super::{account, binding, classes, cluster_binding, cluster_role, held, holder, one, rbac, says};

const MIXED: &str = "[{apiGroups: ['', rbac.authorization.k8s.io], resources: [services, nodes, clusterroles], verbs: [get, update]}, {nonResourceURLs: [/metrics], verbs: [get]}]";

#[test]
fn a_binding_in_a_namespace_gives_nothing_that_stands_in_the_cluster() {
    let s = one(&(cluster_role("mixed", MIXED) + &binding("shop/b", "mixed", &holder("shop/u"))));
    assert_eq!(
        held(&s, "shop/u"),
        ["get update on /clusterroles /services rbac.authorization.k8s.io/nodes rbac.authorization.k8s.io/services by RoleBinding shop/b"]
    );
    assert_eq!(classes(&s, "shop/u"), "write read", "no nodes, no roles of the cluster");
    assert!(
        says(&s, &["RoleBinding shop/b", "mixed", "nodes", "clusterroles", "url:/metrics", "take no effect in one namespace"]),
        "{:?}",
        s.notes
    );
    // The role itself holds them, and in the whole cluster they count.
    assert_eq!(s.set_rules.len(), 2);
    let s = one(&(cluster_role("mixed", MIXED) + &cluster_binding("b", "mixed", &holder("shop/u"))));
    assert_eq!((held(&s, "shop/u").len(), classes(&s, "shop/u")), (2, "admin write read".to_owned()));
    assert!(s.notes.is_empty(), "{:?}", s.notes);
}

#[test]
fn what_is_left_of_nothing_is_no_grant() {
    for rules in [
        "[{nonResourceURLs: ['*'], verbs: ['*']}]",
        "[{apiGroups: [''], resources: [nodes, nodes/proxy, persistentvolumes], verbs: ['*']}]",
        "[{apiGroups: [apiextensions.k8s.io], resources: [customresourcedefinitions], verbs: ['*']}]",
        "[{apiGroups: [certificates.k8s.io], resources: [certificatesigningrequests/approval], verbs: [update]}]",
        "[{apiGroups: [''], resources: [namespaces], verbs: [list, watch, create]}]",
        "[{apiGroups: [admissionregistration.k8s.io], resources: ['*'], verbs: ['*']}]",
        "[{apiGroups: [''], resources: [users, groups], verbs: [impersonate]}]",
    ] {
        let s = one(&(cluster_role("r", rules) + &binding("shop/b", "r", &holder("shop/u"))));
        assert!(held(&s, "shop/u").is_empty(), "{rules}: {:?}", held(&s, "shop/u"));
        assert!(says(&s, &["RoleBinding shop/b", "take no effect"]), "{rules}");
    }
    // A Role of the namespace reaches no further than the namespace either.
    let role = rbac("Role", "metadata: {name: r, namespace: shop}\nrules: [{apiGroups: [''], resources: [nodes], verbs: [get]}]");
    let bound = rbac(
        "RoleBinding",
        &format!(
            "metadata: {{name: b, namespace: shop}}\nroleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}}\nsubjects: [{}]",
            holder("shop/u")
        ),
    );
    let s = one(&(role + &bound));
    assert!(held(&s, "shop/u").is_empty() && says(&s, &["nothing on nodes of Role r"]), "{:?}", s.notes);
}

#[test]
fn what_a_namespace_does_give_stays() {
    for rules in [
        "[{apiGroups: [''], resources: [namespaces], verbs: [get, list]}]",
        "[{apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles], verbs: [bind], resourceNames: [view]}]",
        "[{apiGroups: [policy], resources: [podsecuritypolicies], verbs: [use]}]",
        "[{apiGroups: ['*'], resources: ['*'], verbs: ['*']}]",
        "[{apiGroups: [longhorn.io], resources: [nodes], verbs: [get]}]",
    ] {
        let s = one(&(cluster_role("r", rules) + &binding("shop/b", "r", &holder("shop/u")) + &account("shop/u")));
        assert_eq!(held(&s, "shop/u").len(), 1, "{rules}");
        assert!(s.notes.is_empty(), "{rules}: {:?}", s.notes);
    }
}
