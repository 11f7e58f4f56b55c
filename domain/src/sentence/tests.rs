//! Sentences of entries: those of the style guide word by word, and what holds for every verb.

use super::*;
use crate::ids::{self, GroupId, IdentityId, PersonId, SourceId, TokenId};
use crate::seq::Seq;
use crate::time::Timestamp;
use serde_json::json;

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn names() -> Names {
    let mut names = Names::default();
    for (n, name) in [(1, "Ann"), (2, "Ben"), (3, "billing-bot"), (4, "aws:0123"), (5, "account.json"), (6, "nightly"), (7, "Red team")] {
        names.name(id(n), name);
    }
    names.of_source(id(5), id(4));
    names
}

fn entry(verb: &str, actor: Actor, (kind, subject): (&str, Option<u128>), payload: serde_json::Value) -> Entry {
    Entry {
        seq: Seq(7),
        at: Timestamp(1_790_000_000_000_001),
        actor,
        verb: verb.to_owned(),
        subject_kind: kind.to_owned(),
        subject_id: subject.map(id),
        change_id: None,
        payload: payload.to_string(),
        facts: String::new(),
    }
}

fn said(verb: Verb, actor: Actor, subject: (&str, Option<u128>), payload: serde_json::Value) -> String {
    sentence(&entry(verb.as_str(), actor, subject, payload), &names()).plain()
}

#[test]
fn entries_are_the_sentences_of_the_style_guide() {
    let ann = Actor::person(PersonId::new(id(1)));
    let (person, source) = (PersonId::new(id(2)), SourceId::new(id(4)));
    let (bot, group) = (IdentityId::new(id(3)), GroupId::new(id(7)));
    let tally = |added: i64| json!({ "added": added, "removed": 0, "changed": 0 });
    let import = json!({ "source": "aws:0123", "identities": tally(6), "grants": tally(14), "tools": tally(0) });
    let owner = json!({ "fields": { "owner": { "from": null, "to": person } } });
    let scoped = json!({ "role": "analyst", "scope": "source", "of": source });
    for (expected, got) in [
        (
            "Ann imported account.json into aws:0123: 6 identities, 14 grants added",
            said(Verb::ImportApplied, ann, ("import", Some(5)), import),
        ),
        ("Ann edited billing-bot: owner none → Ben", said(Verb::IdentityEdited, ann, ("identity", Some(3)), owner)),
        (
            "Ann made Ben owner of 1 identity",
            said(Verb::IdentityAssigned, ann, ("person", Some(2)), json!({ "owner": person, "identities": [bot] })),
        ),
        ("Ann invited Ben as reviewer", said(Verb::PersonInvited, ann, ("person", Some(2)), json!({ "roles": ["reviewer"] }))),
        ("Ann signed in", said(Verb::SignedIn, ann, ("person", Some(1)), json!({}))),
        ("Ann signed in with a passkey", said(Verb::SignedIn, ann, ("person", Some(1)), json!({ "factor": "passkey" }))),
        ("Ann added an authenticator app", said(Verb::FactorAdded, ann, ("person", Some(1)), json!({ "kind": "totp" }))),
        ("Ann used a recovery code: 1 code left", said(Verb::RecoveryUsed, ann, ("person", Some(1)), json!({ "left": 1 }))),
        ("Ann asked to reset the second factors of Ben", said(Verb::ResetAsked, ann, ("person", Some(2)), json!({}))),
        (
            "Ann confirmed and reset the second factors of Ben, as requested in entry 4",
            said(Verb::FactorsReset, ann, ("person", Some(2)), json!({ "asked": 4 })),
        ),
        (
            "Ann deactivated Ben: 2 sessions ended, 1 token revoked",
            said(Verb::PersonLockedOut, ann, ("person", Some(2)), json!({ "sessions": 2, "tokens": 1, "orphans": 0 })),
        ),
        (
            "Ann added role reviewer to Ben",
            said(Verb::RoleGiven, ann, ("person", Some(2)), json!({ "role": "reviewer", "scope": "organisation", "of": "" })),
        ),
        ("Ann removed role analyst from Ben for source aws:0123", said(Verb::RoleTaken, ann, ("person", Some(2)), scoped)),
        (
            "Ann asked to erase a text: personal data",
            said(Verb::RedactionAsked, ann, ("blob", Some(9)), json!({ "reason": "personal_data" })),
        ),
        ("Sign-in attempts for Ann were slowed down", said(Verb::SlowedDown, Actor::SYSTEM, ("person", Some(1)), json!({}))),
        (
            "Server command line added source aws:0123 (AWS)",
            said(Verb::SourceRegistered, Actor::HOST, ("source", Some(4)), json!({ "kind": "aws", "fields": {} })),
        ),
        (
            "The server clock moved forward by 7 seconds",
            said(Verb::ClockJumped, Actor::SYSTEM, ("installation", None), json!({ "seconds": 7 })),
        ),
        ("Ann added Ben to group Red team", said(Verb::GroupJoined, ann, ("person", Some(2)), json!({ "group": group, "from": null }))),
    ] {
        assert_eq!(got, expected);
    }
}

#[test]
fn tokens_are_said_with_what_they_open_and_for_whom() {
    let ann = Actor::person(PersonId::new(id(1)));
    let (token, bot) = (TokenId::new(id(6)), IdentityId::new(id(3)));
    for (expected, got) in [
        (
            "Ann created token nightly (inventory:read, 30 days)",
            said(Verb::TokenMinted, ann, ("token", Some(6)), json!({ "scopes": "inventory:read", "days": 30, "holder_kind": "person" })),
        ),
        (
            "Ann created token nightly for billing-bot (inventory:read, 1 day)",
            said(
                Verb::TokenMinted,
                ann,
                ("token", Some(6)),
                json!({ "scopes": "inventory:read", "days": 1, "holder_kind": "identity", "holder": bot }),
            ),
        ),
        (
            "Ann (by token nightly) exported the ledger",
            said(Verb::ExportMade, ann, ("installation", None), json!({ "what": "ledger", "token": token })),
        ),
    ] {
        assert_eq!(got, expected);
    }
}

/// Whatever the facts hold, a sentence begins with a capital, says no id and no machine word.
#[test]
fn no_verb_says_an_id_or_a_word_of_the_record() {
    let fields =
        json!({ "fields": { "kind": { "from": null, "to": "ai_agent" }, "owner": { "from": null, "to": PersonId::new(id(99)) } } });
    for verb in Verb::ALL {
        for payload in
            [json!({}), fields.clone(), json!("not an object"), json!({ "of": PersonId::new(id(98)), "scope": "team", "role": "admin" })]
        {
            for (actor, subject) in [(Actor::person(PersonId::new(id(1))), Some(3)), (Actor::SYSTEM, Some(97)), (Actor::HOST, None)] {
                let entry = entry(verb.as_str(), actor, ("identity", subject), payload.clone());
                let text = sentence(&entry, &Names::default()).plain();
                assert!(text.starts_with(char::is_uppercase), "{verb}: {text}");
                assert!(!text.contains('_') && !text.contains(verb.as_str()) && !text.contains("  "), "{verb}: {text}");
            }
        }
    }
}

#[test]
fn a_verb_of_a_newer_version_is_said_to_be_that() {
    let entry = entry("weather.changed", Actor::SYSTEM, ("weather", None), json!({}));
    assert!(sentence(&entry, &names()).plain().starts_with("The server recorded something"));
}

#[test]
fn what_an_entry_mentions_is_found_in_its_facts() {
    let to = ids::show(Noun::Person, id(2));
    let entry = entry(
        "identity.edited",
        Actor::person(PersonId::new(id(1))),
        ("identity", Some(3)),
        json!({ "fields": { "owner": { "to": to } } }),
    );
    assert_eq!(mentioned(&entry), [(Noun::Person, id(1)), (Noun::Identity, id(3)), (Noun::Person, id(2))]);
}
