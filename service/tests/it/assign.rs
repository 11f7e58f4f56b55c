//! One owner for many: each identity a version of its own, all of them one entry, and refusals that name the field.

use crate::support;
use domain::asof::Wanted;
use domain::permission::Role;
use domain::query::identities::Filter;
use domain::seq::Seq;
use service::identities::{self, Registration};
use service::{Error, Principal, people};
use store::on_both;
use store::testing::Scratch;

async fn person(services: &service::Services, email: &str, role: Role) -> Principal {
    let added =
        people::add(&support::by(services, &support::host()), email, email, "a long enough sentence", &[role]).await.expect("added");
    people::current(services, added.person_id().expect("a person")).await.expect("read").expect("active")
}

on_both!(one_owner_for_many_is_one_entry_and_a_version_of_each, async |s: &Scratch| {
    let services = support::services(s);
    let ann = person(&services, "ann@example.org", Role::Analyst).await;
    let ben = person(&services, "ben@example.org", Role::Analyst).await;
    let reader = person(&services, "eve@example.org", Role::Executive).await;
    let id = |p: &Principal| p.person_id().expect("a person").to_string();
    let act = support::by(&services, &ann);
    let mut all = Vec::new();
    for name in ["a", "b", "c"] {
        let backup = if name == "b" { id(&ben) } else { String::new() };
        let r = Registration { name: name.into(), kind: "bot".into(), environment: "test".into(), backup, ..Registration::default() };
        all.push(identities::register(&act, &r).await.expect("registered").0);
    }
    let owner = id(&ben);
    let done = identities::assign(&act, &all[..2], &owner).await.expect("assigned");
    let entry = done.written.expect("an entry").seq;
    assert_eq!((done.assigned, done.unchanged), (2, 0));
    for one in &all[..2] {
        let now = identities::show(&mut support::at(&services, &ann, Wanted::Now).await, *one).await.expect("shown");
        assert_eq!(now.owner_name.as_deref(), Some("ben@example.org"));
        assert_eq!((now.versions.len(), now.versions[0].since), (2, entry), "each has a version of the one entry");
        assert_eq!((now.facts.environment.as_str(), now.facts.backup_id), ("test", None), "nothing else moves, and an owner is no backup");
        let then =
            identities::show(&mut support::at(&services, &ann, Wanted::Position(Seq(entry.get() - 1))).await, *one).await.expect("shown");
        assert_eq!(then.owner_name, None);
    }
    // What is left, by a filter; who owns it already is not written again.
    let rest = Filter { no_owner: true, ..Filter::default() };
    let done = identities::assign_all(&act, &rest, &owner).await.expect("assigned");
    assert_eq!((done.assigned, done.unchanged), (1, 0));
    let again = identities::assign(&act, &all, &owner).await.expect("nothing to do");
    assert!(again.written.is_none() && again.unchanged == 3);
    let counts = identities::counts(&mut support::at(&services, &ann, Wanted::Now).await).await.expect("counts");
    assert_eq!(counts.get("identities.no_owner").copied().unwrap_or(0), 0);
    for (by, ids, owner, field) in [(&ann, &all[..0], owner.as_str(), "pick"), (&ann, &all[..1], "nobody", "owner")] {
        let refused = identities::assign(&support::by(&services, by), ids, owner).await;
        assert!(matches!(&refused, Err(Error::Invalid { field: f, .. }) if *f == field), "{refused:?}");
    }
    assert!(matches!(identities::assign(&support::by(&services, &reader), &all, &owner).await, Err(Error::Forbidden(_))));
    // A name that one active person has is as good as an ID; a part of one is none.
    let named = identities::assign(&act, &all[..1], " ann@example.org ").await.expect("assigned");
    assert_eq!((named.assigned, named.owner.as_str()), (1, "ann@example.org"));
    assert!(matches!(identities::assign(&act, &all[..1], "ann").await, Err(Error::Invalid { field: "owner", .. })));
    let report = store::engine::verify::verify(&s.db, &[s.signer.verifier()], &[]).await.expect("verify runs");
    assert_eq!(report.findings, []);
});
