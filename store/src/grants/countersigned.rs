//! What people countersigned of an identity: grants of the baseline with their rules.

use super::{Grant, grant_columns};
use crate::Result;
use crate::engine::db::Tx;
use crate::identities::live;
use crate::permission_sets::RuleRow;
use domain::ids::IdentityId;
use domain::rule::Rule;
use domain::seq::Seq;

statements! {
    OF_IDENTITY = concat!("SELECT ", grant_columns!("g"), ", r.dialect, r.effect, r.actions, r.actions_negated, r.resources, r.resources_negated, r.principals, r.principals_negated, r.conditions
        FROM grants g JOIN rules r ON r.id = g.rule_id
        WHERE g.identity_id = $1 AND g.plane = 'baseline' AND g.since <= $2 AND $2 < g.until AND ", live!("g", "$2"), " ORDER BY g.match_key LIMIT 100000");
}

/// A grant with its rule.
#[derive(Clone, Debug)]
pub struct Ruled {
    pub grant: Grant,
    pub rule: Rule,
}

#[derive(sqlx::FromRow)]
struct RawRuled {
    #[sqlx(flatten)]
    grant: Grant,
    #[sqlx(flatten)]
    rule: RuleRow,
}

/// What people countersigned of an identity as of a position.
pub async fn of_identity(tx: &mut Tx, id: IdentityId, seq: Seq) -> Result<Vec<Ruled>> {
    let raw = on!(tx, c => sqlx::query_as::<_, RawRuled>(OF_IDENTITY).bind(id).bind(seq).fetch_all(c).await?);
    Ok(raw.into_iter().map(|r| Ruled { grant: r.grant, rule: r.rule.rule() }).collect())
}
