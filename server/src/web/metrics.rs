//! Figures for a monitoring system, in the text format Prometheus reads. Nothing in it names anybody.

use super::reply::Answer;
use super::request::Acting;
use axum::extract::{Extension, Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::permission::Action;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// What was answered since the start, by the first digit of the status.
#[derive(Debug, Default)]
pub struct Answers {
    by_class: [AtomicU64; 6],
    micros: AtomicU64,
}

/// Counts every answer and how long it took.
pub async fn count(State(answers): State<Arc<Answers>>, request: Request, next: Next) -> Response {
    let start = Instant::now();
    let response = next.run(request).await;
    let class = usize::from(response.status().as_u16() / 100).min(5);
    answers.by_class[class].fetch_add(1, Ordering::Relaxed);
    answers.micros.fetch_add(start.elapsed().as_micros() as u64, Ordering::Relaxed);
    response
}

/// `/metrics`, for whoever may read the overview: a token with `inventory:read`, or a person.
pub async fn show(Acting(act): Acting, Extension(answers): Extension<Arc<Answers>>) -> Answer {
    act.who().authorise(Action::ReadOverview)?;
    let chrome = service::overview::chrome(act.services(), None).await?;
    let mut out = String::new();
    let gauges = [
        ("countersign_ledger_head", "Position of the newest ledger entry.", chrome.head.get()),
        ("countersign_identities", "Non-human identities as of now.", chrome.identities),
        ("countersign_unanchored", "1 while no checkpoint reaches every sink.", i64::from(chrome.unanchored)),
        ("countersign_restored", "1 while the store is restored and takes no change.", i64::from(chrome.restored.is_some())),
    ];
    for (name, help, value) in gauges {
        let _ = write!(out, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}\n");
    }
    out.push_str("# HELP countersign_answers_total Answers by status class.\n# TYPE countersign_answers_total counter\n");
    for class in 1..6 {
        let n = answers.by_class[class].load(Ordering::Relaxed);
        let _ = writeln!(out, "countersign_answers_total{{class=\"{class}xx\"}} {n}");
    }
    let seconds = answers.micros.load(Ordering::Relaxed) as f64 / 1e6;
    let name = "countersign_answer_seconds_total";
    let _ = write!(out, "# HELP {name} Time spent answering.\n# TYPE {name} counter\n{name} {seconds}\n");
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], out).into_response())
}
