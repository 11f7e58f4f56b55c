//! Groups: the reviewers who answer to one line of command.

use super::tabs;
use crate::context::PageContext;
use crate::pages::{Content, page};
use domain::ids::PersonId;
use domain::permission::Action;
use domain::text;
use leptos::prelude::*;
use service::groups::{self, Listed, Page as Model};
use ui::{ErrorSummary, Field, Select, counted, number};

#[component]
pub fn Groups() -> impl IntoView {
    page(|cx, read| {
        Box::pin(async move {
            let model = groups::page(read).await?;
            let as_of = model.as_of;
            Ok(Content::new("Groups", Some(as_of), body(&cx, &model)))
        })
    })
}

fn sentence(m: &Model) -> String {
    let without = counted(m.without.len() as i64, "active person is", "active people are");
    match m.groups.len() as i64 {
        0 => "No group yet: two reviewers could not be told apart by whom they answer to.".to_owned(),
        1 => format!("One group. A change that needs two groups needs another; {without} in none."),
        n => format!("{} groups; {without} in none.", number(n)),
    }
}

fn body(cx: &PageContext, m: &Model) -> AnyView {
    let who = cx.viewer().ok().cloned();
    let may = cx.is_now() && who.as_ref().is_some_and(|w| w.may(Action::ManagePeople));
    let own = who.and_then(|w| w.person_id());
    let cards = m.groups.iter().map(|g| group(g, may, own)).collect_view();
    view! {
        {tabs(cx)}
        <div class="head"><div><h1>"Groups"</h1><p>{sentence(m)}</p></div></div>
        <ErrorSummary sent=cx.flash.clone()/>
        <p class="muted">"A person is in one group. Two approvers of a change that widens access in production come from two groups. Nobody chooses their own."</p>
        {may.then(|| forms(cx, m, own))}
        <div class="cols-2">{cards}</div>
        {m.groups.is_empty().then(|| view! { <section class="card"><div class="empty"><p>"Add one group for each line of command, then put the reviewers into theirs."</p></div></section> })}
    }
    .into_any()
}

fn forms(cx: &PageContext, m: &Model, own: Option<PersonId>) -> impl IntoView + use<> {
    let person = |(id, name): &(PersonId, String), group: &str| {
        let label = if group.is_empty() {
            text::capped(name, 60)
        } else {
            format!("{} (now in {})", text::capped(name, 60), text::capped(group, 40))
        };
        (id.to_string(), label)
    };
    let inside = m.groups.iter().flat_map(|g| g.members.iter().map(move |p| person(p, &g.group.name)));
    let people: Vec<_> =
        m.without.iter().map(|p| person(p, "")).chain(inside).filter(|(id, _)| own.is_none_or(|o| *id != o.to_string())).collect();
    let groups: Vec<_> = m.groups.iter().map(|g| (g.group.id.to_string(), text::capped(&g.group.name, 60))).collect();
    let put = (!groups.is_empty()).then(|| {
        view! {
            <form class="card" method="post" action="/settings/groups/members">
                <header><h2>"Put somebody into a group"</h2></header>
                <div class="pad form-grid">
                    <Select sent=cx.flash.clone() name="person" label="Person" none="choose…" options=people/>
                    <Select sent=cx.flash.clone() name="group" label="Group" none="choose…" options=groups/>
                </div>
                <footer class="row"><button class="btn primary" type="submit">"Put in"</button></footer>
            </form>
        }
    });
    view! {
        <div class="cols-2">
            <form class="card" method="post" action="/settings/groups">
                <header><h2>"Add a group"</h2></header>
                <div class="pad form-grid"><Field sent=cx.flash.clone() name="name" label="Name" hint="The line of command, for example Security operations." required=true/></div>
                <footer class="row"><button class="btn primary" type="submit">"Add the group"</button></footer>
            </form>
            {put}
        </div>
    }
}

fn group(g: &Listed, may: bool, own: Option<PersonId>) -> impl IntoView + use<> {
    let members = g.members.iter().map(|(id, name)| {
        let action = format!("/settings/people/{id}/group/leave");
        let label = format!("Take {} out of the group", text::capped(name, 60));
        let out = (may && own != Some(*id))
            .then(|| view! { <form method="post" action=action><button class="btn small" type="submit" aria-label=label>"Take out"</button></form> });
        view! { <li class="row between"><span>{text::capped(name, 80)}</span>{out}</li> }
    });
    view! {
        <section class="card">
            <header><h2>{text::capped(&g.group.name, 80)}</h2><span class="small muted">{counted(g.members.len() as i64, "person", "people")}</span></header>
            <div class="pad"><ul class="stack tight">{members.collect_view()}</ul>{g.members.is_empty().then(|| view! { <p class="muted small">"Nobody yet: put somebody in above."</p> })}</div>
        </section>
    }
}
