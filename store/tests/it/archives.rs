//! An archive that somebody altered, and made whole again with a new digest at its end, is refused or named after it is
//! loaded, whatever of it was altered.

use crate::support;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use store::engine::archive;
use store::engine::db::{Engine, Tx};
use store::engine::verify;
use store::testing::Scratch;
use store::{on_both, tables};

async fn dumped(s: &Scratch) -> Vec<Json> {
    let mut lines = Vec::new();
    let mut tx = s.db.snapshot().await.expect("a snapshot");
    let taken = archive::dump(&mut tx, |line| {
        lines.push(serde_json::from_str(line).expect("JSON"));
        Ok(())
    });
    taken.await.expect("dumped");
    tx.rollback().await.expect("closed");
    lines.pop();
    lines
}

/// With the end that whoever altered it writes: the archive is whole.
fn ended(lines: &[Json]) -> Vec<String> {
    let mut digest = Sha256::new();
    let mut out: Vec<String> = lines.iter().map(Json::to_string).collect();
    for line in &out {
        digest.update(line.as_bytes());
        digest.update(b"\n");
    }
    let rows = lines.iter().filter(|l| l["table"].is_string()).count();
    out.push(json!({ "end": hex::encode(digest.finalize()), "rows": rows }).to_string());
    out
}

/// True where nobody would notice.
async fn passes(s: &Scratch, tx: &mut Tx, lines: &[Json]) -> bool {
    if archive::load(tx, ended(lines).into_iter().map(Ok)).await.is_err() {
        return false;
    }
    verify::verify_in(tx, &tables::all(), &[s.signer.verifier()], &[]).await.is_ok_and(|r| r.findings.is_empty())
}

/// Another value of the kind that stands there.
fn altered(cell: &Json) -> Json {
    match cell {
        Json::Null => json!("000000000000000000000000000000ff"),
        Json::Number(n) => json!(n.as_i64().map_or(7, |n| if n > 1 << 40 { 7 } else { n + 1 })),
        Json::String(t) if t.len() == 32 && t.bytes().all(|b| b.is_ascii_hexdigit()) => json!("000000000000000000000000000000ff"),
        Json::String(t) if t.bytes().all(|b| b.is_ascii_hexdigit()) => json!(format!("{t}00")),
        Json::String(t) => json!(format!("{t}x")),
        other => other.clone(),
    }
}

/// Every way to alter one line: each of its cells, and the line gone.
fn ways(lines: &[Json], at: usize) -> Vec<(String, Vec<Json>)> {
    let with = |change: &dyn Fn(&mut Json)| {
        let mut all = lines.to_vec();
        change(&mut all[at]);
        all
    };
    let mut out = vec![("gone".to_owned(), [&lines[..at], &lines[at + 1..]].concat())];
    for part in ["row", "span", "entry", "manifest", "checkpoint"] {
        for cell in 0..lines[at][part].as_array().map_or(0, Vec::len) {
            out.push((format!("{part} {cell}"), with(&|line| line[part][cell] = altered(&line[part][cell]))));
        }
    }
    for part in ["installation", "epoch", "head", "at", "frontier"].iter().filter(|p| at == 0 && !lines[0][**p].is_null()) {
        out.push(((*part).to_owned(), with(&|line| line[*part] = altered(&line[*part]))));
    }
    if lines[at]["digest"].is_string() {
        out.push(("digest".to_owned(), with(&|line| line["digest"] = altered(&line["digest"]))));
    }
    out
}

on_both!(an_archive_that_was_altered_is_refused_or_named, async |s: &Scratch| {
    support::world_with_a_past(s, &s.writer()).await;
    let lines = dumped(s).await;
    let into = if s.db.engine() == Engine::Sqlite { Scratch::sqlite().await } else { Scratch::postgres().await };
    let mut tx = into.db.begin().await.expect("begin");
    assert!(passes(s, &mut tx, &lines).await, "as it was dumped");
    tx.rollback().await.expect("rollback");
    // One line of each kind: a table's open and closed rows, an anchor, an entry, a manifest, a checkpoint.
    let mut seen = HashSet::new();
    let (mut tried, mut unnamed) = (0, Vec::new());
    for at in 0..lines.len() {
        let kind = lines[at].as_object().expect("an object").keys().next().cloned().unwrap_or_default();
        let open = lines[at]["span"][1].as_i64() == Some(i64::MAX);
        if !seen.insert((kind.clone(), lines[at]["table"].to_string(), lines[at]["anchor"].to_string(), open)) {
            continue;
        }
        for (n, (way, altered)) in ways(&lines, at).into_iter().enumerate() {
            // A database that is asked over a connection takes its time: there every fourth.
            if s.db.engine() == Engine::Postgres && !(at + n).is_multiple_of(4) {
                continue;
            }
            tried += 1;
            let mut tx = into.db.begin().await.expect("begin");
            if altered != lines && passes(s, &mut tx, &altered).await {
                unnamed.push(format!("{way} of {}", lines[at]));
            }
            tx.rollback().await.expect("rollback");
        }
    }
    assert!(unnamed.is_empty(), "{} of {tried} unnamed:\n{}", unnamed.len(), unnamed.join("\n"));
    assert!(tried > 150, "{tried}");
    // What no archive holds gets into no door by one.
    for planted in ["sessions", "setup_links", "jobs", "ledger_head"] {
        let line = json!({ "table": planted, "span": [1, 1], "digest": "", "row": [] });
        let mut tx = into.db.begin().await.expect("begin");
        let loaded = archive::load(&mut tx, ended(&[&lines[..], &[line]].concat()).into_iter().map(Ok)).await;
        assert!(loaded.is_err_and(|e| e.to_string().contains("no archive")), "{planted}");
        tx.rollback().await.expect("rollback");
    }
    into.finish().await;
});
