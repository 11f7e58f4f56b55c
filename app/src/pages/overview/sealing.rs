//! What is left before the installation can be sealed: each line as it stands, with the way to the page where it is mended.

use crate::context::PageContext;
use domain::permission::Action;
use domain::sealing::Line;
use leptos::prelude::*;
use service::changes::Checklist;
use ui::{Tone, icon};

/// For whoever may see people and roles, or decides; none once it is sealed.
pub fn card(cx: &PageContext, list: &Checklist) -> Option<AnyView> {
    let who = cx.viewer().ok()?;
    let may = who.may(Action::ReadPeople) || who.may(Action::DecideChange);
    if list.sealed || !cx.is_now() || !may {
        return None;
    }
    let items = Line::ALL.iter().map(|line| {
        let done = !list.open.contains(line);
        let mark = if done { icon(Tone::Ok).into_any() } else { view! { <span class="o" aria-hidden="true"></span> }.into_any() };
        let state = if done { "done: " } else { "to do: " };
        let (label, why, (needs, action, href)) = said(*line);
        let action = (!done && needs.is_none_or(|needs| who.may(needs))).then(|| view! { <a class="btn" href=href>{action}</a> });
        view! { <li>{mark}<span><span class="vh">{state}</span>{label}<span class="sub">{why}</span></span>{action}</li> }
    });
    let ready = list.open.is_empty();
    let seal = (ready && who.may(Action::ProposeChange)).then(|| {
        view! { <a class="btn primary" href="/changes/new?op=seal">"Propose to seal"</a> }
    });
    let left = list.open.len();
    let head = if ready { "Everything is in place.".to_owned() } else { format!("{left} of {} left.", Line::ALL.len()) };
    Some(
        view! {
            <section class="card" id="sealing">
                <header><h2>"Seal this installation"</h2><span class="small muted">{head}</span></header>
                <div class="pad"><p class="small">"Until it is sealed one admin can change who decides. Afterwards two people have to approve that."</p></div>
                <ul class="todo">{items.collect_view()}</ul>
                {seal.map(|seal| view! { <footer>{seal}</footer> })}
            </section>
        }
        .into_any(),
    )
}

type Way = (Option<Action>, &'static str, &'static str);

fn said(line: Line) -> (&'static str, &'static str, Way) {
    let people = Some(Action::ManagePeople);
    match line {
        Line::Deciders => {
            let why = "Two active reviewers for the whole organisation, each in a group of their own.";
            ("Two people of two groups can decide", why, (people, "Open groups", "/settings/groups"))
        }
        Line::Security => (
            "One of them is a security reviewer",
            "Changes of roles and groups always need one.",
            (people, "Open people", "/settings/people"),
        ),
        Line::Admin => ("An active admin", "Admins decide nothing.", (people, "Open people", "/settings/people")),
        Line::Factors => {
            let why = "Two such reviewers and an admin have an authenticator app or a passkey that they set up themselves.";
            ("Each has a second factor of their own", why, (None, "Open security", "/settings/security"))
        }
        Line::Agree => {
            let why = "They can sign decisions: with a passkey for decisions, and nobody reset their sign-in in the last three days.";
            ("They can agree on such a change", why, (None, "Open security", "/settings/security"))
        }
        Line::Outside => {
            let why = "Set checkpoint_sink in the configuration. A copy elsewhere shows a database swapped for another one.";
            ("Checkpoints reach a second location", why, (Some(Action::VerifyLedger), "Open verify", "/ledger/verify"))
        }
        Line::Profile => {
            let why = "The routing policy lets one person stand for several. Such an installation is never sealed.";
            ("Several people decide", why, (Some(Action::ReadChanges), "Open changes", "/changes"))
        }
    }
}
