//! Resources: what grants reach, and who reaches it.

mod detail;
mod form;
mod history;
mod list;

pub use detail::Detail;
pub use form::{Edit, New};
pub use list::List;

use domain::resource::Extent;
use leptos::prelude::*;
use ui::{Tone, badge};

/// A word, or the badge of what nobody has said.
pub(super) fn or_unknown(label: &'static str) -> AnyView {
    if label == "unknown" { badge(Tone::Unknown, label).into_any() } else { label.into_any() }
}

/// How far "reaches" may be taken, where it is not known.
pub(super) fn extent(extent: Extent, why: &'static str) -> Option<AnyView> {
    let tone = match extent {
        Extent::Known => return None,
        Extent::Bounded => Tone::Info,
        Extent::Unknown => Tone::Unknown,
    };
    Some(view! { {badge(tone, extent.label())}<span class="sub">{why}</span> }.into_any())
}
