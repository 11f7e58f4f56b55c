//! Policy documents: an object, or the URL-encoded JSON text that the raw API gives. Statements become
//! rules; `Principal` and `NotPrincipal` are read for trust only.

use super::principal;
use domain::rule::{Dialect, Effect, Rule};
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::collections::BTreeMap;

/// A policy document.
#[derive(Clone, Debug, Default)]
pub struct Document {
    statements: Vec<Raw>,
}

/// A rule with the statement's display label.
pub struct Statement {
    pub rule: Rule,
    pub label: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Raw {
    sid: Option<String>,
    effect: RawEffect,
    #[serde(default, deserialize_with = "one_or_many")]
    action: Vec<String>,
    #[serde(default, deserialize_with = "one_or_many")]
    not_action: Vec<String>,
    #[serde(default, deserialize_with = "one_or_many")]
    resource: Vec<String>,
    #[serde(default, deserialize_with = "one_or_many")]
    not_resource: Vec<String>,
    #[serde(default)]
    condition: BTreeMap<String, BTreeMap<String, Value>>,
    principal: Option<Value>,
    not_principal: Option<Value>,
}

impl Raw {
    /// The statement without its principals.
    fn statement(self) -> Statement {
        let effect = match self.effect {
            RawEffect::Allow => Effect::Allow,
            RawEffect::Deny => Effect::Deny,
        };
        let mut rule = Rule::new(Dialect::Aws, effect);
        rule.actions = self.action;
        rule.actions_negated = self.not_action;
        rule.resources = self.resource;
        rule.resources_negated = self.not_resource;
        rule.conditions = conditions(&self.condition);
        Statement { rule: rule.normal(), label: self.sid.filter(|s| !s.is_empty()) }
    }

    /// The statement of a trust policy. A role is the one resource its trust policy speaks of; AWS lets it name none.
    fn trust(self, role: &str) -> Result<Statement, String> {
        let principals = principal::read("Principal", self.principal.as_ref())?;
        let principals_negated = principal::read("NotPrincipal", self.not_principal.as_ref())?;
        match (principals.is_empty(), principals_negated.is_empty()) {
            (true, true) => return Err("neither Principal nor NotPrincipal: whom it speaks of is not said".to_owned()),
            (false, false) => return Err("both Principal and NotPrincipal".to_owned()),
            _ => {}
        }
        let Statement { rule, label } = self.statement();
        let rule = Rule { principals, principals_negated, resources: vec![role.to_owned()], resources_negated: vec![], ..rule };
        Ok(Statement { rule: rule.normal(), label })
    }
}

#[derive(Clone, Copy, Debug, Deserialize)]
enum RawEffect {
    Allow,
    Deny,
}

/// A statement list: one object or many.
#[derive(Deserialize)]
#[serde(untagged)]
enum Statements {
    Many(Vec<Raw>),
    One(Box<Raw>),
}

#[derive(Deserialize)]
struct Whole {
    #[serde(rename = "Statement")]
    statement: Statements,
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Object(Whole),
            Text(String),
        }
        let whole = match Form::deserialize(d) {
            Ok(Form::Object(whole)) => whole,
            Ok(Form::Text(text)) => {
                serde_json::from_str(&percent_decode_str(&text).decode_utf8_lossy()).map_err(serde::de::Error::custom)?
            }
            Err(_) => return Err(serde::de::Error::custom("a policy document without well-formed Statement, Effect and Action")),
        };
        let document = Self::of_whole(whole);
        if document.is_complete() { Ok(document) } else { Err(serde::de::Error::custom("a statement without Action or NotAction")) }
    }
}

/// The bare `Statement` member of a policy file.
#[derive(Deserialize)]
#[serde(transparent)]
pub struct StatementMember(Statements);

impl Document {
    fn of_whole(whole: Whole) -> Self {
        Self::of(StatementMember(whole.statement))
    }

    pub fn of(StatementMember(statements): StatementMember) -> Self {
        let statements = match statements {
            Statements::Many(list) => list,
            Statements::One(one) => vec![*one],
        };
        Self { statements }
    }

    pub fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    /// A statement that names no action would be read as no access.
    fn is_complete(&self) -> bool {
        self.statements.iter().all(|s| !s.action.is_empty() || !s.not_action.is_empty())
    }

    /// The statements of a permission policy as rules.
    pub fn into_rules(self) -> Vec<Statement> {
        self.statements.into_iter().map(Raw::statement).collect()
    }

    /// The statements of a role's trust policy as rules over its ARN; an error says which statement and why.
    pub fn into_trust(self, role: &str) -> Result<Vec<Statement>, String> {
        let place = |at: usize, sid: Option<&str>| match sid {
            Some(sid) if !sid.is_empty() => format!("statement {} ({sid})", at + 1),
            _ => format!("statement {}", at + 1),
        };
        let one = |(at, raw): (usize, Raw)| {
            let place = place(at, raw.sid.as_deref());
            raw.trust(role).map_err(|why| format!("{place}: {why}"))
        };
        self.statements.into_iter().enumerate().map(one).collect()
    }
}

/// One text per (operator, key): its values sorted.
fn conditions(raw: &BTreeMap<String, BTreeMap<String, Value>>) -> Vec<String> {
    let mut out = Vec::new();
    for (operator, keys) in raw {
        for (key, value) in keys {
            let mut values: Vec<String> = match value {
                Value::Array(list) => list.iter().map(plain).collect(),
                other => vec![plain(other)],
            };
            values.sort();
            out.push(format!("{operator} {key} {}", values.join(" | ")));
        }
    }
    out
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn one_or_many<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Form {
        One(String),
        Many(Vec<String>),
    }
    Ok(match Form::deserialize(d)? {
        Form::One(one) => vec![one],
        Form::Many(many) => many,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_raw_api_gives_url_encoded_text() {
        let text =
            "\"%7B%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22s3%3AGet%2A%22%2C%22Resource%22%3A%22%2A%22%7D%7D\"";
        let document: Document = serde_json::from_str(text).expect("reads");
        assert!(serde_json::from_str::<Document>("{\"Statement\":[{\"Effect\":\"Allow\",\"action\":\"*\"}]}").is_err());
        let rules: Vec<Statement> = document.into_rules();
        assert_eq!(rules[0].rule.actions, ["s3:Get*"]);
    }

    #[test]
    fn a_document_without_effect_is_refused() {
        assert!(serde_json::from_str::<Document>("{\"Statement\":[{\"Action\":\"*\"}]}").is_err());
    }
}
