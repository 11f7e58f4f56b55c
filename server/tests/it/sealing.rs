//! The checklist of sealing on Overview, and what the forms of a sealed installation answer: refused, with the way to propose
//! it, and the form that does.

use crate::support::{self, PASSWORD, Site, by};
use axum::http::StatusCode;
use domain::asof::Wanted;
use domain::change::State;
use domain::change::route::{Auth, Policy, Profile};
use domain::ids::ChangeId;
use domain::ledger::Actor;
use domain::permission::Role;
use domain::seq::Seq;
use domain::time::{DAY, SECOND};
use serde_json::json;
use service::changes::{self, Proposal, Say};
use service::{Confirmed, Principal, Strength, factors, groups, people};
use store::engine::writer::Command;
use store::on_both;
use store::testing::Scratch;
use totp_rs::{Builder, Secret};

/// The default matrix without factors.
async fn without_factors(s: &Scratch) {
    let mut policy = Policy::of(Profile::Standard);
    for cell in policy.cells.values_mut().flat_map(|columns| columns.values_mut()) {
        cell.auth = Auth::None;
    }
    let mut c = Command::new(Actor::SYSTEM, "test.policy", "policy", None);
    let id = s.ids.make::<domain::ids::noun::Policy>();
    let document = serde_json::to_string(&policy).expect("json");
    let row = store::settings::Policy { since: Seq::ZERO, id, kind: "routing".to_owned(), version: "1".to_owned(), document };
    c.add(id.uuid(), row);
    s.writer().write(c).await.expect("a policy");
}

async fn person(site: &Site, name: &str, role: Role) -> Principal {
    let host = Principal::Host { user: "test".to_owned() };
    people::add(&by(&site.services, &host), name, &format!("{name}@example.org"), PASSWORD, &[role]).await.expect("added")
}

async fn app(site: &Site, who: &Principal) {
    let confirmed = Confirmed { at: site.services.now(), strength: Strength::One };
    let act = by(&site.services, &who.clone().confirmed_by(Some(confirmed)));
    let offer = factors::offer(&act).expect("an offer");
    let secret = Secret::try_from_base32(offer.text.replace(' ', "")).expect("base32");
    let totp = Builder::new().with_secret(secret).build().expect("a secret");
    let code = totp.generate((site.services.now().micros() / SECOND) as u64).to_string();
    factors::add_app(&act, &offer.sealed, &code, "Phone").await.expect("added");
}

async fn approve(site: &Site, who: &Principal, change: ChangeId) {
    let page = changes::show(&mut support::at(&site.services, who, Wanted::Now).await, change).await.expect("a page");
    let say = Say { candidate: page.candidate_digest, shown: page.shown_digest, ..Say::default() };
    changes::approve(&by(&site.services, who), change, &say).await.expect("approved");
}

/// Everybody that sealing asks for, and a second admin; two reviewers and a first admin have apps.
struct Crew {
    site: Site,
    admin: Principal,
    eva: Principal,
    max: Principal,
}

impl Crew {
    async fn over(s: &Scratch) -> Self {
        let site = Site::over(s);
        without_factors(s).await;
        let admin = person(&site, "adm", Role::Admin).await;
        let (eva, max) = (person(&site, "eva", Role::Reviewer).await, person(&site, "max", Role::SecurityReviewer).await);
        person(&site, "ada", Role::Admin).await;
        person(&site, "ana", Role::Analyst).await;
        for (who, name) in [(&eva, "Product"), (&max, "Security")] {
            let (group, _) = groups::add(&by(&site.services, &admin), name).await.expect("a group");
            groups::join(&by(&site.services, &admin), who.person_id().expect("a person"), group).await.expect("joined");
        }
        s.clock.advance(8 * DAY);
        Self { site, admin, eva, max }
    }

    async fn sealed(s: &Scratch) -> Self {
        let crew = Self::over(s).await;
        for who in [&crew.admin, &crew.eva, &crew.max] {
            app(&crew.site, who).await;
        }
        let seal = Proposal {
            operations: vec![json!({ "op": "installation", "part": "seal" })],
            justification: "Everything is in place.".to_owned(),
            ..Proposal::default()
        };
        let (change, _) = changes::submit(&by(&crew.site.services, &crew.admin), &seal).await.expect("proposed");
        Box::pin(approve(&crew.site, &crew.eva, change)).await;
        Box::pin(approve(&crew.site, &crew.max, change)).await;
        s.clock.advance(DAY);
        assert_eq!(changes::look(&crew.site.services, change).await.expect("looked at"), State::Effective);
        crew
    }
}

on_both!(overview_lists_what_is_left_to_seal_and_leads_to_where_it_is_mended, async |s: &Scratch| {
    let crew = Crew::over(s).await;
    let ada = crew.site.sign_in("ada@example.org").await;
    for view in ["operations", "posture"] {
        let page = crew.site.get(&format!("/?view={view}"), Some(&ada)).await.text;
        assert!(page.contains("id=\"sealing\"") && page.contains("1 of 7 left."), "{view}: {}", support::main_part(&page));
        assert!(page.contains("href=\"/settings/security\"") && !page.contains("Propose to seal"), "{view}");
    }
    assert!(crew.site.get("/?view=posture", Some(&ada)).await.text.contains("Setup mode"));
    let ana = crew.site.sign_in("ana@example.org").await;
    assert!(!crew.site.get("/", Some(&ana)).await.text.contains("id=\"sealing\""), "not everybody's to mend");
    for who in [&crew.admin, &crew.eva, &crew.max] {
        app(&crew.site, who).await;
    }
    let page = crew.site.get("/?view=operations", Some(&ada)).await.text;
    assert!(page.contains("Everything is in place.") && page.contains("href=\"/changes/new?op=seal\""), "{}", support::main_part(&page));
    let form = crew.site.get("/changes/new?op=seal", Some(&ada)).await.text;
    assert!(form.contains("value=\"add-seal\""), "{}", support::main_part(&form));
    let added = crew.site.form("/changes/new", Some(&ada), "do=add-seal").await;
    assert_eq!(added.status, StatusCode::OK);
    assert!(
        added.text.contains("2 people can approve it.") && added.text.contains("the gate itself"),
        "{}",
        support::main_part(&added.text)
    );
});

on_both!(a_sealed_installation_refuses_with_the_way_to_propose, async |s: &Scratch| {
    let crew = Box::pin(Crew::sealed(s)).await;
    let ada = crew.site.sign_in("ada@example.org").await;
    let page = crew.site.get("/?view=operations", Some(&ada)).await.text;
    assert!(!page.contains("id=\"sealing\"") && !page.contains("Setup mode"), "{}", support::main_part(&page));
    let ana =
        people::sign_in(&crew.site.services, "ana@example.org", PASSWORD, "t").await.expect("signed in").person_id().expect("a person");
    let refused = crew.site.form(&format!("/settings/people/{ana}/role"), Some(&ada), "role=reviewer&scope=organisation").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);
    let to = format!("/changes/new?op=roles&amp;person={ana}");
    assert!(
        refused.text.contains(&format!("href=\"{to}\"")) && refused.text.contains("Propose a change"),
        "{}",
        support::main_part(&refused.text)
    );
    let form = crew.site.get(&to.replace("&amp;", "&"), Some(&ada)).await.text;
    assert!(form.contains("value=\"add-roles\"") && form.contains("ana (analyst)"), "{}", support::main_part(&form));
    let chosen = json!({ "person": ana, "roles": [{ "role": "analyst", "scope_kind": "organisation", "scope": "" }] }).to_string();
    let sent = format!("do=add-roles&roles_person={}&roles_role=reviewer", app::context::encode(&chosen));
    let added = crew.site.form("/changes/new", Some(&ada), &sent).await;
    assert_eq!(added.status, StatusCode::OK, "{}", support::main_part(&added.text));
    assert!(added.text.contains("analyst, reviewer"), "{}", support::main_part(&added.text));
    for (path, sent, op) in [
        ("/settings/groups", "name=New", "group_add"),
        ("/settings/people", "name=Rob&email=rob%40example.org&role=reviewer", "roles"),
        ("/settings/sources", "name=other&kind=csv", "source_add"),
    ] {
        let refused = crew.site.form(path, Some(&ada), sent).await;
        assert!(
            refused.status == StatusCode::FORBIDDEN && refused.text.contains(&format!("/changes/new?op={op}")),
            "{path}: {}",
            refused.text
        );
    }
});
