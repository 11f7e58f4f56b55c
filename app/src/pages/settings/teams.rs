//! Teams: they own identities.

use super::tabs;
use crate::context::PageContext;
use crate::list;
use crate::pages::{Content, page};
use domain::permission::Action;
use domain::text;
use leptos::prelude::*;
use service::teams;
use ui::{ErrorSummary, Field, Select, counted};

#[component]
pub fn Teams() -> impl IntoView {
    page(|cx, read| {
        Box::pin(async move {
            let (_, sheet) = list::load::<teams::List>(&cx, read).await?;
            let all = teams::choices(read).await?;
            let may = cx.is_now() && cx.viewer()?.may(Action::ManagePeople);
            let sentence = match all.len() as i64 {
                0 => "No team yet: identities are owned by single people.".to_owned(),
                n => format!("{} to own identities.", counted(n, "team stands ready", "teams stand ready")),
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
                    view! { <p>"Add a team, then name it in the record of an identity."</p> }.into_any(),
                )}
            };
            Ok(Content::new("Teams", Some(sheet.as_of), body))
        })
    })
}

fn form(cx: &PageContext, options: Vec<(String, String)>) -> impl IntoView + use<> {
    view! {
        <form class="card" method="post" action="/settings/teams">
            <div class="pad form-grid">
                <Field sent=cx.flash.clone() name="name" label="Name" required=true/>
                <Select sent=cx.flash.clone() name="parent" label="Part of" none="no other team" options=options/>
            </div>
            <footer class="row"><button class="btn primary" type="submit">"Add the team"</button></footer>
        </form>
    }
}

fn rich(cx: &PageContext, name: &str, row: &teams::Row) -> Option<AnyView> {
    Some(match name {
        "name" => {
            let href = cx.link(&format!("/identities?team={}", row.team.id));
            view! { <a class="name" href=href>{text::capped(&row.team.name, 80)}</a> }.into_any()
        }
        "id" => view! { <span class="mono-cell">{row.team.id.to_string()}</span> }.into_any(),
        _ => return None,
    })
}
