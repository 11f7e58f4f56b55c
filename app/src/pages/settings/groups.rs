//! Groups: the reviewers who answer to one line of command.

use super::tabs;
use crate::context::PageContext;
use crate::pages::{Content, page};
use domain::ids::PersonId;
use domain::permission::Action;
use domain::text;
use leptos::prelude::*;
use service::groups::{self, Listed, Page as Model};
use ui::{ErrorSummary, Field, Select, Tone, counted, note, number};

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
    let without = counted(m.without.len() as i64, "active person is in no group", "active people are in no group");
    match m.groups.len() as i64 {
        0 => "No groups yet. Approvals by two groups need at least two.".to_owned(),
        1 => format!("1 group. {without}. Approvals by two groups need at least two."),
        n => format!("{} groups. {without}.", number(n)),
    }
}

fn body(cx: &PageContext, m: &Model) -> AnyView {
    let who = cx.viewer().ok().cloned();
    let may = cx.is_now() && who.as_ref().is_some_and(|w| w.may(Action::ManagePeople));
    let own = who.and_then(|w| w.person_id());
    let cards = m.groups.iter().map(|g| group(cx, g, may, own)).collect_view();
    let few = (m.reviewing < 2).then(|| {
        let n = if m.reviewing == 1 { "Only 1 group has" } else { "No group has" };
        note(
            Tone::Warn,
            format!("{n} a reviewer"),
            "A change that widens access in production needs approval from two groups. Nobody could approve it today.",
        )
    });
    view! {
        {tabs(cx)}
        <div class="head"><div>
            <h1>"Groups"</h1>
            <p>{sentence(m)}</p>
            <p class="small">"A group is everyone who reports to the same lead. Each person is in one group at most."</p>
        </div></div>
        <ErrorSummary sent=cx.flash.clone()/>
        {few}
        {may.then(|| forms(cx, m, own))}
        <div class="cols-2">{cards}</div>
        {m.groups.is_empty().then(|| view! { <section class="card"><div class="empty"><h2>"No groups yet"</h2><p>"Add one group for each reporting line, then add its reviewers."</p></div></section> })}
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
    let wrong = |field: &str| cx.flash.field_error(field).is_some();
    let (naming, joining) = (wrong("name") || m.groups.is_empty(), wrong("person") || wrong("group"));
    let put = (!groups.is_empty()).then(|| {
        view! {
            <details class="card" open=joining>
                <summary>"Add someone to a group"</summary>
                <form class="pad form-narrow" method="post" action="/settings/groups/members">
                    <Select sent=cx.flash.clone() name="person" label="Person" none="Choose a person" options=people/>
                    <p class="small"><a href="/settings/people?invite=1">"Invite someone"</a></p>
                    <Select sent=cx.flash.clone() name="group" label="Group" none="Choose a group" options=groups/>
                    <div class="row"><button class="btn primary" type="submit">"Add to group"</button></div>
                </form>
            </details>
        }
    });
    view! {
        <details class="card" open=naming>
            <summary>"Add a group"</summary>
            <form class="pad form-narrow" method="post" action="/settings/groups">
                <Field sent=cx.flash.clone() name="name" label="Name" hint="For example: Security operations" required=true/>
                <div class="row"><button class="btn primary" type="submit">"Add group"</button></div>
            </form>
        </details>
        {put}
    }
}

fn group(cx: &PageContext, g: &Listed, may: bool, own: Option<PersonId>) -> impl IntoView + use<> {
    let members = g.members.iter().map(|(id, name)| {
        let action = format!("/settings/people/{id}/group/leave");
        let label = format!("Remove {} from the group", text::capped(name, 60));
        let href = cx.link(&format!("/settings/people/{id}"));
        let out = (may && own != Some(*id)).then(
            || view! { <form method="post" action=action><button class="btn" type="submit" aria-label=label>"Remove"</button></form> },
        );
        view! { <li class="row between"><a href=href>{text::capped(name, 80)}</a>{out}</li> }
    });
    view! {
        <section class="card">
            <header><h2>{text::capped(&g.group.name, 80)}</h2><span class="small muted">{counted(g.members.len() as i64, "person", "people")}</span></header>
            <div class="pad"><ul class="stack tight">{members.collect_view()}</ul>{g.members.is_empty().then(|| view! { <p class="muted small">"No members yet."</p> })}</div>
        </section>
    }
}
