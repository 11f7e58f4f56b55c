//! Words: enums whose values are the words of schema, API, URLs and screens alike, and, for a store, how they
//! and the other small types stand in a column. It must not know a table or a statement.

/// Declares an enum of words. Each value has its word and what the screens say.
#[macro_export]
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal, $label:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $word)] $variant),+ }
        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// The words, for the constraint of a column.
            pub const WORDS: &'static [&'static str] = &[$($word),+];
            /// The word of schema, API and URLs.
            pub const fn as_str(self) -> &'static str { match self { $(Self::$variant => $word),+ } }
            /// What the screens say.
            pub fn label(self) -> &'static str { match self { $(Self::$variant => $label),+ } }
            pub fn parse(text: &str) -> Option<Self> { match text { $($word => Some(Self::$variant),)+ _ => None } }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.as_str()) }
        }
        impl From<$name> for $crate::facts::Value {
            fn from(word: $name) -> Self { Self::Text(word.as_str().to_owned()) }
        }
        impl $crate::facts::Field for $name {
            const KIND: $crate::facts::ColumnKind = $crate::facts::ColumnKind::Text;
            const WORDS: Option<&'static [&'static str]> = Some(<$name>::WORDS);
        }
        impl $crate::query::Choice for $name {
            const WORDS: &'static [&'static str] = <$name>::WORDS;
            fn read(text: &str) -> Option<Self> { Self::parse(text) }
        }
        $crate::column!(word $name);
    };
}

/// How a type stands in a column, on either engine: as the value it wraps, or as its word.
#[cfg(feature = "sqlx")]
#[macro_export]
#[doc(hidden)]
macro_rules! column {
    (word $name:ident) => {
        impl<DB: sqlx::Database> sqlx::Type<DB> for $name
        where
            String: sqlx::Type<DB>,
        {
            fn type_info() -> DB::TypeInfo {
                <String as sqlx::Type<DB>>::type_info()
            }
            fn compatible(ty: &DB::TypeInfo) -> bool {
                <String as sqlx::Type<DB>>::compatible(ty)
            }
        }
        impl<'q, DB: sqlx::Database> sqlx::Encode<'q, DB> for $name
        where
            &'q str: sqlx::Encode<'q, DB>,
        {
            fn encode_by_ref(&self, buffer: &mut DB::ArgumentBuffer) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
                <&'q str as sqlx::Encode<'q, DB>>::encode(self.as_str(), buffer)
            }
        }
        impl<'r, DB: sqlx::Database> sqlx::Decode<'r, DB> for $name
        where
            &'r str: sqlx::Decode<'r, DB>,
        {
            fn decode(value: DB::ValueRef<'r>) -> Result<Self, sqlx::error::BoxDynError> {
                let text = <&'r str as sqlx::Decode<'r, DB>>::decode(value)?;
                Self::parse(text).ok_or_else(|| format!("{text:?} is no {}", stringify!($name)).into())
            }
        }
    };
    (value $name:ident $(<$g:ident>)?, $inner:ty, $get:expr, $make:expr) => {
        impl<$($g,)? DB: sqlx::Database> sqlx::Type<DB> for $name$(<$g>)?
        where
            $inner: sqlx::Type<DB>,
        {
            fn type_info() -> DB::TypeInfo {
                <$inner as sqlx::Type<DB>>::type_info()
            }
            fn compatible(ty: &DB::TypeInfo) -> bool {
                <$inner as sqlx::Type<DB>>::compatible(ty)
            }
        }
        impl<'q, $($g,)? DB: sqlx::Database> sqlx::Encode<'q, DB> for $name$(<$g>)?
        where
            $inner: sqlx::Encode<'q, DB>,
        {
            fn encode_by_ref(&self, buffer: &mut DB::ArgumentBuffer) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
                <$inner as sqlx::Encode<'q, DB>>::encode($get(self), buffer)
            }
        }
        impl<'r, $($g,)? DB: sqlx::Database> sqlx::Decode<'r, DB> for $name$(<$g>)?
        where
            $inner: sqlx::Decode<'r, DB>,
        {
            fn decode(value: DB::ValueRef<'r>) -> Result<Self, sqlx::error::BoxDynError> {
                <$inner as sqlx::Decode<'r, DB>>::decode(value).map($make)
            }
        }
    };
}

/// Without a store there are no columns.
#[cfg(not(feature = "sqlx"))]
#[macro_export]
#[doc(hidden)]
macro_rules! column {
    ($($any:tt)*) => {};
}
