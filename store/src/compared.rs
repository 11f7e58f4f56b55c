//! What a source holds of grants, for comparison: millions of short rows, so SQLite hands over a page as one text. It
//! compares nothing.

use crate::Result;
use crate::engine::db::Tx;
use domain::identity::Plane;
use domain::ids::{GrantId, Id, IdentityId, Named, SourceId};
use domain::time::Timestamp;
use uuid::Uuid;

macro_rules! held {
    ($columns:literal) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM grants WHERE identity_id >= $2 AND identity_id <= $3 AND source_id = $1
        AND plane || '' = $4 AND until = 9223372036854775807 ORDER BY identity_id, id LIMIT 10000000"
        )
    };
}

statements! {
    KEYS_OF_SOURCE = held!("id, match_key, line_id, identity_id, ends_at");
}

/// A value of another type than its column's makes a line that is none.
const KEYS_TEXT: &str = concat!(
    "SELECT group_concat(line, char(10)) FROM (",
    held!("hex(id) || hex(line_id) || hex(identity_id) || IFNULL(match_key, ' ') || ' ' || IFNULL(ends_at, '') AS line"),
    ")"
);
/// Hexadecimal digits of an id.
const DIGITS: usize = 32;

/// An open grant, for comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownGrant {
    pub id: GrantId,
    pub match_key: String,
    pub line_id: GrantId,
    pub identity_id: IdentityId,
    pub ends_at: Option<Timestamp>,
}

/// The open grants of a source that identities of a range of ids hold, holder by holder.
pub async fn grants(tx: &mut Tx, source: SourceId, plane: Plane, (from, to): (IdentityId, IdentityId)) -> Result<Vec<KnownGrant>> {
    if let Tx::Sqlite(t) = tx {
        let text = sqlx::query_scalar::<_, Option<String>>(KEYS_TEXT).bind(source).bind(from).bind(to).bind(plane);
        // Where a line is none, the rows say which column holds what it must not.
        if let Some(known) = text.fetch_one(&mut **t).await.ok().and_then(|text| parsed(&text.unwrap_or_default())) {
            return Ok(known);
        }
    }
    type Raw = (GrantId, String, GrantId, IdentityId, Option<Timestamp>);
    let raw: Vec<Raw> = on!(tx, c => sqlx::query_as(KEYS_OF_SOURCE).bind(source).bind(from).bind(to).bind(plane).fetch_all(c).await?);
    let known = |(id, match_key, line_id, identity_id, ends_at)| KnownGrant { id, match_key, line_id, identity_id, ends_at };
    Ok(raw.into_iter().map(known).collect())
}

fn parsed(text: &str) -> Option<Vec<KnownGrant>> {
    text.lines().map(line).collect()
}

fn line(line: &str) -> Option<KnownGrant> {
    let (key, ends_at) = line.get(3 * DIGITS..)?.split_once(' ')?;
    Some(KnownGrant {
        id: id(line, 0)?,
        line_id: id(line, 1)?,
        identity_id: id(line, 2)?,
        match_key: key.to_owned(),
        ends_at: if ends_at.is_empty() { None } else { Some(Timestamp(ends_at.parse().ok()?)) },
    })
}

fn id<N: Named>(line: &str, place: usize) -> Option<Id<N>> {
    Uuid::try_parse(line.get(place * DIGITS..(place + 1) * DIGITS)?).ok().map(Id::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_grant_or_none() {
        let (a, b, c) = (Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(3));
        let hex = |id: Uuid| id.simple().to_string().to_uppercase();
        let start = format!("{}{}{}", hex(a), hex(b), hex(c));
        let known = parsed(&format!("{start}key \n{start}other -7")).expect("two lines");
        assert_eq!((known[0].id, known[0].line_id, known[0].identity_id), (GrantId::new(a), GrantId::new(b), IdentityId::new(c)));
        assert_eq!((known[0].match_key.as_str(), known[0].ends_at), ("key", None));
        assert_eq!((known[1].match_key.as_str(), known[1].ends_at), ("other", Some(Timestamp(-7))));
        assert_eq!(parsed(""), Some(vec![]));
        for bad in [&start[1..], &format!("{start}key"), &format!("{start}key x"), "é"] {
            assert!(line(bad).is_none(), "{bad}");
        }
    }
}
