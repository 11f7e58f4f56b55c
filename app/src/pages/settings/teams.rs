//! Teams: they own identities.

use super::tabs;
use crate::pages::{Content, page};
use crate::ui::{ErrorSummary, Field, Select, counted};
use domain::permission::Action;
use domain::text;
use leptos::prelude::*;
use service::teams::{self, Team};

#[component]
pub fn Teams() -> impl IntoView {
    page(|cx, read| {
        Box::pin(async move {
            let who = cx.viewer()?;
            let teams::Page { as_of, teams: all } = teams::page(read).await?;
            let may = cx.is_now() && who.may(Action::ManagePeople);
            let options: Vec<(String, String)> = all.iter().map(|t| (t.id.to_string(), text::capped(&t.name, 80))).collect();
            let rows = all.iter().map(|t| row(t, &all, cx.link(&format!("/identities?team={}", t.id)))).collect_view();
            let none = all.is_empty();
            let sentence = match all.len() as i64 {
                0 => "No team yet: identities are owned by single people.".to_owned(),
                n => format!("{} to own identities.", counted(n, "team stands ready", "teams stand ready")),
            };
            let body = view! {
                {tabs(&cx)}
                <div class="head"><div><h1>"Teams"</h1><p>{sentence}</p></div></div>
                <ErrorSummary cx=cx.clone()/>
                {may.then(|| view! {
                    <form class="card" method="post" action="/settings/teams">
                        <div class="pad form-grid">
                            <Field cx=cx.clone() name="name" label="Name" required=true/>
                            <Select cx=cx.clone() name="parent" label="Part of" none="no other team" options=options/>
                        </div>
                        <footer class="row"><button class="btn primary" type="submit">"Add the team"</button></footer>
                    </form>
                })}
                <section class="card">
                    <div class="scroll" tabindex="0" role="group" aria-label="Teams">
                        <table>
                            <thead><tr><th scope="col">"Team"</th><th scope="col">"Part of"</th><th scope="col">"Id"</th></tr></thead>
                            <tbody>{rows}</tbody>
                        </table>
                    </div>
                    {none.then(|| view! { <div class="empty"><p>"Add a team, then name it in the record of an identity."</p></div> })}
                </section>
            };
            Ok(Content::new("Teams", Some(as_of), body))
        })
    })
}

fn row(team: &Team, all: &[Team], href: String) -> impl IntoView + use<> {
    let parent = team.parent_id.and_then(|p| all.iter().find(|t| t.id == p)).map(|t| text::capped(&t.name, 80));
    view! {
        <tr>
            <td><a class="name" href=href>{text::capped(&team.name, 80)}</a></td>
            <td>{parent}</td>
            <td class="mono-cell">{team.id.to_string()}</td>
        </tr>
    }
}
