//! The overview: a sentence, the numbers behind it, and where each leads.

use super::{Content, page};
use crate::context::PageContext;
use domain::permission::Action;
use domain::privilege::Class;
use leptos::prelude::*;
use service::identities::Listed;
use service::overview::{self, Overview as Model};
use ui::chart::{Series, trend};
use ui::{Tone, badge, bar, counted, mix, note, number, time};

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
        return "Nothing is known yet. Import what you have, and every identity with its access stands here.".to_owned();
    }
    let unreviewed = m.count("identities.review.unreviewed");
    let admin = m.count("grants.class.full_control") + m.count("grants.class.admin") + m.count("grants.class.secrets");
    let owner = m.count("identities.no_owner");
    format!(
        "{} with {}. {} of them nobody has reviewed yet, {} without an owner. {} reach full control, administration or secrets.",
        counted(n, "identity", "identities"),
        counted(m.count("grants"), "grant", "grants"),
        if unreviewed == n { "All".to_owned() } else { number(unreviewed) },
        counted(owner, "is", "are"),
        counted(admin, "grant", "grants"),
    )
}

fn stat(href: String, label: &'static str, value: i64, below: String) -> impl IntoView {
    view! {
        <a class="card stat" href=href>
            <span class="label">{label}</span>
            <span class="value">{number(value)}</span>
            <span class="delta">{below}</span>
        </a>
    }
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
            {stat(rows(cx, ""), "Identities", n, "non-human".to_owned())}
            {stat(rows(cx, "privileged=1&sort=privilege"), "Privileged identities", m.count("identities.privileged"), "hold full control, admin, secrets or destructive access".to_owned())}
            {stat(rows(cx, "no_owner=1"), "Without an owner", m.count("identities.no_owner"), format!("of {}", number(n)))}
            {stat(rows(cx, "standing=1&sort=grants"), "Standing grants", m.count("grants.standing"), format!("of {}", number(grants)))}
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
        {unclear(cx, m)}
        {(!m.latest.is_empty()).then(|| latest(cx, m))}
    }
    .into_any()
}

/// Accounts of people and those that may be: known, and in no number of identities.
fn unclear(cx: &PageContext, m: &Model) -> Option<impl IntoView + use<>> {
    let (human, unclear) = (m.count("identities.human"), m.count("identities.unclear"));
    let link = |word: &str| cx.link(&format!("/identities?human={word}&platform=1"));
    (human + unclear > 0).then(|| {
        view! {
            <p class="small muted">
                "In no number above: "
                <a href=link("unclear")>{counted(unclear, "account that may be a person's", "accounts that may be people's")}</a>" and "
                <a href=link("human")>{counted(human, "person's account", "people's accounts")}</a>"."
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
    let total = m.count("identities").max(1);
    let bars = m
        .by_kind()
        .into_iter()
        .filter(|(_, n)| *n > 0)
        .map(|(kind, n)| bar(rows(cx, &format!("kind={}", kind.as_str())), kind.label(), n, n as f64 / total as f64, "k1"))
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
        let n = m.count(measure);
        bar(rows(cx, narrowed), label, n, n as f64 / total, series)
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
    let n = m.count("identities");
    let total = n.max(1) as f64;
    let (none, alone) = (m.count("identities.no_owner"), m.count("identities.no_backup"));
    let both = n - none - alone;
    let hinted = m.count("identities.hinted");
    let line = |narrowed: &str, label: &str, n: i64, series| bar(rows(cx, narrowed), label, n, n as f64 / total, series);
    let orphans = if m.orphans == 0 {
        view! { <p class="small muted">"No owner has left without somebody taking over."</p> }.into_any()
    } else {
        let href = rows(cx, "orphaned=1");
        let said = counted(m.orphans, "is orphaned: its owner has left", "are orphaned: their owners have left");
        view! { <p class="row">{badge(Tone::Bad, "orphans")}<a href=href>{said}</a></p> }.into_any()
    };
    let adoption = cx.link("/adoption");
    view! {
        <section class="card">
            <header><h2>"Who answers for them"</h2><a class="small" href=adoption>"Adoption"</a></header>
            <div class="pad stack">
                <div class="bars">
                    {line("owned=1", "owner and backup", both, "k3")}
                    {line("no_backup=1", "an owner, no backup", alone, "k2")}
                    {line("no_owner=1", "nobody", none, "kbad")}
                </div>
                <p class="small muted">
                    <a href=rows(cx, "no_owner=1&hinted=1")>{number(hinted)}" of those whom nobody answers for"</a>" have a tag that names somebody. A tag is a hint: it never makes an owner."
                </p>
                {orphans}
            </div>
        </section>
    }
}

fn privileges(cx: &PageContext, m: &Model) -> impl IntoView + use<> {
    let total = m.count("grants").max(1);
    let bars = m
        .by_class()
        .into_iter()
        .zip(SERIES)
        .map(|((class, n), series)| bar(holders(cx, class), class.label(), n, n as f64 / total as f64, series))
        .collect_view();
    view! {
        <section class="card">
            <header><h2>"Grants by privilege class"</h2><span class="small muted">"each grant counts once, under its highest class"</span></header>
            <div class="pad"><div class="bars">{bars}</div></div>
            <footer>{format!("of {} grants; {} carry a wildcard. A grant that a deny or a boundary leaves nothing of is in no class.", number(m.count("grants")), number(m.count("grants.wildcard")))}</footer>
        </section>
    }
}

fn reviews(cx: &PageContext, m: &Model) -> impl IntoView + use<> {
    let total = m.count("identities").max(1);
    let environments = m
        .by_environment()
        .into_iter()
        .filter(|(_, n)| *n > 0)
        .map(|(e, n)| bar(rows(cx, &format!("environment={}", e.as_str())), e.label(), n, n as f64 / total as f64, "k3"))
        .collect_view();
    let unreviewed = m.count("identities.review.unreviewed");
    let adopted = m.count("identities.review.adopted");
    view! {
        <section class="card">
            <header><h2>"Review state and environment"</h2></header>
            <div class="pad stack">
                <p class="row">
                    <a href=rows(cx, "review=unreviewed")>{badge(Tone::Unknown, format!("{} unreviewed", number(unreviewed)))}</a>
                    <a href=rows(cx, "review=adopted")>{badge(Tone::Ok, format!("{} adopted", number(adopted)))}</a>
                </p>
                <p class="small muted">"Unreviewed: a source saw it, nobody has countersigned it. It is never shown as approved."</p>
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
        view! {
            <tr>
                <td><a class="name" href=href>{domain::text::capped(&f.name, 60)}</a></td>
                <td>{owner}</td>
                <td class="num">{number(f.n_full_control)}</td>
                <td class="num">{number(f.n_admin)}</td>
                <td class="num">{number(f.n_secrets)}</td>
                <td>{mix(f.n_read, f.n_write, f.n_full_control + f.n_admin + f.n_secrets + f.n_destructive)}</td>
            </tr>
        }
    });
    view! {
        <section class="card">
            <header><h2>"Most privileged"</h2><a class="small" href=cx.link("/identities?privileged=1&sort=privilege")>"All"</a></header>
            <div class="scroll" tabindex="0" role="group" aria-label="Most privileged identities">
                <table>
                    <thead><tr><th scope="col">"Identity"</th><th scope="col">"Owner"</th><th scope="col" class="num">"Full control"</th><th scope="col" class="num">"Admin"</th><th scope="col" class="num">"Secrets"</th><th scope="col">"Mix"</th></tr></thead>
                    <tbody>{rows.collect_view()}</tbody>
                </table>
            </div>
            {m.top.is_empty().then(|| note(Tone::Ok, "Nobody", "No identity holds full control, admin, secrets or destructive access."))}
        </section>
    }
}

fn latest(cx: &PageContext, m: &Model) -> impl IntoView + use<> {
    let rows = m.latest.iter().map(|s| {
        let href = cx.link(&format!("/ledger?after={}", s.entry.seq.plus(1)));
        view! {
            <tr>
                <td class="num"><a href=href>{number(s.entry.seq)}</a></td>
                <td>{s.entry.verb.clone()}</td>
                <td class="num">{time(s.entry.at, m.as_of.at)}</td>
            </tr>
        }
    });
    view! {
        <section class="card">
            <header><h2>"Latest entries"</h2><a class="small" href=cx.link("/ledger")>"Ledger"</a></header>
            <div class="scroll" tabindex="0" role="group" aria-label="Latest ledger entries">
                <table>
                    <thead><tr><th scope="col" class="num">"Entry"</th><th scope="col">"What"</th><th scope="col" class="num">"When"</th></tr></thead>
                    <tbody>{rows.collect_view()}</tbody>
                </table>
            </div>
        </section>
    }
}
