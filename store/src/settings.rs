//! Settings and policies: versioned documents of the installation. Nothing reads them yet; routing does.

use crate::engine::table::Table;
use domain::ids::{PolicyId, SettingId};

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
