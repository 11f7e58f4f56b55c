//! Finding secrets in text before it is stored: known token shapes, private keys, and values behind names
//! that say password. A hit is replaced; its value is never logged, shown or hashed.

use regex::Regex;
use std::borrow::Cow;
use std::sync::OnceLock;

/// What stands where a secret stood.
pub const REMOVED: &str = "⟨secret removed⟩";

const SHAPES: [&str; 10] = [
    r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
    r"\bgh[pousr]_[A-Za-z0-9]{36,255}\b",
    r"\bgithub_pat_[A-Za-z0-9_]{22,255}\b",
    r"\bsk-(?:ant-|proj-|live-)?[A-Za-z0-9_-]{20,}\b",
    r"\bxox[abprs]-[A-Za-z0-9-]{10,}\b",
    r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*",
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\z)",
    r"\b[a-z][a-z0-9+.-]*://[^/\s:@]+:[^/\s@]+@",
    r#"(?i)[\w-]*(?:password|passwd|secret|api[_-]?key|access[_-]?key|access[_-]?token|auth[_-]?token)[\w-]*["']?\s*[:=]\s*["']?[^\s"',;}]{6,}"#,
    r"(?i)\bbearer\s+[A-Za-z0-9._~+/-]{16,}=*",
];

fn shapes() -> Option<&'static Regex> {
    static ALL: OnceLock<Option<Regex>> = OnceLock::new();
    ALL.get_or_init(|| Regex::new(&SHAPES.join("|")).ok()).as_ref()
}

/// The text with every secret replaced.
pub fn removed(text: &str) -> Cow<'_, str> {
    shapes().map_or(Cow::Borrowed(text), |r| r.replace_all(text, REMOVED))
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
            "api_key: 'abcdef123456'",
            "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG",
            "export DB_PASSWORD=hunter2hunter",
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
        ] {
            let out = removed(secret);
            assert!(out.contains(REMOVED), "{secret} -> {out}");
        }
        for prose in ["Rotate the password every month.", "arn:aws:iam::012345678901:role/x", "the secret is out"] {
            assert_eq!(removed(prose), prose);
        }
    }
}
