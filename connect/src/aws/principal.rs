//! Whom a trust policy names: `Principal` and `NotPrincipal` as typed texts, one form a kind (see
//! `domain::rule::Rule::principals`). What it cannot read it refuses; it drops nothing and must not decide who that is.

use serde_json::Value;

/// Anybody at all.
pub const ANYBODY: &str = "*";

/// The principals of a member, in no order; none where the member is not there.
pub fn read(member: &str, value: Option<&Value>) -> Result<Vec<String>, String> {
    let kinds = match value {
        None => return Ok(vec![]),
        Some(Value::String(text)) if text == ANYBODY => return Ok(vec![ANYBODY.to_owned()]),
        Some(Value::Object(kinds)) => kinds,
        Some(_) => return Err(format!("{member} is neither \"*\" nor an object of principal types")),
    };
    let mut out = Vec::new();
    for (kind, who) in kinds {
        let names = match who {
            Value::Array(many) => many.as_slice(),
            one => std::slice::from_ref(one),
        };
        for name in names {
            match name.as_str().filter(|n| !n.is_empty()) {
                Some(name) => out.push(normal(kind, name)),
                None => return Err(format!("{member} {kind}: a name is wanted, or a list of names")),
            }
        }
    }
    // Nobody is no principal: AWS takes no such statement, and it would be read as one that speaks of its holder.
    if out.is_empty() { Err(format!("{member} names nobody")) } else { Ok(out) }
}

fn normal(kind: &str, name: &str) -> String {
    match kind {
        "AWS" if name == ANYBODY => ANYBODY.to_owned(),
        "AWS" => whole_account(name).map_or_else(|| format!("aws:{name}"), |id| format!("account:{id}")),
        "Service" => format!("service:{name}"),
        "Federated" => format!("federated:{name}"),
        "CanonicalUser" => format!("canonical:{name}"),
        other => format!("unknown:{other}:{name}"),
    }
}

/// The account that a name stands for as a whole: its digits, or the ARN of its root in whatever partition.
fn whole_account(name: &str) -> Option<&str> {
    let id = match name.strip_prefix("arn:") {
        Some(rest) => rest.split_once(':')?.1.strip_prefix("iam::")?.strip_suffix(":root")?,
        None => name,
    };
    is_account(id).then_some(id)
}

fn is_account(id: &str) -> bool {
    id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit())
}

/// The account that a principal belongs to, where its text says so.
pub fn account_of(principal: &str) -> Option<&str> {
    let at = if principal.starts_with("account:") { 1 } else { 5 };
    principal.split(':').nth(at).filter(|id| is_account(id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_kind_has_one_form() {
        let cases = [
            (json!("*"), vec!["*"]),
            (json!({"AWS": "*"}), vec!["*"]),
            (json!({"AWS": "111122223333"}), vec!["account:111122223333"]),
            (json!({"AWS": "arn:aws:iam::111122223333:root"}), vec!["account:111122223333"]),
            (json!({"AWS": "arn:aws-cn:iam::111122223333:root"}), vec!["account:111122223333"]),
            (json!({"AWS": "arn:aws:iam::111122223333:user/root"}), vec!["aws:arn:aws:iam::111122223333:user/root"]),
            (json!({"AWS": "1111222233334"}), vec!["aws:1111222233334"]),
            (
                json!({"AWS": ["AIDAEXAMPLE00000001", "arn:aws:sts::111122223333:assumed-role/a/b"]}),
                vec!["aws:AIDAEXAMPLE00000001", "aws:arn:aws:sts::111122223333:assumed-role/a/b"],
            ),
            (
                json!({"Service": ["lambda.amazonaws.com", "ec2.amazonaws.com.cn"]}),
                vec!["service:lambda.amazonaws.com", "service:ec2.amazonaws.com.cn"],
            ),
            (json!({"Service": "*"}), vec!["service:*"]),
            (
                json!({"Federated": "arn:aws:iam::111122223333:oidc-provider/gitlab.com"}),
                vec!["federated:arn:aws:iam::111122223333:oidc-provider/gitlab.com"],
            ),
            (json!({"Federated": "accounts.google.com"}), vec!["federated:accounts.google.com"]),
            (json!({"CanonicalUser": "79a59df9"}), vec!["canonical:79a59df9"]),
            (json!({"Organization": "o-1"}), vec!["unknown:Organization:o-1"]),
            (json!({"AWS": [], "Service": "a"}), vec!["service:a"]),
        ];
        for (value, expected) in cases {
            assert_eq!(read("Principal", Some(&value)).expect("reads"), expected, "{value}");
        }
        assert_eq!(read("Principal", None), Ok(vec![]));
    }

    #[test]
    fn what_is_no_principal_is_refused_with_the_member() {
        for value in [
            json!("arn:aws:iam::111122223333:root"),
            json!(["*"]),
            json!(7),
            json!({}),
            json!({"AWS": []}),
            json!({"AWS": ""}),
            json!({"AWS": 111_122_223_333_u64}),
            json!({"Service": [null]}),
            json!({"AWS": {"ARN": "x"}}),
        ] {
            let why = read("NotPrincipal", Some(&value)).expect_err("refused");
            assert!(why.starts_with("NotPrincipal"), "{value}: {why}");
        }
    }

    #[test]
    fn the_account_of_a_principal() {
        for (principal, expected) in [
            ("account:111122223333", Some("111122223333")),
            ("aws:arn:aws:iam::111122223333:user/a", Some("111122223333")),
            ("federated:arn:aws:iam::111122223333:saml-provider/a", Some("111122223333")),
            ("aws:AIDAEXAMPLE00000001", None),
            ("aws:arn:aws:iam::cloudfront:user/a", None),
            ("service:lambda.amazonaws.com", None),
            ("*", None),
        ] {
            assert_eq!(account_of(principal), expected, "{principal}");
        }
    }
}
