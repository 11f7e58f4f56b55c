//! All changes: filters as links with how many there are, newest first.

use super::{direction, state, talk};
use crate::context::PageContext;
use crate::list;
use crate::moment;
use crate::pages::{Content, page};
use domain::change::{Direction, State};
use domain::permission::Action;
use domain::query::changes::Filter;
use domain::text;
use leptos::prelude::*;
use service::changes::{self, Counted, Row};
use service::listing::Sheet;
use ui::{ErrorSummary, counted, number};

#[component]
pub fn List() -> impl IntoView {
    page(|cx, read| {
        Box::pin(async move {
            let (filter, sheet) = list::load::<changes::List>(&cx, read).await?;
            let counts = changes::counts(read).await?;
            Ok(Content::new("Changes", Some(sheet.as_of), body(&cx, &sheet, &filter, &counts)))
        })
    })
}

fn sentence(counts: &Counted) -> String {
    let review = counts.of(Some(State::InReview), None) + counts.of(Some(State::NeedsInformation), None);
    match counts.all() {
        0 => "A change asks for something other than people approved before.".to_owned(),
        n => format!("{}. {} in review.", counted(n, "change", "changes"), number(review)),
    }
}

fn body(cx: &PageContext, sheet: &Sheet<Row>, filter: &Filter, counts: &Counted) -> AnyView {
    let may = cx.viewer().is_ok_and(|w| w.may(Action::ProposeChange));
    let nothing =
        view! { <h2>"No changes yet"</h2><p>"Propose one from the page of an identity. It is listed here with its state."</p> }.into_any();
    view! {
        <div class="head">
            <div><h1>"Changes"</h1><p>{sentence(counts)}</p></div>
            <div class="row">
                {list::csv(cx)}
                {may.then(|| moment::action(cx, "/changes/new", "Propose a change", true))}
            </div>
        </div>
        <ErrorSummary sent=cx.flash.clone()/>
        {chips(cx, filter, counts)}
        {list::card::<changes::List>(cx, sheet, "Changes", |name, r| rich(cx, name, r), None, nothing)}
    }
    .into_any()
}

/// Each with how many it shows: a chip narrows by one thing and takes every other narrowing off.
fn chips(cx: &PageContext, filter: &Filter, counts: &Counted) -> impl IntoView + use<> {
    let all = cx.link("/changes");
    let joint = if all.contains('?') { '&' } else { '?' };
    let chip = |name: &str, word: &str, label: &str, n: i64, here: bool| {
        let href = if here { all.clone() } else { format!("{all}{joint}{name}={word}") };
        let label = if here { format!("{label} ✕") } else { format!("{label} {}", number(n)) };
        (n > 0 || here).then(|| ui::chip(href, label, here))
    };
    let states =
        State::ALL.iter().map(|s| chip("state", s.as_str(), s.label(), counts.of(Some(*s), None), filter.state == Some(*s))).collect_view();
    let ways = Direction::ALL
        .iter()
        .map(|d| chip("direction", d.as_str(), d.label(), counts.of(None, Some(*d)), filter.direction == Some(*d)))
        .collect_view();
    let me = cx.viewer().ok().and_then(service::Principal::person_id);
    let mine = me.map(|id| {
        let here = filter.asked_by == Some(id);
        let to = if here { String::new() } else { id.to_string() };
        ui::chip(cx.with(&[("asked_by", &to)]), if here { "Asked by you ✕" } else { "Asked by you" }, here)
    });
    let others = [
        ("asked_by", filter.asked_by.filter(|id| Some(*id) != me).map(|id| format!("asked by {}", id.short()))),
        ("identity", filter.identity.map(|id| format!("identity {}", id.short()))),
    ];
    let others = others.into_iter().filter_map(|(name, said)| Some(ui::chip(cx.with(&[(name, "")]), format!("{} ✕", said?), true)));
    view! {
        <div class="row filters" role="group" aria-label="Filters">
            {ui::chip(all.clone(), format!("All {}", number(counts.all())), *filter == Filter::default())}
            {states}
            {ways}
            {mine}
            {others.collect_view()}
        </div>
    }
}

fn rich(cx: &PageContext, name: &str, r: &Row) -> Option<AnyView> {
    Some(match name {
        "sentence" => {
            let more =
                (r.operations > 1).then(|| view! { <span class="sub">{counted(r.operations as i64, "operation", "operations")}</span> });
            view! { <a class="name" href=cx.link(&format!("/changes/{}", r.id))>{text::visible(&r.sentence)}</a>{more} }.into_any()
        }
        "state" => state(r.state),
        "direction" => direction(r.direction),
        "asked_by" => talk::who(cx, &r.asked_by),
        _ => return None,
    })
}
