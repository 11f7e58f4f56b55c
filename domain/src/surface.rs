//! The eight things an identity's behaviour is made of, and the drift key of a tool.

use crate::json::{self, NotCanonical};
use serde_json::{Map, Value};

crate::words! {
    /// A surface kind.
    SurfaceKind {
        Instructions = "instructions", "instructions";
        Tools = "tools", "tools";
        Memory = "memory", "memory";
        Permissions = "permissions", "permissions";
        Boundary = "boundary", "boundary";
        Evaluator = "evaluator", "evaluator";
        ApprovalRule = "approval_rule", "approval rule";
        Model = "model", "model";
    }
}

/// The content of these is derived from live grants and tool definitions; only locator and digest are kept.
pub fn is_derived(kind: SurfaceKind) -> bool {
    matches!(kind, SurfaceKind::Permissions | SurfaceKind::Tools)
}

/// The digest of the derived surface `permissions`: over what the grants say and how they are held, in fixed
/// order, without ids or times. Each grant as (content key of its rule, path, name of the path, set).
pub fn permissions_digest<'a>(grants: impl Iterator<Item = (String, &'a str, &'a str, &'a str)>) -> Option<String> {
    let mut all: Vec<_> = grants.collect();
    all.sort_unstable();
    all.dedup();
    if all.is_empty() { None } else { json::digest(&all).ok() }
}

/// A tool's annotations with the defaults of MCP applied, so that saying the default aloud is no change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Annotations {
    pub read_only_hint: bool,
    pub destructive_hint: bool,
    pub idempotent_hint: bool,
    pub open_world_hint: bool,
}

impl Annotations {
    pub fn of(tool: &Value) -> Self {
        let hint =
            |name: &str, default: bool| tool.get("annotations").and_then(|a| a.get(name)).and_then(Value::as_bool).unwrap_or(default);
        let read_only_hint = hint("readOnlyHint", false);
        Self {
            read_only_hint,
            // Meaningful only for tools that write.
            destructive_hint: !read_only_hint && hint("destructiveHint", true),
            idempotent_hint: !read_only_hint && hint("idempotentHint", false),
            open_world_hint: hint("openWorldHint", true),
        }
    }
}

/// SHA-256 over JCS(name, description, inputSchema, outputSchema, annotations): a tool whose key is the
/// same has not changed for whoever reads it. A member that is null says what one that is not there says. Docker's
/// catalogue keeps `arguments` in place of an input schema.
pub fn drift_key(tool: &Value) -> Result<String, NotCanonical> {
    let mut covered = Map::new();
    for member in ["name", "description", "inputSchema", "outputSchema", "arguments"] {
        if let Some(value) = tool.get(member).filter(|v| !v.is_null()) {
            covered.insert(member.to_owned(), value.clone());
        }
    }
    let mut annotations = tool.get("annotations").and_then(Value::as_object).cloned().unwrap_or_default();
    annotations.retain(|_, value| !value.is_null());
    let effective = serde_json::to_value(Annotations::of(tool)).unwrap_or_default();
    if let Value::Object(effective) = effective {
        annotations.extend(effective);
    }
    covered.insert("annotations".to_owned(), Value::Object(annotations));
    let mut covered = Value::Object(covered);
    json::exact(&mut covered);
    json::digest(&covered)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_default_said_aloud_is_no_change() {
        let silent = json!({"name": "t", "description": "d", "inputSchema": {"type": "object"}});
        let aloud = json!({"name": "t", "description": "d", "inputSchema": {"type": "object"}, "annotations": {"readOnlyHint": false}});
        let other = json!({"name": "t", "description": "d", "inputSchema": {"type": "object"}, "annotations": {"readOnlyHint": true}});
        assert_eq!(drift_key(&silent).expect("json"), drift_key(&aloud).expect("json"));
        assert_ne!(drift_key(&silent).expect("json"), drift_key(&other).expect("json"));
    }
    #[test]
    fn null_is_no_change_and_a_digit_or_an_argument_is_one() {
        let key = |tool: Value| drift_key(&tool).expect("json");
        let silent = json!({"name": "t", "description": "d", "inputSchema": {"type": "object"}});
        let null = json!({"name": "t", "description": "d", "inputSchema": {"type": "object"}, "outputSchema": null, "title": null,
            "annotations": {"title": null, "readOnlyHint": null}});
        assert_eq!(key(silent.clone()), key(null));
        let most = |n: i64| json!({"name": "t", "inputSchema": {"properties": {"n": {"maximum": n}}}});
        assert_ne!(key(most(i64::MAX)), key(most(i64::MAX - 1)));
        assert_eq!(key(most(7)), key(json!({"name": "t", "inputSchema": {"properties": {"n": {"maximum": 7.0}}}})));
        let takes = |n: &str| json!({"name": "t", "arguments": [{"name": n}]});
        assert_ne!(key(takes("a")), key(takes("b")));
        assert_ne!(
            key(json!({"name": "t", "inputSchema": {"default": null}})),
            key(json!({"name": "t", "inputSchema": {}})),
            "a default may be null"
        );
    }
}
