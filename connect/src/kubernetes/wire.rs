//! The members of manifests that are read; all others are skipped.

use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize, Default)]
pub(super) struct Metadata {
    #[serde(default)]
    pub(super) name: Option<String>,
    #[serde(default, rename = "continue")]
    pub(super) more: Option<String>,
    pub(super) namespace: Option<String>,
    pub(super) labels: Option<BTreeMap<String, Option<String>>>,
}

#[derive(Deserialize, Clone)]
#[serde(rename_all = "camelCase")]
pub(super) struct PolicyRule {
    #[serde(default)]
    pub(super) api_groups: Option<Vec<String>>,
    #[serde(default)]
    pub(super) resources: Option<Vec<String>>,
    #[serde(default)]
    pub(super) verbs: Vec<String>,
    #[serde(default)]
    pub(super) resource_names: Option<Vec<String>>,
    #[serde(default, rename = "nonResourceURLs")]
    pub(super) non_resource_urls: Option<Vec<String>>,
}

#[derive(Deserialize)]
pub(super) struct RoleRef {
    pub(super) kind: String,
    pub(super) name: String,
}

#[derive(Deserialize)]
pub(super) struct Subject {
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) namespace: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Selector {
    pub(super) match_labels: Option<BTreeMap<String, String>>,
    #[serde(default)]
    pub(super) match_expressions: Vec<Expression>,
}

#[derive(Deserialize, Clone)]
pub(super) struct Expression {
    pub(super) key: String,
    pub(super) operator: String,
    #[serde(default)]
    pub(super) values: Vec<String>,
}

impl Selector {
    /// As the API server reads it: all labels and all expressions; an empty selector fits everything.
    pub(super) fn fits(&self, labels: &BTreeMap<String, String>) -> bool {
        let same = self.match_labels.iter().flatten().all(|(k, v)| labels.get(k) == Some(v));
        same && self.match_expressions.iter().all(|e| {
            let value = labels.get(&e.key);
            match e.operator.as_str() {
                "Exists" => value.is_some(),
                "DoesNotExist" => value.is_none(),
                "NotIn" => value.is_none_or(|v| !e.values.contains(v)),
                _ => value.is_some_and(|v| e.values.contains(v)),
            }
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Aggregation {
    #[serde(default)]
    pub(super) cluster_role_selectors: Vec<Selector>,
}

/// Any object; what is not asked for is skipped.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Manifest {
    pub(super) kind: Option<String>,
    #[serde(default)]
    pub(super) metadata: Option<Metadata>,
    pub(super) rules: Option<serde_json::Value>,
    pub(super) role_ref: Option<RoleRef>,
    pub(super) subjects: Option<Vec<Subject>>,
    pub(super) aggregation_rule: Option<Aggregation>,
    pub(super) items: Option<Vec<Manifest>>,
}
