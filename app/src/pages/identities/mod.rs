//! The inventory pages.

mod access;
mod detail;
mod form;
mod history;
mod list;
mod surfaces;
mod touched;

pub use detail::{Access, Credentials, Detail, History, Surfaces};
pub use form::{Edit, New};
pub use list::List;

use domain::identity::Review;
use leptos::prelude::*;
use ui::{Tone, badge};

fn review(review: Review) -> impl IntoView {
    match review {
        Review::Adopted => badge(Tone::Ok, review.label()),
        Review::Unreviewed => badge(Tone::Unknown, review.label()),
    }
}
