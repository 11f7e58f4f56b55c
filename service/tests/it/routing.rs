//! The routing policy as it is shown: each cell is what changes are routed by, and says who there is to decide today.

use crate::support::world::*;
use crate::support::{at, sheet};
use domain::asof::Wanted;
use domain::change::independence::Lack;
use domain::change::route::{Auth, Cell, Column, Line, Policy, Profile};
use domain::query::routing::Filter;
use service::routing::List;
use store::on_both;
use store::testing::Scratch;

on_both!(every_cell_is_what_routes_and_says_who_can_decide_today, async |s: &Scratch| {
    let w = world(s).await;
    let before = service::overview::chrome(&w.services, None).await.expect("chrome").head;
    let rows = sheet::<List>(&w.services, &w.ana, Wanted::Now, &Filter::default()).await.rows;
    let policy = Policy::of(Profile::Standard);
    assert_eq!(rows.len(), Line::ALL.len() * Column::ALL.len());
    for row in &rows {
        assert_eq!(row.cell.cell, policy.cell(row.cell.line, row.cell.column), "{:?}", (row.cell.line, row.cell.column));
    }
    let of = |line: Line, column: Column| rows.iter().find(|r| (r.cell.line, r.cell.column) == (line, column)).expect("a cell");
    // Three reviewers of two groups, without a second factor.
    let plain = of(Line::ReducesPartly, Column::Production);
    assert_eq!((plain.cell.may, plain.cell.lacks.as_slice()), (3, [].as_slice()));
    let gate = of(Line::Gate, Column::Production);
    assert_eq!((gate.cell.may, gate.cell.lacks.as_slice()), (0, [Lack::Factor].as_slice()));
    let severest = of(Line::SelfGoverningIrreversible, Column::Critical);
    assert_eq!(severest.cell.lacks, [Lack::Groups, Lack::Factor], "three of three groups");

    without_factors(s, &w, |line, _, cell| {
        let people = if line == Line::WidensUndoable { 2 } else { cell.people.min(2) };
        Cell { people, ..cell }
    })
    .await;
    let missing = Filter { missing: true, ..Filter::default() };
    assert_eq!(sheet::<List>(&w.services, &w.ana, Wanted::Now, &missing).await.rows.len(), 0, "everybody is there");
    let narrowed = Filter { line: Some(Line::Gate), column: Some(Column::Critical), ..Filter::default() };
    let rows = sheet::<List>(&w.services, &w.ana, Wanted::Now, &narrowed).await.rows;
    assert_eq!((rows.len(), rows[0].cell.cell.auth, rows[0].cell.may), (1, Auth::None, 3));
    // A change is routed by the cell that is shown.
    registered(&w).await;
    let change = propose(&w, &w.ana, &[add(&grant(&w, "read", "notes", Some(w.services.now().plus(HOUR))))]).await;
    let route = page(&w, &w.ana, change).await.candidate.route;
    let narrowed = Filter { line: Some(route.line), column: Some(route.column), ..Filter::default() };
    let rows = sheet::<List>(&w.services, &w.ana, Wanted::Now, &narrowed).await.rows;
    assert_eq!(rows[0].cell.cell, route.cell);
    assert_eq!((rows[0].cell.column.review(), domain::change::route::LAPSE), (route.review, route.lapse));

    // Another policy over the changes so far: the default asks for more, and for passkeys that nobody has.
    let replayed = service::routing::replay(&mut at(&w.services, &w.ana, Wanted::Now).await, &policy).await.expect("replayed");
    assert_eq!((replayed.changes, replayed.undecidable, replayed.fewer), (2, 1, 1), "{replayed:?}");
    let easy = Policy { profile: Profile::SmallTeam, ..policy };
    let replayed = service::routing::replay(&mut at(&w.services, &w.ana, Wanted::Now).await, &easy).await.expect("replayed");
    assert_eq!((replayed.changes, replayed.fewer, replayed.longer), (2, 1, 0), "{replayed:?}");

    // The policy of then, and nobody is counted of then.
    let then = Wanted::Position(before);
    let rows = sheet::<List>(&w.services, &w.ana, then, &Filter { line: Some(Line::Gate), ..Filter::default() }).await.rows;
    assert!(rows.iter().all(|r| r.cell.cell.auth == Auth::Passkey && !r.now && r.missing().is_empty()));
});
