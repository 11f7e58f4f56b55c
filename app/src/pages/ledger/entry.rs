//! One entry of the ledger: its sentence, its facts, the records it added and ended, and how to prove that it stands there.

use crate::context::PageContext;
use crate::pages::{Content, page};
use crate::said;
use domain::permission::Action;
use domain::sentence::{Line, who};
use domain::seq::Seq;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use service::Error;
use service::ledger::{self, Page};
use ui::{Head, cell, counted, number, numeric};

#[component]
pub fn Show() -> impl IntoView {
    let wanted = use_params_map().read_untracked().get("seq");
    page(|cx, read| {
        Box::pin(async move {
            let seq = wanted.and_then(|t| t.parse().ok()).filter(|n| *n > 0).map(Seq).ok_or(Error::NotFound("ledger entry"))?;
            let model = ledger::page(read, seq).await?;
            let as_of = read.as_of();
            Ok(Content::new(format!("Entry {}", number(seq)), Some(as_of), body(&cx, &model)))
        })
    })
}

fn body(cx: &PageContext, m: &Page) -> AnyView {
    let seq = m.row.stored.entry.seq;
    let step = |to: Seq| view! { <a class="btn" href=cx.link(&format!("/ledger/{to}"))>{format!("Entry {}", number(to))}</a> };
    let before = (seq > Seq(1)).then(|| step(seq.plus(-1)));
    let after = (!m.newest).then(|| step(seq.plus(1)));
    view! {
        <div class="head">
            <div>
                <p class="crumb"><a href=cx.link("/ledger")>"Ledger"</a></p>
                <h1>{format!("Entry {}", number(seq))}</h1>
                <p class="say">{said::sentence(cx, &m.row.sentence)}</p>
            </div>
            <div class="row">{before}{after}<a class="btn" href=moment(m)>"View this moment"</a></div>
        </div>
        <div class="split">
            <div class="stack">{records(m)}{proof(cx, m)}</div>
            <aside class="card"><header><h2>"Facts"</h2></header><div class="pad">{facts(cx, m)}</div></aside>
        </div>
    }
    .into_any()
}

/// Where the world as of the entry is looked at: the identity, resource or change it is about, else everything.
fn moment(m: &Page) -> String {
    let e = &m.row.stored.entry;
    let path = match e.subject_kind.as_str() {
        "identity" => format!("/identities/{}", e.subject()),
        "change" => format!("/changes/{}", e.subject()),
        "resource" if e.verb != "resource.retired" => format!("/resources/{}", e.subject()),
        _ => "/".to_owned(),
    };
    format!("{path}?as_of={}", e.seq)
}

fn facts(cx: &PageContext, m: &Page) -> impl IntoView + use<> {
    let e = &m.row.stored.entry;
    let line = |l: &Line| view! { <dt>{capital(l.label)}</dt><dd>{said::parts(cx, &l.value)}</dd> };
    let lines = m.facts.iter().map(line).collect_view();
    let json = serde_json::from_str::<serde_json::Value>(&e.payload).and_then(|v| serde_json::to_string_pretty(&v)).unwrap_or_default();
    let verb = domain::verb::Verb::parse(&e.verb).map_or("Other", domain::verb::Verb::label);
    view! {
        <dl class="facts left">
            <dt>"When"</dt><dd><time datetime=e.at.rfc3339()>{format!("{} UTC", e.at.moment())}</time></dd>
            <dt>"Who"</dt><dd>{said::sentence(cx, &who(e, &m.row.names))}</dd>
            <dt>"What"</dt><dd>{verb}</dd>
            {lines}
        </dl>
        {(json != "{}").then(|| view! { <details><summary class="small">"Show JSON"</summary><div class="quote all">{json.clone()}</div></details> })}
    }
}

fn capital(label: &str) -> String {
    let mut chars = label.chars();
    chars.next().map(|c| c.to_ascii_uppercase().to_string() + chars.as_str()).unwrap_or_default()
}

fn records(m: &Page) -> impl IntoView + use<> {
    let (mut added, mut ended) = (0, 0);
    for (a, e) in m.records.values() {
        (added, ended) = (added + a, ended + e);
    }
    let title = match (added, ended) {
        (0, n) => format!("{} ended", counted(n as i64, "record", "records")),
        (n, 0) => format!("{} added", counted(n as i64, "record", "records")),
        (a, e) => format!("{} added, {} ended", counted(a as i64, "record", "records"), number(e as i64)),
    };
    let rows = m.records.iter().map(|(table, (a, e))| vec![cell(kind(table)), numeric(number(*a as i64)), numeric(number(*e as i64))]);
    let table = ui::table("Records", None, vec![Head::new("Record"), Head::numeric("Added"), Head::numeric("Ended")], rows);
    let some = !m.records.is_empty();
    view! {
        <section class="card">
            <header><h2>{if some { title } else { "No records changed".to_owned() }}</h2></header>
            {some.then_some(table)}
        </section>
    }
}

/// What a reader calls the records of a table.
fn kind(table: &str) -> String {
    let known = match table {
        "identity_versions" => "Identity details",
        "person_versions" => "People",
        "source_versions" => "Sources",
        "team_versions" => "Teams",
        "group_versions" => "Groups",
        "resource_versions" => "Resources",
        "surface_versions" => "Surfaces",
        "policy_versions" => "Policies",
        "blobs" => "Texts",
        "permission_set_versions" => "Permission sets",
        "set_rules" => "Rules of permission sets",
        "external_keys" => "IDs in sources",
        "counts" => "Totals",
        "authenticators" => "Passwords and passkeys",
        "role_assignments" => "Roles",
        other => return capital(&other.replace("_versions", "").replace('_', " ")),
    };
    known.to_owned()
}

fn proof(cx: &PageContext, m: &Page) -> impl IntoView + use<> {
    let e = &m.row.stored.entry;
    let hash = |label: &'static str, text: String| view! { <dt>{label}</dt><dd>{ui::copied(text)}</dd> };
    let before = m.before.clone().map(|b| hash("Hash of the entry before", b));
    let checkpoint = m.checkpoint.as_ref().map(|c| {
        view! { <dt>"First checkpoint"</dt><dd>{format!("entry {}, {} UTC, signed", number(c.seq), c.at.moment())}</dd> }
    });
    let href = format!("/api/v1/ledger/{}/proof", e.seq);
    let may = cx.viewer().is_ok_and(|w| w.may(Action::VerifyLedger)) && m.checkpoint.is_some();
    view! {
        <section class="card">
            <header><h2>"Proof"</h2></header>
            <div class="pad stack">
                <dl class="facts left">
                    {hash("Entry hash", m.row.stored.leaf_hash.clone())}
                    {before}
                    {hash("Hash of its records", e.facts.clone())}
                    {checkpoint}
                </dl>
                {may.then(|| view! { <p><a class="btn" href=href download=format!("entry-{}-proof.json", e.seq)>"Download proof"</a></p> })}
            </div>
        </section>
    }
}
