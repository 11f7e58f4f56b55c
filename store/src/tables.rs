//! The one list of tables, each declared beside its noun. `verify`, the writer and the tests walk it, the migrations
//! are written from it, and a test compares it with the live schema on both engines.

pub use crate::engine::table::{Column, Table, TableKind};

use crate::changes::{applications, verdicts};
use crate::engine::schema::Part;
use crate::engine::{head, jobs, sinks};
use crate::{
    blobs, changes, counts, credentials, evaluations, external_keys, factors, grants, groups, idempotency, identities, imports, ledger,
    people, permission_sets, redactions, resources, sessions, settings, signals, sources, surfaces, suspensions, teams, tokens,
};

/// The migrations, with the tables each makes, in an order that satisfies the foreign keys.
pub const PARTS: &[Part] = &[
    Part {
        name: "0001_ledger",
        tables: &[
            &ledger::LEDGER,
            &ledger::LEDGER_ROWS,
            &ledger::CHECKPOINTS,
            &head::LEDGER_HEAD,
            &imports::BATCHES,
            &imports::BATCH_ENDS,
            &blobs::BLOBS,
            &redactions::REDACTIONS,
            &counts::COUNTS,
        ],
    },
    Part {
        name: "0002_people",
        tables: &[
            &people::PERSON_VERSIONS,
            &teams::TEAM_VERSIONS,
            &groups::GROUP_VERSIONS,
            &groups::GROUP_MEMBERS,
            &people::ROLE_ASSIGNMENTS,
            &people::AUTHENTICATORS,
            &tokens::TOKENS,
            &settings::SETTING_VERSIONS,
            &settings::POLICY_VERSIONS,
        ],
    },
    Part {
        name: "0003_inventory",
        tables: &[
            &sources::SOURCE_VERSIONS,
            &resources::RESOURCE_VERSIONS,
            &identities::IDENTITY_VERSIONS,
            &external_keys::EXTERNAL_KEYS,
            &permission_sets::PERMISSION_SET_VERSIONS,
            &permission_sets::RULES,
            &permission_sets::SET_RULES,
            &grants::GRANTS,
            &surfaces::SURFACE_VERSIONS,
            &surfaces::TOOLS,
            &credentials::CREDENTIAL_VERSIONS,
            &identities::IDENTITY_FACTS,
            &identities::IDENTITY_REVIEWS,
            &imports::IMPORTS,
            &imports::OBSERVATIONS,
            &signals::SIGNALS,
            &signals::LOOP_VERDICTS,
        ],
    },
    Part {
        name: "0004_changes",
        tables: &[
            &changes::CHANGE_VERSIONS,
            &changes::CHANGE_SUBJECTS,
            &changes::CHANGE_PEOPLE,
            &changes::CANDIDATES,
            &verdicts::DECISIONS,
            &verdicts::CONSENTS,
            &verdicts::REVIEW_EVENTS,
            &applications::APPLICATIONS,
            &settings::SEALS,
            &suspensions::SUSPENSIONS,
            &evaluations::ANCHORS,
            &evaluations::RETENTIONS,
            &evaluations::EVALUATIONS,
            &evaluations::USES,
        ],
    },
    Part {
        name: "0005_operations",
        tables: &[
            &sessions::SESSIONS,
            &sessions::SETUP_LINKS,
            &sessions::SIGN_IN_ATTEMPTS,
            &factors::CEREMONIES,
            &factors::AUTHENTICATOR_MARKS,
            &jobs::JOBS,
            &idempotency::IDEMPOTENCY_KEYS,
            &sinks::CHECKPOINT_SINKS,
            &tokens::TOKEN_USES,
        ],
    },
];

/// Every table of the schema.
pub fn every() -> impl Iterator<Item = &'static Table> {
    PARTS.iter().flat_map(|p| p.tables.iter().copied())
}

/// The tables that entries open, close or add rows in, by name: the order of the facts digest.
pub fn all() -> Vec<&'static Table> {
    let mut tables: Vec<_> = every().filter(|t| t.is_committed()).collect();
    tables.sort_by_key(|t| t.name);
    tables
}

/// Finds a table by name.
pub fn named(name: &str) -> Option<&'static Table> {
    every().find(|t| t.name == name)
}
