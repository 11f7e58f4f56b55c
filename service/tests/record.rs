//! Registering and editing by hand: versions, conflicts, refusals that name the field, secrets kept out.
#![allow(clippy::expect_used, clippy::panic, clippy::format_push_string)]

mod support;

use domain::asof::Wanted;
use domain::permission::Role;
use service::identities::{self, Registration, Text};
use service::{Error, Principal, people};
use store::on_both;
use store::testing::Scratch;

async fn person(services: &service::Services, email: &str, role: Role) -> Principal {
    let added = people::add(services, &support::host(), "Ann Example", email, "a long enough sentence", &[role]).await.expect("added");
    people::current(services, added.person_id().expect("a person")).await.expect("read").expect("active")
}

on_both!(every_edit_is_a_version_and_nothing_is_overwritten, async |s: &Scratch| {
    let services = support::services(s);
    let who = person(&services, "ann@example.org", Role::Analyst).await;
    let owner = domain::ids::show(domain::ids::Noun::Person, who.person_id().expect("a person"));
    let first = Registration {
        name: "ops-escalator".into(),
        kind: "ai_agent".into(),
        purpose: "escalates".into(),
        surface_kind: "instructions".into(),
        surface_locator: "prompts/ops.md".into(),
        surface_text: "Escalate to a person.".into(),
        ..Registration::default()
    };
    let (id, written) = identities::register(&services, &who, &first).await.expect("registered");
    let mut second = Registration { owner, environment: "production".into(), ..first.clone() };
    second.surface_text = "Escalate unless it is small.".into();
    identities::edit(&services, &who, id, written.seq, &second).await.expect("edited");
    let stale = identities::edit(&services, &who, id, written.seq, &second).await;
    assert!(matches!(stale, Err(Error::Conflict(_))), "{stale:?}");
    let now = identities::show(&services, &who, Wanted::Now, id).await.expect("shown");
    assert_eq!(
        (now.facts.environment.as_str(), now.facts.owner_name.as_deref(), now.versions.len()),
        ("production", Some("Ann Example"), 2)
    );
    assert_eq!(now.surfaces[0].versions[0].1, Text::Content("Escalate unless it is small.".into()));
    assert!(
        now.history[0].entry.payload.contains("\"environment\":{\"from\":null,\"to\":\"production\"}"),
        "{}",
        now.history[0].entry.payload
    );
    let then = identities::show(&services, &who, Wanted::Position(written.seq), id).await.expect("shown");
    assert_eq!((then.facts.environment.as_str(), then.facts.owner_name), ("unknown", None));
    support::intact(s).await;
});

on_both!(refusals_name_the_field_and_write_nothing, async |s: &Scratch| {
    let services = support::services(s);
    let who = person(&services, "ann@example.org", Role::Analyst).await;
    let good = Registration { name: "x".into(), kind: "bot".into(), ..Registration::default() };
    let cases: [(&str, Registration); 7] = [
        ("name", Registration { name: " ".into(), ..good.clone() }),
        ("name", Registration { name: "a\u{200B}b".into(), ..good.clone() }),
        ("kind", Registration { kind: "ghost".into(), ..good.clone() }),
        ("owner", Registration { owner: "per_00000000000000000000000000".into(), ..good.clone() }),
        ("purpose", Registration { purpose: "use AKIAIOSFODNN7EXAMPLE".into(), ..good.clone() }),
        ("surface_kind", Registration { surface_locator: "x".into(), ..good.clone() }),
        (
            "surface_text",
            Registration { surface_kind: "tools".into(), surface_locator: "x".into(), surface_text: "y".into(), ..good.clone() },
        ),
    ];
    for (field, registration) in cases {
        let refused = identities::register(&services, &who, &registration).await;
        match refused {
            Err(Error::Invalid { field: found, reason }) => {
                assert_eq!(found, field);
                assert!(!reason.contains("AKIA"), "{reason}");
            }
            other => panic!("{field}: {other:?}"),
        }
    }
    let reviewer = person(&services, "rob@example.org", Role::Reviewer).await;
    assert!(matches!(identities::register(&services, &reviewer, &good).await, Err(Error::Forbidden(_))));
    assert!(matches!(identities::register(&services, &support::host(), &good).await, Err(Error::Forbidden(_))));
    let list = identities::list(
        &services,
        &who,
        Wanted::Now,
        &store::identities::Filter::default(),
        store::identities::Sort::Name,
        &store::identities::After::Start,
        50,
    )
    .await
    .expect("list");
    assert!(list.rows.is_empty());
});

on_both!(an_owner_named_by_hand_survives_the_next_import, async |s: &Scratch| {
    let services = support::services(s);
    let who = person(&services, "ann@example.org", Role::Analyst).await;
    let csv = |action: &str| support::text("a.csv", &format!("identity,action\nbot-1,{action}\n"));
    support::import(&services, support::request(domain::snapshot::Format::Csv, "c", csv("read"))).await;
    let list = || async {
        identities::list(
            &services,
            &who,
            Wanted::Now,
            &store::identities::Filter::default(),
            store::identities::Sort::Name,
            &store::identities::After::Start,
            50,
        )
        .await
        .expect("list")
        .rows
    };
    let id = list().await[0].identity_id;
    let owner = domain::ids::show(domain::ids::Noun::Person, who.person_id().expect("a person"));
    let r = Registration { name: "Bot One".into(), kind: "bot".into(), owner, ..Registration::default() };
    identities::edit(&services, &who, id, 0, &r).await.expect("edited");
    support::import(&services, support::request(domain::snapshot::Format::Csv, "c", csv("delete"))).await;
    let row = list().await.remove(0);
    assert_eq!((row.name.as_str(), row.owner_name.as_deref(), row.n_destructive), ("Bot One", Some("Ann Example"), 1));
    support::intact(s).await;
});
