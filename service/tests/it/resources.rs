//! Resources: saying what one is, who reaches it by rules of every language, and what becomes of them.

use crate::support;
use domain::asof::Wanted;
use domain::identity::{Criticality, Environment};
use domain::ids::{PersonId, ResourceId};
use domain::locator::PATTERNS_MOST;
use domain::permission::Role;
use domain::privilege::Class;
use domain::query::Term;
use domain::query::identities::{Filter as Narrowed, Platform};
use domain::query::resources::Filter;
use domain::resource::{Extent, Relation};
use domain::seq::Seq;
use domain::snapshot::Format;
use service::listing::Listing;
use service::resources::{self, Reached, Wish};
use service::{Error, Principal, Services, identities, people};
use store::on_both;
use store::testing::Scratch;

async fn person(services: &Services, email: &str, role: Role) -> Principal {
    let name = email.split('@').next().expect("a name");
    people::add(&support::by(services, &support::host()), name, email, "a long enough sentence", &[role]).await.expect("added")
}

fn id(who: &Principal) -> PersonId {
    who.person_id().expect("a person")
}

fn wish(name: &str, kind: &str, pattern: &str) -> Wish {
    Wish { name: name.into(), kind: kind.into(), pattern: pattern.into(), ..Wish::default() }
}

async fn register(services: &Services, who: &Principal, wish: &Wish) -> (ResourceId, Seq) {
    let (id, written) = resources::register(&support::by(services, who), wish).await.expect("registered");
    (id, written.seq)
}

async fn reach(services: &Services, who: &Principal, id: ResourceId, wanted: Wanted) -> Reached {
    resources::reach(&mut support::at(services, who, wanted).await, id, None, 50).await.expect("reach")
}

/// Names, highest class and certainty of whoever reaches a resource.
fn shown(r: &Reached) -> Vec<(String, Option<Class>, Extent)> {
    assert!(!r.at_least && r.total == r.holders.len(), "{r:?}");
    r.holders.iter().map(|h| (h.listed.as_ref().expect("listed").facts.name.clone(), h.classes.highest(), h.extent)).collect()
}

async fn sample(services: &Services, format: Format, source: &str, name: &str) {
    let path = format!("{}/../end2end/samples/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).expect("a sample");
    support::import(services, support::request(format, source, support::text(name, &text))).await;
}

on_both!(what_is_said_of_a_resource_is_checked, async |s: &Scratch| {
    let services = support::services(s);
    let ana = person(&services, "ana@example.org", Role::Analyst).await;
    let admin = person(&services, "adm@example.org", Role::Admin).await;
    let rob = person(&services, "rob@example.org", Role::Reviewer).await;
    people::lock_out(&support::by(&services, &admin), id(&rob)).await.expect("locked out");
    let good = wish("CRM secrets", "arn", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:crm/*");
    assert!(matches!(resources::register(&support::by(&services, &rob), &good).await, Err(Error::Forbidden(_))));
    assert!(matches!(resources::register(&support::by(&services, &support::host()), &good).await, Err(Error::Forbidden(_))));
    for (field, why, bad) in [
        ("name", "write a name", Wish { name: " ".into(), ..good.clone() }),
        ("name", "secret", Wish { name: "AKIAIOSFODNN7EXAMPLE".into(), ..good.clone() }),
        ("kind", "Choose a kind", Wish { kind: "bucket".into(), ..good.clone() }),
        ("kind", "of the kind ARN", Wish { kind: "name".into(), ..good.clone() }),
        ("pattern", "is empty", Wish { pattern: " ".into(), ..good.clone() }),
        ("pattern", "Character 2", Wish { pattern: "a\u{200B}b".into(), kind: "name".into(), ..good.clone() }),
        ("pattern", "must start with arn", Wish { pattern: "crm".into(), ..good.clone() }),
        (
            "pattern",
            "looks like a secret",
            Wish { pattern: "vault/ghp_0123456789abcdefghijABCDEFGHIJ012345".into(), kind: "name".into(), ..good.clone() },
        ),
        ("pattern", "looks like a secret", Wish { pattern: "HTTPS://ann:pw@example.org/x".into(), kind: "uri".into(), ..good.clone() }),
        ("owner", "No person has this ID", Wish { owner: "nobody@example.org".into(), ..good.clone() }),
        ("owner", "isn't active", Wish { owner: "rob@example.org".into(), ..good.clone() }),
        ("criticality", "isn't a choice", Wish { criticality: "huge".into(), ..good.clone() }),
        ("data_class", "isn't a choice", Wish { data_class: "red".into(), ..good.clone() }),
        ("environment", "isn't a choice", Wish { environment: "moon".into(), ..good.clone() }),
    ] {
        match resources::register(&support::by(&services, &ana), &bad).await {
            Err(Error::Invalid { field: f, reason }) => assert!(f == field && reason.contains(why), "{field} {why}: {f} {reason}"),
            other => panic!("{field} {why}: {other:?}"),
        }
    }
    let nothing = support::sheet::<resources::List>(&services, &ana, Wanted::Now, &Filter::default()).await;
    assert!(nothing.rows.is_empty(), "what is refused leaves nothing");
    support::intact(s).await;
});

on_both!(a_resource_is_registered_edited_and_retired_and_its_past_stays, async |s: &Scratch| {
    let services = support::services(s);
    let ana = person(&services, "ana@example.org", Role::Analyst).await;
    let bucket = Wish {
        owner: "ana@example.org".into(),
        criticality: "critical".into(),
        data_class: "personal".into(),
        environment: "production".into(),
        ..wish("Reports", "arn", "s3://reports/*")
    };
    let (first, registered) = register(&services, &ana, &bucket).await;
    // The same places, written otherwise.
    match resources::register(&support::by(&services, &ana), &wish("Copy", "arn", "arn:aws:s3:::reports/*")).await {
        Err(Error::Invalid { field: "pattern", reason }) => assert!(reason.contains("“Reports”"), "{reason}"),
        other => panic!("{other:?}"),
    }
    let (second, _) = register(&services, &ana, &wish("All buckets", "arn", "arn:aws:s3:::*")).await;
    let show = async |id, wanted| resources::show(&mut support::at(&services, &ana, wanted).await, id).await;
    let overlaps = |d: &resources::Detail| d.overlaps.iter().map(|(r, is)| (r.name.clone(), *is)).collect::<Vec<_>>();
    let shown = show(first, Wanted::Now).await.expect("shown");
    assert_eq!((overlaps(&shown), shown.overlaps_complete), (vec![("All buckets".to_owned(), Relation::Holds)], true));
    assert_eq!(overlaps(&show(second, Wanted::Now).await.expect("shown")), [("Reports".to_owned(), Relation::Within)]);
    assert_eq!((shown.owner.as_deref(), shown.resource.normal.as_str(), shown.may_edit), (Some("ana"), "arn:aws:s3:::reports/*", true));

    let calmer = Wish { criticality: "low".into(), ..bucket.clone() };
    let edited = resources::edit(&support::by(&services, &ana), first, registered, &calmer).await.expect("edited");
    let stale = resources::edit(&support::by(&services, &ana), first, registered, &bucket).await;
    assert!(matches!(stale, Err(Error::Conflict(_))), "{stale:?}");
    let same = resources::edit(&support::by(&services, &ana), first, edited.seq, &calmer).await;
    assert!(matches!(same, Err(Error::Unchanged)), "nothing was changed");
    let onto = resources::edit(&support::by(&services, &ana), first, edited.seq, &wish("Reports", "arn", "arn:aws:s3:::*")).await;
    assert!(matches!(onto, Err(Error::Invalid { field: "pattern", .. })), "{onto:?}");
    let now = show(first, Wanted::Now).await.expect("shown");
    assert_eq!((now.resource.criticality, now.versions.len()), (Criticality::Low, 2));
    let said = now.versions[0].entry.as_ref().expect("an entry").sentence.plain();
    assert!(said.starts_with("ana edited resource ") && said.contains("criticality critical → low"), "{said}");
    assert_eq!(show(first, Wanted::Position(registered)).await.expect("shown").resource.criticality, Criticality::Critical);

    assert!(matches!(resources::retire(&support::by(&services, &ana), first, registered).await, Err(Error::Conflict(_))));
    resources::retire(&support::by(&services, &ana), first, edited.seq).await.expect("retired");
    assert!(matches!(show(first, Wanted::Now).await, Err(Error::NotFound(_))));
    assert_eq!(show(first, Wanted::Position(edited.seq)).await.expect("the past stays").versions.len(), 2);
    let names = async |wanted| {
        let page = support::sheet::<resources::List>(&services, &ana, wanted, &Filter::default()).await;
        page.rows.into_iter().map(|l| l.resource.name).collect::<Vec<_>>()
    };
    assert_eq!(names(Wanted::Now).await, ["All buckets"]);
    assert_eq!(names(Wanted::Position(edited.seq)).await, ["All buckets", "Reports"]);
    // Its places are free again.
    register(&services, &ana, &bucket).await;
    support::intact(s).await;
});

on_both!(rules_of_every_language_reach_what_they_overlap, async |s: &Scratch| {
    let services = support::services(s);
    let ana = person(&services, "ana@example.org", Role::Analyst).await;
    let (crm, _) = register(&services, &ana, &wish("CRM", "arn", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:crm/*")).await;
    let (secrets, _) = register(&services, &ana, &wish("Secrets", "kubernetes", "/secrets@shop")).await;
    let (tool, _) = register(&services, &ana, &wish("Tool", "mcp", "mcp:crm/lookup")).await;
    let (vault, before) = register(&services, &ana, &wish("Vault", "name", "vault/*")).await;
    sample(&services, Format::Aws, "", "aws.json").await;
    sample(&services, Format::Kubernetes, "cluster", "kubernetes.yaml").await;
    sample(&services, Format::Mcp, "desktop", "desktop-client.json").await;

    let found = reach(&services, &ana, crm, Wanted::Now).await;
    assert_eq!(shown(&found), [("support-triage".to_owned(), Some(Class::Secrets), Extent::Known)]);
    assert_eq!((found.holders[0].rules, found.holders[0].paths.len()), (1, 1), "its other policy is on everything, but of tables");
    let found = reach(&services, &ana, secrets, Wanted::Now).await;
    assert_eq!(shown(&found).into_iter().map(|(name, ..)| name).collect::<Vec<_>>(), ["argocd-server"]);
    assert_eq!(found.holders[0].rules, 2);
    assert_eq!(shown(&reach(&services, &ana, tool, Wanted::Now).await).len(), 1, "a server stands for its tools");
    let none = reach(&services, &ana, vault, Wanted::Now).await;
    assert!(shown(&none).is_empty() && none.every_rule && none.compared > 0, "{none:?}");
    assert!(shown(&reach(&services, &ana, crm, Wanted::Position(before)).await).is_empty(), "nothing was imported then");

    // The other way round, and what becomes of it when the access goes.
    let touched = async |name: &str, wanted| {
        let filter = Narrowed { search: Some(Term::new(name)), platform: Some(Platform::With), ..Narrowed::default() };
        let mut read = support::at(&services, &ana, wanted).await;
        let list = identities::List::sheet(&mut read, &filter, None, 10).await.expect("list");
        identities::show(&mut read, list.rows[0].identity_id).await.expect("shown").resources
    };
    let names = |t: &resources::Touched| t.resources.iter().map(|t| (t.resource.name.clone(), t.class)).collect::<Vec<_>>();
    let triage = touched("support-triage", Wanted::Now).await;
    assert_eq!((names(&triage), triage.complete), (vec![("CRM".to_owned(), Some(Class::Secrets))], true));
    assert!(names(&touched("svc-backup", Wanted::Now).await).is_empty());
    let imported = support::at(&services, &ana, Wanted::Now).await.seq();
    let other = r#"{"UserDetailList": [], "GroupDetailList": [], "Policies": [], "RoleDetailList": [{"Path": "/", "RoleName": "other",
        "RoleId": "AROAOTHER", "Arn": "arn:aws:iam::111122223333:role/other", "AttachedManagedPolicies": []}]}"#;
    support::import(&services, support::request(Format::Aws, "aws:111122223333", support::text("account.json", other))).await;
    assert!(shown(&reach(&services, &ana, crm, Wanted::Now).await).is_empty());
    assert_eq!(shown(&reach(&services, &ana, crm, Wanted::Position(imported)).await).len(), 1);
    assert_eq!(names(&touched("support-triage", Wanted::Position(imported)).await).len(), 1);
    support::intact(s).await;
});

on_both!(what_narrows_an_answer_is_said_and_what_gives_nothing_does_not_count, async |s: &Scratch| {
    let services = support::services(s);
    let ana = person(&services, "ana@example.org", Role::Analyst).await;
    let (crm, _) = register(&services, &ana, &wish("CRM", "name", "crm")).await;
    let grant = |effect: &str, resource: &str, more: &str| {
        format!(r#"{{ "effect": "{effect}", "actions": ["read"], "resources": ["{resource}"] {more} }}"#)
    };
    let identity =
        |key: &str, grants: &[String]| format!(r#"{{ "key": "{key}", "name": "{key}", "kind": "bot", "grants": [{}] }}"#, grants.join(","));
    let all = [
        identity("reader", &[grant("allow", "crm", "")]),
        identity("careful", &[grant("allow", "crm", r#", "conditions": ["office hours"]"#)]),
        identity("denied", &[grant("deny", "crm", "")]),
        identity("narrowed", &[grant("allow", "crm", ""), grant("deny", "erp", "")]),
        identity("elsewhere", &[grant("allow", "erp", "")]),
        identity("timed", &[grant("allow", "crm", r#", "ends_at": "2026-12-01T00:00:00Z""#)]),
    ];
    let json = format!(r#"{{ "version": 1, "source": "feed", "identities": [{}] }}"#, all.join(","));
    support::import(&services, support::request(Format::Countersign, "", support::text("feed.json", &json))).await;
    let names = |r: &Reached| {
        let mut names: Vec<(String, Extent)> = shown(r).into_iter().map(|(name, _, extent)| (name, extent)).collect();
        names.sort();
        names
    };
    let sure = |name: &str| (name.to_owned(), Extent::Known);
    let at_most = |name: &str| (name.to_owned(), Extent::Bounded);
    let now = reach(&services, &ana, crm, Wanted::Now).await;
    assert_eq!(
        names(&now),
        [at_most("careful"), sure("narrowed"), sure("reader"), sure("timed")],
        "a deny of another place narrows nothing"
    );
    // One page after the other, each once.
    let mut paged = Vec::new();
    let mut after = None;
    loop {
        let page = resources::reach(&mut support::at(&services, &ana, Wanted::Now).await, crm, after, 1).await.expect("page");
        assert_eq!(page.total, 4);
        paged.extend(page.holders.iter().map(|h| h.id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(paged, now.holders.iter().map(|h| h.id).collect::<Vec<_>>());
    s.clock.set(domain::time::Timestamp::parse("2027-01-01T00:00:00Z").expect("an instant"));
    assert_eq!(
        names(&reach(&services, &ana, crm, Wanted::Now).await),
        [at_most("careful"), sure("narrowed"), sure("reader")],
        "an ended grant is no access"
    );
    support::intact(s).await;
});

on_both!(a_narrow_role_says_what_its_environment_holds_and_a_leaver_owns_nothing, async |s: &Scratch| {
    let services = support::services(s);
    let admin = person(&services, "adm@example.org", Role::Admin).await;
    let tess = person(&services, "tess@example.org", Role::Executive).await;
    people::assign(&support::by(&services, &admin), id(&tess), Role::Analyst, ("environment", "test")).await.expect("given");
    let tess = people::current(&services, id(&tess)).await.expect("read").expect("active");
    let of = |environment: &str, pattern: &str| Wish {
        environment: environment.into(),
        owner: "tess@example.org".into(),
        ..wish("Bucket", "arn", pattern)
    };
    let (own, seen) = register(&services, &tess, &of("test", "s3://test")).await;
    for environment in ["production", ""] {
        let refused = resources::register(&support::by(&services, &tess), &of(environment, "s3://other")).await;
        assert!(matches!(refused, Err(Error::OutOfScope(_))), "{environment}: {refused:?}");
    }
    let away = resources::edit(&support::by(&services, &tess), own, seen, &of("production", "s3://test")).await;
    assert!(matches!(away, Err(Error::OutOfScope(_))), "nothing is put away to where the role does not reach");
    let (other, theirs) = register(&services, &admin, &of("production", "s3://live")).await;
    let fetched = resources::edit(&support::by(&services, &tess), other, theirs, &of("test", "s3://live")).await;
    assert!(matches!(fetched, Err(Error::OutOfScope(_))), "nor fetched from there");
    assert!(matches!(resources::retire(&support::by(&services, &tess), other, theirs).await, Err(Error::OutOfScope(_))));

    let owned = async |filter: Filter| {
        let mut read = support::at(&services, &admin, Wanted::Now).await;
        let sheet = resources::List::sheet(&mut read, &filter, None, 50).await.expect("sheet");
        (sheet.rows.len(), resources::totals(&mut read).await.expect("counted").1)
    };
    let hers = Filter { owner: Some(id(&tess)), environment: Some(Environment::Test), ..Filter::default() };
    assert_eq!(owned(hers.clone()).await, (1, 0));
    people::lock_out(&support::by(&services, &admin), id(&tess)).await.expect("locked out");
    assert_eq!(owned(hers).await, (0, 2));
    assert_eq!(owned(Filter { no_owner: true, ..Filter::default() }).await, (2, 2));
    support::intact(s).await;
});

on_both!(what_nobody_holds_any_more_hides_nobody_and_entangled_patterns_end, async |s: &Scratch| {
    let services = support::services(s);
    let ana = person(&services, "ana@example.org", Role::Analyst).await;
    let (crm, _) = register(&services, &ana, &wish("CRM", "name", "crm")).await;
    let identity = |key: &str, action: &str, resources: &[String]| {
        serde_json::json!({ "key": key, "name": key, "kind": "bot",
            "grants": [{ "effect": "allow", "actions": [action], "resources": resources }] })
    };
    let feed = async |identities: Vec<serde_json::Value>| {
        let json = serde_json::json!({ "version": 1, "source": "feed", "identities": identities }).to_string();
        support::import(&services, support::request(Format::Countersign, "", support::text("feed.json", &json))).await;
    };
    // More rules than may match, which nobody holds a moment later.
    let crowd = (0..320).map(|n| identity(&format!("bot-{n}"), &format!("read-{n}"), &["crm".to_owned()])).collect();
    feed(crowd).await;
    let crowded = reach(&services, &ana, crm, Wanted::Now).await;
    assert!(!crowded.every_rule && crowded.at_least, "{} compared", crowded.compared);
    feed(vec![identity("last", "write", &["crm".to_owned()])]).await;
    let found = reach(&services, &ana, crm, Wanted::Now).await;
    assert_eq!(shown(&found).into_iter().map(|(name, ..)| name).collect::<Vec<_>>(), ["last"]);
    assert!(found.every_rule && found.compared == 1);

    // Every pair of these costs a table of three million cells.
    let (a, b) = ("?a*".repeat(600), "?b*".repeat(600));
    let (knot, _) = register(&services, &ana, &wish("Knot", "name", &format!("vault/*{b}xx?"))).await;
    feed(vec![identity("tangled", "read", &(0..40).map(|n| format!("vault/*{a}{n}y?x")).collect::<Vec<_>>())]).await;
    let ended = reach(&services, &ana, knot, Wanted::Now).await;
    assert!(!ended.every_rule && ended.at_least, "{ended:?}");
    let mut read = support::at(&services, &ana, Wanted::Now).await;
    let filter = Narrowed { search: Some(Term::new("tangled")), ..Narrowed::default() };
    let list = identities::List::sheet(&mut read, &filter, None, 10).await.expect("list");
    assert!(!identities::show(&mut read, list.rows[0].identity_id).await.expect("shown").resources.complete);
    drop(read);

    // One with more patterns than are compared counts as reaching it, and the row says why.
    feed(vec![identity("long", "read", &(0..=PATTERNS_MOST).map(|n| format!("erp-{n}")).collect::<Vec<_>>())]).await;
    let unsure = reach(&services, &ana, crm, Wanted::Now).await;
    assert_eq!((unsure.holders[0].extent, unsure.holders[0].why), (Extent::Unknown, "it has too many patterns to compare"));
    support::intact(s).await;
});
