//! What the role that serves may do on Postgres, derived from the table registry.

use crate::tables::{self, Kind};

const OPERATIONAL: [&str; 7] = ["ledger_head", "sessions", "setup_links", "sign_in_attempts", "jobs", "drafts", "idempotency_keys"];
/// Added to, and dropped below the position a retention entry names.
const RETAINED: &str = "evaluations";
const APPEND_ONLY: [&str; 4] = ["ledger", "ledger_rows", "checkpoints", "uses"];

/// The GRANT statements for a role whose name has been checked.
pub fn grants(role: &str) -> Vec<String> {
    let mut out = vec![format!("GRANT USAGE ON SCHEMA public TO {role}"), format!("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")];
    for table in OPERATIONAL {
        out.push(format!("GRANT INSERT, UPDATE, DELETE ON {table} TO {role}"));
    }
    out.push(format!("GRANT INSERT, DELETE ON {RETAINED} TO {role}"));
    for table in APPEND_ONLY {
        out.push(format!("GRANT INSERT ON {table} TO {role}"));
    }
    for table in tables::ALL {
        out.push(format!("GRANT INSERT ON {} TO {role}", table.name));
        if let Some(anchor) = table.anchor {
            out.push(format!("GRANT INSERT ON {anchor} TO {role}"));
        }
        let mut columns: Vec<&str> = table.columns.iter().filter(|c| c.redactable).map(|c| c.name).collect();
        if table.kind != Kind::Recorded {
            columns.push("until");
        }
        if !columns.is_empty() {
            out.push(format!("GRANT UPDATE ({}) ON {} TO {role}", columns.join(", "), table.name));
        }
    }
    out
}
