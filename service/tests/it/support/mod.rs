//! A service over a scratch database.
#![allow(dead_code)]

pub mod device;
pub mod factors;
pub mod sealed;
pub mod world;

use domain::asof::Wanted;
use domain::ports::Clock;
use domain::snapshot::Format;
use service::imports::{self, Input, InputFile, Outcome, Request, Wish};
use service::listing::{Listing, Sheet};
use service::setup::Writer;
use service::{Act, Keys, Principal, Read, Services};
use std::path::Path;
use std::sync::Arc;
use store::testing::Scratch;

pub fn services(s: &Scratch) -> Services {
    services_with(s, s.clock.clone())
}

/// The same with another clock; another call is another process on the same store.
pub fn services_with(s: &Scratch, clock: Arc<dyn Clock>) -> Services {
    let keys = Keys { mac: [9; 32], verifier: Some(s.signer.verifier()) };
    let writer = Writer::start(s.db.clone(), clock.clone(), Some(s.signer.clone()));
    Services::new(s.db.clone(), writer, s.ids.clone(), keys, s.folder().join("spool"))
}

/// Somebody about to act.
pub fn by(services: &Services, who: &Principal) -> Act {
    Act::new(services, who)
}

/// Somebody's look at the store.
pub async fn at(services: &Services, who: &Principal, wanted: Wanted) -> Read {
    Read::open(services, who, wanted).await.expect("a snapshot")
}

/// The first thousand rows of a list.
pub async fn sheet<L: Listing>(services: &Services, who: &Principal, wanted: Wanted, filter: &L::Filter) -> Sheet<L::Row> {
    L::sheet(&mut at(services, who, wanted).await, filter, None, 1000).await.expect("a sheet")
}

/// Everybody there is.
pub async fn people(services: &Services, who: &Principal) -> Vec<service::people::Row> {
    sheet::<service::people::List>(services, who, Wanted::Now, &Default::default()).await.rows
}

pub fn host() -> Principal {
    Principal::Host { user: "tester".to_owned() }
}

pub fn request(format: Format, source: &str, input: Input) -> Request {
    Request {
        format,
        input,
        how: Wish {
            source: (!source.is_empty()).then(|| source.to_owned()),
            environment: None,
            namespace: None,
            server: None,
            confirm_removals: true,
            dry_run: false,
        },
    }
}

pub fn text(name: &str, text: &str) -> Input {
    Input::single(InputFile::from_bytes(name, text.as_bytes().to_vec()))
}

/// The same input under another name: it is read and compared, whatever is known of these bytes.
pub fn anew(mut r: Request) -> Request {
    r.input.name.push_str(", once more");
    r
}

pub fn path(path: &Path) -> Input {
    Input::from_path(path).expect("an input")
}

pub async fn import(services: &Services, r: Request) -> Outcome {
    imports::run(&by(services, &host()), r, |_| {}).await.expect("imported")
}

/// Nothing of the store disagrees with its ledger.
pub async fn intact(s: &Scratch) {
    let report = store::engine::verify::verify(&s.db, &[s.signer.verifier()], &[]).await.expect("verify runs");
    assert_eq!(report.findings, []);
}
