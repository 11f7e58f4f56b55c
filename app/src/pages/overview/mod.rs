//! The overview: a view for each kind of work, the one of the viewer's role first; a sentence, the numbers behind it, and
//! where each leads. An installation without data shows what to do first.

mod changed;
mod evidence;
mod operations;
mod posture;
mod sealing;
mod setup;
mod work;

use super::{Content, page};
use crate::context::PageContext;
use domain::permission::{Action, Role};
use leptos::prelude::*;
use service::overview::{self, Overview as Model};
use service::{Error, Figure, Principal};
use ui::{number, unclear};

/// What one looks at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum View {
    Posture,
    Work,
    Evidence,
    Operations,
}

impl View {
    const ALL: [Self; 4] = [Self::Posture, Self::Work, Self::Evidence, Self::Operations];

    /// The word of the address, and what the tab says.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Posture => ("posture", "Posture"),
            Self::Work => ("work", "Work"),
            Self::Evidence => ("evidence", "Evidence"),
            Self::Operations => ("operations", "Operations"),
        }
    }

    fn parse(word: &str) -> Result<Self, Error> {
        let known = Self::ALL.into_iter().find(|v| v.words().0 == word);
        known.ok_or_else(|| {
            let words = Self::ALL.map(|v| v.words().0).join(", ");
            Error::invalid("view", format!("Overview has the views {words}."))
        })
    }

    fn needs(self) -> Action {
        match self {
            Self::Posture => Action::ReadOverview,
            Self::Work => Action::ReadInventory,
            Self::Evidence => Action::ReadLedger,
            Self::Operations => Action::ManageSources,
        }
    }

    /// The one that somebody with these roles begins with.
    fn of(who: &Principal) -> Self {
        let Principal::Person { roles, .. } = who else { return Self::Posture };
        let holds = |role| roles.iter().any(|h| h.role == role);
        let first = [
            (Role::Analyst, Self::Work),
            (Role::Reviewer, Self::Work),
            (Role::SecurityReviewer, Self::Work),
            (Role::Admin, Self::Operations),
            (Role::Auditor, Self::Evidence),
        ];
        first.into_iter().find(|(role, view)| holds(*role) && who.may(view.needs())).map_or(Self::Posture, |(_, view)| view)
    }
}

#[component]
pub fn Overview() -> impl IntoView {
    page(|cx, read| {
        Box::pin(async move {
            let who = cx.viewer()?;
            let view = match cx.param("view") {
                None => View::of(who),
                Some(word) => View::parse(word)?,
            };
            who.authorise(view.needs())?;
            let model = overview::page(read).await?;
            let checklist = if cx.is_now() { service::changes::checklist(read).await? } else { Default::default() };
            let body = if !model.began && model.count("identities") == 0 {
                setup::body(&cx, &setup::load(read, &model).await?)
            } else {
                match view {
                    View::Posture => posture::body(&cx, &model),
                    View::Work => work::body(&cx, &model, &work::load(read).await?),
                    View::Evidence => evidence::body(&cx, &model),
                    View::Operations => operations::body(&cx, &model, &operations::load(read, &model).await?),
                }
            };
            let tabs = tabs(&cx, who, view);
            let sealing = sealing::card(&cx, &checklist);
            Ok(Content::new("Overview", Some(model.as_of), view! { {tabs} {body} {sealing} }))
        })
    })
}

/// The views that the viewer may open.
fn tabs(cx: &PageContext, who: &Principal, here: View) -> Option<AnyView> {
    let open: Vec<View> = View::ALL.into_iter().filter(|v| who.may(v.needs())).collect();
    let items = open.iter().map(|v| {
        let href = cx.link(&format!("/?view={}", v.words().0));
        view! { <a href=href aria-current=(*v == here).then_some("page")>{v.words().1}</a> }
    });
    (open.len() > 1).then(|| view! { <nav class="tabs" aria-label="Views">{items.collect_view()}</nav> }.into_any())
}

/// The identities behind a number: what the counts count, no more and no less.
fn identities(cx: &PageContext, narrowed: &str) -> String {
    let joint = if narrowed.is_empty() { "" } else { "&" };
    cx.link(&format!("/identities?{narrowed}{joint}people=no&platform=1"))
}

/// The grants behind a number.
fn grants(cx: &PageContext, narrowed: &str) -> String {
    let joint = if narrowed.is_empty() { "" } else { "?" };
    cx.link(&format!("/grants{joint}{narrowed}"))
}

/// A number with what it counts, and below it the part of it that is unclear.
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

/// The heading of every view.
fn head(sentence: String, action: Option<AnyView>) -> AnyView {
    view! {
        <div class="head">
            <div><h1>"Overview"</h1><p class="say">{sentence}</p></div>
            {action.map(|a| view! { <div class="row">{a}</div> })}
        </div>
    }
    .into_any()
}

/// What every view says first.
fn sentence(m: &Model) -> String {
    let n = m.count("identities");
    let privileged = m.count("grants.class.full_control") + m.count("grants.class.admin") + m.count("grants.class.secrets");
    let unowned = match m.count("identities.no_owner") {
        0 => "Every one has an owner.".to_owned(),
        u if u == n => "None has an owner.".to_owned(),
        u => format!("{} no owner.", ui::counted(u, "has", "have")),
    };
    format!(
        "{} {} {}. {unowned} {} change permissions or read secrets.",
        ui::counted(n, "identity", "identities"),
        if n == 1 { "holds" } else { "hold" },
        ui::counted(m.count("grants"), "grant", "grants"),
        ui::counted(privileged, "grant can", "grants can"),
    )
}
