//! Two moments compared: what is said to differ is what the pages of the two moments differ in, no more and no less.

use crate::support;
use domain::asof::Wanted;
use domain::difference::{Difference, How, Thing};
use domain::ids::IdentityId;
use domain::permission::Role;
use domain::ports::Clock;
use domain::privilege::Class;
use domain::seq::Seq;
use domain::snapshot::Format;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::json;
use service::comparison::{self, About, Filter, List};
use service::identities::{self, Registration};
use service::listing::Listing;
use service::{Principal, Services, people};
use std::collections::{BTreeMap, BTreeSet};
use store::on_both;
use store::testing::Scratch;

/// Every row of a comparison, read in sheets of so many.
async fn rows(services: &Services, as_of: Wanted, filter: &Filter, limit: i64) -> Vec<Difference> {
    let (mut out, mut after) = (vec![], None::<String>);
    loop {
        let mut read = support::at(services, &support::host(), as_of).await;
        let sheet = List::sheet(&mut read, filter, after.as_deref(), limit).await.expect("a sheet");
        read.close().await.expect("closed");
        out.extend(sheet.rows.into_iter().map(|r| r.difference));
        match sheet.next {
            Some(next) => after = Some(next),
            None => return out,
        }
    }
}

fn against(seq: Seq) -> Filter {
    Filter { against: Some(seq.to_string()), ..Filter::default() }
}

async fn head(services: &Services) -> Seq {
    service::overview::chrome(services, None).await.expect("chrome").head
}

/// What one identity is made of, as the page of one moment shows it.
type Shown = BTreeMap<String, String>;

async fn shown(services: &Services, at: Seq, id: IdentityId) -> Option<Shown> {
    let mut read = support::at(services, &support::host(), Wanted::Position(at)).await;
    let detail = identities::show(&mut read, id).await.ok();
    read.close().await.expect("closed");
    let d = detail?;
    let mut out = Shown::new();
    for g in &d.grants {
        if g.held.ends_at.is_none_or(|e| e > d.as_of.at) {
            let key =
                format!("grant {} {} {} {:?} {}", g.held.source, g.held.via, g.held.via_name, g.held.set_name, g.held.rule.content_key());
            out.insert(key, format!("{:?}", g.held.ends_at));
        }
    }
    for s in &d.surfaces {
        out.insert(format!("surface {}", s.surface.id), format!("{:?}", s.surface.content_digest));
    }
    for t in &d.tools {
        out.insert(format!("tool {} {}", t.surface_id, t.name), t.drift_key.clone());
    }
    let f = &d.facts;
    out.insert("record".to_owned(), format!("{:?}", (&f.name, f.kind, f.environment, f.owner_id, f.backup_id, f.team_id, f.lifecycle)));
    let manual = d.manual.as_ref();
    out.insert("purpose".to_owned(), format!("{:?}", manual.and_then(|m| m.purpose_id)));
    out.insert("hints".to_owned(), format!("{:?}", d.observed.as_ref().map(|o| (&o.hints, &o.unknown_access))));
    Some(out)
}

/// How many things differ between two such pages, by what each belongs to.
fn differing(before: &Shown, after: &Shown) -> BTreeMap<&'static str, usize> {
    let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let mut out = BTreeMap::new();
    for key in keys.into_iter().filter(|k| before.get(*k) != after.get(*k)) {
        let kind = ["grant", "surface", "tool"].into_iter().find(|k| key.starts_with(*k)).unwrap_or("record");
        *out.entry(kind).or_default() += 1;
    }
    out
}

/// What one step does, in numbers that choose among few names.
#[derive(Clone, Debug)]
enum Step {
    Import { source: u8, names: Vec<u8>, action: u8, text: u8, ends: bool },
    Tools { n: u8, text: u8 },
    Edit { pick: u8, environment: u8, purpose: u8 },
    Own { pick: u8 },
    Wait,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0u8..2, proptest::collection::vec(0u8..5, 1..5), 0u8..4, 0u8..3, any::<bool>())
            .prop_map(|(source, names, action, text, ends)| Step::Import { source, names, action, text, ends }),
        2 => (1u8..5, 0u8..3).prop_map(|(n, text)| Step::Tools { n, text }),
        3 => (any::<u8>(), 0u8..3, 0u8..3).prop_map(|(pick, environment, purpose)| Step::Edit { pick, environment, purpose }),
        2 => any::<u8>().prop_map(|pick| Step::Own { pick }),
        1 => Just(Step::Wait),
    ]
}

const ACTIONS: [&str; 4] = ["read", "tools.write", "secrets.read", "delete"];

fn request(step: &Step) -> Option<service::imports::Request> {
    match step {
        Step::Import { source, names, action, text, ends } => {
            let end = if *ends { json!("2026-12-01T00:00:00Z") } else { json!(null) };
            let names: BTreeSet<u8> = names.iter().copied().collect();
            let identities: Vec<_> = names
                .iter()
                .map(|n| {
                    json!({
                        "key": format!("k{n}"), "name": format!("agent-{n}"), "kind": "ai_agent",
                        "grants": [{ "actions": [ACTIONS[*action as usize]], "resources": [format!("r{}", n % 3)], "ends_at": end }, { "actions": ["list"], "resources": ["*"] }],
                        "surfaces": [{ "kind": "instructions", "locator": "p.md", "content": format!("Rule {text}\nNever stop.") }],
                    })
                })
                .collect();
            let text = json!({ "version": 1, "source": format!("s{source}"), "identities": identities }).to_string();
            Some(support::request(Format::Countersign, "", support::text("x.json", &text)))
        }
        Step::Tools { n, text } => {
            let tools: Vec<_> =
                (0..*n).map(|t| json!({ "name": format!("t{t}"), "description": format!("says {}", text + t % 2) })).collect();
            let mut request = support::request(Format::Mcp, "", support::text("tools.json", &json!({ "tools": tools }).to_string()));
            request.how.server = Some("files".to_owned());
            Some(request)
        }
        Step::Edit { .. } | Step::Own { .. } | Step::Wait => None,
    }
}

async fn known(services: &Services) -> Vec<IdentityId> {
    let filter = domain::query::identities::Filter::default();
    let sheet = support::sheet::<identities::List>(services, &support::host(), Wanted::Now, &filter).await;
    sheet.rows.into_iter().map(|l| l.identity_id).collect()
}

async fn take(services: &Services, s: &Scratch, who: &Principal, step: &Step) {
    if let Some(request) = request(step) {
        support::import(services, request).await;
        return;
    }
    let all = known(services).await;
    match step {
        Step::Edit { pick, environment, purpose } if !all.is_empty() => {
            let id = all[*pick as usize % all.len()];
            let mut read = support::at(services, who, Wanted::Now).await;
            let seen = identities::show(&mut read, id).await.expect("shown").manual.map_or(Seq::ZERO, |m| m.since);
            read.close().await.expect("closed");
            let r = Registration {
                name: format!("edited-{pick}"),
                kind: "bot".to_owned(),
                environment: domain::identity::Environment::ALL[*environment as usize].as_str().to_owned(),
                purpose: format!("purpose {purpose}"),
                ..Registration::default()
            };
            let _ = identities::edit(&support::by(services, who), id, seen, &r).await;
        }
        Step::Own { pick } if !all.is_empty() => {
            let id = all[*pick as usize % all.len()];
            let owner = who.person_id().expect("a person").to_string();
            let _ = identities::assign(&support::by(services, who), &[id], &owner).await;
        }
        Step::Wait => {
            let from = s.clock.now();
            s.clock.advance(20 * domain::time::DAY);
            identities::settle_ended(services, from, s.clock.now()).await.expect("settled");
        }
        _ => {}
    }
}

on_both!(what_differs_is_what_the_pages_of_both_moments_differ_in, async |s: &Scratch| {
    let services = support::services(s);
    let added = people::add(&support::by(&services, &support::host()), "Ana", "a@b.c", "a long enough sentence", &[Role::Analyst]).await;
    let ana = added.expect("added").person_id().expect("a person");
    let ana = people::current(&services, ana).await.expect("read").expect("active");
    let mut runner = TestRunner::deterministic();
    let (mut positions, mut ever) = (vec![Seq::ZERO, head(&services).await], BTreeSet::new());
    for _ in 0..14 {
        let chosen = step().new_tree(&mut runner).expect("a step").current();
        take(&services, s, &ana, &chosen).await;
        s.clock.advance(domain::time::MINUTE);
        ever.extend(known(&services).await);
        positions.push(head(&services).await);
    }
    let mut pages = BTreeMap::new();
    for at in &positions {
        for id in &ever {
            pages.insert((*at, *id), shown(&services, *at, *id).await);
        }
    }
    let mut moved = 0;
    for (n, from) in positions.iter().enumerate() {
        for to in positions.iter().skip(n).step_by(3) {
            let all = rows(&services, Wanted::Position(*to), &against(*from), 1000).await;
            let mut by_identity: BTreeMap<IdentityId, Vec<Difference>> = BTreeMap::new();
            for d in all {
                by_identity.entry(d.identity.expect("each belongs to one")).or_default().push(d);
            }
            for id in &ever {
                let said = by_identity.remove(id).unwrap_or_default();
                let count = |thing| said.iter().filter(|d| d.thing == thing).count();
                match (&pages[&(*from, *id)], &pages[&(*to, *id)]) {
                    (None, None) => assert_eq!(said, [], "{from} {to}"),
                    (None, Some(_)) => {
                        assert!(said.len() == 1 && said[0].how == How::Added && said[0].thing == Thing::Identity, "{said:?}");
                    }
                    (Some(_), None) => assert!(said.len() == 1 && said[0].how == How::Removed, "{from} {to} {said:?}"),
                    (Some(before), Some(after)) => {
                        let really = differing(before, after);
                        let of = |kind: &str| really.get(kind).copied().unwrap_or(0);
                        assert_eq!(count(Thing::Grant), of("grant"), "{from} {to} {said:?}");
                        assert_eq!(count(Thing::Surface), of("surface"), "{from} {to} {said:?}");
                        assert_eq!(count(Thing::Tool), of("tool"), "{from} {to} {said:?}");
                        assert_eq!(count(Thing::Record) > 0, of("record") > 0, "{from} {to} {said:?} {before:?} {after:?}");
                        moved += said.len();
                    }
                }
            }
            assert!(by_identity.is_empty(), "{by_identity:?}");
        }
    }
    assert!(moved > 100, "only {moved} things differed");
    support::intact(s).await;
});

fn agents(names: std::ops::Range<usize>, source: &str, secret: bool, text: &str) -> String {
    let identities: Vec<_> = names
        .map(|n| {
            let mut grants = vec![json!({ "actions": ["tickets.read"], "resources": ["crm"] })];
            if secret {
                grants.push(json!({ "actions": ["secrets.read"], "resources": ["vault"] }));
            }
            json!({ "key": format!("k{n}"), "name": format!("agent-{n:02}"), "kind": "ai_agent", "grants": grants,
                "surfaces": [{ "kind": "instructions", "locator": "p.md", "content": text }] })
        })
        .collect();
    json!({ "version": 1, "source": source, "identities": identities }).to_string()
}

async fn imported(services: &Services, text: String) -> Seq {
    let outcome = support::import(services, support::request(Format::Countersign, "", support::text("x.json", &text))).await;
    outcome.seq.expect("written")
}

const BEFORE: &str = "You help customers.\nNever refund; hand over to a person.\nBe brief.";
const AFTER: &str = "You help customers.\nRefund when it is quick.\nBe brief.";

on_both!(a_comparison_names_access_words_and_owners_whichever_way_it_is_asked, async |s: &Scratch| {
    let services = support::services(s);
    let added =
        people::add(&support::by(&services, &support::host()), "Ana Lee", "a@b.c", "a long enough sentence", &[Role::Analyst]).await;
    let ana = added.expect("added").person_id().expect("a person");
    let ana = people::current(&services, ana).await.expect("read").expect("active");
    let first = imported(&services, agents(0..3, "one", false, BEFORE)).await;
    let other = imported(&services, agents(0..2, "two", false, BEFORE)).await;
    imported(&services, agents(1..4, "one", true, AFTER)).await;
    let id = known(&services).await;
    let mut read = support::at(&services, &ana, Wanted::Now).await;
    let filter = domain::query::identities::Filter { source: Some(domain::query::OrNone::Of("one".to_owned())), ..Default::default() };
    let of_one = identities::List::sheet(&mut read, &filter, None, 50).await.expect("a sheet").rows;
    read.close().await.expect("closed");
    let agent = of_one.iter().find(|l| l.name == "agent-01").expect("there");
    identities::assign(&support::by(&services, &ana), &[agent.identity_id], &ana.person_id().expect("a person").to_string())
        .await
        .expect("assigned");
    assert_eq!(id.len(), 5);
    let all = rows(&services, Wanted::Now, &against(other), 1000).await;
    let of = |name: &str| all.iter().filter(|d| d.of.as_deref().unwrap_or(&d.name) == name).collect::<Vec<_>>();
    let one = of("agent-01");
    let gained = one.iter().find(|d| d.thing == Thing::Grant).expect("a grant");
    assert_eq!((gained.how, gained.class, gained.after.as_deref()), (How::Added, Some(Class::Secrets), Some("Never expires.")));
    assert!(gained.name.starts_with("secrets.read on vault"), "{gained:?}");
    let surface = one.iter().find(|d| d.thing == Thing::Surface).expect("a surface");
    assert_eq!(surface.before.as_deref(), Some("Never refund; hand over to a person."));
    assert_eq!(surface.after.as_deref(), Some("Refund when it is quick."));
    let owner = one.iter().find(|d| d.thing == Thing::Record && d.name == "owner").expect("an owner");
    assert_eq!((owner.before.as_deref(), owner.after.as_deref()), (Some("none"), Some("Ana Lee")));
    assert!(of("agent-00").iter().all(|d| d.thing == Thing::Identity && d.how == How::Removed && d.class == Some(Class::Read)));
    assert!(of("agent-03").iter().all(|d| d.thing == Thing::Identity && d.how == How::Added && d.class == Some(Class::Secrets)));
    // In stretches of one row, the other way round, narrowed: the same rows.
    assert_eq!(rows(&services, Wanted::Now, &against(other), 1).await, all);
    let now = head(&services).await;
    let turned = rows(&services, Wanted::Position(other), &against(now), 2).await;
    assert_eq!(turned, all, "the older moment stands first whichever was given first");
    let narrowed = Filter { thing: Some(Thing::Grant), how: Some(How::Added), ..against(other) };
    let expected: Vec<_> = all.iter().filter(|d| d.thing == Thing::Grant && d.how == How::Added).cloned().collect();
    assert_eq!(rows(&services, Wanted::Now, &narrowed, 1).await, expected);
    let alone = Filter { of: Some(About::Identity(agent.identity_id)), ..against(other) };
    assert_eq!(rows(&services, Wanted::Now, &alone, 1000).await.len(), one.len());
    let mut read = support::at(&services, &ana, Wanted::Now).await;
    let two = service::sources::named(&mut read, "two").await.expect("a source").id;
    read.close().await.expect("closed");
    let quiet = Filter { of: Some(About::Source(two)), ..against(other) };
    assert_eq!(rows(&services, Wanted::Now, &quiet, 1000).await, []);
    assert_eq!(rows(&services, Wanted::Now, &Filter { of: quiet.of, ..against(first) }, 1000).await.len(), 2);
    support::intact(s).await;
});

on_both!(a_moment_that_cannot_be_read_names_its_field, async |s: &Scratch| {
    let services = support::services(s);
    imported(&services, agents(0..1, "one", false, BEFORE)).await;
    for (text, says) in [(None, "Choose a moment"), (Some("soon"), "We can't read that date"), (Some("99"), "newest ledger entry")] {
        let mut read = support::at(&services, &support::host(), Wanted::Now).await;
        let error = comparison::sides(&mut read, text).await.expect_err("refused");
        assert_eq!(error.field(), Some("against"), "{text:?}");
        assert!(error.to_string().contains(says), "{error}");
        read.close().await.expect("closed");
    }
});

on_both!(what_an_import_made_is_read_again_with_its_words_and_a_preview_says_the_same, async |s: &Scratch| {
    let services = support::services(s);
    imported(&services, agents(0..2, "one", false, BEFORE)).await;
    let mut preview = support::request(Format::Countersign, "", support::text("x.json", &agents(0..2, "one", true, AFTER)));
    preview.how.dry_run = true;
    let looked = support::import(&services, preview.clone()).await;
    preview.how.dry_run = false;
    let made = support::import(&services, preview).await;
    let surfaces = |all: &[Difference]| all.iter().filter(|d| d.thing == Thing::Surface).cloned().collect::<Vec<_>>();
    assert!(surfaces(&made.differences).iter().all(|d| d.before.is_none()), "the record of an import keeps no text of a surface");
    let mut read = support::at(&services, &support::host(), Wanted::Now).await;
    let list = imports_list(&mut read).await;
    let page = service::imports::compared(&mut read, &list).await.expect("compared");
    read.close().await.expect("closed");
    let (mut said, _) = domain::comparison::grouped(looked.differences.clone());
    let mut again = page.changed.clone();
    said.sort_by(|a, b| a.name.cmp(&b.name));
    again.sort_by(|a, b| a.name.cmp(&b.name));
    assert_eq!((said.len(), page.whole), (2, true));
    for (preview, record) in said.iter().zip(&again) {
        assert_eq!(preview.name, record.name);
        let plain = |all: &[Difference]| {
            let mut out: Vec<_> = all.iter().map(|d| (d.thing, d.how, d.name.clone(), d.class, d.before.clone())).collect();
            out.iter_mut().filter(|d| d.0 == Thing::Grant).for_each(|d| d.4 = None);
            out.sort();
            out
        };
        assert_eq!(plain(&preview.differences), plain(&record.differences));
    }
});

async fn imports_list(read: &mut service::Read) -> service::imports::Import {
    let sheet = service::imports::List::sheet(read, &Default::default(), None, 1).await.expect("a sheet");
    sheet.rows.into_iter().next().expect("an import").import
}

on_both!(steps_of_late_are_of_imports_and_of_people, async |s: &Scratch| {
    let services = support::services(s);
    let added =
        people::add(&support::by(&services, &support::host()), "Ana Lee", "a@b.c", "a long enough sentence", &[Role::Analyst]).await;
    let ana = added.expect("added").person_id().expect("a person");
    let ana = people::current(&services, ana).await.expect("read").expect("active");
    imported(&services, agents(0..2, "one", false, BEFORE)).await;
    let overview = async || {
        let mut read = support::at(&services, &support::host(), Wanted::Now).await;
        service::overview::page(&mut read).await.expect("overview").changed
    };
    assert!(overview().await.is_empty(), "a first import changes nothing");
    imported(&services, agents(0..2, "one", false, AFTER)).await;
    let id = known(&services).await[0];
    identities::assign(&support::by(&services, &ana), &[id], &ana.person_id().expect("a person").to_string()).await.expect("assigned");
    let steps = overview().await;
    let said: Vec<_> = steps.iter().map(|s| (s.identity() == Some(id), s.changed.differences[0].thing)).collect();
    assert_eq!(said.len(), 3);
    assert_eq!(said[0], (true, Thing::Record));
    assert!(said[1..].iter().all(|(_, thing)| *thing == Thing::Surface), "{said:?}");
});
