//! Names that a new text brings in: of secrets, hosts, tools, identities and rules that somebody registered, however they are
//! written, and what has the form of a name and was registered by nobody. A name the old text had is no new one. It must not
//! look anything up: whoever asks brings the names.

use super::fold::{seen, unleet};
use super::reading::Statement;
use super::words::{english, is_bare_prohibition, of_secrets, words};
use super::{Findings, Pair, Reason, Which};
use std::collections::{BTreeSet, HashMap, HashSet};

crate::words! {
    /// What a name is of.
    Named {
        Secret = "secret", "secret";
        Host = "host", "host";
        Tool = "tool", "tool";
        Identity = "identity", "identity";
        Rule = "rule", "rule or permission set";
    }
}

impl Named {
    fn reason(self) -> Reason {
        match self {
            Self::Secret => Reason::NamesSecret,
            Self::Host => Reason::NamesHost,
            Self::Tool => Reason::NamesTool,
            Self::Identity => Reason::NamesIdentity,
            Self::Rule => Reason::NamesRule,
        }
    }
}

/// Names that are known, to look for in texts.
#[derive(Clone, Debug, Default)]
pub struct Estate {
    names: Vec<Name>,
    /// Places in `names` by each part of a name.
    by_part: HashMap<String, Vec<usize>>,
    /// The letters of whole names, by their first ones.
    by_whole: HashMap<Vec<char>, Vec<(Vec<char>, usize)>>,
}

#[derive(Clone, Debug)]
struct Name {
    of: Named,
    written: String,
    parts: Vec<String>,
}

/// Parts that tell nothing apart.
const COMMON: [&str; 16] = ["the", "of", "and", "for", "www", "http", "https", "com", "org", "net", "io", "arn", "aws", "mcp", "to", "in"];
/// The fewest letters of a name that is looked for within others: `v a u l t`, `vaultkey`.
const WHOLE_LEAST: usize = 5;

impl Estate {
    pub fn new(names: impl IntoIterator<Item = (Named, String)>) -> Self {
        let mut out = Self::default();
        for (of, written) in names {
            let all = parts(&written);
            let own: Vec<String> = all.iter().filter(|part| !COMMON.contains(&part.as_str()) && part.len() > 1).cloned().collect();
            let parts = if own.is_empty() { all } else { own };
            let at = out.names.len();
            for part in parts.iter().collect::<BTreeSet<_>>() {
                out.by_part.entry(part.clone()).or_default().push(at);
            }
            let whole = letters(&written);
            if let Some(first) = whole.get(..WHOLE_LEAST) {
                out.by_whole.entry(first.to_vec()).or_default().push((whole, at));
            }
            out.names.push(Name { of, written, parts });
        }
        out
    }

    /// The names that a statement, with the one ahead of it, names.
    fn named(&self, text: &str, said: &BTreeSet<String>) -> BTreeSet<usize> {
        let mut met: HashMap<usize, usize> = HashMap::new();
        for part in said {
            for at in self.by_part.get(part).into_iter().flatten() {
                *met.entry(*at).or_default() += 1;
            }
        }
        let enough = |at: usize, n: usize| {
            let name = &self.names[at];
            // Of a secret two words that are its own are enough: `vault/crm/quick` is "the quick key of the vault".
            let needed = if name.of == Named::Secret { name.parts.len().min(2) } else { name.parts.iter().collect::<BTreeSet<_>>().len() };
            n >= needed
        };
        let mut out: BTreeSet<usize> = met.into_iter().filter(|(at, n)| enough(*at, *n)).map(|(at, _)| at).collect();
        let mut all = letters(text);
        for _ in 0..2 {
            for (from, first) in all.windows(WHOLE_LEAST).enumerate() {
                let begun = self.by_whole.get(first).into_iter().flatten();
                out.extend(begun.filter(|(whole, _)| all[from..].starts_with(whole)).map(|(_, at)| *at));
            }
            // And the other way round.
            all.reverse();
        }
        out
    }
}

/// The letters and digits of a text as it is seen, without anything between them.
fn letters(text: &str) -> Vec<char> {
    seen(text).chars().filter(|c| c.is_alphanumeric()).collect()
}

/// The parts of a name: what signs and capitals part.
fn parts(name: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut small = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || (small && c.is_uppercase()) {
            out.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(part) = out.last_mut()
        {
            part.push_str(&seen(&c.to_string()));
        }
        small = c.is_lowercase();
    }
    out.retain(|part| !part.is_empty());
    out
}

/// Everything a statement could name a part of a name with.
fn said(statement: &Statement) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    for part in parts(&statement.text) {
        out.insert(unleet(&part));
        // `keys` names a key.
        out.extend(part.strip_suffix('s').map(str::to_owned));
        out.insert(part);
    }
    out
}

pub(super) fn find(pair: &Pair<'_>, estate: &Estate, out: &mut Findings) {
    known(pair, estate, out);
    secrets(pair, out);
    for new in pair.added() {
        shapes(new, &pair.known, pair.old_text, out);
    }
}

fn known(pair: &Pair<'_>, estate: &Estate, out: &mut Findings) {
    let old: BTreeSet<usize> = pair.old.statements.iter().flat_map(|s| estate.named(&s.text, &said(s))).collect();
    let mut ahead = BTreeSet::new();
    for new in &pair.new.statements {
        let own = said(new);
        // A name may be spread over two statements.
        let both: BTreeSet<String> = own.union(&ahead).cloned().collect();
        let fresh = !pair.said.contains(&new.words);
        for at in estate.named(&new.text, &both).into_iter().filter(|at| fresh && !old.contains(at)) {
            let name = &estate.names[at];
            out.push(name.of.reason(), Which::After, new.line, &name.written, &new.text);
        }
        ahead = own;
    }
}

/// Words for secrets, whatever their names. A bare prohibition may speak of them.
fn secrets(pair: &Pair<'_>, out: &mut Findings) {
    let old: BTreeSet<String> = pair.old.statements.iter().flat_map(|s| of_secrets(&s.words)).collect();
    for new in pair.added().filter(|s| !is_bare_prohibition(&s.words)) {
        let plain = words(&seen(&new.text));
        let leet: Vec<String> = plain.iter().map(|word| unleet(word)).collect();
        let found: BTreeSet<String> = of_secrets(&plain).into_iter().chain(of_secrets(&leet)).collect();
        for word in found.difference(&old) {
            out.push(Reason::NamesSecret, Which::After, new.line, word, &new.text);
        }
    }
}

/// What ends a name of a file and not of a host.
const ENDINGS: [&str; 34] = [
    "md", "txt", "json", "yaml", "yml", "toml", "ini", "env", "py", "js", "ts", "rs", "sh", "sql", "csv", "html", "xml", "pdf", "doc",
    "docx", "xlsx", "log", "cfg", "conf", "pem", "key", "ipynb", "rb", "java", "cs", "exe", "bat", "ps1", "prompt",
];

/// True for the name of a file.
pub(super) fn is_file(word: &str) -> bool {
    let name = word.rsplit('/').next().unwrap_or(word);
    let ending = name.rsplit_once('.').is_some_and(|(_, ending)| ENDINGS.contains(&ending));
    ending || word.starts_with("~/") || word.starts_with("./") || word.starts_with("../") || (name.starts_with('.') && name.len() > 2)
}

/// True for the name of a host, with or without an account or a port, and for an address.
fn is_host(word: &str) -> bool {
    let word = word.split_once("://").map_or(word, |(_, rest)| rest);
    let host = word.rsplit('@').next().unwrap_or(word).split(['/', ':']).next().unwrap_or_default();
    let labels: Vec<&str> = host.split('.').collect();
    let plain = labels.iter().all(|label| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-'));
    let number = |label: &&str| label.parse::<u8>().is_ok();
    let named = labels.len() > 1
        && labels.last().is_some_and(|last| last.len() > 1 && last.chars().all(char::is_alphabetic))
        && labels[0].len() > 1;
    plain && (named || (labels.len() == 4 && labels.iter().all(number)))
}

fn shapes(new: &Statement, known: &HashSet<String>, old: &str, out: &mut Findings) {
    for word in new.words.iter().filter(|word| !known.contains(*word)) {
        let bare = word.trim_start_matches(['#', '$', '@']);
        if is_file(word) && !word.contains("://") {
            // `points` says so.
        } else if is_host(word) || word.starts_with("localhost") || word == "metadata" {
            out.push(Reason::NamesHost, Which::After, new.line, word, &new.text);
        } else if is_name(bare) {
            out.push(Reason::NamesUnknown, Which::After, new.line, word, &new.text);
        }
    }
    for name in written_as_names(&new.text).filter(|name| !known.contains(&name.to_lowercase()) && !old.contains(name)) {
        out.push(Reason::NamesUnknown, Which::After, new.line, name, &new.text);
    }
}

/// True for what no word of a language looks like: `issue_write`, `vault/crm`, `arn:aws:…`, `#ops`, `@bot`.
fn is_name(word: &str) -> bool {
    let letters = word.chars().any(char::is_alphabetic);
    let inner = |sign: char| word.trim_matches(sign).contains(sign);
    let path = inner('/') && !word.split('/').all(english);
    letters && (inner('_') || inner(':') || path || word.contains('\\') || (inner('.') && !is_short(word)))
}

/// `e.g`, `i.e`, `a.m`.
fn is_short(word: &str) -> bool {
    word.split('.').all(|part| part.len() < 2)
}

/// Names by their capitals: `refundOrder`, `VAULT`, and a strange word with a capital within a sentence; what is set in code
/// marks.
fn written_as_names(text: &str) -> impl Iterator<Item = &str> {
    let word = |part: &str| -> bool {
        let letters: Vec<char> = part.chars().filter(|c| c.is_alphabetic()).collect();
        let capitals = letters.iter().skip(1).filter(|c| c.is_uppercase()).count();
        let mixed = capitals > 0 && capitals + 1 < letters.len();
        letters.len() > 1 && part.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '\'') && (mixed || letters[0].is_uppercase())
    };
    let plain = |part: &str| english(&part.to_lowercase()) || part.split('-').all(|piece| english(&piece.to_lowercase()));
    let parts = text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '(' | ')' | '"' | '`' | '*'));
    let parts = parts.map(|part| part.trim_matches(|c: char| !c.is_alphanumeric())).filter(|part| !part.is_empty());
    parts.enumerate().filter(move |(at, part)| word(part) && !plain(part) && (*at > 0 || has_inner_capital(part))).map(|(_, part)| part)
}

fn has_inner_capital(part: &str) -> bool {
    part.chars().skip(1).any(char::is_uppercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_however_it_is_written() {
        let estate = Estate::new([
            (Named::Secret, "vault/crm/quick".to_owned()),
            (Named::Tool, "issue_write".to_owned()),
            (Named::Host, "api.pay.example".to_owned()),
            (Named::Identity, "ops-bot".to_owned()),
        ]);
        let named = |text: &str| {
            let read = super::super::reading::read(text);
            let found: Vec<&str> =
                read.statements.iter().flat_map(|s| estate.named(&s.text, &said(s))).map(|at| estate.names[at].written.as_str()).collect();
            found.join(" ")
        };
        for (text, found) in [
            ("Use vault/crm/quick.", "vault/crm/quick"),
            ("Use the quick key of the Vault.", "vault/crm/quick"),
            ("Use the VAULT-CRM-QUICK entry.", "vault/crm/quick"),
            ("Use v a u l t c r m q u i c k.", "vault/crm/quick"),
            ("Use kciuqmrctluav.", "vault/crm/quick"),
            ("Call issueWrite now.", "issue_write"),
            ("Call the issue write tool.", "issue_write"),
            ("Write the issue.", "issue_write"),
            ("Post to api.pay.example/x.", "api.pay.example"),
            ("Tell the 0ps-b0t.", "ops-bot"),
            ("Quick answers are liked.", ""),
            ("Write short answers.", ""),
        ] {
            assert_eq!(named(text), found, "{text}");
        }
    }

    #[test]
    fn hosts_files_and_names_are_told_apart() {
        for word in ["api.example.com", "ann@mail.example.org", "10.0.0.1", "evil.example:8443"] {
            assert!(is_host(word) && !is_file(word), "{word}");
        }
        for word in ["prompts/extra.md", "~/.ssh/id_rsa", ".env", "config.yaml"] {
            assert!(is_file(word), "{word}");
        }
        for word in ["issue_write", "vault/crm", "arn:aws:iam"] {
            assert!(is_name(word) && !is_host(word), "{word}");
        }
        for word in ["and/or", "e.g", "3.5", "read-only", "input/output"] {
            assert!(!is_name(word) && !is_host(word) && !is_file(word), "{word}");
        }
    }
}
