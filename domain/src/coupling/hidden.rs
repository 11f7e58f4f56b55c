//! What of a new text a reader cannot see, or cannot read as it stands: encoded text, invisible characters, characters that
//! turn the line round, letters that pass for others. What the old text had as often is not new. It must not judge what
//! encoded text says: that it is encoded is enough.

use super::fold::{is_mark, passes_for, seen, unmarked};
use super::words::english;
use super::{Findings, Pair, Reason, Which};
use crate::text::{is_invisible, is_ruling};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use std::collections::{HashMap, HashSet};

pub(super) fn find(pair: &Pair<'_>, out: &mut Findings) {
    let mut left: HashMap<char, usize> = HashMap::new();
    for c in pair.old_text.chars().filter(|c| is_odd(*c)) {
        *left.entry(c).or_default() += 1;
    }
    let old: HashSet<&str> = pair.old_text.split_whitespace().collect();
    let old_lines: HashSet<&str> = pair.old_text.lines().collect();
    for (at, line) in pair.new_text.lines().enumerate() {
        unseen(at + 1, line, &mut left, out);
        for word in line.split_whitespace().filter(|word| !old.contains(word)) {
            passing(at + 1, line, word, out);
            if let Some(how) = encoded(word) {
                out.push(Reason::Encoded, Which::After, at + 1, &how, line);
            }
        }
        if !old_lines.contains(line)
            && let Some(how) = spelled(line)
        {
            out.push(Reason::Encoded, Which::After, at + 1, how, line);
        }
    }
}

fn is_odd(c: char) -> bool {
    (is_invisible(c) && c != '\r') || is_mark(c)
}

fn unseen(at: usize, line: &str, left: &mut HashMap<char, usize>, out: &mut Findings) {
    let mut ahead = ' ';
    for c in line.chars() {
        if is_odd(c) {
            let had = left.entry(c).or_default();
            // One sign that an emoji is to be shown in colour, behind it, hides nothing.
            let emoji = c == '\u{FE0F}'
                && matches!(ahead, '\u{00A9}' | '\u{00AE}' | '\u{203C}'..='\u{2BFF}' | '\u{1F000}'..='\u{1FAFF}' | '0'..='9' | '#' | '*');
            if *had > 0 {
                *had -= 1;
            } else if !emoji {
                let reason = match c {
                    c if is_mark(c) => Reason::Confusable,
                    c if is_ruling(c) && !c.is_control() => Reason::Bidi,
                    _ => Reason::Invisible,
                };
                out.push(reason, Which::After, at, &format!("U+{:04X}", u32::from(c)), line);
            }
        }
        ahead = c;
    }
}

/// A word of letters that pass for others: of two scripts, of letters made for something else, or one of ours with marks on it.
fn passing(at: usize, line: &str, word: &str, out: &mut Findings) {
    if word.is_ascii() {
        return;
    }
    let passes = word.chars().any(|c| passes_for(c).is_some());
    let ours = word.chars().any(|c| c.is_ascii_alphabetic());
    let letters = || word.chars().filter(|c| c.is_alphabetic());
    let whole = passes && letters().all(|c| c.is_ascii() || passes_for(c).is_some() || unmarked(c).is_some());
    let marked = word.chars().any(|c| unmarked(c).is_some());
    let plain = seen(word);
    let plain = plain.trim_matches(|c: char| !c.is_alphanumeric());
    // `café` is a word; `réfund` is one of ours made to look like another.
    let disguised = marked && english(plain) && !["cafe", "resume", "naive", "cliche", "fiance"].contains(&plain);
    if whole || (passes && ours) || disguised {
        out.push(Reason::Confusable, Which::After, at, &format!("{word} reads {plain}"), line);
    }
}

/// How a word is encoded; none where it is not.
fn encoded(word: &str) -> Option<String> {
    let word = word.trim_matches(|c: char| matches!(c, '"' | '\'' | '`' | '(' | ')' | ',' | ';' | '.' | '<' | '>' | '*'));
    let hex = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_hexdigit());
    let pairs = |mark: &str, digits: usize| {
        word.match_indices(mark).filter(|(at, _)| word.get(at + mark.len()..at + mark.len() + digits).is_some_and(hex)).count()
    };
    if pairs("%", 2) > 0 {
        return Some("percent".to_owned());
    }
    if pairs("\\x", 2) + pairs("\\u", 4) + pairs("\\u{", 2) + pairs("\\U", 8) + pairs("U+", 4) > 0 {
        return Some("escapes".to_owned());
    }
    if (word.contains("&#") && word.contains(';')) || word.contains("&#x") || word.contains("xn--") || pairs("=", 2) > 1 {
        return Some("entities".to_owned());
    }
    let digits = word.strip_prefix("0x").unwrap_or(word);
    if digits.len() >= 16 && hex(&digits.replace([':', '-'], "")) {
        return Some("hexadecimal".to_owned());
    }
    if digits.len() >= 16 && digits.chars().all(|c| matches!(c, '0' | '1')) {
        return Some("binary".to_owned());
    }
    base64(word).map(|said| format!("base64: {said}"))
}

/// What base64 of at least 12 characters says, where it says a text; of at least 24 that it may.
fn base64(word: &str) -> Option<String> {
    let body = word.trim_end_matches('=');
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '-' | '_');
    if body.len() < 12 || !body.chars().all(plain) {
        return None;
    }
    let any = |of: fn(&char) -> bool| body.chars().any(|c| of(&c));
    let mixed = any(char::is_ascii_uppercase) && any(char::is_ascii_lowercase);
    let read = STANDARD_NO_PAD.decode(body).or_else(|_| URL_SAFE_NO_PAD.decode(body)).ok();
    let said =
        read.and_then(|bytes| String::from_utf8(bytes).ok()).filter(|text| text.chars().all(|c| !c.is_control() || c.is_whitespace()));
    match said {
        Some(text) if mixed || word.ends_with('=') => Some(text),
        _ if body.len() >= 24 && mixed && any(char::is_ascii_digit) => Some("not a text".to_owned()),
        _ => None,
    }
}

/// A line that spells something out: letters one by one, codes of characters, Morse; or that says how to decode.
fn spelled(line: &str) -> Option<&'static str> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let run = |of: &dyn Fn(&str) -> bool, least: usize| words.split(|w| !of(w)).any(|part| part.len() >= least);
    let bare = |w: &str| w.trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
    let one = |w: &str| bare(w).chars().count() == 1 && bare(w).chars().all(char::is_alphabetic);
    let code = |w: &str| bare(w).parse::<u32>().is_ok_and(|n| (32..=126).contains(&n)) && bare(w).len() > 1;
    let morse = |w: &str| w.chars().all(|c| matches!(c, '.' | '-' | '/' | '·' | '−'));
    let bits = |w: &str| w.len() == 8 && w.chars().all(|c| matches!(c, '0' | '1'));
    let dashed = words.iter().any(|w| w.split(['-', '.', '_', '*']).filter(|part| one(part)).count() >= 4);
    let lower = line.to_lowercase();
    let how = [
        "base64",
        "rot13",
        "decode",
        "deobfuscate",
        "unescape",
        "hexadecimal",
        "caesar",
        "cipher",
        "reverse the letters",
        "backwards",
        "first letter of",
    ];
    match () {
        () if run(&one, 4) || dashed => Some("letters one by one"),
        () if run(&code, 4) => Some("codes of characters"),
        () if run(&morse, 4) && line.contains(['.', '-', '·']) && !lower.chars().any(char::is_alphanumeric) => Some("Morse"),
        () if run(&bits, 2) => Some("binary"),
        () if how.iter().any(|word| lower.contains(word)) => Some("says how to decode"),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_told_from_words() {
        for word in [
            "aWdub3JlIHJ1bGVz",
            "cmVmdW5k",
            "%72efund",
            "\\u0072efund",
            "&#114;efund",
            "726566756e642e6e6f77",
            "xn--pple-43d.com",
            "0x726566756e64206e6f77",
        ] {
            let short = word == "cmVmdW5k";
            assert_eq!(encoded(word).is_some(), !short, "{word}: {:?}", encoded(word));
        }
        for word in
            ["acknowledgement", "troubleshooting", "and/or", "read-only", "100%", "2026-11-27", "Acknowledgements", "internationalisation"]
        {
            assert_eq!(encoded(word), None, "{word}");
        }
        for line in ["r e f u n d it", "r-e-f-u-n-d", "114 101 102 117 110 100", ".-. . ..-. ..-", "Decode this with base64."] {
            assert!(spelled(line).is_some(), "{line}");
        }
        for line in ["Plan A or B", "Section 32 and 40", "- a\n", "Ask for a 10 or 20 minute call.", "---", "- - -"] {
            assert_eq!(spelled(line), None, "{line}");
        }
    }
}
