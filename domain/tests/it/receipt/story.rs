//! A ledger of one change, told as a server would tell it and signed with its key: everything can be bent before it is sealed.

use crate::change_world::{effect_of, grant, person, rule, world};
use domain::change::candidate::{Base, Candidate};
use domain::change::operation::Operation;
use domain::change::route::{Auth, Cell, Policy, Profile, route};
use domain::facts::{ColumnKind, Value};
use domain::ids::{AuthenticatorId, CandidateId, ChangeId, InstallationId, PersonId, PolicyId};
use domain::json::{canonical, sha256_hex};
use domain::ledger::{Actor, Entry};
use domain::merkle::{self, Hash};
use domain::note::{Checkpoint, Signer};
use domain::passkey::challenge::{self, Verdict};
use domain::passkey::{Assertion, Bytes, Evidence, Site, key};
use domain::receipt::{Leaf, Receipt, Row, known, way};
use domain::rule::{Dialect, Effect, SelfEvidence};
use domain::seq::Seq;
use domain::time::{SECOND, Timestamp};
use domain::verb::Verb;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use uuid::Uuid;

const ORIGIN: &str = "https://countersign.example.org";
const SHOWN: &str = r#"{"sentence":"Add access for bot"}"#;
const CHANGE: ChangeId = ChangeId::new(Uuid::from_u128(2));
const CANDIDATE: CandidateId = CandidateId::new(Uuid::from_u128(20));
const WAIT: u32 = 3_600;

pub fn log() -> Signer {
    Signer::new("countersign-000000000000", &[7; 32]).expect("a name")
}

pub fn site() -> Site {
    Site::of(ORIGIN).expect("a site")
}

/// A passkey of somebody.
#[derive(Clone)]
pub struct Device(SigningKey, u8);

impl Device {
    pub fn of(person: u8) -> Self {
        Self(SigningKey::from_slice(&[person; 32]).expect("a scalar"), person)
    }

    pub fn cose(&self) -> Vec<u8> {
        let point = self.0.verifying_key().to_sec1_point(false);
        key::of_point(&point.as_bytes()[1..33], &point.as_bytes()[33..]).expect("P-256")
    }

    fn secret(&self) -> String {
        canonical(&json!({ "credential": Bytes(vec![self.1; 32]), "key": Bytes(self.cose()), "backup_eligible": false, "counter": 0, "transports": ["usb"] }))
            .expect("JSON")
    }

    /// The signature of a person under a verdict; the device need not be theirs.
    pub fn signs(&self, candidate: &str, who: u8, verdict: Verdict) -> Evidence {
        let hash = |hex: &str| Hash::try_from(hex::decode(hex).expect("hex")).expect("32 bytes");
        let nonce = [who; 32];
        let asked = challenge::decision(&hash(candidate), &hash(&sha256_hex(SHOWN.as_bytes())), person(who.into()), &nonce, verdict);
        let client = format!(r#"{{"type":"webauthn.get","challenge":"{}","origin":"{ORIGIN}"}}"#, challenge::text(&asked)).into_bytes();
        let data = [Sha256::digest("countersign.example.org").as_slice(), &[0x05], &[0; 4]].concat();
        let signature: Signature = self.0.sign(&[data.as_slice(), &Sha256::digest(&client)].concat());
        let assertion = Assertion {
            credential: Bytes(vec![self.1; 32]),
            client_data: Bytes(client),
            authenticator_data: Bytes(data),
            signature: Bytes(signature.to_der().as_bytes().to_vec()),
            user_handle: None,
        };
        Evidence::new(AuthenticatorId::new(Uuid::from_u128(100 + u128::from(who))), &nonce, assertion)
    }
}

/// What a ledger says of one change; everything can be bent before it is sealed.
#[derive(Clone)]
pub struct Story {
    pub candidate: Candidate,
    /// Who approved, with which signature, and with which passkey enrolled as theirs.
    pub approved: Vec<(u8, Option<Evidence>, Device)>,
    pub change: ChangeId,
    pub consents: bool,
    pub author: PersonId,
    pub applied_after: i64,
    pub verb: Verb,
}

fn candidate(auth: Auth) -> Candidate {
    let before = world(&[grant(1, rule(Dialect::Csv, Effect::Allow, "read", "crm"))]);
    let operations = vec![Operation::GrantAdd(grant(1, rule(Dialect::Csv, Effect::Allow, "write", "crm")))];
    let effect = effect_of(&before, &operations);
    let mut route = route(&effect, None, &[], SelfEvidence::No, &Policy::of(Profile::Standard));
    route.cell =
        Cell { people: 2, groups_distinct: true, security: true, owner: true, resource_owner: false, auth, wait: WAIT, ..route.cell };
    let base = Base {
        position: Seq(3),
        at: Timestamp(1_790_000_000_000_000),
        pinned: vec![],
        state: BTreeMap::new(),
        policy: PolicyId::nil(),
        rulesets: BTreeMap::new(),
    };
    let installation = InstallationId::new(Uuid::from_u128(1));
    Candidate { v: 1, installation, epoch: 1, change: CHANGE, base, operations, effect, route, policy_version: 0 }
}

impl Story {
    pub fn of(auth: Auth) -> Self {
        let candidate = candidate(auth);
        let digest = candidate.digest().expect("a digest");
        let signed =
            |who: u8| (who, (auth == Auth::Passkey).then(|| Device::of(who).signs(&digest, who, Verdict::Approve)), Device::of(who));
        let approved = vec![signed(11), signed(12)];
        Self {
            candidate,
            approved,
            change: CHANGE,
            consents: true,
            author: person(10),
            applied_after: i64::from(WAIT),
            verb: Verb::ChangeApproved,
        }
    }

    /// The receipt of a server that tells this story and signs it with its key.
    pub fn sealed(&self) -> Receipt {
        let mut ledger = Ledger::default();
        let (text, digest) = (self.candidate.text().expect("text"), self.candidate.digest().expect("digest"));
        let said =
            |verb: Verb, by: Actor| (verb.as_str().to_owned(), by, Some(self.change), json!({ "candidate": digest, "state": "in_review" }));
        for (who, evidence, device) in self.approved.iter().filter(|(_, evidence, _)| evidence.is_some()) {
            let id = evidence.as_ref().expect("signed").authenticator;
            let by = Actor::person(person((*who).into()));
            ledger.write(0, (Verb::FactorAdded.as_str().to_owned(), by, None, json!({ "kind": "decision_passkey" })));
            ledger.row(
                "authenticators",
                &[
                    ("id", id.into()),
                    ("person_id", person((*who).into()).into()),
                    ("kind", "decision_passkey".into()),
                    ("secret", device.secret().into()),
                    ("label", "Key".into()),
                    ("enrolled_by_kind", "person".into()),
                    ("enrolled_by_id", person((*who).into()).into()),
                    ("mac", "m".into()),
                ],
            );
        }
        ledger.write(0, said(Verb::ChangeProposed, Actor::person(self.author)));
        ledger.row(
            "candidates",
            &[
                ("id", CANDIDATE.into()),
                ("change_id", self.change.into()),
                ("text", text.as_str().into()),
                ("digest", digest.as_str().into()),
                ("ties", "{}".into()),
                ("direction", "widens".into()),
                ("auth", self.candidate.route.cell.auth.into()),
                ("required_owners", Value::Int(1)),
            ],
        );
        ledger.row(
            "change_versions",
            &[
                ("id", self.change.into()),
                ("state", "in_review".into()),
                ("candidate_id", CANDIDATE.into()),
                ("asked_by_kind", "person".into()),
                ("asked_by_id", self.author.into()),
                ("drafted_by_kind", "person".into()),
                ("drafted_by_id", self.author.into()),
            ],
        );
        let shown = sha256_hex(SHOWN.as_bytes());
        if self.consents {
            ledger.write(1, said(Verb::ChangeConsented, Actor::person(person(13))));
            ledger.row(
                "consents",
                &[
                    ("id", Value::Id(Uuid::from_u128(30))),
                    ("candidate_id", CANDIDATE.into()),
                    ("person_id", person(13).into()),
                    ("human", "13".into()),
                    ("as_kind", "owner".into()),
                    ("verdict", "consent".into()),
                    ("shown", shown.as_str().into()),
                    ("shown_id", Value::Id(Uuid::from_u128(40))),
                    ("mac", "m".into()),
                ],
            );
        }
        for (n, (who, evidence, _)) in self.approved.iter().enumerate() {
            let by = person((*who).into());
            ledger.write(1, said(self.verb, Actor::person(by)));
            let mut row = vec![
                ("id", Value::Id(Uuid::from_u128(50 + n as u128))),
                ("candidate_id", CANDIDATE.into()),
                ("person_id", by.into()),
                ("human", who.to_string().into()),
                ("verdict", "approve".into()),
                ("group_id", Value::Id(Uuid::from_u128(60 + n as u128))),
                ("security", Value::Int(n as i64)),
                ("independent", Value::Int(1)),
                ("shown", shown.as_str().into()),
                ("shown_id", Value::Id(Uuid::from_u128(40))),
                ("mac", "m".into()),
            ];
            if let Some(evidence) = evidence {
                row.extend([("nonce", evidence.nonce.text().into()), ("assertion", evidence.text().expect("text").into())]);
            }
            ledger.row("decisions", &row);
        }
        ledger.write(self.applied_after, said(Verb::ChangeApplied, Actor::SYSTEM));
        ledger.row(
            "applications",
            &[
                ("id", Value::Id(Uuid::from_u128(70))),
                ("change_id", self.change.into()),
                ("candidate_id", CANDIDATE.into()),
                ("direction", "widens".into()),
                ("author_kind", "person".into()),
                ("author_id", self.author.into()),
                ("approver_kind", "person".into()),
                ("approver_id", person(11).into()),
                ("applier_kind", "system".into()),
                ("before", "b".into()),
                ("after", "a".into()),
            ],
        );
        ledger.sealed(self.change, vec![SHOWN.to_owned()])
    }
}

/// A small ledger: entries with the rows that they opened.
#[derive(Default)]
struct Ledger {
    at: i64,
    entries: Vec<(Entry, Vec<Row>)>,
}

type Said = (String, Actor, Option<ChangeId>, Json);

impl Ledger {
    fn write(&mut self, after: i64, (verb, actor, change_id, payload): Said) {
        self.at += after;
        // What happened besides stands between: positions are not those of the receipt.
        let seq = Seq(self.entries.len() as i64 * 2 + 2);
        let subject_id = if change_id.is_some() { change_id.map(ChangeId::uuid) } else { actor.id };
        let entry = Entry {
            seq,
            at: Timestamp(1_790_000_000_000_000 + self.at * SECOND),
            actor,
            verb,
            subject_kind: "x".to_owned(),
            subject_id,
            change_id,
            payload: canonical(&payload).expect("JSON"),
            facts: String::new(),
        };
        self.entries.push((entry, vec![]));
    }

    fn row(&mut self, table: &str, given: &[(&str, Value)]) {
        let (entry, rows) = self.entries.last_mut().expect("an entry");
        let empty = |kind: ColumnKind| Value::Null(kind);
        let all: Vec<(&str, Value)> = known(table)
            .expect("a table")
            .columns
            .iter()
            .map(|(name, kind)| {
                (*name, given.iter().find(|(given, _)| given == name).map_or_else(|| empty(*kind), |(_, value)| value.clone()))
            })
            .collect();
        rows.push(Row::new(table, entry.seq, all.iter().map(|(name, value)| (*name, value)), vec![]));
    }

    fn sealed(mut self, change: ChangeId, shown: Vec<String>) -> Receipt {
        let closed = merkle::empty_root();
        for (entry, rows) in &mut self.entries {
            let mut leaves: Vec<Hash> = rows.iter().map(|row| row.leaf().expect("a leaf")).collect();
            // Something else that the entry opened.
            leaves.push([9; 32]);
            for (n, row) in rows.iter_mut().enumerate() {
                row.path = way(&leaves, n, &closed).expect("a way");
            }
            entry.facts = hex::encode(merkle::node_hash(&merkle::root(leaves), &closed));
        }
        let mut tree = vec![[3; 32]; 41];
        for (entry, _) in &self.entries {
            tree[entry.seq.get() as usize - 1] = entry.leaf_hash();
        }
        let leaf = |entry: &Entry| {
            let path = merkle::inclusion_proof(&tree, entry.seq.get() as usize - 1).expect("in range");
            Leaf { leaf: entry.leaf_text(), path: path.iter().map(hex::encode).collect() }
        };
        let entries = self.entries.iter().map(|(entry, _)| leaf(entry)).collect();
        let origin = format!("countersign/{}/1", Uuid::from_u128(1).simple());
        let note = log().sign(&Checkpoint { origin, size: 41, root: merkle::root(tree.iter().copied()) }.to_text());
        Receipt::new(change, self.entries.into_iter().flat_map(|(_, rows)| rows).collect(), shown, entries, note)
    }
}
