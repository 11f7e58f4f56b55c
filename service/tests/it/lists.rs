//! What lists find, show and leave behind: searches in letters of every alphabet, what stands beside a row, as of when, and
//! the entry of an export.

use crate::support;
use domain::asof::{AsOf, Wanted};
use domain::ids::{PersonId, SourceId, TokenId};
use domain::ledger::Actor;
use domain::permission::Role;
use domain::query::{Asked, Filter};
use domain::seq::Seq;
use domain::snapshot::Format;
use domain::time::{SECOND, Timestamp};
use domain::token::HolderKind;
use service::listing::Listing;
use service::resources::Wish;
use service::{Error, Principal, Read, Services, imports, ledger, people, resources, sources, tokens};
use store::engine::table::Declared;
use store::engine::writer::{Command, Writer};
use store::on_both;
use store::testing::Scratch;
use store::tokens::Token;
use uuid::Uuid;

/// What a list shows for a search, read one row at a time.
async fn found<L: Listing>(services: &Services, who: &Principal, query: &str, name: impl Fn(&L::Row) -> String) -> Vec<String> {
    let filter = L::Filter::parse(&Asked::of(query)).expect("a filter");
    let (mut after, mut names) = (None::<String>, Vec::new());
    loop {
        let mut read = support::at(services, who, Wanted::Now).await;
        let sheet = L::sheet(&mut read, &filter, after.as_deref(), 1).await.expect("a sheet");
        names.extend(sheet.rows.iter().map(&name));
        after = sheet.next;
        if after.is_none() {
            return names;
        }
    }
}

on_both!(a_search_finds_letters_of_every_alphabet_in_either_case, async |s: &Scratch| {
    let services = support::services(s);
    let host = support::by(&services, &support::host());
    let all = [Role::Admin, Role::Analyst];
    let ana = people::add(&host, "Ana", "ana@example.org", "a long enough sentence", &all[1..]).await.expect("added");
    let admin = people::add(&host, "Adm", "adm@example.org", "a long enough sentence", &all[..1]).await.expect("added");
    for (name, email) in [("Ünal", "unal@example.org"), ("Dünal", "dunal@example.org"), ("Unal", "other@example.org")] {
        people::invite(&support::by(&services, &admin), name, email, &[Role::Reviewer]).await.expect("invited");
    }
    for name in ["ÜNAL buckets", "Other"] {
        let wish = Wish { name: name.into(), kind: "name".into(), pattern: format!("vault/{}", name.len()), ..Wish::default() };
        resources::register(&support::by(&services, &ana), &wish).await.expect("registered");
        let wish = tokens::Wish { name: name.into(), scopes: vec!["inventory:read".into()], days: 30, ..tokens::Wish::default() };
        tokens::mint(&support::by(&services, &admin), &wish).await.expect("minted");
        let json =
            format!(r#"{{ "version": 1, "source": "feed", "identities": [{{ "key": "{name}", "name": "{name}", "kind": "bot" }}] }}"#);
        support::import(&services, support::request(Format::Countersign, "", support::text(&format!("{name}.json"), &json))).await;
    }
    // Encoded: ünal.
    let query = "q=%C3%BCnal";
    let people = found::<people::List>(&services, &admin, query, |r| r.person.shown()).await;
    assert_eq!(people, ["Dünal", "Ünal"]);
    assert_eq!(found::<resources::List>(&services, &ana, query, |l| l.resource.name.clone()).await, ["ÜNAL buckets"]);
    assert_eq!(found::<tokens::List>(&services, &admin, query, |t| t.token.name.clone()).await, ["ÜNAL buckets"]);
    assert_eq!(found::<imports::List>(&services, &ana, query, |r| r.import.file_name.clone()).await, ["ÜNAL buckets.json"]);
    support::intact(s).await;
});

/// A token as a row alone.
fn token(n: u128, name: &str, minter: PersonId, source: Option<SourceId>) -> Token {
    Token {
        since: Seq::ZERO,
        id: TokenId::new(Uuid::from_u128(n)),
        name: name.to_owned(),
        holder_kind: HolderKind::Person,
        holder_id: minter.uuid(),
        scopes: "observe:write".to_owned(),
        source_id: source,
        hash: format!("hash {n}"),
        minted_by_id: minter,
        expires_at: Timestamp::parse("2030-01-01").expect("a date"),
        mac: String::new(),
    }
}

on_both!(a_source_names_the_tokens_that_may_feed_it_however_many_others_there_are, async |s: &Scratch| {
    let services = support::services(s);
    let host = support::by(&services, &support::host());
    let admin = people::add(&host, "Adm", "adm@example.org", "a long enough sentence", &[Role::Admin]).await.expect("added");
    let minter = admin.person_id().expect("a person");
    let register = async |name: &str| {
        let source = sources::Wish { name: name.into(), kind: "csv".into(), ..sources::Wish::default() };
        sources::register(&host, &source).await.expect("registered").0
    };
    let (quiet, busy) = (register("quiet").await, register("busy").await);
    let feeder = vec![token(1, "feeder", minter, Some(quiet))];
    let at_busy = (0..120).map(|n| token(100 + n, &format!("busy {n:03}"), minter, Some(busy))).collect();
    // More than any list of all tokens would hold, and newer.
    let more = |from: u128| (from..from + 500).map(|n| token(n, &format!("reader {n}"), minter, None)).collect();
    let writer = Writer::start(s.db.clone(), s.clock.clone(), Some(s.signer.clone()));
    for tokens in [feeder, at_busy, more(1_000), more(2_000)] {
        let mut c = Command::new(Actor::SYSTEM, "token.minted", "token", None);
        c.opens = tokens.into_iter().map(Token::open).collect();
        writer.write(c).await.expect("written");
    }
    let sheet = support::sheet::<sources::List>(&services, &admin, Wanted::Now, &Default::default()).await;
    let of = |name: &str| sheet.rows.iter().find(|l| l.source.name == name).expect("listed").tokens.clone();
    assert_eq!(of("quiet"), ["feeder"]);
    let busy = of("busy");
    assert_eq!((busy.len(), busy[0].as_str(), busy[100].as_str()), (101, "busy 000", "and more"));
    support::intact(s).await;
});

on_both!(a_pair_lies_between_its_entry_and_now, async |s: &Scratch| {
    let services = support::services(s);
    let host = support::host();
    s.clock.advance(SECOND);
    people::add(&support::by(&services, &host), "Adm", "adm@example.org", "a long enough sentence", &[Role::Admin]).await.expect("added");
    s.clock.advance(3_600 * SECOND);
    let now = support::at(&services, &host, Wanted::Now).await.as_of();
    let entry = support::at(&services, &host, Wanted::Position(now.seq)).await.as_of();
    let open = async |seq: Seq, at: Timestamp| Read::open(&services, &host, Wanted::Pair(AsOf { seq, at })).await.map(|read| read.as_of());
    for at in [entry.at, entry.at.plus(1), now.at] {
        assert_eq!(open(now.seq, at).await.expect("a pair"), AsOf { seq: now.seq, at });
    }
    for (at, why) in [(entry.at.plus(-1), "was written after"), (now.at.plus(3_600 * SECOND), "still to come")] {
        match open(now.seq, at).await {
            Err(Error::Invalid { field: "as_of", reason }) => assert!(reason.contains(why), "{reason}"),
            other => panic!("{why}: {other:?}"),
        }
    }
    assert!(open(Seq::ZERO, Timestamp::default()).await.is_ok(), "the empty world was always there");
});

on_both!(the_entry_of_an_export_says_what_was_taken_out, async |s: &Scratch| {
    let services = support::services(s);
    let host = support::host();
    let act = support::by(&services, &host);
    let as_of = support::at(&services, &host, Wanted::Now).await.as_of();
    ledger::exported(&act, "people", Some((as_of, "state=active&q=ann&after=x"))).await.expect("on record");
    ledger::exported(&act, "archive", None).await.expect("on record");
    let sheet = support::sheet::<ledger::List>(&services, &host, Wanted::Now, &Default::default()).await;
    let said = |n: usize| serde_json::from_str::<serde_json::Value>(&sheet.rows[n].stored.entry.payload).expect("JSON");
    let people = said(1);
    assert_eq!((&people["what"], &people["as_of"]), (&"people".into(), &as_of.to_string().into()));
    assert_eq!(people["query"], "state=active&q=…", "what somebody typed may be a name, and entries stay");
    let archive = said(0);
    assert!(archive["what"] == "archive" && archive["as_of"].is_null() && archive["query"].is_null(), "{archive}");
});
