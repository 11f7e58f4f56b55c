//! Running it: setup that is left, sources, people, checkpoints.

use super::{head, setup};
use crate::context::PageContext;
use crate::moment;
use leptos::prelude::*;
use service::overview::Overview as Model;
use service::{Error, Read, sources};
use ui::{Tone, badge, counted, number};

/// What this view reads beside the numbers.
pub struct Operations {
    setup: setup::Setup,
    sources: sources::States,
    people: Option<(i64, i64)>,
}

pub async fn load(read: &mut Read, m: &Model) -> Result<Operations, Error> {
    let setup = setup::load(read, m).await?;
    let people = if read.who().may(domain::permission::Action::ReadPeople) {
        let s = service::people::surroundings(read).await?;
        Some((s.active, s.deciding))
    } else {
        None
    };
    Ok(Operations { setup, sources: sources::states(read).await?, people })
}

pub fn body(cx: &PageContext, m: &Model, o: &Operations) -> AnyView {
    let (left, all) = setup::left(cx, &o.setup);
    let steps = match left {
        0 => "Setup is complete".to_owned(),
        n => format!("{} of {} left", number(n as i64), counted(all as i64, "setup step", "setup steps")),
    };
    let late = match o.sources.late {
        0 => "All sources are on time.".to_owned(),
        n => format!("{} late.", counted(n, "source is", "sources are")),
    };
    view! {
        {head(format!("{steps}. {late} {}", super::sentence(m)), Some(moment::action(cx, "/imports/new", "Import a file", true)))}
        {(left > 0).then(|| setup::list(cx, &o.setup))}
        <div class="grid2">
            {feeds(cx, o)}
            {people(cx, o)}
        </div>
        {super::changed::panel(cx, &m.changed, m.as_of)}
    }
    .into_any()
}

fn feeds(cx: &PageContext, o: &Operations) -> AnyView {
    let s = &o.sources;
    let mark = if s.late > 0 { badge(Tone::Warn, "late") } else { badge(Tone::Ok, "on time") };
    view! {
        <section class="card">
            <header><h2>"Sources"</h2>{(s.all > 0).then_some(mark)}</header>
            <div class="pad"><dl class="facts">
                <dt>"Sources"</dt><dd>{number(s.all)}</dd>
                <dt>"Late"</dt><dd>{number(s.late)}</dd>
                <dt>"Without owner"</dt><dd>{number(s.unowned)}</dd>
            </dl></div>
            <footer><a href=cx.link("/settings/sources")>"Open sources"</a></footer>
        </section>
    }
    .into_any()
}

fn people(cx: &PageContext, o: &Operations) -> Option<AnyView> {
    let (active, deciding) = o.people?;
    Some(
        view! {
            <section class="card">
                <header><h2>"People"</h2>{(deciding < 2).then(|| badge(Tone::Warn, "fewer than two can approve"))}</header>
                <div class="pad"><dl class="facts">
                    <dt>"Active people"</dt><dd>{number(active)}</dd>
                    <dt>"Can approve changes"</dt><dd>{number(deciding)}</dd>
                </dl></div>
                <footer><a href=cx.link("/settings/people")>"Open people"</a></footer>
            </section>
        }
        .into_any(),
    )
}
