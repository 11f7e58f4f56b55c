//! What adopting comes to. What does not stand apart gives nobody anything that is not there: it is counted, class by class.
//! What stands apart is judged as if it were added.

use super::access::said;
use super::facts::fact;
use super::{Found, Moves, Reversibility, Row, reversibility};
use crate::change::Direction;
use crate::change::adopt::{Adopt, Apart, judged};
use crate::privilege::Class;
use crate::resource::Extent;
use crate::rule::Via;

pub(super) fn rows(o: &Adopt, found: &mut Found) {
    if let Some(apart) = &o.apart {
        for one in apart {
            as_added(one, found);
        }
        return;
    }
    found.adopts = true;
    let grants = Class::ALL.iter().copied().map(Some).chain([None]);
    let counted = grants.map(|class| (class, o.classes.get(class.map_or("none", Class::as_str)).copied().unwrap_or(0)));
    for (class, n) in counted.filter(|(_, n)| *n > 0) {
        let what = if class.is_some() { "grants as the source reports them" } else { "denies and boundaries" };
        found.push(countersigned(class, n, what));
    }
    let records = o.rows.get("identity_versions").copied().unwrap_or(0);
    if records > 0 {
        found.push(countersigned(None, records, "records of identities"));
    }
    let surfaces = o.rows.get("surface_versions").copied().unwrap_or(0);
    if surfaces > 0 {
        found.push(countersigned(None, surfaces, "surfaces as the source reports them"));
    }
}

/// There is no one step back: what was adopted is taken away grant by grant.
fn countersigned(class: Option<Class>, n: u64, what: &str) -> Row {
    let what = format!("{n} × {what}");
    let row =
        fact(None, Direction::Widens, &what, "what was imported becomes what people have approved; privileged access is approved apart");
    Row { class, moves: Moves::Gains, extent: Extent::Bounded, reversibility: Reversibility::Partly, ..row }
}

fn as_added(one: &Apart, found: &mut Found) {
    let judged = judged(&one.rule, Via::Direct);
    found.ends.push(one.ends_at);
    found.uses.push(None);
    found.gaining += one.holders;
    let gained = Row {
        moves: Moves::Gains,
        direction: Direction::Widens,
        reversibility: reversibility(judged.class),
        identity: None,
        identities: one.holders,
        class: judged.class,
        wildcard: judged.wildcard,
        extent: Extent::Bounded,
        what: said(&one.rule),
        why: "it is there and nobody has approved it: judged as if it were added".to_owned(),
    };
    if one.steering > 0 {
        let steers = Row {
            moves: Moves::Steers,
            direction: Direction::SelfGoverning,
            reversibility: gained.reversibility.max(Reversibility::Partly),
            identities: one.steering,
            why: "its holders can write a surface of their own".to_owned(),
            ..gained.clone()
        };
        found.push(steers);
    }
    found.push(gained);
}
