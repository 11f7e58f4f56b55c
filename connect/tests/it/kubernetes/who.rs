//! Who a subject stands for.

use super::{
    PODS, SECRETS, account, binding, classes, cluster_binding, cluster_role, files, group, held, holder, identity, keys, one, rbac, says,
    user,
};

#[test]
fn groups_of_the_api_server_hold_whom_it_puts_there() {
    let all = account("shop/api") + &account("ci/bot") + &cluster_role("r", PODS) + &cluster_binding("ann", "r", &user("ann@example.com"));
    let with = |name: &str| one(&(all.clone() + &cluster_binding("b", "r", &group(name))));
    let holders = |name: &str| {
        let s = with(name);
        let by = format!("by ClusterRoleBinding b, group {name}");
        keys(&s).into_iter().filter(|key| held(&s, key).iter().any(|line| line.ends_with(&by))).map(str::to_owned).collect::<Vec<_>>()
    };
    for (name, expected) in [
        ("system:authenticated", &["ann@example.com", "ci/bot", "shop/api"][..]),
        ("system:serviceaccounts", &["ci/bot", "shop/api"]),
        ("system:serviceaccounts:shop", &["shop/api"]),
        ("system:serviceaccounts:none", &[]),
        ("system:unauthenticated", &["system:anonymous"]),
        ("system:masters", &[]),
        ("oidc:admins", &[]),
    ] {
        assert_eq!(holders(name), expected, "{name}");
        assert!(says(&with(name), &[name]), "{name}: said");
    }
    assert!(says(&with("system:authenticated"), &["Everyone who signs in can use ClusterRole r"]));
    assert!(says(&with("system:masters"), &["can do everything"]));
    assert_eq!(with("oidc:admins").sets.iter().filter(|s| s.kind == "Group").count(), 1);
}

#[test]
fn whoever_does_not_sign_in_is_no_ordinary_user() {
    let text = account("shop/api")
        + &cluster_role("r", SECRETS)
        + &cluster_binding("a", "r", &group("system:authenticated"))
        + &cluster_binding("b", "r", &user("system:anonymous"))
        + &cluster_binding("c", "r", &group("system:unauthenticated"));
    let s = one(&text);
    assert_eq!(keys(&s), ["shop/api", "system:anonymous"]);
    let lines = ["get on /secrets by ClusterRoleBinding b", "get on /secrets by ClusterRoleBinding c, group system:unauthenticated"];
    assert_eq!(held(&s, "system:anonymous"), lines, "signing in is not theirs");
    let anybody = identity(&s, "system:anonymous");
    assert!(!anybody.platform_managed && anybody.human.as_ref().is_some_and(|(_, why)| why.contains("does not sign in")), "{anybody:?}");
    for words in [["ClusterRoleBinding b (in.yaml, line 16)", "system:anonymous"], ["ClusterRoleBinding c", "system:unauthenticated"]] {
        assert!(says(&s, &words) && says(&s, &[words[1], "without signing in"]), "{:?}", s.notes);
    }
}

#[test]
fn an_account_is_one_however_it_is_named() {
    let s = one(&(cluster_role("r", PODS)
        + &cluster_binding("a", "r", &user("system:serviceaccount:shop:api"))
        + &binding("shop/b", "r", "{kind: ServiceAccount, name: api}")
        + &account("shop/api")));
    assert_eq!(keys(&s), ["shop/api"]);
    assert_eq!(held(&s, "shop/api").len(), 2);
}

#[test]
fn subjects_that_kubernetes_does_not_take_hold_nothing_and_are_said() {
    for subject in [
        "{kind: Serviceaccount, name: api, namespace: shop}",
        "{kind: ServiceAccount, name: api, namespace: shop, apiGroup: rbac.authorization.k8s.io}",
        "{kind: Group, name: admins, apiGroup: user.openshift.io}",
        "{name: api, namespace: shop}",
    ] {
        let s = one(&(cluster_role("r", PODS) + &cluster_binding("b", "r", subject) + &account("shop/api")));
        assert!(s.grants.is_empty() && keys(&s) == ["shop/api"], "{subject}");
        assert!(says(&s, &["ClusterRoleBinding b", "subjects[0]", "line 6"]), "{subject}: {:?}", s.notes);
    }
}

#[test]
fn a_namespace_that_nobody_stated_is_said_to_be_assumed() {
    let bare = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: bare}\n---\n";
    let s = one(&(bare.to_owned() + &account("shop/api")));
    assert_eq!(keys(&s), ["shop/api", "shop/bare"]);
    assert!(says(&s, &["1 object names no namespace. It was put into shop", "ServiceAccount bare (in.yaml, line 1)"]), "{:?}", s.notes);
    assert!(identity(&s, "shop/bare").hints.get("namespace assumed").is_some());
    assert!(identity(&s, "shop/api").hints.get("namespace assumed").is_none());
    let s = one(&(bare.to_owned() + &account("shop/api") + &account("ci/bot")));
    assert!(keys(&s).contains(&"default/bare") && says(&s, &["put into default", "names 2 namespaces"]), "{:?}", s.notes);
    assert!(says(&one(bare), &["put into default", "the input names no namespace. Choose"]));
    // The namespace of what is not read is nobody else's.
    let other = "apiVersion: iam.services.k8s.aws/v1alpha1\nkind: Role\nmetadata: {name: r, namespace: aws}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d, namespace: aws}\n---\n";
    assert_eq!(keys(&one(&(other.to_owned() + bare))), ["default/bare"]);
    // Named with the import it is no assumption.
    let options = connect::Options { namespace: Some("ops".to_owned()), ..connect::Options::default() };
    let input = connect::Input::single(connect::InputFile::from_bytes("in.yaml", bare.as_bytes().to_vec()));
    let s = connect::read(domain::snapshot::Format::Kubernetes, &input, &options).expect("reads");
    assert!(keys(&s) == ["ops/bare"] && s.notes.is_empty(), "{:?}", s.notes);
    // A subject of a binding in the cluster has to name one too.
    let s = one(&(cluster_role("r", PODS) + &cluster_binding("b", "r", "{kind: ServiceAccount, name: api}") + &account("shop/x")));
    assert!(keys(&s).contains(&"shop/api") && says(&s, &["ServiceAccount api in ClusterRoleBinding b"]), "{:?}", s.notes);
}

#[test]
fn of_what_is_said_several_times_the_last_counts_and_all_places_are_said() {
    let version = |rules: &str| account("shop/api") + &cluster_role("r", rules) + &cluster_binding("b", "r", &holder("shop/api"));
    let (one, two, three) = (version(PODS), version("[{apiGroups: ['*'], resources: ['*'], verbs: ['*']}]"), version(SECRETS));
    let s = files(&[("v1.yaml", &one), ("v2.yaml", &two), ("v3.yaml", &three)]);
    assert_eq!((held(&s, "shop/api").len(), classes(&s, "shop/api")), (1, "secrets read".to_owned()));
    for what in ["ServiceAccount shop/api", "ClusterRole r", "ClusterRoleBinding b"] {
        assert!(says(&s, &[what, "3 times", "v1.yaml, line", "v2.yaml, line", "v3.yaml, line"]), "{what}: {:?}", s.notes);
    }
    // The same object in the words of another API is the same object.
    let other = rbac("ClusterRole", "metadata: {name: r}\nrules: []").replace("rbac.authorization.k8s.io", "authorization.openshift.io");
    assert!(says(&files(&[("a.yaml", &cluster_role("r", PODS)), ("b.yaml", &other)]), &["ClusterRole r is said twice"]));
    // A role of a namespace and one of the cluster are two, and so are those of two namespaces.
    let role = |namespace: &str| rbac("Role", &format!("metadata: {{name: r, namespace: {namespace}}}\nrules: {PODS}"));
    let s = files(&[("a.yaml", &role("x")), ("b.yaml", &role("y")), ("c.yaml", &cluster_role("r", PODS))]);
    assert!(s.sets.len() == 3 && s.notes.is_empty(), "{:?}", s.notes);
}
