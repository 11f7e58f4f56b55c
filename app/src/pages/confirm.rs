//! The page before something that cuts off access or erases: what it does, as a list, then the button that does it.

use crate::context::PageContext;
use leptos::prelude::*;
use ui::ErrorSummary;

/// What is asked before it is done.
pub struct Asked {
    pub title: String,
    pub sentence: String,
    /// What follows from it, one thing an item.
    pub consequences: Vec<AnyView>,
    /// Where the form is sent.
    pub action: String,
    /// The effect, as a verb with its noun.
    pub button: String,
    pub back: String,
}

pub fn page(cx: &PageContext, asked: Asked) -> AnyView {
    let Asked { title, sentence, consequences, action, button, back } = asked;
    let list = (!consequences.is_empty()).then(|| {
        let items = consequences.into_iter().map(|c| view! { <li>{c}</li> }).collect_view();
        view! { <h2>"What happens"</h2><ul class="warns">{items}</ul> }
    });
    view! {
        <div class="head"><div><h1>{title}</h1><p>{sentence}</p></div></div>
        <ErrorSummary sent=cx.flash.clone()/>
        <section class="card form-narrow"><div class="pad stack">
            {list}
            <form class="row" method="post" action=action>
                <button class="btn danger" type="submit">{button}</button>
                <a class="btn" href=back>"Cancel"</a>
            </form>
        </div></section>
    }
    .into_any()
}
