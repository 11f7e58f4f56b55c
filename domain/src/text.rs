//! Hostile text: what agents, sources and files say. Shown plain, capped, with every invisible or
//! bidirectional character as its code point; never interpreted. It must not be used to make ids or keys.

/// True for characters a reader cannot see or that reorder what they see.
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}'
        | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
        || (c.is_control() && c != '\n' && c != '\t')
}

/// True for characters that rule a terminal or turn the line round. What else cannot be seen may belong to a word.
pub fn is_ruling(c: char) -> bool {
    c.is_control() || matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Replaces each invisible or control character by `⟨U+200B⟩`.
pub fn visible(text: &str) -> String {
    if !text.chars().any(is_invisible) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_invisible(c) {
            out.push_str(&format!("⟨U+{:04X}⟩", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}

/// A text as a sentence: with a capital and a full stop, where it begins with a word of ours.
pub fn sentence(text: &str) -> String {
    let text = text.trim();
    let plain = text.split(' ').next().is_some_and(|word| word.trim_end_matches([',', ':', ';']).bytes().all(|b| b.is_ascii_lowercase()));
    let mut out = text.to_owned();
    if plain && !out.is_empty() {
        out.replace_range(..1, &text[..1].to_ascii_uppercase());
    }
    if !out.is_empty() && !out.ends_with(['.', '!', '?', ':', '\u{201d}']) {
        out.push('.');
    }
    out
}

/// `visible`, cut to `max` characters with the number left out.
pub fn capped(text: &str, max: usize) -> String {
    let shown = visible(text);
    let total = shown.chars().count();
    if total <= max {
        return shown;
    }
    let cut: String = shown.chars().take(max).collect();
    format!("{cut}… ({} more characters)", total - max)
}

/// One CSV cell that a spreadsheet will not run: ahead of `= + - @` where a cell begins stands an apostrophe. Spreadsheets
/// that part at semicolons or tabs do not see our quotes and begin a cell inside of ours: there one stands as well.
pub fn csv_cell(text: &str) -> String {
    let shown = visible(text);
    let mut out = String::with_capacity(shown.len() + 1);
    // What begins with a tab is a formula to some once the tab is cut off.
    let mut begins = true;
    for (n, c) in shown.chars().enumerate() {
        if (begins && matches!(c, '=' | '+' | '-' | '@')) || (n == 0 && c == '\t') {
            out.push('\'');
        }
        begins = matches!(c, ';' | '\t' | '\n');
        out.push(c);
    }
    out
}

/// Text for a terminal: control characters gone, line breaks as spaces.
pub fn terminal(text: &str) -> String {
    visible(&text.replace(['\n', '\t'], " "))
}

/// Lower case for search, made in Rust because SQLite's `lower` knows ASCII only.
pub fn folded(text: &str) -> String {
    text.to_lowercase()
}

/// At most so many bytes of a text, whole characters only.
pub fn cut(mut text: String, bytes: usize) -> String {
    let end = (0..=bytes.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text.truncate(end);
    text
}

/// Escapes `%`, `_` and `\` so that a search term is taken literally by `LIKE … ESCAPE '\'`.
pub fn like_literal(term: &str) -> String {
    term.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_becomes_a_sentence_and_a_name_stays() {
        for (text, said) in [
            ("name the source", "Name the source."),
            ("Choose a role.", "Choose a role."),
            ("x.yaml is no manifest", "x.yaml is no manifest."),
            ("ünder way", "ünder way."),
            ("", ""),
        ] {
            assert_eq!(sentence(text), said);
        }
    }

    #[test]
    fn what_cannot_be_seen_is_shown_as_its_code_point() {
        assert_eq!(visible("ad\u{200B}min"), "ad⟨U+200B⟩min");
        assert_eq!(visible("a\u{202E}b"), "a⟨U+202E⟩b");
        assert_eq!(visible("x\u{1B}[31m"), "x⟨U+001B⟩[31m");
        assert_eq!(visible("tag\u{E0041}"), "tag⟨U+E0041⟩");
    }

    #[test]
    fn formulas_do_not_run() {
        assert_eq!(csv_cell("=1+1"), "'=1+1");
        assert_eq!(csv_cell("plain"), "plain");
        for (text, cell) in [
            ("a;=1+1", "a;'=1+1"),
            ("a;+1;-1;@x", "a;'+1;'-1;'@x"),
            ("a\t=1", "a\t'=1"),
            ("a\n@x", "a\n'@x"),
            ("\tx", "'\tx"),
            ("\t=1", "'\t'=1"),
            ("a=1; b-c", "a=1; b-c"),
        ] {
            assert_eq!(csv_cell(text), cell, "{text:?}");
        }
    }

    #[test]
    fn like_terms_are_literal() {
        assert_eq!(like_literal("50%_\\"), "50\\%\\_\\\\");
    }
}
