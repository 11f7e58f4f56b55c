//! Settings and policies: versioned documents of the installation.

use crate::Result;
use crate::engine::db::Tx;
use crate::engine::table::Table;
use domain::ids::{PolicyId, SettingId};
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

statements! {
    POLICY = concat!("SELECT ", policy_columns!("p"), " FROM policy_versions p WHERE p.kind = $1 AND p.since <= $2 AND $2 < p.until ORDER BY p.since DESC LIMIT 1");
}

/// The policy of a kind as of a position; none where nobody has set one.
pub async fn policy(tx: &mut Tx, kind: &str, seq: Seq) -> Result<Option<Policy>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Policy>(POLICY).bind(kind).bind(seq).fetch_optional(c).await?))
}
