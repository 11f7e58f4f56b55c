//! What a page knows of its request: services, viewer, as-of, address, and the message of the last form.

use domain::asof::{AsOf, EMPTY, Wanted};
use domain::ids::{Id, Named};
use domain::seq::Seq;
use service::{Error, Principal, Result, Services};
use std::sync::Arc;
use ui::Flash;

/// Made by the server's middleware for every page.
#[derive(Clone)]
pub struct PageContext {
    pub services: Services,
    pub principal: Option<Principal>,
    pub flash: Flash,
    /// Where the request comes from, for doors that slow down whoever guesses.
    pub place: String,
    /// The number of the request: whoever looks into the log finds it by that.
    pub number: String,
    pub path: String,
    pub query: Vec<(String, String)>,
    /// The id in the session's cookie, to tell this session from the others of its person.
    pub session: String,
    /// Name of the stylesheet below `/pkg`.
    pub css: Arc<str>,
    /// The OpenAPI document, for the page that shows it.
    pub api: Arc<serde_json::Value>,
}

impl PageContext {
    pub fn viewer(&self) -> Result<&Principal> {
        // The middleware lets nobody in without a session; a page that is reached all the same shows nothing.
        self.principal.as_ref().ok_or(Error::SignedOut)
    }

    pub fn param(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(k, _)| k == name).map(|(_, v)| v.as_str()).filter(|v| !v.is_empty())
    }

    pub fn wanted(&self) -> Result<Wanted> {
        service::as_of(self.param("as_of"), self.services.now())
    }

    /// The same request as of now.
    #[must_use]
    pub fn at_now(&self) -> Self {
        let mut cx = self.clone();
        cx.query.retain(|(k, _)| k != "as_of");
        cx
    }

    /// True where the reader looks at the present: only then are actions offered.
    pub fn is_now(&self) -> bool {
        matches!(self.wanted(), Ok(Wanted::Now))
    }

    /// The version that a form rests on: of one that came back through the sign-in the one it was read at, so that what
    /// somebody else changed meanwhile is not written over.
    pub fn seen(&self, now: Seq) -> String {
        let typed = self.flash.typed("seen");
        if self.flash.error.is_none() && !typed.is_empty() { typed } else { now.to_string() }
    }

    /// A link that keeps the as-of.
    pub fn link(&self, path: &str) -> String {
        match self.param("as_of") {
            Some(at) if path.contains('?') => format!("{path}&as_of={}", encode(at)),
            Some(at) => format!("{path}?as_of={}", encode(at)),
            None => path.to_owned(),
        }
    }

    /// This page with some parameters set, or removed where the value is empty; `after` never survives.
    pub fn with(&self, changes: &[(&str, &str)]) -> String {
        let mut pairs: Vec<(String, String)> =
            self.query.iter().filter(|(k, _)| k != "after" && !changes.iter().any(|(c, _)| c == k)).cloned().collect();
        pairs.extend(changes.iter().filter(|(_, v)| !v.is_empty()).map(|(k, v)| ((*k).to_owned(), (*v).to_owned())));
        if pairs.is_empty() {
            return self.path.clone();
        }
        let text: Vec<String> = pairs.iter().map(|(k, v)| format!("{}={}", encode(k), encode(v))).collect();
        format!("{}?{}", self.path, text.join("&"))
    }
}

/// Reads an id out of an address; a bad one is simply not there.
pub fn id<N: Named>(text: Option<String>, what: &'static str) -> Result<Id<N>> {
    text.and_then(|t| Id::parse(&t).ok()).ok_or(Error::NotFound(what))
}

/// Percent-encodes everything but letters, digits and `-._~`.
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// As-of as a sentence says it; typed into the as-of panel it is that as-of, to the minute.
pub fn as_of_words(at: AsOf) -> String {
    if at.seq == Seq::ZERO {
        return EMPTY.to_owned();
    }
    format!("{} UTC (ledger entry {})", at.at.moment(), ui::number(at.seq))
}
