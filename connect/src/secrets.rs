//! Finding secrets in text before it is stored: known token shapes, private keys, and values behind names
//! that say password. A hit is replaced; its value is never logged or shown, and only a keyed digest of it is kept.

use crate::credentials;
use domain::snapshot::Snapshot;
use hmac::{Hmac, Mac};
use regex::{Captures, Regex};
use serde_json::Value;
use sha2::Sha256;
use std::borrow::Cow;
use std::sync::OnceLock;

/// What stands where a secret stood; a keyed digest follows, so that another secret is another text.
pub const REMOVED: &str = "⟨secret removed";

/// Tokens that are what they look like, wherever they stand. Words end where ASCII ends: with the words of every script a
/// text that is not ASCII takes a hundred times as long.
const TOKENS: [&str; 15] = [
    r"(?-u:\b)cst_[0-9a-f]{32,}(?-u:\b)",
    r"(?-u:\b)[rs]k_(?:live|test)_[A-Za-z0-9]{16,}(?-u:\b)",
    r"(?-u:\b)glpat-[A-Za-z0-9_-]{20,}(?-u:\b)",
    r"(?-u:\b)(?:sbp|hf|npm|ntn|lin_api|gsk|figd|shpat|whsec|dop_v1|sntrys)_[A-Za-z0-9_-]{20,}(?-u:\b)",
    r"(?-u:\b)AIza[A-Za-z0-9_-]{35}(?-u:\b)",
    r"(?i)(?-u:\b)authorization:\s*basic\s+[A-Za-z0-9+/]{8,}={0,2}",
    r"(?-u:\b)(?:AKIA|ASIA)[A-Z0-9]{16}(?-u:\b)",
    r"(?-u:\b)gh[pousr]_[A-Za-z0-9]{36,255}(?-u:\b)",
    r"(?-u:\b)github_pat_[A-Za-z0-9_]{22,255}(?-u:\b)",
    r"(?-u:\b)sk-(?:ant-|proj-|live-)?[A-Za-z0-9_-]{20,}(?-u:\b)",
    r"(?-u:\b)xox[abprs]-[A-Za-z0-9-]{10,}(?-u:\b)",
    r"(?-u:\b)eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*",
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\z)",
    r"(?-u:\b)[a-z][a-z0-9+.-]*://[^/\s:@]*:[^/\s@]+@",
    r"(?i)(?-u:\b)bearer\s+[A-Za-z0-9._~+/-]{16,}=*",
];
/// A value behind a name, in prose and configuration. Not `name:value` without a space: `secretsmanager:GetSecretValue`
/// is an action and `arn:aws:secretsmanager:…` an address.
const NAMED: &str = r#"(?i)[\w-]*(?:password|passwd|secret|api[_-]?key|access[_-]?key|access[_-]?token|auth[_-]?token)[\w-]*(?:["']\s*[:=]\s*["']?|\s*=\s*["']?|\s*:\s+["']?|\s*:["'])[^\s"',;}]{6,}"#;

fn tokens() -> Option<&'static Regex> {
    static ALL: OnceLock<Option<Regex>> = OnceLock::new();
    ALL.get_or_init(|| Regex::new(&TOKENS.join("|")).ok()).as_ref()
}

fn shapes() -> Option<&'static Regex> {
    static ALL: OnceLock<Option<Regex>> = OnceLock::new();
    ALL.get_or_init(|| Regex::new(&format!("{}|{NAMED}", TOKENS.join("|"))).ok()).as_ref()
}

/// Names whose value is a secret although it has no shape of its own.
fn names() -> Option<&'static Regex> {
    static ALL: OnceLock<Option<Regex>> = OnceLock::new();
    let text = r"(?i)^[\w-]*(?:password|passwd|secret|api[_-]?key|access[_-]?key|access[_-]?token|auth[_-]?token)[\w-]*$";
    ALL.get_or_init(|| Regex::new(text).ok()).as_ref()
}

/// Takes secrets out of what a reader found, with the installation's key: the digest that stays cannot be
/// tried against guesses without it.
#[derive(Clone, Copy)]
pub struct Scrub {
    key: [u8; 32],
}

impl Scrub {
    pub fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    fn mark(self, secret: &str) -> String {
        let Ok(mut mac) = <Hmac<Sha256> as Mac>::new_from_slice(&self.key) else { return format!("{REMOVED}⟩") };
        mac.update(secret.as_bytes());
        let digest: String = mac.finalize().into_bytes().iter().take(6).map(|b| format!("{b:02x}")).collect();
        format!("{REMOVED} {digest}⟩")
    }

    /// The text with every secret replaced.
    pub fn text(self, text: &str) -> Cow<'_, str> {
        let replaced = |found: &Captures<'_>| {
            // A name ahead of a mark that stands there already, and nothing between them: the mark ends its first word with a space.
            let ahead = found[0].strip_suffix("⟨secret").and_then(|ahead| ahead.chars().next_back());
            if ahead.is_some_and(|c| matches!(c, '=' | ':' | '"' | '\'') || c.is_whitespace()) {
                found[0].to_owned()
            } else {
                self.mark(&found[0])
            }
        };
        shapes().map_or(Cow::Borrowed(text), |r| r.replace_all(text, replaced))
    }

    /// Replaces in place what is a token by its look, and says whether there was anything: for names, patterns
    /// and addresses, where a word like `secret` is only a word.
    fn own(self, text: &mut String) -> bool {
        let found = tokens().map(|r| r.replace_all(text, |found: &Captures<'_>| self.mark(&found[0])));
        let Some(Cow::Owned(clean)) = found else { return false };
        *text = clean;
        true
    }

    /// A URL with a mark in place of what it carries of credentials.
    pub fn url(self, text: &str) -> String {
        let mut out = credentials::without(text, |value| self.mark(value));
        self.own(&mut out);
        out
    }

    fn prose(self, text: &mut String) {
        if let Cow::Owned(clean) = self.text(text) {
            *text = clean;
        }
    }

    /// Every string of a JSON value, and every string behind a name that says it is a secret.
    pub fn json(self, value: &mut Value) {
        match value {
            Value::String(text) => self.prose(text),
            Value::Array(items) => items.iter_mut().for_each(|i| self.json(i)),
            Value::Object(members) => {
                // `{"name": "DB_PASSWORD", "value": "…"}` says the same as `{"DB_PASSWORD": "…"}`.
                let pair = ["name", "key"].iter().find_map(|n| members.get(*n)?.as_str()).is_some_and(is_secret_name);
                for (name, member) in members.iter_mut() {
                    if is_secret_name(name) || (pair && name == "value") {
                        self.named(member);
                    } else {
                        self.json(member);
                    }
                }
            }
            _ => {}
        }
    }

    /// What stands behind a name that says it is a secret: words of some length, also in a list.
    fn named(self, value: &mut Value) {
        match value {
            Value::String(text) if looks_like_a_value(text) => *text = self.mark(text),
            Value::Array(items) => items.iter_mut().for_each(|i| self.named(i)),
            other => self.json(other),
        }
    }

    /// Everything of a snapshot that is text. Rules are named by their content and change their name with it.
    pub fn snapshot(self, out: &mut Snapshot) {
        for i in &mut out.identities {
            self.own(&mut i.key);
            self.own(&mut i.name);
            i.unknown_access.iter_mut().for_each(|w| {
                self.own(w);
            });
            i.hints.each_value(|name, value| {
                if is_secret_name(name) && looks_like_a_value(value) {
                    *value = self.mark(value);
                } else {
                    self.prose(value);
                }
            });
        }
        for s in &mut out.sets {
            self.own(&mut s.key);
            self.own(&mut s.name);
        }
        for (_, _, label) in &mut out.set_rules {
            label.as_mut().map(|l| self.own(l));
        }
        for s in &mut out.surfaces {
            self.own(&mut s.locator);
        }
        for c in &mut out.credentials {
            self.own(&mut c.method);
            self.own(&mut c.key_id);
        }
        out.paths.each_name(|name| {
            self.own(name);
        });
        out.notes.iter_mut().for_each(|note| {
            self.own(note);
        });
        out.change_rules(|rule| rule.lists_mut().into_iter().flatten().fold(false, |any, text| self.own(text) | any));
    }
}

fn is_secret_name(name: &str) -> bool {
    names().is_some_and(|r| r.is_match(name))
}

/// A word of some length, not a sentence.
fn looks_like_a_value(text: &str) -> bool {
    text.len() >= 6 && !text.contains(char::is_whitespace) && !text.starts_with(REMOVED)
}

/// Where the first secret stands, in characters, for a refusal that names the place and not the value.
pub fn position(text: &str) -> Option<usize> {
    let found = shapes()?.find(text)?;
    Some(text[..found.start()].chars().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_shapes_go_and_prose_stays() {
        assert!(shapes().is_some(), "the shapes compile");
        for secret in [
            "AKIAIOSFODNN7EXAMPLE",
            "ghp_0123456789abcdefghijABCDEFGHIJ012345",
            "postgres://app:hunter22@db/x",
            "redis://:hunter22@cache/0",
            "cst_0123456789abcdef0123456789abcdef",
            "Authorization: Basic dXNlcjpwYXNzd29yZA==",
            "api_key: 'abcdef123456'",
            "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG",
            "export DB_PASSWORD=hunter2hunter",
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
        ] {
            let out = Scrub::new([1; 32]).text(secret);
            assert!(out.contains(REMOVED), "{secret} -> {out}");
        }
        for prose in [
            "Rotate the password every month.",
            "arn:aws:iam::012345678901:role/x",
            "the secret is out",
            "secretsmanager:GetSecretValue",
            "arn:aws:secretsmanager:eu-west-1:012345678901:secret:payments/db-AbCdEf",
        ] {
            assert_eq!(Scrub::new([1; 32]).text(prose), prose);
        }
    }

    #[test]
    fn another_secret_is_another_text_and_another_key_another_digest() {
        let (one, two) = ("AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLF");
        let scrub = Scrub::new([1; 32]);
        assert_eq!(scrub.text(one), scrub.text(one));
        assert_ne!(scrub.text(one), scrub.text(two));
        assert_ne!(scrub.text(one), Scrub::new([2; 32]).text(one));
    }

    #[test]
    fn json_stays_json() {
        let mut value = serde_json::json!({"password": "hunter2\"quoted", "schema": {"password": {"type": "string"}}, "d": "key AKIAIOSFODNN7EXAMPLE.",
            "env": [{"name": "DB_PASSWORD", "value": "hunter2hunter"}], "api_keys": ["hunter2again"]});
        Scrub::new([1; 32]).json(&mut value);
        let text = value.to_string();
        assert!(!text.contains("hunter2") && !text.contains("AKIA") && text.contains("\"type\":\"string\""), "{text}");
    }
}
