//! Receipts: what is altered, replayed, moved or made with the server's keys alone is refused, and never valid where nobody
//! signs.

mod story;

use crate::change_world::person;
use domain::change::route::Auth;
use domain::ids::{ChangeId, InstallationId};
use domain::json::{canonical, sha256_hex};
use domain::note::Signer;
use domain::passkey::Site;
use domain::passkey::challenge::Verdict;
use domain::receipt::{Missing, Outcome, Receipt, Step, Trust, verify};
use domain::verb::Verb;
use serde_json::{Value as Json, json};
use story::{Device, Story, log, site};
use uuid::Uuid;

fn judged_with(text: &str, passkeys: &[String]) -> Outcome {
    let (key, site) = (log().verifier(), site());
    verify(text, &Trust { key: Some(&key), site: Some(&site), passkeys })
}

fn judged(receipt: &Receipt) -> Outcome {
    judged_with(&receipt.text().expect("text"), &[])
}

fn step(outcome: &Outcome) -> Option<Step> {
    match outcome {
        Outcome::Refused(refusal) => Some(refusal.step),
        _ => None,
    }
}

#[test]
fn a_receipt_is_valid_where_people_signed_and_indeterminate_where_they_did_not() {
    let receipt = Story::of(Auth::Passkey).sealed();
    let Outcome::Valid(proven) = judged(&receipt) else { panic!("{:?}", judged(&receipt)) };
    assert_eq!((proven.approvals.len(), proven.people, proven.consents, proven.checkpoint), (2, 2, 1, 41));
    assert!(proven.applied.is_some() && proven.approvals.iter().all(|a| a.passkey.is_some()));
    let text = receipt.text().expect("text");
    assert!(matches!(judged_with(&format!("{text}\n"), &[]), Outcome::Valid(_)), "as a file ends");
    for (trust, missing) in [
        (Trust { key: None, site: Some(&site()), passkeys: &[] }, Missing::Key),
        (Trust { key: Some(&log().verifier()), site: None, passkeys: &[] }, Missing::Site),
    ] {
        assert!(matches!(verify(&text, &trust), Outcome::Indeterminate(_, m) if m == [missing]), "{missing:?}");
    }
    for auth in [Auth::None, Auth::Reauth] {
        assert!(matches!(judged(&Story::of(auth).sealed()), Outcome::Indeterminate(_, m) if m == [Missing::Signatures]), "{auth:?}");
    }
    let erased = Receipt { shown: vec![], ..receipt };
    assert!(matches!(judged(&erased), Outcome::Indeterminate(_, m) if m == [Missing::Shown]));
}

#[test]
fn what_the_verifier_brings_is_never_taken_from_the_file() {
    let text = Story::of(Auth::Passkey).sealed().text().expect("text");
    let (other, elsewhere) =
        (Signer::new("countersign-000000000000", &[8; 32]).expect("a name").verifier(), Site::of("https://other.example").expect("a site"));
    let (key, site) = (log().verifier(), site());
    assert_eq!(step(&verify(&text, &Trust { key: Some(&other), site: Some(&site), passkeys: &[] })), Some(Step::Checkpoint));
    assert_eq!(step(&verify(&text, &Trust { key: Some(&key), site: Some(&elsewhere), passkeys: &[] })), Some(Step::Signature));
    let known: Vec<String> = [11, 12].map(|who| sha256_hex(&Device::of(who).cose())).to_vec();
    assert!(matches!(judged_with(&text, &known), Outcome::Valid(_)));
    assert_eq!(step(&judged_with(&text, &known[..1])), Some(Step::Enrolment));
}

#[test]
fn what_the_servers_keys_alone_can_make_is_refused_at_its_step() {
    let whole = Story::of(Auth::Passkey);
    let digest = whole.candidate.digest().expect("digest");
    let bent = |bend: &dyn Fn(&mut Story)| {
        let mut story = whole.clone();
        bend(&mut story);
        step(&judged(&story.sealed()))
    };
    let evidence = |who: u8, by: u8, verdict: Verdict| Some(Device::of(by).signs(&digest, who, verdict));
    assert_eq!(bent(&|s| s.approved[1].1 = evidence(12, 66, Verdict::Approve)), Some(Step::Signature), "another key");
    assert_eq!(bent(&|s| s.approved[1].1 = evidence(12, 12, Verdict::Reject)), Some(Step::Signature), "another verdict");
    assert_eq!(bent(&|s| s.approved[1].1 = evidence(11, 12, Verdict::Approve)), Some(Step::Enrolment), "another person");
    assert_eq!(bent(&|s| s.approved[1].1 = None), Some(Step::Signature), "none");
    assert_eq!(bent(&|s| s.approved[1].0 = 14), Some(Step::Signature), "somebody else's");
    assert_eq!(bent(&|s| s.candidate.route.cell.people = 1), Some(Step::Signature), "an easier route");
    assert_eq!(bent(&|s| s.candidate.operations.clear()), Some(Step::Signature), "other operations");
    assert_eq!(bent(&|s| s.candidate.epoch = 2), Some(Step::Signature), "another epoch");
    assert_eq!(
        bent(&|s| s.candidate.installation = InstallationId::new(Uuid::from_u128(9))),
        Some(Step::Checkpoint),
        "another installation"
    );
    assert_eq!(bent(&|s| s.change = ChangeId::new(Uuid::from_u128(3))), Some(Step::Candidate), "moved to another change");
    assert_eq!(
        bent(&|s| (s.change, s.candidate.change) = (ChangeId::new(Uuid::from_u128(3)), ChangeId::new(Uuid::from_u128(3)))),
        Some(Step::Signature)
    );
    assert_eq!(bent(&|s| drop(s.approved.pop())), Some(Step::Route), "too few");
    assert_eq!(bent(&|s| s.approved[1] = s.approved[0].clone()), Some(Step::Decision), "twice");
    assert_eq!(bent(&|s| s.author = person(11)), Some(Step::Decision), "by its author");
    assert_eq!(bent(&|s| s.verb = Verb::ChangeRejected), Some(Step::Decision), "the ledger says otherwise");
    assert_eq!(bent(&|s| s.consents = false), Some(Step::Route), "without the owner");
    assert_eq!(bent(&|s| s.applied_after -= 1), Some(Step::Application), "before the wait was over");
    // A passkey that the server made up for somebody stands in its ledger: whoever knows theirs sees it.
    let mut forged = whole.clone();
    forged.approved[1] = (12, evidence(12, 66, Verdict::Approve), Device::of(66));
    let text = forged.sealed().text().expect("text");
    let known: Vec<String> = [11, 12].map(|who| sha256_hex(&Device::of(who).cose())).to_vec();
    assert_eq!(step(&judged_with(&text, &known)), Some(Step::Enrolment));
}

/// Every text with a character changed here and there, every number one more or less, every member and item gone, doubled or
/// made nothing.
fn altered(of: &Json, out: &mut Vec<Json>) {
    match of {
        Json::String(text) => {
            let chars: Vec<char> = text.chars().collect();
            for at in [0, chars.len() / 3, chars.len() / 2, chars.len().saturating_sub(1)] {
                let mut other = chars.clone();
                if let Some(c) = other.get_mut(at) {
                    *c = if *c == '1' { '2' } else { '1' };
                }
                out.push(other.into_iter().collect::<String>().into());
            }
            out.extend([json!(format!("{text}0")), json!(""), Json::Null]);
        }
        Json::Number(n) => out.extend([json!(n.as_i64().unwrap_or(0) + 1), json!(n.as_i64().unwrap_or(0) - 1), Json::Null]),
        Json::Object(members) => {
            for name in members.keys() {
                let mut gone = members.clone();
                gone.remove(name);
                out.push(gone.into());
                inside(
                    &members[name],
                    |new| {
                        let mut other = members.clone();
                        other.insert(name.clone(), new);
                        other.into()
                    },
                    out,
                );
            }
            let mut more = members.clone();
            more.insert("more".to_owned(), json!(1));
            out.push(more.into());
        }
        Json::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                let (mut gone, mut twice) = (items.clone(), items.clone());
                gone.remove(at);
                twice.push(item.clone());
                out.extend([gone.into(), twice.into()]);
                inside(
                    item,
                    |new| {
                        let mut other = items.clone();
                        other[at] = new;
                        other.into()
                    },
                    out,
                );
            }
        }
        Json::Null => out.extend([json!("1"), json!(0)]),
        Json::Bool(flag) => out.push(json!(!flag)),
    }
}

fn inside(of: &Json, whole: impl Fn(Json) -> Json, out: &mut Vec<Json>) {
    let mut parts = Vec::new();
    altered(of, &mut parts);
    out.extend(parts.into_iter().filter(|part| part != of).map(whole));
}

#[test]
fn a_thousand_altered_receipts_are_refused_and_none_is_ever_valid_where_nobody_signed() {
    for auth in [Auth::Passkey, Auth::Reauth] {
        let genuine = serde_json::to_value(Story::of(auth).sealed()).expect("JSON");
        let mut forged = Vec::new();
        altered(&genuine, &mut forged);
        assert!(forged.len() > 1000, "{}", forged.len());
        for other in &forged {
            let outcome = judged_with(&canonical(other).expect("text"), &[]);
            // A text that is not there may have been erased, and is not vouched for.
            let left_out = other["shown"] == json!([]) && outcome.as_str() == "indeterminate";
            assert!(step(&outcome).is_some() || left_out, "{auth:?} {outcome:?}: {other}");
        }
        println!("{auth:?}: {} altered receipts", forged.len());
    }
}

#[test]
fn a_receipt_has_one_spelling() {
    let text = Story::of(Auth::Passkey).sealed().text().expect("text");
    let pretty = serde_json::to_string_pretty(&serde_json::from_str::<Json>(&text).expect("JSON")).expect("text");
    let twice = text.replacen("{\"change\"", "{\"change\":\"chg_00000000000000000000000003\",\"change\"", 1);
    for other in [pretty, twice, format!(" {text}"), format!("{text}\n\n"), String::new(), "[]".to_owned(), text.replace("chg_", "CHG_")] {
        assert_eq!(step(&judged_with(&other, &[])), Some(Step::Form), "{}", &other[..other.len().min(60)]);
    }
}

#[test]
fn a_receipt_that_was_written_once_verifies_for_ever() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/receipt.json");
    let found = Story::of(Auth::Passkey).sealed().text().expect("text") + "\n";
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, &found).expect("written");
    }
    let kept = std::fs::read_to_string(path).expect("the receipt");
    assert!(matches!(judged_with(&kept, &[]), Outcome::Valid(_)));
    assert_eq!(kept, found, "a new form takes a new version, and a file of its own");
}
