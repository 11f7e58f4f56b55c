//! `aws iam get-account-authorization-details`, and bare policy files. Large files are streamed: one user,
//! role or policy is in memory at a time, plus the rules, each kept once.

use crate::input::{Input, InputFile};
use crate::{Error, Result};
use domain::identity::{self, human_of_user};
use domain::rule::Via;
use domain::snapshot::{Hints, SeenIdentity, SeenSet, SeenSurface, Snapshot};
use domain::surface;
use serde::de::DeserializeSeed;
use std::collections::{BTreeMap, HashMap, HashSet};

mod document;
mod principal;
mod stream;
mod trust;
mod wire;

use document::{Document, Statement};
use stream::Top;
use wire::{Attached, Boundary, Group, Inline, Policy, Role, Tag, User};

/// A set some identity holds, to be turned into grants once every policy is known. There are many.
#[derive(Clone, Copy)]
struct Holds {
    identity: u32,
    /// Index of a permission set; of the group itself where the path is a group.
    set: u32,
    via: Via,
}

const BOUNDARY: &str = "permissions boundary";

#[derive(Default)]
struct Reading {
    out: Snapshot,
    identities: HashMap<(&'static str, String), u32>,
    sets: HashMap<(&'static str, String), u32>,
    /// Rules by set.
    rules: HashMap<u32, Vec<u32>>,
    holds: Vec<Holds>,
    /// What a group holds, by the index of its set.
    group_holds: HashMap<u32, Vec<u32>>,
    /// The set of a group, by the name that users give: users may stand ahead of groups.
    groups: HashMap<String, u32>,
    /// Memberships: (user, group name).
    members: Vec<(u32, String)>,
    account: Option<String>,
    /// The trust policies: the name of the role by its permission set.
    trusts: BTreeMap<u32, String>,
    /// A second account, which is refused.
    mixed: Option<String>,
    lists: HashSet<&'static str>,
}

pub fn read(input: &Input) -> Result<Snapshot> {
    let mut reading = Reading::default();
    for file in &input.files {
        read_file(&mut reading, file)?;
    }
    let sets_only = reading.lists.is_empty();
    if !sets_only && !reading.lists.contains("UserDetailList") && !reading.lists.contains("RoleDetailList") {
        return Err(Error::new(&input.name, "neither UserDetailList nor RoleDetailList: not get-account-authorization-details"));
    }
    if let (Some(one), Some(other)) = (&reading.account, &reading.mixed) {
        return Err(Error::new(&input.name, format!("two accounts, {one} and {other}: import each by itself")));
    }
    reading.grants();
    reading.trusted();
    let mut out = reading.out;
    out.sets_only = sets_only;
    out.default_source = reading.account.map(|a| format!("aws:{a}"));
    Ok(out)
}

fn read_file(reading: &mut Reading, file: &InputFile) -> Result<()> {
    let mut json = serde_json::Deserializer::from_reader(file.open()?);
    let top = Top { reading };
    top.deserialize(&mut json).and_then(|found| json.end().map(|()| found)).map_err(|e| Error::json(&file.name, &e)).and_then(|bare| {
        match bare {
            Some(bare) => bare_policy(reading, file, bare),
            None => Ok(()),
        }
    })
}

/// Members of a file that is one policy and nothing else.
#[derive(Default)]
struct Bare {
    name: Option<String>,
    arn: Option<String>,
    version: Option<String>,
    document: Option<Document>,
}

fn bare_policy(reading: &mut Reading, file: &InputFile, bare: Bare) -> Result<()> {
    let Some(document) = bare.document else {
        return Err(Error::new(&file.name, "neither account authorization details nor a policy: no UserDetailList, Statement or document"));
    };
    if document.is_empty() {
        return Err(Error::at(&file.name, "Statement", "a policy without a statement"));
    }
    let stem = || {
        let base = file.name.rsplit('/').next().unwrap_or(&file.name);
        base.trim_end_matches(".json").to_owned()
    };
    // The name is the key: the first versions of a managed policy's history carry no ARN.
    let name = bare.name.or_else(|| bare.arn.as_deref().and_then(|a| a.rsplit('/').next()).map(str::to_owned)).unwrap_or_else(stem);
    let seen = SeenSet { kind: "policy", key: name.clone(), name, version: bare.version, present: true };
    let set = reading.out.set(&mut reading.sets, seen);
    reading.statements(set, document.into_rules());
    Ok(())
}

impl Reading {
    fn statements(&mut self, set: u32, statements: Vec<Statement>) {
        for Statement { rule, label } in statements {
            let rule = self.out.rules.intern(rule);
            let rules = self.rules.entry(set).or_default();
            if !rules.contains(&rule) {
                rules.push(rule);
                self.out.set_rules.push((set, rule, label));
            }
        }
    }

    fn inline(&mut self, owner: &str, policies: Vec<Inline>) -> Vec<u32> {
        let mut sets = Vec::with_capacity(policies.len());
        for policy in policies {
            let key = format!("{owner}/{}", policy.policy_name);
            let seen = SeenSet { kind: "inline_policy", key, name: policy.policy_name, version: None, present: true };
            let set = self.out.set(&mut self.sets, seen);
            self.statements(set, policy.policy_document.into_rules());
            sets.push(set);
        }
        sets
    }

    fn held(&mut self, identity: u32, owner: &str, inline: Vec<Inline>, attached: Vec<Attached>, boundary: Option<Boundary>) {
        for set in self.inline(owner, inline) {
            self.holds.push(Holds { identity, set, via: Via::Direct });
        }
        for policy in attached {
            let set = self.name_policy(&policy);
            self.holds.push(Holds { identity, set, via: Via::Direct });
        }
        if let Some(boundary) = boundary {
            let arn = boundary.permissions_boundary_arn;
            let set = self.name_policy(&Attached { policy_arn: arn, policy_name: None });
            self.holds.push(Holds { identity, set, via: Via::Boundary });
        }
    }

    /// An attached policy exists, even where the file does not hold it.
    fn name_policy(&mut self, policy: &Attached) -> u32 {
        let name = policy.policy_name.clone().unwrap_or_else(|| last(&policy.policy_arn));
        let seen = SeenSet { kind: "managed_policy", key: policy.policy_arn.clone(), name, version: None, present: false };
        self.out.set(&mut self.sets, seen)
    }

    fn account_of(&mut self, arn: &str) {
        let Some(account) = arn.split(':').nth(4).filter(|a| a.len() == 12) else { return };
        match &self.account {
            None => self.account = Some(account.to_owned()),
            // Groups and inline policies are named within one account.
            Some(first) if first != account => self.mixed = Some(account.to_owned()),
            Some(_) => {}
        }
    }

    fn user(&mut self, user: User) {
        self.account_of(&user.arn);
        let (human, reason) = human_of_user(&user.user_name, &user.path, None);
        let owner = format!("user/{}", user.user_name);
        let seen = SeenIdentity {
            key_kind: "user_id",
            key: user.user_id,
            kind: identity::Kind::CloudUser,
            name: user.user_name,
            human: Some((human, reason.to_owned())),
            platform_managed: false,
            unknown_access: vec![],
            hints: hints(user.tags, &user.arn),
        };
        let at = self.out.identity(&mut self.identities, seen);
        for group in user.group_list {
            self.members.push((at, group));
        }
        self.held(at, &owner, user.user_policy_list, user.attached_managed_policies, user.permissions_boundary);
    }

    fn group(&mut self, group: Group) {
        let owner = format!("group/{}", group.group_name);
        let seen = SeenSet { kind: "group", key: group.group_id, name: group.group_name.clone(), version: None, present: true };
        let set = self.out.set(&mut self.sets, seen);
        self.groups.insert(group.group_name.clone(), set);
        let mut held = self.inline(&owner, group.group_policy_list);
        for policy in group.attached_managed_policies {
            held.push(self.name_policy(&policy));
        }
        self.group_holds.insert(set, held);
    }

    fn role(&mut self, role: Role) -> std::result::Result<(), String> {
        self.account_of(&role.arn);
        let owner = format!("role/{}", role.role_name);
        let platform_managed = role.path.starts_with("/aws-service-role/") || role.path.starts_with("/aws-reserved/");
        let trusted = role.assume_role_policy_document.map(|d| self.trust(&role.role_name, &role.arn, d)).transpose()?;
        let kind = kind_of_role(trusted.as_deref().unwrap_or_default());
        let mut hints = hints(role.tags, &role.arn);
        // Said in any case: a tag of the same name must not speak in its place.
        hints.insert("trusted by", &trust::hint(trusted.as_deref()));
        let seen = SeenIdentity {
            key_kind: "role_id",
            key: role.role_id,
            kind,
            name: role.role_name,
            human: None,
            platform_managed,
            unknown_access: vec![],
            hints,
        };
        let at = self.out.identity(&mut self.identities, seen);
        self.held(at, &owner, role.role_policy_list, role.attached_managed_policies, role.permissions_boundary);
        Ok(())
    }

    fn policy(&mut self, policy: Policy) {
        let default = policy.policy_version_list.into_iter().find(|v| v.is_default_version);
        let present = default.as_ref().is_some_and(|v| v.document.is_some());
        let version = default.as_ref().map(|v| v.version_id.clone());
        let seen = SeenSet { kind: "managed_policy", key: policy.arn, name: policy.policy_name, version: version.clone(), present };
        let set = self.out.set(&mut self.sets, seen.clone());
        // It may stand there already, named by an attachment ahead of it in the file.
        self.out.sets[set as usize] = seen;
        if let Some(document) = default.and_then(|v| v.document) {
            self.statements(set, document.into_rules());
        }
    }

    /// Turns what is held into grants, now that every policy and group of the file is known.
    fn grants(&mut self) {
        for (identity, name) in std::mem::take(&mut self.members) {
            match self.groups.get(&name) {
                Some(set) => self.holds.push(Holds { identity, set: *set, via: Via::Group }),
                None => self.unknown(identity, &format!("group {name} is not in the file")),
            }
        }
        let mut holds = std::mem::take(&mut self.holds);
        holds.sort_by_key(|h| h.identity);
        let group_holds = std::mem::take(&mut self.group_holds);
        for of_one in holds.chunk_by(|a, b| a.identity == b.identity) {
            let mut seen = HashSet::new();
            for hold in of_one {
                if hold.via == Via::Boundary {
                    self.boundary(*hold);
                }
                if hold.via != Via::Group {
                    let name = if hold.via == Via::Boundary { BOUNDARY } else { "" };
                    self.grant(&mut seen, *hold, hold.set, name);
                    continue;
                }
                let name = self.out.sets[hold.set as usize].name.clone();
                for set in group_holds.get(&hold.set).into_iter().flatten() {
                    self.grant(&mut seen, *hold, *set, &name);
                }
            }
        }
    }

    /// The boundary is a surface of its own: changing it changes what its holder can do.
    fn boundary(&mut self, hold: Holds) {
        let set = &self.out.sets[hold.set as usize];
        let mut keys: Vec<&str> = self.rules.get(&hold.set).into_iter().flatten().map(|r| self.out.rules.key(*r)).collect();
        keys.sort_unstable();
        let digest = if set.present { domain::json::digest(&keys).ok() } else { None };
        let locator = set.key.clone();
        self.out.surfaces.push(SeenSurface {
            identity: hold.identity,
            kind: surface::SurfaceKind::Boundary,
            locator,
            digest,
            content: None,
        });
    }

    /// Two groups of one identity may hold the same rule: two paths, two grants.
    fn grant(&mut self, seen: &mut HashSet<(u32, u32, Via, u32)>, hold: Holds, set: u32, via_name: &str) {
        let (kind, present) = (self.out.sets[set as usize].kind, self.out.sets[set as usize].present);
        if kind == "managed_policy" && !present {
            let what = if hold.via == Via::Boundary { "boundary" } else { "policy" };
            let why = format!("{what} {} is not in the file", self.out.sets[set as usize].key);
            self.unknown(hold.identity, &why);
        }
        let Some(rules) = self.rules.get(&set) else { return };
        for rule in rules {
            if seen.insert((set, *rule, hold.via, hold.set)) {
                self.out.grant(hold.identity, Some(set), *rule, hold.via, via_name, None);
            }
        }
    }

    fn unknown(&mut self, identity: u32, why: &str) {
        let list = &mut self.out.identities[identity as usize].unknown_access;
        if !list.iter().any(|w| w == why) {
            list.push(why.to_owned());
        }
    }
}

fn last(arn: &str) -> String {
    arn.rsplit('/').next().unwrap_or(arn).to_owned()
}

/// Tags are hints: shown as such, they never route.
fn hints(tags: Vec<Tag>, arn: &str) -> Hints {
    let mut out: Hints = tags.into_iter().take(50).map(|t| (t.key.to_lowercase(), t.value)).collect();
    out.insert("arn", arn);
    out
}

/// What a role is, by who may assume it.
fn kind_of_role(principals: &[String]) -> identity::Kind {
    let any = |what: &[&str]| principals.iter().any(|p| what.iter().any(|w| p.contains(w)));
    if any(&["bedrock-agentcore", "bedrock.amazonaws", "agent-registry"]) {
        identity::Kind::AiAgent
    } else if any(&["token.actions.githubusercontent.com", "gitlab.com", "circleci", "codebuild.amazonaws", "codepipeline.amazonaws"]) {
        identity::Kind::CiIdentity
    } else if any(&["ec2.amazonaws", "ecs-tasks.amazonaws", "lambda.amazonaws", "eks.amazonaws", "pods.eks"]) {
        identity::Kind::Workload
    } else {
        identity::Kind::CloudRole
    }
}
