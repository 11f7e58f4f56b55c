//! Recorded counts: the value from an entry on, so that the count at a position is one index probe and a
//! trend is a range.

use crate::Result;
use crate::engine::db::Tx;
use crate::engine::table::{Table, TableKind};
use domain::seq::Seq;
use domain::time::Timestamp;

row! { $
    /// A count: its value from an entry on.
    Count in COUNTS, count_columns {
        scope: String,
        measure: String,
        seq: Seq,
        n: i64,
    }
}

pub static COUNTS: Table = Table {
    name: "counts",
    about: "The value from that entry on, so a count at S is an index probe and a trend a range.",
    kind: TableKind::Recorded,
    key: &["scope", "measure", "seq"],
    columns: Count::COLUMNS,
    ..Table::PLAIN
};

impl Count {
    pub fn new(scope: &str, measure: &str, n: i64) -> Self {
        Self { scope: scope.to_owned(), measure: measure.to_owned(), seq: Seq::ZERO, n }
    }
}

/// The last entry up to an instant; `at` never runs backwards.
macro_rules! point {
    ($n:literal, $at:literal) => {
        concat!(
            "SELECT CAST(",
            $n,
            " AS BIGINT) AS n, (SELECT l.seq FROM ledger l WHERE l.at <= ",
            $at,
            " AND l.seq <= $2 ORDER BY l.at DESC, l.seq DESC LIMIT 1) AS seq"
        )
    };
}

statements! {
    /// Grants by class at thirteen instants: one probe of an index for each instant, and one for each count.
    TREND = concat!("SELECT t.n, m.class, COALESCE((SELECT c.n FROM counts c WHERE c.scope = $1 AND c.measure = m.measure AND c.seq <= t.seq ORDER BY c.seq DESC LIMIT 1), 0) AS held
        FROM (", point!("0", "$3"), " UNION ALL ", point!("1", "$4"), " UNION ALL ", point!("2", "$5"), " UNION ALL ", point!("3", "$6"),
        " UNION ALL ", point!("4", "$7"), " UNION ALL ", point!("5", "$8"), " UNION ALL ", point!("6", "$9"), " UNION ALL ", point!("7", "$10"),
        " UNION ALL ", point!("8", "$11"), " UNION ALL ", point!("9", "$12"), " UNION ALL ", point!("10", "$13"), " UNION ALL ", point!("11", "$14"),
        " UNION ALL ", point!("12", "$15"), ") t
        CROSS JOIN (SELECT CAST(0 AS BIGINT) AS class, 'grants.class.full_control' AS measure
        UNION ALL SELECT 1, 'grants.class.admin'
        UNION ALL SELECT 2, 'grants.class.secrets'
        UNION ALL SELECT 3, 'grants.class.destructive'
        UNION ALL SELECT 4, 'grants.class.write'
        UNION ALL SELECT 5, 'grants.class.read') m LIMIT 100");
    AT = "SELECT n FROM counts WHERE scope = $1 AND measure = $2 AND seq <= $3 ORDER BY seq DESC LIMIT 1";
}

/// The value of one count at a position; none where it was never recorded.
pub async fn at(tx: &mut Tx, scope: &str, measure: &str, seq: Seq) -> Result<Option<i64>> {
    Ok(on!(tx, c => sqlx::query_scalar::<_, i64>(AT).bind(scope).bind(measure).bind(seq).fetch_optional(c).await?))
}

/// Points of a trend.
pub const POINTS: usize = 13;

/// Grants by class, in the order of `privilege::Class::ALL`, as recorded at each instant up to a position.
pub async fn trend(tx: &mut Tx, scope: &str, seq: Seq, instants: &[Timestamp; POINTS]) -> Result<[[i64; 6]; POINTS]> {
    let rows = on!(tx, c => {
        let mut query = sqlx::query_as::<_, (i64, i64, i64)>(TREND).bind(scope).bind(seq);
        for at in instants {
            query = query.bind(*at);
        }
        query.fetch_all(c).await?
    });
    let mut out = [[0; 6]; POINTS];
    for (point, class, held) in rows {
        if let Some(slot) = out.get_mut(point as usize).and_then(|p| p.get_mut(class as usize)) {
            *slot = held;
        }
    }
    Ok(out)
}
