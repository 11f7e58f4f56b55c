//! As of when: the panel that chooses a moment, and the banner of a page of the past.

use crate::context::{PageContext, as_of_words};
use domain::asof::{AsOf, EMPTY, Wanted};
use domain::permission::Action;
use domain::query::Choice;
use domain::query::comparison::About;
use domain::seq::Seq;
use domain::time::{DAY, Timestamp};
use leptos::prelude::*;
use service::overview::Chrome;
use ui::{Tone, icon};

/// A moment that could not be shown: what was asked for, and why not.
#[derive(Clone, Debug)]
pub struct Refused {
    pub asked: String,
    pub why: String,
}

/// Parameters that belong to one moment alone.
const OF_A_MOMENT: [&str; 3] = ["as_of", "after", "before"];

/// The page of two moments.
pub const COMPARE: &str = "/compare";

/// What the page is about, where two moments of that alone can be compared.
pub fn about(cx: &PageContext) -> Option<About> {
    let of = cx.path.split('/').find_map(About::read);
    of.or_else(|| cx.param("of").and_then(About::read))
}

fn id_of(about: About) -> String {
    match about {
        About::Identity(id) => id.to_string(),
        About::Source(id) => id.to_string(),
    }
}

/// The button that says as of when the page is, and the panel behind it. It works without a script.
pub fn panel(cx: &PageContext, chrome: &Chrome, as_of: Option<AsOf>, refused: Option<&Refused>) -> AnyView {
    let past = as_of.filter(|_| !cx.is_now());
    let compares = cx.param("against").is_some();
    let shown = past.map_or_else(|| "Now".to_owned(), |at| if at.seq == Seq::ZERO { EMPTY.to_owned() } else { at.at.moment() });
    let typed = match (refused, cx.param("as_of")) {
        (Some(refused), _) => refused.asked.clone(),
        (None, Some(at)) => past.filter(|at| at.seq > Seq::ZERO).map_or_else(|| at.to_owned(), as_of_words),
        (None, None) => String::new(),
    };
    let others: Vec<(String, String)> = cx.query.iter().filter(|(k, _)| !OF_A_MOMENT.contains(&k.as_str())).cloned().collect();
    let invalid = refused.is_some();
    view! {
        <details class="asof" name="top" open=invalid>
            <summary class="btn" aria-label=format!("As of: {shown}")>{if compares { "Comparing".to_owned() } else { shown.clone() }}</summary>
            <div class="pop">
            <form class="stack tight" action=cx.path.clone() method="get">
                {others.into_iter().map(|(k, v)| view! { <input type="hidden" name=k value=v/> }).collect_view()}
                <label>
                    "Date and time (UTC), or ledger entry"
                    <input name="as_of" value=typed placeholder="now" autocomplete="off" aria-invalid=invalid.then_some("true") aria-describedby="as-of-said"/>
                    <span id="as-of-said" class=if invalid { "field-error" } else { "hint" }>
                        {refused.map_or_else(|| "28 Jul 2026, 01:23 · yesterday · 3 months ago · #22".to_owned(), |r| r.why.clone())}
                    </span>
                </label>
                <div class="row" role="group" aria-label="Moments">{presets(cx, chrome)}</div>
                <div class="row">
                    <button class="btn" type="submit">"View"</button>
                    {(!cx.is_now()).then(|| view! { <a class="btn" href=cx.with(&[("as_of", "")])>"Return to now"</a> })}
                </div>
            </form>
            {cx.viewer().is_ok_and(|w| w.may(Action::ReadInventory)).then(|| compare(cx, chrome))}
            </div>
        </details>
    }
    .into_any()
}

/// The way from this moment to the same page beside another: a form of its own, and moments to choose.
fn compare(cx: &PageContext, chrome: &Chrome) -> impl IntoView + use<> {
    let as_of = cx.param("as_of").map(|at| view! { <input type="hidden" name="as_of" value=at.to_owned()/> });
    let of = about(cx).map(|of| view! { <input type="hidden" name="of" value=id_of(of)/> });
    let typed = cx.param("against").unwrap_or_default().to_owned();
    view! {
        <form class="stack tight" action=COMPARE method="get">
            {as_of}{of}
            <label>"Compare with"<input name="against" value=typed placeholder="7 days ago" autocomplete="off"/></label>
            <div class="row" role="group" aria-label="Moments to compare with">{compare_presets(cx, cx.services.now(), chrome.last_import)}</div>
            <div class="row"><button class="btn" type="submit">"Compare"</button></div>
        </form>
    }
}

/// Moments to compare `to` with, each as a date or an entry.
pub fn compare_presets(cx: &PageContext, to: Timestamp, last_import: Option<Seq>) -> impl IntoView + use<> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    pairs.extend(cx.param("as_of").map(|at| ("as_of".to_owned(), at.to_owned())));
    pairs.extend(about(cx).map(|of| ("of".to_owned(), id_of(of))));
    let base = PageContext { path: COMPARE.to_owned(), query: pairs, ..cx.clone() };
    let all = moments(to, last_import);
    all.into_iter().map(|(label, at)| view! { <a class="chip" href=base.with(&[("against", &at)])>{label}</a> }).collect_view()
}

/// Moments that people ask for, each as a date or an entry, so that a shared address stays what it was.
fn presets(cx: &PageContext, chrome: &Chrome) -> impl IntoView + use<> {
    let all = moments(cx.services.now(), chrome.last_import);
    all.into_iter().map(|(label, at)| view! { <a class="chip" href=cx.with(&[("as_of", &at)])>{label}</a> }).collect_view()
}

fn moments(now: Timestamp, last_import: Option<Seq>) -> Vec<(&'static str, String)> {
    let before = |at: Timestamp| at.plus(-1).date();
    let month = now.month_starts(1).first().copied().unwrap_or(now);
    let quarter = month.quarter_start();
    let mut all = vec![
        ("Yesterday", now.plus(-DAY).date()),
        ("7 days ago", now.plus(-7 * DAY).date()),
        ("Month start", before(month)),
        ("Quarter end", before(quarter)),
    ];
    all.extend(last_import.map(|seq| ("Before last import", (seq.get() - 1).to_string())));
    all
}

/// What a page of the past says ahead of everything else.
pub fn banner(cx: &PageContext, as_of: Option<AsOf>) -> Option<AnyView> {
    // Of two moments the heading says which is which.
    let one = cx.param("against").is_none() && cx.path != COMPARE;
    let at = as_of.filter(|_| one && cx.wanted().is_ok_and(|w| w != Wanted::Now))?;
    Some(
        view! {
            <p class="banner past" role="status">
                <span>"You're viewing "<strong>{as_of_words(at)}</strong>". Read-only."</span>
                <a href=cx.with(&[("as_of", "")])>"Return to now"</a>
            </p>
        }
        .into_any(),
    )
}

/// Why the moment asked for is not shown, above the page of now.
pub fn refusal(refused: &Refused) -> AnyView {
    view! {
        <p class="banner bad" role="alert">{icon(Tone::Bad)}<span>{refused.why.clone()}" This page shows now."</span></p>
    }
    .into_any()
}

/// A link that leads to an action, shown but dead on a page of the past, with the reason.
pub fn action(cx: &PageContext, href: &str, label: &'static str, primary: bool) -> AnyView {
    let class = if primary { "btn primary" } else { "btn" };
    if cx.is_now() {
        return view! { <a class=class href=href.to_owned()>{label}</a> }.into_any();
    }
    let why = "You're viewing the past. Return to now to make changes.";
    view! { <span class="btn off" role="link" aria-disabled="true" title=why>{label}<span class="vh">{format!(". {why}")}</span></span> }
        .into_any()
}
