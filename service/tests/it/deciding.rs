//! Deciding with a factor, end to end: a passkey signs this candidate, this page and this verdict, once; two factors are shown
//! anew within five minutes; what was signed counts when a change is applied as long as it verifies.

use crate::support::device::Device;
use crate::support::factors::{HERE, app, code, fresh, passkey, refused};
use crate::support::world::*;
use crate::support::{by, intact};
use domain::change::independence::Against;
use domain::change::route::{Auth, Block, Cell, Line};
use domain::change::state::Event;
use domain::change::{State, Verdict};
use domain::ids::ChangeId;
use domain::person::AuthenticatorKind;
use domain::time::{DAY, SECOND};
use serde_json::{Value, json};
use service::changes::{self, Proof, Say};
use service::factors::{self, Answer, Given, Question};
use service::people;
use service::{Confirmed, Error, Principal, Result, Strength, Written};
use store::on_both;
use store::testing::{Scratch, behind_our_back};

/// Another page of the same machine.
const ELSEWHERE: &str = "http://localhost:8081";

/// Of everybody in the world.
const PASSWORD: &str = "a long enough sentence";

/// A world in which some lines ask for a factor and for so many people; everything else needs one person and nothing.
pub async fn asking(s: &Scratch, auth: Auth, of: fn(Line) -> bool, people: u8, wait: u32) -> World {
    let w = world(s).await;
    without_factors(s, &w, |line, _, cell| {
        let easy = Cell { people: cell.people.min(1), groups_distinct: false, security: false, wait: 0, life: None, uses: None, ..cell };
        if of(line) { Cell { people, auth, wait, lot: false, ..easy } } else { easy }
    })
    .await;
    Box::pin(registered(&w)).await;
    w
}

pub fn widens(line: Line) -> bool {
    line == Line::WidensUndoable
}

fn governs(line: Line) -> bool {
    matches!(line, Line::SelfGoverningUndoable | Line::SelfGoverningPartly | Line::SelfGoverningIrreversible)
}

/// A proposal to let the bot do something, with the consent it needs.
pub async fn wider(w: &World, resource: &str) -> ChangeId {
    let ends = Some(w.services.now().plus(20 * HOUR));
    let change = propose(w, &w.ana, &[add(&grant(w, "write", resource, ends))]).await;
    consented(w, change).await
}

pub async fn consented(w: &World, change: ChangeId) -> ChangeId {
    let seen = say(w, &w.olga, change, "").await;
    changes::consent(&by(&w.services, &w.olga), change, &seen).await.expect("consents");
    change
}

async fn asked(w: &World, who: &Principal, change: ChangeId, verdict: Verdict) -> Result<Question> {
    let seen = say(w, who, change, "").await;
    changes::question(&by(&w.services, who), change, &seen, verdict).await
}

fn with(seen: Say, question: &Question, answer: String) -> Say {
    Say { proof: Some(Proof { ceremony: question.ceremony.clone(), answer }), ..seen }
}

/// A decision of somebody who saw what the page shows now, with an answer to a question of before.
async fn send(w: &World, who: &Principal, change: ChangeId, question: &Question, answer: &str) -> Result<Written> {
    let seen = say(w, who, change, "").await;
    changes::approve(&by(&w.services, who), change, &with(seen, question, answer.to_owned())).await
}

/// Approves as a browser does: asks, lets the passkey sign, sends.
pub async fn sign(w: &World, who: &Principal, change: ChangeId, device: &Device) -> Result<Written> {
    let question = asked(w, who, change, Verdict::Approve).await?;
    send(w, who, change, &question, &device.answer(&question.options)).await
}

pub async fn signer(w: &World, who: &Principal, number: u8) -> Device {
    passkey(&w.services, who, Strength::One, AuthenticatorKind::DecisionPasskey, number).await
}

async fn approvals(w: &World, change: ChangeId) -> u8 {
    page(w, &w.ana, change).await.deciding.tally.expect("open").approvals
}

async fn of_verb(s: &Scratch, verb: &str) -> usize {
    let mut tx = s.db.snapshot().await.expect("a snapshot");
    let found = store::ledger::newest_of_verb(&mut tx, verb).await.expect("read");
    tx.rollback().await.expect("ended");
    found.len()
}

async fn all_text(s: &Scratch, table: &'static str) -> String {
    let mut tx = s.db.snapshot().await.expect("a snapshot");
    let text = store::testing::all_text(&mut tx, table).await;
    tx.rollback().await.expect("ended");
    text
}

on_both!(whoever_has_a_passkey_for_decisions_decides_by_a_signature_and_by_nothing_else, async |s: &Scratch| {
    let w = asking(s, Auth::Passkey, widens, 1, 0).await;
    let change = wider(&w, "tickets").await;
    let before = page(&w, &w.eva, change).await;
    assert_eq!(
        (before.candidate.route.line, before.deciding.blocked_by.as_slice()),
        (Line::WidensUndoable, [Block::MissingFactor].as_slice())
    );
    assert_eq!(before.mine.against, [Against::NoFactor]);
    assert!(matches!(asked(&w, &w.eva, change, Verdict::Approve).await, Err(Error::MayNot(_))), "she has none");
    let signs_in = passkey(&w.services, &w.eva, Strength::One, AuthenticatorKind::Passkey, 7).await;
    assert_eq!(page(&w, &w.eva, change).await.mine.against, [Against::NoFactor], "a passkey that signs in is none");
    let device = passkey(&w.services, &w.eva, Strength::Two, AuthenticatorKind::DecisionPasskey, 9).await;
    let open = page(&w, &w.eva, change).await;
    assert_eq!(open.deciding.blocked_by, []);
    assert!(open.mine.events.contains(&Event::Approve) && open.deciding.auth_can_be_given);

    // Neither the session alone nor having shown two factors is a signature.
    let seen = say(&w, &w.eva, change, "").await;
    for act in [by(&w.services, &w.eva), fresh(&w.services, &w.eva, Strength::Two)] {
        assert!(refused(&changes::approve(&act, change, &seen).await, "passkey"));
    }
    let question = asked(&w, &w.eva, change, Verdict::Approve).await.expect("a question");
    assert_eq!(question.options["userVerification"], "required");
    assert_eq!(question.options["allowCredentials"].as_array().map(Vec::len), Some(1), "only what signs decisions is asked");
    let wrong = send(&w, &w.eva, change, &question, &signs_in.answer(&question.options)).await;
    assert!(refused(&wrong, "passkey"), "signed by the passkey that signs in: {wrong:?}");
    let right = device.answer(&question.options);
    assert!(refused(&send(&w, &w.eva, change, &question, &right).await, "passkey"), "a question that was answered wrongly has ended");
    let question = asked(&w, &w.eva, change, Verdict::Approve).await.expect("a question");
    let elsewhere = send(&w, &w.eva, change, &question, &device.answer_at(&question.options, ELSEWHERE)).await;
    assert!(matches!(&elsewhere, Err(Error::Invalid { reason, .. }) if reason.contains("another site")), "{elsewhere:?}");
    let late = asked(&w, &w.eva, change, Verdict::Approve).await.expect("a question");
    let answer = device.answer(&late.options);
    s.clock.advance(301 * SECOND);
    assert!(refused(&send(&w, &w.eva, change, &late, &answer).await, "passkey"), "five minutes");
    assert_eq!((state(&w, change).await, approvals(&w, change).await), (State::InReview, 0));

    sign(&w, &w.eva, change, &device).await.expect("approved");
    assert!(!all_text(s, "ceremonies").await.contains("decide"), "the question was used up with the decision");
    work(&w).await;
    assert_eq!(state(&w, change).await, State::Effective);
    let kept = all_text(s, "decisions").await;
    assert!(kept.contains("authenticator_data") && kept.contains("nonce"), "{kept}");
    intact(s).await;
});

on_both!(a_signature_is_for_one_change_one_candidate_one_verdict_one_person_and_one_time, async |s: &Scratch| {
    let w = asking(s, Auth::Passkey, widens, 2, 0).await;
    let (device, kims) = (signer(&w, &w.eva, 9).await, signer(&w, &w.kim, 10).await);
    let (change, other) = (wider(&w, "tickets").await, wider(&w, "notes").await);
    let conflict = |result: &Result<Written>| matches!(result, Err(Error::Conflict(why)) if why.contains("another version"));

    let question = asked(&w, &w.eva, other, Verdict::Approve).await.expect("a question");
    let sent = send(&w, &w.eva, change, &question, &device.answer(&question.options)).await;
    assert!(conflict(&sent), "signed for another change: {sent:?}");
    let question = asked(&w, &w.eva, change, Verdict::Reject).await.expect("a question");
    let sent = send(&w, &w.eva, change, &question, &device.answer(&question.options)).await;
    assert!(conflict(&sent), "signed as a rejection: {sent:?}");
    let question = asked(&w, &w.eva, change, Verdict::Approve).await.expect("a question");
    let answer = device.answer(&question.options);
    assert!(refused(&send(&w, &w.kim, change, &question, &answer).await, "passkey"), "another person's question");
    let own = asked(&w, &w.kim, change, Verdict::Approve).await.expect("a question");
    assert!(refused(&send(&w, &w.kim, change, &own, &answer).await, "passkey"), "another person's signature");

    // A new candidate: what was signed of the old one is for nothing.
    let ends = Some(w.services.now().plus(10 * HOUR));
    let again = proposal(&[add(&grant(&w, "write", "tickets", ends))]);
    changes::propose_again(&by(&w.services, &w.ana), change, &again).await.expect("proposed again");
    consented(&w, change).await;
    let sent = send(&w, &w.eva, change, &question, &answer).await;
    assert!(conflict(&sent), "signed for the candidate before: {sent:?}");

    // The right one, and the same once more: by her on this change, by her on the other, by somebody else.
    let question = asked(&w, &w.eva, change, Verdict::Approve).await.expect("a question");
    let answer = device.answer(&question.options);
    send(&w, &w.eva, change, &question, &answer).await.expect("approved");
    assert_eq!(approvals(&w, change).await, 1);
    assert!(matches!(send(&w, &w.eva, change, &question, &answer).await, Err(Error::MayNot(_))), "she has decided");
    assert!(refused(&send(&w, &w.eva, other, &question, &answer).await, "passkey"), "replayed on another change");
    assert!(refused(&send(&w, &w.kim, change, &question, &answer).await, "passkey"), "replayed by somebody else");
    assert_eq!((state(&w, change).await, approvals(&w, change).await), (State::InReview, 1));
    sign(&w, &w.kim, change, &kims).await.expect("the second");
    work(&w).await;
    assert_eq!(state(&w, change).await, State::Effective);
    intact(s).await;
});

on_both!(a_question_is_used_up_with_its_decision_or_not_at_all, async |s: &Scratch| {
    let w = asking(s, Auth::Passkey, widens, 3, 0).await;
    let (mut device, kims) = (signer(&w, &w.eva, 9).await, signer(&w, &w.kim, 10).await);
    let change = wider(&w, "tickets").await;
    // Two who sign at once: whoever is overtaken decides all the same, without signing twice.
    device.counter = 3;
    let (of_eva, of_kim) = (
        asked(&w, &w.eva, change, Verdict::Approve).await.expect("asked"),
        asked(&w, &w.kim, change, Verdict::Approve).await.expect("asked"),
    );
    let (by_eva, by_kim) = (device.answer(&of_eva.options), kims.answer(&of_kim.options));
    let (eva, kim) = tokio::join!(send(&w, &w.eva, change, &of_eva, &by_eva), send(&w, &w.kim, change, &of_kim, &by_kim));
    assert!(eva.is_ok() && kim.is_ok(), "{eva:?} {kim:?}");
    assert_eq!(approvals(&w, change).await, 2);

    // One answer twice at once, and two answers with one counter: one decision each.
    let other = wider(&w, "notes").await;
    device.counter = 4;
    let question = asked(&w, &w.eva, other, Verdict::Approve).await.expect("asked");
    let answer = device.answer(&question.options);
    let (a, b) = tokio::join!(send(&w, &w.eva, other, &question, &answer), send(&w, &w.eva, other, &question, &answer));
    assert_eq!([&a, &b].iter().filter(|sent| sent.is_ok()).count(), 1, "{a:?} {b:?}");
    assert_eq!(approvals(&w, other).await, 1);

    // What is refused for another reason leaves the question: a signature is not lost to a guidance that is missing.
    let third = wider(&w, "mail").await;
    device.counter = 5;
    let question = asked(&w, &w.eva, third, Verdict::Reject).await.expect("asked");
    let answer = device.answer(&question.options);
    let act = by(&w.services, &w.eva);
    let silent = with(say(&w, &w.eva, third, "").await, &question, answer.clone());
    assert!(refused(&changes::reject(&act, third, &silent).await, "text"));
    let said = with(say(&w, &w.eva, third, "Read access is enough.").await, &question, answer);
    changes::reject(&act, third, &said).await.expect("rejected");
    assert_eq!(state(&w, third).await, State::Rejected);
    intact(s).await;
});

on_both!(a_counter_that_does_not_grow_is_on_record_and_signs_nothing_that_governs_itself, async |s: &Scratch| {
    let w = asking(s, Auth::Passkey, widens, 1, 3600).await;
    let mut device = signer(&w, &w.eva, 9).await;
    device.counter = 5;
    sign(&w, &w.eva, wider(&w, "tickets").await, &device).await.expect("approved");
    assert_eq!(of_verb(s, "person.passkey_suspect").await, 0);
    sign(&w, &w.eva, wider(&w, "notes").await, &device).await.expect("accepted, and on record");
    assert_eq!(of_verb(s, "person.passkey_suspect").await, 1);
    device.counter = 4;
    sign(&w, &w.eva, wider(&w, "mail").await, &device).await.expect("accepted: what was seen is never set back");
    assert_eq!(of_verb(s, "person.passkey_suspect").await, 2);
});

on_both!(what_governs_itself_takes_no_used_counter, async |s: &Scratch| {
    let w = asking(s, Auth::Passkey, governs, 2, 0).await;
    let mut device = signer(&w, &w.eva, 9).await;
    device.counter = 5;
    let moved =
        |to: &str| -> Value { json!({ "op": "record_set", "identity": w.bot, "attributes": [{ "field": "environment", "to": to }] }) };
    let (change, other) = (propose(&w, &w.ana, &[moved("development")]).await, propose(&w, &w.ana, &[moved("test")]).await);
    assert_eq!(page(&w, &w.eva, change).await.candidate.effect.direction, domain::change::Direction::SelfGoverning);
    for each in [change, other] {
        consented(&w, each).await;
    }
    sign(&w, &w.eva, change, &device).await.expect("approved");
    let used = sign(&w, &w.eva, other, &device).await;
    assert!(matches!(&used, Err(Error::Invalid { reason, .. }) if reason.contains("may have been copied")), "{used:?}");
    device.counter = 6;
    sign(&w, &w.eva, other, &device).await.expect("a counter that grew");
    assert_eq!(of_verb(s, "person.passkey_suspect").await, 0);
    intact(s).await;
});

on_both!(what_was_signed_counts_while_it_verifies_and_not_longer, async |s: &Scratch| {
    let w = asking(s, Auth::Passkey, widens, 1, 3600).await;
    let device = signer(&w, &w.eva, 9).await;
    let kept = wider(&w, "tickets").await;
    sign(&w, &w.eva, kept, &device).await.expect("approved");
    assert_eq!(state(&w, kept).await, State::Approved);
    // She takes her passkey away: what she signed with it while it was hers stays signed.
    let own = factors::page(&mut crate::support::factors::at_now(&w.services, &w.eva).await).await.expect("the page");
    factors::remove(&fresh(&w.services, &w.eva, Strength::One), own.factors[0].id).await.expect("removed");
    assert!(asked(&w, &w.eva, kept, Verdict::Approve).await.is_err(), "she signs nothing with it any more");
    s.clock.advance(HOUR);
    work(&w).await;
    assert_eq!(state(&w, kept).await, State::Effective, "{:?}", page(&w, &w.ana, kept).await.timeline);

    // An enrolment that was put in or altered behind the ledger's back verifies nothing.
    let device = signer(&w, &w.eva, 11).await;
    let forged = wider(&w, "notes").await;
    sign(&w, &w.eva, forged, &device).await.expect("approved");
    behind_our_back(&s.db, "UPDATE authenticators SET mac = 'x' WHERE kind = 'decision_passkey'").await;
    s.clock.advance(HOUR);
    work(&w).await;
    let shown = page(&w, &w.ana, forged).await;
    assert_eq!((shown.state, shown.deciding.tally.expect("open").approvals), (State::InReview, 0), "{:?}", shown.timeline);
});

on_both!(two_factors_within_five_minutes_decide_where_a_route_asks_for_that, async |s: &Scratch| {
    let w = asking(s, Auth::Reauth, widens, 1, 0).await;
    let (change, other) = (wider(&w, "tickets").await, wider(&w, "notes").await);
    assert_eq!(page(&w, &w.eva, change).await.deciding.blocked_by, [Block::MissingFactor]);
    signer(&w, &w.eva, 9).await;
    assert_eq!(page(&w, &w.eva, change).await.mine.against, [Against::NoFactor], "what signs decisions shows nobody");
    let (secret, _) = app(&w.services, &w.eva, Strength::One).await;
    let shown = page(&w, &w.eva, change).await;
    assert!(shown.mine.events.contains(&Event::Approve) && !shown.mine.confirmed);
    let seen = say(&w, &w.eva, change, "").await;
    let decide = async |who: &Principal| changes::approve(&by(&w.services, who), change, &seen).await;
    assert!(matches!(decide(&w.eva).await, Err(Error::Unconfirmed)), "the session alone");
    let one = w.eva.clone().confirmed_by(Some(Confirmed { at: w.services.now(), strength: Strength::One }));
    assert!(matches!(decide(&one).await, Err(Error::Unconfirmed)), "the password alone");
    s.clock.advance(30 * SECOND);
    let given = code(&secret, &w.services);
    let confirm =
        async || factors::confirm(&by(&w.services, &w.eva), Given { password: PASSWORD, answer: Some(Answer::Code(&given)) }, HERE).await;
    let confirmed = w.eva.clone().confirmed_by(Some(confirm().await.expect("shown")));
    assert!(refused(&confirm().await, "code"), "the same code again");
    assert!(page(&w, &confirmed, change).await.mine.confirmed);
    decide(&confirmed).await.expect("approved");
    work(&w).await;
    assert_eq!(state(&w, change).await, State::Effective);
    s.clock.advance(301 * SECOND);
    let seen = say(&w, &w.eva, other, "").await;
    let late = changes::approve(&by(&w.services, &confirmed), other, &seen).await;
    assert!(matches!(late, Err(Error::Unconfirmed)), "five minutes");
    intact(s).await;
});

on_both!(who_was_taken_back_decides_nothing_for_three_days_of_coming_back, async |s: &Scratch| {
    let w = asking(s, Auth::None, widens, 1, 0).await;
    let change = wider(&w, "tickets").await;
    assert_eq!(page(&w, &w.kim, change).await.mine.against, [], "who joins for the first time waits for nothing");
    let admin = by(&w.services, &w.admin);
    people::lock_out(&admin, id(&w.kim)).await.expect("deactivated");
    people::take_back(&admin, id(&w.kim)).await.expect("taken back");
    s.clock.advance(4 * DAY);
    let (_, link) = people::reset_link(&admin, id(&w.kim)).await.expect("a link");
    let parts: Vec<&str> = link.split('&').filter_map(|p| p.split_once('=')).map(|(_, v)| v).collect();
    people::accept(&w.services, parts[0], parts[1], parts[2], "a password of somebody's").await.expect("followed");
    let change = wider(&w, "notes").await;
    assert!(page(&w, &w.kim, change).await.mine.against.contains(&Against::NewFactor), "whenever the link is followed");
    assert!(matches!(approve(&w, &w.kim, change).await, Err(Error::MayNot(_))));
});

on_both!(whose_factors_somebody_reset_decides_nothing_for_three_days, async |s: &Scratch| {
    let w = asking(s, Auth::None, widens, 1, 0).await;
    let change = wider(&w, "tickets").await;
    app(&w.services, &w.kim, Strength::One).await;
    let (admin, max) = (fresh(&w.services, &w.admin, Strength::One), fresh(&w.services, &w.max, Strength::One));
    let asked = factors::ask_reset(&admin, id(&w.kim)).await.expect("asked").seq;
    assert!(matches!(factors::carry_out_reset(&max, asked).await, Err(Error::Conflict(_))), "a day lies between");
    s.clock.advance(DAY);
    factors::carry_out_reset(&fresh(&w.services, &w.max, Strength::One), asked).await.expect("carried out");
    assert_eq!(page(&w, &w.kim, change).await.mine.against, [Against::NewFactor]);
    assert!(matches!(approve(&w, &w.kim, change).await, Err(Error::MayNot(_))));
    s.clock.advance(3 * DAY);
    let change = wider(&w, "notes").await;
    assert_eq!(page(&w, &w.kim, change).await.mine.against, []);
});
