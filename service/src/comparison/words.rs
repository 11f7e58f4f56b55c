//! How differences are put in words: what a grant gives, what a tool says, which lines of a text went and came, and both
//! texts laid over one another. It finds no difference of rows.

use domain::asof::AsOf;
use domain::difference::Difference;
use domain::rule::{Effect, Rule, Via};
use domain::text;
use domain::time::Timestamp;
use serde_json::Value;
use similar::{ChangeTag, TextDiff};
use std::time::Duration;

/// How long one comparison of words or lines may take.
const PATIENCE: Duration = Duration::from_millis(5);

/// The longest texts whose lines are compared here, in bytes: whole texts have their page.
pub const LONGEST: usize = 64 * 1024;

/// A stretch of two texts laid over one another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    Added(String),
    Removed(String),
    Same(String),
}

/// Both texts of a difference in one, word by word. They are short: what is kept of them has a bound.
pub fn words(before: &str, after: &str) -> Vec<Piece> {
    let (before, after) = (text::visible(before), text::visible(after));
    let diff = TextDiff::configure().timeout(PATIENCE).diff_words(&before, &after);
    diff.iter_all_changes()
        .map(|c| match c.tag() {
            ChangeTag::Insert => Piece::Added(c.value().to_owned()),
            ChangeTag::Delete => Piece::Removed(c.value().to_owned()),
            ChangeTag::Equal => Piece::Same(c.value().to_owned()),
        })
        .collect()
}

/// What a text lost and what it gained, line by line; a stretch that stayed is an ellipsis. None where the texts are too long
/// to be compared while somebody waits.
pub fn excerpt(before: &str, after: &str) -> Option<(String, String)> {
    if before.len() > LONGEST || after.len() > LONGEST {
        return None;
    }
    let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(before, after);
    let (mut old, mut new) = (String::new(), String::new());
    for (n, hunk) in diff.grouped_ops(0).iter().enumerate() {
        if n > 0 {
            old.push_str("…\n");
            new.push_str("…\n");
        }
        for change in hunk.iter().flat_map(|op| diff.iter_changes(op)) {
            let into = match change.tag() {
                ChangeTag::Delete => &mut old,
                ChangeTag::Insert => &mut new,
                ChangeTag::Equal => continue,
            };
            into.push_str(change.value().trim_end_matches('\n'));
            into.push('\n');
        }
    }
    Some((old.trim_end_matches('\n').to_owned(), new.trim_end_matches('\n').to_owned()))
}

/// A difference with what its text lost and gained, where that can be said.
pub(crate) fn with_texts(one: Difference, before: &str, after: &str) -> Difference {
    match excerpt(before, after) {
        Some((old, new)) => one.with_words(&old, &new),
        None => one,
    }
}

/// What a grant gives, and by which path: `s3:GetObject on arn:aws:s3:::b/* (policy Readers, via group staff)`.
pub(crate) fn grant_name(set: Option<&str>, rule: &Rule, via: Via, via_name: &str) -> String {
    let some = |list: &[String], not: &[String]| match (list.is_empty(), not.is_empty()) {
        (false, _) => text::capped(&list.join(" "), 100),
        (true, false) => text::capped(&format!("all but {}", not.join(" ")), 100),
        (true, true) => "everything".to_owned(),
    };
    let (actions, places) = (some(&rule.actions, &rule.actions_negated), some(&rule.resources, &rule.resources_negated));
    let set = set.map(|set| format!("{}, ", text::capped(set, 60))).unwrap_or_default();
    let path = if via_name.is_empty() { via.label().to_owned() } else { format!("{} {}", via.label(), text::capped(via_name, 60)) };
    format!("{}{actions} on {places} ({set}{path})", if rule.effect == Effect::Deny { "deny " } else { "" })
}

/// Until when a grant holds, as of a moment.
pub(crate) fn end(ends_at: Option<Timestamp>, as_of: AsOf) -> String {
    match ends_at {
        None => "Never expires.".to_owned(),
        Some(at) if at <= as_of.at => format!("Expired {} UTC.", at.moment()),
        Some(at) => format!("Expires {} UTC.", at.moment()),
    }
}

/// What a tool says, for people: its description first, then the rest of its definition member by member.
pub(crate) fn tool(definition: &str) -> String {
    let Ok(Value::Object(mut members)) = serde_json::from_str::<Value>(definition) else { return definition.to_owned() };
    let description = members.remove("description").and_then(|d| d.as_str().map(str::to_owned));
    members.remove("name");
    let rest = members.iter().map(|(name, value)| format!("{name}: {value}"));
    description.into_iter().chain(rest).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_text_only_what_went_and_came_is_quoted() {
        let old = "one\nNever refund.\nthree\nfour\nfive\n";
        let new = "one\nthree\nfour\nfive\nsix\n";
        assert_eq!(excerpt(old, new), Some(("Never refund.\n…".to_owned(), "…\nsix".to_owned())));
        assert_eq!(excerpt("a", "a"), Some((String::new(), String::new())));
        assert_eq!(excerpt(&"x".repeat(LONGEST + 1), "a"), None);
    }
}
