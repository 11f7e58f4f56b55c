//! Settings and policies: versioned documents of the installation; and whether it is sealed, which nothing but a change of
//! the gate says.

use crate::Result;
use crate::engine::db::Tx;
use crate::engine::table::{Event, Refusal, Table, TableKind, index};
use domain::ids::{ChangeId, PolicyId, SettingId};
use domain::seq::Seq;

row! { $
    /// A version of a setting.
    Setting in SETTING_VERSIONS, setting_columns {
        since,
        id: SettingId,
        key: String,
        value: String,
    }
}

pub static SETTING_VERSIONS: Table = Table {
    name: "setting_versions",
    about: "What an installation is set to.",
    anchor: Some("settings"),
    key: &["id", "since"],
    columns: Setting::COLUMNS,
    one_open: &["key"],
    ..Table::PLAIN
};

row! { $
    /// A version of a policy.
    Policy in POLICY_VERSIONS, policy_columns {
        since,
        id: PolicyId,
        kind: String,
        version: String,
        document: String,
    }
}

pub static POLICY_VERSIONS: Table = Table {
    name: "policy_versions",
    about: "Policies that decide, by kind.",
    anchor: Some("policies"),
    key: &["id", "since"],
    columns: Policy::COLUMNS,
    one_open: &["kind"],
    ..Table::PLAIN
};

row! { $
    /// That an installation was sealed, or is not any more.
    Seal in SEALS, seal_columns {
        id: SettingId,
        seq: Seq,
        change_id: ChangeId [-> "changes"],
        sealed: i64,
    }
}

/// Whatever a policy says: two people of two groups, one of security, whose change it is.
const BY_THE_GATE: Refusal = Refusal {
    name: "gate",
    on: Event::Insert,
    only: "",
    when: "NOT EXISTS (SELECT 1 FROM applications a JOIN candidates c ON c.id = a.candidate_id
        WHERE a.seq = NEW.seq AND a.change_id = NEW.change_id AND c.line = 'gate' AND c.required_people >= 2 AND c.required_groups >= 2 AND c.required_security >= 1)",
    message: "an installation is sealed, and unsealed, by applying a change of the gate and by nothing else",
};

pub static SEALS: Table = Table {
    name: "seals",
    about: "Whether the installation is sealed: the newest row says. Rows are only added, each by the application of a change of the gate.",
    kind: TableKind::Recorded,
    columns: Seal::COLUMNS,
    checks: &["sealed IN (0, 1)"],
    indexes: &[index("by_seq", &["seq"])],
    refusals: &[BY_THE_GATE],
    ..Table::PLAIN
};

statements! {
    SEALED = "SELECT s.sealed FROM seals s WHERE s.seq <= $1 ORDER BY s.seq DESC LIMIT 1";
    POLICY = concat!("SELECT ", policy_columns!("p"), " FROM policy_versions p WHERE p.kind = $1 AND p.since <= $2 AND $2 < p.until ORDER BY p.since DESC LIMIT 1");
}

/// Whether the installation was sealed as of a position.
pub async fn sealed(tx: &mut Tx, seq: Seq) -> Result<bool> {
    Ok(on!(tx, c => sqlx::query_scalar::<_, i64>(SEALED).bind(seq).fetch_optional(c).await?) == Some(1))
}

/// The policy of a kind as of a position; none where nobody has set one.
pub async fn policy(tx: &mut Tx, kind: &str, seq: Seq) -> Result<Option<Policy>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Policy>(POLICY).bind(kind).bind(seq).fetch_optional(c).await?))
}
