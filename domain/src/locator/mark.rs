//! How a pattern is held inside: wildcards are control characters. No text that is read may hold a control
//! character, so a wildcard can never be mistaken for an asterisk that means itself, and every normaliser
//! works on plain text. These characters must never leave `domain::locator`.

use super::BadLocator;
use crate::text::is_invisible;

/// Any run of characters, also none.
pub(super) const MANY: char = '\u{1}';
/// Any one character.
pub(super) const ONE: char = '\u{2}';
/// A policy variable: text that is known only when a request is decided.
pub(super) const UNKNOWN: char = '\u{3}';
/// Stands between the parts of a place that has several; no wildcard inside a part runs over it.
pub(super) const PART: char = '\u{4}';
/// `PART` between parts that are put together.
pub(super) const BETWEEN: &str = "\u{4}";
/// `MANY` alone: every place of a kind.
pub(super) const ANY: &str = "\u{1}";

/// The text without the blanks around it; refused where a reader would not see all of it.
pub(super) fn checked(text: &str, most: usize) -> Result<&str, BadLocator> {
    let text = text.trim();
    if text.is_empty() {
        return Err(BadLocator::Empty);
    }
    if let Some(hidden) = text.chars().find(|c| is_hidden(*c)) {
        return Err(BadLocator::Invisible(u32::from(hidden)));
    }
    if text.chars().count() > most {
        return Err(BadLocator::TooLong(most));
    }
    Ok(text)
}

fn is_hidden(c: char) -> bool {
    c.is_control() || is_invisible(c) || (c.is_whitespace() && c != ' ')
}

/// True for `*`, however often it is written.
pub(super) fn is_everything(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b == b'*')
}

/// Turns `*`, and with `one` also `?`, into wildcards.
pub(super) fn marked(text: &str, one: bool) -> String {
    text.chars()
        .map(|c| match c {
            '*' => MANY,
            '?' if one => ONE,
            other => other,
        })
        .collect()
}

/// The marks as people write them.
pub(super) fn shown(machine: &str) -> String {
    machine
        .chars()
        .map(|c| match c {
            MANY | UNKNOWN => '*',
            ONE => '?',
            other => other,
        })
        .collect()
}

/// What follows a prefix that is written in either case.
pub(super) fn after<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// The byte that a percent sign and two hexadecimal digits at the start of `bytes` stand for.
pub(super) fn pair(bytes: &[u8]) -> Option<u8> {
    let digit = |at: usize| bytes.get(at).and_then(|b| char::from(*b).to_digit(16));
    if bytes.first() != Some(&b'%') {
        return None;
    }
    Some((digit(1)? * 16 + digit(2)?) as u8)
}

/// Undoes percent-encoding; a percent sign that begins none stays. None where it hides what must not be
/// hidden: control or invisible characters, or bytes that are no text.
pub(super) fn decoded(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match pair(&bytes[at..]) {
            Some(value) if value < 0x20 || value == 0x7F => return None,
            Some(value) => {
                out.push(value);
                at += 3;
            }
            None => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8(out).ok().filter(|t| !t.chars().any(|c| !c.is_ascii() && is_hidden(c)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_pairs_hide_nothing() {
        for (text, expected) in [
            ("a%20b", Some("a b")),
            ("100%", Some("100%")),
            ("%zz", Some("%zz")),
            ("%2f", Some("/")),
            ("%01", None),
            ("%0A", None),
            ("%FF", None),
            ("%E2%80%8B", None),
        ] {
            assert_eq!(decoded(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_prefix_in_either_case_and_never_inside_a_character() {
        assert_eq!(after("ARN:x", "arn:"), Some("x"));
        assert_eq!(after("ar", "arn:"), None);
        assert_eq!(after("aé:x", "aé:"), Some("x"));
        assert_eq!(after("ééé", "arn"), None);
    }
}
