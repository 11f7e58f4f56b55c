//! Values that are no page of an account: one policy, as it is written or as a command of AWS gives it. Answers that hold no
//! policy are refused with what would.

use super::document;
use super::repeats::At;
use super::wire::{Policy, Version, Wrong, hashed, said};
use super::{Reading, Statement};
use crate::json::{self, Place};
use crate::{Error, Result};
use domain::snapshot::SeenSet;
use serde_json::{Map, Value};

/// Members that are kept; of others the name alone.
pub(super) const NAMES: [&str; 34] = [
    "Id",
    "Version",
    "Statement",
    "PolicyVersion",
    "PolicyDocument",
    "Policy",
    "Document",
    "document",
    "VersionId",
    "version",
    "IsDefaultVersion",
    "CreateDate",
    "PolicyName",
    "name",
    "PolicyArn",
    "Arn",
    "arn",
    "RoleName",
    "UserName",
    "GroupName",
    "createdate",
    "updatedate",
    "ResponseMetadata",
    "Role",
    "User",
    "Group",
    "Roles",
    "Users",
    "Groups",
    "Versions",
    "PolicyNames",
    "AttachedPolicies",
    "PolicyRoles",
    "AccessKeyMetadata",
];
/// Where a policy stands in an answer.
const DOCUMENTS: [&str; 3] = ["PolicyDocument", "Document", "document"];
/// What holds no policy: the member, and the command that gives it.
const NO_POLICY: [(&str, &str); 11] = [
    ("Role", "get-role"),
    ("User", "get-user"),
    ("Group", "get-group"),
    ("Roles", "list-roles"),
    ("Users", "list-users"),
    ("Groups", "list-groups"),
    ("Versions", "list-policy-versions"),
    ("PolicyNames", "list-role-policies, list-user-policies and list-group-policies"),
    ("AttachedPolicies", "list-attached-role-policies and its like"),
    ("PolicyRoles", "list-entities-for-policy"),
    ("AccessKeyMetadata", "list-access-keys"),
];
/// What only an entry of an account's lists has, and the list.
const OF_ENTRIES: [(&str, &str); 4] = [
    ("RolePolicyList", "RoleDetailList"),
    ("UserPolicyList", "UserDetailList"),
    ("GroupPolicyList", "GroupDetailList"),
    ("PolicyVersionList", "Policies"),
];
/// Members of an answer that are read or need not be.
const KNOWN: [&str; 20] = [
    "PolicyVersion",
    "PolicyDocument",
    "Policy",
    "Document",
    "document",
    "VersionId",
    "version",
    "IsDefaultVersion",
    "CreateDate",
    "PolicyName",
    "name",
    "PolicyArn",
    "Arn",
    "arn",
    "RoleName",
    "UserName",
    "GroupName",
    "createdate",
    "updatedate",
    "ResponseMetadata",
];

/// A value that is no page of an account.
pub(super) struct Bare<'a> {
    /// What a policy is called after that says no name: the file, with its way in the folder, where many have the same name.
    pub(super) file: &'a str,
    pub(super) place: Place,
    pub(super) members: Map<String, Value>,
}

/// What `get-policy` says of a policy: its name and its ARN, and nothing of what it allows. The version may follow.
pub(super) struct Described {
    name: String,
    at: At,
}

/// A policy that was found: what it is called, its version, and what it says.
struct Found {
    set: SeenSet,
    statements: Vec<Statement>,
}

pub(super) fn read(reading: &mut Reading<'_>, bare: &Bare<'_>, described: &mut Option<Described>) -> Result<()> {
    if let Some(what) = of_others(&bare.members) {
        return reading.aside(&bare.place, others(what));
    }
    let found = found(reading, bare, described).map_err(|why| bare.place.error(why))?;
    let Some(Found { set: seen, statements }) = found else { return Ok(()) };
    let mut prints: Vec<u64> = statements.iter().map(|s| hashed(&s.rule)).collect();
    prints.sort_unstable();
    let (print, key, name) = (hashed((&seen.version, prints)), seen.key.clone(), seen.name.clone());
    let new =
        reading.repeats.is_new(reading.input, ("bare policy", 0, &format!("{} {key}", seen.kind)), ("policy", &name), print, reading.at);
    if !new.map_err(|why| bare.place.error(why))? {
        return Ok(());
    }
    let set = reading.set(super::accounts::SHARED, seen);
    reading.statements(set, statements).map_err(|why| bare.place.error(format!("policy {name}, {why}")))
}

/// Refuses a file that describes a policy and does not hold it.
pub(super) fn described_only(file: &str, described: Option<&Described>) -> Result<()> {
    let Some(Described { name, at }) = described else { return Ok(()) };
    let path = Some(at.path()).filter(|p| !p.is_empty()).unwrap_or_else(|| "Policy".to_owned());
    let reason = format!(
        "the answer of get-policy says nothing of what the policy {name} allows: put the answer of get-policy-version behind it in the file"
    );
    Err(Error::at(file, path, reason))
}

fn found(reading: &mut Reading<'_>, bare: &Bare<'_>, described: &mut Option<Described>) -> Wrong<Option<Found>> {
    let members = &bare.members;
    let has = |name: &str| json::present(members, &[name]);
    if let Some(policy) = has("Policy") {
        return of_policy(reading, bare, policy, described);
    }
    if let Some(version) = has("PolicyVersion") {
        strange(reading, bare);
        let place = bare.place.member("PolicyVersion");
        let version = Version::read(&place, version, &mut reading.strange)?;
        let statements = version.statements.ok_or_else(|| format!("{}: no Document", place.path))?;
        let name = described.take().map(|d| d.name);
        return with_statements(called(bare, name, version.id)?, statements).map(Some);
    }
    // A document by itself, also where its one word is misspelt: then that is said.
    let itself = members.keys().any(|name| crate::csv::is_near(&name.to_lowercase(), "statement"));
    let document = if itself { Some(Value::Object(members.clone())) } else { json::present(members, &DOCUMENTS).cloned() };
    let Some(document) = document else { return Err(nothing(members)) };
    if !itself {
        strange(reading, bare);
    }
    let statements = document::permissions(&document, &mut reading.strange)?;
    let version = json::text(&bare.place, members, &["VersionId", "version"]).map_err(said)?.map(str::to_owned);
    with_statements(called(bare, None, version)?, statements).map(Some)
}

fn with_statements(set: SeenSet, statements: Vec<Statement>) -> Wrong<Found> {
    if statements.is_empty() { Err("a policy without a statement".to_owned()) } else { Ok(Found { set, statements }) }
}

/// What a policy is of that is none of an identity: the text of a resource's own, one of the organisation, one that names who it
/// is for.
fn of_others(members: &Map<String, Value>) -> Option<&'static str> {
    let has = |name: &str| json::present(members, &[name]);
    match has("Policy") {
        Some(Value::String(_)) => return Some("the policy of a resource, which says who may reach it"),
        Some(policy) => return policy.get("PolicySummary").map(|_| "a policy of AWS Organizations, which caps accounts"),
        None => {}
    }
    if has("PolicyVersion").is_some() {
        return None;
    }
    let itself = members.contains_key("Statement").then(|| Value::Object(members.clone()));
    let document = itself.or_else(|| json::present(members, &DOCUMENTS).cloned())?;
    document::of_others(&document)
}

/// A member `Policy`: what get-policy says of one of IAM.
fn of_policy(reading: &mut Reading<'_>, bare: &Bare<'_>, policy: &Value, described: &mut Option<Described>) -> Wrong<Option<Found>> {
    strange(reading, bare);
    let policy = Policy::read(&bare.place.member("Policy"), policy, &mut reading.strange)?;
    let Some(statements) = policy.statements else {
        *described = Some(Described { name: policy.name, at: reading.at });
        return Ok(None);
    };
    with_statements(called(bare, Some(policy.name), policy.version)?, statements).map(Some)
}

/// The set a policy is: an inline one by its holder, else one by its name. (The first versions of a managed policy's history
/// carry no ARN.)
fn called(bare: &Bare<'_>, name: Option<String>, version: Option<String>) -> Wrong<SeenSet> {
    let text = |names: &[&str]| Ok::<_, String>(json::text(&bare.place, &bare.members, names).map_err(said)?.map(str::to_owned));
    let of_arn = text(&["PolicyArn", "Arn", "arn"])?.map(|arn| super::last(&arn));
    let stem = || bare.file.trim_end_matches(".json").to_owned();
    let name = name.or(text(&["PolicyName", "name"])?).or(of_arn).unwrap_or_else(stem);
    for (member, word) in [("RoleName", "role"), ("UserName", "user"), ("GroupName", "group")] {
        if let Some(owner) = text(&[member])? {
            return Ok(SeenSet { kind: "inline_policy", key: format!("{word}/{owner}/{name}"), name, version, present: true });
        }
    }
    Ok(SeenSet { kind: "policy", key: name.clone(), name, version, present: true })
}

/// Counts what stands beside a policy and is not known.
fn strange(reading: &mut Reading<'_>, bare: &Bare<'_>) {
    for name in document::unknown(&bare.members, &KNOWN) {
        reading.strange.add(&name);
    }
}

/// Why a policy is refused that is not of an identity.
fn others(what: &str) -> String {
    format!(
        "{what}: policies of identities are read here; `aws iam get-account-authorization-details` gives them, and roles with their trust policies"
    )
}

/// Why a value without a policy is refused.
fn nothing(members: &Map<String, Value>) -> String {
    let command = NO_POLICY.iter().find(|(member, _)| members.contains_key(*member));
    if let Some((member, command)) = command {
        return format!(
            "{member} is of {command}, which holds no policy: `aws iam get-account-authorization-details` gives the account as a whole"
        );
    }
    if let Some((_, list)) = OF_ENTRIES.iter().find(|(member, _)| members.contains_key(*member)) {
        return format!("an entry of {list} by itself: import the answer of get-account-authorization-details as a whole, without --query");
    }
    let names: Vec<&str> = members.keys().map(String::as_str).collect();
    let found = if names.is_empty() { String::new() } else { format!("; its members are {}", crate::notes::first(&names, 10)) };
    format!("neither account authorization details nor a policy: no UserDetailList, Statement or document{found}")
}
