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

/// One statement. All lists are sorted and without repeats; `normal` sees to it.
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
    /// Whom the statement itself speaks of; empty where it stands with its holder, as in a permission policy. Each text is
    /// typed and has one form a kind (AWS trust policies):
    /// - `*`: anybody;
    /// - `account:111122223333`: a whole account, whether written as its digits or as the ARN of its root;
    /// - `aws:` with the ARN or the unique id of one user, role or session;
    /// - `service:lambda.amazonaws.com`;
    /// - `federated:` with the ARN or the name of an identity provider (whom of it, the conditions say);
    /// - `canonical:` with a canonical user id;
    /// - `unknown:Type:name`: a principal type this version does not know, kept as it stands.
    ///
    /// Left out of the content while empty: rules that name nobody keep the key they had before there were principals.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub principals: Vec<String>,
    /// Whom the statement passes by, in the same forms: it speaks of everybody else.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub principals_negated: Vec<String>,
}

impl Rule {
    pub fn new(dialect: Dialect, effect: Effect) -> Self {
        Self {
            dialect,
            effect,
            actions: vec![],
            actions_negated: vec![],
            resources: vec![],
            resources_negated: vec![],
            conditions: vec![],
            principals: vec![],
            principals_negated: vec![],
        }
    }

    /// Sorts and removes repeats; call it once the lists are filled.
    #[must_use]
    pub fn normal(mut self) -> Self {
        for list in self.lists_mut() {
            list.sort_unstable();
            list.dedup();
            // There may be hundreds of thousands, and most lists hold one text.
            list.shrink_to_fit();
        }
        self
    }

    /// Every list of texts, for what treats them alike.
    pub fn lists_mut(&mut self) -> [&mut Vec<String>; 7] {
        [
            &mut self.actions,
            &mut self.actions_negated,
            &mut self.resources,
            &mut self.resources_negated,
            &mut self.conditions,
            &mut self.principals,
            &mut self.principals_negated,
        ]
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

    /// Keys stand in stores that are there: each is the SHA-256 of the text beside it, computed apart from this code.
    #[test]
    fn a_key_never_changes() {
        let mut plain = Rule::new(Dialect::Aws, Effect::Allow);
        plain.actions = vec!["s3:ListBucket".into(), "s3:GetObject".into()];
        plain.resources = vec!["arn:aws:s3:::reports/*".into()];
        plain.conditions = vec!["StringEquals aws:RequestedRegion eu-west-1".into()];
        let mut trust = Rule::new(Dialect::Aws, Effect::Allow);
        trust.actions = vec!["sts:AssumeRole".into()];
        trust.resources = vec!["arn:aws:iam::111122223333:role/deployer".into()];
        trust.principals = vec!["service:lambda.amazonaws.com".into(), "account:111122223333".into()];
        let cases = [
            (
                plain,
                r#"{"actions":["s3:GetObject","s3:ListBucket"],"actions_negated":[],"conditions":["StringEquals aws:RequestedRegion eu-west-1"],"dialect":"aws","effect":"allow","resources":["arn:aws:s3:::reports/*"],"resources_negated":[]}"#,
                "3b79b300030c10d1cdc72be06001e5f1a36779a1f524f4e507c10125e80c554f",
            ),
            (
                trust,
                r#"{"actions":["sts:AssumeRole"],"actions_negated":[],"conditions":[],"dialect":"aws","effect":"allow","principals":["account:111122223333","service:lambda.amazonaws.com"],"resources":["arn:aws:iam::111122223333:role/deployer"],"resources_negated":[]}"#,
                "109ff6f215dcadbb07d639be75d40b84fb888f181ff97169a1f1d0432c7d1b6d",
            ),
        ];
        for (rule, text, key) in cases {
            let rule = rule.normal();
            assert_eq!(json::canonical(&rule).expect("canonical"), text);
            assert_eq!(rule.content_key(), key);
            assert_eq!(serde_json::from_str::<Rule>(text).expect("reads"), rule);
        }
    }

    #[test]
    fn whom_a_rule_speaks_of_is_part_of_its_key() {
        let of = |principals: &[&str], negated: &[&str]| {
            let mut r = Rule::new(Dialect::Aws, Effect::Deny);
            r.principals = principals.iter().map(|p| (*p).to_owned()).collect();
            r.principals_negated = negated.iter().map(|p| (*p).to_owned()).collect();
            r.normal().content_key()
        };
        assert_eq!(of(&["*", "service:a", "*"], &[]), of(&["service:a", "*"], &[]));
        let keys = [of(&[], &[]), of(&["*"], &[]), of(&[], &["*"])];
        assert!(keys[0] != keys[1] && keys[1] != keys[2] && keys[0] != keys[2], "{keys:?}");
    }
}
