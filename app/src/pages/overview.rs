//! The overview: a sentence, the numbers behind it, and where each leads.

use super::{Content, page};
use crate::context::PageContext;
use domain::permission::Action;
use domain::privilege::Class;
use leptos::prelude::*;
use service::Figure;
use service::identities::Listed;
use service::overview::{self, Overview as Model};
use ui::chart::{Series, trend};
use ui::{HELD_BY_UNCLEAR, Head, Tone, WHETHER_PEOPLE, badge, bar, cell, counted, mix, note, number, numeric, time, unclear};

#[component]
pub fn Overview() -> impl IntoView {
    page(|cx, read| {
        Box::pin(async move {
            let model = overview::page(read).await?;
            let as_of = model.as_of;
            Ok(Content::new("Overview", Some(as_of), body(&cx, &model)))
        })
    })
}

fn sentence(m: &Model) -> String {
    let n = m.count("identities");
    if n == 0 {
        return "No identities yet. Import a file to see every identity and what it can do.".to_owned();
    }
    let part = |measure: &str| match m.count(measure) {
        0 => "none".to_owned(),
        all if all == n && n > 1 => "all".to_owned(),
        some => number(some),
    };
    let admin = m.count("grants.class.full_control") + m.count("grants.class.admin") + m.count("grants.class.secrets");
    format!(
        "{} with {}: {} unreviewed, {} without an owner. {} full control, administration or secrets.",
        counted(n, "identity", "identities"),
        counted(m.count("grants"), "grant", "grants"),
        part("identities.review.unreviewed"),
        part("identities.no_owner"),
        counted(admin, "grant reaches", "grants reach"),
    )
}

fn stat(href: String, label: &'static str, value: Figure, below: String, said: &'static str) -> impl IntoView {
    let part = unclear(&href, value.unclear, said);
    view! {
        <div class="card stat">
            <a href=href>
                <span class="label">{label}</span>
                <span class="value">{number(value.n)}</span>
                <span class="delta">{below}</span>
            </a>
            {part}
        </div>
    }
}

/// A bar of a total, and below it the part of it that is unclear.
fn line(href: String, label: &str, n: Figure, total: f64, series: &'static str, said: &'static str) -> impl IntoView + use<> {
    let part = unclear(&href, n.unclear, said);
    view! { {bar(href, label, n.n, n.n as f64 / total, series)} {part} }
}

/// The rows behind a number: what the counts count, no more and no less.
fn rows(cx: &PageContext, narrowed: &str) -> String {
    let joint = if narrowed.is_empty() { "" } else { "&" };
    cx.link(&format!("/identities?{narrowed}{joint}people=no&platform=1"))
}

fn body(cx: &PageContext, m: &Model) -> AnyView {
    let n = m.count("identities");
    let may_import = cx.is_now() && cx.viewer().is_ok_and(|w| w.may(Action::Import));
    let grants = m.count("grants");
    view! {
        <div class="head">
            <div><h1>"Overview"</h1><p>{sentence(m)}</p></div>
            {may_import.then(|| view! { <div class="row"><a class="btn primary" href="/imports/new">"Import"</a></div> })}
        </div>
        {(n == 0).then(|| empty(may_import))}
        <div class="cols-4">
            {stat(rows(cx, ""), "Identities", m.figure("identities"), "people left out".to_owned(), WHETHER_PEOPLE)}
            {stat(rows(cx, "privileged=1&sort=privilege"), "Privileged identities", m.figure("identities.privileged"), "hold full control, admin, secrets or destructive access".to_owned(), WHETHER_PEOPLE)}
            {stat(rows(cx, "no_owner=1"), "Without an owner", m.figure("identities.no_owner"), format!("of {}", number(n)), WHETHER_PEOPLE)}
            {stat(rows(cx, "standing=1&sort=grants"), "Standing grants", m.figure("grants.standing"), format!("of {}", number(grants)), HELD_BY_UNCLEAR)}
        </div>
        <div class="cols-2">
            {kinds(cx, m)}
            {privileges(cx, m)}
        </div>
        {endings(cx, m)}
        <div class="cols-2">
            {owners(cx, m)}
            {reviews(cx, m)}
        </div>
        <div class="cols-2">
            {over_time(cx, m)}
            {top(cx, m)}
        </div>
        {people(cx, m)}
        {(!m.latest.is_empty()).then(|| latest(cx, m))}
    }
    .into_any()
}

/// Accounts of people: known, and in no number of identities.
fn people(cx: &PageContext, m: &Model) -> Option<impl IntoView + use<>> {
    let human = m.count("identities.human");
    let href = cx.link("/identities?human=human&platform=1");
    (human > 0).then(move || {
        view! {
            <p class="small muted">
                "In no number above: "<a href=href>{counted(human, "person's account", "people's accounts")}</a>"."
            </p>
        }
    })
}

fn empty(may_import: bool) -> impl IntoView {
    view! {
        <section class="card">
            <div class="empty">
                <h2>"Start with a file you have"</h2>
                <p>"An AWS account in one command: aws iam get-account-authorization-details > account.json. Kubernetes manifests, MCP tools, agent cards and CSV work too."</p>
                {may_import.then(|| view! { <a class="btn primary" href="/imports/new">"Import a file"</a> })}
            </div>
        </section>
    }
}

fn kinds(cx: &PageContext, m: &Model) -> impl IntoView + use<> {
    let total = m.count("identities").max(1) as f64;
    let bars = m
        .by_kind()
        .into_iter()
        .filter(|(_, f)| f.n > 0)
        .map(|(kind, f)| line(rows(cx, &format!("kind={}", kind.as_str())), kind.label(), f, total, "k1", WHETHER_PEOPLE))
        .collect_view();
    view! {
        <section class="card">
            <header><h2>"Identities by kind"</h2></header>
            <div class="pad"><div class="bars">{bars}</div></div>
            <footer>"Each line leads to its identities."</footer>
        </section>
    }
}

/// The colour of each class, in their order.
const SERIES: [&str; 6] = ["k6", "kbad", "k4", "k2", "k1", "k5"];

/// Who holds a grant of a class.
fn holders(cx: &PageContext, class: Class) -> String {
    rows(cx, &format!("class={}&sort=privilege", class.as_str()))
}

/// Standing against timed, and what else there is to know of grants as a whole.
fn endings(cx: &PageContext, m: &Model) -> impl IntoView + use<> {
    let total = (m.count("grants") + m.count("grants.denied")).max(1) as f64;
    let line = |narrowed: &str, label: &str, measure: &str, series| {
        line(rows(cx, narrowed), label, m.figure(measure), total, series, HELD_BY_UNCLEAR)
    };
    view! {
        <section class="card">
            <header><h2>"Standing against timed"</h2><span class="small muted">"each line leads to who holds them"</span></header>
            <div class="pad"><div class="bars">
                {line("standing=1&sort=grants", "standing", "grants.standing", "kbad")}
                {line("timed=1&sort=grants", "timed", "grants.timed", "k3")}
                {line("conditional=1&sort=grants", "under a condition", "grants.conditional", "k1")}
                {line("denied=1&sort=grants", "denies", "grants.denied", "k5")}
            </div></div>
            <footer>"Standing: no end, or an end more than a day away. A denying grant takes access away and is in no other number."</footer>
        </section>
    }
}

fn over_time(cx: &PageContext, m: &Model) -> impl IntoView + use<> {
    let times: Vec<String> = m.trend.iter().map(|(at, _)| at.month()).collect();
    let all: Vec<Series> = Class::ALL
        .iter()
        .zip(SERIES)
        .enumerate()
        .map(|(i, (class, colour))| Series {
            label: class.label(),
            class: colour,
            href: holders(cx, *class),
            values: m.trend.iter().map(|(_, held)| held[i]).collect(),
        })
        .collect();
    view! {
        <section class="card">
            <header><h2>"Grants by class over twelve months"</h2><span class="small muted">"each line has its own scale"</span></header>
            {trend("Grants by class over twelve months", &times, &all)}
            <footer>"As recorded at the beginning of each month, and now."</footer>
        </section>
    }
}

fn owners(cx: &PageContext, m: &Model) -> impl IntoView + use<> {
    let all = m.figure("identities");
    let total = all.n.max(1) as f64;
    let (none, alone) = (m.figure("identities.no_owner"), m.figure("identities.no_backup"));
    let both = Figure { n: all.n - none.n - alone.n, unclear: all.unclear - none.unclear - alone.unclear };
    let (hinted, tagged) = (m.figure("identities.hinted"), rows(cx, "no_owner=1&hinted=1"));
    let line = |narrowed: &str, label: &str, n: Figure, series| line(rows(cx, narrowed), label, n, total, series, WHETHER_PEOPLE);
    let orphans = if m.orphans.n == 0 {
        view! { <p class="small muted">"All owners are active."</p> }.into_any()
    } else {
        let href = rows(cx, "orphaned=1");
        let said = counted(m.orphans.n, "is orphaned: its owner has left", "are orphaned: their owners have left");
        let part = unclear(&href, m.orphans.unclear, WHETHER_PEOPLE);
        view! { <p class="row">{badge(Tone::Bad, "orphans")}<a href=href>{said}</a></p>{part} }.into_any()
    };
    let adoption = cx.link("/adoption");
    view! {
        <section class="card">
            <header><h2>"Ownership"</h2><a class="small" href=adoption>"Adoption"</a></header>
            <div class="pad stack">
                <div class="bars">
                    {line("owned=1", "owner and backup", both, "k3")}
                    {line("no_backup=1", "an owner, no backup", alone, "k2")}
                    {line("no_owner=1", "nobody", none, "kbad")}
                </div>
                <p class="small muted">
                    <a href=tagged.clone()>{number(hinted.n)}" identities without an owner"</a>" have an owner tag. Confirm it to make it count."
                </p>
                {unclear(&tagged, hinted.unclear, WHETHER_PEOPLE)}
                {orphans}
            </div>
        </section>
    }
}

fn privileges(cx: &PageContext, m: &Model) -> impl IntoView + use<> {
    let total = m.count("grants").max(1) as f64;
    let bars = m
        .by_class()
        .into_iter()
        .zip(SERIES)
        .map(|((class, n), series)| line(holders(cx, class), class.label(), n, total, series, HELD_BY_UNCLEAR))
        .collect_view();
    let (grants, wildcard) = (m.figure("grants"), m.figure("grants.wildcard"));
    view! {
        <section class="card">
            <header><h2>"Grants by privilege class"</h2><span class="small muted">"each grant counts once, under its highest class"</span></header>
            <div class="pad"><div class="bars">{bars}</div></div>
            <footer>
                {format!("of {} grants; {} carry a wildcard. A grant that a deny or a boundary leaves nothing of is in no class.", number(grants.n), number(wildcard.n))}
                {unclear(&rows(cx, "sort=grants"), grants.unclear, HELD_BY_UNCLEAR)}
                {unclear(&rows(cx, "wildcard=1&sort=grants"), wildcard.unclear, "with a wildcard, held by accounts that may belong to people")}
            </footer>
        </section>
    }
}

fn reviews(cx: &PageContext, m: &Model) -> impl IntoView + use<> {
    let total = m.count("identities").max(1) as f64;
    let environments = m
        .by_environment()
        .into_iter()
        .filter(|(_, f)| f.n > 0)
        .map(|(e, f)| line(rows(cx, &format!("environment={}", e.as_str())), e.label(), f, total, "k3", WHETHER_PEOPLE))
        .collect_view();
    let (unreviewed, not_yet) = (m.figure("identities.review.unreviewed"), rows(cx, "review=unreviewed"));
    let (adopted, done) = (m.figure("identities.review.adopted"), rows(cx, "review=adopted"));
    view! {
        <section class="card">
            <header><h2>"Review state and environment"</h2></header>
            <div class="pad stack">
                <p class="row">
                    <a href=not_yet.clone()>{badge(Tone::Unknown, format!("{} unreviewed", number(unreviewed.n)))}</a>
                    <a href=done.clone()>{badge(Tone::Ok, format!("{} adopted", number(adopted.n)))}</a>
                </p>
                {unclear(&not_yet, unreviewed.unclear, "of the unreviewed may belong to people")}
                {unclear(&done, adopted.unclear, "of the adopted may belong to people")}
                <p class="small muted">"Unreviewed: imported, not yet approved by anyone."</p>
                <div class="bars">{environments}</div>
            </div>
        </section>
    }
}

fn top(cx: &PageContext, m: &Model) -> impl IntoView + use<> {
    let rows = m.top.iter().map(|l: &Listed| {
        let f = &l.facts;
        let href = cx.link(&format!("/identities/{}", f.identity_id));
        let owner = l.owner_name.clone().map_or_else(|| badge(Tone::Bad, "no owner").into_any(), IntoAny::into_any);
        let privileged = f.n_full_control + f.n_admin + f.n_secrets + f.n_destructive;
        vec![
            cell(view! { <a class="name" href=href>{domain::text::capped(&f.name, 60)}</a> }),
            cell(owner),
            numeric(number(f.n_full_control)),
            numeric(number(f.n_admin)),
            numeric(number(f.n_secrets)),
            cell(mix(f.n_read, f.n_write, privileged)),
        ]
    });
    let classes = ["Full control", "Admin", "Secrets"].map(Head::numeric);
    let heads = ["Identity", "Owner"].map(Head::new).into_iter().chain(classes).chain([Head::new("Mix")]).collect();
    view! {
        <section class="card">
            <header><h2>"Most privileged"</h2><a class="small" href=cx.link("/identities?privileged=1&sort=privilege")>"All"</a></header>
            {ui::table("Most privileged identities", None, heads, rows)}
            {m.top.is_empty().then(|| note(Tone::Ok, "Nobody", "No identity holds full control, admin, secrets or destructive access."))}
        </section>
    }
}

fn latest(cx: &PageContext, m: &Model) -> impl IntoView + use<> {
    let rows = m.latest.iter().map(|s| {
        let href = cx.link(&format!("/ledger?after={}", s.entry.seq.plus(1)));
        vec![
            numeric(view! { <a href=href>{number(s.entry.seq)}</a> }),
            cell(domain::verb::Verb::parse(&s.entry.verb).map_or("Other", domain::verb::Verb::label)),
            numeric(time(s.entry.at, m.as_of.at)),
        ]
    });
    view! {
        <section class="card">
            <header><h2>"Latest entries"</h2><a class="small" href=cx.link("/ledger")>"Ledger"</a></header>
            {ui::table("Latest ledger entries", None, vec![Head::numeric("Entry"), Head::new("What"), Head::numeric("When")], rows)}
        </section>
    }
}
