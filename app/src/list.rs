//! A list on a page, whatever its noun: search, filters as links, the table, what stands where it is empty, the pager and
//! the way to the CSV. Fields, headings and orders are the listing's; a page only says how some of its cells look.

use crate::context::{PageContext, encode};
use domain::asof::AsOf;
use domain::listing::{Datum, Field, Sorted};
use domain::query::Asked;
use domain::text;
use leptos::prelude::*;
use service::listing::{self, Listing, PAGE, Sheet};
use service::{Error, Read};
use ui::{Cell, Direction, Head, cell, number, numeric, time};

/// The page's stretch of a list, and what it is narrowed to.
pub async fn load<L: Listing>(cx: &PageContext, read: &mut Read) -> Result<(L::Filter, Sheet<L::Row>), Error> {
    let asked = Asked::new(cx.query.clone());
    let filter = listing::asked::<L>(&asked)?;
    let sheet = L::sheet(read, &filter, asked.get("after"), PAGE).await?;
    Ok((filter, sheet))
}

/// A last column of the page's own, for what can be done.
pub type Last<'a, R> = Option<(&'static str, &'a dyn Fn(&R) -> AnyView)>;

/// The card with the table. `rich` gives the cells that are more than their value; `nothing` stands where there is no row
/// and nothing narrows the list.
pub fn card<L: Listing>(
    cx: &PageContext,
    sheet: &Sheet<L::Row>,
    label: &'static str,
    rich: impl Fn(&str, &L::Row) -> Option<AnyView>,
    last: Last<'_, L::Row>,
    nothing: AnyView,
) -> AnyView {
    let shown: Vec<Field<L::Row>> = L::FIELDS.iter().filter(|f| f.heading.is_some()).copied().collect();
    let first = shown.iter().find_map(|f| f.sort).map(|(word, _)| word);
    let heads = shown.iter().map(|f| head(cx, f, first)).chain(last.map(|(label, _)| Head::new(label))).collect();
    let rows = sheet.rows.iter().map(|row| {
        let cells = shown.iter().map(|f| match rich(f.name, row) {
            Some(inside) if f.is_numeric() => numeric(inside),
            Some(inside) => cell(inside),
            None => plain(&(f.of)(row), sheet.as_of),
        });
        cells.chain(last.map(|(_, act)| cell(act(row)))).collect::<Vec<_>>()
    });
    let table = ui::table(label, None, heads, rows);
    view! {
        <section class="card">
            {(!sheet.rows.is_empty()).then_some(table)}
            {sheet.rows.is_empty().then(|| empty(cx, nothing))}
            {pager(cx, sheet.next.as_deref())}
        </section>
    }
    .into_any()
}

fn head<R>(cx: &PageContext, field: &Field<R>, first: Option<&'static str>) -> Head {
    let (label, numeric) = (field.heading.unwrap_or_default(), field.is_numeric());
    let Some((word, how)) = field.sort else { return Head { label, numeric, ..Head::default() } };
    let now = cx.param("sort").or(first).unwrap_or_default();
    let (to, sorted) = match how {
        Sorted::Up => (word, (now == word).then_some(Direction::Up)),
        Sorted::Down => (word, (now == word).then_some(Direction::Down)),
        Sorted::Turning(other) if now == other => (word, Some(Direction::Up)),
        Sorted::Turning(other) => (other, (now == word).then_some(Direction::Down)),
    };
    Head { label, numeric, href: Some(cx.with(&[("sort", to)])), sorted }
}

fn plain(value: &Datum, as_of: AsOf) -> Cell {
    match value {
        Datum::Nothing => cell(""),
        Datum::Text(text) | Datum::Json(text) => cell(text::capped(text, 200)),
        Datum::Number(n) => numeric(number(*n)),
        Datum::Flag(flag) => cell(if *flag { "yes" } else { "no" }),
        Datum::Time(at) => numeric(time(*at, as_of.at)),
    }
}

/// Parameters that do not narrow a list.
const OTHERS: [&str; 7] = ["as_of", "sort", "after", "once", "for", "invite", "preset"];

fn empty(cx: &PageContext, nothing: AnyView) -> AnyView {
    let narrowed = cx.query.iter().any(|(k, v)| !OTHERS.contains(&k.as_str()) && !v.is_empty());
    if !narrowed {
        return view! { <div class="empty">{nothing}</div> }.into_any();
    }
    view! { <div class="empty"><h2>"Nothing matches"</h2><p><a href=cx.link(&cx.path)>"Clear filters"</a></p></div> }.into_any()
}

pub fn pager(cx: &PageContext, next: Option<&str>) -> impl IntoView + use<> {
    let first = cx.param("after").map(|_| cx.with(&[]));
    let next = next.map(|cursor| {
        let base = cx.with(&[]);
        let joint = if base.contains('?') { '&' } else { '?' };
        format!("{base}{joint}after={}", encode(cursor))
    });
    view! {
        <footer class="pager">
            <span>{first.map(|href| view! { <a class="btn" href=href>"First page"</a> })}</span>
            {next.map(|href| view! { <a class="btn" href=href rel="next">"Next 50"</a> })}
        </footer>
    }
}

/// The way to all rows of the list as a file: narrowed and of the same state as the page.
pub fn csv(cx: &PageContext) -> impl IntoView + use<> {
    let here = cx.with(&[("once", "")]);
    let href = here.replacen(&cx.path, &format!("{}.csv", cx.path), 1);
    view! { <a class="btn" href=href>"Download CSV"</a> }
}

/// A filter as a link: it narrows the list, or, where it does already, takes the narrowing off. What cannot stand beside it goes.
pub fn chip(cx: &PageContext, (name, word): (&'static str, &str), label: impl Into<String>, instead_of: &[&'static str]) -> AnyView {
    let here = cx.param(name) == Some(word);
    let mut changes: Vec<(&str, &str)> = instead_of.iter().map(|n| (*n, "")).collect();
    changes.push((name, if here { "" } else { word }));
    ui::chip(cx.with(&changes), label, here).into_any()
}

/// A choice of words that narrows a list.
pub fn choice(name: &'static str, label: &'static str, options: Vec<(String, String)>, now: String) -> impl IntoView {
    view! {
        <label>
            {label}
            <select name=name>
                <option value="">"any"</option>
                {options.into_iter().map(|(word, text)| { let here = word == now; view! { <option value=word selected=here>{text}</option> } }).collect_view()}
            </select>
        </label>
    }
}

/// A search over this list that keeps its other filters.
pub fn search(cx: &PageContext, what: &'static str) -> impl IntoView + use<> {
    let keep: Vec<(String, String)> = cx.query.iter().filter(|(k, _)| !["q", "after", "once"].contains(&k.as_str())).cloned().collect();
    let now = cx.param("q").unwrap_or_default().to_owned();
    view! {
        <form class="row filters" role="search" method="get" action=cx.path.clone()>
            {keep.into_iter().map(|(k, v)| view! { <input type="hidden" name=k value=v/> }).collect_view()}
            <input class="find" name="q" value=now aria-label=what placeholder=what autocomplete="off"/>
            <button class="btn" type="submit">"Search"</button>
        </form>
    }
}
