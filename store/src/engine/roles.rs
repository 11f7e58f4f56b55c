//! What the role that serves may do on Postgres, derived from the table registry.

use super::table::{Event, TableKind};
use crate::tables;

/// The GRANT statements for a role whose name has been checked.
pub fn grants(role: &str) -> Vec<String> {
    let mut out = vec![format!("GRANT USAGE ON SCHEMA public TO {role}"), format!("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")];
    for table in tables::every() {
        let name = table.name;
        match table.kind {
            TableKind::Operational => out.push(format!("GRANT INSERT, UPDATE, DELETE ON {name} TO {role}")),
            TableKind::Log if table.refusals.iter().any(|r| r.on == Event::Delete) => {
                out.push(format!("GRANT INSERT, DELETE ON {name} TO {role}"));
            }
            TableKind::Log | TableKind::Governed | TableKind::Recorded => {
                out.push(format!("GRANT INSERT ON {name} TO {role}"));
            }
        }
        if let Some(anchor) = table.anchor {
            out.push(format!("GRANT INSERT ON {anchor} TO {role}"));
        }
        let mut columns: Vec<&str> = table.columns.iter().filter(|c| c.redactable).map(|c| c.name).collect();
        if table.has_span() {
            columns.push("until");
        }
        if !columns.is_empty() {
            out.push(format!("GRANT UPDATE ({}) ON {name} TO {role}", columns.join(", ")));
        }
    }
    out
}
