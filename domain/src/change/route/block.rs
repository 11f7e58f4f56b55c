//! What keeps a routed change waiting, what its route says against the terms of what is gained, and when a wait is over.

use super::super::Direction;
use super::super::effect::Effect;
use super::{Endless, Route};
use crate::time::{SECOND, Timestamp};

crate::words! {
    /// What keeps a change waiting. None of these is a state, and none of them lowers anything.
    Block {
        NoEligibleApprover = "no_eligible_approver", "nobody who may decide can complete it";
        MissingConsent = "missing_consent", "an owner has not consented, or there is none";
        MissingFactor = "missing_factor", "those who may decide lack the sign-in factor it asks for";
        Wait = "wait", "the wait after the last approval";
        Freeze = "freeze", "a freeze of the calendar";
        Quota = "quota", "too many requests are open";
        NeedsException = "needs_exception", "access without an end needs an exception here";
        TooLong = "too_long", "the access lasts longer, or has more uses, than may be agreed to here";
    }
}

/// What a route says against the terms of what is gained; none where they fit.
pub fn terms_block(route: &Route, effect: &Effect, at: Timestamp) -> Option<Block> {
    let cell = &route.cell;
    if effect.direction < Direction::Widens {
        return None;
    }
    if effect.standing {
        return (cell.endless == Endless::Exception).then_some(Block::NeedsException);
    }
    let lasts = effect.ends_at.map(|end| end.since(at));
    let lasts_too_long = cell.life.map(|life| lasts.is_some_and(|lasts| lasts > i64::from(life) * SECOND));
    let too_many_uses = cell.uses.map(|uses| effect.max_uses.is_none_or(|own| own > uses));
    let over = match (lasts_too_long, too_many_uses) {
        (None, None) => false,
        (Some(one), None) | (None, Some(one)) => one,
        (Some(one), Some(two)) => one && two,
    };
    (over && effect.gaining > 0).then_some(Block::TooLong)
}

/// Until when an approved change waits; any eligible reviewer may object until then. A jump of the clock since the last
/// approval starts the wait again, at the instant of the jump.
pub fn wait_ends(route: &Route, last_approval: Timestamp, jump: Option<Timestamp>) -> Timestamp {
    let from = jump.map_or(last_approval, |jump| jump.max(last_approval));
    from.plus(i64::from(route.cell.wait) * SECOND)
}
