//! The five kinds of objects that say who may do what, as the reader of manifests found them. They decide nothing.

use std::collections::BTreeMap;

/// Where an object stands: which file of the input, and the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) file: u32,
    pub(super) line: u32,
}

/// The kinds that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    Account,
    Role { cluster: bool },
    Binding { cluster: bool },
}

impl Kind {
    pub(super) fn of(word: &str) -> Option<Self> {
        Some(match word {
            "ServiceAccount" => Self::Account,
            "Role" => Self::Role { cluster: false },
            "ClusterRole" => Self::Role { cluster: true },
            "RoleBinding" => Self::Binding { cluster: false },
            "ClusterRoleBinding" => Self::Binding { cluster: true },
            _ => return None,
        })
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Account => "ServiceAccount",
            Self::Role { cluster: false } => "Role",
            Self::Role { cluster: true } => "ClusterRole",
            Self::Binding { cluster: false } => "RoleBinding",
            Self::Binding { cluster: true } => "ClusterRoleBinding",
        }
    }

    pub(super) fn is_namespaced(self) -> bool {
        !matches!(self, Self::Role { cluster: true } | Self::Binding { cluster: true })
    }
}

/// Whose words an object is in: OpenShift's older group says the same otherwise.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Api {
    Kubernetes,
    OpenShift,
}

pub(super) struct Object {
    pub(super) place: Place,
    pub(super) kind: Kind,
    /// As stated; none for what stands in the whole cluster.
    pub(super) namespace: Option<String>,
    /// True where the namespace is not stated but assumed.
    pub(super) assumed: bool,
    pub(super) name: String,
    pub(super) labels: BTreeMap<String, String>,
    /// True where the API server wrote it down: it bears an identifier that only the server gives.
    pub(super) exported: bool,
    pub(super) body: Body,
}

pub(super) enum Body {
    Account,
    Role(Role),
    Binding(Binding),
}

#[derive(Clone, Default)]
pub(super) struct Role {
    pub(super) rules: Vec<PolicyRule>,
    /// Labels of the roles whose rules it takes over.
    pub(super) selectors: Vec<Selector>,
}

pub(super) struct Binding {
    pub(super) role: RoleRef,
    pub(super) subjects: Vec<Subject>,
}

#[derive(Clone, Default)]
pub(super) struct PolicyRule {
    pub(super) groups: Vec<String>,
    pub(super) resources: Vec<String>,
    pub(super) verbs: Vec<String>,
    pub(super) names: Vec<String>,
    pub(super) urls: Vec<String>,
}

impl PolicyRule {
    /// Verbs whose requests name no object of their own, where the rule gives them by name: `create` on a subresource does.
    pub(super) fn unnamed(&self) -> Option<String> {
        let whole = self.resources.iter().any(|r| !r.contains('/'));
        let verbs: Vec<&str> = self.verbs.iter().map(String::as_str).filter(|v| is_unnamed(v)).collect();
        (whole && !self.names.is_empty() && !verbs.is_empty()).then(|| verbs.join(" and "))
    }
}

/// Whether a request of a verb names no object.
pub(super) fn is_unnamed(verb: &str) -> bool {
    matches!(verb, "create" | "deletecollection")
}

pub(super) struct RoleRef {
    pub(super) cluster: bool,
    pub(super) name: String,
}

impl RoleRef {
    pub(super) fn word(&self) -> &'static str {
        Kind::Role { cluster: self.cluster }.word()
    }
}

pub(super) struct Subject {
    pub(super) kind: SubjectKind,
    pub(super) name: String,
    pub(super) namespace: Option<String>,
    pub(super) assumed: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum SubjectKind {
    Account,
    User,
    Group,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Selector {
    pub(super) labels: BTreeMap<String, String>,
    pub(super) expressions: Vec<Expression>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Expression {
    pub(super) key: String,
    pub(super) operator: String,
    pub(super) values: Vec<String>,
}

impl Selector {
    /// As the API server reads it: all labels and all expressions; an empty selector fits everything.
    pub(super) fn fits(&self, labels: &BTreeMap<String, String>) -> bool {
        let same = self.labels.iter().all(|(k, v)| labels.get(k) == Some(v));
        same && self.expressions.iter().all(|e| {
            let value = labels.get(&e.key);
            match e.operator.as_str() {
                "Exists" => value.is_some(),
                "DoesNotExist" => value.is_none(),
                "NotIn" => value.is_none_or(|v| !e.values.contains(v)),
                _ => value.is_some_and(|v| e.values.contains(v)),
            }
        })
    }

    /// What comparing it once may cost, for the budget.
    pub(super) fn cost(&self) -> u64 {
        1 + self.labels.len() as u64 + self.expressions.iter().map(|e| 1 + e.values.len() as u64).sum::<u64>()
    }
}
