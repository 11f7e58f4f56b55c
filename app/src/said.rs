//! A sentence of the ledger as markup: names lead to their pages where the viewer may open them, words of files are quoted.

use crate::context::PageContext;
use domain::ids::{Noun, show};
use domain::permission::Action;
use domain::sentence::{Part, Sentence};
use domain::seq::Seq;
use leptos::prelude::*;
use ui::number;
use uuid::Uuid;

pub fn sentence(cx: &PageContext, said: &Sentence) -> AnyView {
    parts(cx, &said.0)
}

pub fn parts(cx: &PageContext, parts: &[Part]) -> AnyView {
    parts.iter().map(|p| part(cx, p)).collect_view().into_any()
}

fn part(cx: &PageContext, part: &Part) -> AnyView {
    match part {
        Part::Text(text) => text.clone().into_any(),
        Part::Said(text) => view! { <q>{text.clone()}</q> }.into_any(),
        Part::Entry(seq) => entry(cx, *seq).into_any(),
        Part::Named { noun, id, name } => match place(cx, *noun, *id) {
            Some(href) => view! { <a href=href>{name.clone()}</a> }.into_any(),
            None => view! { <b>{name.clone()}</b> }.into_any(),
        },
    }
}

/// `entry 48,211`, as a link to its page.
pub fn entry(cx: &PageContext, seq: Seq) -> impl IntoView + use<> {
    let text = format!("entry {}", number(seq));
    if cx.viewer().is_ok_and(|w| w.may(Action::ReadLedger)) {
        view! { <a href=cx.link(&format!("/ledger/{seq}"))>{text}</a> }.into_any()
    } else {
        text.into_any()
    }
}

/// The page of a thing, where there is one and the viewer may open it.
pub fn place(cx: &PageContext, noun: Noun, id: Uuid) -> Option<String> {
    let id = show(noun, id);
    let (path, needs) = match noun {
        Noun::Identity => (format!("/identities/{id}"), Action::ReadInventory),
        Noun::Resource => (format!("/resources/{id}"), Action::ReadInventory),
        Noun::Import => (format!("/imports/{id}"), Action::ReadInventory),
        Noun::Change => (format!("/changes/{id}"), Action::ReadChanges),
        Noun::Source => (format!("/settings/sources/{id}"), Action::ReadInventory),
        Noun::PermissionSet => (format!("/permission-sets/{id}"), Action::ReadInventory),
        Noun::Team => (format!("/settings/teams/{id}"), Action::ReadInventory),
        Noun::Group => ("/settings/groups".to_owned(), Action::ReadPeople),
        Noun::Person => (format!("/settings/people/{id}"), Action::ReadPeople),
        Noun::Token => ("/settings/tokens".to_owned(), Action::ManageTokens),
        _ => return None,
    };
    cx.viewer().is_ok_and(|w| w.may(needs)).then(|| cx.link(&path))
}
