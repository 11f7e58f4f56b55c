//! Registering a resource, editing and retiring it.

use crate::context::{PageContext, id};
use crate::pages::{Content, page};
use domain::identity::{Criticality, Environment};
use domain::ids::PersonId;
use domain::locator::LocatorKind;
use domain::permission::Action;
use domain::resource::DataClass;
use domain::text;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use service::people;
use service::resources::{self, Resource};
use ui::{ErrorSummary, Field, Select, number};

#[component]
pub fn New() -> impl IntoView {
    page(|cx, read| {
        Box::pin(async move {
            cx.viewer()?.authorise(Action::WriteInventory)?;
            service::only_now(cx.wanted()?)?;
            let people = people::active(read).await?;
            let body = view! {
                <div class="head"><div>
                    <p class="small muted"><a href="/resources">"Resources"</a></p>
                    <h1>"Register a resource"</h1>
                    <p>"A resource is something grants reach. Its owner and criticality decide later who must agree when access to it grows."</p>
                </div></div>
                <ErrorSummary sent=cx.flash.clone()/>
                {form(&cx, "/resources".to_owned(), None, people)}
            };
            Ok(Content::new("Register a resource", None, body))
        })
    })
}

#[component]
pub fn Edit() -> impl IntoView {
    let wanted = use_params_map().read_untracked().get("id");
    page(|cx, read| {
        Box::pin(async move {
            cx.viewer()?.authorise(Action::WriteInventory)?;
            service::only_now(cx.wanted()?)?;
            let id = id::<domain::ids::noun::Resource>(wanted, "resource")?;
            let resource = resources::show(read, id).await?.resource;
            let people = people::active(read).await?;
            let (back, name) = (format!("/resources/{id}"), text::capped(&resource.name, 80));
            let body = view! {
                <div class="head"><div>
                    <p class="small muted"><a href=back.clone()>{name.clone()}</a></p>
                    <h1>{format!("Edit {name}")}</h1>
                    <p>{format!("Last saved with entry {}. Every save is a new version; nothing is overwritten.", number(resource.since))}</p>
                </div></div>
                <ErrorSummary sent=cx.flash.clone()/>
                {form(&cx, back, Some(&resource), people)}
                {retire(&resource)}
            };
            Ok(Content::new(format!("Edit resource {}", id.short()), None, body))
        })
    })
}

fn choices<T: Copy>(all: &[T], word: impl Fn(T) -> &'static str, label: impl Fn(T) -> &'static str) -> Vec<(String, String)> {
    all.iter().map(|v| (word(*v).to_owned(), label(*v).to_owned())).collect()
}

fn form(cx: &PageContext, action: String, r: Option<&Resource>, people: Vec<(PersonId, String)>) -> impl IntoView + use<> {
    let people: Vec<(String, String)> = people.into_iter().map(|(id, name)| (id.to_string(), text::capped(&name, 60))).collect();
    let value = |of: fn(&Resource) -> String| r.map(of).unwrap_or_default();
    let owner = r.and_then(|r| r.owner_id).map(|id| id.to_string()).unwrap_or_default();
    let seen = r.map(|r| view! { <input type="hidden" name="seen" value=cx.seen(r.since)/> });
    let cancel = action.clone();
    view! {
        <form class="card" method="post" action=action>
            <div class="pad form-grid">
                {seen}
                <Field sent=cx.flash.clone() name="name" label="Name" hint="As people call it, for example CRM secrets." value=value(|r| r.name.clone()) required=true/>
                <Select sent=cx.flash.clone() name="kind" label="Kind of location" value=value(|r| r.kind.to_string()) none="choose…" options=choices(LocatorKind::ALL, LocatorKind::as_str, LocatorKind::label)/>
                <div class="wide"><Field sent=cx.flash.clone() name="pattern" label="Location" hint="For example arn:aws:s3:::reports/*, k8s:/secrets@shop, mcp:crm or github.com/acme/docs. A * stands for any text." value=value(|r| r.pattern.clone()) required=true/></div>
                <Select sent=cx.flash.clone() name="owner" label="Owner" value=owner none="No owner" options=people hint="An active person."/>
                <Select sent=cx.flash.clone() name="criticality" label="Criticality" value=value(|r| r.criticality.to_string()) none="unknown" options=choices(known(Criticality::ALL, Criticality::Unknown), Criticality::as_str, Criticality::label) hint="Unknown counts as production."/>
                <Select sent=cx.flash.clone() name="data_class" label="Data" value=value(|r| r.data_class.to_string()) none="unknown" options=choices(known(DataClass::ALL, DataClass::Unknown), DataClass::as_str, DataClass::label)/>
                <Select sent=cx.flash.clone() name="environment" label="Environment" value=value(|r| r.environment.to_string()) none="unknown" options=choices(known(Environment::ALL, Environment::Unknown), Environment::as_str, Environment::label)/>
            </div>
            <footer class="row"><button class="btn primary" type="submit">"Save the resource"</button><a class="btn" href=cancel>"Cancel"</a></footer>
        </form>
    }
}

/// The words but the last, where the last says that nobody knows: the empty choice stands for it.
fn known<T: PartialEq>(all: &'static [T], unknown: T) -> &'static [T] {
    all.split_last().filter(|(last, _)| **last == unknown).map_or(all, |(_, rest)| rest)
}

fn retire(r: &Resource) -> impl IntoView + use<> {
    view! {
        <form class="card" method="post" action=format!("/resources/{}/retire", r.id)>
            <header><h2>"Retire the resource"</h2></header>
            <div class="pad"><p class="small">"A retired resource leaves every list, and nobody is asked who reaches it. Pages of the past still show it."</p></div>
            <input type="hidden" name="seen" value=r.since.to_string()/>
            <footer class="row"><button class="btn danger" type="submit">"Retire the resource"</button></footer>
        </form>
    }
}
