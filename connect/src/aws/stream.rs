//! Reading the top object so that one element of its lists is in memory at a time.

use super::document::Document;
use super::wire::Version;
use super::{Bare, Reading};
use serde::Deserialize;
use serde::de::{self, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// The top object: lists are streamed, a bare policy is collected.
pub(super) struct Top<'a> {
    pub(super) reading: &'a mut Reading,
}

impl<'de> DeserializeSeed<'de> for Top<'_> {
    type Value = Option<Bare>;
    fn deserialize<D: de::Deserializer<'de>>(self, d: D) -> std::result::Result<Self::Value, D::Error> {
        d.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Top<'_> {
    type Value = Option<Bare>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object: account authorization details or a policy")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> std::result::Result<Self::Value, M::Error> {
        let mut bare = Bare::default();
        let mut lists = false;
        while let Some(key) = map.next_key::<String>()? {
            let reading = &mut *self.reading;
            match key.as_str() {
                "UserDetailList" => {
                    reading.lists.insert("UserDetailList");
                    map.next_value_seed(each(|u| {
                        reading.user(u);
                        Ok(())
                    }))?;
                }
                "GroupDetailList" => {
                    reading.lists.insert("GroupDetailList");
                    map.next_value_seed(each(|g| {
                        reading.group(g);
                        Ok(())
                    }))?;
                }
                "RoleDetailList" => {
                    reading.lists.insert("RoleDetailList");
                    map.next_value_seed(each(|r| reading.role(r)))?;
                }
                "Policies" => {
                    reading.lists.insert("Policies");
                    map.next_value_seed(each(|p| {
                        reading.policy(p);
                        Ok(())
                    }))?;
                }
                "IsTruncated" => {
                    if map.next_value::<bool>()? {
                        return Err(de::Error::custom("IsTruncated is true: only one page of the account; fetch all of it"));
                    }
                }
                "Marker" | "NextToken" => {
                    if map.next_value::<Option<String>>()?.is_some_and(|m| !m.is_empty()) {
                        return Err(de::Error::custom("a marker stands in it: only one page of the account; fetch all of it"));
                    }
                }
                "PolicyVersion" => {
                    let version: Version = map.next_value()?;
                    bare.version = Some(version.version_id);
                    bare.document = version.document;
                }
                "Statement" => bare.document = Some(Document::of(map.next_value()?)),
                "document" | "Document" => bare.document = map.next_value()?,
                "name" | "PolicyName" => bare.name = map.next_value()?,
                "arn" | "Arn" => bare.arn = map.next_value()?,
                "version" | "VersionId" => bare.version = map.next_value()?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
            lists |= key.ends_with("DetailList") || key == "Policies";
        }
        Ok((!lists).then_some(bare))
    }
}

/// Hands each element of a list to a function, keeping none; the function may refuse one with a reason.
struct Each<T, F>(F, std::marker::PhantomData<T>);

fn each<T, F: FnMut(T) -> std::result::Result<(), String>>(f: F) -> Each<T, F> {
    Each(f, std::marker::PhantomData)
}

impl<'de, T: Deserialize<'de>, F: FnMut(T) -> std::result::Result<(), String>> DeserializeSeed<'de> for Each<T, F> {
    type Value = ();
    fn deserialize<D: de::Deserializer<'de>>(self, d: D) -> std::result::Result<(), D::Error> {
        d.deserialize_seq(self)
    }
}

impl<'de, T: Deserialize<'de>, F: FnMut(T) -> std::result::Result<(), String>> Visitor<'de> for Each<T, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<S: SeqAccess<'de>>(mut self, mut seq: S) -> std::result::Result<(), S::Error> {
        while let Some(item) = seq.next_element()? {
            (self.0)(item).map_err(<S::Error as de::Error>::custom)?;
        }
        Ok(())
    }
}
