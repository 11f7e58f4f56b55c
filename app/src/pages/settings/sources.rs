//! Sources: what feeds the inventory, who answers for it, and whether it still speaks.

use super::tabs;
use crate::context::{PageContext, encode};
use crate::pages::{Content, page};
use crate::ui::{ErrorSummary, Field, Select, Tone, badge, counted, number, time};
use domain::identity::Environment;
use domain::permission::Action;
use domain::source::{Kind, Vantage};
use domain::text;
use leptos::prelude::*;
use service::sources::Source;
use service::sources::{self, Listed, Page as Model};

#[component]
pub fn Sources() -> impl IntoView {
    page(|cx, read| {
        Box::pin(async move {
            let model = sources::page(read).await?;
            let as_of = model.as_of;
            Ok(Content::new("Sources", Some(as_of), body(&cx, &model)))
        })
    })
}

fn sentence(m: &Model) -> String {
    let unowned = m.sources.iter().filter(|s| s.owner.is_none()).count() as i64;
    let late = m.sources.iter().filter(|s| s.late).count() as i64;
    match m.sources.len() as i64 {
        0 => "No source yet: the first import makes one, or register one here.".to_owned(),
        n => {
            let owned = match (unowned, n) {
                (0, 1) => "somebody answers for it".to_owned(),
                (0, _) => "somebody answers for each".to_owned(),
                (1, 1) => "nobody answers for it".to_owned(),
                (u, _) => format!("nobody answers for {}", number(u)),
            };
            let heard = if late == 0 { "none is late".to_owned() } else { counted(late, "is late", "are late") };
            format!("{}; {owned}; {heard}.", counted(n, "source feeds the inventory", "sources feed the inventory"))
        }
    }
}

fn body(cx: &PageContext, m: &Model) -> AnyView {
    let may = cx.is_now() && cx.viewer().is_ok_and(|w| w.may(Action::ManageSources));
    let rows = m.sources.iter().map(|s| row(cx, m, s, may)).collect_view();
    view! {
        {tabs(cx)}
        <div class="head"><div><h1>"Sources"</h1><p>{sentence(m)}</p></div></div>
        <ErrorSummary cx=cx.clone()/>
        {may.then(|| register(cx, m))}
        <section class="card">
            <div class="scroll" tabindex="0" role="group" aria-label="Sources">
                <table>
                    <thead>
                        <tr>
                            <th scope="col">"Source"</th>
                            <th scope="col">"Answers for it"</th>
                            <th scope="col">"Looks from"</th>
                            <th scope="col">"Environment"</th>
                            <th scope="col" class="num">"Identities"</th>
                            <th scope="col" class="num">"Last heard"</th>
                            <th scope="col">"Tokens that feed it"</th>
                            {may.then(|| view! { <th scope="col">"Change"</th> })}
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            {m.sources.is_empty().then(|| view! { <div class="empty"><p>"Import a file, and its source stands here."</p></div> })}
        </section>
    }
    .into_any()
}

fn people(m: &Model) -> Vec<(String, String)> {
    m.people.iter().map(|(id, name)| (id.to_string(), text::capped(name, 60))).collect()
}

fn environments() -> Vec<(String, String)> {
    Environment::ALL.iter().map(|e| (e.as_str().to_owned(), e.label().to_owned())).collect()
}

fn vantages() -> Vec<(String, String)> {
    Vantage::ALL.iter().map(|v| (v.as_str().to_owned(), format!("{}: {}", v.label(), v.meaning()))).collect()
}

fn register(cx: &PageContext, m: &Model) -> impl IntoView + use<> {
    let kinds = Kind::ALL.iter().filter(|k| **k != Kind::Manual).map(|k| (k.as_str().to_owned(), k.label().to_owned())).collect();
    let open = cx.flash.error.is_some() && !cx.typed("kind").is_empty();
    view! {
        <details class="card" open=open>
            <summary>"Register a source ahead of its first import"</summary>
            <form method="post" action="/settings/sources">
                <div class="pad form-grid">
                    <Field cx=cx.clone() name="name" label="Name" hint="Imports find it by this name; it stays." required=true/>
                    <Select cx=cx.clone() name="kind" label="What feeds it" none="choose…" options=kinds/>
                    <Select cx=cx.clone() name="owner" label="Answers for it" none="nobody yet" options=people(m)/>
                    <Select cx=cx.clone() name="environment" label="Environment of all it names" none="not one" options=environments()/>
                    <Select cx=cx.clone() name="vantage" label="Looks from" none="as this kind usually does" options=vantages()/>
                    <Field cx=cx.clone() name="hours" label="Expected every (hours)" kind="number" hint="Empty: whenever."/>
                </div>
                <footer class="row"><button class="btn primary" type="submit">"Register the source"</button></footer>
            </form>
        </details>
    }
}

fn row(cx: &PageContext, m: &Model, s: &Listed, may: bool) -> impl IntoView + use<> {
    let source = &s.source;
    let owner = s.owner.clone().map_or_else(|| badge(Tone::Warn, "nobody").into_any(), |o| text::capped(&o, 60).into_any());
    let identities = cx.link(&format!("/identities?source={}&people=no&platform=1", encode(&source.name)));
    let imports = cx.link(&format!("/imports?source={}", encode(&source.name)));
    let heard = match s.last_heard {
        Some(at) => view! { {time(at, m.as_of.at)}<span class="sub"><a href=imports>{counted(s.imports, "import", "imports")}</a></span> }
            .into_any(),
        None => "never".into_any(),
    };
    let expected = source.interval_seconds.map(|i| format!("expected every {}", hours(i)));
    let tokens: Vec<String> = s.tokens.iter().map(|t| text::capped(t, 40)).collect();
    let change = may.then(|| view! { <td>{edit(cx, m, source)}</td> });
    view! {
        <tr>
            <td>{text::capped(&source.name, 80)}<span class="sub">{source.kind.label()}</span></td>
            <td>{owner}</td>
            <td>{source.vantage.label()}</td>
            <td>{source.environment.map(Environment::label)}</td>
            <td class="num"><a href=identities>{number(s.identities)}</a></td>
            <td class="num nowrap">{s.late.then(|| badge(Tone::Warn, "late"))}" "{heard}<span class="sub">{expected}</span></td>
            <td class="wrap">{tokens.join(", ")}</td>
            {change}
        </tr>
    }
}

fn hours(seconds: i64) -> String {
    match seconds / 3600 {
        h if h % 24 == 0 && h > 0 => counted(h / 24, "day", "days"),
        h => counted(h, "hour", "hours"),
    }
}

fn edit(cx: &PageContext, m: &Model, source: &Source) -> impl IntoView + use<> {
    let id = source.id.to_string();
    let action = format!("/settings/sources/{id}");
    let label = |what: &str| format!("{what} {}", text::capped(&source.name, 60));
    // What was typed before the form was refused stands again in the form it came from.
    let refused = cx.typed("id") == id;
    let now = |field: &str, kept: Option<String>| if refused { cx.typed(field) } else { kept.unwrap_or_default() };
    let owner = now("owner", source.owner_id.map(|o| o.to_string()));
    let environment = now("environment", source.environment.map(|e| e.to_string()));
    let vantage = now("vantage", Some(source.vantage.to_string()));
    let hours = now("hours", source.interval_seconds.map(|i| (i / 3600).to_string()));
    view! {
        <details open=refused>
            <summary>"Change"</summary>
            <form class="stack" method="post" action=action>
                <input type="hidden" name="id" value=id/>
                <input type="hidden" name="seen" value=source.since.to_string()/>
                {choice("owner", label("Who answers for"), "nobody answers for it", people(m), owner)}
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
