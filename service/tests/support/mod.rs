//! A service over a scratch database.
#![allow(dead_code, clippy::expect_used, clippy::panic, clippy::format_push_string)]

use connect::{Input, InputFile};
use domain::snapshot::Format;
use service::imports::{self, Outcome, Request};
use service::{Keys, Principal, Services};
use std::path::Path;
use store::testing::Scratch;

pub fn services(s: &Scratch) -> Services {
    let keys = Keys { mac: [9; 32], verifier: Some(s.signer.verifier()) };
    Services::new(s.db.clone(), s.writer(), s.clock.clone(), s.ids.clone(), keys)
}

pub fn host() -> Principal {
    Principal::Host { user: "tester".to_owned() }
}

pub fn request(format: Format, source: &str, input: Input) -> Request {
    Request {
        format,
        input,
        source: (!source.is_empty()).then(|| source.to_owned()),
        environment: None,
        namespace: None,
        server: None,
        confirm_removals: true,
        dry_run: false,
    }
}

pub fn text(name: &str, text: &str) -> Input {
    Input::single(InputFile::from_bytes(name, text.as_bytes().to_vec()))
}

pub fn path(path: &Path) -> Input {
    Input::from_path(path, &["yaml", "yml", "json"]).expect("an input")
}

pub async fn import(services: &Services, r: Request) -> Outcome {
    imports::run(services, &host(), r, |_| {}).await.expect("imported")
}

/// Nothing of the store disagrees with its ledger.
pub async fn intact(s: &Scratch) {
    let report = store::verify::verify(&s.db, &[s.signer.verifier()], &[]).await.expect("verify runs");
    assert_eq!(report.findings, []);
}
