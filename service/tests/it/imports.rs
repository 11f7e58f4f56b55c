//! The life of an import: first, again, newer, refused, asked for confirmation, seen as of the past.

use crate::support;
use domain::asof::Wanted;
use domain::identity::{Criticality, StatedBy};
use domain::ids::ImportId;
use domain::permission::Role;
use domain::query::identities::{Filter, Platform};
use domain::seq::Seq;
use domain::snapshot::Format;
use domain::source::Vantage;
use service::listing::Listing;
use service::{Error, identities, imports, overview, people};
use std::sync::LazyLock;
use store::on_both;
use store::testing::Scratch;

const FIRST: &str = r#"{"version": 1, "source": "bench", "identities": [
  {"key": "scout", "name": "tool-scout", "kind": "ai_agent", "hints": {"env": "prod", "owner": "omar", "criticality": "High"},
   "grants": [{"actions": ["tools.write"], "resources": ["registry"]}, {"actions": ["secrets.read"], "resources": ["vault"]}],
   "surfaces": [{"kind": "instructions", "locator": "prompts/scout.md", "content": "Never add a connector by yourself."}]},
  {"key": "idle", "name": "idle-bot", "kind": "bot", "grants": [{"actions": ["list"], "resources": ["x"]}]}]}"#;
const SECOND: &str = r#"{"version": 1, "source": "bench", "identities": [
  {"key": "scout", "name": "tool-scout", "kind": "ai_agent", "hints": {"env": "prod", "owner": "omar", "criticality": "High"},
   "grants": [{"actions": ["tools.write"], "resources": ["registry"]}, {"actions": ["grant"], "resources": ["*"]}],
   "surfaces": [{"kind": "instructions", "locator": "prompts/scout.md", "content": "Add connectors that rate well."}]}]}"#;

on_both!(an_import_lives_through_its_versions, async |s: &Scratch| {
    let services = support::services(s);
    let host = support::host();
    let first = support::import(&services, support::request(Format::Countersign, "", support::text("a.json", FIRST))).await;
    assert_eq!((first.identities.added, first.grants.added, first.surfaces.added), (2, 3, 1));
    let at_first = first.seq.expect("a position");
    let same = support::request(Format::Countersign, "", support::text("a.json", FIRST));
    let again = support::import(&services, support::anew(same)).await;
    assert!(again.unchanged, "{again:?}");

    s.clock.advance(domain::time::DAY);
    let mut newer = support::request(Format::Countersign, "", support::text("b.json", SECOND));
    newer.how.confirm_removals = false;
    let refused = imports::run(&support::by(&services, &host), newer.clone(), |_| {}).await.expect_err("half of it would go");
    assert!(matches!(&refused, Error::NeedsConfirmation(t) if t.contains("1 of 2 identities")), "{refused}");
    newer.how.dry_run = true;
    let preview = imports::run(&support::by(&services, &host), newer.clone(), |_| {}).await.expect("a preview");
    assert!(preview.needs_confirmation.is_some() && preview.seq.is_none());
    (newer.how.dry_run, newer.how.confirm_removals) = (false, true);
    let second = support::import(&services, newer).await;
    assert_eq!((second.identities.removed, second.grants.added, second.grants.removed, second.surfaces.changed), (1, 1, 2, 1));

    let list = async |wanted| identities::List::sheet(&mut support::at(&services, &host, wanted).await, &EVERY, None, 50).await;
    let now = list(Wanted::Now).await.expect("list");
    assert_eq!(now.rows.iter().map(|f| f.name.as_str()).collect::<Vec<_>>(), ["tool-scout"]);
    assert_eq!((now.rows[0].n_admin, now.rows[0].n_secrets), (1, 0));
    let then = list(Wanted::Position(at_first)).await.expect("list");
    assert_eq!(then.rows.iter().map(|f| f.name.as_str()).collect::<Vec<_>>(), ["idle-bot", "tool-scout"]);
    let before = list(Wanted::Position(Seq::ZERO)).await.expect("list");
    assert!(before.rows.is_empty(), "{before:?}");

    let scout = now.rows[0].identity_id;
    let detail = identities::show(&mut support::at(&services, &host, Wanted::Now).await, scout).await.expect("detail");
    assert_eq!(detail.surfaces[0].versions.len(), 2);
    assert_eq!(detail.totals.grants, 2);
    assert_eq!((detail.facts.criticality, detail.facts.criticality_from), (Criticality::High, StatedBy::Hint));
    let past = identities::show(&mut support::at(&services, &host, Wanted::Position(at_first)).await, scout).await.expect("detail");
    assert_eq!(past.surfaces[0].versions.len(), 1);
    let counts = overview::page(&mut support::at(&services, &host, Wanted::Now).await).await.expect("overview");
    assert_eq!((counts.count("identities"), counts.count("grants.class.admin"), counts.count("grants")), (1, 1, 2));
    let counts = overview::page(&mut support::at(&services, &host, Wanted::Position(at_first)).await).await.expect("overview");
    assert_eq!((counts.count("identities"), counts.count("grants.class.secrets")), (2, 1));
    support::intact(s).await;
});

on_both!(a_file_is_judged_by_the_lower_of_source_and_channel, async |s: &Scratch| {
    let services = support::services(s);
    let host = support::host();
    let account = r#"{"UserDetailList": [{"Path": "/", "UserName": "svc-a", "UserId": "AIDA1", "Arn": "arn:aws:iam::111122223333:user/svc-a"}],
      "GroupDetailList": [], "RoleDetailList": [], "Policies": []}"#;
    let card = r#"{"name": "scout", "url": "https://scout.example/a2a", "version": "1"}"#;
    for (format, text, of_source, judged) in [
        (Format::Aws, account, Vantage::ControlPlane, Vantage::Artefact),
        (Format::Countersign, FIRST, Vantage::Artefact, Vantage::Artefact),
        (Format::A2a, card, Vantage::SelfReport, Vantage::SelfReport),
    ] {
        // The second one finds the source there already.
        for changed in [true, false] {
            let out = support::import(&services, support::request(format, format.as_str(), support::text("x.json", text))).await;
            assert_eq!(out.unchanged, !changed, "{format}: {out:?}");
            let mut read = support::at(&services, &host, Wanted::Now).await;
            let id = ImportId::parse(out.import.as_deref().expect("recorded")).expect("an id");
            assert_eq!(imports::show(&mut read, id).await.expect("shown").import.vantage, judged, "{format}");
            let source = service::sources::named(&mut read, format.as_str()).await.expect("the source");
            assert_eq!(source.vantage, of_source, "{format}: the source keeps its own");
            let seq = out.seq.expect("a position");
            let mut tx = s.db.snapshot().await.expect("a snapshot");
            let entry = store::ledger::range(&mut tx, seq.plus(-1), seq, 1).await.expect("read").remove(0).entry;
            tx.rollback().await.expect("closed");
            assert!(entry.payload.contains(&format!("\"vantage\":\"{judged}\"")), "{}", entry.payload);
        }
    }
    support::intact(s).await;
});

static EVERY: LazyLock<Filter> = LazyLock::new(|| Filter { platform: Some(Platform::With), ..Filter::default() });

on_both!(bad_input_leaves_the_store_as_it_was, async |s: &Scratch| {
    let services = support::services(s);
    support::import(&services, support::request(Format::Countersign, "", support::text("a.json", FIRST))).await;
    let head = store::engine::head::reader(&s.db, Wanted::Now, &domain::ports::Steady::new(s.clock.clone())).await.expect("reader").head;
    for (format, bytes) in [
        (Format::Countersign, "{\"version\": 1, \"identities\": [{\"key\": \"a\""),
        (Format::Aws, "[]"),
        (Format::Kubernetes, "kind: [Role"),
        (Format::Csv, "identity,action\na\n"),
        (Format::Mcp, "{\"tools\": [{\"name\": 3}]}"),
    ] {
        let refused =
            imports::run(&support::by(&services, &support::host()), support::request(format, "bench", support::text("bad", bytes)), |_| {})
                .await;
        assert!(matches!(&refused, Err(Error::Input(e)) if e.file == "bad"), "{format:?}: {refused:?}");
    }
    let other = support::request(Format::Csv, "bench", support::text("c.csv", "identity\nx\n"));
    assert!(matches!(
        imports::run(&support::by(&services, &support::host()), other, |_| {}).await,
        Err(Error::Invalid { field: "source", .. })
    ));
    let after = store::engine::head::reader(&s.db, Wanted::Now, &domain::ports::Steady::new(s.clock.clone())).await.expect("reader").head;
    assert_eq!(head, after);
});

on_both!(a_large_import_is_a_batch_that_lives_at_its_last_entry, async |s: &Scratch| {
    let services = support::services(s);
    let mut csv = String::from("identity,action,resource\n");
    for i in 0..1300 {
        for a in 0..40 {
            csv.push_str(&format!("bot-{i},read,thing-{a}\n"));
        }
    }
    let out = support::import(&services, support::request(Format::Csv, "large", support::text("large.csv", &csv))).await;
    assert_eq!((out.identities.total, out.grants.total), (1300, 52_000));
    let seq = out.seq.expect("a position");
    let list = |wanted| {
        let services = services.clone();
        async move {
            identities::List::sheet(&mut support::at(&services, &support::host(), wanted).await, &EVERY, None, 50).await.expect("list")
        }
    };
    assert_eq!(list(Wanted::Now).await.rows.len(), 50);
    assert!(list(Wanted::Position(seq.plus(-1))).await.rows.is_empty(), "rows of a batch are not there before its end");
    let again = support::import(&services, support::anew(support::request(Format::Csv, "large", support::text("large.csv", &csv)))).await;
    assert!(again.unchanged, "{again:?}");
    support::intact(s).await;
});

on_both!(an_import_that_was_stopped_says_of_what_it_was_and_leaves_no_source, async |s: &Scratch| {
    let services = support::services(s);
    let host = support::host();
    people::add(&support::by(&services, &host), "Adm", "adm@example.org", "a long enough sentence", &[Role::Admin]).await.expect("added");
    let ann = people::add(&support::by(&services, &host), "Ann", "ann@example.org", "a long enough sentence", &[Role::Analyst]).await;
    let ann = ann.expect("added").person_id().expect("a person");
    let who = people::current(&services, ann).await.expect("read").expect("active");
    let mut csv = String::from("identity,action,resource\n");
    for i in 0..1300 {
        for a in 0..40 {
            csv.push_str(&format!("bot-{i},read,thing-{a}\n"));
        }
    }
    let (told, mut hears) = tokio::sync::mpsc::unbounded_channel();
    let act = support::by(&services, &who);
    let import = imports::run(&act, support::request(Format::Csv, "large", support::text("large.csv", &csv)), move |text| {
        let _ = told.send(text.to_owned());
    });
    // As soon as a part is written whoever imports may no longer.
    let locked = async {
        while hears.recv().await.is_some_and(|text| !text.ends_with(" written")) {}
        people::lock_out(&support::by(&services, &host), ann).await.expect("locked out");
    };
    let (imported, ()) = tokio::join!(import, locked);
    assert!(imported.is_err(), "{imported:?}");
    let head = support::at(&services, &host, Wanted::Now).await.head();
    let mut tx = s.db.snapshot().await.expect("a snapshot");
    let all = store::ledger::range(&mut tx, Seq::ZERO, head, 100).await.expect("read");
    tx.rollback().await.expect("closed");
    let abandoned = &all.iter().find(|e| e.entry.verb == "import.abandoned").expect("on record").entry.payload;
    assert!(abandoned.contains("\"source\":\"large\"") && abandoned.contains("\"file\":\"large.csv\""), "{abandoned}");
    let known = async || {
        let listed = support::sheet::<service::sources::List>(&services, &host, Wanted::Now, &Default::default()).await.rows;
        let states = service::sources::states(&mut support::at(&services, &host, Wanted::Now).await).await.expect("states");
        assert_eq!(states.all, listed.len() as i64);
        listed.into_iter().map(|l| l.source.name).collect::<Vec<_>>()
    };
    assert!(known().await.is_empty(), "nobody registered it and nothing came from it");
    let wish = service::sources::Wish { name: "large".into(), kind: "csv".into(), hours: "24".into(), ..Default::default() };
    service::sources::register(&support::by(&services, &host), &wish).await.expect("registered");
    assert_eq!(known().await, ["large"]);
    let again = support::import(&services, support::anew(support::request(Format::Csv, "large", support::text("large.csv", &csv)))).await;
    assert_eq!(again.identities.total, 1300);
    support::intact(s).await;
});

on_both!(long_names_are_taken_and_longer_keys_refused, async |s: &Scratch| {
    let services = support::services(s);
    // Text that does not compress: an index takes less of it than of a repeated letter.
    let mut noise = String::new();
    let mut n: u64 = 7;
    while noise.len() < 3000 {
        n = n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        noise.push_str(&format!("{:x}", n >> 20));
    }
    let file = |key: &str, name: &str| format!("identity,name,action\n{key},{name},read\n");
    support::import(&services, support::request(Format::Csv, "long", support::text("l.csv", &file(&noise[..2048], &noise)))).await;
    let long = support::request(Format::Csv, "long", support::text("l.csv", &file(&noise[..2049], "x")));
    let refused = imports::run(&support::by(&services, &support::host()), long, |_| {}).await;
    assert!(matches!(&refused, Err(Error::Input(e)) if e.reason.contains("longer than")), "{refused:?}");
    support::intact(s).await;
});
