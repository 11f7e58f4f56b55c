//! Documents of YAML as JSON text, for readers that take JSON. Every value stands in the line it stands in, because those readers
//! name places by lines. Aliases are written out, so far as they do not multiply what there is.

use super::Node;
use crate::work::Work;
use crate::{Error, Result};

/// What may be written out: so many times what the text weighs, and so much more.
const TIMES: u64 = 4;
const MORE: u64 = 1_000_000;

pub(crate) fn as_json(file: &str, text: &str, work: &Work) -> Result<String> {
    let tree = super::documents(file, &[(1, text)])?;
    let weight = tree.roots().map(Node::weight).fold(0, u64::saturating_add);
    if weight > tree.written().saturating_mul(TIMES).saturating_add(MORE) {
        return Err(Error::new(file, "aliases (*) that repeat several times of what the file holds: write it without them"));
    }
    work.steps(weight, "reading the YAML").map_err(|why| Error::new(file, why))?;
    let mut out = Lined { text: String::with_capacity(text.len() + text.len() / 2), line: 1 };
    for root in tree.roots().filter(|root| !root.is_nothing()) {
        if let Some(twice) = root.repeats().next() {
            let reason = format!("the member {:?} stands twice in one object", domain::text::capped(&twice.key, 80));
            return Err(Error::at(file, format!("lines {} and {}", twice.first, twice.last), reason));
        }
        out.value(root);
        out.text.push(' ');
    }
    Ok(out.text)
}

/// What is left to be written.
enum Piece<'a> {
    Value(Node<'a>),
    Name(&'a str),
    Mark(char),
}

struct Lined {
    text: String,
    line: u32,
}

impl Lined {
    /// A value with everything in it. It does not call itself: aliases may stand within one another without end.
    fn value(&mut self, root: Node<'_>) {
        let mut left = vec![Piece::Value(root)];
        while let Some(piece) = left.pop() {
            match piece {
                Piece::Mark(mark) => self.text.push(mark),
                Piece::Name(name) => {
                    self.quoted(name);
                    self.text.push(':');
                }
                Piece::Value(node) => {
                    while self.line < node.line() {
                        self.text.push('\n');
                        self.line += 1;
                    }
                    self.begin(node, &mut left);
                }
            }
        }
    }

    fn begin<'a>(&mut self, node: Node<'a>, left: &mut Vec<Piece<'a>>) {
        let from = left.len();
        if let Some(members) = node.members() {
            for (name, value) in members {
                left.extend([Piece::Mark(','), Piece::Name(name), Piece::Value(value)]);
            }
            self.all(('{', '}'), from, left);
        } else if let Some(items) = node.list() {
            for item in items {
                left.extend([Piece::Mark(','), Piece::Value(item)]);
            }
            self.all(('[', ']'), from, left);
        } else {
            self.scalar(node);
        }
    }

    /// Turns round what was put down, because the last is written first, with its brackets.
    fn all(&mut self, (opens, closes): (char, char), from: usize, left: &mut Vec<Piece<'_>>) {
        self.text.push(opens);
        if let Some(Piece::Mark(comma)) = left.get_mut(from) {
            *comma = ' ';
        }
        left.push(Piece::Mark(closes));
        left[from..].reverse();
    }

    fn scalar(&mut self, node: Node<'_>) {
        match node.text() {
            None => self.text.push_str("null"),
            Some(text) if node.is_plain() && is_json(text) => self.text.push_str(text),
            Some(text) => self.quoted(text),
        }
    }

    fn quoted(&mut self, text: &str) {
        // A text has a form in JSON whatever is in it.
        self.text.push_str(&serde_json::to_string(text).unwrap_or_default());
    }
}

/// Whether a plain word is one of JSON's own, or a number as JSON writes it: one with a zero ahead is a text to whoever wrote it.
fn is_json(text: &str) -> bool {
    matches!(text, "true" | "false")
        || (text.starts_with(|c: char| c == '-' || c.is_ascii_digit()) && serde_json::from_str::<serde_json::Number>(text).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::work::Limits;

    fn json(text: &str) -> Result<String> {
        as_json("f", text, &Work::within(Limits::of(text.len() as u64)))
    }

    #[test]
    fn values_stay_in_their_lines_and_words_what_they_are() {
        let text = "a:\n- x\n- 'true'\n- true\n- 012\n- 3600\n- 1.5\n- ~\nb: {c: \"q\\\"\"}\nd: |\n  two\n  lines\n";
        let out = json(text).expect("reads");
        let value: serde_json::Value = serde_json::from_str(&out).expect("JSON");
        let expected = serde_json::json!({"a": ["x", "true", true, "012", 3600, 1.5, null], "b": {"c": "q\""}, "d": "two\nlines\n"});
        assert_eq!(value, expected);
        let line = |word: &str| 1 + out[..out.find(word).expect(word)].matches('\n').count();
        assert_eq!((line("\"x\""), line("3600"), line("q\\\"")), (2, 6, 9));
        assert_eq!(json("a: 1\n---\n---\nb: {}\n").expect("reads").split_whitespace().collect::<String>(), "{\"a\":1}{\"b\":{}}");
    }

    #[test]
    fn aliases_are_written_out_and_multiply_nothing() {
        let out = json("a: &a [1, 2]\nb: *a\nc: {<<: {d: *a}}\n").expect("reads");
        let value: serde_json::Value = serde_json::from_str(&out).expect("JSON");
        assert_eq!(value, serde_json::json!({"a": [1, 2], "b": [1, 2], "c": {"d": [1, 2]}}));
        let mut bomb = "l0: &l0 [x, x, x, x, x, x, x, x]\n".to_owned();
        let mut deep = "l0: &l0 [x]\n".to_owned();
        for i in 1..40 {
            bomb.push_str(&format!("l{i}: &l{i} [*l{0}, *l{0}, *l{0}, *l{0}]\n", i - 1));
        }
        for i in 1..2_000 {
            deep.push_str(&format!("l{i}: &l{i} [*l{}]\n", i - 1));
        }
        assert!(json(&bomb).expect_err("a bomb").reason.contains("aliases"));
        let _ = json(&deep);
        let twice = json("a: 1\nb: 2\na: 3\n").expect_err("twice");
        assert_eq!(twice.place.as_deref(), Some("lines 1 and 3"));
    }
}
