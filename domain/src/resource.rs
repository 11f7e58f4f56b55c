//! Resources: what grants reach, named by a kind of place and a pattern of places. Whose rules can reach one, what a rule
//! does to one (`bearing`), what the other rules of its holder leave of that (`company`), and how two resources stand to each
//! other. Whether two patterns meet is `locator`'s answer; it must not know who holds a rule.

use crate::locator::{BadLocator, LocatorKind, Pattern, Work, only_kind};
use crate::rule::Dialect;

mod bearing;
mod company;

pub use bearing::{Allow, Bearing, Target};
pub use company::{Beside, Company, Rest, bindings, gives, namespace};

crate::words! {
    /// What kind of data stands at a resource. Unknown counts as the worst wherever a rule asks.
    DataClass {
        Public = "public", "public";
        Internal = "internal", "internal";
        Confidential = "confidential", "confidential";
        Personal = "personal", "personal data";
        Secret = "secret", "secrets";
        Unknown = "unknown", "unknown";
    }
}

crate::words! {
    /// How far the answer "this holder reaches the resource" may be taken.
    Extent {
        Known = "known", "known";
        /// No more than this: something the rule or its path says narrows it in a way that is not compared.
        Bounded = "bounded", "at most";
        /// The rule does not say what it reaches: it counts as reaching everything.
        Unknown = "unknown", "unknown";
    }
}

crate::words! {
    /// What one resource is to another whose pattern it meets.
    Relation {
        Holds = "holds", "covers this one";
        Within = "within", "lies within this one";
        Overlaps = "overlaps", "overlaps";
    }
}

/// The longest normal form of a pattern, in bytes: it stands in an index, and PostgreSQL takes at most 2,700 of a row there.
pub const NORMAL_MOST: usize = 2_000;

/// Why a text is no pattern of a resource.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPattern {
    #[error("The location is too long: it takes more than {} bytes.", NORMAL_MOST)]
    TooLong,
    /// The position of the character, counted from 1, and the code point.
    #[error("Character {0} of the location cannot be seen (U+{1:04X}). Remove it.")]
    Invisible(usize, u32),
    #[error("The location holds a password ahead of the host. Remove it.")]
    Password,
    #[error(transparent)]
    Locator(BadLocator),
}

/// Reads what somebody typed as the pattern of a resource of a kind. The text is kept beside its normal form, so it must
/// hold no password, which the normal form of an address leaves out.
pub fn pattern(kind: LocatorKind, text: &str) -> Result<Pattern, BadPattern> {
    if has_password(text) {
        return Err(BadPattern::Password);
    }
    let read = Pattern::parse(Some(kind), text).map_err(|bad| match bad {
        BadLocator::Invisible(code) => match text.chars().position(|c| u32::from(c) == code) {
            Some(at) => BadPattern::Invisible(at + 1, code),
            None => BadPattern::Locator(bad),
        },
        other => BadPattern::Locator(other),
    })?;
    if read.normal().len() > NORMAL_MOST { Err(BadPattern::TooLong) } else { Ok(read) }
}

fn has_password(text: &str) -> bool {
    let authority = text.split_once("://").and_then(|(_, rest)| rest.split(['/', '?', '#']).next());
    authority.and_then(|a| a.rsplit_once('@')).is_some_and(|(who, _)| who.contains(':'))
}

/// Reads a pattern that was stored. One that cannot be read any more counts as every place of its kind; `*` is one of
/// each kind, so that there is always an answer.
pub fn stored(kind: LocatorKind, text: &str) -> Option<Pattern> {
    Pattern::parse(Some(kind), text).or_else(|_| Pattern::parse(Some(kind), "*")).ok()
}

/// The dialects whose rules can reach places of a kind.
pub fn dialects(kind: LocatorKind) -> Vec<Dialect> {
    Dialect::ALL.iter().copied().filter(|dialect| only_kind(*dialect).is_none_or(|only| only == kind)).collect()
}

/// What `other` is to `this`; none where they share no place. Where the work is spent on the way, the answer is none to be
/// shown.
pub fn relation(this: &Pattern, other: &Pattern, work: &mut Work) -> Option<Relation> {
    if !this.overlaps(other, work) {
        return None;
    }
    Some(match (other.contains(this, work), this.contains(other, work)) {
        (true, _) => Relation::Holds,
        (false, true) => Relation::Within,
        (false, false) => Relation::Overlaps,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locator::Reach;
    use crate::rule::{Effect, Rule};

    #[test]
    fn every_kind_is_read_and_normalised_or_refused_with_the_reason() {
        use LocatorKind::{Arn, Kubernetes, Mcp, Name, Repository, Uri};
        for (kind, text, normal) in [
            (Arn, " s3://reports/* ", "arn:aws:s3:::reports/*"),
            (Kubernetes, "apps/deployments@shop", "k8s:apps/deployments@shop"),
            (Uri, "HTTPS://Example.org:443/a", "https://example.org/a"),
            (Uri, "https://ann@example.org/a", "https://example.org/a"),
            (Repository, "https://github.com/Acme/Docs", "github.com/acme/docs"),
            (Mcp, "crm", "mcp:crm"),
            (Name, "vault/*", "vault/*"),
        ] {
            assert_eq!(pattern(kind, text).map(|p| p.normal().to_owned()), Ok(normal.to_owned()), "{text}");
        }
        let long = format!("vault/{}", "é".repeat(1_000));
        for (kind, text, why) in [
            (Arn, "reports", "it must start with arn"),
            (Name, "arn:aws:s3:::b", "of the kind ARN, not name"),
            (Name, "ad\u{200B}min", "Character 3 of the location cannot be seen (U+200B)"),
            (Name, " ", "empty"),
            (Uri, "https://ann:pw@example.org/a", "holds a password"),
            (Repository, "https://ann:pw@github.com/acme/docs", "holds a password"),
            (Name, long.as_str(), "more than 2000 bytes"),
        ] {
            let refused = pattern(kind, text).expect_err(text).to_string();
            assert!(refused.contains(why), "{text}: {refused}");
        }
    }

    #[test]
    fn a_stored_pattern_that_cannot_be_read_any_more_is_everything_of_its_kind() {
        let broken = stored(LocatorKind::Arn, "no arn").expect("an answer");
        assert!(broken.overlaps(&pattern(LocatorKind::Arn, "arn:aws:s3:::b").expect("read"), &mut Work::default()));
        assert!(LocatorKind::ALL.iter().all(|kind| stored(*kind, "\u{1}").is_some()));
    }

    #[test]
    fn dialects_are_asked_where_their_rules_can_reach() {
        for kind in LocatorKind::ALL {
            let asked = dialects(*kind);
            let place = stored(*kind, "*").expect("an answer");
            for dialect in Dialect::ALL {
                let mut rule = Rule::new(*dialect, Effect::Allow);
                rule.resources = vec!["*".to_owned()];
                let work = &mut Work::default();
                assert_eq!(asked.contains(dialect), Reach::of(&rule, work).touches(&place, work), "{kind:?} {dialect:?}");
            }
        }
    }

    #[test]
    fn two_resources_stand_to_each_other_as_their_patterns_do() {
        let of = |text: &str| pattern(LocatorKind::Arn, text).expect(text);
        for (this, other, expected) in [
            ("arn:aws:s3:::b/*", "arn:aws:s3:::*", Some(Relation::Holds)),
            ("arn:aws:s3:::*", "arn:aws:s3:::b/*", Some(Relation::Within)),
            ("arn:aws:s3:::b/*", "arn:aws:s3:::*/k", Some(Relation::Overlaps)),
            ("arn:aws:s3:::b", "arn:aws:s3:::c", None),
        ] {
            assert_eq!(relation(&of(this), &of(other), &mut Work::default()), expected, "{this} {other}");
        }
    }
}
