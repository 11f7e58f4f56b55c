//! Lists that the API server gave out in pages. A page does not say which one comes before or after: that the last is there,
//! and that the items left over after a page are as many as it says, is all that can be told.

use super::intake::at;
use super::notes::{Notes, Topic};
use crate::yaml::Node;
use crate::{Error, Result};
use std::collections::BTreeMap;

#[derive(Default)]
pub(super) struct Pages(BTreeMap<(String, String), Seen>);

/// What was seen of one kind of list.
#[derive(Default)]
struct Seen {
    /// Pages after which more comes: file, line, and how many items are said to come.
    early: Vec<(String, u32, Option<u64>)>,
    /// Lists after which nothing comes.
    last: u64,
    /// Items of the pages: those that say how many are left, by that number, and of the last ones.
    items: BTreeMap<u64, u64>,
}

impl Pages {
    pub(super) fn list(&mut self, file: &str, version: &str, kind: &str, node: Node<'_>) {
        let text = |name: &str| node.get("metadata").and_then(|m| m.get(name)).and_then(Node::text).filter(|t| !t.is_empty());
        let items = node.get("items").and_then(Node::list).map_or(0, |items| items.len()) as u64;
        let seen = self.0.entry((version.to_owned(), kind.to_owned())).or_default();
        let left = text("remainingItemCount").and_then(|n| n.parse().ok());
        if text("continue").is_some() {
            seen.early.push((file.to_owned(), node.line(), left));
        } else {
            seen.last += 1;
        }
        *seen.items.entry(if text("continue").is_some() { left.unwrap_or(u64::MAX) } else { 0 }).or_default() += items;
    }

    pub(super) fn complete(&self, notes: &mut Notes) -> Result<()> {
        for ((_, kind), seen) in &self.0 {
            let Some((file, line, _)) = seen.early.first() else { continue };
            if seen.last == 0 {
                let reason = format!(
                    "a page of a {kind} whose last page is not in the input: fetch every page and import them together, or list with --chunk-size=0"
                );
                return Err(Error::at(file, format!("line {line}, metadata.continue"), reason));
            }
            for (file, line, left) in &seen.early {
                let Some(left) = *left else { continue };
                let come: u64 = seen.items.range(..left).map(|(_, items)| items).sum();
                if come < left {
                    let place = at(file, *line);
                    notes.say(Topic::Pages, format!("{place}: {left} items of the {kind} come after this page, {come} of them are in the input: a page may be missing"));
                }
            }
        }
        Ok(())
    }
}
