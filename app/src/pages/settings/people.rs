//! People: who may do what, inviting, roles, locking a leaver out.

use super::{once, tabs};
use crate::context::PageContext;
use crate::pages::{Content, page};
use crate::ui::{ErrorSummary, Field, Select, Tone, badge, counted};
use domain::ids::{Noun, show};
use domain::permission::{Action, Role};
use domain::text;
use leptos::prelude::*;
use service::people::{self, Listed};
use service::store::people::Assignment;

#[component]
pub fn People() -> impl IntoView {
    page(async |cx| {
        let who = cx.viewer()?;
        let people::Page { as_of, people: all, scopes } = people::page(&cx.services, who, cx.wanted()?).await?;
        let may = cx.is_now() && who.may(Action::ManagePeople);
        let own = who.person_id();
        let active = all.iter().filter(|p| p.person.state == "active").count() as i64;
        let deciding = all
            .iter()
            .filter(|p| p.person.state == "active" && p.roles.iter().filter_map(|r| Role::parse(&r.role)).any(Role::is_deciding))
            .count() as i64;
        let sentence = format!(
            "{} sign in; {} decide.",
            counted(active, "person can", "people can"),
            if deciding == 0 { "nobody of them may".to_owned() } else { format!("{} may", crate::ui::number(deciding)) }
        );
        let shown =
            once(&cx, "Give this link to the person", "It lets them choose a password, once, within three days. It cannot be shown again.");
        let rows = all.iter().map(|p| row(p, &scopes, may && own != Some(p.person.id))).collect_view();
        let body = view! {
            {tabs(&cx)}
            <div class="head"><div><h1>"People"</h1><p>{sentence}</p></div></div>
            <ErrorSummary cx=cx.clone()/>
            {shown}
            {may.then(|| invite(&cx))}
            <section class="card">
                <div class="scroll" tabindex="0" role="group" aria-label="People">
                    <table>
                        <thead><tr><th scope="col">"Person"</th><th scope="col">"State"</th><th scope="col">"Roles"</th><th scope="col">"Change"</th></tr></thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
            </section>
        };
        Ok(Content::new("People", Some(as_of), body))
    })
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
    let id = show(Noun::Person, p.person.id);
    let name = text::capped(&p.person.shown(), 80);
    let email = p.person.email.clone().map(|e| text::capped(&e, 120));
    let state = match p.person.state.as_str() {
        "active" => badge(Tone::Ok, "active").into_any(),
        "invited" => badge(Tone::Info, "invited").into_any(),
        _ => badge(Tone::Unknown, "locked out").into_any(),
    };
    let held = p.roles.iter().map(|r| role(r, &name, may)).collect_view();
    let out = p.person.state == "deactivated";
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
    let word = Role::parse(&r.role).map_or(r.role.clone(), |r| r.label().to_owned());
    let scope = if r.scope_kind == "organisation" { String::new() } else { format!(" · {}", text::capped(&r.scope, 60)) };
    let action = format!("/settings/roles/{}/take", show(Noun::Other, r.id));
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
