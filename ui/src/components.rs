//! Badges with word, shape and colour together, notes, times, numbers, bars. They show values.

use domain::privilege::{Class, Classes};
use domain::time::{Timestamp, relative};
use leptos::prelude::*;

/// A meaning: each has a word, a shape and a colour, always together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Ok,
    Warn,
    Bad,
    Unknown,
    Info,
    /// What reaches its own controls.
    Loop,
}

impl Tone {
    pub fn class(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Unknown => "",
            Self::Info => "info",
            Self::Loop => "loop",
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Ok => "M6.4 12.4 2 8l1.5-1.5 2.9 2.9 6.1-6.1L14 4.8z",
            Self::Warn => "M8 1.5 15.5 15H.5zM7.2 6v4.5h1.6V6zm0 5.7v1.6h1.6v-1.6z",
            Self::Bad => {
                "M5 1h6l4 4v6l-4 4H5l-4-4V5zm.6 3.2L4.2 5.6 6.6 8l-2.4 2.4 1.4 1.4L8 9.4l2.4 2.4 1.4-1.4L9.4 8l2.4-2.4-1.4-1.4L8 6.6z"
            }
            Self::Loop => {
                "M8 2a6 6 0 0 1 5.7 4.1l1.8-.3-2.7 3.6L9.5 6.7l1.9-.3A3.8 3.8 0 0 0 4.7 6.2L2.8 5A6 6 0 0 1 8 2M3.2 6.6 6.5 9.3l-1.9.3a3.8 3.8 0 0 0 6.7.2l1.9 1.2A6 6 0 0 1 2.3 9.9l-1.8.3z"
            }
            Self::Unknown | Self::Info => {
                "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1m0 1.6a5.4 5.4 0 1 1 0 10.8A5.4 5.4 0 0 1 8 2.6M4.5 7.2h7v1.6h-7z"
            }
        }
    }
}

pub fn icon(tone: Tone) -> impl IntoView {
    view! { <svg viewBox="0 0 16 16" aria-hidden="true"><path d=tone.path() fill-rule="evenodd"></path></svg> }
}

/// A meaning as a word with its shape; what only says what something is (`Tone::Info`) is a tag, without one.
pub fn badge(tone: Tone, word: impl Into<String>) -> impl IntoView {
    if tone == Tone::Info {
        return tag(word).into_any();
    }
    view! { <span class=format!("badge {}", tone.class())>{icon(tone)}{word.into()}</span> }.into_any()
}

/// What something is: a kind, a role, a format, a method. It says nothing good or bad and has no shape.
pub fn tag(word: impl Into<String>) -> impl IntoView {
    view! { <span class="tag">{word.into()}</span> }
}

/// A class of privilege: its colour, the same in every chart and list, and its word.
pub fn class_word(class: Class) -> impl IntoView {
    class_said(class, class.label().to_owned())
}

/// The same with a number or a reason behind the word.
pub fn class_said(class: Class, said: String) -> impl IntoView {
    view! { <span class="cls"><i class=series(class) aria-hidden="true"></i>{said}</span> }
}

/// The stylesheet's class of a class of privilege.
pub fn series(class: Class) -> &'static str {
    match class {
        Class::FullControl => "q-full",
        Class::Admin => "q-adm",
        Class::Secrets => "q-sec",
        Class::Destructive => "q-dest",
        Class::Write => "q-write",
        Class::Read => "q-read",
    }
}

/// A coloured note with a heading.
pub fn note(tone: Tone, heading: impl Into<String>, text: impl Into<String>) -> impl IntoView {
    view! {
        <section class=format!("note {}", tone.class())>
            {icon(tone)}
            <div><h2>{heading.into()}</h2><p class="small">{text.into()}</p></div>
        </section>
    }
}

pub fn class_tone(class: Class) -> Tone {
    match class {
        Class::Read => Tone::Unknown,
        Class::Write => Tone::Info,
        Class::Destructive => Tone::Warn,
        Class::FullControl | Class::Admin | Class::Secrets => Tone::Bad,
    }
}

/// The highest class, then what else the grant reaches, then the wildcard mark.
pub fn classes(classes: Classes) -> impl IntoView {
    let mark = classes.wildcard().then(|| badge(Tone::Warn, "wildcard"));
    view! { <span class="badges">{classes.iter().map(class_word).collect_view()}{mark}</span> }
}

/// A text that is copied somewhere else: one click selects it, and with a script a button copies it.
pub fn copied(text: impl Into<String>) -> impl IntoView {
    view! { <code class="all">{text.into()}</code>{copy()} }
}

/// The same on lines of its own.
pub fn copied_line(text: impl Into<String>) -> impl IntoView {
    view! { <code class="quote all">{text.into()}</code>{copy()} }
}

/// Copies what stands ahead of it. Without a script it is not there, and nothing moves.
fn copy() -> impl IntoView {
    view! { <button class="btn copy" type="button">"Copy"</button> }
}

/// A filter as a link, marked where it is in force.
pub fn chip(href: String, label: impl Into<String>, here: bool) -> impl IntoView {
    view! { <a class="chip" href=href aria-current=here.then_some("true")>{label.into()}</a> }
}

/// How a page says when something happened: how long ago, where nothing says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dates {
    /// As a date, on pages of the past: nothing there was just now.
    Written,
}

/// When something happened, with the exact instant; relative to the instant the page is as of, or written out on a page of the past.
pub fn time(at: Timestamp, now: Timestamp) -> impl IntoView {
    view! { <time datetime=at.rfc3339() title=at.rfc3339()>{time_words(at, now)}</time> }
}

/// `3 hours ago`, for a sentence; on a page of the past `28 Jul 2026, 01:23 UTC`.
pub fn time_words(at: Timestamp, now: Timestamp) -> String {
    match use_context::<Dates>() {
        Some(Dates::Written) => format!("{} UTC", at.moment()),
        None => relative(at, now),
    }
}

/// `1284` as `1,284`.
pub fn number(n: impl Into<i64>) -> String {
    let n = n.into();
    let digits = n.abs().to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    if n < 0 { format!("-{out}") } else { out }
}

/// `1 identity`, `2 identities`.
pub fn counted(n: i64, one: &str, many: &str) -> String {
    format!("{} {}", number(n), if n == 1 { one } else { many })
}

/// One labelled bar that is also a link; `share` is 0 to 1.
pub fn bar(href: String, label: &str, n: i64, share: f64, series: &'static str) -> impl IntoView + use<> {
    let width = format!("{:.1}", (share * 100.0).clamp(0.0, 100.0));
    view! {
        <a href=href>
            <span>{label.to_owned()}</span>
            <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
                <rect class="track" width="100" height="6"></rect>
                <rect class=series width=width height="6"></rect>
            </svg>
            <span class="num">{number(n)}</span>
        </a>
    }
}

/// How much of a figure is unclear whether it is people's, as a link: where the figure leads, narrowed to those.
/// Nothing where that is nothing.
pub fn unclear(figure: &str, n: i64, said: &'static str) -> Option<impl IntoView + use<>> {
    let href = if figure.contains("people=no") {
        figure.replacen("people=no", "human=unclear", 1)
    } else {
        format!("{figure}{}human=unclear", if figure.contains('?') { '&' } else { '?' })
    };
    (n > 0).then(move || view! { <p class="small muted"><a href=href>{format!("{} {said}", number(n))}</a></p> })
}

/// What `unclear` says of identities, and of grants: behind a number, and for one as for many.
pub const WHETHER_PEOPLE: &str = "of these may belong to people";
pub const HELD_BY_UNCLEAR: &str = "held by accounts that may belong to people";

/// Share of read, write and privileged grants as one small bar.
pub fn mix(read: i64, write: i64, privileged: i64) -> impl IntoView {
    let total = (read + write + privileged).max(1);
    let part = |n: i64| n * 100 / total;
    let (r, w) = (part(read), part(write));
    let p = if read + write + privileged == 0 { 0 } else { 100 - r - w };
    view! {
        <svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label=format!("{r} % read, {w} % write, {p} % privileged")>
            <rect x="0" width=r.to_string() height="8"></rect>
            <rect x=r.to_string() width=w.to_string() height="8"></rect>
            <rect x=(r + w).to_string() width=p.to_string() height="8"></rect>
        </svg>
    }
}
