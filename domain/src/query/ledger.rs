//! What pages of the ledger are asked.

use super::{Choice, Term};
use crate::ids::parse_any;
use crate::verb::Area;
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

crate::words! {
    /// Whether sign-ins are among the entries.
    SignIns {
        Shown = "shown", "shown";
        Hidden = "hidden", "hidden";
    }
}

crate::filters! {
    /// What a page of the ledger is narrowed to.
    Filter {
        /// Newest or oldest first.
        sort: Option<Order> = "sort";
        /// Only entries of this part of the product.
        area: Option<Area> = "area";
        /// Whether sign-ins are shown.
        sign_ins: Option<SignIns> = "sign_ins";
        /// Only entries about or by whoever or whatever has this name or ID, or the entry of this number.
        search: Option<Term> = "q";
        /// Only entries about this, by its ID: `idn_01h455vb4pex5vsknk084sn02q`.
        subject: Option<AnyId> = "subject";
        /// Only what this person or agent did, by its ID.
        actor: Option<AnyId> = "actor";
        /// Only entries with this verb.
        verb: Option<String> = "verb";
    } apart {
        ["subject", "actor", "q"];
        ["area", "verb"];
        ["sign_ins=hidden", "verb"];
        ["sign_ins=hidden", "area=sign_ins"];
    }
}
