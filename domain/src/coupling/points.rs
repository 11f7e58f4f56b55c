//! Where a new text points to another one: an address, a file or a page to follow, a placeholder, a key of memory. What such
//! a thing says can change without this text, so nobody who reads this text agrees to it. It must not fetch anything.

use super::names::is_file;
use super::reading::Statement;
use super::words::{stem, stems};
use super::{Findings, Pair, Reason, Which};
use std::collections::HashSet;
use std::sync::LazyLock;

const SCHEMES: [&str; 16] = [
    "http://",
    "https://",
    "ftp://",
    "file://",
    "s3://",
    "gs://",
    "git://",
    "ssh://",
    "data:",
    "javascript:",
    "mcp:",
    "ws://",
    "wss://",
    "arn:",
    "git@",
    "ipfs://",
];
/// What puts another text in place of itself.
const MARKS: [&str; 15] =
    ["{{", "${", "{%", "<%", "$(", "!include", "#include", "%include", "@import", "@include", "![", "](", "[[", "<iframe", "<script"];
/// Verbs with which another text is followed.
const FOLLOWS: &str = "follow obey load fetch read apply execute use retrieve recall consult open import include see check look get take download \
    observe adhere act do carry perform run trust honor honour respect adopt treat prefer";
/// Texts that can be followed.
const TEXTS: &str = "instruction rule guidance guideline prompt policy directive step note document file page wiki link url attachment website \
    site article gist issue ticket comment playbook runbook manual handbook appendix addendum section message email reply response output result \
    data content description context transcript repository";
/// Where it is.
const PLACES: [&str; 14] =
    ["in", "from", "at", "under", "on", "inside", "within", "stored", "found", "located", "saved", "kept", "below", "returned"];
const MEMORY: &str = "memory memories scratchpad notebook notepad embedding vectorstore recall remembered cache";

static FOLLOWED: LazyLock<HashSet<String>> = LazyLock::new(|| stems(FOLLOWS));
static TEXTUAL: LazyLock<HashSet<String>> = LazyLock::new(|| stems(TEXTS));
static REMEMBERED: LazyLock<HashSet<String>> = LazyLock::new(|| stems(MEMORY));

fn holds(list: &HashSet<String>, word: &str) -> bool {
    list.contains(&stem(word))
}

pub(super) fn find(pair: &Pair<'_>, out: &mut Findings) {
    let old = pair.old_text.to_lowercase();
    for new in pair.added() {
        let lower = new.text.to_lowercase();
        for scheme in SCHEMES.iter().filter(|scheme| begins_word(&lower, scheme)) {
            let known = addresses(&lower, scheme).all(|address| old.contains(address));
            if !known {
                out.push(Reason::Url, Which::After, new.line, scheme, &new.text);
            }
        }
        if new.words.iter().any(|word| word.starts_with("www.") && !pair.known.contains(word)) {
            out.push(Reason::Url, Which::After, new.line, "www", &new.text);
        }
        for mark in MARKS.iter().filter(|mark| lower.contains(*mark)) {
            out.push(Reason::Include, Which::After, new.line, mark, &new.text);
        }
        for word in new.words.iter().filter(|word| is_file(word) && !pair.known.contains(*word)) {
            out.push(Reason::Include, Which::After, new.line, word, &new.text);
        }
        followed(new, out);
    }
}

fn begins_word(text: &str, scheme: &str) -> bool {
    text.match_indices(scheme).any(|(at, _)| text[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric()))
}

fn addresses<'a>(text: &'a str, scheme: &'a str) -> impl Iterator<Item = &'a str> {
    text.match_indices(scheme)
        .map(|(at, _)| text[at..].split(|c: char| c.is_whitespace() || matches!(c, ')' | '"' | '>' | '<')).next().unwrap_or_default())
}

/// "Follow the rules in the ticket", "use what is stored under `hints`".
fn followed(new: &Statement, out: &mut Findings) {
    let words = &new.words;
    let Some(verb) = words.iter().position(|word| holds(&FOLLOWED, word)) else {
        return remembered(new, None, out);
    };
    let rest = &words[verb + 1..];
    let place = rest.iter().position(|word| PLACES.contains(&word.as_str()));
    let text = rest.iter().any(|word| holds(&TEXTUAL, word));
    if text && place.is_some()
        || rest.windows(2).any(|pair| matches!((pair[0].as_str(), pair[1].as_str()), ("link" | "url" | "page", "below")))
    {
        out.push(Reason::Include, Which::After, new.line, &words[verb], &new.text);
    }
    remembered(new, Some(verb), out);
}

fn remembered(new: &Statement, verb: Option<usize>, out: &mut Findings) {
    let memory = new.words.iter().find(|word| holds(&REMEMBERED, word));
    let key = new.words.iter().any(|word| matches!(word.as_str(), "key" | "keys" | "entry" | "entries" | "note" | "notes" | "slot"));
    let stored = new.words.iter().any(|word| matches!(word.as_str(), "stored" | "saved" | "remembered" | "recalled"));
    let base = new
        .words
        .windows(2)
        .any(|pair| matches!((pair[0].as_str(), pair[1].as_str()), ("knowledge", "base") | ("vector" | "context", "store")));
    if let Some(what) = memory.filter(|_| verb.is_some() || key || stored) {
        out.push(Reason::MemoryKey, Which::After, new.line, what, &new.text);
    } else if (base || key) && stored && verb.is_some() {
        out.push(Reason::MemoryKey, Which::After, new.line, "stored", &new.text);
    }
}
