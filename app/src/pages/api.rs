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
    let cards = operations.iter().map(|(path, method, o)| operation(&cx.api, cx.services.address(), path, method, o)).collect_view();
    let index = operations.iter().map(|(path, method, o)| {
        let href = format!("#{}", anchor(method, path));
        view! { <li><a href=href><code>{format!("{} {path}", method.to_uppercase())}</code></a>" "<span class="muted">{text(o, "summary")}</span></li> }
    });
    let index = index.collect_view();
    let scopes = Scope::in_use().map(|s| view! { <tr><td><code>{s.as_str()}</code></td><td>{s.label()}</td></tr> }).collect_view();
    let address = cx.services.address();
    let example = format!("curl -H 'Authorization: Bearer cst_…' '{address}/api/v1/identities?privileged=1&sort=privilege'");
    view! {
        {tabs(cx)}
        <div class="head">
            <div><h1>"API"</h1><p>{counted(n, "operation", "operations")}" for agents and pipelines. Tokens can't approve changes."</p></div>
            <a class="btn" href="/api/openapi.json">"OpenAPI document"</a>
        </div>
        <section class="card">
            <header><h2>"Call the API"</h2></header>
            <div class="pad stack">
                <p>"Create a token under Tokens and send it with every request:"</p>
                <code class="quote">{example}</code>
                <ul class="list small">
                    <li>"Every read takes "<code>"as_of"</code>": a ledger entry, a date, or both. The answer names in "<code>"as_of"</code>" the moment it shows."</li>
                    <li>"Lists come in pages. "<code>"next"</code>" is where the next page starts."</li>
                    <li>"A create takes "<code>"Idempotency-Key"</code>": the same request sent again within a day is carried out once."</li>
                    <li>"Unknown parameters and fields are refused."</li>
                    <li>"Errors follow RFC 9457: "<code>"title"</code>", "<code>"detail"</code>", and where it helps "<code>"field"</code>" or "<code>"place"</code>"."</li>
                    <li>"The format of a file to import: "<a href="/api/schemas/import.json">"import.json"</a>"."</li>
                </ul>
            </div>
        </section>
        <section class="card">
            <header><h2>"Scopes of a token"</h2></header>
            <div class="scroll" tabindex="0" role="group" aria-label="Scopes of a token">
                <table><thead><tr><th scope="col">"Scope"</th><th scope="col">"What it allows"</th></tr></thead><tbody>{scopes}</tbody></table>
            </div>
        </section>
        <details class="card"><summary>"All operations"</summary><div class="pad"><ul class="stack tight small">{index}</ul></div></details>
        {cards}
    }
    .into_any()
}

/// Where an operation stands on the page.
fn anchor(method: &str, path: &str) -> String {
    format!("{method}{}", path.replace(['/', '{', '}', '.'], "-"))
}

fn operation(document: &Value, address: &str, path: &str, method: &str, o: &Value) -> AnyView {
    let verb = if method == "get" { String::new() } else { format!("-X {} ", method.to_uppercase()) };
    let curl = format!("curl {verb}-H \"Authorization: Bearer $TOKEN\" \"{address}{path}\"");
    let scopes: Vec<String> = o["security"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|s| s["token"].as_array())
        .flatten()
        .filter_map(|s| s.as_str().map(str::to_owned))
        .collect();
    let answers = o["responses"].as_object().cloned().unwrap_or_default();
    let (good, bad): (Vec<_>, Vec<_>) = answers.iter().partition(|(status, _)| status.starts_with('2'));
    let gives = good.first().map(|(status, response)| ((*status).clone(), &response["content"]));
    let tone = if method == "get" { Tone::Info } else { Tone::Warn };
    let sends = body_of(document, "Sends", path, &o["requestBody"]["content"], true);
    let answers = gives.and_then(|(status, content)| body_of(document, &format!("Answers {status}"), path, content, false));
    let problems: Vec<Vec<String>> = bad.iter().map(|(status, response)| vec![(*status).clone(), text(response, "description")]).collect();
    view! {
        <section class="card" id=anchor(method, path)>
            <header>
                <h2><code>{path.to_owned()}</code></h2>
                <span class="row">{scopes.into_iter().map(|s| view! { <code class="small">{s}</code> }).collect_view()}{badge(tone, method.to_uppercase())}</span>
            </header>
            <div class="pad stack tight"><p>{text(o, "summary")}</p>{ui::copied_line(curl)}</div>
            {parameters(o, path)}
            {sends}
            {answers}
            <details><summary>"Problems"</summary>{table(&format!("Problems of {path}"), &["Status", "When"], problems)}</details>
        </section>
    }
    .into_any()
}

fn parameters(o: &Value, path: &str) -> Option<AnyView> {
    let rows: Vec<Vec<String>> = o["parameters"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|p| {
            let place = if p["required"].as_bool() == Some(true) { format!("{}, required", text(p, "in")) } else { text(p, "in") };
            vec![text(p, "name"), place, form(&p["schema"]), text(p, "description")]
        })
        .collect();
    let head = &["Parameter", "In", "Form", "What it does"];
    (!rows.is_empty()).then(|| table(&format!("Parameters of {path}"), head, rows))
}

/// What a body holds: the fields of a JSON object, else the media type alone.
fn body_of(document: &Value, what: &str, path: &str, content: &Value, sent: bool) -> Option<AnyView> {
    let (media, content) = content.as_object()?.iter().next()?;
    let mut rows = Vec::new();
    fields(document, resolved(document, &content["schema"]), "", sent, &mut rows);
    let title = format!("{what}: {media}");
    if rows.is_empty() {
        return Some(view! { <p class="pad small muted">{title}</p> }.into_any());
    }
    let shown = table(&format!("{what}, fields of {path}"), &["Field", "Form", "What it says"], rows);
    Some(view! { <details><summary>{title}</summary>{shown}</details> }.into_any())
}

/// Levels of fields within fields that are shown.
const DEEPEST: usize = 3;

/// The fields of an object, those of objects within after them: `grants.total`, `surfaces[].kind`.
fn fields(document: &Value, schema: &Value, before: &str, sent: bool, out: &mut Vec<Vec<String>>) {
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let whole = resolved(document, field);
        let items = whole.get("items").map(|i| resolved(document, i));
        let inner = items.unwrap_or(whole);
        let place = format!("{before}{name}{}", if items.is_some() { "[]" } else { "" });
        let needed = if sent && required.contains(&name.as_str()) { ", required" } else { "" };
        let about = [field, chosen(field), inner].into_iter().map(|s| text(s, "description")).find(|t| !t.is_empty());
        out.push(vec![place.clone(), form(inner) + needed, about.unwrap_or_default()]);
        if before.matches('.').count() < DEEPEST {
            fields(document, inner, &format!("{place}."), sent, out);
        }
    }
}

/// Of a schema that may be null, what it is otherwise.
fn chosen(schema: &Value) -> &Value {
    let other = schema["oneOf"].as_array().and_then(|all| all.iter().find(|s| s["type"] != "null"));
    other.unwrap_or(schema)
}

/// The schema that is meant, wherever it stands in the document.
fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let schema = chosen(schema);
    let named = schema["$ref"].as_str().and_then(|r| r.strip_prefix('#'));
    named.and_then(|place| document.pointer(place)).unwrap_or(schema)
}

/// A schema in words.
fn form(schema: &Value) -> String {
    if let Some(words) = schema["enum"].as_array() {
        // Nothing is a choice too, and no word.
        let words: Vec<&str> = words.iter().filter_map(Value::as_str).filter(|w| !w.is_empty()).collect();
        return words.join(", ");
    }
    // An id shows how it begins; the other forms are said in the description.
    if let Some((prefix, _)) = schema["pattern"].as_str().and_then(|p| p.strip_prefix('^')).and_then(|p| p.split_once("_[0-7]")) {
        return format!("{prefix}_…");
    }
    let types = schema["type"].as_array().into_iter().flatten().chain([&schema["type"]]);
    let word = types.filter_map(Value::as_str).find(|t| *t != "null");
    match (word, schema["format"].as_str()) {
        (Some("string"), Some("date-time")) => "instant",
        (Some("string"), _) => "text",
        (Some("integer" | "number"), _) => "number",
        (Some("boolean"), _) => "true or false",
        (Some("array"), _) => "list",
        (Some(_), _) => "object",
        (None, _) => "anything",
    }
    .to_owned()
}

/// Words for programs stand as code.
fn value(text: String) -> AnyView {
    let word = |w: &str| !w.is_empty() && w.bytes().all(|b| b.is_ascii_lowercase() || matches!(b, b'_' | b':' | b'0'..=b'9'));
    if text.contains(", ") && text.split(", ").all(word) { view! { <code>{text}</code> }.into_any() } else { text.into_any() }
}

fn table(label: &str, head: &'static [&'static str], rows: Vec<Vec<String>>) -> AnyView {
    let head = head.iter().map(|h| view! { <th scope="col">{*h}</th> }).collect_view();
    let rows = rows.into_iter().map(|cells| {
        let mut cells = cells.into_iter();
        let first = cells.next().unwrap_or_default();
        view! { <tr><td><code>{first}</code></td>{cells.map(|c| view! { <td class="wrap">{value(c)}</td> }).collect_view()}</tr> }
    });
    view! {
        <div class="scroll" tabindex="0" role="group" aria-label=label.to_owned()>
            <table>
                <thead><tr>{head}</tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_are_found_through_references_lists_and_what_may_be_null() {
        let document = json!({ "components": { "schemas": {
            "Kind": { "type": "string", "enum": ["bot", "workload"] },
            "Part": { "type": "object", "properties": {
                "id": { "type": "string", "pattern": "^sur_[0-7][0-9a-z]{25}$" },
                "kind": { "oneOf": [{ "$ref": "#/components/schemas/Kind", "description": "what it is" }, { "type": "null" }] },
            } },
            "Whole": { "type": "object", "required": ["parts"], "properties": {
                "parts": { "type": "array", "items": { "$ref": "#/components/schemas/Part" } },
                "at": { "type": ["string", "null"], "format": "date-time" },
            } },
        } } });
        let mut rows = Vec::new();
        let whole = json!({ "$ref": "#/components/schemas/Whole" });
        fields(&document, resolved(&document, &whole), "", true, &mut rows);
        let mut shown: Vec<String> = rows.iter().map(|r| r.join(" | ")).collect();
        shown.sort_unstable();
        assert_eq!(
            shown,
            ["at | instant | ", "parts[] | object, required | ", "parts[].id | sur_… | ", "parts[].kind | bot, workload | what it is"]
        );
    }
}
