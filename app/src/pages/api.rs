//! The API as a page: what OpenAPI says, for people. The document itself stands at `/api/openapi.json`.

use super::settings::tabs;
use super::{Content, page};
use crate::context::PageContext;
use domain::token::Scope;
use leptos::prelude::*;
use serde_json::Value;
use ui::{Tone, badge, counted};

#[component]
pub fn Api() -> impl IntoView {
    page(|cx, _| {
        Box::pin(async move {
            cx.viewer()?.authorise(domain::permission::Action::ReadOverview)?;
            Ok(Content::new("API", None, body(&cx)))
        })
    })
}

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}

fn body(cx: &PageContext) -> AnyView {
    let paths = cx.api["paths"].as_object().cloned().unwrap_or_default();
    let operations: Vec<(String, &str, Value)> = paths
        .iter()
        .flat_map(|(path, item)| METHODS.into_iter().filter_map(move |m| item.get(m).map(|o| (path.clone(), m, o.clone()))))
        .collect();
    let n = operations.len() as i64;
    let cards = operations.iter().map(|(path, method, o)| operation(path, method, o)).collect_view();
    let scopes = Scope::ALL.iter().map(|s| view! { <tr><td><code>{s.as_str()}</code></td><td>{s.label()}</td></tr> }).collect_view();
    let address = cx.services.address();
    let example = format!("curl -H 'Authorization: Bearer cst_…' '{address}/api/v1/identities?privileged=1&sort=privilege'");
    view! {
        {tabs(cx)}
        <div class="head">
            <div><h1>"API"</h1><p>{counted(n, "operation", "operations")}" for agents and pipelines: they see and enter what these pages show, and nothing here decides."</p></div>
            <a class="btn" href="/api/openapi.json">"OpenAPI document"</a>
        </div>
        <section class="card">
            <header><h2>"How to call it"</h2></header>
            <div class="pad stack">
                <p>"Mint a token under Tokens and send it with every request:"</p>
                <code class="quote">{example}</code>
                <ul class="list small">
                    <li>"Every read takes "<code>"as_of"</code>": a ledger position, an instant, or both, and names in "<code>"as_of"</code>" what it answered for."</li>
                    <li>"Lists come in pages; "<code>"next"</code>" is the cursor of the page after."</li>
                    <li>"A create takes "<code>"Idempotency-Key"</code>": the same request sent again within a day is answered as the first time, and carried out once."</li>
                    <li>"An error is a problem of RFC 9457: "<code>"title"</code>", "<code>"detail"</code>", and where it helps the "<code>"field"</code>" or the "<code>"place"</code>" in the input."</li>
                    <li>"The shape of a file to import: "<a href="/api/schemas/import.json">"import.json"</a>"."</li>
                </ul>
            </div>
        </section>
        <section class="card">
            <header><h2>"Scopes of a token"</h2></header>
            <div class="scroll" tabindex="0" role="group" aria-label="Scopes of a token">
                <table><thead><tr><th scope="col">"Scope"</th><th scope="col">"What it opens"</th></tr></thead><tbody>{scopes}</tbody></table>
            </div>
        </section>
        {cards}
    }
    .into_any()
}

fn operation(path: &str, method: &str, o: &Value) -> impl IntoView + use<> {
    let said = [text(o, "summary"), text(o, "description")].into_iter().find(|t| !t.is_empty()).unwrap_or_default();
    let scopes: Vec<String> = o["security"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|s| s["token"].as_array())
        .flatten()
        .filter_map(|s| s.as_str().map(str::to_owned))
        .collect();
    let parameters: Vec<Value> = o["parameters"].as_array().cloned().unwrap_or_default();
    let sends = o["requestBody"]["content"].as_object().and_then(|c| c.keys().next().cloned());
    let answers = o["responses"].as_object().cloned().unwrap_or_default();
    let answers: Vec<String> = answers.iter().map(|(status, r)| answer(status, r)).collect();
    let tone = if method == "get" { Tone::Info } else { Tone::Warn };
    view! {
        <section class="card">
            <header>
                <h2><code>{path.to_owned()}</code></h2>
                <span class="row">{scopes.into_iter().map(|s| view! { <code class="small">{s}</code> }).collect_view()}{badge(tone, method.to_uppercase())}</span>
            </header>
            <div class="pad stack tight">
                <p>{said}</p>
                {sends.map(|s| view! { <p class="small muted">"Takes "<code>{s}</code></p> })}
                <p class="small muted">"Answers "{answers.join(" · ")}</p>
            </div>
            {(!parameters.is_empty()).then(|| table(&parameters, path))}
        </section>
    }
}

fn answer(status: &str, response: &Value) -> String {
    let said = text(response, "description");
    match (status, said.is_empty()) {
        ("default", _) => "otherwise a problem".to_owned(),
        (_, true) => status.to_owned(),
        (_, false) => format!("{status}: {said}"),
    }
}

fn table(parameters: &[Value], path: &str) -> impl IntoView + use<> {
    let rows = parameters.iter().map(|p| {
        let place = if p["required"].as_bool() == Some(true) { format!("{}, required", text(p, "in")) } else { text(p, "in") };
        view! { <tr><td><code>{text(p, "name")}</code></td><td class="nowrap">{place}</td><td class="wrap">{text(p, "description")}</td></tr> }
    });
    view! {
        <div class="scroll" tabindex="0" role="group" aria-label=format!("Parameters of {path}")>
            <table>
                <thead><tr><th scope="col">"Parameter"</th><th scope="col">"In"</th><th scope="col">"What it does"</th></tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    }
}
