//! How long the functions of a file are, tests left out. Comments, strings and characters are blanked first, so that a brace
//! in one of them is none. It must not judge anything but length.

/// The longest function, in lines. The house writes forty; what is longer than this has to be split.
pub const MOST: usize = 60;

/// Functions that are longer, with their lines.
pub fn long(text: &str) -> Vec<(String, usize)> {
    let code = blanked(text.split("\n#[cfg(test)]").next().unwrap_or_default());
    let begins = |at: usize| code[at..].starts_with(b"fn ") && (at == 0 || !is_word(code[at - 1]));
    let mut found = Vec::new();
    for at in (0..code.len()).filter(|at| begins(*at)) {
        let name: String = code[at + 3..].iter().take_while(|b| is_word(**b)).map(|b| char::from(*b)).collect();
        let lines = end(&code[at..]).map_or(0, |end| code[at..at + end].split(|b| *b == b'\n').count());
        if !name.is_empty() && lines > MOST {
            found.push((name, lines));
        }
    }
    found
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Where the body of a function ends; none where it has no body.
fn end(code: &[u8]) -> Option<usize> {
    let (mut brackets, mut braces) = (0_i32, 0_i32);
    for (at, byte) in code.iter().enumerate() {
        match byte {
            b'(' | b'[' => brackets += 1,
            b')' | b']' => brackets -= 1,
            b';' if brackets == 0 && braces == 0 => return None,
            b'{' => braces += 1,
            b'}' => {
                braces -= 1;
                if braces == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// The text with blanks in place of comments, strings and characters, line by line as it was.
fn blanked(text: &str) -> Vec<u8> {
    let source = text.as_bytes();
    let mut out = source.to_vec();
    let mut at = 0;
    while at < source.len() {
        let alone = at == 0 || !is_word(source[at - 1]);
        let length = passage(&source[at..], alone);
        for byte in out[at..at + length].iter_mut().filter(|b| **b != b'\n') {
            *byte = b' ';
        }
        at += length.max(1);
    }
    out
}

/// How many bytes a comment, a string or a character takes that begins here; 0 where none does.
fn passage(rest: &[u8], alone: bool) -> usize {
    match rest {
        [b'/', b'/', ..] => through(rest, 2, b"\n"),
        [b'/', b'*', ..] => through(rest, 2, b"*/"),
        [b'b', b'r', ..] if alone => raw(&rest[1..]).map_or(0, |length| length + 1),
        [b'r', ..] if alone => raw(rest).unwrap_or(0),
        [b'"', ..] => string(rest),
        [b'\'', b'\\', ..] => through(rest, 3, b"'"),
        [b'\'', first, ..] => {
            // A lifetime has no quote behind its first character.
            let width = match first {
                0..0x80 => 1,
                0x80..0xE0 => 2,
                0xE0..0xF0 => 3,
                _ => 4,
            };
            if rest.get(1 + width) == Some(&b'\'') { width + 2 } else { 0 }
        }
        _ => 0,
    }
}

/// Up to and with the next of some bytes, or to the end.
fn through(rest: &[u8], from: usize, end: &[u8]) -> usize {
    let found = rest.get(from..).and_then(|r| r.windows(end.len()).position(|w| w == end));
    found.map_or(rest.len(), |at| from + at + end.len())
}

fn string(rest: &[u8]) -> usize {
    let mut at = 1;
    while let Some(byte) = rest.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    rest.len()
}

/// A string without escapes, from its `r` on.
fn raw(rest: &[u8]) -> Option<usize> {
    let hashes = rest[1..].iter().take_while(|b| **b == b'#').count();
    if rest.get(1 + hashes) != Some(&b'"') {
        return None;
    }
    let mut end = vec![b'"'];
    end.resize(1 + hashes, b'#');
    Some(through(rest, 2 + hashes, &end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_counted_to_the_brace_that_closes_it() {
        let lines = |n: usize| "    call();\n".repeat(n);
        let long_one = format!("fn long<'a>(x: &'a str) -> [u8; 2] {{\n{}}}\n", lines(59));
        let text = [
            format!("fn short() {{\n{}}}\n", lines(58)),
            "fn odd() { let _ = ('{', '\\'', b'}', \"}\\\"{\", r#\"{\"{\"#, '…'); /* { */ } // {\n".to_owned(),
            "trait T { fn none(&self) -> [u8; 3]; }\n".to_owned(),
            long_one.clone(),
            format!("#[cfg(test)]\n{long_one}"),
        ]
        .concat();
        assert_eq!(long(&text), [("long".to_owned(), 61)]);
    }
}
