//! What a change comes to: the table, the sum of 30 days beside it, what does not come back.

use super::{Names, moves, named, reversible};
use crate::context::PageContext;
use domain::change::effect::{Effect, Moves, Reversibility, Row};
use domain::ids::IdentityId;
use domain::privilege::RULESET;
use domain::resource::Extent;
use domain::text;
use leptos::prelude::*;
use ui::{Head, Tone, badge, cell, class_word, counted};

/// Every row, whole: nothing that a decision binds to is folded away.
pub fn table(cx: &PageContext, effect: &Effect, names: &Names) -> AnyView {
    let rows = effect.rows.iter().map(|row| {
        let wild = row.wildcard.then(|| badge(Tone::Warn, "wildcard"));
        let class = row.class.map(class_word);
        vec![
            cell(moves(row)),
            cell(holder(cx, row, names)),
            cell(view! { <code class="hostile">{text::visible(&row.what)}</code> }),
            cell(view! { <span class="badges">{class}{wild}{extent(row.extent)}</span> }),
            cell(text::sentence(&text::visible(&row.why))),
        ]
    });
    let heads = ["Change", "Identity", "What", "Class", "Why"].map(Head::new).to_vec();
    view! {
        <section class="card" id="effect">
            <header><h2>"Effect"</h2><span class="small muted">{format!("calculated (rules v{RULESET}): {}", known(effect))}</span></header>
            {(!effect.rows.is_empty()).then(|| ui::table("Effect", None, heads, rows))}
            {effect.rows.is_empty().then(|| view! { <div class="pad"><p>"No access and no fact that routing rests on changes."</p></div> })}
        </section>
    }
    .into_any()
}

/// Whether every part of it is known; what is not counts as the worse.
fn known(effect: &Effect) -> &'static str {
    match effect.rows.iter().map(|row| row.extent).max_by_key(|e| *e as u8) {
        None | Some(Extent::Known) => "all parts known",
        Some(Extent::Bounded) => "at most this",
        Some(Extent::Unknown) => "part of it is unknown and counts as the worse",
    }
}

fn extent(extent: Extent) -> Option<AnyView> {
    match extent {
        Extent::Known => None,
        Extent::Bounded => Some(badge(Tone::Info, "at most").into_any()),
        Extent::Unknown => Some(badge(Tone::Unknown, "unknown").into_any()),
    }
}

fn holder(cx: &PageContext, row: &Row, names: &Names) -> AnyView {
    let Some(id) = row.identity else { return "–".into_any() };
    let more = row.identities.saturating_sub(1);
    let more = (more > 0).then(|| format!(" and {} with the same effect", counted(more as i64, "identity more", "identities more")));
    view! { {identity(cx, id, names)}{more} }.into_any()
}

/// An identity by name; one that is only being registered has no page yet.
pub fn identity(cx: &PageContext, id: IdentityId, names: &Names) -> AnyView {
    let known = names.contains_key(&id.to_string());
    let name = named(names, id);
    if known { view! { <a href=cx.link(&format!("/identities/{id}"))>{name}</a> }.into_any() } else { name.into_any() }
}

/// The step and the sum of 30 days side by side: small steps are read as what they add up to (threats.md 31, decisions C12).
pub fn sum(effect: &Effect, sum: Option<&Effect>) -> AnyView {
    let whole = match sum {
        Some(sum) => view! { {tally(sum)} }.into_any(),
        None => view! { <p>"Nothing else changed or is proposed in 30 days. This change is all of it."</p> }.into_any(),
    };
    let worse = sum.is_some_and(|sum| sum.direction > effect.direction);
    view! {
        <section class="card" id="sum">
            <header><h2>"This change, and the sum of 30 days"</h2></header>
            <div class="sum">
                <div><h3>"This change"</h3>{tally(effect)}</div>
                <div><h3>"With everything else in 30 days"</h3>{whole}{worse.then(|| badge(Tone::Warn, "worse than this change alone"))}</div>
            </div>
            <footer>"The sum counts identities of the same lineage: parents, children and whoever took their place."</footer>
        </section>
    }
    .into_any()
}

fn tally(effect: &Effect) -> AnyView {
    let line = |kind: Moves, sign: &'static str, class: &'static str| {
        let rows: Vec<&Row> = effect.rows.iter().filter(|row| row.moves == kind).collect();
        let mut classes: Vec<&str> = rows.iter().filter_map(|row| row.class.map(|c| c.label())).collect();
        classes.sort_unstable();
        classes.dedup();
        let of = if classes.is_empty() { String::new() } else { format!(": {}", classes.join(", ")) };
        let said = match kind {
            Moves::Gains => format!("gains {}{of}", counted(rows.len() as i64, "thing", "things")),
            Moves::Loses => format!("loses {}{of}", counted(rows.len() as i64, "thing", "things")),
            Moves::Weakens => format!("weakens {}", counted(rows.len() as i64, "control", "controls")),
            Moves::Steers => format!("reaches {} of its own", counted(rows.len() as i64, "surface or gate", "surfaces or gates")),
            Moves::Governs => format!("changes {}", counted(rows.len() as i64, "fact that governs it", "facts that govern it")),
            Moves::Keeps => format!("keeps {} as proven", counted(rows.len() as i64, "thing", "things")),
        };
        (!rows.is_empty()).then(|| view! { <li class=class><b aria-hidden="true">{sign}</b><span>{said}</span></li> })
    };
    let nothing = effect.rows.is_empty().then(|| view! { <li><b aria-hidden="true">"="</b><span>"nothing"</span></li> });
    view! {
        <ul class="gl">
            {nothing}
            {line(Moves::Gains, "+", "g")}
            {line(Moves::Steers, "+", "g")}
            {line(Moves::Weakens, "!", "g")}
            {line(Moves::Governs, "~", "g")}
            {line(Moves::Loses, "−", "l")}
            {line(Moves::Keeps, "=", "")}
        </ul>
    }
    .into_any()
}

/// How far it can be undone, row by row where rows differ.
pub fn comes_back(effect: &Effect, undo: Option<AnyView>) -> AnyView {
    let why = |how: Reversibility| match how {
        Reversibility::Undoable => "An undo restores the same state.",
        Reversibility::Partly => "An undo removes the access. A secret that was read must be rotated as well.",
        Reversibility::Irreversible => "An undo stops it from going on. What was done by then stays done.",
    };
    let mut kinds: Vec<Reversibility> = effect.rows.iter().map(|row| row.reversibility).collect();
    if kinds.is_empty() {
        kinds.push(effect.reversibility);
    }
    kinds.sort_unstable();
    kinds.dedup();
    let several = kinds.len() > 1;
    let items = kinds.into_iter().rev().map(|how| {
        let rows = effect.rows.iter().filter(|row| row.reversibility == how).count() as i64;
        let of = several.then(|| view! { <strong>{format!("{} of the effect. ", counted(rows, "row", "rows"))}</strong> });
        view! { <li><span>{of}{why(how)}</span>{reversible(how)}</li> }
    });
    view! {
        <section class="card" id="undo">
            <header><h2>"What will not come back"</h2></header>
            <ul class="lead">{items.collect_view()}</ul>
            {undo.map(|plan| view! { <div class="pad stack tight"><h3>"Undo plan"</h3>{plan}</div> })}
        </section>
    }
    .into_any()
}
