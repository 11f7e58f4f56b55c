//! A text as statements: sentences, list items, headings, lines of a file, each with its line, what it stands under, and
//! whether it stands aside, where it holds for nothing (in a comment, an example, a quotation). Wrapping, list marks and
//! emphasis are no part of a statement. It must not judge what one says.

use super::words::{Says, rules, says, words};

/// Where a statement stands, if it is not simply said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aside {
    Said,
    Quoted,
    /// In a block of code or an example.
    Fenced,
    /// In a comment.
    Hidden,
    Struck,
}

/// One statement.
#[derive(Clone, Debug)]
pub(super) struct Statement {
    /// Counted from 1.
    pub line: usize,
    /// As it is written.
    pub text: String,
    pub words: Vec<String>,
    /// The words of headings, tags and lead-ins it stands under, outermost first.
    pub under: Vec<String>,
    pub aside: Aside,
    /// True in a numbered list: there the order says what comes first.
    pub step: bool,
    /// What it says by itself or by what it stands under.
    pub says: Says,
}

/// A text that was read.
#[derive(Clone, Debug, Default)]
pub(super) struct Reading {
    pub statements: Vec<Statement>,
    /// Why not all of it could be read, each with its line.
    pub trouble: Vec<(usize, &'static str)>,
}

/// A paragraph or a list item while it is read.
struct Open {
    pieces: Vec<(usize, String)>,
    aside: Aside,
    step: bool,
    /// How far in it stands: of two of the same indent an item further than a line that leads in.
    depth: usize,
    is_item: bool,
}

#[derive(Default)]
struct Reader {
    out: Reading,
    headings: Vec<(usize, Vec<String>)>,
    tags: Vec<(String, Vec<String>)>,
    /// Items and lead-ins that others stand under, by their depth.
    above: Vec<(usize, Vec<String>)>,
    open: Option<Open>,
    fence: Option<(usize, &'static str)>,
    comment: Option<usize>,
}

pub(super) fn read(text: &str) -> Reading {
    let mut reader = Reader::default();
    for (at, line) in text.lines().enumerate() {
        reader.line(at + 1, line);
    }
    reader.close();
    let (fence, comment) = (reader.fence.map(|(line, _)| line), reader.comment);
    reader.out.trouble.extend(fence.map(|line| (line, "a block of code that does not end")));
    reader.out.trouble.extend(comment.map(|line| (line, "a comment that does not end")));
    reader.out
}

impl Reader {
    fn line(&mut self, at: usize, line: &str) {
        let trimmed = line.trim();
        if let Some((_, mark)) = self.fence {
            if trimmed.starts_with(mark) {
                self.fence = None;
            } else {
                self.push(at, trimmed, Aside::Fenced, false);
            }
        } else if let Some(mark) = ["```", "~~~"].into_iter().find(|mark| trimmed.starts_with(mark)) {
            self.close();
            self.fence = Some((at, mark));
        } else {
            let said = self.without_comments(at, line);
            self.said(at, &said);
        }
    }

    /// The line without its comments, which are statements of their own.
    fn without_comments(&mut self, at: usize, line: &str) -> String {
        let (mut said, mut rest) = (String::new(), line);
        loop {
            if self.comment.is_some() {
                let end = rest.find("-->");
                self.push(at, rest[..end.unwrap_or(rest.len())].trim(), Aside::Hidden, false);
                let Some(end) = end else { return said };
                self.comment = None;
                rest = &rest[end + 3..];
            } else if let Some(begin) = rest.find("<!--") {
                said.push_str(&rest[..begin]);
                self.comment = Some(at);
                rest = &rest[begin + 4..];
            } else {
                said.push_str(rest);
                return said;
            }
        }
    }

    fn said(&mut self, at: usize, line: &str) {
        let trimmed = line.trim();
        let indent = line.len() - line.trim_start().len();
        if trimmed.is_empty() {
            self.close();
        } else if let Some((level, title)) = heading(trimmed) {
            self.heading(at, level, title);
        } else if trimmed.len() > 2 && trimmed.chars().all(|c| matches!(c, '=' | '-' | '*' | '_' | ' ')) {
            self.underline(trimmed);
        } else if let Some((name, ends)) = tag(trimmed) {
            self.tag(at, name, ends, trimmed);
        } else if let Some(quoted) = trimmed.strip_prefix('>') {
            self.go_on(at, quoted, Aside::Quoted, 2 * indent);
        } else if let Some((numbered, item)) = item(trimmed) {
            self.begin(at, item, Aside::Said, 2 * indent + 1);
            self.open.iter_mut().for_each(|open| (open.is_item, open.step) = (true, numbered));
        } else if is_own_line(trimmed) {
            self.begin(at, trimmed, Aside::Said, 2 * indent);
            self.close();
        } else {
            self.go_on(at, trimmed, Aside::Said, 2 * indent);
        }
    }

    /// Begins a paragraph or an item, beneath whatever stands further out.
    fn begin(&mut self, at: usize, text: &str, aside: Aside, depth: usize) {
        self.close();
        self.above.retain(|(other, _)| *other < depth);
        self.open = Some(Open { pieces: vec![(at, text.trim().to_owned())], aside, step: false, depth, is_item: false });
    }

    /// Another line of what is open, where it is of its kind.
    fn go_on(&mut self, at: usize, text: &str, aside: Aside, depth: usize) {
        match &mut self.open {
            Some(open) if open.aside == aside => open.pieces.push((at, text.trim().to_owned())),
            _ => self.begin(at, text, aside, depth),
        }
    }

    fn heading(&mut self, at: usize, level: usize, title: &str) {
        self.close();
        self.above.clear();
        self.headings.retain(|(other, _)| *other < level);
        self.push(at, title, Aside::Said, false);
        self.headings.push((level, words(title)));
    }

    /// `===` or `---` beneath one line makes a heading of it.
    fn underline(&mut self, marks: &str) {
        let level = if marks.starts_with('=') { 1 } else { 2 };
        match self.open.take() {
            Some(open) if open.pieces.len() == 1 && !open.is_item && marks.starts_with(['=', '-']) => {
                let (at, title) = &open.pieces[0];
                self.heading(*at, level, title);
            }
            open => {
                self.open = open;
                self.close();
                self.above.clear();
            }
        }
    }

    fn tag(&mut self, at: usize, name: &str, ends: bool, line: &str) {
        self.close();
        self.above.clear();
        let name = name.to_lowercase();
        if !ends {
            self.push(at, line, Aside::Said, false);
            self.tags.push((name, words(line)));
        } else if let Some(place) = self.tags.iter().rposition(|(open, _)| *open == name) {
            self.tags.truncate(place);
        } else {
            self.out.trouble.push((at, "a tag that ends and never began"));
        }
    }

    /// Ends what is open: its sentences are statements, and whatever it leads in stands under it.
    fn close(&mut self) {
        let Some(open) = self.open.take() else { return };
        for (at, sentence) in sentences(&open.pieces) {
            self.push(at, &sentence, open.aside, open.step);
        }
        let whole: Vec<&str> = open.pieces.iter().map(|(_, piece)| piece.as_str()).collect();
        let whole = whole.join(" ");
        let bold = whole.len() > 4 && whole.starts_with("**") && whole.ends_with("**") && whole.matches("**").count() == 2;
        if open.is_item || bold || whole.trim_end_matches(['*', '_', ' ']).ends_with(':') {
            self.above.push((open.depth, words(&whole)));
        }
    }

    fn push(&mut self, line: usize, text: &str, aside: Aside, step: bool) {
        let own = words(text);
        if own.is_empty() {
            return;
        }
        // The title of the whole text counts only for what stands in no part of it.
        let outermost = usize::from(self.headings.len() > 1 && self.headings[0].0 == 1);
        let groups = self.headings[outermost..].iter().map(|(_, w)| w).chain(self.tags.iter().map(|(_, w)| w));
        let groups: Vec<&Vec<String>> = groups.chain(self.above.iter().map(|(_, w)| w)).collect();
        let mut said = says(&own);
        for group in &groups {
            said = said.or(says(group));
            said.depends |= rules(group);
        }
        let example = self.tags.iter().any(|(name, _)| name.contains("example") || name.contains("sample"));
        let aside = match aside {
            Aside::Said if text.contains("~~") => Aside::Struck,
            Aside::Said if example => Aside::Fenced,
            other => other,
        };
        let under = groups.into_iter().flatten().cloned().collect();
        self.out.statements.push(Statement { line, text: text.to_owned(), words: own, under, aside, step, says: said });
    }
}

/// `## title`: its level and the title.
fn heading(line: &str) -> Option<(usize, &str)> {
    let level = line.bytes().take_while(|b| *b == b'#').count();
    let title = &line[level..];
    ((1..=6).contains(&level) && title.starts_with(' ')).then(|| (level, title.trim().trim_end_matches('#').trim_end()))
}

/// A line that is a tag: its name, and whether it ends one.
fn tag(line: &str) -> Option<(&str, bool)> {
    let inside = line.strip_prefix('<')?.strip_suffix('>')?;
    let (ends, name) = inside.strip_prefix('/').map_or((false, inside), |rest| (true, rest));
    let name = name.split_whitespace().next()?;
    let plain = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | ':'));
    (plain && !inside.contains(['<', '>']) && !inside.ends_with('/')).then_some((name, ends))
}

/// A list item: whether its list is numbered, and the text.
fn item(line: &str) -> Option<(bool, &str)> {
    let mark = line.split(' ').next()?;
    let rest = line[mark.len()..].trim_start();
    let numbered = mark.len() > 1 && mark.ends_with(['.', ')']) && mark[..mark.len() - 1].chars().all(|c| c.is_ascii_digit());
    let bullet = matches!(mark, "-" | "*" | "+" | "•" | "–" | "◦" | "▪" | "‣" | "·");
    if rest.is_empty() || !(numbered || bullet) {
        return None;
    }
    let unchecked = ["[ ]", "[x]", "[X]"].into_iter().find_map(|check| rest.strip_prefix(check));
    Some((numbered, unchecked.map_or(rest, str::trim_start)))
}

/// True for a line that is no part of a paragraph: a row of a table, a setting, a piece of JSON.
fn is_own_line(line: &str) -> bool {
    if line.starts_with(['|', '{', '}', '[', ']', '"', '@', '$']) {
        return true;
    }
    let Some((name, value)) = line.split_once(": ").or_else(|| line.split_once(" = ")).or_else(|| line.split_once('=')) else {
        return false;
    };
    name.len() <= 32 && name.split_whitespace().count() <= 3 && !value.trim().is_empty()
}

/// After which a full stop ends no sentence.
const SHORT: [&str; 12] = ["e.g", "i.e", "etc", "vs", "mr", "mrs", "ms", "dr", "approx", "incl", "cf", "st"];

/// The sentences of a paragraph, each with the line it begins in. What a semicolon parts are two.
fn sentences(pieces: &[(usize, String)]) -> Vec<(usize, String)> {
    let (mut out, mut current, mut begins) = (Vec::new(), String::new(), None);
    for (at, piece) in pieces {
        let mut word = String::new();
        let mut chars = piece.chars().peekable();
        while let Some(c) = chars.next() {
            if !c.is_whitespace() {
                begins.get_or_insert(*at);
            }
            current.push(c);
            let last = chars.peek().is_none_or(|next| next.is_whitespace() || matches!(next, '"' | '\'' | '*' | '_' | ')' | '”'));
            let short =
                word.chars().count() < 2 && !word.is_empty() || SHORT.contains(&word.trim_start_matches('(').to_lowercase().as_str());
            if last && (matches!(c, '!' | '?' | ';' | '。') || (c == '.' && !short)) {
                out.push((begins.take().unwrap_or(*at), std::mem::take(&mut current)));
            }
            if c.is_whitespace() { word.clear() } else { word.push(c) }
        }
        current.push(' ');
    }
    out.push((begins.unwrap_or_default(), current));
    out.into_iter().map(|(at, text)| (at, text.trim().to_owned())).filter(|(_, text)| !text.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<(usize, String)> {
        read(text).statements.into_iter().map(|s| (s.line, s.words.join(" "))).collect()
    }

    #[test]
    fn wrapping_marks_and_emphasis_are_no_part_of_a_statement() {
        let one = "You answer customers. **Never** refund; hand over to a person.\n\n* Be brief\n* Be kind";
        let two = "You answer\ncustomers. Never\nrefund; hand over to\na person.\n\n- be brief\n- *Be kind*\n";
        let said = |text: &str| lines(text).into_iter().map(|(_, said)| said).collect::<Vec<_>>();
        assert_eq!(said(one), said(two));
        assert_eq!(said(one), ["you answer customers", "never refund", "hand over to a person", "be brief", "be kind"]);
        assert_eq!(lines(two)[1], (2, "never refund".to_owned()), "the line it begins in");
    }

    #[test]
    fn what_stands_under_a_rule_holds_something_back_and_what_stands_aside_is_told() {
        let read = read(
            "# Agent\n\n## Tone\n\nKind.\n\n## Never do\n\n- refunds\n  - of gifts\n\nIf unsure:\n- stay calm\n\n<!-- ask a person -->\n```\nnever\n```\n> no\n~~never~~ gone",
        );
        let of = |words: &str| read.statements.iter().find(|s| s.words.join(" ") == words).unwrap_or_else(|| panic!("{words}: {read:?}"));
        assert!(!of("kind").says.any());
        assert!(of("refunds").says.forbids && of("of gifts").says.forbids);
        assert_eq!(of("of gifts").under, ["never", "do", "refunds"]);
        assert!(of("stay calm").says.depends);
        for (words, aside) in
            [("ask a person", Aside::Hidden), ("never", Aside::Fenced), ("no", Aside::Quoted), ("never gone", Aside::Struck)]
        {
            assert_eq!(of(words).aside, aside, "{words}");
        }
        assert_eq!(super::read("```\nx").trouble, [(1, "a block of code that does not end")]);
        assert_eq!(super::read("a <!-- b").trouble, [(1, "a comment that does not end")]);
    }
}
