//! Permission sets: the policies, roles and groups of sources. A grant leads to the one it comes from.

mod detail;
mod list;

pub use detail::Detail;
pub use list::List;

use crate::context::PageContext;
use domain::ids::PermissionSetId;
use domain::text;
use leptos::prelude::*;

/// `managed policy` of what a source calls `managed_policy`.
pub(super) fn kind(word: &str) -> String {
    text::capped(word, 60).replace('_', " ")
}

/// The name of a permission set as a link to its page.
pub(super) fn link(cx: &PageContext, id: Option<PermissionSetId>, name: &str) -> AnyView {
    let name = text::capped(name, 80);
    match id {
        Some(id) => view! { <a href=cx.link(&format!("/permission-sets/{id}"))>{name}</a> }.into_any(),
        None => name.into_any(),
    }
}
