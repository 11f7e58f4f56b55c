//! Classes of rules whose actions are words without a table behind them: MCP, A2A, CSV and our own JSON. Words are
//! read, never guessed at: what is not understood is a write.

use super::{Breadth, Class, Judgement};
use crate::rule::{Effect, Rule};

/// Words of plain actions, in the order they are asked.
const PLAIN: [(&str, Class); 27] = [
    ("secret", Class::Secrets),
    ("credential", Class::Secrets),
    ("password", Class::Secrets),
    ("admin", Class::Admin),
    ("grant", Class::Admin),
    ("impersonate", Class::Admin),
    ("assume", Class::Admin),
    ("approve", Class::Admin),
    ("permission", Class::Admin),
    ("role", Class::Admin),
    ("delete", Class::Destructive),
    ("destroy", Class::Destructive),
    ("drop", Class::Destructive),
    ("purge", Class::Destructive),
    ("terminate", Class::Destructive),
    ("refund", Class::Destructive),
    ("write", Class::Write),
    ("create", Class::Write),
    ("update", Class::Write),
    ("put", Class::Write),
    ("post", Class::Write),
    ("invoke", Class::Write),
    ("push", Class::Write),
    ("merge", Class::Write),
    ("read", Class::Read),
    ("get", Class::Read),
    ("list", Class::Read),
];

/// True where a pattern leaves nothing out: `*`, or `*` in every part.
fn is_all(pattern: &str) -> bool {
    pattern.starts_with('*') && pattern.chars().all(|c| matches!(c, '*' | ':' | '.' | '/'))
}

fn is_wide(action: &str) -> bool {
    is_all(action) || action.ends_with(":*") || action.ends_with(".*")
}

pub(super) fn judge(rule: &Rule) -> Judgement {
    let mut out = Judgement::default();
    for action in &rule.actions {
        classes_of(&mut out, action);
    }
    let breadth = breadth(rule);
    if rule.effect == Effect::Allow && !rule.actions.is_empty() {
        if let Some(action) = rule.actions.iter().find(|a| is_wide(a)) {
            out.mark_wildcard(action);
        }
        if rule.resources.iter().any(|r| is_all(r)) {
            out.mark_wildcard("resource *");
        }
        if breadth == Breadth::Everything {
            out.add(Class::FullControl, "every action on every resource");
        }
    }
    out.reaching(breadth)
}

fn classes_of(out: &mut Judgement, action: &str) {
    if is_wide(action) {
        for class in Class::ALL.iter().filter(|c| **c != Class::FullControl) {
            out.add(*class, action);
        }
        return;
    }
    let lower = action.to_lowercase();
    let mut known = false;
    for (word, class) in PLAIN {
        if lower.split(|c: char| !c.is_ascii_alphanumeric()).any(|part| part == word || part.strip_suffix('s') == Some(word)) {
            out.add(class, action);
            known = true;
        }
    }
    if !known {
        // What is not understood counts as the worse of the harmless two.
        out.add(Class::Write, action);
    }
}

/// By the table at `Breadth`. Nothing is known of services here: a pattern is one, and `*` more than one.
fn breadth(rule: &Rule) -> Breadth {
    let listed = rule.resources_negated.is_empty() && !rule.resources.is_empty();
    if !listed {
        return Breadth::Account;
    }
    if rule.resources.iter().any(|r| is_all(r)) {
        let all = rule.actions_negated.is_empty() && rule.actions.iter().any(|a| is_all(a));
        return if all { Breadth::Everything } else { Breadth::Account };
    }
    if rule.resources.iter().any(|r| r.contains(['*', '?'])) { Breadth::Service } else { Breadth::OneResource }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{ALL, ALL_BUT_FULL, judged, rule, words};
    use super::*;
    use crate::privilege;
    use crate::rule::Dialect;

    #[test]
    fn words_and_resources_have_their_classes_and_breadth() {
        use Breadth::{Account, Everything, OneResource, Service};
        let cases = [
            (Dialect::Csv, "tickets.read", "crm", "read", OneResource),
            (Dialect::Csv, "refunds:delete", "pay", "destructive", OneResource),
            (Dialect::Csv, "frobnicate", "x", "write", OneResource),
            (Dialect::Csv, "list", "*", "read wildcard", Account),
            (Dialect::Csv, "tickets.read", "crm/*", "read", Service),
            (Dialect::Mcp, "invoke", "mcp:tickets", "write", OneResource),
            (Dialect::Mcp, "*", "mcp:tickets", ALL_BUT_FULL, OneResource),
            (Dialect::A2a, "tasks.get", "agent", "read", OneResource),
            (Dialect::Countersign, "secrets.read", "vault", "secrets read", OneResource),
            (Dialect::Countersign, "role.assume refunds.create", "x y", "admin destructive write", OneResource),
            (Dialect::Countersign, "crm.*", "*", ALL_BUT_FULL, Account),
            (Dialect::Countersign, "*", "crm/*", ALL_BUT_FULL, Service),
            (Dialect::Countersign, "*", "!vault", ALL_BUT_FULL, Account),
            (Dialect::Countersign, "*", "*", ALL, Everything),
            (Dialect::Csv, "*:*", "*", ALL, Everything),
            (Dialect::A2a, "read *", "crm *", ALL, Everything),
        ];
        for (dialect, actions, resources, expected, breadth) in cases {
            let j = judged(dialect, actions, resources);
            assert_eq!((words(&j).as_str(), j.breadth), (expected, Some(breadth)), "{dialect:?} {actions} on {resources}");
        }
    }

    #[test]
    fn a_deny_holds_no_control_and_no_action_is_no_access() {
        let deny = privilege::judge(&rule(Dialect::Csv, Effect::Deny, "*", "*"));
        assert_eq!(words(&deny), "admin secrets destructive write read");
        let none = judged(Dialect::Countersign, "", "*");
        assert_eq!((words(&none).as_str(), none.breadth), ("", None));
    }
}
