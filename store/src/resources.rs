//! Resources: what grants reach.

use crate::engine::table::Table;
use domain::identity::Criticality;
use domain::ids::{PersonId, ResourceId};

row! { $
    /// A version of a resource.
    Resource in RESOURCE_VERSIONS, resource_columns {
        since,
        id: ResourceId,
        kind: String,
        pattern: String,
        owner_id: Option<PersonId>,
        criticality: Criticality,
        data_class: Option<String>,
    }
}

pub static RESOURCE_VERSIONS: Table = Table {
    name: "resource_versions",
    about: "Something grants reach. None registered is unknown, and the source's owner answers.",
    anchor: Some("resources"),
    key: &["id", "since"],
    columns: Resource::COLUMNS,
    one_open: &["kind", "pattern"],
    ..Table::PLAIN
};
