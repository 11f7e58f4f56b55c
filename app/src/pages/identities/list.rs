//! The list: search, filters as links, sort, keyset pages, CSV.

use crate::context::PageContext;
use crate::pages::{Content, page};
use crate::{list, moment, nav};
use domain::identity::{Criticality, Environment, Human, Kind, Lifecycle, StatedBy};
use domain::permission::Action;
use domain::privilege::Class;
use domain::query::OrNone;
use domain::query::identities::{Filter, Platform, Sort};
use domain::text;
use leptos::prelude::*;
use service::identities::{self, COUNTED_MOST, Choices, Counted, Listed};
use service::listing::Sheet;
use std::collections::HashMap;
use ui::{ErrorSummary, Tone, badge, class_word, number};

type Counts = HashMap<String, i64>;

#[component]
pub fn List() -> impl IntoView {
    page(|mut cx, read| {
        Box::pin(async move {
            worst_first(&mut cx);
            let (filter, sheet) = list::load::<identities::List>(&cx, read).await?;
            let counts = identities::counts(read).await?;
            let whole = (sheet.next.is_none() && cx.param("after").is_none()).then_some(&sheet.rows[..]);
            let counted = identities::counted(read, &filter, whole, at_least(&counts, &filter)).await?;
            let choices = identities::choices(read).await?;
            Ok(Content::new("Identities", Some(sheet.as_of), body(&cx, &sheet, (&counts, counted.as_ref()), &choices, &filter)))
        })
    })
}

/// Until somebody chooses another order the worst stand first; what is searched for stands by name. Every link of the page
/// says so, and so does the file of it.
fn worst_first(cx: &mut PageContext) {
    if cx.param("sort").is_none() && cx.param("q").is_none() {
        cx.query.retain(|(name, _)| name != "sort");
        cx.query.push(("sort".to_owned(), Sort::Privilege.as_str().to_owned()));
    }
}

/// Filters of which a list has one at most.
const OWNERS: [&str; 5] = ["no_owner", "no_backup", "owned", "orphaned", "owner"];

/// What would narrow the list further, with what it would leave; what narrows it already, to be taken off. Of a list too
/// long to be counted the numbers are left out.
fn chips(cx: &PageContext, (counts, counted): (&Counts, Option<&Counted>), filter: &Filter) -> impl IntoView + use<> {
    let toggled = |name: &'static str, word: &'static str, label: &str, n: Option<i64>, instead_of: &[&'static str]| {
        let mut changes: Vec<(&str, &str)> = instead_of.iter().map(|n| (*n, "")).collect();
        changes.push((name, word));
        let label = n.map_or_else(|| label.to_owned(), |n| format!("{label} {}", number(n)));
        ui::chip(cx.with(&changes), label, false).into_any()
    };
    let off = |name: &'static str, label: &str| ui::chip(cx.with(&[(name, "")]), format!("{label} ✕"), true).into_any();
    let kinds: Vec<AnyView> = match (filter.kind, counted) {
        (Some(kind), _) => vec![off("kind", kind.label())],
        (None, Some(c)) => c.kinds.iter().map(|k| toggled("kind", k.kind.as_str(), k.kind.label(), Some(k.n), &[])).collect(),
        (None, None) => Kind::ALL.iter().map(|k| toggled("kind", k.as_str(), k.label(), None, &[])).collect(),
    };
    let flags = [
        ("no_owner", "No owner", counted.map(|c| c.unowned), filter.no_owner, &OWNERS[..]),
        ("no_backup", "No backup owner", counted.map(|c| c.no_backup), filter.no_backup, &OWNERS[..]),
        ("privileged", "Privileged", counted.map(|c| c.privileged), filter.privileged, &[][..]),
    ]
    .map(|(name, label, n, here, instead_of)| {
        if here {
            return off(name, label);
        }
        // What an owner filter would be replaced by is not counted within it.
        let n = n.filter(|_| instead_of.iter().all(|other| cx.param(other).is_none()));
        toggled(name, "1", label, n, instead_of)
    });
    let unclassified = counted.filter(|c| c.unclear > 0 && filter.human.is_none() && filter.people.is_none());
    let unclassified = unclassified.map(|c| toggled("human", "unclear", "Unclassified", Some(c.unclear), &["people"]));
    let platform = platform(counts);
    let only = filter.platform == Some(Platform::Only);
    let managed = (platform > 0 && !filter.is_narrowed()).then(|| {
        let narrowed = cx.with(&[("platform", "only"), ("people", "no")]);
        ui::chip(narrowed, format!("Platform-managed {}", number(platform)), false)
    });
    view! {
        <div class="row filters" role="group" aria-label="Filters">
            {ui::chip(cx.link("/identities"), format!("All {}", number(unfiltered(counts))), !filter.is_narrowed())}
            {kinds}
            {flags.into_iter().collect_view()}
            {unclassified}
            {managed}
            {only.then(|| off("platform", "Platform-managed"))}
            {taken_off(cx, filter)}
        </div>
    }
}

/// How many rows a filter leaves at least, as far as the recorded counts say; they count what nobody here can change with the
/// rest.
fn at_least(counts: &Counts, filter: &Filter) -> i64 {
    let but_kind = Filter { kind: None, ..filter.clone() };
    match filter.kind {
        _ if but_kind.is_narrowed() => 0,
        None => unfiltered(counts),
        Some(kind) => counts.get(&format!("identities.kind.{}", kind.as_str())).map_or(0, |n| n - platform(counts)),
    }
}

/// What the list shows while nothing narrows it.
fn unfiltered(counts: &Counts) -> i64 {
    total(counts) - platform(counts)
}

fn platform(counts: &Counts) -> i64 {
    counts.get("identities.platform").copied().unwrap_or(0)
}

/// Everything known, accounts of people among it.
fn total(counts: &Counts) -> i64 {
    ["identities", "identities.human"].iter().filter_map(|m| counts.get(*m)).sum()
}

/// Filters that came from elsewhere, each with a way to take it off.
fn taken_off(cx: &PageContext, filter: &Filter) -> impl IntoView + use<> {
    let quoted = |t: &str| format!("“{}”", text::capped(t, 40));
    let all = [
        ("environment", filter.environment.map(|e| e.label().to_owned())),
        ("criticality", filter.criticality.map(|c| format!("criticality {}", c.label()))),
        ("place", filter.place.as_ref().map(|p| named(p, "no account or namespace"))),
        ("source", filter.source.as_ref().map(|s| named(s, "entered manually"))),
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
        ("q", filter.search.as_ref().map(|t| quoted(t.as_str()))),
    ];
    all.into_iter().filter_map(|(name, said)| Some(ui::chip(cx.with(&[(name, "")]), format!("{} ✕", said?), true))).collect_view()
}

fn named(name: &OrNone, none: &str) -> String {
    match name {
        OrNone::None => none.to_owned(),
        OrNone::Of(name) => text::capped(name, 40),
    }
}

fn people(human: Human) -> &'static str {
    match human {
        Human::Human => "people",
        Human::NonHuman => "no people",
        Human::Unclear => "may belong to people",
    }
}

/// The filters that are too many for links.
fn narrow(cx: &PageContext, m: &Choices, filter: &Filter) -> impl IntoView + use<> {
    const OWN: [&str; 12] =
        ["criticality", "source", "place", "hint", "owner", "team", "class", "review", "lifecycle", "environment", "after", "q"];
    let keep: Vec<(String, String)> = cx.query.iter().filter(|(k, _)| !OWN.contains(&k.as_str())).cloned().collect();
    let words = |all: &[(&'static str, &'static str)]| all.iter().map(|(w, l)| ((*w).to_owned(), (*l).to_owned())).collect::<Vec<_>>();
    let classes: Vec<_> = Class::ALL.iter().map(|c| (c.as_str(), c.label())).collect();
    let states: Vec<_> = Lifecycle::ALL.iter().map(|l| (l.as_str(), l.label())).collect();
    let places: Vec<_> = Environment::ALL.iter().map(|e| (e.as_str(), e.label())).collect();
    let criticalities: Vec<_> = Criticality::ALL.iter().map(|c| (c.as_str(), c.label())).collect();
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
        <details class="card filters" open=open>
            <summary>"More filters"</summary>
            <form class="pad form-grid" action="/identities" method="get">
                {keep.into_iter().map(|(k, v)| view! { <input type="hidden" name=k value=v/> }).collect_view()}
                <label>"Name or ARN"<input name="q" value=q autocomplete="off"/></label>
                {list::choice("source", "Source", sources, now("source"))}
                {list::choice("owner", "Owner", people, now("owner"))}
                {list::choice("team", "Team", teams, now("team"))}
                {list::choice("class", "Holds a grant of highest class", words(&classes), now("class"))}
                {list::choice("environment", "Environment", words(&places), now("environment"))}
                {list::choice("criticality", "Criticality", words(&criticalities), now("criticality"))}
                {list::choice("review", "Review", words(&[("unreviewed", "unreviewed"), ("adopted", "adopted")]), now("review"))}
                {list::choice("lifecycle", "State", words(&states), now("lifecycle"))}
                <div class="row"><button class="btn primary" type="submit">"Show"</button></div>
            </form>
        </details>
    }
}

/// What the list comes to under its filters, as a person would say it.
fn sentence(counted: Option<&Counted>, filter: &Filter) -> String {
    let Some(&Counted { all, unowned, privileged, unclear, .. }) = counted else {
        return format!("More than {} identities.", number(COUNTED_MOST));
    };
    let all_said = match filter.kind {
        Some(kind) => ui::counted(all, kind.label(), &format!("{}s", kind.label()).replace("identitys", "identities")),
        None => ui::counted(all, "identity", "identities"),
    };
    if all == 0 {
        return "No identities match.".to_owned();
    }
    let part = |n: i64, none: &str, every: &str, some: &dyn Fn(i64) -> String| match n {
        0 => none.to_owned(),
        n if n == all => every.to_owned(),
        n => some(n),
    };
    let unclear = if unclear > 0 { format!(", {} unclassified", number(unclear)) } else { String::new() };
    let privileged =
        part(privileged, "None is privileged.", "All are privileged.", &|n| format!("{} privileged.", ui::counted(n, "is", "are")));
    let owners = part(unowned, "Each has an owner.", "None has an owner.", &|n| format!("{} no owner.", ui::counted(n, "has", "have")));
    format!("{all_said}{unclear}. {privileged} {owners}")
}

/// `1–50 of 175, highest privilege first`
fn stretch(cx: &PageContext, sheet: &Sheet<Listed>, counted: Option<&Counted>, filter: &Filter) -> String {
    let n = sheet.rows.len() as i64;
    let of = counted.map_or_else(|| format!("more than {}", number(COUNTED_MOST)), |c| number(c.all));
    let rows = if cx.param("after").is_none() && n > 0 { format!("1–{}", number(n)) } else { number(n) };
    let order = match filter.sort.unwrap_or(Sort::Name) {
        Sort::Name => "by name",
        Sort::Privilege => "highest privilege first",
        Sort::Grants => "most grants first",
    };
    format!("{rows} of {of}, {order}")
}

/// The list, and below it the form that assigns an owner to what is selected in it.
fn selected(cx: &PageContext, choices: &Choices, table: AnyView) -> AnyView {
    let people = choices.active.iter().map(|(id, n)| view! { <option value=id.to_string()>{text::capped(n, 60)}</option> }).collect_view();
    let named = choices.active.iter().map(|(_, n)| view! { <option value=n.clone()></option> }).collect_view();
    view! {
        <div class="rows">
            {table}
            <datalist id="people">{named}</datalist>
            <form class="row bulk pick" id="field-pick" method="post" action="/identities/owner">
                <input type="hidden" name="back" value=cx.with(&[])/>
                <label class="line"><span>"Owner for selected identities"</span>
                    <select name="owner" id="field-owner" required=true><option value="">"choose…"</option>{people}</select>
                </label>
                <button class="btn" type="submit">"Assign owner"</button>
                {invite(cx)}
            </form>
        </div>
    }
    .into_any()
}

/// Where whoever is missing among the people is asked in.
fn invite(cx: &PageContext) -> Option<AnyView> {
    let may = cx.viewer().is_ok_and(|w| w.may(Action::ManagePeople));
    may.then(|| view! { <a class="small" href="/settings/people?invite=1">"Invite someone"</a> }.into_any())
}

fn body(
    cx: &PageContext,
    sheet: &Sheet<Listed>,
    (counts, counted): (&Counts, Option<&Counted>),
    choices: &Choices,
    filter: &Filter,
) -> AnyView {
    let may_edit = cx.viewer().is_ok_and(|w| w.may(Action::WriteInventory));
    let pick = |l: &Listed| {
        let (id, said) = (format!("pick-{}", l.identity_id), format!("Select {}", text::capped(&l.name, 60)));
        view! { <input type="checkbox" form="field-pick" name=id value="1" aria-label=said/> }.into_any()
    };
    let last: list::Last<'_, Listed> = if may_edit && cx.is_now() { Some(("Select", &pick)) } else { None };
    let table = list::card::<identities::List>(cx, sheet, "Identities", |name, l| rich(cx, name, l), last, nothing(cx, total(counts) > 0));
    view! {
        {nav::tabs(cx)}
        <div class="head">
            <div><h1>"Identities"</h1><p>{sentence(counted, filter)}</p></div>
            <div class="row">
                {list::csv(cx)}
                {may_edit.then(|| view! {
                    {moment::action(cx, "/imports/new", "Import", false)}
                    {moment::action(cx, "/identities/new", "Register identity", true)}
                })}
            </div>
        </div>
        <ErrorSummary sent=cx.flash.clone()/>
        {list::search(cx, "Name or ARN")}
        {chips(cx, (counts, counted), filter)}
        {narrow(cx, choices, filter)}
        <p class="small muted">{stretch(cx, sheet, counted, filter)}</p>
        {if may_edit && cx.is_now() { selected(cx, choices, table) } else { table }}
    }
    .into_any()
}

/// Where the list is empty though nothing narrows it: what the platform manages is not in it.
fn nothing(cx: &PageContext, some: bool) -> AnyView {
    if some {
        let managed = cx.with(&[("platform", "1")]);
        return view! { <h2>"No identities match"</h2><p><a href=managed>"Show what the platform manages too"</a></p> }.into_any();
    }
    let next = if cx.is_now() {
        view! { <p>"Import a file or register one manually."</p> }.into_any()
    } else {
        view! { <p><a href=cx.with(&[("as_of", "")])>"Return to now"</a></p> }.into_any()
    };
    view! { <h2>"No identities yet"</h2>{next} }.into_any()
}

fn rich(cx: &PageContext, name: &str, l: &Listed) -> Option<AnyView> {
    let f = &l.facts;
    Some(match name {
        "name" => {
            let human = match f.human {
                Some(Human::Human) => " · a person",
                Some(Human::Unclear) => " · unclear whether a person",
                Some(Human::NonHuman) => " · non-human",
                None => "",
            };
            let href = cx.link(&format!("/identities/{}", f.identity_id));
            view! { <a class="name" href=href>{text::capped(&f.name, 80)}</a><span class="sub">{f.kind.label()}{human}</span> }.into_any()
        }
        "owner_name" => owner(cx, l),
        "environment" => match f.environment_from {
            StatedBy::Hint => view! { {f.environment.label()}<span class="sub">"from a tag"</span> }.into_any(),
            StatedBy::Nobody => badge(Tone::Unknown, "unknown").into_any(),
            StatedBy::Manual | StatedBy::Baseline => f.environment.label().into_any(),
        },
        "review" => super::review(l.review).into_any(),
        "grants" if l.unknown_access.is_some() => view! { {number(f.grants)}<span class="sub">"and unknown"</span> }.into_any(),
        "highest_class" => held(l),
        _ => return None,
    })
}

/// Who owns it; that nobody does is a finding where it is privileged. Whoever may choose another one does so in the row.
fn owner(cx: &PageContext, l: &Listed) -> AnyView {
    let shown = match &l.owner_name {
        Some(name) => text::capped(name, 80).into_any(),
        None if l.facts.is_privileged() => badge(Tone::Warn, "no owner").into_any(),
        None => "no owner".into_any(),
    };
    let hint = l.facts.owner_hint.as_ref().filter(|_| l.owner_name.is_none());
    let hint = hint.map(|hint| view! { <span class="sub">{format!("suggested: {}", text::capped(hint, 40))}</span> });
    if !cx.is_now() || !cx.viewer().is_ok_and(|w| w.may(Action::WriteInventory)) {
        return view! { {shown}{hint} }.into_any();
    }
    let (pick, label) = (format!("pick-{}", l.identity_id), format!("Owner of {}", text::capped(&l.name, 60)));
    view! {
        <details class="act own">
            <summary>{shown}</summary>
            <form class="row" method="post" action="/identities/owner">
                <input type="hidden" name=pick value="1"/>
                <input type="hidden" name="back" value=cx.with(&[])/>
                <input name="owner" list="people" aria-label=label placeholder="Name" autocomplete="off" required=true/>
                <button class="btn" type="submit">"Assign"</button>
                {invite(cx)}
            </form>
        </details>
        {hint}
    }
    .into_any()
}

/// The worst it can do, and how many grants say so.
fn held(l: &Listed) -> AnyView {
    let f = &l.facts;
    let worst = f.highest_class().map(|class| {
        let n = f.by_class()[class as usize];
        view! { {class_word(class)}<span class="sub">{ui::counted(n, "grant", "grants")}{(f.n_wildcard > 0).then_some(", wildcard")}</span> }
    });
    // What is not known is never shown as none.
    let unknown = l.unknown_access.is_some().then(|| badge(Tone::Unknown, "unknown in part"));
    view! { {worst}{unknown} }.into_any()
}
