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
            let others = [("/", "Search"), ("Esc", "Close an open menu"), ("?", "Show this page")];
            let others = others.map(|(k, what)| key(view! { <kbd>{k}</kbd> }.into_any(), what.to_owned()));
            let body = view! {
                <div class="head"><div><h1>"Keyboard"</h1><p>"These keys work on every page, except while you type in a field."</p></div></div>
                <section class="card"><table><tbody>{places.collect_view()}{others.into_iter().collect_view()}</tbody></table></section>
            };
            Ok(Content::new("Keyboard", Some(read.as_of()), body))
        })
    })
}
