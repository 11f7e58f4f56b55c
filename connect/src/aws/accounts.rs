//! Which account a thing is of, and one snapshot for each where an input speaks of several: a source is one account. It must not
//! look into other accounts for who holds what, so that accounts read together and apart come out the same.

use super::repeats::At;
use crate::input::Input;
use crate::{Error, Result};
use domain::rule::Rule;
use domain::snapshot::{SeenGrant, SeenSurface, Snapshot};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Of a thing whose ARN names no account, and of what AWS or no account in particular has: each account that refers to it.
pub(super) const UNSAID: u16 = 0;
pub(super) const SHARED: u16 = u16::MAX;
/// Accounts of one input.
const MOST: usize = 5_000;
/// Notes that each of several accounts gets, and policies that several have.
const NOTES: usize = 50;
const COPIES: usize = 500_000;

#[derive(Default)]
pub(super) struct Accounts {
    /// By number, from 1.
    names: Vec<String>,
    numbers: HashMap<String, u16>,
    /// Accounts that identities are of.
    inhabited: BTreeSet<u16>,
    /// Of each identity and each set of the snapshot.
    pub(super) of_identities: Vec<u16>,
    pub(super) of_sets: Vec<u16>,
    /// Sets of no account that one refers to.
    referred: HashSet<(u16, u32)>,
}

impl Accounts {
    /// The account of an ARN; `UNSAID` where it names none.
    pub(super) fn of_entry(&mut self, arn: &str) -> u16 {
        let named = arn.split(':').nth(4).filter(|a| a.len() == 12 && a.bytes().all(|b| b.is_ascii_digit()));
        let Some(name) = named else { return UNSAID };
        if let Some(known) = self.numbers.get(name) {
            return *known;
        }
        if self.names.len() == MOST {
            return UNSAID;
        }
        self.names.push(name.to_owned());
        let number = self.names.len() as u16;
        self.numbers.insert(name.to_owned(), number);
        number
    }

    pub(super) fn of_identity(&mut self, arn: &str) -> u16 {
        let account = self.of_entry(arn);
        self.inhabited.insert(account);
        account
    }

    /// That of a policy; AWS's own are everybody's.
    pub(super) fn of_policy(&mut self, arn: &str) -> u16 {
        match self.of_entry(arn) {
            UNSAID => SHARED,
            account => account,
        }
    }

    pub(super) fn name(&self, account: u16) -> Option<&str> {
        self.names.get(usize::from(account).checked_sub(1)?).map(String::as_str)
    }

    /// An account refers to a set that may be of none.
    pub(super) fn refer(&mut self, account: u16, set: u32) {
        if self.of_sets[set as usize] != account {
            self.referred.insert((account, set));
        }
    }

    /// Where some ARNs name an account, all have to: else nobody knows where the others belong.
    pub(super) fn said(&self, input: &Input, places: &[At]) -> Result<()> {
        let unsaid = self.of_identities.iter().position(|a| *a == UNSAID);
        let Some(at) = unsaid.and_then(|at| places.get(at)).filter(|_| self.inhabited.len() > 1) else { return Ok(()) };
        let why = if self.names.len() == MOST {
            "more accounts than the 5,000 that are read at once"
        } else {
            "its Arn names no account, and others do"
        };
        Err(Error::at(at.file(input), at.path(), why))
    }

    /// The snapshot of the one account, or of the first with those of the others beside it.
    pub(super) fn parted(&self, mut whole: Snapshot, input: &Input) -> Result<Snapshot> {
        if self.inhabited.len() < 2 {
            whole.default_source = self.inhabited.first().and_then(|a| self.name(*a)).map(|name| format!("aws:{name}"));
            return Ok(whole);
        }
        let names: Vec<&str> = self.inhabited.iter().filter_map(|a| self.name(*a)).collect();
        let note = format!("the input holds {} accounts, each a source of its own: {}", names.len(), crate::notes::first(&names, 50));
        whole.notes.truncate(NOTES);
        whole.notes.insert(0, note);
        let mut parts: BTreeMap<u16, Part> = self.inhabited.iter().map(|a| (*a, self.empty(*a, &whole))).collect();
        self.sets(&whole, &mut parts).map_err(|why| Error::at(&input.name, "all accounts", why))?;
        for (at, identity) in whole.identities.iter().enumerate() {
            if let Some(part) = parts.get_mut(&self.of_identities[at]) {
                part.identities.insert(at as u32, part.out.identities.len() as u32);
                part.out.identities.push(identity.clone());
            }
        }
        for grant in &whole.grants {
            if let Some(part) = parts.get_mut(&self.of_identities[grant.identity as usize]) {
                part.grant(&whole, grant);
            }
        }
        for surface in &whole.surfaces {
            let Some(part) = parts.get_mut(&self.of_identities[surface.identity as usize]) else { continue };
            let Some(identity) = part.identities.get(&surface.identity) else { continue };
            part.out.surfaces.push(SeenSurface { identity: *identity, ..surface.clone() });
        }
        let mut parts = parts.into_values().map(|part| part.out);
        let mut first = parts.next().unwrap_or_default();
        first.others = parts.collect();
        Ok(first)
    }

    fn empty(&self, account: u16, whole: &Snapshot) -> Part {
        let default_source = self.name(account).map(|name| format!("aws:{name}"));
        Part { out: Snapshot { default_source, notes: whole.notes.clone(), ..Snapshot::default() }, ..Part::default() }
    }

    /// Hands each set to its account; one of no account to those that refer to it, and to all where none does.
    fn sets(&self, whole: &Snapshot, parts: &mut BTreeMap<u16, Part>) -> std::result::Result<(), String> {
        let mut referring: HashMap<u32, Vec<u16>> = HashMap::new();
        for (account, set) in &self.referred {
            referring.entry(*set).or_default().push(*account);
        }
        let all: Vec<u16> = self.inhabited.iter().copied().collect();
        let mut of_sets: Vec<&[u16]> = Vec::with_capacity(whole.sets.len());
        for at in 0..whole.sets.len() {
            of_sets.push(match self.of_sets[at] {
                UNSAID | SHARED => referring.get(&(at as u32)).map_or(all.as_slice(), Vec::as_slice),
                _ => std::slice::from_ref(&self.of_sets[at]),
            });
        }
        let copies =
            of_sets.iter().chain(whole.set_rules.iter().map(|(set, ..)| &of_sets[*set as usize])).map(|of| of.len()).sum::<usize>();
        if copies > COPIES {
            return Err(format!("policies that accounts share come to {copies} in the accounts together: at most {COPIES} are read"));
        }
        for (at, set) in whole.sets.iter().enumerate() {
            for account in of_sets[at] {
                let Some(part) = parts.get_mut(account) else { continue };
                part.sets.insert(at as u32, part.out.sets.len() as u32);
                part.out.sets.push(set.clone());
            }
        }
        for (set, rule, label) in &whole.set_rules {
            for account in of_sets[*set as usize] {
                if let Some(part) = parts.get_mut(account) {
                    part.set_rule(whole, (*set, *rule, label));
                }
            }
        }
        Ok(())
    }
}

/// The snapshot of one account, and where the things of the whole stand in it.
#[derive(Default)]
struct Part {
    out: Snapshot,
    sets: HashMap<u32, u32>,
    rules: HashMap<u32, u32>,
    identities: HashMap<u32, u32>,
}

impl Part {
    fn rule(&mut self, whole: &Snapshot, rule: u32) -> u32 {
        let out = &mut self.out;
        *self.rules.entry(rule).or_insert_with(|| out.rules.intern(Rule::clone(whole.rules.get(rule))))
    }

    fn set_rule(&mut self, whole: &Snapshot, (set, rule, label): (u32, u32, &Option<String>)) {
        let rule = self.rule(whole, rule);
        if let Some(set) = self.sets.get(&set) {
            self.out.set_rules.push((*set, rule, label.clone()));
        }
    }

    fn grant(&mut self, whole: &Snapshot, grant: &SeenGrant) {
        let Some(identity) = self.identities.get(&grant.identity).copied() else { return };
        let set = grant.set().and_then(|set| self.sets.get(&set)).copied();
        let (via, name) = whole.paths.get(grant.path);
        let (path, rule) = (self.out.paths.intern(via, name), self.rule(whole, grant.rule));
        self.out.grants.push(SeenGrant::new(identity, set, rule, path, grant.ends_at()));
    }
}
