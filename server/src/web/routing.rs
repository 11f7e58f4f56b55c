//! The routing policy in the API: its cells, and another one over the changes so far.

use super::operation::{Body, Operation, Shape};
use super::reply::Answer;
use super::request::Acting;
use super::sent::Sent;
use axum::Json;
use domain::asof::Wanted;
use domain::change::replay::Replay;
use domain::change::route::Policy;
use serde::{Deserialize, Serialize};
use service::{Read, routing};
use utoipa::ToSchema;

pub static LIST: Operation =
    Operation::list::<routing::List>("list_routes", "The cells of the routing policy: who must agree to which change, and who can today");

/// A routing policy to try out.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OtherPolicy {
    /// `profile` (`standard` or `small_team`) and `cells`, by line and column; a cell that is not named is the default's.
    #[schema(value_type = Object)]
    policy: Policy,
}

/// What another policy would have made of the changes so far.
#[derive(Serialize, ToSchema)]
pub struct Replayed {
    /// How many changes were looked at: the newest 1,000 at most.
    changes: usize,
    /// Of them, how many would have needed another person to agree.
    more_people: usize,
    fewer_people: usize,
    /// How many the people of today could never decide.
    undecidable: usize,
    longer_wait: usize,
    shorter_wait: usize,
    /// The wait in the middle of all after the last approval, as it was and as it would be.
    median_wait_seconds: u32,
    median_wait_seconds_then: u32,
}

impl From<Replay> for Replayed {
    fn from(r: Replay) -> Self {
        Self {
            changes: r.changes,
            more_people: r.more,
            fewer_people: r.fewer,
            undecidable: r.undecidable,
            longer_wait: r.longer,
            shorter_wait: r.shorter,
            median_wait_seconds: r.wait_was,
            median_wait_seconds_then: r.wait_is,
        }
    }
}

pub static REPLAY: Operation = Operation::new(
    "replay_routing",
    "What another routing policy would have made of the changes so far. Nothing is saved",
    Body::Json(Shape::of::<Replayed>()),
)
.takes(Body::Json(Shape::of::<OtherPolicy>()));

pub async fn replay(Acting(act): Acting, Sent(sent): Sent<OtherPolicy>) -> Answer<Json<Replayed>> {
    let mut read = Read::open(act.services(), act.who(), Wanted::Now).await?;
    let replayed = routing::replay(&mut read, &sent.policy).await;
    read.close().await?;
    Ok(Json(replayed?.into()))
}
