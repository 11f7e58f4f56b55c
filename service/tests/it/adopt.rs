//! Adopting a source from its proposal to its end: what stands apart, who may decide, what comes in between, and a process that
//! is gone half way.

use crate::adoption::figures;
use crate::support;
use crate::support::world::*;
use domain::asof::Wanted;
use domain::change::State;
use domain::change::adopt::Adopt;
use domain::change::operation::Operation;
use domain::change::route::{Cell, Column, Endless, Line};
use domain::identity::{Environment, Review};
use domain::ids::ChangeId;
use domain::permission::Role;
use domain::query::identities::Filter;
use domain::seq::Seq;
use domain::snapshot::Format;
use domain::time::{DAY, SECOND};
use serde_json::{Value, json};
use service::changes::{self, PART};
use service::{Error, Principal, Services, groups, identities, imports, jobs};
use store::engine::db::Tx;
use store::on_both;
use store::testing::Scratch;

const SMALL: &str = "identity,action,resource\nbot,read,tickets\ndesk,write,tickets\nroot,*,*\n";
const LATER: &str = "identity,action,resource\nbot,read,tickets\nbot,read,mails\ndesk,write,tickets\nroot,*,*\n";

/// As little as can be asked for without a factor; what never ends needs no exception.
fn bent(line: Line, cell: Cell) -> Cell {
    let endless = if cell.endless == Endless::Exception { Endless::TwoGroups } else { cell.endless };
    if line == Line::Adopt { cell } else { Cell { wait: 0, life: None, uses: None, endless, ..cell } }
}

async fn imported(services: &Services, who: &Principal, text: &str) {
    let mut request = support::request(Format::Csv, "crm", support::text("s.csv", text));
    request.how.environment = Some(Environment::Production);
    imports::run(&support::by(services, who), request, |_| {}).await.expect("imported");
}

/// The world, whose source holds one of each kind; and a reviewer who imported it.
async fn fed(s: &Scratch, text: &str) -> (World, Principal) {
    let w = world(s).await;
    let fay = person(&w.services, "fay", &[Role::Analyst, Role::Reviewer]).await;
    let by_admin = support::by(&w.services, &w.admin);
    let (group, _) = groups::add(&by_admin, "Feeders").await.expect("a group");
    groups::join(&by_admin, id(&fay), group).await.expect("joined");
    imported(&w.services, &fay, text).await;
    without_factors(s, &w, |line, _, cell| bent(line, cell)).await;
    s.clock.advance(4 * DAY);
    (w, fay)
}

fn adopt(w: &World) -> Value {
    json!({ "op": "adopt", "source": w.source })
}

async fn adopted(w: &World, change: ChangeId) -> Adopt {
    let operations = page(w, &w.ana, change).await.candidate.operations;
    let [Operation::Adopt(adopt)] = operations.as_slice() else { panic!("{operations:?}") };
    adopt.clone()
}

/// Whether the receipt of a change holds an application.
async fn says_it_was_applied(w: &World, change: ChangeId) -> bool {
    let receipt = changes::receipt(&mut support::at(&w.services, &w.ana, Wanted::Now).await, change).await.expect("a receipt");
    receipt.rows.iter().any(|row| row.table == "applications")
}

/// How many identities were reviewed, of how many.
async fn reviewed(w: &World) -> (usize, usize) {
    let rows = support::sheet::<identities::List>(&w.services, &w.admin, Wanted::Now, &Filter::default()).await.rows;
    (rows.iter().filter(|l| l.review == Review::Adopted).count(), rows.len())
}

async fn keys(s: &Scratch, w: &World) -> Vec<String> {
    let mut tx: Tx = s.db.snapshot().await.expect("a snapshot");
    let all = (domain::ids::IdentityId::nil(), domain::ids::IdentityId::new(uuid::Uuid::max()));
    let keys = store::changes::adopted::countersigned(&mut tx, all).await.expect("read");
    tx.rollback().await.expect("closed");
    drop(w.services.clone());
    keys
}

on_both!(two_people_who_did_not_import_a_source_adopt_it_and_no_figure_moves_but_what_is_reviewed, async |s: &Scratch| {
    let (w, fay) = fed(s, SMALL).await;
    let before = figures(&w.services).await;
    let change = propose(&w, &w.ana, &[adopt(&w)]).await;
    let shown = page(&w, &w.ana, change).await;
    assert_eq!((shown.candidate.route.line, shown.moved_since), (Line::Adopt, Some(0)), "{:?}", shown.candidate.route);
    let of = adopted(&w, change).await;
    let rows: Vec<(&str, u64)> = of.rows.iter().map(|(table, n)| (table.as_str(), *n)).collect();
    assert_eq!((rows.as_slice(), of.left), ([("grants", 2), ("identity_versions", 3)].as_slice(), 1), "{of:?}");
    let refused = approve(&w, &fay, change).await;
    assert!(matches!(&refused, Err(Error::MayNot(why)) if why.contains("fed the source")), "{refused:?}");
    approve(&w, &w.eva, change).await.expect("the first");
    work(&w).await;
    assert_eq!((state(&w, change).await, keys(s, &w).await.len()), (State::InReview, 0), "one person is not enough");
    approve(&w, &w.max, change).await.expect("of the other group");
    work(&w).await;
    let shown = page(&w, &w.ana, change).await;
    assert_eq!(shown.state, State::Effective, "{:?}", shown.timeline);
    assert_eq!((reviewed(&w).await, keys(s, &w).await.len()), ((2, 3), 2), "who holds what stands apart is not reviewed");
    assert_eq!(figures(&w.services).await, before);
    assert!(says_it_was_applied(&w, change).await);
    support::intact(s).await;
    // What stands apart takes a change of its own, routed as if it were added.
    let apart = propose(&w, &w.ana, &[json!({ "op": "adopt", "source": w.source, "privileged": true })]).await;
    let shown = page(&w, &w.ana, apart).await;
    assert!(shown.candidate.route.line >= Line::WidensUndoable && shown.candidate.route.line != Line::Adopt, "{:?}", shown.candidate.route);
    let olga = say(&w, &w.olga, apart, "").await;
    changes::consent(&support::by(&w.services, &w.olga), apart, &olga).await.expect("the owner of the source");
    approve(&w, &w.eva, apart).await.expect("the first");
    approve(&w, &w.max, apart).await.expect("the second");
    work(&w).await;
    let shown = page(&w, &w.ana, apart).await;
    assert_eq!(shown.state, State::Effective, "{:?} {:?}", shown.deciding.blocked_by, shown.timeline);
    assert_eq!((reviewed(&w).await, keys(s, &w).await.len()), ((3, 3), 3));
    assert_eq!(figures(&w.services).await, before);
    support::intact(s).await;
    let again = changes::submit(&support::by(&w.services, &w.ana), &proposal(&[adopt(&w)])).await;
    assert!(matches!(&again, Err(Error::Invalid { reason, .. }) if reason.contains("nothing")), "{again:?}");
});

on_both!(what_is_imported_meanwhile_is_not_adopted_and_what_was_seen_is, async |s: &Scratch| {
    let (w, fay) = fed(s, SMALL).await;
    let change = propose(&w, &w.ana, &[adopt(&w)]).await;
    imported(&w.services, &fay, LATER).await;
    assert_eq!(page(&w, &w.ana, change).await.moved_since, Some(1));
    approve(&w, &w.eva, change).await.expect("the first");
    approve(&w, &w.max, change).await.expect("the second");
    work(&w).await;
    assert_eq!((state(&w, change).await, keys(s, &w).await.len()), (State::Effective, 2), "what came later is no part of it");
    let rest = propose(&w, &w.ana, &[adopt(&w)]).await;
    assert_eq!(adopted(&w, rest).await.rows.get("grants"), Some(&1));
    support::intact(s).await;
});

on_both!(what_was_approved_in_another_way_meanwhile_ends_an_adoption_and_nothing_of_it_lives, async |s: &Scratch| {
    let (w, _) = fed(s, SMALL).await;
    let change = propose(&w, &w.ana, &[adopt(&w)]).await;
    registered(&w).await;
    let before = keys(s, &w).await;
    approve(&w, &w.eva, change).await.expect("the first");
    approve(&w, &w.max, change).await.expect("the second");
    work(&w).await;
    let shown = page(&w, &w.ana, change).await;
    assert_eq!((shown.state, keys(s, &w).await), (State::Failed, before), "{:?}", shown.timeline);
    assert!(!says_it_was_applied(&w, change).await, "nothing of it lives");
    support::intact(s).await;
    // The rest of it can be adopted, and an import puts away what never lived.
    imported(&w.services, &w.ana, LATER).await;
    support::intact(s).await;
    let rest = propose(&w, &w.ana, &[adopt(&w)]).await;
    approve(&w, &w.eva, rest).await.expect("the first");
    approve(&w, &w.max, rest).await.expect("the second");
    work(&w).await;
    assert_eq!((state(&w, rest).await, keys(s, &w).await.len()), (State::Effective, 3));
    support::intact(s).await;
});

on_both!(what_a_process_leaves_half_written_another_one_writes_to_its_end_once, async |s: &Scratch| {
    let mut text = "identity,action,resource\nbot,read,tickets\n".to_owned();
    for n in 0..2 * PART + 900 {
        text.push_str(&format!("bot{},read,ticket{n}\n", n % 11));
    }
    let (w, _) = fed(s, &text).await;
    let before = figures(&w.services).await;
    let change = propose(&w, &w.ana, &[adopt(&w)]).await;
    let of = adopted(&w, change).await;
    approve(&w, &w.eva, change).await.expect("the first");
    approve(&w, &w.max, change).await.expect("the second");
    let (first, other) = (w.services.clone(), support::services(s));
    let working = tokio::spawn(async move { while jobs::next(&first).await.is_ok_and(|more| more) {} });
    while reached(s, change).await == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    // Its lease is over: to everybody else it is gone.
    s.clock.advance(20 * SECOND);
    let mut left = 100;
    while changes::look(&other, change).await.expect("looked at") == State::Applying && left > 0 {
        left -= i32::from(!jobs::next(&other).await.expect("worked"));
    }
    working.await.expect("ended");
    assert_eq!(state(&w, change).await, State::Effective, "{:?}", page(&w, &w.ana, change).await.timeline);
    assert_eq!(keys(s, &w).await.len() as u64, of.rows["grants"]);
    assert_eq!(reviewed(&w).await, (12, 12));
    assert!(reached(s, change).await as u64 >= of.rows["grants"]);
    assert_eq!(figures(&w.services).await, before);
    support::intact(s).await;
});

/// Rows that the entries of a change say are written.
async fn reached(s: &Scratch, change: ChangeId) -> i64 {
    let mut tx = s.db.snapshot().await.expect("a snapshot");
    let payload = store::changes::adopted::reached(&mut tx, change).await.expect("read");
    tx.rollback().await.expect("closed");
    let said: Value = payload.and_then(|(_, text)| serde_json::from_str(&text).ok()).unwrap_or_default();
    said["done"].as_i64().unwrap_or(0)
}

on_both!(an_adoption_of_what_is_not_there_is_refused_and_says_why, async |s: &Scratch| {
    let (w, _) = fed(s, SMALL).await;
    let by_ana = support::by(&w.services, &w.ana);
    for (operation, said) in [
        (json!({ "op": "adopt", "source": "src_00000000000000000000000001" }), "no such source"),
        (json!({ "op": "adopt", "source": w.source, "position": 1_000_000 }), "still to come"),
        (json!({ "op": "adopt", "source": w.source, "scope": "account 1" }), "nothing"),
        (json!({ "op": "adopt", "source": w.source, "rows": {} }), "unknown field"),
        (json!({ "op": "adopt", "source": w.source, "position": Seq::ZERO }), "nothing"),
    ] {
        let refused = changes::submit(&by_ana, &proposal(std::slice::from_ref(&operation))).await;
        assert!(matches!(&refused, Err(Error::Invalid { reason, .. }) if reason.contains(said)), "{operation}: {refused:?}");
    }
    let change = propose(&w, &w.ana, &[adopt(&w)]).await;
    let mut whole = serde_json::to_value(Operation::Adopt(adopted(&w, change).await)).expect("json");
    changes::preview(&by_ana, &proposal(std::slice::from_ref(&whole))).await.expect("the same");
    whole["rows"]["grants"] = 1.into();
    let refused = changes::preview(&by_ana, &proposal(&[whole])).await;
    assert!(matches!(&refused, Err(Error::Invalid { reason, .. }) if reason.contains("not what the source saw")), "{refused:?}");
});

on_both!(a_tag_does_not_lower_the_route_of_an_adoption, async |s: &Scratch| {
    let (w, _) = fed(s, SMALL).await;
    let text = r#"{"version": 1, "source": "lab", "identities": [{"key": "a", "name": "a", "kind": "bot",
      "hints": {"env": "dev", "criticality": "low"}, "grants": [{"actions": ["tickets.read"], "resources": ["tickets"]}]}]}"#;
    support::import(&w.services, support::request(Format::Countersign, "lab", support::text("lab.json", text))).await;
    let mut tx = s.db.snapshot().await.expect("a snapshot");
    let lab = store::sources::by_name(&mut tx, "lab", Seq::NOW).await.expect("read").expect("the source").id;
    tx.rollback().await.expect("closed");
    let change = propose(&w, &w.ana, &[json!({ "op": "adopt", "source": lab })]).await;
    let route = page(&w, &w.ana, change).await.candidate.route;
    assert_eq!((route.line, route.column), (Line::Adopt, Column::Production), "{:?}", adopted(&w, change).await.stands);
});
