//! Names of what an import moves, where the comparison knows only ids.

use crate::Result;
use crate::engine::db::Tx;
use crate::permission_sets::RuleRow;
use domain::ids::{GrantId, ToolId};
use domain::rule::{Rule, Via};

/// How many are named by one statement.
pub const STEP: usize = 50;

/// As many places as `STEP`.
macro_rules! places {
    () => {
        "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, \
         $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, $49, $50"
    };
}
pub(crate) use places;

statements! {
    GRANTS = concat!("SELECT g.id, v.name AS holder, g.via, g.via_name, s.name AS set_name, r.dialect, r.effect, r.actions, r.actions_negated,
            r.resources, r.resources_negated, r.principals, r.principals_negated, r.conditions
        FROM grants g JOIN rules r ON r.id = g.rule_id
        JOIN identity_versions v ON v.id = g.identity_id AND v.plane = g.plane AND v.until = 9223372036854775807
        LEFT JOIN permission_set_versions s ON s.id = g.permission_set_id AND s.plane = g.plane AND s.until = 9223372036854775807
        WHERE g.id IN (", places!(), ") ORDER BY g.id LIMIT 50");
    TOOLS = concat!("SELECT id, definition FROM tools WHERE id IN (", places!(), ") ORDER BY id LIMIT 50");
}

#[derive(sqlx::FromRow)]
struct RawGrant {
    id: GrantId,
    holder: Option<String>,
    via: Via,
    via_name: String,
    set_name: Option<String>,
    #[sqlx(flatten)]
    rule: RuleRow,
}

/// A grant by what it gives, and to whom.
#[derive(Clone, Debug)]
pub struct NamedGrant {
    pub id: GrantId,
    /// The name of the identity; empty where its record names none.
    pub holder: String,
    pub via: Via,
    pub via_name: String,
    pub set_name: Option<String>,
    pub rule: Rule,
}

/// At most `STEP` grants that are open or were, by their ids.
pub async fn grants(tx: &mut Tx, ids: &[GrantId]) -> Result<Vec<NamedGrant>> {
    let raw = on!(tx, c => {
        let mut query = sqlx::query_as::<_, RawGrant>(GRANTS);
        for place in 0..STEP {
            query = query.bind(ids.get(place).or(ids.first()).copied());
        }
        query.fetch_all(c).await?
    });
    Ok(raw
        .into_iter()
        .map(|r| NamedGrant {
            id: r.id,
            holder: r.holder.unwrap_or_default(),
            via: r.via,
            via_name: r.via_name,
            set_name: r.set_name,
            rule: r.rule.rule(),
        })
        .collect())
}

/// The definitions of at most `STEP` tools, by their ids.
pub async fn definitions(tx: &mut Tx, ids: &[ToolId]) -> Result<Vec<(ToolId, String)>> {
    Ok(on!(tx, c => {
        let mut query = sqlx::query_as::<_, (ToolId, String)>(TOOLS);
        for place in 0..STEP {
            query = query.bind(ids.get(place).or(ids.first()).copied());
        }
        query.fetch_all(c).await?
    }))
}
