//! What differs between two states, identity by identity: the one component for two moments, for the preview and the record
//! of an import, and for whatever else comes to be a list of differences. It shows them and finds none.

use crate::context::PageContext;
use crate::said;
use domain::comparison::{Changed, dropped};
use domain::difference::{Difference, How, Thing};
use domain::text;
use leptos::prelude::*;
use service::comparison::words::{Piece, words};
use ui::{Tone, class_word, counted, icon, number};

/// Things of one kind that a card names before it counts the rest.
const NAMED: usize = 8;

/// A card for each identity that stayed and changed, then those that came and those that went. `all` leads to the whole of
/// what differs of one identity, by its ID.
pub fn cards(cx: &PageContext, changed: &[Changed], all: &dyn Fn(&Changed) -> Option<String>) -> AnyView {
    let cards = changed.iter().filter(|c| c.how == How::Changed).map(|c| card(cx, c, all(c))).collect_view();
    view! { {cards}{whole(cx, changed, How::Added)}{whole(cx, changed, How::Removed)} }.into_any()
}

fn name(cx: &PageContext, c: &Changed) -> AnyView {
    let shown = text::capped(&c.name, 80);
    match c.identity {
        Some(id) => view! { <a class="name" href=cx.link(&format!("/identities/{id}"))>{shown}</a> }.into_any(),
        None => view! { <span class="name">{shown}</span> }.into_any(),
    }
}

/// What came, or what went, as a whole: each with the highest class it holds.
fn whole(cx: &PageContext, changed: &[Changed], how: How) -> Option<AnyView> {
    let of: Vec<&Changed> = changed.iter().filter(|c| c.how == how).collect();
    let title = if how == How::Added { "Identities added" } else { "Identities removed" };
    let rows = of.iter().map(|c| {
        let class = c.class.map(class_word);
        view! { <li><span>{name(cx, c)}</span><span>{class}</span></li> }
    });
    let rows = rows.collect_view();
    let classes = if of.iter().any(|c| c.class.is_some()) { ", with the highest class of each" } else { "" };
    (!of.is_empty()).then(|| {
        view! {
            <section class="card">
                <header><h2>{title}</h2><span class="small muted">{format!("{} here{classes}", number(of.len() as i64))}</span></header>
                <ul class="lead">{rows}</ul>
            </section>
        }
        .into_any()
    })
}

fn card(cx: &PageContext, c: &Changed, all: Option<String>) -> impl IntoView + use<> {
    let access = access(cx, c);
    let surfaces: Vec<AnyView> = c.things(Thing::Surface).take(NAMED).map(|d| surface(cx, d)).collect();
    let many = c.things(Thing::Surface).count();
    let rest = (many > NAMED).then(|| view! { <p class="small muted pad">{format!("{} not shown.", counted((many - NAMED) as i64, "more surface is", "more surfaces are"))}</p> });
    let both = !access.is_empty() && !surfaces.is_empty();
    view! {
        <section class="card">
            <header>
                <h2>{name(cx, c)}</h2>
                <span class="small muted">{said_of(c)}{all.map(|href| view! { " · "<a href=href>"All of it"</a> })}</span>
            </header>
            {c.left_out.clone().map(|why| view! { <p class="pad small">{why}</p> })}
            <div class="cmp" class:one=!both>
                {(!access.is_empty()).then(|| view! { <div class="pad stack tight">{access}</div> })}
                {(!surfaces.is_empty()).then(|| view! { <div>{surfaces}{rest}</div> })}
            </div>
        </section>
    }
}

/// `2 gained · 0 lost · 2 surfaces`
fn said_of(c: &Changed) -> String {
    let grants = |how| c.of(Thing::Grant, how).count() as i64;
    let (gained, lost) = (grants(How::Added), grants(How::Removed));
    let mut parts = vec![];
    if gained + lost > 0 {
        parts.push(format!("{} gained · {} lost", number(gained), number(lost)));
    }
    for (thing, one, many) in [(Thing::Surface, "surface", "surfaces"), (Thing::Tool, "tool", "tools"), (Thing::Record, "field", "fields")]
    {
        let n = c.things(thing).count() as i64;
        if n > 0 {
            parts.push(counted(n, one, many));
        }
    }
    parts.join(" · ")
}

/// Everything but surfaces, kind by kind.
fn access(cx: &PageContext, c: &Changed) -> Vec<AnyView> {
    let parts: [(&'static str, Vec<&Difference>); 7] = [
        ("Access gained", c.of(Thing::Grant, How::Added).collect()),
        ("Access lost", c.of(Thing::Grant, How::Removed).collect()),
        ("Terms changed", c.of(Thing::Grant, How::Changed).collect()),
        ("Denies and boundaries", c.things(Thing::Limit).collect()),
        ("Tools", c.things(Thing::Tool).collect()),
        ("Owner and record", c.things(Thing::Record).collect()),
        ("Credentials", c.things(Thing::Credential).collect()),
    ];
    let shown = parts.into_iter().filter(|(_, all)| !all.is_empty());
    shown.map(|(heading, all)| view! { <h3>{heading}</h3>{list(cx, &all)} }.into_any()).collect()
}

/// Things with what became of each, the first of them by name.
pub fn list(cx: &PageContext, all: &[&Difference]) -> AnyView {
    let rows = all.iter().take(NAMED).map(|d| thing(cx, d)).collect_view();
    let rest = all.len().saturating_sub(NAMED);
    let rest = (rest > 0).then(|| view! { <li class="muted">{format!("and {} more", number(rest as i64))}</li> });
    view! { <ul class="gl small">{rows}{rest}</ul> }.into_any()
}

fn thing(cx: &PageContext, d: &Difference) -> impl IntoView + use<> {
    let (class, mark, word) = match d.how {
        How::Added => ("g", "+", "added"),
        How::Removed => ("l", "\u{2212}", "removed"),
        How::Changed => ("", "~", "changed"),
    };
    let shown = match d.thing {
        Thing::Record => view! { {text::capped(&d.name, 40)}": " }.into_any(),
        _ => view! { <code>{text::capped(&d.name, 300)}</code> }.into_any(),
    };
    let privilege = d.class.map(|c| view! { {class_word(c)}" " });
    view! {
        <li class=class>
            <b aria-hidden="true">{mark}</b>
            <span><span class="vh">{word}": "</span>{privilege}{shown}{values(d)}{entry(cx, d)}</span>
        </li>
    }
}

/// What it said and what it says. Of a field both stand in its line, of a tool below it, word by word.
fn values(d: &Difference) -> Option<AnyView> {
    let (before, after) = (d.before.as_deref().unwrap_or_default(), d.after.as_deref().unwrap_or_default());
    if before.is_empty() && after.is_empty() {
        return None;
    }
    Some(match d.thing {
        Thing::Record => view! { <del>{before.to_owned()}</del>" → "<ins>{after.to_owned()}</ins> }.into_any(),
        Thing::Grant | Thing::Limit if before.is_empty() => view! { <span class="sub">{after.to_owned()}</span> }.into_any(),
        Thing::Tool if d.how == How::Added => view! { <span class="sub">{text::capped(after, 200)}</span> }.into_any(),
        _ => view! { <span class="sub words">{laid_over(before, after)}</span> }.into_any(),
    })
}

fn entry(cx: &PageContext, d: &Difference) -> Option<AnyView> {
    let seq = d.entry?;
    Some(view! { <span class="sub">{said::entry(cx, seq)}</span> }.into_any())
}

/// A surface with what its text lost and gained: what it no longer forbids or hands over first.
pub fn surface(cx: &PageContext, d: &Difference) -> AnyView {
    let when = d.entry.map(|seq| view! { <span class="when">{said::entry(cx, seq)}</span> });
    let state = match d.how {
        How::Added => Some("first seen"),
        How::Removed => Some("gone"),
        How::Changed => None,
    };
    view! {
        <div class="sf">
            <p class="sfh"><strong>{text::capped(&d.name, 200)}</strong>{state.map(|s| view! { <span class="muted">{s}</span> })}{when}</p>
            {text_of(d)}
        </div>
    }
    .into_any()
}

fn text_of(d: &Difference) -> Option<AnyView> {
    if d.how != How::Changed {
        return None;
    }
    let (Some(before), Some(after)) = (d.before.as_deref(), d.after.as_deref()) else {
        return Some(view! { <p class="small muted">"Its text is not kept, was erased, or is too long to compare here."</p> }.into_any());
    };
    if before.is_empty() && after.is_empty() {
        return Some(view! { <p class="small muted">"Its words are the same; only spaces or line ends changed."</p> }.into_any());
    }
    let gone = dropped(before, after).into_iter().map(|(what, line)| {
        let said = format!("{} removed or reworded: ", capital(what.label()));
        view! { <p class="tell">{icon(Tone::Warn)}<span><strong>{said}</strong><q>{text::capped(line, 200)}</q></span></p> }
    });
    Some(view! { <div class="diff2">{gone.collect_view()}<p class="words">{laid_over(before, after)}</p></div> }.into_any())
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|c| c.to_ascii_uppercase().to_string() + chars.as_str()).unwrap_or_default()
}

/// Both texts in one, word by word.
pub fn laid_over(before: &str, after: &str) -> impl IntoView + use<> {
    let pieces = words(before, after).into_iter().map(|piece| match piece {
        Piece::Removed(words) => view! { <del>{words}</del> }.into_any(),
        Piece::Added(words) => view! { <ins>{words}</ins> }.into_any(),
        Piece::Same(words) => words.into_any(),
    });
    pieces.collect_view()
}
