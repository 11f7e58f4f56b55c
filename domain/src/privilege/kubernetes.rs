//! Classes of Kubernetes rules: verbs, and the resources that make a verb worse.

use super::{Class, Judgement};
use crate::rule::Rule;

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
    ("", "serviceaccounts/token", "it can mint tokens of other accounts"),
    ("", "nodes/proxy", "it reaches the kubelet"),
    ("certificates.k8s.io", "certificatesigningrequests/approval", "it can approve certificates"),
    ("admissionregistration.k8s.io", "mutatingwebhookconfigurations", "it can rewrite every request"),
    ("admissionregistration.k8s.io", "validatingwebhookconfigurations", "it can switch checks off"),
    ("", "nodes", "it can change nodes"),
];

pub(super) fn judge(rule: &Rule) -> Judgement {
    let mut out = Judgement::default();
    for verb in &rule.actions {
        if verb == "*" {
            for class in [Class::Read, Class::Write, Class::Destructive, Class::Wildcard] {
                out.add(class, "verb *");
            }
        } else {
            let classes = VERBS.iter().find(|(v, _)| v == verb).map_or(&[Class::Write][..], |(_, c)| c);
            for class in classes {
                out.add(*class, verb);
            }
        }
    }
    let reads = rule.actions.iter().any(|v| matches!(v.as_str(), "*" | "get" | "list" | "watch"));
    let writes = rule.actions.iter().any(|v| !matches!(v.as_str(), "get" | "list" | "watch"));
    for pattern in &rule.resources {
        let pattern = pattern.split('#').next().unwrap_or(pattern);
        if pattern.starts_with("url:") {
            if pattern == "url:*" || pattern == "url:/*" {
                out.add(Class::Wildcard, pattern);
            }
            continue;
        }
        let (group, resource) = pattern.split_once('/').unwrap_or(("", pattern));
        resource_classes(&mut out, group, resource, reads, writes);
    }
    out
}

fn resource_classes(out: &mut Judgement, group: &str, resource: &str, reads: bool, writes: bool) {
    // `*/exec` is legal: the subresource of anything.
    let sub = |r: &str| resource.strip_prefix("*/").is_some_and(|s| r.rsplit_once('/').is_some_and(|(_, own)| own == s));
    let matches = |g: &str, r: &str| (group == "*" || group == g) && (resource == "*" || resource == r || sub(r));
    if resource == "*" || group == "*" {
        out.add(Class::Wildcard, &format!("{group}/{resource}"));
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
