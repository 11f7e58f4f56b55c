//! Policy documents: an object, JSON text, or the percent-encoded JSON text that the raw API gives. Statements become rules;
//! `Principal` and `NotPrincipal` are read for trust only. What a statement does not say in IAM's words is refused, never
//! read as less access.

use super::principal;
use super::wire::Wrong;
use crate::json::{self, Place};
use domain::rule::{Dialect, Effect, Rule};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A rule with the statement's display label.
#[derive(Clone)]
pub(super) struct Statement {
    pub(super) rule: Rule,
    pub(super) label: Option<String>,
}

/// Members that nobody knows, counted, and what is lacking.
#[derive(Default)]
pub(super) struct Strange(BTreeMap<String, u64>, BTreeMap<&'static str, u64>);

/// The most different ones that are named.
const STRANGE: usize = 50;

impl Strange {
    /// A member at a place, named without the numbers of lists.
    pub(super) fn member(&mut self, place: &Place, name: &str) {
        let mut path: String = place.path.split('[').map(|part| part.trim_start_matches(|c: char| c.is_ascii_digit())).collect();
        path = path.replace(']', "[]");
        self.add(&format!("{path}.{}", domain::text::capped(name, 80)));
    }

    pub(super) fn add(&mut self, name: &str) {
        let name = name.trim_start_matches('.');
        let name = if self.0.contains_key(name) || self.0.len() < STRANGE { name } else { "others" };
        *self.0.entry(name.to_owned()).or_default() += 1;
    }

    fn lacks(&mut self, what: &'static str) {
        *self.1.entry(what).or_default() += 1;
    }

    /// What is said of what is lacking.
    pub(super) fn lacking(&self) -> impl Iterator<Item = String> + use<'_> {
        self.1.iter().map(|(what, times)| format!("{what} ({times} times)").replace(" (1 times)", ""))
    }

    /// What is said of them; nothing where there are none.
    pub(super) fn note(&self) -> Option<String> {
        let all: Vec<String> = self.0.iter().map(|(name, times)| format!("{name} ({times} times)").replace(" (1 times)", "")).collect();
        (!all.is_empty()).then(|| format!("members that are not known were not read: {}", all.join(", ")))
    }
}

const DOCUMENT: [&str; 3] = ["Version", "Id", "Statement"];
const STATEMENT: [&str; 9] = ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];

/// The statements of a permission policy as rules; an error says which statement and why.
pub(super) fn permissions(document: &Value, strange: &mut Strange) -> Wrong<Vec<Statement>> {
    let statements = each(document, strange, |said| {
        if ["Principal", "NotPrincipal"].iter().any(|name| json::present(said.members, &[name]).is_some()) {
            return Err("it names a Principal, which AWS takes in no policy of an identity".to_owned());
        }
        said.statement()
    })?;
    if statements.is_empty() {
        strange.lacks("policy documents without a statement give nothing");
    }
    Ok(statements)
}

/// What a document is that says who, and not what a holder may.
pub(super) fn of_others(document: &Value) -> Option<&'static str> {
    let document = decoded(document).ok()?;
    let statement = document.get("Statement")?;
    let mut all = statement.as_array().map_or_else(|| std::slice::from_ref(statement), Vec::as_slice).iter();
    let who = |s: &Value| ["Principal", "NotPrincipal"].iter().any(|name| s.get(name).is_some_and(|v| !v.is_null()));
    if !all.clone().any(who) {
        return None;
    }
    let is_sts = |action: &Value| action.as_str().is_some_and(|a| a.to_lowercase().starts_with("sts:"));
    let assumes = |s: &Value| match s.get("Action") {
        Some(Value::Array(list)) => list.iter().all(is_sts),
        Some(one) => is_sts(one),
        None => false,
    };
    Some(if all.all(assumes) { "the trust policy of a role" } else { "the policy of a resource, which says who may reach it" })
}

/// The statements of a role's trust policy as rules over its ARN.
pub(super) fn trust(document: &Value, role: &str, strange: &mut Strange) -> Wrong<Vec<Statement>> {
    each(document, strange, |said| said.trust(role))
}

fn each(document: &Value, strange: &mut Strange, read: impl Fn(&Said<'_>) -> Wrong<Statement>) -> Wrong<Vec<Statement>> {
    let document = decoded(document)?;
    let members = document.as_object().ok_or("a policy document is an object with a Statement")?;
    for name in known(members, &DOCUMENT, "a policy document")? {
        strange.add(&format!("policy document.{}", domain::text::capped(&name, 80)));
    }
    let statement = json::present(members, &["Statement"]).ok_or("a policy document without a Statement")?;
    let statements = statement.as_array().map_or_else(|| std::slice::from_ref(statement), Vec::as_slice);
    let mut out = Vec::with_capacity(statements.len());
    for (at, value) in statements.iter().enumerate() {
        let sid = value.get("Sid").and_then(Value::as_str).filter(|sid| !sid.is_empty());
        let place =
            sid.map_or_else(|| format!("statement {}", at + 1), |sid| format!("statement {} ({})", at + 1, domain::text::capped(sid, 80)));
        let members = value.as_object().ok_or_else(|| format!("{place}: a statement is an object"))?;
        let unknown = known(members, &STATEMENT, "a statement").map_err(|why| format!("{place}: {why}"))?;
        for name in unknown {
            strange.add(&format!("statement.{}", domain::text::capped(&name, 80)));
        }
        let read = read(&Said { members, sid }).map_err(|why| format!("{place}: {why}"))?;
        if read.rule.resources.is_empty() && read.rule.resources_negated.is_empty() {
            strange.lacks("statements with neither Resource nor NotResource, which AWS refuses, are read as speaking of everything");
        }
        out.push(read);
    }
    Ok(out)
}

/// The document as it is, or the one that a text holds: JSON, or JSON that is percent-encoded. JSON is never decoded: a
/// percent sign in it is meant.
fn decoded(document: &Value) -> Wrong<Cow<'_, Value>> {
    let Some(text) = document.as_str() else { return Ok(Cow::Borrowed(document)) };
    let broken = |e: crate::Error| format!("the text of a policy document: {}", super::wire::said(e));
    let plain = json::values("", text);
    let values = match plain {
        Err(_) if text.contains('%') => {
            let decoded = percent_decode_str(text).decode_utf8().map_err(|_| "the text of a policy document is not UTF-8 once decoded")?;
            json::values("", &decoded).map_err(broken)?
        }
        plain => plain.map_err(broken)?,
    };
    match <[Value; 1]>::try_from(values) {
        Ok([one]) => Ok(Cow::Owned(one)),
        Err(_) => Err("the text of a policy document holds more than one value".to_owned()),
    }
}

/// The members that are not known, as they are written: IAM's names have one spelling.
pub(super) fn unknown(members: &Map<String, Value>, names: &[&str]) -> Vec<String> {
    members.keys().filter(|name| !names.contains(&name.as_str())).cloned().collect()
}

/// The same. One that is a known one misspelt is refused: what it says would be lost.
fn known(members: &Map<String, Value>, names: &[&str], what: &str) -> Wrong<Vec<String>> {
    let unknown = unknown(members, names);
    for name in &unknown {
        let plain = |text: &str| text.replace(['_', '-', ' '], "").to_lowercase();
        if let Some(meant) = names.iter().find(|known| crate::csv::is_near(&plain(name), &plain(known))) {
            return Err(format!("{:?} is no member of {what}: {meant} is meant", domain::text::capped(name, 80)));
        }
    }
    Ok(unknown)
}

/// A statement as it is written.
struct Said<'a> {
    members: &'a Map<String, Value>,
    sid: Option<&'a str>,
}

impl Said<'_> {
    /// The statement without its principals.
    fn statement(&self) -> Wrong<Statement> {
        let effect = match json::present(self.members, &["Effect"]) {
            Some(Value::String(text)) if text == "Allow" => Effect::Allow,
            Some(Value::String(text)) if text == "Deny" => Effect::Deny,
            Some(other) => {
                return Err(format!("Effect is {}: \"Allow\" or \"Deny\" is wanted", domain::text::capped(&other.to_string(), 80)));
            }
            None => return Err("no Effect: \"Allow\" or \"Deny\" is wanted".to_owned()),
        };
        let mut rule = Rule::new(Dialect::Aws, effect);
        (rule.actions, rule.actions_negated) = self.either("Action", "NotAction")?;
        (rule.resources, rule.resources_negated) = self.either("Resource", "NotResource")?;
        if rule.actions.is_empty() && rule.actions_negated.is_empty() {
            // It would be read as no access.
            return Err("neither Action nor NotAction".to_owned());
        }
        rule.conditions = self.conditions()?;
        Ok(Statement { rule: rule.normal(), label: self.sid.map(str::to_owned) })
    }

    /// The statement of a trust policy. A role is the one resource its trust policy speaks of; AWS lets it name none.
    fn trust(&self, role: &str) -> Wrong<Statement> {
        let who = |name| principal::read(name, json::present(self.members, &[name]));
        let (principals, principals_negated) = (who("Principal")?, who("NotPrincipal")?);
        match (principals.is_empty(), principals_negated.is_empty()) {
            (true, true) => return Err("neither Principal nor NotPrincipal: whom it speaks of is not said".to_owned()),
            (false, false) => return Err("both Principal and NotPrincipal".to_owned()),
            _ => {}
        }
        let Statement { rule, label } = self.statement()?;
        let rule = Rule { principals, principals_negated, resources: vec![role.to_owned()], resources_negated: vec![], ..rule };
        Ok(Statement { rule: rule.normal(), label })
    }

    /// Patterns of a member or of its negation, of which a statement has one.
    fn either(&self, name: &str, negated: &str) -> Wrong<(Vec<String>, Vec<String>)> {
        let (plain, not) = (self.patterns(name)?, self.patterns(negated)?);
        if plain.is_empty() || not.is_empty() { Ok((plain, not)) } else { Err(format!("both {name} and {negated}")) }
    }

    /// One text or many.
    fn patterns(&self, name: &str) -> Wrong<Vec<String>> {
        let Some(value) = json::present(self.members, &[name]) else { return Ok(vec![]) };
        let items = value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice);
        let text = |item: &Value| match item.as_str() {
            Some("") => Err(format!("{name} holds an empty text")),
            Some(text) => Ok(text.to_owned()),
            None => Err(format!("{name}: a text is wanted, or a list of texts")),
        };
        items.iter().map(text).collect()
    }

    /// One text per (operator, key): its values sorted.
    fn conditions(&self) -> Wrong<Vec<String>> {
        let Some(value) = json::present(self.members, &["Condition"]) else { return Ok(vec![]) };
        let object =
            |value: &Value| value.as_object().cloned().ok_or("Condition: an object of operators, each with an object of keys, is wanted");
        let mut out = Vec::new();
        for (operator, keys) in object(value)?.iter().filter(|(_, keys)| !keys.is_null()) {
            for (key, value) in object(keys)? {
                let mut values: Vec<String> = match &value {
                    Value::Array(list) => list.iter().map(plain).collect(),
                    other => vec![plain(other)],
                };
                values.sort();
                out.push(format!("{operator} {key} {}", values.join(" | ")));
            }
        }
        Ok(out)
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(document: &Value) -> Wrong<Vec<Rule>> {
        Ok(permissions(document, &mut Strange::default())?.into_iter().map(|s| s.rule).collect())
    }

    #[test]
    fn a_text_is_decoded_where_it_is_encoded_and_nowhere_else() {
        let of = |resource: &str| json!({"Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": resource}}).to_string();
        let encoded = |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
        for resource in ["arn:aws:s3:::b/%2Fx", "arn:aws:s3:::b/100%25done", "arn:aws:s3:::b/%7B", "arn:aws:s3:::b/a+b", "arn:aws:s3:::ü%"]
        {
            for text in [of(resource), encoded(&of(resource)), format!("\n {}", of(resource)), encoded(&format!("\n {}", of(resource)))] {
                assert_eq!(read(&json!(text)).expect(&text)[0].resources, [resource], "{text}");
            }
        }
        for text in ["", "%", "%7B%FF", "{}{}", "null", "%22x%22"] {
            assert!(read(&json!(text)).is_err(), "{text}");
        }
    }

    #[test]
    fn what_no_statement_says_is_refused_with_the_member() {
        let allow = |more: Value| {
            let mut statement = json!({"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"});
            for (name, value) in more.as_object().expect("members") {
                statement[name] = value.clone();
            }
            json!({"Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}, statement]})
        };
        for (document, why) in [
            (allow(json!({"Action": null, "Actions": "*"})), "statement 2: \"Actions\" is no member of a statement: Action is meant"),
            (allow(json!({"action": "*"})), "statement 2: \"action\" is no member of a statement: Action is meant"),
            (allow(json!({"Ressource": "*"})), "statement 2: \"Ressource\" is no member of a statement: Resource is meant"),
            (allow(json!({"Not_Action": "*"})), "statement 2: \"Not_Action\" is no member of a statement: NotAction is meant"),
            (allow(json!({"Conditions": {}})), "statement 2: \"Conditions\" is no member of a statement: Condition is meant"),
            (allow(json!({"Action": []})), "statement 2: neither Action nor NotAction"),
            (allow(json!({"NotAction": "s3:*"})), "statement 2: both Action and NotAction"),
            (allow(json!({"NotResource": ["x"]})), "statement 2: both Resource and NotResource"),
            (allow(json!({"Action": ["s3:Get*", 7]})), "statement 2: Action: a text is wanted, or a list of texts"),
            (allow(json!({"Resource": ["*", ""]})), "statement 2: Resource holds an empty text"),
            (allow(json!({"Effect": "allow", "Sid": "X"})), "statement 2 (X): Effect is \"allow\": \"Allow\" or \"Deny\" is wanted"),
            (allow(json!({"Effect": null})), "statement 2: no Effect: \"Allow\" or \"Deny\" is wanted"),
            (allow(json!({"Condition": [1]})), "statement 2: Condition: an object of operators"),
            (json!({"Statement": ["x"]}), "statement 1: a statement is an object"),
            (json!({"Statements": []}), "\"Statements\" is no member of a policy document: Statement is meant"),
            (json!({"Version": "2012-10-17"}), "a policy document without a Statement"),
            (json!([]), "a policy document is an object"),
        ] {
            let said = read(&document).expect_err(why);
            assert!(said.starts_with(why), "{said}");
        }
    }

    #[test]
    fn what_is_strange_is_counted_and_nulls_are_nothing() {
        let mut strange = Strange::default();
        let statement = json!({"Sid": null, "Effect": "Allow", "NotAction": null, "Action": "s3:Get*", "Resource": "*", "Condition": null, "Comment": "x"});
        let document = json!({"Statement": [statement, statement], "Id": null, "Remark": 1});
        assert_eq!(permissions(&document, &mut strange).expect("reads").len(), 2);
        let note = strange.note().expect("a note");
        assert_eq!(note, "members that are not known were not read: policy document.Remark, statement.Comment (2 times)");
    }
}
