//! Registering and editing the record by hand.

use crate::context::{PageContext, id};
use crate::pages::{Content, page};
use crate::ui::{ErrorSummary, Field, Select, TextArea};
use domain::identity::{Autonomy, Environment, Kind, Lifecycle};
use domain::ids::{Noun, show};
use domain::permission::Action;
use domain::surface;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use service::identities::{self, Text};
use service::people;
use service::store::identities::Record;

#[component]
pub fn New() -> impl IntoView {
    page(async |cx| {
        let who = cx.viewer()?;
        who.authorise(Action::WriteInventory)?;
        service::asof::only_now(cx.wanted()?)?;
        let people = people::active(&cx.services, who).await?;
        let form = form(&cx, "/identities".to_owned(), None, String::new(), people, None);
        Ok(Content::new(
            "Register an identity",
            None,
            view! {
                <div class="head"><div>
                    <h1>"Register an identity"</h1>
                    <p>"What you enter here is shown as entered by hand. It becomes the baseline only when independent people countersign it."</p>
                </div></div>
                {form}
            },
        ))
    })
}

#[component]
pub fn Edit() -> impl IntoView {
    let wanted = use_params_map().read_untracked().get("id");
    page(async move |cx| {
        let who = cx.viewer()?;
        who.authorise(Action::WriteInventory)?;
        service::asof::only_now(cx.wanted()?)?;
        let id = id(Noun::Identity, wanted, "identity")?;
        let model = identities::show(&cx.services, who, cx.wanted()?, id).await?;
        let people = people::active(&cx.services, who).await?;
        let name = domain::text::capped(&model.facts.name, 80);
        let back = format!("/identities/{}", show(Noun::Identity, id));
        let purpose = match model.purpose {
            Some(Text::Content(t)) => t,
            _ => String::new(),
        };
        let shown = model.manual.clone().unwrap_or_else(|| {
            let mut r = Record::new(id, "manual");
            r.name = Some(model.facts.name.clone());
            r.kind = Some(model.facts.kind.clone());
            r
        });
        let form =
            form(&cx, back.clone(), Some((&shown, model.manual.as_ref().map_or(0, |r| r.since))), purpose, people, Some(back.clone()));
        Ok(Content::new(
            format!("Edit {name}"),
            None,
            view! {
                <div class="head"><div>
                    <p class="small muted"><a href=back>{name.clone()}</a></p>
                    <h1>{format!("Edit {name}")}</h1>
                    <p>"Every save is a new version with a ledger entry; nothing is overwritten."</p>
                </div></div>
                {form}
            },
        ))
    })
}

fn choices<T: Copy>(all: &[T], word: impl Fn(T) -> &'static str, label: impl Fn(T) -> &'static str) -> Vec<(String, String)> {
    all.iter().map(|v| (word(*v).to_owned(), label(*v).to_owned())).collect()
}

fn form(
    cx: &PageContext,
    action: String,
    record: Option<(&Record, i64)>,
    purpose: String,
    people: Vec<(uuid::Uuid, String)>,
    back: Option<String>,
) -> impl IntoView + use<> {
    let people: Vec<(String, String)> = people.into_iter().map(|(id, name)| (show(Noun::Person, id), name)).collect();
    let r = record.map(|(r, _)| r);
    let value = |f: fn(&Record) -> Option<String>| r.and_then(f).unwrap_or_default();
    let person = |f: fn(&Record) -> Option<uuid::Uuid>| r.and_then(f).map(|i| show(Noun::Person, i)).unwrap_or_default();
    let seen = record.map(|(_, since)| view! { <input type="hidden" name="seen" value=since.to_string()/> });
    let cancel = back.unwrap_or_else(|| "/identities".to_owned());
    view! {
        <ErrorSummary cx=cx.clone()/>
        <form class="card" method="post" action=action>
            <div class="pad form-grid">
                {seen}
                <Field cx=cx.clone() name="name" label="Name" value=value(|r| r.name.clone()) required=true/>
                <Select cx=cx.clone() name="kind" label="Kind" value=value(|r| r.kind.clone()) none="choose…" options=choices(Kind::ALL, Kind::as_str, Kind::label)/>
                <Select cx=cx.clone() name="owner" label="Owner" value=person(|r| r.owner_id) none="nobody yet" options=people.clone() hint="The accountable person; must be active here."/>
                <Select cx=cx.clone() name="backup" label="Backup" value=person(|r| r.backup_id) none="nobody yet" options=people/>
                <Select cx=cx.clone() name="environment" label="Environment" value=value(|r| r.environment.clone()) none="not stated" options=choices(Environment::ALL, Environment::as_str, Environment::label)/>
                <Select cx=cx.clone() name="autonomy" label="Autonomy" value=value(|r| r.autonomy.clone()) none="not stated" options=choices(Autonomy::ALL, Autonomy::as_str, Autonomy::label)/>
                <Select cx=cx.clone() name="lifecycle" label="State" value=value(|r| r.lifecycle.clone()) none="active" options=choices(Lifecycle::ALL, Lifecycle::as_str, Lifecycle::label)/>
                <div class="wide"><TextArea cx=cx.clone() name="purpose" label="Purpose" value=purpose hint="What it is for, in a sentence or two. No secrets."/></div>
                <Select cx=cx.clone() name="surface_kind" label="Add or replace a surface" none="no surface" options=choices(surface::Kind::ALL, surface::Kind::as_str, surface::Kind::label)/>
                <Field cx=cx.clone() name="surface_locator" label="Where the surface stands" hint="URI, ARN or repository path, for example prompts/triage.md"/>
                <div class="wide"><TextArea cx=cx.clone() name="surface_text" label="Its text" hint="Left empty, only the place is kept."/></div>
            </div>
            <footer class="row"><button class="btn primary" type="submit">"Save"</button><a class="btn" href=cancel>"Cancel"</a></footer>
        </form>
    }
}
