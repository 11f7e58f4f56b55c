//! What a search of the header finds: the first of each list, and the way to the rest of it.

use super::permission_sets::kind;
use super::{Content, page};
use crate::context::{PageContext, encode};
use crate::{list, said};
use domain::ids::show;
use domain::text;
use leptos::prelude::*;
use service::search::{self, Found, Part};
use ui::{class_word, counted};

#[component]
pub fn Search() -> impl IntoView {
    page(|cx, read| {
        Box::pin(async move {
            let as_of = read.as_of();
            let body = match cx.param("q").map(str::to_owned) {
                None => empty(&cx, "Search for a name, a policy, a person, a source, an ID or an entry such as #22."),
                Some(asked) => {
                    let found = search::search(read, &asked).await?;
                    if found.is_nothing() { nothing(&cx, &asked) } else { shown(&cx, &found, &asked) }
                }
            };
            Ok(Content::new("Search", Some(as_of), body))
        })
    })
}

fn head(cx: &PageContext, said: String) -> AnyView {
    view! {
        <div class="head"><div><h1>"Search"</h1><p>{said}</p></div></div>
        {list::search(cx, "Name, ID or #entry")}
    }
    .into_any()
}

fn empty(cx: &PageContext, said: &str) -> AnyView {
    head(cx, said.to_owned())
}

fn nothing(cx: &PageContext, asked: &str) -> AnyView {
    view! {
        {head(cx, "Nothing found.".to_owned())}
        <section class="card"><div class="empty">
            <h2>"Nothing is named "<q>{text::capped(asked, 60)}</q></h2>
            <p>"Try a part of the name, an ID, or the number of a ledger entry."</p>
            <p><a href=cx.link("/identities")>"All identities"</a></p>
        </div></section>
    }
    .into_any()
}

/// One part: its rows, and the way to all of them.
fn part(title: &'static str, rows: Vec<AnyView>, all: Option<String>) -> Option<AnyView> {
    (!rows.is_empty()).then(|| {
        let id = title.to_lowercase().replace(' ', "-");
        view! {
            <section class="card" id=id>
                <header><h2>{title}</h2>{all.map(|href| view! { <a class="small" href=href>"All that match"</a> })}</header>
                <ul class="lead">{rows}</ul>
            </section>
        }
        .into_any()
    })
}

fn line(href: String, name: &str, sub: impl IntoAny, right: impl IntoAny) -> AnyView {
    let (name, sub, right) = (text::capped(name, 80), sub.into_any(), right.into_any());
    view! { <li><div><a class="name" href=href>{name}</a><span class="sub">{sub}</span></div>{right}</li> }.into_any()
}

fn shown(cx: &PageContext, f: &Found, asked: &str) -> AnyView {
    let all = |path: &str| Some(cx.link(&format!("{path}q={}", encode(asked))));
    let more = |more: bool, path: &str| if more { all(path) } else { None };
    let identities = identities(cx, f);
    let n = [f.identities.rows.len(), f.sets.rows.len(), f.resources.rows.len(), f.sources.rows.len(), f.teams.rows.len()];
    let n = n.iter().sum::<usize>() + f.people.as_ref().map_or(0, |p| p.rows.len()) + usize::from(f.entry.is_some());
    let cut = f.identities.more || f.sets.more || f.resources.more || f.people.as_ref().is_some_and(|p| p.more);
    let said = format!("{}{}.", if cut { "The first " } else { "" }, counted(n as i64, "match", "matches"));
    // What somebody may do is asked of the identities that match.
    let grants = (!f.identities.rows.is_empty()).then(|| all("/grants?")).flatten();
    view! {
        {head(cx, said)}
        {entry(cx, f)}
        <div class="grid2">
            {part("Identities", identities, more(f.identities.more, "/identities?platform=1&"))}
            {part("Permission sets", sets(cx, f), more(f.sets.more, "/permission-sets?"))}
            {part("People", people(cx, f), more(f.people.as_ref().is_some_and(|p| p.more), "/settings/people?"))}
            {part("Sources", sources(cx, f), f.sources.more.then(|| cx.link("/settings/sources")))}
            {part("Resources", resources(cx, f), more(f.resources.more, "/resources?"))}
            {part("Teams", teams(cx, f), f.teams.more.then(|| cx.link("/settings/teams")))}
        </div>
        {grants.map(|href| view! { <p class="small"><a href=href>"Grants of the identities that match"</a></p> })}
    }
    .into_any()
}

/// The entry of that number, and what an ID names.
fn entry(cx: &PageContext, f: &Found) -> AnyView {
    let entry = f.entry.as_ref().map(|row| {
        let seq = row.stored.entry.seq;
        view! {
            <section class="card" id="entry">
                <header><h2>{said::entry(cx, seq)}</h2></header>
                <div class="pad"><p>{said::sentence(cx, &row.sentence)}</p></div>
            </section>
        }
    });
    let named = f.named.and_then(|(noun, id)| Some((said::place(cx, noun, id)?, show(noun, id))));
    let named = named.map(|(href, id)| view! { <p><a class="btn" href=href>"Open "<code>{id}</code></a></p> });
    view! { {entry}{named} }.into_any()
}

fn identities(cx: &PageContext, f: &Found) -> Vec<AnyView> {
    let row = |l: &service::identities::Listed| {
        let owner = l.owner_name.as_deref().map_or_else(|| "no owner".to_owned(), |n| text::capped(n, 60));
        let sub = format!("{} · {owner}", l.kind.label());
        line(cx.link(&format!("/identities/{}", l.identity_id)), &l.name, sub, l.highest_class().map(class_word))
    };
    f.identities.rows.iter().map(row).collect()
}

fn sets(cx: &PageContext, f: &Found) -> Vec<AnyView> {
    let row = |l: &service::permission_sets::Listed| {
        let source = l.source.as_deref().map(|s| text::capped(s, 60)).unwrap_or_default();
        line(cx.link(&format!("/permission-sets/{}", l.set.id)), &l.set.name, format!("{} · {source}", kind(&l.set.kind)), ())
    };
    f.sets.rows.iter().map(row).collect()
}

fn people(cx: &PageContext, f: &Found) -> Vec<AnyView> {
    let Some(Part { rows, .. }) = &f.people else { return vec![] };
    let row = |r: &service::people::Row| {
        let href = cx.link(&format!("/settings/people/{}", r.person.id));
        line(href, &r.person.shown(), text::capped(&r.roles_text(), 100), ())
    };
    rows.iter().map(row).collect()
}

fn sources(cx: &PageContext, f: &Found) -> Vec<AnyView> {
    let row = |s: &service::sources::Listed| {
        line(cx.link(&format!("/settings/sources/{}", s.source.id)), &s.source.name, s.source.kind.label(), ())
    };
    f.sources.rows.iter().map(row).collect()
}

fn resources(cx: &PageContext, f: &Found) -> Vec<AnyView> {
    let row = |r: &service::resources::Listed| {
        line(cx.link(&format!("/resources/{}", r.resource.id)), &r.resource.name, text::capped(&r.resource.pattern, 100), ())
    };
    f.resources.rows.iter().map(row).collect()
}

fn teams(cx: &PageContext, f: &Found) -> Vec<AnyView> {
    let row = |t: &service::teams::Row| {
        line(cx.link(&format!("/settings/teams/{}", t.team.id)), &t.team.name, counted(t.identities, "identity", "identities"), ())
    };
    f.teams.rows.iter().map(row).collect()
}
