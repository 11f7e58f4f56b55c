//! Patterns: a place, or places of one kind written with wildcards. Two patterns are compared in the form
//! that `mark` describes, so each is taken apart once. It must not know whose patterns these are.

use super::glob::{self, Reading, Tok};
use super::left::{self, Beside};
use super::mark::{self, UNKNOWN};
use super::{BadLocator, Form, LocatorKind, PATTERN_MOST, Work, arn, kubernetes};

/// What is left of some places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    Nothing,
    Something,
    /// It costs too much to tell, or two readings of an ARN differ.
    Undecided,
}

/// Places of one kind. `*` stands for any run of characters, slashes among them, and `?` for any one; in
/// URIs `*` alone is a wildcard, in Kubernetes they stand in names, namespaces and clusters, and a group or
/// a resource is written out or is `*`. A server, a repository or a folder in one stands for what is below.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pattern {
    kind: LocatorKind,
    normal: String,
    machine: String,
}

impl Pattern {
    /// Reads a pattern, recognising the kind where none is given. `*` is every place of the kind.
    pub fn parse(kind: Option<LocatorKind>, text: &str) -> Result<Self, BadLocator> {
        super::read(kind, text, true, PATTERN_MOST).map(Self::from_form)
    }

    /// The one place a text names: no character of it is a wildcard. Takes the normal form of a `Locator`.
    pub fn exactly(kind: Option<LocatorKind>, text: &str) -> Result<Self, BadLocator> {
        super::read(kind, text, false, PATTERN_MOST).map(Self::from_form)
    }

    fn from_form(form: Form) -> Self {
        Self { kind: form.kind, normal: form.normal, machine: form.machine }
    }

    /// A pattern from the form that is compared, well-formed or not.
    pub(super) fn raw(kind: LocatorKind, machine: String) -> Self {
        Self { kind, normal: mark::shown(&machine), machine }
    }

    pub(super) fn everything(kind: LocatorKind) -> Self {
        Self::from_form(Form::everything(kind))
    }

    pub fn kind(&self) -> LocatorKind {
        self.kind
    }

    /// The form to be stored beside the raw text.
    pub fn normal(&self) -> &str {
        &self.normal
    }

    pub(super) fn machine(&self) -> &str {
        &self.machine
    }

    /// True where it holds a policy variable, which may stand for any text.
    pub(super) fn varies(&self) -> bool {
        self.machine.contains(UNKNOWN)
    }

    /// Whether there is a place that both match: exact, and never dearer than the product of both lengths.
    /// For ARNs this is the wider reading (any wildcard may run over colons), for what is unknown counts as
    /// reached; a policy variable may stand for anything. True as well where no work is left.
    pub fn overlaps(&self, other: &Self, work: &mut Work) -> bool {
        let reading = self.readings()[0];
        self.kind == other.kind && glob::overlaps(&self.machine, &other.machine, reading, work)
    }

    /// Whether this surely matches every place that `other` matches. Exact but for three cases that answer
    /// false: a policy variable in `self` (unless both are the same text), two patterns so entangled that
    /// deciding them costs more than a fixed amount of work, and no work left. ARNs must hold under both readings.
    pub fn contains(&self, other: &Self, work: &mut Work) -> bool {
        if self.varies() {
            return self == other;
        }
        if self.kind == other.kind && self.machine == other.machine {
            return true;
        }
        if !self.overlaps(other, work) {
            return false;
        }
        self.readings().iter().all(|reading| {
            let inner = other.tokens(*reading);
            let beside = Beside { outside: &[self.tokens(*reading)], limits: &[] };
            left::remains(&inner, &[Tok::Many(None)], beside, work) == Some(false)
        })
    }

    /// What is left of the places that this and `also` match when those of `except` are taken away and one of each list of
    /// limits must match as well. ARNs must agree under both readings.
    pub(super) fn left(&self, also: Option<&Self>, except: &[&Self], limits: &[Vec<&Self>], work: &mut Work) -> Left {
        if except.is_empty() && limits.is_empty() {
            return Left::Something;
        }
        let length: usize = except.iter().chain(limits.iter().flatten()).map(|pattern| pattern.machine.len()).sum();
        let answers = self.readings().iter().map(|reading| {
            if !work.take(length) {
                return None;
            }
            let tokens = |list: &[&Self]| list.iter().map(|pattern| pattern.tokens(*reading)).collect::<Vec<_>>();
            let also = also.map_or_else(|| vec![Tok::Many(None)], |also| also.tokens(*reading));
            let (outside, limits) = (tokens(except), limits.iter().map(|list| tokens(list)).collect::<Vec<_>>());
            left::remains(&self.tokens(*reading), &also, Beside { outside: &outside, limits: &limits }, work)
        });
        let answers: Vec<Option<bool>> = answers.collect();
        match answers.first() {
            Some(Some(left)) if answers.iter().all(|a| a == &Some(*left)) => {
                if *left {
                    Left::Something
                } else {
                    Left::Nothing
                }
            }
            _ => Left::Undecided,
        }
    }

    /// The service of an ARN, as a pattern in lower case; `*` where it is not told. None for other kinds.
    pub fn service(&self) -> Option<String> {
        (self.kind == LocatorKind::Arn).then(|| arn::service(&self.machine))
    }

    /// Everything that a binding in one namespace of a cluster can give.
    pub fn in_namespace(namespace: &str) -> Self {
        Self::raw(LocatorKind::Kubernetes, kubernetes::in_namespace(namespace))
    }

    /// The namespace of a cluster that its places are in, as it is written; none where it does not say.
    pub fn namespace(&self) -> Option<String> {
        let said = (self.kind == LocatorKind::Kubernetes).then(|| kubernetes::namespace(&self.machine))??;
        Some(mark::shown(said))
    }

    fn tokens(&self, reading: Reading) -> Vec<Tok> {
        glob::tokens(&self.machine, reading)
    }

    /// How the wildcards of a kind are read, the widest first.
    fn readings(&self) -> &'static [Reading] {
        match self.kind {
            LocatorKind::Arn => &[Reading::Free, Reading::Segments],
            LocatorKind::Uri | LocatorKind::Mcp | LocatorKind::Name => &[Reading::Free],
            LocatorKind::Kubernetes | LocatorKind::Repository => &[Reading::Parts],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_asterisk_that_means_itself_matches_itself_alone() {
        for (kind, text) in [
            (LocatorKind::Arn, "arn:aws:s3:::b/*"),
            (LocatorKind::Name, "vault/*"),
            (LocatorKind::Uri, "https://example.org/*"),
            (LocatorKind::Repository, "acme/docs/*"),
            (LocatorKind::Mcp, "mcp:a*"),
            (LocatorKind::Kubernetes, "rbac.authorization.k8s.io/clusterroles#a*"),
        ] {
            let (place, pattern) = (Pattern::exactly(Some(kind), text).expect(text), Pattern::parse(Some(kind), text).expect(text));
            let other = Pattern::exactly(Some(kind), &text.replace('*', "b")).expect(text);
            let work = &mut Work::default();
            assert!(pattern.contains(&place, work) && pattern.contains(&other, work), "{text}");
            assert!(!place.overlaps(&other, work) && !place.contains(&pattern, work), "{text}");
        }
    }

    #[test]
    fn a_variable_holds_nothing_but_itself() {
        let of = |text: &str| Pattern::parse(None, text).expect(text);
        let own = of("arn:aws:iam::1:user/${aws:username}");
        let work = &mut Work::default();
        assert!(own.contains(&own.clone(), work));
        assert!(of("arn:aws:iam::1:user/*").contains(&own, work));
        assert!(own.overlaps(&of("arn:aws:iam::1:user/ann"), work));
        for other in ["arn:aws:iam::1:user/ann", "arn:aws:iam::1:user/${aws:userid}", "arn:aws:iam::1:user/*"] {
            assert!(!own.contains(&of(other), work), "{other}");
        }
    }
}
