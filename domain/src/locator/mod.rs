//! Where things are: one normal form per kind of place, patterns of places, and exact answers to three
//! questions: do two patterns share a place, does one hold the other, does a rule reach a resource. The
//! normal form is what is stored beside the raw text. It must not judge what is done to a place, nor look
//! anything up: writings that only a server could tell to be one place (an alias, a redirect, a branch and
//! the commit it stands at, two Unicode spellings) stay two.

mod arn;
mod glob;
mod holds;
mod kubernetes;
mod left;
mod mark;
mod pattern;
mod reach;
mod repository;
mod said;
mod uri;
mod work;

pub use holds::{holds, meets};
pub use pattern::{Left, Pattern};
pub use reach::{Others, PATTERNS_MOST, Reach, narrowed, only_kind, touches};
pub use work::Work;

use mark::MANY;

crate::words! {
    /// What kind of place a locator names. Places of two kinds are never the same place.
    LocatorKind {
        /// An AWS resource. `s3://bucket/key` is one too.
        Arn = "arn", "ARN";
        /// What the API server of a cluster serves: `k8s:apps/deployments@shop#web`, `k8s:url:/healthz`.
        Kubernetes = "kubernetes", "Kubernetes resource";
        Uri = "uri", "URI";
        /// A repository or what is in it: `github.com/acme/docs/prompts/x.md@main`.
        Repository = "repository", "repository";
        /// An MCP server or one of its tools: `mcp:weather/forecast`.
        Mcp = "mcp", "MCP server or tool";
        /// Anything else, as it is written.
        Name = "name", "name";
    }
}

/// The longest locator, in characters.
pub const LOCATOR_MOST: usize = 500;
/// The longest pattern, in characters: ARNs may be as long.
pub const PATTERN_MOST: usize = 2_048;

/// Why a text names no place. The message is fit for a person who typed the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadLocator {
    #[error("The location is empty.")]
    Empty,
    #[error("The location has more than {0} characters.")]
    TooLong(usize),
    /// The code point.
    #[error("The location contains a character that cannot be seen (U+{0:04X}). Remove it.")]
    Invisible(u32),
    #[error("The location is of the kind {}, not {}. Select that kind.", .is.label(), .said.label())]
    OtherKind { said: LocatorKind, is: LocatorKind },
    #[error("This is not a valid {}: {why}.", .kind.label())]
    Malformed { kind: LocatorKind, why: &'static str },
}

/// A place: two writings of the same place have one normal form, two different places never share one.
/// Reading a normal form again gives the same locator.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Locator {
    pub kind: LocatorKind,
    pub normal: String,
}

impl Locator {
    /// Reads a text, recognising the kind where none is given. No character is a wildcard: `*` is an
    /// asterisk. A text that is plainly of another kind is refused under `uri` and `name`, because as
    /// one of these it would be reached by nothing.
    pub fn parse(kind: Option<LocatorKind>, text: &str) -> Result<Self, BadLocator> {
        let form = read(kind, text, false, LOCATOR_MOST)?;
        Ok(Self { kind: form.kind, normal: form.normal })
    }
}

/// A text as read: its kind, its normal form, and the form that is compared (`mark` says how).
struct Form {
    kind: LocatorKind,
    normal: String,
    machine: String,
}

impl Form {
    fn everything(kind: LocatorKind) -> Self {
        Self { kind, normal: "*".to_owned(), machine: MANY.to_string() }
    }
}

/// Reads a text as a place, or with `wild` as a pattern of places; `most` is the longest length of the text
/// and of its normal form, which percent-encoding may lengthen.
fn read(kind: Option<LocatorKind>, text: &str, wild: bool, most: usize) -> Result<Form, BadLocator> {
    let text = mark::checked(text, most)?;
    let kind = kind_of(kind, text)?;
    if wild && mark::is_everything(text) {
        return Ok(Form::everything(kind));
    }
    let form = match kind {
        LocatorKind::Arn => arn::read(text, wild)?,
        LocatorKind::Kubernetes => kubernetes::read(text, wild)?,
        LocatorKind::Uri => uri::read(text, wild)?,
        LocatorKind::Repository => repository::read(text, wild)?,
        LocatorKind::Mcp => mcp(text, wild)?,
        LocatorKind::Name => name(text, wild),
    };
    if form.normal.chars().count() > most {
        return Err(BadLocator::TooLong(most));
    }
    Ok(form)
}

fn kind_of(said: Option<LocatorKind>, text: &str) -> Result<LocatorKind, BadLocator> {
    let is = recognised(text);
    match said {
        None => Ok(is),
        Some(said) => {
            let open = matches!(said, LocatorKind::Name | LocatorKind::Uri);
            if open && is != said && is != LocatorKind::Name { Err(BadLocator::OtherKind { said, is }) } else { Ok(said) }
        }
    }
}

/// The kind a text is plainly written as; `name` where none.
fn recognised(text: &str) -> LocatorKind {
    let starts = |prefix: &str| mark::after(text, prefix).is_some();
    if starts("arn:") || starts("s3://") {
        LocatorKind::Arn
    } else if starts("mcp:") {
        LocatorKind::Mcp
    } else if starts("k8s:") || starts("kubernetes:") {
        LocatorKind::Kubernetes
    } else if repository::is_one(text) {
        LocatorKind::Repository
    } else if uri::is_one(text) {
        LocatorKind::Uri
    } else {
        LocatorKind::Name
    }
}

/// `mcp:server[/tool]`. A server stands for its tools as well, so what is compared ends in `/` and a place
/// matches whatever goes on behind it. The names of registries hold slashes themselves; nothing depends on
/// where the server's name ends. Names count in their case.
fn mcp(text: &str, wild: bool) -> Result<Form, BadLocator> {
    let body = mark::after(text, "mcp:").unwrap_or(text);
    let body = if wild { mark::marked(body, true) } else { body.to_owned() };
    let parts: Vec<&str> = body.split('/').map(str::trim).filter(|part| !part.is_empty()).collect();
    if parts.is_empty() {
        return Err(BadLocator::Malformed { kind: LocatorKind::Mcp, why: "it names no server" });
    }
    let body = parts.join("/");
    Ok(Form { kind: LocatorKind::Mcp, normal: format!("mcp:{}", mark::shown(&body)), machine: format!("{body}/{MANY}") })
}

fn name(text: &str, wild: bool) -> Form {
    let machine = if wild { mark::marked(text, true) } else { text.to_owned() };
    Form { kind: LocatorKind::Name, normal: text.to_owned(), machine }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_is_recognised_from_what_is_plain() {
        for (text, kind) in [
            ("arn:aws:s3:::b", LocatorKind::Arn),
            ("ARN:aws:s3:::b", LocatorKind::Arn),
            ("s3://b/k", LocatorKind::Arn),
            ("mcp:weather", LocatorKind::Mcp),
            ("k8s:apps/deployments", LocatorKind::Kubernetes),
            ("kubernetes:/pods", LocatorKind::Kubernetes),
            ("https://example.org", LocatorKind::Uri),
            ("*://example.org/x", LocatorKind::Uri),
            ("urn:isbn:0451", LocatorKind::Uri),
            ("https://github.com/acme/docs", LocatorKind::Repository),
            ("https://github.com/acme/docs/issues/5", LocatorKind::Uri),
            ("git@github.com:acme/docs.git", LocatorKind::Repository),
            ("github.com/acme/docs", LocatorKind::Repository),
            ("https://git.example.com/a/b.git", LocatorKind::Repository),
            ("prompts/scout.md", LocatorKind::Name),
            ("repo:docs", LocatorKind::Name),
            ("cluster:production", LocatorKind::Name),
            ("vault/crm/*", LocatorKind::Name),
            ("apps/deployments", LocatorKind::Name),
        ] {
            assert_eq!(recognised(text), kind, "{text}");
        }
    }

    #[test]
    fn what_is_no_place_says_why() {
        let long = "x".repeat(501);
        for (kind, text, expected) in [
            (None, "  ", BadLocator::Empty),
            (None, long.as_str(), BadLocator::TooLong(500)),
            (None, "ad\u{200B}min", BadLocator::Invisible(0x200B)),
            (None, "a\tb", BadLocator::Invisible(9)),
            (None, "a\u{1}b", BadLocator::Invisible(1)),
            (Some(LocatorKind::Name), "arn:aws:s3:::b", BadLocator::OtherKind { said: LocatorKind::Name, is: LocatorKind::Arn }),
            (
                Some(LocatorKind::Uri),
                "https://github.com/acme/docs",
                BadLocator::OtherKind { said: LocatorKind::Uri, is: LocatorKind::Repository },
            ),
            (None, "mcp:/", BadLocator::Malformed { kind: LocatorKind::Mcp, why: "it names no server" }),
        ] {
            assert_eq!(Locator::parse(kind, text), Err(expected), "{text}");
        }
        assert_eq!(BadLocator::Invisible(9).to_string(), "The location contains a character that cannot be seen (U+0009). Remove it.");
        let other = BadLocator::OtherKind { said: LocatorKind::Name, is: LocatorKind::Arn };
        assert_eq!(other.to_string(), "The location is of the kind ARN, not name. Select that kind.");
    }

    #[test]
    fn servers_and_names() {
        for (text, normal) in [
            ("mcp:weather", "mcp:weather"),
            ("MCP:weather/", "mcp:weather"),
            ("mcp://weather // forecast", "mcp:weather/forecast"),
            (" vault/crm ", "vault/crm"),
            ("Vault", "Vault"),
        ] {
            assert_eq!(Locator::parse(None, text).map(|l| l.normal), Ok(normal.to_owned()), "{text}");
        }
        assert_eq!(Locator::parse(Some(LocatorKind::Mcp), "weather").map(|l| l.normal), Ok("mcp:weather".to_owned()));
    }
}
