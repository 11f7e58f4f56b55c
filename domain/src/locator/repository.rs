//! Repositories and what is in them: `host/owner/repository/path@ref` is the one form of web pages, clone
//! addresses and the short form. A place stands for all that is below it, and for every ref where it names
//! none, because whoever may write the repository may write each of its files. It must not resolve refs: a
//! page's ref is taken to be one path segment, and a branch is never the commit it stands at.

use super::mark::{self, ANY, MANY, ONE, PART};
use super::{BadLocator, Form, LocatorKind};

/// Where owner and repository are the same in either case.
const FORGES: [&str; 3] = ["bitbucket.org", "github.com", "gitlab.com"];
/// Where a repository is always owner and name; elsewhere groups may nest.
const FLAT: [&str; 2] = ["bitbucket.org", "github.com"];
/// Where a text without a host belongs.
const DEFAULT: &str = "github.com";
/// Page addresses that show what is in a repository: the ref follows.
const PAGES: [&str; 7] = ["blame", "blob", "commit", "commits", "edit", "raw", "tree"];
/// First words on GitHub that are nobody's name.
const RESERVED: [&str; 8] = ["apps", "enterprises", "marketplace", "orgs", "settings", "sponsors", "topics", "users"];
/// How repositories are fetched, with the port that need not be written.
const TRANSPORTS: [(&str, u16); 7] =
    [("git", 9418), ("git+http", 80), ("git+https", 443), ("git+ssh", 22), ("http", 80), ("https", 443), ("ssh", 22)];

fn bad(why: &'static str) -> BadLocator {
    BadLocator::Malformed { kind: LocatorKind::Repository, why }
}

/// What a text says before its path is taken apart.
struct Address {
    host: String,
    path: String,
    /// The host is written out.
    hosted: bool,
    /// An address of the web, which may be a page.
    web: bool,
    /// It can be nothing but a repository.
    plain: bool,
}

/// What a place is made of.
struct Parts {
    host: String,
    /// Owner, repository, and the path in it.
    names: Vec<String>,
    reference: Option<String>,
}

/// Whether a text is plainly a repository.
pub(super) fn is_one(text: &str) -> bool {
    let Ok(address) = address(text, false) else { return false };
    let Ok(names) = segments(&address.path).and_then(|segments| decoded(&segments)) else { return false };
    let clone = text.contains("://") && names.iter().any(|name| cloned(name).is_some());
    let forge = address.hosted && FORGES.contains(&address.host.as_str());
    let root = forge && is_root(&address.host, &names);
    address.plain || clone || root || (address.web && page(&address.host, &names).is_some()) || (forge && !address.web && names.len() >= 2)
}

/// Whether a page of a forge is the front page of a repository, or a pattern of these.
fn is_root(host: &str, names: &[String]) -> bool {
    let listed = host == "github.com" && names.first().is_some_and(|first| RESERVED.contains(&first.to_ascii_lowercase().as_str()));
    let nested = names.len() > 2 && !FLAT.contains(&host) && !names.iter().any(|name| name == "-");
    !listed && (names.len() == 2 || nested || matches!(names, [all] if all.contains(['*', MANY])))
}

pub(super) fn read(text: &str, wild: bool) -> Result<Form, BadLocator> {
    let address = address(text, wild)?;
    let Parts { host, mut names, reference } = parts(address)?;
    // In a pattern a `*` may stand for owner and repository.
    if names.len() < 2 && !names.iter().any(|name| name.contains(MANY)) {
        return Err(bad("a repository is written as owner/repository"));
    }
    if FORGES.contains(&host.as_str()) {
        names.iter_mut().take(2).for_each(|name| *name = name.to_ascii_lowercase());
    }
    let machine = format!("{host}/{}/{MANY}{PART}{}", names.join("/"), reference.as_deref().unwrap_or(ANY));
    // A host without a dot would be read as an owner.
    let place = if host.contains(['.', ':']) { format!("{}/", mark::shown(&host)) } else { format!("git@{}:", mark::shown(&host)) };
    let names: Vec<String> = names.iter().map(|name| escaped(name)).collect();
    let reference = reference.map_or_else(String::new, |reference| format!("@{}", escaped(&reference)));
    Ok(Form { kind: LocatorKind::Repository, normal: format!("{place}{}{reference}", names.join("/")), machine })
}

fn address(text: &str, wild: bool) -> Result<Address, BadLocator> {
    if let Some((scheme, rest)) = text.split_once("://") {
        let scheme = scheme.to_ascii_lowercase();
        let Some((_, port)) = TRANSPORTS.iter().find(|(name, _)| *name == scheme) else {
            return Err(bad("its scheme is none that repositories are fetched by"));
        };
        // Here a question mark begins the query.
        let rest = rest.split(['?', '#']).next().unwrap_or_default();
        let rest = if wild { mark::marked(rest, false) } else { rest.to_owned() };
        let (authority, path) = rest.split_once('/').unwrap_or((&rest, ""));
        let plain = scheme.starts_with("git") || (scheme == "ssh" && authority.starts_with("git@"));
        let host = authority.rsplit('@').next().unwrap_or(authority).to_ascii_lowercase();
        let host = known(without_port(&host, *port))?;
        return Ok(Address { host, path: path.to_owned(), hosted: true, web: scheme.starts_with("http"), plain });
    }
    let text = if wild { mark::marked(text, true) } else { text.to_owned() };
    if let Some((login, path)) = text.split_once(':')
        && let Some((user, host)) = login.split_once('@')
        && !login.contains('/')
    {
        let host = known(&host.to_ascii_lowercase())?;
        return Ok(Address { host, path: path.to_owned(), hosted: true, web: false, plain: user == "git" });
    }
    if let Some((first, path)) = text.split_once('/')
        && first.contains(['.', ':'])
        && !first.starts_with('.')
    {
        let host = known(&first.to_ascii_lowercase())?;
        return Ok(Address { host, path: path.to_owned(), hosted: true, web: false, plain: false });
    }
    Ok(Address { host: DEFAULT.to_owned(), path: text, hosted: false, web: false, plain: false })
}

/// A URI in the form that is compared, as the repositories it may stand for: `https://git.example.com/team/*`
/// may be written by whoever fetches what is there. None where the scheme fetches none.
pub(super) fn of_uri(uri: &str) -> Option<String> {
    let (scheme, rest) = uri.split_once("://")?;
    let fetches = scheme.contains(MANY) || TRANSPORTS.iter().any(|(name, _)| *name == scheme);
    let place = rest.split('?').next().filter(|_| fetches)?.trim_end_matches('/');
    let forge = place.split('/').next().is_some_and(|host| FORGES.contains(&host));
    let lower = |(at, name): (usize, &str)| if forge && at < 3 { name.to_ascii_lowercase() } else { name.to_owned() };
    let names: Vec<String> = place.split('/').enumerate().map(lower).collect();
    Some(format!("{}/{MANY}{PART}{MANY}", names.join("/")))
}

/// A host without the port that need not be written.
fn without_port(host: &str, usual: u16) -> &str {
    let is_usual = |port: &str| port.is_empty() || (port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>() == Ok(usual));
    host.rsplit_once(':').filter(|split| is_usual(split.1)).map_or(host, |split| split.0)
}

/// A host by its usual name.
fn known(host: &str) -> Result<String, BadLocator> {
    let host = host.trim_end_matches('.');
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']' | MANY | ONE);
    if host.is_empty() || host.starts_with('.') || !host.chars().all(fits) {
        return Err(bad("its host is no host name"));
    }
    Ok(match host {
        "ssh.github.com" | "www.github.com" => "github.com",
        "altssh.gitlab.com" | "www.gitlab.com" => "gitlab.com",
        "www.bitbucket.org" => "bitbucket.org",
        other => other,
    }
    .to_owned())
}

fn parts(address: Address) -> Result<Parts, BadLocator> {
    if address.web {
        let names = decoded(&segments(&address.path)?)?;
        if let Some(found) = page(&address.host, &names) {
            return Ok(found);
        }
        let clone = names.iter().any(|name| cloned(name).is_some());
        if FORGES.contains(&address.host.as_str()) && !clone && !is_root(&address.host, &names) {
            return Err(bad("this page is neither a repository nor a file of one"));
        }
    }
    let (path, reference) = split_reference(&address.path);
    let mut names = segments(path)?;
    bare(&mut names, FLAT.contains(&address.host.as_str()));
    let names = decoded(&names)?;
    let named = reference.is_some();
    let reference = reference.and_then(mark::decoded).map(|name| name.trim_start_matches("refs/heads/").to_owned());
    // Git allows no empty component either.
    let reference = reference.filter(|name| !name.is_empty() && !name.contains("//"));
    if named && reference.is_none() {
        return Err(bad("what follows the @ is no ref"));
    }
    Ok(Parts { host: address.host, names, reference })
}

/// Takes the ending of clone addresses off the repository: the second name, or where groups nest, the first
/// name that has it. A name that ends so by itself is written with `%2E`.
fn bare(names: &mut [&str], flat: bool) {
    let at = if flat { 1 } else { names.iter().position(|name| cloned(name).is_some()).unwrap_or(1) };
    let short = names.get(at).copied().and_then(cloned);
    if let (Some(name), Some(short)) = (names.get_mut(at), short) {
        *name = short;
    }
}

/// A name without the ending of clone addresses, where it has that.
fn cloned(name: &str) -> Option<&str> {
    name.strip_suffix(".git").filter(|name| !name.is_empty())
}

/// Splits `path@ref` at the last `@` that begins no name: `packages/@scope/x` is a path.
fn split_reference(path: &str) -> (&str, Option<&str>) {
    let at = path.rmatch_indices('@').map(|(at, _)| at).find(|at| *at > 0 && !path[..*at].ends_with('/'));
    at.map_or((path, None), |at| (&path[..at], Some(&path[at + 1..])))
}

/// The segments of a path as they are written, without empty ones and dot segments; these are resolved as in a
/// URI.
fn segments(path: &str) -> Result<Vec<&str>, BadLocator> {
    let mut out: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment.replace("%2e", ".").replace("%2E", ".").as_str() {
            "." => {}
            ".." => {
                if out.pop().is_some_and(|gone| gone.contains([MANY, ONE])) {
                    return Err(bad("a .. follows a wildcard"));
                }
            }
            _ => out.push(segment),
        }
    }
    out.retain(|segment| !segment.is_empty());
    Ok(out)
}

/// The names that segments stand for. An encoded slash is one all the same: no name in a repository holds one.
fn decoded(segments: &[&str]) -> Result<Vec<String>, BadLocator> {
    let mut out = Vec::with_capacity(segments.len());
    for segment in segments {
        let names = mark::decoded(segment).ok_or(bad("its percent-encoding hides characters that cannot be seen"))?;
        for name in names.split('/').filter(|name| !matches!(*name, "" | ".")) {
            if name == ".." {
                return Err(bad("a .. stands behind an encoded slash"));
            }
            out.push(name.to_owned());
        }
    }
    Ok(out)
}

/// Takes apart the address of a page that shows what is in a repository.
fn page(host: &str, names: &[String]) -> Option<Parts> {
    let shows = |at: usize| names.get(at).is_some_and(|name| PAGES.contains(&name.as_str()));
    match host {
        "raw.githubusercontent.com" => cut(DEFAULT, names, 2, 2),
        "github.com" if shows(2) => cut(host, names, 2, 3),
        "bitbucket.org" if names.get(2).is_some_and(|name| name == "src") => cut(host, names, 2, 3),
        _ => {
            let dash = names.iter().position(|name| name == "-").filter(|at| *at >= 2 && shows(at + 1))?;
            cut(host, names, dash, dash + 2)
        }
    }
}

/// The repository is the first `end` names, the ref begins at `at`, the path follows it.
fn cut(host: &str, names: &[String], end: usize, at: usize) -> Option<Parts> {
    let (reference, path) = match names.get(at..)? {
        [refs, kind, name, path @ ..] if refs == "refs" && kind == "heads" => (name.clone(), path),
        [refs, kind, name, path @ ..] if refs == "refs" && kind == "tags" => (format!("refs/tags/{name}"), path),
        [name, path @ ..] => (name.clone(), path),
        [] => return None,
    };
    let mut all = names.get(..end)?.to_vec();
    all.extend_from_slice(path);
    Some(Parts { host: host.to_owned(), names: all, reference: Some(reference) })
}

/// A name as the normal form writes it, so that nothing in it is taken for a mark.
fn escaped(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            MANY => out.push('*'),
            ONE => out.push('?'),
            ' ' | '#' | '%' | '*' | '?' | '@' => out.push_str(&format!("%{:02X}", u32::from(c))),
            other => out.push(other),
        }
    }
    if let Some(name) = cloned(&out) {
        return format!("{name}%2Egit");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::{Locator, Pattern};
    use super::*;

    #[test]
    fn one_form_for_every_writing() {
        for (text, normal) in [
            ("acme/docs", "github.com/acme/docs"),
            ("Acme/Docs.git", "github.com/acme/docs"),
            ("github.com/acme/docs/", "github.com/acme/docs"),
            ("https://github.com/acme/docs", "github.com/acme/docs"),
            ("https://www.github.com/acme/docs.git", "github.com/acme/docs"),
            ("git@github.com:acme/docs.git", "github.com/acme/docs"),
            ("ssh://git@github.com/acme/docs.git", "github.com/acme/docs"),
            ("ssh://git@github.com:22/acme/docs", "github.com/acme/docs"),
            ("git+https://token@github.com/acme/docs.git@v1", "github.com/acme/docs@v1"),
            ("acme/docs/Prompts/x.md@main", "github.com/acme/docs/Prompts/x.md@main"),
            ("acme/docs/Prompts/./y/../x.md@refs/heads/main", "github.com/acme/docs/Prompts/x.md@main"),
            ("https://github.com/acme/docs/blob/main/Prompts/x.md#L10", "github.com/acme/docs/Prompts/x.md@main"),
            ("https://github.com/acme/docs/blob/main/Prompts/x.md?plain=1", "github.com/acme/docs/Prompts/x.md@main"),
            ("https://github.com/acme/docs/tree/refs/heads/main/Prompts/", "github.com/acme/docs/Prompts@main"),
            ("https://raw.githubusercontent.com/acme/docs/main/Prompts/x.md", "github.com/acme/docs/Prompts/x.md@main"),
            ("https://gitlab.com/Acme/tools/agent/-/blob/main/x.md", "gitlab.com/acme/tools/agent/x.md@main"),
            ("https://bitbucket.org/acme/docs/src/main/x.md", "bitbucket.org/acme/docs/x.md@main"),
            ("https://git.example.com/Team/Docs.git", "git.example.com/Team/Docs"),
            ("git@git.example.com:Team/Docs.git", "git.example.com/Team/Docs"),
            ("ssh://git@git.example.com:2222/Team/Docs", "git.example.com:2222/Team/Docs"),
            ("git@box:team/docs.git", "git@box:team/docs"),
            ("acme/mono/packages/@scope/x@v2", "github.com/acme/mono/packages/%40scope/x@v2"),
            ("acme/mono/packages/@scope/x", "github.com/acme/mono/packages/%40scope/x"),
            ("acme/docs/100%/a*", "github.com/acme/docs/100%25/a%2A"),
            ("acme/docs@feature/x", "github.com/acme/docs@feature/x"),
            ("acme/docs/sub.git/x", "github.com/acme/docs/sub%2Egit/x"),
            ("acme/docs.git.git", "github.com/acme/docs%2Egit"),
            ("git.example.com/team/docs.git/sub.git", "git.example.com/team/docs/sub%2Egit"),
            ("https://github.com:0443/../acme//x/../docs.git", "github.com/acme/docs"),
            ("https://github.com./acme/docs", "github.com/acme/docs"),
            ("acme/docs/a%20", "github.com/acme/docs/a%20"),
        ] {
            let kind = Some(LocatorKind::Repository);
            let locator = Locator::parse(kind, text).expect(text);
            assert_eq!(locator.normal, normal, "{text}");
            assert_eq!(Locator::parse(kind, normal), Ok(locator), "{text}");
        }
    }

    #[test]
    fn other_places_keep_other_forms() {
        let texts = [
            "acme/docs",
            "acme/docs/x",
            "acme/docs/X",
            "acme/docs@x",
            "acme/docs/x@main",
            "acme/docs@main",
            "acme/docs@refs/tags/main",
            "gitlab.com/acme/docs",
            "git.example.com/acme/docs",
            "git.example.com/Acme/docs",
            "git@acme:docs/x",
            "acme/docs/%40x",
            "acme/docs/%2540x",
        ];
        for (n, one) in texts.iter().enumerate() {
            for other in &texts[n + 1..] {
                let of = |text: &str| Locator::parse(Some(LocatorKind::Repository), text).expect("a repository");
                assert_ne!(of(one), of(other), "{one} {other}");
            }
        }
    }

    #[test]
    fn what_is_no_repository_is_refused() {
        for text in [
            "docs",
            "acme/..",
            "acme/docs@",
            "https://github.com/acme",
            "https://github.com/orgs/acme",
            "https://github.com/acme/docs/issues/5",
            "ftp://github.com/acme/docs",
            "https:///acme/docs",
            "acme/docs/%0A",
            "acme/docs@refs/heads/",
            "acme/docs@x://y",
            "acme/docs/a%2F..%2Fb",
        ] {
            assert!(matches!(Locator::parse(Some(LocatorKind::Repository), text), Err(BadLocator::Malformed { .. })), "{text}");
        }
        for text in ["/etc/passwd", "./acme/docs", "prompts/scout.md", "ops@example.com", "https://example.org/a/b", "a:b/c"] {
            assert!(!is_one(text), "{text}");
        }
        assert!(Pattern::parse(Some(LocatorKind::Repository), "acme/docs/*/../x").is_err());
    }
}
