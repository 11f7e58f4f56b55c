//! Changes: what waits for somebody, all of them, one with everything a decision binds to, and the form that proposes one.

mod choose;
mod decide;
mod detail;
mod effect;
mod inbox;
mod list;
mod operations;
mod propose;
mod route;
mod talk;

pub use detail::Detail;
pub use inbox::Inbox;
pub use list::List;
pub use propose::New;
pub use route::long;

use domain::change::effect::{Effect, Moves, Reversibility, Row};
use domain::change::{Direction, State};
use domain::text;
use leptos::prelude::*;
use std::collections::BTreeMap;
use ui::{Tone, badge};

/// Names of what a change names by id.
type Names = BTreeMap<String, String>;

/// Which way it moves authority, in a word, a shape and a colour.
fn direction(way: Direction) -> AnyView {
    let tone = match way {
        Direction::Reduces => Tone::Ok,
        Direction::Neutral => Tone::Info,
        Direction::Widens => Tone::Warn,
        Direction::SelfGoverning => Tone::Loop,
    };
    badge(tone, way.label()).into_any()
}

/// Where it stands. Nothing here is good or bad but what failed.
fn state(at: State) -> AnyView {
    let tone = match at {
        State::Effective => Tone::Ok,
        State::Failed => Tone::Bad,
        _ => Tone::Info,
    };
    badge(tone, at.label()).into_any()
}

fn moves(row: &Row) -> AnyView {
    let tone = match row.moves {
        Moves::Gains | Moves::Governs => Tone::Warn,
        Moves::Weakens => Tone::Bad,
        Moves::Steers => Tone::Loop,
        Moves::Loses => Tone::Ok,
        Moves::Keeps => Tone::Info,
    };
    badge(tone, row.moves.label()).into_any()
}

fn reversible(how: Reversibility) -> AnyView {
    let tone = match how {
        Reversibility::Undoable => Tone::Ok,
        Reversibility::Partly => Tone::Warn,
        Reversibility::Irreversible => Tone::Bad,
    };
    badge(tone, how.label()).into_any()
}

/// What an approval gives, in few words of our own: never a text that a source or an agent wrote.
fn gist(effect: &Effect) -> String {
    let of = |moves: Moves| effect.rows.iter().filter(move |row| row.moves == moves);
    let classes = |moves: Moves| {
        let mut found: Vec<&str> = of(moves).filter_map(|row| row.class.map(|class| class.label())).collect();
        found.dedup();
        found.sort_unstable();
        found.dedup();
        if found.is_empty() { "access".to_owned() } else { found.join(" and ") }
    };
    let some = |moves: Moves| of(moves).next().is_some();
    let mut parts = Vec::new();
    if some(Moves::Gains) {
        parts.push(format!("gives {}", classes(Moves::Gains)));
    }
    if some(Moves::Steers) {
        parts.push("lets it change itself".to_owned());
    }
    if some(Moves::Weakens) {
        parts.push("weakens a control".to_owned());
    }
    if some(Moves::Governs) {
        parts.push("changes what governs it".to_owned());
    }
    if some(Moves::Loses) {
        parts.push(format!("removes {}", classes(Moves::Loses)));
    }
    if parts.is_empty() { "changes no access".to_owned() } else { parts.join(", ") }
}

/// A name that came with a change, capped; what was erased or is not known is said so.
fn named(names: &Names, id: impl ToString) -> String {
    names.get(&id.to_string()).map_or_else(|| "not registered yet".to_owned(), |name| text::capped(name, 60))
}

/// A text that somebody wrote, quoted and plain.
fn quoted(written: &service::changes::Written) -> AnyView {
    match written {
        service::changes::Written::Text(said) => view! { <blockquote class="quote">{text::capped(said, QUOTED)}</blockquote> }.into_any(),
        service::changes::Written::Erased => view! { <p class="small muted">"This text was erased. Its SHA-256 stays."</p> }.into_any(),
    }
}

/// Characters of a quoted text: no more can be sent.
const QUOTED: usize = service::changes::TEXT_MOST;
