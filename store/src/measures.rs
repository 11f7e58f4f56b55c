//! The one table of measures: what is counted with every entry, how a row of the lists contributes to it, the same as
//! SQL for the recount, and which list shows the rows behind it. Counts, links, `verify` and the chips of lists all
//! come from here; a measure that is not here is not counted. People are in none but their own; an account of which it
//! is unclear whether it is a person's is in every total, and `<measure>.unclear` says how much of it that is.

use crate::Result;
use crate::engine::db::Tx;
use crate::engine::writer::CountDelta;
use crate::identities::reviews::reviews;
use crate::identities::{Reviewed, live};
use domain::identity::{Environment, Human, Kind, Review};
use domain::seq::Seq;
use std::collections::HashMap;

/// The scope of counts over the whole installation.
pub const ORGANISATION: &str = "organisation";

/// One measure.
pub struct Measure {
    pub name: &'static str,
    /// What a row of the lists adds to it.
    pub of: fn(&Reviewed) -> i64,
    /// The list that shows the rows behind it, and how it is narrowed.
    pub rows: &'static str,
}

/// What counts as an identity: everything but people.
fn counts(f: &Reviewed) -> bool {
    f.human != Some(Human::Human)
}

fn is_unclear(f: &Reviewed) -> bool {
    f.human == Some(Human::Unclear)
}

fn one(holds: bool) -> i64 {
    i64::from(holds)
}

/// `people`: over rows of people, by a condition. `identities` and `grants`: over rows that count as an identity, by an
/// expression, with the list that shows what is counted; each line makes two measures, the total and its part of which it is unclear whether they are people.
macro_rules! measures {
    (people { $($pname:literal, $psql:literal, $pof:expr, $prows:literal;)+ } identities { $($name:literal, $sql:literal, $of:expr, $rows:literal;)+ } grants { $($gname:literal, $gsql:literal, $gof:expr, $grows:literal;)+ }) => {
        measures! { @ALL { $($pname, $psql, $pof, $prows;)+ } { $($name, $sql, $of, concat!("/identities?", $rows, "&people=no"), concat!("/identities?", $rows, "&human=unclear");)+ $($gname, $gsql, $gof, concat!("/grants?", $grows), concat!("/grants?", $grows, "&human=unclear");)+ } }
    };
    (@ALL { $($pname:literal, $psql:literal, $pof:expr, $prows:literal;)+ } { $($name:literal, $sql:literal, $of:expr, $rows:expr, $unclear:expr;)+ }) => {
        /// Every measure.
        pub const ALL: &[Measure] = &[
            $(Measure { name: $pname, of: $pof, rows: concat!("/identities?", $prows) },)+
            $(
                Measure {
                    name: $name,
                    of: |f| if counts(f) { ($of as fn(&Reviewed) -> i64)(f) } else { 0 },
                    rows: $rows,
                },
                Measure {
                    name: concat!($name, ".unclear"),
                    of: |f| if is_unclear(f) { ($of as fn(&Reviewed) -> i64)(f) } else { 0 },
                    rows: $unclear,
                },
            )+
        ];

        statements! {
            /// One index probe per measure; grouping the history would read every entry there ever was.
            ALL_AT = concat!("SELECT m.measure, COALESCE((SELECT c.n FROM counts c WHERE c.scope = $1 AND c.measure = m.measure AND c.seq <= $2 ORDER BY c.seq DESC LIMIT 1), 0) AS n
        FROM (SELECT 'none' AS measure", $(" UNION ALL SELECT '", $pname, "'",)+ $(" UNION ALL SELECT '", $name, "' UNION ALL SELECT '", $name, ".unclear'",)+ ") m LIMIT 1000");
            /// Every measure counted anew from what lists show now, in the order of the table.
            RECOUNT = concat!("SELECT CAST(COUNT(*) AS BIGINT)", $(", CAST(COALESCE(SUM(CASE WHEN ", $psql, " THEN 1 ELSE 0 END), 0) AS BIGINT)",)+
                $(", CAST(COALESCE(SUM(CASE WHEN COALESCE(f.human, 'non_human') <> 'human' THEN ", $sql, " ELSE 0 END), 0) AS BIGINT)",
                  ", CAST(COALESCE(SUM(CASE WHEN f.human = 'unclear' THEN ", $sql, " ELSE 0 END), 0) AS BIGINT)",)+
                " FROM identity_facts f", reviews!("$1"), " WHERE f.until = 9223372036854775807 AND ", live!("f", "$1"));
        }
    };
}

measures! {
    people {
        "identities.human", "f.human = 'human'", |f| one(f.human == Some(Human::Human)), "human=human&platform=1";
    }
    identities {
        "identities", "1", |f| { let _ = f; 1 }, "platform=1";
        "identities.no_owner", "CASE WHEN f.owner_id IS NULL THEN 1 ELSE 0 END", |f| one(f.owner_id.is_none()), "no_owner=1&platform=1";
        "identities.no_backup", "CASE WHEN f.owner_id IS NOT NULL AND f.backup_id IS NULL THEN 1 ELSE 0 END", |f| one(f.owner_id.is_some() && f.backup_id.is_none()), "no_backup=1&platform=1";
        "identities.hinted", "CASE WHEN f.owner_id IS NULL AND f.owner_hint IS NOT NULL THEN 1 ELSE 0 END", |f| one(f.owner_id.is_none() && f.owner_hint.is_some()), "no_owner=1&hinted=1&platform=1";
        "identities.privileged", "CASE WHEN f.n_full_control + f.n_admin + f.n_secrets + f.n_destructive > 0 THEN 1 ELSE 0 END", |f| one(f.is_privileged()), "privileged=1&platform=1";
        "identities.privileged.no_owner", "CASE WHEN f.owner_id IS NULL AND f.n_full_control + f.n_admin + f.n_secrets + f.n_destructive > 0 THEN 1 ELSE 0 END", |f| one(f.owner_id.is_none() && f.is_privileged()), "privileged=1&no_owner=1&platform=1";
        "identities.platform", "CASE WHEN f.platform_managed = 1 THEN 1 ELSE 0 END", |f| one(f.platform_managed == 1), "platform=only";
        "identities.kind.ai_agent", "CASE WHEN f.kind = 'ai_agent' THEN 1 ELSE 0 END", |f| one(f.kind == Kind::AiAgent), "kind=ai_agent&platform=1";
        "identities.kind.service_account", "CASE WHEN f.kind = 'service_account' THEN 1 ELSE 0 END", |f| one(f.kind == Kind::ServiceAccount), "kind=service_account&platform=1";
        "identities.kind.workload", "CASE WHEN f.kind = 'workload' THEN 1 ELSE 0 END", |f| one(f.kind == Kind::Workload), "kind=workload&platform=1";
        "identities.kind.ci_identity", "CASE WHEN f.kind = 'ci_identity' THEN 1 ELSE 0 END", |f| one(f.kind == Kind::CiIdentity), "kind=ci_identity&platform=1";
        "identities.kind.cloud_user", "CASE WHEN f.kind = 'cloud_user' THEN 1 ELSE 0 END", |f| one(f.kind == Kind::CloudUser), "kind=cloud_user&platform=1";
        "identities.kind.cloud_role", "CASE WHEN f.kind = 'cloud_role' THEN 1 ELSE 0 END", |f| one(f.kind == Kind::CloudRole), "kind=cloud_role&platform=1";
        "identities.kind.bot", "CASE WHEN f.kind = 'bot' THEN 1 ELSE 0 END", |f| one(f.kind == Kind::Bot), "kind=bot&platform=1";
        "identities.kind.integration", "CASE WHEN f.kind = 'integration' THEN 1 ELSE 0 END", |f| one(f.kind == Kind::Integration), "kind=integration&platform=1";
        "identities.environment.production", "CASE WHEN f.environment = 'production' THEN 1 ELSE 0 END", |f| one(f.environment == Environment::Production), "environment=production&platform=1";
        "identities.environment.test", "CASE WHEN f.environment = 'test' THEN 1 ELSE 0 END", |f| one(f.environment == Environment::Test), "environment=test&platform=1";
        "identities.environment.development", "CASE WHEN f.environment = 'development' THEN 1 ELSE 0 END", |f| one(f.environment == Environment::Development), "environment=development&platform=1";
        "identities.environment.unknown", "CASE WHEN f.environment = 'unknown' THEN 1 ELSE 0 END", |f| one(f.environment == Environment::Unknown), "environment=unknown&platform=1";
        "identities.review.unreviewed", "CASE WHEN COALESCE(r.review, 'unreviewed') = 'unreviewed' THEN 1 ELSE 0 END", |f| one(f.review == Review::Unreviewed), "review=unreviewed&platform=1";
        "identities.review.adopted", "CASE WHEN r.review = 'adopted' THEN 1 ELSE 0 END", |f| one(f.review == Review::Adopted), "review=adopted&platform=1";
    }
    grants {
        "grants", "f.grants", |f| f.grants, "";
        "grants.standing", "f.standing", |f| f.standing, "standing=1";
        "grants.timed", "f.timed", |f| f.timed, "timed=1";
        "grants.denied", "f.denied", |f| f.denied, "denied=1";
        "grants.conditional", "f.conditional", |f| f.conditional, "conditional=1";
        "grants.class.full_control", "f.n_full_control", |f| f.n_full_control, "class=full_control";
        "grants.class.admin", "f.n_admin", |f| f.n_admin, "class=admin";
        "grants.class.secrets", "f.n_secrets", |f| f.n_secrets, "class=secrets";
        "grants.class.destructive", "f.n_destructive", |f| f.n_destructive, "class=destructive";
        "grants.class.write", "f.n_write", |f| f.n_write, "class=write";
        "grants.class.read", "f.n_read", |f| f.n_read, "class=read";
        "grants.wildcard", "f.n_wildcard", |f| f.n_wildcard, "wildcard=1";
    }
}

/// Finds a measure by name.
pub fn named(name: &str) -> Option<&'static Measure> {
    ALL.iter().find(|m| m.name == name)
}

/// A figure over everything but people, and how much of it is unclear whether it is people's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figure {
    pub n: i64,
    pub unclear: i64,
}

impl std::iter::Sum for Figure {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |a, b| Self { n: a.n + b.n, unclear: a.unclear + b.unclear })
    }
}

/// A measure with its unclear part, out of the counts of a position.
pub fn figure<S: std::hash::BuildHasher>(counts: &HashMap<String, i64, S>, measure: &str) -> Figure {
    let count = |name: &str| counts.get(name).copied().unwrap_or(0);
    Figure { n: count(measure), unclear: count(&format!("{measure}.unclear")) }
}

/// How the recorded counts move when identities go from one state to another.
#[derive(Default)]
pub struct Deltas(HashMap<&'static str, i64>);

impl Deltas {
    pub fn moved(&mut self, before: Option<&Reviewed>, after: Option<&Reviewed>) {
        for measure in ALL {
            let by = after.map_or(0, measure.of) - before.map_or(0, measure.of);
            if by != 0 {
                *self.0.entry(measure.name).or_default() += by;
            }
        }
    }

    pub fn into_counts(self) -> Vec<CountDelta> {
        let moved = self.0.into_iter().filter(|(_, n)| *n != 0);
        let mut out: Vec<CountDelta> =
            moved.map(|(measure, delta)| CountDelta { scope: ORGANISATION.to_owned(), measure: measure.to_owned(), delta }).collect();
        out.sort_by(|a, b| a.measure.cmp(&b.measure));
        out
    }
}

/// Every measure over the whole installation at a position, by name.
pub async fn all_at(tx: &mut Tx, seq: Seq) -> Result<HashMap<String, i64>> {
    let rows = on!(tx, c => sqlx::query_as::<_, (String, i64)>(ALL_AT).bind(ORGANISATION).bind(seq).fetch_all(c).await?);
    Ok(rows.into_iter().collect())
}

/// Every measure counted anew from what lists show now: name and number.
pub async fn recount(tx: &mut Tx, head: Seq) -> Result<Vec<(&'static str, i64)>> {
    use sqlx::Row as _;
    on!(tx, c => {
        let row = sqlx::query(RECOUNT).bind(head).fetch_one(c).await?;
        ALL.iter().enumerate().map(|(i, m)| Ok((m.name, row.try_get::<i64, _>(i + 1)?))).collect()
    })
}
