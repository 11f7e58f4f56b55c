//! Whom a statement of a trust policy lets in that says less than who: everybody, and everybody who has an account at a provider
//! where anybody may have one, unless a condition says which. It must not decide whether an assumption succeeds.

use super::principal::ANYBODY;
use domain::rule::Rule;

/// Principals named in a sentence.
const NAMED: usize = 10;
/// Issuers at which anybody may run a build: the subject says whose it is. A path behind the host belongs to one customer.
const BUILDS: [&str; 5] =
    ["token.actions.githubusercontent.com", "gitlab.com", "agent.buildkite.com", "app.terraform.io", "api.pulumi.com/oidc"];
/// Issuers at which anybody may sign in: the audience says to which program.
const SIGN_INS: [&str; 4] = ["accounts.google.com", "graph.facebook.com", "www.amazon.com", "appleid.apple.com"];
const COGNITO: &str = "cognito-identity.amazonaws.com";
/// What a token of a build says that anybody can have it say.
const ANY_BUILD: [&str; 6] = ["aud", "iss", "ref", "environment", "event_name", "runner_environment"];
/// What stands in a subject ahead of the name of whose it is.
const LABELS: [&str; 5] = ["repo:", "project_path:", "organization:", "repository_owner:", "pulumi:"];

/// Whom a statement lets in, and whether a condition may still keep them out.
pub(super) fn open_to(rule: &Rule) -> Option<(String, bool)> {
    let any = |who: &str| rule.principals.iter().any(|p| p == who);
    let who = if any(ANYBODY) {
        "anybody".to_owned()
    } else if !rule.principals_negated.is_empty() {
        format!("anybody but {}", crate::notes::first(&rule.principals_negated, NAMED))
    } else if any("federated:*") {
        "whomever any identity provider signs in".to_owned()
    } else if any("service:*") {
        "any AWS service".to_owned()
    } else {
        return rule.principals.iter().find_map(|p| of_provider(rule, super::kind::issuer(p)?)).map(|who| (who, false));
    };
    Some((who, rule.is_conditional()))
}

/// Whom a provider signs in that the conditions let pass.
fn of_provider(rule: &Rule, issuer: &str) -> Option<String> {
    let conditions = || rule.conditions.iter().filter_map(|c| Condition::of(c));
    let narrowed = |aside: &[&str]| conditions().any(|c| !aside.contains(&c.key) && c.narrows());
    if BUILDS.contains(&issuer) {
        return (!narrowed(&ANY_BUILD)).then(|| format!("anybody who runs a build at {issuer}"));
    }
    if SIGN_INS.contains(&issuer) {
        return (!narrowed(&[])).then(|| format!("anybody who signs in at {issuer}"));
    }
    if issuer != COGNITO || narrowed(&["aud", "amr"]) {
        return None;
    }
    if !conditions().any(|c| c.key == "aud" && c.narrows()) {
        return Some("anybody who has an identity pool of Amazon Cognito, in whichever account".to_owned());
    }
    let guests = |c: &Condition<'_>| c.values().any(|v| domain::privilege::glob(v.as_bytes(), b"unauthenticated"));
    let mut signed_in = conditions().filter(|c| c.key == "amr" && c.narrows()).peekable();
    let open = signed_in.peek().is_none() || signed_in.any(|c| guests(&c));
    open.then(|| "anybody, as a guest of its Amazon Cognito identity pool who does not sign in".to_owned())
}

/// A condition of a rule, `OPERATOR KEY VALUES`: the last word of its key says what it is about.
struct Condition<'a> {
    operator: &'a str,
    key: &'a str,
    values: &'a str,
}

impl<'a> Condition<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let (operator, rest) = text.split_once(' ')?;
        let (key, values) = rest.split_once(' ')?;
        Some(Self { operator, key: key.rsplit(':').next().unwrap_or(key), values })
    }

    fn values(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.values.split(" | ")
    }

    /// Whether it says who, and not only who not, or that there is one. Of a pattern what stands ahead of the first `*` says it.
    fn narrows(&self) -> bool {
        let operator = self.operator.to_ascii_lowercase();
        if operator.contains("not") || operator == "null" {
            return false;
        }
        let says_nothing = |value: &str| {
            let begins = value.split(['*', '?']).next().unwrap_or_default();
            begins.len() < value.len() && (begins.is_empty() || LABELS.contains(&begins))
        };
        !(operator.contains("like") && self.values().any(says_nothing))
    }
}
