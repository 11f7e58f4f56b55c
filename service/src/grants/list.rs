//! The list of grants. A class is no column: it is what is left of a grant beside the denies and the boundary of its
//! identity. So the list walks the identities that may hold what is asked for, worst first, judges each as its page does,
//! and keeps what fits.

use crate::exports::Bound;
use crate::identities::{GRANTS_JUDGED, ShownGrant, TIMED_AT_MOST, judged};
use crate::listing::{Listing, Sheet, bad_cursor};
use crate::{Read, Result};
use domain::asof::AsOf;
use domain::identity::{Environment, Kind, Plane};
use domain::ids::{GrantId, IdentityId};
use domain::listing::{Datum, Field};
use domain::permission::Action;
use domain::privilege::Class;
use domain::query::grants::Filter;
use domain::rule::{Effect, Via};
use store::grants::HeldGrant;
use store::identities::{self, After, Listed};

/// Grants, those of the worst identity first.
pub struct List;

/// A grant and who holds it.
#[derive(Clone, Debug)]
pub struct Row {
    pub holder: Listed,
    pub grant: ShownGrant,
    pub standing: bool,
}

impl Row {
    /// The highest class with the reason for it.
    pub fn reason(&self) -> Option<&str> {
        let highest = self.grant.judged.classes.highest()?;
        self.grant.judged.reasons.iter().find(|(c, _)| *c == highest).map(|(_, why)| why.as_str())
    }
}

type F = Field<Row>;

/// `a, b` and what is taken out of them.
fn words(all: &[String], negated: &[String]) -> String {
    let but = negated.iter().map(|n| format!("everything but {n}"));
    all.iter().cloned().chain(but).collect::<Vec<_>>().join(", ")
}

impl Listing for List {
    type Row = Row;
    type Filter = Filter;
    const NAME: &'static str = "grants";
    const NEEDS: Action = Action::ReadInventory;
    const BOUND: Option<Bound> = Some(Bound::Grants);
    const FIELDS: &'static [F] = &[
        F::text("id", "grt_…", |r| Datum::text(r.grant.held.id)),
        F::text("identity", "idn_… of who holds it", |r| Datum::text(r.holder.identity_id)).brief(),
        F::text("identity_name", "who holds it", |r| Datum::text(&r.holder.name)).shown("Identity").brief(),
        F::words("kind", "the kind of who holds it", Kind::WORDS, |r| Datum::text(r.holder.kind)),
        F::text("owner_name", "the owner of who holds it", |r| Datum::perhaps(r.holder.owner_name.as_deref())).optional().shown("Owner"),
        F::words("environment", "where who holds it runs", Environment::WORDS, |r| Datum::text(r.holder.environment)).shown("Environment"),
        F::words("class", "the worst it allows; none where denies leave nothing", Class::WORDS, |r| {
            Datum::perhaps(r.grant.judged.classes.highest())
        })
        .optional()
        .shown("Highest privilege")
        .brief(),
        F::text("reason", "why it is of this class", |r| Datum::perhaps(r.reason())).optional(),
        F::words("effect", "what the rule does", &["allow", "deny"], |r| Datum::text(r.grant.held.rule.effect)),
        F::text("actions", "", |r| Datum::Text(words(&r.grant.held.rule.actions, &r.grant.held.rule.actions_negated)))
            .shown("Actions")
            .brief(),
        F::text("resources", "", |r| Datum::Text(words(&r.grant.held.rule.resources, &r.grant.held.rule.resources_negated)))
            .shown("Resources")
            .brief(),
        F::text("conditions", "under which it holds", |r| Datum::Text(r.grant.held.rule.conditions.join("; "))),
        F::text("permission_set", "set_… of the policy, role or group that holds the rule", |r| {
            Datum::perhaps(r.grant.held.permission_set_id)
        })
        .optional(),
        F::text("granted_by", "the policy, role or group that holds the rule", |r| Datum::perhaps(r.grant.held.set_name.as_deref()))
            .optional()
            .shown("Granted by"),
        F::words("via", "how it is held", Via::WORDS, |r| Datum::text(r.grant.held.via)),
        F::text("via_name", "the name of that path", |r| Datum::text(&r.grant.held.via_name)),
        F::text("source", "the source that reports it", |r| Datum::text(&r.grant.held.source)),
        F::flag("standing", "true where it has no end, or one more than a day away", |r| Datum::Flag(r.standing)),
        F::flag("wildcard", "true of the wildcard mark", |r| Datum::Flag(r.grant.judged.classes.wildcard())),
        F::time("expires", "when it ends", |r| r.grant.held.ends_at.map_or(Datum::Nothing, Datum::Time)).optional().shown("Expires"),
    ];

    async fn sheet<'a>(read: &'a mut Read, filter: &'a Filter, after: Option<&'a str>, limit: i64) -> Result<Sheet<Row>> {
        read.authorise(Self::NEEDS)?;
        walk(read, filter, after.map(parse).transpose()?, usize::try_from(limit).unwrap_or(0)).await
    }
}

/// Identities that one stretch looks at: where few of them hold what is asked for, it ends early and says where it goes on.
const LOOKED_AT: i64 = 1_000;
/// Identities read at a time.
const STEP: i64 = 50;
/// Grants of one identity that the list judges together, or looks at in one stretch, and so many at a time.
const OF_ONE: i64 = 20_000;
const PART: i64 = 1_000;

/// Where a stretch goes on: behind a grant of an identity, or behind the identity.
struct Place {
    privilege: i64,
    identity: IdentityId,
    grant: Option<GrantId>,
}

fn parse(text: &str) -> Result<Place> {
    let mut parts = text.splitn(3, '~');
    let mut next = || parts.next().ok_or_else(bad_cursor);
    let (identity, privilege, grant) = (next()?, next()?, next()?);
    Ok(Place {
        privilege: privilege.parse().map_err(|_| bad_cursor())?,
        identity: IdentityId::parse(identity).map_err(|_| bad_cursor())?,
        grant: if grant == "-" { None } else { Some(GrantId::parse(grant).map_err(|_| bad_cursor())?) },
    })
}

async fn walk(read: &mut Read, filter: &Filter, from: Option<Place>, wanted: usize) -> Result<Sheet<Row>> {
    let (as_of, seq, now) = (read.as_of(), read.seq(), read.at_head());
    let holders = filter.holders();
    let (mut rows, mut looked) = (Vec::new(), 0);
    let mut at = After::Start;
    if let Some(Place { privilege, identity, grant }) = from {
        if let Some(grant) = grant {
            // The rest of the identity in which the last stretch ended.
            let holder = identities::facts_of(read.tx(), identity, seq).await?.ok_or_else(bad_cursor)?;
            let on = of_holder(read, &holder, filter, Some(grant), wanted, &mut rows).await?;
            if on.is_some() || filter.identity.is_some() {
                return Ok(cut(as_of, rows, wanted, on));
            }
        }
        at = After::Number(privilege, identity);
    }
    while rows.len() <= wanted && looked < LOOKED_AT {
        let found = match filter.identity {
            Some(one) => identities::facts_of(read.tx(), one, seq).await?.into_iter().collect(),
            None => identities::list(read.tx(), seq, now, &holders, &at, STEP).await?,
        };
        let Some(last) = found.last() else { return Ok(cut(as_of, rows, wanted, None)) };
        at = After::Number(last.privilege, last.identity_id);
        looked += found.len() as i64;
        for holder in &found {
            let on = of_holder(read, holder, filter, None, wanted, &mut rows).await?;
            if on.is_some() || rows.len() > wanted {
                return Ok(cut(as_of, rows, wanted, on));
            }
        }
        if (found.len() as i64) < STEP {
            return Ok(cut(as_of, rows, wanted, None));
        }
    }
    let on = match at {
        After::Number(privilege, identity) if looked >= LOOKED_AT => Some(format!("{identity}~{privilege}~-")),
        _ => None,
    };
    Ok(cut(as_of, rows, wanted, on))
}

fn place(holder: &Listed, grant: GrantId) -> String {
    format!("{}~{}~{grant}", holder.identity_id, holder.privilege)
}

fn cut(as_of: AsOf, rows: Vec<Row>, wanted: usize, on: Option<String>) -> Sheet<Row> {
    let mut sheet = Sheet::cut(as_of, rows, wanted as i64, |r| place(&r.holder, r.grant.held.id));
    sheet.next = sheet.next.or(on);
    sheet
}

/// Adds the grants of an identity that fit, behind one of them: worst first. Of one with very many they come by their ids, which
/// an import gives the weightiest first, each judged by itself; where there may be more it says where it goes on.
async fn of_holder(
    read: &mut Read,
    holder: &Listed,
    filter: &Filter,
    behind: Option<GrantId>,
    wanted: usize,
    rows: &mut Vec<Row>,
) -> Result<Option<String>> {
    let as_of = read.as_of();
    let few = if holder.grants + holder.denied <= OF_ONE { of_identity(read, holder, filter, as_of).await? } else { None };
    if let Some(mut all) = few {
        if let Some(grant) = behind {
            let at = all.iter().position(|r| r.grant.held.id == grant).ok_or_else(bad_cursor)?;
            all.drain(..=at);
        }
        rows.append(&mut all);
        return Ok(None);
    }
    let (services, mut behind) = (read.services().clone(), behind.unwrap_or_else(GrantId::nil));
    for _ in 0..OF_ONE / PART {
        let part = store::grants::some_of_identity(read.tx(), holder.identity_id, Plane::Observed, as_of.seq, behind, PART).await?;
        let (last, n) = (part.last().map(|held| held.id), part.len() as i64);
        let alone = move |held: HeldGrant| judged(vec![held], as_of).0;
        let shown: Vec<ShownGrant> = services.compare(move || part.into_iter().flat_map(alone).collect()).await?;
        rows.extend(fitting(shown, holder, filter, as_of));
        match last {
            Some(last) if n == PART => behind = last,
            _ => return Ok(None),
        }
        if rows.len() > wanted {
            break;
        }
    }
    Ok(Some(place(holder, behind)))
}

/// Of grants that are shown those in force that fit.
fn fitting<'a>(shown: Vec<ShownGrant>, holder: &'a Listed, filter: &'a Filter, as_of: AsOf) -> impl Iterator<Item = Row> + use<'a> {
    let alive = shown.into_iter().filter(move |g| g.held.ends_at.is_none_or(|e| e > as_of.at));
    alive.map(move |grant| Row { standing: stands(&grant, as_of), holder: holder.clone(), grant }).filter(|r| fits(r, filter))
}

/// The grants of an identity that fit, worst first; none where it has more rows than are read: what has ended and boundaries
/// stand in no figure of the lists.
async fn of_identity(read: &mut Read, holder: &Listed, filter: &Filter, as_of: AsOf) -> Result<Option<Vec<Row>>> {
    let services = read.services().clone();
    let held = store::grants::of_identity(read.tx(), holder.identity_id, Plane::Observed, as_of.seq, OF_ONE + 1).await?;
    if held.len() as i64 > OF_ONE {
        return Ok(None);
    }
    let (shown, _) = if held.len() < FEW { judged(held, as_of) } else { services.compare(move || judged(held, as_of)).await? };
    let mut rows: Vec<Row> = fitting(shown, holder, filter, as_of).collect();
    rows.sort_by_key(|r| (std::cmp::Reverse(r.grant.judged.order_key()), r.grant.held.id));
    Ok(Some(rows))
}

/// The worst an identity can do: the grant that says so. Of one with very many it is the worst of some.
pub(crate) async fn worst(read: &mut Read, holder: &Listed) -> Result<Option<ShownGrant>> {
    let as_of = read.as_of();
    let few = holder.grants + holder.denied <= GRANTS_JUDGED;
    if let Some(all) = if few { of_identity(read, holder, &Filter::default(), as_of).await? } else { None } {
        return Ok(all.into_iter().next().map(|r| r.grant));
    }
    let id = holder.identity_id;
    let some = store::grants::some_of_identity(read.tx(), id, Plane::Observed, as_of.seq, GrantId::nil(), FEW as i64).await?;
    let alone = some.into_iter().flat_map(|held| judged(vec![held], as_of).0);
    let alive = alone.filter(|g| g.held.ends_at.is_none_or(|e| e > as_of.at));
    Ok(alive.filter(|g| g.held.via != Via::Boundary && g.held.rule.effect == Effect::Allow).max_by_key(|g| g.judged.order_key()))
}

/// Grants that are judged where the request stands: more are judged beside it.
const FEW: usize = 200;

fn stands(grant: &ShownGrant, as_of: AsOf) -> bool {
    grant.held.ends_at.is_none_or(|e| e.since(as_of.at) > TIMED_AT_MOST)
}

fn fits(r: &Row, f: &Filter) -> bool {
    let (held, classes) = (&r.grant.held, r.grant.judged.classes);
    let highest = classes.highest();
    held.via != Via::Boundary
        && (held.rule.effect == Effect::Deny) == f.denied
        && f.class.is_none_or(|c| highest == Some(c))
        && (!f.privileged || highest.is_some_and(Class::is_privileged))
        && (!f.wildcard || classes.wildcard())
        && (!f.standing || r.standing)
        && (!f.timed || !r.standing)
        && (!f.conditional || held.rule.is_conditional())
        && f.set.is_none_or(|set| held.permission_set_id == Some(set))
}
