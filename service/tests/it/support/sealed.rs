//! A world that is sealed, by a change like any other.

use super::factors::app;
use super::world::*;
use domain::change::State;
use domain::change::route::Cell;
use domain::ids::ChangeId;
use domain::time::DAY;
use serde_json::{Value, json};
use service::{Principal, Strength};
use store::testing::Scratch;

/// A part of a change of the installation.
pub fn installation(mut part: Value) -> Value {
    part["op"] = "installation".into();
    part
}

pub fn seal() -> Value {
    installation(json!({ "part": "seal" }))
}

pub fn roles(who: &Principal, held: &[&str]) -> Value {
    let held: Vec<Value> = held.iter().map(|role| json!({ "role": role, "scope_kind": "organisation", "scope": "" })).collect();
    installation(json!({ "part": "roles", "person": id(who), "roles": held }))
}

/// A world that lacks nothing but the seal. Other cells than those of the gate ask for one person and no wait.
pub async fn ready(s: &Scratch) -> World {
    let w = world(s).await;
    without_factors(s, &w, |line, _, cell| match line {
        domain::change::route::Line::Gate => cell,
        _ => Cell { people: cell.people.min(1), groups_distinct: false, security: false, wait: 0, life: None, uses: None, ..cell },
    })
    .await;
    for who in [&w.admin, &w.eva, &w.max] {
        app(&w.services, who, Strength::One).await;
    }
    w
}

/// Two people of two groups approve, one of security; a day later it takes effect.
pub async fn through(s: &Scratch, w: &World, change: ChangeId) {
    approve(w, &w.eva, change).await.expect("of the first group");
    approve(w, &w.max, change).await.expect("of security");
    s.clock.advance(DAY);
    work(w).await;
    assert_eq!(state(w, change).await, State::Effective, "{:?}", page(w, &w.ana, change).await.timeline);
}

/// Sealed, and so long ago that everybody's roles and groups count.
pub async fn sealed(s: &Scratch) -> World {
    let w = ready(s).await;
    let change = propose(&w, &w.admin, &[seal()]).await;
    through(s, &w, change).await;
    s.clock.advance(7 * DAY);
    w
}
