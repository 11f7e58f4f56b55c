//! Receipts: one file from which whoever has it can see, offline, that people approved exactly this change. It holds the
//! candidate, what was shown, every decision and consent, the passkeys that signed as they were enrolled, the application,
//! and for each row and entry the proof that it stands under a checkpoint of the ledger. `verify` judges one with nothing but
//! the file and what the verifier brings: the key of the ledger, the address of the installation, perhaps the passkeys. No
//! store and no clock: a receipt says what was true at its checkpoint, never what is true now.

mod entry;
mod people;
mod row;
mod tables;
mod verify;

pub use entry::Leaf;
pub use row::{Beside, Row, way};
pub use tables::{Known, TABLES, known};
pub use verify::verify;

use crate::ids::{ChangeId, PersonId};
use crate::json::{self, NotCanonical};
use crate::note;
use crate::passkey::Site;
use crate::seq::Seq;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// What the file says it is.
const KIND: &str = "countersign.receipt";
/// The version of its form.
const V: u8 = 1;

/// A receipt. Its text is RFC 8785 and everything in it is sorted, so that the same receipt has one spelling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    pub v: u8,
    #[serde(rename = "type")]
    pub kind: String,
    pub change: ChangeId,
    /// Candidate, version of the change, decisions, consents, passkeys, application; by entry, table and id.
    pub rows: Vec<Row>,
    /// What was on the page when somebody decided; a text that was erased is not here.
    pub shown: Vec<String>,
    /// The entries that opened those rows, by number.
    pub entries: Vec<Leaf>,
    /// A C2SP signed note that covers all of them.
    pub checkpoint: String,
}

impl Receipt {
    /// Puts a receipt together; the order of its parts is ours to make.
    pub fn new(change: ChangeId, mut rows: Vec<Row>, mut shown: Vec<String>, entries: Vec<Leaf>, checkpoint: String) -> Self {
        rows.sort_by(|a, b| a.place().cmp(&b.place()));
        shown.sort_unstable();
        shown.dedup();
        Self { v: V, kind: KIND.to_owned(), change, rows, shown, entries, checkpoint }
    }

    /// The text of the file, without the line break at its end.
    pub fn text(&self) -> Result<String, NotCanonical> {
        json::canonical(self)
    }

    /// Reads a file; none where it is not spelled as a receipt is.
    fn parse(text: &str) -> Option<Self> {
        let text = text.strip_suffix('\n').unwrap_or(text);
        let receipt: Self = serde_json::from_str(text).ok()?;
        let sorted = receipt.rows.is_sorted_by(|a, b| a.place() < b.place()) && receipt.shown.is_sorted_by(|a, b| a < b);
        let ours = receipt.v == V && receipt.kind == KIND && sorted;
        (ours && receipt.text().ok()? == text).then_some(receipt)
    }
}

/// What the verifier brings. Nothing of it is taken from the file.
#[derive(Clone, Copy, Debug)]
pub struct Trust<'a> {
    /// The key of the ledger.
    pub key: Option<&'a note::Verifier>,
    /// Where people of the installation use their passkeys.
    pub site: Option<&'a Site>,
    /// SHA-256 of the passkeys that the verifier knows, as hex. None given: those that the ledger says people added.
    pub passkeys: &'a [String],
}

crate::words! {
    /// Which step refuses a receipt: the first that fails.
    Step {
        Form = "form", "it isn't a receipt as Countersign writes one";
        Checkpoint = "checkpoint", "the checkpoint isn't one of your ledger";
        Entry = "entry", "a ledger entry doesn't stand under the checkpoint";
        Row = "row", "a record isn't what its ledger entry commits to";
        Candidate = "candidate", "what was proposed isn't what the ledger has";
        Decision = "decision", "a decision doesn't belong to this change";
        Shown = "shown", "what was on the page isn't what people decided on";
        Enrolment = "enrolment", "a passkey isn't one that the person added before";
        Signature = "signature", "a decision isn't signed by the person's passkey";
        Route = "route", "not everyone whom the route asks for agreed";
        Application = "application", "what was applied isn't what was approved";
    }
}

crate::words! {
    /// What is missing to say that a receipt is valid.
    Missing {
        Key = "key", "the key of the ledger";
        Site = "site", "the address of the installation";
        Signatures = "signatures", "signatures: this route asks for no passkey, so only the server says who decided";
        Shown = "shown", "what was on the page: the text was erased";
    }
}

/// Why a receipt is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}. {why}", step.label())]
pub struct Refusal {
    pub step: Step,
    pub why: String,
}

/// Somebody who approved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Approval {
    pub person: PersonId,
    pub seq: Seq,
    pub at: Timestamp,
    /// Of what is signed: the SHA-256 of the passkey, and the entry that added it.
    pub passkey: Option<(String, Seq)>,
}

/// What a receipt proves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Proven {
    pub change: ChangeId,
    /// Hex SHA-256 of the candidate.
    pub candidate: String,
    pub approvals: Vec<Approval>,
    /// How many the route asks for.
    pub people: u8,
    /// Consents are never signed: that they were given rests on the ledger.
    pub consents: usize,
    pub applied: Option<(Seq, Timestamp)>,
    /// How many entries the checkpoint covers.
    pub checkpoint: u64,
}

/// What a verification comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Valid(Proven),
    /// Nothing contradicts it, and nobody but the server vouches for it.
    Indeterminate(Proven, Vec<Missing>),
    Refused(Refusal),
}

impl Outcome {
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Valid(_) => "valid",
            Self::Indeterminate(..) => "indeterminate",
            Self::Refused(_) => "refused",
        }
    }
}
