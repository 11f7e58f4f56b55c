//! Imports: the list, the upload, what a job came to, the record.

mod differences;
mod list;

pub use differences::Differences;
pub use list::List;

use crate::context::{PageContext, id};
use crate::pages::{Content, page};
use domain::identity::Environment;
use domain::permission::Action;
use domain::snapshot::Format;
use domain::text;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use service::imports::{self, Outcome};
use ui::{ErrorSummary, Field, Head, Select, Tone, badge, cell, counted, note, number, numeric, time_words};

/// What an import moved, in one line.
fn moved(o: &Outcome) -> String {
    let parts: Vec<String> = o
        .tallies()
        .iter()
        .filter(|(word, t)| t.moved() && !matches!(*word, "units" | "actions"))
        .map(|(word, t)| {
            let mut s = format!("{word} +{}/−{}", number(t.added as i64), number(t.removed as i64));
            if t.changed > 0 {
                s.push_str(&format!(", {} changed", number(t.changed as i64)));
            }
            s
        })
        .collect();
    parts.join(" · ")
}

#[component]
pub fn New() -> impl IntoView {
    page(|cx, read| {
        Box::pin(async move {
            cx.viewer()?.authorise(Action::Import)?;
            service::only_now(cx.wanted()?)?;
            let mut formats = vec![(String::new(), "Recognised by its content".to_owned())];
            formats.extend(Format::ALL.iter().map(|f| (f.as_str().to_owned(), f.label().to_owned())));
            let environments = Environment::ALL.iter().map(|e| (e.as_str().to_owned(), e.label().to_owned())).collect::<Vec<_>>();
            let known = service::sources::states(read).await?;
            let sentence = match known.last_heard {
                Some(at) => {
                    format!("{} known, the last heard {}.", counted(known.all, "source is", "sources are"), time_words(at, read.as_of().at))
                }
                None => "No source has said anything yet.".to_owned(),
            };
            let body = view! {
                <div class="head"><div>
                    <h1>"Import"</h1>
                    <p>{sentence}" Look at what an input would change before anything is written. Secret values in it are never kept."</p>
                </div></div>
                <ErrorSummary sent=cx.flash.clone()/>
                <form class="card" method="post" action="/imports" enctype="multipart/form-data">
                    <div class="pad form-grid">
                        <Select sent=cx.flash.clone() name="format" label="What is it?" options=formats/>
                        <label>"Files"<input type="file" name="files" id="field-files" multiple=true required=true aria-describedby="hint-files"/>
                            <span id="hint-files">"One file, or all files of a folder of manifests or tools together."</span></label>
                        <Field sent=cx.flash.clone() name="source" label="Source" hint="A name for where this comes from. AWS accounts name themselves."/>
                        <Select sent=cx.flash.clone() name="environment" label="Environment" none="not stated" options=environments/>
                        <Field sent=cx.flash.clone() name="namespace" label="Kubernetes namespace" hint="For objects that name none."/>
                        <Field sent=cx.flash.clone() name="server" label="MCP server" hint="For tool files, which do not say whose they are."/>
                    </div>
                    <footer class="row">
                        <button class="btn primary" type="submit" name="dry_run" value="1">"Preview"</button>
                        <button class="btn" type="submit" name="dry_run" value="">"Import now"</button>
                    </footer>
                </form>
                {note(Tone::Info, "Your own AWS account", "aws iam get-account-authorization-details > account.json gives the file; no access to the account is needed here.")}
            };
            Ok(Content::new("Import", None, body))
        })
    })
}

/// What an import came to, on the page of its job.
pub(super) fn outcome(cx: &PageContext, o: &Outcome, job: &str) -> impl IntoView + use<> {
    let all: Vec<&Outcome> = std::iter::once(o).chain(&o.others).collect();
    let heading = match (o.dry_run, all.iter().all(|one| one.unchanged)) {
        (true, true) => "Preview: nothing would change",
        (true, false) => "Preview: nothing is written yet",
        (false, true) => "Nothing changed",
        (false, false) => "Imported",
    };
    let confirm = all.iter().find_map(|one| one.needs_confirmation.clone());
    let apply = (o.dry_run && cx.is_now()).then(|| {
        let sure = confirm.is_some();
        let action = format!("/imports/jobs/{job}/apply");
        view! {
            <form method="post" action=action class="row">
                {sure.then(|| view! { <label class="row small"><input type="checkbox" name="confirm_removals" value="1" required=true/>" The input is complete; remove what it does not name"</label> })}
                <button class="btn primary" type="submit">"Import this"</button>
            </form>
        }
    });
    let each = |o: &Outcome| {
        let link = o.import.clone().map(|i| view! { " "<a href=format!("/imports/{i}")>"Record of this import"</a> });
        let moved = if o.unchanged { "it holds exactly this already.".to_owned() } else { moved(o) };
        view! { <p>{format!("Source {}: {moved}", text::capped(&o.source, 80))}{link}</p> {tallies(o)} }
    };
    let names = all.iter().map(|o| differences::first(o, o.file.then(|| format!("/jobs/{job}/file")))).collect_view();
    let parts = all.into_iter().map(each).collect_view();
    view! {
        <div class="head">
            <div><h1>{heading}</h1></div>
            <div class="row"><a class="btn primary" href="/identities">"Identities"</a></div>
        </div>
        {confirm.map(|c| note(Tone::Warn, "More than a fifth would go", c))}
        {parts}
        {apply}
        {names}
    }
}

fn tallies(o: &Outcome) -> impl IntoView + use<> {
    let rows = o.tallies().into_iter().filter(|(_, t)| t.total > 0 || t.moved()).map(|(word, t)| {
        let figures = [t.total, t.added, t.removed, t.changed].map(|n| numeric(number(n as i64)));
        std::iter::once(cell(word)).chain(figures).collect::<Vec<_>>()
    });
    let figures = ["In the source", "Added", "Removed", "Changed"].map(Head::numeric);
    let heads = std::iter::once(Head::new("What")).chain(figures).collect();
    let notes = o.notes.iter().map(|n| view! { <li>{text::capped(n, 300)}</li> });
    let skipped = o.skipped.iter().map(|(k, n)| view! { <li>{format!("Skipped: {} × {}", number(*n as i64), text::capped(k, 60))}</li> });
    view! {
        <section class="card">
            {ui::table("What it holds and changes", None, heads, rows)}
            <div class="pad"><ul class="small muted">{notes.collect_view()}{skipped.collect_view()}</ul></div>
        </section>
    }
}

#[component]
pub fn Show() -> impl IntoView {
    let wanted = use_params_map().read_untracked().get("id");
    page(|cx, read| {
        Box::pin(async move {
            let id = id::<domain::ids::noun::Import>(wanted, "import")?;
            let imports::Row { import, outcome: o } = imports::show(read, id).await?;
            let as_of = read.as_of();
            let body = view! {
                <div class="head"><div>
                    <p class="small muted"><a href=cx.link("/imports")>"Imports"</a></p>
                    <h1>{format!("Import into {}", text::capped(&import.source, 80))}</h1>
                    <p>{if o.unchanged { "Nothing changed.".to_owned() } else { moved(&o) }}</p>
                </div><div class="row">{badge(Tone::Info, import.format.label())}{badge(Tone::Unknown, import.completeness.label())}</div></div>
                {tallies(&o)}
                {differences::first(&o, o.all_differences.map(|_| cx.link(&format!("/imports/differences?import={}", import.id))))}
                <section class="card"><div class="pad"><dl class="facts left">
                    <dt>"File"</dt><dd>{text::capped(&import.file_name, 200)}</dd>
                    <dt>"Seen from"</dt><dd>{import.vantage.label()}<span class="sub">{import.vantage.meaning()}</span></dd>
                    <dt>"SHA-256"</dt><dd class="mono-cell">{import.file_digest.clone()}</dd>
                    <dt>"Ledger"</dt><dd><a href=cx.link(&format!("/ledger?after={}", import.seq.plus(1)))>{format!("entry {}", number(import.seq))}</a></dd>
                    <dt>"Before it"</dt><dd><a href=format!("/?as_of={}", import.seq.plus(-1))>"the world as of the entry ahead of it"</a></dd>
                </dl></div><footer>{counted(o.identities.total as i64, "identity", "identities")}" in the source"</footer></section>
            };
            Ok(Content::new("Import", Some(as_of), body))
        })
    })
}
