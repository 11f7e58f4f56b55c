//! People: who may do what, inviting, roles, locking a leaver out.

use super::{once, tabs};
use crate::context::PageContext;
use crate::list;
use crate::pages::{Content, page};
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
            let shown = once(
                &cx,
                "Give this link to the person",
                "It lets them choose a password, once, within three days. It cannot be shown again.",
            );
            let change = |p: &Row| changes(p, &around.reaches, own != Some(p.person.id));
            let body = view! {
                {tabs(&cx)}
                <div class="head"><div><h1>"People"</h1><p>{sentence(&around)}</p></div>{list::csv(&cx)}</div>
                <ErrorSummary sent=cx.flash.clone()/>
                {shown}
                {may.then(|| invite(&cx))}
                {narrow(&cx)}
                {list::card::<people::List>(
                    &cx,
                    &sheet,
                    "People",
                    |name, p| rich(name, p, may && own != Some(p.person.id)),
                    may.then_some(("Change", &change)),
                    view! { <p>"Nobody is known as of here."</p> }.into_any(),
                )}
            };
            Ok(Content::new("People", Some(sheet.as_of), body))
        })
    })
}

fn sentence(around: &Surroundings) -> String {
    let deciding = if around.deciding == 0 { "none".to_owned() } else { number(around.deciding) };
    format!("{} sign in; {deciding} may decide on changes.", counted(around.active, "person can", "people can"))
}

fn narrow(cx: &PageContext) -> impl IntoView + use<> {
    let states = State::ALL.iter().map(|s| list::chip(cx, ("state", s.as_str()), s.label(), &[])).collect_view();
    let roles = Role::ALL.iter().map(|r| list::chip(cx, ("role", r.as_str()), r.label(), &[])).collect_view();
    view! { <div class="row" role="group" aria-label="Filters">{list::search(cx, "Name or address")}{states}{roles}</div> }
}

fn roles() -> Vec<(String, String)> {
    Role::ALL.iter().map(|r| (r.as_str().to_owned(), r.label().to_owned())).collect()
}

fn invite(cx: &PageContext) -> impl IntoView + use<> {
    view! {
        <form class="card" method="post" action="/settings/people">
            <header><h2>"Invite somebody"</h2></header>
            <div class="pad form-grid">
                <Field sent=cx.flash.clone() name="name" label="Name" required=true/>
                <Field sent=cx.flash.clone() name="email" label="E-mail address" kind="email" required=true/>
                <Select sent=cx.flash.clone() name="role" label="Role" none="choose…" options=roles()/>
            </div>
            <footer class="row"><button class="btn primary" type="submit">"Make the invitation"</button></footer>
        </form>
    }
}

fn rich(name: &str, p: &Row, may: bool) -> Option<AnyView> {
    let shown = text::capped(&p.person.shown(), 80);
    Some(match name {
        "name" => {
            let email = p.person.email.clone().map(|e| text::capped(&e, 120));
            view! { {shown}<span class="sub">{email}</span><span class="sub mono">{p.person.id.to_string()}</span> }.into_any()
        }
        "state" => match p.person.state {
            State::Active => badge(Tone::Ok, "active").into_any(),
            State::Invited => badge(Tone::Info, "invited").into_any(),
            State::Deactivated => badge(Tone::Unknown, State::Deactivated.label()).into_any(),
        },
        "roles" => p.roles.iter().map(|r| role(r, &shown, may)).collect_view().into_any(),
        _ => return None,
    })
}

fn role(r: &Assignment, name: &str, may: bool) -> impl IntoView + use<> {
    let word = r.role.label();
    let scope = if r.scope_kind == ScopeKind::Organisation { String::new() } else { format!(" · {}", text::capped(&r.scope, 60)) };
    let action = format!("/settings/roles/{}/take", r.id);
    let label = format!("Take the role {word} from {name}");
    view! {
        <div class="row">
            {badge(Tone::Info, format!("{word}{scope}"))}
            {may.then(|| view! { <form method="post" action=action><button class="btn small" type="submit" aria-label=label>"Take away"</button></form> })}
        </div>
    }
}

fn changes(p: &Row, scopes: &[(String, String)], may: bool) -> AnyView {
    if !may {
        return ().into_any();
    }
    let (id, name) = (p.person.id, text::capped(&p.person.shown(), 80));
    let action = |what: &str| format!("/settings/people/{id}/{what}");
    if p.person.state == State::Deactivated {
        let label = format!("Take {name} back");
        return view! { <form method="post" action=action("back")><button class="btn" type="submit" aria-label=label>"Take back"</button></form> }.into_any();
    }
    let (give, link, lock) = (action("role"), action("link"), action("lock"));
    let (scope_label, role_label) = (format!("Scope of the role for {name}"), format!("Role for {name}"));
    let lock_label = format!("Lock {name} out");
    view! {
        <details>
            <summary>"Change"</summary>
            <div class="stack">
                <form class="row" method="post" action=give>
                    <select name="role" aria-label=role_label>{roles().into_iter().map(|(w, l)| view! { <option value=w>{l}</option> }).collect_view()}</select>
                    <select name="scope" aria-label=scope_label>
                        <option value="">"the whole organisation"</option>
                        {scopes.iter().map(|(w, l)| view! { <option value=w.clone()>{text::capped(l, 60)}</option> }).collect_view()}
                    </select>
                    <span class="small muted">"A narrower role reads everything and writes only where it reaches."</span>
                    <button class="btn" type="submit">"Give the role"</button>
                </form>
                <form method="post" action=link><button class="btn" type="submit">"Link for a new password"</button></form>
                <form method="post" action=lock><button class="btn danger" type="submit" aria-label=lock_label>"Lock out"</button></form>
            </div>
        </details>
    }
    .into_any()
}
