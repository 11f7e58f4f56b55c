//! The coupling check of texts: tables of edits, each with the reasons it must raise, and the laws that hold for all texts.

mod english;
mod harmless;
mod laws;
mod other;
mod texts;

use domain::coupling::{Estate, Found, Named, Reason, Side, Which, check};

/// An edit of a text: what is cut out, what comes in its place, and the reasons that must stand among those found, each with
/// the side and the line that it names.
pub type Edit = (&'static str, &'static str, &'static str, &'static [(Reason, Which, usize)]);

pub fn estate() -> Estate {
    let of = |named: Named, names: &[&str]| names.iter().map(|name| (named, (*name).to_owned())).collect::<Vec<_>>();
    Estate::new(
        [
            of(Named::Secret, &["vault/crm/readonly", "vault/crm/readwrite", "vault/crm/quick", "STRIPE_LIVE_KEY", "deploy-signing-key"]),
            of(Named::Host, &["api.payments.example", "intake.partner.example", "10.20.0.7"]),
            of(Named::Tool, &["refund_create", "order_lookup", "issue_write", "shell_run", "send_mail"]),
            of(Named::Identity, &["ops-bot", "code-gardener", "support-assistant"]),
            of(Named::Rule, &["support-write", "prod-admin", "escalation-policy"]),
        ]
        .concat(),
    )
}

pub fn found(before: &str, after: &str) -> Vec<Found> {
    check(Side::Text(before), Side::Text(after), &estate())
}

/// The text with the edit made; what is cut out must stand there once, and nothing cut out means that it is added at the end.
pub fn edited(text: &str, cut: &str, put: &str) -> String {
    if cut.is_empty() {
        return format!("{text}\n{put}\n");
    }
    assert_eq!(text.matches(cut).count(), 1, "{cut:?} must stand once in the text");
    text.replacen(cut, put, 1)
}

/// Tries every edit of a table; gives how many there were.
pub fn raises(table: &[Edit], bases: &[(&str, &str)]) -> usize {
    let mut wrong = Vec::new();
    for (base, cut, put, reasons) in table {
        let before = bases.iter().find(|(name, _)| name == base).unwrap_or_else(|| panic!("no base {base}")).1;
        let all = found(before, &edited(before, cut, put));
        assert!(!reasons.is_empty());
        for (reason, which, line) in *reasons {
            if !all.iter().any(|f| (f.reason, f.which, f.line) == (*reason, *which, *line)) {
                wrong.push(format!("{base}: {cut:?} → {put:?} must raise {reason} in line {line}\n{all:#?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    table.len()
}
