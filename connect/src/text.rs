//! Text as people and programs save it: UTF-8 and UTF-16 with or without a byte order mark, JSON with comments and trailing
//! commas. It must not know a format, and changes no line and no column.

use crate::{Error, Result};
use std::iter::once;

/// The text of a file, without its byte order mark.
pub(crate) fn decoded(file: &str, bytes: Vec<u8>) -> Result<String> {
    match bytes.as_slice() {
        [0xFF, 0xFE, rest @ ..] => wide(file, rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => wide(file, rest, u16::from_be_bytes),
        [first, 0, third, 0, ..] if *first != 0 && *third != 0 => wide(file, &bytes, u16::from_le_bytes),
        [0, second, 0, fourth, ..] if *second != 0 && *fourth != 0 => wide(file, &bytes, u16::from_be_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] => narrow(file, rest.to_vec()),
        _ => narrow(file, bytes),
    }
}

fn narrow(file: &str, bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes).map_err(|e| {
        let good = e.utf8_error().valid_up_to();
        let line = e.as_bytes()[..good].split(|b| *b == b'\n').count();
        Error::at(file, format!("line {line}"), format!("not UTF-8 text (byte {good}): save the file as UTF-8"))
    })
}

fn wide(file: &str, bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String> {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    let text: std::result::Result<String, _> = char::decode_utf16(units).collect();
    match text {
        Ok(text) if bytes.len().is_multiple_of(2) => Ok(text),
        _ => Err(Error::new(file, "looks like UTF-16 and is none: save the file as UTF-8")),
    }
}

/// Every JSON value of a text: comments, trailing commas, JSON lines and values one after another are read.
#[allow(dead_code)]
pub(crate) fn json_values(file: &str, text: &str) -> Result<Vec<serde_json::Value>> {
    let plain = plain_json(text);
    serde_json::Deserializer::from_str(&plain).into_iter().map(|v| v.map_err(|e| Error::json(file, &e))).collect()
}

/// JSON with comments and trailing commas as plain JSON of the same length and with the same line breaks.
pub(crate) fn plain_json(text: &str) -> String {
    let source = text.as_bytes();
    let mut out = source.to_vec();
    let (mut at, mut comma, mut before) = (0, None, 0_u8);
    while at < source.len() {
        let length = if matches!(source[at], b'/' | b'"') { passage(&source[at..]) } else { 1 };
        if length == 0 {
            break;
        }
        match source[at] {
            b'/' if length > 1 => out[at..at + length].iter_mut().filter(|b| !matches!(b, b'\n' | b'\r')).for_each(|b| *b = b' '),
            b'}' | b']' => {
                if let Some(comma) = comma.take() {
                    out[comma] = b' ';
                }
                before = source[at];
            }
            // A comma behind nothing is an error and stays one.
            b',' if !matches!(before, 0 | b'{' | b'[' | b',' | b':') => {
                comma = Some(at);
                before = b',';
            }
            byte if byte.is_ascii_whitespace() => {}
            byte => {
                comma = None;
                before = byte;
            }
        }
        at += length;
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

/// How many bytes a string or a comment takes that begins here; 1 where none does, 0 where a comment is never closed.
fn passage(rest: &[u8]) -> usize {
    let until = |from: usize, end: &[u8]| rest[from..].windows(end.len()).position(|w| w == end).map(|n| from + n);
    match rest {
        [b'/', b'/', ..] => until(2, b"\n").unwrap_or(rest.len()),
        [b'/', b'*', ..] => until(2, b"*/").map_or(0, |end| end + 2),
        [b'"', ..] => {
            let mut escaped = false;
            let end = rest.iter().skip(1).chain(once(&b'"')).position(|b| {
                let ends = *b == b'"' && !escaped;
                escaped = *b == b'\\' && !escaped;
                ends
            });
            end.map_or(rest.len(), |n| (n + 2).min(rest.len()))
        }
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_is_the_same_text() {
        let text = "{\"a\": \"ü\"}";
        let le: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let be: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let marked = |mark: &[u8], rest: &[u8]| [mark, rest].concat();
        for bytes in [
            text.as_bytes().to_vec(),
            marked(&[0xEF, 0xBB, 0xBF], text.as_bytes()),
            marked(&[0xFF, 0xFE], &le),
            marked(&[0xFE, 0xFF], &be),
            le,
            be,
        ] {
            assert_eq!(decoded("f", bytes.clone()).as_deref(), Ok(text), "{bytes:?}");
        }
        let error = decoded("f", b"a\nm\xFCller".to_vec()).expect_err("Latin-1");
        assert_eq!(error.place.as_deref(), Some("line 2"));
    }

    #[test]
    fn comments_and_trailing_commas_go_and_nothing_moves() {
        let text = "{\n // one\n \"u\": \"http://x/*y*/\", /* two\n lines */ \"l\": [1, 2,], }";
        let plain = plain_json(text);
        assert_eq!((plain.len(), plain.matches('\n').count()), (text.len(), text.matches('\n').count()));
        let value: serde_json::Value = serde_json::from_str(&plain).expect("JSON");
        assert_eq!(value, serde_json::json!({"u": "http://x/*y*/", "l": [1, 2]}));
        for bad in ["[,]", "{,}", "[1,,]", "/* open", "{\"a\":,}"] {
            assert!(serde_json::from_str::<serde_json::Value>(&plain_json(bad)).is_err(), "{bad}");
        }
    }
}
