//! What nobody answers for and nobody has reviewed, by source and place: grouped over what lists show.

use crate::Result;
use crate::engine::db::Tx;
use crate::identities::live;
use crate::identities::reviews::reviews;
use crate::measures::Figure;
use domain::ids::SourceId;
use domain::seq::Seq;

/// A figure of a place over everything but people, then its part of which it is unclear.
macro_rules! figure {
    ($name:literal, $of:literal) => {
        concat!(
            "COUNT(*) FILTER (WHERE ",
            $of,
            ") AS ",
            $name,
            ", COUNT(*) FILTER (WHERE f.human = 'unclear' AND ",
            $of,
            ") AS ",
            $name,
            "_unclear"
        )
    };
}

macro_rules! places {
    ($open:literal) => {
        concat!(
            "SELECT f.source_id, f.place, ",
            figure!("identities", "f.platform_managed = 0"),
            ", ",
            figure!("unreviewed", "f.platform_managed = 0 AND COALESCE(r.review, 'unreviewed') = 'unreviewed'"),
            ", ",
            figure!("unowned", "f.platform_managed = 0 AND f.owner_id IS NULL"),
            ", ",
            // The rank stands in the index that is walked: from the least of what destroys on, as the test below says.
            figure!("privileged", "f.platform_managed = 0 AND f.owner_id IS NULL AND f.privilege >= 51539607552"),
            ", ",
            figure!("hinted", "f.platform_managed = 0 AND f.owner_id IS NULL AND f.owner_hint IS NOT NULL"),
            ", ",
            figure!("platform", "f.platform_managed <> 0"),
            "
             FROM identity_facts f",
            reviews!("$1"),
            "
             WHERE ",
            $open,
            " AND ",
            live!("f", "$1"),
            " AND COALESCE(f.human, 'non_human') <> 'human'
             GROUP BY f.source_id, f.place ORDER BY privileged DESC, unowned DESC, unreviewed DESC, f.source_id, f.place LIMIT 100000"
        )
    };
}

/// `owner_id` is hidden from the planner, so that SQLite walks the index that holds all this asks for instead of
/// looking every unowned row up.
macro_rules! hints {
    ($open:literal) => {
        concat!(
            "SELECT f.owner_hint AS hint, COUNT(*) AS identities, COUNT(*) FILTER (WHERE f.human = 'unclear') AS unclear
             FROM identity_facts f
             WHERE ",
            $open,
            " AND ",
            live!("f", "$1"),
            " AND COALESCE(f.human, 'non_human') <> 'human'
               AND f.platform_managed = 0 AND (CASE WHEN f.owner_id IS NULL THEN 1 ELSE 0 END) = 1 AND f.owner_hint IS NOT NULL
             GROUP BY f.owner_hint ORDER BY identities DESC, f.owner_hint LIMIT 20"
        )
    };
}

statements! {
    PLACES_NOW = places!("f.until = 9223372036854775807 AND $1 >= 0");
    PLACES_AT = places!("f.since <= $1 AND $1 < f.until");
    HINTS_NOW = hints!("f.until = 9223372036854775807 AND $1 >= 0");
    HINTS_AT = hints!("f.since <= $1 AND $1 < f.until");
    /// Identities whose record named an owner once and names nobody now.
    ORPHANS = concat!("SELECT COUNT(*), COUNT(*) FILTER (WHERE f.human = 'unclear') FROM identity_versions w JOIN identity_facts f ON f.identity_id = w.id AND f.since <= $1 AND $1 < f.until AND ", live!("f", "$1"), "
             WHERE w.plane = 'manual' AND w.owner_id IS NULL AND w.since <= $1 AND $1 < w.until AND COALESCE(f.human, 'non_human') <> 'human'
               AND EXISTS (SELECT 1 FROM identity_versions b WHERE b.id = w.id AND b.plane = 'manual' AND b.since < w.since AND b.owner_id IS NOT NULL)");
}

#[derive(sqlx::FromRow)]
struct RawPlace {
    source_id: Option<SourceId>,
    place: Option<String>,
    identities: i64,
    identities_unclear: i64,
    unreviewed: i64,
    unreviewed_unclear: i64,
    unowned: i64,
    unowned_unclear: i64,
    privileged: i64,
    privileged_unclear: i64,
    hinted: i64,
    hinted_unclear: i64,
    platform: i64,
    platform_unclear: i64,
}

/// One account, namespace or source as a whole. Platform-managed identities are counted apart, people not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// None where identities were entered by hand only.
    pub source_id: Option<SourceId>,
    pub place: Option<String>,
    pub identities: Figure,
    pub unreviewed: Figure,
    pub unowned: Figure,
    /// Of the unowned, those that are privileged.
    pub privileged: Figure,
    /// Of the unowned, those for whom a tag names somebody.
    pub hinted: Figure,
    pub platform: Figure,
}

impl From<RawPlace> for Place {
    fn from(r: RawPlace) -> Self {
        Self {
            source_id: r.source_id,
            place: r.place,
            identities: Figure { n: r.identities, unclear: r.identities_unclear },
            unreviewed: Figure { n: r.unreviewed, unclear: r.unreviewed_unclear },
            unowned: Figure { n: r.unowned, unclear: r.unowned_unclear },
            privileged: Figure { n: r.privileged, unclear: r.privileged_unclear },
            hinted: Figure { n: r.hinted, unclear: r.hinted_unclear },
            platform: Figure { n: r.platform, unclear: r.platform_unclear },
        }
    }
}

/// What is counted over all identities, people apart.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// Most privileged ones without an owner first.
    pub places: Vec<Place>,
    /// Whom tags name as owners of what nobody owns, with how many, most first.
    pub hints: Vec<(String, Figure)>,
}

/// Both as of a position; `now` picks the statements that use the index on open rows.
pub async fn figures(tx: &mut Tx, seq: Seq, now: bool) -> Result<Figures> {
    Ok(Figures { places: places(tx, seq, now).await?, hints: hints(tx, seq, now).await? })
}

async fn places(tx: &mut Tx, seq: Seq, now: bool) -> Result<Vec<Place>> {
    let text = if now { PLACES_NOW } else { PLACES_AT };
    let raw = on!(tx, c => sqlx::query_as::<_, RawPlace>(text).bind(seq).fetch_all(c).await?);
    Ok(raw.into_iter().map(Place::from).collect())
}

async fn hints(tx: &mut Tx, seq: Seq, now: bool) -> Result<Vec<(String, Figure)>> {
    let text = if now { HINTS_NOW } else { HINTS_AT };
    let raw = on!(tx, c => sqlx::query_as::<_, (String, i64, i64)>(text).bind(seq).fetch_all(c).await?);
    Ok(raw.into_iter().map(|(hint, n, unclear)| (hint, Figure { n, unclear })).collect())
}

/// How many had an owner who left, and have none now.
pub async fn orphans(tx: &mut Tx, seq: Seq) -> Result<Figure> {
    let (n, unclear) = on!(tx, c => sqlx::query_as::<_, (i64, i64)>(ORPHANS).bind(seq).fetch_one(c).await?);
    Ok(Figure { n, unclear })
}

#[cfg(test)]
mod tests {
    use domain::privilege::{Breadth, Class, rank};

    #[test]
    fn what_counts_as_privileged_by_its_rank_is_what_counts_by_its_classes() {
        let least = Class::ALL.iter().filter(|c| c.is_privileged()).map(|c| rank(*c, Breadth::OneResource, 1)).min();
        let most = Class::ALL.iter().filter(|c| !c.is_privileged()).map(|c| rank(*c, Breadth::Everything, u64::MAX)).max();
        assert!(least.is_some_and(|n| n >= 51_539_607_552) && most.is_some_and(|n| n < 51_539_607_552), "{least:?} {most:?}");
    }
}
