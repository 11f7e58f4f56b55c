//! A store that goes back under a running server, one that somebody marks as whole by hand, and acceptances by whoever has
//! no right to: each stays restored, and every token of before stays void.

use crate::rollback::{Place, admin, change, copied, findings, host, missing, opened, put_back, sign_in};
use domain::seq::Seq;
use server::sinks;
use service::tokens::{self, Wish};
use service::{Act, Error, Principal, Services, people, restored};
use store::on_both;
use store::testing::{Scratch, behind_our_back};

async fn minted(services: &Services, who: &Principal) -> tokens::Minted {
    let wish = Wish { name: "ci".to_owned(), scopes: vec!["inventory:write".to_owned()], days: 30, ..Wish::default() };
    tokens::mint(&Act::new(services, who), &wish).await.expect("minted")
}

async fn is_shut(services: &Services, token: &str) -> bool {
    matches!(tokens::caller(services, token).await, Err(Error::Restored(_)))
}

on_both!(what_was_found_restored_is_not_opened_by_hand, async |s: &Scratch| {
    let place = Place::new();
    let config = place.config(s, true);
    let newest = opened(&config).await;
    let ann = admin(&newest, "ann@example.org").await;
    let token = minted(&newest, &ann).await;
    sinks::append_newest(&config, &newest).await;
    let older = copied(s).await;
    tokens::revoke(&Act::new(&newest, &ann), token.id).await.expect("revoked");
    sinks::append_newest(&config, &newest).await;
    newest.close().await;
    let copy = put_back(s, &older).await;
    let services = opened(&place.config(&copy, true)).await;
    // Before anybody has asked, and after.
    for _ in 0..2 {
        behind_our_back(&copy.db, "UPDATE ledger_head SET restored = NULL").await;
        assert!(is_shut(&services, &token.text).await);
        assert!(missing(&services).await.is_some(), "it is marked again for every other process");
    }
    services.close().await;
    copy.finish().await;
});

on_both!(a_store_that_goes_back_under_a_running_server_is_shut, async |s: &Scratch| {
    for back in ["UPDATE ledger_head SET seq = 2, open_to = 2", "UPDATE ledger_head SET epoch = epoch + 1"] {
        let one = if s.url.starts_with("sqlite") { Scratch::sqlite().await } else { Scratch::postgres().await };
        let place = Place::new();
        let config = place.config(&one, true);
        let services = opened(&config).await;
        let ann = admin(&services, "ann@example.org").await;
        let token = minted(&services, &ann).await;
        change(&services, &config, "before").await.expect("written");
        assert!(tokens::caller(&services, &token.text).await.expect("asked").is_some());
        behind_our_back(&one.db, back).await;
        assert!(is_shut(&services, &token.text).await, "{back}");
        assert!(missing(&services).await.is_some(), "{back}");
        services.close().await;
        one.finish().await;
    }
});

on_both!(whoever_came_after_what_checkpoints_agree_with_accepts_nothing, async |s: &Scratch| {
    let place = Place::new();
    let config = place.config(s, true);
    let newest = opened(&config).await;
    let (ann, ben) = (admin(&newest, "ann@example.org").await, admin(&newest, "ben@example.org").await);
    sinks::append_newest(&config, &newest).await;
    let older = copied(s).await;
    for n in 0..5 {
        change(&newest, &config, &format!("lost {n}")).await.expect("written");
    }
    newest.close().await;
    // The older copy is opened without its sink and its files, and two people are planted in it.
    let copy = put_back(s, &older).await;
    let kept = std::fs::read(place.data.path().join("countersign.checkpoints")).expect("read");
    std::fs::remove_file(place.data.path().join("countersign.checkpoints")).expect("removed");
    let blind = opened(&place.config(&copy, false)).await;
    for email in ["eve@example.org", "mallory@example.org"] {
        people::add(&host(&blind), email, email, crate::rollback::PASSWORD, &[domain::permission::Role::Admin]).await.expect("planted");
    }
    blind.close().await;
    std::fs::write(place.data.path().join("countersign.checkpoints"), kept).expect("back");
    let config = place.config(&copy, true);
    let services = opened(&config).await;
    let said = missing(&services).await.expect("restored");
    assert!(said.contains("no checkpoint confirms entries 3 to 4") && said.contains("3 entries after 4 are missing"), "{said}");
    for email in ["eve@example.org", "mallory@example.org"] {
        let planted = sign_in(&services, email).await;
        let refused = restored::accept(&Act::new(&services, &planted)).await.expect_err("refused");
        assert!(matches!(&refused, Error::Conflict(why) if why.contains("newest copy")), "{refused:?}");
    }
    // Nor does the machine, once the rows of people are out of the way.
    behind_our_back(&copy.db, "CREATE TABLE aside AS SELECT * FROM role_assignments").await;
    behind_our_back(&copy.db, "DELETE FROM role_assignments").await;
    assert!(matches!(restored::accept(&host(&services)).await, Err(Error::Conflict(_))), "there were people");
    behind_our_back(&copy.db, "INSERT INTO role_assignments SELECT * FROM aside").await;
    behind_our_back(&copy.db, "DROP TABLE aside").await;
    for who in [&ann, &ben] {
        restored::accept(&Act::new(&services, who)).await.expect("accepted");
    }
    assert_eq!(missing(&services).await, None);
    services.close().await;
    copy.finish().await;
});

on_both!(a_token_that_an_acceptance_ended_stays_void_when_its_row_is_reopened, async |s: &Scratch| {
    let place = Place::new();
    let config = place.config(s, true);
    let newest = opened(&config).await;
    let ann = admin(&newest, "ann@example.org").await;
    let token = minted(&newest, &ann).await;
    sinks::append_newest(&config, &newest).await;
    let older = copied(s).await;
    change(&newest, &config, "lost").await.expect("written");
    newest.close().await;
    let copy = put_back(s, &older).await;
    let config = place.config(&copy, true);
    let services = opened(&config).await;
    let ann = sign_in(&services, "ann@example.org").await;
    restored::accept(&Act::new(&services, &ann)).await.expect("accepted");
    behind_our_back(&copy.db, &format!("UPDATE tokens SET until = {}", Seq::OPEN)).await;
    assert!(tokens::caller(&services, &token.text).await.expect("asked").is_none());
    assert!(!findings(&services).await.is_empty());
    services.close().await;
    copy.finish().await;
});
