//! Registering and editing by hand: versions, conflicts, refusals that name the field, secrets kept out.

use crate::support;
use domain::asof::Wanted;
use domain::identity::{Criticality, StatedBy};
use domain::permission::Role;
use domain::seq::Seq;
use service::identities::{self, NewText, Registration, Text};
use service::{Error, Principal, people, redactions, teams};
use store::on_both;
use store::testing::Scratch;

async fn person(services: &service::Services, email: &str, role: Role) -> Principal {
    let added = people::add(&support::by(services, &support::host()), "Ann Example", email, "a long enough sentence", &[role])
        .await
        .expect("added");
    people::current(services, added.person_id().expect("a person")).await.expect("read").expect("active")
}

fn text(kind: &str, locator: &str, text: &str) -> NewText {
    NewText { kind: kind.into(), locator: locator.into(), text: text.into() }
}

on_both!(every_edit_is_a_version_and_nothing_is_overwritten, async |s: &Scratch| {
    let services = support::services(s);
    let who = person(&services, "ann@example.org", Role::Analyst).await;
    let owner = (who.person_id().expect("a person")).to_string();
    let first = Registration {
        name: "ops-escalator".into(),
        kind: "ai_agent".into(),
        purpose: "escalates".into(),
        team: "Payments".into(),
        surfaces: vec![
            text("instructions", "prompts/ops.md", "Escalate to a person."),
            text("model", "models/ops", ""),
            NewText::default(),
        ],
        ..Registration::default()
    };
    let admin = person(&services, "adm@example.org", Role::Admin).await;
    let (team, _) = teams::add(&support::by(&services, &admin), "Payments", "").await.expect("added");
    assert!(matches!(teams::add(&support::by(&services, &admin), "Payments", "").await, Err(Error::Invalid { field: "name", .. })));
    assert!(matches!(teams::add(&support::by(&services, &who), "Other", "").await, Err(Error::Forbidden(_))));
    let (id, written) = identities::register(&support::by(&services, &who), &first).await.expect("registered");
    let mut second = Registration { owner, environment: "production".into(), criticality: "high".into(), ..first.clone() };
    second.surfaces = vec![text("instructions", "prompts/ops.md", "Escalate unless it is small.")];
    identities::edit(&support::by(&services, &who), id, written.seq, &second).await.expect("edited");
    let stale = identities::edit(&support::by(&services, &who), id, written.seq, &second).await;
    assert!(matches!(stale, Err(Error::Conflict(_))), "{stale:?}");
    let now = identities::show(&mut support::at(&services, &who, Wanted::Now).await, id).await.expect("shown");
    assert_eq!((now.facts.environment.as_str(), now.owner_name.as_deref(), now.versions.len()), ("production", Some("Ann Example"), 2));
    assert_eq!((now.surfaces.len(), now.facts.surfaces, now.facts.team_id), (2, 2, Some(team)));
    assert_eq!(now.surfaces[0].text, Text::Content("Escalate unless it is small.".into()));
    let newest = now.timeline.steps[0].entry.as_ref().expect("an entry").stored.entry.clone();
    assert!(newest.payload.contains("\"environment\":{\"from\":null,\"to\":\"production\"}"), "{}", newest.payload);
    assert!(newest.payload.contains("\"criticality\":{\"from\":null,\"to\":\"high\"}"), "{}", newest.payload);
    assert_eq!((now.facts.criticality, now.facts.criticality_from), (Criticality::High, StatedBy::Manual));
    let then = identities::show(&mut support::at(&services, &who, Wanted::Position(written.seq)).await, id).await.expect("shown");
    assert_eq!((then.facts.environment.as_str(), then.owner_name), ("unknown", None));
    assert_eq!((then.facts.criticality, then.facts.criticality_from), (Criticality::Unknown, StatedBy::Nobody));
    support::intact(s).await;
});

on_both!(refusals_name_the_field_and_write_nothing, async |s: &Scratch| {
    let services = support::services(s);
    let who = person(&services, "ann@example.org", Role::Analyst).await;
    let good = Registration { name: "x".into(), kind: "bot".into(), ..Registration::default() };
    let cases: [(&str, Registration); 10] = [
        ("name", Registration { name: " ".into(), ..good.clone() }),
        ("name", Registration { name: "a\u{200B}b".into(), ..good.clone() }),
        ("kind", Registration { kind: "ghost".into(), ..good.clone() }),
        ("criticality", Registration { criticality: "very".into(), ..good.clone() }),
        ("owner", Registration { owner: "per_00000000000000000000000000".into(), ..good.clone() }),
        ("purpose", Registration { purpose: "use AKIAIOSFODNN7EXAMPLE".into(), ..good.clone() }),
        ("surfaces", Registration { surfaces: vec![text("", "x", "")], ..good.clone() }),
        ("surfaces", Registration { surfaces: vec![text("tools", "x", "y")], ..good.clone() }),
        ("surfaces", Registration { surfaces: vec![text("model", "x", ""), text("model", "x", "")], ..good.clone() }),
        ("team", Registration { team: "nobody".into(), ..good.clone() }),
    ];
    for (field, registration) in cases {
        let refused = identities::register(&support::by(&services, &who), &registration).await;
        match refused {
            Err(Error::Invalid { field: found, reason }) => {
                assert_eq!(found, field);
                assert!(!reason.contains("AKIA"), "{reason}");
            }
            other => panic!("{field}: {other:?}"),
        }
    }
    let reviewer = person(&services, "rob@example.org", Role::Reviewer).await;
    assert!(matches!(identities::register(&support::by(&services, &reviewer), &good).await, Err(Error::Forbidden(_))));
    assert!(matches!(identities::register(&support::by(&services, &support::host()), &good).await, Err(Error::Forbidden(_))));
    let list = support::sheet::<identities::List>(&services, &who, Wanted::Now, &Default::default()).await;
    assert!(list.rows.is_empty());
});

on_both!(an_owner_named_by_hand_survives_the_next_import, async |s: &Scratch| {
    let services = support::services(s);
    let who = person(&services, "ann@example.org", Role::Analyst).await;
    let csv = |action: &str| support::text("a.csv", &format!("identity,action\nbot-1,{action}\n"));
    support::import(&services, support::request(domain::snapshot::Format::Csv, "c", csv("read"))).await;
    let list = || async { support::sheet::<identities::List>(&services, &who, Wanted::Now, &Default::default()).await.rows };
    let id = list().await[0].identity_id;
    let owner = (who.person_id().expect("a person")).to_string();
    let r = Registration { name: "Bot One".into(), kind: "bot".into(), owner, ..Registration::default() };
    identities::edit(&support::by(&services, &who), id, Seq::ZERO, &r).await.expect("edited");
    support::import(&services, support::request(domain::snapshot::Format::Csv, "c", csv("delete"))).await;
    let row = list().await.remove(0);
    assert_eq!((row.name.as_str(), row.owner_name.as_deref(), row.n_destructive), ("Bot One", Some("Ann Example"), 1));
    support::intact(s).await;
});

on_both!(a_life_goes_its_ways_and_no_others, async |s: &Scratch| {
    let services = support::services(s);
    let who = person(&services, "ann@example.org", Role::Analyst).await;
    let in_state = |state: &str| Registration { name: "x".into(), kind: "bot".into(), lifecycle: state.into(), ..Registration::default() };
    let (id, mut written) = identities::register(&support::by(&services, &who), &in_state("active")).await.expect("registered");
    for (state, passes) in [
        ("proposed", false),
        ("quarantined", true),
        ("active", false),
        ("suspended", true),
        ("active", true),
        ("retired", true),
        ("active", false),
    ] {
        match identities::edit(&support::by(&services, &who), id, written.seq, &in_state(state)).await {
            Ok(now) if passes => written = now,
            Err(Error::Invalid { field: "lifecycle", .. }) if !passes => {}
            other => panic!("{state}: {other:?}"),
        }
    }
});

on_both!(a_text_is_erased_by_two_people_and_every_proof_holds, async |s: &Scratch| {
    let services = support::services(s);
    let who = person(&services, "ann@example.org", Role::Analyst).await;
    let (one, two) =
        (person(&services, "one@example.org", Role::Admin).await, person(&services, "two@example.org", Role::SecurityReviewer).await);
    let r = Registration {
        name: "helper".into(),
        kind: "ai_agent".into(),
        surfaces: vec![text("instructions", "p.md", "Call Mrs Miller on 555 0100.")],
        ..Registration::default()
    };
    let (id, _) = identities::register(&support::by(&services, &who), &r).await.expect("registered");
    let shown = identities::show(&mut support::at(&services, &who, Wanted::Now).await, id).await.expect("shown");
    let blob = (shown.surfaces[0].versions[0].content_id.expect("a text")).to_string();
    assert!(matches!(redactions::ask(&support::by(&services, &who), &blob, "personal_data").await, Err(Error::Forbidden(_))));
    assert!(matches!(redactions::ask(&support::by(&services, &support::host()), &blob, "personal_data").await, Err(Error::Forbidden(_))));
    assert!(matches!(
        redactions::ask(&support::by(&services, &one), "blb_00000000000000000000000000", "secret").await,
        Err(Error::Invalid { field: "subject", .. })
    ));
    let person_id = (who.person_id().expect("a person")).to_string();
    assert!(matches!(
        redactions::ask(&support::by(&services, &one), &person_id, "legal").await,
        Err(Error::Invalid { field: "subject", .. })
    ));
    let asked = redactions::ask(&support::by(&services, &one), &blob, "personal_data").await.expect("asked");
    assert!(
        matches!(redactions::confirm(&support::by(&services, &one), asked.seq).await, Err(Error::Conflict(_))),
        "one person is not two"
    );
    assert!(matches!(redactions::confirm(&support::by(&services, &two), asked.seq.plus(-1)).await, Err(Error::NotFound(_))));
    let waits = redactions::page(&mut support::at(&services, &two, Wanted::Now).await).await.expect("page");
    assert!(
        waits.open[0].may_confirm
            && !redactions::page(&mut support::at(&services, &one, Wanted::Now).await).await.expect("page").open[0].may_confirm
    );
    redactions::confirm(&support::by(&services, &two), asked.seq).await.expect("erased");
    assert!(redactions::confirm(&support::by(&services, &two), asked.seq).await.is_err(), "once");
    let page = redactions::page(&mut support::at(&services, &two, Wanted::Now).await).await.expect("page");
    assert_eq!((page.open.len(), page.done.len()), (0, 1));
    let shown = identities::show(&mut support::at(&services, &who, Wanted::Now).await, id).await.expect("shown");
    assert_eq!(shown.surfaces[0].text, Text::Redacted);
    let mut tx = s.db.snapshot().await.expect("a snapshot");
    assert!(!store::testing::all_text(&mut tx, "blobs").await.contains("Miller"));
    tx.rollback().await.expect("closed");
    support::intact(s).await;
});
