//! The list: search, filters as links, sort, keyset pages, CSV.

use crate::context::{PageContext, word};
use crate::pages::{Content, page};
use crate::ui::{Tone, badge, counted, mix, number};
use domain::identity::{Environment, Human, Kind, Lifecycle, Review, StatedBy};
use domain::permission::Action;
use domain::privilege::Class;
use domain::text;
use leptos::prelude::*;
use service::Error;
use service::identities::{self, After, Choices, Filter, Listed, Page, Sort};

/// The query of the list, shared with its CSV.
pub fn query(param: impl Fn(&str) -> Option<String>) -> Result<(Filter, Sort, After), Error> {
    let sort = word(&param, "sort", Sort::parse)?.unwrap_or_default();
    let filter = Filter {
        kind: word(&param, "kind", Kind::parse)?,
        environment: word(&param, "environment", Environment::parse)?,
        search: param("q").map(|q| text::folded(q.trim())).filter(|q| !q.is_empty()),
        no_owner: param("no_owner").is_some(),
        privileged: param("privileged").is_some(),
        with_platform: param("platform").is_some(),
        only_platform: param("platform").as_deref() == Some("only"),
        without_people: param("people").as_deref() == Some("no"),
        source: param("source").map(none_is_dash),
        place: param("place").map(none_is_dash),
        hint: param("hint"),
        orphaned: param("orphaned").is_some(),
        no_backup: param("no_backup").is_some(),
        owned: param("owned").is_some(),
        standing: param("standing").is_some(),
        timed: param("timed").is_some(),
        conditional: param("conditional").is_some(),
        denied: param("denied").is_some(),
        hinted: param("hinted").is_some(),
        wildcard: param("wildcard").is_some(),
        human: word(&param, "human", Human::parse)?,
        owner: word(&param, "owner", |o| domain::ids::PersonId::parse(o).ok())?,
        team: word(&param, "team", |t| domain::ids::TeamId::parse(t).ok())?,
        review: word(&param, "review", Review::parse)?,
        lifecycle: word(&param, "lifecycle", Lifecycle::parse)?,
        class: word(&param, "class", Class::parse)?,
    };
    let after = word(&param, "after", |a| cursor(a, sort))?.unwrap_or(After::Start);
    Ok((filter, sort, after))
}

/// An empty parameter means any, so a dash stands for "none".
fn none_is_dash(text: String) -> String {
    if text == "-" { String::new() } else { text }
}

/// `idn_…` then a tilde then the sort value.
fn cursor(text: &str, sort: Sort) -> Option<After> {
    let (id, value) = text.split_once('~')?;
    let id = domain::ids::IdentityId::parse(id).ok()?;
    Some(match sort {
        Sort::Name => After::Name(value.to_owned(), id),
        Sort::Privilege | Sort::Grants => After::Number(value.parse().ok()?, id),
    })
}

pub fn cursor_text(after: &After) -> String {
    match after {
        After::Start => String::new(),
        After::Name(name, id) => format!("{id}~{name}"),
        After::Number(n, id) => format!("{id}~{n}"),
    }
}

#[component]
pub fn List() -> impl IntoView {
    page(|cx, read| {
        Box::pin(async move {
            let (filter, sort, after) = query(|n| cx.param(n).map(str::to_owned))?;
            let model = identities::list(read, &filter, sort, &after, identities::PAGE).await?;
            let as_of = model.as_of;
            let choices = identities::choices(read).await?;
            Ok(Content::new("Identities", Some(as_of), body(&cx, &model, &choices, &filter, sort)))
        })
    })
}

fn chip(href: String, label: String, here: bool) -> impl IntoView {
    view! { <a class="chip" href=href aria-current=here.then_some("true")>{label}</a> }
}

/// What a number on this page counts: identities with those the platform manages, without people.
const COUNTED: [(&str, &str); 2] = [("people", "no"), ("platform", "1")];

fn chips(cx: &PageContext, m: &Page, filter: &Filter) -> impl IntoView + use<> {
    let count = |measure: &str| m.counts.get(measure).copied().unwrap_or(0);
    let none = *filter == Filter::default();
    let toggled = |name: &'static str, value: &'static str, here: bool| {
        if here { cx.with(&[(name, ""), ("people", ""), ("platform", "")]) } else { cx.with(&[(name, value), COUNTED[0], COUNTED[1]]) }
    };
    let kinds = Kind::ALL
        .iter()
        .filter_map(|k| {
            let n = count(&format!("identities.kind.{}", k.as_str()));
            let here = filter.kind == Some(*k);
            (n > 0).then(|| chip(toggled("kind", k.as_str(), here), format!("{} {}", k.label(), number(n)), here))
        })
        .collect_view();
    let all = cx.link("/identities");
    let flags = [
        ("no_owner", "No owner", "identities.no_owner", filter.no_owner),
        ("no_backup", "No backup", "identities.no_backup", filter.no_backup),
        ("privileged", "Privileged", "identities.privileged", filter.privileged),
    ]
    .map(|(name, label, measure, here)| chip(toggled(name, "1", here), format!("{label} {}", number(count(measure))), here));
    let platform = count("identities.platform");
    let managed = cx.with(&[("platform", if filter.only_platform { "" } else { "only" })]);
    view! {
        <div class="row" role="group" aria-label="Filters">
            {chip(all, format!("All {}", number(m.total - platform)), none)}
            {kinds}
            {flags.into_iter().collect_view()}
            {(platform > 0).then(|| chip(managed, format!("Platform-managed {}", number(platform)), filter.only_platform))}
            {taken_off(cx, filter)}
        </div>
    }
}

/// Filters that came from elsewhere, each with a way to take it off.
fn taken_off(cx: &PageContext, filter: &Filter) -> impl IntoView + use<> {
    let quoted = |t: &String| format!("“{}”", text::capped(t, 40));
    let all = [
        ("environment", filter.environment.map(|e| e.label().to_owned())),
        ("place", filter.place.as_ref().map(|p| if p.is_empty() { "no account or namespace".to_owned() } else { text::capped(p, 40) })),
        ("source", filter.source.as_ref().map(|s| if s.is_empty() { "entered by hand".to_owned() } else { text::capped(s, 40) })),
        ("hint", filter.hint.as_ref().map(|h| format!("tag names {}", quoted(h)))),
        ("owned", filter.owned.then(|| "owner and backup".to_owned())),
        ("orphaned", filter.orphaned.then(|| "owner has left".to_owned())),
        ("class", filter.class.map(|c| format!("class {}", c.label()))),
        ("review", filter.review.map(|r| r.label().to_owned())),
        ("standing", filter.standing.then(|| "holds standing grants".to_owned())),
        ("timed", filter.timed.then(|| "holds timed grants".to_owned())),
        ("conditional", filter.conditional.then(|| "holds conditional grants".to_owned())),
        ("denied", filter.denied.then(|| "holds denies".to_owned())),
        ("wildcard", filter.wildcard.then(|| "holds a wildcard".to_owned())),
        ("hinted", filter.hinted.then(|| "a tag names an owner".to_owned())),
        ("human", filter.human.map(|h| people(h).to_owned())),
        ("owner", filter.owner.map(|o| format!("owner {}", o.short()))),
        ("team", filter.team.map(|t| format!("team {}", t.short()))),
        ("lifecycle", filter.lifecycle.map(|l| l.label().to_owned())),
        ("people", filter.without_people.then(|| "without people".to_owned())),
        ("q", filter.search.as_ref().map(quoted)),
    ];
    all.into_iter().filter_map(|(name, said)| Some(chip(cx.with(&[(name, "")]), format!("{} ✕", said?), true))).collect_view()
}

fn people(human: Human) -> &'static str {
    match human {
        Human::Human => "people",
        Human::NonHuman => "no people",
        Human::Unclear => "unclear whether people",
    }
}

/// The filters that are too many for links.
fn narrow(cx: &PageContext, m: &Choices, filter: &Filter) -> impl IntoView + use<> {
    const OWN: [&str; 11] = ["source", "place", "hint", "owner", "team", "class", "review", "lifecycle", "environment", "after", "q"];
    let keep: Vec<(String, String)> = cx.query.iter().filter(|(k, _)| !OWN.contains(&k.as_str())).cloned().collect();
    let words = |all: &[(&'static str, &'static str)]| all.iter().map(|(w, l)| ((*w).to_owned(), (*l).to_owned())).collect::<Vec<_>>();
    let classes: Vec<_> = Class::ALL.iter().map(|c| (c.as_str(), c.label())).collect();
    let states: Vec<_> = Lifecycle::ALL.iter().map(|l| (l.as_str(), l.label())).collect();
    let places: Vec<_> = Environment::ALL.iter().map(|e| (e.as_str(), e.label())).collect();
    let people = m.people.iter().map(|(id, n)| (id.to_string(), text::capped(n, 60))).collect();
    let teams = m.teams.iter().map(|(id, n)| (id.to_string(), text::capped(n, 60))).collect();
    let sources = m.sources.iter().map(|s| (s.clone(), text::capped(s, 60))).collect();
    let now = |name: &str| cx.param(name).unwrap_or_default().to_owned();
    let open = filter.source.is_some()
        || filter.owner.is_some()
        || filter.team.is_some()
        || filter.class.is_some()
        || filter.review.is_some()
        || filter.lifecycle.is_some();
    let q = now("q");
    view! {
        <details class="card" open=open>
            <summary>"More filters"</summary>
            <form class="pad form-grid" action="/identities" method="get">
                {keep.into_iter().map(|(k, v)| view! { <input type="hidden" name=k value=v/> }).collect_view()}
                <label>"Name or ARN"<input name="q" value=q autocomplete="off"/></label>
                {choice("source", "Source", sources, now("source"))}
                {choice("owner", "Owner", people, now("owner"))}
                {choice("team", "Team", teams, now("team"))}
                {choice("class", "Holds a grant of highest class", words(&classes), now("class"))}
                {choice("environment", "Environment", words(&places), now("environment"))}
                {choice("review", "Review", words(&[("unreviewed", "unreviewed"), ("adopted", "adopted")]), now("review"))}
                {choice("lifecycle", "State", words(&states), now("lifecycle"))}
                <div class="row"><button class="btn primary" type="submit">"Show"</button></div>
            </form>
        </details>
    }
}

fn choice(name: &'static str, label: &'static str, options: Vec<(String, String)>, now: String) -> impl IntoView {
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

/// What the list comes to, as a person would say it.
fn sentence(m: &Page) -> String {
    let n = |measure: &str| m.counts.get(measure).copied().unwrap_or(0);
    let all = n("identities");
    if all == 0 {
        return "No non-human identity is known as of here.".to_owned();
    }
    let unowned = match n("identities.no_owner") {
        0 => "every one has an owner".to_owned(),
        u if u == all => "nobody answers for any of them".to_owned(),
        u => format!("nobody answers for {}", number(u)),
    };
    format!(
        "{} {}, {} can do more than read and write; {unowned}.",
        number(all),
        if all == 1 { "non-human identity" } else { "non-human identities" },
        number(n("identities.privileged"))
    )
}

fn body(cx: &PageContext, m: &Page, choices: &Choices, filter: &Filter, sort: Sort) -> AnyView {
    let may_edit = cx.is_now() && cx.viewer().is_ok_and(|w| w.may(Action::WriteInventory));
    let csv = cx.with(&[]).replacen("/identities", "/identities.csv", 1);
    let next = m.next.as_ref().map(|a| {
        let base = cx.with(&[]);
        let joint = if base.contains('?') { '&' } else { '?' };
        format!("{base}{joint}after={}", crate::context::encode(&cursor_text(a)))
    });
    let first = cx.param("after").is_some().then(|| cx.with(&[]));
    let word = match sort {
        Sort::Name => "by name",
        Sort::Privilege => "most privileged first",
        Sort::Grants => "most grants first",
    };
    let caption = format!("{} on this page, {word}", counted(m.rows.len() as i64, "identity", "identities"));
    view! {
        <div class="head">
            <div><h1>"Identities"</h1><p>{sentence(m)}</p></div>
            <div class="row">
                <a class="btn" href=csv>"CSV"</a>
                {may_edit.then(|| view! { <a class="btn" href="/imports/new">"Import"</a> <a class="btn primary" href="/identities/new">"Register an identity"</a> })}
            </div>
        </div>
        {chips(cx, m, filter)}
        {narrow(cx, choices, filter)}
        <section class="card">
            <div class="scroll" tabindex="0" role="group" aria-label="Identities">
                <table>
                    <caption>{caption}</caption>
                    <thead>
                        <tr>
                            {heading(cx, "name", "Identity", sort == Sort::Name, "ascending", "")}
                            <th scope="col">"Owner"</th>
                            <th scope="col">"Environment"</th>
                            <th scope="col">"Review"</th>
                            {heading(cx, "grants", "Grants", sort == Sort::Grants, "descending", "num")}
                            <th scope="col" class="num">"Standing"</th>
                            {heading(cx, "privilege", "Privilege", sort == Sort::Privilege, "descending", "")}
                        </tr>
                    </thead>
                    <tbody>{m.rows.iter().map(|f| row(cx, f)).collect_view()}</tbody>
                </table>
            </div>
            {m.rows.is_empty().then(|| nothing(cx, m))}
            <footer class="pager">
                <span>{first.map(|href| view! { <a class="btn" href=href>"First page"</a> })}</span>
                {next.map(|href| view! { <a class="btn" href=href rel="next">"Next 50"</a> })}
            </footer>
        </section>
    }
    .into_any()
}

fn heading(
    cx: &PageContext,
    sort: &str,
    label: &'static str,
    here: bool,
    order: &'static str,
    class: &'static str,
) -> impl IntoView + use<> {
    let arrow = match (here, order) {
        (true, "ascending") => " ↑",
        (true, _) => " ↓",
        _ => "",
    };
    let href = cx.with(&[("sort", sort)]);
    view! { <th scope="col" class=class aria-sort=here.then_some(order)><a href=href>{label}{arrow}</a></th> }
}

fn nothing(cx: &PageContext, m: &Page) -> impl IntoView + use<> {
    let all = cx.link("/identities");
    if m.total == 0 {
        let next = if cx.is_now() {
            view! { <p>"Import what a source says, or register an identity by hand."</p> }.into_any()
        } else {
            view! { <p><a href=cx.with(&[("as_of", "")])>"Back to now"</a></p> }.into_any()
        };
        view! { <div class="empty"><h2>"Nobody is known here"</h2>{next}</div> }.into_any()
    } else {
        view! { <div class="empty"><h2>"None fits"</h2><p><a href=all>"Show all"</a></p></div> }.into_any()
    }
}

fn row(cx: &PageContext, l: &Listed) -> impl IntoView + use<> {
    let f = &l.facts;
    let href = cx.link(&format!("/identities/{}", f.identity_id));
    let human = match f.human {
        Some(Human::Human) => " · a person",
        Some(Human::Unclear) => " · unclear whether a person",
        Some(Human::NonHuman) => " · non-human",
        None => "",
    };
    let owner = match (&l.owner_name, &f.owner_hint) {
        (Some(name), _) => name.clone().into_any(),
        (None, Some(hint)) => {
            view! { {badge(Tone::Bad, "no owner")}<span class="sub">{format!("hint: {}", text::capped(hint, 40))}</span> }.into_any()
        }
        (None, None) => badge(Tone::Bad, "no owner").into_any(),
    };
    let environment = match f.environment_from {
        StatedBy::Hint => view! { {f.environment.label()}<span class="sub">"from a tag"</span> }.into_any(),
        StatedBy::Nobody => badge(Tone::Unknown, "unknown").into_any(),
        StatedBy::Manual | StatedBy::Baseline => f.environment.label().into_any(),
    };
    let worst = [
        (f.n_full_control, "full control", Tone::Bad),
        (f.n_admin, "admin", Tone::Bad),
        (f.n_secrets, "secrets", Tone::Bad),
        (f.n_wildcard, "wildcard", Tone::Warn),
        (f.n_destructive, "destructive", Tone::Warn),
    ];
    let badges =
        worst.into_iter().filter(|(n, _, _)| *n > 0).map(|(n, word, tone)| badge(tone, format!("{word} {}", number(n)))).collect_view();
    let privileged = f.n_full_control + f.n_admin + f.n_secrets + f.n_destructive;
    view! {
        <tr>
            <td><a class="name" href=href>{text::capped(&f.name, 80)}</a><span class="sub">{f.kind.label()}{human}</span></td>
            <td>{owner}</td>
            <td>{environment}</td>
            <td>{super::review(f.review)}</td>
            <td class="num">{number(f.grants)}</td>
            <td class="num">{number(f.standing)}</td>
            <td>{mix(f.n_read, f.n_write, privileged)}<span class="badges">{badges}</span></td>
        </tr>
    }
}
