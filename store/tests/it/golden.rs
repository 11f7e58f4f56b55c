//! What was written under the schema of its day verifies under every later one: a column that came later is covered
//! where it holds something, and an archive that was kept loads and verifies. `UPDATE_GOLDEN=1` keeps one of today.

use crate::support;
use crate::tamper::{defenceless, names, run};
use domain::facts::ColumnKind;
use domain::ports::Ids;
use domain::seq::Seq;
use sqlx::Executor;
use std::path::{Path, PathBuf};
use store::engine::archive;
use store::engine::db::{Db, Tx};
use store::engine::rows::Row;
use store::engine::table::{Column, Table};
use store::engine::verify::{self, Report};
use store::testing::Scratch;
use store::{on_both, tables};

/// Settings as a later version declares them, with one column more.
fn with_a_later_column() -> &'static Table {
    let today = tables::named("setting_versions").expect("declared");
    let mut columns = today.columns.to_vec();
    columns.push(Column {
        name: "later",
        kind: ColumnKind::Text,
        nullable: true,
        words: None,
        redactable: false,
        later: true,
        target: None,
    });
    Box::leak(Box::new(Table { columns: Vec::leak(columns), ..*today }))
}

async fn check(s: &Scratch, tx: &mut Tx, tables: &[&'static Table]) -> Report {
    verify::verify_in(tx, tables, &[s.signer.verifier()], &[]).await.expect("verify runs")
}

async fn check_all(s: &Scratch, tables: &[&'static Table]) -> Report {
    let mut tx = s.db.snapshot().await.expect("a snapshot");
    let report = check(s, &mut tx, tables).await;
    tx.rollback().await.expect("closed");
    report
}

on_both!(a_column_that_came_later_is_covered_where_it_holds_something, async |s: &Scratch| {
    let writer = s.writer();
    support::world(s, &writer).await;
    let added = match &s.db {
        Db::Sqlite { write, .. } => write.execute("ALTER TABLE setting_versions ADD COLUMN later TEXT").await.map(|_| ()),
        Db::Postgres(pool) => pool.execute("ALTER TABLE setting_versions ADD COLUMN later TEXT COLLATE \"C\"").await.map(|_| ()),
    };
    added.expect("a column more");
    let later = with_a_later_column();
    let tables: Vec<&'static Table> = tables::all().into_iter().map(|t| if t.name == later.name { later } else { t }).collect();
    assert_eq!(check_all(s, &tables).await.findings, [], "what stood before the column");

    let id = s.ids.next();
    let mut c = support::command("test.later");
    c.anchors.push((later, id));
    c.opens.push(Row::new(later, vec![id.into(), "late".into(), "x".into(), "said later".into()]));
    writer.write(c).await.expect("written");
    assert_eq!(check_all(s, &tables).await.findings, [], "what was written with the column");

    for text in [
        "UPDATE setting_versions SET later = 'something else' WHERE key = 'late'",
        "UPDATE setting_versions SET later = NULL WHERE key = 'late'",
        "UPDATE setting_versions SET later = 'said later' WHERE key <> 'late'",
        "UPDATE setting_versions SET later = '' WHERE key <> 'late'",
    ] {
        let mut tx = defenceless(s).await;
        run(&mut tx, text.to_owned()).await;
        let report = check(s, &mut tx, &tables).await;
        assert!(names(&report, "setting_versions"), "{text}: {:?}", report.findings);
        tx.rollback().await.expect("rollback");
    }
});

/// Keeps the small world of the tests as an archive, named by the newest migration.
async fn keep(folder: &Path) {
    let s = Scratch::sqlite().await;
    let writer = s.writer();
    support::world(&s, &writer).await;
    let mut text = String::new();
    let mut tx = s.db.snapshot().await.expect("a snapshot");
    archive::dump(&mut tx, |line| {
        text.push_str(line);
        text.push('\n');
        Ok(())
    })
    .await
    .expect("dumped");
    tx.rollback().await.expect("closed");
    std::fs::create_dir_all(folder).expect("a folder");
    let name = format!("schema-{}.archive", Db::built_for().expect("a migration"));
    std::fs::write(folder.join(name), text).expect("kept");
    s.finish().await;
}

fn kept(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok).map(|e| e.path());
    let mut archives: Vec<PathBuf> = entries.filter(|p| p.extension().is_some_and(|e| e == "archive")).collect();
    archives.sort();
    archives
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_archive_that_was_kept_loads_and_verifies() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        keep(folder).await;
    }
    let kept = kept(folder);
    assert!(!kept.is_empty(), "no archive is kept: UPDATE_GOLDEN=1 keeps one");
    for path in kept {
        let text = std::fs::read_to_string(&path).expect("an archive");
        for s in [Scratch::sqlite().await, Scratch::postgres().await] {
            let mut tx = s.db.begin().await.expect("begin");
            let loaded = archive::load(&mut tx, text.lines().map(|l| Ok(l.to_owned()))).await;
            assert!(loaded.as_ref().is_ok_and(|l| l.entries > Seq::ZERO && l.rows > 0), "{}: {loaded:?}", path.display());
            tx.commit().await.expect("loaded");
            // Checkpoints that another installation signed count for what they say, not for who says it.
            let ours = text.contains("\u{2014} countersign.test ");
            let verifiers = if ours { vec![s.signer.verifier()] } else { vec![] };
            let report = verify::verify(&s.db, &verifiers, &[]).await.expect("verify runs");
            assert_eq!(report.findings, [], "{} on {:?}", path.display(), s.db.engine());
            s.finish().await;
        }
    }
}
