//! Who is in the groups that the API server itself fills: by the namespace of an account, and by signing in.

use std::collections::{BTreeMap, BTreeSet};

#[derive(Default)]
pub(super) struct Members {
    accounts: BTreeMap<String, BTreeSet<u32>>,
    users: BTreeSet<u32>,
}

impl Members {
    pub(super) fn account(&mut self, namespace: &str, at: u32) {
        match self.accounts.get_mut(namespace) {
            Some(known) => drop(known.insert(at)),
            None => drop(self.accounts.insert(namespace.to_owned(), BTreeSet::from([at]))),
        }
    }

    /// A user who signs in.
    pub(super) fn user(&mut self, at: u32) {
        self.users.insert(at);
    }

    /// The members of a group that are known; none where others fill it.
    pub(super) fn of(&self, group: &str) -> Option<Vec<u32>> {
        let accounts = self.accounts.values().flatten();
        match group {
            "system:authenticated" => Some(accounts.chain(&self.users).copied().collect()),
            "system:serviceaccounts" => Some(accounts.copied().collect()),
            _ => {
                let namespace = group.strip_prefix("system:serviceaccounts:")?;
                Some(self.accounts.get(namespace).into_iter().flatten().copied().collect())
            }
        }
    }
}
