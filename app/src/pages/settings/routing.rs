//! The routing policy: who has to agree to which change, and who could today.

use super::tabs;
use crate::context::PageContext;
use crate::list;
use crate::pages::changes::long;
use crate::pages::{Content, page};
use domain::change::route::{Auth, Cell, Column, LAPSE, Profile};
use leptos::prelude::*;
use service::listing::Sheet;
use service::routing::{self, Row, Summary};
use ui::{Tone, badge, counted, note, number};

#[component]
pub fn Routing() -> impl IntoView {
    page(|cx, read| {
        Box::pin(async move {
            let (_, sheet) = list::load::<routing::List>(&cx, read).await?;
            let summary = routing::summary(read).await?;
            Ok(Content::new("Routing", Some(sheet.as_of), body(&cx, &sheet, summary)))
        })
    })
}

fn sentence(cx: &PageContext, s: Summary) -> String {
    let policy = match s.version {
        0 => "The default policy routes every change.".to_owned(),
        n => format!("Version {} of the policy routes every change.", number(n)),
    };
    let (missing, cells) = (number(s.missing as i64), number(s.cells as i64));
    match s.missing {
        _ if !cx.is_now() => policy,
        0 => format!("{policy} Today's people can complete all {cells} routes."),
        _ => format!("{policy} Today's people can't complete {missing} of {cells} routes."),
    }
}

fn body(cx: &PageContext, sheet: &Sheet<Row>, s: Summary) -> AnyView {
    let single = (s.profile == Profile::SmallTeam).then(|| {
        note(Tone::Warn, "Single control", "This installation has few reviewers. One person and a day's wait stand in for several people.")
    });
    let columns =
        Column::ALL.iter().map(|c| list::chip(cx, ("column", c.as_str()), domain::text::sentence(c.label()).trim_end_matches('.'), &[]));
    view! {
        {tabs(cx)}
        <div class="head">
            <div>
                <h1>"Routing"</h1>
                <p>{sentence(cx, s)}</p>
                <p class="small">"A change takes the strictest route that its effect, its way back and its place ask for. Large or unexpiring access moves it to a stricter one."</p>
            </div>
            {list::csv(cx)}
        </div>
        {single}
        <div class="row" role="group" aria-label="Filters">
            {cx.is_now().then(|| list::chip(cx, ("missing", "1"), format!("Can't be completed today {}", number(s.missing as i64)), &[]))}
            {columns.collect_view()}
        </div>
        <div class="worded">
            {list::card::<routing::List>(
                cx,
                sheet,
                "Routes",
                rich,
                None,
                view! { <h2>"No routes"</h2> }.into_any(),
            )}
        </div>
    }
    .into_any()
}

fn rich(name: &str, row: &Row) -> Option<AnyView> {
    let cell = &row.cell.cell;
    let words = match name {
        "line" => domain::text::sentence(row.cell.line.label()).trim_end_matches('.').to_owned(),
        "column" => row.cell.column.label().to_owned(),
        "people" => approvals(cell),
        "owner" => consents(cell),
        "auth" => proof(cell.auth).to_owned(),
        "wait_seconds" if cell.wait == 0 => "none".to_owned(),
        "wait_seconds" => long(cell.wait),
        "life_seconds" => lasts(cell),
        "review_seconds" => format!("review after {}, approval after {}", long(row.cell.column.review()), long(LAPSE)),
        "can_decide" => return Some(today(row)),
        _ => return None,
    };
    Some(view! { {words} }.into_any())
}

fn approvals(cell: &Cell) -> String {
    let mut out = vec![match cell.people {
        0 => "nobody".to_owned(),
        n => counted(i64::from(n), "person", "people"),
    }];
    let more = [
        (cell.groups_distinct && cell.people > 1, "different groups"),
        (cell.security && cell.people > 0, "one of security"),
        (cell.lot, "by lot"),
        (cell.owner_counts, "the owner counts"),
    ];
    out.extend(more.into_iter().filter(|(asked, _)| *asked).map(|(_, what)| what.to_owned()));
    out.join(", ")
}

fn consents(cell: &Cell) -> String {
    match (cell.owner, cell.resource_owner) {
        (false, false) => "none",
        (true, false) => "owner",
        (false, true) => "resource owners",
        (true, true) => "owner, resource owners",
    }
    .to_owned()
}

fn proof(auth: Auth) -> &'static str {
    match auth {
        Auth::None => "session",
        Auth::Reauth => "two factors",
        Auth::Passkey => "passkey",
    }
}

fn lasts(cell: &Cell) -> String {
    let life = cell.life.map(|life| format!("{} at most", long(life)));
    let uses = cell.uses.map(|uses| counted(i64::from(uses), "use", "uses"));
    let both: Vec<String> = life.into_iter().chain(uses).collect();
    if both.is_empty() { "no limit".to_owned() } else { both.join(" or ") }
}

/// How many people, or what is missing.
fn today(row: &Row) -> AnyView {
    let missing = row.missing();
    if !row.now {
        return ().into_any();
    }
    if row.cell.cell.people == 0 {
        return view! { "nobody is asked" }.into_any();
    }
    let may = counted(row.cell.may as i64, "person", "people");
    if missing.is_empty() {
        return view! { {may} }.into_any();
    }
    view! { {badge(Tone::Warn, "missing")}" "{missing.join("; ")}<span class="sub">{format!("{may} could decide")}</span> }.into_any()
}
