//! What a person signs when they decide: one candidate, what they were shown, themselves, a nonce, one verdict.

use super::Bytes;
use crate::ids::PersonId;
use crate::merkle::Hash;
use sha2::{Digest, Sha256};

/// The first bytes of every decision's challenge; another layout takes another number.
const PREFIX: &[u8; 22] = b"countersign.decision.1";

crate::words! {
    /// What somebody signs about a candidate. Closed: a question, an objection and a recusal are not signed.
    Verdict {
        Approve = "approve", "approve";
        Narrow = "narrow", "narrow";
        Reject = "reject", "reject";
        Consent = "consent", "consent";
        Refuse = "refuse", "refuse consent";
    }
}

impl From<crate::change::ConsentVerdict> for Verdict {
    fn from(verdict: crate::change::ConsentVerdict) -> Self {
        match verdict {
            crate::change::ConsentVerdict::Consent => Self::Consent,
            crate::change::ConsentVerdict::Refuse => Self::Refuse,
        }
    }
}

impl From<crate::change::Verdict> for Verdict {
    fn from(verdict: crate::change::Verdict) -> Self {
        match verdict {
            crate::change::Verdict::Approve => Self::Approve,
            crate::change::Verdict::Narrow => Self::Narrow,
            crate::change::Verdict::Reject => Self::Reject,
        }
    }
}

/// The 32 bytes an authenticator signs over. No separators: all parts but the last have a fixed length. The candidate's
/// digest names installation, epoch and change; a verdict `narrow` names the narrowed candidate.
pub fn decision(candidate: &Hash, shown: &Hash, person: PersonId, nonce: &[u8; 32], verdict: Verdict) -> Hash {
    let mut h = Sha256::new();
    h.update(PREFIX);
    h.update(candidate);
    h.update(shown);
    h.update(person.uuid().as_bytes());
    h.update(nonce);
    h.update(verdict.as_str().as_bytes());
    h.finalize().into()
}

/// A challenge on the wire: 43 characters.
pub fn text(challenge: &Hash) -> String {
    Bytes(challenge.to_vec()).text()
}
