//! Whether people have adopted an identity: beside what lists show, so that adopting a hundred thousand identities
//! rewrites none of their rows. An identity without an open row is unreviewed. Only adopting writes here.

use super::{IdentityFacts, Listed, live};
use crate::Result;
use crate::engine::db::Tx;
use crate::engine::table::Table;
use domain::identity::Review;
use domain::ids::{BatchId, IdentityId, SourceId};

row! { $
    /// Where the review of an identity stands.
    IdentityReview in IDENTITY_REVIEWS, review_columns {
        since,
        identity_id: IdentityId,
        batch: Option<BatchId>,
        review: Review,
    }
}

pub static IDENTITY_REVIEWS: Table = Table {
    name: "identity_reviews",
    about: "Where the review of an identity stands; without a row it is unreviewed. Computed from the baseline.",
    key: &["identity_id", "since"],
    columns: IdentityReview::COLUMNS,
    one_open: &["identity_id"],
    ..Table::PLAIN
};

/// Joins the review of the identities of `f` at a position as `r`: one probe of the primary key each. Nothing is
/// joined where nobody reviewed: `COALESCE(r.review, 'unreviewed')`.
macro_rules! reviews {
    ($seq:literal) => {
        concat!(
            " LEFT JOIN identity_reviews r ON r.identity_id = f.identity_id AND r.since <= ",
            $seq,
            " AND ",
            $seq,
            " < r.until AND ",
            $crate::identities::live!("r", $seq)
        )
    };
}
pub(crate) use reviews;

statements! {
    /// Reviews of identities that have left the lists of a source: they count again when the identity comes back.
    OF_LEFT = concat!("SELECT r.identity_id, r.review FROM external_keys k
             JOIN identity_reviews r ON r.identity_id = k.identity_id AND r.until = 9223372036854775807 AND ", live!("r", "9223372036854775806"), "
             WHERE k.source_id = $1 AND k.until = 9223372036854775807
               AND NOT EXISTS (SELECT 1 FROM identity_facts f WHERE f.identity_id = k.identity_id AND f.until = 9223372036854775807)
             ORDER BY r.identity_id LIMIT 10000000");
}

/// What lists show of an identity, and where its review stands: what measures are computed from.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct Reviewed {
    #[sqlx(flatten)]
    pub facts: IdentityFacts,
    pub review: Review,
}

impl std::ops::Deref for Reviewed {
    type Target = IdentityFacts;
    fn deref(&self) -> &IdentityFacts {
        &self.facts
    }
}

impl From<Listed> for Reviewed {
    fn from(listed: Listed) -> Self {
        Self { facts: listed.facts, review: listed.review }
    }
}

impl Reviewed {
    /// One that nobody has reviewed yet.
    pub fn new(facts: IdentityFacts) -> Self {
        Self { facts, review: Review::Unreviewed }
    }

    /// The same review with other facts.
    #[must_use]
    pub fn with(&self, facts: IdentityFacts) -> Self {
        Self { facts, review: self.review }
    }
}

/// Reviews of identities that the source names no more, which no list shows.
pub async fn reviews_of_left(tx: &mut Tx, source: SourceId) -> Result<Vec<(IdentityId, Review)>> {
    Ok(on!(tx, c => sqlx::query_as::<_, (IdentityId, Review)>(OF_LEFT).bind(source).fetch_all(c).await?))
}
