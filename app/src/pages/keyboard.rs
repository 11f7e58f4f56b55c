//! The keys that work on every page.

use super::{Content, page};
use crate::nav;
use leptos::prelude::*;

#[component]
pub fn Keyboard() -> impl IntoView {
    page(|_, read| {
        Box::pin(async move {
            let key = |keys: AnyView, what: String| view! { <tr><th scope="row">{keys}</th><td>{what}</td></tr> };
            let places = nav::keys().map(|(k, label)| key(view! { <kbd>"g"</kbd>" "<kbd>{k}</kbd> }.into_any(), format!("Open {label}")));
            let keys = |all: &[(&'static str, &'static str)]| {
                all.iter().map(|(k, what)| key(view! { <kbd>{*k}</kbd> }.into_any(), (*what).to_owned())).collect_view()
            };
            let others = keys(&[("/", "Search"), ("Esc", "Close an open menu"), ("?", "Show this page")]);
            let rows = keys(&[("j", "Next row"), ("k", "Previous row"), ("o", "Open the row")]);
            let deciding = keys(&[
                ("a", "Go to Approve"),
                ("r", "Go to Reject"),
                ("q", "Go to Ask a question"),
                ("s", "Go to Step aside"),
                ("c", "Go to Consent"),
            ]);
            let body = view! {
                <div class="head"><div><h1>"Keyboard"</h1><p>"These keys work on every page, except while you type in a field."</p></div></div>
                <section class="card"><table><tbody>{places.collect_view()}{others}</tbody></table></section>
                <section class="card"><header><h2>"In the inbox and on a change"</h2></header><table><tbody>{rows}{deciding}</tbody></table></section>
                <p class="small muted">"These keys lead to the button and its comment. Nothing is decided before you press the button."</p>
            };
            Ok(Content::new("Keyboard", Some(read.as_of()), body))
        })
    })
}
