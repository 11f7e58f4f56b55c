//! What changes of surfaces, tools, credentials and envelopes come to, state against state, so that the sum over several
//! changes is computed by the same rules as one of them; and the review of a whole state, which comes to the sum since the
//! last. Access is `access`'s to compare.

use super::texts::{Weight, changed, plain, reasons, row, weight};
use super::{Around, Found, Moves, Reversibility, Row, reversibility};
use crate::change::Direction;
use crate::change::baseline::Baseline;
use crate::change::operation::Operation;
use crate::change::own::{Credential, Envelope, Surface, Tool};
use crate::coupling::{self, Side};
use crate::identity::Issuer;
use crate::ids::{IdentityId, SurfaceId};
use crate::locator::Work;
use crate::privilege::Class;
use crate::resource::Extent;
use crate::surface::{Annotations, SurfaceKind};
use crate::tool::{self, Alters};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Two states and what they are compared beside.
struct States<'a> {
    before: &'a Baseline,
    after: &'a Baseline,
    around: &'a Around<'a>,
}

pub(super) fn rows(before: &Baseline, after: &Baseline, around: &Around<'_>, found: &mut Found) {
    let states = States { before, after, around };
    for (id, old, new) in differing(&before.surfaces, &after.surfaces) {
        states.surface(*id, old, new, found);
    }
    for (_, old, new) in differing(&before.tools, &after.tools) {
        states.tool(old, new, found);
    }
    for (_, old, new) in differing(&before.credentials, &after.credentials) {
        states.credential(old, new, found);
    }
    for (_, old, new) in differing(&before.envelopes, &after.envelopes) {
        envelope(old, new, found);
    }
}

/// The keys under which two states do not have the same.
fn differing<'a, K: Ord, V: PartialEq>(old: &'a BTreeMap<K, V>, new: &'a BTreeMap<K, V>) -> Vec<(&'a K, Option<&'a V>, Option<&'a V>)> {
    let keys: BTreeSet<&K> = old.keys().chain(new.keys()).collect();
    keys.into_iter().map(|key| (key, old.get(key), new.get(key))).filter(|(_, old, new)| old != new).collect()
}

/// The whole-state reviews among the operations: each comes to what lies between the last one and now.
pub(super) fn anchors(before: &Baseline, operations: &[Operation], around: &Around<'_>, found: &mut Found, work: &mut Work) {
    for operation in operations {
        let Operation::Anchor(o) = operation else { continue };
        let Some(since) = around.written.anchored.and_then(|all| all.get(&o.identity)) else {
            let why = "what was changed since the last review is not known";
            let row = row(o.identity, Moves::Governs, Direction::SelfGoverning, Reversibility::Irreversible, "whole state", why);
            found.push(Row { extent: Extent::Unknown, ..row });
            continue;
        };
        let (was, is) = (since.only(o.identity), before.only(o.identity));
        let rows_before = found.rows.len();
        super::access::rows(&was, &is, around, found, work);
        rows(&was, &is, around, found);
        if found.rows.len() == rows_before {
            let why = "nothing was changed since the last review";
            found.push(row(o.identity, Moves::Keeps, Direction::Neutral, Reversibility::Undoable, "whole state", why));
        }
    }
}

/// What stands over an identity: it may be changed by tightening alone, and of a text nobody can prove that.
fn governs(kind: SurfaceKind) -> bool {
    matches!(kind, SurfaceKind::Boundary | SurfaceKind::Evaluator | SurfaceKind::ApprovalRule)
}

impl States<'_> {
    fn weight(&self, identity: IdentityId) -> Weight {
        weight(identity, self.before, self.after)
    }

    fn surface(&self, id: SurfaceId, old: Option<&Surface>, new: Option<&Surface>, found: &mut Found) {
        let Some(any) = new.or(old) else { return };
        let (identity, kind) = (any.identity, any.kind);
        let of = format!("{} {}", kind.label(), any.locator);
        if let (Some(old), Some(new)) = (old, new)
            && old.locator != new.locator
        {
            let what = format!("{of}, until now {}", old.locator);
            let why = "routing and oversight rest on where it is kept";
            found.push(row(identity, Moves::Governs, Direction::SelfGoverning, Reversibility::Partly, &what, why));
        }
        let (was, is) = (old.and_then(|s| s.content.as_ref()), new.and_then(|s| s.content.as_ref()));
        if was == is && old.is_some() && new.is_some() {
            return;
        }
        let weight = self.weight(identity);
        if governs(kind) {
            return found.push(governed(identity, &of, (old.is_some(), new.is_some()), weight));
        }
        if was == is {
            return found.push(placed(identity, &of, new.is_some(), weight));
        }
        let sides = (self.around.written.side(was), self.around.written.side(is));
        if self.is_enveloped(id, sides) {
            found.enveloped += 1;
            let why = "values moved within the envelope that was approved";
            found.push(row(identity, Moves::Keeps, Direction::Neutral, Reversibility::Undoable, &of, why));
        } else if kind == SurfaceKind::Model {
            found.push(plain(&of, identity, weight));
        } else {
            found.rows.extend(changed(&of, identity, sides, weight, self.around));
        }
    }

    /// Whether an envelope that stood before, and still stands, holds what was changed. People agreed to every value it may
    /// have, limits among them; what the new value couples to besides they did not agree to.
    fn is_enveloped(&self, id: SurfaceId, sides: (Side<'_>, Side<'_>)) -> bool {
        let (Side::Text(old), Side::Text(new)) = sides else { return false };
        let stands = |envelope: &&Envelope| self.after.envelopes.get(&id) == Some(*envelope);
        let envelope = self.before.envelopes.get(&id).filter(stands);
        let couples = || coupling::check(sides.0, sides.1, self.around.written.estate()).iter().any(|one| !one.reason.weakens());
        envelope.is_some_and(|envelope| envelope.holds(old, new, self.around.at)) && !couples()
    }

    fn definition(&self, of: Option<&Tool>) -> Option<Value> {
        match self.around.written.side(of.map(|tool| &tool.definition)) {
            Side::Text(text) => serde_json::from_str(text).ok(),
            Side::Absent | Side::Unknown => None,
        }
    }

    fn tool(&self, old: Option<&Tool>, new: Option<&Tool>, found: &mut Found) {
        let Some(any) = new.or(old) else { return };
        let of = format!("tool {}", any.name);
        let weight = self.weight(any.identity);
        let (was, is) = (self.definition(old), self.definition(new));
        match (old, new) {
            (Some(_), None) => found.push(removed_tool(any.identity, &of, was.as_ref())),
            (None, Some(_)) => {
                found.push(added_tool(any.identity, &of, is.as_ref()));
                self.tool_text(any.identity, &of, None, is.as_ref(), weight, found);
            }
            (Some(old), Some(new)) => self.updated_tool((old, new), (was, is), weight, found),
            (None, None) => {}
        }
    }

    fn tool_text(&self, identity: IdentityId, of: &str, was: Option<&Value>, is: Option<&Value>, weight: Weight, found: &mut Found) {
        let coupled = match is {
            Some(is) => tool::coupled(was, is, self.around.written.estate()),
            None => coupling::check(Side::Absent, Side::Unknown, self.around.written.estate()),
        };
        found.rows.extend(reasons(&coupled, identity, of, weight, self.around));
    }

    fn updated_tool(&self, (old, new): (&Tool, &Tool), (was, is): (Option<Value>, Option<Value>), weight: Weight, found: &mut Found) {
        let (identity, of) = (new.identity, format!("tool {}", new.name));
        let same = was.is_some() && was.as_ref().and_then(tool::content_key) == is.as_ref().and_then(tool::content_key);
        if old.name != new.name {
            let what = format!("tool {}, until now {}", new.name, old.name);
            let why = if same { "renamed: text and schema are as they were" } else { "renamed and changed" };
            let direction = if weight.beyond { Direction::Widens } else { Direction::Neutral };
            // A rule that names the tool names another one from now on, a deny too.
            found.push(row(identity, Moves::Governs, direction, weight.back, &what, why));
        }
        let (Some(was), Some(is)) = (was.as_ref(), is.as_ref()) else {
            return self.tool_text(identity, &of, None, None, weight, found);
        };
        let all = tool::alterations(was, is);
        if all.is_empty() && old.name == new.name {
            let why = "served again: text, schema and annotations are as they were";
            found.push(row(identity, Moves::Keeps, Direction::Neutral, Reversibility::Undoable, &of, why));
        }
        let mut by: BTreeMap<Alters, Vec<&str>> = BTreeMap::new();
        for one in &all {
            by.entry(one.alters).or_default().push(&one.at);
        }
        for (alters, places) in by {
            let what = format!("{of}: {}", places.join(", "));
            found.push(altered(identity, &what, alters, weight));
        }
        self.tool_text(identity, &of, Some(was), Some(is), weight, found);
    }

    fn credential(&self, old: Option<&Credential>, new: Option<&Credential>, found: &mut Found) {
        let Some(any) = new.or(old) else { return };
        let of = format!("{} {}", any.method, any.key_id);
        let weight = self.weight(any.identity);
        let add = |moves, direction, back, why: &str| Row { class: weight.class, ..row(any.identity, moves, direction, back, &of, why) };
        let back = reversibility(weight.class).max(Reversibility::Partly);
        match (old, new) {
            (None, Some(new)) => {
                let why = if new.expires_at.is_some() {
                    "whoever holds it can be this identity"
                } else {
                    "whoever holds it can be this identity, and it does not expire"
                };
                found.push(add(Moves::Gains, Direction::Widens, back, why));
            }
            (Some(_), None) => found.push(add(
                Moves::Loses,
                Direction::Reduces,
                Reversibility::Partly,
                "nobody can be this identity by it; what is revoked does not come back",
            )),
            (Some(old), Some(new)) => {
                let worse = worse_credential(old, new);
                if worse.is_empty() {
                    let why = "rotated: of the same kind, kept in the same place, and valid no longer than the one ahead of it";
                    found.push(add(Moves::Keeps, Direction::Neutral, Reversibility::Undoable, why));
                }
                found.rows.extend(worse.into_iter().map(|why| add(Moves::Weakens, Direction::Widens, back, why)));
            }
            (None, None) => {}
        }
    }
}

/// Why a credential after its rotation is not proven to be as good as before.
fn worse_credential(old: &Credential, new: &Credential) -> Vec<&'static str> {
    let rank = |issuer: Issuer| match issuer {
        Issuer::Ca | Issuer::Platform => 0,
        Issuer::SelfSigned => 1,
        Issuer::Unknown => 2,
    };
    let life = |of: &Credential| Some(of.expires_at?.since(of.issued_at?));
    let longer = old.expires_at.is_some() && !matches!((life(old), life(new)), (Some(was), Some(is)) if is <= was);
    let found = [
        (old.method != new.method, "it authenticates in another way"),
        (rank(new.issuer) > rank(old.issuer), "a weaker issuer stands behind it"),
        (old.storage != new.storage, "it is kept elsewhere: whoever reads that place can be this identity"),
        (longer, "it is valid longer, or nobody knows how long"),
    ];
    found.into_iter().filter(|(worse, _)| *worse).map(|(_, why)| why).collect()
}

fn governed(identity: IdentityId, of: &str, (was, is): (bool, bool), weight: Weight) -> Row {
    let (moves, why) = match (was, is) {
        (true, false) => (Moves::Weakens, "what governed it is gone"),
        _ => (Moves::Governs, "a boundary, evaluator or approval rule that governs it is another, and nothing proves that it is tighter"),
    };
    row(identity, moves, Direction::SelfGoverning, weight.back, of, why)
}

/// A surface without a text of its own: it is only said, or no longer said, where it is kept.
fn placed(identity: IdentityId, of: &str, is: bool, weight: Weight) -> Row {
    if is {
        row(identity, Moves::Keeps, Direction::Neutral, Reversibility::Undoable, of, "a first statement of where it is kept")
    } else {
        row(identity, Moves::Governs, Direction::SelfGoverning, weight.back, of, "nobody knows any more where it is kept")
    }
}

/// What a tool says of itself is its claim: it can make it worse than a tool of which nothing is known to be, and no better.
fn added_tool(identity: IdentityId, of: &str, definition: Option<&Value>) -> Row {
    let class = definition.map(|tool| if Annotations::of(tool).destructive_hint { Class::Destructive } else { Class::Write });
    let extent = if definition.is_some() { Extent::Bounded } else { Extent::Unknown };
    let why = "it may be called; what it does is its own claim";
    Row { class, extent, ..row(identity, Moves::Gains, Direction::Widens, reversibility(class), of, why) }
}

/// Words of tools by which an agent asks a person.
const ASKS: [&str; 7] = ["human", "person", "approval", "approve", "escalate", "supervisor", "handoff"];

fn removed_tool(identity: IdentityId, of: &str, definition: Option<&Value>) -> Row {
    let text = definition.map(|tool| format!("{} {}", of, tool::text_of(tool)).to_lowercase());
    let asks = text.is_none_or(|text| ASKS.iter().any(|word| text.contains(word)));
    if asks {
        let why = "it may be how the agent asked a person";
        return row(identity, Moves::Weakens, Direction::Widens, Reversibility::Undoable, of, why);
    }
    row(identity, Moves::Loses, Direction::Reduces, Reversibility::Undoable, of, "it can no longer be called")
}

fn altered(identity: IdentityId, what: &str, alters: Alters, weight: Weight) -> Row {
    let text = if weight.beyond { Direction::Widens } else { Direction::Neutral };
    let (moves, direction) = match alters {
        Alters::Text | Alters::Returns => (Moves::Governs, text),
        Alters::Declares | Alters::Claims => (Moves::Weakens, Direction::Widens),
        Alters::Widens => (Moves::Gains, Direction::Widens),
        Alters::Narrows => (Moves::Loses, Direction::Reduces),
    };
    let moves = if direction == Direction::Neutral { Moves::Keeps } else { moves };
    let row = row(identity, moves, direction, weight.back, what, alters.label());
    // What a wider tool can do is as little known as what it could.
    let class = (alters == Alters::Widens).then_some(Class::Write);
    Row { class, ..row }
}

/// Whatever values may have is approved once and for all: more of it is judged as what governs the identity, less is less.
fn envelope(old: Option<&Envelope>, new: Option<&Envelope>, found: &mut Found) {
    let Some(any) = new.or(old) else { return };
    let names: Vec<&str> = any.values.keys().map(String::as_str).collect();
    let what = format!("envelope of {}", names.join(", "));
    let less = match (old, new) {
        (Some(old), Some(new)) => new.within(old),
        (_, new) => new.is_none(),
    };
    found.push(if less {
        row(any.identity, Moves::Loses, Direction::Reduces, Reversibility::Undoable, &what, "fewer values may move without a person")
    } else {
        let why = "values of its text may move without a person from now on";
        row(any.identity, Moves::Governs, Direction::SelfGoverning, Reversibility::Undoable, &what, why)
    });
}
