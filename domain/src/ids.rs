//! Identifiers: 16 bytes (UUIDv7) in the database, TypeID text (`idn_` and 26 Crockford characters) outside. Each
//! noun has a type of its own, so that no id stands where another is meant. It must not make ids: the bytes come
//! from the injected generator.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use uuid::Uuid;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A noun that ids name. Its marker type stands in `noun`, its id has an alias of its own.
pub trait Named {
    const NOUN: Noun;
}

macro_rules! nouns {
    ($($noun:ident $alias:ident $prefix:literal;)+) => {
        /// What an id names; the prefix is part of every id shown.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Noun { $($noun),+ }

        impl Noun {
            pub const ALL: &'static [Self] = &[$(Self::$noun),+];

            pub fn prefix(self) -> &'static str {
                match self { $(Self::$noun => $prefix),+ }
            }

            /// The noun that an entry of the ledger calls so: its name in lower case, `role_assignment`.
            pub fn called(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|noun| word.chars().eq(snake(*noun)))
            }
        }

        /// Marker types: they hold nothing and only tell ids apart.
        pub mod noun {
            $(
                #[derive(Clone, Copy, Debug)]
                pub enum $noun {}
                impl super::Named for $noun { const NOUN: super::Noun = super::Noun::$noun; }
            )+
        }

        $(#[doc = concat!("`", $prefix, "_…`")] pub type $alias = Id<noun::$noun>;)+
    };
}

nouns! {
    Identity IdentityId "idn";
    Person PersonId "per";
    Team TeamId "tea";
    Group GroupId "grp";
    GroupMember GroupMemberId "mem";
    Assignment AssignmentId "asg";
    Authenticator AuthenticatorId "aut";
    Token TokenId "tok";
    Setting SettingId "stg";
    Policy PolicyId "pol";
    Source SourceId "src";
    Resource ResourceId "res";
    ExternalKey ExternalKeyId "key";
    PermissionSet PermissionSetId "set";
    Rule RuleId "rul";
    SetRule SetRuleId "str";
    Grant GrantId "grt";
    Surface SurfaceId "sur";
    Tool ToolId "tol";
    Credential CredentialId "crd";
    Import ImportId "imp";
    Observation ObservationId "obs";
    Signal SignalId "sgn";
    LoopVerdict LoopVerdictId "lpv";
    Batch BatchId "bat";
    Blob BlobId "blb";
    Redaction RedactionId "red";
    Anchor AnchorId "anc";
    Retention RetentionId "ret";
    Change ChangeId "chg";
    Candidate CandidateId "cnd";
    Decision DecisionId "dec";
    Consent ConsentId "cns";
    ChangeSubject ChangeSubjectId "chs";
    ReviewEvent ReviewEventId "rve";
    Suspension SuspensionId "sus";
    Application ApplicationId "apl";
    Evaluation EvaluationId "evl";
    Job JobId "job";
    Draft DraftId "dft";
    Secret SecretId "sec";
    Installation InstallationId "ins";
    Other OtherId "row";
}

/// The letters of a noun's name, lower case, with a bar before each word but the first.
fn snake(noun: Noun) -> impl Iterator<Item = char> {
    let name: Vec<char> = format!("{noun:?}").chars().collect();
    name.into_iter().enumerate().flat_map(|(i, c)| {
        let bar = (i > 0 && c.is_ascii_uppercase()).then_some('_');
        bar.into_iter().chain([c.to_ascii_lowercase()])
    })
}

/// An id of one noun.
pub struct Id<N> {
    uuid: Uuid,
    noun: PhantomData<fn() -> N>,
}

impl<N> Id<N> {
    pub const fn new(uuid: Uuid) -> Self {
        Self { uuid, noun: PhantomData }
    }

    /// The bytes without their noun: for columns that hold ids of several nouns.
    pub fn uuid(self) -> Uuid {
        self.uuid
    }

    /// Before every id.
    pub const fn nil() -> Self {
        Self::new(Uuid::nil())
    }

    /// Behind every id.
    pub const fn max() -> Self {
        Self::new(Uuid::max())
    }
}

impl<N: Named> Id<N> {
    /// Reads TypeID text back. Anything else is refused, a plain UUID too: it does not say what it names.
    pub fn parse(text: &str) -> Result<Self, BadId> {
        let bad = || BadId { expected: N::NOUN.prefix() };
        let digits = text.strip_prefix(N::NOUN.prefix()).and_then(|t| t.strip_prefix('_')).ok_or_else(bad)?;
        number(digits).map(|n| Self::new(Uuid::from_u128(n))).ok_or_else(bad)
    }

    /// A short form for places where the whole id would only be noise.
    pub fn short(self) -> String {
        let full = self.to_string();
        format!("{}_…{}", N::NOUN.prefix(), &full[full.len() - 6..])
    }
}

impl<N> Clone for Id<N> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<N> Copy for Id<N> {}
impl<N> PartialEq for Id<N> {
    fn eq(&self, other: &Self) -> bool {
        self.uuid == other.uuid
    }
}
impl<N> Eq for Id<N> {}
impl<N> PartialOrd for Id<N> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<N> Ord for Id<N> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.uuid.cmp(&other.uuid)
    }
}
impl<N> Hash for Id<N> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.uuid.hash(state);
    }
}
impl<N: Named> fmt::Display for Id<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&show(N::NOUN, self.uuid))
    }
}
impl<N: Named> fmt::Debug for Id<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl<N: Named> Serialize for Id<N> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}
impl<'de, N: Named> Deserialize<'de> for Id<N> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

crate::column!(value Id<N>, Uuid, |i: &Self| i.uuid, Self::new);

/// Shows the bytes of an id with the prefix of a noun, for example `idn_01h455vb4pex5vsknk084sn02q`.
pub fn show(noun: Noun, id: Uuid) -> String {
    let mut value = u128::from_be_bytes(*id.as_bytes());
    let mut out = [b'0'; 26];
    for slot in out.iter_mut().rev() {
        *slot = ALPHABET[(value & 31) as usize];
        value >>= 5;
    }
    format!("{}_{}", noun.prefix(), String::from_utf8_lossy(&out))
}

/// The number behind the 26 characters; none where they are no id.
fn number(digits: &str) -> Option<u128> {
    if digits.len() != 26 || digits.as_bytes()[0] > b'7' {
        return None;
    }
    digits.bytes().try_fold(0u128, |value, byte| {
        let digit = ALPHABET.iter().position(|c| *c == byte)?;
        Some((value << 5) | digit as u128)
    })
}

/// Why a text is not an id of the wanted noun.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id of the form {expected}_ followed by 26 characters")]
pub struct BadId {
    pub expected: &'static str,
}

/// Reads TypeID text of any noun; gives the noun too.
pub fn parse_any(text: &str) -> Option<(Noun, Uuid)> {
    let (prefix, digits) = text.trim().split_once('_')?;
    let noun = Noun::ALL.iter().copied().find(|n| n.prefix() == prefix)?;
    number(digits).map(|n| (noun, Uuid::from_u128(n)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_known_pair_of_the_typeid_specification() {
        let id = Uuid::parse_str("01890a5d-ac96-774b-bcce-b302099a8057").expect("literal");
        assert_eq!(IdentityId::new(id).to_string(), "idn_01h455vb4pex5vsknk084sn02q");
    }

    #[test]
    fn another_nouns_id_a_bare_uuid_and_overflow_are_refused() {
        let id = GrantId::nil().to_string();
        assert!(IdentityId::parse(&id).is_err());
        assert!(IdentityId::parse(&Uuid::nil().to_string()).is_err());
        assert!(IdentityId::parse("idn_8zzzzzzzzzzzzzzzzzzzzzzzzz").is_err());
        assert!(IdentityId::parse("idn_").is_err());
    }

    #[test]
    fn no_two_nouns_share_a_prefix() {
        let prefixes: std::collections::HashSet<&str> = Noun::ALL.iter().map(|n| n.prefix()).collect();
        assert_eq!(prefixes.len(), Noun::ALL.len());
    }

    proptest! {
        #[test]
        fn text_round_trips(bytes: [u8; 16]) {
            let id = IdentityId::new(Uuid::from_bytes(bytes));
            prop_assert_eq!(IdentityId::parse(&id.to_string()), Ok(id));
            prop_assert_eq!(parse_any(&id.to_string()), Some((Noun::Identity, id.uuid())));
        }

        #[test]
        fn no_text_panics(text in ".{0,40}") {
            let _ = IdentityId::parse(&text);
            let _ = parse_any(&text);
        }
    }
}
