//! Which registered resources an identity's grants touch.

use crate::context::PageContext;
use crate::pages::resources::{extent, or_unknown};
use crate::ui::{badge, class_tone, counted};
use domain::text;
use leptos::prelude::*;
use service::identities::Detail as Model;
use service::resources::TouchedResource;

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
    let rows = t.resources.iter().take(SHOWN).map(|one| row(cx, one)).collect_view();
    Some(
        view! {
            <div class="pad stack" id="resources">
                <h3>"Resources"</h3>
                <p class="small muted">{sentence(m)}</p>
            </div>
            {(!t.resources.is_empty()).then(|| view! {
                <div class="scroll" tabindex="0" role="group" aria-label="Resources touched">
                    <table>
                        <caption>"Registered resources that its grants touch, most critical first"</caption>
                        <thead><tr><th scope="col">"Resource"</th><th scope="col">"Highest class"</th><th scope="col">"Criticality"</th><th scope="col">"Data"</th><th scope="col">"Environment"</th></tr></thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
            })}
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

fn row(cx: &PageContext, t: &TouchedResource) -> impl IntoView + use<> {
    let r = &t.resource;
    let href = cx.link(&format!("/resources/{}", r.id));
    view! {
        <tr>
            <td><a class="name" href=href>{text::capped(&r.name, 80)}</a><span class="sub mono">{text::capped(&r.pattern, 120)}</span></td>
            <td>{t.class.map(|c| badge(class_tone(c), c.label()))}{extent(t.extent, t.why)}</td>
            <td>{or_unknown(r.criticality.label())}</td>
            <td>{or_unknown(r.data_class.label())}</td>
            <td>{or_unknown(r.environment.label())}</td>
        </tr>
    }
}
