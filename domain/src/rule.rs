//! A rule: one statement of a permission set, as sorted sets, named by the digest of its content.

use crate::json;
use serde::{Deserialize, Serialize};

crate::words! {
    /// Whose language the patterns of a rule are in.
    Dialect {
        Aws = "aws", "AWS";
        Kubernetes = "kubernetes", "Kubernetes";
        Mcp = "mcp", "MCP";
        A2a = "a2a", "A2A";
        Csv = "csv", "CSV";
        Countersign = "countersign", "Countersign";
    }
}

crate::words! {
    /// What a rule does with what it matches.
    Effect {
        Allow = "allow", "allowed";
        Deny = "deny", "denied";
    }
}

crate::words! {
    /// The path by which an identity holds a rule.
    Via {
        Direct = "direct", "direct";
        Group = "group", "group";
        Binding = "binding", "binding";
        Boundary = "boundary", "boundary";
        Trust = "trust", "trust";
    }
}

crate::words! {
    /// Who enforces a grant: this program's decision point, or the source.
    Enforced {
        DecidedHere = "decided_here", "decided here";
        ProvisionedElsewhere = "provisioned_elsewhere", "provisioned elsewhere";
    }
}

crate::words! {
    /// Whether a permission set stood in the input, or was only referred to: then access through it is unknown.
    SetState {
        Seen = "seen", "seen";
        Absent = "absent", "absent";
    }
}

crate::words! {
    /// How a row came into the baseline.
    Origin {
        Adopted = "adopted", "adopted";
        Registered = "registered", "registered";
        Change = "change", "by a change";
        Rollback = "rollback", "by a rollback";
        Inherited = "inherited", "inherited";
    }
}

crate::words! {
    /// Whether the evidence for a row could have been produced by the identity itself.
    SelfEvidence {
        Yes = "yes", "yes";
        No = "no", "no";
        Unknown = "unknown", "unknown";
    }
}

/// One statement. All lists are sorted and without repeats; `new` sees to it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Rule {
    pub dialect: Dialect,
    pub effect: Effect,
    pub actions: Vec<String>,
    pub actions_negated: Vec<String>,
    pub resources: Vec<String>,
    pub resources_negated: Vec<String>,
    /// One text per condition, for example `StringEquals aws:RequestedRegion eu-west-1`.
    pub conditions: Vec<String>,
}

impl Rule {
    pub fn new(dialect: Dialect, effect: Effect) -> Self {
        Self { dialect, effect, actions: vec![], actions_negated: vec![], resources: vec![], resources_negated: vec![], conditions: vec![] }
    }

    /// Sorts and removes repeats; call it once the lists are filled.
    #[must_use]
    pub fn normal(mut self) -> Self {
        for list in [&mut self.actions, &mut self.actions_negated, &mut self.resources, &mut self.resources_negated, &mut self.conditions] {
            list.sort_unstable();
            list.dedup();
        }
        self
    }

    /// Hex SHA-256 of the canonical content: never the index nor the Sid.
    pub fn content_key(&self) -> String {
        json::digest(self).unwrap_or_default()
    }

    pub fn is_conditional(&self) -> bool {
        !self.conditions.is_empty()
    }

    /// The units: (action pattern, resource pattern) pairs that are not negated. In Kubernetes a resource
    /// name narrows a resource and makes no unit of its own.
    pub fn units(&self) -> impl Iterator<Item = (&str, &str)> {
        let kubernetes = self.dialect == Dialect::Kubernetes;
        self.actions.iter().flat_map(move |action| {
            self.resources.iter().map(move |resource| {
                let resource = if kubernetes { resource.split('#').next().unwrap_or(resource) } else { resource };
                (action.as_str(), resource)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_repeats_do_not_change_the_key() {
        let mut a = Rule::new(Dialect::Aws, Effect::Allow);
        a.actions = vec!["s3:Get*".into(), "s3:Put*".into(), "s3:Get*".into()];
        let mut b = Rule::new(Dialect::Aws, Effect::Allow);
        b.actions = vec!["s3:Put*".into(), "s3:Get*".into()];
        assert_eq!(a.normal().content_key(), b.normal().content_key());
    }
}
