//! Two texts side by side, for whoever reads a change: lines that came and went, lines that only moved, the words of a line
//! that was changed, and each character that cannot be seen with its code point. It must not judge a difference: `coupling`
//! does. Texts are hostile: pieces are shown plain.

use super::align::align;
use crate::coupling::passes_for;
use crate::text::is_invisible;
use std::collections::HashMap;

/// A piece of a line that was changed. Spaces belong to the word ahead of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    Same(String),
    Added(String),
    Removed(String),
}

/// A line of a comparison, with its number in the text or texts it stands in, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    Same {
        before: usize,
        after: usize,
        text: String,
    },
    Changed {
        before: usize,
        after: usize,
        pieces: Vec<Piece>,
    },
    Added {
        after: usize,
        text: String,
    },
    Removed {
        before: usize,
        text: String,
    },
    /// It went from here to another place.
    MovedFrom {
        before: usize,
        after: usize,
        text: String,
    },
    /// It came here from another place.
    MovedTo {
        before: usize,
        after: usize,
        text: String,
    },
}

/// The longest texts that are compared: bytes, and lines.
pub const BYTES_MOST: usize = 256 * 1024;
pub const LINES_MOST: usize = 5_000;

/// Compares two texts by lines, and within lines by words. None where one is too long.
pub fn compare(before: &str, after: &str) -> Option<Vec<Line>> {
    let long = |text: &str| text.len() > BYTES_MOST || text.lines().nth(LINES_MOST).is_some();
    if long(before) || long(after) {
        return None;
    }
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let kept = align(&old, &new);
    let moved = moved(&old, &new, &kept);
    let mut out = Vec::new();
    let (mut x, mut y) = (0, 0);
    for (same_x, same_y) in kept.into_iter().chain([(old.len(), new.len())]) {
        gap((&old, &new), (x..same_x, y..same_y), &moved, &mut out);
        if let Some(text) = old.get(same_x).filter(|_| same_y < new.len()) {
            out.push(Line::Same { before: same_x + 1, after: same_y + 1, text: (*text).to_owned() });
        }
        (x, y) = (same_x + 1, same_y + 1);
    }
    Some(out)
}

/// Lines that stand once among those that went and once among those that came: from old to new.
fn moved(old: &[&str], new: &[&str], kept: &[(usize, usize)]) -> HashMap<usize, usize> {
    let (mut stays, mut stood) = (vec![false; old.len()], vec![false; new.len()]);
    for (x, y) in kept {
        (stays[*x], stood[*y]) = (true, true);
    }
    let mut places: HashMap<&str, (Vec<usize>, Vec<usize>)> = HashMap::new();
    for (at, line) in old.iter().enumerate().filter(|(at, _)| !stays[*at]) {
        places.entry(line.trim()).or_default().0.push(at);
    }
    for (at, line) in new.iter().enumerate().filter(|(at, _)| !stood[*at]) {
        places.entry(line.trim()).or_default().1.push(at);
    }
    let once = |(line, (from, to)): (&str, (Vec<usize>, Vec<usize>))| match (&from[..], &to[..]) {
        ([from], [to]) if line.chars().any(char::is_alphanumeric) => Some((*from, *to)),
        _ => None,
    };
    places.into_iter().filter_map(once).collect()
}

/// A stretch in which nothing stayed: lines are taken in pairs where they share words.
fn gap(
    (old, new): (&[&str], &[&str]),
    at: (std::ops::Range<usize>, std::ops::Range<usize>),
    moved: &HashMap<usize, usize>,
    out: &mut Vec<Line>,
) {
    let came: HashMap<usize, usize> = moved.iter().map(|(from, to)| (*to, *from)).collect();
    let mut new_left: Vec<usize> = at.1.collect();
    for x in at.0 {
        if let Some(to) = moved.get(&x) {
            out.push(Line::MovedFrom { before: x + 1, after: to + 1, text: old[x].to_owned() });
            continue;
        }
        let near = new_left.iter().position(|y| !came.contains_key(y) && share_words(old[x], new[*y]));
        match near {
            Some(place) => {
                let y = new_left[place];
                // What stands ahead of its pair comes first, in its order.
                new_left.drain(..place).for_each(|y| out.push(came_line(new, y, &came)));
                new_left.remove(0);
                out.push(Line::Changed { before: x + 1, after: y + 1, pieces: words(old[x], new[y]) });
            }
            None => out.push(Line::Removed { before: x + 1, text: old[x].to_owned() }),
        }
    }
    out.extend(new_left.into_iter().map(|y| came_line(new, y, &came)));
}

fn came_line(new: &[&str], y: usize, came: &HashMap<usize, usize>) -> Line {
    let text = new[y].to_owned();
    match came.get(&y) {
        Some(from) => Line::MovedTo { before: from + 1, after: y + 1, text },
        None => Line::Added { after: y + 1, text },
    }
}

/// Words with the spaces behind them; a sign is a word of its own.
fn split(line: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut begins = 0;
    let chars: Vec<(usize, char)> = line.char_indices().collect();
    for pair in chars.windows(2) {
        let ((_, one), (at, two)) = (pair[0], pair[1]);
        let joined = two.is_whitespace() || (one.is_alphanumeric() && two.is_alphanumeric());
        if !joined {
            out.push(&line[begins..at]);
            begins = at;
        }
    }
    if begins < line.len() {
        out.push(&line[begins..]);
    }
    out
}

/// The most words of a line that are compared.
const WORDS_MOST: usize = 2_000;

/// The words of one line against those of another.
pub fn words(before: &str, after: &str) -> Vec<Piece> {
    let (old, new) = (split(before), split(after));
    if old.len() > WORDS_MOST || new.len() > WORDS_MOST {
        return vec![Piece::Removed(before.to_owned()), Piece::Added(after.to_owned())];
    }
    let bare = |words: &[&str]| words.iter().map(|word| word.trim_end().to_owned()).collect::<Vec<_>>();
    let mut out = Vec::new();
    let (mut x, mut y) = (0, 0);
    for (same_x, same_y) in align(&bare(&old), &bare(&new)).into_iter().chain([(old.len(), new.len())]) {
        if x < same_x {
            out.push(Piece::Removed(old[x..same_x].concat()));
        }
        if y < same_y {
            out.push(Piece::Added(new[y..same_y].concat()));
        }
        if let Some(word) = new.get(same_y).filter(|_| same_x < old.len()) {
            match out.last_mut() {
                Some(Piece::Same(text)) => text.push_str(word),
                _ => out.push(Piece::Same((*word).to_owned())),
            }
        }
        (x, y) = (same_x + 1, same_y + 1);
    }
    out
}

/// Whether two lines are one that was changed: at least half of the words of the shorter stand in both.
fn share_words(one: &str, two: &str) -> bool {
    let word = |text: &str| {
        text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_lowercase).take(WORDS_MOST).collect::<Vec<_>>()
    };
    let (one, two) = (word(one), word(two));
    let least = one.len().min(two.len());
    let both = one.iter().collect::<std::collections::HashSet<_>>().intersection(&two.iter().collect()).count();
    least > 0 && both * 2 >= least
}

/// A character that a reader does not see, or takes for another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unseen {
    /// Both counted from 1, columns in characters.
    pub line: usize,
    pub column: usize,
    pub point: char,
    pub what: String,
}

impl Unseen {
    /// `U+200B`.
    pub fn code_point(&self) -> String {
        format!("U+{:04X}", u32::from(self.point))
    }
}

/// Every such character of a text, up to so many; with how many there are.
pub fn unseen(text: &str, most: usize) -> (Vec<Unseen>, usize) {
    let mut out = Vec::new();
    let mut all = 0;
    for (line, content) in text.split('\n').enumerate() {
        for (column, point) in content.strip_suffix('\r').unwrap_or(content).chars().enumerate() {
            let Some(what) = what_of(point) else { continue };
            all += 1;
            if out.len() < most {
                out.push(Unseen { line: line + 1, column: column + 1, point, what });
            }
        }
    }
    (out, all)
}

/// What a character is that cannot be seen or passes for another; none of any other.
fn what_of(c: char) -> Option<String> {
    let at = u32::from(c);
    let named = match c {
        '\u{00AD}' => "soft hyphen",
        '\u{200B}' => "zero width space",
        '\u{200C}' => "zero width non-joiner",
        '\u{200D}' => "zero width joiner",
        '\u{200E}' => "left-to-right mark",
        '\u{200F}' | '\u{061C}' => "right-to-left mark",
        '\u{202A}' | '\u{202B}' | '\u{2066}' | '\u{2067}' | '\u{2068}' => "begins a run of another direction",
        '\u{202C}' | '\u{2069}' => "ends a run of another direction",
        '\u{202D}' => "left-to-right override",
        '\u{202E}' => "right-to-left override",
        '\u{2060}' => "word joiner",
        '\u{FEFF}' => "byte order mark",
        '\u{1B}' => "escape: rules a terminal",
        '\u{FE00}'..='\u{FE0F}' => "variation selector",
        '\u{E0020}'..='\u{E007E}' => {
            return char::from_u32(at - 0xE0000).map(|letter| format!("tag letter {letter:?}"));
        }
        '\u{E0100}'..='\u{E01EF}' => "variation selector: may carry a byte",
        '\u{0300}'..='\u{036F}' => "mark set on the letter ahead of it",
        _ if is_invisible(c) && c.is_control() => "control character",
        _ if is_invisible(c) => "character that cannot be seen",
        _ => return passes_for(c).map(|letter| format!("passes for {letter}")),
    };
    Some(named.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_changed_line_and_moved_lines_are_told() {
        let before = "Be kind.\nAnswer.\nNever refund; hand over to a person.\nBe brief.\n";
        let after = "Be brief.\nBe kind.\nAnswer.\nNever refund more than 20 euros; hand over to a person.\nThank them.\n";
        let lines = compare(before, after).expect("short");
        assert!(lines.contains(&Line::MovedTo { before: 4, after: 1, text: "Be brief.".to_owned() }), "{lines:?}");
        assert!(lines.contains(&Line::MovedFrom { before: 4, after: 1, text: "Be brief.".to_owned() }), "{lines:?}");
        let pieces = vec![
            Piece::Same("Never refund".to_owned()),
            Piece::Added(" more than 20 euros".to_owned()),
            Piece::Same("; hand over to a person.".to_owned()),
        ];
        let told = lines.iter().find_map(|line| if let Line::Changed { pieces, .. } = line { Some(pieces.clone()) } else { None });
        let text = |pieces: &[Piece]| {
            pieces
                .iter()
                .map(|p| match p {
                    Piece::Same(t) => t.clone(),
                    Piece::Added(t) => format!("[{t}]"),
                    Piece::Removed(t) => format!("({t})"),
                })
                .collect::<String>()
        };
        assert_eq!(text(&told.expect("changed")).replace(' ', ""), text(&pieces).replace(' ', ""));
        assert_eq!(lines.last(), Some(&Line::Added { after: 5, text: "Thank them.".to_owned() }));
    }

    #[test]
    fn what_cannot_be_seen_is_told_with_its_place() {
        let (found, all) = unseen("ok\nad\u{200B}m\u{0456}n\u{E0041}\r\n\u{1F642}\u{FE0F}", 3);
        let said: Vec<_> = found.iter().map(|u| (u.line, u.column, u.code_point(), u.what.as_str())).collect();
        assert_eq!(all, 4);
        assert_eq!(
            said,
            [
                (2, 3, "U+200B".to_owned(), "zero width space"),
                (2, 5, "U+0456".to_owned(), "passes for i"),
                (2, 7, "U+E0041".to_owned(), "tag letter 'A'"),
            ]
        );
    }
}
