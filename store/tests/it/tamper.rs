//! Whoever changes the database behind the ledger's back is found, and the row is named: one byte of any
//! column of any row, rows deleted, inserted, swapped, reopened, replaced, the tail cut off.

use crate::support;
use domain::note::{Checkpoint, Signer};
use domain::restored::{self, Noted};
use domain::seq::Seq;
use sqlx::Executor;
use store::engine::db::{Db, Engine, Tx};
use store::engine::rows;
use store::engine::table::Declared;
use store::engine::verify::{self, Report};
use store::people::ROLE_ASSIGNMENTS;
use store::testing::Scratch;
use store::{on, on_both, tables};

/// Opens a transaction in which nothing of the schema defends itself any more.
pub async fn defenceless(s: &Scratch) -> Tx {
    let mut tx = s.db.begin().await.expect("begin");
    match tx.engine() {
        Engine::Sqlite => {
            for text in ["PRAGMA defer_foreign_keys = ON", "PRAGMA ignore_check_constraints = ON"] {
                tx.execute(text).await.expect(text);
            }
            let names: Vec<String> =
                on!(&mut tx, c => sqlx::query_scalar("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetch_all(c).await)
                    .expect("triggers");
            for name in names {
                run(&mut tx, format!("DROP TRIGGER {name}")).await;
            }
        }
        Engine::Postgres => {
            tx.execute("SET LOCAL session_replication_role = replica").await.expect("superuser");
            run(&mut tx, "DO $$ DECLARE r record; BEGIN FOR r IN SELECT conname, conrelid::regclass AS t FROM pg_constraint WHERE contype = 'c' AND connamespace = 'public'::regnamespace LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', r.t, r.conname); END LOOP; END $$".to_owned()).await;
        }
    }
    tx
}

pub async fn run(tx: &mut Tx, text: String) {
    on!(tx, c => { c.execute(sqlx::AssertSqlSafe(text.clone())).await.unwrap_or_else(|e| panic!("{text}: {e}")); });
}

async fn check(s: &Scratch, tx: &mut Tx) -> Report {
    verify::verify_in(tx, &tables::all(), &[s.signer.verifier()], &[]).await.expect("verify runs")
}

pub fn names(report: &Report, table: &str) -> bool {
    report.findings.iter().any(|f| f.table == table)
}

on_both!(an_untouched_store_is_intact, async |s: &Scratch| {
    let writer = s.writer();
    support::world(s, &writer).await;
    let report = verify::verify(&s.db, &[s.signer.verifier()], &[]).await.expect("verify runs");
    assert_eq!(report.findings, []);
    assert!(report.rows > 30 && report.entries > Seq(30), "{report:?}");
});

on_both!(rows_deleted_inserted_swapped_and_reopened_are_named, async |s: &Scratch| {
    let writer = s.writer();
    support::world(s, &writer).await;
    for table in tables::all().into_iter().filter(|t| t.is_committed()) {
        let mut tx = defenceless(s).await;
        run(&mut tx, format!("DELETE FROM {}", table.name)).await;
        let report = check(s, &mut tx).await;
        assert!(names(&report, table.name), "deleted {}: {:?}", table.name, report.findings);
        tx.rollback().await.expect("rollback");
    }
    let cases = [
        ("role_assignments", "UPDATE role_assignments SET until = 9223372036854775807", "reopened"),
        ("grants", "UPDATE grants SET until = 20", "closed"),
        ("sources", "DELETE FROM sources", "agree"),
        ("ledger", "DELETE FROM ledger WHERE seq = 9", "missing"),
    ];
    for (table, text, what) in cases {
        let mut tx = defenceless(s).await;
        run(&mut tx, text.to_owned()).await;
        let report = check(s, &mut tx).await;
        assert!(report.findings.iter().any(|f| f.table == table && f.what.contains(what)), "{text}: {:?}", report.findings);
        tx.rollback().await.expect("rollback");
    }
});

on_both!(a_forged_row_with_a_fitting_digest_is_still_found, async |s: &Scratch| {
    let writer = s.writer();
    support::world(s, &writer).await;
    let mut tx = defenceless(s).await;
    // A forger who knows the row encoding and even an existing entry's number.
    let id = uuid::Uuid::from_u128(0xff);
    let person: uuid::Uuid = on!(&mut tx, c => sqlx::query_scalar("SELECT id FROM people LIMIT 1").fetch_one(c).await).expect("person");
    let row = rows::Row::new(&ROLE_ASSIGNMENTS, vec![id.into(), person.into(), "admin".into(), "organisation".into(), "".into()]);
    rows::insert(&mut tx, &ROLE_ASSIGNMENTS, &[&row], Seq(4)).await.expect("inserted");
    let report = check(s, &mut tx).await;
    assert!(
        report.findings.iter().any(|f| f.table == "role_assignments" && f.seq == Seq(4) && f.what.contains("added")),
        "{:?}",
        report.findings
    );
    tx.rollback().await.expect("rollback");
});

/// Where rows are read as text, what text hides must not hide.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sqlite_what_no_json_shows_is_named_too() {
    let s = Scratch::sqlite().await;
    let writer = s.writer();
    support::world(&s, &writer).await;
    for value in ["via_name || char(0) || 'x'", "via_name || char(0)", "CAST(x'ff' AS TEXT)", "via_name || char(55296)"] {
        let mut tx = defenceless(&s).await;
        run(&mut tx, format!("UPDATE grants SET via_name = {value}")).await;
        let report = check(&s, &mut tx).await;
        assert!(names(&report, "grants"), "{value}: {:?}", report.findings);
        tx.rollback().await.expect("rollback");
    }
    for value in ["payload || char(0) || 'x'", "payload || char(0)", "payload || ' '", "CAST(x'ff' AS TEXT)"] {
        let mut tx = defenceless(&s).await;
        run(&mut tx, format!("UPDATE ledger SET payload = {value} WHERE seq = 2")).await;
        let report = check(&s, &mut tx).await;
        assert!(report.findings.iter().any(|f| f.table == "ledger" && f.seq == Seq(2)), "{value}: {:?}", report.findings);
        tx.rollback().await.expect("rollback");
    }
    s.finish().await;
}

on_both!(a_table_of_many_pages_is_read_to_its_end, async |s: &Scratch| {
    let writer = s.writer();
    support::world(s, &writer).await;
    for n in 0..45i64 {
        let mut c = support::command("test.many");
        c.opens = (0..50).map(|i| support::setting(s, n * 50 + i)).collect();
        c.anchors = c.opens.iter().map(|r| (r.table, support::id_of(r))).collect();
        writer.write(c).await.expect("written");
    }
    let mut tx = defenceless(s).await;
    assert_eq!(check(s, &mut tx).await.findings, []);
    run(&mut tx, "DELETE FROM setting_versions WHERE key = 'many.1234'".to_owned()).await;
    let report = check(s, &mut tx).await;
    assert!(names(&report, "setting_versions"), "{:?}", report.findings);
    tx.rollback().await.expect("rollback");
    if s.db.engine() == Engine::Sqlite {
        // A row whose id is no id, far behind the first page: it must not be taken for one that was read.
        let mut tx = defenceless(s).await;
        run(&mut tx, "PRAGMA defer_foreign_keys = ON".to_owned()).await;
        let forged = "INSERT INTO settings (id, created_seq) SELECT x'ff00112233445566778899aabbccddee00', 5";
        run(&mut tx, forged.to_owned()).await;
        let row = "INSERT INTO setting_versions (since, id, key, value, row_digest) SELECT 5, x'ff00112233445566778899aabbccddee00', 'k', 'v', row_digest FROM setting_versions LIMIT 1";
        run(&mut tx, row.to_owned()).await;
        let report = check(s, &mut tx).await;
        assert!(names(&report, "setting_versions"), "{:?}", report.findings);
        tx.rollback().await.expect("rollback");
    }
});

on_both!(a_cut_tail_is_found_by_a_checkpoint_that_left_the_machine, async |s: &Scratch| {
    let writer = s.writer();
    support::world(s, &writer).await;
    let note = writer.checkpoints().borrow().clone().expect("a checkpoint");
    let outside = Checkpoint::parse(s.signer.verifier().open(&note).expect("signed")).expect("checkpoint");
    let kept = |signer: &Signer, c: &Checkpoint| {
        let note = signer.sign(&c.to_text());
        ("elsewhere".to_owned(), Noted::read(note, restored::log_of(&c.origin)).expect("a note"))
    };
    let found = async |notes: &[(String, Noted)]| {
        let report = verify::verify(&s.db, &[s.signer.verifier()], notes).await.expect("verify runs");
        report.findings.into_iter().map(|f| f.what).collect::<Vec<_>>()
    };
    let whole = kept(&s.signer, &outside);
    assert_eq!(found(std::slice::from_ref(&whole)).await, [""; 0]);
    // The store as it was before its last entry: consistent in itself.
    let older = kept(&s.signer, &Checkpoint { size: outside.size + 3, ..outside.clone() });
    assert!(found(std::slice::from_ref(&older)).await[0].starts_with("3 entries after"));
    // One that contradicts is found among any number that agree, ahead of them and behind; not where nobody known signed it.
    let forked = Checkpoint { size: outside.size - 2, root: [1; 32], ..outside };
    let said = found(&[whole.clone(), kept(&s.signer, &forked), whole.clone()]).await;
    assert!(said.len() == 1 && said[0].contains("are not the ones") && said[0].contains("1 of 2"), "{said:?}");
    let stranger = Signer::new(s.signer.name(), &[99; 32]).expect("a name");
    assert_eq!(found(&[whole, kept(&stranger, &forked)]).await, [""; 0]);
});

on_both!(the_schema_itself_refuses_to_change_what_is_recorded, async |s: &Scratch| {
    let writer = s.writer();
    support::world(s, &writer).await;
    for table in tables::all().into_iter().filter(|t| t.is_committed()) {
        let digest = "UPDATE {} SET row_digest = 'x'".replace("{}", table.name);
        for text in [digest, format!("DELETE FROM {}", table.name)] {
            assert!(refused(&s.db, &text).await, "{text} passed");
        }
    }
    for text in [
        "UPDATE ledger SET verb = 'x'",
        "DELETE FROM ledger",
        "DELETE FROM checkpoints",
        "DELETE FROM ledger_rows",
        "UPDATE people SET created_seq = 1",
        "DELETE FROM identities",
        "UPDATE role_assignments SET until = 9223372036854775807",
        "UPDATE grants SET until = 3",
    ] {
        assert!(refused(&s.db, text).await, "{text} passed");
    }
    if s.db.engine() == Engine::Sqlite {
        let replace = "INSERT OR REPLACE INTO ledger SELECT seq, at, actor_kind, actor_id, 'forged', subject_kind, subject_id, change_id, payload, facts, leaf_hash FROM ledger WHERE seq = 3";
        assert!(refused(&s.db, replace).await, "INSERT OR REPLACE passed");
    } else {
        assert!(refused(&s.db, "TRUNCATE ledger").await, "TRUNCATE passed");
        assert!(refused(&s.db, "TRUNCATE grants CASCADE").await, "TRUNCATE passed");
    }
});

async fn refused(db: &Db, text: &str) -> bool {
    match db {
        Db::Sqlite { write, .. } => write.execute(sqlx::AssertSqlSafe(text.to_owned())).await.is_err(),
        Db::Postgres(pool) => pool.execute(sqlx::AssertSqlSafe(text.to_owned())).await.is_err(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres_the_serving_role_writes_entries_and_changes_nothing_else() {
    let s = Scratch::postgres().await;
    let Db::Postgres(owner) = &s.db else { panic!("Postgres") };
    let role = format!("serving_{}", std::process::id());
    owner.execute(sqlx::AssertSqlSafe(format!("CREATE ROLE {role} LOGIN"))).await.expect("a role");
    s.db.grant_runtime(&role).await.expect("granted");
    let url = s.url.replacen("postgres@", &format!("{role}@"), 1);
    let serving = Db::open(&url).await.expect("opens");
    let writer = store::engine::writer::Writer::start(serving.clone(), s.clock.clone(), Some(s.signer.clone()));
    support::world(&s, &writer).await;
    for text in [
        "UPDATE grants SET via_name = 'x'",
        "DELETE FROM grants",
        "UPDATE ledger SET verb = 'x'",
        "DELETE FROM ledger",
        "ALTER TABLE grants DISABLE TRIGGER ALL",
        "DROP TRIGGER grants_update ON grants",
        "CREATE TABLE x (y INT)",
        "UPDATE identities SET created_seq = 1",
        "TRUNCATE ledger",
        "UPDATE counts SET n = 0",
    ] {
        assert!(refused(&serving, text).await, "{text} passed");
    }
    let report = verify::verify(&serving, &[s.signer.verifier()], &[]).await.expect("verify runs");
    assert_eq!(report.findings, []);
    serving.close().await;
    owner.execute(sqlx::AssertSqlSafe(format!("DROP OWNED BY {role}; DROP ROLE {role}"))).await.expect("gone");
    s.finish().await;
}

on_both!(the_database_refuses_roles_that_exclude_each_other, async |s: &Scratch| {
    use domain::permission::{HeldRole, Role, excludes};
    use store::people::{Assignment, Person};
    let writer = s.writer();
    for first in Role::ALL {
        for second in Role::ALL.iter().filter(|r| *r != first) {
            let person: domain::ids::PersonId = s.ids.make();
            let mut c = support::command("person.added");
            let row = Person::new(person, "n", "e", &person.to_string(), &[1u8; 16], domain::person::State::Active);
            c.add(person.uuid(), row);
            c.opens.push(Assignment::new(s.ids.make(), person, HeldRole::everywhere(*first)).open());
            writer.write(c).await.expect("one role");
            let mut c = support::command("person.role_given");
            c.opens.push(Assignment::new(s.ids.make(), person, HeldRole::everywhere(*second)).open());
            let second_given = writer.write(c).await;
            assert_eq!(second_given.is_err(), excludes(*first, *second), "{first:?} and {second:?}: {second_given:?}");
        }
    }
});
