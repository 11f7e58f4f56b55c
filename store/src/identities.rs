//! Identities: what lists show (`identity_facts` and `identity_reviews`), and the record per plane.

use crate::Result;
use crate::changes::applications::COUNTERSIGNED_OR_BATCHED;
use crate::engine::db::Tx;
use crate::engine::table::{Rows, Table, index, index_open, index_where};
use domain::access::Totals;
use domain::identity::{Autonomy, Criticality, Environment, Human, Kind, Lifecycle, Plane, Review, StatedBy};
use domain::ids::{BatchId, BlobId, IdentityId, PersonId, SourceId, TeamId};
use domain::privilege::Class;
use domain::seq::Seq;

mod provenance;
pub(crate) mod reviews;
mod unknown;

pub(crate) use provenance::proven;
use reviews::reviews;
pub use reviews::{IDENTITY_REVIEWS, IdentityReview, Reviewed, reviews_of_left};
use unknown::unknown_access;

/// What the database asks of a row's provenance: a baseline row has all of it, and author, approver and applier are
/// different people.
pub(crate) const PROVENANCE: &[&str] = &[
    "author_kind <> 'person' OR author_id IS NOT NULL",
    "approver_kind <> 'person' OR approver_id IS NOT NULL",
    "applier_kind <> 'person' OR applier_id IS NOT NULL",
    "plane <> 'baseline' OR (origin IS NOT NULL AND author_kind IS NOT NULL AND approver_kind IS NOT NULL AND applier_kind IS NOT NULL)",
    "approver_kind IS NULL OR approver_kind IN ('person', 'rule')",
    "author_kind <> 'person' OR approver_kind <> 'person' OR author_id <> approver_id",
    "applier_kind <> 'person' OR approver_kind <> 'person' OR applier_id <> approver_id",
    "author_kind <> 'person' OR applier_kind <> 'person' OR author_id <> applier_id",
];

proven! { $
    /// One version of the record in one plane.
    Record in IDENTITY_VERSIONS, record_columns {
        since,
        id: IdentityId,
        plane: Plane,
        batch: Option<BatchId>,
        kind: Option<Kind>,
        name: Option<String>,
        lifecycle: Option<Lifecycle>,
        environment: Option<Environment>,
        criticality: Option<Criticality>,
        owner_id: Option<PersonId>,
        backup_id: Option<PersonId>,
        team_id: Option<TeamId>,
        autonomy: Option<Autonomy>,
        purpose_id: Option<BlobId>,
        human: Option<Human>,
        human_reason: Option<String>,
        platform_managed: Option<i64>,
        unknown_access: Option<String>,
        source_id: Option<SourceId>,
        parent_id: Option<IdentityId>,
        hints: Option<String>,
    }
}

pub static IDENTITY_VERSIONS: Table = Table {
    name: "identity_versions",
    about: "One stream of versions per plane: a source's, a person's, the countersigned one. Shown: baseline, else manual, else a hint; hints never route.",
    anchor: Some("identities"),
    key: &["id", "plane", "since"],
    columns: Record::COLUMNS,
    one_open: &["id", "plane"],
    indexes: &[
        index_open("by_source_id_id_open", &["source_id", "id"]),
        index_where("by_parent_id", &["parent_id"], Rows::Where("parent_id IS NOT NULL")),
        index_where("without_owner", &["id", "since"], Rows::Where("plane = 'manual' AND owner_id IS NULL")),
    ],
    checks: PROVENANCE,
    refusals: &[COUNTERSIGNED_OR_BATCHED],
    ..Table::PLAIN
};

row! { $
    /// What lists show of an identity.
    IdentityFacts in IDENTITY_FACTS, fact_columns {
        since,
        identity_id: IdentityId,
        batch: Option<BatchId>,
        name: String,
        name_sort: String,
        search: String,
        kind: Kind,
        environment: Environment,
        environment_from: StatedBy,
        criticality: Criticality,
        criticality_from: StatedBy,
        owner_id: Option<PersonId>,
        team_id: Option<TeamId>,
        owner_hint: Option<String>,
        lifecycle: Lifecycle,
        human: Option<Human>,
        platform_managed: i64,
        source_id: Option<SourceId>,
        grants: i64,
        standing: i64,
        timed: i64,
        denied: i64,
        conditional: i64,
        /// Grants by highest class, each counted once.
        n_full_control: i64,
        n_admin: i64,
        n_secrets: i64,
        n_destructive: i64,
        n_write: i64,
        n_read: i64,
        /// Grants that carry the wildcard mark, of whatever class.
        n_wildcard: i64,
        /// `privilege::rank` of the worst grant.
        privilege: i64,
        surfaces: i64,
        backup_id: Option<PersonId>,
        /// The account or the namespace it stands in, where the source says.
        place: Option<String>,
    }
}

pub static IDENTITY_FACTS: Table = Table {
    name: "identity_facts",
    about: "What lists show and sort by: computed from the other rows, and committed to as they are, so that a page of the past cannot be changed either.",
    key: &["identity_id", "since"],
    columns: IdentityFacts::COLUMNS,
    bulk: true,
    indexes: &[
        index("by_name_sort_identity_id_since", &["name_sort", "identity_id", "since"]),
        index_open("by_privilege_identity_id_open", &["privilege", "identity_id"]),
        index_open("by_grants_identity_id_open", &["grants", "identity_id"]),
        // Lists stand by privilege unless somebody chooses another order: one that few rows fit walks those alone.
        index_open("by_kind_privilege_identity_id_open", &["kind", "privilege", "identity_id"]),
        index_open("by_owner_id_privilege_identity_id_open", &["owner_id", "privilege", "identity_id"]),
        // Search by name walks an index that holds all it asks for; `until` stands in it so that it does.
        index_open("searched", &["name_sort", "identity_id", "until", "batch", "platform_managed", "search"]),
        index_open(
            "by_place",
            &["source_id", "place", "until", "batch", "platform_managed", "human", "owner_id", "owner_hint", "privilege", "identity_id"],
        ),
        // Two moments are compared along what was opened and what was closed between them. The conditions, which always hold
        // of what is meant, keep lists of the past, which do not state them, from walking these in place of their own order.
        index_where("opened", &["since", "identity_id"], Rows::Where("since <> 0")),
        index_where("closed", &["until", "identity_id"], Rows::Where("until <> 9223372036854775807")),
    ],
    ..Table::PLAIN
};

/// Rows of a batch that is not live at the position are left out.
macro_rules! live {
    ($alias:literal, $seq:literal) => {
        concat!(
            "(",
            $alias,
            ".batch IS NULL OR ",
            $alias,
            ".batch IN (SELECT e.batch FROM batch_ends e WHERE e.outcome = 'live' AND e.seq <= ",
            $seq,
            "))"
        )
    };
}
pub(crate) use live;

// Below the names of the columns, which it uses.
pub(crate) mod list;
pub use list::{After, COUNTED_MOST, Counted, counted, list};

statements! {
    SHOWN_AS_OWNED = "SELECT f.identity_id FROM identity_facts f WHERE f.owner_id = $1 AND f.until = 9223372036854775807 AND f.identity_id > $2 ORDER BY f.identity_id LIMIT 1000";
    FACTS_OF = concat!("SELECT ", fact_columns!("f"), ", COALESCE(r.review, 'unreviewed') AS review, p.name AS owner_name, ", unknown_access!("$2"), "
             FROM identity_facts f LEFT JOIN person_versions p ON p.id = f.owner_id AND p.since <= $2 AND $2 < p.until", reviews!("$2"), "
             WHERE f.identity_id = $1 AND f.since <= $2 AND $2 < f.until AND ", live!("f", "$2"), " LIMIT 1");
    /// The source is hidden from SQLite's planner: by the index that begins with it, every page would sort all that is left.
    FACTS_OF_SOURCE = concat!("SELECT ", fact_columns!("f"), ", COALESCE(r.review, 'unreviewed') AS review
             FROM identity_facts f", reviews!("9223372036854775806"), "
             WHERE (CASE WHEN f.source_id = $1 THEN 1 ELSE 0 END) = 1 AND f.identity_id > $2 AND f.until = 9223372036854775807 ORDER BY f.identity_id LIMIT 500");
    RECORDS_OF = concat!("SELECT ", record_columns!("v"), "
             FROM identity_versions v WHERE v.id = $1 AND v.since <= $2 AND $2 < v.until AND ", live!("v", "$2"), " ORDER BY v.plane LIMIT 10");
    RECORDS_OF_SOURCE = concat!("SELECT ", record_columns!("v"), "
             FROM identity_versions v WHERE v.source_id = $1 AND v.id > $2 AND v.plane = $3 AND v.until = 9223372036854775807 ORDER BY v.id LIMIT 500");
    STATED_OF_SOURCE = concat!("SELECT ", record_columns!("v"), "
             FROM identity_versions v WHERE v.plane = $2 AND v.until = 9223372036854775807 AND ", live!("v", "9223372036854775806"), "
               AND v.id IN (SELECT k.identity_id FROM external_keys k WHERE k.source_id = $1 AND k.until = 9223372036854775807) ORDER BY v.id LIMIT 10000000");
    /// Who is born of an identity, as far as people countersigned it.
    CHILDREN = "SELECT v.id FROM identity_versions v WHERE v.parent_id = $1 AND v.plane = 'baseline' AND v.since <= $2 AND $2 < v.until ORDER BY v.id LIMIT 1000";
    /// What a plane said of an identity at a position or later, each version once.
    SINCE = concat!("SELECT ", record_columns!("v"), "
             FROM identity_versions v WHERE v.id = $1 AND v.plane = $2 AND v.until > $3 AND ", live!("v", "9223372036854775806"), " ORDER BY v.since LIMIT 500");
    VERSIONS_OF = concat!("SELECT ", record_columns!("v"), "
             FROM identity_versions v WHERE v.id = $1 AND v.since <= $2 AND ", live!("v", "$2"), " ORDER BY v.since DESC LIMIT 100");
}

/// What lists show of an identity, with its review and the name of its owner.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct Listed {
    #[sqlx(flatten)]
    pub facts: IdentityFacts,
    pub review: Review,
    pub owner_name: Option<String>,
    /// The beginning of why its access is not known as a whole.
    pub unknown_access: Option<String>,
}

impl std::ops::Deref for Listed {
    type Target = IdentityFacts;
    fn deref(&self) -> &IdentityFacts {
        &self.facts
    }
}

impl Listed {
    /// The characters of it that a list gives.
    pub const UNKNOWN: usize = 300;
}

impl IdentityFacts {
    /// Grants by highest class in the order of `privilege::Class::ALL`.
    pub fn by_class(&self) -> [i64; 6] {
        [self.n_full_control, self.n_admin, self.n_secrets, self.n_destructive, self.n_write, self.n_read]
    }

    /// The worst class it holds a grant of.
    pub fn highest_class(&self) -> Option<Class> {
        Class::ALL.iter().copied().zip(self.by_class()).find(|(_, n)| *n > 0).map(|(class, _)| class)
    }

    /// True where a grant reaches beyond reading and writing.
    pub fn is_privileged(&self) -> bool {
        self.n_full_control + self.n_admin + self.n_secrets + self.n_destructive > 0
    }

    pub fn set_totals(&mut self, t: &Totals) {
        (self.grants, self.standing, self.timed, self.denied, self.conditional) = (t.grants, t.standing, t.timed, t.denied, t.conditional);
        [self.n_full_control, self.n_admin, self.n_secrets, self.n_destructive, self.n_write, self.n_read] = t.by_class;
        (self.n_wildcard, self.privilege) = (t.wildcard, t.privilege);
    }

    /// True where the two would show the same, whenever and in whichever batch they were written.
    pub fn same(&self, other: &Self) -> bool {
        let plain = |f: &Self| Self { since: Seq::ZERO, batch: None, ..f.clone() };
        plain(self) == plain(other)
    }
}

/// Identities that lists show as somebody's, after one; a thousand at most.
pub async fn shown_as_owned(tx: &mut Tx, owner: PersonId, after: IdentityId) -> Result<Vec<IdentityId>> {
    Ok(on!(tx, c => sqlx::query_scalar::<_, IdentityId>(SHOWN_AS_OWNED).bind(owner).bind(after).fetch_all(c).await?))
}

impl Record {
    /// A record that says nothing yet; nobody countersigned it.
    pub fn new(id: IdentityId, plane: Plane) -> Self {
        Self {
            since: Seq::ZERO,
            id,
            plane,
            batch: None,
            kind: None,
            name: None,
            lifecycle: None,
            environment: None,
            criticality: None,
            owner_id: None,
            backup_id: None,
            team_id: None,
            autonomy: None,
            purpose_id: None,
            human: None,
            human_reason: None,
            platform_managed: None,
            unknown_access: None,
            source_id: None,
            parent_id: None,
            hints: None,
            origin: None,
            author_kind: None,
            author_id: None,
            approver_kind: None,
            approver_id: None,
            applier_kind: None,
            applier_id: None,
            change_id: None,
            self_evidence: None,
        }
    }

    /// True where the two say the same, whenever and in whichever batch they were written.
    pub fn same(&self, other: &Self) -> bool {
        let plain = |r: &Self| Self { since: Seq::ZERO, batch: None, ..r.clone() };
        plain(self) == plain(other)
    }
}

pub async fn facts_of(tx: &mut Tx, id: IdentityId, seq: Seq) -> Result<Option<Listed>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Listed>(FACTS_OF).bind(id).bind(seq).fetch_optional(c).await?))
}

/// What lists show of the identities of a source after an id; one page.
pub async fn facts_of_source(tx: &mut Tx, source: SourceId, after: IdentityId) -> Result<Vec<Reviewed>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Reviewed>(FACTS_OF_SOURCE).bind(source).bind(after).fetch_all(c).await?))
}

/// The open records of an identity in every plane.
pub async fn records_of(tx: &mut Tx, id: IdentityId, seq: Seq) -> Result<Vec<Record>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Record>(RECORDS_OF).bind(id).bind(seq).fetch_all(c).await?))
}

/// The children of an identity in the baseline.
pub async fn children(tx: &mut Tx, of: IdentityId, seq: Seq) -> Result<Vec<IdentityId>> {
    Ok(on!(tx, c => sqlx::query_scalar::<_, IdentityId>(CHILDREN).bind(of).bind(seq).fetch_all(c).await?))
}

/// The versions of a record in a plane that stood at a position or came later, oldest first.
pub async fn records_since(tx: &mut Tx, id: IdentityId, plane: Plane, seq: Seq) -> Result<Vec<Record>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Record>(SINCE).bind(id).bind(plane).bind(seq).fetch_all(c).await?))
}

/// The observed records of a source after an id; one page.
pub async fn records_of_source(tx: &mut Tx, source: SourceId, plane: Plane, after: IdentityId) -> Result<Vec<Record>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Record>(RECORDS_OF_SOURCE).bind(source).bind(after).bind(plane).fetch_all(c).await?))
}

/// What people say of the identities of a source: by hand, or countersigned.
pub async fn stated_of_source(tx: &mut Tx, source: SourceId, plane: Plane) -> Result<Vec<Record>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Record>(STATED_OF_SOURCE).bind(source).bind(plane).fetch_all(c).await?))
}

/// Every version of the record up to a position, newest first.
pub async fn versions_of(tx: &mut Tx, id: IdentityId, seq: Seq) -> Result<Vec<Record>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Record>(VERSIONS_OF).bind(id).bind(seq).fetch_all(c).await?))
}
