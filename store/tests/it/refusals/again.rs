//! What an application that stands is no leave for: more rows at another entry, rows of another batch, rows behind its end.

use super::*;

// An application stands once for a change, and its rows stand at its own entry.
on_both!(what_was_applied_once_is_no_leave_for_more, async |s: &Scratch| {
    let mut tx = s.db.begin().await.expect("begin");
    let head = head::lock(&mut tx).await.expect("a head");
    head::open_window(&mut tx, head.seq.plus(2)).await.expect("opened");
    let (at, later) = (head.seq.plus(1), head.seq.plus(2));
    let mut first = story();
    let late = first.suspension.take().expect("one");
    let people: Vec<Uuid> = first.people.iter().map(|p| p.id.uuid()).collect();
    rows::insert_anchors(&mut tx, &PERSON_VERSIONS, &people, at).await.expect("people");
    rows::insert_anchors(&mut tx, &CHANGE_VERSIONS, &[Uuid::from_u128(50)], at).await.expect("a change");
    for row in first.rows() {
        rows::insert(&mut tx, row.table, &[&row], at).await.expect("legal");
    }
    let row = late.open();
    let refused = rows::insert(&mut tx, row.table, &[&row], later).await.expect_err("a later row").to_string();
    assert!(refused.contains("by nothing else"), "{refused}");
    let _ = tx.rollback().await;
});

/// Inserts a record of the baseline at an entry after the one that holds the application; what the database says.
async fn batched(s: &Scratch, of: Option<BatchId>, row: Option<BatchId>, ended: bool) -> Result<(), String> {
    let mut tx = s.db.begin().await.expect("begin");
    let head = head::lock(&mut tx).await.expect("a head");
    head::open_window(&mut tx, head.seq.plus(2)).await.expect("opened");
    let (at, later) = (head.seq.plus(1), head.seq.plus(2));
    let mut first = story();
    let late = first.suspension.take().expect("one");
    first.application.as_mut().expect("one").batch = of;
    let people: Vec<Uuid> = first.people.iter().map(|p| p.id.uuid()).collect();
    rows::insert_anchors(&mut tx, &PERSON_VERSIONS, &people, at).await.expect("people");
    rows::insert_anchors(&mut tx, &CHANGE_VERSIONS, &[Uuid::from_u128(50)], at).await.expect("a change");
    rows::insert_anchors(&mut tx, &IDENTITY_VERSIONS, &[Uuid::from_u128(7)], at).await.expect("an identity");
    for row in first.rows() {
        rows::insert(&mut tx, row.table, &[&row], at).await.expect("legal");
    }
    for batch in [of, row].into_iter().flatten().collect::<std::collections::BTreeSet<_>>() {
        let begun = Batch { id: batch, seq: Seq::ZERO, source_id: None }.open();
        rows::insert(&mut tx, begun.table, &[&begun], at).await.expect("begun");
        if ended {
            let end = BatchEnd::new(batch, Outcome::Live).open();
            rows::insert(&mut tx, end.table, &[&end], at).await.expect("ended");
        }
    }
    let record = Record {
        batch: row,
        name: Some("bot".to_owned()),
        origin: late.origin,
        author_kind: late.author_kind,
        author_id: late.author_id,
        approver_kind: late.approver_kind,
        approver_id: late.approver_id,
        applier_kind: late.applier_kind,
        change_id: late.change_id,
        self_evidence: late.self_evidence,
        ..Record::new(id(7), Plane::Baseline)
    };
    let row = record.open();
    let outcome = rows::insert(&mut tx, row.table, &[&row], later).await.map(drop).map_err(|e| e.to_string());
    let _ = tx.rollback().await;
    outcome
}

on_both!(a_batch_goes_into_the_baseline_under_its_own_application_and_until_its_end, async |s: &Scratch| {
    let (one, two) = (Some(id(110)), Some(id(111)));
    assert_eq!(batched(s, one, one, false).await, Ok(()));
    for (what, of, row, ended) in [
        ("the batch of no application", None, one, false),
        ("the batch of another application", two, one, false),
        ("a row of no batch", one, None, false),
        ("a batch that lives", one, one, true),
    ] {
        let refused = batched(s, of, row, ended).await.expect_err(what);
        assert!(refused.contains("by nothing else"), "{what}: {refused}");
    }
});
