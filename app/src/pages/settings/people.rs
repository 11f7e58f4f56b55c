//! People: who may do what, inviting, roles, locking a leaver out.

use super::{once, tabs};
use crate::context::{PageContext, word};
use crate::pages::{Content, page};
use crate::ui::{ErrorSummary, Field, Select, Tone, badge, counted};
use domain::ids::PersonId;
use domain::permission::{Action, ReachKind, Role};
use domain::person::State;
use domain::text;
use leptos::prelude::*;
use service::Error;
use service::people::{self, Assignment, Filter, Listed};

#[component]
pub fn People() -> impl IntoView {
    page(|cx, read| {
        Box::pin(async move {
            let who = cx.viewer()?;
            let (filter, after) = people_query(|n| cx.param(n).map(str::to_owned))?;
            let model = people::page(read, &filter, after, PAGE).await?;
            let people::Page { as_of, people: all, next, active, deciding, reaches } = model;
            let may = cx.is_now() && who.may(Action::ManagePeople);
            let own = who.person_id();
            let sentence = format!(
                "{} sign in; {} decide.",
                counted(active, "person can", "people can"),
                if deciding == 0 { "nobody of them may".to_owned() } else { format!("{} may", crate::ui::number(deciding)) }
            );
            let shown = once(
                &cx,
                "Give this link to the person",
                "It lets them choose a password, once, within three days. It cannot be shown again.",
            );
            let none = all.is_empty();
            let rows = all.iter().map(|p| row(p, &reaches, may && own != Some(p.person.id))).collect_view();
            let body = view! {
                {tabs(&cx)}
                <div class="head"><div><h1>"People"</h1><p>{sentence}</p></div><a class="btn" href=cx.with(&[]).replacen("/settings/people", "/settings/people.csv", 1)>"CSV"</a></div>
                <ErrorSummary cx=cx.clone()/>
                {shown}
                {may.then(|| invite(&cx))}
                {narrow(&cx, &filter)}
                <section class="card">
                    <div class="scroll" tabindex="0" role="group" aria-label="People">
                        <table>
                            <thead><tr><th scope="col">"Person"</th><th scope="col">"State"</th><th scope="col">"Roles"</th><th scope="col">"Change"</th></tr></thead>
                            <tbody>{rows}</tbody>
                        </table>
                    </div>
                    {none.then(|| view! { <div class="empty"><h2>"None fits"</h2><p><a href=cx.link("/settings/people")>"Show everybody"</a></p></div> })}
                    <footer class="pager"><span></span>{next.map(|(name, id)| super::next(&cx, &format!("{id}~{name}")))}</footer>
                </section>
            };
            Ok(Content::new("People", Some(as_of), body))
        })
    })
}

/// People on a page.
const PAGE: i64 = 50;

/// The query of the list, shared with its CSV: `per_…~name` is where a page starts.
pub fn people_query(param: impl Fn(&str) -> Option<String>) -> Result<(Filter, Option<(String, PersonId)>), Error> {
    let after = word(&param, "after", |a| {
        let (id, name) = a.split_once('~')?;
        Some((name.to_owned(), PersonId::parse(id).ok()?))
    })?;
    let filter = Filter {
        search: param("q").map(|q| text::folded(q.trim())).filter(|q| !q.is_empty()),
        state: word(&param, "state", State::parse)?,
        role: word(&param, "role", Role::parse)?,
    };
    Ok((filter, after))
}

fn narrow(cx: &PageContext, filter: &Filter) -> impl IntoView + use<> {
    let chip = |name: &'static str, word: &str, label: &str, now: Option<&str>| {
        let here = now == Some(word);
        let href = cx.with(&[(name, if here { "" } else { word })]);
        let label = label.to_owned();
        view! { <a class="chip" href=href aria-current=here.then_some("true")>{label}</a> }
    };
    let states = State::ALL.iter().map(|s| chip("state", s.as_str(), s.label(), filter.state.map(State::as_str))).collect_view();
    let roles = Role::ALL.iter().map(|r| chip("role", r.as_str(), r.label(), filter.role.map(Role::as_str))).collect_view();
    view! { <div class="row" role="group" aria-label="Filters">{super::search(cx, "Name or address")}{states}{roles}</div> }
}

fn roles() -> Vec<(String, String)> {
    Role::ALL.iter().map(|r| (r.as_str().to_owned(), r.label().to_owned())).collect()
}

fn invite(cx: &PageContext) -> impl IntoView + use<> {
    view! {
        <form class="card" method="post" action="/settings/people">
            <header><h2>"Invite somebody"</h2></header>
            <div class="pad form-grid">
                <Field cx=cx.clone() name="name" label="Name" required=true/>
                <Field cx=cx.clone() name="email" label="E-mail address" kind="email" required=true/>
                <Select cx=cx.clone() name="role" label="Role" none="choose…" options=roles()/>
            </div>
            <footer class="row"><button class="btn primary" type="submit">"Make the invitation"</button></footer>
        </form>
    }
}

fn row(p: &Listed, scopes: &[(String, String)], may: bool) -> impl IntoView + use<> {
    let id = p.person.id.to_string();
    let name = text::capped(&p.person.shown(), 80);
    let email = p.person.email.clone().map(|e| text::capped(&e, 120));
    let state = match p.person.state {
        State::Active => badge(Tone::Ok, "active").into_any(),
        State::Invited => badge(Tone::Info, "invited").into_any(),
        State::Deactivated => badge(Tone::Unknown, State::Deactivated.label()).into_any(),
    };
    let held = p.roles.iter().map(|r| role(r, &name, may)).collect_view();
    let out = p.person.state == State::Deactivated;
    let change = may.then(|| changes(&id, &name, scopes, out));
    view! {
        <tr>
            <td>{name}<span class="sub">{email}</span><span class="sub mono">{id}</span></td>
            <td>{state}</td>
            <td>{held}</td>
            <td>{change}</td>
        </tr>
    }
}

fn role(r: &Assignment, name: &str, may: bool) -> impl IntoView + use<> {
    let word = r.role.label();
    let scope = if r.scope_kind == ReachKind::Organisation { String::new() } else { format!(" · {}", text::capped(&r.scope, 60)) };
    let action = format!("/settings/roles/{}/take", r.id);
    let label = format!("Take the role {word} from {name}");
    view! {
        <div class="row">
            {badge(Tone::Info, format!("{word}{scope}"))}
            {may.then(|| view! { <form method="post" action=action><button class="btn small" type="submit" aria-label=label>"Take away"</button></form> })}
        </div>
    }
}

fn changes(id: &str, name: &str, scopes: &[(String, String)], out: bool) -> impl IntoView + use<> {
    let action = |what: &str| format!("/settings/people/{id}/{what}");
    if out {
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
