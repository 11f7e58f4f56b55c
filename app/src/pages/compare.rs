//! Two moments compared, of everything, of a source or of an identity: which moment is which, the figures of both, and what
//! differs, identity by identity.

use super::Content;
use crate::context::{PageContext, as_of_words, encode};
use crate::{comparison, moment};
use domain::asof::{AsOf, Wanted};
use domain::comparison::Figures;
use domain::difference::{How, Thing};
use domain::permission::Action;
use domain::privilege::Class;
use domain::query::{Asked, Filter as _};
use domain::text;
use domain::time::Timestamp;
use leptos::prelude::*;
use service::comparison::{self as compared, Filter, Page, Sides, Subject};
use service::{Error, Read};
use ui::{Head, cell, class_word, counted, number, numeric};

#[component]
pub fn Compare() -> impl IntoView {
    super::page(|cx, read| Box::pin(async move { content(&cx, read).await }))
}

/// The comparison that an address asks for: what it is of follows from `of`, else from the page it was asked on.
pub async fn content(cx: &PageContext, read: &mut Read) -> Result<Content, Error> {
    cx.viewer()?.authorise(Action::ReadInventory)?;
    let own = ["as_of", "against", "of", "thing", "how", "after"];
    let pairs = cx.query.iter().filter(|(k, _)| own.contains(&k.as_str())).cloned().collect();
    let asked = Asked::new(pairs);
    let mut filter = Filter::parse(&asked)?;
    filter.of = filter.of.or_else(|| moment::about(cx));
    let as_of = read.as_of();
    let sides = match compared::sides(read, cx.param("against")).await {
        Ok(sides) => sides,
        Err(error) if error.field() == Some("against") => {
            let why = cx.param("against").map(|_| error.reason());
            let subject = compared::subject(read, filter.of, as_of.seq).await?;
            let content = Content::new("Compare", Some(as_of), unchosen(cx, as_of.at, &subject, why.as_deref()));
            return Ok(if why.is_some() { content.refused() } else { content });
        }
        Err(error) => return Err(error),
    };
    let model = compared::page(read, sides, &filter, cx.param("after")).await?;
    let newest = matches!(cx.wanted(), Ok(Wanted::Now)) && !sides.swapped;
    Ok(Content::new("Compare", Some(as_of), body(cx, &model, &filter, newest)))
}

/// The page without a second moment, or with one that cannot be read: the form, and moments to choose.
fn unchosen(cx: &PageContext, at: Timestamp, subject: &Subject, why: Option<&str>) -> AnyView {
    view! {
        <div class="head"><div>
            <p class="crumb">{of(cx, subject)}</p>
            <h1>"Compare two moments"</h1>
            <p class="say">"See what changed between two moments: access gained and lost, surfaces with their words, owners."</p>
        </div></div>
        {form(cx, (cx.param("against").unwrap_or_default(), cx.param("as_of").unwrap_or_default()), at, subject, why)}
    }
    .into_any()
}

fn of(cx: &PageContext, subject: &Subject) -> AnyView {
    match subject {
        Subject::Everything => "Everything".into_any(),
        Subject::Identity(id, name) => {
            view! { <a href=cx.link("/identities")>"Identities"</a>" / "<a href=cx.link(&format!("/identities/{id}"))>{text::capped(name, 60)}</a> }
                .into_any()
        }
        Subject::Source(id, name) => {
            view! { <a href=cx.link("/settings/sources")>"Sources"</a>" / "<a href=cx.link(&format!("/settings/sources/{id}"))>{text::capped(name, 60)}</a> }
                .into_any()
        }
    }
}

fn id_of(subject: &Subject) -> Option<String> {
    match subject {
        Subject::Everything => None,
        Subject::Identity(id, _) => Some(id.to_string()),
        Subject::Source(id, _) => Some(id.to_string()),
    }
}

/// From when, to when, of what: a plain form. `at` is the moment that is compared with others.
fn form(cx: &PageContext, (from, to): (&str, &str), at: Timestamp, subject: &Subject, why: Option<&str>) -> impl IntoView + use<> {
    let choice = id_of(subject).map(|id| {
        let name = match subject {
            Subject::Identity(_, name) | Subject::Source(_, name) => text::capped(name, 60),
            Subject::Everything => String::new(),
        };
        view! { <label>"Of"<select name="of"><option value=id selected=true>{name}</option><option value="">"Everything"</option></select></label> }
    });
    let invalid = why.is_some();
    let said = why.map(|why| view! { <span id="against-said" class="field-error">{why.to_owned()}</span> });
    let presets = moment::compare_presets(cx, at, None);
    view! {
        <form class="row compare" action="/compare" method="get">
            <label>"From"<input name="against" value=from.to_owned() placeholder="7 days ago" autocomplete="off" aria-invalid=invalid.then_some("true") aria-describedby=invalid.then_some("against-said") autofocus=invalid/>{said}</label>
            <label>"To"<input name="as_of" value=to.to_owned() placeholder="now" autocomplete="off"/></label>
            {choice}
            <button class="btn" type="submit">"Compare"</button>
        </form>
        <div class="row" role="group" aria-label="Moments to compare with">{presets}</div>
    }
}

/// A moment as the heading says it.
fn said(at: AsOf, now: bool) -> String {
    if now { "now".to_owned() } else { as_of_words(at) }
}

fn body(cx: &PageContext, m: &Page, filter: &Filter, newest: bool) -> AnyView {
    let (from, to) = (said(m.sides.from, false), said(m.sides.to, newest));
    let later = later(cx, m.sides, newest);
    let note =
        m.sides.swapped.then(|| view! { <p class="small muted">"The later moment was given first. The older one stands first here."</p> });
    let shown = (m.sides.from, m.sides.to);
    let typed = (as_of_words(shown.0), if newest { String::new() } else { as_of_words(shown.1) });
    let all = |c: &domain::comparison::Changed| {
        let alone = matches!(m.subject, Subject::Identity(..));
        c.identity.filter(|_| !alone).map(|id| address(m.sides, newest, &[("of", &id.to_string())]))
    };
    view! {
        <div class="head">
            <div>
                <p class="crumb">"Compare / "{of(&later, &m.subject)}</p>
                <h1>{format!("{} compared with {}", capital(&from), to)}</h1>
                <p class="say">{sentence(m)}</p>
                {note}
            </div>
            <div class="row"><a class="btn" href=csv(m, filter)>"Download CSV"</a></div>
        </div>
        {form(cx, (&typed.0, &typed.1), shown.1.at, &m.subject, None)}
        <div class="row" role="group" aria-label="Show only">{chips(m, filter, newest)}</div>
        {classes(m, newest)}
        {comparison::cards(&later, &m.changed, &all)}
        {m.changed.is_empty().then(|| nothing(m, filter, newest))}
        {more(m, filter, newest)}
    }
    .into_any()
}

fn capital(words: &str) -> String {
    let mut chars = words.chars();
    chars.next().map(|c| c.to_ascii_uppercase().to_string() + chars.as_str()).unwrap_or_default()
}

/// Links of the page lead to the newer moment, where what came is there.
fn later(cx: &PageContext, sides: Sides, newest: bool) -> PageContext {
    let mut cx = cx.at_now();
    if !newest {
        cx.query.push(("as_of".to_owned(), sides.to.to_string()));
    }
    cx
}

/// What is said first: exact where the page holds all of it.
fn sentence(m: &Page) -> String {
    if m.whole {
        return Figures::of(&m.changed).sentence();
    }
    let n = |n: i64| if m.more { format!("At least {}", number(n)) } else { number(n) };
    let c = m.counted;
    format!(
        "{} {} between the two moments: {} changed, {} added, {} removed.",
        n(c.all()),
        if c.all() == 1 { "identity differs" } else { "identities differ" },
        number(c.changed),
        number(c.added),
        number(c.removed)
    )
}

/// The address of a comparison of the same moments.
fn address(sides: Sides, newest: bool, more: &[(&str, &str)]) -> String {
    let mut pairs = vec![("against", sides.from.to_string())];
    if !newest {
        pairs.push(("as_of", sides.to.to_string()));
    }
    pairs.extend(more.iter().filter(|(_, v)| !v.is_empty()).map(|(k, v)| (*k, (*v).to_owned())));
    let text: Vec<String> = pairs.iter().map(|(k, v)| format!("{k}={}", encode(v))).collect();
    format!("/compare?{}", text.join("&"))
}

/// The list of what is shown, of these very moments.
fn csv(m: &Page, filter: &Filter) -> String {
    let of = id_of(&m.subject).unwrap_or_default();
    let (thing, how) = words_of(filter);
    address(m.sides, false, &[("of", &of), ("thing", thing), ("how", how)]).replacen("/compare?", "/compare.csv?", 1)
}

fn words_of(filter: &Filter) -> (&'static str, &'static str) {
    (filter.thing.map_or("", Thing::as_str), filter.how.map_or("", How::as_str))
}

/// What can be shown alone, with how many where the page holds all of it.
fn chips(m: &Page, filter: &Filter, newest: bool) -> AnyView {
    let f = Figures::of(&m.changed);
    let of = id_of(&m.subject).unwrap_or_default();
    let all: [(&'static str, &'static str, &'static str, i64); 9] = [
        ("Access gained", "grant", "added", f.gained),
        ("Access lost", "grant", "removed", f.lost),
        ("Denies and boundaries", "limit", "", f.limits),
        ("Surfaces", "surface", "", f.surfaces),
        ("Tools", "tool", "", f.tools),
        ("Owners and records", "record", "", f.records),
        ("Credentials", "credential", "", f.credentials),
        ("Identities added", "identity", "added", f.added),
        ("Identities removed", "identity", "removed", f.removed),
    ];
    let here = words_of(filter);
    let chips = all.into_iter().filter(|(_, thing, how, n)| !m.whole || *n > 0 || here == (*thing, *how)).map(|(label, thing, how, n)| {
        let label = if m.whole { format!("{label} {}", number(n)) } else { label.to_owned() };
        ui::chip(address(m.sides, newest, &[("of", &of), ("thing", thing), ("how", how)]), label, here == (thing, how))
    });
    let chips = chips.collect_view();
    view! { {ui::chip(address(m.sides, newest, &[("of", &of)]), "All", here == ("", ""))}{chips} }.into_any()
}

/// Grants by highest class at both moments; of everything each figure leads to its grants.
fn classes(m: &Page, newest: bool) -> Option<AnyView> {
    let both = m.classes.filter(|all| all.iter().any(|(a, b)| a + b > 0))?;
    let linked = m.subject == Subject::Everything;
    let figure = |class: Class, n: i64, at: Option<AsOf>| {
        if !linked || n == 0 {
            return number(n).into_any();
        }
        let then = at.map(|at| format!("&as_of={}", encode(&at.to_string()))).unwrap_or_default();
        view! { <a href=format!("/grants?class={}{then}", class.as_str())>{number(n)}</a> }.into_any()
    };
    let rows = Class::ALL.iter().zip(both).filter(|(_, (a, b))| a + b > 0).map(|(class, (a, b))| {
        let change = match b - a {
            0 => number(0),
            n if n > 0 => format!("+{}", number(n)),
            n => format!("\u{2212}{}", number(-n)),
        };
        let to = (!newest).then_some(m.sides.to);
        vec![cell(class_word(*class)), numeric(figure(*class, a, Some(m.sides.from))), numeric(figure(*class, b, to)), numeric(change)]
    });
    let heads = vec![Head::new("Highest class"), Head::numeric("Before"), Head::numeric("After"), Head::numeric("Change")];
    let (before, after): (i64, i64) = (both.iter().map(|b| b.0).sum(), both.iter().map(|b| b.1).sum());
    let said = format!("{} before, {} after", counted(before, "grant", "grants"), number(after));
    let table = ui::table("Grants by highest class", None, heads, rows.collect::<Vec<_>>());
    Some(view! { <section class="card"><header><h2>"Grants by highest class"</h2><span class="small muted">{said}</span></header>{table}</section> }.into_any())
}

fn nothing(m: &Page, filter: &Filter, newest: bool) -> AnyView {
    if m.next.is_some() {
        return view! { <section class="card"><div class="empty"><h2>"Nothing found yet"</h2><p>"Nothing among the newest changes matches. Older changes follow on the next page."</p></div></section> }.into_any();
    }
    let of = id_of(&m.subject).unwrap_or_default();
    let narrowed = words_of(filter) != ("", "");
    let off = narrowed.then(|| view! { <p><a href=address(m.sides, newest, &[("of", &of)])>"Clear filters"</a></p> });
    let said = if narrowed { "Nothing matches" } else { "Nothing changed" };
    let why = (!narrowed).then(|| view! { <p>"Both moments show the same. Choose an earlier one to compare with."</p> });
    view! { <section class="card"><div class="empty"><h2>{said}</h2>{why}{off}</div></section> }.into_any()
}

fn more(m: &Page, filter: &Filter, newest: bool) -> Option<AnyView> {
    let next = m.next.as_deref()?;
    let of = id_of(&m.subject).unwrap_or_default();
    let (thing, how) = words_of(filter);
    let href = address(m.sides, newest, &[("of", &of), ("thing", thing), ("how", how), ("after", next)]);
    Some(
        view! { <footer class="pager"><span>"Newest changes first"</span><a class="btn" href=href rel="next">"Next page"</a></footer> }
            .into_any(),
    )
}
