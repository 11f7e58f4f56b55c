//! The panel of what changed: by identity, newest first, with the words that went.

use crate::context::PageContext;
use domain::asof::AsOf;
use domain::difference::How;
use domain::text;
use leptos::prelude::*;
use service::overview::{Changed, ChangedSurface};
use ui::{counted, time};

pub fn panel(cx: &PageContext, all: &[Changed], as_of: AsOf) -> AnyView {
    let rows = all.iter().map(|c| row(cx, c, as_of)).collect_view();
    let nothing = all.is_empty().then(
        || view! { <div class="empty"><p>"Nothing changed since the first import. The next import is compared with it by name."</p></div> },
    );
    view! {
        <section class="card wide2">
            <header><h2>"What changed"</h2><a class="small" href=cx.link("/imports/differences")>"Newest import in full"</a></header>
            <ul class="lead">{rows}</ul>
            {nothing}
        </section>
    }
    .into_any()
}

fn row(cx: &PageContext, c: &Changed, as_of: AsOf) -> impl IntoView + use<> {
    let name = text::capped(&c.name, 60);
    let name = match c.identity {
        Some(id) => view! { <a class="name" href=cx.link(&format!("/identities/{id}"))>{name}</a> }.into_any(),
        None => view! { <span class="name">{name}</span> }.into_any(),
    };
    let surfaces = c.surfaces.iter().map(surface).collect_view();
    let import = cx.link(&format!("/imports/{}", c.import));
    view! {
        <li>
            <div>
                {name}
                {surfaces}
                {moved("gained", &c.gained)}
                {moved("lost", &c.lost)}
                {(c.tools > 0).then(|| view! { <span class="sub">{format!("{} changed", counted(c.tools as i64, "tool", "tools"))}</span> })}
            </div>
            <span class="when"><a href=import>{time(c.at, as_of.at)}</a></span>
        </li>
    }
}

/// `removed “Never refund.” from instructions at prompts/support.md`
fn surface(s: &ChangedSurface) -> impl IntoView + use<> {
    let name = text::capped(&s.name, 100);
    let quoted = |all: &[String]| all.iter().map(|l| view! { <q>{l.clone()}</q>" " }).collect_view();
    match (s.how, s.removed.is_empty(), s.added.is_empty()) {
        (How::Changed, false, _) => view! { <span class="sub">"removed "{quoted(&s.removed)}"from "{name}</span> }.into_any(),
        (How::Changed, true, false) => view! { <span class="sub">"added "{quoted(&s.added)}"to "{name}</span> }.into_any(),
        (How::Changed, true, true) => view! { <span class="sub">{format!("{name} changed")}</span> }.into_any(),
        (How::Added, ..) => view! { <span class="sub">{format!("{name} appeared")}</span> }.into_any(),
        (How::Removed, ..) => view! { <span class="sub">{format!("{name} is gone")}</span> }.into_any(),
    }
}

/// The first of them by name, and how many more.
fn moved(word: &'static str, names: &[String]) -> Option<AnyView> {
    let first = text::capped(names.first()?, 160);
    let more = (names.len() > 1).then(|| format!(" and {}", counted(names.len() as i64 - 1, "other grant", "other grants")));
    Some(view! { <span class="sub">{format!("{word} {first}")}{more}</span> }.into_any())
}
