//! What the writer really writes verifies offline: signed decisions are valid, others never; the same receipt has the same
//! bytes whenever it is written.

use crate::deciding::{asking, sign, signer, widens, wider};
use crate::support::device::ORIGIN;
use crate::support::world::*;
use crate::support::{at, intact};
use domain::asof::Wanted;
use domain::change::State;
use domain::change::route::Auth;
use domain::ids::ChangeId;
use domain::passkey::Site;
use domain::receipt::{Missing, Outcome, Receipt, Step, Trust, verify};
use service::{Error, changes};
use store::on_both;
use store::testing::Scratch;

async fn receipt(w: &World, change: ChangeId) -> service::Result<Receipt> {
    changes::receipt(&mut at(&w.services, &w.ana, Wanted::Now).await, change).await
}

fn judged(w: &World, receipt: &Receipt) -> Outcome {
    let site = Site::of(ORIGIN).expect("a site");
    let trust = Trust { key: w.services.verifier(), site: Some(&site), passkeys: &[] };
    verify(&receipt.text().expect("text"), &trust)
}

on_both!(the_receipt_of_a_signed_change_is_valid_offline_and_stays_the_same, async |s: &Scratch| {
    let w = asking(s, Auth::Passkey, widens, 2, 3600).await;
    let (eva, max) = (signer(&w, &w.eva, 9).await, signer(&w, &w.max, 10).await);
    let (change, other) = (wider(&w, "tickets").await, wider(&w, "notes").await);
    sign(&w, &w.eva, change, &eva).await.expect("the first");
    assert!(matches!(receipt(&w, change).await, Err(Error::Conflict(why)) if why.contains("isn't approved")));
    sign(&w, &w.max, change, &max).await.expect("the second");
    let approved = receipt(&w, change).await.expect("a receipt");
    let Outcome::Valid(proven) = judged(&w, &approved) else { panic!("{:?}", judged(&w, &approved)) };
    // One person consents, as owner of the identity and of what it reaches.
    assert_eq!((proven.approvals.len(), proven.consents, proven.applied), (2, 2, None));
    s.clock.advance(HOUR);
    work(&w).await;
    assert_eq!(state(&w, change).await, State::Effective);
    let applied = receipt(&w, change).await.expect("a receipt");
    let Outcome::Valid(proven) = judged(&w, &applied) else { panic!("{:?}", judged(&w, &applied)) };
    assert!(proven.applied.is_some() && proven.candidate == page(&w, &w.ana, change).await.candidate_digest);

    // What comes later changes no byte of it.
    sign(&w, &w.eva, other, &eva).await.expect("another one");
    sign(&w, &w.max, other, &max).await.expect("another one");
    let again = receipt(&w, change).await.expect("a receipt");
    assert_eq!(again.text().expect("text"), applied.text().expect("text"));
    // Of another change nothing fits.
    let others = receipt(&w, other).await.expect("a receipt");
    let moved = Receipt { change, ..others.clone() };
    assert!(matches!(judged(&w, &moved), Outcome::Refused(why) if why.step == Step::Candidate));
    let mixed = Receipt { rows: applied.rows.clone(), ..others };
    assert!(matches!(judged(&w, &mixed), Outcome::Refused(_)));
    intact(s).await;
});

on_both!(a_receipt_of_what_nobody_signs_is_never_valid, async |s: &Scratch| {
    let w = asking(s, Auth::None, widens, 1, 0).await;
    let change = wider(&w, "tickets").await;
    approve(&w, &w.eva, change).await.expect("approved");
    work(&w).await;
    let found = receipt(&w, change).await.expect("a receipt");
    let Outcome::Indeterminate(proven, missing) = judged(&w, &found) else { panic!("{:?}", judged(&w, &found)) };
    assert_eq!((proven.approvals.len(), missing), (1, vec![Missing::Signatures]));
    // What nobody has to agree to has one too.
    let quick = propose(
        &w,
        &w.ana,
        &[serde_json::json!({ "op": "suspend", "subject": { "kind": "identity", "id": w.bot }, "cause": "odd calls" })],
    )
    .await;
    work(&w).await;
    let found = receipt(&w, quick).await.expect("a receipt");
    assert!(matches!(judged(&w, &found), Outcome::Indeterminate(..)), "{:?}", judged(&w, &found));
});
