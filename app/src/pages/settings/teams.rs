//! Teams: they own identities; one shows what it owns and who works in it.

use super::tabs;
use crate::context::{PageContext, id};
use crate::list;
use crate::pages::{Content, page};
use domain::ids::PersonId;
use domain::permission::Action;
use domain::text;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use service::identities::Listed;
use service::listing::Listing;
use service::teams;
use ui::{ErrorSummary, Field, Head, Select, cell, counted, number};

#[component]
pub fn Teams() -> impl IntoView {
    page(|cx, read| {
        Box::pin(async move {
            let (_, sheet) = list::load::<teams::List>(&cx, read).await?;
            let all = teams::choices(read).await?;
            let may = cx.is_now() && cx.viewer()?.may(Action::ManagePeople);
            let sentence = match all.len() as i64 {
                0 => "No teams yet.".to_owned(),
                n => format!("{}. Teams own identities and form a tree.", counted(n, "team", "teams")),
            };
            let options: Vec<(String, String)> = all.iter().map(|(id, name)| (id.to_string(), text::capped(name, 80))).collect();
            let body = view! {
                {tabs(&cx)}
                <div class="head"><div><h1>"Teams"</h1><p>{sentence}</p></div></div>
                <ErrorSummary sent=cx.flash.clone()/>
                {may.then(|| form(&cx, options))}
                {list::card::<teams::List>(
                    &cx,
                    &sheet,
                    "Teams",
                    |name, row| rich(&cx, name, row),
                    None,
                    view! { <h2>"No teams yet"</h2><p>"Add a team, then choose it when you edit an identity."</p> }.into_any(),
                )}
            };
            Ok(Content::new("Teams", Some(sheet.as_of), body))
        })
    })
}

fn form(cx: &PageContext, options: Vec<(String, String)>) -> impl IntoView + use<> {
    let open = cx.flash.error.is_some();
    view! {
        <details class="card" open=open>
            <summary>"Add a team"</summary>
            <form class="pad form-narrow" method="post" action="/settings/teams">
                <Field sent=cx.flash.clone() name="name" label="Name" required=true/>
                <Select sent=cx.flash.clone() name="parent" label="Parent team" optional=true none="No parent team" options=options/>
                <div class="row"><button class="btn primary" type="submit">"Add team"</button></div>
            </form>
        </details>
    }
}

fn rich(cx: &PageContext, name: &str, row: &teams::Row) -> Option<AnyView> {
    Some(match name {
        "name" => {
            let href = cx.link(&format!("/settings/teams/{}", row.team.id));
            view! { <a class="name" href=href>{text::capped(&row.team.name, 80)}</a> }.into_any()
        }
        "identities" => {
            let href = cx.link(&format!("/identities?team={}&platform=1", row.team.id));
            view! { <a href=href>{number(row.identities)}</a> }.into_any()
        }
        _ => return None,
    })
}

/// One team: what it owns, and who works in it.
#[component]
pub fn Team() -> impl IntoView {
    let wanted = use_params_map().read_untracked().get("id");
    page(|cx, read| {
        Box::pin(async move {
            let id = id::<domain::ids::noun::Team>(wanted, "team")?;
            let model = teams::show(read, id).await?;
            let filter = domain::query::identities::Filter {
                team: Some(id),
                sort: Some(domain::query::identities::Sort::Privilege),
                platform: Some(domain::query::identities::Platform::With),
                ..Default::default()
            };
            let sheet = <service::identities::List as Listing>::sheet(read, &filter, None, SHOWN).await?;
            let title = text::capped(&model.row.team.name, 80);
            Ok(Content::new(title, Some(model.as_of), detail(&cx, &model, &sheet.rows)))
        })
    })
}

/// Identities named on the page of a team.
const SHOWN: i64 = 20;

fn detail(cx: &PageContext, m: &teams::Page, identities: &[Listed]) -> AnyView {
    let team = &m.row.team;
    let parent = m.row.parent.as_ref().zip(team.parent_id).map(|(name, id)| {
        view! { "Part of "<a href=cx.link(&format!("/settings/teams/{id}"))>{text::capped(name, 80)}</a>". " }
    });
    let owners = m.owners.iter().filter(|(owner, ..)| owner.is_some()).count() as i64;
    let said = format!(
        "Owns {}, {}.",
        counted(m.row.identities, "identity", "identities"),
        if m.row.identities == 0 { "so far".to_owned() } else { counted(owners, "owner", "owners") }
    );
    view! {
        <div class="head">
            <div>
                <p class="crumb"><a href=cx.link("/settings/teams")>"Teams"</a></p>
                <h1>{text::capped(&team.name, 80)}</h1>
                <p class="say">{parent}{said}</p>
            </div>
        </div>
        <div class="split">
            {owned(cx, m, identities)}
            <div class="stack">{members(cx, m)}{parts(cx, m)}</div>
        </div>
    }
    .into_any()
}

fn owned(cx: &PageContext, m: &teams::Page, identities: &[Listed]) -> impl IntoView + use<> {
    let all = cx.link(&format!("/identities?team={}&platform=1&sort=privilege", m.row.team.id));
    let rows = identities.iter().map(|l| {
        let href = cx.link(&format!("/identities/{}", l.identity_id));
        vec![
            cell(view! { <a class="name" href=href>{text::capped(&l.name, 80)}</a><span class="sub">{l.kind.label()}</span> }),
            cell(l.owner_name.as_deref().map_or_else(|| "no owner".to_owned(), |n| text::capped(n, 60))),
            cell(l.highest_class().map(ui::class_word)),
        ]
    });
    let heads = ["Identity", "Owner", "Highest privilege"].map(Head::new).to_vec();
    let (none, some) = (identities.is_empty(), m.row.identities > 0);
    view! {
        <section class="card" id="identities">
            <header><h2>"Identities"</h2>{some.then(|| view! { <a class="small" href=all>{format!("{} in all", number(m.row.identities))}</a> })}</header>
            {(!none).then(|| ui::table("Identities", None, heads, rows))}
            {none.then(|| view! { <div class="empty"><p>"Choose this team when you edit an identity."</p></div> })}
        </section>
    }
}

/// Who works in it: owners of its identities, and roles that are limited to it.
fn members(cx: &PageContext, m: &teams::Page) -> impl IntoView + use<> {
    let may = cx.viewer().is_ok_and(|w| w.may(Action::ReadPeople));
    let person = |id: PersonId, name: &str| {
        let name = text::capped(name, 60);
        if may { view! { <a href=cx.link(&format!("/settings/people/{id}"))>{name}</a> }.into_any() } else { name.into_any() }
    };
    let owners = m.owners.iter().map(|(owner, name, n)| {
        let narrowed = owner.map_or_else(|| "no_owner=1".to_owned(), |o| format!("owner={o}"));
        let href = cx.link(&format!("/identities?team={}&{narrowed}&platform=1", m.row.team.id));
        let who = owner.map_or_else(|| "no owner".into_any(), |o| person(o, name));
        view! { <li class="row between"><span>{who}</span><a href=href>{counted(*n, "identity", "identities")}</a></li> }
    });
    let owners = owners.collect_view();
    let roles = m.roles.as_ref().map(|all| {
        let rows = all.iter().map(|(id, name, role)| {
            view! { <li class="row between"><span>{person(*id, name)}</span><span class="muted">{role.label()}</span></li> }
        });
        let none = all.is_empty().then(|| view! { <li class="muted">"No role is limited to this team."</li> });
        view! { <h3>"Roles for this team"</h3><ul class="stack tight">{rows.collect_view()}{none}</ul> }
    });
    view! {
        <section class="card" id="members">
            <header><h2>"Members"</h2></header>
            <div class="pad stack">
                <h3>"Owners of its identities"</h3>
                <ul class="stack tight">{owners}{m.owners.is_empty().then(|| view! { <li class="muted">"No owners yet."</li> })}</ul>
                {roles}
            </div>
        </section>
    }
}

fn parts(cx: &PageContext, m: &teams::Page) -> Option<impl IntoView + use<>> {
    let rows =
        m.below.iter().map(|t| view! { <li><a href=cx.link(&format!("/settings/teams/{}", t.id))>{text::capped(&t.name, 80)}</a></li> });
    let rows = rows.collect_view();
    (!m.below.is_empty()).then(move || view! { <section class="card"><header><h2>"Teams in it"</h2></header><div class="pad"><ul class="stack tight">{rows}</ul></div></section> })
}
