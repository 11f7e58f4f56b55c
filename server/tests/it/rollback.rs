//! What somebody with the database and its keys tries: an older copy in place of the newest, an entry rewritten and signed
//! again, sinks that are gone or cut. Each is found by what left the store, stored, and stays until it is accepted.

use domain::ledger::{Actor, ActorKind, Entry};
use domain::merkle::{Frontier, Hash};
use domain::note::{Checkpoint, Signer};
use domain::permission::Role;
use domain::seq::Seq;
use domain::time::Timestamp;
use serde_json::{Value, json};
use server::config::{Config, Flags};
use server::{compose, sinks};
use service::restored::{self, Offer};
use service::tokens::{self, Wish};
use service::{Act, Error, Principal, Read, Services, ledger, people};
use std::path::{Path, PathBuf};
use store::engine::archive;
use store::on_both;
use store::testing::Scratch;
use tempfile::TempDir;
use uuid::Uuid;

pub const PASSWORD: &str = "a long enough sentence";
const FILE: &str = "countersign.checkpoints";

/// A data directory and a sink, over whichever database.
pub struct Place {
    pub data: TempDir,
    pub sink: TempDir,
}

impl Place {
    pub fn new() -> Self {
        Self { data: tempfile::tempdir().expect("a folder"), sink: tempfile::tempdir().expect("a folder") }
    }

    pub fn config(&self, s: &Scratch, with_sink: bool) -> Config {
        let checkpoint_sink: Vec<PathBuf> = with_sink.then(|| self.sink.path().to_path_buf()).into_iter().collect();
        let data_dir = Some(self.data.path().to_path_buf());
        Config::load(&Flags { database_url: Some(s.url.clone()), data_dir, checkpoint_sink, ..Flags::default() }).expect("a configuration")
    }

    pub fn file(&self) -> PathBuf {
        self.sink.path().join(FILE)
    }
}

pub async fn opened(config: &Config) -> Services {
    compose::services(config, true).await.expect("opened")
}

pub fn host(services: &Services) -> Act {
    Act::new(services, &Principal::Host { user: "test".to_owned() })
}

/// One entry, of which the checkpoint leaves.
pub async fn change(services: &Services, config: &Config, name: &str) -> Result<(), Error> {
    service::teams::add(&host(services), name, "").await?;
    sinks::append_newest(config, services).await;
    Ok(())
}

pub async fn missing(services: &Services) -> Option<String> {
    restored::state(services).await.expect("asked").map(|s| s.says())
}

/// The store as it stands, in lines.
pub async fn copied(s: &Scratch) -> Vec<String> {
    let mut lines = Vec::new();
    let mut tx = s.db.snapshot().await.expect("a snapshot");
    let push = |line: &str| {
        lines.push(line.to_owned());
        Ok(())
    };
    archive::dump(&mut tx, push).await.expect("dumped");
    tx.rollback().await.expect("closed");
    lines
}

/// Another database of the same engine that holds these lines: a copy that was put back.
pub async fn put_back(like: &Scratch, lines: &[String]) -> Scratch {
    let s = if like.url.starts_with("sqlite") { Scratch::sqlite().await } else { Scratch::postgres().await };
    let mut tx = s.db.begin().await.expect("begun");
    archive::load(&mut tx, lines.iter().cloned().map(Ok)).await.expect("loaded");
    tx.commit().await.expect("committed");
    s
}

pub async fn findings(services: &Services) -> Vec<String> {
    let verified = ledger::verify(&host(services), &[], |_| {}).await.expect("verified");
    verified.findings.into_iter().map(|f| f.what).collect()
}

pub async fn admin(services: &Services, email: &str) -> Principal {
    people::add(&host(services), email, email, PASSWORD, &[Role::Admin]).await.expect("added")
}

pub async fn sign_in(services: &Services, email: &str) -> Principal {
    people::sign_in(services, email, PASSWORD, "192.0.2.1").await.expect("signed in")
}

on_both!(an_older_copy_with_a_sign_in_takes_nothing_by_a_revoked_token_until_two_people_accept, async |s: &Scratch| {
    let place = Place::new();
    let config = place.config(s, true);
    let newest = opened(&config).await;
    let (ann, ben) = (admin(&newest, "ann@example.org").await, admin(&newest, "ben@example.org").await);
    sinks::append_newest(&config, &newest).await;
    let wish = Wish { name: "ci".to_owned(), scopes: vec!["inventory:write".to_owned()], days: 30, ..Wish::default() };
    let token = tokens::mint(&Act::new(&newest, &ann), &wish).await.expect("minted");
    sinks::append_newest(&config, &newest).await;
    let older = copied(s).await;
    tokens::revoke(&Act::new(&newest, &ann), token.id).await.expect("revoked");
    sinks::append_newest(&config, &newest).await;
    change(&newest, &config, "after").await.expect("written");
    assert_eq!(findings(&newest).await, [""; 0]);
    newest.close().await;

    let copy = put_back(s, &older).await;
    let config = place.config(&copy, true);
    let services = opened(&config).await;
    let said = missing(&services).await.expect("restored");
    assert!(said.contains("2 entries after 3 are missing") && said.contains("2 of 4 checkpoints"), "{said}");
    // A sign-in, whose checkpoint is the newest in the sink and agrees: it hides nothing.
    let ann = sign_in(&services, "ann@example.org").await;
    sinks::append_newest(&config, &services).await;
    let found = findings(&services).await;
    assert!(found[0].starts_with("2 entries after 3 are missing"), "{found:?}");
    // Nobody reads and nothing writes, by whatever door, with the sink or without it.
    let bare = compose::services(&place.config(&copy, false), false).await.expect("opened");
    for one in [&services, &bare] {
        assert!(matches!(tokens::caller(one, &token.text).await, Err(Error::Restored(_))), "a token");
        assert!(matches!(Read::open(one, &ann, domain::asof::Wanted::Now).await, Err(Error::Restored(_))), "a session");
        assert!(matches!(change(one, &config, "late").await, Err(Error::Restored(_))), "a command");
        assert!(matches!(ledger::exported(&host(one), "ledger", None).await, Err(Error::Restored(_))), "an export");
        assert!(matches!(restored::accept(&host(one)).await, Err(Error::Conflict(_))), "the machine decides nothing");
    }
    // It stays so without anything outside that says it.
    bare.close().await;
    std::fs::remove_file(place.data.path().join(FILE)).expect("removed");
    let bare = compose::services(&place.config(&copy, false), false).await.expect("opened");
    assert!(missing(&bare).await.is_some());
    bare.close().await;
    accepted_by_two(&services, &ann, &ben).await;
    sinks::append_newest(&config, &services).await;
    assert!(tokens::caller(&services, &token.text).await.expect("asked").is_none(), "no token of before works");
    change(&services, &config, "again").await.expect("written");
    assert_eq!(findings(&services).await, [""; 0], "what was accepted is no finding");
    services.close().await;
    // Opened again it is whole; one note more of what was lost, which nobody accepted, is another gap.
    let again = opened(&config).await;
    assert_eq!(missing(&again).await, None);
    change(&again, &config, "and again").await.expect("written");
    let lost = signed(&again, place.data.path(), 1, 9, [3; 32]).await;
    let held = std::fs::read_to_string(place.file()).expect("read");
    std::fs::write(place.file(), held + &lost + "\n\n\n").expect("written");
    again.close().await;
    let once_more = opened(&config).await;
    assert!(missing(&once_more).await.is_some());
    once_more.close().await;
    copy.finish().await;
});

/// The first is shown to the second, and nobody accepts twice.
async fn accepted_by_two(services: &Services, ann: &Principal, ben: &Principal) {
    let page = async |who: &Principal| restored::page(services, who).await.expect("shown").expect("restored");
    restored::accept(&Act::new(services, ann)).await.expect("accepted");
    let twice = restored::accept(&Act::new(services, ann)).await.expect_err("once");
    assert!(matches!(&twice, Error::Conflict(why) if why.contains("Another person")), "{twice:?}");
    assert!(matches!(page(ann).await.offer, Offer::Done(_)));
    let shown = page(ben).await;
    assert_eq!(shown.accepted.iter().map(|a| a.by.as_str()).collect::<Vec<_>>(), ["ann@example.org"]);
    assert_eq!(shown.others, ["ben@example.org"]);
    restored::accept(&Act::new(services, ben)).await.expect("accepted");
    assert_eq!(missing(services).await, None);
    let late = restored::accept(&Act::new(services, ben)).await.expect_err("nothing is missing");
    assert!(matches!(late, Error::Conflict(_)), "{late:?}");
}

async fn signer(services: &Services, data: &Path) -> (Signer, String) {
    let key = std::fs::read_to_string(data.join("checkpoint.key")).expect("a key");
    let secret: [u8; 32] = hex::decode(key.trim()).expect("hex").try_into().expect("32 bytes");
    let note = {
        let mut read = Read::open(services, host(services).who(), domain::asof::Wanted::Now).await.expect("a snapshot");
        ledger::newest_checkpoint(&mut read).await.expect("read").expect("a checkpoint").note
    };
    let name = note.rsplit("— ").next().and_then(|l| l.split(' ').next()).expect("a name").to_owned();
    let log = domain::restored::log_of(note.lines().next().expect("an origin")).to_owned();
    (Signer::new(&name, &secret).expect("a name"), log)
}

async fn signed(services: &Services, data: &Path, epoch: i64, size: u64, root: Hash) -> String {
    let (signer, log) = signer(services, data).await;
    signer.sign(&Checkpoint { origin: format!("{log}/{epoch}"), size, root }.to_text())
}

/// The lines of a store with one entry rewritten, everything that follows from it, and every checkpoint signed again.
fn rewritten(lines: &[String], at: i64, signer: &Signer) -> Vec<String> {
    let mut lines: Vec<Value> = lines.iter().map(|l| serde_json::from_str(l).expect("json")).collect();
    let mut tree = Frontier::default();
    let mut roots = vec![[0; 32]];
    for line in &mut lines {
        let Some(e) = line["entry"].as_array_mut() else { continue };
        let text = |v: &Value| v.as_str().map(str::to_owned).unwrap_or_default();
        let id = |v: &Value| v.as_str().map(|t| Uuid::parse_str(t).expect("an id"));
        if e[0] == json!(at) {
            e[8] = json!("{\"forged\":true}");
        }
        let actor = Actor { kind: ActorKind::parse(&text(&e[2])).expect("a kind"), id: id(&e[3]) };
        let (seq, at) = (Seq(e[0].as_i64().expect("seq")), Timestamp(e[1].as_i64().expect("at")));
        let (verb, subject_kind, payload, facts) = (text(&e[4]), text(&e[5]), text(&e[8]), text(&e[9]));
        let leaf = Entry { seq, at, actor, verb, subject_kind, subject_id: id(&e[6]), change_id: None, payload, facts }.leaf_hash();
        e[10] = json!(hex::encode(leaf));
        tree.push(leaf);
        roots.push(tree.root());
    }
    for line in &mut lines {
        let Some(c) = line["checkpoint"].as_array_mut() else { continue };
        let (seq, note) = (c[0].as_i64().expect("seq") as usize, c[2].as_str().expect("a note"));
        let origin = note.lines().next().expect("an origin").to_owned();
        c[2] = json!(signer.sign(&Checkpoint { origin, size: seq as u64, root: roots[seq] }.to_text()));
    }
    lines[0]["frontier"] = json!(hex::encode(tree.to_bytes()));
    let end = lines.pop().expect("an end");
    let mut out: Vec<String> = lines.iter().map(Value::to_string).collect();
    let digest = domain::json::sha256_hex((out.join("\n") + "\n").as_bytes());
    out.push(json!({ "end": digest, "rows": end["rows"] }).to_string());
    out
}

on_both!(an_entry_rewritten_with_the_key_is_contradicted_by_every_note_of_before, async |s: &Scratch| {
    let place = Place::new();
    let config = place.config(s, true);
    let services = opened(&config).await;
    for n in 1..=7 {
        change(&services, &config, &format!("team {n}")).await.expect("written");
    }
    let (signer, _) = signer(&services, place.data.path()).await;
    let lines = rewritten(&copied(s).await, 4, &signer);
    services.close().await;
    let forged = put_back(s, &lines).await;
    // In itself it is whole: keys and checkpoints fit, and so does the newest note, which was written after it.
    let config = place.config(&forged, true);
    let verifier = signer.verifier();
    let within = store::engine::verify::verify(&forged.db, &[verifier], &[]).await.expect("verified");
    assert_eq!(within.findings, []);
    let note = lines.iter().rev().find_map(|l| serde_json::from_str::<Value>(l).ok()?["checkpoint"][2].as_str().map(str::to_owned));
    let held = std::fs::read_to_string(place.file()).expect("read");
    std::fs::write(place.file(), held + &note.expect("a checkpoint") + "\n\n\n").expect("written");
    for with_sink in [false, true] {
        let services = opened(&place.config(&forged, with_sink)).await;
        let said = missing(&services).await.expect("restored");
        assert!(said.contains("entries 4 to 7 are not the ones") && said.contains("4 of"), "{with_sink}: {said}");
        let found = findings(&services).await;
        assert!(found.iter().any(|f| f.starts_with("entries 4 to 7 are not the ones")), "{with_sink}: {found:?}");
        assert!(matches!(change(&services, &config, "late").await, Err(Error::Restored(_))));
        services.close().await;
    }
    forged.finish().await;
});

on_both!(a_sink_that_no_longer_holds_what_it_confirmed_counts_as_restored, async |s: &Scratch| {
    let place = Place::new();
    let config = place.config(s, true);
    let mut services = opened(&config).await;
    for n in 1..=3 {
        change(&services, &config, &format!("team {n}")).await.expect("written");
    }
    type Damage = fn(&str) -> Option<Vec<u8>>;
    let cases: [(&str, Damage); 6] = [
        ("is gone", |_| None),
        ("was emptied", |_| Some(vec![])),
        ("does not hold the checkpoint", |held| Some(held.as_bytes()[..held.len() - 60].to_vec())),
        ("holds fewer", |held| held.split_once("\n\n\n").map(|(_, rest)| rest.as_bytes().to_vec())),
        ("does not hold", |_| Some(vec![0xff, 0xfe, 0x0a])),
        ("does not hold", |_| Some(Signer::new("another", &[3; 32]).expect("a name").sign("x/1\n1\nAAAA\n").into_bytes())),
    ];
    for (n, (said, spoil)) in cases.into_iter().enumerate() {
        services.close().await;
        let held = String::from_utf8_lossy(&std::fs::read(place.file()).expect("read")).into_owned();
        assert!(held.ends_with("\n\n\n"));
        match spoil(&held) {
            None => std::fs::remove_file(place.file()).expect("removed"),
            Some(bytes) => std::fs::write(place.file(), bytes).expect("written"),
        }
        // A command that cannot see what it should takes no change, and says nothing of the store to others.
        let command = compose::services(&config, false).await.expect("opened");
        let refused = change(&command, &config, "late").await.expect_err("refused");
        assert!(matches!(&refused, Error::Restored(why) if why.contains(said)), "{n}: {refused:?}");
        assert_eq!(missing(&command).await, None, "{n}");
        assert!(findings(&command).await.iter().any(|f| f.contains(said)), "{n}");
        command.close().await;
        services = opened(&config).await;
        let why = missing(&services).await.expect("restored");
        assert!(why.contains(said) && why.contains(FILE), "{n}: {why}");
        assert!(matches!(change(&services, &config, "late").await, Err(Error::Restored(_))), "{n}");
        // Nobody is there who could sign in: the machine accepts, and says so.
        let (_, step) = restored::accept(&host(&services)).await.expect("accepted");
        assert_eq!(step, domain::restored::Step::Host);
        sinks::append_newest(&config, &services).await;
        change(&services, &config, &format!("after {n}")).await.expect("written");
        change(&services, &config, &format!("and after {n}")).await.expect("written");
    }
    services.close().await;
    let last = opened(&config).await;
    assert_eq!(missing(&last).await, None);
    last.close().await;
});

on_both!(an_empty_database_beside_the_files_of_a_store_is_no_new_one, async |s: &Scratch| {
    let place = Place::new();
    let config = place.config(s, false);
    let services = opened(&config).await;
    change(&services, &config, "before").await.expect("written");
    services.close().await;
    let is_sqlite = s.url.starts_with("sqlite");
    let empty = if is_sqlite { Scratch::sqlite().await } else { Scratch::postgres().await };
    let another = if is_sqlite {
        "UPDATE ledger_head SET installation_id = x'01990000000070008000000000009999'"
    } else {
        "UPDATE ledger_head SET installation_id = '01990000-0000-7000-8000-000000009999'"
    };
    store::testing::behind_our_back(&empty.db, another).await;
    let services = opened(&place.config(&empty, false)).await;
    assert!(missing(&services).await.is_some_and(|why| why.contains("no checkpoint in it is signed")));
    services.close().await;
    empty.finish().await;
});

on_both!(what_the_store_says_of_a_sink_counts_as_it_was_written_and_no_other_way, async |s: &Scratch| {
    let place = Place::new();
    let config = place.config(s, true);
    let services = opened(&config).await;
    for n in 1..=3 {
        change(&services, &config, &format!("team {n}")).await.expect("written");
    }
    assert_eq!(findings(&services).await, Vec::<String>::new());
    let changes = ["place = place || 'x'", "epoch = epoch + 1", "seq = 9000", "note = note || 'x'", "notes = 9000", "mac = mac || '0'"];
    let columns = "place, epoch, seq, note, notes, mac";
    store::testing::behind_our_back(&s.db, &format!("CREATE TABLE kept AS SELECT {columns} FROM checkpoint_sinks")).await;
    for change in changes {
        store::testing::behind_our_back(&s.db, &format!("UPDATE checkpoint_sinks SET {change}")).await;
        let found = findings(&services).await;
        assert!(found.iter().any(|f| f.contains("not as this installation wrote it")), "{change}: {found:?}");
        // It is no sink that fell silent either: what stands beside the keys counts.
        assert_eq!(missing(&opened(&config).await).await, None, "{change}");
        store::testing::behind_our_back(&s.db, "DELETE FROM checkpoint_sinks").await;
        store::testing::behind_our_back(&s.db, &format!("INSERT INTO checkpoint_sinks ({columns}) SELECT {columns} FROM kept")).await;
    }
    store::testing::behind_our_back(&s.db, "DROP TABLE kept").await;
    // Without any record of it in the store, a sink that was emptied is found all the same.
    store::testing::behind_our_back(&s.db, "DELETE FROM checkpoint_sinks").await;
    std::fs::write(place.file(), "").expect("emptied");
    services.close().await;
    assert!(missing(&opened(&config).await).await.is_some_and(|why| why.contains("was emptied")));
});
