//! What pages of the ledger are asked.

use super::Choice;
use crate::ids::parse_any;
use uuid::Uuid;

crate::words! {
    /// Which end comes first.
    Order {
        Newest = "newest", "newest first";
        Oldest = "oldest", "oldest first";
    }
}

/// An id of any noun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnyId(pub Uuid);

impl Choice for AnyId {
    fn read(text: &str) -> Option<Self> {
        parse_any(text).map(|(_, id)| Self(id))
    }
}

crate::filters! {
    /// What a page of the ledger is narrowed to.
    Filter {
        /// Newest or oldest first.
        sort: Option<Order> = "sort";
        /// Only entries about this, by its id: `idn_01h455vb4pex5vsknk084sn02q`.
        subject: Option<AnyId> = "subject";
        /// Only what this person or agent did, by its id.
        actor: Option<AnyId> = "actor";
        /// Only entries with this verb.
        verb: Option<String> = "verb";
    } apart {
        ["subject", "actor", "verb"];
    }
}
