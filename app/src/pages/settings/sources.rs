//! Sources: what feeds the inventory, who owns each, and how often it is expected.

use super::tabs;
use crate::context::{PageContext, encode, id};
use crate::list;
use crate::pages::{Content, page};
use crate::said;
use domain::asof::AsOf;
use domain::identity::Environment;
use domain::ids::PersonId;
use domain::permission::Action;
use domain::source::{SourceKind, Vantage};
use domain::text;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use service::listing::Sheet;
use service::people;
use service::sources::{self, Listed};
use ui::{ErrorSummary, Field, Select, Tone, badge, counted, number, time};

type People = Vec<(PersonId, String)>;

#[component]
pub fn Sources() -> impl IntoView {
    page(|cx, read| {
        Box::pin(async move {
            let (_, sheet) = list::load::<sources::List>(&cx, read).await?;
            let states = sources::states(read).await?;
            let people = people::active(read).await?;
            Ok(Content::new("Sources", Some(sheet.as_of), body(&cx, &sheet, states, &people)))
        })
    })
}

fn sentence(s: sources::States) -> String {
    let owned = match (s.all, s.unowned) {
        (0, _) => return "No sources yet. The first import of a file adds its source.".to_owned(),
        (1, 0) => "it has an owner".to_owned(),
        (1, _) => "it has no owner".to_owned(),
        (_, 0) => "all have an owner".to_owned(),
        (all, n) if all == n => "none has an owner".to_owned(),
        (_, n) => counted(n, "has no owner", "have no owner"),
    };
    let late = match s.late {
        0 if s.all == 1 => "on time".to_owned(),
        0 => "all on time".to_owned(),
        n => counted(n, "is late", "are late"),
    };
    format!("{}, {owned}, {late}.", counted(s.all, "source", "sources"))
}

fn body(cx: &PageContext, sheet: &Sheet<Listed>, states: sources::States, people: &People) -> AnyView {
    let may = cx.is_now() && cx.viewer().is_ok_and(|w| w.may(Action::ManageSources));
    view! {
        {tabs(cx)}
        <div class="head"><div><h1>"Sources"</h1><p>{sentence(states)}</p></div></div>
        <ErrorSummary sent=cx.flash.clone()/>
        {may.then(|| register(cx, people))}
        {list::card::<sources::List>(
            cx,
            sheet,
            "Sources",
            |name, s| rich(cx, name, s, sheet.as_of),
            None,
            view! { <h2>"No sources yet"</h2><p><a href="/imports/new">"Import a file"</a></p> }.into_any(),
        )}
    }
    .into_any()
}

fn choices(people: &People) -> Vec<(String, String)> {
    people.iter().map(|(id, name)| (id.to_string(), text::capped(name, 60))).collect()
}

fn environments() -> Vec<(String, String)> {
    Environment::ALL.iter().map(|e| (e.as_str().to_owned(), e.label().to_owned())).collect()
}

fn vantages() -> Vec<(String, String)> {
    Vantage::ALL.iter().map(|v| (v.as_str().to_owned(), format!("{}: {}", v.label(), v.meaning()))).collect()
}

fn register(cx: &PageContext, people: &People) -> impl IntoView + use<> {
    let kinds =
        SourceKind::ALL.iter().filter(|k| **k != SourceKind::Manual).map(|k| (k.as_str().to_owned(), k.label().to_owned())).collect();
    let open = cx.flash.error.is_some();
    view! {
        <details class="card" open=open>
            <summary>"Add a source before its first import"</summary>
            <form class="pad form-narrow" method="post" action="/settings/sources">
                <Field sent=cx.flash.clone() name="name" label="Name" hint="Imports name it, e.g. prod-cluster. It can't change." required=true/>
                <Select sent=cx.flash.clone() name="kind" label="Kind" none="Choose a kind" options=kinds/>
                {fields(cx, people, None)}
                <div class="row"><button class="btn primary" type="submit">"Add source"</button></div>
            </form>
        </details>
    }
}

/// What can be said of a source, with what is known of it.
fn fields(cx: &PageContext, people: &People, known: Option<&Listed>) -> impl IntoView + use<> {
    let source = known.map(|k| &k.source);
    let owner = source.and_then(|s| s.owner_id).map(|o| o.to_string()).unwrap_or_default();
    let environment = source.and_then(|s| s.environment).map(|e| e.to_string()).unwrap_or_default();
    let vantage = source.map(|s| s.vantage.to_string()).unwrap_or_default();
    let hours = source.and_then(|s| s.interval_seconds).map(|i| (i / 3600).to_string()).unwrap_or_default();
    let usual = if source.is_some() { "" } else { "Usual for its kind" };
    view! {
        <Select sent=cx.flash.clone() name="owner" label="Owner" optional=true none="No owner" options=choices(people) value=owner/>
        <p class="small"><a href="/settings/people?invite=1">"Invite someone"</a></p>
        <Select sent=cx.flash.clone() name="environment" label="Environment" optional=true none="Not one environment" options=environments() value=environment
            hint="Counts from the next import on."/>
        <Select sent=cx.flash.clone() name="vantage" label="Evidence" none=usual options=vantages() value=vantage/>
        <Field sent=cx.flash.clone() name="hours" label="Import every … hours" optional=true kind="number" value=hours hint="For example 24. Later counts as late."/>
    }
}

fn rich(cx: &PageContext, name: &str, s: &Listed, as_of: AsOf) -> Option<AnyView> {
    let source = &s.source;
    Some(match name {
        "name" => {
            let href = cx.link(&format!("/settings/sources/{}", source.id));
            view! { <a class="name" href=href>{text::capped(&source.name, 80)}</a><span class="sub">{source.kind.label()}</span> }
                .into_any()
        }
        "owner_name" => {
            s.owner.clone().map_or_else(|| view! { <span class="muted">"no owner"</span> }.into_any(), |o| text::capped(&o, 60).into_any())
        }
        "vantage" => evidence(source.vantage).into_any(),
        "environment" => source.environment.map(Environment::label).into_any(),
        "identities" => held(cx, s).into_any(),
        "last_heard" => heard(cx, s, as_of),
        _ => return None,
    })
}

fn held(cx: &PageContext, s: &Listed) -> impl IntoView + use<> {
    let href = cx.link(&format!("/identities?source={}&people=no&platform=1", encode(&s.source.name)));
    view! { <a href=href>{number(s.identities)}</a> }
}

/// How near to what is enforced it looks, and what its files count as where that is less.
fn evidence(vantage: Vantage) -> impl IntoView {
    let of_file = vantage.lower(Vantage::FILE);
    let less = (of_file != vantage).then(|| format!("imported files count as {}", of_file.label()));
    view! { {vantage.label()}<span class="sub">{less}</span> }
}

fn heard(cx: &PageContext, s: &Listed, as_of: AsOf) -> AnyView {
    let imports = cx.link(&format!("/imports?source={}", encode(&s.source.name)));
    let last = match s.last_heard {
        Some(at) => {
            view! { {time(at, as_of.at)}<span class="sub"><a href=imports>{counted(s.imports, "import", "imports")}</a></span> }.into_any()
        }
        None => "never".into_any(),
    };
    let expected = s.source.interval_seconds.map(|i| {
        let every = format!("expected every {}", hours(i));
        match s.last_heard.filter(|_| s.late) {
            Some(at) => format!("late since {}, {every}", at.plus(i.saturating_mul(domain::time::SECOND)).moment()),
            None => every,
        }
    });
    view! { {s.late.then(|| badge(Tone::Warn, "late"))}" "{last}<span class="sub">{expected}</span> }.into_any()
}

fn hours(seconds: i64) -> String {
    match seconds / 3600 {
        24 => "day".to_owned(),
        h if h % 24 == 0 && h > 0 => counted(h / 24, "day", "days"),
        1 => "hour".to_owned(),
        h => counted(h, "hour", "hours"),
    }
}

/// One source, with the form that edits it.
#[component]
pub fn Source() -> impl IntoView {
    let wanted = use_params_map().read_untracked().get("id");
    page(|cx, read| {
        Box::pin(async move {
            let listed = sources::show(read, id::<domain::ids::noun::Source>(wanted, "source")?).await?;
            let people = people::active(read).await?;
            let title = text::capped(&listed.source.name, 80);
            Ok(Content::new(title, Some(read.as_of()), detail(&cx, &listed, &people, read.as_of())))
        })
    })
}

fn detail(cx: &PageContext, s: &Listed, people: &People, as_of: AsOf) -> AnyView {
    let source = &s.source;
    let may = cx.is_now() && cx.viewer().is_ok_and(|w| w.may(Action::ManageSources));
    let (owner, environment) = (s.owner.clone(), source.environment.map(Environment::label));
    let action = format!("/settings/sources/{}", source.id);
    view! {
        {tabs(cx)}
        <div class="head">
            <div>
                <p class="crumb"><a href=cx.link("/settings/sources")>"Sources"</a></p>
                <h1>{text::capped(&source.name, 80)}</h1>
                <p>{format!("{} source with {}.", source.kind.label(), counted(s.identities, "identity", "identities"))}</p>
            </div>
            <div class="row">{(may).then(|| view! { <a class="btn" href=format!("/imports/new?source={}", encode(&source.name))>"Import a file"</a> })}</div>
        </div>
        <ErrorSummary sent=cx.flash.clone()/>
        {adopt(cx, s)}
        <div class="split">
            {may.then(|| view! {
                <section class="card">
                    <header><h2>"Edit source"</h2></header>
                    <form class="pad form-narrow" method="post" action=action>
                        <input type="hidden" name="seen" value=source.since.to_string()/>
                        {fields(cx, people, Some(s))}
                        <div class="row"><button class="btn primary" type="submit">"Save source"</button></div>
                    </form>
                </section>
            })}
            <section class="card"><header><h2>"Facts"</h2></header><div class="pad"><dl class="facts left">
                <dt>"Owner"</dt><dd>{owner.map_or_else(|| "no owner".to_owned(), |o| text::capped(&o, 60))}</dd>
                <dt>"Environment"</dt><dd>{environment.unwrap_or("not one environment")}</dd>
                <dt>"Evidence"</dt><dd>{evidence(source.vantage)}</dd>
                <dt>"Last import"</dt><dd>{heard(cx, s, as_of)}</dd>
                <dt>"Identities"</dt><dd>{held(cx, s)}</dd>
                <dt>"Tokens that may import"</dt><dd>{if s.tokens.is_empty() { "none bound to it".to_owned() } else { s.tokens.join(", ") }}</dd>
                <dt>"Last changed"</dt><dd>{said::entry(cx, source.since)}</dd>
                <dt>"Source ID"</dt><dd>{ui::copied(source.id.to_string())}</dd>
            </dl></div></section>
        </div>
    }
    .into_any()
}

/// What people have approved of a source begins with its adoption: two forms, because privileged access takes a change of
/// its own.
fn adopt(cx: &PageContext, s: &Listed) -> Option<AnyView> {
    let may = cx.is_now() && s.identities > 0 && cx.viewer().is_ok_and(|w| w.may(Action::ProposeChange));
    may.then(|| {
        let form = |part: &'static str, label: &'static str| {
            view! {
                <form method="post" action="/changes/new">
                    <input type="hidden" name="adopt_source" value=s.source.id.to_string()/>
                    <input type="hidden" name="adopt_part" value=part/>
                    <button class="btn" type="submit" name="do" value="add-adopt">{label}</button>
                </form>
            }
        };
        view! {
            <section class="card" id="adopt">
                <header><h2>"Adopt this source"</h2></header>
                <div class="pad stack tight">
                    <p>"Adopting makes what was imported the approved state. People who imported it cannot approve it."</p>
                    <div class="row">{form("ordinary", "Propose adoption")}{form("privileged", "Propose privileged access")}</div>
                    <p class="small muted">"Privileged access is approved apart, as if it were new."</p>
                </div>
            </section>
        }
        .into_any()
    })
}
