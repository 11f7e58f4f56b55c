//! Assertions of passkeys: a software authenticator of this file signs, every part is altered one at a time, and the
//! vectors of the specification are read where they are (`COUNTERSIGN_FIXTURES`).

use domain::ids::{AuthenticatorId, PersonId};
use domain::merkle::Hash;
use domain::passkey::challenge::{self, Verdict};
use domain::passkey::key::{self, Algorithm, PublicKey};
use domain::passkey::{Assertion, Bytes, Counter, Decided, Enrolled, Evidence, Expected, Refused, Seen, Site, verify};
use ed25519_dalek::Signer as _;
use p256::ecdsa::signature::Signer as _;
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use uuid::Uuid;

const RP: &str = "countersign.example.org";
const ORIGIN: &str = "https://countersign.example.org";
const PRESENT_AND_VERIFIED: u8 = 0x05;

enum Device {
    Es256(p256::ecdsa::SigningKey),
    Es384(p384::ecdsa::SigningKey),
    EdDsa(ed25519_dalek::SigningKey),
}

impl Device {
    fn all() -> [Self; 3] {
        [
            Self::Es256(p256::ecdsa::SigningKey::from_slice(&[7; 32]).expect("a scalar")),
            Self::Es384(p384::ecdsa::SigningKey::from_slice(&[7; 48]).expect("a scalar")),
            Self::EdDsa(ed25519_dalek::SigningKey::from_bytes(&[7; 32])),
        ]
    }

    fn one() -> Self {
        let [first, _, _] = Self::all();
        first
    }

    fn cose(&self) -> Vec<u8> {
        let point = match self {
            Self::EdDsa(key) => return key::of_ed25519(key.verifying_key().as_bytes()),
            Self::Es256(key) => key.verifying_key().to_sec1_point(false).as_bytes()[1..].to_vec(),
            Self::Es384(key) => key.verifying_key().to_sec1_point(false).as_bytes()[1..].to_vec(),
        };
        let (x, y) = point.split_at(point.len() / 2);
        key::of_point(x, y).expect("a curve of NIST")
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Es256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                signature.to_der().as_bytes().to_vec()
            }
            Self::Es384(key) => {
                let signature: p384::ecdsa::Signature = key.sign(message);
                signature.to_der().as_bytes().to_vec()
            }
            Self::EdDsa(key) => key.sign(message).to_bytes().to_vec(),
        }
    }

    fn enrolled(&self) -> Enrolled {
        Enrolled {
            person: ann(),
            handle: b"handle of ann".to_vec(),
            credential: b"a credential".to_vec(),
            key: self.cose(),
            backup_eligible: false,
            counter: 0,
        }
    }

    /// What it answers to a page that says `client`, with flags, counter and whatever else stands behind them.
    fn answers(&self, client: &str, rp: &str, flags: u8, counter: u32, more: &[u8]) -> Assertion {
        let data = [Sha256::digest(rp.as_bytes()).as_slice(), &[flags], &counter.to_be_bytes(), more].concat();
        let message = [data.as_slice(), &Sha256::digest(client.as_bytes())].concat();
        Assertion {
            credential: Bytes(b"a credential".to_vec()),
            client_data: Bytes(client.as_bytes().to_vec()),
            signature: Bytes(self.sign(&message)),
            authenticator_data: Bytes(data),
            user_handle: Some(Bytes(b"handle of ann".to_vec())),
        }
    }

    fn decides(&self) -> Assertion {
        self.answers(&says(&asked()), RP, PRESENT_AND_VERIFIED, 0, &[])
    }
}

fn ann() -> PersonId {
    PersonId::new(Uuid::from_u128(0xa))
}

fn site() -> Site {
    Site::of(ORIGIN).expect("a site")
}

fn asked() -> Hash {
    challenge::decision(&[1; 32], &[2; 32], ann(), &[3; 32], Verdict::Approve)
}

/// The client data of an honest browser.
fn says(challenge: &Hash) -> String {
    format!(r#"{{"type":"webauthn.get","challenge":"{}","origin":"{ORIGIN}","crossOrigin":false}}"#, challenge::text(challenge))
}

fn check_with(assertion: &Assertion, enrolled: &[Enrolled], counter: Counter) -> Result<Seen, Refused> {
    let expected = Expected { challenge: &asked(), person: ann(), site: &site(), counter };
    verify(assertion, &expected, enrolled)
}

fn check(device: &Device, assertion: &Assertion) -> Result<Seen, Refused> {
    check_with(assertion, &[device.enrolled()], Counter::Refuse)
}

#[test]
fn the_challenge_of_a_decision_is_what_the_contract_says_byte_by_byte() {
    let mut bytes = b"countersign.decision.1".to_vec();
    assert_eq!(bytes.len(), 22);
    bytes.extend([1; 32]);
    bytes.extend([2; 32]);
    bytes.extend(Uuid::from_u128(0xa).as_bytes());
    bytes.extend([3; 32]);
    bytes.extend(b"approve");
    let expected: Hash = Sha256::digest(&bytes).into();
    assert_eq!(asked(), expected);
    assert_eq!(challenge::text(&expected).len(), 43);
    // For ever: another layout takes another prefix.
    assert_eq!(hex::encode(asked()), "6db25a4d0f74c8fe36334ed554c191ae1991a69d4c1bbe557cb0ac00a76d5c1b");
}

#[test]
fn every_part_of_a_decision_is_in_its_challenge() {
    let of = |c: u8, s: u8, p: u128, n: u8, v| challenge::decision(&[c; 32], &[s; 32], PersonId::new(Uuid::from_u128(p)), &[n; 32], v);
    let mut all = vec![of(1, 2, 3, 4, Verdict::Approve), of(9, 2, 3, 4, Verdict::Approve), of(1, 9, 3, 4, Verdict::Approve)];
    all.extend([of(1, 2, 9, 4, Verdict::Approve), of(1, 2, 3, 9, Verdict::Approve)]);
    all.extend(Verdict::ALL.iter().skip(1).map(|v| of(1, 2, 3, 4, *v)));
    let different: std::collections::BTreeSet<Hash> = all.iter().copied().collect();
    assert_eq!(different.len(), all.len());
    assert_eq!(Verdict::WORDS, ["approve", "narrow", "reject", "consent", "refuse"]);
}

#[test]
fn what_an_honest_authenticator_signs_holds_with_every_algorithm() {
    for device in Device::all() {
        assert_eq!(check(&device, &device.decides()), Ok(Seen { counter: 0, backed_up: false, counter_fell: false }));
        let extended = device.answers(&says(&asked()), RP, PRESENT_AND_VERIFIED | 0x80, 0, &[0xa0]);
        assert!(check(&device, &extended).is_ok(), "extensions are not read");
        let silent = Assertion { user_handle: None, ..device.decides() };
        assert!(check(&device, &silent).is_ok(), "not every authenticator says whose it is");
    }
    let device = Device::one();
    let marked = format!("\u{feff}{}", says(&asked()));
    assert!(check(&device, &device.answers(&marked, RP, PRESENT_AND_VERIFIED, 0, &[])).is_ok(), "a mark of the byte order");
    let wordy = says(&asked()).replace("{\"type\"", "{ \"other\":{\"type\":1},\"type\"");
    assert!(check(&device, &device.answers(&wordy, RP, PRESENT_AND_VERIFIED, 0, &[])).is_ok(), "members that are not known");
}

/// An alteration, signed by the very key: the server or the page lied, not the authenticator.
#[test]
fn every_field_that_is_altered_is_refused_by_its_name_even_when_it_is_signed() {
    let device = Device::one();
    let signed = |client: &str| check(&device, &device.answers(client, RP, PRESENT_AND_VERIFIED, 0, &[]));
    let good = says(&asked());
    let other = challenge::text(&challenge::decision(&[1; 32], &[2; 32], ann(), &[3; 32], Verdict::Reject));
    let own = challenge::text(&asked());
    let clients = [
        (good.replace("webauthn.get", "webauthn.create"), Refused::WrongType),
        (good.replace("webauthn.get", "payment.get"), Refused::WrongType),
        (good.replace(&own, &other), Refused::WrongChallenge),
        (good.replace(&own, ""), Refused::WrongChallenge),
        (good.replace(&own, &format!("{own}=")), Refused::WrongChallenge),
        (good.replace(ORIGIN, "https://countersign.example.org:8443"), Refused::WrongOrigin),
        (good.replace(ORIGIN, "http://countersign.example.org"), Refused::WrongOrigin),
        (good.replace(ORIGIN, "https://countersign.example.org.evil.example"), Refused::WrongOrigin),
        (good.replace(ORIGIN, "https://countersign.example.org/"), Refused::WrongOrigin),
        (good.replace(ORIGIN, ""), Refused::WrongOrigin),
        (good.replace("false", "true"), Refused::CrossOrigin),
        (good.replace('}', ",\"topOrigin\":\"https://evil.example\"}"), Refused::CrossOrigin),
        (good.replace('}', ",\"topOrigin\":null}"), Refused::CrossOrigin),
        (good.replace("false", "null"), Refused::Malformed),
        (good.replace('}', ",\"type\":\"webauthn.get\"}"), Refused::Malformed),
        (good.replace('}', &format!(",\"challenge\":\"{own}\"}}")), Refused::Malformed),
        (good.replace('}', &format!(",\"origin\":\"{ORIGIN}\"}}")), Refused::Malformed),
        (format!("[\"webauthn.get\",\"{own}\",\"{ORIGIN}\"]"), Refused::Malformed),
        (format!("{good}{good}"), Refused::Malformed),
        (format!("\u{feff}\u{feff}{good}"), Refused::Malformed),
        (String::new(), Refused::Malformed),
        (format!("{}{}", good, " ".repeat(5000)), Refused::Malformed),
    ];
    for (client, why) in clients {
        assert_eq!(signed(&client), Err(why), "{client}");
    }
    let data = [
        (RP, 0x04, &[][..], Refused::UserNotPresent),
        (RP, 0x01, &[][..], Refused::UserNotVerified),
        (RP, 0x05 | 0x10, &[][..], Refused::BackupFlags),
        (RP, 0x05 | 0x08, &[][..], Refused::BackupChanged),
        (RP, 0x05 | 0x40, &[][..], Refused::Malformed),
        (RP, 0x05, &[0xa0][..], Refused::Malformed),
        (RP, 0x05 | 0x80, &[][..], Refused::Malformed),
        ("example.org", 0x05, &[][..], Refused::WrongRp),
    ];
    for (rp, flags, more, why) in data {
        assert_eq!(check(&device, &device.answers(&good, rp, flags, 0, more)), Err(why), "{rp} {flags:#x} {more:?}");
    }
}

#[test]
fn a_passkey_of_somebody_else_another_one_or_a_removed_one_signs_nothing() {
    let [one, _, other] = Device::all();
    let good = one.decides();
    assert_eq!(check_with(&good, &[], Counter::Refuse), Err(Refused::UnknownCredential), "removed");
    let bens = Enrolled { person: PersonId::new(Uuid::from_u128(0xb)), ..one.enrolled() };
    assert_eq!(check_with(&good, &[bens], Counter::Refuse), Err(Refused::UnknownCredential), "another person's");
    assert_eq!(check_with(&good, &[other.enrolled()], Counter::Refuse), Err(Refused::BadSignature), "another key under the same name");
    let named = Assertion { credential: Bytes(b"another one".to_vec()), ..good.clone() };
    assert_eq!(check(&one, &named), Err(Refused::UnknownCredential));
    let whose = Assertion { user_handle: Some(Bytes(b"handle of ben".to_vec())), ..good.clone() };
    assert_eq!(check(&one, &whose), Err(Refused::UnknownCredential));
    let strange = Enrolled { key: b"no key".to_vec(), ..one.enrolled() };
    assert_eq!(check_with(&good, &[strange], Counter::Refuse), Err(Refused::UnsupportedAlgorithm));
    let synced = Enrolled { backup_eligible: true, ..one.enrolled() };
    assert_eq!(check_with(&good, &[synced], Counter::Refuse), Err(Refused::BackupChanged));
}

#[test]
fn a_counter_that_does_not_grow_is_refused_or_reported() {
    let device = Device::one();
    for (stored, new, fell) in [(0, 0, false), (0, 1, false), (4, 5, false), (5, 5, true), (5, 4, true), (5, 0, true)] {
        let enrolled = [Enrolled { counter: stored, ..device.enrolled() }];
        let answer = device.answers(&says(&asked()), RP, PRESENT_AND_VERIFIED, new, &[]);
        let reported = check_with(&answer, &enrolled, Counter::Report);
        assert_eq!(reported, Ok(Seen { counter: new, backed_up: false, counter_fell: fell }), "{stored} {new}");
        assert_eq!(check_with(&answer, &enrolled, Counter::Refuse).err(), fell.then_some(Refused::Counter), "{stored} {new}");
    }
}

#[test]
fn every_bit_of_everything_that_is_signed_counts() {
    for device in Device::all() {
        let good = device.decides();
        let altered = |at: fn(&mut Assertion) -> &mut Vec<u8>| {
            let length = at(&mut good.clone()).len();
            for bit in 0..length * 8 {
                let mut bad = good.clone();
                at(&mut bad)[bit / 8] ^= 1 << (bit % 8);
                assert!(check(&device, &bad).is_err(), "bit {bit}");
            }
        };
        altered(|a| &mut a.authenticator_data.0);
        altered(|a| &mut a.client_data.0);
        altered(|a| &mut a.signature.0);
        altered(|a| &mut a.credential.0);
    }
}

#[test]
fn an_assertion_has_one_text_and_large_ones_are_not_looked_at() {
    let good = Device::one().decides();
    let text = serde_json::to_string(&good).expect("JSON");
    assert_eq!(Assertion::parse(&text), Some(good.clone()));
    assert_eq!(Assertion::parse(&text.replace("\"signature\":\"", "\"signature\":\"=")), None);
    assert_eq!(Assertion::parse(&text.replace('}', ",\"more\":1}")), None);
    let large = Assertion { signature: Bytes(vec![0; 1025]), ..good };
    assert_eq!(Assertion::parse(&serde_json::to_string(&large).expect("JSON")), None);
}

/// What is kept of a decision is checked again with nothing but it, the candidate and the enrolment; moved to any other
/// decision it is refused.
#[test]
fn what_is_kept_of_a_decision_verifies_again_and_nowhere_else() {
    let device = Device::one();
    let enrolled = [device.enrolled()];
    let evidence = Evidence::new(AuthenticatorId::nil(), &[3; 32], device.decides());
    let text = evidence.text().expect("canonical");
    let kept = Evidence::parse(&text).expect("what was kept");
    assert_eq!((kept.text().expect("canonical"), &kept), (text.clone(), &evidence));
    assert_eq!(Evidence::parse(&text.replace("\"v\":1", "\"v\":2")), None);
    let of = |c: u8, s: u8, person: u128, verdict| {
        let (candidate, shown) = ([c; 32], [s; 32]);
        let decided = Decided { candidate: &candidate, shown: &shown, person: PersonId::new(Uuid::from_u128(person)), verdict };
        kept.verify(&decided, &site(), &enrolled, Counter::Refuse)
    };
    assert!(of(1, 2, 0xa, Verdict::Approve).is_ok());
    assert_eq!(of(9, 2, 0xa, Verdict::Approve), Err(Refused::WrongChallenge), "another candidate");
    assert_eq!(of(1, 9, 0xa, Verdict::Approve), Err(Refused::WrongChallenge), "another page");
    assert_eq!(of(1, 2, 0xb, Verdict::Approve), Err(Refused::UnknownCredential), "another person");
    for verdict in Verdict::ALL.iter().filter(|v| **v != Verdict::Approve) {
        assert_eq!(of(1, 2, 0xa, *verdict), Err(Refused::WrongChallenge), "{verdict}");
    }
    let nonce = |bytes: &[u8]| {
        let mut other = kept.clone();
        other.nonce = Bytes(bytes.to_vec());
        other
    };
    let (other, short) = (nonce(&[4; 32]), nonce(&[3; 31]));
    let decided = Decided { candidate: &[1; 32], shown: &[2; 32], person: ann(), verdict: Verdict::Approve };
    assert_eq!(other.verify(&decided, &site(), &enrolled, Counter::Refuse), Err(Refused::WrongChallenge));
    assert_eq!(short.verify(&decided, &site(), &enrolled, Counter::Refuse), Err(Refused::Malformed));
}

proptest! {
    #[test]
    fn no_bytes_panic(client in proptest::collection::vec(any::<u8>(), 0..200), data in proptest::collection::vec(any::<u8>(), 0..80), signature in proptest::collection::vec(any::<u8>(), 0..80)) {
        let device = Device::one();
        let forged = Assertion { client_data: Bytes(client), authenticator_data: Bytes(data), signature: Bytes(signature), ..device.decides() };
        prop_assert!(check(&device, &forged).is_err());
    }
}

/// The three vectors of the specification that the project keeps: all signatures are valid, one has a verified user.
#[test]
fn the_vectors_of_the_specification_come_out_as_it_says() {
    let Some(root) = std::env::var_os("COUNTERSIGN_FIXTURES").map(PathBuf::from) else {
        println!("COUNTERSIGN_FIXTURES is not set: the vectors were not read");
        return;
    };
    let cases = [
        ("es256", Algorithm::Es256, None),
        ("rs256", Algorithm::Rs256, Some(Refused::UserNotVerified)),
        ("ed25519", Algorithm::EdDsa, Some(Refused::UserNotVerified)),
    ];
    for (name, algorithm, refused) in cases {
        let text = std::fs::read_to_string(root.join("webauthn").join(format!("{name}.json"))).expect("a vector");
        let vector: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let bytes = |at: &str| hex::decode(vector.pointer(at).and_then(|v| v.as_str()).expect("a member")).expect("hex");
        let assertion = Assertion {
            credential: Bytes(bytes("/credential/id")),
            client_data: Bytes(bytes("/assertion/client_data_json")),
            authenticator_data: Bytes(bytes("/assertion/authenticator_data")),
            signature: Bytes(bytes("/assertion/signature")),
            user_handle: None,
        };
        let key = PublicKey::parse(&bytes("/credential/public_key_cose")).expect("a key");
        assert_eq!(key.algorithm(), algorithm);
        let message = [assertion.authenticator_data.0.as_slice(), &Sha256::digest(&assertion.client_data.0)].concat();
        assert!(key.holds(&message, &assertion.signature.0), "{name}");
        for byte in 0..assertion.signature.0.len() {
            let mut altered = assertion.signature.0.clone();
            altered[byte] ^= 1 << (byte % 8);
            assert!(!key.holds(&message, &altered), "{name}: byte {byte}");
        }
        let enrolled = [Enrolled {
            person: ann(),
            handle: vec![],
            credential: bytes("/credential/id"),
            key: bytes("/credential/public_key_cose"),
            backup_eligible: vector["credential"]["backup_eligible"].as_bool().expect("a flag"),
            counter: 0,
        }];
        let challenge: Hash = bytes("/assertion/challenge").try_into().expect("32 bytes");
        let site = Site::of("https://example.org").expect("a site");
        let expected = Expected { challenge: &challenge, person: ann(), site: &site, counter: Counter::Refuse };
        assert_eq!(verify(&assertion, &expected, &enrolled).err(), refused, "{name}");
    }
}
