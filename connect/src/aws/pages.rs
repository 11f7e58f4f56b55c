//! Pages of an account: which say that more comes, and whether the last is there. A page names neither the one before nor the
//! one after it, so that each account has its last page is all that can be told.

use super::accounts::{SHARED, UNSAID};
use super::repeats::At;
use crate::input::Input;
use crate::{Error, Result};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Default)]
pub(super) struct Pages {
    /// The accounts of the page that is being read.
    here: BTreeSet<u16>,
    /// By account: the first page after which more comes, and whether a last one was seen.
    seen: BTreeMap<u16, (Option<At>, bool)>,
}

impl Pages {
    /// An entry of the page is of an account.
    pub(super) fn of(&mut self, account: u16) {
        self.here.insert(account);
    }

    /// A page is over; `early` where it says that more comes.
    pub(super) fn over(&mut self, at: At, early: bool) {
        let mut accounts = std::mem::take(&mut self.here);
        if accounts.is_empty() {
            accounts.insert(UNSAID);
        }
        for account in accounts {
            let (first, last) = self.seen.entry(account).or_default();
            if early {
                first.get_or_insert(at);
            } else {
                *last = true;
            }
        }
    }

    pub(super) fn complete(&self, input: &Input) -> Result<()> {
        let any_last = self.seen.values().any(|(_, last)| *last);
        // Of a page without an entry of an account nobody knows whose it is.
        let whose = |account: u16| account == UNSAID || account == SHARED;
        let mut missing = self.seen.iter().filter(|(account, (_, last))| !(*last || (whose(**account) && any_last)));
        match missing.find_map(|(_, (first, _))| *first) {
            Some(at) => Err(Error::at(
                at.file(input),
                [at.path(), "IsTruncated or a marker".to_owned()].into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(", "),
                "only a page of the account, whose last page is not in the input: fetch every page and import them together, as files of \
                 a folder or one after another in a file; without --max-items and --no-paginate the AWS command line fetches all",
            )),
            None => Ok(()),
        }
    }
}
