//! How differences are put in words: what a grant gives, what a tool says, which lines of a text went and came, and both
//! texts laid over one another. It finds no difference of rows.

use domain::asof::AsOf;
use domain::difference::Difference;
use domain::rule::{Effect, Rule, Via};
use domain::text;
use domain::time::Timestamp;
use serde_json::Value;
use sha2::{Digest, Sha256};
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
    let mut run = Run::default();
    diff.iter_all_changes().for_each(|c| run.take(c.tag(), c.value()));
    run.close();
    run.pieces
}

/// Words that follow one another and went or came are one stretch: "Never refund" is read whole before what stands for it now.
#[derive(Default)]
struct Run {
    pieces: Vec<Piece>,
    removed: String,
    added: String,
    /// What stayed between two changed words and is only blank.
    gap: String,
}

impl Run {
    fn take(&mut self, tag: ChangeTag, value: &str) {
        let blank = value.chars().all(|c| c == ' ' || c == '\t');
        match tag {
            ChangeTag::Equal if blank && !(self.removed.is_empty() && self.added.is_empty()) => self.gap.push_str(value),
            ChangeTag::Equal => {
                self.close();
                match self.pieces.last_mut() {
                    Some(Piece::Same(same)) => same.push_str(value),
                    _ => self.pieces.push(Piece::Same(value.to_owned())),
                }
            }
            ChangeTag::Delete | ChangeTag::Insert => {
                let gap = std::mem::take(&mut self.gap);
                self.removed.push_str(&gap);
                self.added.push_str(&gap);
                if tag == ChangeTag::Delete { self.removed.push_str(value) } else { self.added.push_str(value) }
            }
        }
    }

    fn close(&mut self) {
        let [removed, added, gap] = [&mut self.removed, &mut self.added, &mut self.gap].map(std::mem::take);
        let pieces = [Piece::Removed(removed), Piece::Added(added), Piece::Same(gap)];
        self.pieces
            .extend(pieces.into_iter().filter(|p| matches!(p, Piece::Removed(t) | Piece::Added(t) | Piece::Same(t) if !t.is_empty())));
    }
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
    description.into_iter().chain(rest).map(|part| folded(&part)).collect::<Vec<_>>().join("\n")
}

/// A picture that stands in a text as base64 is nothing to read: its length and the first bytes of its digest stand for it, so
/// that another picture still shows as a difference.
fn folded(text: &str) -> String {
    const MARK: &str = ";base64,";
    let (mut shown, mut rest) = (String::with_capacity(text.len().min(4096)), text);
    while let Some((before, after)) = rest.split_once(MARK) {
        let end = after.bytes().position(|b| !(b.is_ascii_alphanumeric() || b"+/=-_".contains(&b))).unwrap_or(after.len());
        let (bytes, on) = after.split_at(end);
        shown.push_str(before);
        shown.push_str(MARK);
        match bytes.len() {
            0..=64 => shown.push_str(bytes),
            long => {
                let digest = hex::encode(&Sha256::digest(bytes)[..6]);
                shown.push_str(&format!("… ({long} characters, SHA-256 {digest}…)"));
            }
        }
        rest = on;
    }
    shown + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_changed_side_by_side_are_one_stretch() {
        let (removed, added, same) =
            (|t: &str| Piece::Removed(t.to_owned()), |t: &str| Piece::Added(t.to_owned()), |t: &str| Piece::Same(t.to_owned()));
        let all = words("Never refund; hand over.\nBe kind.", "Always refund at once.\nBe kind.");
        assert_eq!(all[..2], [removed("Never refund; hand over."), added("Always refund at once.")], "{all:?}");
        assert_eq!(all.last(), Some(&same("\nBe kind.")), "{all:?}");
        assert_eq!(words("docs and website", "all repositories"), [removed("docs and website"), added("all repositories")]);
        for (before, after) in
            [("a b c", "a c"), ("", "x y"), ("x  y", ""), ("a b", "c b d"), ("x y", " "), ("one two\nthree", "one 2\nthree four")]
        {
            let of =
                |keep: fn(&Piece) -> Option<&String>| words(before, after).iter().filter_map(keep).map(String::as_str).collect::<String>();
            assert_eq!(of(|p| if let Piece::Removed(t) | Piece::Same(t) = p { Some(t) } else { None }), before);
            assert_eq!(of(|p| if let Piece::Added(t) | Piece::Same(t) = p { Some(t) } else { None }), after);
        }
    }

    #[test]
    fn a_picture_in_a_definition_is_named_by_its_length_and_digest() {
        let icon = |byte: &str| format!(r#"{{"description":"Reads.","icons":[{{"src":"data:image/png;base64,{}"}}]}}"#, byte.repeat(500));
        let (one, other) = (tool(&icon("A")), tool(&icon("B")));
        assert!(one.starts_with("Reads.\nicons: ") && one.contains(";base64,… (500 characters, SHA-256 ") && one.len() < 140, "{one}");
        assert!(one.ends_with("…)\"}]") && one != other, "{one}");
        assert_eq!(folded("data:text/plain;base64,SGk= and on"), "data:text/plain;base64,SGk= and on");
    }

    #[test]
    fn of_a_text_only_what_went_and_came_is_quoted() {
        let old = "one\nNever refund.\nthree\nfour\nfive\n";
        let new = "one\nthree\nfour\nfive\nsix\n";
        assert_eq!(excerpt(old, new), Some(("Never refund.\n…".to_owned(), "…\nsix".to_owned())));
        assert_eq!(excerpt("a", "a"), Some((String::new(), String::new())));
        assert_eq!(excerpt(&"x".repeat(LONGEST + 1), "a"), None);
    }
}
