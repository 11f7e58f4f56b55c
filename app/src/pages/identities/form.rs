//! Registering and editing the record by hand.

use crate::context::{PageContext, id};
use crate::pages::{Content, page};
use domain::identity::{Autonomy, Criticality, Environment, Kind, Lifecycle, Plane};
use domain::ids::{PersonId, TeamId};
use domain::permission::Action;
use domain::seq::Seq;
use domain::surface;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use service::identities::{self, NewText, Record, Text};
use service::{Error, people, teams};
use ui::{ErrorSummary, Field, Select, TextArea, counted, number};

#[component]
pub fn New() -> impl IntoView {
    page(|cx, read| {
        Box::pin(async move {
            let who = cx.viewer()?;
            who.authorise(Action::WriteInventory)?;
            service::only_now(cx.wanted()?)?;
            let choices = (people::active(read).await?, teams::choices(read).await?, Some(vec![]));
            let sentence = match choices.0.len() as i64 {
                0 => "No active person can own it yet.".to_owned(),
                n => format!("{} can own it.", counted(n, "active person", "active people")),
            };
            let form = form(&cx, "/identities".to_owned(), None, String::new(), choices, None);
            Ok(Content::new(
                "Register identity",
                None,
                view! {
                    <div class="head"><div>
                        <h1>"Register identity"</h1>
                        <p>{sentence}" What you enter is shown as entered manually. Entering approves nothing."</p>
                    </div></div>
                    {form}
                },
            ))
        })
    })
}

#[component]
pub fn Edit() -> impl IntoView {
    let wanted = use_params_map().read_untracked().get("id");
    page(|cx, read| {
        Box::pin(async move {
            let who = cx.viewer()?;
            who.authorise(Action::WriteInventory)?;
            service::only_now(cx.wanted()?)?;
            let id = id::<domain::ids::noun::Identity>(wanted, "identity")?;
            let model = identities::show(read, id).await?;
            if model.surfaces.iter().any(|s| s.surface.plane == Plane::Manual && s.text == Text::TooLarge) {
                // A form without the text would take it away with the next save.
                return Err(Error::invalid("surfaces", "a text of this identity is too large for a form; edit it by the API"));
            }
            let by_hand = model.countersigned.is_none().then(|| by_hand(&model));
            let choices = (people::active(read).await?, teams::choices(read).await?, by_hand);
            let name = domain::text::capped(&model.facts.name, 80);
            let back = format!("/identities/{id}");
            let purpose = match &model.purpose {
                Some(Text::Content(t)) => t.clone(),
                _ => String::new(),
            };
            let shown = model.stated().cloned().unwrap_or_else(|| {
                let mut r = Record::new(id, Plane::Manual);
                r.name = Some(model.facts.name.clone());
                r.kind = Some(model.facts.kind);
                r
            });
            let form = form(
                &cx,
                back.clone(),
                Some((&shown, model.stated().map_or(Seq::ZERO, |r| r.since))),
                purpose,
                choices,
                Some(back.clone()),
            );
            let sentence = if model.countersigned.is_some() {
                "People agreed to this record. What you change becomes a change request: the next page says what it comes to and who must agree.".to_owned()
            } else {
                last_entered(model.manual.as_ref())
            };
            Ok(Content::new(
                format!("Edit identity {}", id.short()),
                None,
                view! {
                    <div class="head"><div>
                        <p class="small muted"><a href=back>{name.clone()}</a></p>
                        <h1>{format!("Edit {name}")}</h1>
                        <p>{sentence}</p>
                    </div></div>
                    {form}
                },
            ))
        })
    })
}

/// The surfaces entered by hand; what was redacted comes without its text.
fn by_hand(model: &identities::Detail) -> Vec<NewText> {
    let by_hand = model.surfaces.iter().filter(|s| s.surface.plane == Plane::Manual).map(|s| NewText {
        kind: s.surface.kind.to_string(),
        locator: s.surface.locator.clone(),
        text: match &s.text {
            Text::Content(t) => t.clone(),
            Text::Redacted | Text::NotKept | Text::TooLarge => String::new(),
        },
    });
    by_hand.take(identities::MAX_SURFACES - 1).collect()
}

fn last_entered(by_hand: Option<&Record>) -> String {
    match by_hand {
        Some(r) => {
            format!("Last saved with ledger entry {}. Every save is a new version.", number(r.since.get()))
        }
        None => "These values come from the source. Saving adds your own version and keeps theirs.".to_owned(),
    }
}

fn choices<T: Copy>(all: &[T], word: impl Fn(T) -> &'static str, label: impl Fn(T) -> &'static str) -> Vec<(String, String)> {
    all.iter().map(|v| (word(*v).to_owned(), label(*v).to_owned())).collect()
}

/// People, teams, and the surfaces entered by hand with their texts; none where they are not edited here.
type Choices = (Vec<(PersonId, String)>, Vec<(TeamId, String)>, Option<Vec<NewText>>);

/// One surface. The first stands open, the others are folded until they hold something.
fn block(cx: &PageContext, n: usize, known: Option<NewText>) -> impl IntoView + use<> {
    let open = n == 0 || known.is_some() || !cx.flash.typed(&format!("surface_kind_{n}")).is_empty();
    let known = known.unwrap_or_default();
    let label = if known.locator.is_empty() {
        "Add a surface".to_owned()
    } else {
        format!("{} at {}", known.kind, domain::text::capped(&known.locator, 80))
    };
    let kinds = choices(surface::SurfaceKind::ALL, surface::SurfaceKind::as_str, surface::SurfaceKind::label);
    view! {
        <details open=open>
            <summary>{label}</summary>
            <div class="form-grid">
                <Select sent=cx.flash.clone() name=format!("surface_kind_{n}") label="Kind of surface" none="no surface" value=known.kind options=kinds/>
                <Field sent=cx.flash.clone() name=format!("surface_locator_{n}") label="Location" value=known.locator hint="For example prompts/triage.md"/>
                <div class="wide"><TextArea sent=cx.flash.clone() name=format!("surface_text_{n}") label="Content" value=known.text hint="Optional"/></div>
            </div>
        </details>
    }
}

fn blocks(cx: &PageContext, known: Vec<NewText>) -> AnyView {
    let typed = (0..identities::MAX_SURFACES).filter(|n| !cx.flash.typed(&format!("surface_kind_{n}")).is_empty()).count();
    let shown = (known.len().max(typed) + 1).min(identities::MAX_SURFACES);
    let mut known = known.into_iter();
    let blocks = (0..shown).map(|n| block(cx, n, known.next())).collect_view();
    view! {
        <fieldset class="part" id="field-surfaces">
            <legend>"Surfaces"</legend>
            <p class="small muted">"The eight things that shape what this identity does. Changed content becomes a new version."</p>
            {cx.flash.field_error("surfaces").map(|e| view! { <span class="field-error">{e}</span> })}
            {blocks}
        </fieldset>
    }
    .into_any()
}

fn form(
    cx: &PageContext,
    action: String,
    record: Option<(&Record, Seq)>,
    purpose: String,
    (people, teams, surfaces): Choices,
    back: Option<String>,
) -> impl IntoView + use<> {
    let teams: Vec<(String, String)> = teams.into_iter().map(|(id, name)| (id.to_string(), name)).collect();
    let people: Vec<(String, String)> = people.into_iter().map(|(id, name)| (id.to_string(), name)).collect();
    let r = record.map(|(r, _)| r);
    let state = r.and_then(|r| r.lifecycle);
    let states: Vec<Lifecycle> = match state.or(r.map(|_| Lifecycle::Active)) {
        Some(from) => Lifecycle::ALL.iter().copied().filter(|to| from.may_become(*to)).collect(),
        None => vec![Lifecycle::Proposed, Lifecycle::Active],
    };
    let value = |f: fn(&Record) -> Option<String>| r.and_then(f).unwrap_or_default();
    let person = |f: fn(&Record) -> Option<PersonId>| r.and_then(f).map(|i| i.to_string()).unwrap_or_default();
    let button = if surfaces.is_some() { "Save" } else { "Continue" };
    let surfaces = surfaces.map(|known| blocks(cx, known));
    let seen = record.map(|(_, since)| view! { <input type="hidden" name="seen" value=cx.seen(since)/> });
    let invite = cx.viewer().is_ok_and(|w| w.may(Action::ManagePeople));
    let cancel = back.unwrap_or_else(|| "/identities".to_owned());
    view! {
        <ErrorSummary sent=cx.flash.clone()/>
        <form class="card narrow" method="post" action=action>
            {seen}
            <fieldset class="part">
                <legend>"Ownership"</legend>
                <Select sent=cx.flash.clone() name="owner" label="Owner" value=person(|r| r.owner_id) none="no owner" options=people.clone() hint="Accountable for this identity."/>
                {invite.then(|| view! { <p class="small"><a href="/settings/people">"Invite someone"</a></p> })}
                <Select sent=cx.flash.clone() name="backup" label="Backup owner" value=person(|r| r.backup_id) none="no backup owner" options=people/>
                <Select sent=cx.flash.clone() name="team" label="Team" value=r.and_then(|r| r.team_id).map(|i| i.to_string()).unwrap_or_default() none="no team" options=teams/>
            </fieldset>
            <fieldset class="part">
                <legend>"Facts"</legend>
                <Field sent=cx.flash.clone() name="name" label="Name" value=value(|r| r.name.clone()) required=true/>
                <Select sent=cx.flash.clone() name="kind" label="Kind" value=value(|r| r.kind.map(|k| k.to_string())) none="choose…" options=choices(Kind::ALL, Kind::as_str, Kind::label)/>
                <Select sent=cx.flash.clone() name="environment" label="Environment" value=value(|r| r.environment.map(|e| e.to_string())) none="not stated" options=choices(Environment::ALL, Environment::as_str, Environment::label)/>
                <Select sent=cx.flash.clone() name="criticality" label="Criticality" value=value(|r| r.criticality.map(|c| c.to_string())) none="not stated" options=choices(Criticality::ALL, Criticality::as_str, Criticality::label) hint="Unknown is treated like production."/>
                <Select sent=cx.flash.clone() name="autonomy" label="Autonomy" value=value(|r| r.autonomy.map(|a| a.to_string())) none="not stated" options=choices(Autonomy::ALL, Autonomy::as_str, Autonomy::label)/>
                <TextArea sent=cx.flash.clone() name="purpose" label="Purpose (optional)" value=purpose hint="A sentence or two. No secrets."/>
            </fieldset>
            <fieldset class="part">
                <legend>"State"</legend>
                <Select sent=cx.flash.clone() name="lifecycle" label="State" value=value(|r| r.lifecycle.map(|l| l.to_string())) none="active" options=choices(&states, Lifecycle::as_str, Lifecycle::label)/>
            </fieldset>
            {surfaces}
            <footer class="row"><button class="btn primary" type="submit">{button}</button><a class="btn" href=cancel>"Cancel"</a></footer>
        </form>
    }
}
