//! Imports: the list, the upload, what a job came to, the record.

mod differences;
mod list;
mod upload;

pub use differences::Differences;
pub use list::List;
pub use upload::New;

use crate::context::{PageContext, encode, id};
use crate::pages::{Content, page};
use crate::said;
use domain::permission::Action;
use domain::text;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use service::comparison::Page;
use service::imports::{self, Outcome};
use ui::{Head, Tone, cell, counted, note, number, numeric};

/// What an import came to, on the page of its job.
pub(super) fn outcome(cx: &PageContext, o: &Outcome, job: &str) -> impl IntoView + use<> {
    let all: Vec<&Outcome> = std::iter::once(o).chain(&o.others).collect();
    let changes: u64 = all.iter().map(|one| one.changes()).sum();
    let heading = match (o.dry_run, all.iter().all(|one| one.unchanged)) {
        (true, true) => "Preview: nothing would change".to_owned(),
        (true, false) => format!("Preview: {}", counted(changes as i64, "change", "changes")),
        (false, true) => "Imported: nothing changed".to_owned(),
        (false, false) => "Imported".to_owned(),
    };
    let sentence = match (o.dry_run, all.iter().all(|one| one.unchanged)) {
        (true, false) => "Nothing is saved yet.",
        (_, true) => "The source already holds exactly this.",
        (false, false) => "Importing never approves anything.",
    };
    let confirm = all.iter().find_map(|one| one.needs_confirmation.clone());
    let apply = (o.dry_run && cx.is_now()).then(|| apply(&all, job, changes, confirm.is_some()));
    let next = (!o.dry_run).then(|| next(&all));
    let names = all.iter().map(|o| differences::first(cx, o, all_by_name(o, job))).collect_view();
    let parts = all.into_iter().map(part).collect_view();
    view! {
        <div class="head"><div>
            <p class="crumb"><a href="/imports">"Imports"</a></p>
            <h1>{heading}</h1>
            <p>{sentence}</p>
        </div></div>
        {confirm.map(|c| note(Tone::Warn, "Much would be removed", c))}
        {apply}
        {next}
        {names}
        {parts}
    }
}

/// Where all that moved stands by name, where that is more than is shown: a list of an import, a file of a preview.
fn all_by_name(o: &Outcome, job: &str) -> Option<String> {
    let of_import = o.import.as_ref().filter(|_| o.all_differences.is_some()).map(|id| format!("/imports/differences?import={id}"));
    of_import.or_else(|| o.file.then(|| format!("/jobs/{job}/file")))
}

/// The form for another import into the same source, of the same format.
pub(super) fn again(source: &str, format: &str) -> String {
    format!("/imports/new?source={}&format={}", encode(source), encode(format))
}

/// The button that imports what is shown. Where much goes, what goes is agreed to first.
fn apply(all: &[&Outcome], job: &str, changes: u64, sure: bool) -> impl IntoView + use<> {
    let action = format!("/imports/jobs/{job}/apply");
    let gone: Vec<String> = all
        .iter()
        .flat_map(|o| o.kinds())
        .filter(|(_, _, t)| t.removed > 0)
        .map(|(one, many, t)| counted(t.removed as i64, one, many))
        .collect();
    let label = match changes {
        0 => "Import".to_owned(),
        n => format!("Import {}", counted(n as i64, "change", "changes")),
    };
    let agreed = format!("Yes, the file is complete: remove {}", gone.join(", "));
    let another = match all {
        [one] => again(&one.source, &one.format),
        // An input of several accounts names them itself.
        _ => "/imports/new".to_owned(),
    };
    view! {
        <form method="post" action=action class="stack tight">
            {sure.then(|| view! { <label class="line"><input type="checkbox" name="confirm_removals" value="1" required=true/><span>{agreed}</span></label> })}
            <div class="row"><button class="btn primary" type="submit">{label}</button><a class="btn" href=another>"Choose another file"</a></div>
        </form>
    }
}

/// What comes after an import: who owns what is new, and what is other than it was.
fn next(all: &[&Outcome]) -> impl IntoView + use<> {
    let each = all.iter().map(|o| {
        let added = o.identities.added as i64;
        let owners = (added > 0).then(|| {
            let href = format!("/identities?no_owner=1&source={}", encode(&o.source));
            view! { <a class="btn primary" href=href>{format!("Assign owners to {}", counted(added, "new identity", "new identities"))}</a> }
        });
        let record = o.import.clone().filter(|_| !o.unchanged).map(|i| view! { <a class="btn" href=format!("/imports/{i}")>"See what changed"</a> });
        view! { {owners}{record} }
    });
    view! { <div class="row">{each.collect_view()}</div> }
}

fn part(o: &Outcome) -> impl IntoView + use<> {
    let link = o.import.clone().map(|i| view! { " "<a href=format!("/imports/{i}")>"Record of this import"</a> });
    let moved = if o.unchanged { "nothing changed".to_owned() } else { o.moved() };
    view! { <p>{format!("{}: {moved}.", text::capped(&o.source, 80))}{link}</p> {tallies(o)} }
}

fn tallies(o: &Outcome) -> impl IntoView + use<> {
    let rows = o.kinds().into_iter().filter(|(_, _, t)| t.total > 0 || t.moved()).map(|(_, many, t)| {
        let figures = [t.total, t.added, t.removed, t.changed].map(|n| numeric(number(n as i64)));
        std::iter::once(cell(many)).chain(figures).collect::<Vec<_>>()
    });
    let figures = ["In the source", "Added", "Removed", "Changed"].map(Head::numeric);
    let heads = std::iter::once(Head::new("Kind")).chain(figures).collect();
    let notes = o.notes.iter().map(|n| view! { <li>{text::sentence(&text::capped(n, 300))}</li> });
    let skipped = (!o.skipped.is_empty()).then(|| view! { <li>{format!("Skipped: {}", o.passed_over())}</li> });
    let said = !o.notes.is_empty() || !o.skipped.is_empty();
    let list = view! { <div class="pad"><ul class="small muted">{notes.collect_view()}{skipped}</ul></div> };
    view! { <section class="card">{ui::table("What the source holds and what changes", None, heads, rows)}{said.then_some(list)}</section> }
}

#[component]
pub fn Show() -> impl IntoView {
    let wanted = use_params_map().read_untracked().get("id");
    page(|cx, read| {
        Box::pin(async move {
            let id = id::<domain::ids::noun::Import>(wanted, "import")?;
            let row = imports::show(read, id).await?;
            let made = imports::compared(read, &row.import).await?;
            let as_of = read.as_of();
            Ok(Content::new("Import", Some(as_of), record(&cx, &row, &made)))
        })
    })
}

fn record(cx: &PageContext, imports::Row { import, outcome: o }: &imports::Row, made: &Page) -> AnyView {
    let source = cx.link(&format!("/settings/sources/{}", import.source_id));
    let owners = (o.identities.added > 0 && cx.is_now()).then(|| {
        let href = format!("/identities?no_owner=1&source={}", encode(&import.source));
        view! { <a class="btn" href=href>"Assign owners"</a> }
    });
    let may = cx.is_now() && cx.viewer().is_ok_and(|who| who.may(Action::Import));
    let once_more = may.then(|| view! { <a class="btn" href=again(&import.source, import.format.as_str())>"Import again"</a> });
    view! {
        <div class="head"><div>
            <p class="crumb"><a href=cx.link("/imports")>"Imports"</a></p>
            <h1>{format!("Import into {}", text::capped(&import.source, 80))}</h1>
            <p>{if o.unchanged { "Nothing changed.".to_owned() } else { format!("{}.", o.moved()) }}</p>
        </div><div class="row">{owners}{once_more}</div></div>
        {differences::made(cx, o, made, (!o.differences.is_empty()).then(|| cx.link(&format!("/imports/differences?import={}", import.id))))}
        {tallies(o)}
        <section class="card"><header><h2>"Facts"</h2></header><div class="pad"><dl class="facts left">
            <dt>"Source"</dt><dd><a href=source>{text::capped(&import.source, 80)}</a></dd>
            <dt>"File"</dt><dd><q>{text::capped(&import.file_name, 200)}</q></dd>
            <dt>"Format"</dt><dd>{import.format.label()}</dd>
            <dt>"Completeness"</dt><dd>{import.completeness.label()}</dd>
            <dt>"Evidence"</dt><dd>{import.vantage.label()}<span class="sub">{import.vantage.meaning()}</span></dd>
            <dt>"SHA-256"</dt><dd>{ui::copied(import.file_digest.clone())}</dd>
            <dt>"Imported"</dt><dd>{format!("{} UTC", import.observed_at.moment())}</dd>
            <dt>"Proof"</dt><dd>{said::entry(cx, import.seq)}</dd>
            <dt>"Before"</dt><dd><a href=format!("/?as_of={}", import.seq.plus(-1))>"View the inventory before this import"</a></dd>
        </dl></div></section>
    }
    .into_any()
}
