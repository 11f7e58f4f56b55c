//! Teams: they own identities.

use super::tabs;
use crate::context::PageContext;
use crate::list;
use crate::pages::{Content, page};
use domain::permission::Action;
use domain::text;
use leptos::prelude::*;
use service::teams;
use ui::{ErrorSummary, Field, Select, counted, number};

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
    let href = || cx.link(&format!("/identities?team={}&platform=1", row.team.id));
    Some(match name {
        "name" => view! { <a class="name" href=href()>{text::capped(&row.team.name, 80)}</a> }.into_any(),
        "identities" => view! { <a href=href()>{number(row.identities)}</a> }.into_any(),
        _ => return None,
    })
}
