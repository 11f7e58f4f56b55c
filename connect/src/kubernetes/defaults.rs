//! What every API server creates by itself: the roles people bind, and the accounts, users and bindings of its own parts.
//! From kubernetes/kubernetes, `plugin/pkg/auth/authorizer/rbac/bootstrappolicy` (Apache-2.0). By name and place together,
//! never by a prefix or a namespace alone.

use super::budget::Budget;
use super::objects::{Api, Body, Kind};
use super::settle::{PlacedBinding, PlacedRole};
use super::wire::{Fault, Reader};
use crate::work::{Limits, Work};
use crate::yaml::{self, Node};
use crate::{Error, Result};

const ROLES: &str = include_str!("../../data/kubernetes_roles.yaml");
const FILE: &str = "Kubernetes' default roles";

/// The version a permission set bears whose rules are taken from here.
pub(super) const VERSION: &str = "Kubernetes' default";

/// Controllers: the account `kube-system/<name>` is bound by `system:controller:<name>` to the role of that name.
const CONTROLLERS: [&str; 46] = [
    "attachdetach-controller",
    "bootstrap-signer",
    "certificate-controller",
    "cloud-provider",
    "clusterrole-aggregation-controller",
    "cronjob-controller",
    "daemon-set-controller",
    "deployment-controller",
    "device-taint-eviction-controller",
    "disruption-controller",
    "endpoint-controller",
    "endpointslice-controller",
    "endpointslicemirroring-controller",
    "ephemeral-volume-controller",
    "expand-controller",
    "generic-garbage-collector",
    "horizontal-pod-autoscaler",
    "job-controller",
    "kube-apiserver-serving-clustertrustbundle-publisher",
    "legacy-service-account-token-cleaner",
    "namespace-controller",
    "node-controller",
    "persistent-volume-binder",
    "pod-garbage-collector",
    "podcheckpoint-controller",
    "pv-protection-controller",
    "pvc-protection-controller",
    "replicaset-controller",
    "replication-controller",
    "resource-claim-controller",
    "resourcequota-controller",
    "root-ca-cert-publisher",
    "route-controller",
    "selinux-warning-controller",
    "service-account-controller",
    "service-cidrs-controller",
    "service-controller",
    "statefulset-controller",
    "storage-version-garbage-collector",
    "storage-version-migrator-controller",
    "token-cleaner",
    "ttl-after-finished-controller",
    "ttl-controller",
    "validatingadmissionpolicy-status-controller",
    "volumeattributesclass-protection-controller",
    "vac-protection-controller",
];

/// Other accounts of its parts, in `kube-system`.
const ACCOUNTS: [&str; 4] = ["kube-controller-manager", "kube-dns", "kube-scheduler", "leader-election-controller"];

/// Users of its parts.
const USERS: [&str; 4] = ["system:apiserver", "system:kube-controller-manager", "system:kube-proxy", "system:kube-scheduler"];

/// Bindings beside those of the controllers: namespace, which is empty in the cluster, name, role.
const BINDINGS: [(&str, &str, &str); 16] = [
    ("", "cluster-admin", "cluster-admin"),
    ("", "system:basic-user", "system:basic-user"),
    ("", "system:discovery", "system:discovery"),
    ("", "system:kube-controller-manager", "system:kube-controller-manager"),
    ("", "system:kube-dns", "system:kube-dns"),
    ("", "system:kube-scheduler", "system:kube-scheduler"),
    ("", "system:monitoring", "system:monitoring"),
    ("", "system:node", "system:node"),
    ("", "system:node-proxier", "system:node-proxier"),
    ("", "system:public-info-viewer", "system:public-info-viewer"),
    ("", "system:service-account-issuer-discovery", "system:service-account-issuer-discovery"),
    ("", "system:volume-scheduler", "system:volume-scheduler"),
    ("kube-system", "system::extension-apiserver-authentication-reader", "extension-apiserver-authentication-reader"),
    ("kube-system", "system::leader-locking-kube-controller-manager", "system::leader-locking-kube-controller-manager"),
    ("kube-system", "system::leader-locking-kube-scheduler", "system::leader-locking-kube-scheduler"),
    ("kube-public", "system:controller:bootstrap-signer", "system:controller:bootstrap-signer"),
];

pub(super) fn is_account(namespace: &str, name: &str) -> bool {
    namespace == "kube-system" && (CONTROLLERS.contains(&name) || ACCOUNTS.contains(&name))
}

pub(super) fn is_user(name: &str) -> bool {
    USERS.contains(&name)
}

/// True for a binding that the platform creates: by its label, or one of those above with the role it has there.
pub(super) fn is_binding(binding: &PlacedBinding) -> bool {
    let (name, role) = (binding.name.as_str(), binding.binding.role.name.as_str());
    let controller = name.strip_prefix("system:controller:").is_some_and(|c| CONTROLLERS.contains(&c));
    let place = binding.namespace.as_str();
    binding.managed || (controller && name == role && matches!(place, "" | "kube-system")) || BINDINGS.contains(&(place, name, role))
}

/// The default roles.
pub(super) fn roles() -> Result<Vec<PlacedRole>> {
    let tree = yaml::documents(FILE, &[(1, ROLES)])?;
    let work = Work::within(Limits::of(ROLES.len() as u64));
    let items = tree.roots().filter_map(|root| root.get("items")).filter_map(Node::list).flatten();
    items.map(|node| role(node, &mut Budget::of(&work))).collect()
}

fn role(node: Node<'_>, budget: &mut Budget<'_>) -> Result<PlacedRole> {
    let wrong = |line: u32| Error::at(FILE, format!("line {line}"), "no role");
    let kind = node.get("kind").and_then(Node::text).and_then(Kind::of).ok_or_else(|| wrong(node.line()))?;
    let mut reader = Reader { file: 0, api: Api::Kubernetes, alpha: false, budget, beside: Vec::new() };
    let object = reader.object(kind, node).map_err(|fault| match fault {
        Fault::Template(line) | Fault::Patch(line) | Fault::Wrong { line, .. } | Fault::TooMuch { line, .. } => wrong(line),
    })?;
    let Body::Role(role) = object.body else { return Err(wrong(node.line())) };
    let (namespace, cluster) = (object.namespace.unwrap_or_default(), !kind.is_namespaced());
    Ok(PlacedRole { cluster, namespace, name: object.name, labels: object.labels, exported: false, role, place: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_roles_reads_and_holds_what_people_bind() {
        let roles = roles().expect("reads");
        let rules = |name: &str| roles.iter().find(|r| r.name == name).map(|r| r.role.rules.len());
        for (name, expected) in [
            ("cluster-admin", 2),
            ("admin", 0),
            ("edit", 0),
            ("view", 0),
            ("system:aggregate-to-admin", 2),
            ("system:aggregate-to-edit", 13),
            ("system:aggregate-to-view", 8),
            ("system:auth-delegator", 2),
        ] {
            assert_eq!(rules(name), Some(expected), "{name}");
        }
        let reader = roles.iter().find(|r| !r.cluster).expect("a role of a namespace");
        assert_eq!((reader.namespace.as_str(), reader.name.as_str()), ("kube-system", "extension-apiserver-authentication-reader"));
    }
}
