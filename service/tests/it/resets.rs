//! A reset of somebody's second factors: two people, on record, and no way in for either of them.

use crate::support::factors::{HERE, PASSWORD, app, at_now, code, fresh, pending, person, services};
use crate::support::{by, host, intact};
use domain::permission::Role;
use domain::seq::Seq;
use domain::time::{DAY, SECOND};
use service::factors::{self, Answer};
use service::{Error, Strength, people};
use store::on_both;
use store::testing::Scratch;

on_both!(a_reset_takes_two_people_and_gives_neither_of_them_a_way_in, async |s: &Scratch| {
    let services = services(s);
    let admin = person(&services, "adm@example.org", Role::Admin).await;
    let other = person(&services, "oth@example.org", Role::SecurityReviewer).await;
    let ann = person(&services, "ann@example.org", Role::Reviewer).await;
    let id = ann.person_id().expect("a person");
    let other_admin = person(&services, "adm2@example.org", Role::Admin).await;
    let (first, second) = (fresh(&services, &admin, Strength::One), fresh(&services, &other, Strength::One));
    assert!(matches!(factors::ask_reset(&first, id).await, Err(Error::Conflict(_))), "there is nothing to reset");
    let (secret, _) = app(&services, &ann, Strength::One).await;
    assert!(matches!(factors::ask_reset(&by(&services, &ann), id).await, Err(Error::Forbidden(_))));
    assert!(matches!(factors::ask_reset(&by(&services, &host()), id).await, Err(Error::Forbidden(_))), "the host");
    assert!(matches!(factors::ask_reset(&first, admin.person_id().expect("a person")).await, Err(Error::Conflict(_))), "one's own");

    // With a link to a new password in hand, nobody takes the factor away.
    s.clock.advance(30 * SECOND);
    people::reset_link(&first, id).await.expect("a link");
    assert!(matches!(factors::ask_reset(&first, id).await, Err(Error::Conflict(_))));
    let step = pending(&services, "ann@example.org").await;
    let given = code(&secret, &services);
    factors::second(&services, &step, Answer::Code(&given), HERE).await.expect("she signs in herself");
    let (_, link) = people::reset_link(&first, id).await.expect("a link");
    let parts: Vec<&str> = link.split('&').filter_map(|p| p.split_once('=')).map(|(_, v)| v).collect();
    s.clock.advance(30 * SECOND);
    let step = pending(&services, "ann@example.org").await;
    let given = code(&secret, &services);
    factors::second(&services, &step, Answer::Code(&given), HERE).await.expect("and again");

    let unshown = factors::ask_reset(&by(&services, &admin), id).await;
    assert!(matches!(unshown, Err(Error::Unconfirmed)), "whoever asks shows who they are");
    let asked = factors::ask_reset(&fresh(&services, &admin, Strength::One), id).await.expect("asked").seq;
    assert!(matches!(factors::carry_out_reset(&second, asked).await, Err(Error::Conflict(_))), "a day lies between");
    assert!(!factors::pending_resets(&mut at_now(&services, &other).await).await.expect("listed")[0].may_carry_out);
    // She signs in meanwhile: whoever has lost nothing ends the request.
    s.clock.advance(30 * SECOND);
    let step = pending(&services, "ann@example.org").await;
    let given = code(&secret, &services);
    factors::second(&services, &step, Answer::Code(&given), HERE).await.expect("she has it");
    s.clock.advance(DAY);
    let second = fresh(&services, &other, Strength::One);
    assert!(matches!(factors::carry_out_reset(&second, asked).await, Err(Error::NotFound(_))), "she signed in");

    let first = fresh(&services, &admin, Strength::One);
    let asked = factors::ask_reset(&first, id).await.expect("asked").seq;
    s.clock.advance(DAY);
    let (first, second) = (fresh(&services, &admin, Strength::One), fresh(&services, &other, Strength::One));
    let admins = factors::carry_out_reset(&fresh(&services, &other_admin, Strength::One), asked).await;
    assert!(matches!(admins, Err(Error::Conflict(why)) if why.contains("security reviewer")), "two admins");
    let unshown = factors::carry_out_reset(&by(&services, &other), asked).await;
    assert!(matches!(unshown, Err(Error::Unconfirmed)));
    assert!(matches!(factors::carry_out_reset(&first, asked).await, Err(Error::Conflict(_))), "the same person");
    assert!(matches!(factors::carry_out_reset(&second, Seq(asked.0 - 1)).await, Err(Error::NotFound(_))));
    let open = factors::pending_resets(&mut at_now(&services, &other).await).await.expect("listed");
    assert!(open.len() == 1 && open[0].may_carry_out && open[0].person == id);
    factors::carry_out_reset(&second, asked).await.expect("carried out");
    assert!(matches!(factors::carry_out_reset(&second, asked).await, Err(Error::NotFound(_))), "once");
    assert!(matches!(people::reset_link(&first, id).await, Err(Error::Conflict(_))), "no link while she has no factor");
    let used = people::accept(&services, parts[0], parts[1], parts[2], "a password of the admin's").await;
    assert!(matches!(used, Err(Error::LinkGone)), "nor an older one");
    let who = people::sign_in(&services, "ann@example.org", PASSWORD, HERE).await.expect("her password is hers");
    app(&services, &who, Strength::One).await;
    people::reset_link(&first, id).await.expect("with a factor of her own a link opens nothing by itself");
    intact(s).await;
});

on_both!(a_request_for_a_reset_ends_after_a_week, async |s: &Scratch| {
    let services = services(s);
    let admin = person(&services, "adm@example.org", Role::Admin).await;
    let other = person(&services, "oth@example.org", Role::Admin).await;
    let ann = person(&services, "ann@example.org", Role::Reviewer).await;
    app(&services, &ann, Strength::One).await;
    let asked = factors::ask_reset(&fresh(&services, &admin, Strength::One), ann.person_id().expect("a person")).await.expect("asked").seq;
    s.clock.advance(7 * DAY + SECOND);
    assert!(matches!(factors::carry_out_reset(&fresh(&services, &other, Strength::One), asked).await, Err(Error::NotFound(_))));
    assert!(factors::pending_resets(&mut at_now(&services, &admin).await).await.expect("listed").is_empty());
});
