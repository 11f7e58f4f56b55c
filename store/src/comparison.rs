//! What differs between two positions: which identities, and their rows that are open at one of the two and not at the
//! other. Whatever moves anything of an identity gives it a new row in `identity_facts`, so these rows say which ones. It
//! judges and names nothing.

use crate::Result;
use crate::credentials::{Credential, credential_columns};
use crate::differences::{STEP, places};
use crate::engine::db::Tx;
use crate::identities::{IdentityFacts, Record, fact_columns, live, record_columns};
use crate::permission_sets::RuleRow;
use crate::surfaces::{Surface, Tool, surface_columns, tool_columns};
use domain::asof::AsOf;
use domain::identity::Plane;
use domain::ids::{GrantId, IdentityId, SourceId};
use domain::rule::{Rule, Via};
use domain::seq::Seq;
use domain::time::Timestamp;

/// Rows of one kind that are read of the identities of a page.
const MOST: i64 = 20_000;

/// True of a row that is there at a position.
macro_rules! there {
    ($alias:literal, $seq:literal) => {
        concat!("(", $alias, ".since <= ", $seq, " AND ", $seq, " < ", $alias, ".until AND ", live!($alias, $seq), ")")
    };
}

/// The same of a grant that has not ended at the instant.
macro_rules! holds {
    ($seq:literal, $at:literal) => {
        concat!("(", there!("g", $seq), " AND (g.ends_at IS NULL OR g.ends_at > ", $at, "))")
    };
}

/// Rows that were opened between the two: of an identity that is there at the newer one.
macro_rules! opened {
    ($what:literal, $before:literal, $limit:literal) => {
        concat!(
            "SELECT f.since AS seq, f.identity_id AS identity_id, CAST(1 AS BIGINT) AS opened, CAST(CASE WHEN ",
            there!("f", "$2"),
            " AND NOT ",
            there!("f", "$1"),
            " AND ($5 = 0 OR f.source_id = $6) THEN 1 ELSE 0 END AS BIGINT) AS fits",
            $what,
            " FROM identity_facts f WHERE f.since <> 0 AND f.since > $3 AND ",
            $before,
            " ORDER BY f.since DESC, f.identity_id DESC LIMIT ",
            $limit
        )
    };
}

/// Rows that were closed between the two: of an identity that is there at the older one and gone at the newer.
macro_rules! closed {
    ($what:literal, $before:literal, $limit:literal) => {
        concat!(
            "SELECT f.until AS seq, f.identity_id AS identity_id, CAST(0 AS BIGINT) AS opened, CAST(CASE WHEN ",
            there!("f", "$1"),
            " AND ($5 = 0 OR f.source_id = $6) AND NOT EXISTS (SELECT 1 FROM identity_facts n WHERE n.identity_id = f.identity_id AND ",
            there!("n", "$2"),
            ") THEN 1 ELSE 0 END AS BIGINT) AS fits",
            $what,
            " FROM identity_facts f WHERE f.until <> 9223372036854775807 AND f.until > $1 AND ",
            $before,
            " ORDER BY f.until DESC, f.identity_id DESC LIMIT ",
            $limit
        )
    };
}

/// Rows of a table that are there at one of the two positions only: of what sources report and people enter, as on the page of
/// an identity.
macro_rules! differing {
    (($($columns:tt)+), $from:literal) => {
        concat!(
            "SELECT ",
            $($columns)+,
            ", CAST(CASE WHEN ",
            there!("v", "$52"),
            " THEN 1 ELSE 0 END AS BIGINT) AS is_after FROM ",
            $from,
            " v WHERE v.identity_id IN (",
            places!(),
            ") AND v.plane IN ('observed', 'manual') AND (",
            there!("v", "$51"),
            ") <> (",
            there!("v", "$52"),
            ") ORDER BY v.identity_id, v.id, v.since LIMIT $53"
        )
    };
}

statements! {
    /// Where the walk begins: ahead of the first entry of a batch that came to live between the two.
    FROM = "SELECT COALESCE(MIN(b.seq) - 1, $1) FROM batch_ends e JOIN batches b ON b.id = e.batch
        WHERE e.outcome = 'live' AND e.seq > $1 AND e.seq <= $2 AND b.seq <= $1";
    MOVED = concat!("SELECT x.seq, x.identity_id, x.opened, x.fits FROM (SELECT * FROM (",
        opened!("", "(f.since, f.identity_id) < ($7, $8)", "$4"), ") w UNION ALL SELECT * FROM (",
        closed!("", "(f.until, f.identity_id) < ($7, $8)", "$4"), ") m) x ORDER BY x.seq DESC, x.identity_id DESC, x.opened DESC LIMIT $4");
    COUNTED = concat!("SELECT CAST(COALESCE(SUM(CASE WHEN x.fits = 1 AND x.was = 0 THEN 1 ELSE 0 END), 0) AS BIGINT) AS added,
            CAST(COALESCE(SUM(CASE WHEN x.fits = 1 AND x.was = 1 AND x.opened = 1 THEN 1 ELSE 0 END), 0) AS BIGINT) AS changed,
            CAST(COALESCE(SUM(CASE WHEN x.fits = 1 AND x.opened = 0 THEN 1 ELSE 0 END), 0) AS BIGINT) AS removed,
            CAST(COALESCE(SUM(x.opened), 0) AS BIGINT) AS opened, CAST(COUNT(*) AS BIGINT) AS scanned
        FROM (SELECT * FROM (", opened!(", CAST(CASE WHEN EXISTS (SELECT 1 FROM identity_facts o WHERE o.identity_id = f.identity_id
                AND o.since <= $1 AND $1 < o.until AND (o.batch IS NULL OR o.batch IN (SELECT e.batch FROM batch_ends e WHERE e.outcome = 'live' AND e.seq <= $1))) THEN 1 ELSE 0 END AS BIGINT) AS was", "f.since <= $2", "$4"),
        ") w UNION ALL SELECT * FROM (", closed!(", CAST(1 AS BIGINT) AS was", "f.until <= $2", "$4"), ") m) x LIMIT 1");
    FACTS = concat!("SELECT ", fact_columns!("f"), " FROM identity_facts f WHERE f.identity_id IN (", places!(), ") AND ", there!("f", "$51"),
        " ORDER BY f.identity_id LIMIT 50");
    /// Every grant there at either position: what denies and boundaries take away is judged with all of them.
    GRANTS = concat!("SELECT g.id, g.identity_id, g.since, g.until, g.via, g.via_name, g.ends_at, g.match_key, COALESCE(n.name, o.name) AS set_name,
            r.dialect, r.effect, r.actions, r.actions_negated, r.resources, r.resources_negated, r.principals, r.principals_negated, r.conditions,
            CAST(CASE WHEN ", holds!("$51", "$53"), " THEN 1 ELSE 0 END AS BIGINT) AS is_before, CAST(CASE WHEN ", holds!("$52", "$54"), " THEN 1 ELSE 0 END AS BIGINT) AS is_after
        FROM grants g JOIN rules r ON r.id = g.rule_id
        LEFT JOIN permission_set_versions n ON n.id = g.permission_set_id AND n.plane = g.plane AND n.since <= $52 AND $52 < n.until
        LEFT JOIN permission_set_versions o ON o.id = g.permission_set_id AND o.plane = g.plane AND o.since <= $51 AND $51 < o.until
        WHERE g.identity_id IN (", places!(), ") AND g.plane = $55 AND ((", holds!("$51", "$53"), ") OR (", holds!("$52", "$54"), "))
        ORDER BY g.identity_id, g.id LIMIT $56");
    SURFACES = differing!((surface_columns!("v")), "surface_versions");
    TOOLS = differing!((tool_columns!("v")), "tools");
    CREDENTIALS = differing!((credential_columns!("v")), "credential_versions");
    /// Whole records: what counts of a field is not to be told from the planes alone that moved.
    RECORDS = concat!("SELECT ", record_columns!("v"), " FROM identity_versions v WHERE v.id IN (", places!(), ") AND ", there!("v", "$51"),
        " ORDER BY v.id, v.plane LIMIT $52");
    /// Identities that were changed or went, newest first.
    STEPS = concat!("SELECT f.until AS seq, f.identity_id FROM identity_facts f
        WHERE f.until <> 9223372036854775807 AND f.until <= $1 AND ", live!("f", "$1"), " ORDER BY f.until DESC, f.identity_id DESC LIMIT $2");
}

/// Two moments, the older one first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Between {
    pub from: AsOf,
    pub to: AsOf,
}

/// An identity that differs, and the entry that made it so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct At {
    pub seq: Seq,
    pub identity_id: IdentityId,
}

#[derive(Clone, Copy, sqlx::FromRow)]
struct Scanned {
    #[sqlx(flatten)]
    at: At,
    fits: i64,
}

/// What a stretch of the walk came to.
#[derive(Clone, Debug, Default)]
pub struct Stretch {
    /// Newest first.
    pub found: Vec<At>,
    /// Where it goes on; none where it has come to its end.
    pub next: Option<At>,
}

impl Between {
    /// Ahead of the first entry whose rows may be there at the newer position and not at the older.
    pub async fn begin(&self, tx: &mut Tx) -> Result<Seq> {
        Ok(on!(tx, c => sqlx::query_scalar::<_, Seq>(FROM).bind(self.from.seq).bind(self.to.seq).fetch_one(c).await?))
    }

    /// Identities that differ, behind a place of the walk: at most `rows` rows are looked at.
    pub async fn moved(&self, tx: &mut Tx, begin: Seq, source: Option<SourceId>, after: Option<At>, rows: i64) -> Result<Stretch> {
        // One bound for both columns: beside it a second one on the position alone would be the one an index is walked by.
        let after = after.unwrap_or(At { seq: self.to.seq.plus(1), identity_id: IdentityId::nil() });
        let mut all = on!(tx, c => {
            sqlx::query_as::<_, Scanned>(MOVED).bind(self.from.seq).bind(self.to.seq).bind(begin).bind(rows).bind(i64::from(source.is_some()))
                .bind(source.unwrap_or(SourceId::nil())).bind(after.seq).bind(after.identity_id).fetch_all(c).await?
        });
        let mut next = None;
        if all.len() as i64 >= rows {
            // Of the last identity there may be another row at the same entry, which the next stretch would not see.
            let last = all.last().map(|s| s.at);
            let whole = all.iter().position(|s| Some(s.at) == last).filter(|at| *at > 0).unwrap_or(all.len());
            all.truncate(whole);
            next = all.last().map(|s| s.at);
        }
        Ok(Stretch { found: all.into_iter().filter(|s| s.fits == 1).map(|s| s.at).collect(), next })
    }

    /// How many differ, of so many rows that were opened and as many that were closed.
    pub async fn counted(&self, tx: &mut Tx, begin: Seq, source: Option<SourceId>, rows: i64) -> Result<Counted> {
        Ok(on!(tx, c => {
            sqlx::query_as::<_, Counted>(COUNTED).bind(self.from.seq).bind(self.to.seq).bind(begin).bind(rows).bind(i64::from(source.is_some()))
                .bind(source.unwrap_or(SourceId::nil())).fetch_one(c).await?
        }))
    }
}

/// How many identities differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Counted {
    pub added: i64,
    pub changed: i64,
    pub removed: i64,
    opened: i64,
    scanned: i64,
}

impl Counted {
    /// True where so many rows are not all there are: then there may be more.
    pub fn is_cut(&self, rows: i64) -> bool {
        self.opened >= rows || self.scanned - self.opened >= rows
    }

    pub fn all(&self) -> i64 {
        self.added + self.changed + self.removed
    }
}

/// Binds a list of ids to as many places as a statement has.
macro_rules! bound {
    ($query:expr, $ids:expr) => {{
        let mut query = $query;
        for place in 0..STEP {
            query = query.bind($ids.get(place).or($ids.first()).copied());
        }
        query
    }};
}

/// What lists show of at most `STEP` identities at a position.
pub async fn facts(tx: &mut Tx, ids: &[IdentityId], seq: Seq) -> Result<Vec<IdentityFacts>> {
    Ok(on!(tx, c => bound!(sqlx::query_as::<_, IdentityFacts>(FACTS), ids).bind(seq).fetch_all(c).await?))
}

#[derive(sqlx::FromRow)]
struct RawGrant {
    id: GrantId,
    identity_id: IdentityId,
    since: Seq,
    until: Seq,
    via: Via,
    via_name: String,
    ends_at: Option<Timestamp>,
    match_key: String,
    set_name: Option<String>,
    #[sqlx(flatten)]
    rule: RuleRow,
    is_before: i64,
    is_after: i64,
}

/// A grant that is there at one of the two moments, or at both.
#[derive(Clone, Debug)]
pub struct HeldThen {
    pub id: GrantId,
    pub identity_id: IdentityId,
    pub since: Seq,
    /// The entry that closed it, where it is not there any more.
    pub until: Seq,
    pub via: Via,
    pub via_name: String,
    pub ends_at: Option<Timestamp>,
    pub match_key: String,
    pub set_name: Option<String>,
    pub rule: Rule,
    /// Whether it is in force at the older moment, and at the newer.
    pub before: bool,
    pub after: bool,
}

/// The grants that at most `STEP` identities hold at either moment.
///
/// None where they are more than are read: with some of them left out, others would be misjudged.
pub async fn grants(tx: &mut Tx, ids: &[IdentityId], between: Between) -> Result<Option<Vec<HeldThen>>> {
    let Between { from, to } = between;
    let raw = on!(tx, c => {
        bound!(sqlx::query_as::<_, RawGrant>(GRANTS), ids).bind(from.seq).bind(to.seq).bind(from.at).bind(to.at)
            .bind(Plane::Observed).bind(MOST + 1).fetch_all(c).await?
    });
    if raw.len() as i64 > MOST {
        return Ok(None);
    }
    let all = raw
        .into_iter()
        .map(|r| HeldThen {
            id: r.id,
            identity_id: r.identity_id,
            since: r.since,
            until: r.until,
            via: r.via,
            via_name: r.via_name,
            ends_at: r.ends_at,
            match_key: r.match_key,
            set_name: r.set_name,
            rule: r.rule.rule(),
            before: r.is_before == 1,
            after: r.is_after == 1,
        })
        .collect();
    Ok(Some(all))
}

/// A row with the moment it is there at: the newer one, or the older.
#[derive(Clone, Debug)]
pub struct Sided<T> {
    pub row: T,
    pub after: bool,
}

/// Reads the rows of a table that differ; none where they are more than are read.
macro_rules! sided {
    ($(#[$doc:meta])* $name:ident, $raw:ident, $row:ty, $text:ident) => {
        #[derive(sqlx::FromRow)]
        struct $raw {
            #[sqlx(flatten)]
            row: $row,
            is_after: i64,
        }

        $(#[$doc])*
        pub async fn $name(tx: &mut Tx, ids: &[IdentityId], between: Between) -> Result<Option<Vec<Sided<$row>>>> {
            let (from, to) = (between.from.seq, between.to.seq);
            let raw = on!(tx, c => bound!(sqlx::query_as::<_, $raw>($text), ids).bind(from).bind(to).bind(MOST + 1).fetch_all(c).await?);
            let all = raw.into_iter().map(|r| Sided { row: r.row, after: r.is_after == 1 }).collect::<Vec<_>>();
            Ok(Some(all).filter(|all| all.len() as i64 <= MOST))
        }
    };
}

sided! {
    /// Surfaces that are there at one of the two only, as versions.
    surfaces, RawSurface, Surface, SURFACES
}
sided! {
    /// Tools that are there at one of the two only.
    tools, RawTool, Tool, TOOLS
}
sided! {
    /// Credentials that are there at one of the two only, as versions.
    credentials, RawCredential, Credential, CREDENTIALS
}

/// The records of every plane at both positions.
pub async fn records(tx: &mut Tx, ids: &[IdentityId], between: Between) -> Result<Vec<Sided<Record>>> {
    let mut out = Vec::new();
    for (seq, after) in [(between.from.seq, false), (between.to.seq, true)] {
        let rows = on!(tx, c => bound!(sqlx::query_as::<_, Record>(RECORDS), ids).bind(seq).bind(MOST).fetch_all(c).await?);
        out.extend(rows.into_iter().map(|row| Sided { row, after }));
    }
    Ok(out)
}

/// Identities that were changed or went by a position, newest first; each entry that did it once.
pub async fn steps(tx: &mut Tx, seq: Seq, limit: i64) -> Result<Vec<At>> {
    Ok(on!(tx, c => sqlx::query_as::<_, At>(STEPS).bind(seq).bind(limit).fetch_all(c).await?))
}
