//! Sources: what feeds the inventory, who answers for it, and whether it still speaks.

use super::tabs;
use crate::context::{PageContext, encode};
use crate::list;
use crate::pages::{Content, page};
use domain::asof::AsOf;
use domain::identity::Environment;
use domain::ids::PersonId;
use domain::permission::Action;
use domain::source::{SourceKind, Vantage};
use domain::text;
use leptos::prelude::*;
use service::listing::Sheet;
use service::sources::{self, Listed, Source};
use ui::{ErrorSummary, Field, Select, Tone, badge, counted, number, time};

/// Active people, for the choice of an owner.
type People = Vec<(PersonId, String)>;

#[component]
pub fn Sources() -> impl IntoView {
    page(|cx, read| {
        Box::pin(async move {
            let (_, sheet) = list::load::<sources::List>(&cx, read).await?;
            let people = service::people::active(read).await?;
            let states = sources::states(read).await?;
            Ok(Content::new("Sources", Some(sheet.as_of), body(&cx, &sheet, states, &people)))
        })
    })
}

fn sentence(states: sources::States) -> String {
    let sources::States { all, unowned, late, .. } = states;
    if all == 0 {
        return "No source yet: the first import makes one, or register one here.".to_owned();
    }
    let owned = match (unowned, all) {
        (0, 1) => "somebody answers for it".to_owned(),
        (0, _) => "somebody answers for each".to_owned(),
        (1, 1) => "nobody answers for it".to_owned(),
        (u, _) => format!("nobody answers for {}", number(u)),
    };
    let heard = if late == 0 { "none is late".to_owned() } else { counted(late, "is late", "are late") };
    format!("{}; {owned}; {heard}.", counted(all, "source feeds the inventory", "sources feed the inventory"))
}

fn body(cx: &PageContext, sheet: &Sheet<Listed>, states: sources::States, people: &People) -> AnyView {
    let may = cx.is_now() && cx.viewer().is_ok_and(|w| w.may(Action::ManageSources));
    let change = |s: &Listed| edit(cx, people, &s.source).into_any();
    view! {
        {tabs(cx)}
        <div class="head"><div><h1>"Sources"</h1><p>{sentence(states)}</p></div></div>
        <p class="muted">
            "A file shows what somebody wrote down, so an import of one counts as artefact at most, wherever its source looks from: its ledger entry says so."
        </p>
        <ErrorSummary sent=cx.flash.clone()/>
        {may.then(|| register(cx, people))}
        {list::card::<sources::List>(
            cx,
            sheet,
            "Sources",
            |name, s| rich(cx, name, s, sheet.as_of),
            may.then_some(("Change", &change)),
            view! { <p>"Import a file, and its source stands here."</p> }.into_any(),
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
    let open = !cx.flash.typed("kind").is_empty();
    view! {
        <details class="card" open=open>
            <summary>"Register a source ahead of its first import"</summary>
            <form method="post" action="/settings/sources">
                <div class="pad form-grid">
                    <Field sent=cx.flash.clone() name="name" label="Name" hint="Imports find it by this name; it stays." required=true/>
                    <Select sent=cx.flash.clone() name="kind" label="What feeds it" none="choose…" options=kinds/>
                    <Select sent=cx.flash.clone() name="owner" label="Answers for it" none="nobody yet" options=choices(people)/>
                    <Select sent=cx.flash.clone() name="environment" label="Environment of all it names" none="not one" options=environments()/>
                    <Select sent=cx.flash.clone() name="vantage" label="Looks from" none="as this kind usually does" options=vantages()/>
                    <Field sent=cx.flash.clone() name="hours" label="Expected every (hours)" kind="number" hint="Empty: whenever."/>
                </div>
                <footer class="row"><button class="btn primary" type="submit">"Register the source"</button></footer>
            </form>
        </details>
    }
}

fn rich(cx: &PageContext, name: &str, s: &Listed, as_of: AsOf) -> Option<AnyView> {
    let source = &s.source;
    Some(match name {
        "name" => view! { {text::capped(&source.name, 80)}<span class="sub">{source.kind.label()}</span> }.into_any(),
        "owner_name" => s.owner.clone().map_or_else(|| badge(Tone::Warn, "nobody").into_any(), |o| text::capped(&o, 60).into_any()),
        "vantage" => looks_from(source.vantage).into_any(),
        "environment" => source.environment.map(Environment::label).into_any(),
        "identities" => {
            let href = cx.link(&format!("/identities?source={}&people=no&platform=1", encode(&source.name)));
            view! { <a href=href>{number(s.identities)}</a> }.into_any()
        }
        "last_heard" => heard(cx, s, as_of),
        _ => return None,
    })
}

/// From where it looks, and what its files are judged by where that is less: imports are judged by the lower of the two.
fn looks_from(vantage: Vantage) -> impl IntoView {
    let of_file = vantage.lower(Vantage::FILE);
    let less = (of_file != vantage).then(|| format!("its files count as {}", of_file.label()));
    view! { {vantage.label()}<span class="sub">{less}</span> }
}

fn heard(cx: &PageContext, s: &Listed, as_of: AsOf) -> AnyView {
    let imports = cx.link(&format!("/imports?source={}", encode(&s.source.name)));
    let heard = match s.last_heard {
        Some(at) => {
            view! { {time(at, as_of.at)}<span class="sub"><a href=imports>{counted(s.imports, "import", "imports")}</a></span> }.into_any()
        }
        None => "never".into_any(),
    };
    let expected = s.source.interval_seconds.map(|i| format!("expected every {}", hours(i)));
    view! { {s.late.then(|| badge(Tone::Warn, "late"))}" "{heard}<span class="sub">{expected}</span> }.into_any()
}

fn hours(seconds: i64) -> String {
    match seconds / 3600 {
        h if h % 24 == 0 && h > 0 => counted(h / 24, "day", "days"),
        h => counted(h, "hour", "hours"),
    }
}

fn edit(cx: &PageContext, people: &People, source: &Source) -> impl IntoView + use<> {
    let id = source.id.to_string();
    let action = format!("/settings/sources/{id}");
    let label = |what: &str| format!("{what} {}", text::capped(&source.name, 60));
    // What was typed before the form was refused stands again in the form it came from.
    let refused = cx.flash.typed("id") == id;
    let now = |field: &str, kept: Option<String>| if refused { cx.flash.typed(field) } else { kept.unwrap_or_default() };
    let seen = if refused { cx.seen(source.since) } else { source.since.to_string() };
    let owner = now("owner", source.owner_id.map(|o| o.to_string()));
    let environment = now("environment", source.environment.map(|e| e.to_string()));
    let vantage = now("vantage", Some(source.vantage.to_string()));
    let hours = now("hours", source.interval_seconds.map(|i| (i / 3600).to_string()));
    view! {
        <details open=refused>
            <summary>"Change"</summary>
            <form class="stack" method="post" action=action>
                <input type="hidden" name="id" value=id/>
                <input type="hidden" name="seen" value=seen/>
                {choice("owner", label("Who answers for"), "nobody answers for it", choices(people), owner)}
                {choice("environment", label("Environment of"), "no one environment", environments(), environment)}
                {choice("vantage", label("From where it looks:"), "", vantages(), vantage)}
                <input name="hours" type="number" min="1" max="8760" value=hours aria-label=label("Hours between imports of") placeholder="expected every … hours"/>
                <button class="btn" type="submit">"Save"</button>
                <span class="small muted">"The environment counts from the next import on."</span>
            </form>
        </details>
    }
}

fn choice(name: &'static str, label: String, none: &'static str, options: Vec<(String, String)>, now: String) -> impl IntoView {
    view! {
        <select name=name aria-label=label>
            {(!none.is_empty()).then(|| view! { <option value="">{none}</option> })}
            {options.into_iter().map(|(word, text)| { let here = word == now; view! { <option value=word selected=here>{text}</option> } }).collect_view()}
        </select>
    }
}
