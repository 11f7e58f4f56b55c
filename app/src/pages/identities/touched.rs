//! Which registered resources an identity's grants touch.

use crate::context::PageContext;
use crate::pages::resources::{extent, or_unknown};
use domain::text;
use leptos::prelude::*;
use service::identities::Detail as Model;
use service::resources::TouchedResource;
use ui::{Cell, Head, badge, cell, class_tone, counted};

/// Resources shown before the rest is counted.
const SHOWN: usize = 100;

pub fn touched(cx: &PageContext, m: &Model) -> Option<AnyView> {
    let t = &m.resources;
    // Without a grant there is nothing to touch, and the section says so already.
    if m.grants.is_empty() {
        return None;
    }
    if !t.registered {
        let register = (cx.is_now() && m.may_edit).then(|| view! { " "<a href="/resources/new">"Register a resource"</a> });
        return Some(
            view! { <div class="pad"><h3>"Resources"</h3><p class="small muted">"No resource is registered, so which of them this access touches is unknown."{register}</p></div> }
                .into_any(),
        );
    }
    let rest = t.resources.len().saturating_sub(SHOWN);
    let rows = t.resources.iter().take(SHOWN).map(|one| row(cx, one)).collect::<Vec<_>>();
    let heads = ["Resource", "Highest class", "Criticality", "Data", "Environment"].map(Head::new).to_vec();
    let caption = "Registered resources that its grants touch, most critical first".to_owned();
    Some(
        view! {
            <div class="pad stack" id="resources">
                <h3>"Resources"</h3>
                <p class="small muted">{sentence(m)}</p>
            </div>
            {(!t.resources.is_empty()).then(|| ui::table("Resources touched", Some(caption), heads, rows))}
            {(rest > 0).then(|| view! { <p class="pad small">{format!("{} not shown.", counted(rest as i64, "more resource is", "more resources are"))}</p> })}
        }
        .into_any(),
    )
}

fn sentence(m: &Model) -> String {
    let t = &m.resources;
    let n = counted(t.resources.len() as i64, "registered resource", "registered resources");
    match (t.resources.is_empty(), t.complete) {
        (true, true) => "Its grants touch no registered resource.".to_owned(),
        (false, true) => format!("Its grants touch {n}."),
        (_, false) => format!("Its grants touch at least {n}: not every resource was compared with every grant."),
    }
}

fn row(cx: &PageContext, t: &TouchedResource) -> Vec<Cell> {
    let r = &t.resource;
    let href = cx.link(&format!("/resources/{}", r.id));
    vec![
        cell(
            view! { <a class="name" href=href>{text::capped(&r.name, 80)}</a><span class="sub mono">{text::capped(&r.pattern, 120)}</span> },
        ),
        cell(view! { {t.class.map(|c| badge(class_tone(c), c.label()))}{extent(t.extent, t.why)} }),
        cell(or_unknown(r.criticality.label())),
        cell(or_unknown(r.data_class.label())),
        cell(or_unknown(r.environment.label())),
    ]
}
