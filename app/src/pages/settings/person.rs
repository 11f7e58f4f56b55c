//! One person: roles, group, what they own; and the pages that say what ends when an account is deactivated or a role goes.

use super::people::{account, link, role, roles, state};
use super::tabs;
use crate::context::{PageContext, id};
use crate::pages::{Content, confirm, page};
use domain::permission::Action;
use domain::person::State;
use domain::text;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use service::Error;
use service::people::{self, NAMED, Page as Model};
use ui::{ErrorSummary, Select, counted, number};

#[component]
pub fn Person() -> impl IntoView {
    let wanted = use_params_map().read_untracked().get("id");
    page(|cx, read| {
        Box::pin(async move {
            let model = people::person(read, id::<domain::ids::noun::Person>(wanted, "person")?).await?;
            let title = text::capped(&model.row.person.shown(), 80);
            Ok(Content::new(title, Some(model.as_of), body(&cx, &model)))
        })
    })
}

fn sentence(m: &Model) -> String {
    let owned =
        if m.more_owned { format!("more than {NAMED} identities") } else { counted(m.owned.len() as i64, "identity", "identities") };
    let group = m.group.as_ref().map_or_else(|| "in no group".to_owned(), |g| format!("in group {}", text::capped(g, 60)));
    let held = match m.row.roles.len() {
        0 => "No role".to_owned(),
        _ => m.row.roles.iter().map(role).collect::<Vec<_>>().join(", "),
    };
    let factors = m.row.factors_text();
    let second = if factors.is_empty() { "No second factor".to_owned() } else { format!("Second factors: {factors}") };
    format!("{}, {group}. Owns {owned}. {second}.", capital(&held))
}

pub(super) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|c| c.to_ascii_uppercase().to_string() + chars.as_str()).unwrap_or_default()
}

fn body(cx: &PageContext, m: &Model) -> AnyView {
    let who = cx.viewer().ok();
    let own = who.and_then(service::Principal::person_id) == Some(m.row.person.id);
    let may = cx.is_now() && who.is_some_and(|w| w.may(Action::ManagePeople)) && !own;
    let person = &m.row.person;
    let email = person.email.clone().map(|e| text::capped(&e, 120));
    let history = cx.link(&format!("/ledger?actor={}", person.id));
    view! {
        {tabs(cx)}
        <div class="head">
            <div>
                <p class="crumb"><a href=cx.link("/settings/people")>"People"</a></p>
                <h1>{text::capped(&person.shown(), 80)}" "{state(person.state)}</h1>
                <p>{email}</p>
                <p>{sentence(m)}</p>
            </div>
            <div class="row">
                <a class="btn" href=history>"What they did"</a>
                {may.then(|| view! { <details class="menu"><summary>"Actions"</summary><ul>{account(&m.row)}</ul></details> })}
            </div>
        </div>
        <ErrorSummary sent=cx.flash.clone()/>
        {link(cx)}
        {held(cx, m, may, own)}
        {owns(cx, m)}
        <p class="small muted">"Person ID "{ui::copied(person.id.to_string())}</p>
    }
    .into_any()
}

fn held(cx: &PageContext, m: &Model, may: bool, own: bool) -> impl IntoView + use<> {
    let rows = m.row.roles.iter().map(|r| {
        let take = may.then(|| {
            let label = format!("Remove role {}", r.role.label());
            view! { <a class="btn" href=format!("/settings/roles/{}/take", r.id) aria-label=label>"Remove"</a> }
        });
        view! { <li class="row between"><span>{role(r)}</span>{take}</li> }
    });
    let none = m.row.roles.is_empty().then(|| view! { <li class="muted">"No roles. Without one, nothing can be seen."</li> });
    let add = (may && m.row.person.state != State::Deactivated).then(|| {
        let mut scopes = vec![("organisation".to_owned(), "the whole organisation".to_owned())];
        scopes.extend(m.reaches.iter().map(|(w, l)| (w.clone(), text::capped(l, 60))));
        view! {
            <form class="form-narrow" method="post" action=format!("/settings/people/{}/role", m.row.person.id)>
                <Select sent=cx.flash.clone() name="role" label="Add a role" none="Choose a role" options=roles()/>
                <Select sent=cx.flash.clone() name="scope" label="Scope" options=scopes hint="Limited roles read everything and edit only this scope."/>
                <div class="row"><button class="btn" type="submit">"Add role"</button></div>
            </form>
        }
    });
    view! {
        <section class="card" id="roles">
            <header><h2>"Roles"</h2></header>
            <div class="pad stack">
                <ul class="stack tight">{rows.collect_view()}{none}</ul>
                {own.then(|| view! { <p class="small muted">"You can't change your own roles. Ask another admin."</p> })}
                {add}
            </div>
        </section>
    }
}

fn owns(cx: &PageContext, m: &Model) -> impl IntoView + use<> {
    let identities = m.owned.iter().map(|o| {
        let next = o.next.as_ref().map(|n| format!("backup owner {}", text::capped(n, 60)));
        let href = cx.link(&format!("/identities/{}", o.id));
        view! { <li><a href=href>{text::capped(&o.name, 80)}</a>" "<span class="small muted">{next.unwrap_or_else(|| "no backup owner".to_owned())}</span></li> }
    });
    let sources = m.sources.iter().map(|(id, name)| {
        view! { <li><a href=cx.link(&format!("/settings/sources/{id}"))>{text::capped(name, 80)}</a>" "<span class="small muted">"source"</span></li> }
    });
    let resources = m.resources.iter().map(|(id, name)| {
        view! { <li><a href=cx.link(&format!("/resources/{id}"))>{text::capped(name, 80)}</a>" "<span class="small muted">"resource"</span></li> }
    });
    let none = m.owned.is_empty() && m.sources.is_empty() && m.resources.is_empty();
    let all = m
        .more_owned
        .then(|| view! { <p><a href=cx.link(&format!("/identities?owner={}", m.row.person.id))>"All identities they own"</a></p> });
    view! {
        <section class="card">
            <header><h2>"Owns"</h2></header>
            <div class="pad stack">
                <ul class="stack tight">{identities.collect_view()}{sources.collect_view()}{resources.collect_view()}</ul>
                {none.then(|| view! { <p class="muted">"Nothing. Name them as owner on the page of an identity, source or resource."</p> })}
                {all}
            </div>
        </section>
    }
}

/// What ends when an account is deactivated, before it is.
#[component]
pub fn Deactivate() -> impl IntoView {
    let wanted = use_params_map().read_untracked().get("id");
    page(|cx, read| {
        Box::pin(async move {
            cx.viewer()?.authorise(Action::ManagePeople)?;
            service::only_now(cx.wanted()?)?;
            let m = people::person(read, id::<domain::ids::noun::Person>(wanted, "person")?).await?;
            if m.row.person.state == State::Deactivated {
                return Err(Error::Conflict("This person is already deactivated.".to_owned()));
            }
            let name = text::capped(&m.row.person.shown(), 80);
            let back = format!("/settings/people/{}", m.row.person.id);
            let asked = confirm::Asked {
                title: format!("Deactivate {name}?"),
                sentence: format!("{name} can't sign in any more. An admin can reactivate the account later."),
                consequences: leaving(&cx, &m),
                action: format!("{back}/lock"),
                button: format!("Deactivate {name}"),
                back,
            };
            Ok(Content::new(format!("Deactivate {name}"), None, confirm::page(&cx, asked)))
        })
    })
}

fn leaving(cx: &PageContext, m: &Model) -> Vec<AnyView> {
    let mut out: Vec<AnyView> = vec![match m.sessions {
        0 => "no session is open".into_any(),
        n => counted(n as i64, "session ends", "sessions end").into_any(),
    }];
    let tokens: Vec<String> = m.tokens.iter().map(|t| text::capped(&t.name, 60)).take(NAMED).collect();
    if !tokens.is_empty() {
        let said = counted(m.tokens.len() as i64, "token is revoked", "tokens are revoked");
        out.push(format!("{said}: {}", tokens.join(", ")).into_any());
    }
    for owned in &m.owned {
        let href = cx.link(&format!("/identities/{}", owned.id));
        let next = match &owned.next {
            Some(next) => format!(" goes to its backup owner {}", text::capped(next, 60)),
            None => " is left without an owner".to_owned(),
        };
        out.push(view! { <a href=href>{text::capped(&owned.name, 80)}</a>{next} }.into_any());
    }
    if m.more_owned {
        out.push(format!("the same for every identity beyond these {NAMED}").into_any());
    }
    if m.backs_up > 0 {
        out.push(format!("{} without a backup owner", counted(m.backs_up as i64, "identity is left", "identities are left")).into_any());
    }
    for (things, one, many) in
        [(m.sources.len(), "source is left", "sources are left"), (m.resources.len(), "resource is left", "resources are left")]
    {
        if things > 0 {
            out.push(format!("{} without an owner", counted(things as i64, one, many)).into_any());
        }
    }
    if let Some(group) = &m.group {
        out.push(format!("they leave group {}", text::capped(group, 60)).into_any());
    }
    out
}

/// What ends when a role is removed, before it is.
#[component]
pub fn RemoveRole() -> impl IntoView {
    let wanted = use_params_map().read_untracked().get("id");
    page(|cx, read| {
        Box::pin(async move {
            cx.viewer()?.authorise(Action::ManagePeople)?;
            service::only_now(cx.wanted()?)?;
            let held = people::held(read, id::<domain::ids::noun::Assignment>(wanted.clone(), "role")?).await?;
            let (name, what) = (text::capped(&held.person.shown(), 80), held.roles.iter().map(role).collect::<Vec<_>>().join(", "));
            let all = people::person(read, held.person.id).await?;
            let left = all.row.roles.len().saturating_sub(1);
            let mut consequences = vec![match left {
                0 => "no role is left: nothing can be seen or done after signing in".into_any(),
                n => format!("{} left", counted(n as i64, "other role is", "other roles are")).into_any(),
            }];
            if !all.tokens.is_empty() {
                let n = number(all.tokens.len() as i64);
                consequences.push(format!("tokens keep only what the remaining roles allow: {n}").into_any());
            }
            let asked = confirm::Asked {
                title: format!("Remove role {what} from {name}?"),
                sentence: "It takes effect at once, in open sessions too.".to_owned(),
                consequences,
                action: format!("/settings/roles/{}/take", wanted.unwrap_or_default()),
                button: format!("Remove role {what}"),
                back: format!("/settings/people/{}", held.person.id),
            };
            Ok(Content::new(format!("Remove role from {name}"), None, confirm::page(&cx, asked)))
        })
    })
}
