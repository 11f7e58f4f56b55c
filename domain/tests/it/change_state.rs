//! The states of a change against the table of decisions C6, written here once more: every state with every event, and
//! every part with every state.

use domain::change::State;
use domain::change::state::{Event, Part, Review, allowed_events, is_open, next};

/// From, event, to; `+` with the route complete, `!` with a decision given, else without either.
const TABLE: &str = "
draft submit in_review
in_review approve in_review
in_review approve+ approved
in_review consent in_review
in_review consent+ approved
in_review reject rejected
in_review refuse_consent rejected
in_review narrow narrowed
in_review ask needs_information
in_review recuse in_review
in_review rebase in_review
in_review withdraw withdrawn
in_review target_gone superseded
in_review deadline unattended
in_review deadline! expired
needs_information answer in_review
needs_information withdraw withdrawn
needs_information deadline expired
narrowed accept in_review
narrowed amend in_review
narrowed withdraw withdrawn
narrowed deadline expired
approved object in_review
approved stale in_review
approved policy_changed in_review
approved independence_lost in_review
approved withdraw withdrawn
approved lapse expired
approved begin applying
applying done effective
applying receiver_ok reported
applying receiver_failed failed
applying batch_abandoned failed
applying lease_over applying
applying matched effective
reported matched effective
reported mismatched reported
reported time_over reported
effective undone rolled_back
";

fn expected(state: State, event: Event, review: Review) -> Option<State> {
    let rows: Vec<Vec<&str>> = TABLE.lines().filter(|l| !l.is_empty()).map(|l| l.split(' ').collect()).collect();
    let of = |mark: &str| rows.iter().find(|r| r[0] == state.as_str() && r[1] == format!("{}{mark}", event.as_str())).map(|r| r[2]);
    let marked = if review.complete { of("+") } else { None };
    let marked = marked.or_else(|| if review.decided { of("!") } else { None });
    marked.or_else(|| of("")).map(|word| State::parse(word).expect(word))
}

#[test]
fn every_state_takes_the_events_of_the_table_and_no_other() {
    let mut taken = 0;
    for state in State::ALL {
        for event in Event::ALL {
            for (complete, decided) in [(false, false), (true, false), (false, true), (true, true)] {
                let review = Review { complete, decided };
                let found = next(*state, *event, review);
                assert_eq!(found.ok(), expected(*state, *event, review), "{state} {event} {review:?}");
                taken += usize::from(found.is_ok());
            }
        }
    }
    assert_eq!((State::ALL.len() * Event::ALL.len(), taken), (450, 36 * 4), "pairs tried, and how many go on");
}

#[test]
fn a_refused_event_says_what_the_change_is() {
    let refused = next(State::Rejected, Event::Approve, Review::default()).expect_err("refused").to_string();
    assert!(refused.starts_with("This change is rejected: it takes no \"approve\"."), "{refused}");
}

#[test]
fn nothing_leads_to_approved_but_an_approval_or_a_consent_that_completes_the_route() {
    for state in State::ALL {
        for event in Event::ALL {
            let found = next(*state, *event, Review { complete: false, decided: true });
            assert_ne!(found, Ok(State::Approved), "{state} {event}");
            if next(*state, *event, Review { complete: true, decided: true }) == Ok(State::Approved) {
                assert!(matches!(event, Event::Approve | Event::Consent), "{state} {event}: a timeout never approves");
            }
        }
    }
}

#[test]
fn every_part_may_do_in_every_state_what_the_screens_offer() {
    let words = |state, part| allowed_events(state, &[part]).into_iter().map(Event::as_str).collect::<Vec<_>>().join(" ");
    let rows = [
        (State::Draft, Part::Author, "submit"),
        (State::InReview, Part::Author, "rebase withdraw"),
        (State::InReview, Part::Approver, "approve reject narrow ask recuse"),
        (State::InReview, Part::Owner, "consent refuse_consent ask"),
        (State::InReview, Part::System, "rebase target_gone deadline"),
        (State::NeedsInformation, Part::Author, "withdraw answer"),
        (State::NeedsInformation, Part::System, "deadline"),
        (State::Narrowed, Part::Author, "withdraw accept amend"),
        (State::Narrowed, Part::System, "deadline"),
        (State::Approved, Part::Author, "withdraw"),
        (State::Approved, Part::Approver, "object"),
        (State::Approved, Part::Applier, "begin"),
        (State::Approved, Part::System, "stale policy_changed independence_lost lapse begin"),
        (State::Applying, Part::Applier, "receiver_ok receiver_failed"),
        (State::Applying, Part::Observer, "matched"),
        (State::Applying, Part::System, "done batch_abandoned lease_over"),
        (State::Reported, Part::Observer, "matched mismatched"),
        (State::Reported, Part::System, "time_over"),
        (State::Effective, Part::System, "undone"),
    ];
    for state in State::ALL {
        for part in Part::ALL {
            let offered = rows.iter().find(|(s, p, _)| s == state && p == part).map_or("", |(_, _, events)| events);
            assert_eq!(words(*state, *part), offered, "{state} {part}");
        }
    }
    let both = allowed_events(State::InReview, &[Part::Author, Part::Owner]);
    assert_eq!(both, [Event::Consent, Event::RefuseConsent, Event::Ask, Event::Rebase, Event::Withdraw], "who asks and owns");
}

#[test]
fn every_event_is_somebodys_and_only_open_changes_move() {
    for event in Event::ALL {
        let somebody = Part::ALL.iter().any(|part| State::ALL.iter().any(|state| allowed_events(*state, &[*part]).contains(event)));
        assert!(somebody, "{event}");
    }
    for state in State::ALL {
        let moves = !allowed_events(*state, Part::ALL).is_empty();
        assert_eq!(moves, is_open(*state) || matches!(state, State::Draft | State::Effective), "{state}");
    }
}
