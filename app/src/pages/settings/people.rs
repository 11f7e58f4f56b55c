//! People: who can sign in, with which roles; inviting somebody.

use super::person::capital;
use super::{once, tabs};
use crate::context::PageContext;
use crate::list;
use crate::pages::{Content, page};
use domain::ids::PersonId;
use domain::permission::{Action, Role, ScopeKind};
use domain::person::State;
use domain::text;
use leptos::prelude::*;
use service::people::{self, Assignment, Row, Surroundings};
use ui::{ErrorSummary, Field, Select, Tone, badge, counted, number};

#[component]
pub fn People() -> impl IntoView {
    page(|cx, read| {
        Box::pin(async move {
            let who = cx.viewer()?;
            let (_, sheet) = list::load::<people::List>(&cx, read).await?;
            let around = people::surroundings(read).await?;
            let may = cx.is_now() && who.may(Action::ManagePeople);
            let own = who.person_id();
            let change = |p: &Row| menu(p, own);
            let body = view! {
                {tabs(&cx)}
                <div class="head"><div><h1>"People"</h1><p>{sentence(&around)}</p></div>{list::csv(&cx)}</div>
                <ErrorSummary sent=cx.flash.clone()/>
                {link(&cx)}
                {may.then(|| invite(&cx))}
                {narrow(&cx)}
                {list::card::<people::List>(
                    &cx,
                    &sheet,
                    "People",
                    |name, p| rich(&cx, name, p),
                    may.then_some(("Actions", &change)),
                    view! { <h2>"No people yet"</h2><p>"Everyone who can sign in appears here."</p> }.into_any(),
                )}
            };
            Ok(Content::new("People", Some(sheet.as_of), body))
        })
    })
}

/// The link of an invitation or of a new password, shown once.
pub(super) fn link(cx: &PageContext) -> Option<AnyView> {
    let name = cx.flash.ok.is_none().then(|| cx.param("for")).flatten();
    let title = name.map_or_else(|| "Send this link to the person".to_owned(), |n| format!("Send this link to {}", text::capped(n, 80)));
    once(cx, title, "The link sets a password. It works once, for three days, and can't be shown again.")
}

fn sentence(around: &Surroundings) -> String {
    let deciding = if around.deciding == 0 { "none".to_owned() } else { number(around.deciding) };
    format!("{}, {deciding} can approve changes.", counted(around.active, "active person", "active people"))
}

fn narrow(cx: &PageContext) -> impl IntoView + use<> {
    let states = State::ALL.iter().map(|s| list::chip(cx, ("state", s.as_str()), capital(s.label()), &[])).collect_view();
    let roles = Role::ALL.iter().map(|r| list::chip(cx, ("role", r.as_str()), capital(r.label()), &[])).collect_view();
    view! { {list::search(cx, "Name or email")}<div class="row" role="group" aria-label="Filters">{states}{roles}</div> }
}

pub(super) fn roles() -> Vec<(String, String)> {
    Role::ALL.iter().map(|r| (r.as_str().to_owned(), r.label().to_owned())).collect()
}

fn invite(cx: &PageContext) -> impl IntoView + use<> {
    let open = cx.flash.error.is_some() || cx.param("invite").is_some();
    view! {
        <details class="card" id="invite" open=open>
            <summary>"Invite someone"</summary>
            <form class="pad form-narrow" method="post" action="/settings/people">
                <Field sent=cx.flash.clone() name="name" label="Name" required=true/>
                <Field sent=cx.flash.clone() name="email" label="Email" kind="email" required=true hint="They sign in with it."/>
                <Select sent=cx.flash.clone() name="role" label="Role" none="Choose a role" options=roles() hint="More roles can be added later."/>
                <div class="row"><button class="btn primary" type="submit">"Create invitation"</button></div>
            </form>
        </details>
    }
}

pub(super) fn state(state: State) -> AnyView {
    match state {
        State::Active => badge(Tone::Ok, "active").into_any(),
        State::Invited => view! { <span class="tag">"invited"</span> }.into_any(),
        State::Deactivated => view! { <span class="tag">"deactivated"</span> }.into_any(),
    }
}

fn rich(cx: &PageContext, name: &str, p: &Row) -> Option<AnyView> {
    Some(match name {
        "name" => {
            let href = cx.link(&format!("/settings/people/{}", p.person.id));
            let email = p.person.email.clone().map(|e| text::capped(&e, 120));
            view! { <a class="name" href=href>{text::capped(&p.person.shown(), 80)}</a><span class="sub">{email}</span> }.into_any()
        }
        "state" => state(p.person.state),
        "roles" => p.roles.iter().map(role).collect::<Vec<_>>().join(", ").into_any(),
        "factors" if p.factors_text().is_empty() => view! { <span class="muted">"none"</span> }.into_any(),
        _ => return None,
    })
}

/// `analyst for team Payments`.
pub(super) fn role(r: &Assignment) -> String {
    match r.scope_kind {
        ScopeKind::Organisation => r.role.label().to_owned(),
        _ => format!("{} for {}", r.role.label(), text::capped(&r.scope, 60)),
    }
}

/// What can be done with somebody, in one menu.
fn menu(p: &Row, own: Option<PersonId>) -> AnyView {
    let (id, name) = (p.person.id, text::capped(&p.person.shown(), 80));
    if own == Some(id) {
        return view! { <span class="small muted">"you"</span> }.into_any();
    }
    let open = format!("/settings/people/{id}");
    let label = format!("Actions for {name}");
    view! {
        <details class="menu">
            <summary aria-label=label>"Actions"</summary>
            <ul><li><a href=format!("{open}#roles")>"Change roles"</a></li>{account(p)}</ul>
        </details>
    }
    .into_any()
}

/// The actions on an account, as items of a menu.
pub(super) fn account(p: &Row) -> AnyView {
    let at = |what: &str| format!("/settings/people/{}/{what}", p.person.id);
    if p.person.is_redacted() {
        return ().into_any();
    }
    if p.person.state == State::Deactivated {
        let erase = format!("/redactions?subject={}", p.person.id);
        return view! {
            <li><form method="post" action=at("back")><button type="submit">"Reactivate"</button></form></li>
            <li><a class="danger" href=erase>"Erase name and email"</a></li>
        }
        .into_any();
    }
    let second = !p.factors_text().is_empty();
    let reset = second.then(|| view! { <li><a href=at("factors/reset")>"Reset second factors"</a></li> });
    view! {
        {reset}
        <li><form method="post" action=at("link")><button type="submit">"Reset password"</button></form></li>
        <li><a class="danger" href=at("lock")>"Deactivate"</a></li>
    }
    .into_any()
}
