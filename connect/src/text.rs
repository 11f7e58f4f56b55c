//! From bytes to text, and from text to JSON values, as programs in the field write them: UTF-8 and UTF-16 with or without a
//! byte order mark, JSON with comments and trailing commas, one value a line, several values one after another. It knows no
//! format, percent-decodes nothing, and never guesses: what is neither is refused with its place.

use crate::{Error, Result};

/// The byte order mark, where it stands in a text.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// The text of a file. Bytes without a mark are UTF-16 where every other of the first four is zero: both kinds of file this
/// program reads begin with ASCII.
pub(crate) fn decoded(file: &str, mut bytes: Vec<u8>) -> Result<String> {
    match *bytes.as_slice() {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => Err(Error::at(file, "the beginning", "UTF-32 text: save it as UTF-8")),
        [0xff, 0xfe, ref rest @ ..] => utf16(file, rest, u16::from_le_bytes),
        [0xfe, 0xff, ref rest @ ..] => utf16(file, rest, u16::from_be_bytes),
        [a, 0, b, 0, ..] if a != 0 && b != 0 => utf16(file, &bytes, u16::from_le_bytes),
        [0, a, 0, b, ..] if a != 0 && b != 0 => utf16(file, &bytes, u16::from_be_bytes),
        _ => {
            if bytes.starts_with(MARK) {
                bytes.drain(..MARK.len());
            }
            String::from_utf8(bytes).map_err(|e| {
                let at = e.utf8_error().valid_up_to();
                let line = line_of(e.as_bytes(), at);
                Error::at(file, format!("line {line}, byte {at}"), "not UTF-8 text: save it as UTF-8")
            })
        }
    }
}

fn utf16(file: &str, bytes: &[u8], of: fn([u8; 2]) -> u16) -> Result<String> {
    let mut text = String::with_capacity(bytes.len() / 2);
    let pairs = bytes.chunks_exact(2).map(|pair| of([pair[0], pair[1]]));
    for one in char::decode_utf16(pairs) {
        let Ok(one) = one else {
            let line = line_of(text.as_bytes(), text.len());
            return Err(Error::at(file, format!("line {line}"), "not UTF-16 text: half of a pair stands alone"));
        };
        text.push(one);
    }
    if bytes.len() % 2 == 1 {
        return Err(Error::at(file, "the end", "not UTF-16 text: half a character stands there"));
    }
    Ok(text)
}

/// The line, from 1, in which a byte stands.
fn line_of(bytes: &[u8], at: usize) -> usize {
    bytes[..at].split(|b| *b == b'\n').count()
}

/// Comments, and commas ahead of a closing bracket, become spaces: length, lines and columns stay. A text without them stays
/// as it is, and so does what is no JSON: then the parser says where it is wrong.
pub(crate) fn plain_json(text: &str) -> String {
    let mut out = text.as_bytes().to_vec();
    // The last byte that counts, and where the comma stands that may turn out to be the last of its list.
    let (mut at, mut before, mut comma) = (0, b'[', None);
    while at < out.len() {
        let (end, is_space) = piece(&out, at);
        if is_space {
            out[at..end].iter_mut().filter(|b| !matches!(b, b'\n' | b'\r')).for_each(|b| *b = b' ');
        } else if !out[at].is_ascii_whitespace() {
            match (out[at], comma.take()) {
                (b'}' | b']', Some(comma)) => out[comma] = b' ',
                (b',', _) if !matches!(before, b'[' | b'{' | b',' | b':') => comma = Some(at),
                _ => {}
            }
            before = out[at];
        }
        at = end;
    }
    // Whole characters gave way to spaces, so it is text as before.
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

/// Where the piece that begins at a place is over, and whether it is a comment or a mark, which say nothing. A comment that
/// never ends is none: the parser refuses it where it begins.
fn piece(bytes: &[u8], at: usize) -> (usize, bool) {
    let rest = &bytes[at..];
    match *rest {
        [b'"', ..] => (string_end(bytes, at), false),
        [b'/', b'/', ..] => (at + rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len()), true),
        [b'/', b'*', ref inner @ ..] => {
            inner.windows(2).position(|two| two == b"*/").map_or((bytes.len(), false), |length| (at + length + 4, true))
        }
        _ if rest.starts_with(MARK) => (at + MARK.len(), true),
        _ => (at + 1, false),
    }
}

/// Where a string that begins at a quotation mark is over.
fn string_end(bytes: &[u8], from: usize) -> usize {
    let mut at = from + 1;
    while at < bytes.len() && bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(bytes.len())
}

/// The fields of an event stream, and the one that carries something.
const FIELDS: [&str; 5] = ["data:", "event:", "id:", "retry:", ":"];

/// The JSON that an event stream carries, as servers of MCP answer over HTTP: what stands behind `data:`. The rest of its lines is
/// left empty, so that lines and columns stay. None where a text is no such stream.
pub(crate) fn of_events(text: &str) -> Option<String> {
    let is_field = |line: &str| FIELDS.iter().any(|field| line.starts_with(field));
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    if !lines.next().is_some_and(is_field) || !text.lines().any(|line| line.starts_with(FIELDS[0])) {
        return None;
    }
    let line = |line: &str| match line.strip_prefix(FIELDS[0]) {
        Some(carried) => format!("{}{carried}", " ".repeat(FIELDS[0].len())),
        None => "\n".repeat(usize::from(line.ends_with('\n'))),
    };
    Some(text.split_inclusive('\n').map(line).collect())
}

/// Every value of a text: one, one a line, or one right after another; with comments and trailing commas, as editors let
/// people write them.
#[allow(dead_code, reason = "the readers of JSON formats take their values from here")]
pub(crate) fn json_values(file: &str, text: &str) -> Result<Vec<serde_json::Value>> {
    let plain = plain_json(text);
    let values = serde_json::Deserializer::from_str(&plain).into_iter().collect::<std::result::Result<_, _>>();
    values.map_err(|e| Error::json(file, &e))
}

/// True for a text of JSON values and nothing else.
pub(crate) fn is_json(text: &str) -> bool {
    serde_json::Deserializer::from_str(text).into_iter::<serde::de::IgnoredAny>().all(|value| value.is_ok())
}

/// The objects and lists of a text that holds nothing else, each with the line it begins in. None where the brackets do not
/// match or something stands between them: then it is no JSON, or not only.
pub(crate) fn split(text: &str) -> Option<Vec<(usize, &str)>> {
    let bytes = text.as_bytes();
    let (mut at, mut line, mut depth) = (0, 1, 0usize);
    let (mut begins, mut found) = ((0, 1), Vec::new());
    while at < bytes.len() {
        let mut end = at + 1;
        match bytes[at] {
            b'\n' => line += 1,
            b'{' | b'[' => {
                if depth == 0 {
                    begins = (at, line);
                }
                depth += 1;
            }
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    found.push((begins.1, &text[begins.0..end]));
                }
            }
            b'"' if depth > 0 => {
                end = string_end(bytes, at);
                line += bytes[at..end].split(|b| *b == b'\n').count() - 1;
            }
            b if b.is_ascii_whitespace() => {}
            _ if depth > 0 => {}
            _ if bytes[at..].starts_with(MARK) => end = at + MARK.len(),
            _ => return None,
        }
        at = end;
    }
    (depth == 0 && !found.is_empty()).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn utf16(text: &str, of: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(of).collect()
    }

    #[test]
    fn every_encoding_of_the_field_is_the_same_text() {
        let text = "{\"name\": \"häß 🦀\"}\n";
        let with = |mark: &[u8], bytes: Vec<u8>| [mark.to_vec(), bytes].concat();
        for bytes in [
            text.as_bytes().to_vec(),
            with(b"\xef\xbb\xbf", text.as_bytes().to_vec()),
            with(b"\xff\xfe", utf16(text, u16::to_le_bytes)),
            with(b"\xfe\xff", utf16(text, u16::to_be_bytes)),
            utf16(text, u16::to_le_bytes),
            utf16(text, u16::to_be_bytes),
        ] {
            assert_eq!(decoded("a", bytes).as_deref(), Ok(text));
        }
        for bytes in [&b""[..], b"{", b"a\0", b"\xff\xfe", b"\xef\xbb\xbf"] {
            assert!(decoded("a", bytes.to_vec()).is_ok(), "{bytes:?}");
        }
    }

    #[test]
    fn what_is_no_text_is_refused_with_its_place() {
        for (bytes, place, word) in [
            (&b"one\ntwo \xfc"[..], "line 2, byte 8", "UTF-8"),
            (b"\xff\xfea\0b", "the end", "UTF-16"),
            (b"\xff\xfe\n\0\x00\xd8\n\0", "line 2", "UTF-16"),
            (b"\xff\xfe\0\0a\0\0\0", "the beginning", "UTF-32"),
        ] {
            let error = decoded("a.json", bytes.to_vec()).expect_err("refused");
            assert_eq!((error.file.as_str(), error.place.as_deref()), ("a.json", Some(place)));
            assert!(error.reason.contains(word), "{error}");
        }
    }

    #[test]
    fn comments_and_trailing_commas_give_way_to_spaces() {
        for (text, plain) in [
            ("{\"a\": 1, // one\n \"b\": 2,}", "{\"a\": 1,       \n \"b\": 2 }"),
            ("[1, /* ü,\n] */ 2 , ]", "[1,       \n     2   ]"),
            ("{\"a\": \"// no /* comment, ] \\\"\",}", "{\"a\": \"// no /* comment, ] \\\"\" }"),
            ("[1,,]", "[1,,]"),
            ("{\"a\": 1, // last\r\n}", "{\"a\": 1         \r\n}"),
            ("// only", "       "),
            ("[1] /* never ends ,]", "[1] /* never ends ,]"),
            ("[,]", "[,]"),
            ("\u{feff}[\"\u{feff}\"]", "   [\"\u{feff}\"]"),
        ] {
            assert_eq!(plain_json(text), plain);
        }
        assert!(json_values("a", "[1] /* never ends").is_err());
        assert!(json_values("a", "[1,,]").is_err());
    }

    #[test]
    fn values_stand_alone_a_line_each_or_one_after_another() {
        let two = vec![json!({"a": 1}), json!({"a": 2})];
        for text in [
            "{\"a\": 1}\n{\"a\": 2}\n",
            "{\"a\":1}{\"a\":2}",
            "\u{feff}{\"a\": 1,}\n\n\u{feff}{\"a\": /* two */ 2}",
            "{\n\"a\":1\n}\n{\"a\":2}",
        ] {
            assert_eq!(json_values("a", text), Ok(two.clone()), "{text}");
            let ends = split(&plain_json(text)).expect("values").len();
            assert_eq!(ends, 2, "{text}");
        }
        assert_eq!(json_values("a", " \n"), Ok(vec![]));
        let error = json_values("a.json", "{\"a\": 1}\n{\"a\" 2}").expect_err("refused");
        assert_eq!(error.place.as_deref(), Some("line 2, column 6"), "{error}");
    }

    #[test]
    fn an_event_stream_carries_json_in_its_lines() {
        let stream = "event: message\nid: 1\ndata: {\"a\": 1}\n\n: ping\ndata: {\"b\":\ndata: 2}\r\n";
        let carried = of_events(stream).expect("a stream");
        assert_eq!(carried, "\n\n      {\"a\": 1}\n\n\n      {\"b\":\n      2}\r\n");
        assert_eq!(json_values("a", &carried), Ok(vec![json!({"a": 1}), json!({"b": 2})]));
        for text in ["{\"a\": 1}", "event: message\n", "a: 1\ndata: 2", ""] {
            assert_eq!(of_events(text), None, "{text}");
        }
    }

    #[test]
    fn only_what_is_json_is_split() {
        assert_eq!(split("{\"a\": \"}\"}\n\n [1]"), Some(vec![(1, "{\"a\": \"}\"}"), (3, "[1]")]));
        for text in ["", "a: 1", "{a: 1}\n---\n{b: 2}", "{", "}", "[1] 2"] {
            assert_eq!(split(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn length_and_lines_stay(text in "[\\[\\]{}\",/*\\\\\n\rä 1a:]{0,60}") {
            let plain = plain_json(&text);
            prop_assert_eq!(plain.len(), text.len());
            let lines = |t: &str| t.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i).collect::<Vec<_>>();
            prop_assert_eq!(lines(&plain), lines(&text));
            let _ = split(&text);
            let _ = json_values("a", &text);
        }
    }
}
