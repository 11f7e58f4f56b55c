//! The states of a change: what may happen in each, what comes of it, and whose part that is (decisions C6). What is not in
//! the table is refused. Why a change waits (`route::Block`) is no state. Whether a person may have a part is
//! `independence`'s to say.

use super::State;

crate::words! {
    /// What happens to a change.
    Event {
        Submit = "submit", "submit";
        Approve = "approve", "approve";
        Consent = "consent", "consent";
        Reject = "reject", "reject";
        RefuseConsent = "refuse_consent", "refuse consent";
        Narrow = "narrow", "narrow";
        Ask = "ask", "ask a question";
        Recuse = "recuse", "step aside";
        /// A new candidate; approvals of the old one are void.
        Rebase = "rebase", "propose again";
        Withdraw = "withdraw", "withdraw";
        TargetGone = "target_gone", "what it changes is gone";
        Deadline = "deadline", "the end of the review";
        Answer = "answer", "answer";
        /// The author takes the narrowed candidate as it is.
        Accept = "accept", "accept";
        /// The author proposes something else instead of the narrowed candidate.
        Amend = "amend", "amend";
        Object = "object", "object";
        /// Something the candidate rests on is no longer as it was.
        Stale = "stale", "what it rests on changed";
        PolicyChanged = "policy_changed", "the routing policy changed";
        IndependenceLost = "independence_lost", "someone who approved is no longer independent";
        /// The approval was not used in time.
        Lapse = "lapse", "the approval lapsed";
        Begin = "begin", "begin to apply";
        /// Record mode: the ledger is the place the fact lives.
        Done = "done", "recorded";
        ReceiverOk = "receiver_ok", "the receiver reports success";
        ReceiverFailed = "receiver_failed", "the receiver reports failure";
        BatchAbandoned = "batch_abandoned", "its batch was abandoned";
        /// Nobody knows what came of it: `outcome_unknown_since` is set.
        LeaseOver = "lease_over", "the lease of the applier ran out";
        /// A source that author, owner, applier and identity do not control sees it.
        Matched = "matched", "an independent source sees it";
        Mismatched = "mismatched", "an independent source sees something else";
        /// Nobody saw it in time: it is marked `unverified`.
        TimeOver = "time_over", "nobody saw it in time";
        Undone = "undone", "its undo took effect";
    }
}

crate::words! {
    /// The part somebody or something has in a change. One person may have several.
    Part {
        /// Who asked for it or drafted it.
        Author = "author", "author";
        /// Who may decide: `independence` found nothing against it.
        Approver = "approver", "approver";
        /// The owner of an identity or a resource it touches.
        Owner = "owner", "owner";
        /// Who carries it out elsewhere.
        Applier = "applier", "applier";
        /// An independent source of observations.
        Observer = "observer", "observer";
        /// Jobs of this installation: time, rechecks, record mode.
        System = "system", "system";
        Bystander = "bystander", "bystander";
    }
}

/// What stands of a review once the event is counted in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Review {
    /// Approvals and consents make the route complete (`independence::Tally`).
    pub complete: bool,
    /// Somebody has decided on the candidate; a consent, a question or a recusal is no decision.
    pub decided: bool,
}

/// Why an event is refused. Fit for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("This change is {}: it takes no \"{}\". Open the change to see what can be done with it now.", .state.label(), .event.label())]
pub struct NotNow {
    pub state: State,
    pub event: Event,
}

/// What a change becomes by an event. Total: every pair that is not in the table of decisions C6 is refused.
pub fn next(state: State, event: Event, review: Review) -> Result<State, NotNow> {
    let to = match state {
        State::Draft => of_draft(event),
        State::InReview => of_review(event, review),
        State::NeedsInformation => of_needs_information(event),
        State::Narrowed => of_narrowed(event),
        State::Approved => of_approved(event),
        State::Applying => of_applying(event),
        State::Reported => of_reported(event),
        State::Effective => of_effective(event),
        State::Rejected | State::Withdrawn | State::Expired | State::Unattended | State::Superseded | State::Failed | State::RolledBack => {
            None
        }
    };
    to.ok_or(NotNow { state, event })
}

// Each state names every event: an event that is added is refused nowhere by chance. A line each, so no formatter.

/// A draft is operational: nothing but sending it off is an event of the change.
#[rustfmt::skip]
fn of_draft(event: Event) -> Option<State> {
    use Event as E;
    match event {
        E::Submit => Some(State::InReview),
        E::Approve | E::Consent | E::Reject | E::RefuseConsent | E::Narrow | E::Ask | E::Recuse | E::Rebase
        | E::Withdraw | E::TargetGone | E::Deadline | E::Answer | E::Accept | E::Amend | E::Object | E::Stale
        | E::PolicyChanged | E::IndependenceLost | E::Lapse | E::Begin | E::Done | E::ReceiverOk | E::ReceiverFailed
        | E::BatchAbandoned | E::LeaseOver | E::Matched | E::Mismatched | E::TimeOver | E::Undone => None,
    }
}

#[rustfmt::skip]
fn of_review(event: Event, review: Review) -> Option<State> {
    use Event as E;
    match event {
        E::Approve | E::Consent => Some(if review.complete { State::Approved } else { State::InReview }),
        E::Reject | E::RefuseConsent => Some(State::Rejected),
        E::Narrow => Some(State::Narrowed),
        E::Ask => Some(State::NeedsInformation),
        E::Recuse | E::Rebase => Some(State::InReview),
        E::Withdraw => Some(State::Withdrawn),
        E::TargetGone => Some(State::Superseded),
        E::Deadline => Some(if review.decided { State::Expired } else { State::Unattended }),
        E::Submit | E::Answer | E::Accept | E::Amend | E::Object | E::Stale | E::PolicyChanged | E::IndependenceLost
        | E::Lapse | E::Begin | E::Done | E::ReceiverOk | E::ReceiverFailed | E::BatchAbandoned | E::LeaseOver
        | E::Matched | E::Mismatched | E::TimeOver | E::Undone => None,
    }
}

#[rustfmt::skip]
fn of_needs_information(event: Event) -> Option<State> {
    use Event as E;
    match event {
        E::Answer => Some(State::InReview),
        E::Withdraw => Some(State::Withdrawn),
        E::Deadline => Some(State::Expired),
        E::Submit | E::Approve | E::Consent | E::Reject | E::RefuseConsent | E::Narrow | E::Ask | E::Recuse | E::Rebase
        | E::TargetGone | E::Accept | E::Amend | E::Object | E::Stale | E::PolicyChanged | E::IndependenceLost
        | E::Lapse | E::Begin | E::Done | E::ReceiverOk | E::ReceiverFailed | E::BatchAbandoned | E::LeaseOver
        | E::Matched | E::Mismatched | E::TimeOver | E::Undone => None,
    }
}

#[rustfmt::skip]
fn of_narrowed(event: Event) -> Option<State> {
    use Event as E;
    match event {
        E::Accept | E::Amend => Some(State::InReview),
        E::Withdraw => Some(State::Withdrawn),
        E::Deadline => Some(State::Expired),
        E::Submit | E::Approve | E::Consent | E::Reject | E::RefuseConsent | E::Narrow | E::Ask | E::Recuse | E::Rebase
        | E::TargetGone | E::Answer | E::Object | E::Stale | E::PolicyChanged | E::IndependenceLost | E::Lapse
        | E::Begin | E::Done | E::ReceiverOk | E::ReceiverFailed | E::BatchAbandoned | E::LeaseOver | E::Matched
        | E::Mismatched | E::TimeOver | E::Undone => None,
    }
}

#[rustfmt::skip]
fn of_approved(event: Event) -> Option<State> {
    use Event as E;
    match event {
        E::Object | E::Stale | E::PolicyChanged | E::IndependenceLost => Some(State::InReview),
        E::Withdraw => Some(State::Withdrawn),
        E::Lapse => Some(State::Expired),
        E::Begin => Some(State::Applying),
        E::Submit | E::Approve | E::Consent | E::Reject | E::RefuseConsent | E::Narrow | E::Ask | E::Recuse | E::Rebase
        | E::TargetGone | E::Deadline | E::Answer | E::Accept | E::Amend | E::Done | E::ReceiverOk | E::ReceiverFailed
        | E::BatchAbandoned | E::LeaseOver | E::Matched | E::Mismatched | E::TimeOver | E::Undone => None,
    }
}

/// A report that comes late moves nothing but this state.
#[rustfmt::skip]
fn of_applying(event: Event) -> Option<State> {
    use Event as E;
    match event {
        E::Done | E::Matched => Some(State::Effective),
        E::ReceiverOk => Some(State::Reported),
        E::ReceiverFailed | E::BatchAbandoned => Some(State::Failed),
        E::LeaseOver => Some(State::Applying),
        E::Submit | E::Approve | E::Consent | E::Reject | E::RefuseConsent | E::Narrow | E::Ask | E::Recuse | E::Rebase
        | E::Withdraw | E::TargetGone | E::Deadline | E::Answer | E::Accept | E::Amend | E::Object | E::Stale
        | E::PolicyChanged | E::IndependenceLost | E::Lapse | E::Begin | E::Mismatched | E::TimeOver | E::Undone => None,
    }
}

/// A mismatch raises a finding and time over a mark; the change stays what it is.
#[rustfmt::skip]
fn of_reported(event: Event) -> Option<State> {
    use Event as E;
    match event {
        E::Matched => Some(State::Effective),
        E::Mismatched | E::TimeOver => Some(State::Reported),
        E::Submit | E::Approve | E::Consent | E::Reject | E::RefuseConsent | E::Narrow | E::Ask | E::Recuse | E::Rebase
        | E::Withdraw | E::TargetGone | E::Deadline | E::Answer | E::Accept | E::Amend | E::Object | E::Stale
        | E::PolicyChanged | E::IndependenceLost | E::Lapse | E::Begin | E::Done | E::ReceiverOk | E::ReceiverFailed
        | E::BatchAbandoned | E::LeaseOver | E::Undone => None,
    }
}

#[rustfmt::skip]
fn of_effective(event: Event) -> Option<State> {
    use Event as E;
    match event {
        E::Undone => Some(State::RolledBack),
        E::Submit | E::Approve | E::Consent | E::Reject | E::RefuseConsent | E::Narrow | E::Ask | E::Recuse | E::Rebase
        | E::Withdraw | E::TargetGone | E::Deadline | E::Answer | E::Accept | E::Amend | E::Object | E::Stale
        | E::PolicyChanged | E::IndependenceLost | E::Lapse | E::Begin | E::Done | E::ReceiverOk | E::ReceiverFailed
        | E::BatchAbandoned | E::LeaseOver | E::Matched | E::Mismatched | E::TimeOver => None,
    }
}

/// What comes with a part. Nothing here says that it may happen now: `allowed_events` does.
fn events_of(part: Part) -> &'static [Event] {
    match part {
        Part::Author => &[Event::Submit, Event::Rebase, Event::Withdraw, Event::Answer, Event::Accept, Event::Amend],
        Part::Approver => &[Event::Approve, Event::Reject, Event::Narrow, Event::Ask, Event::Recuse, Event::Object],
        Part::Owner => &[Event::Consent, Event::RefuseConsent, Event::Ask],
        Part::Applier => &[Event::Begin, Event::ReceiverOk, Event::ReceiverFailed],
        Part::Observer => &[Event::Matched, Event::Mismatched],
        Part::System => &[
            Event::Rebase,
            Event::TargetGone,
            Event::Deadline,
            Event::Stale,
            Event::PolicyChanged,
            Event::IndependenceLost,
            Event::Lapse,
            Event::Begin,
            Event::Done,
            Event::BatchAbandoned,
            Event::LeaseOver,
            Event::TimeOver,
            Event::Undone,
        ],
        Part::Bystander => &[],
    }
}

/// What somebody with these parts may do to a change now, in the order of `Event::ALL`. Every screen asks this for its
/// buttons, every door asks it again before it acts.
pub fn allowed_events(state: State, parts: &[Part]) -> Vec<Event> {
    let theirs = |event: &Event| parts.iter().any(|part| events_of(*part).contains(event));
    let now = |event: &Event| next(state, *event, Review::default()).is_ok();
    Event::ALL.iter().copied().filter(|event| theirs(event) && now(event)).collect()
}

/// True while something may still become of a change: it stands in an inbox, holds a place in a quota, and counts in the
/// sum of its lineage.
pub fn is_open(state: State) -> bool {
    match state {
        State::InReview | State::NeedsInformation | State::Narrowed | State::Approved | State::Applying | State::Reported => true,
        State::Draft
        | State::Effective
        | State::Rejected
        | State::Withdrawn
        | State::Expired
        | State::Unattended
        | State::Superseded
        | State::Failed
        | State::RolledBack => false,
    }
}
