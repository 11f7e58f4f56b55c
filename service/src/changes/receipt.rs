//! The receipt of an approved change: what its decisions rest on, each row with its proof, under the first checkpoint that
//! covers all of it, so that the same receipt is written today and next year. Judging one is `domain::receipt`'s.

use super::read::own_of_a_token;
use crate::aside::aside;
use crate::{Error, Read, Result};
use domain::change::State;
use domain::ids::{BlobId, ChangeId};
use domain::merkle;
use domain::passkey::Evidence;
use domain::permission::Action;
use domain::receipt::{Leaf, Receipt, Row};
use domain::seq::Seq;
use std::collections::BTreeSet;
use store::changes::applications;
use store::changes::verdicts::{self, Consent, Decision};
use store::changes::{self, Candidate, Change};
use store::engine::db::Tx;
use store::engine::table::Declared;
use store::people::authenticators_at;
use store::{blobs, ledger};

/// How many entries are read at a time.
const ENTRIES: usize = 50;

/// True of a change that has a receipt: its route was complete.
pub fn has_receipt(state: State) -> bool {
    use State::{Applying, Approved, Effective, Failed, Reported, RolledBack};
    matches!(state, Approved | Applying | Reported | Effective | RolledBack | Failed)
}

/// The receipt of a change as of the reader's position.
pub async fn receipt(read: &mut Read, id: ChangeId) -> Result<Receipt> {
    read.authorise(Action::ReadChanges)?;
    own_of_a_token(read, id).await?;
    let seq = read.seq();
    let change = changes::by_id(read.tx(), id, seq).await?.ok_or(Error::NotFound("change"))?;
    if !has_receipt(change.state) {
        return Err(Error::Conflict("Only an approved change has a receipt. This one isn't approved.".to_owned()));
    }
    let said = Said::read(read.tx(), &change, seq).await?;
    let rows = said.rows(read.tx()).await?;
    let shown = said.shown(read.tx()).await?;
    let (entries, checkpoint) = proven(read.tx(), rows.iter().map(|row| row.seq).collect()).await?;
    Ok(Receipt::new(id, rows, shown, entries, checkpoint))
}

/// What there is of the candidate in force.
struct Said {
    candidate: Candidate,
    /// The version of the change that came with the candidate.
    version: Change,
    decisions: Vec<Decision>,
    consents: Vec<Consent>,
    application: Option<applications::Application>,
}

fn internal(what: &str) -> Error {
    Error::Internal(format!("a receipt: {what}"))
}

async fn carried<R: Declared>(tx: &mut Tx, row: R) -> Result<Row> {
    ledger::proven::row(tx, row).await?.ok_or_else(|| internal("an entry does not name its row"))
}

impl Said {
    async fn read(tx: &mut Tx, change: &Change, seq: Seq) -> Result<Self> {
        let candidate = changes::candidate(tx, change.candidate_id).await?.ok_or_else(|| internal("no candidate"))?;
        let versions = changes::versions_of(tx, change.id, seq).await?;
        let version = versions.into_iter().find(|v| v.since == candidate.since).ok_or_else(|| internal("no version"))?;
        let mut decisions = verdicts::decisions_of(tx, change.id, seq).await?;
        decisions.retain(|d| d.candidate_id == candidate.id);
        let mut consents = verdicts::consents_of(tx, change.id, seq).await?;
        consents.retain(|c| c.candidate_id == candidate.id);
        // What is written over several entries stands once all of them do: a change that failed on the way was not applied.
        let stands = |a: &applications::Application| a.batch.is_none() || matches!(change.state, State::Effective | State::RolledBack);
        let application = applications::of_change(tx, change.id, seq).await?.filter(stands);
        Ok(Self { candidate, version, decisions, consents, application })
    }

    async fn rows(&self, tx: &mut Tx) -> Result<Vec<Row>> {
        let mut rows = vec![carried(tx, self.candidate.clone()).await?, carried(tx, self.version.clone()).await?];
        let mut passkeys = BTreeSet::new();
        for decision in &self.decisions {
            rows.push(carried(tx, decision.clone()).await?);
            let Some(signed) = decision.assertion.as_deref().and_then(Evidence::parse) else { continue };
            let held = authenticators_at(tx, decision.person_id, decision.seq).await?;
            if let Some(row) = held.into_iter().find(|row| row.id == signed.authenticator && passkeys.insert(row.id)) {
                rows.push(carried(tx, row).await?);
            }
        }
        for consent in &self.consents {
            rows.push(carried(tx, consent.clone()).await?);
        }
        if let Some(application) = self.application.clone() {
            rows.push(carried(tx, application).await?);
        }
        Ok(rows)
    }

    /// What was on the page whenever somebody decided; what was erased is left out.
    async fn shown(&self, tx: &mut Tx) -> Result<Vec<String>> {
        let of_decisions = self.decisions.iter().map(|d| d.shown_id);
        let all: BTreeSet<BlobId> = of_decisions.chain(self.consents.iter().map(|c| c.shown_id)).collect();
        let mut out = Vec::new();
        for blob in all {
            if let Some(Some(bytes)) = blobs::read(tx, blob).await? {
                out.push(String::from_utf8(bytes).map_err(|_| internal("what was shown is no text"))?);
            }
        }
        Ok(out)
    }
}

/// The entries at some positions with their proofs, and the first checkpoint that covers them.
async fn proven(tx: &mut Tx, positions: BTreeSet<Seq>) -> Result<(Vec<Leaf>, String)> {
    let positions: Vec<Seq> = positions.into_iter().collect();
    let last = positions.last().copied().unwrap_or(Seq::ZERO);
    let checkpoint = ledger::first_checkpoint_with(tx, last).await?.ok_or(Error::NotFound("checkpoint"))?;
    let leaves = ledger::leaves(tx, checkpoint.seq).await?;
    let places: Vec<usize> = positions.iter().filter_map(|seq| usize::try_from(seq.get() - 1).ok()).collect();
    let paths = aside(|| merkle::inclusion_proofs(&leaves, &places)).ok_or_else(|| internal("an entry outside its checkpoint"))?;
    let mut stored = Vec::new();
    for some in positions.chunks(ENTRIES) {
        stored.extend(ledger::entries(tx, some).await?);
    }
    let leaf = |(stored, path): (ledger::Stored, Vec<merkle::Hash>)| Leaf {
        leaf: stored.entry.leaf_text(),
        path: path.iter().map(hex::encode).collect(),
    };
    Ok((stored.into_iter().zip(paths).map(leaf).collect(), checkpoint.note))
}
