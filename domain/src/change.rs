//! Change requests: the words of their states, verdicts and directions, to which the columns of the schema are bound, and
//! the rules over them: `state` (what may happen next), `operation` and `baseline` (what is asked for, and what it makes of
//! what people countersigned), `covers` and `effect` (what it comes to), `route` and `independence` (who must agree),
//! `candidate` (what a decision binds to), `adopt` (what a source saw becomes the baseline), `narrow` (a smaller one), `size` (when it must be split), `own` and `envelope` (texts,
//! tools, credentials, and the values that may move). They decide from values alone: whoever calls them brings time, people and rows.
//! Sources: DESIGN section 5, decisions C1 to C8, threats.md D.

pub mod adopt;
pub mod baseline;
pub mod candidate;
pub mod content;
pub mod covers;
pub mod effect;
pub mod envelope;
pub mod independence;
pub mod narrow;
pub mod operation;
pub mod own;
pub mod replay;
pub mod route;
pub mod size;
pub mod state;

crate::words! {
    /// Where a change stands.
    State {
        Draft = "draft", "draft";
        InReview = "in_review", "in review";
        NeedsInformation = "needs_information", "needs information";
        Narrowed = "narrowed", "narrowed";
        Approved = "approved", "approved";
        Applying = "applying", "being applied";
        Reported = "reported", "reported as applied";
        Effective = "effective", "effective";
        Rejected = "rejected", "rejected";
        Withdrawn = "withdrawn", "withdrawn";
        Expired = "expired", "expired";
        Unattended = "unattended", "unattended";
        Superseded = "superseded", "superseded";
        Failed = "failed", "failed";
        RolledBack = "rolled_back", "rolled back";
    }
}

crate::words! {
    /// Which way a change moves authority.
    Direction {
        Reduces = "reduces", "reduces access";
        Neutral = "neutral", "changes no access";
        Widens = "widens", "widens access";
        SelfGoverning = "self_governing", "reaches its own controls";
    }
}

crate::words! {
    /// What one person decides on a candidate.
    Verdict {
        Approve = "approve", "approve";
        Narrow = "narrow", "narrow";
        Reject = "reject", "reject";
    }
}

crate::words! {
    /// As what an owner consents.
    ConsentAs {
        Owner = "owner", "owner";
        ResourceOwner = "resource_owner", "owner of the resource";
    }
}

crate::words! {
    /// What an owner answers; needed, never counted as an approval.
    ConsentVerdict {
        Consent = "consent", "consents";
        Refuse = "refuse", "refuses";
    }
}
