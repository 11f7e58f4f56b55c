//! Which settings carry a credential: by their name, or by what their value looks like. Names leave this module, values
//! never do.

use crate::secrets;

/// Words that say what stands behind a name is a credential.
const WORDS: [&str; 28] = [
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "pass",
    "secret",
    "secrets",
    "token",
    "tokens",
    "apikey",
    "credential",
    "credentials",
    "creds",
    "bearer",
    "jwt",
    "pat",
    "authorization",
    "cookie",
    "privatekey",
    "secretkey",
    "accesskey",
    "authkey",
    "apitoken",
    "accesstoken",
    "authtoken",
    "clientsecret",
    "refreshtoken",
    "dsn",
];
/// Ends of words that were written together, as in `PGPASSWORD`.
const ENDS: [&str; 6] = ["password", "passwd", "passphrase", "secret", "token", "apikey"];
/// Words beside which a token is counted, timed or described, and not given: `MAX_TOKENS`, `TOKEN_TTL`, `AUTH_TYPE`.
const ABOUT: [&str; 31] = [
    "max",
    "min",
    "maximum",
    "minimum",
    "limit",
    "count",
    "budget",
    "context",
    "window",
    "ttl",
    "expiry",
    "expires",
    "expiration",
    "timeout",
    "length",
    "size",
    "per",
    "type",
    "method",
    "mode",
    "scheme",
    "algorithm",
    "url",
    "uri",
    "endpoint",
    "enabled",
    "required",
    "issuer",
    "audience",
    "format",
    "style",
];
/// Keys that everybody may know.
const OPEN_KEYS: [&str; 8] = ["public", "primary", "foreign", "sort", "partition", "cache", "idempotency", "hot"];
/// Names of things that are long and random and no secret.
const OPEN_NAMES: [&str; 16] = [
    "id",
    "ids",
    "hash",
    "sha",
    "sha256",
    "digest",
    "checksum",
    "version",
    "commit",
    "image",
    "model",
    "path",
    "dir",
    "file",
    "integrity",
    "etag",
];

/// The words of a name, in lower case: `X-API-Key`, `apiKey` and `API_KEY` say the same.
fn words(name: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let chars: Vec<char> = name.chars().collect();
    for (at, c) in chars.iter().enumerate() {
        if !c.is_alphanumeric() {
            out.push(String::new());
            continue;
        }
        let before = at.checked_sub(1).map(|b| chars[b]);
        let small_before = before.is_some_and(char::is_lowercase);
        let last_of_capitals = before.is_some_and(char::is_uppercase) && chars.get(at + 1).is_some_and(|n| n.is_lowercase());
        if c.is_uppercase() && (small_before || last_of_capitals) {
            out.push(String::new());
        }
        out.last_mut().into_iter().for_each(|word| word.extend(c.to_lowercase()));
    }
    out.retain(|word| !word.is_empty());
    out
}

/// Whether a name says that what stands behind it is a credential.
pub(crate) fn is_named(name: &str) -> bool {
    let words = words(name);
    // The working directory of a shell.
    if name == "PWD" || words.iter().any(|w| ABOUT.contains(&w.as_str())) {
        return false;
    }
    let last = words.last().map_or("", String::as_str);
    let key = words.iter().rposition(|w| w == "key" || w == "keys").is_some_and(|at| {
        let open = at > 0 && OPEN_KEYS.contains(&words[at - 1].as_str());
        !open && (at + 1 == words.len() || last == "id")
    });
    key || last == "auth" || words.iter().any(|w| WORDS.contains(&w.as_str()) || ENDS.iter().any(|end| w.ends_with(end)))
}

/// Whether a value only switches something on or off, or says nothing.
pub(crate) fn is_flag(value: &str) -> bool {
    let word = value.trim().to_ascii_lowercase();
    matches!(word.as_str(), "" | "true" | "false" | "yes" | "no" | "on" | "off" | "0" | "1" | "none" | "null" | "undefined")
}

/// Whether a value is a credential by its looks, whatever it is called.
pub(crate) fn is_held(value: &str) -> bool {
    secrets::position(value).is_some() || url(value).is_some_and(|u| u.who.is_some())
}

/// Whether a setting carries a credential.
pub(crate) fn carries(name: &str, value: &str) -> bool {
    if is_flag(value) {
        return false;
    }
    let open = words(name).last().is_some_and(|w| OPEN_NAMES.contains(&w.as_str()));
    is_named(name) || is_held(value) || (!open && is_random(value))
}

/// Whether a text holds a long run of letters and digits in no order anybody would choose. Digests are named as such.
pub(crate) fn is_random(text: &str) -> bool {
    const LONG: usize = 20;
    const MIXED: usize = 4;
    if ["sha256", "sha512", "sha1:"].iter().any(|d| text.contains(d)) || text.contains(char::is_whitespace) {
        return false;
    }
    text.split(|c: char| !c.is_ascii_alphanumeric()).any(|run| {
        let digits = run.bytes().filter(u8::is_ascii_digit).count();
        run.len() >= LONG && digits >= MIXED && run.len() - digits >= MIXED
    })
}

/// A URL in its parts, as written.
struct Url<'a> {
    scheme: &'a str,
    /// Who signs in with it: user, or user and password.
    who: Option<&'a str>,
    host: &'a str,
    path: &'a str,
    query: Option<&'a str>,
    fragment: Option<&'a str>,
}

fn url(text: &str) -> Option<Url<'_>> {
    let (scheme, rest) = text.trim().split_once("://")?;
    if scheme.is_empty() || !scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.')) {
        return None;
    }
    let (rest, fragment) = rest.split_once('#').map_or((rest, None), |(r, f)| (r, Some(f)));
    let (rest, query) = rest.split_once('?').map_or((rest, None), |(r, q)| (r, Some(q)));
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (who, host) = authority.rsplit_once('@').map_or((None, authority), |(who, host)| (Some(who), host));
    Some(Url { scheme, who: who.filter(|w| !w.is_empty()), host, path, query, fragment })
}

/// True where a text is a URL with a host: what begins at a slash, or has no scheme, is none.
pub(crate) fn is_url(text: &str) -> bool {
    url(text).is_some_and(|u| !u.host.is_empty() && !u.host.starts_with(':') && !u.host.contains(char::is_whitespace))
}

/// What in a URL carries a credential, each as its kind and its name.
pub(crate) fn in_url(text: &str) -> Vec<(&'static str, String)> {
    let Some(url) = url(text) else { return vec![] };
    let mut out = Vec::new();
    if url.who.is_some() {
        out.push(("URL", "user information".to_owned()));
    }
    if url.path.split('/').any(is_random) {
        out.push(("URL", "path".to_owned()));
    }
    for parameter in url.query.into_iter().flat_map(|q| q.split('&')) {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        if carries(name, value) {
            out.push(("URL parameter", name.to_owned()));
        }
    }
    out
}

/// A URL without what it carries of credentials: names stay, and `mark` stands in place of values.
pub(crate) fn without(text: &str, mark: impl Fn(&str) -> String) -> String {
    let Some(url) = url(text) else { return text.to_owned() };
    let who = url.who.map_or(String::new(), |who| format!("{}@", mark(who)));
    let parts: Vec<String> = url.path.split('/').map(|part| if is_random(part) { mark(part) } else { part.to_owned() }).collect();
    let mut out = format!("{}://{who}{}{}", url.scheme, url.host, parts.join("/"));
    if let Some(query) = url.query {
        let parameters = query.split('&').map(|parameter| match parameter.split_once('=') {
            Some((name, value)) if carries(name, value) => format!("{name}={}", mark(value)),
            _ => parameter.to_owned(),
        });
        out.push('?');
        out.push_str(&parameters.collect::<Vec<_>>().join("&"));
    }
    if let Some(fragment) = url.fragment {
        out.push('#');
        out.push_str(fragment);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_credentials_and_names_of_flags() {
        for name in [
            "API_KEY",
            "CRM_KEY",
            "X-API-Key",
            "apiKey",
            "Authorization",
            "PGPASSWORD",
            "DB_PASS",
            "MYSQL_PWD",
            "GITHUB_PAT",
            "--access-token",
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "GOOGLE_APPLICATION_CREDENTIALS",
            "clientSecret",
            "OAuthToken",
            "Cookie",
            "X-Auth",
            "SLACK_BOT_TOKEN",
            "github_personal_access_token",
            "key",
            "GITHUBTOKEN",
            "SENTRY_DSN",
        ] {
            assert!(is_named(name), "{name}");
        }
        for name in [
            "DEBUG",
            "PORT",
            "LOG_LEVEL",
            "MAX_TOKENS",
            "default_minimum_tokens",
            "AUTH_TYPE",
            "PWD",
            "PUBLIC_KEY",
            "KEYBOARD",
            "Content-Type",
            "REGION",
            "NODE_ENV",
            "PATH",
            "MONKEY",
            "COMPASS",
            "TOKEN_TTL",
            "CACHE_KEY",
            "author",
        ] {
            assert!(!is_named(name), "{name}");
        }
    }

    #[test]
    fn values_count_where_they_look_like_secrets_and_flags_do_not() {
        assert!(carries("FOO", "sbp_0123456789abcdef0123456789abcdef01234567"));
        assert!(carries("FOO", "Bearer abcdefghijklmnop0123"));
        assert!(carries("DATABASE_URL", "postgres://app:hunter22@db/x"));
        assert!(carries("API_KEY", "${input:key}"));
        for (name, value) in [
            ("API_KEY", "false"),
            ("API_KEY", ""),
            ("MODEL", "claude-3-5-sonnet-20241022"),
            ("IMAGE", "x@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"),
            ("DATABASE_ID", "0123456789abcdef0123456789abcdef"),
            ("TENANT", "123e4567-e89b-12d3-a456-426614174000"),
            ("DEBUG", "1"),
            ("SITE", "https://example.org/a/b"),
        ] {
            assert!(!carries(name, value), "{name}={value}");
        }
    }

    #[test]
    fn a_url_names_where_its_credentials_stand_and_is_shown_without_them() {
        let url = "https://u:hunter2hunter2@x.example/s/0a1b2c3d4e5f6a7b8c9d0e1f/mcp?api_key=abcdef0123456789&page=2";
        let found = in_url(url);
        assert_eq!(found.iter().map(|(_, n)| n.as_str()).collect::<Vec<_>>(), ["user information", "path", "api_key"]);
        assert_eq!(without(url, |_| "…".to_owned()), "https://…@x.example/s/…/mcp?api_key=…&page=2");
        assert!(in_url("https://x.example/mcp?page=2").is_empty() && in_url("not a url").is_empty());
    }
}
