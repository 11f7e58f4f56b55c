//! What of a Kubernetes rule takes effect where its role is bound in one namespace: nothing on URLs, and nothing on objects
//! that stand in the cluster and not in a namespace, because a request for one of them names no namespace
//! (kubernetes/kubernetes#39194). The list is that of the built-in API groups, release 1.34; what it does not hold counts
//! as standing in a namespace.

/// (API group, resource) of what stands in the cluster. The last of the core group and of `authentication.k8s.io` are no
/// objects: `impersonate` asks for them, without a namespace.
const OF_THE_CLUSTER: [(&str, &str); 43] = [
    ("", "componentstatuses"),
    ("", "namespaces"),
    ("", "nodes"),
    ("", "persistentvolumes"),
    ("", "groups"),
    ("", "users"),
    ("admissionregistration.k8s.io", "mutatingadmissionpolicies"),
    ("admissionregistration.k8s.io", "mutatingadmissionpolicybindings"),
    ("admissionregistration.k8s.io", "mutatingwebhookconfigurations"),
    ("admissionregistration.k8s.io", "validatingadmissionpolicies"),
    ("admissionregistration.k8s.io", "validatingadmissionpolicybindings"),
    ("admissionregistration.k8s.io", "validatingwebhookconfigurations"),
    ("apiextensions.k8s.io", "customresourcedefinitions"),
    ("apiregistration.k8s.io", "apiservices"),
    ("authentication.k8s.io", "selfsubjectreviews"),
    ("authentication.k8s.io", "tokenreviews"),
    ("authentication.k8s.io", "uids"),
    ("authentication.k8s.io", "userextras"),
    ("authorization.k8s.io", "selfsubjectaccessreviews"),
    ("authorization.k8s.io", "selfsubjectrulesreviews"),
    ("authorization.k8s.io", "subjectaccessreviews"),
    ("certificates.k8s.io", "certificatesigningrequests"),
    ("certificates.k8s.io", "clustertrustbundles"),
    ("certificates.k8s.io", "signers"),
    ("extensions", "podsecuritypolicies"),
    ("flowcontrol.apiserver.k8s.io", "flowschemas"),
    ("flowcontrol.apiserver.k8s.io", "prioritylevelconfigurations"),
    ("internal.apiserver.k8s.io", "storageversions"),
    ("metrics.k8s.io", "nodes"),
    ("networking.k8s.io", "ingressclasses"),
    ("networking.k8s.io", "ipaddresses"),
    ("networking.k8s.io", "servicecidrs"),
    ("node.k8s.io", "runtimeclasses"),
    ("policy", "podsecuritypolicies"),
    ("rbac.authorization.k8s.io", "clusterrolebindings"),
    ("rbac.authorization.k8s.io", "clusterroles"),
    ("resource.k8s.io", "deviceclasses"),
    ("resource.k8s.io", "resourceslices"),
    ("scheduling.k8s.io", "priorityclasses"),
    ("storage.k8s.io", "csinodes"),
    ("storage.k8s.io", "storageclasses"),
    ("storage.k8s.io", "volumeattachments"),
    ("storagemigration.k8s.io", "storageversionmigrations"),
];

/// Groups of which nothing stands in a namespace, and nobody may add to them.
const WHOLE_GROUPS: [&str; 7] = [
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "flowcontrol.apiserver.k8s.io",
    "internal.apiserver.k8s.io",
    "node.k8s.io",
    "storagemigration.k8s.io",
];

/// Whether verbs on a resource, as a rule holds it (`group/resource[/subresource][#name]` or `url:path`), do anything in one
/// namespace. Of a pattern that reaches what nobody has named, something may.
pub(super) fn takes_effect(verbs: &[String], pattern: &str) -> bool {
    if pattern.starts_with("url:") {
        return false;
    }
    let kind = pattern.split('#').next().unwrap_or(pattern);
    let (group, resource) = kind.split_once('/').unwrap_or(("", kind));
    let resource = resource.split('/').next().unwrap_or(resource);
    if resource == "*" && WHOLE_GROUPS.contains(&group) {
        return false;
    }
    if !OF_THE_CLUSTER.contains(&(group, resource)) {
        return true;
    }
    let has = |wanted: &[&str]| verbs.iter().any(|v| v == "*" || wanted.contains(&v.as_str()));
    match resource {
        // A namespace itself is asked for in that namespace, one by one.
        "namespaces" => has(&["get", "update", "patch", "delete"]),
        // To bind a role of the cluster in a namespace is asked there.
        "clusterroles" => has(&["bind"]),
        "podsecuritypolicies" => has(&["use"]),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_the_cluster_is_out_of_reach_of_a_namespace() {
        for (verbs, pattern, expected) in [
            ("get", "/pods", true),
            ("get", "/pods#one", true),
            ("*", "*/*", true),
            ("*", "/*", true),
            ("get", "*/nodes", true),
            ("*", "admissionregistration.k8s.io/*", false),
            ("*", "certificates.k8s.io/*", true),
            ("get", "longhorn.io/nodes", true),
            ("get", "/nodes", false),
            ("*", "/nodes/proxy", false),
            ("get", "/nodes#one", false),
            ("get", "url:/metrics", false),
            ("*", "url:*", false),
            ("get list watch", "/namespaces", true),
            ("list watch", "/namespaces", false),
            ("create", "/namespaces", false),
            ("delete", "/namespaces#shop", true),
            ("get", "/namespaces/status", true),
            ("create update", "rbac.authorization.k8s.io/clusterroles", false),
            ("bind", "rbac.authorization.k8s.io/clusterroles#view", true),
            ("*", "rbac.authorization.k8s.io/clusterrolebindings", false),
            ("create", "rbac.authorization.k8s.io/rolebindings", true),
            ("use", "policy/podsecuritypolicies", true),
            ("get", "policy/podsecuritypolicies", false),
            ("impersonate", "/users", false),
            ("impersonate", "/serviceaccounts", true),
            ("get", "apps/nodes", true),
        ] {
            let words: Vec<String> = verbs.split(' ').map(str::to_owned).collect();
            assert_eq!(takes_effect(&words, pattern), expected, "{verbs} on {pattern}");
        }
    }

    #[test]
    fn the_list_says_everything_once() {
        let mut all = OF_THE_CLUSTER.to_vec();
        all.dedup();
        assert_eq!(all.len(), OF_THE_CLUSTER.len());
    }
}
