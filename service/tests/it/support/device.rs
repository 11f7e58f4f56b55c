//! A software authenticator and the browser before it: makes passkeys and answers what they are asked, as a page would send it.

use domain::passkey::{Assertion, Bytes, key};
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub const ORIGIN: &str = "http://localhost:8080";
const RP: &str = "localhost";
const USED_AND_VERIFIED: u8 = 0x05;
const ATTESTED: u8 = 0x40;

/// One authenticator with one passkey.
pub struct Device {
    key: SigningKey,
    credential: Vec<u8>,
    handle: Vec<u8>,
    pub counter: u32,
}

fn bytes(value: &Value) -> Vec<u8> {
    Bytes::parse(value.as_str().expect("a text")).expect("base64url").0
}

fn text(bytes: &[u8]) -> String {
    Bytes(bytes.to_vec()).text()
}

fn client(kind: &str, options: &Value, origin: &str) -> Vec<u8> {
    json!({ "type": kind, "challenge": options["challenge"], "origin": origin, "crossOrigin": false }).to_string().into_bytes()
}

fn data(flags: u8, counter: u32, more: &[u8]) -> Vec<u8> {
    [Sha256::digest(RP).as_slice(), &[flags], &counter.to_be_bytes(), more].concat()
}

/// A byte string of CBOR.
fn cbor(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).expect("short");
    [&[0x59][..], &length.to_be_bytes(), bytes].concat()
}

impl Device {
    pub fn new(number: u8) -> Self {
        let key = SigningKey::from_slice(&[number; 32]).expect("a scalar");
        Self { key, credential: vec![number; 32], handle: vec![], counter: 0 }
    }

    /// Makes the passkey that a page asks for; what the page sends back.
    pub fn create(&mut self, options: &Value) -> String {
        self.handle = bytes(&options["user"]["id"]);
        let point = self.key.verifying_key().to_sec1_point(false);
        let cose = key::of_point(&point.as_bytes()[1..33], &point.as_bytes()[33..]).expect("P-256");
        let length = u16::try_from(self.credential.len()).expect("short").to_be_bytes();
        let attested = [[0; 16].as_slice(), &length, &self.credential, &cose].concat();
        let data = data(USED_AND_VERIFIED | ATTESTED, self.counter, &attested);
        // {"fmt": "none", "attStmt": {}, "authData": …}
        let object = [b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData".as_slice(), &cbor(&data)].concat();
        json!({
            "id": text(&self.credential), "rawId": text(&self.credential), "type": "public-key", "extensions": {},
            "response": { "attestationObject": text(&object), "clientDataJSON": text(&client("webauthn.create", options, ORIGIN)), "transports": ["usb"] },
        })
        .to_string()
    }

    /// Answers what a page asks it.
    pub fn answer(&self, options: &Value) -> String {
        self.answer_at(options, ORIGIN)
    }

    /// The same on another page.
    pub fn answer_at(&self, options: &Value, origin: &str) -> String {
        let client = client("webauthn.get", options, origin);
        let data = data(USED_AND_VERIFIED, self.counter, &[]);
        let message = [data.as_slice(), &Sha256::digest(&client)].concat();
        let signature: Signature = self.key.sign(&message);
        let answer = Assertion {
            credential: Bytes(self.credential.clone()),
            client_data: Bytes(client),
            authenticator_data: Bytes(data),
            signature: Bytes(signature.to_der().as_bytes().to_vec()),
            user_handle: Some(Bytes(self.handle.clone())),
        };
        serde_json::to_string(&answer).expect("JSON")
    }
}
