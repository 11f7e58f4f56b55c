//! Second factors: what is asked for at the sign-in, what works once, what a forged or a removed row does.

use crate::support::factors::{HERE, PASSWORD, app, at_now, code, fresh, passkey, pending, person, refused, services};
use crate::support::{by, intact};
use domain::permission::Role;
use domain::person::AuthenticatorKind;
use domain::time::SECOND;
use service::factors::{self, Answer, Given};
use service::{Confirmed, Error, Principal, Strength, people};
use store::on_both;
use store::testing::{Scratch, behind_our_back};
use totp_rs::Secret;

const OPEN: &str = "9223372036854775807";

on_both!(a_code_is_asked_for_after_the_password_and_works_once, async |s: &Scratch| {
    let services = services(s);
    let ann = person(&services, "ann@example.org", Role::Reviewer).await;
    let (secret, codes) = app(&services, &ann, Strength::One).await;
    assert_eq!(codes.len(), 10);
    let step = pending(&services, "ann@example.org").await;
    assert!(factors::waits_for(&services, &step).await.is_ok_and(|c| c.app && c.recovery && !c.passkey));
    let enrolled = code(&secret, &services);
    assert!(refused(&factors::second(&services, &step, Answer::Code(&enrolled), HERE).await, "code"), "the code of the enrolment");
    s.clock.advance(30 * SECOND);
    let given = code(&secret, &services);
    let who = factors::second(&services, &step, Answer::Code(&given), HERE).await.expect("in");
    assert_eq!(who.confirmation().map(|c| c.strength), Some(Strength::Two));
    let again = pending(&services, "ann@example.org").await;
    assert!(refused(&factors::second(&services, &again, Answer::Code(&given), HERE).await, "code"), "replayed");
    // Two at once with one code: one of them is the first.
    s.clock.advance(30 * SECOND);
    let given = code(&secret, &services);
    let (a, b) = tokio::join!(
        factors::second(&services, &again, Answer::Code(&given), HERE),
        factors::second(&services, &again, Answer::Code(&given), "192.0.2.8"),
    );
    assert_eq!([a.is_ok(), b.is_ok()].iter().filter(|ok| **ok).count(), 1);
    intact(s).await;
});

on_both!(the_step_between_ends_by_time_by_another_password_and_by_any_change, async |s: &Scratch| {
    let services = services(s);
    let ann = person(&services, "ann@example.org", Role::Reviewer).await;
    let ben = person(&services, "ben@example.org", Role::Reviewer).await;
    app(&services, &ann, Strength::One).await;
    let step = pending(&services, "ann@example.org").await;
    let gone = async |step: &str| matches!(factors::waits_for(&services, step).await, Err(Error::StepGone));
    assert!(!gone(&step).await);
    let id = |who: &Principal| who.person_id().expect("a person").to_string();
    for forged in [String::new(), step.replace(&id(&ann), &id(&ben)), step.replacen('.', ".9", 1), format!("{step}0")] {
        assert!(gone(&forged).await, "{forged}");
    }
    s.clock.advance(300 * SECOND);
    assert!(!gone(&step).await);
    s.clock.advance(SECOND);
    assert!(gone(&step).await, "five minutes");
    let step = pending(&services, "ann@example.org").await;
    people::change_password(&by(&services, &ann), "session", PASSWORD, "another password of tests").await.expect("changed");
    assert!(gone(&step).await, "another password");
});

on_both!(guesses_at_a_code_slow_down_whoever_guesses, async |s: &Scratch| {
    let services = services(s);
    let ann = person(&services, "ann@example.org", Role::Reviewer).await;
    let (secret, _) = app(&services, &ann, Strength::One).await;
    let step = pending(&services, "ann@example.org").await;
    let guess = async |address: &str| factors::second(&services, &step, Answer::Code("000000"), address).await;
    for _ in 0..5 {
        assert!(refused(&guess(HERE).await, "code"));
    }
    assert!(matches!(guess(HERE).await, Err(Error::Locked(_))));
    s.clock.advance(30 * SECOND);
    let given = code(&secret, &services);
    factors::second(&services, &step, Answer::Code(&given), "192.0.2.9").await.expect("the person elsewhere is let in");
    for n in 0..20 {
        assert!(refused(&guess(&format!("198.51.100.{n}")).await, "code"), "{n}");
    }
    assert!(matches!(guess("198.51.100.99").await, Err(Error::Locked(_))), "from everywhere together");
});

on_both!(a_passkey_signs_in_once_for_each_question, async |s: &Scratch| {
    let services = services(s);
    let ann = person(&services, "ann@example.org", Role::Reviewer).await;
    let ben = person(&services, "ben@example.org", Role::Reviewer).await;
    let mut device = passkey(&services, &ann, Strength::One, AuthenticatorKind::Passkey, 7).await;
    passkey(&services, &ben, Strength::One, AuthenticatorKind::Passkey, 8).await;
    let (step, bens) = (pending(&services, "ann@example.org").await, pending(&services, "ben@example.org").await);
    let question = factors::second_question(&services, &step).await.expect("a question");
    assert_eq!(question.options["userVerification"], "required");
    let answer = device.answer(&question.options);
    let with = async |step: &str, name: &str, answer: &str| factors::second(&services, step, Answer::Passkey(name, answer), HERE).await;
    assert!(refused(&with(&bens, &question.ceremony, &answer).await, "passkey"), "another person's ceremony");
    with(&step, &question.ceremony, &answer).await.expect("in");
    assert!(refused(&with(&step, &question.ceremony, &answer).await, "passkey"), "the same again");
    let other = factors::second_question(&services, &step).await.expect("a question");
    assert!(refused(&with(&step, &other.ceremony, &answer).await, "passkey"), "an answer to another question");
    let elsewhere = factors::second_question(&services, &step).await.expect("a question");
    let foreign = device.answer_at(&elsewhere.options, "http://localhost:8081");
    assert!(refused(&with(&step, &elsewhere.ceremony, &foreign).await, "passkey"), "on another site");
    let late = factors::second_question(&services, &step).await.expect("a question");
    let answer = device.answer(&late.options);
    s.clock.advance(301 * SECOND);
    let step = pending(&services, "ann@example.org").await;
    assert!(refused(&with(&step, &late.ceremony, &answer).await, "passkey"), "too late");
    // A counter that grew and then fell is on record; whoever signs in is let in.
    for (counter, suspects) in [(5, 0), (4, 1), (5, 2), (6, 2)] {
        device.counter = counter;
        let step = pending(&services, "ann@example.org").await;
        let question = factors::second_question(&services, &step).await.expect("a question");
        with(&step, &question.ceremony, &device.answer(&question.options)).await.expect("in");
        let mut tx = s.db.snapshot().await.expect("a snapshot");
        let found = store::ledger::newest_of_verb(&mut tx, "person.passkey_suspect").await.expect("read");
        tx.rollback().await.expect("ended");
        assert_eq!(found.len(), suspects, "{counter}");
    }
    intact(s).await;
});

on_both!(a_ceremony_that_was_altered_or_was_begun_for_something_else_answers_nothing, async |s: &Scratch| {
    let services = services(s);
    let ann = person(&services, "ann@example.org", Role::Reviewer).await;
    let device = passkey(&services, &ann, Strength::One, AuthenticatorKind::Passkey, 7).await;
    let act = fresh(&services, &ann, Strength::Two);
    let reauth = factors::confirm_question(&act).await.expect("a question");
    let step = pending(&services, "ann@example.org").await;
    let answer = device.answer(&reauth.options);
    assert!(refused(&factors::second(&services, &step, Answer::Passkey(&reauth.ceremony, &answer), HERE).await, "passkey"));
    let columns = ["state = 'x'", "expires_at = expires_at + 1", "purpose = 'decide'", "epoch = epoch + 1", "mac = 'x'"];
    for (address, column) in (10..).zip(columns) {
        let here = format!("192.0.2.{address}");
        let question = factors::second_question(&services, &step).await.expect("a question");
        behind_our_back(&s.db, &format!("UPDATE ceremonies SET {column}")).await;
        let answer = device.answer(&question.options);
        let given = Answer::Passkey(&question.ceremony, &answer);
        assert!(refused(&factors::second(&services, &step, given, &here).await, "passkey"), "{column}");
    }
});

on_both!(a_recovery_code_is_used_once_and_ends_with_new_ones, async |s: &Scratch| {
    let services = services(s);
    let ann = person(&services, "ann@example.org", Role::Reviewer).await;
    let (_, codes) = app(&services, &ann, Strength::One).await;
    let step = pending(&services, "ann@example.org").await;
    let recover = async |code: &str, address: &str| factors::second(&services, &step, Answer::Recovery(code), address).await;
    let (a, b) = tokio::join!(recover(&codes[0], HERE), recover(&codes[0], "192.0.2.8"));
    assert_eq!([a.is_ok(), b.is_ok()].iter().filter(|ok| **ok).count(), 1, "two at once");
    assert!(refused(&recover(&codes[0], HERE).await, "recovery"), "used");
    recover(&codes[1].to_uppercase().replace('-', " "), HERE).await.expect("however it is typed");
    let page = factors::page(&mut at_now(&services, &ann).await).await.expect("the page");
    assert_eq!(page.codes, 8);
    assert!(matches!(factors::new_codes(&by(&services, &ann)).await, Err(Error::Unconfirmed)));
    let (_, new) = factors::new_codes(&fresh(&services, &ann, Strength::Two)).await.expect("new codes");
    assert!(refused(&recover(&codes[2], HERE).await, "recovery"), "the old ones end");
    recover(new.lines().next().expect("a code"), HERE).await.expect("a new one");
    behind_our_back(&s.db, &format!("UPDATE authenticators SET until = {OPEN} WHERE kind = 'recovery_code'")).await;
    assert!(recover(&codes[3], HERE).await.is_err(), "reopened behind our back");
});

on_both!(a_factor_that_was_put_in_altered_or_taken_away_lets_nobody_in, async |s: &Scratch| {
    let services = services(s);
    let ann = person(&services, "ann@example.org", Role::Reviewer).await;
    let ben = person(&services, "ben@example.org", Role::Reviewer).await;
    let (secret, _) = app(&services, &ann, Strength::One).await;
    // Ben's own app under Ann's name: his secret and his codes.
    let (bens, _) = app(&services, &ben, Strength::One).await;
    let ann_id = ann.person_id().expect("a person").uuid().simple().to_string();
    let id = match s.db.engine() {
        store::engine::db::Engine::Sqlite => format!("x'{ann_id}'"),
        store::engine::db::Engine::Postgres => format!("'{ann_id}'"),
    };
    s.clock.advance(30 * SECOND);
    behind_our_back(&s.db, &format!("UPDATE authenticators SET person_id = {id} WHERE kind = 'totp'")).await;
    let step = pending(&services, "ann@example.org").await;
    let given = code(&bens, &services);
    assert!(refused(&factors::second(&services, &step, Answer::Code(&given), HERE).await, "code"), "another's app");
    let given = code(&secret, &services);
    factors::second(&services, &step, Answer::Code(&given), HERE).await.expect("her own app");
    assert!(matches!(people::sign_in(&services, "ben@example.org", PASSWORD, HERE).await, Err(Error::Conflict(_))), "his is gone");
    // Altered or taken away, the password alone must not do.
    for (column, back) in
        [("label = 'mine'", "label = 'Phone'"), ("secret = secret || 'x'", "secret = substr(secret, 1, length(secret) - 1)")]
    {
        let of_ann = "WHERE kind = 'totp' AND since = (SELECT MIN(since) FROM authenticators WHERE kind = 'totp')";
        behind_our_back(&s.db, &format!("UPDATE authenticators SET {column} {of_ann}")).await;
        assert!(matches!(people::sign_in(&services, "ann@example.org", PASSWORD, HERE).await, Err(Error::Conflict(_))), "{column}");
        behind_our_back(&s.db, &format!("UPDATE authenticators SET {back} {of_ann}")).await;
        pending(&services, "ann@example.org").await;
    }
    behind_our_back(&s.db, "UPDATE authenticators SET until = 99 WHERE kind <> 'password'").await;
    assert!(matches!(people::sign_in(&services, "ann@example.org", PASSWORD, HERE).await, Err(Error::Conflict(_))));
});

on_both!(no_secret_of_an_app_stands_in_the_store_and_a_mark_is_not_set_back, async |s: &Scratch| {
    let services = services(s);
    let ann = person(&services, "ann@example.org", Role::Reviewer).await;
    let (secret, codes) = app(&services, &ann, Strength::One).await;
    let raw = Secret::try_from_base32(secret.replace(' ', "")).expect("base32");
    let mut tx = s.db.snapshot().await.expect("a snapshot");
    let all = store::testing::all_text(&mut tx, "authenticators").await + &store::testing::all_text(&mut tx, "ledger").await;
    tx.rollback().await.expect("ended");
    for plain in [secret.replace(' ', ""), hex::encode(raw.as_bytes()), codes[0].clone(), codes[0].replace('-', "")] {
        assert!(!all.contains(&plain), "{plain}");
    }
    let step = pending(&services, "ann@example.org").await;
    s.clock.advance(30 * SECOND);
    let given = code(&secret, &services);
    factors::second(&services, &step, Answer::Code(&given), HERE).await.expect("in");
    s.clock.advance(30 * SECOND);
    let newer = code(&secret, &services);
    factors::second(&services, &step, Answer::Code(&newer), HERE).await.expect("in");
    assert!(refused(&factors::second(&services, &step, Answer::Code(&given), HERE).await, "code"), "an older code than the newest");
});

on_both!(factors_change_only_by_whoever_has_just_shown_who_they_are, async |s: &Scratch| {
    let services = services(s);
    let ann = person(&services, "ann@example.org", Role::Reviewer).await;
    let (one, two) = (fresh(&services, &ann, Strength::One), fresh(&services, &ann, Strength::Two));
    assert!(matches!(factors::require_reauth(&one).await, Err(Error::Conflict(_))), "there is no second factor to show");
    assert!(factors::require_confirmed(&one).await.is_ok());
    assert!(matches!(factors::require_confirmed(&by(&services, &ann)).await, Err(Error::Unconfirmed)));
    let (secret, _) = app(&services, &ann, Strength::One).await;
    assert!(matches!(factors::require_confirmed(&one).await, Err(Error::Unconfirmed)), "the password alone");
    assert!(matches!(factors::require_reauth(&one).await, Err(Error::Unconfirmed)));
    assert!(factors::require_reauth(&two).await.is_ok());
    let question = factors::passkey_question(&one, AuthenticatorKind::Passkey).await;
    assert!(matches!(question, Err(Error::Unconfirmed)));
    let confirm =
        async |password: &str, code: Option<&str>| factors::confirm(&one, Given { password, answer: code.map(Answer::Code) }, HERE).await;
    s.clock.advance(30 * SECOND);
    assert!(refused(&confirm(PASSWORD, None).await, "code"));
    assert!(refused(&confirm(PASSWORD, Some("000000")).await, "code"));
    let given = code(&secret, &services);
    assert!(refused(&confirm("not my password at all", Some(&given)).await, "password"));
    let shown = confirm(PASSWORD, Some(&given)).await.expect("shown");
    assert_eq!(shown.strength, Strength::Two);
    assert!(refused(&confirm(PASSWORD, Some(&given)).await, "code"), "the same code again");
    let act = by(&services, &ann.clone().confirmed_by(Confirmed::parse(&shown.text())));
    assert!(factors::require_reauth(&act).await.is_ok());
    s.clock.advance(300 * SECOND);
    assert!(factors::require_reauth(&act).await.is_ok());
    s.clock.advance(SECOND);
    assert!(matches!(factors::require_reauth(&act).await, Err(Error::Unconfirmed)), "five minutes");
    let page = factors::page(&mut at_now(&services, &ann).await).await.expect("the page");
    assert!(matches!(factors::remove(&act, page.factors[0].id).await, Err(Error::Unconfirmed)));
    let ben = person(&services, "ben@example.org", Role::Reviewer).await;
    let bens = fresh(&services, &ben, Strength::Two);
    assert!(matches!(factors::remove(&bens, page.factors[0].id).await, Err(Error::NotFound(_))), "another's");
    factors::remove(&fresh(&services, &ann, Strength::Two), page.factors[0].id).await.expect("removed");
    people::sign_in(&services, "ann@example.org", PASSWORD, HERE).await.expect("the password is enough again");
    intact(s).await;
});
