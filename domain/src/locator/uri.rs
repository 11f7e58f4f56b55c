//! URIs, normalised as RFC 3986 section 6.2.2 and 6.2.3 say: scheme and host in lower case, default port and
//! fragment dropped, percent-encoding in one form, dot segments resolved. Whoever signs in is dropped as
//! well: that is no part of the place, and a password must not be kept. In a pattern `*` alone is a
//! wildcard, for `?` begins the query. It must not decide what is reached over the network.

use super::mark::{self, MANY};
use super::{BadLocator, Form, LocatorKind};
use std::net::Ipv6Addr;

/// Schemes with the port that need not be written.
const PORTS: [(&str, u16); 17] = [
    ("amqp", 5672),
    ("amqps", 5671),
    ("ftp", 21),
    ("git", 9418),
    ("http", 80),
    ("https", 443),
    ("ldap", 389),
    ("ldaps", 636),
    ("mongodb", 27_017),
    ("mysql", 3306),
    ("postgres", 5432),
    ("postgresql", 5432),
    ("redis", 6379),
    ("rediss", 6379),
    ("ssh", 22),
    ("ws", 80),
    ("wss", 443),
];
/// Characters that stand for themselves in a path, beside the unreserved ones.
const PATH: &str = "!$&'()*+,;=:@/";
/// The same in a query.
const QUERY: &str = "!$&'()*+,;=:@/?";

fn bad(why: &'static str) -> BadLocator {
    BadLocator::Malformed { kind: LocatorKind::Uri, why }
}

/// Whether a text is plainly a URI.
pub(super) fn is_one(text: &str) -> bool {
    match text.split_once("://") {
        Some((scheme, _)) => is_scheme(scheme, '*'),
        None => ["urn:", "mailto:", "file:/"].iter().any(|prefix| mark::after(text, prefix).is_some()),
    }
}

fn is_scheme(text: &str, star: char) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == star)
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.') || c == star)
}

pub(super) fn read(text: &str, wild: bool) -> Result<Form, BadLocator> {
    let text = if wild { mark::marked(text, false) } else { text.to_owned() };
    // A fragment names a part of what is at the place.
    let text = text.split('#').next().unwrap_or_default();
    let Some((scheme, rest)) = text.split_once(':').filter(|(scheme, _)| is_scheme(scheme, MANY)) else {
        return Err(bad("a URI starts with a scheme such as https:"));
    };
    let scheme = scheme.to_ascii_lowercase();
    let (rest, query) = rest.split_once('?').map_or((rest, None), |(rest, query)| (rest, Some(query)));
    let place = match rest.strip_prefix("//") {
        Some(rest) => on_a_host(&scheme, rest)?,
        None if scheme == "file" && rest.starts_with('/') => format!("//{}", resolved(&encoded(rest, PATH)?)?),
        None => opaque(&scheme, rest)?,
    };
    let query = query.map_or(Ok(String::new()), |query| encoded(query, QUERY).map(|query| format!("?{query}")))?;
    let machine = format!("{scheme}:{place}{query}");
    Ok(Form { kind: LocatorKind::Uri, normal: mark::shown(&machine), machine })
}

fn on_a_host(scheme: &str, rest: &str) -> Result<String, BadLocator> {
    let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let host = host(scheme, authority)?;
    let path = match path {
        // `https://example.*` goes on as it likes.
        "" if host.ends_with(MANY) => String::new(),
        "" => "/".to_owned(),
        path => resolved(&encoded(path, PATH)?)?,
    };
    Ok(format!("//{host}{path}"))
}

fn host(scheme: &str, authority: &str) -> Result<String, BadLocator> {
    if authority.contains('\\') {
        // Browsers end the host there, others read on.
        return Err(bad("a backslash stands in its host"));
    }
    let address = authority.rsplit('@').next().unwrap_or(authority);
    let colon = address.rfind(':').filter(|at| !address[*at..].contains(']'));
    let (name, port) = colon.map_or((address, ""), |at| (&address[..at], &address[at + 1..]));
    let name = match name.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
        Some(six) => {
            let six: Ipv6Addr = six.parse().map_err(|_| bad("the address in brackets is no IPv6 address"))?;
            format!("[{six}]")
        }
        None if name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '~' | MANY)) => {
            name.trim_end_matches('.').to_ascii_lowercase()
        }
        None => return Err(bad("the host may have ASCII letters, digits, dots and hyphens; write other letters with xn--")),
    };
    if scheme == "file" && name == "localhost" {
        return Ok(String::new());
    }
    if name.is_empty() && scheme != "file" {
        return Err(bad("it names no host"));
    }
    Ok(format!("{name}{}", port_of(scheme, port)?))
}

/// `:port`, or nothing where it is the scheme's own.
fn port_of(scheme: &str, port: &str) -> Result<String, BadLocator> {
    if port.is_empty() || port == mark::ANY {
        return Ok(if port.is_empty() { String::new() } else { format!(":{port}") });
    }
    let digits = port.bytes().all(|b| b.is_ascii_digit());
    let number: u16 = Some(port).filter(|_| digits).and_then(|port| port.parse().ok()).ok_or(bad("the port is no number up to 65535"))?;
    Ok(if PORTS.contains(&(scheme, number)) { String::new() } else { format!(":{number}") })
}

/// What has no host: `urn:isbn:…`, `mailto:…`.
fn opaque(scheme: &str, rest: &str) -> Result<String, BadLocator> {
    let body = encoded(rest, PATH)?;
    if body.is_empty() {
        return Err(bad("nothing follows the scheme"));
    }
    if scheme == "urn"
        && let Some((space, name)) = body.split_once(':')
    {
        return Ok(format!("{}:{name}", space.to_ascii_lowercase()));
    }
    Ok(body)
}

/// Percent-encoding in its one form: unreserved characters as themselves, `plain` ones as they were written,
/// all others as upper-case pairs.
fn encoded(text: &str, plain: &str) -> Result<String, BadLocator> {
    let bytes = text.as_bytes();
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at).copied() {
        let (value, itself, width) = match mark::pair(&bytes[at..]) {
            Some(value) => (value, unreserved(value), 3),
            None if byte == b'%' => return Err(bad("a percent sign is not followed by two hexadecimal digits; write it as %25")),
            None => (byte, unreserved(byte) || plain.as_bytes().contains(&byte) || char::from(byte) == MANY, 1),
        };
        if itself {
            out.push(char::from(value));
        } else {
            out.push_str(&format!("%{value:02X}"));
        }
        at += width;
    }
    Ok(out)
}

/// A path without its dot segments, as RFC 3986 section 5.2.4 takes them out.
fn resolved(path: &str) -> Result<String, BadLocator> {
    let mut out: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        match segment {
            "." => {}
            ".." => {
                if out.pop().is_some_and(|gone| gone.contains(MANY)) {
                    return Err(bad("a .. follows a wildcard"));
                }
            }
            other => out.push(other),
        }
        if matches!(segment, "." | "..") && segments.peek().is_none() {
            out.push("");
        }
    }
    Ok(format!("/{}", out.join("/")))
}

#[cfg(test)]
mod tests {
    use super::super::{Locator, Pattern};
    use super::*;

    #[test]
    fn one_form_for_every_writing() {
        for (text, normal) in [
            ("HTTPS://Example.ORG", "https://example.org/"),
            ("https://example.org:443/", "https://example.org/"),
            ("https://example.org:0443", "https://example.org/"),
            ("https://example.org:", "https://example.org/"),
            ("https://example.org.", "https://example.org/"),
            ("https://example.org:8443", "https://example.org:8443/"),
            ("http://example.org:443/", "http://example.org:443/"),
            ("https://user:secret@example.org/x", "https://example.org/x"),
            ("https://example.org/a/b/c/./../../g", "https://example.org/a/g"),
            ("https://example.org/a/..", "https://example.org/"),
            ("https://example.org/../a/%2e%2E/b", "https://example.org/b"),
            ("https://example.org/a//b", "https://example.org/a//b"),
            ("https://example.org/%7euser/%2f%c3%a9", "https://example.org/~user/%2F%C3%A9"),
            ("https://example.org/é x", "https://example.org/%C3%A9%20x"),
            ("https://example.org/x?b=%41&a=1#top", "https://example.org/x?b=A&a=1"),
            ("https://example.org?q", "https://example.org/?q"),
            ("http://[0:0:0:0:0:0:0:1]:80/", "http://[::1]/"),
            ("http://[2001:DB8::A]:8080", "http://[2001:db8::a]:8080/"),
            ("postgres://app:pw@db.example:5432/crm", "postgres://db.example/crm"),
            ("file:/etc/agent.toml", "file:///etc/agent.toml"),
            ("file://localhost/etc/agent.toml", "file:///etc/agent.toml"),
            ("URN:ISBN:0451450523", "urn:isbn:0451450523"),
            ("gs://Bucket/Key", "gs://bucket/Key"),
        ] {
            let locator = Locator::parse(None, text).expect(text);
            assert_eq!((locator.kind, locator.normal.as_str()), (LocatorKind::Uri, normal), "{text}");
            assert_eq!(Locator::parse(Some(LocatorKind::Uri), normal), Ok(locator), "{text}");
        }
    }

    #[test]
    fn other_places_keep_other_forms() {
        let texts = [
            "https://example.org/a",
            "https://example.org/A",
            "https://example.org/a/",
            "https://example.org/a%2Fb",
            "https://example.org/a/b",
            "https://example.org/a?",
            "https://example.org/a?x",
            "https://example.org/a%3Fx",
            "http://example.org/a",
            "https://example.org:444/a",
            "https://www.example.org/a",
            "https://example.org/%01",
        ];
        for (n, one) in texts.iter().enumerate() {
            for other in &texts[n + 1..] {
                assert_ne!(Locator::parse(None, one).expect(one), Locator::parse(None, other).expect(other), "{one} {other}");
            }
        }
    }

    #[test]
    fn what_is_no_uri_is_refused() {
        for text in [
            "example.org/x",
            "https://",
            "https:///x",
            "https://exa mple.org/",
            "https://münchen.example/",
            "https://example.org\\@evil.example/",
            "https://example.org:+80/",
            "https://example.org:99999/",
            "https://[::g]/",
            "https://[::1]x/",
            "https://example.org/100%",
            "urn:",
            "1http://x/",
        ] {
            assert!(matches!(Locator::parse(Some(LocatorKind::Uri), text), Err(BadLocator::Malformed { .. })), "{text}");
        }
        assert!(Pattern::parse(None, "https://example.org/*/../x").is_err());
    }

    #[test]
    fn patterns_are_normalised_too() {
        for (text, normal) in [
            ("HTTPS://*.Example.org:443/*", "https://*.example.org/*"),
            ("https://example.*", "https://example.*"),
            ("https://example.org:*/x", "https://example.org:*/x"),
            ("*://example.org", "*://example.org/"),
            ("https://example.org/%2A/%7e*?q=*", "https://example.org/%2A/~*?q=*"),
        ] {
            assert_eq!(Pattern::parse(None, text).map(|p| p.normal().to_owned()), Ok(normal.to_owned()), "{text}");
        }
    }
}
