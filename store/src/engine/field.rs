//! Column types that only a store has: lists of words kept as canonical JSON text.

use domain::facts::{ColumnKind, Field, Value};
use sqlx::error::BoxDynError;
use sqlx::{Database, Decode, Type};

/// A list of texts, kept as a JSON array.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts(pub Vec<String>);

impl From<Texts> for Value {
    fn from(list: Texts) -> Self {
        // A list of texts always has a JSON form.
        Self::Text(serde_json::to_string(&list.0).unwrap_or_default())
    }
}

impl Field for Texts {
    const KIND: ColumnKind = ColumnKind::Text;
}

impl<DB: Database> Type<DB> for Texts
where
    String: Type<DB>,
{
    fn type_info() -> DB::TypeInfo {
        <String as Type<DB>>::type_info()
    }
    fn compatible(ty: &DB::TypeInfo) -> bool {
        <String as Type<DB>>::compatible(ty)
    }
}

impl<'r, DB: Database> Decode<'r, DB> for Texts
where
    &'r str: Decode<'r, DB>,
{
    fn decode(value: DB::ValueRef<'r>) -> Result<Self, BoxDynError> {
        let text = <&'r str as Decode<'r, DB>>::decode(value)?;
        Ok(Self(serde_json::from_str(text)?))
    }
}
