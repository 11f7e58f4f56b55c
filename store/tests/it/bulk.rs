//! Tables that take millions keep nothing, on SQLite, to undo a statement alone: what is refused there undoes its whole
//! command, whatever it is refused for and however late that is found, and the writer goes on.

use crate::support;
use domain::facts::Value;
use domain::ports::Ids;
use store::engine::rows::Row;
use store::engine::verify;
use store::testing::Scratch;
use store::{on, on_both, tables};

async fn grants(s: &Scratch) -> i64 {
    let mut tx = s.db.snapshot().await.expect("a snapshot");
    let n = on!(&mut tx, c => sqlx::query_scalar::<_, i64>("SELECT COUNT(*) FROM grants").fetch_one(c).await.expect("counted"));
    tx.rollback().await.expect("closed");
    n
}

on_both!(of_a_command_with_a_grant_that_is_refused_nothing_is_stored, async |s: &Scratch| {
    let writer = s.writer();
    let known = support::world(s, &writer).await;
    let table = tables::named("grants").expect("declared");
    let grant = |key: &str, column: &str, value: Value| -> Row {
        let mut row = support::another(table, s.ids.as_ref(), &known);
        for (name, value) in [("match_key", key.into()), (column, value)] {
            row.values[table.position(name).expect("a column")] = value;
        }
        row
    };
    let before = grants(s).await;
    for (why, bent) in [
        ("it points nowhere", grant("b", "identity_id", s.ids.next().into())),
        ("its path is no word", grant("b", "via", "nothing".into())),
        ("its key is open", grant("a", "via_name", "x".into())),
        ("its id is there", grant("b", "id", known["grants"].into())),
        ("no change applies it", grant("b", "plane", "baseline".into())),
    ] {
        let mut c = support::command("test.refused");
        c.opens = vec![grant("a", "via_name", "x".into()), bent];
        assert!(writer.write(c).await.is_err(), "{why}");
        assert_eq!(grants(s).await, before, "{why}");
    }
    let mut c = support::command("test.written");
    c.opens = vec![grant("a", "via_name", "x".into())];
    writer.write(c).await.expect("the writer goes on");
    assert_eq!(grants(s).await, before + 1);
    let report = verify::verify(&s.db, &[s.signer.verifier()], &[]).await.expect("verify runs");
    assert_eq!(report.findings, []);
});
