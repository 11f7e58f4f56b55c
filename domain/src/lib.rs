//! The pure rules of Countersign: types, judgements and proofs, as functions from values to values.
//! It does no I/O, reads no clock, makes no ids and knows no SQL, HTTP or screen.

/// Declares an enum whose values are words of the schema, the API and the screens alike.
#[macro_export]
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal, $label:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $word)] $variant),+ }
        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// The word of schema, API and URLs.
            pub fn as_str(self) -> &'static str { match self { $(Self::$variant => $word),+ } }
            /// What the screens say.
            pub fn label(self) -> &'static str { match self { $(Self::$variant => $label),+ } }
            pub fn parse(text: &str) -> Option<Self> { match text { $($word => Some(Self::$variant),)+ _ => None } }
        }
    };
}

pub mod access;
pub mod asof;
pub mod blob;
pub mod facts;
pub mod identity;
pub mod ids;
pub mod json;
pub mod ledger;
pub mod merkle;
pub mod note;
pub mod permission;
pub mod ports;
pub mod privilege;
pub mod redaction;
pub mod rule;
pub mod snapshot;
pub mod source;
pub mod surface;
pub mod text;
pub mod time;
pub mod token;
