//! Backup and move: from one engine to the other and back, the same bytes and an intact ledger.

use crate::support;
use domain::permission::Role;
use domain::snapshot::Format;
use service::identities::{self, NewText, Registration};
use service::{Error, Services, archive, people};
use store::testing::Scratch;

/// A store with a past: people, roles taken, imports that closed rows, a large batch, an edited record.
async fn lived(s: &Scratch) -> Services {
    let services = support::services(s);
    let ann = people::add(&support::by(&services, &support::host()), "Ann", "ann@example.org", "a long enough sentence", &[Role::Analyst])
        .await
        .expect("added");
    let adm = people::add(&support::by(&services, &support::host()), "Adm", "adm@example.org", "a long enough sentence", &[Role::Admin])
        .await
        .expect("added");
    let adm = people::current(&services, adm.person_id().expect("a person")).await.expect("read").expect("active");
    let ann = people::current(&services, ann.person_id().expect("a person")).await.expect("read").expect("active");
    let all = support::people(&services, &adm).await;
    let analyst = all.iter().flat_map(|p| &p.roles).find(|r| r.role == Role::Analyst).expect("given").id;
    let r = Registration {
        name: "ops \u{1f680} bot".into(),
        kind: "ai_agent".into(),
        purpose: "tests\n\"quotes\" and \\ slashes".into(),
        surfaces: vec![NewText { kind: "instructions".into(), locator: "p.md".into(), text: "Do as told.".into() }],
        ..Registration::default()
    };
    let (id, written) = identities::register(&support::by(&services, &ann), &r).await.expect("registered");
    identities::edit(&support::by(&services, &ann), id, written.seq, &Registration { environment: "production".into(), ..r })
        .await
        .expect("edited");
    people::unassign(&support::by(&services, &adm), analyst).await.expect("taken");
    people::assign(&support::by(&services, &adm), ann.person_id().expect("a person"), Role::Auditor, ("organisation", ""))
        .await
        .expect("given");
    let mut csv = String::from("identity,action,resource\n");
    for i in 0..1300 {
        for a in 0..40 {
            csv.push_str(&format!("bot-{i},read,thing-{a}\n"));
        }
    }
    support::import(&services, support::request(Format::Csv, "large", support::text("l.csv", &csv))).await;
    support::import(&services, support::request(Format::Csv, "small", support::text("s.csv", "identity,action\na,read\nb,write\n"))).await;
    support::import(&services, support::request(Format::Csv, "small", support::text("s.csv", "identity,action\na,delete\n"))).await;
    services
}

async fn written(services: &Services) -> Vec<String> {
    let mut lines = Vec::new();
    archive::dump_as_it_stands(services, |l| {
        lines.push(l.to_owned());
        Ok(())
    })
    .await
    .expect("dumped");
    lines
}

async fn read(s: &Scratch, lines: &[String]) -> Result<Services, Error> {
    let services = support::services(s);
    archive::load(&support::by(&services, &support::host()), lines.iter().map(|l| Ok(l.clone()))).await?;
    Ok(services)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn there_and_back_the_bytes_are_the_same() {
    let (first, second, third) = (Scratch::sqlite().await, Scratch::postgres().await, Scratch::sqlite().await);
    let original = written(&lived(&first).await).await;
    assert!(original.len() > 50_000, "{}", original.len());
    let moved = read(&second, &original).await.expect("loaded");
    assert!(written(&moved).await == original, "PostgreSQL gives the same archive");
    support::intact(&second).await;
    let back = read(&third, &original).await.expect("loaded");
    assert!(written(&back).await == original, "SQLite gives the same archive");
    support::intact(&third).await;
    // Life goes on in the moved store.
    people::sign_in(&moved, "adm@example.org", "a long enough sentence", "a").await.expect("signed in");
    support::import(&moved, support::request(Format::Csv, "small", support::text("s.csv", "identity,action\na,read\n"))).await;
    support::intact(&second).await;
    for s in [first, second, third] {
        s.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_cut_or_foreign_archive_is_refused_and_nothing_is_there() {
    let first = Scratch::sqlite().await;
    let services = support::services(&first);
    support::import(&services, support::request(Format::Csv, "small", support::text("s.csv", "identity,action\na,read\n"))).await;
    let whole = written(&services).await;
    let changed: Vec<String> =
        whole.iter().map(|l| l.replace("\"read\"", "\"reaf\"").replace("[\\\"read\\\"]", "[\\\"reaf\\\"]")).collect();
    assert_ne!(whole, changed);
    let cut = whole[..whole.len() - 2].to_vec();
    let mut more = whole.clone();
    more.push(whole[1].clone());
    for bad in [changed, cut, more, vec!["{}".to_owned()], vec![]] {
        let s = Scratch::postgres().await;
        let refused = read(&s, &bad).await;
        assert!(matches!(&refused, Err(Error::Invalid { field: "archive", .. })), "{:?}", refused.err());
        let mut tx = s.db.snapshot().await.expect("a snapshot");
        assert_eq!(store::engine::head::read(&mut tx).await.expect("read").expect("a head").seq, domain::seq::Seq::ZERO);
        tx.rollback().await.expect("closed");
        s.finish().await;
    }
    assert!(matches!(read(&first, &whole).await, Err(Error::Invalid { field: "archive", .. })), "into a store that is not empty");
    let admin = people::add(&support::by(&services, &support::host()), "A", "a@example.org", "a long enough sentence", &[Role::Admin])
        .await
        .expect("added");
    assert!(matches!(archive::dump(&support::by(&services, &admin), |_| Ok(())).await, Err(Error::Forbidden(_))), "through no door");
    first.finish().await;
}
