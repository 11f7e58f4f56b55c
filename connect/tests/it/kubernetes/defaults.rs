//! What every API server creates by itself: roles that inputs name and do not hold, and parts of the platform.

use super::{ALL, PODS, SECRETS, account, binding, classes, cluster_binding, cluster_role, held, holder, identity, one, rbac, says, user};

#[test]
fn roles_of_kubernetes_that_the_input_does_not_hold_are_known() {
    let s = one(&(account("ci/bot") + &cluster_binding("b", "cluster-admin", &holder("ci/bot"))));
    assert_eq!(
        held(&s, "ci/bot"),
        ["* on */* by ClusterRoleBinding b", "* on url:* by ClusterRoleBinding b"],
        "exactly what it is in every cluster"
    );
    assert!(classes(&s, "ci/bot").starts_with("full_control admin secrets"));
    assert!(identity(&s, "ci/bot").unknown_access.is_empty());
    assert!(says(&s, &["ClusterRole cluster-admin", "from Kubernetes' defaults, not from the input"]), "{:?}", s.notes);
    let set = s.sets.iter().find(|set| set.key == "cluster-admin").expect("a set");
    assert_eq!((set.present, set.version.as_deref()), (false, Some("Kubernetes' default")));
    assert_eq!(s.sets.len(), 1, "the roles it is made of are not shown");
    for (role, expected, has, has_not) in [
        ("view", "read", "configmaps", "secrets"),
        ("edit", "admin secrets destructive write read", "serviceaccounts", "rolebindings"),
        ("admin", "admin secrets destructive write read", "rolebindings", "nodes"),
    ] {
        let s = one(&(binding("shop/b", role, &holder("shop/bot")) + &account("shop/bot")));
        assert_eq!(classes(&s, "shop/bot"), expected, "{role}");
        let all = held(&s, "shop/bot").join("\n");
        assert!(all.contains(has) && !all.contains(&format!("/{has_not} ")), "{role}: {all}");
        assert!(identity(&s, "shop/bot").unknown_access[0].contains("what the cluster adds to them is unknown"), "{role}");
    }
}

#[test]
fn what_the_input_holds_counts_instead() {
    let s = one(&(cluster_role("view", SECRETS) + &cluster_binding("b", "view", &holder("x/u"))));
    assert_eq!(held(&s, "x/u"), ["get on /secrets by ClusterRoleBinding b"]);
    assert!(s.notes.is_empty(), "{:?}", s.notes);
    // What the input adds to a default by its label, the default gives.
    let more = rbac(
        "ClusterRole",
        "metadata: {name: crd-view, labels: {rbac.authorization.k8s.io/aggregate-to-view: 'true'}}\nrules: [{apiGroups: [x.io], resources: [xs], verbs: [get]}]",
    );
    let s = one(&(more + &cluster_binding("b", "view", &holder("x/u"))));
    assert!(held(&s, "x/u").contains(&"get on x.io/xs by ClusterRoleBinding b".to_owned()), "{:?}", held(&s, "x/u"));
}

#[test]
fn a_role_that_nobody_knows_is_unknown_access() {
    let s = one(&(account("x/u") + &cluster_binding("b", "their-role", &holder("x/u"))));
    assert!(held(&s, "x/u").is_empty());
    assert_eq!(identity(&s, "x/u").unknown_access, ["ClusterRole their-role is not in the input"]);
}

#[test]
fn only_what_the_platform_creates_is_the_platforms() {
    let managed = |s: &domain::snapshot::Snapshot, key: &str| identity(s, key).platform_managed;
    // The published list of accounts, users and bindings; no namespace or prefix alone.
    let s = one(&(cluster_binding(
        "system:controller:job-controller",
        "system:controller:job-controller",
        &holder("kube-system/job-controller"),
    ) + &cluster_binding("system:kube-scheduler", "system:kube-scheduler", &user("system:kube-scheduler"))
        + &cluster_binding("mine", "system:kube-scheduler", &user("system:mine"))
        + &account("kube-system/tiller")
        + &account("shop/job-controller")
        + &account("kube-system/cronjob-controller")));
    for (key, expected) in [
        ("kube-system/job-controller", true),
        ("kube-system/cronjob-controller", true),
        ("system:kube-scheduler", true),
        ("system:mine", false),
        ("kube-system/tiller", false),
        ("shop/job-controller", false),
    ] {
        assert_eq!(managed(&s, key), expected, "{key}");
    }
    // A label that says who keeps it.
    for (label, expected) in [
        ("addonmanager.kubernetes.io/mode: Reconcile", true),
        ("kubernetes.io/bootstrapping: rbac-defaults", true),
        ("addonmanager.kubernetes.io/mode: EnsureExists", false),
        ("app: tiller", false),
    ] {
        let text =
            format!("apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: metrics, namespace: kube-system, labels: {{{label}}}}}\n");
        assert_eq!(managed(&one(&text), "kube-system/metrics"), expected, "{label}");
    }
}

#[test]
fn what_people_bind_is_not_hidden_as_the_platforms() {
    let label = "labels: {kubernetes.io/bootstrapping: rbac-defaults}";
    let labelled = |name: &str, role: &str, subject: &str| {
        let role = format!("roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: '{role}'}}");
        rbac("ClusterRoleBinding", &format!("metadata: {{name: '{name}', {label}}}\n{role}\nsubjects: [{subject}]"))
    };
    let managed = |text: &str, key: &str| identity(&one(text), key).platform_managed;
    let (pods, all) = (cluster_role("pods", PODS), cluster_role("all", ALL));
    let controller = holder("kube-system/job-controller");
    assert!(managed(&(pods.clone() + &labelled("kept", "pods", &controller)), "kube-system/job-controller"));
    assert!(!managed(&(pods.clone() + &cluster_binding("ours", "pods", &controller)), "kube-system/job-controller"), "bound by people");
    assert!(!managed(&(all.clone() + &labelled("kept", "all", &controller)), "kube-system/job-controller"), "all-powerful");
    assert!(!managed(&labelled("kept", "cluster-admin", &user("system:kube-scheduler")), "system:kube-scheduler"), "all-powerful");
    for subject in [user("system:anonymous"), super::group("system:unauthenticated")] {
        assert!(!managed(&(pods.clone() + &labelled("system:public-info-viewer", "pods", &subject)), "system:anonymous"), "{subject}");
    }
}
