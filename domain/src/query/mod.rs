//! What lists are asked: the parameters of an address, parsed once and typed. Each noun declares its filters here, and
//! from the declaration come the parser, the description of the API and what the page shows as narrowed. A parameter
//! that is not known, a value that is none and two that exclude each other are refused, never passed over. It must not
//! know how a list is read.

pub mod changes;
pub mod comparison;
pub mod differences;
pub mod grants;
pub mod identities;
pub mod imports;
pub mod ledger;
pub mod people;
pub mod permission_sets;
pub mod resources;
pub mod routing;
pub mod sources;
pub mod teams;
pub mod tokens;

use crate::ids::{Id, Named};

/// The parameters of an address.
#[derive(Clone, Debug, Default)]
pub struct Asked(Vec<(String, String)>);

impl Asked {
    pub fn new(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    /// Those of the query of an address, `a=b&c=d`.
    pub fn of(query: &str) -> Self {
        Self(form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    /// A parameter; an empty one is none.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(k, _)| k == name).map(|(_, v)| v.as_str()).filter(|v| !v.is_empty())
    }

    /// A parameter by its name, or one that has this very value: `people=no`.
    fn is_given(&self, parameter: &str) -> bool {
        match parameter.split_once('=') {
            Some((name, value)) => self.get(name) == Some(value),
            None => self.get(parameter).is_some(),
        }
    }

    /// What an entry may keep of them for ever: not where the list began, and of free text, which may name people, only that
    /// there was some.
    pub fn kept(&self) -> String {
        let narrowing = self.0.iter().filter(|(k, v)| !v.is_empty() && !ALWAYS.contains(&k.as_str()));
        let said = narrowing.map(|(k, v)| format!("{k}={}", if FREE.contains(&k.as_str()) { "…" } else { v.as_str() }));
        said.collect::<Vec<_>>().join("&")
    }

    /// True of a parameter that is given more than once and not always empty: whichever of them was meant, the other would
    /// be passed over.
    fn is_repeated(&self, name: &str) -> bool {
        let given: Vec<&str> = self.0.iter().filter(|(k, _)| k == name).map(|(_, v)| v.as_str()).collect();
        given.len() > 1 && given.iter().any(|v| !v.is_empty())
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(k, _)| k.as_str())
    }
}

/// Why a query is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The parameter that is meant.
    pub name: &'static str,
    pub why: String,
}

/// A parameter of a list, for its description.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    pub name: &'static str,
    /// What it narrows the list to, as the declaration says it.
    pub about: &'static [&'static str],
    /// The words it may be; empty where it is free.
    pub words: &'static [&'static str],
}

impl Parameter {
    pub fn about(&self) -> String {
        self.about.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
    }
}

/// Why a text is no value of a parameter, where nothing more is to be said.
const UNKNOWN: &str = "is not a choice";

/// A value that a parameter may have.
pub trait Choice: Sized {
    /// The words there are; empty where it is free.
    const WORDS: &'static [&'static str] = &[];
    /// Why a text is refused, as it follows the text.
    const REFUSED: &'static str = UNKNOWN;

    fn read(text: &str) -> Option<Self>;
}

impl Choice for String {
    fn read(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

impl<N: Named> Choice for Id<N> {
    fn read(text: &str) -> Option<Self> {
        Self::parse(text).ok()
    }
}

/// A part of a name: lower case, without blanks around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term(String);

/// The longest term, in characters: longer than a name, and short of what databases take in a pattern.
const TERM_MOST: usize = 200;

impl Choice for Term {
    const REFUSED: &'static str = "is longer than 200 characters";

    fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        (text.chars().count() <= TERM_MOST).then(|| Self::new(text))
    }
}

impl Term {
    /// A text to be found whatever its case.
    pub fn new(text: &str) -> Self {
        Self(crate::text::folded(text.trim()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// For `LIKE … ESCAPE '\'`: anywhere in a text, taken literally.
    pub fn anywhere(&self) -> String {
        format!("%{}%", crate::text::like_literal(&self.0))
    }

    /// Whether it stands in a text, whatever the case of either.
    pub fn is_in(&self, text: &str) -> bool {
        crate::text::folded(text).contains(&self.0)
    }
}

/// Something by its name, or a dash: what has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrNone {
    None,
    Of(String),
}

impl Choice for OrNone {
    fn read(text: &str) -> Option<Self> {
        Some(if text == "-" { Self::None } else { Self::Of(text.to_owned()) })
    }
}

impl OrNone {
    /// As statements take it: empty is none.
    pub fn bound(&self) -> &str {
        match self {
            Self::None => "",
            Self::Of(name) => name,
        }
    }
}

/// What stands in a filter: a choice or none, or a flag.
pub trait Narrowing: Sized + Default {
    const WORDS: &'static [&'static str];
    /// Why a text is refused, as it follows the text.
    const REFUSED: &'static str = UNKNOWN;

    /// None where the text is no value of it.
    fn read(text: &str) -> Option<Self>;
}

impl<C: Choice> Narrowing for Option<C> {
    const WORDS: &'static [&'static str] = C::WORDS;
    const REFUSED: &'static str = C::REFUSED;

    fn read(text: &str) -> Option<Self> {
        C::read(text).map(Some)
    }
}

impl Narrowing for bool {
    const WORDS: &'static [&'static str] = &["1"];

    fn read(text: &str) -> Option<Self> {
        (text == "1").then_some(true)
    }
}

/// What a list is narrowed to, and how it is sorted.
pub trait Filter: Clone + Default + PartialEq + Send + Sync + 'static {
    const PARAMETERS: &'static [Parameter];

    /// Reads the parameters of an address; beside the filters' it may hold those of `ALWAYS`.
    fn parse(asked: &Asked) -> Result<Self, Refused>;
}

/// What every list may be asked: where its page starts, as of when, and a secret to show once beside it.
pub const ALWAYS: [&str; 3] = ["after", "as_of", "once"];

/// What the page of a list may be asked beside it, and nothing of it narrows the rows: what a form is opened with.
const BESIDE: [&str; 3] = ["for", "invite", "preset"];

/// Parameters of which people type what they like.
const FREE: [&str; 2] = ["q", "hint"];

/// Reads one parameter of a filter.
pub(crate) fn narrowing<T: Narrowing>(asked: &Asked, name: &'static str) -> Result<T, Refused> {
    let Some(text) = asked.get(name) else { return Ok(T::default()) };
    T::read(text).ok_or_else(|| {
        let said = crate::text::capped(text, 60);
        let why = match T::WORDS {
            [] => format!("\u{201c}{said}\u{201d} {}.", T::REFUSED),
            words => format!("\u{201c}{said}\u{201d} {}. Choose from {}.", T::REFUSED, words.join(", ")),
        };
        Refused { name, why }
    })
}

/// Refuses what is not known or given twice, and of each group of parameters that exclude each other more than one.
pub(crate) fn check(asked: &Asked, known: &'static [Parameter], apart: &[&[&'static str]]) -> Result<(), Refused> {
    if let Some(name) = asked.names().find(|n| !ALWAYS.contains(n) && !BESIDE.contains(n) && !known.iter().any(|p| p.name == *n)) {
        let why = format!("This list has no filter \u{201c}{}\u{201d}. The page API names every filter.", crate::text::capped(name, 60));
        return Err(Refused { name: "query", why });
    }
    if let Some(name) = ALWAYS.into_iter().chain(known.iter().map(|p| p.name)).find(|name| asked.is_repeated(name)) {
        return Err(Refused { name, why: "Give it once only.".to_owned() });
    }
    for group in apart {
        let given: Vec<&'static str> = group.iter().copied().filter(|p| asked.is_given(p)).collect();
        if let [one, other, ..] = given[..] {
            let why = format!("{} and {} can't be combined. Remove one.", said(known, one), said(known, other));
            return Err(Refused { name: one.split('=').next().unwrap_or(one), why });
        }
    }
    Ok(())
}

/// What a parameter narrows a list to, as whoever reads a page and whoever writes an address know it.
fn said(known: &[Parameter], given: &str) -> String {
    let name = given.split('=').next().unwrap_or(given);
    let about = known.iter().find(|p| p.name == name).map(Parameter::about).unwrap_or_default();
    // Behind a colon stands how a value is written.
    let about = about.split(':').next().unwrap_or_default().trim_end_matches('.');
    format!("\u{201c}{about}\u{201d} ({given})")
}

/// Declares what a list is narrowed to: for each field its parameter and, as documentation, what it does; then groups
/// of parameters, or of parameters with a value, that exclude each other.
#[macro_export]
macro_rules! filters {
    ($(#[$doc:meta])* $name:ident { $($(#[doc = $about:literal])+ $field:ident: $type:ty = $parameter:literal;)* } apart { $([$($apart:literal),+];)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct $name { $($(#[doc = $about])+ pub $field: $type),* }

        impl $crate::query::Filter for $name {
            const PARAMETERS: &'static [$crate::query::Parameter] = &[$($crate::query::Parameter {
                name: $parameter,
                about: &[$($about),+],
                words: <$type as $crate::query::Narrowing>::WORDS,
            }),*];

            fn parse(asked: &$crate::query::Asked) -> Result<Self, $crate::query::Refused> {
                $crate::query::check(asked, Self::PARAMETERS, &[$(&[$($apart),+]),*])?;
                Ok(Self { $($field: $crate::query::narrowing(asked, $parameter)?),* })
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::identities::{Filter as Identities, People, Platform};
    use super::*;
    use crate::identity::Kind;

    fn parse(pairs: &[(&str, &str)]) -> Result<Identities, Refused> {
        Identities::parse(&Asked::new(pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()))
    }

    #[test]
    fn what_is_asked_is_read_once_and_typed() {
        let read =
            parse(&[("kind", "bot"), ("q", "  Nightly "), ("no_owner", "1"), ("source", "-"), ("people", "no"), ("platform", "only")]);
        let expected = Identities {
            kind: Some(Kind::Bot),
            search: Some(Term("nightly".to_owned())),
            no_owner: true,
            source: Some(OrNone::None),
            people: Some(People::No),
            platform: Some(Platform::Only),
            ..Identities::default()
        };
        assert_eq!(read, Ok(expected));
        assert_eq!(parse(&[("kind", ""), ("after", "x"), ("as_of", "3")]), Ok(Identities::default()), "empty is none");
    }

    #[test]
    fn what_is_unknown_or_contradictory_is_refused_and_named() {
        let refused = |pairs: &[(&str, &str)]| parse(pairs).expect_err("refused");
        let bad = refused(&[("kind", "robot")]);
        assert!(bad.name == "kind" && bad.why.contains("robot") && bad.why.contains("ai_agent, service_account"), "{bad:?}");
        assert_eq!(refused(&[("colour", "red")]).name, "query");
        assert_eq!(refused(&[("no_owner", "yes")]).name, "no_owner");
        assert_eq!(refused(&[("owner", "per_nobody")]).name, "owner");
        let both = refused(&[("no_owner", "1"), ("owned", "1")]);
        let why = "“Without an owner” (no_owner) and “With an owner and a backup owner” (owned) can't be combined. \
                   Remove one.";
        assert_eq!((both.name, both.why.as_str()), ("no_owner", why));
        assert_eq!(refused(&[("people", "no"), ("human", "human")]).name, "people");
    }

    #[test]
    fn what_is_given_twice_is_refused() {
        for (name, one, other) in
            [("kind", "bot", "ai_agent"), ("q", "", "nightly"), ("kind", "bot", "bot"), ("as_of", "3", "4"), ("after", "a", "")]
        {
            let refused = parse(&[(name, one), (name, other)]).expect_err("refused");
            assert_eq!((refused.name, refused.why.as_str()), (name, "Give it once only."));
        }
        assert_eq!(parse(&[("q", ""), ("q", "")]), Ok(Identities::default()), "empty is none, however often");
    }

    #[test]
    fn what_is_kept_for_ever_names_nobody() {
        let asked = Asked::of("kind=bot&q=ann&hint=ann%40example.org&source=&as_of=3&after=x&no_owner=1");
        assert_eq!(asked.kept(), "kind=bot&q=…&hint=…&no_owner=1");
    }

    #[test]
    fn a_term_is_a_part_of_a_name() {
        let (longest, longer) = ("ü".repeat(200), "ü".repeat(201));
        assert!(parse(&[("q", &format!(" {longest} "))]).is_ok());
        let refused = parse(&[("q", &longer)]).expect_err("refused");
        assert!(refused.name == "q" && refused.why.ends_with("is longer than 200 characters."), "{refused:?}");
        let term = Term::read(" ÜNAL").expect("a term");
        assert!(term.is_in("Ayşe Ünal") && !term.is_in("Unal"));
    }
}
