//! The page of a job: how far it is while it runs, and what came out of it. What that is stands with its noun.

use super::{Content, imports, ledger, open_page};
use crate::context::{PageContext, id};
use domain::text;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use serde::de::DeserializeOwned;
use service::exports::{self, ExportedFile};
use service::jobs::{self, Job, JobKind, JobState};
use service::{Act, Error};
use ui::islands::ImportProgress;
use ui::{Tone, counted, note, number};

/// What the page says of a kind of job.
struct Words {
    /// While it runs.
    running: &'static str,
    /// Where it wrote or found nothing.
    nothing: &'static str,
    /// The way on from there.
    again: (&'static str, &'static str),
}

fn words(kind: JobKind) -> Words {
    match kind {
        JobKind::Import => Words { running: "Importing", nothing: "Nothing was imported.", again: ("/imports/new", "Choose a file again") },
        JobKind::Verify => {
            Words { running: "Verifying", nothing: "The ledger was not checked.", again: ("/ledger/verify", "Verify again") }
        }
        JobKind::Change | JobKind::Adopt => {
            Words { running: "Looking at a change", nothing: "The change is as it was.", again: ("/changes", "View all changes") }
        }
        JobKind::Export => Words { running: "Exporting", nothing: "No file was written.", again: ("/", "Go to the overview") },
    }
}

#[component]
pub fn Show() -> impl IntoView {
    let wanted = use_params_map().read_untracked().get("id");
    open_page(|cx| {
        Box::pin(async move {
            let id = id::<domain::ids::noun::Job>(wanted, "job")?;
            let act = Act::new(&cx.services, cx.viewer()?);
            let job = jobs::show(&act, id).await?;
            let title = match job.kind {
                JobKind::Import => "Import",
                JobKind::Verify => "Verify",
                JobKind::Export => "Export",
                JobKind::Change | JobKind::Adopt => "Change",
            };
            let body = match job.state {
                JobState::Queued | JobState::Running => running(&job).into_any(),
                JobState::Failed => stopped(&job, "failed", Tone::Bad).into_any(),
                JobState::Cancelled => stopped(&job, "was stopped", Tone::Warn).into_any(),
                JobState::Done => done(&cx, &act, &job).await?,
            };
            Ok(Content::new(title, None, body))
        })
    })
}

fn running(job: &Job) -> impl IntoView + use<> {
    let stopping = job.cancel != 0;
    let (heading, sentence, text) = if stopping {
        ("Stopping", format!("The {} stops at its next step.", job.kind.label()), "stopping…".to_owned())
    } else {
        (words(job.kind).running, format!("You can leave this page. The {} continues.", job.kind.label()), job.progress.clone())
    };
    let (id, stop) = (job.id.to_string(), format!("/jobs/{}/cancel", job.id));
    let button = (!stopping).then(|| {
        view! { <footer class="row"><form method="post" action=stop><button class="btn" type="submit">"Stop"</button></form></footer> }
    });
    view! {
        <noscript><meta http-equiv="refresh" content="2"/></noscript>
        <div class="head"><div><h1>{heading}</h1><p>{sentence}</p></div></div>
        <section class="card">
            <div class="pad"><ImportProgress id=id text=text/></div>
            {button}
        </section>
    }
}

/// What a job that came to nothing leaves behind: why, and the way on.
fn stopped(job: &Job, how: &'static str, tone: Tone) -> impl IntoView + use<> {
    let Words { nothing, again: (href, label), .. } = words(job.kind);
    let href = service::imports::wanted(job).map_or_else(|| href.to_owned(), |(source, format)| imports::again(&source, format.as_str()));
    let (heading, why) = (format!("{} {how}", capital(job.kind.label())), text::capped(&job.progress, 1000));
    view! {
        <div class="head"><div><h1>{heading}</h1><p>{nothing}</p></div></div>
        {note(tone, "Reason", text::sentence(&why))}
        <p><a class="btn primary" href=href>{label}</a></p>
    }
}

fn capital(label: &str) -> String {
    let mut chars = label.chars();
    chars.next().map(|c| c.to_ascii_uppercase().to_string() + chars.as_str()).unwrap_or_default()
}

async fn done(cx: &PageContext, act: &Act, job: &Job) -> Result<AnyView, Error> {
    Ok(match job.kind {
        JobKind::Import => imports::outcome(cx, &result(job)?, &job.id.to_string()).into_any(),
        JobKind::Verify => ledger::verified(&result(job)?).into_any(),
        // The server's own: nobody asked for it, so nobody is shown it.
        JobKind::Change | JobKind::Adopt => return Err(Error::NotFound("job")),
        JobKind::Export => {
            let kept = exports::file(act, job.id).await.is_ok();
            exported(job, &result(job)?, kept).into_any()
        }
    })
}

fn result<T: DeserializeOwned>(job: &Job) -> Result<T, Error> {
    serde_json::from_str(job.result.as_deref().unwrap_or_default()).map_err(|e| Error::Internal(format!("the result of a job: {e}")))
}

fn exported(job: &Job, e: &ExportedFile, kept: bool) -> impl IntoView + use<> {
    let sentence = format!("{} of the {} in {} bytes.", counted(e.rows as i64, "row", "rows"), e.list, number(e.bytes as i64));
    let file = kept.then(|| {
        let (href, name, label) = (format!("/jobs/{}/file", job.id), e.file.clone(), format!("Download {}", e.file));
        view! { <a class="btn primary" href=href download=name>{label}</a> }
    });
    let said = if kept {
        note(Tone::Info, "Kept for one hour", "Only you can download the file.")
    } else {
        note(Tone::Warn, "File expired", "Files are kept for one hour. Export the list again.")
    };
    view! {
        <div class="head"><div><h1>"Exported"</h1><p>{sentence}</p></div><div class="row">{file}</div></div>
        {said}
    }
}
