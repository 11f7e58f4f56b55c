//! Classes of rules whose actions are words without a table behind them: MCP, A2A, CSV and our own JSON. AWS's own actions
//! are judged by its table wherever they stand; other words are read, never guessed at: what is not understood is a write.

use super::{Breadth, Class, Judgement, aws};
use crate::rule::{Effect, Rule};

/// What words of an action do, in the order they are asked. Of a word that is a thing (`role`) only its reading is harmless.
const DOES: [(Class, &[&str]); 4] = [
    (Class::Admin, &["admin", "administrator", "grant", "impersonate", "assume", "approve"]),
    (
        Class::Destructive,
        &["delete", "destroy", "drop", "purge", "terminate", "refund", "remove", "revoke", "disable", "truncate", "wipe", "erase"],
    ),
    (
        Class::Write,
        &[
            "write",
            "create",
            "update",
            "put",
            "post",
            "invoke",
            "push",
            "merge",
            "set",
            "edit",
            "modify",
            "add",
            "manage",
            "execute",
            "exec",
            "run",
            "send",
            "start",
            "stop",
            "insert",
            "upload",
            "publish",
            "editor",
            "contributor",
        ],
    ),
    (
        Class::Read,
        &[
            "read", "get", "list", "watch", "view", "describe", "search", "query", "fetch", "download", "select", "reader", "viewer",
            "readonly",
        ],
    ),
];
/// Things whose reading is what makes them secret.
const SECRET: [&str; 6] = ["secret", "credential", "password", "secretmanager", "secretsmanager", "keyvault"];
/// Things that say who may do what.
const ACCESS: [&str; 6] = ["permission", "role", "iam", "rbac", "authorization", "privilege"];
/// Words of other platforms without a space or point that are worse than they sound, and why.
const KNOWN: [(&str, &[Class], &str); 10] = [
    ("getaccesstoken", &[Class::Secrets, Class::Admin], "it mints tokens of other accounts"),
    ("getopenidtoken", &[Class::Secrets, Class::Admin], "it mints tokens of other accounts"),
    ("signjwt", &[Class::Admin], "it signs as another account"),
    ("signblob", &[Class::Admin], "it signs as another account"),
    ("actas", &[Class::Admin], "it runs things as another account"),
    ("implicitdelegation", &[Class::Admin], "it mints tokens of other accounts"),
    ("serviceaccountkeyscreate", &[Class::Secrets, Class::Admin], "it mints keys of other accounts"),
    ("applicationreadwrite", &[Class::Admin], "it can add credentials to any application"),
    ("directoryreadwrite", &[Class::Admin], "it changes the directory, groups included"),
    ("directoryaccessasuser", &[Class::Admin], "it changes the directory, groups included"),
];
/// Roles that stand for every action there is on what they are given on: Azure's, Google's, Entra's, Kubernetes', AWS's.
const WHOLE: [&str; 8] = [
    "owner",
    "rolesowner",
    "globaladministrator",
    "companyadministrator",
    "clusteradmin",
    "administratoraccess",
    "superadmin",
    "superuser",
];

/// True where a pattern leaves nothing out: `*`, or `*` in every part.
fn is_all(pattern: &str) -> bool {
    pattern.starts_with('*') && pattern.chars().all(|c| matches!(c, '*' | ':' | '.' | '/'))
}

fn is_wide(action: &str) -> bool {
    is_all(action) || action.ends_with(":*") || action.ends_with(".*") || WHOLE.contains(&joined(action).as_str())
}

/// The letters and digits alone, small.
fn joined(action: &str) -> String {
    action.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

/// The words of an action, small and without the plural: parted at signs and where a capital begins (`setIamPolicy`).
fn words(action: &str) -> Vec<String> {
    let mut out: Vec<String> = vec![String::new()];
    let chars: Vec<char> = action.chars().collect();
    for (at, c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).map(|b| chars[b]);
        let begins = c.is_uppercase()
            && (before.is_some_and(|b| b.is_lowercase() || b.is_ascii_digit())
                || (before.is_some_and(|b| b.is_uppercase()) && chars.get(at + 1).is_some_and(|next| next.is_lowercase())));
        if begins || !c.is_ascii_alphanumeric() {
            out.push(String::new());
        }
        if let Some(word) = out.last_mut().filter(|_| c.is_ascii_alphanumeric()) {
            word.push(c.to_ascii_lowercase());
        }
    }
    out
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
    if let Some(classes) = aws::classes_of_words(action) {
        for class in classes.iter() {
            out.add(class, action);
        }
        return;
    }
    let words = words(action);
    let has = |wanted: &[&str]| words.iter().any(|w| wanted.iter().any(|k| w == k || w.strip_suffix('s') == Some(*k)));
    let plain = joined(action);
    let mut found: Vec<(Class, &str)> = Vec::new();
    for (word, classes, why) in KNOWN {
        if plain.contains(word) {
            found.extend(classes.iter().map(|class| (*class, why)));
        }
    }
    if has(&SECRET) {
        found.push((Class::Secrets, action));
    }
    let does: Vec<Class> = DOES.iter().filter(|(_, wanted)| has(wanted)).map(|(class, _)| *class).collect();
    if has(&ACCESS) && does != [Class::Read] {
        found.push((Class::Admin, action));
    }
    found.extend(does.into_iter().map(|class| (class, action)));
    if found.is_empty() {
        // What is not understood counts as the worse of the harmless two.
        found.push((Class::Write, action));
    }
    for (class, why) in found {
        out.add(class, why);
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
            (Dialect::Csv, "secretsmanager:GetSecretValue", "x", "secrets read", OneResource),
            (Dialect::Csv, "iam:PassRole", "x", "admin write", OneResource),
            (Dialect::Csv, "kms:Decrypt", "x", "secrets write", OneResource),
            (Dialect::Csv, "s3:DeleteBucket", "x", "destructive write", OneResource),
            (Dialect::Csv, "ec2:Describe*", "x", "read", OneResource),
            (Dialect::Csv, "sts:AssumeRole", "x", "admin secrets write", OneResource),
            (Dialect::Csv, "Owner", "/subscriptions/1", ALL_BUT_FULL, OneResource),
            (Dialect::Csv, "roles/owner", "projects/p", ALL_BUT_FULL, OneResource),
            (Dialect::Csv, "resourcemanager.projects.setIamPolicy", "p", "admin write", OneResource),
            (Dialect::Csv, "resourcemanager.projects.getIamPolicy", "p", "read", OneResource),
            (Dialect::Csv, "secretmanager.versions.access", "p", "secrets", OneResource),
            (Dialect::Csv, "RoleManagement.ReadWrite.Directory", "g", "admin write read", OneResource),
            (Dialect::Csv, "RoleManagement.Read.Directory", "g", "read", OneResource),
            (Dialect::Csv, "Directory.ReadWrite.All", "g", "admin write read", OneResource),
            (Dialect::Csv, "Microsoft.Authorization/roleAssignments/write", "s", "admin write", OneResource),
            (Dialect::Csv, "*/read", "s", "read", OneResource),
            (Dialect::Csv, "GetSecretValue", "x", "secrets read", OneResource),
            (Dialect::Csv, "iam.serviceAccounts.getAccessToken", "p", "admin secrets read", OneResource),
            (Dialect::Csv, "get|list|watch", "pods", "read", OneResource),
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
