//! The small types of the house as the API shows them: ids, words, instants and the as-of as text, positions as
//! numbers, each with its schema. Here alone, because `domain` knows no OpenAPI. It must not hold what one noun answers.

use domain::ids::{Id, Named};
use domain::seq::Seq;
use domain::time::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt::Display;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// The form of an id behind its prefix.
const DIGITS: &str = "_[0-7][0-9a-hjkmnp-tv-z]{25}$";
/// Every form of an as-of that may be asked for, which is every form that is shown; an answer names a pair.
pub const AS_OF: &str = concat!(
    "^(now|before the first entry|(entry )?([0-9]{1,16}|[0-9]{1,3}(,[0-9]{3}){1,5})|",
    "((entry )?([0-9]{1,16}|[0-9]{1,3}(,[0-9]{3}){1,5})(@| at ))?[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?( ?(Z|UTC|[+-][0-9]{2}:[0-9]{2}))?)?)?$"
);

/// The form of an id that begins so.
pub fn id_pattern(prefix: &str) -> String {
    format!("^{prefix}{DIGITS}")
}

/// A type of the domain that is shown as a text of some form.
pub trait Described {
    /// What the form is called in the document.
    fn called() -> Cow<'static, str>;
    fn form() -> ObjectBuilder;
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

/// A value as its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown<T>(pub T);

impl<T> From<T> for Shown<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T: Display> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&self.0)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Shown<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        T::deserialize(from).map(Self)
    }
}

impl<T: Described> PartialSchema for Shown<T> {
    fn schema() -> RefOr<Schema> {
        T::form().into()
    }
}

impl<T: Described> ToSchema for Shown<T> {
    fn name() -> Cow<'static, str> {
        T::called()
    }
}

impl<N: Named> Described for Id<N> {
    fn called() -> Cow<'static, str> {
        Cow::Owned(format!("{:?}Id", N::NOUN))
    }

    fn form() -> ObjectBuilder {
        text().pattern(Some(id_pattern(N::NOUN.prefix())))
    }
}

impl Described for Timestamp {
    fn called() -> Cow<'static, str> {
        Cow::Borrowed("Instant")
    }

    fn form() -> ObjectBuilder {
        text().format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
    }
}

impl Described for domain::asof::AsOf {
    fn called() -> Cow<'static, str> {
        Cow::Borrowed("AsOf")
    }

    fn form() -> ObjectBuilder {
        text().pattern(Some(AS_OF)).description(Some("The moment that was answered for: entry@instant"))
    }
}

macro_rules! words {
    ($($name:ident = $word:ty;)+) => {
        $(
            pub type $name = Shown<$word>;

            impl Described for $word {
                fn called() -> Cow<'static, str> {
                    Cow::Borrowed(stringify!($name))
                }

                fn form() -> ObjectBuilder {
                    text().enum_values(Some(<$word>::WORDS.iter().copied()))
                }
            }
        )+
    };
}

words! {
    Autonomy = domain::identity::Autonomy;
    ChangeState = domain::change::State;
    Class = domain::privilege::Class;
    Completeness = domain::source::Completeness;
    Thing = domain::difference::Thing;
    How = domain::difference::How;
    ConsentAs = domain::change::ConsentAs;
    ConsentVerdict = domain::change::ConsentVerdict;
    Criticality = domain::identity::Criticality;
    DataClass = domain::resource::DataClass;
    Direction = domain::change::Direction;
    Effect = domain::rule::Effect;
    Enforced = domain::rule::Enforced;
    Environment = domain::identity::Environment;
    Extent = domain::resource::Extent;
    Format = domain::snapshot::Format;
    Human = domain::identity::Human;
    JobKind = domain::job::JobKind;
    JobWord = domain::job::JobState;
    Kind = domain::identity::Kind;
    LocatorKind = domain::locator::LocatorKind;
    Lifecycle = domain::identity::Lifecycle;
    Plane = domain::identity::Plane;
    Relation = domain::resource::Relation;
    Review = domain::identity::Review;
    StatedBy = domain::identity::StatedBy;
    SurfaceKind = domain::surface::SurfaceKind;
    Vantage = domain::source::Vantage;
    Via = domain::rule::Via;
}

pub type AsOf = Shown<domain::asof::AsOf>;
pub type Instant = Shown<Timestamp>;
pub type IdentityId = Shown<domain::ids::IdentityId>;
pub type PersonId = Shown<domain::ids::PersonId>;
pub type ChangeId = Shown<domain::ids::ChangeId>;
pub type GrantId = Shown<domain::ids::GrantId>;
pub type SurfaceId = Shown<domain::ids::SurfaceId>;
pub type ImportId = Shown<domain::ids::ImportId>;
pub type JobId = Shown<domain::ids::JobId>;
pub type ResourceId = Shown<domain::ids::ResourceId>;

/// A ledger position: a number, exact in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Position(pub Seq);

impl From<Seq> for Position {
    fn from(seq: Seq) -> Self {
        Self(seq)
    }
}

impl PartialSchema for Position {
    fn schema() -> RefOr<Schema> {
        position(Seq::ZERO).into()
    }
}

impl ToSchema for Position {}

/// The form of a position from `least` on.
pub fn position(least: Seq) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .minimum(Some(least.get()))
        .maximum(Some(Seq::LARGEST.get()))
}
