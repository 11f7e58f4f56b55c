//! Classes of Kubernetes rules: verbs, and the resources that make a verb worse. Where a rule is bound it does not say:
//! it is judged as if bound in the whole cluster, and `access` knows the binding.

use super::{Breadth, Class, Judgement};
use crate::rule::{Effect, Rule};

/// Verb, class, and whether it also writes.
const VERBS: [(&str, &[Class]); 14] = [
    ("get", &[Class::Read]),
    ("list", &[Class::Read]),
    ("watch", &[Class::Read]),
    ("create", &[Class::Write]),
    ("update", &[Class::Write]),
    ("patch", &[Class::Write]),
    ("delete", &[Class::Write, Class::Destructive]),
    ("deletecollection", &[Class::Write, Class::Destructive]),
    ("bind", &[Class::Write, Class::Admin]),
    ("escalate", &[Class::Write, Class::Admin]),
    ("impersonate", &[Class::Write, Class::Admin]),
    ("approve", &[Class::Write, Class::Admin]),
    ("sign", &[Class::Write, Class::Admin]),
    ("use", &[Class::Write]),
];

/// (apiGroup, resource) whose change is an administration of access, with the reason.
const ADMIN: [(&str, &str, &str); 13] = [
    ("rbac.authorization.k8s.io", "roles", "it can grant itself rights"),
    ("rbac.authorization.k8s.io", "clusterroles", "it can grant itself rights"),
    ("rbac.authorization.k8s.io", "rolebindings", "it can bind itself to a role"),
    ("rbac.authorization.k8s.io", "clusterrolebindings", "it can bind itself to a role"),
    ("", "pods/exec", "it can run commands in any pod"),
    ("", "pods/attach", "it can attach to any pod"),
    ("", "pods/ephemeralcontainers", "it can add a container to any pod"),
    ("", "serviceaccounts/token", "it can create tokens for other accounts"),
    ("", "nodes/proxy", "it reaches the kubelet"),
    ("certificates.k8s.io", "certificatesigningrequests/approval", "it can approve certificates"),
    ("admissionregistration.k8s.io", "mutatingwebhookconfigurations", "it can rewrite every request"),
    ("admissionregistration.k8s.io", "validatingwebhookconfigurations", "it can switch checks off"),
    ("", "nodes", "it can change nodes"),
];

/// (apiGroup, resource) of what runs programs. Whoever creates or rewrites one runs a program as any service account of the
/// namespace and mounts any of its secrets (Kubernetes, "RBAC Good Practices", workload creation), as `ecs:RunTask` does in AWS.
const PROGRAMS: [(&str, &str); 11] = [
    ("", "pods"),
    ("", "replicationcontrollers"),
    ("apps", "deployments"),
    ("apps", "daemonsets"),
    ("apps", "statefulsets"),
    ("apps", "replicasets"),
    ("extensions", "deployments"),
    ("extensions", "daemonsets"),
    ("extensions", "replicasets"),
    ("batch", "jobs"),
    ("batch", "cronjobs"),
];
const RUNS: &str = "it can run programs as any account of the namespace";
/// Verbs that make or rewrite an object.
const WRITES: [&str; 4] = ["*", "create", "update", "patch"];
/// (apiGroup, resource, object, verbs, reason): single objects that say who may do what. Without a name a rule is judged by what
/// the table above says, unless the object is what the resource is for.
const OBJECTS: [(&str, &str, &str, &[&str], &str); 4] = [
    ("", "configmaps", "aws-auth", &WRITES, "it maps roles of AWS to groups of the cluster"),
    ("security.openshift.io", "securitycontextconstraints", "privileged", &["*", "use"], PRIVILEGED),
    ("security.openshift.io", "securitycontextconstraints", "hostaccess", &["*", "use"], PRIVILEGED),
    ("security.openshift.io", "securitycontextconstraints", "hostmount-anyuid", &["*", "use"], PRIVILEGED),
];
/// (apiGroup, resource) on which every verb holds one that is for them alone: `impersonate`, and of signers `approve` and `sign`.
const OWN_VERBS: [(&str, &str, &str); 4] = [
    ("", "serviceaccounts", ACTS_AS),
    ("", "users", ACTS_AS),
    ("", "groups", ACTS_AS),
    ("certificates.k8s.io", "signers", "it can sign certificates"),
];
const ACTS_AS: &str = "it can act as others (impersonate)";
const PRIVILEGED: &str = "it can run programs that reach the node";

/// Every resource of every API group.
const EVERY: &str = "*/*";

pub(super) fn judge(rule: &Rule) -> Judgement {
    let mut out = Judgement::default();
    for verb in &rule.actions {
        verb_classes(&mut out, verb);
    }
    let reads = rule.actions.iter().any(|v| matches!(v.as_str(), "*" | "get" | "list" | "watch"));
    let writes = rule.actions.iter().any(|v| !matches!(v.as_str(), "get" | "list" | "watch"));
    // Without a verb nothing is granted on any resource.
    for pattern in rule.resources.iter().filter(|_| reads || writes) {
        let (pattern, object) = pattern.split_once('#').map_or((pattern.as_str(), None), |(kind, object)| (kind, Some(object)));
        if pattern.starts_with("url:") {
            if pattern == "url:*" || pattern == "url:/*" {
                out.mark_wildcard(pattern);
            }
            continue;
        }
        let (group, resource) = pattern.split_once('/').unwrap_or(("", pattern));
        resource_classes(&mut out, group, resource, reads, writes);
        object_classes(&mut out, (group, resource, object), &rule.actions);
    }
    let everything = rule.actions.iter().any(|v| v == "*") && rule.resources.iter().any(|r| r == EVERY);
    if rule.effect == Effect::Allow && everything {
        out.add(Class::FullControl, "every verb on every resource");
    }
    out.reaching(breadth(rule))
}

fn verb_classes(out: &mut Judgement, verb: &str) {
    if verb == "*" {
        for class in [Class::Read, Class::Write, Class::Destructive] {
            out.add(class, "verb *");
        }
        out.mark_wildcard("verb *");
        return;
    }
    for class in VERBS.iter().find(|(v, _)| *v == verb).map_or(&[Class::Write][..], |(_, c)| c) {
        out.add(*class, verb);
    }
}

/// By the table at `Breadth`, as if bound in the whole cluster.
fn breadth(rule: &Rule) -> Breadth {
    if rule.resources.iter().any(|r| r == EVERY) {
        return Breadth::Everything;
    }
    let mut groups = rule.resources.iter().filter_map(|r| group_of(r));
    let Some(first) = groups.next() else { return Breadth::OneResource };
    if first == "*" || groups.any(|g| g != first) { Breadth::Account } else { Breadth::Service }
}

/// The API group of a resource, or `url:` for a pattern of URLs; none where one object or URL is written out.
fn group_of(pattern: &str) -> Option<&str> {
    if let Some(url) = pattern.strip_prefix("url:") {
        return url.contains('*').then_some("url:");
    }
    (!pattern.contains('#')).then(|| pattern.split_once('/').map_or("", |(group, _)| group))
}

fn resource_classes(out: &mut Judgement, group: &str, resource: &str, reads: bool, writes: bool) {
    // `*/exec` is legal: the subresource of anything.
    let sub = |r: &str| resource.strip_prefix("*/").is_some_and(|s| r.rsplit_once('/').is_some_and(|(_, own)| own == s));
    let matches = |g: &str, r: &str| (group == "*" || group == g) && (resource == "*" || resource == r || sub(r));
    if resource == "*" || group == "*" {
        out.mark_wildcard(&format!("{group}/{resource}"));
    }
    if reads && matches("", "secrets") {
        out.add(Class::Secrets, "it reads secrets");
    }
    for (g, r, reason) in ADMIN {
        // A web socket is opened with get: reading these is using them.
        let read_is_use = matches!(r, "pods/exec" | "pods/attach" | "nodes/proxy");
        if (writes || (reads && read_is_use)) && matches(g, r) {
            out.add(Class::Admin, reason);
        }
    }
}

/// What verbs do on a kind of objects, or on one of them.
fn object_classes(out: &mut Judgement, (group, resource, object): (&str, &str, Option<&str>), verbs: &[String]) {
    let matches = |g: &str, r: &str| (group == "*" || group == g) && (resource == "*" || resource == r);
    let any = |wanted: &[&str]| verbs.iter().any(|verb| wanted.contains(&verb.as_str()));
    if any(&WRITES) && PROGRAMS.iter().any(|(g, r)| matches(g, r)) {
        out.add(Class::Admin, RUNS);
    }
    for (_, _, reason) in OWN_VERBS.iter().filter(|(g, r, _)| any(&["*"]) && matches(g, r)) {
        out.add(Class::Admin, reason);
    }
    for (g, r, name, wanted, reason) in OBJECTS {
        let meant = object.map_or(r != "configmaps", |object| object == name);
        if meant && matches(g, r) && any(wanted) {
            out.add(Class::Admin, reason);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{ALL, ALL_BUT_FULL, judged, words};
    use super::*;
    use crate::rule::Dialect;

    #[test]
    fn verbs_and_resources_have_their_classes_and_breadth() {
        use Breadth::{Account, Everything, OneResource, Service};
        let cases = [
            ("get list", "/pods", "read", Service),
            ("get", "/pods#one", "read", OneResource),
            ("get", "/pods#one /pods#two", "read", OneResource),
            ("get", "/pods#one apps/deployments", "read", Service),
            ("get", "/secrets", "secrets read", Service),
            ("get", "/secrets#one", "secrets read", OneResource),
            ("create patch", "apps/deployments", "admin write", Service),
            ("create patch", "apps/deployments batch/jobs", "admin write", Account),
            ("create", "/pods", "admin write", Service),
            ("get delete", "/pods", "destructive write read", Service),
            ("update", "apps/deployments/scale", "write", Service),
            ("create patch", "/configmaps", "write", Service),
            ("update", "/configmaps#aws-auth", "admin write", OneResource),
            ("update", "/configmaps#other", "write", OneResource),
            ("use", "security.openshift.io/securitycontextconstraints#privileged", "admin write", OneResource),
            ("use", "security.openshift.io/securitycontextconstraints#restricted-v2", "write", OneResource),
            ("use", "security.openshift.io/securitycontextconstraints", "admin write", Service),
            ("delete", "/pods", "destructive write", Service),
            ("create", "/pods/exec", "admin write", Service),
            ("get", "/pods/exec", "admin read", Service),
            ("create", "/*/token", "admin write", Service),
            ("*", "/serviceaccounts", "admin destructive write read wildcard", Service),
            ("*", "/serviceaccounts#one", "admin destructive write read wildcard", OneResource),
            ("*", "/serviceaccounts/status", "destructive write read wildcard", Service),
            ("create get delete", "/serviceaccounts", "destructive write read", Service),
            ("*", "*/users", "admin destructive write read wildcard", Account),
            ("*", "certificates.k8s.io/signers", "admin destructive write read wildcard", Service),
            ("bind", "rbac.authorization.k8s.io/clusterroles", "admin write", Service),
            ("get", "*/pods", "read wildcard", Account),
            ("get", "*/*", "admin secrets read wildcard", Everything),
            ("*", "*/*", ALL, Everything),
            ("* get", "/pods */*", ALL, Everything),
            ("*", "*/*#one", ALL_BUT_FULL, OneResource),
            ("*", "/*", ALL_BUT_FULL, Service),
            ("*", "apps/*", "admin destructive write read wildcard", Service),
            ("*", "*/pods", "admin destructive write read wildcard", Account),
            ("get list watch create update patch delete", "*/*", ALL_BUT_FULL, Everything),
            ("get", "url:/healthz", "read", OneResource),
            ("get", "url:/logs/*", "read", Service),
            ("*", "url:*", "destructive write read wildcard", Service),
            ("get", "url:/metrics/* /pods", "read", Account),
        ];
        for (verbs, resources, expected, breadth) in cases {
            let j = judged(Dialect::Kubernetes, verbs, resources);
            assert_eq!((words(&j).as_str(), j.breadth), (expected, Some(breadth)), "{verbs} on {resources} {j:?}");
        }
        assert_eq!(judged(Dialect::Kubernetes, "", "*/*"), Judgement::default(), "no verb");
    }
}
