//! The inbox: what waits for the reader, why them, and until when; what waits for others apart. The severest first, then
//! the oldest; the whole of it by keyboard.

use super::{direction, state, talk};
use crate::context::PageContext;
use crate::pages::{Content, page};
use domain::asof::AsOf;
use domain::change::route::Column;
use domain::change::{Direction, State};
use domain::permission::Action;
use domain::text;
use leptos::prelude::*;
use service::changes::{self, Item, Narrowed, Why};
use ui::{ErrorSummary, counted, number, time_words};

#[component]
pub fn Inbox() -> impl IntoView {
    page(|cx, read| {
        Box::pin(async move {
            cx.viewer()?.authorise(Action::ReadChanges)?;
            service::only_now(cx.wanted()?)?;
            let to = Narrowed {
                direction: cx.param("direction").and_then(Direction::parse),
                column: cx.param("column").and_then(Column::parse),
            };
            let inbox = changes::inbox(read, to).await?;
            let as_of = read.as_of();
            Ok(Content::new("Inbox", Some(as_of), body(&cx, &inbox, as_of)))
        })
    })
}

fn body(cx: &PageContext, inbox: &changes::Inbox, as_of: AsOf) -> AnyView {
    let (mine, others): (Vec<&Item>, Vec<&Item>) = (inbox.mine.iter().collect(), inbox.others.iter().collect());
    let first = mine.first().map(|i| format!("/changes/{}?from=inbox", i.row.id));
    view! {
        <div class="head">
            <div><h1>"Inbox"</h1><p>{sentence(&inbox.waiting)}</p></div>
            <div class="row">{first.map(|href| view! { <a class="btn primary" href=href>"Open next"</a> })}</div>
        </div>
        <ErrorSummary sent=cx.flash.clone()/>
        {chips(cx, &inbox.waiting)}
        {waiting(&mine, inbox, as_of, cx)}
        {(!others.is_empty()).then(|| elsewhere(&others, inbox.others_all, as_of, cx))}
    }
    .into_any()
}

fn sentence(mine: &[(Direction, Column)]) -> String {
    let severe = mine.iter().filter(|(direction, _)| *direction >= Direction::Widens).count() as i64;
    match mine.len() as i64 {
        0 => "Nothing waits for you.".to_owned(),
        n => {
            let widen = if severe > 0 {
                format!(" {} access or reach what governs it.", counted(severe, "widens", "widen"))
            } else {
                String::new()
            };
            format!("{} for you.{widen}", counted(n, "change waits", "changes wait"))
        }
    }
}

/// By direction and by place, with how many of those that wait for the reader.
fn chips(cx: &PageContext, mine: &[(Direction, Column)]) -> Option<AnyView> {
    let chip = |name: &'static str, word: &str, label: &str, n: usize| {
        let here = cx.param(name) == Some(word);
        let href = cx.with(&[(name, if here { "" } else { word })]);
        let label = if here { format!("{label} ✕") } else { format!("{label} {n}") };
        (n > 0 || here).then(|| ui::chip(href, label, here))
    };
    let none = cx.param("direction").is_none() && cx.param("column").is_none();
    let ways = Direction::ALL
        .iter()
        .rev()
        .map(|d| chip("direction", d.as_str(), d.label(), mine.iter().filter(|(way, _)| way == d).count()))
        .collect_view();
    let columns = Column::ALL
        .iter()
        .rev()
        .map(|c| chip("column", c.as_str(), c.label(), mine.iter().filter(|(_, column)| column == c).count()))
        .collect_view();
    (!mine.is_empty()).then(|| {
        view! {
            <div class="row filters" role="group" aria-label="Filters">
                {ui::chip("/inbox".to_owned(), format!("All {}", mine.len()), none)}
                {ways}
                {columns}
            </div>
        }
        .into_any()
    })
}

fn waiting(shown: &[&Item], inbox: &changes::Inbox, as_of: AsOf, cx: &PageContext) -> AnyView {
    if inbox.waiting.is_empty() {
        return view! {
            <section class="card"><div class="empty">
                <h2>"Nothing waits for you"</h2>
                <p>"Changes that you can approve, consent to or answer are listed here."</p>
                <a class="btn" href="/changes">"View all changes"</a>
            </div></section>
        }
        .into_any();
    }
    if shown.is_empty() {
        return view! { <section class="card"><div class="empty"><h2>"Nothing matches"</h2><p><a href="/inbox">"Clear filters"</a></p></div></section> }
            .into_any();
    }
    view! {
        <section class="card" aria-label="Changes that wait for you">
            <header><h2>"Your turn"</h2><span class="small muted">"highest risk first, then oldest"</span></header>
            <ol class="inbox" data-rows="">{groups(shown).into_iter().map(|group| row(&group, as_of, cx, true)).collect_view()}</ol>
            {cut(shown.len(), inbox.mine_all)}
            <footer class="keys">{keys()}</footer>
        </section>
    }
    .into_any()
}

/// Those with the identical effect stand together; nothing else does.
fn groups<'a>(items: &[&'a Item]) -> Vec<Vec<&'a Item>> {
    let mut out: Vec<Vec<&Item>> = Vec::new();
    for item in items {
        match out.iter_mut().find(|g| g[0].row.effect_digest == item.row.effect_digest) {
            Some(group) => group.push(item),
            None => out.push(vec![item]),
        }
    }
    out
}

/// That not everything is shown.
fn cut(shown: usize, all: usize) -> Option<AnyView> {
    (all > shown).then(|| {
        let said = format!("The first {} of {} are shown. ", number(shown as i64), number(all as i64));
        view! { <p class="small muted pad">{said}<a href="/changes">"View all changes"</a></p> }.into_any()
    })
}

fn elsewhere(rest: &[&Item], all: usize, as_of: AsOf, cx: &PageContext) -> AnyView {
    view! {
        <section class="card" aria-label="Changes that wait for others">
            <header><h2>"Not your turn"</h2><span class="small muted">{format!("{}: nothing to do for you", counted(all as i64, "change", "changes"))}</span></header>
            <ol class="inbox">{rest.iter().map(|item| row(&[*item], as_of, cx, false)).collect_view()}</ol>
            {cut(rest.len(), all)}
        </section>
    }
    .into_any()
}

fn row(group: &[&Item], as_of: AsOf, cx: &PageContext, mine: bool) -> AnyView {
    let item = group[0];
    let r = &item.row;
    let href = format!("/changes/{}{}", r.id, if mine { "?from=inbox" } else { "" });
    let others = group[1..]
        .iter()
        .map(|i| view! { <li><a href=format!("/changes/{}?from=inbox", i.row.id)>{text::visible(&i.row.sentence)}</a></li> });
    let more = (group.len() > 1).then(|| {
        view! { <details class="sub"><summary>{format!("{} with the identical effect", counted(group.len() as i64 - 1, "more change", "more changes"))}</summary><ul class="list">{others.collect_view()}</ul></details> }
    });
    let why = if mine { reasons(item) } else { turn(item) };
    view! {
        <li class="it">
            <div class="what">
                <a href=href>{text::visible(&r.sentence)}</a>
                <p class="sub">"Asked by "{talk::who(cx, &r.asked_by)}{format!(", {}. {why}", time_words(r.asked_at, as_of.at))}</p>
                {more}
            </div>
            <div class="st">{direction(r.direction)}{ui::tag(r.column.label())}</div>
            <div class="st"><span><span class="muted">"ends "</span><strong>{time_words(r.review_ends_at, as_of.at)}</strong></span>{(r.state != State::InReview).then(|| state(r.state))}</div>
        </li>
    }
    .into_any()
}

/// Why the reader is asked.
fn reasons(item: &Item) -> String {
    let why = item.mine.iter().map(|w| match w {
        Why::Decide => "You can decide on it.".to_owned(),
        Why::Consent(kind) => format!("Your consent as {} is needed.", kind.label()),
        Why::Answer => "Your answer is needed: a reviewer has a question.".to_owned(),
    });
    why.collect::<Vec<_>>().join(" ")
}

/// Whose turn it is, where it is not the reader's.
fn turn(item: &Item) -> String {
    const NAMED: usize = 3;
    let names: Vec<String> = item.turn.iter().take(NAMED).map(|n| text::capped(n, 40)).collect();
    let more = item.turn.len().saturating_sub(NAMED);
    match (names.len(), more) {
        (0, _) if item.row.state == State::Approved => "Approved: it is applied, or its wait runs.".to_owned(),
        (0, _) => "Nobody can decide on it now.".to_owned(),
        (_, 0) => format!("Turn of {}.", names.join(", ")),
        (_, n) => format!("Turn of {} and {n} more.", names.join(", ")),
    }
}

fn keys() -> AnyView {
    let key = |keys: &'static [&'static str], what: &'static str| {
        view! { <span>{keys.iter().map(|k| view! { <kbd>{*k}</kbd> }).collect_view()}" "{what}</span> }
    };
    view! {
        {key(&["j", "k"], "move")}
        {key(&["o"], "open")}
        {key(&["a"], "approve")}
        {key(&["r"], "reject")}
        {key(&["q"], "ask")}
        {key(&["s"], "step aside")}
        {key(&["?"], "all keys")}
    }
    .into_any()
}
