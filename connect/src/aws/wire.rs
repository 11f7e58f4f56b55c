//! The entries of `get-account-authorization-details`, each from its JSON: what is read, what is known and not needed, and
//! what nobody knows, which is counted. Null and empty are nothing. It must not say who holds what.

use super::document::{self, Statement, Strange};
use crate::json::{self, Place};
use serde_json::{Map, Value};
use std::hash::{DefaultHasher, Hash, Hasher};

/// What is wrong with an entry, and where in it.
pub(super) type Wrong<T> = Result<T, String>;

/// An attached policy, or a boundary.
#[derive(Hash)]
pub(super) struct Attached {
    pub(super) arn: String,
    pub(super) name: String,
}

pub(super) struct Inline {
    pub(super) name: String,
    pub(super) statements: Vec<Statement>,
}

#[derive(Hash, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Tag {
    pub(super) key: String,
    pub(super) value: String,
}

/// What users and roles have in common.
pub(super) struct Principal {
    pub(super) path: String,
    pub(super) name: String,
    pub(super) id: String,
    pub(super) arn: String,
    pub(super) inline: Vec<Inline>,
    pub(super) attached: Vec<Attached>,
    pub(super) boundary: Option<Attached>,
    pub(super) tags: Vec<Tag>,
}

pub(super) struct User {
    pub(super) of: Principal,
    pub(super) groups: Vec<String>,
}

pub(super) struct Role {
    pub(super) of: Principal,
    pub(super) trust: Option<Vec<Statement>>,
}

pub(super) struct Group {
    pub(super) name: String,
    pub(super) id: String,
    pub(super) arn: Option<String>,
    pub(super) inline: Vec<Inline>,
    pub(super) attached: Vec<Attached>,
}

pub(super) struct Policy {
    pub(super) name: String,
    pub(super) arn: String,
    pub(super) version: Option<String>,
    pub(super) statements: Option<Vec<Statement>>,
}

const USER: [&str; 11] = [
    "Path",
    "UserName",
    "UserId",
    "Arn",
    "CreateDate",
    "PasswordLastUsed",
    "GroupList",
    "UserPolicyList",
    "AttachedManagedPolicies",
    "PermissionsBoundary",
    "Tags",
];
const ROLE: [&str; 14] = [
    "Path",
    "RoleName",
    "RoleId",
    "Arn",
    "CreateDate",
    "AssumeRolePolicyDocument",
    "InstanceProfileList",
    "RolePolicyList",
    "AttachedManagedPolicies",
    "PermissionsBoundary",
    "Tags",
    "RoleLastUsed",
    "Description",
    "MaxSessionDuration",
];
const GROUP: [&str; 7] = ["Path", "GroupName", "GroupId", "Arn", "CreateDate", "GroupPolicyList", "AttachedManagedPolicies"];
const POLICY: [&str; 13] = [
    "PolicyName",
    "PolicyId",
    "Arn",
    "Path",
    "DefaultVersionId",
    "AttachmentCount",
    "PermissionsBoundaryUsageCount",
    "IsAttachable",
    "Description",
    "CreateDate",
    "UpdateDate",
    "PolicyVersionList",
    "Tags",
];
const VERSION: [&str; 4] = ["Document", "VersionId", "IsDefaultVersion", "CreateDate"];

/// One entry being read.
struct Entry<'a> {
    place: &'a Place,
    members: &'a Map<String, Value>,
    strange: &'a mut Strange,
}

impl<'a> Entry<'a> {
    fn of(place: &'a Place, value: &'a Value, known: &[&str], strange: &'a mut Strange) -> Wrong<Self> {
        let members = json::object(place, "an object", value).map_err(said)?;
        for name in document::unknown(members, known) {
            strange.member(place, &name);
        }
        Ok(Self { place, members, strange })
    }

    fn text(&self, name: &str) -> Wrong<Option<String>> {
        Ok(json::text(self.place, self.members, &[name]).map_err(said)?.map(str::to_owned))
    }

    fn needed(&self, name: &str) -> Wrong<String> {
        self.text(name)?.ok_or_else(|| format!("{}: no {name}", self.place.path))
    }

    fn list(&self, name: &str) -> Wrong<(Place, &'a [Value])> {
        Ok((self.place.member(name), json::list(self.place, self.members, &[name]).map_err(said)?))
    }

    fn texts(&self, name: &str) -> Wrong<Vec<String>> {
        let (place, items) = self.list(name)?;
        let mut out = Vec::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            match item.as_str().map(str::trim) {
                Some("") => {}
                Some(text) => out.push(text.to_owned()),
                None => return Err(said(json::wrong(&place.item(at), "a text", item))),
            }
        }
        out.sort_unstable();
        out.dedup();
        Ok(out)
    }

    /// The inline policies of a list; `whose` is said in what is refused.
    fn inline(&mut self, name: &str, whose: &str) -> Wrong<Vec<Inline>> {
        let (place, items) = self.list(name)?;
        let mut out = Vec::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            let place = place.item(at);
            let entry = Entry::of(&place, item, &["PolicyName", "PolicyDocument"], &mut *self.strange)?;
            let policy = entry.needed("PolicyName")?;
            let document = json::present(entry.members, &["PolicyDocument"]).ok_or_else(|| format!("{}: no PolicyDocument", place.path))?;
            let statements = document::permissions(document, entry.strange).map_err(|why| format!("{whose}, policy {policy}, {why}"))?;
            out.push(Inline { name: policy, statements });
        }
        Ok(out)
    }

    fn attached(&mut self) -> Wrong<Vec<Attached>> {
        let (place, items) = self.list("AttachedManagedPolicies")?;
        let mut out: Vec<Attached> = Vec::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            out.extend(one_attached(&place.item(at), item, self.strange)?);
        }
        out.sort_by(|a, b| a.arn.cmp(&b.arn));
        out.dedup_by(|a, b| a.arn == b.arn);
        Ok(out)
    }

    fn boundary(&mut self) -> Wrong<Option<Attached>> {
        match json::present(self.members, &["PermissionsBoundary"]) {
            Some(value) => one_attached(&self.place.member("PermissionsBoundary"), value, self.strange),
            None => Ok(None),
        }
    }

    fn tags(&mut self) -> Wrong<Vec<Tag>> {
        let (place, items) = self.list("Tags")?;
        let mut out = Vec::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            let place = place.item(at);
            let tag = Entry::of(&place, item, &["Key", "Value"], self.strange)?;
            out.push(Tag { key: tag.needed("Key")?, value: tag.text("Value")?.unwrap_or_default() });
        }
        out.sort_unstable();
        Ok(out)
    }

    fn principal(&mut self, word: &str, inline: &str) -> Wrong<Principal> {
        let name = self.needed(&format!("{word}Name"))?;
        let whose = format!("{} {name}", word.to_lowercase());
        Ok(Principal {
            path: self.text("Path")?.unwrap_or_default(),
            id: self.needed(&format!("{word}Id"))?,
            arn: self.needed("Arn")?,
            inline: self.inline(inline, &whose)?,
            attached: self.attached()?,
            boundary: self.boundary()?,
            tags: self.tags()?,
            name,
        })
    }
}

/// A policy by its ARN; an object whose members say nothing is none.
fn one_attached(place: &Place, value: &Value, strange: &mut Strange) -> Wrong<Option<Attached>> {
    const KNOWN: [&str; 4] = ["PolicyArn", "PolicyName", "PermissionsBoundaryArn", "PermissionsBoundaryType"];
    let entry = Entry::of(place, value, &KNOWN, strange)?;
    let arn = json::text(place, entry.members, &["PermissionsBoundaryArn", "PolicyArn"]).map_err(said)?;
    let name = entry.text("PolicyName")?;
    match arn {
        Some(arn) => Ok(Some(Attached { name: name.unwrap_or_else(|| super::last(arn)), arn: arn.to_owned() })),
        None if json::present(entry.members, &KNOWN).is_none() => Ok(None),
        None => Err(format!("{}: no ARN of the policy", place.path)),
    }
}

/// An error as a text; the file and the line are said by whoever reads the file.
pub(super) fn said(error: crate::Error) -> String {
    match error.place {
        Some(place) => format!("{place}: {}", error.reason),
        None => error.reason,
    }
}

impl User {
    pub(super) fn read(place: &Place, value: &Value, strange: &mut Strange) -> Wrong<Self> {
        let mut entry = Entry::of(place, value, &USER, strange)?;
        Ok(Self { of: entry.principal("User", "UserPolicyList")?, groups: entry.texts("GroupList")? })
    }
}

impl Role {
    pub(super) fn read(place: &Place, value: &Value, strange: &mut Strange) -> Wrong<Self> {
        let mut entry = Entry::of(place, value, &ROLE, strange)?;
        let of = entry.principal("Role", "RolePolicyList")?;
        let trust = json::present(entry.members, &["AssumeRolePolicyDocument"])
            .map(|document| document::trust(document, &of.arn, entry.strange).map_err(|why| format!("role {}, {why}", of.name)))
            .transpose()?;
        Ok(Self { of, trust })
    }
}

impl Group {
    pub(super) fn read(place: &Place, value: &Value, strange: &mut Strange) -> Wrong<Self> {
        let mut entry = Entry::of(place, value, &GROUP, strange)?;
        let name = entry.needed("GroupName")?;
        Ok(Self {
            id: entry.needed("GroupId")?,
            arn: entry.text("Arn")?,
            inline: entry.inline("GroupPolicyList", &format!("group {name}"))?,
            attached: entry.attached()?,
            name,
        })
    }
}

impl Policy {
    pub(super) fn read(place: &Place, value: &Value, strange: &mut Strange) -> Wrong<Self> {
        let entry = Entry::of(place, value, &POLICY, strange)?;
        let (name, arn, wanted) = (entry.needed("PolicyName")?, entry.needed("Arn")?, entry.text("DefaultVersionId")?);
        let (place, versions) = entry.list("PolicyVersionList")?;
        let mut found: Option<Version> = None;
        for (at, item) in versions.iter().enumerate() {
            let version = Version::read(&place.item(at), item, entry.strange).map_err(|why| format!("policy {name}, {why}"))?;
            // What is marked as the default comes before what another member calls so.
            let better = version.is_default || (found.is_none() && version.id.is_some() && version.id == wanted);
            if better && found.as_ref().is_none_or(|f| !f.is_default) {
                found = Some(version);
            }
        }
        let (version, statements) = found.map_or((wanted, None), |f| (f.id, f.statements));
        Ok(Self { name, arn, version, statements })
    }
}

/// A version of a policy.
pub(super) struct Version {
    pub(super) id: Option<String>,
    is_default: bool,
    pub(super) statements: Option<Vec<Statement>>,
}

impl Version {
    pub(super) fn read(place: &Place, value: &Value, strange: &mut Strange) -> Wrong<Self> {
        let entry = Entry::of(place, value, &VERSION, strange)?;
        let id = entry.text("VersionId")?;
        let is_default = match json::present(entry.members, &["IsDefaultVersion"]) {
            Some(Value::Bool(is)) => *is,
            Some(other) => return Err(said(json::wrong(&place.member("IsDefaultVersion"), "true or false", other))),
            None => false,
        };
        let read = |document| document::permissions(document, entry.strange);
        let named = |why: String| format!("version {}, {why}", id.as_deref().unwrap_or("without a VersionId"));
        let statements = json::present(entry.members, &["Document"]).map(read).transpose().map_err(named)?;
        Ok(Self { id, is_default, statements })
    }
}

/// What an entry says, as a number that two entries share where they say the same in whatever order.
pub(super) trait Print {
    fn print(&self) -> u64;
}

pub(super) fn hashed(what: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}

fn unordered<T>(items: &[T], of: impl Fn(&T) -> u64) -> u64 {
    items.iter().map(of).fold(items.len() as u64, u64::wrapping_add)
}

fn of_statements(statements: &[Statement]) -> u64 {
    // A statement said twice is one.
    let mut prints: Vec<u64> = statements.iter().map(|s| hashed(&s.rule)).collect();
    prints.sort_unstable();
    prints.dedup();
    hashed(prints)
}

fn of_inline(inline: &[Inline]) -> u64 {
    unordered(inline, |policy| hashed((&policy.name, of_statements(&policy.statements))))
}

impl Print for Principal {
    fn print(&self) -> u64 {
        let boundary = self.boundary.as_ref().map(|b| &b.arn);
        hashed((&self.path, &self.name, &self.id, &self.arn, of_inline(&self.inline), &self.attached, boundary, &self.tags))
    }
}

impl Print for User {
    fn print(&self) -> u64 {
        hashed((self.of.print(), &self.groups))
    }
}

impl Print for Role {
    fn print(&self) -> u64 {
        hashed((self.of.print(), self.trust.as_ref().map(|t| of_statements(t))))
    }
}

impl Print for Group {
    fn print(&self) -> u64 {
        hashed((&self.name, &self.id, of_inline(&self.inline), &self.attached))
    }
}

impl Print for Policy {
    fn print(&self) -> u64 {
        hashed((&self.name, &self.version, self.statements.as_ref().map(|s| of_statements(s))))
    }
}
