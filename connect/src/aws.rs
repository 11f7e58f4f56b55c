//! `aws iam get-account-authorization-details`, and bare policy files. Large files are streamed: one user, role or policy is in
//! memory at a time, plus the rules, each kept once. A file, a folder of pages and pages one after another are one input; what
//! it says of several accounts becomes a snapshot for each.

use crate::input::Input;
use crate::json::Place;
use crate::notes::{Folded, Notes};
use crate::work::Work;
use crate::{Error, Result};
use domain::identity::human_of_user;
use domain::rule::Via;
use domain::snapshot::{Hints, SeenIdentity, SeenSet, Snapshot};
use std::collections::{BTreeMap, HashMap, HashSet};

mod accounts;
mod bare;
mod budget;
mod document;
mod grants;
mod kind;
mod open;
mod pages;
mod principal;
mod repeats;
mod stream;
mod trust;
mod wire;

use accounts::Accounts;
use budget::Budget;
use document::{Statement, Strange};
use pages::Pages;
use repeats::{At, Repeats};
use wire::{Attached, Group, Inline, Policy, Principal, Print, Role, Tag, User, Wrong};

/// A set some identity holds, to be turned into grants once every policy is known. There are many.
#[derive(Clone, Copy)]
struct Holds {
    identity: u32,
    /// Index of a permission set; of the group itself where the path is a group.
    set: u32,
    via: Via,
}

/// What is kept of a policy that is only named.
const NAMED_ASIDE: u64 = 400;

struct Reading<'a> {
    input: &'a Input,
    work: &'a Work,
    out: Snapshot,
    identities: HashMap<(&'static str, String), u32>,
    /// Sets by account, kind and key: groups and inline policies are named within one account.
    sets: HashMap<(u16, &'static str, String), u32>,
    /// Rules by set.
    rules: HashMap<u32, Vec<u32>>,
    holds: Vec<Holds>,
    /// What a group holds, by the index of its set.
    group_holds: HashMap<u32, Vec<u32>>,
    /// The set of a group, by the name that users give: users may stand ahead of groups.
    groups: HashMap<(u16, String), u32>,
    /// Memberships: (user, group name).
    members: Vec<(u32, String)>,
    accounts: Accounts,
    /// The trust policies: the name of the role by its permission set.
    trusts: BTreeMap<u32, String>,
    /// Where each identity stands.
    places: Vec<At>,
    /// Where the entry stands that is being read.
    at: At,
    repeats: Repeats,
    pages: Pages,
    strange: Strange,
    budget: Budget<'a>,
    /// Roles that people come by through single sign-on, and how.
    signed_in: Vec<String>,
    /// Policies of a folder that are of no identity: the first refusal, and what is said of all.
    others: (Option<Error>, Folded),
    has_account: bool,
    has_identities: bool,
}

pub fn read(input: &Input, work: &Work) -> Result<Snapshot> {
    let mut reading = Reading::of(input, work, input.size()?);
    for (at, file) in input.files.iter().enumerate() {
        reading.at = At::of_file(at);
        stream::file(&mut reading, file)?;
    }
    reading.finish()
}

impl<'a> Reading<'a> {
    fn of(input: &'a Input, work: &'a Work, bytes: u64) -> Self {
        Self {
            input,
            work,
            out: Snapshot::default(),
            identities: HashMap::new(),
            sets: HashMap::new(),
            rules: HashMap::new(),
            holds: vec![],
            group_holds: HashMap::new(),
            groups: HashMap::new(),
            members: vec![],
            accounts: Accounts::default(),
            trusts: BTreeMap::new(),
            places: vec![],
            at: At::default(),
            repeats: Repeats::default(),
            pages: Pages::default(),
            strange: Strange::default(),
            budget: Budget::of(bytes, work),
            signed_in: vec![],
            others: (None, Folded::default()),
            has_account: false,
            has_identities: false,
        }
    }

    /// The snapshot, or one for each account, now that every file was read.
    fn finish(mut self) -> Result<Snapshot> {
        if self.has_account && !self.has_identities {
            let reason = "neither UserDetailList nor RoleDetailList: not get-account-authorization-details";
            return Err(Error::new(&self.input.name, reason));
        }
        if let (false, true, Some(refused)) = (self.has_account, self.out.sets.is_empty(), self.others.0.take()) {
            return Err(refused);
        }
        self.pages.complete(self.input)?;
        self.accounts.said(self.input, &self.places)?;
        self.grants()?;
        self.trusted()?;
        let mut people = Notes::of("roles of people");
        for note in std::mem::take(&mut self.signed_in) {
            people.add(note);
        }
        self.out.notes.extend(people.into_texts());
        self.out.notes.extend(std::mem::take(&mut self.repeats).into_notes());
        self.out.notes.extend(std::mem::take(&mut self.others.1).into_texts());
        self.out.notes.extend(self.strange.note());
        self.out.notes.extend(self.strange.lacking());
        self.out.sets_only = !self.has_account;
        self.accounts.parted(self.out, self.input)
    }

    /// Names what is no policy of an identity, where it lies in a folder beside such; by itself it is refused.
    fn aside(&mut self, place: &Place, why: String) -> Result<()> {
        let refused = place.error(why);
        if !self.input.is_folder() {
            return Err(refused);
        }
        self.work.keeps(NAMED_ASIDE).map_err(|more| place.error(more))?;
        let shown = Error { file: self.input.shown(&refused.file).to_owned(), ..refused.clone() };
        let about = shown.file.clone();
        self.others.1.add(
            "policies that are of no identity, of roles' trust, resources and organisations, were not read",
            about,
            format!("Not read, {shown}"),
        );
        *self.out.skipped.entry("policy that is of no identity".to_owned()).or_default() += 1;
        self.others.0.get_or_insert(refused);
        Ok(())
    }

    /// The index of a permission set, adding it where its key is new.
    fn set(&mut self, account: u16, seen: SeenSet) -> u32 {
        let key = (account, seen.kind, seen.key.clone());
        *self.sets.entry(key).or_insert_with(|| {
            self.accounts.of_sets.push(account);
            self.out.sets.push(seen);
            (self.out.sets.len() - 1) as u32
        })
    }

    fn statements(&mut self, set: u32, statements: Vec<Statement>) -> Wrong<()> {
        let mut held: HashSet<u32> = self.rules.get(&set).into_iter().flatten().copied().collect();
        for Statement { rule, label } in statements {
            self.budget.rule(&rule)?;
            let known = self.out.rules.len();
            let rule = self.out.rules.intern(rule);
            if self.out.rules.len() > known {
                self.budget.compared(self.out.rules.get(rule))?;
            }
            if held.insert(rule) {
                self.rules.entry(set).or_default().push(rule);
                self.out.set_rules.push((set, rule, label));
            }
        }
        Ok(())
    }

    fn inline(&mut self, account: u16, owner: &str, policies: Vec<Inline>) -> Wrong<Vec<u32>> {
        let mut sets = Vec::with_capacity(policies.len());
        for policy in policies {
            let key = format!("{owner}/{}", policy.name);
            let name = policy.name;
            let set = self.set(account, SeenSet { kind: "inline_policy", key, name: name.clone(), version: None, present: true });
            if sets.contains(&set) {
                return Err(format!("{}, two inline policies are called {name}", owner.replacen('/', " ", 1)));
            }
            self.statements(set, policy.statements).map_err(|why| format!("{}, policy {name}, {why}", owner.replacen('/', " ", 1)))?;
            sets.push(set);
        }
        Ok(sets)
    }

    /// An attached policy exists, even where the file does not hold it.
    fn name_policy(&mut self, policy: Attached) -> u32 {
        let account = self.accounts.of_policy(&policy.arn);
        let seen = SeenSet { kind: "managed_policy", key: policy.arn, name: policy.name, version: None, present: false };
        self.set(account, seen)
    }

    /// The identity of an entry and what it holds.
    fn principal(&mut self, account: u16, word: &str, of: Principal, mut seen: SeenIdentity) -> Wrong<u32> {
        let owner = format!("{word}/{}", of.name);
        seen.name = of.name;
        let at = self.out.identity(&mut self.identities, seen);
        self.accounts.of_identities.push(account);
        self.places.push(self.at);
        for set in self.inline(account, &owner, of.inline)? {
            self.holds.push(Holds { identity: at, set, via: Via::Direct });
        }
        for policy in of.attached {
            let set = self.name_policy(policy);
            self.holds.push(Holds { identity: at, set, via: Via::Direct });
        }
        if let Some(boundary) = of.boundary {
            let set = self.name_policy(boundary);
            self.holds.push(Holds { identity: at, set, via: Via::Boundary });
        }
        Ok(at)
    }

    /// False where the same was said before; an error where something else was.
    fn is_new(&mut self, account: u16, word: &'static str, of: &Principal, print: u64) -> Wrong<bool> {
        let id = if word == "user" { "ID of a user" } else { "ID of a role" };
        Ok(self.repeats.is_new(self.input, (id, 0, &of.id), (word, &of.name), print, self.at)?
            && self.repeats.is_new(self.input, (word, account, &of.name.to_lowercase()), (word, &of.name), print, self.at)?)
    }

    fn user(&mut self, user: User) -> Wrong<()> {
        let (print, User { of, groups }) = (user.print(), user);
        let account = self.accounts.of_identity(&of.arn);
        self.pages.of(account);
        if !self.is_new(account, "user", &of, print)? {
            return Ok(());
        }
        let (human, reason) = human_of_user(&of.name, &of.path, None);
        let seen = SeenIdentity {
            key_kind: "user_id",
            key: of.id.clone(),
            kind: domain::identity::Kind::CloudUser,
            name: String::new(),
            human: Some((human, reason.to_owned())),
            platform_managed: false,
            unknown_access: vec![],
            hints: hints(&of.tags, &of.arn),
        };
        let at = self.principal(account, "user", of, seen)?;
        self.members.extend(groups.into_iter().map(|group| (at, group)));
        Ok(())
    }

    fn group(&mut self, group: Group) -> Wrong<()> {
        let account = group.arn.as_deref().map_or(accounts::UNSAID, |arn| self.accounts.of_entry(arn));
        self.pages.of(account);
        let (print, name) = (group.print(), group.name.clone());
        let is_new = self.repeats.is_new(self.input, ("ID of a group", 0, &group.id), ("group", &name), print, self.at)?
            && self.repeats.is_new(self.input, ("group", account, &name.to_lowercase()), ("group", &name), print, self.at)?;
        if !is_new {
            return Ok(());
        }
        let owner = format!("group/{name}");
        let set = self.set(account, SeenSet { kind: "group", key: group.id, name: name.clone(), version: None, present: true });
        self.groups.insert((account, name), set);
        let mut held = self.inline(account, &owner, group.inline)?;
        for policy in group.attached {
            held.push(self.name_policy(policy));
        }
        self.group_holds.insert(set, held);
        Ok(())
    }

    fn role(&mut self, role: Role) -> Wrong<()> {
        let (print, Role { of, trust }) = (role.print(), role);
        let account = self.accounts.of_identity(&of.arn);
        self.pages.of(account);
        if !self.is_new(account, "role", &of, print)? {
            return Ok(());
        }
        let kind = kind::of_role(trust.as_deref().unwrap_or_default());
        let sign_in = kind::sign_in(&of.name, &of.path, trust.as_deref().unwrap_or_default());
        let trusted = trust.map(|statements| self.trust(account, &of.name, statements)).transpose()?;
        let mut hints = hints(&of.tags, &of.arn);
        // Said in any case: a tag of the same name must not speak in its place.
        hints.insert("trusted by", &trust::hint(trusted.as_deref()));
        if let Some(way) = sign_in {
            hints.insert("signed in by", &way);
            self.signed_in.push(format!("role {} is used by {way}", of.name));
        }
        let seen = SeenIdentity {
            key_kind: "role_id",
            key: of.id.clone(),
            kind,
            name: String::new(),
            human: None,
            platform_managed: kind::is_of_the_platform(&of.path),
            unknown_access: vec![],
            hints,
        };
        self.principal(account, "role", of, seen).map(|_| ())
    }

    fn policy(&mut self, policy: Policy) -> Wrong<()> {
        let account = self.accounts.of_policy(&policy.arn);
        self.pages.of(account);
        let print = policy.print();
        let seen = SeenSet {
            kind: "managed_policy",
            key: policy.arn,
            name: policy.name,
            version: policy.version,
            present: policy.statements.is_some(),
        };
        let known = self.sets.get(&(account, seen.kind, seen.key.clone())).copied().filter(|_| account == accounts::SHARED);
        match known.map(|set| (set, self.out.sets[set as usize].clone())) {
            // AWS keeps one for everybody: of two versions, fetched at different times, the later one counts.
            Some((set, old)) if old.present && seen.present && number(&old) != number(&seen) => {
                self.repeats.versions(&seen.name, old.version.as_deref(), seen.version.as_deref());
                if number(&seen) < number(&old) {
                    return Ok(());
                }
                self.rules.remove(&set);
                self.out.set_rules.retain(|(of, ..)| *of != set);
            }
            _ => {
                if !self.repeats.is_new(self.input, ("policy", account, &seen.key), ("policy", &seen.name), print, self.at)? {
                    return Ok(());
                }
            }
        }
        let name = seen.name.clone();
        let set = self.set(account, seen.clone());
        // It may stand there already, named by an attachment ahead of it in the file.
        self.out.sets[set as usize] = seen;
        self.statements(set, policy.statements.unwrap_or_default()).map_err(|why| format!("policy {name}, {why}"))
    }
}

/// The number of the version of a policy, as in `v12`.
fn number(set: &SeenSet) -> u64 {
    set.version.as_deref().and_then(|v| v.trim_start_matches('v').parse().ok()).unwrap_or_default()
}

fn last(arn: &str) -> String {
    arn.rsplit('/').next().unwrap_or(arn).to_owned()
}

/// Tags are hints: shown as such, they never route.
fn hints(tags: &[Tag], arn: &str) -> Hints {
    let mut out: Hints = tags.iter().take(50).map(|t| (t.key.to_lowercase(), t.value.clone())).collect();
    out.insert("arn", arn);
    out
}
