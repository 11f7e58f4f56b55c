//! Reading the values of a file so that one entry of their lists is in memory at a time.

use super::Reading;
use super::bare::{self, Bare};
use super::repeats::At;
use super::wire::{Group, Policy, Role, User, Wrong};
use crate::input::{InputFile, MAX_IN_MEMORY};
use crate::json::{Once, Place, Values};
use crate::{Error, Result, recognise, text, yaml};
use domain::snapshot::Format;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Deserializer, Map, Value};
use std::collections::HashSet;
use std::fmt;
use std::io::BufRead;

/// The lists of a page.
const LISTS: [&str; 4] = ["UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"];
/// How deep the object may stand in the answer of the raw API.
const WRAPPERS: [&str; 2] = ["GetAccountAuthorizationDetailsResponse", "GetAccountAuthorizationDetailsResult"];
/// What a value takes that is no page of an account, and the name of each member of it that is not known.
const BARE: u64 = 700;
const NAME: u64 = 200;
/// Members that say nothing of the account.
const ASIDE: [&str; 3] = ["ResponseMetadata", "$metadata", "Version"];

/// A file: as any text where it is of a size to be held, else as it comes, in UTF-8.
pub(super) fn file(reading: &mut Reading<'_>, file: &InputFile) -> Result<()> {
    if file.size()? <= MAX_IN_MEMORY {
        let text = file.text()?;
        let of_yaml = recognise::of_yaml(&text) == Some(Format::Aws);
        let plain = if of_yaml { yaml::as_json(&file.name, &text, reading.work)? } else { text::plain_json(&text) };
        let all = Values::of(&plain);
        return values(reading, file, Deserializer::from_str(&plain), |_, read| all.end_at(read));
    }
    let mut bytes = file.open()?;
    let head = bytes.fill_buf().map_err(|e| Error::new(&file.name, e.to_string()))?;
    match *head {
        [0xef, 0xbb, 0xbf, ..] => bytes.consume(3),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [_, 0, ..] | [0, ..] => {
            return Err(Error::new(&file.name, "UTF-16 text of more than 64 MB: save it as UTF-8"));
        }
        _ => {}
    }
    values(reading, file, Deserializer::from_reader(bytes), |json, _| json.end().is_ok())
}

/// One value, one a line, or one after another: each is a page of an account or a policy.
/// `ends` says whether nothing comes behind so many values.
fn values<'de, R: serde_json::de::Read<'de>>(
    reading: &mut Reading<'_>,
    file: &InputFile,
    mut json: Deserializer<R>,
    ends: impl Fn(&mut Deserializer<R>, usize) -> bool,
) -> Result<()> {
    let mut described = None;
    let base = || file.name.rsplit('/').next().unwrap_or(&file.name);
    let called = if reading.input.is_folder() { reading.input.shown(&file.name) } else { base() };
    let (work, mut read) = (reading.work, 0);
    loop {
        let before = work.kept();
        let bares = Top { reading }.deserialize(&mut json).map_err(|e| Error::json(&file.name, &e))?;
        for (at, members) in bares {
            reading.at = At { list: "", item: 0, ..at };
            let bare = Bare { file: called, place: Place { file: file.name.clone(), path: reading.at.path() }, members };
            bare::read(reading, &bare, &mut described)?;
        }
        read += 1;
        if ends(&mut json, read) {
            return bare::described_only(&file.name, described.as_ref());
        }
        work.drops(work.kept() - before);
        reading.at.value += 1;
    }
}

/// The members of the values that are no page of an account.
type Bares = Vec<(At, Map<String, Value>)>;

/// The top object: lists are streamed, a bare policy is collected. A list holds such objects.
struct Top<'a, 'b> {
    reading: &'a mut Reading<'b>,
}

impl<'de> DeserializeSeed<'de> for Top<'_, '_> {
    type Value = Bares;
    fn deserialize<D: de::Deserializer<'de>>(self, d: D) -> std::result::Result<Bares, D::Error> {
        d.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Top<'_, '_> {
    type Value = Bares;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object: account authorization details or a policy")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> std::result::Result<Bares, S::Error> {
        let (mut out, mut any) = (Vec::new(), false);
        while let Some(bares) = seq.next_element_seed(Top { reading: self.reading })? {
            out.extend(bares);
            self.reading.at.value += 1;
            any = true;
        }
        if any { Ok(out) } else { Err(de::Error::custom("an empty list: neither account authorization details nor a policy")) }
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> std::result::Result<Bares, M::Error> {
        let reading = self.reading;
        let at = At { list: "", item: 0, ..reading.at };
        let (mut bare, mut strange) = (Map::new(), Vec::new());
        let (mut is_page, mut early, mut wrapped, mut out) = (false, false, false, Vec::new());
        let mut said: HashSet<String> = HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            if said.len() < 1_000 && !said.insert(key.clone()) {
                return Err(de::Error::custom(format!("the member {:?} stands twice in one object", domain::text::capped(&key, 80))));
            }
            let is_list = LISTS.contains(&key.as_str());
            reading.has_account |= is_list;
            reading.has_identities |= key == "UserDetailList" || key == "RoleDetailList";
            is_page |= is_list;
            match key.as_str() {
                list if LISTS.contains(&list) => entries(reading, list, &mut map)?,
                "IsTruncated" | "Marker" | "NextToken" => early |= says_more(&key, &map.next_value_seed(Once::of(reading.work))?)?,
                wrapper if WRAPPERS.contains(&wrapper) => {
                    out.extend(map.next_value_seed(Top { reading })?);
                    wrapped = true;
                }
                name if bare::NAMES.contains(&name) => {
                    bare.insert(key, map.next_value_seed(Once::of(reading.work))?);
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    strange.push(domain::text::capped(&key, 80));
                    strange.truncate(100);
                }
            }
        }
        reading.at = at;
        if is_page {
            page(reading, &strange, early);
        } else if !wrapped {
            reading.work.keeps(BARE + NAME * strange.len() as u64).map_err(de::Error::custom)?;
            bare.extend(strange.into_iter().map(|name| (name, Value::Null)));
            out.push((at, bare));
        }
        Ok(out)
    }
}

/// The entries of a list, each as it comes.
fn entries<'de, M: MapAccess<'de>>(reading: &mut Reading<'_>, list: &str, map: &mut M) -> std::result::Result<(), M::Error> {
    match list {
        "UserDetailList" => map.next_value_seed(each(reading, "UserDetailList", |r, p, v| {
            let read = User::read(p, v, &mut r.strange)?;
            r.user(read)
        })),
        "GroupDetailList" => map.next_value_seed(each(reading, "GroupDetailList", |r, p, v| {
            let read = Group::read(p, v, &mut r.strange)?;
            r.group(read)
        })),
        "RoleDetailList" => map.next_value_seed(each(reading, "RoleDetailList", |r, p, v| {
            let read = Role::read(p, v, &mut r.strange)?;
            r.role(read)
        })),
        _ => map.next_value_seed(each(reading, "Policies", |r, p, v| {
            let read = Policy::read(p, v, &mut r.strange)?;
            r.policy(read)
        })),
    }
}

/// A page of an account is over.
fn page(reading: &mut Reading<'_>, strange: &[String], early: bool) {
    for name in strange.iter().filter(|name| !ASIDE.contains(&name.as_str())) {
        reading.strange.add(name);
    }
    reading.pages.over(reading.at, early);
}

/// Whether a page says that more comes.
fn says_more<E: de::Error>(name: &str, value: &Value) -> std::result::Result<bool, E> {
    match value {
        Value::Null => Ok(false),
        Value::Bool(more) if name == "IsTruncated" => Ok(*more),
        Value::String(text) if name == "IsTruncated" => Ok(text.eq_ignore_ascii_case("true")),
        Value::String(text) => Ok(!text.is_empty()),
        _ => Err(E::custom(format!("{name}: expected {}", if name == "IsTruncated" { "true or false" } else { "a text" }))),
    }
}

/// Hands each element of a list to a function, keeping none; the function may refuse one with a reason.
struct Each<'a, 'b, F> {
    reading: &'a mut Reading<'b>,
    list: &'static str,
    take: F,
}

fn each<'a, 'b, F>(reading: &'a mut Reading<'b>, list: &'static str, take: F) -> Each<'a, 'b, F>
where
    F: FnMut(&mut Reading<'b>, &Place, &Value) -> Wrong<()>,
{
    Each { reading, list, take }
}

impl<'de, 'b, F: FnMut(&mut Reading<'b>, &Place, &Value) -> Wrong<()>> DeserializeSeed<'de> for Each<'_, 'b, F> {
    type Value = ();
    fn deserialize<D: de::Deserializer<'de>>(self, d: D) -> std::result::Result<(), D::Error> {
        d.deserialize_any(self)
    }
}

impl<'de, 'b, F: FnMut(&mut Reading<'b>, &Place, &Value) -> Wrong<()>> Visitor<'de> for Each<'_, 'b, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list in {}", self.list)
    }

    fn visit_unit<E>(self) -> std::result::Result<(), E> {
        Ok(())
    }

    fn visit_seq<S: SeqAccess<'de>>(mut self, mut seq: S) -> std::result::Result<(), S::Error> {
        let mut item = 0;
        while seq.next_element_seed(Entry { item, list: &mut self })?.is_some() {
            item += 1;
        }
        Ok(())
    }
}

/// One element: what refuses it does so within it, so that the error has its line.
struct Entry<'e, 'a, 'b, F> {
    item: u32,
    list: &'e mut Each<'a, 'b, F>,
}

impl<'de, 'b, F: FnMut(&mut Reading<'b>, &Place, &Value) -> Wrong<()>> DeserializeSeed<'de> for Entry<'_, '_, 'b, F> {
    type Value = ();
    fn deserialize<D: de::Deserializer<'de>>(self, d: D) -> std::result::Result<(), D::Error> {
        d.deserialize_any(self)
    }
}

impl<'de, 'b, F: FnMut(&mut Reading<'b>, &Place, &Value) -> Wrong<()>> Visitor<'de> for Entry<'_, '_, 'b, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object in {}", self.list.list)
    }

    fn visit_map<M: MapAccess<'de>>(self, map: M) -> std::result::Result<(), M::Error> {
        let Each { reading, list, take } = self.list;
        let work = reading.work;
        let before = work.kept();
        let value = Once::of(work).deserialize(MapAccessDeserializer::new(map))?;
        reading.at = At { list, item: self.item, ..reading.at };
        let place = Place { file: String::new(), path: reading.at.path() };
        take(reading, &place, &value).map_err(de::Error::custom)?;
        work.drops(work.kept() - before);
        Ok(())
    }
}
